"""One run's reads: each list of each account, walked once, as rows of the tables that are asked for."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_wix_users.snapshot.spool import Spool
from tap_wix_users.snapshot.table_read import ReadFailed, TableRead
from tap_wix_users.wix import lists
from tap_wix_users.wix.contributors import Sites, read_contributors
from tap_wix_users.wix.endpoints import AccountApi
from tap_wix_users.wix.errors import WixError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_wix_users.tables.registry import Table
    from tap_wix_users.wix.client import WixClient
    from tap_wix_users.wix.objects import Role, Site
    from tap_wix_users.wix.proving import Effort, ReadResult

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class AccountRef:
    """An account to read.

    Attributes:
        account_id: Its id.
        parent_account_id: The account that listed it as a child; None for the configured one.
    """

    account_id: str
    parent_account_id: str | None = None


class Extractor:
    """Reads each list once per account, however many tables are made of it, and the next ones ahead.

    Args:
        client: Sends the requests.
        effort: How hard a list is read.
        locale: Language of role titles.
        wanted: The tables to make rows of, asked when a read begins.
    """

    def __init__(
        self, client: WixClient, effort: Effort, *, locale: str, wanted: Callable[[], Sequence[Table]]
    ) -> None:
        self._client = client
        self._effort = effort
        self._locale = locale
        self._wanted = wanted
        self._table_reads: dict[tuple[str, str], TableRead] = {}
        self._facts: dict[tuple[str, str], _Facts] = {}
        self._roleless: dict[str, ReadFailed] = {}
        self._tasks: dict[tuple[str, str], Future[None]] = {}
        self._lock = threading.Lock()
        # Apart from the client's own pool: a read waits for pages there.
        self._pool = ThreadPoolExecutor(client.max_concurrency, thread_name_prefix="wix-reads")
        weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)

    @property
    def whole(self) -> bool:
        """Whether lists are read whole, and not just tried."""
        return self._effort.enough is None

    def child_accounts(self, account_id: str) -> tuple[list[AccountRef], bool]:
        """The child accounts of an account, and whether the list is proved to be complete.

        Raises:
            WixError: The list could not be had.
        """
        result = lists.read_child_accounts(AccountApi(self._client, account_id), _Kept, self._effort)
        return [AccountRef(child.account_id, account_id) for child in result.sink.items], all(result.proofs.values())

    def table_read(self, table: Table, refs: Sequence[AccountRef], place: int) -> TableRead:
        """The table's rows in an account; handed over, not kept.

        Args:
            table: The table.
            refs: All accounts of the run.
            place: The account's place among them.

        Raises:
            ReadFailed: The read failed; it is the same one for every table of that read.
        """
        if self.whole and self._client.max_concurrency > 1:
            self._begin_ahead(table, refs, place)
        self._have(table.read, refs[place])
        account_id = refs[place].account_id
        if table.needs_roles and account_id in self._roleless:
            raise self._roleless[account_id]
        return self._table_reads.pop((table.name, account_id))

    def _begin_ahead(self, table: Table, refs: Sequence[AccountRef], place: int) -> None:
        """Begin the reads that will be asked for next: their requests do not depend on this one's."""
        names = [wanted.name for wanted in self._wanted()]
        following = self._wanted()[names.index(table.name) :] if table.name in names else []
        upcoming = [(wanted.read, ref) for wanted in following for ref in refs][place + 1 :]
        with self._lock:
            begun = sum(not task.done() for task in self._tasks.values())
            for read, ref in upcoming:
                if begun >= self._client.max_concurrency:
                    break
                if (read, ref.account_id) not in self._tasks:
                    self._tasks[read, ref.account_id] = self._pool.submit(self._read, read, ref)
                    begun += 1

    def _have(self, read: str, ref: AccountRef) -> None:
        """Have a list read: now, unless it was begun before.

        Raises:
            ReadFailed: The read failed, now or before.
        """
        key = (read, ref.account_id)
        with self._lock:
            task = self._tasks.get(key)
            # One that still waits for its turn is done here: it may never come while its askers wait.
            mine = task is None or task.cancel()
            if task is None or mine:
                task = self._tasks[key] = Future()
                # From here on nobody can take it over.
                task.set_running_or_notify_cancel()
        if mine:
            try:
                self._read(read, ref)
                task.set_result(None)
            except BaseException as error:
                task.set_exception(error)
                raise
        task.result()

    def _read(self, read: str, ref: AccountRef) -> None:
        """Read a list of an account, for every table that is made of it.

        Raises:
            ReadFailed: It failed, or another list that it begins with did: then that is the one failure.
        """
        api = AccountApi(self._client, ref.account_id)
        tables = [table for table in self._wanted() if table.read == read]
        progress = _Progress(f"{'record' if read == 'account' else read} of account {ref.account_id}")
        effort = replace(self._effort, progress=progress.page)
        started_at = dt.datetime.now(dt.UTC)
        try:
            result = self._walk(read, api, lambda: _Rows(ref.account_id, read, tables), effort, ref)
        except WixError as error:
            raise ReadFailed(error, started_at, api.meter) from None
        if self.whole:
            progress.end(api, result)
        self._facts[read, ref.account_id] = _Facts(result.sink.facts, proved=all(result.proofs.values()))
        for table in tables:
            self._table_reads[table.name, ref.account_id] = _table_read(table, result, api)

    def _list(self, read: str, ref: AccountRef) -> _Facts:
        """What was kept of a list that is read now, or was before."""
        self._have(read, ref)
        return self._facts[read, ref.account_id]

    def _sites(self, ref: AccountRef) -> Sites:
        """The sites to ask about their contributors: an account that invited nobody costs no request."""
        sites = self._list("sites", ref)
        with_roles = any(table.read == "contributors" and table.needs_roles for table in self._wanted())
        return Sites(
            contributors={site_id: contributors for site_id, contributors in sites.found if contributors != 0},
            proved=sites.proved,
            role_ids=self._role_ids(ref) if with_roles else None,
        )

    def _role_ids(self, ref: AccountRef) -> list[str] | None:
        """The roles to look for. Where their list cannot be read, only the table of roles is without rows."""
        try:
            return self._list("roles", ref).found
        except ReadFailed as failure:
            self._roleless[ref.account_id] = failure
            return None

    def _walk(
        self, read: str, api: AccountApi, sink: Callable[[], _Rows], effort: Effort, ref: AccountRef
    ) -> ReadResult[_Rows]:
        match read:
            case "team":
                return lists.read_team(api, sink, effort)
            case "sites":
                return lists.read_sites(api, sink, effort)
            case "folders":
                return lists.read_folders(api, sink, effort)
            case "roles":
                return lists.read_roles(api, sink, effort, locale=self._locale)
            case "account":
                return lists.read_account(api, sink, effort, parent_account_id=ref.parent_account_id)
            case "contributors":
                return read_contributors(api, sink, effort, self._sites(ref))
        raise LookupError(read)


