"""Decisions come back: what is taken, what is refused, and with which sentence."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os

import openpyxl
import pytest

from tests.review.warehouse import make, story
from wix_access_review.campaign.decide import decide, reassign
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.progress import as_lines, close, progress
from wix_access_review.campaign.records import Decision
from wix_access_review.errors import ReviewError

BOSS = "boss@acme.example"
DAY = dt.date(2026, 11, 25)


def _items(campaign):
    """The items by the key of their grant."""
    return {one.review_item.rpartition("|")[2]: one.item for one in campaign.items.values()}


def _row(campaign, key, decision="keep", **values):
    row = {"item": _items(campaign)[key], "decision": decision, "decided_on": "2026-11-25", "reviewer": BOSS}
    return row | values


def _csv(rows, separator=",", **names):
    text = io.StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(text, delimiter=separator)
    writer.writerow([names.get(name, name) for name in columns])
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return text.getvalue()


def _file(folder, content, name="back.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _stored(campaign):
    return Campaign(campaign.path).decisions


KEPT = ("keep", BOSS, DAY)


def _three(campaign):
    """What the three decisions of `_decided` are in the campaign."""
    items = _items(campaign)
    return {
        items["k002"]: Decision(items["k002"], "remove", BOSS, DAY, "=left"),
        items["k003"]: Decision(items["k003"], "change", BOSS, DAY, "less", "=Blog Writer"),
        items["k004"]: Decision(items["k004"], "keep", BOSS, DAY),
    }


def _decided(campaign, day="2026-11-25"):
    return [
        _row(campaign, "k002", "Remove ", justification="'=left", decided_on=day),
        _row(campaign, "k003", "CHANGE", justification="less", change_to="'=Blog Writer", decided_on=day),
        _row(campaign, "k004", "keep", decided_on=day),
        {"item": _items(campaign)["k001"], "reviewer": BOSS},
    ]


def test_the_workbook_that_was_written_comes_back(campaign, tmp_path):
    """Filled in with another program, the campaign's own workbook is taken row by row."""
    book = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")
    sheet = book["Decisions"]
    places = {str(cell.value): place for place, cell in enumerate(sheet[1], start=1)}
    for number in range(2, sheet.max_row + 1):
        sheet.cell(number, places["decision"], "keep")
        sheet.cell(number, places["decided_on"], DAY)
    book.save(tmp_path / "filled.xlsx")
    (taken,) = decide(campaign.path, [tmp_path / "filled.xlsx"])
    assert (taken.added, taken.rows) == (22, 22)
    assert {(one.decision, one.reviewer, one.decided_on) for one in _stored(campaign).values()} == {KEPT}


def test_the_same_file_twice_changes_nothing(campaign, tmp_path):
    """Not the log either; who handed it in, when, its name, and its hash stand there once."""
    path = _file(tmp_path, _csv(_decided(campaign)))
    decide(campaign.path, [path], by="grace")
    log = (campaign.path / "log.jsonl").read_bytes()
    (again,) = decide(campaign.path, [path], by="heidi")
    assert (again.summary, (campaign.path / "log.jsonl").read_bytes()) == (
        "back.csv: already taken, nothing changed",
        log,
    )
    entry = Campaign(campaign.path).log[-1]
    hashed = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (entry.by, entry.what, entry.at.isoformat(" ")) == ("grace", "decided", "2026-11-25 09:00:00")
    assert entry.about == {"file": "back.csv", "sha256": hashed, "rows": 4, "decisions": 3, "checked": False}
    assert (campaign.path / "received/0002-back.csv").read_bytes() == path.read_bytes()


