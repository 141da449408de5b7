"""What the last complete snapshots held, for reads that have to distinguish what is gone from what was left out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_wix_users.snapshot import state
from tap_wix_users.tables.keys import key_parts
from tap_wix_users.wix.reads import PreviousRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_wix_users.wix.page_size import PageSize


class PreviousSnapshots:
    """The state as the run found it. Reads in several threads use it while the streams already change their own.

    Args:
        bookmarks: The state of each stream.
    """

    def __init__(self, bookmarks: Mapping[str, Any]) -> None:
        self._stored = {stream: dict(kept.get("accounts") or {}) for stream, kept in bookmarks.items()}

    @property
    def accounts(self) -> frozenset[str]:
        """Every account that any table has a state of."""
        return frozenset(account_id for stored in self._stored.values() for account_id in stored)

    def known(self, table: str, account_id: str) -> PreviousRows | None:
        """What a table held in an account; None if there is no complete snapshot, or its state cannot be read.

        Args:
            table: The table's name.
            account_id: The account.
        """
        return _known(self._stored.get(table, {}).get(account_id))

    def page_size(self, table: str, account_id: str) -> PageSize | None:
        """The page size that was found out for the list of a table, by a read that need not have been complete.

        Args:
            table: The table's name.
            account_id: The account.
        """
        return state.page_size_of(self._stored.get(table, {}).get(account_id))


class _Keys(Collection[tuple[str, ...]]):
    """Keys in their parts, split only while somebody looks: all at once they would take more than a state does."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys

    @override
    def __len__(self) -> int:
        return len(self._keys)

    @override
    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return (tuple(key_parts(key)) for key in self._keys)

    @override
    def __contains__(self, parts: object) -> bool:
        return any(parts == key for key in self)


def _known(stored: Any) -> PreviousRows | None:
    try:
        found = state.load(stored)
    except state.UnreadableState:
        return None
    if found is None:
        return None
    keys = None if found.rows is None else _Keys(list(found.rows))
    return PreviousRows(found.snapshot_at, found.count, keys)
