"""What the tests of past days ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.transform.warehouse import Warehouse


def changes(warehouse: Warehouse, account: str) -> list[tuple[Any, ...]]:
    """What `access_changes` says of an account."""
    return warehouse.ask(
        "select change_type, reason, person_id, asset_name, role_title, previous_role_title, "
        "extract(day from changed_after), extract(day from changed_before) "
        f"from access_wix.access_changes where account_id = '{account}' order by all"
    )
