"""Files as programs and people leave them: the same decisions from each, or one sentence that says why not."""

from __future__ import annotations

import copy
import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from tests.review.campaign.test_decide import BOSS, _csv, _decided, _file, _items, _row, _stored, _three
from wix_access_review.campaign.decide import decide
from wix_access_review.errors import ReviewError


def _as_semicolons(rows):
    return b"\xef\xbb\xbf" + _csv(rows, ";").replace("\n", "\r\n").encode()


def _as_excel_text(rows):
    return _csv(rows, "\t").encode("utf-16")


def _as_sep_line(rows):
    return b"sep=;\r\n" + _csv(rows, ";").encode("cp1252")


def _with_blank_and_extra(rows):
    more = [{"note": "ask Zoë", **row, "colour": "red"} for row in rows]
    blank = dict.fromkeys(more[0], "")
    return "\n\n" + _csv([blank, more[0], blank, *more[1:], blank], decided_on="Decided On", item=" ITEM ")


def _as_workbook(rows, *, day=None):
    book = openpyxl.Workbook()
    book.create_sheet("Notes", 0)["A1"] = "what reviewers wrote"
    sheet = book.create_sheet("Decisions")
    columns = ["reviewer", "decided_on", "extra", "decision", "item", "justification", "change_to"]
    sheet.append(columns)
    sheet.append([])
    for row in rows:
        sheet.append([day if day and name == "decided_on" and name in row else row.get(name) for name in columns])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _with_invisible_letters(rows):
    return [
        row
        | {"item": f"\u200b{row['item']}\u00a0", "decision": f"\ufeff{row['decision']}" if row.get("decision") else ""}
        for row in rows
    ]


