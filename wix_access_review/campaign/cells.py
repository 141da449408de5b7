"""The cells of a workbook before they are read: how far they reach, and which say less than a person sees in them.

The library that reads workbooks takes the memory of all cells up to the last one, and gives formulas without a value,
errors and cells that are covered by a merged one as empty. Neither can be left to it.
"""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

# No document type may be declared here, so that no entity can grow or lead elsewhere.
from xml.parsers import expat  # nosec B407

from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

MOST_UNPACKED = 1_500 * 2**20
MOST_ROWS = 300_000
MOST_COLUMNS = 104
"""A to CZ."""
MOST_CELLS = 12_000_000
"""Cells of the rectangle that holds all others, three times those of the largest campaign: each takes memory."""
NO_VALUE = "is a formula whose value is not in the file: open it in Excel or LibreOffice, save it, and try again"
MERGED = "is merged with the cell above it: split the cells, and fill in each row"
_ERROR = re.compile(r"#(?:N/A|GETTING_DATA|NAME\?|DIV/0!|[A-Z]+!)|Err:\d{3}")
_MOST_FAULTS = 1_000_000

Faults = dict[tuple[int, int], str]
"""What is wrong with a cell, by its row, from 1, and its column, from 0."""


def error_in(value: Any) -> str | None:
    """What is wrong with a value that is a spreadsheet's word for an error; None for any other.

    Args:
        value: What stands in the cell.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("#", "Err:")):
        return None
    text = value.strip()
    return f"holds the error {text}: correct it" if _ERROR.fullmatch(text) else None


def faults_of(name: str, content: bytes) -> dict[str, Faults]:
    """What is wrong with the cells of a workbook, by the title of the sheet.

    Args:
        name: The file's name, for messages.
        content: The file.

    Raises:
        ReviewError: It is no workbook that is read here, or it reaches further than one that a campaign wrote.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _bounded(name, packed)
            return _of_ods(name, packed) if "content.xml" in packed.namelist() else _of_xlsx(name, packed)
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError, EOFError, expat.ExpatError) as error:
        raise ReviewError(f"{name} cannot be read as a workbook: save it as .xlsx again ({error})") from error


def _bounded(name: str, packed: zipfile.ZipFile) -> None:
    """Refuse a workbook that is small only while it is packed, and one whose parts are not what their names say."""
    if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
        raise ReviewError(f"{name} would unpack to more than {MOST_UNPACKED // 2**20} MB, and is not read")
    names = [one.replace("\\", "/").casefold() for one in packed.namelist()]
    if len(set(names)) < len(names) or {"content.xml", "xl/workbook.xml"} <= set(names):
        raise ReviewError(f"{name} is two workbooks in one: save it as .xlsx again")
    if "xl/workbook.bin" in names:
        raise ReviewError(f"{name} is a binary workbook (.xlsb): save it as .xlsx")


def _of_xlsx(name: str, packed: zipfile.ZipFile) -> dict[str, Faults]:
    titles = _titles(packed)
    found: dict[str, Faults] = {}
    for part in packed.namelist():
        sheet = _Sheet(name)
        # Whatever is XML could be taken for a sheet. What is none is wrong only where a sheet should be.
        with contextlib.nullcontext() if part in titles else contextlib.suppress(expat.ExpatError):
            _parse(packed, part, sheet)
        if part in titles:
            sheet.end()
            found[titles[part]] = sheet.faults
    return found


def _titles(packed: zipfile.ZipFile) -> dict[str, str]:
    """The title of each sheet by the part that holds it."""
    book, relations = _Collected("sheet"), _Collected("Relationship")
    for part, collected in (("xl/workbook.xml", book), ("xl/_rels/workbook.xml.rels", relations)):
        if part not in packed.namelist():
            raise zipfile.BadZipFile(f"it has no {part}")
        _parse(packed, part, collected)
    targets = {one.get("Id"): one.get("Target", "") for one in relations.found}
    parts = {one.casefold(): one for one in packed.namelist()}
    found = {}
    for sheet in book.found:
        target = next((targets.get(value, "") for key, value in sheet.items() if key.rpartition(":")[2] == "id"), "")
        path = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
        if path.casefold() in parts:
            found[parts[path.casefold()]] = sheet.get("name", "")
    return found


def _of_ods(name: str, packed: zipfile.ZipFile) -> dict[str, Faults]:
    if "META-INF/manifest.xml" in packed.namelist():
        manifest = _Collected("encryption-data")
        _parse(packed, "META-INF/manifest.xml", manifest)
        if manifest.found:
            raise ReviewError(f"{name} is locked with a password: save it without one")
    tables = _Tables(name)
    _parse(packed, "content.xml", tables)
    return tables.found


