"""One run: what it reads, what failed, and what it reports at the end. It closes what it opened."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from tap_wix_users.schedule import AccountRef, Schedule
from tap_wix_users.snapshot.table_read import ReadFailed
from tap_wix_users.wix.client import WixClient
from tap_wix_users.wix.errors import Forbidden, Unauthorized, WixError
from tap_wix_users.wix.proving import ReadOptions
from tap_wix_users.wix.redaction import printable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet
    from types import TracebackType

    from tap_wix_users.settings import Settings
    from tap_wix_users.summary import RunOutcome, Summary
    from tap_wix_users.tables.registry import Table
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.reads import PreviousRows


_UNPROVED = "it is not proved to be complete: run again"
_IF_NONE = "or, if there are no child accounts, turn `include_child_accounts` off"
_UNREAD = (
    "Accounts that earlier runs read are not read by this one: %s (%d in all). Their rows stay as they are: that they "
    "are not read proves nothing about access"
)
_NAMED = 5
"""The number of accounts that a message names."""


@dataclass(frozen=True)
class Failure:
    """A part of the run that failed.

    Attributes:
        streams: The incomplete streams.
        account_id: The account.
        error: The cause, and what to do about it.
    """

    streams: list[str]
    account_id: str
    error: Exception


@dataclass(frozen=True)
class Plan:
    """What a run has to do.

    Attributes:
        settings: The checked settings.
        wanted: Returns the selected tables; called whenever a read begins.
        known: What the last complete snapshot of a table in an account held.
        page_size: The page size that was found out for a table in an account.
        stop_after: For a connection test: stop reading each list after this many rows, and prove nothing. None to read
            everything.
        accounts_before: The accounts that the state knows of.
    """

    settings: Settings
    wanted: Callable[[], Sequence[Table]]
    known: Callable[[str, str], PreviousRows | None]
    page_size: Callable[[str, str], PageSize | None]
    stop_after: int | None = None
    accounts_before: AbstractSet[str] = frozenset()


class Run:
    """One run. As a context manager it closes its connections and ends its threads.

    Args:
        summary: Counts what the run does.
        plan: Makes the plan, called on first use: discovery makes streams without one.
        logger: The tap's logger.

    Attributes:
        summary: Counts what the run does.
        failures: What is incomplete.
        accounts_known: Whether every account of which there may be rows is read: no list of them was cut short, and the
            state knows of no other.
    """

    def __init__(self, summary: Summary, plan: Callable[[], Plan], logger: logging.Logger) -> None:
        self.summary = summary
        self.failures: list[Failure] = []
        self.accounts_known = True
        self._make_plan = plan
        self._logger = logger
        self._schedule: Schedule | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._schedule = None
        self._opened.__exit__(kind, error, traceback)

    @cached_property
    def _plan(self) -> Plan:
        return self._make_plan()

    @property
    def settings(self) -> Settings:
        """The checked settings."""
        return self._plan.settings

    @property
    def schedule(self) -> Schedule:
        """Reads the accounts; opened on first use."""
        if self._schedule is None:
            self._schedule = self._open()
        return self._schedule

    def open(self) -> None:
        """Open the client before anything is written.

        Raises:
            BadNetworkSettings: The environment names a proxy or certificates that cannot be used.
        """
        self._schedule = self._schedule or self._open()

    def _open(self) -> Schedule:
        chosen = self.settings
        client = self._opened.enter_context(
            WixClient(
                api_key=chosen.api_key.get_secret_value(),
                base_url=chosen.base_url,
                requests_per_minute=chosen.requests_per_minute,
                request_timeout=chosen.request_timeout,
                max_retry_seconds=chosen.max_retry_seconds,
                max_concurrency=chosen.max_concurrency,
            )
        )
        self.summary.client = client
        options = ReadOptions(
            page_size=chosen.page_size,
            attempts=chosen.max_walk_attempts,
            accept_repeat_proof=chosen.accept_repeat_proof,
            stop_after=self._plan.stop_after,
        )
        plan = self._plan
        return self._opened.enter_context(
            Schedule(
                client, options, locale=chosen.locale, wanted=plan.wanted, known=plan.known, page_size=plan.page_size
            )
        )

    @cached_property
    def accounts(self) -> list[AccountRef]:
        """The accounts of this run, the configured one first."""
        account_id = self.settings.account_id
        refs = [AccountRef(account_id)]
        if self.settings.include_child_accounts:
            what = "the list of child accounts"
            try:
                children, proved = self.schedule.child_accounts(account_id)
                refs = _distinct([*refs, *children])
                if not proved and self.schedule.whole:
                    self.accounts_known = False
                    self.fail(what, account_id, IncompleteRead(_UNPROVED if children else f"{_UNPROVED}, {_IF_NONE}"))
            except WixError as error:
                self.accounts_known = False
                self.fail(what, account_id, error)
        if unread := self._plan.accounts_before - {ref.account_id for ref in refs}:
            # Their rows stay: no version may be announced, by which a target would delete them.
            self.accounts_known = False
            self._logger.warning(_UNREAD, printable(", ".join(sorted(unread)[:_NAMED])), len(unread))
        return refs

    def fail(self, stream: str, account_id: str, error: Exception) -> None:
        """Record that a stream is incomplete; the same error in several streams is one failure."""
        for failure in self.failures:
            if failure.error is error:
                failure.streams.append(stream)
                return
        self.failures.append(Failure([stream], account_id, error))
        self._logger.warning("%s of account %s is not complete; the end of this log says why", stream, account_id)

    def check_access(self) -> None:
        """Read one list after another until one can be read; it is kept.

        Raises:
            NothingReadable: The API refused every list of every account.
        """
        if self._plan.wanted() and (refused := self.schedule.refusals(self.accounts)):
            raise NothingReadable(refused)

    def log_summary(self, outcome: RunOutcome) -> None:
        """Log one line about what this run did."""
        self.summary.log(self._logger, outcome, [name for failure in self.failures for name in failure.streams])

    def conclude(self) -> int:
        """Log everything that failed, and return the exit code."""
        if not self.failures:
            return 0
        self._logger.error(
            "This run is not complete: %d failure(s); everything else was read", len(self._failures_by_sentence())
        )
        for streams, account_id, sentence in self._failures_by_sentence():
            self._logger.error("- %s of account %s: %s", ", ".join(streams), account_id, printable(sentence))
        reads = [failure.error.error for failure in self.failures if isinstance(failure.error, ReadFailed)]
        if len(reads) > 1 and all(isinstance(error, Forbidden) for error in reads):
            self._logger.error("So much was refused that `account_id` may not be the account that owns the API key")
        return 1

    def _failures_by_sentence(self) -> list[tuple[list[str], str, str]]:
        """Streams, account and message of each failure; all refusals of the key together are one failure."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for failure in self.failures:
            error = failure.error.error if isinstance(failure.error, ReadFailed) else failure.error
            alike = error.advice if isinstance(error, Unauthorized) else str(failure.error)
            grouped.setdefault((failure.account_id, alike), []).extend(failure.streams)
        return [(streams, account_id, sentence) for (account_id, sentence), streams in grouped.items()]


class NothingReadable(Exception):
    """Nothing at all could be read, and there is no state of an earlier run."""

    def __init__(self, refused: Sequence[Unauthorized | Forbidden]) -> None:
        keys = [error for error in refused if isinstance(error, Unauthorized)]
        why = (
            keys[0].advice
            if keys
            else (
                "`account_id` is not the account that owns the API key, or the key has none of the permissions that "
                "`tap-wix-users --doctor` names"
            )
        )
        super().__init__(f"Nothing could be read, every request was refused ({refused[0].status}): {why}")


def _distinct(refs: list[AccountRef]) -> list[AccountRef]:
    """Each account once, in its first spelling: a list of children may hold their parent, or one of them twice."""
    by_id: dict[str, AccountRef] = {}
    for ref in refs:
        by_id.setdefault(ref.account_id.casefold(), ref)
    return [*by_id.values()]


class IncompleteRead(Exception):
    """A read that does not count as complete."""
