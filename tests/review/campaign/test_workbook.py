"""What reviewers fill in: sheets, checks in the cells, one file each, and the way through LibreOffice and back."""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from tests.review.warehouse import NASTY
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.workbook import COLUMNS, write_workbooks

BOSS = "boss@acme.example"


def _rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sheets(campaign):
    """Decisions first, then findings, receipts, the sign-off, the roles to choose from, and how to."""
    book = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")
    assert book.sheetnames == ["Decisions", "Findings", "Receipts", "Sign-off", "Roles", "How to"]
    assert [cell.value for cell in book["Decisions"][1]] == list(COLUMNS)
    assert [book[name].max_row for name in ("Decisions", "Findings", "Receipts")] == [23, 17, 15]
    told = {row[0]: row[1] for row in book["Sign-off"].iter_rows(min_row=3, max_col=2, values_only=True)}
    assert (told["Campaign"], told["Due on"], told["Rows in this workbook"]) == ("2026-Q4", "2026-12-25", "22 of 22")


def test_the_sheets_can_be_printed(campaign):
    """Each is as wide as a page; of the decisions, the columns up to the last that is filled in."""
    book = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")
    for sheet in book:
        fits = sheet.sheet_properties.pageSetUpPr
        assert fits is not None
        assert fits.fitToPage, sheet.title
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), sheet.title
    assert book["Decisions"].print_area == "'Decisions'!$A$1:$P$23"


def test_the_cells_check_what_is_filled_in(campaign):
    """A list of decisions, and days from the opening until today."""
    sheet = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")["Decisions"]
    checks = {
        str(one.sqref)[0]: (one.type, one.formula1, one.formula2) for one in sheet.data_validations.dataValidation
    }
    letters = {name: get_column_letter(COLUMNS.index(name) + 1) for name in ("decision", "decided_on")}
    assert checks[letters["decision"]] == ("list", '"keep,change,remove"', None)
    assert checks[letters["decided_on"]] == (
        "date",
        str((dt.date(2026, 11, 25) - dt.date(1899, 12, 30)).days),
        "TODAY()",
    )


def test_the_csv_says_the_same(campaign):
    """Row by row, with `yes` and `no`, and times as text."""
    sheet = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")["Decisions"]
    # openpyxl leaves the mark that a workbook has for a control character.
    inside = [
        [str(value or "").replace("_x000D_", "\r") for value in row]
        for row in sheet.iter_rows(min_row=2, values_only=True)
    ]
    assert [list(row.values()) for row in _rows(campaign.path / "2026-Q4.csv")] == inside


def test_each_reviewer_has_a_file(database, tmp_path):
    """Who has a part of the rows finds them in a workbook and a CSV of their own; those of nobody are in neither."""
    rules = tmp_path / "rules.csv"
    rules.write_text(
        "kind,match,reviewer\nclient,North,north@x.example\nsite,Shop EU,shop@x.example\n", encoding="utf-8"
    )
    opened = open_campaign(database, Opening(name="Q", folder=tmp_path / "Q", reviewers=rules))
    write_workbooks(opened, list(opened.rows(ITEMS, Item)))
    files = {path.name: len(_rows(path)) for path in sorted((opened.path / "reviewers").glob("*.csv"))}
    assert files == {"Q-north@x.example.csv": 1, "Q-shop@x.example.csv": 4}
    book = openpyxl.load_workbook(opened.path / "reviewers" / "Q-shop@x.example.xlsx")
    assert (book["Decisions"].max_row, book["Sign-off"]["B9"].value) == (5, "shop@x.example")


def test_no_reviewer_takes_the_file_of_another(database, tmp_path):
    """Also where their addresses differ only in what no name of a file has, or in case."""
    rules = tmp_path / "rules.csv"
    names = ("a/b@x.example", "a:b@x.example", "A-B@x.example", "a-b@x.example")
    lines = [f"role,{role},{name}" for role, name in zip(("owner", "admin", "editor", "*"), names, strict=True)]
    rules.write_text("\n".join(["kind,match,reviewer", *lines]), encoding="utf-8")
    opened = open_campaign(database, Opening(name="Q", folder=tmp_path / "Q", reviewers=rules))
    write_workbooks(opened, list(opened.rows(ITEMS, Item)))
    found = sorted((opened.path / "reviewers").glob("*.csv"))
    assert sorted("/".join({row["reviewer"] for row in _rows(path)}) for path in found) == sorted(names)
    assert len({path.name.casefold() for path in found}) == 4


def test_no_name_is_a_formula(campaign):
    """Nothing that a spreadsheet would take for a formula stands in either file."""
    sheet = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")["Decisions"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    texts = [value for row in _rows(campaign.path / "2026-Q4.csv") for value in row.values()]
    assert [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any(text == f"'{name}" for name in NASTY for text in texts)


@pytest.fixture(scope="module")
def soffice():
    """LibreOffice; where there is none, only CI takes offence."""
    found = shutil.which("soffice")
    if not found:
        reason = "there is no LibreOffice here: apt-get install libreoffice-calc"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return found


@pytest.mark.parametrize("target", ["xlsx", "ods", "csv"])
def test_through_libreoffice_and_back(campaign, tmp_path, soffice, target):
    """The workbook, filled in and saved by LibreOffice in any of its formats, gives the same decisions."""
    book = openpyxl.load_workbook(campaign.path / "2026-Q4.xlsx")
    sheet = book["Decisions"]
    for number in range(2, 12):
        sheet.cell(number, COLUMNS.index("decision") + 1, "remove")
        sheet.cell(number, COLUMNS.index("decided_on") + 1, dt.datetime(2026, 11, 25))  # noqa: DTZ001
        sheet.cell(number, COLUMNS.index("justification") + 1, "Größe, “left”\nyesterday; =1")
    book.save(tmp_path / "filled.xlsx")
    out = tmp_path / "out"
    command = [soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", target,
               "--outdir", str(out), str(tmp_path / "filled.xlsx")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (taken,) = decide(campaign.path, [out / f"filled.{target}"])
    assert taken.added == 10
    told = {(one.decision, one.decided_on, one.justification) for one in Campaign(campaign.path).decisions.values()}
    assert told == {("remove", dt.date(2026, 11, 25), "Größe, “left”\nyesterday; =1")}