class _Reader:
    """Follows the elements of a part."""

    parser: Any = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take note of an element."""
        raise NotImplementedError


class _Cells(_Reader):
    """Follows the cells of a sheet."""

    def __init__(self, name: str) -> None:
        self.faults: Faults = {}
        self._name = name
        self._bottom = self._right = 0

    def _reach(self, row: int, column: int) -> None:
        """Take note that there is something in a cell: its row from 1, its column from 0."""
        self._bottom, self._right = max(self._bottom, row), max(self._right, column + 1)
        if self._bottom > MOST_ROWS or self._right > MOST_COLUMNS:
            raise ReviewError(f"{self._name} has cells beyond row {MOST_ROWS:,} or column CZ: delete what is there")
        if self._bottom * self._right > MOST_CELLS:
            raise ReviewError(f"{self._name} has more cells than a campaign: delete the columns that were added")

    def _note(self, rows: range, columns: range, why: str) -> None:
        """Take note that something is wrong with cells."""
        rows, columns = rows[:MOST_ROWS], columns[:MOST_COLUMNS]
        if len(rows) and len(self.faults) + len(rows) * len(columns) > _MOST_FAULTS:
            raise ReviewError(f"{self._name} has more merged cells, or errors, than a campaign has decisions")
        self.faults |= {(row, column): why for row in rows for column in columns}


def _parse(packed: zipfile.ZipFile, part: str, reader: _Reader) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = _refuse
    reader.parser = parser
    try:
        with packed.open(part) as file:
            parser.ParseFile(_Bounded(file))
    finally:
        reader.parser = None


def _refuse(*_: object) -> None:
    raise zipfile.BadZipFile("it declares a document type")


class _Bounded:
    """A part of the archive, which may unpack to more than it says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, MOST_UNPACKED

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        chunk = self._file.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise zipfile.BadZipFile("it unpacks to more than it says")
        return chunk


class _Collected(_Reader):
    """The attributes of every element of one name."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.found: list[Mapping[str, str]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Keep the attributes of an element of that name."""
        if tag.rpartition(":")[2] == self._tag:
            self.found.append(attributes)


class _Sheet(_Cells):
    """The cells of a sheet of XLSX."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._row, self._column = 0, -1
        self._kind: str | None = None
        self._is_formula = self._has_value = self._listens = False
        self._text: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take note of a row, a cell, or what is in it."""
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell(attributes)
        elif tag in {"v", "is", "f"}:
            self._inside(tag)
        elif tag == "row":
            self.end()
            self._row, self._column = int(attributes.get("r", self._row + 1)), -1
        elif tag == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            (top, left), (bottom, right) = _place(first), _place(last or first)
            self._note(range(top + 1, bottom + 1), range(left, right + 1), MERGED)

    def _cell(self, attributes: Mapping[str, str]) -> None:
        self.end()
        self._kind = attributes.get("t")
        if place := attributes.get("r"):
            self._row, self._column = _place(place)
        else:
            self._column += 1

    def _inside(self, tag: str) -> None:
        self._reach(self._row, self._column)
        self._is_formula |= tag == "f"
        self._has_value |= tag == "v"
        if tag == "v" and (self._is_formula or self._kind == "e"):
            self._listens = True
            self.parser.CharacterDataHandler = self._text.append

    def end(self) -> None:
        """Judge the cell that was last."""
        if self._is_formula or self._kind == "e":
            text = "".join(self._text).strip()
            if self._kind == "e":
                why = error_in(text) or f"holds the error {text[:20]}: correct it"
            else:
                # A formula may give an empty text; a program that computes nothing writes no kind.
                why = "" if text or (self._kind == "str" and self._has_value) else NO_VALUE
            if why:
                self._note(range(self._row, self._row + 1), range(self._column, self._column + 1), why)
        if self._listens and self.parser:
            self.parser.CharacterDataHandler = None
        self._kind, self._is_formula, self._has_value, self._listens = None, False, False, False
        self._text.clear()


class _Tables(_Cells):
    """The cells of the sheets of ODS."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.found: dict[str, Faults] = {}
        self._row = self._rows = self._column = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take note of a table, a row or a cell."""
        if tag == "table:table":
            self.faults = self.found.setdefault(attributes.get("table:name", ""), {})
            self._row = self._rows = self._bottom = self._right = 0
        elif tag == "table:table-row":
            self._row += self._rows
            self._rows, self._column = int(attributes.get("table:number-rows-repeated", 1)), 0
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            count = int(attributes.get("table:number-columns-repeated", 1))
            if "table:formula" in attributes or "office:value-type" in attributes:
                self._cell(attributes, range(self._column, self._column + count))
            self._column += count

    def _cell(self, attributes: Mapping[str, str], columns: range) -> None:
        rows = range(self._row + 1, self._row + self._rows + 1)
        self._reach(rows.stop - 1, columns.stop - 1)
        if attributes.get("calcext:value-type") == "error":
            self._note(rows, columns, "holds an error: correct it")
        elif "office:value-type" not in attributes:
            self._note(rows, columns, NO_VALUE)
        high, wide = (int(attributes.get(f"table:number-{which}-spanned", 1)) for which in ("rows", "columns"))
        self._note(range(rows.start + 1, rows.start + high), range(columns.start, columns.start + wide), MERGED)


def _place(text: str) -> tuple[int, int]:
    """The row, from 1, and the column, from 0, of a cell such as `B7`."""
    letters = text.rstrip("0123456789")
    column = 0
    for letter in letters.upper()[:9]:
        column = column * 26 + ord(letter) - 64
    return int(text[len(letters) :] or 0), column - 1
