"""Reading what reviewers filled in: workbooks and CSV, in all the dresses that spreadsheet programs give them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook

from wix_access_review.errors import ReviewError
from wix_access_review.sheets import could_be_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NEEDED = ("item", "decision")
READ = ("item", "review_item", "decision", "change_to", "decided_on", "justification", "reviewer", "person")
"""The columns that are read. Others may be there, in any order."""
MOST_BYTES = 100 * 2**20
MOST_UNPACKED = 1_500 * 2**20
MOST_ROWS = 300_000
MOST_LETTERS = 5_000
_NO_TABLE = f"has no row with the titles {' and '.join(NEEDED)}: keep the first row of the table"
_SEPARATORS = (",", ";", "\t", "|")
_TOO_FAR = re.compile(rb'r="(?:[A-Z]+(?:[3-9]\d{5}|\d{7,})|(?:[D-Z][A-Z]|[A-Z]{3})\d+)"')
"""A cell beyond row 299,999 or column CZ: a sheet that reaches there takes more memory than it is worth."""
_CHUNK = 2**20
_OVERLAP = 32


@dataclass(frozen=True)
class Line:
    """A row as it was filled in, and its number in the file."""

    number: int
    values: dict[str, Any]

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
    for rows in _text_tables(name, content):
        found = _below_header(name, rows)
        if found is not None:
            return found, None
    raise ReviewError(f"{name} {_NO_TABLE}")


def _sheets(name: str, content: bytes) -> tuple[list[Line], SignOff | None]:
    found: dict[str, list[Line]] = {}
    signed: SignOff | None = None
    for title, rows in _workbook(name, content):
        if _title(title) == "sign_off":
            signed = _signed(rows)
        elif (lines := _below_header(name, rows)) is not None:
            found[title] = lines
    if len(found) > 1:
        titles = " and ".join(found)
        raise ReviewError(f"{name} has more than one sheet with decisions ({titles}): keep the one that is meant")
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


def _below_header(name: str, rows: Iterable[Sequence[Any]]) -> list[Line] | None:
    places: dict[str, int] | None = None
    found: list[Line] = []
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise ReviewError(f"{name} has more than {MOST_ROWS:,} rows: split it")
        if places is None:
            titles = [_title(value) for value in row]
            if set(NEEDED) <= set(titles):
                twice = [one for one in READ if titles.count(one) > 1]
                if twice:
                    raise ReviewError(f"{name} has the column {twice[0]} twice: which one counts?")
                places = {one: titles.index(one) for one in READ if one in titles}
            elif number >= 50:
                return None
            continue
        values = {one: row[place] for one, place in places.items() if place < len(row) and row[place] not in {"", None}}
        if values:
            found.append(Line(number, values))
    return None if places is None else found


def _title(value: Any) -> str:
    return re.sub(r"[\s_-]+", "_", str(value or "").strip().casefold())


def _workbook(name: str, content: bytes) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    _bounded(name, content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            for sheet in book.sheet_names:
                yield sheet, iter(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
    except (CalamineError, ValueError, zipfile.BadZipFile) as error:
        raise ReviewError(f"{name} cannot be read as a workbook: save it as .xlsx again ({error})") from error


def _bounded(name: str, content: bytes) -> None:
    """Refuse a workbook that is small only while it is packed, or that claims cells at the end of the world."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise ReviewError(f"{name} would unpack to more than {MOST_UNPACKED // 2**20} MB: it is not read")
            for one in packed.namelist():
                if one.startswith("xl/worksheets/") and one.endswith(".xml"):
                    with packed.open(one) as sheet:
                        _near(name, sheet)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise ReviewError(f"{name} cannot be read as a workbook: save it as .xlsx again ({error})") from error


def _near(name: str, sheet: Any) -> None:
    rest, total = b"", 0
    while chunk := sheet.read(_CHUNK):
        total += len(chunk)
        if total > MOST_UNPACKED or _TOO_FAR.search(rest + chunk):
            raise ReviewError(f"{name} has cells beyond row {MOST_ROWS:,} or column CZ: delete what is there")
        rest = chunk[-_OVERLAP:]


def _text_tables(name: str, content: bytes) -> Iterator[Iterator[list[str]]]:
    text = _decoded(name, content)
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.\s*", first):
        # Excel's own line that names the separator is a row of no table.
        text = "\n" + rest
    for separator in _SEPARATORS:
        yield _records(name, text, separator)


def _records(name: str, text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise ReviewError(f"{name} cannot be read as CSV: {error}") from error


def _decoded(name: str, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in content[:4096]:
        raise ReviewError(f"{name} is neither a workbook nor CSV: save it as .xlsx or .csv")
    else:
        # What Excel writes where nobody asked for UTF-8.
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ReviewError(f"{name} is text in an unknown encoding: save it as CSV UTF-8")


class Days:
    """Reads the days of one file, which all have the same order.

    Args:
        values: Every value of the column.
    """

    _SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
    _DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
    _FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050
    """What spreadsheets count for the years 2000 to 2099."""

    def __init__(self, values: Iterable[Any]) -> None:
        pairs = [match.groups() for value in values if (match := self._SLASHED.match(str(value).strip()))]
        firsts = {int(one) > 12 for one, *_ in pairs}
        seconds = {int(two) > 12 for _, two, _ in pairs}
        self.day_first: bool | None = None if True not in firsts | seconds else True in firsts
        if True in firsts and True in seconds:
            self.day_first = None

    def read(self, value: Any) -> dt.date:
        """A day.

        Args:
            value: What stands in the cell.

        Raises:
            ValueError: It is no day, or may be two; the message says so.
        """
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        text = str(value).strip()
        if match := re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:$|[T ])", text):
            return _day(text, *match.groups())
        if match := self._DOTTED.match(text):
            return _day(text, *reversed(match.groups()))
        if match := self._SLASHED.match(text):
            return self._slashed(text, *match.groups())
        if re.fullmatch(r"\d{5}(\.\d+)?", text) and self._FIRST_SERIAL <= float(text) <= self._LAST_SERIAL:
            return dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
        raise ValueError(f"{text!r} is not a date: write it as 2026-11-28")

    def _slashed(self, text: str, one: str, two: str, year: str) -> dt.date:
        if one != two and self.day_first is None:
            raise ValueError(f"{text!r} could be two different dates: write it as 2026-11-28")
        return _day(text, year, two, one) if self.day_first else _day(text, year, one, two)


def _day(text: str, year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2026-11-28") from None
