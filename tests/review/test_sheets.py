"""The review table as CSV and XLSX: every row, and nothing that a program takes for a formula."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import os
import resource
import zipfile

import openpyxl
import pytest

from tests.review.warehouse import ACME, BEFORE, LONG, NAMES, NASTY, READ_AT, story
from wix_access_review import sheets
from wix_access_review.contract import REVIEW_COLUMNS
from wix_access_review.database import reading
from wix_access_review.sheets import defused, review_rows, write_csv, write_xlsx

UNSEEN = [" ", "\u00a0", "\u3000", "\x00", "\x0b", "\x0c", "\x1b", "\ufeff", "\u200b", "\u202e", "\u2066", " \x00 "]
TRICKS = ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x9b", "\u202a", "\u202d", "\u202e", "\u2067", "\u2069"]
FORMULA_LETTERS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001
ADA = {
    "review_item": "acc-acme|assignments|k001", "account": NAMES[ACME], "person": "Ada Okafor",
    "email": "p1@acme.example", "person_type": "member", "role": "Owner", "privileged": "yes", "asset_type": "account",
    "asset": "the whole account",
    "via": "account", "pending": "no", "granted_after": "", "granted_before": "2026-11-24 08:12:00",
    "last_seen": "2026-11-24 08:12:00", "reviewer": "", "decision": "", "decided_on": "", "justification": "",
    "account_id": ACME, "person_id": "p1", "role_id": "owner", "asset_id": ACME, "stream_name": "assignments",
    "record_key": "k001", "receipt_snapshot_at": "2026-11-24 08:12:00", "receipt_proof": "count",
    "receipt_row_count": "40", "receipt_digest": "b3:0123456789abcdef",
}  # fmt: skip


def _csv(folder):
    text = (folder / "access-review.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def _sheet(path):
    return openpyxl.load_workbook(path)["Access review"]


@pytest.mark.parametrize("letter", FORMULA_LETTERS)
def test_what_could_be_a_formula_is_defused(letter):
    """An apostrophe stands before each letter that begins a formula somewhere, and changes nothing else."""
    assert defused(f"{letter}1") == f"'{letter}1"
    harmless = [f"a{letter}", "'", "", None, -1, True]
    assert [defused(value) for value in harmless] == harmless


@pytest.mark.parametrize("letter", ["=", "+", "-", "@", "＝", "＠", "﹦", "\u2212", "\uff0b"])  # noqa: RUF001
@pytest.mark.parametrize(
    "before",
    [" ", "\u00a0", "\u3000", "\x00", "\x0b", "\x0c", "\x1b", "\ufeff", "\u200b", "\u202e", "\u2066", " \x00 "],
)
def test_what_stands_before_a_formula_hides_none(before, letter):
    """Some spreadsheets pass over blanks and letters that nobody sees."""
    assert defused(f"{before}{letter}1").startswith("'")
    assert defused(f"{before}a{letter}1")[0] != "'"


@pytest.mark.parametrize(
    "trick", ["\x00", "\x07", "\x0b", "\x1b", "\x7f", "\x9b", "\u202a", "\u202d", "\u202e", "\u2067", "\u2069"]
)
def test_letters_that_play_tricks_are_replaced(trick):
    """A name is what it looks like: nothing turns it round, and nothing in it is a command."""
    assert defused(f"Ann{trick}nimdA") == "Ann\ufffdnimdA"


def test_the_csv_has_every_row(written):
    """As many rows as the table, each of its items once, a whole row as it stands."""
    rows = _csv(written)
    assert sorted(row["review_item"] for row in rows) == sorted(row["review_item"] for row in story()["access_review"])
    assert next(row for row in rows if row["review_item"] == ADA["review_item"]) == ADA
    assert tuple(rows[0]) == REVIEW_COLUMNS


def test_the_csv_keeps_nasty_names_as_they_are(written):
    """Line breaks, quotes, direction marks and long names survive; what begins as a formula got its apostrophe."""
    names = {row["person"] for row in _csv(written)}
    assert names >= {defused(name) for name in NASTY}
    assert [name for name in names if name.startswith(tuple(FORMULA_LETTERS))] == []
    assert {"'=cmd|'/c calc'!A1", "'+1", "'@x", "'-2", "'\tTab", "'\rReturn", "two\nlines", LONG} <= names
    assert {row["role"] for row in _csv(written)} >= {"'=Blog Writer"}


def test_the_workbook_has_the_same_rows(written):
    """Cell by cell what the CSV says, with times as times and nothing where nothing is known."""
    sheet = _sheet(written / "access-review.xlsx")
    head, *rows = sheet.iter_rows(values_only=True)
    assert head == REVIEW_COLUMNS

    def plain(value):
        # XML knows one kind of line break, and openpyxl leaves the others escaped.
        return "" if value is None else str(value).replace("_x000D_", "\r")

    assert [[plain(value) for value in row] for row in rows] == [list(row.values()) for row in _csv(written)]
    times = {REVIEW_COLUMNS[cell.column - 1]: cell.number_format for cell in sheet[2] if cell.is_date}
    assert set(times) == {"granted_after", "granted_before", "last_seen", "receipt_snapshot_at"}
    assert set(times.values()) == {"yyyy-mm-dd hh:mm:ss"}


def test_the_workbook_has_no_formula(written):
    """No cell is a formula or a link, whatever stands in it."""
    with zipfile.ZipFile(written / "access-review.xlsx") as book:
        xml = "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/"))
    assert [tag for tag in ("<f>", "<f ", "<hyperlink") if tag in xml] == []


def test_the_workbook_is_ready_to_be_filled_in(written):
    """The header stays in sight and filters, decisions are a list to choose from, and widths are set."""
    sheet = _sheet(written / "access-review.xlsx")
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("D2", "A1:AB23", "$1:$1")
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.type, choice.formula1, str(choice.sqref)) == ("list", '"keep,change,remove"', "P2:P23")
    assert sheet.column_dimensions["D"].width > 30


def test_the_second_sheet_says_how(written):
    """It says what the columns mean, and what the apostrophe is."""
    lines = [
        row[0] for row in openpyxl.load_workbook(written / "access-review.xlsx")["How to"].iter_rows(values_only=True)
    ]
    assert lines[0] == "Access review: Acme <Studio> & Söhne, North"
    assert "The apostrophe is not part of the text." in lines


def test_equal_rows_make_equal_workbooks(database, tmp_path):
    """The workbook's date is that of the receipt, not that of the day."""
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    with reading(database) as connection:
        counts = [write_xlsx(path, review_rows(connection), title="Same", as_of=READ_AT) for path in paths]
    assert counts == [22, 22]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert openpyxl.load_workbook(paths[0]).properties.created == READ_AT


