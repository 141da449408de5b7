"""The Singer stream of a table: turns the events of a sync into messages."""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_wix_users.model_stream import ModelStream
from tap_wix_users.run import IncompleteRead
from tap_wix_users.sdk import MapFailed
from tap_wix_users.sending import RowSender
from tap_wix_users.snapshot import events, state, sync
from tap_wix_users.snapshot.table_read import ReadFailed
from tap_wix_users.tables.hashing import content_hash
from tap_wix_users.tables.models import DELETED_AT, OBSERVED_AT, SNAPSHOT_AT
from tap_wix_users.tables.schema import singer_schema
from tap_wix_users.wix.errors import Unexpected
from tap_wix_users.wix.redaction import printable
from tap_wix_users.wix.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk import Tap

    from tap_wix_users.log_streams import Logs
    from tap_wix_users.run import Run
    from tap_wix_users.schedule import AccountRef
    from tap_wix_users.snapshot.table_read import TableRead
    from tap_wix_users.tables.models import ReceiptRow
    from tap_wix_users.tables.registry import Table
    from tap_wix_users.wix.page_size import PageSize

_UNLOGGED = (
    "`change_log` and `snapshots` are not both selected: the state does not cover these rows, and stays `pending`. "
    "The next run with both sends every row again, and logs what changed since the last one that had them"
)

_STATE_SECONDS = 5.0
"""Minimum time between two STATE messages of a stream, since each of them holds the state of all accounts."""

_MAPS = ("stream_maps", "stream_map_config", "faker_config")
_FLATTENING = ("flattening_enabled", "flattening_separator", "flattening_max_depth", "flattening_max_key_length")
"""Settings of the SDK that change how rows are sent."""

ROW_SHAPE = 1
"""Increased by a release that fills unchanged columns differently: fingerprints are then no longer comparable."""


