"""What a run did, as one line of JSON in the log: for alerting, and for finding out why a run was slow."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from tap_wix_users.tables.models import Status
from tap_wix_users.wix.times import timestamp

if TYPE_CHECKING:
    from tap_wix_users.tables.models import ReceiptRow
    from tap_wix_users.wix.client import WixClient

RunOutcome: TypeAlias = Literal["complete", "incomplete", "terminated", "target_gone", "crashed"]
"""How a run ended; only `complete` means exit code 0."""

PREFIX = "SUMMARY: "
"""What the line begins with, as the SDK's own metrics begin with `METRIC: `."""


class Summary:
    """Counts what a run does.

    Args:
        tap: Name of the tap.
        version: Its version.

    Attributes:
        client: The run's client, once it is open.
        rows: Records written, tombstones among them, by stream; counted before any stream map.
        state_bytes: Length of the last STATE message; 0 if there was none.
    """

    def __init__(self, tap: str, version: str) -> None:
        self._tap = tap
        self._version = version
        self._started_at = dt.datetime.now(dt.UTC)
        self._began = time.monotonic()
        self._receipts: Counter[str] = Counter()
        self._changes: dict[str, dict[str, int | None]] = {}
        self._accounts: set[str] = set()
        self.client: WixClient | None = None
        self.rows: Counter[str] = Counter()
        self.state_bytes = 0

    def add(self, receipt: ReceiptRow) -> None:
        """Count a receipt and the changes that it reports."""
        self._receipts[receipt.status] += 1
        self._accounts.add(receipt.account_id)
        if receipt.status == "complete":
            counts = {
                "added": receipt.added_count,
                "modified": receipt.modified_count,
                "removed": receipt.removed_count,
            }
            before = self._changes.get(receipt.stream_name, dict.fromkeys(counts, 0))
            self._changes[receipt.stream_name] = {
                name: None if before[name] is None or count is None else (before[name] or 0) + count
                for name, count in counts.items()
            }

    def content(self, outcome: RunOutcome, failed: list[str]) -> dict[str, Any]:
        """The summary.

        Args:
            outcome: How the run ended.
            failed: What is incomplete.
        """
        client = self.client
        waits = client.waits if client else {"budget": 0.0, "retries": 0.0}
        return {
            "tap": self._tap,
            "version": self._version,
            "outcome": outcome,
            "started_at": timestamp(self._started_at),
            "duration_seconds": round(time.monotonic() - self._began, 3),
            "accounts": len(self._accounts),
            "requests": client.meter.requests if client else 0,
            "retries": client.meter.retries if client else 0,
            "waited_seconds": {why: round(seconds, 3) for why, seconds in waits.items()},
            "rows": dict(sorted(self.rows.items())),
            "state_bytes": self.state_bytes,
            "changes": dict(sorted(self._changes.items())),
            "receipts": {status: self._receipts[status] for status in get_args(Status)},
            "failed": sorted(set(failed)),
        }

    def log(self, logger: logging.Logger, outcome: RunOutcome, failed: list[str]) -> None:
        """Log the summary: as text after `PREFIX`, and as the field `summary` for structured logs.

        The summary of a run that is not complete is logged as an error, so that no log level hides it.

        Args:
            logger: The logger.
            outcome: How the run ended.
            failed: What is incomplete.
        """
        content = self.content(outcome, failed)
        level = logging.INFO if outcome == "complete" else logging.ERROR
        logger.log(level, "%s%s", PREFIX, json.dumps(content, separators=(",", ":")), extra={"summary": content})
