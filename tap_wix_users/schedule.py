"""When each list is read: once per account, however many tables are made from it, and ahead of time."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from tap_wix_users.extract import NAMED_BY, extract
from tap_wix_users.snapshot.table_read import ReadFailed
from tap_wix_users.tables.keys import key_parts
from tap_wix_users.tables.registry import NAMES
from tap_wix_users.wix.errors import Forbidden, Unauthorized
from tap_wix_users.wix.reads import CHILD_ACCOUNTS, TEAM, ReadContext

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from tap_wix_users.snapshot.table_read import TableRead
    from tap_wix_users.tables.registry import Table
    from tap_wix_users.wix.client import WixClient
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.proving import ReadOptions
    from tap_wix_users.wix.reads import Facts, PreviousRows, Read

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AccountRef:
    """An account to read.

    Attributes:
        account_id: Its id.
        parent_account_id: The account that listed it as a child; None for the configured one.
    """

    account_id: str
    parent_account_id: str | None = None


class Schedule:
    """Reads each list once per account, and the next ones ahead. As a context manager it ends its threads.

    Args:
        client: Sends the requests.
        options: How a list is read.
        locale: Language of role titles.
        wanted: Returns the selected tables; called whenever a read begins.
        known: What the last complete snapshot of a table in an account held.
        page_size: The page size that was found out for a table in an account.
    """

    def __init__(
        self,
        client: WixClient,
        options: ReadOptions,
        *,
        locale: str,
        wanted: Callable[[], Sequence[Table]],
        known: Callable[[str, str], PreviousRows | None] = lambda _table, _account_id: None,
        page_size: Callable[[str, str], PageSize | None] = lambda _table, _account_id: None,
    ) -> None:
        self._client = client
        self._options = options
        self._locale = locale
        self._wanted = wanted
        self._known = known
        self._page_size = page_size
        self._table_reads: dict[tuple[str, str], TableRead] = {}
        self._facts: dict[tuple[str, str], Facts] = {}
        self._named: dict[tuple[str, str], AbstractSet[str]] = {}
        self._failed_needs: dict[tuple[str, str], ReadFailed] = {}
        self._tasks: dict[tuple[str, str], Future[None]] = {}
        self._lock = threading.Lock()
        # Not the client's own pool: reads wait for pages there.
        self._pool = ThreadPoolExecutor(client.max_concurrency, thread_name_prefix="wix-reads")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After a failure, do not wait for reads that are still running.
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    @property
    def whole(self) -> bool:
        """Whether lists are read to the end, and not just for a connection test."""
        return self._options.stop_after is None

    def child_accounts(self, account_id: str) -> tuple[list[AccountRef], bool]:
        """The child accounts of an account, and whether the list is proved to be complete.

        Raises:
            WixError: The list could not be read.
        """
        try:
            facts = extract(
                CHILD_ACCOUNTS, self._client, account_id, (), self._options, ReadContext(self._locale)
            ).facts
        except ReadFailed as failure:
            raise failure.error from None
        return [AccountRef(child_id, account_id) for child_id in facts.found], facts.proved

    def table_read(self, table: Table, refs: Sequence[AccountRef], place: int) -> TableRead:
        """The table's rows in an account; the schedule does not keep them.

        Args:
            table: The table.
            refs: All accounts of the run.
            place: The account's index among them.

        Raises:
            ReadFailed: The read failed; every table of that read raises the same error.
        """
        if self.whole and self._client.max_concurrency > 1:
            self._read_ahead(table, refs, place)
        account_id = refs[place].account_id
        self._ensure_read(table.read, refs[place])
        for read in table.needs:
            if failure := self._failed_needs.get((read.name, account_id)):
                raise failure
        found = self._table_reads.pop((table.name, account_id))
        return self._contested(table, found, account_id) if self.whole else found

    def _contested(self, table: Table, found: TableRead, account_id: str) -> TableRead:
        """A table, and whether a grant still refers to a row that is no longer on its list.

        Grants are only compared if the team has already been read: the comparison itself sends no request.
        """
        named = self._named.get((table.kind, account_id), frozenset())
        if named:
            named = named - {key_parts(key)[0] for key, _ in found.rows.lines()}
        if not named:
            return found
        known = self._known(table.name, account_id)
        lost = named & {key[0] for key in known.keys} if known and known.keys is not None else set()
        if lost:
            return replace(found, contested=f"grants still refer to {len(lost)} {table.kind}(s) that are gone")
        logger.warning(
            "Grants refer to %d %s(s) that are missing from the list of %s", len(named), table.kind, table.name
        )
        return found

    def refusals(self, refs: Sequence[AccountRef]) -> list[Unauthorized | Forbidden]:
        """The refusal of every list of every account; empty as soon as one is not refused: that read is kept."""
        refused: list[Unauthorized | Forbidden] = []
        for ref in refs:
            for read in dict.fromkeys(table.read for table in self._wanted()):
                try:
                    self._ensure_read(read, ref)
                except ReadFailed as failure:
                    if not isinstance(failure.error, Unauthorized | Forbidden):
                        return []
                    refused.append(failure.error)
                else:
                    return []
        return refused

    def _read_ahead(self, table: Table, refs: Sequence[AccountRef], place: int) -> None:
        """Begin the reads that will be needed next: their requests do not depend on this one's."""
        names = [wanted.name for wanted in self._wanted()]
        following = self._wanted()[names.index(table.name) :] if table.name in names else []
        upcoming = [(wanted.read, ref) for wanted in following for ref in refs][place + 1 :]
        with self._lock:
            begun = sum(not task.done() for task in self._tasks.values())
            for read, ref in upcoming:
                if begun >= self._client.max_concurrency:
                    break
                if (read.name, ref.account_id) not in self._tasks:
                    self._tasks[read.name, ref.account_id] = self._pool.submit(self._read, read, ref)
                    begun += 1

    def _ensure_read(self, read: Read, ref: AccountRef) -> Facts:
        """Read a list unless that has already begun, and wait for it.

        Returns:
            What other reads need from it.

        Raises:
            ReadFailed: The read failed, now or before.
        """
        key = (read.name, ref.account_id)
        with self._lock:
            task = self._tasks.get(key)
            # A task that is still queued is run here: while its callers wait, it might never get a thread.
            mine = task is None or task.cancel()
            if task is None or mine:
                task = self._tasks[key] = Future()
                # From here on no other thread can take it over.
                task.set_running_or_notify_cancel()
        if mine:
            try:
                self._read(read, ref)
                task.set_result(None)
            except BaseException as error:
                task.set_exception(error)
                raise
        task.result()
        return self._facts[key]

    def _read(self, read: Read, ref: AccountRef) -> None:
        """Read a list of an account, for every table that is made from it.

        Raises:
            ReadFailed: It failed, or another list that it needs did: then that failure is raised.
        """
        tables = [table for table in self._wanted() if table.read is read]
        context = ReadContext(
            self._locale,
            ref.parent_account_id,
            self._facts_for(read, ref, tables),
            kinds=frozenset(table.kind for table in tables),
            known=lambda kind: self._known(NAMES[kind], ref.account_id),
            page_size=lambda kind: self._page_size(NAMES[kind], ref.account_id),
        )
        found = extract(read, self._client, ref.account_id, tables, self._options, context)
        self._facts[read.name, ref.account_id] = found.facts
        if read is TEAM:
            self._named.update({(NAMED_BY[column], ref.account_id): named for column, named in found.named.items()})
        self._table_reads.update({(name, ref.account_id): table for name, table in found.tables.items()})

    def _facts_for(self, read: Read, ref: AccountRef, tables: Sequence[Table]) -> dict[str, Facts]:
        """What other reads found. If one that only some of the tables need failed, only those have no rows."""
        facts = {other.name: self._ensure_read(other, ref) for other in read.needs}
        for other in dict.fromkeys(other for table in tables for other in table.needs):
            try:
                facts[other.name] = self._ensure_read(other, ref)
            except ReadFailed as failure:
                self._failed_needs[other.name, ref.account_id] = failure
        return facts
