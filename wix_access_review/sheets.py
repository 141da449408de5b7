"""The review table as CSV and as XLSX, for the reviewer to fill in."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import tempfile
import unicodedata
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from wix_access_review.contract import REVIEW_COLUMNS, SCHEMA
from wix_access_review.files import DRAFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Row = tuple[Any, ...]

DECISIONS = ("keep", "change", "remove")
MOST_ROWS = 1_048_575
"""Rows of data that a worksheet holds below its header."""
_A4 = 9
MOST_CHARACTERS = 32_767
"""Characters that a cell holds."""

_FORMULA = frozenset("=+-@\u2212")
"""What begins a formula, in any of its widths."""

_BREAKS = ("\t", "\r", "\n")
_TRICKS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What no name has: control characters, and those that turn the direction of writing round."""

_WIDTHS = {
    "account": 18, "person": 24, "email": 32, "role": 28, "asset": 28, "granted_after": 19, "granted_before": 19,
    "last_seen": 19, "receipt_snapshot_at": 19, "decided_on": 12, "justification": 40, "reviewer": 18,
}  # fmt: skip
_FIRST_DAY = dt.datetime(1900, 1, 1)  # noqa: DTZ001  # the models' times are UTC, without a zone
_HOW_TO = (
    "One row is one thing to certify: a role that a person holds on something.",
    "Fill in reviewer, decision (keep, change or remove), decided_on and justification.",
    "Times are UTC. Access was given between granted_after and granted_before.",
    "If granted_after is empty, nothing is known about how long before granted_before that was.",
    "Text that begins with = + - @, or blanks and these, has an apostrophe in front, so that it is no formula.",
    "The apostrophe is not part of the text.",
    "The receipt columns say which read of the account the row comes from, and what proves that the read was complete.",
)


