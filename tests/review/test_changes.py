"""Access gained and lost, by day."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.review.warehouse import ACME, BEFORE, CLOSER, NAMES, READ_AT, SCRIPT, make
from wix_access_review.changes import Bucket, Change, buckets, read_newest
from wix_access_review.database import reading


def test_a_short_time_is_told_by_day():
    """Up to six weeks make a bucket for each day that saw a change; kinds that are not known count nowhere."""
    first, last = dt.date(2026, 1, 1), dt.date(2026, 2, 15)
    days = [(last, "lost", 4), (first, "gained", 2), (first, "changed", 1), (first, "other", 9)]
    assert buckets(days) == ("day", [Bucket(first, gained=2, changed=1), Bucket(last, lost=4)])


def test_a_longer_time_is_told_by_week_and_by_month():
    """Weeks begin on Monday, months on their first day, and what falls into one is summed up."""
    days = [(dt.date(2026, 1, 1), "gained", 1), (dt.date(2026, 1, 4), "gained", 1), (dt.date(2026, 2, 16), "lost", 1)]
    assert buckets(days) == ("week", [Bucket(dt.date(2025, 12, 29), gained=2), Bucket(dt.date(2026, 2, 16), lost=1)])
    assert buckets([*days, (dt.date(2026, 10, 29), "lost", 1)]) == (
        "month",
        [
            Bucket(dt.date(2026, 1, 1), gained=2),
            Bucket(dt.date(2026, 2, 1), lost=1),
            Bucket(dt.date(2026, 10, 1), lost=1),
        ],
    )


def test_nothing_changed():
    """Without changes there are no buckets."""
    assert buckets([]) == ("day", [])


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (("Admin", "Shop"), ("Writer", "Shop"), ("Writer", None, "")),
        (("Admin", "Shop"), ("Admin", "Blog"), (None, "Blog", "")),
        (("Admin", "Shop"), ("Writer", "Blog"), ("Writer", "Blog", "")),
        (("Admin", "Shop"), ("Admin", "Shop"), (None, None, "neither the role nor its scope has changed")),
        (("Admin", "Shop"), (None, None), (None, None, "it is not known what it was before")),
        (("Admin", None), ("Writer", "Shop"), ("Writer", "Shop", "")),
    ],
)
def test_from_what_to_what(tmp_path, now, before, told):
    """A change says what the role and its limits were, or that this is not known."""
    changed = {"account_id": ACME, "change_type": "changed", "role_title": now[0], "asset_name": now[1]}
    changed |= {"asset_type": "site", "previous_role_title": before[0], "previous_asset_name": before[1]}
    with reading(make(tmp_path / "changed.duckdb", {"access_changes": [changed]})) as connection:
        (change,) = read_newest(connection, 10)
    assert (change.role_before, change.asset_before, change.remark) == told


def test_the_newest_changes(review):
    """Newest first, with both bounds, and NULL where nothing is known."""
    acme = NAMES[ACME]
    assert review.changes == [
        Change(
            "gained", acme, "Ivy Lindqvist", None, "Admin (Co-Owner)", "Shop EU", True, BEFORE, READ_AT,
            [ACME, "member", "p2"],
        ),
        Change("lost", acme, SCRIPT, None, CLOSER, "Shop EU", False, None, BEFORE, [ACME, "member", "p10"]),
    ]  # fmt: skip
    assert (review.change_count, review.unit) == (2, "day")
    assert review.buckets == [Bucket(BEFORE.date(), lost=1), Bucket(READ_AT.date(), gained=1)]
