"""The data dictionary, generated from the tables' declarations.

``python -m tools.dictionary > docs/tables.md`` writes it anew.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_wix_users.tables.models import ChangeRow, InviteWithLinkRow, ReceiptRow
from tap_wix_users.tables.registry import MODELS, TABLES
from tap_wix_users.tables.schema import singer_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_wix_users.tables.models import Row

_HEAD = """\
# Tables

Generated from the code by `python -m tools.dictionary > docs/tables.md`: do not edit.

Every id is text: role and assignment ids have about 19 digits, more than a number can hold exactly. Date-times are UTC,
in one fixed-width format. What the API leaves out is null. With `history: true`, `observed_at` is added to the key of
every table except `change_log` and `snapshots`.
"""


def dictionary() -> str:
    """The data dictionary as Markdown."""
    sections = ("\n".join(_section(model)) for model in MODELS)
    return "\n".join([_HEAD, *_picture(), *sections])


def _picture() -> Iterator[str]:
    """The tables and their references, as a Mermaid diagram."""
    yield "```mermaid"
    yield "erDiagram"
    for table in TABLES:
        for name, other in table.model.references.items():
            yield f"  {other} |o--o{{ {table.name} : {name}"
        if len(table.model.key) > 1:
            yield f"  accounts ||--o{{ {table.name} : account_id"
    for model in (ChangeRow, ReceiptRow):
        yield f"  accounts ||--o{{ {model.table} : account_id"
    yield "```\n"


def _section(model: type[Row]) -> Iterator[str]:
    yield f"## `{model.table}`\n"
    yield f"{(model.__doc__ or '').strip()} Key: {', '.join(f'`{name}`' for name in model.key)}.\n"
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    for name, column in singer_schema(model)["properties"].items():
        kinds = [column.get("format") or kind for kind in column["type"] if kind != "null"]
        null = "" if "null" in column["type"] else ", never null"
        yield f"| `{name}` | {', '.join(kinds)}{null} | {_escaped(column['description'])} |"
    if issubclass(InviteWithLinkRow, model) and model.table == InviteWithLinkRow.table:
        secret = InviteWithLinkRow.model_fields["accept_link"].description
        yield f"| `accept_link` | string | {secret}. Only with `include_accept_links: true` |"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(dictionary())