def defused(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, and nobody for another text.

    Text that could be a formula gets an apostrophe in front; control characters, and those that turn the direction of
    writing round, become U+FFFD.

    Args:
        value: A value of the review table.
    """
    # Most cells: printable, which tricks and breaks are not, and begun by a letter or digit, which no formula is.
    if not isinstance(value, str) or (value.isprintable() and value[:1].isascii() and value[:1].isalnum()):
        return value
    text = _TRICKS.sub("\ufffd", value)
    return f"'{text}" if could_be_formula(value) else text


def could_be_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula.

    Args:
        text: Any text.
    """
    return text.startswith(_BREAKS) or not _FORMULA.isdisjoint(_first_seen(text))


def _first_seen(text: str) -> str:
    """The first letter of a text that is seen: some spreadsheets pass over everything before it."""
    unseen = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"}
    return unicodedata.normalize("NFKC", next((one for one in text if unicodedata.category(one) not in unseen), ""))


def review_rows(connection: duckdb.DuckDBPyConnection, size: int = 5_000) -> Iterator[Row]:
    """Every row of the review table, in one order, whatever order the database keeps.

    Args:
        connection: The database.
        size: Rows to fetch at once.
    """
    known = {"privileged": "case when privileged then 'yes' when not privileged then 'no' else 'unknown' end"}
    columns = ", ".join(known.get(name, name) for name in REVIEW_COLUMNS)
    result = connection.cursor().execute(
        f"select {columns} from {SCHEMA}.access_review order by account, account_id, person, person_id, review_item"  # noqa: S608
    )
    while rows := result.fetchmany(size):
        yield from rows


def write_csv(path: Path, rows: Iterable[Row]) -> int:
    """Write the table as CSV: UTF-8 with a mark that says so to Excel, every cell quoted.

    Returns:
        How many rows there are.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(REVIEW_COLUMNS)
        for count, row in enumerate(rows, start=1):  # noqa: B007  # the last one is the count
            writer.writerow([defused(_plain(value)) for value in row])
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return value


def write_xlsx(path: Path, rows: Iterable[Row], *, title: str, as_of: dt.datetime | None) -> int:
    """Write the table as a workbook, with a list of decisions to choose from, and a sheet that says how to use it.

    Args:
        path: Where to.
        rows: The rows of the table.
        title: The review's title.
        as_of: When the account was read (UTC), said to be the workbook's date so that equal input makes equal files.

    Returns:
        How many rows there are. Those beyond `MOST_ROWS` are left out, and the second sheet says so.

    Raises:
        OSError: The file cannot be written.
    """
    with workbook(path.parent, title, as_of) as (book, packed):
        count = _fill(book.add_worksheet("Access review"), rows, _formats(book))
        _tell(book.add_worksheet("How to"), title, count, book.add_format({"bold": True, "font_size": 14}))
    path.write_bytes(packed.getbuffer())
    return count


@contextlib.contextmanager
def workbook(folder: Path, title: str, as_of: dt.datetime | None) -> Iterator[tuple[xlsxwriter.Workbook, io.BytesIO]]:
    """A workbook to fill, and its bytes when the block has ended.

    Args:
        folder: Where its rows wait on disk. They are gone when the block ends.
        title: Its title.
        as_of: What is said to be its date, so that equal input makes equal files.

    Raises:
        OSError: The rows cannot be written.
    """
    # In memory until it is whole: a zip file that cannot be ended complains when it is collected.
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder) as waiting:
        book = xlsxwriter.Workbook(packed, {"constant_memory": True, "tmpdir": waiting, "strings_to_urls": False})
        book.set_properties({"title": title, "created": max(as_of or _FIRST_DAY, dt.datetime(1980, 1, 1))})  # noqa: DTZ001
        try:
            yield book, packed
            book.close()
        except (FileCreateError, OSError) as error:
            _let_go(book)
            # XlsxWriter wraps an error of the system that it meets at the end.
            raise error.args[0] if isinstance(error, FileCreateError) else error from None


def _let_go(book: xlsxwriter.Workbook) -> None:
    """Close the files of a book that cannot be written, so that none is left open."""
    for sheet in book.worksheets():
        for file in (sheet.row_data_fh, sheet.fh):
            with contextlib.suppress(OSError, AttributeError):
                file.close()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    return {
        "head": book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "valign": "vcenter"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
        "fill": book.add_format({"bg_color": "#fff8e1", "border": 1, "border_color": "#e0d6b8"}),
    }


def _fill(sheet: Worksheet, rows: Iterable[Row], formats: dict[str, Format]) -> int:
    filled_in = {REVIEW_COLUMNS.index(name) for name in ("reviewer", "decision", "decided_on", "justification")}
    sheet.freeze_panes(1, REVIEW_COLUMNS.index("email"))
    for place, name in enumerate(REVIEW_COLUMNS):
        width = _WIDTHS.get(name, 14)
        sheet.set_column(place, place, width, formats["fill"] if place in filled_in else None)
        sheet.write_string(0, place, name, formats["head"])
    count = 0
    for count, row in enumerate(rows, start=1):
        if count <= MOST_ROWS:
            _write_row(sheet, count, row, formats["time"])
    last = max(1, min(count, MOST_ROWS))
    sheet.autofilter(0, 0, last, len(REVIEW_COLUMNS) - 1)
    decision = REVIEW_COLUMNS.index("decision")
    sheet.data_validation(
        1, decision, last, decision,
        {"validate": "list", "source": list(DECISIONS), "error_title": "Decision",
         "error_message": f"One of: {', '.join(DECISIONS)}"},
    )  # fmt: skip
    printed(sheet)
    return count


def printed(sheet: Worksheet) -> None:
    """Let a sheet be printed on pages as wide as it is, each with its first row.

    Args:
        sheet: The sheet.
    """
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _write_row(sheet: Worksheet, number: int, row: Sequence[Any], time: Format) -> None:
    for place, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_string(number, place, _plain(value))
        elif isinstance(value, dt.datetime) and value >= _FIRST_DAY:
            sheet.write_datetime(number, place, value.replace(microsecond=0), time)
        elif isinstance(value, int):
            sheet.write_number(number, place, value)
        else:
            sheet.write_string(number, place, fits_cell(defused(str(value))))


def fits_cell(text: str) -> str:
    """Text that a cell of a workbook holds.

    Args:
        text: Any text.
    """
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _tell(sheet: Worksheet, title: str, count: int, bold: Format) -> None:
    sheet.set_column(0, 0, 120)
    sheet.write_string(0, 0, fits_cell(defused(title)), bold)
    left_out = count - MOST_ROWS
    more = [f"A worksheet holds {MOST_ROWS} rows: {left_out} more are only in the CSV."] if left_out > 0 else []
    for number, line in enumerate((*_HOW_TO, *more), start=2):
        sheet.write_string(number, 0, line)
    printed(sheet)