DRESSES = {
    "comma": lambda c: _csv(_decided(c)),
    "semicolons, BOM and CRLF, days with dots": lambda c: _as_semicolons(_decided(c, "25.11.2026")),
    "Excel's Unicode text, American days": lambda c: _as_excel_text(_decided(c, "11/25/2026")),
    "Excel's sep line, British days": lambda c: _as_sep_line(_decided(c, "25/11/2026")),
    "blank rows, other columns, other titles": lambda c: _with_blank_and_extra(_decided(c)),
    "invisible letters, and two marks of UTF-8": lambda c: "\ufeff\ufeff" + _csv(_with_invisible_letters(_decided(c))),
    "wide letters, hard blanks, a time behind the day": lambda c: _csv(
        [
            row | {"decision": row["decision"].translate(_WIDE) + "\u00a0"}
            for row in _decided(c, "2026.11.25, 9:05 AM")[:3]
        ]
        + _decided(c)[3:]
    ),
    "Macintosh line ends": lambda c: _csv(_decided(c)).replace("\r\n", "\r"),
    "a page of empty rows without end": lambda c: _csv(_decided(c)) + ",,,\n" * 400_000,
    "workbook with text for days": lambda c: _as_workbook(_decided(c)),
    "workbook with days": lambda c: _as_workbook(_decided(c), day=dt.datetime(2026, 11, 25)),  # noqa: DTZ001
    "workbook with serial numbers": lambda c: _as_workbook(_decided(c), day=46351),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_every_dress_gives_the_same_decisions(campaign, tmp_path, dress):
    """Separators, encodings, blank rows, extra and moved columns, and every way to write a day."""
    content = DRESSES[dress](campaign)
    name = "back.xlsx" if isinstance(content, bytes) and content.startswith(b"PK") else "back.csv"
    (taken,) = decide(campaign.path, [_file(tmp_path, content, name)])
    assert (taken.added, _stored(campaign)) == (3, _three(campaign))


def _far_cell():
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Far", 0)
    sheet["A1"], sheet["XFD1048576"] = "item", "x"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _bomb():
    """Twenty names for one part of 80 MB, which is packed once."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/0.xml", b"\0" * (80 * 2**20))
        for number in range(1, 20):
            file.filelist.append(copy.copy(file.filelist[0]))
            file.filelist[-1].filename = f"xl/{number}.xml"
    return packed.getvalue()


def _two_tables():
    book = openpyxl.Workbook()
    for title in ("Decisions", "Mine"):
        book.create_sheet(title).append(["item", "decision"])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _rewritten(content, part, old, new):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, text.replace(old, new, 1) if name == part else text)
    return packed.getvalue()


def _far(row):
    return lambda: _rewritten(_two_tables(), "xl/worksheets/sheet1.xml", b"<sheetData", row + b"<sheetData")


def _zipped(**parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return packed.getvalue()


def _ods(cells, manifest="<m/>"):
    """A sheet of ODS with these cells below the titles."""
    titles = "".join(f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
                     for one in ("item", "decision", "decided_on", "reviewer"))  # fmt: skip
    names = "".join(
        f' xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table", "text")
    )
    text = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Decisions"><table:table-row>{titles}</table:table-row>{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return _zipped(**{
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": text,
        "META-INF/manifest.xml": manifest,
    })  # fmt: skip


_ODS_BOMB = (
    '<table:table-row table:number-rows-repeated="200000"><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row>'
)
_FAR = "has cells beyond row 300,000 or column CZ: delete what is there"
UNREADABLE = {
    "a far cell in other quotation marks": (_far(b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"), _FAR),
    "a far cell in lower case, spaced": (_far(b'<row><c r = "xfd1"><v>1</v></c></row>'), _FAR),
    "a far cell whose letters are written as numbers": (_far(b'<c r="&#88;FD1048576"><f/></c>'), _FAR),
    "a far cell that no letter names": (_far(b"<row>" + b"<c/>" * 104 + b"<c><is><t>x</t></is></c></row>"), _FAR),
    "few cells with a desert between them": (
        _far(b'<c r="A299999"><v>1</v></c><c r="CZ1"><v>1</v></c>'),
        "has more cells than a campaign: delete the columns that were added",
    ),
    "a sheet that is not where sheets are": (
        lambda: _zipped(
            **{
                "s.bin": '<worksheet><c r="XFD1048576"><v>1</v></c></worksheet>',
                "xl/workbook.xml": '<workbook><sheets><sheet name="D" r:id="r1" xmlns:r="r"/></sheets></workbook>',
                "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="/s.bin"/></Relationships>',
            }
        ),
        _FAR,
    ),
    "a bomb of ODS": (lambda: _ods(_ODS_BOMB), _FAR),
    "a locked ODS": (
        lambda: _ods("", '<manifest xmlns:m="m"><m:encryption-data/></manifest>'),
        "is locked with a password: save it without one",
    ),
    "a document type": (
        lambda: _zipped(
            **{
                "xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>',
                "xl/_rels/workbook.xml.rels": "<R/>",
            }
        ),
        "cannot be read as a workbook: save it as .xlsx again (it declares a document type)",
    ),
    "a binary workbook": (lambda: _zipped(**{"xl/workbook.bin": ""}), "is a binary workbook (.xlsb): save it as .xlsx"),
    "two workbooks in one": (
        lambda: _zipped(**{"xl/workbook.xml": "<w/>", "content.xml": "<c/>"}),
        "is two workbooks in one: save it as .xlsx again",
    ),
    "another archive": (
        lambda: _zipped(**{"word/document.xml": "<w/>"}),
        "cannot be read as a workbook: save it as .xlsx again (it has no xl/workbook.xml)",
    ),
    "UTF-32": ("item,decision\n".encode("utf-32"), "is text in an unknown encoding: save it as CSV UTF-8"),
    "UTF-16 without its mark": (
        "item,decision\n".encode("utf-16-le"),
        "is neither a workbook nor CSV: save it as .xlsx or .csv",
    ),
    "a file that was cut off": (
        b'item,decision,justification\nx,keep,"still needed for the sh',
        "cannot be read as CSV: unexpected end of data",
    ),
    "two sheets of decisions": (
        _two_tables,
        "has more than one sheet with decisions (Decisions and Mine): keep only the right one",
    ),
    "a cell of megabytes": (
        b'item,decision\n"' + b"x" * 200_000 + b'",keep\n',
        "cannot be read as CSV: field larger than field limit (131072)",
    ),
    "a quotation mark that is never closed": (
        b'item,decision\n"x,keep\n' + b"y,keep\n" * 30_000,
        "cannot be read as CSV: field larger than field limit (131072)",
    ),
    "half of UTF-16": (b"\xff\xfei", "is text in an unknown encoding: save it as CSV UTF-8"),
    "text that no encoding has": (
        b"item,decision\n\x81\x8d,keep\n",
        "is text in an unknown encoding: save it as CSV UTF-8",
    ),
    "nothing": (b"", "has no row with the titles item and decision: keep the first row of the table"),
    "another table": (b"a,b\n1,2\n", "has no row with the titles item and decision: keep the first row of the table"),
    "a column twice": (b"item,decision,Decision\n", "has the column decision twice: remove one of them"),
    "a picture": (b"\x89PNG\r\n\0\0", "is neither a workbook nor CSV: save it as .xlsx or .csv"),
    "an old or locked workbook": (
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        "is locked with a password, or an old .xls: save it as .xlsx without a password",
    ),
    "half a workbook": (b"PK\x03\x04half", "cannot be read as a workbook: save it as .xlsx again"),
    "a cell at the end of the world": (_far_cell, "has cells beyond row 300,000 or column CZ: delete what is there"),
    "a bomb": (_bomb, "would unpack to more than 1500 MB, and is not read"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_no_table(campaign, tmp_path, case):
    """What cannot be read is said in one sentence, before it costs memory."""
    content, sentence = UNREADABLE[case]
    path = _file(tmp_path, content() if callable(content) else content, "back.dat")
    with pytest.raises(ReviewError) as raised:
        decide(campaign.path, [path])
    assert str(raised.value).startswith(f"back.dat {sentence}")


def _cells(campaign, change):
    """Three decisions in rows 2 to 4 of a workbook, changed by somebody who knows spreadsheets well."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Decisions", 0)
    columns = ["item", "decision", "decided_on", "reviewer", "justification"]
    sheet.append(columns)
    for key in ("k002", "k004", "k020"):
        sheet.append([_row(campaign, key).get(name) for name in columns])
    change(sheet)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _set(place, value, kind=None):
    def change(sheet):
        sheet[place] = value
        if kind:
            sheet[place].data_type = kind

    return change


