"""The evidence folder: a hash for every file, a chained log, and whatever was touched is found."""

from __future__ import annotations

import json
import os
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
        assert f"{name} has changed" in verify(evidence), name
        path.write_bytes(whole)
    assert verify(evidence) == []


def test_a_missing_and_an_additional_file_are_found(evidence):
    """Also one that is only a link to what it was."""
    (evidence / "plan.csv").rename(evidence.parent / "plan.csv")
    (evidence / "more.txt").write_text("x", encoding="utf-8")
    (evidence / "findings.jsonl").rename(evidence.parent / "findings.jsonl")
    (evidence / "findings.jsonl").symlink_to(evidence.parent / "findings.jsonl")
    assert verify(evidence) == [
        "plan.csv is missing", "more.txt is not in the manifest", "findings.jsonl has changed",
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


ROW = "0" * 64
OUTSIDE = {
    "a name above": ({"files": {"../plan.csv": ROW}}, "../plan.csv is missing"),
    "a name from the root": ({"files": {"/etc/hostname": ROW}}, "/etc/hostname is missing"),
    "another way to the same": ({"files": {"./plan.csv": ROW}}, "./plan.csv is missing"),
    "a line of its own": ({"files": {"x\nall is well": ROW}}, "x all is well is missing"),
    "another campaign": ({"campaign": "Q3"}, "manifest.json says of its name what log.jsonl does not"),
    "not closed": ({"closed_at": None}, "manifest.json says of its end what log.jsonl does not"),
    "another end": ({"last_line_of_log": ROW}, "manifest.json says of its last line what log.jsonl does not"),
}
"""What somebody writes into a manifest."""


@pytest.mark.parametrize(("members", "said"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_manifest_that_was_made_up(evidence, members, said):
    """It can name no file outside the folder, and says nothing of the campaign that is not so."""
    path = evidence / "manifest.json"
    (evidence.parent / "plan.csv").write_text("theirs", encoding="utf-8")
    whole = json.loads(path.read_bytes())
    files = whole["files"] | members.get("files", {})
    path.write_text(json.dumps(whole | members | {"files": files}), encoding="utf-8")
    assert verify(evidence) == [said]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"files": {', "cannot be read: Input data was truncated"),
        ("[]", "cannot be read: Expected `object`, got `array`"),
        ('{"campaign": "Q3", %s', "cannot be read: campaign is listed twice"),
        ('{"more": {"a": 1, "a": 2}, %s', "cannot be read: a is listed twice"),
    ],
)
def test_a_manifest_that_cannot_be_read(evidence, content, said):
    """Half a file, another one, and one of which programs would read different halves."""
    path = evidence / "manifest.json"
    path.write_text(content.replace("%s", path.read_text(encoding="utf-8")[1:]), encoding="utf-8")
    with pytest.raises(ReviewError, match=said):
        verify(evidence)


@pytest.mark.parametrize("name", ["manifest.json", "log.jsonl", "campaign.json", "items.jsonl", "more"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_is_no_file_is_not_read(evidence, name, kind):
    """A link may lead anywhere, and a pipe never ends: no command follows the one or waits for the other."""
    path = evidence / name
    if path.exists():
        path.rename(evidence.parent / name)
    if kind == "link":
        path.symlink_to(evidence.parent / name)
    else:
        os.mkfifo(path)
    if name == "manifest.json":
        with pytest.raises(ReviewError, match=r"is not a file: it is not read|outside itself"):
            verify(evidence)
    else:
        assert f"{name} {'is not in the manifest' if name == 'more' else 'has changed'}" in verify(evidence)
    if name != "manifest.json":
        assert main(["evidence", str(evidence)]) == 1


def test_a_log_that_names_what_is_elsewhere(evidence, capsys):
    """Nothing outside the folder is read for a campaign that others sent."""
    log = evidence / "log.jsonl"
    (evidence.parent / "items.jsonl").write_bytes(b"theirs")
    log.write_bytes(log.read_bytes().replace(b"decisions/0002.jsonl", b"decisions/../../items.jsonl"))
    for command in ("status", "plan", "evidence"):
        assert main([command, str(evidence)]) == 1
        assert "names a file outside itself ('decisions/../../items.jsonl'): it is not read" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\x00", None], ids=["empty", "other", "binary", "gone"])
def test_a_campaign_that_is_damaged(campaign, capsys, content):
    """Every command says what is wrong in a sentence."""
    path = campaign.path / "items.jsonl"
    path.unlink() if content is None else path.write_bytes(content)
    said = {b"": "", None: "items.jsonl is missing"}.get(content, "items.jsonl cannot be read: ")
    for command in ("status", "plan", "evidence", "workbooks"):
        assert main([command, str(campaign.path)]) == (1 if said else 0), command
        assert said in capsys.readouterr().err


def test_a_copy_is_as_good(evidence, tmp_path, capsys):
    """The folder can be moved and copied; the command says that it is whole, and what is not."""
    copy = tmp_path / "copy"
    shutil.copytree(evidence, copy)
    assert main(["verify", str(copy)]) == 0
    assert capsys.readouterr().out == f"{copy}: every file matches the manifest, and the log is unbroken\n"
    (copy / "items.jsonl").write_bytes(b"")
    assert main(["verify", str(copy)]) == 1
    assert capsys.readouterr().err == (
        f"wix-access-review: error: {copy} has changed since its manifest was written:\n  items.jsonl has changed\n"
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
