"""One read of one account: turns the objects of its list into rows of every table made from them."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_wix_users.snapshot.spool import Room, Spool
from tap_wix_users.snapshot.table_read import ReadFailed, TableRead
from tap_wix_users.tables.columns import encode, keys_of
from tap_wix_users.tables.keys import key_parts
from tap_wix_users.wix.client import UnreadableBody
from tap_wix_users.wix.endpoints import AccountApi
from tap_wix_users.wix.errors import Endpoint, Unexpected, UnreadableAnswer, WixError
from tap_wix_users.wix.held_roles import IF_EMPTY
from tap_wix_users.wix.reads import CHILD_ACCOUNTS, TEAM, Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from tap_wix_users.tables.registry import Table
    from tap_wix_users.wix.client import WixClient
    from tap_wix_users.wix.proving import ReadOptions, ReadResult
    from tap_wix_users.wix.reads import Read, ReadContext
    from tap_wix_users.wix.walks import Walk

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 5.0

_UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
"""Characters that are replaced in text; in ids, the replacement could make two of them equal."""

NAMED_BY = {"folder_id": "folder", "role_id": "role"}
"""Columns of the team's rows that name a row of another list, and its kind."""

_NEVER_TAKEN_FOR_EMPTY = frozenset((*TEAM.kinds, *CHILD_ACCOUNTS.kinds))
"""Kinds of a list that is not empty (every account has an owner), or of which no snapshot tells what it held."""

_LEFT_OUT = "the answer left the list out, which is not to say that it is empty"
_UNSTORABLE_ID = "an id holds characters that no target can store, so that rows could not be distinguished"


@dataclass(frozen=True)
class Extracted:
    """The result of a read.

    Attributes:
        tables: The rows of each table, by the table's name.
        facts: What other reads need from it.
        named: The folders and roles that its rows refer to, by the column that does.
    """

    tables: dict[str, TableRead]
    facts: Facts
    named: Mapping[str, AbstractSet[str]] = field(default_factory=dict)


def extract(
    read: Read, client: WixClient, account_id: str, tables: Sequence[Table], options: ReadOptions, context: ReadContext
) -> Extracted:
    """Read a list of an account.

    Args:
        read: The list.
        client: Sends the requests.
        account_id: The account.
        tables: The tables to make rows of.
        options: How to read it.
        context: What the read needs besides the API.

    Raises:
        ReadFailed: It failed.
    """
    api = AccountApi(client, account_id)
    progress = _Progress(f"{read.label or read.name} of account {account_id}")
    started_at = dt.datetime.now(dt.UTC)
    try:
        result = read.fetch(
            api, lambda: _RowMaker(account_id, read, tables), replace(options, progress=progress.page), context
        )
        if options.stop_after is None:
            progress.end(api, result)
            _log_lower_counts(result)
        # Other reads depend on the list itself, not on what else is derived from it.
        walk = result.walk
        accepts = options.accept_repeat_proof
        doubts = (
            _doubt(kind, walk, ((key,) for key in walk.seen[kind]), context, accepts=accepts) for kind in walk.kinds
        )
        doubt = next(filter(None, doubts), None)
        proved = doubt is None and all(result.proofs[kind] for kind in walk.kinds)
        facts = Facts(result.sink.facts, proved, result.started_at, frozenset(walk.reported_empty), doubt)
        found = {table.name: _table_read(table, result, api, context, accepts=accepts) for table in tables}
        return Extracted(found, facts, result.sink.named)
    except WixError as error:
        raise ReadFailed(error, started_at, api.meter) from None
    except Exception as error:  # whatever it is, only this read fails
        raise ReadFailed(Unexpected(read.name, error), started_at, api.meter) from None


class _RowMaker:
    """Makes the rows of each table from the objects of a walk, and keeps what other reads need from them."""

    def __init__(self, account_id: str, read: Read, tables: Sequence[Table]) -> None:
        self._account_id = account_id
        self._name = read.name
        self._facts_of = read.facts
        self.facts: list[Any] = []
        room = Room()
        self.spools = {table.name: Spool(room) for table in tables}
        self.named: dict[str, set[str]] = {column: set() for column in NAMED_BY}
        self._outlets = [
            (
                table.make_rows,
                keys_of(table.model),
                self.spools[table.name],
                [column for column in NAMED_BY if column in table.model.model_fields],
            )
            for table in tables
        ]

    def add(self, items: Sequence[Any], /) -> None:
        try:
            self._add(items)
        except UnreadableBody as error:
            raise UnreadableAnswer(Endpoint("Reading", self._name), str(error), retryable=False) from None

    def _add(self, items: Sequence[Any]) -> None:
        if self._facts_of:
            self.facts += [fact for item in items for fact in self._facts_of(item)]
        for make_rows, keys_of_rows, spool, naming in self._outlets:
            rows = [row for item in items for row in make_rows(self._account_id, item)]
            keys = keys_of_rows(rows)
            text = "".join(keys)
            # Asked first, since it is quick: nothing that is printable and ASCII is replaced.
            if not (text.isascii() and text.isprintable()) and _UNSTORABLE.search(text):
                raise UnreadableAnswer(Endpoint("Reading", self._name), _UNSTORABLE_ID, retryable=False)
            spool.extend(keys, list(map(encode, rows)))
            for column in naming:
                self.named[column].update(filter(None, map(attrgetter(column), rows)))


