"""A DuckDB file with the tables of the dbt models, from rows written in a test, and a story with nasty names."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import duckdb

from wix_access_review.contract import NEEDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Row = dict[str, Any]
Rows = dict[str, list[Row]]

ACME, NORTH = "acc-acme", "acc-north"
NAMES = {ACME: "Acme <Studio> & Söhne", NORTH: "North"}
READ_AT = dt.datetime(2026, 11, 24, 8, 12)  # noqa: DTZ001  # as the models' times: UTC, without a zone
BEFORE = dt.datetime(2026, 10, 25, 8, 12)  # noqa: DTZ001
SCRIPT = "<script>window.hit = 1</script>"
CLOSER = "</script><img src=x onerror='window.hit = 2'>"
LONG = "Maximilian " * 27 + "end"
RTL = "\u202eعلي حسن"
NASTY = (
    SCRIPT,
    CLOSER,
    "\"quoted\" 'name' & more",
    "=cmd|'/c calc'!A1",
    "+1",
    "@x",
    "-2",
    "\tTab",
    "\rReturn",
    "Zoë 🎉",
    RTL,
    "two\nlines",
    LONG,
)
TABLES = ("users", "assignments", "invites", "invite_assignments", "roles", "sites", "folders")


def make(path: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    """A DuckDB file with all tables that the review reads, of one build, with these rows; other columns are NULL."""
    rows = {"build": [{"is_whole": True}], **rows}
    with duckdb.connect(str(path)) as connection:
        for table, columns in NEEDED.items():
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table {table} ({declared})")
            text, shape = json.dumps(list(rows.get(table.partition(".")[2], ())), default=str), json.dumps([columns])
            connection.execute(
                f"insert into {table} by name select unnest(from_json(?, ?), recursive := true)", [text, shape]
            )
    return path


def receipt(account_id: str, table: str, **values: Any) -> Row:
    """A receipt of a complete read."""
    row = {
        "account_id": account_id, "account_name": NAMES.get(account_id), "stream_name": table, "snapshot_at": READ_AT,
        "finished_at": READ_AT, "status": "complete", "proof": "count", "row_count": 40, "expected_count": 40,
        "digest": "b3:0123456789abcdef", "tap_version": "0.1.0", "complete_snapshot_at": READ_AT, "is_complete": True,
    }  # fmt: skip
    return row | values


def person(place: int, name: str, kind: str = "member", account_id: str = ACME, **values: Any) -> Row:
    """A person, whose id says which."""
    row = {
        "account_id": account_id, "account_name": NAMES[account_id], "person_type": kind, "person_id": f"p{place}",
        "person": name, "email": f"p{place}@acme.example", "is_external": False,
        "grant_count": 0, "privileged_count": 0,
    }  # fmt: skip
    return row | values


ROLES = {
    "owner": ("Owner", 100, True),
    "admin": ("Admin (Co-Owner)", 95, True),
    "editor": ("Website Manager", 60, False),
    "writer": ("=Blog Writer", 20, False),
}


def grant(place: int, who: Row, role: str, via: str, asset_id: str | None, asset: str | None, **values: Any) -> Row:
    """A grant to a person."""
    title, strength, privileged = ROLES[role]
    row = {
        "account_id": who["account_id"], "stream_name": "assignments", "record_key": f"k{place:03}",
        "person_type": who["person_type"], "person_id": who["person_id"], "role_id": role, "role_title": title,
        "role_strength": strength, "is_privileged": privileged, "asset_type": via, "asset_id": asset_id,
        "asset_name": asset,
        "via": via, "is_pending": who["person_type"] == "invite",
        "scope_key": f"{via}:{asset_id}" if asset_id else None,
        "granted_after": BEFORE, "granted_before": READ_AT, "last_seen_at": READ_AT,
    }  # fmt: skip
    return row | values


def reviewed(held: Row, people: Sequence[Row]) -> Row:
    """The row of the review table that a grant makes."""
    key = ("account_id", "person_type", "person_id")
    who: Row = next((one for one in people if all(one[name] == held[name] for name in key)), {})
    same = (
        "account_id",
        "stream_name",
        "record_key",
        "person_type",
        "person_id",
        "asset_type",
        "asset_id",
        "role_id",
        "via",
    )
    return {name: held[name] for name in same} | {
        "account": NAMES[held["account_id"]],
        "review_item": f"{held['account_id']}|{held['stream_name']}|{held['record_key']}",
        "person": who.get("person"), "email": who.get("email"), "asset": held["asset_name"], "role": held["role_title"],
        "privileged": held["is_privileged"], "pending": held["is_pending"], "granted_after": held["granted_after"],
        "granted_before": held["granted_before"], "last_seen": held["last_seen_at"], "receipt_snapshot_at": READ_AT,
        "receipt_proof": "count", "receipt_row_count": 40, "receipt_digest": "b3:0123456789abcdef",
    }  # fmt: skip


def finding(key: str, severity: str, title: str, explanation: str, who: Row | None = None, **values: Any) -> Row:
    """A finding about a person, or about none."""
    names = ("account_id", "account_name", "person_type", "person_id", "person", "email")
    row = {
        "finding_key": key, "rule": key.partition("|")[0], "severity": severity, "title": title,
        "explanation": explanation,
        "severity_rank": ("low", "medium", "high", "critical").index(severity) + 1, "advice": "Look at it.",
        "controls": "CC6.3, A.5.18",
        "observed_at": READ_AT, **{name: (who or {}).get(name) for name in names},
    }  # fmt: skip
    return row | values


def site(place: str, name: str) -> Row:
    """A site that is there."""
    return {"account_id": ACME, "id": place, "display_name": name, "is_current": True}


def story() -> Rows:
    """Two accounts: nasty names, every way of access, what is not known, and findings of every severity."""
    people = [person(1, "Ada Okafor"), person(2, "Ivy Lindqvist"), person(3, "Nora Haugen", is_external=True)]
    people += [person(10 + place, name) for place, name in enumerate(NASTY)]
    invited = person(
        40,
        "leaver@old.example",
        "invite",
        email="leaver@old.example",
        is_external=True,
        invite_status="Pending",
        invited_at=BEFORE,
        expires_at=READ_AT,
    )
    contributor = person(41, "acc-outside", "contributor", email=None, is_external=None)
    people += [
        invited,
        contributor,
        person(42, "Ada Okafor", account_id=NORTH, person_id="p1", email=None, is_external=None),
    ]
    ada, ivy, nora, north = people[0], people[1], people[2], people[-1]
    shop, other = ("s1", "Shop EU"), ("s2", "=Shop " + CLOSER)
    grants = [
        grant(1, ada, "owner", "account", ACME, "the whole account", granted_after=None),
        grant(2, ivy, "admin", "account", ACME, "the whole account"),
        grant(3, ivy, "writer", "site", *shop),
        grant(4, nora, "editor", "folder", "f1", "/Clients/North"),
        grant(5, invited, "editor", "site", *shop, stream_name="invite_assignments"),
        grant(6, contributor, "writer", "contributor", *shop, stream_name="site_contributor_roles", asset_type="site"),
        grant(7, north, "owner", "account", NORTH, "the whole account"),
        grant(8, {**ada, "person_id": "gone"}, "writer", "site", *shop),
        grant(
            9,
            nora,
            "writer",
            "unknown",
            None,
            None,
            role_id=None,
            role_title=None,
            role_strength=None,
            last_seen_at=None,
            granted_before=None,
            granted_after=None,
        ),
    ]
    grants += [grant(20 + place, who, "writer", "site", *other) for place, who in enumerate(people[3:16])]
    reach = [
        (ACME, f"account:{ACME}", "s1"),
        (ACME, f"account:{ACME}", "s2"),
        (ACME, "site:s1", "s1"),
        (ACME, "site:s2", "s2"),
    ]
    reach += [(ACME, "contributor:s1", "s1"), (ACME, "folder:f1", "s2"), (NORTH, f"account:{NORTH}", "s1")]
    past = {
        "account_id": ACME,
        "stream_name": "assignments",
        "person_type": "member",
        "person_id": "p2",
        "role_id": "editor",
        "role_title": "Website Manager",
    }
    change = {
        "account_id": ACME,
        "account_name": NAMES[ACME],
        "stream_name": "assignments",
        "person_type": "member",
        "asset_name": "Shop EU",
        "asset_type": "site",
        "is_privileged": False,
    }
    return {
        "latest_receipts": [receipt(account, table) for account in NAMES for table in TABLES],
        "people": people,
        "access_grants": grants,
        "access_review": [reviewed(one, people) for one in grants],
        "access_reach": [{"account_id": a, "scope_key": key, "site_id": s, "depth": 0} for a, key, s in reach],
        "access_history": [
            past
            | {
                "record_key": "old",
                "version_number": 1,
                "asset_name": "Old <b>shop</b>",
                "started_by": "first seen",
                "granted_before": BEFORE,
                "ended_by": "removed",
                "ended_after": BEFORE,
                "ended_before": READ_AT,
                "is_current": False,
            },
            past
            | {
                "record_key": "k003",
                "version_number": 1,
                "started_by": "added",
                "granted_after": BEFORE,
                "granted_before": READ_AT,
                "is_current": True,
            },
        ],
        "access_changes": [
            change
            | {
                "changed_on": READ_AT.date(),
                "change_type": "gained",
                "record_key": "k002",
                "person_id": "p2",
                "person": "Ivy Lindqvist",
                "role_title": "Admin (Co-Owner)",
                "is_privileged": True,
                "changed_after": BEFORE,
                "changed_before": READ_AT,
            },
            change
            | {
                "changed_on": BEFORE.date(),
                "change_type": "lost",
                "record_key": "old",
                "person_id": "p10",
                "person": SCRIPT,
                "role_title": CLOSER,
                "changed_after": None,
                "changed_before": BEFORE,
            },
        ],
        "findings": [
            finding(
                "privileged_newcomer|p2",
                "critical",
                "A newcomer is co-owner",
                "Ivy Lindqvist joined 12 days ago and holds Admin (Co-Owner).",
                ivy,
            ),
            finding(
                "expired_invite|p40", "high", "An expired invite is open", "leaver@old.example can still join.", invited
            ),
            *(
                finding(f"nasty|{place}", "medium", "A name that nobody expects " + CLOSER, f"It is {name}", who)
                for place, (name, who) in enumerate(zip(NASTY, people[3:16], strict=True))
            ),
            finding(
                "unused_role|writer",
                "low",
                "A role that nobody holds",
                "Nobody holds Content intern.",
                account_id=ACME,
                account_name=NAMES[ACME],
                role_title="Content intern",
            ),
            finding("nothing_known|", "low", "Nothing is known", "", advice=None, controls=None)
            | {"explanation": None},
        ],
        "findings_by_control": [
            {
                "account_id": ACME,
                "control": control,
                "framework": "SOC 2",
                "title": title,
                "rule_count": count,
                "status": "passed",
            }
            for control, title, count in (("CC6.1", "Logical access", 3), ("CC6.3", "Least privilege", 30))
        ],
        "sites": [
            {
                "account_id": ACME,
                "id": "s1",
                "name": "shop-eu",
                "display_name": "Shop EU",
                "folder_id": "f1",
                "is_current": True,
            },
            {"account_id": ACME, "id": "s2", "name": "=Shop " + CLOSER, "trashed_date": BEFORE, "is_current": True},
            {"account_id": ACME, "id": "s3", "name": "Old", "is_current": False},
            {"account_id": NORTH, "id": "s1", "is_current": True},
        ],
        "folders": [{"account_id": ACME, "id": "f1", "path": "/Clients/North", "is_current": True}],
    }