BAD = {
    "an item of another campaign": (
        lambda c: [_row(c, "k004", item="0" * 20)],
        'row 2: the item "00000000000000000000" is not in 2026-Q4: is it from another campaign?',
    ),
    "a grant that was something else": (
        lambda c: [_row(c, "k004", item="0" * 20, review_item=c.items[_items(c)["k004"]].review_item)],
        'row 2: the grant is not the one that was frozen ("00000000000000000000"): certify it again',
    ),
    "no item": (
        lambda c: [_row(c, "k004", item="")],
        "row 2: a decision has no item: leave the column item as it was",
    ),
    "two decisions": (
        lambda c: [_row(c, "k004"), _row(c, "k004", "remove")],
        "row 3: row 2 has a different decision on the same item",
    ),
    "no reviewer": (lambda c: [_row(c, "k004", reviewer=" ")], "row 2: a decision has no reviewer: fill in reviewer"),
    "another's row": (
        lambda c: [_row(c, "k004", reviewer="eve@acme.example")],
        'row 2: this is for "boss@acme.example" to decide, not for "eve@acme.example": reassign it first',
    ),
    "their own access, by address": (
        lambda c: [_row(c, "k004", reviewer="P3@Acme.example")],
        'row 2: "P3@Acme.example" cannot decide on their own access: somebody else has to',
    ),
    "their own access, by name": (
        lambda c: [_row(c, "k004", reviewer="nora haugen")],
        'row 2: "nora haugen" cannot decide on their own access: somebody else has to',
    ),
    "tomorrow": (lambda c: [_row(c, "k004", decided_on="2026-11-26")], "row 2: 2026-11-26 is in the future"),
    "before the opening": (
        lambda c: [_row(c, "k004", decided_on="2026-11-24")],
        "row 2: 2026-11-24 is before the campaign was opened (2026-11-25)",
    ),
    "no day": (
        lambda c: [_row(c, "k004", decided_on="")],
        "row 2: a decision has no date: fill in decided_on",
    ),
    "a day that is none": (
        lambda c: [_row(c, "k004", decided_on="2026-02-30")],
        "row 2: '2026-02-30' is not a date: write it as 2026-11-28",
    ),
    "a day in words": (
        lambda c: [_row(c, "k004", decided_on="today")],
        "row 2: 'today' is not a date: write it as 2026-11-28",
    ),
    "a day that may be two": (
        lambda c: [_row(c, "k004", decided_on="11/12/2026")],
        "row 2: '11/12/2026' could be two different dates: write it as 2026-11-28",
    ),
    "a day with something behind it": (
        lambda c: [_row(c, "k004", decided_on="25.11.2026 or so")],
        "row 2: '25.11.2026 or so' is not a date: write it as 2026-11-28",
    ),
    "their own access, by an address with a name and an invisible letter": (
        lambda c: [_row(c, "k004", reviewer="Nora <p3\u200b@acme.example>")],
        'row 2: "Nora <p3@acme.example>" cannot decide on their own access: somebody else has to',
    ),
    "an item that a spreadsheet rounded": (
        lambda c: [_row(c, "k004", item="1.23457E+19")],
        'row 2: the item "1.23457E+19" is not in 2026-Q4: is it from another campaign?',
    ),
    "an error of a spreadsheet": (
        lambda c: [_row(c, "k004", justification="#REF!")],
        "row 2: justification holds the error #REF!: correct it",
    ),
    "an error in place of a decision": (
        lambda c: [_row(c, "k004", "#NAME?")],
        "row 2: decision holds the error #NAME?: correct it",
    ),
    "two files in one": (
        lambda c: [_row(c, "k004", item="item", decision="decision")],
        'row 2: the item "item" is not in 2026-Q4: is it from another campaign?',
    ),
    "another word": (
        lambda c: [_row(c, "k004", "maybe")],
        'row 2: "maybe" is not a decision: write keep, change or remove',
    ),
    "a change to nothing": (
        lambda c: [_row(c, "k004", "change")],
        "row 2: the decision change does not say to what: fill in change_to or justification",
    ),
    "a novel": (
        lambda c: [_row(c, "k004", justification="x" * 5_001)],
        "row 2: justification has 5,001 letters, more than 5,000",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named(campaign, tmp_path, case):
    """Each kind of fault has its sentence, and the good rows of the file are not taken either."""
    rows, sentence = BAD[case]
    path = _file(tmp_path, _csv([*rows(campaign), _row(campaign, "k020")]))
    with pytest.raises(ReviewError) as raised:
        decide(campaign.path, [path])
    assert str(raised.value) == f"back.csv was not accepted, 1 row must be corrected:\n  {sentence}"
    assert (_stored(campaign), len(Campaign(campaign.path).log)) == ({}, 1)


def test_every_bad_row_is_named_up_to_fifty(campaign, tmp_path):
    """A file with many faults names the first fifty, and how many more there are."""
    path = _file(tmp_path, _csv([_row(campaign, "k004", "maybe")] * 60))
    with pytest.raises(ReviewError, match="60 rows must be corrected") as raised:
        decide(campaign.path, [path])
    assert str(raised.value).splitlines()[-2:] == [
        '  row 51: "maybe" is not a decision: write keep, change or remove', "  and 10 more",
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["folder", "pipe", "device", "link to itself"])
def test_what_is_no_file(campaign, tmp_path, what):
    """Nothing waits for a pipe, or reads a device that has no end; a name that is no text is said as far as it is."""
    path = tmp_path / os.fsdecode(b"\xff.csv")
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if what == "device" else path)
    with pytest.raises(ReviewError, match=r"is not a file$|Too many levels of symbolic links"):
        decide(campaign.path, [path])


def test_a_name_from_outside_is_kept_as_text(campaign, tmp_path):
    """What is no text in the name of a file, or leads elsewhere, is neither in the log nor in the folder."""
    path = tmp_path / os.fsdecode(b"\xff'=cmd|' \xe2\x80\xaeA1.c\nsv")
    path.write_text(_csv([_row(campaign, "k004")]), encoding="utf-8")
    (taken,) = decide(campaign.path, [path])
    assert taken.summary == "\ufffd'=cmd|' A1.c sv: 1 decision taken, 0 rows without a new one"
    assert [one.name for one in (campaign.path / "received").iterdir()] == ["0002-cmd-A1"]


def _signed(campaign, **cells):
    """The campaign's own workbook with one decision, and these cells of the sign-off filled in."""
    book = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")
    sheet, signed = book["Decisions"], book["Sign-off"]
    places = {str(cell.value): place for place, cell in enumerate(sheet[1], start=1)}
    sheet.cell(2, places["decision"], "keep")
    sheet.cell(2, places["decided_on"], DAY)
    labels = {str(signed.cell(number, 1).value): number for number in range(3, signed.max_row + 1)}
    for label, value in cells.items():
        signed.cell(labels["I reviewed every row (yes)" if label == "Reviewed" else label], 2, value)
    book.save(campaign.path.parent / "signed.xlsx")
    return campaign.path.parent / "signed.xlsx"


def test_the_sign_off_is_read_back(campaign):
    """Who attests that every row was reviewed is in the log with the file, and in the status; later files keep it."""
    decide(campaign.path, [_signed(campaign, Reviewed="Yes", Name="'=Bo Boss", Date=DAY, Remarks="all seen")])
    attested = Campaign(campaign.path).log[-1].about["sign_off"]
    assert attested == {"name": "=Bo Boss", "date": "2026-11-25", "reviewers": [BOSS], "remarks": "all seen"}
    decide(campaign.path, [_file(campaign.path.parent, _csv([_row(campaign, "k020")]))])
    assert "sign_off" not in Campaign(campaign.path).log[-1].about
    assert as_lines(progress(Campaign(campaign.path)))[1] == (
        "- boss@acme.example: 2 of 22 decided, 20 open, 3 of them privileged; signed off by =Bo Boss, 2026-11-25"
    )


@pytest.mark.parametrize(
    ("cells", "sentences"),
    [
        ({"Name": "Bo"}, ["write yes beside 'I reviewed every row'", "the date is missing"]),
        ({"Reviewed": "no", "Name": "Bo", "Date": DAY}, ["write yes beside 'I reviewed every row'"]),
        ({"Reviewed": "yes", "Date": DAY}, ["the name is missing"]),
        ({"Reviewed": "yes", "Name": "Bo", "Date": dt.date(2026, 11, 26)}, ["2026-11-26 is in the future"]),
        ({"Reviewed": "yes", "Name": "Bo", "Date": "soon"}, ["'soon' is not a date: write it as 2026-11-28"]),
    ],
)
def test_a_sign_off_that_is_none(campaign, cells, sentences):
    """What is missing in it is said, and the file is not taken; a sheet that nobody touched is no sign-off."""
    with pytest.raises(ReviewError) as raised:
        decide(campaign.path, [_signed(campaign, **cells)])
    assert str(raised.value).splitlines()[1:] == [f"  sheet Sign-off: {sentence}" for sentence in sentences]
    assert decide(campaign.path, [_signed(campaign)])[0].added == 1
    assert "sign_off" not in Campaign(campaign.path).log[-1].about


def test_another_decision_needs_to_be_said(campaign, tmp_path):
    """A stored decision stands until --replace puts another in its place; both files stay."""
    first, second = (
        _file(tmp_path, _csv([_row(campaign, "k004", word)]), f"{word}.csv") for word in ("keep", "remove")
    )
    decide(campaign.path, [first])
    with pytest.raises(ReviewError, match=r'"boss@acme\.example" decided keep on 2026-11-25 already: add --replace'):
        decide(campaign.path, [second])
    decide(campaign.path, [second], replace=True)
    assert [one.decision for one in _stored(campaign).values()] == ["remove"]
    assert sorted(path.name for path in (campaign.path / "received").iterdir()) == ["0002-keep.csv", "0003-remove.csv"]


def test_a_grant_that_has_changed_since(campaign, tmp_path):
    """With the database at hand, a decision on what is not there any more as it was frozen is refused."""
    rows = story()
    for table in ("access_grants", "access_review"):
        for row in rows[table]:
            if row["record_key"] == "k004":
                row["role_id"] = "admin"
    changed = make(tmp_path / "later.duckdb", rows)
    path = _file(tmp_path, _csv([_row(campaign, "k004")]))
    with pytest.raises(ReviewError, match='row 2: the grant of "Nora Haugen" has changed since it was frozen'):
        decide(campaign.path, [path], database=changed)
    assert decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k002")]))], database=changed)[0].added == 1


def test_a_reassigned_row_is_for_the_new_reviewer(campaign, tmp_path):
    """Open rows move with a reason; those about the new reviewer stay, and decided ones do."""
    decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k004")]))])
    assert reassign(campaign.path, "p2@acme.example", "on holiday", of=BOSS, by="ada") == (19, 2)
    assert Campaign(campaign.path).log[-1].about == {
        "to": "p2@acme.example", "of": BOSS, "reason": "on holiday", "rows": 19,
    }  # fmt: skip
    new = [_row(campaign, "k020", reviewer="P2@acme.example")]
    assert decide(campaign.path, [_file(tmp_path, _csv(new))])[0].added == 1
    with pytest.raises(ReviewError, match=r'this is for "p2@acme\.example" to decide'):
        decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k021")]))])


def test_a_closed_campaign_takes_nothing(campaign, tmp_path):
    """After the end every change is refused."""
    close(campaign.path)
    path = _file(tmp_path, _csv([_row(campaign, "k004")]))
    for change in (
        lambda: decide(campaign.path, [path]), lambda: close(campaign.path),
        lambda: reassign(campaign.path, "x@y.example", "late", of=BOSS),
    ):  # fmt: skip
        with pytest.raises(ReviewError, match="2026-Q4 was closed at 2026-11-25 09:00 UTC, and cannot be changed"):
            change()
