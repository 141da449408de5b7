"""A command that is killed, or finds the disk full, at any file: the campaign is as it was, and it works again."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pytest

from tests.review.campaign.test_decide import BOSS, _csv, _file, _row, _stored
from wix_access_review.campaign.folder import LOCK, LOG, Campaign
from wix_access_review.cli import main

STEPS = ("open", "workbooks", "decide", "reassign", "plan", "prove", "evidence", "close")


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
        "plan": ["plan", str(folder)],
        "prove": ["prove", str(folder), str(database)],
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


@pytest.mark.parametrize("step", STEPS[1:])
def test_while_another_program_writes(campaign, database, tmp_path, capsys, step):
    """One program at a time writes into the folder: the other one says so, and changes nothing."""
    filled = _file(tmp_path, _csv([_row(campaign, "k004")]))
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    command = [sys.executable, "-c", hold, str(campaign.path / LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        before = _content(campaign.path)
        assert main(_command(step, database, campaign.path, filled)) == 1
        assert capsys.readouterr().err == (
            f"wix-access-review: error: {campaign.path} is being changed by another program: try again\n"
        )
        assert _content(campaign.path) == before
        other.communicate(b"\n")
    assert main(_command(step, database, campaign.path, filled)) == 0


def _content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("step", "done"),
    [("open", "Q is open"), ("reassign", "22 rows moved to eve@x.example"), ("close", "2026-Q4 is closed")],
)
def test_what_is_done_is_said(campaign, database, tmp_path, capsys, failing, step, done):
    """Where the files that follow from it cannot be written, the sentence names the command that writes them."""
    folder = tmp_path / "new" if step == "open" else campaign.path
    failing({"open": 7, "reassign": 3, "close": 3}[step], OSError(errno.ENOSPC, "No space left on device"))
    assert main(_command(step, database, folder, tmp_path)) == 1
    command = "evidence" if step == "close" else "workbooks"
    assert capsys.readouterr().err == (
        f"wix-access-review: error: {folder}: the disk is full: free some space, or name another folder\n"
        f"{done}, but not all of its files are written: `wix-access-review {command} {folder}` writes them\n"
    )
    failing(0, None)
    assert main([command, str(folder)]) == 0