def _table_read(
    table: Table, result: ReadResult[_RowMaker], api: AccountApi, context: ReadContext, *, accepts: bool
) -> TableRead:
    walk, rows = result.walk, result.sink.spools[table.name]
    counts = walk.counts_last or walk.counts_first or {}
    reported_empty = table.kind in walk.reported_empty
    expected = counts.get(table.kind) if table.counted else None
    proof = result.proofs[table.kind]
    keys = (tuple(key_parts(key)) for key, _ in rows.lines())
    left_out = _doubt(table.kind, walk, keys, context, accepts=accepts)
    doubt = result.doubts.get(table.kind) or left_out or (None if proof else walk.unread)
    # The snapshot is as old as the oldest list that the table is made from.
    moments = [context.facts[need.name].started_at for need in table.needs if need.name in context.facts]
    return TableRead(
        rows=rows,
        proof=None if doubt else proof,
        flaw=walk.flaw,
        started_at=min([result.started_at, *moments]),
        finished_at=dt.datetime.now(dt.UTC),
        # A count of 0 that was only inferred, because something is missing, is unknown.
        expected=expected if expected or reported_empty else None,
        duplicates=walk.duplicates,
        attempts=result.attempts,
        requests=api.meter.requests,
        retries=api.meter.retries,
        reported_empty=reported_empty,
        doubt=doubt,
        page_size=result.page_size,
    )


def _doubt(
    kind: str, walk: Walk, keys: Iterable[tuple[str, ...]], context: ReadContext, *, accepts: bool
) -> str | None:
    """Why a list from which something was left out does not show what is gone: absent is unknown, never none.

    With `accept_repeat_proof`, two walks that left it out show that it is empty, unless the last snapshot had rows.
    """
    if not (walk.left_out or walk.partly):
        return None
    held = set(keys)  # only now: there may be half a million
    known = context.known(kind)
    if walk.left_out and not held and kind not in walk.reported_empty:
        if known is None and kind not in _NEVER_TAKEN_FOR_EMPTY:
            return None if accepts else f"{_LEFT_OUT}. {IF_EMPTY}"
        if known is None or known.count:
            return _LEFT_OUT
    if walk.partly and (
        known is None or (known.count > len(held) if known.keys is None else not held.issuperset(known.keys))
    ):
        return walk.partly
    return None


def _log_lower_counts(result: ReadResult[_RowMaker]) -> None:
    """Log where the API counts fewer rows than it returned; all returned rows are kept."""
    walk = result.walk
    for kind, count in (walk.counts_last or {}).items():
        if result.proofs.get(kind) and count < len(walk.seen.get(kind, ())):
            logger.warning(
                "Wix counts %d rows of kind %s, but returned %d: all are kept", count, kind, len(walk.seen[kind])
            )


class _Progress:
    """Logs the progress of a read, every few seconds and at its end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._logged_at = time.monotonic()

    def page(self, seen: int, expected: int | None) -> None:
        now = time.monotonic()
        if now - self._logged_at >= _PROGRESS_SECONDS:
            self._logged_at = now
            of = "" if expected is None else f" of {expected:,}"
            logger.info(
                "Reading %s: %s%s so far, %.0f a second", self._what, f"{seen:,}", of, seen / (now - self._began)
            )

    def end(self, api: AccountApi, result: ReadResult[_RowMaker]) -> None:
        seconds = max(time.monotonic() - self._began, 1e-3)
        rows = result.walk.rows
        proofs = sorted({proof or "nothing" for proof in result.proofs.values()})
        logger.info(
            "Read %s: %s in %.1f s (%.0f a second), %d requests, %d of them retries, %d walks, proved by %s",
            self._what, f"{rows:,}", seconds, rows / seconds,
            api.meter.requests, api.meter.retries, result.attempts, " and ".join(proofs),
        )  # fmt: skip