_NO_VALUE = "is a formula whose value is not in the file: open it in Excel or LibreOffice, save it, and try again"
_MERGED = "is merged with the cell above it: split the cells, and fill in each row"
CELLS = {
    "a decision that is computed": (_set("B3", '=IF(1=1,"keep","remove")'), [f"row 3: decision {_NO_VALUE}"]),
    "a day that is computed": (_set("C3", "=TODAY()"), [f"row 3: decided_on {_NO_VALUE}"]),
    "a reviewer that is computed": (_set("D4", "=D3"), [f"row 4: reviewer {_NO_VALUE}"]),
    "an item that is computed": (_set("A2", "=A3"), [f"row 2: item {_NO_VALUE}"]),
    "a justification that is computed": (_set("E2", "=B2&C2"), [f"row 2: justification {_NO_VALUE}"]),
    "a decision that is an error": (_set("B3", "#REF!", "e"), ["row 3: decision holds the error #REF!: correct it"]),
    "a day that is an error": (_set("C4", "#N/A", "e"), ["row 4: decided_on holds the error #N/A: correct it"]),
    "a justification that is an error": (
        _set("E3", "#VALUE!", "e"),
        ["row 3: justification holds the error #VALUE!: correct it"],
    ),
    "one decision over three rows": (
        lambda sheet: sheet.merge_cells("B2:B4"),
        [f"row 3: decision {_MERGED}", f"row 4: decision {_MERGED}"],
    ),
    "one day over two rows": (lambda sheet: sheet.merge_cells("C3:C4"), [f"row 4: decided_on {_MERGED}"]),
    "a truth": (_set("B3", True), ['row 3: "True" is not a decision: write keep, change or remove']),
    "a time without a day": (
        _set("C3", dt.time(9, 30)),
        ["row 3: '09:30:00' is not a date: write it as 2026-11-28"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_says_less_to_a_program_than_to_a_person(campaign, tmp_path, case):
    """Formulas without a value, errors and merged cells are read as empty by libraries: each is named by its row."""
    change, sentences = CELLS[case]
    with pytest.raises(ReviewError) as raised:
        decide(campaign.path, [_file(tmp_path, _cells(campaign, change), "back.xlsx")])
    assert str(raised.value).splitlines()[1:] == [f"  {sentence}" for sentence in sentences]
    assert _stored(campaign) == {}


def _ods_cell(text, attributes='office:value-type="string"'):
    return f"<table:table-cell {attributes}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"


_TWICE = '<table:table-row table:number-rows-repeated="2">'
ODS_CELLS = {
    "a formula": ('table:formula="of:=[.B2]"', [f"row 2: decision {_NO_VALUE}", f"row 3: decision {_NO_VALUE}"]),
    "an error": (
        'office:value-type="string" calcext:value-type="error"',
        ["row 2: decision holds an error: correct it", "row 3: decision holds an error: correct it"],
    ),
    "merged": ('office:value-type="string" table:number-rows-spanned="2"', [f"row 3: decision {_MERGED}"]),
}


@pytest.mark.parametrize("case", ODS_CELLS)
def test_such_a_cell_of_ods(campaign, tmp_path, case):
    """The same in LibreOffice's own format, where rows can be repeated."""
    attributes, sentences = ODS_CELLS[case]
    row = _ods_cell(_items(campaign)["k004"]) + _ods_cell("keep" if case == "merged" else "", attributes)
    row += _ods_cell("2026-11-25") + _ods_cell(BOSS)
    with pytest.raises(ReviewError) as raised:
        decide(
            campaign.path,
            [
                _file(
                    tmp_path, _ods(f'<table:table-row table:number-rows-repeated="2">{row}</table:table-row>'), "b.ods"
                )
            ],
        )
    assert str(raised.value).splitlines()[1:] == [f"  {sentence}" for sentence in sentences]


def test_what_stands_below_the_table_is_no_decision(campaign, tmp_path):
    """A remark in merged cells, an empty text that a formula gives, and a summary of another sheet say nothing."""

    def change(sheet):
        sheet["A7"] = "Seen by the board"
        sheet.merge_cells("A7:E9")
        sheet.parent.create_sheet("Summary")["A1"] = "=COUNTA(Decisions!B:B)"
        sheet.merge_cells("D2:E2")

    empty = _rewritten(
        _cells(campaign, change), "xl/worksheets/sheet1.xml", b"</row>", b'<c r="G1" t="str"><f>""</f><v></v></c></row>'
    )
    assert decide(campaign.path, [_file(tmp_path, empty, "back.xlsx")])[0].added == 3
