"""The result of a read for one table: its rows and what proves them complete, or why there are none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_wix_users.snapshot.spool import Spool
    from tap_wix_users.wix.client import Meter
    from tap_wix_users.wix.errors import WixError
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.walks import Proof


@dataclass(frozen=True)
class TableRead:
    """One table of one account, as one read saw it.

    Attributes:
        rows: Its rows, as columns of the table's model, by record key.
        proof: What proves that the rows are complete; None when nothing does.
        flaw: What contradicted the read, if anything.
        started_at: When the read began.
        finished_at: When it ended.
        expected: Rows that the API counts; None when it does not count these.
        duplicates: Rows that were returned more than once.
        attempts: How often the list was walked.
        requests: Requests that the read sent, for all its tables together.
        retries: Those of them that were retries.
        reported_empty: Whether the API itself says that there are none.
        doubt: Why the list that was read does not show which rows are gone, if it does not.
        contested: Why another list of the same run contradicts that rows are gone, if it does.
        page_size: The page size that was discovered for its list, if any.
    """

    rows: Spool
    proof: Proof | None
    flaw: str | None
    started_at: dt.datetime
    finished_at: dt.datetime
    expected: int | None
    duplicates: int
    attempts: int
    requests: int
    retries: int
    reported_empty: bool = False
    doubt: str | None = None
    contested: str | None = None
    page_size: PageSize | None = None


class ReadFailed(Exception):
    """A read that failed.

    Attributes:
        error: The cause.
        started_at: When the read began.
        finished_at: When it ended.
        requests: Requests that it sent.
        retries: Those of them that were retries.
        page_size: What was found out about the page size before; None where nothing was.
    """

    def __init__(self, error: WixError, started_at: dt.datetime, meter: Meter) -> None:
        self.error = error
        self.started_at = started_at
        self.finished_at = dt.datetime.now(dt.UTC)
        self.requests = meter.requests
        self.retries = meter.retries
        self.page_size = error.page_size
        super().__init__(str(error))
