"""Reading what reviewers filled in: workbooks and CSV, in all the dresses that spreadsheet programs give them."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
import stat
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from wix_access_review.campaign.cells import MERGED, MOST_ROWS, Faults, error_in, faults_of
from wix_access_review.campaign.words import plain
from wix_access_review.errors import ReviewError
from wix_access_review.sheets import could_be_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

NEEDED = ("item", "decision")
READ = ("item", "review_item", "decision", "change_to", "decided_on", "justification", "reviewer", "person")
"""The columns that are read. Others may be there, in any order."""
MEANT = ("item", "decision", "change_to", "decided_on", "justification", "reviewer")
"""Those of which every cell counts."""
MOST_BYTES = 100 * 2**20
MOST_LETTERS = 5_000
_NO_TABLE = f"has no row with the titles {' and '.join(NEEDED)}: keep the first row of the table"
_SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Line:
    """A row as it was filled in, and its number in the file."""

    number: int
    values: dict[str, Any]
    wrong: tuple[str, ...] = ()
    """What is wrong with cells of it that would be read as less than they show."""

    def word(self, name: str) -> str:
        """What stands in a column that holds no prose, without what nobody sees.

        Args:
            name: The column.
        """
        return plain(self.text(name))

    def text(self, name: str) -> str:
        """What stands in a column, without space around it and without the apostrophe that defused it.

        Args:
            name: The column.
        """
        value = self.values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).strip().replace("\r\n", "\n")
        return text[1:] if text.startswith("'") and could_be_formula(text[1:]) else text


@dataclass(frozen=True)
class SignOff:
    """What a reviewer attests on the sheet of that name: what stands beside each of its labels."""

    reviewer: str
    reviewed: str
    name: str
    date: Any
    remarks: str


SIGN_OFF = {"reviewer": "reviewer", "i reviewed every row (yes)": "reviewed", "name": "name", "date": "date",
            "remarks": "remarks"}  # fmt: skip
"""The labels of the sheet that are read."""


def read_filled(name: str, content: bytes) -> tuple[list[Line], SignOff | None]:
    """The rows of a file that have anything in the columns that are read, and what its sheet for the sign-off says.

    Args:
        name: The file's name, for messages.
        content: The file.

    Returns:
        The rows, and the sign-off: None where there is no such sheet, or nobody filled it in.

    Raises:
        ReviewError: It is no table that a campaign wrote.
    """
    if len(content) > MOST_BYTES:
        raise ReviewError(f"{name} has {len(content) / 2**20:.0f} MB, more than {MOST_BYTES // 2**20}: split it")
    if content.startswith(b"PK"):
        return _sheets(name, content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReviewError(f"{name} is locked with a password, or an old .xls: save it as .xlsx without a password")
    return _text_table(name, content), None


def _sheets(name: str, content: bytes) -> tuple[list[Line], SignOff | None]:
    found: dict[str, list[Line]] = {}
    signed: SignOff | None = None
    faults = faults_of(name, content)
    for title, rows in _workbook(name, content):
        if _title(title) == "sign_off":
            signed = _signed(rows)
        elif (lines := _below_header(name, rows, faults.get(title, {}))) is not None:
            found[title] = lines
    if len(found) > 1:
        titles = " and ".join(found)
        raise ReviewError(f"{name} has more than one sheet with decisions ({titles}): keep only the right one")
    if not found:
        raise ReviewError(f"{name} {_NO_TABLE}")
    return next(iter(found.values())), signed


def _signed(rows: Iterable[Sequence[Any]]) -> SignOff | None:
    cells = {
        label: row[1]
        for row in itertools.islice(rows, 50)
        if len(row) > 1 and (label := SIGN_OFF.get(str(row[0]).strip().casefold()))
    }
    texts = {label: Line(0, cells).text(label)[:MOST_LETTERS] for label in SIGN_OFF.values() if label != "date"}
    signed = SignOff(date=cells.get("date"), **texts)
    return signed if signed.name or signed.reviewed or str(signed.date or "").strip() else None


def _below_header(name: str, rows: Iterable[Sequence[Any]], faults: Faults) -> list[Line] | None:
    numbered = enumerate(rows, start=1)
    places = _places(name, numbered)
    if places is None:
        return None
    found: list[Line] = []
    for number, row in numbered:
        if not any(row) and not faults:
            continue
        if number > MOST_ROWS:
            raise ReviewError(f"{name} has more than {MOST_ROWS:,} rows: split it")
        values = {one: row[place] for one, place in places.items() if place < len(row) and row[place] not in {"", None}}
        wrong = list(_wrong(number, values, places, faults))
        if values or wrong:
            found.append(Line(number, values, tuple(wrong)))
    return found


def _places(name: str, rows: Iterable[tuple[int, Sequence[Any]]]) -> dict[str, int] | None:
    """Which column is where, by the first row that has the titles; None where there is none."""
    for _, row in itertools.islice(rows, 50):
        titles = [_title(value) for value in row]
        if set(NEEDED) <= set(titles):
            twice = [one for one in READ if titles.count(one) > 1]
            if twice:
                raise ReviewError(f"{name} has the column {twice[0]} twice: remove one of them")
            return {one: titles.index(one) for one in READ if one in titles}
    return None


def _wrong(number: int, values: dict[str, Any], places: dict[str, int], faults: Faults) -> Iterator[str]:
    for name in MEANT:
        why = faults.get((number, places.get(name, -1))) or error_in(values.get(name))
        # Where nothing else stands in a row, merged cells are a remark of somebody below the table.
        if why and (values or why != MERGED):
            yield f"{name} {why}"


def _title(value: Any) -> str:
    return re.sub(r"[\s_-]+", "_", plain(value).casefold())


def _workbook(name: str, content: bytes) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for sheet in book.sheet_names:
                yield sheet, iter(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
    except (CalamineError, ValueError, zipfile.BadZipFile) as error:
        raise ReviewError(f"{name} cannot be read as a workbook: save it as .xlsx again ({error})") from error


def _text_table(name: str, content: bytes) -> list[Line]:
    text = decoded(name, content)
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.\s*", first):
        # Excel's own line that names the separator is a row of no table.
        text = "\n" + rest
    why: csv.Error | None = None
    for separator in _SEPARATORS:
        try:
            # Strict: a file that ends within quotation marks was cut off.
            found = _below_header(name, csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), {})
        except csv.Error as error:
            why = why or error
            continue
        if found is not None:
            return found
    raise ReviewError(f"{name} cannot be read as CSV: {why}" if why else f"{name} {_NO_TABLE}")


def content_of(path: Path) -> bytes:
    """The content of a file that somebody hands in, and one byte more than is taken where it is larger.

    Args:
        path: The file.

    Raises:
        ReviewError: It cannot be read.
    """
    try:
        # Not what is no file: a pipe waits for ever, and a device has no end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReviewError(f"{path} is not a file")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReviewError(f"{path} cannot be read ({error.strerror})") from error


def decoded(name: str, content: bytes) -> str:
    """The text of a CSV file, whichever program wrote it.

    Args:
        name: The file's name, for messages.
        content: The file.

    Raises:
        ReviewError: It is no text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in content:
        raise ReviewError(f"{name} is neither a workbook nor CSV: save it as .xlsx or .csv")
    else:
        # What Excel writes where nobody asked for UTF-8.
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:
                return text
    raise ReviewError(f"{name} is text in an unknown encoding: save it as CSV UTF-8")
