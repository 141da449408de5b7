"""As of when, and how complete."""

from __future__ import annotations

import datetime as dt

from tests.review.warehouse import BEFORE, READ_AT
from wix_access_review.receipts import NEEDED_TABLES, TableReceipt, as_of, notes, warnings

ACCOUNTS = [("a", "Acme")]
WHOLE = [TableReceipt("Acme", "a", table, "complete", read_at=READ_AT, complete_at=READ_AT) for table in NEEDED_TABLES]
CONTRIBUTORS = [
    TableReceipt("Acme", "a", table, "complete", read_at=READ_AT, complete_at=READ_AT)
    for table in ("site_contributors", "site_contributor_roles")
]


def test_a_whole_review_has_no_warnings():
    """Complete receipts of all tables, read within half a day, warn of nothing."""
    late = TableReceipt("Acme", "a", "change_log", "complete", read_at=READ_AT - dt.timedelta(hours=12))
    assert warnings([*WHOLE, late], ACCOUNTS) == []


def test_what_is_not_complete_is_named():
    """A table that was not read whole says why, and of when the rows are that are shown."""
    refused = TableReceipt(
        "Acme", "a", "roles", "refused", read_at=READ_AT, complete_at=BEFORE, is_complete=False, error="403"
    )
    never = TableReceipt("Acme", "a", "sites", "unverified", read_at=READ_AT, is_complete=False)
    assert warnings([*WHOLE, refused, never], ACCOUNTS) == [
        "Acme: roles is refused (403): what is shown dates from 2026-10-25 08:12 UTC.",
        "Acme: sites is unverified: it was never read completely.",
    ]


def test_a_fork_is_named():
    """A complete table that something else wrote into may lack rows: the finding's sentence stands in the banner."""
    forked = TableReceipt("Acme", "a", "users", "complete", read_at=READ_AT, complete_at=READ_AT, forked="Two wrote.")
    assert warnings([*WHOLE[1:], forked], ACCOUNTS) == ["Acme: Two wrote."]


def test_what_is_older_than_the_rest_is_named():
    """A table whose newest read lies more than half a day before the newest of all is of another run."""
    old = READ_AT - dt.timedelta(hours=12, seconds=1)
    assert warnings(
        [*WHOLE, TableReceipt("Acme", "a", "extra", "complete", read_at=old, complete_at=old)], ACCOUNTS
    ) == ["Acme: extra dates from 2026-11-23 20:11 UTC, before the rest (2026-11-24 08:12 UTC)."]


def test_what_was_never_read_is_named():
    """A table without any receipt is missing, in each account of the review."""
    assert warnings(WHOLE[:-1], ACCOUNTS) == ["Acme: folders was never read: what they hold is missing."]
    (text,) = warnings(WHOLE, [*ACCOUNTS, ("n", "North")])
    assert text == f"North: {', '.join(NEEDED_TABLES)} were never read: what they hold is missing."


def test_contributors_are_left_out_by_choice():
    """The tables that are not read by default make a note, not a warning."""
    (note,) = notes(WHOLE, ACCOUNTS)
    assert note.startswith("Site contributors were not read (Acme): ")
    assert notes([*WHOLE, *CONTRIBUTORS], ACCOUNTS) == []


def test_as_of_spans_the_complete_reads():
    """The moments are those of the rows that are shown: a failed read after them does not count."""
    failed = TableReceipt("Acme", "a", "users", "failed", read_at=READ_AT, complete_at=BEFORE, is_complete=False)
    assert as_of([*WHOLE, failed]) == (BEFORE, READ_AT)
    assert as_of([]) is None