def test_what_does_not_fit_into_a_workbook_is_said(tmp_path, monkeypatch):
    """Rows beyond the last of a worksheet are counted, and text beyond a cell's end is cut."""
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    row = ("x" * 40_000, *(None for _ in REVIEW_COLUMNS[1:]))
    assert write_xlsx(tmp_path / "long.xlsx", [row] * 3, title="=1", as_of=None) == 3
    book = openpyxl.load_workbook(tmp_path / "long.xlsx")
    assert [len(str(cell)) for (cell,) in book["Access review"].iter_rows(max_col=1, min_row=2, values_only=True)] == [
        32_767
    ] * 2
    how = [line for (line,) in book["How to"].iter_rows(values_only=True)]
    assert (how[0], how[-1]) == ("'=1", "A worksheet holds 2 rows: 1 more are only in the CSV.")


def test_times_that_a_workbook_does_not_know(tmp_path):
    """A time before 1900 is text, and one without an end does not stop the review."""
    early = dt.datetime(1850, 1, 1)  # noqa: DTZ001
    late = dt.datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001
    row = (early, late, BEFORE, *(None for _ in REVIEW_COLUMNS[3:]))
    write_xlsx(tmp_path / "times.xlsx", [row], title="Times", as_of=None)
    values = next(_sheet(tmp_path / "times.xlsx").iter_rows(min_row=2, max_col=3, values_only=True))
    assert (values[0], values[2]) == ("1850-01-01 00:00:00", BEFORE)


def test_an_error_of_the_system_stays_one(database, tmp_path):
    """A file that cannot grow, met in the middle of the workbook, is an error that the command can name."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with reading(database) as connection, pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as raised:
            write_xlsx(tmp_path / "big.xlsx", review_rows(connection), title="Big", as_of=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (raised.value.errno, list(tmp_path.iterdir())) == (errno.EFBIG, [])


def test_an_empty_table_makes_empty_files(tmp_path):
    """Without a row there is a header, and no error."""
    assert write_csv(tmp_path / "none.csv", []) == 0
    assert write_xlsx(tmp_path / "none.xlsx", [], title="None", as_of=None) == 0
    assert list(_sheet(tmp_path / "none.xlsx").iter_rows(values_only=True)) == [REVIEW_COLUMNS]