class _Kept:
    """Keeps the objects of a walk."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def add(self, items: Sequence[Any], /) -> None:
        self.items += items


class _Facts(NamedTuple):
    """What other reads need of a list.

    Attributes:
        found: A fact per object.
        proved: Whether the list is proved to be complete.
    """

    found: list[Any]
    proved: bool


def _contributors_of(site: Site) -> list[tuple[str, int | None]]:
    """A site, and how many contributors its record tells of: None when that cannot be read."""
    strange = "contributorAccountIds" in (site.unparsed or {})
    return [(site.id, None if strange else len(site.contributor_account_ids or ()))]


def _site_level(listed: tuple[Role, str]) -> list[str]:
    """A role that can be assigned on a site."""
    role, _ = listed
    return [] if role.restrict_from_level == "Site" else [str(role.id)]


_FACTS: dict[str, Callable[[Any], list[Any]]] = {"sites": _contributors_of, "roles": _site_level}


class _Rows:
    """Shapes the objects of a walk into rows of each table, and keeps what other reads need of them."""

    def __init__(self, account_id: str, read: str, tables: Sequence[Table]) -> None:
        self._account_id = account_id
        self._fact = _FACTS.get(read)
        self.facts: list[Any] = []
        self.spools = {table.name: Spool() for table in tables}
        self._outlets = [(table.make_rows, self.spools[table.name]) for table in tables]

    def add(self, items: Sequence[Any], /) -> None:
        if self._fact:
            self.facts += [fact for item in items for fact in self._fact(item)]
        for make_rows, spool in self._outlets:
            for item in items:
                for row in make_rows(self._account_id, item):
                    # The columns of a frozen model without anything nested: what `model_dump` would copy.
                    spool.append(row.own_key, row.__dict__)


def _table_read(table: Table, result: ReadResult[_Rows], api: AccountApi) -> TableRead:
    walk = result.walk
    counts = walk.counts_last or walk.counts_first or {}
    return TableRead(
        rows=result.sink.spools[table.name],
        proof=result.proofs[table.kind],
        flaw=walk.flaw,
        started_at=result.started_at,
        finished_at=dt.datetime.now(dt.UTC),
        expected=counts.get(table.kind) if table.counted else None,
        duplicates=walk.duplicates,
        attempts=result.attempts,
        requests=api.meter.requests,
        retries=api.meter.retries,
    )


class _Progress:
    """Tells how far a read is, every few seconds and at its end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._told = time.monotonic()

    def page(self, seen: int, expected: int | None) -> None:
        now = time.monotonic()
        if now - self._told >= _PROGRESS_SECONDS:
            self._told = now
            of = "" if expected is None else f" of {expected:,}"
            logger.info(
                "Reading %s: %s%s so far, %.0f a second", self._what, f"{seen:,}", of, seen / (now - self._began)
            )

    def end(self, api: AccountApi, result: ReadResult[_Rows]) -> None:
        seconds = max(time.monotonic() - self._began, 1e-3)
        rows = result.walk.rows
        proofs = sorted({proof or "nothing" for proof in result.proofs.values()})
        logger.info(
            "Read %s: %s in %.1f s (%.0f a second), %d requests, %d of them retries, %d walks, proved by %s",
            self._what, f"{rows:,}", seconds, rows / seconds,
            api.meter.requests, api.meter.retries, result.attempts, " and ".join(proofs),
        )  # fmt: skip