class TableStream(ModelStream):
    """The stream of one table, over all accounts of the run.

    Args:
        tap: The tap.
        table: The table.
        run: The run.
        logs: The log streams, which take changes and receipts.
        switches: The settings that decide what the catalog looks like.
    """

    def __init__(self, tap: Tap, table: Table, run: Run, logs: Logs, switches: Mapping[str, bool]) -> None:
        self.table = table
        self._run = run
        self._logs = logs
        self.selected_by_default = table.selected
        schema = singer_schema(table.model)
        if switches["emit_tombstones"]:
            schema["properties"][DELETED_AT] = {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "When a snapshot found the row gone; only set in its tombstone",
            }
        self._before: dict[str, Any] = {}
        self._marked = False
        self._complete = True
        self._state_emitted = 0.0
        super().__init__(tap, table.model, schema, SNAPSHOT_AT)
        if switches["history"]:
            self.primary_keys = [*table.model.key, OBSERVED_AT]

    @override
    def write_accounts(self) -> Iterator[int]:
        accounts = self._run.accounts
        # A version is announced for all accounts together, so none of them may be unknown.
        self._complete = self._run.accounts_known
        self._before = dict(self._states)
        if not self._logs.selected:
            self.logger.warning("%s: %s", self.name, _UNLOGGED)
        for place in range(len(accounts)):
            yield self._sync_account(accounts, place)
            self._emit_state(at_once=place == len(accounts) - 1)

    def _sync_account(self, accounts: Sequence[AccountRef], place: int) -> int:
        """Write everything about the table in one account.

        Args:
            accounts: All accounts of the run.
            place: The account's index among them.

        Returns:
            The number of rows that were sent.
        """
        ref = accounts[place]
        options = self._options()
        try:
            read = self._run.schedule.table_read(self.table, accounts, place)
        except ReadFailed as failure:
            self._give_up(ref, failure, options, failure, failure.error)
            self._clear_pending(ref, failure)
            if failure.page_size:
                self._keep_page_size(ref, failure.page_size)
            return 0
        if self.ABORT_AT_RECORD_COUNT is not None:
            return self._send_sample(read, self.ABORT_AT_RECORD_COUNT)
        try:
            written_at = state.pending_since(self._before.get(ref.account_id))
            job = sync.TableSync(self.table.model, ref.account_id, read, self._load_state(ref), options, written_at)
            if job.baseline:
                level = logging.WARNING if job.too_large or job.from_future else logging.INFO
                self.log("Every row is sent: %s", job.baseline, level=level)
            return self._write(job, accounts[place:], read)
        except MapFailed as failure:
            self._give_up(ref, read, options, failure, failure)
        except Exception as error:  # whatever it is, only this table in this account fails
            failed = Unexpected(self.name, error)
            self._give_up(ref, read, options, failed, failed)
        finally:
            self._keep_page_size(ref, read.page_size)
        return 0

    def _give_up(
        self,
        ref: AccountRef,
        read: TableRead | ReadFailed,
        options: sync.SyncOptions,
        failure: Exception,
        why: Exception,
    ) -> None:
        """Record a failure for the end of the log, and write its receipt.

        Args:
            ref: The account.
            read: The read, failed or not.
            options: What the settings say.
            failure: What the end of the log reports; one error may be that of several streams.
            why: What the receipt reports.
        """
        self._complete = False
        self._run.fail(self.name, ref.account_id, failure)
        self._write_receipt(sync.failed_receipt(self.table.model, ref.account_id, read, options, why))

    def _write_receipt(self, receipt: ReceiptRow) -> None:
        """Write a receipt, and count it even if the stream of receipts is not selected."""
        if receipt.error and not receipt.error.isprintable():
            # It may contain an id, and ids are untrusted text.
            receipt = receipt.model_copy(update={"error": printable(receipt.error)})
        self._run.summary.add(receipt)
        self._logs.receipts.write(receipt)

    def _write(self, job: sync.TableSync, accounts: Sequence[AccountRef], read: TableRead) -> int:
        """Write the events of a read of the first of these accounts; returns the number of rows that were sent."""
        lost_before = self._logs.lost
        sender = RowSender(self, read.started_at, job.at)
        try:
            for event in job.events():
                if isinstance(event, events.SendRows):
                    sender.send(*event)
                elif isinstance(event, events.CheckpointCommitted) and self._logs.lost > lost_before:
                    # Not everything that the state would cover was written.
                    self._states[accounts[0].account_id] = state.mark_pending(
                        self._states.get(accounts[0].account_id), job.at
                    )
                else:
                    self._write_event(event, accounts, read)
        finally:
            self._run.summary.rows[self.name] += sender.sent
        return sender.sent

    def _write_event(self, event: events.Event, accounts: Sequence[AccountRef], read: TableRead) -> None:
        account_id = accounts[0].account_id
        match event:
            case events.CheckpointPending(at):
                self._mark_pending(accounts, at)
            case events.SendTombstone(record):
                self.send(record, read.started_at)
                self._run.summary.rows[self.name] += 1
            case events.LogChange(change):
                self._logs.changes.write(change)
            case events.SnapshotComplete() if self._complete and len(accounts) == 1:
                self.announce_version()
            case events.SnapshotIncomplete(error):
                self._complete = False
                self._run.fail(self.name, account_id, IncompleteRead(error))
            case events.WriteReceipt(receipt):
                self._write_receipt(receipt)
            case events.CheckpointCommitted(new):
                self._states[account_id] = state.dump(new)

    def _send_sample(self, read: TableRead, most: int) -> int:
        """Write the first rows, for a connection test; nothing is proved or remembered."""
        at = timestamp(read.started_at)
        sender = RowSender(self, read.started_at, at)
        for _key, line in islice(read.rows.lines(), most):
            sender.send(line[:-1] + b"\n", at, 1)
        return sender.sent

    def _options(self) -> sync.SyncOptions:
        chosen = self._run.settings
        locale = chosen.locale if self.table.localized else ""
        maps = {name: self.config.get(name) for name in (*_MAPS, *_FLATTENING)}
        # The name that the first release hashed: under another name, every row would be sent again for no reason.
        maps["flattening_max_level"] = maps.pop("flattening_max_depth")
        return sync.SyncOptions(
            method=self.replication_method,
            content=content_hash([ROW_SHAPE, sorted(self.table.model.model_fields), locale]),
            emitted=content_hash([self.columns, list(self.primary_keys), maps]),
            tap_version=self._tap.plugin_version,
            rebaseline_days=chosen.rebaseline_days,
            max_state_rows=chosen.max_state_rows,
            max_removal_ratio=chosen.max_removal_ratio,
            allow_mass_removal=chosen.allow_mass_removal,
            emit_tombstones=chosen.emit_tombstones,
            logged=self._logs.selected,
        )

    @property
    def _states(self) -> dict[str, Any]:
        """This stream's part of the tap's state: a state per account."""
        accounts: dict[str, Any] = self.stream_state.setdefault("accounts", {})
        return accounts

    def _load_state(self, ref: AccountRef) -> state.TableState | None:
        """The state that the previous run left."""
        try:
            return state.load(self._before.get(ref.account_id))
        except state.UnreadableState as error:
            self.logger.warning("The state of account %s cannot be read, and is ignored: %s", ref.account_id, error)
            del self._states[ref.account_id]
            return None

    def _mark_pending(self, accounts: Sequence[AccountRef], at: str) -> None:
        """Write a STATE that marks the rows that follow as not covered by it.

        Once for all remaining accounts, since every STATE holds all of them.
        """
        if not self._marked:
            self._marked = True
            for ref in accounts:
                self._states[ref.account_id] = state.mark_pending(self._states.get(ref.account_id), at)
            self._emit_state(at_once=True)

    def _clear_pending(self, ref: AccountRef, failure: ReadFailed) -> None:
        """Restore the previous state: nothing was written for this account.

        Without a previous state the account stays pending: the full refresh did not happen, and an orchestrator that
        merges states must not restore the old one.
        """
        self._states[ref.account_id] = self._before.get(ref.account_id) or state.mark_pending(
            None, timestamp(failure.started_at)
        )

    def _keep_page_size(self, ref: AccountRef, page_size: PageSize | None) -> None:
        """Keep what was found out, whatever else the read was worth."""
        stored = self._states.get(ref.account_id)
        if state.page_size_of(stored) != page_size:
            self._states[ref.account_id] = state.with_page_size(stored, page_size)

    def _emit_state(self, *, at_once: bool) -> None:
        now = time.monotonic()
        if at_once or now - self._state_emitted >= _STATE_SECONDS:
            self._state_emitted = now
            self._run.summary.state_bytes = self.write_state()
