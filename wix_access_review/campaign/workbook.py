"""What reviewers fill in: one workbook and one CSV of everything, and one of each reviewer's own rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from typing import TYPE_CHECKING, Any

from wix_access_review.campaign.disk import put
from wix_access_review.campaign.folder import FINDINGS, RECEIPTS, ROLES, Campaign
from wix_access_review.campaign.freeze import Role, slug
from wix_access_review.campaign.phrases import some, utc
from wix_access_review.findings import printable
from wix_access_review.receipts import TableReceipt, moment
from wix_access_review.sheets import DECISIONS, MOST_ROWS, defused, fits_cell, printed, workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from wix_access_review.campaign.items import Item

FILLED = ("decision", "change_to", "decided_on", "justification", "reviewer")
"""The columns that a reviewer fills in."""
COLUMNS = (
    "since_last", "person", "email", "outside", "non_human", "role", "privileged", "strength", "asset", "via", "sites",
    *FILLED, "was", "previous_decision", "severity", "findings", "granted_after", "granted_before", "last_seen",
    "person_type", "pending", "account", "role_description", "role_level", "item", "review_item",
)  # fmt: skip
SEVERITIES = (None, "low", "medium", "high", "critical")
SHEET = "Decisions"
_WIDTHS = {
    "person": 24, "email": 30, "role": 26, "asset": 28, "justification": 36, "reviewer": 28, "change_to": 22,
    "findings": 44, "previous_decision": 30, "was": 26, "role_description": 34, "granted_after": 18,
    "granted_before": 18, "last_seen": 18, "account": 20, "item": 23, "decision": 11, "decided_on": 12,
}  # fmt: skip
_TABLE_WIDTHS = {
    "severity": 10,
    "email": 28,
    "explanation": 50,
    "advice": 40,
    "controls": 14,
    "rows": 8,
    "expected": 10,
}
_HOW_TO = (
    "One row is one thing to certify: a role that a person holds on something, as it was when the campaign was opened.",
    "Fill in the yellow columns: decision (keep, change or remove), decided_on, and justification.",
    "For a change, give the new role in change_to, or say what you mean in justification.",
    "If you cannot decide, leave the row without a decision: it stays open.",
    "You cannot decide on your own access: such a row is refused.",
    "since_last: whether the grant is new, changed or unchanged since the previous campaign; was: what it was then.",
    "Times are UTC. Access was given between granted_after and granted_before.",
    "If granted_after is empty, nothing is known about how long before granted_before that was.",
    "outside is empty if it is not known; privileged is unknown if the roles were not read.",
    "non_human says what kind of subject holds the role: no if Wix says that it is a user,",
    "unknown if Wix does not say. A user may still be a shared mailbox or a service account.",
    "When you are done, fill in the sheet Sign-off: it is read back with the decisions, and kept as your attestation.",
    "You may sort, filter and remove rows, and move and add columns. Leave the column item as it is.",
    "Text that begins with = + - @, or blanks and these, has an apostrophe in front, which is not part of it.",
)


def write_workbooks(campaign: Campaign, items: Sequence[Item]) -> list[str]:
    """Write the workbooks and the CSV files into the campaign's folder.

    Args:
        campaign: The campaign.
        items: Its items.

    Returns:
        The paths in the folder.
    """
    reviewers = campaign.reviewers
    decisions = campaign.decisions
    rows = [_row(item, reviewers[item.item], decisions.get(item.item)) for item in items]
    name = slug(campaign.header.name)
    written = {f"{name}.csv": _csv(rows), f"{name}.xlsx": _xlsx(campaign, rows, None)}
    place = COLUMNS.index("reviewer")
    mine: dict[str, list[list[Any]]] = {}
    for row in rows:
        if row[place]:
            mine.setdefault(row[place], []).append(row)
    if len(mine) > 1 or sum(map(len, mine.values())) < len(rows):
        for reviewer, own in sorted(mine.items()):
            path = _free(f"reviewers/{name}-{slug(reviewer)}", written)
            written |= {f"{path}.csv": _csv(own), f"{path}.xlsx": _xlsx(campaign, own, reviewer)}
    for path, content in written.items():
        put(campaign.path / path, content)
    return list(written)


def _free(path: str, written: Iterable[str]) -> str:
    """A path that no other reviewer has: two addresses may differ only in what no name of a file has, or in case."""
    taken = {one.casefold() for one in written}
    numbered = (f"{path}-{number}" if number > 1 else path for number in itertools.count(1))
    return next(one for one in numbered if f"{one}.csv".casefold() not in taken)


def _row(item: Item, reviewer: str | None, decision: Any) -> list[Any]:
    filled = {
        "reviewer": reviewer, "severity": SEVERITIES[item.severity or 0],
        "privileged": "unknown" if item.privileged is None else item.privileged,
    }  # fmt: skip
    if decision:
        filled |= {name: getattr(decision, name) or None for name in FILLED}
    return [filled[name] if name in filled else getattr(item, name, None) for name in COLUMNS]


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return defused(value)


def _xlsx(campaign: Campaign, rows: Sequence[Sequence[Any]], reviewer: str | None) -> bytes:
    header = campaign.header
    with workbook(campaign.path, header.name, header.opened_at) as (book, packed):
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff"}),
            "fill": book.add_format({"bg_color": "#fff8e1", "border": 1, "border_color": "#e0d6b8"}),
            "day": book.add_format(
                {"bg_color": "#fff8e1", "border": 1, "border_color": "#e0d6b8", "num_format": "yyyy-mm-dd"}
            ),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
            "bold": book.add_format({"bold": True, "font_size": 14}),
        }
        roles = sorted({role.title for role in campaign.rows(ROLES, Role) if role.title})
        _decisions(book.add_worksheet(SHEET), campaign, rows, formats, len(roles))
        people = {(row[COLUMNS.index("person")], row[COLUMNS.index("email")]) for row in rows}
        _table(book.add_worksheet("Findings"), _findings(campaign, people if reviewer else None), formats)
        _table(book.add_worksheet("Receipts"), _receipts(campaign), formats)
        _sign_off(book.add_worksheet("Sign-off"), campaign, len(rows), reviewer, formats)
        _table(book.add_worksheet("Roles"), [("role",), *((role,) for role in roles)], formats)
        _how_to(book.add_worksheet("How to"), campaign, len(rows), formats)
    return packed.getvalue()


def _decisions(
    sheet: Worksheet, campaign: Campaign, rows: Sequence[Sequence[Any]], formats: dict[str, Format], roles: int
) -> None:
    sheet.freeze_panes(1, COLUMNS.index("email"))
    for place, name in enumerate(COLUMNS):
        look = formats["day" if name == "decided_on" else "fill"] if name in FILLED else None
        sheet.set_column(place, place, _WIDTHS.get(name, 12), look)
        sheet.write_string(0, place, name, formats["head"])
    for number, row in enumerate(rows[:MOST_ROWS], start=1):
        _write(sheet, number, row, formats)
    last = max(1, min(len(rows), MOST_ROWS))
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    _checks(sheet, campaign, last, roles)
    printed(sheet)
    # What a reviewer decides on, and what was decided: all columns on one page could not be read.
    sheet.print_area(0, 0, last, COLUMNS.index(FILLED[-1]))


def _checks(sheet: Worksheet, campaign: Campaign, last: int, roles: int) -> None:
    decision, change_to, day = (COLUMNS.index(name) for name in ("decision", "change_to", "decided_on"))
    sheet.data_validation(
        1, decision, last, decision,
        {"validate": "list", "source": list(DECISIONS), "error_title": "Decision",
         "error_message": f"One of: {', '.join(DECISIONS)}"},
    )  # fmt: skip
    sheet.data_validation(
        1, day, last, day,
        {"validate": "date", "criteria": "between", "minimum": campaign.header.opened_at.date(),
         "maximum": "=TODAY()", "error_title": "Date", "error_message": "From the opening of the campaign to today"},
    )  # fmt: skip
    if roles:
        sheet.data_validation(
            1, change_to, last, change_to,
            {"validate": "list", "source": f"=Roles!$A$2:$A${roles + 1}", "error_type": "warning",
             "error_title": "Role", "error_message": "This role is not in the list"},
        )  # fmt: skip


def _write(sheet: Worksheet, number: int, row: Sequence[Any], formats: dict[str, Format]) -> None:
    for place, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_string(number, place, "yes" if value else "no")
        elif isinstance(value, dt.datetime) and value.year >= 1900:
            sheet.write_datetime(number, place, value.replace(microsecond=0), formats["time"])
        elif isinstance(value, dt.date) and value.year >= 1900:
            sheet.write_datetime(number, place, value, formats["day"])
        elif isinstance(value, int):
            sheet.write_number(number, place, value)
        else:
            sheet.write_string(number, place, fits_cell(defused(str(value))))


def _table(sheet: Worksheet, rows: Iterable[Sequence[Any]], formats: dict[str, Format]) -> None:
    for number, row in enumerate(rows):
        if number == 0:
            for place, name in enumerate(row):
                sheet.set_column(place, place, _TABLE_WIDTHS.get(name, 20))
                sheet.write_string(0, place, name, formats["head"])
        else:
            _write(sheet, number, row, formats)
    sheet.freeze_panes(1, 0)
    printed(sheet)


def _receipts(campaign: Campaign) -> Iterator[Sequence[Any]]:
    names = ("account", "table", "status", "proof", "rows", "expected", "read_at", "complete_at", "digest", "version")
    yield names
    for receipt in campaign.rows(RECEIPTS, TableReceipt):
        yield [getattr(receipt, name) for name in names]


def _findings(campaign: Campaign, people: set[tuple[str, str | None]] | None) -> Iterator[Sequence[Any]]:
    names = ("severity", "title", "person", "email", "role_title", "asset_name", "explanation", "advice", "controls")
    yield names
    for row in campaign.rows(FINDINGS, dict):
        if people is None or (row["person"], row["email"]) in people:
            yield [row[name] for name in names]


def _sign_off(
    sheet: Worksheet, campaign: Campaign, count: int, reviewer: str | None, formats: dict[str, Format]
) -> None:
    header = campaign.header
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 60, formats["fill"])
    facts = (
        ("Campaign", header.name),
        ("Accounts", ", ".join(f"{one.name} ({one.id})" for one in header.accounts)),
        ("Read", f"{moment(header.read_from)} to {moment(header.read_until)}"),
        ("Opened", f"{utc(header.opened_at)}, {header.opened_by}"),
        ("Due on", header.due_on.isoformat()),
        ("Rows in this workbook", f"{count} of {header.item_count}"),
        ("Reviewer", reviewer or ""),
        ("I reviewed every row (yes)", ""),
        ("Name", ""),
        ("Date", ""),
        ("Remarks", ""),
    )
    sheet.write_string(0, 0, "Sign-off", formats["bold"])
    for number, (label, value) in enumerate(facts, start=2):
        sheet.write_string(number, 0, label)
        sheet.write_string(number, 1, fits_cell(defused(value)), formats["fill"])
    printed(sheet)


def _how_to(sheet: Worksheet, campaign: Campaign, count: int, formats: dict[str, Format]) -> None:
    printed(sheet)
    sheet.set_column(0, 0, 120)
    sheet.write_string(0, 0, fits_cell(defused(campaign.header.name)), formats["bold"])
    after = (
        f"Due on {campaign.header.due_on}. Rows without a decision by then "
        + ("count as remove when the campaign is closed." if campaign.header.no_response == "remove" else "stay open."),
        f"To hand the file in: wix-access-review decide {printable(campaign.path.name)} FILE",
    )
    more = [f"A worksheet holds {MOST_ROWS} rows: {some(count - MOST_ROWS, 'row')} more are only in the CSV."]
    for number, line in enumerate((*_HOW_TO, *after, *(more if count > MOST_ROWS else [])), start=2):
        sheet.write_string(number, 0, fits_cell(defused(line)))
