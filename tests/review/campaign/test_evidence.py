"""The evidence folder: a hash for every file, a chained log, and whatever was touched is found."""

from __future__ import annotations

import shutil

import pytest

from tests.review.campaign.test_decide import _csv, _file, _row
from wix_access_review.campaign.context import clock
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.evidence import verify, write_manifest
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.pages import write_pages
from wix_access_review.campaign.plan import make_plan
from wix_access_review.campaign.plan_files import write_plan
from wix_access_review.campaign.progress import close
from wix_access_review.cli import main
from wix_access_review.errors import ReviewError


@pytest.fixture
def evidence(campaign, tmp_path):
    """A campaign that was decided, planned and closed, with its manifest."""
    decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k004"), _row(campaign, "k002", "remove")]))])
    write_plan(campaign, make_plan(Campaign(campaign.path)))
    close(campaign.path)
    write_pages(Campaign(campaign.path))
    write_manifest(Campaign(campaign.path), clock())
    return campaign.path


def _names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_in_it(evidence):
    """Page, workbook as frozen, decisions as received, plan, receipts, log and manifest."""
    assert _names(evidence) == [
        ".lock", "2026-Q4.csv", "2026-Q4.xlsx", "campaign.html", "campaign.json", "closed/0003-open.jsonl",
        "decisions/0002.jsonl", "findings.jsonl", "items.jsonl", "log.jsonl", "manifest.json", "plan.csv", "plan.html",
        "plan.json", "receipts.jsonl", "received/0002-back.csv", "roles.jsonl",
    ]  # fmt: skip
    assert verify(evidence) == []


def test_one_byte_of_any_file_is_found(evidence):
    """Each file in turn has one byte changed, and is named."""
    for name in _names(evidence):
        if name in {".lock", "manifest.json"}:
            continue
        path = evidence / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:] if whole else b"x")
        assert f"{name} is not as it was" in verify(evidence), name
        path.write_bytes(whole)
    assert verify(evidence) == []


def test_a_missing_and_an_additional_file_are_found(evidence):
    """Also one that is only a link to what it was."""
    (evidence / "plan.csv").rename(evidence.parent / "plan.csv")
    (evidence / "more.txt").write_text("x", encoding="utf-8")
    (evidence / "findings.jsonl").rename(evidence.parent / "findings.jsonl")
    (evidence / "findings.jsonl").symlink_to(evidence.parent / "findings.jsonl")
    assert verify(evidence) == [
        "plan.csv is missing", "more.txt is not in the manifest", "findings.jsonl is not as it was",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"by":"ada"', b'"by":"eve"', "line 2 of log.jsonl does not follow the line before"),
        (b'"decisions":2', b'"decisions":3', "line 3 of log.jsonl does not follow the line before"),
    ],
)
def test_a_log_that_was_rewritten_is_found(evidence, old, new, said):
    """Whoever changes a line and writes the manifest anew breaks the chain of the log."""
    log = evidence / "log.jsonl"
    assert old in log.read_bytes()
    log.write_bytes(log.read_bytes().replace(old, new))
    write_manifest(Campaign(evidence), clock())
    assert verify(evidence) == [said]


def test_a_decision_that_was_rewritten_is_found(evidence):
    """Nor does a new manifest hide a decision that is not the one that the log names."""
    path = evidence / "decisions/0002.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"remove"', b'"keep"'))
    write_manifest(Campaign(evidence), clock())
    assert verify(evidence) == ["decisions/0002.jsonl is not what log.jsonl says that it was"]


def test_a_copy_is_as_good(evidence, tmp_path, capsys):
    """The folder can be moved and copied; the command says that it is whole, and what is not."""
    copy = tmp_path / "copy"
    shutil.copytree(evidence, copy)
    assert main(["verify", str(copy)]) == 0
    assert capsys.readouterr().out == f"{copy}: every file is as it was, and the log is whole\n"
    (copy / "items.jsonl").write_bytes(b"")
    assert main(["verify", str(copy)]) == 1
    assert capsys.readouterr().err == (
        f"wix-access-review: error: {copy} is not as it was:\n  items.jsonl is not as it was\n"
    )


def test_what_a_killed_command_left_is_no_evidence(evidence):
    """A draft is not in the manifest, and is named until somebody deletes it."""
    folder = evidence / ".draft.1a2b3c"
    folder.mkdir()
    (folder / "plan.csv").write_text("half", encoding="utf-8")
    write_manifest(Campaign(evidence), clock())
    left = ".draft.1a2b3c/plan.csv is not in the manifest: a command that was killed left it, and it can be deleted"
    assert verify(evidence) == [left]
    shutil.rmtree(folder)
    assert verify(evidence) == []


def test_without_a_manifest_nothing_is_verified(campaign):
    """It says which command writes it."""
    with pytest.raises(ReviewError, match=r"has no manifest\.json: `wix-access-review evidence` writes it"):
        verify(campaign.path)
