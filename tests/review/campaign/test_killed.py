"""A command that is killed, or finds the disk full, at any file: the campaign is as it was, and it works again."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from tests.review.campaign.test_decide import BOSS, _csv, _file, _row, _stored
from wix_access_review.campaign.folder import LOG, Campaign
from wix_access_review.cli import main

STEPS = ("open", "workbooks", "decide", "reassign", "evidence", "close")


class _Killed(BaseException):
    """What no command catches."""


@pytest.fixture
def failing(monkeypatch):
    """Lets the n-th file that is written fail; says whether it came to that."""
    whole = os.fsync
    written: list[int] = []

    def fail_at(place, error):
        written.clear()

        def fsync(file):
            written.append(file)
            if len(written) == place:
                raise error
            whole(file)

        monkeypatch.setattr(os, "fsync", fsync)

    yield fail_at
    monkeypatch.setattr(os, "fsync", whole)


def _command(step, database, folder, filled):
    return {
        "open": ["open", str(database), "--name", "Q", "--folder", str(folder), "--default-reviewer", BOSS],
        "workbooks": ["workbooks", str(folder)],
        "decide": ["decide", str(folder), str(filled)],
        "reassign": ["reassign", str(folder), "--to", "eve@x.example", "--of", BOSS, "--reason", "on leave"],
        "evidence": ["evidence", str(folder)],
        "close": ["close", str(folder)],
    }[step]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [_Killed(), OSError(errno.ENOSPC, "No space left on device")], ids=["killed", "full"])
def test_at_every_file(campaign, database, tmp_path, capsys, failing, step, error):
    """The log is as it was or has its new line, no decision is half there, and the same command works afterwards."""
    filled = _file(tmp_path, _csv([_row(campaign, "k004"), _row(campaign, "k020", "remove")]))
    for place in range(1, 20):
        folder = tmp_path / str(place)
        if step != "open":
            shutil.copytree(campaign.path, folder)
        before = (folder / LOG).read_bytes() if step != "open" else b""
        command = _command(step, database, folder, filled)
        failing(place, error)
        capsys.readouterr()
        try:
            code = main(command)
        except _Killed:
            code = None
        failing(0, error)
        if code == 0:
            assert place > 1
            return
        if code == 1:
            assert "the disk is full: free some space" in capsys.readouterr().err
        after = (folder / LOG).read_bytes() if (folder / LOG).exists() else b""
        assert after.startswith(before)
        if after == before:
            assert main(command) == 0
        else:
            assert main(_command("workbooks", database, folder, filled)) == (1 if step == "close" else 0)
        assert len(_stored(Campaign(folder))) == (2 if step == "decide" else 0)
        assert not list(folder.rglob(".draft*"))
    pytest.fail("it never came to an end")
