"""Ten questions in SQL that every warehouse understands, and the answers that the account itself gives."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.tap.expected import KEYS, record_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.warehouses.story import Row, Story


@dataclass(frozen=True)
class Question:
    """A question.

    Attributes:
        words: As somebody asks it.
        query: As a warehouse is asked it.
        answer: What it has to answer.
    """

    words: str
    query: str
    answer: Callable[[Story], list[Row]]


def _current(table: str, *columns: str) -> Callable[[Story], list[Row]]:
    """Whole rows of a table as the account has them now."""
    return lambda story: [{name: row[name] for name in columns or row} for row in story.now[table].values()]


def _query(table: str, columns: str) -> str:
    return f"select {columns} from current_wix.{table} where is_current"


_SITE = (
    "account_id, id, name, display_name, owner_account_id, contributor_account_ids, folder_id, namespace, editor_type, "
    "parent_child_role, published, premium, blocked, domain_connected, view_url, edit_url, thumbnail, html_app_id, "
    "created_date, updated_date, trashed_date, extra"
)
_ASSIGNMENT = (
    "account_id, user_id, assignment_key, role_id, asset_type, asset_id, asset_name, site_id, folder_id, "
    "assignment_id, subject_id, subject_type, restrictions, extra"
)


def _open_invites(story: Story) -> list[Row]:
    now = story.now
    return [
        {
            "email": invite["email"], "expiration_date": invite["expiration_date"], "role_id": wanted["role_id"],
            "asset_type": wanted["asset_type"], "restrictions": wanted["restrictions"],
        }
        for wanted in now["invite_assignments"].values()
        for invite in now["invites"].values()
        if wanted["invite_id"] == invite["id"] and invite["status"] == "Pending"
    ]  # fmt: skip


def _roles_in_use(story: Story) -> list[Row]:
    holders = defaultdict(set)
    for assignment in story.now["assignments"].values():
        holders[assignment["role_id"]].add(assignment["user_id"])
    columns = ("id", "title", "description", "role_type", "restrict_from_level")
    return [
        {**{name: role[name] for name in columns}, "people": len(holders[role["id"]])}
        for role in story.now["roles"].values()
    ]


def _folders(story: Story) -> list[Row]:
    (account,) = story.now["accounts"].values()
    columns = ("path", "parent_id", "site_count", "created_date")
    return [
        {"account": account["name"], "is_team": account["is_team"], **{name: folder[name] for name in columns}}
        for folder in story.now["folders"].values()
    ]


def _left(story: Story) -> list[Row]:
    """Rows that were sent and are no longer in the account, as last sent."""
    return [
        {name: row[name] for name in ("id", "email", "first_name", "last_name")}
        for row in story.rows("users")
        if (row["account_id"], row["id"]) not in story.now["users"]
    ]


def _changes(story: Story) -> list[Row]:
    return story.rows("change_log")


def _lost(story: Story) -> list[Row]:
    """Removals of the log, each with the assignment as last sent and when the read ended that saw it gone."""
    finished = {(row["stream_name"], row["snapshot_at"]): row["finished_at"] for row in story.rows("snapshots")}
    assignments = {record_key("assignments", row): row for row in story.rows("assignments")}
    return [
        {
            "user_id": assignments[change["record_key"]]["user_id"],
            "role_id": assignments[change["record_key"]]["role_id"],
            "after": change["previous_observed_at"],
            "before": finished["assignments", change["observed_at"]],
        }
        for change in story.rows("change_log")
        if (change["stream_name"], change["change_type"]) == ("assignments", "removed")
    ]


def _receipts(story: Story) -> list[Row]:
    latest = {row["stream_name"]: row for row in sorted(story.rows("snapshots"), key=lambda row: row["snapshot_at"])}
    columns = ("stream_name", "status", "proof", "row_count", "digest", "snapshot_at", "error")
    return [
        {**{name: row[name] for name in columns}, "stored_count": len(story.now[stream])}
        for stream, row in latest.items()
    ]


_STORED = " union all ".join(
    f"select '{table}' as stream_name, count(*) as stored_count from current_wix.{table} where is_current"
    for table in KEYS
)

QUESTIONS = (
    Question(
        "Who is on the team?",
        _query("users", "account_id, id, email, first_name, last_name, profile_image, joined_team_at, extra"),
        _current("users"),
    ),
    Question("Who has access to what?", _query("assignments", _ASSIGNMENT), _current("assignments")),
    Question(
        "What would the invites that are open grant?",
        "select invite.email, invite.expiration_date, wanted.role_id, wanted.asset_type, wanted.restrictions"
        " from current_wix.invite_assignments as wanted"
        " join current_wix.invites as invite"
        " on invite.account_id = wanted.account_id and invite.id = wanted.invite_id and invite.is_current"
        " where wanted.is_current and invite.status = 'Pending'",
        _open_invites,
    ),
    Question("Which sites are there, and who is invited to each?", _query("sites", _SITE), _current("sites")),
    Question(
        "Which folders are there?",
        "select account.name as account, account.is_team, folder.path, folder.parent_id, folder.site_count,"
        " folder.created_date"
        " from current_wix.folders as folder"
        " join current_wix.accounts as account on account.account_id = folder.account_id and account.is_current"
        " where folder.is_current",
        _folders,
    ),
    Question(
        "How many people hold each role?",
        "select role.id, role.title, role.description, role.role_type, role.restrict_from_level,"
        " count(distinct assignment.user_id) as people"
        " from current_wix.roles as role"
        " left join current_wix.assignments as assignment"
        " on assignment.account_id = role.account_id and assignment.role_id = role.id and assignment.is_current"
        " where role.is_current"
        " group by role.id, role.title, role.description, role.role_type, role.restrict_from_level",
        _roles_in_use,
    ),
    Question(
        "Who is not on the team any more?",
        "select id, email, first_name, last_name from current_wix.users where not is_current",
        _left,
    ),
    Question(
        "What changed, and between when?",
        "select account_id, stream_name, record_key, change_type, previous_observed_at, observed_at"
        " from raw_wix.change_log",
        _changes,
    ),
    Question(
        "Who lost access to what?",
        "select assignment.user_id, assignment.role_id, change.previous_observed_at as after,"
        " snapshot.finished_at as before"
        " from raw_wix.change_log as change"
        " join raw_wix.snapshots as snapshot on snapshot.account_id = change.account_id"
        " and snapshot.stream_name = change.stream_name and snapshot.snapshot_at = change.observed_at"
        " join raw_wix.assignments as assignment on assignment.account_id = change.account_id"
        " and assignment.user_id || '|' || assignment.assignment_key = change.record_key"
        " where change.stream_name = 'assignments' and change.change_type = 'removed'",
        _lost,
    ),
    Question(
        "Is what I look at complete?",
        "select receipt.stream_name, receipt.status, receipt.proof, receipt.row_count, receipt.digest,"
        " receipt.snapshot_at, receipt.error, stored.stored_count"
        " from (select every_one.*, row_number() over ("
        "partition by account_id, stream_name order by snapshot_at desc) as place from raw_wix.snapshots as every_one"
        f") as receipt join ({_STORED}) as stored on stored.stream_name = receipt.stream_name"
        " where receipt.place = 1",
        _receipts,
    ),
)

AS_OF = """
select account_id, user_id, assignment_key, role_id, restrictions
from (
  select version.*, row_number() over (
    partition by version.account_id, version.user_id, version.assignment_key order by version.observed_at desc
  ) as place
  from raw_wix.assignments as version
  left join (
    select account_id, record_key, max(observed_at) as removed_at from raw_wix.change_log
    where stream_name = 'assignments' and change_type = 'removed' and observed_at <= cast('{moment}' as timestamp)
    group by account_id, record_key
  ) as removal
    on removal.account_id = version.account_id
    and removal.record_key = version.user_id || '|' || version.assignment_key
  where version.observed_at <= cast('{moment}' as timestamp)
    and (removal.removed_at is null or removal.removed_at <= version.observed_at)
) as standing
where place = 1
"""
"""Who had access to what at a moment, of tables loaded with `history`."""


def sorted_rows(rows: list[Row]) -> list[Row]:
    """Rows in an order that does not depend on who gives them."""
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True, default=str))


def without_empty_strings(rows: list[Row]) -> list[Row]:
    """As they come from a warehouse that takes an empty string for null."""
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]
