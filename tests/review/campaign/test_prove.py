"""The proof: what later reads say of each decision, between when, and what they cannot say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.review.campaign.test_decide import BOSS, _csv, _file, _row
from tests.review.warehouse import ACME, BEFORE, READ_AT, TABLES, finding, grant, make, person, receipt, reviewed, story
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.prove import prove

TAKEN = dt.datetime(2026, 11, 25, 9)  # noqa: DTZ001  # when the decisions of `NOW` are taken; UTC, as all times here
GONE = (dt.datetime(2026, 11, 26, 8), dt.datetime(2026, 11, 27, 8))  # noqa: DTZ001
BACK = (dt.datetime(2026, 11, 28, 8), dt.datetime(2026, 11, 29, 8))  # noqa: DTZ001
LATER, ENDED = dt.datetime(2026, 12, 1, 9), dt.datetime(2026, 12, 1, 10)  # noqa: DTZ001
GIVEN = {"granted_after": BACK[0], "granted_before": BACK[1]}
NORA = "k004"
"""Website Manager on a folder, held by Nora; the item of the tests."""
KEY = {"account_id": ACME, "stream_name": "assignments", "record_key": NORA}


def _read(table="assignments", **values):
    """The receipts of a later read; of one table, the assignments if it is not named, with these values."""
    whole = {"complete_snapshot_at": LATER, "complete_finished_at": ENDED, "snapshot_at": LATER}
    return [receipt(ACME, one, **whole | (values if one == table else {})) for one in TABLES]


UNREAD = {"complete_snapshot_at": READ_AT, "complete_finished_at": READ_AT}
NOWHERE: dict[str, Any] = {"never": True}
"""No read of the account is in the database."""
FAILED = UNREAD | {"status": "failed", "is_complete": False}


def _later(tmp_path, *, nora=None, more=(), removed=None, changed=None, read=None, known=(), to="admin", back=None,
           ended_by="removed", change_type="changed", forked=()):  # fmt: skip
    """The database after a later read: what Nora's grant is now, other grants and people, and what was seen of it."""
    rows = story()
    rows["people"] += known
    rows["findings"] += [
        finding(f"forked_receipts|{ACME}|{table}", "high", "Receipts fork", "", account_id=ACME) for table in forked
    ]
    held = {one["record_key"]: one for one in rows["access_grants"]}
    before = held.pop(NORA)
    held |= {} if nora is None else {NORA: before | nora}
    for place, values in enumerate(more):
        held |= {values.get("record_key", f"new{place}"): before | {"record_key": f"new{place}"} | values}
    history = [
        KEY | {"ended_by": ended_by, "ended_after": seen[0], "ended_before": seen[1]}
        for seen in ((removed, (BEFORE, BEFORE)) if removed else ())
    ]
    changes = [
        KEY
        | {
            "change_type": change_type,
            "changed_after": seen[0],
            "changed_before": seen[1],
            "role_id": role,
            "asset_type": "folder",
            "role_title": role,
            "previous_role_title": "before",
        }
        for seen, role in ((changed, to), (back, "editor"))
        if seen
    ]
    return make(tmp_path / "later.duckdb", rows | {
        "access_grants": list(held.values()),
        "access_review": [reviewed(one, rows["people"]) for one in held.values()],
        "access_history": history, "access_changes": changes,
        "latest_receipts": [] if read is NOWHERE else _read(**(read or {})),
        "roles": [{"account_id": ACME, "id": "writer", "title": "=Blog Writer", "is_current": True}],
    })  # fmt: skip


SAME: dict[str, str] = {}
FORMER = (BEFORE, READ_AT)
"""What the read saw that the campaign was frozen from."""
INVITED = person(91, "p3@acme.example", "invite", person_id="i1", email="P3@acme.example")
AGAIN = person(99, "Nora Haugen", email="P3@Acme.example")
WRITER, ADMIN = {"role_id": "writer"}, {"role_id": "admin"}
REMOVE, KEEP, TO_WRITER, LESS = ("remove", ""), ("keep", ""), ("change", "=Blog Writer"), ("change", "")
UNTIL = (READ_AT, ENDED)
"""Between when something went that no change_log row speaks of: last seen, and read whole without it."""
UNREADABLE, NAMELESS = {"asset_type": "unknown", "asset_id": None}, {"role_id": None}
MAY_BE = "another grant may be the same: its role, what it is on, or whose it is, cannot be told"
NO_INVITES = FAILED | {"table": "invite_assignments"}
UNREAD_NOW = "the grant as it is now cannot be read"
FORKED = "the receipts fork, so that it may be missing: run once with --full-refresh"
NOT_ALL = "what else the person may hold was not read completely"
CASES: dict[str, Any] = {
    # decision, what is there later, verdict, done between, back between, why it is unknown
    "removed, as the log says": (REMOVE, {"removed": GONE}, "carried out", GONE, None, None),
    "gone, which no log says": (REMOVE, {}, "carried out", UNTIL, None, None),
    "gone, of an earlier removal": (REMOVE, {"removed": (BEFORE, BEFORE)}, "carried out", UNTIL, None, None),
    "still there": (REMOVE, {"nora": SAME}, "open", None, None, None),
    "still there, after an earlier removal": (
        REMOVE, {"nora": SAME, "removed": (BEFORE, BEFORE)}, "open", None, None, None,
    ),
    "still there, not read since": (
        REMOVE, {"nora": SAME, "read": UNREAD}, "unknown", None, None, "not read since the decision",
    ),
    "still there, newest read failed": (
        REMOVE, {"nora": SAME, "read": FAILED}, "unknown", None, None, "the newest read is not complete",
    ),
    "gone, not read whole since": (REMOVE, {"read": UNREAD}, "unknown", None, None, "not read since the decision"),
    "gone, never read whole": (
        REMOVE, {"read": {"complete_snapshot_at": None, "complete_finished_at": None, "is_complete": False}},
        "unknown", None, None, "the newest read is not complete",
    ),
    "removed, and a failed read after it": (
        REMOVE, {"removed": GONE, "read": {"status": "failed", "is_complete": False}}, "carried out", GONE, None, None,
    ),
    "back under its own key": (
        REMOVE, {"nora": GIVEN, "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "back under another key": (
        REMOVE, {"more": [GIVEN], "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "another role, which is not the same access": (
        REMOVE, {"more": [WRITER], "removed": GONE}, "carried out", GONE, None, None,
    ),
    "the same role elsewhere, which is not the same access": (
        REMOVE, {"more": [{"asset_id": "f2"}], "removed": GONE}, "carried out", GONE, None, None,
    ),
    "back by an invite to the same address": (
        REMOVE,
        {"more": [GIVEN | {"person_type": "invite", "person_id": "i1"}], "known": [INVITED], "removed": GONE},
        "undone", GONE, BACK, None,
    ),
    "back for the same address under another id": (
        REMOVE, {"more": [GIVEN | {"person_id": "p99"}], "known": [AGAIN], "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "to be removed, and changed instead": (
        REMOVE, {"nora": WRITER, "changed": GONE, "to": "writer"}, "open", None, None, None,
    ),
    "never read in this database": (
        REMOVE, {"read": NOWHERE}, "unknown", None, None, "this database holds no read of it",
    ),
    "its version ended, which is no removal": (
        REMOVE, {"nora": SAME, "removed": GONE, "ended_by": "modified"}, "open", None, None, None,
    ),
    "an outside account of the same id": (
        REMOVE, {"more": [GIVEN | {"person_type": "contributor"}], "removed": GONE}, "carried out", GONE, None, None,
    ),
    "another grant, which was certified as something else, is the same now": (
        REMOVE, {"more": [GIVEN | {"record_key": "k020"}], "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "somebody else has it": (REMOVE, {"more": [{"person_id": "p2"}], "removed": GONE}, "carried out", GONE, None, None),
    "gone, and a new grant is on something that cannot be read": (
        REMOVE, {"more": [GIVEN | UNREADABLE], "removed": GONE}, "unknown", None, None, MAY_BE,
    ),
    "gone, and a new grant is of a role that cannot be read": (
        REMOVE, {"more": [GIVEN | NAMELESS], "removed": GONE}, "unknown", None, None, MAY_BE,
    ),
    "gone, and a new grant of another role cannot be read": (
        REMOVE, {"more": [GIVEN | WRITER | UNREADABLE], "removed": GONE}, "carried out", GONE, None, None,
    ),
    "gone, and a grant that could not be read when it was certified has the role": (
        REMOVE, {"more": [GIVEN | UNREADABLE | {"record_key": "k009"}], "removed": GONE},
        "unknown", None, None, MAY_BE,
    ),
    "gone, and a new grant is to somebody whose address is not known": (
        REMOVE, {"more": [GIVEN | {"person_id": "p99"}], "removed": GONE}, "unknown", None, None, MAY_BE,
    ),
    "gone, and the same role on the whole account": (
        REMOVE, {"more": [GIVEN | {"asset_type": "account", "asset_id": ACME}], "removed": GONE},
        "undone", GONE, BACK, None,
    ),
    "changed to another role than was decided, which is held beside it": (
        TO_WRITER, {"nora": ADMIN, "changed": GONE, "more": [WRITER]}, "otherwise", GONE, None, None,
    ),
    "to be kept, and its role cannot be read now": (
        KEEP, {"nora": NAMELESS, "changed": GONE, "to": None}, "unknown", None, None, UNREAD_NOW,
    ),
    "gone, and invites were not read": (
        REMOVE, {"removed": GONE, "read": NO_INVITES}, "unknown", None, None, NOT_ALL,
    ),
    "gone, where receipts fork": (REMOVE, {"forked": ["assignments"]}, "unknown", None, None, FORKED),
    "gone, where receipts of invites fork": (REMOVE, {"forked": ["invites"]}, "unknown", None, None, FORKED),
    "gone, where receipts of another list fork": (
        REMOVE, {"forked": ["site_contributors"]}, "carried out", UNTIL, None, None,
    ),
    "still there, where receipts fork": (REMOVE, {"nora": SAME, "forked": ["assignments"]}, "open", None, None, None),
    "gone, which was to be kept, where receipts fork": (
        KEEP, {"forked": ["assignments"]}, "unknown", None, None, FORKED,
    ),
    "given the role that was decided under another key, where receipts fork": (
        TO_WRITER, {"more": [WRITER], "forked": ["assignments"]}, "unknown", None, None, FORKED,
    ),
    "changed to what words said, for all that can be read of its role": (
        LESS, {"nora": NAMELESS, "changed": GONE}, "unknown", None, None, UNREAD_NOW,
    ),
    "changed to what words said, for all that can be read of its asset": (
        LESS, {"nora": UNREADABLE, "changed": GONE}, "unknown", None, None, UNREAD_NOW,
    ),
    "changed to another role than was decided, for all that can be read": (
        TO_WRITER, {"nora": NAMELESS, "changed": GONE}, "unknown", None, None, UNREAD_NOW,
    ),
    "to be removed, and its role cannot be read now": (
        REMOVE, {"nora": NAMELESS, "changed": GONE}, "open", None, None, None,
    ),
    "still there, and invites were not read": (REMOVE, {"nora": SAME, "read": NO_INVITES}, "open", None, None, None),
    "gone, which was to be kept, and a new grant cannot be read": (
        KEEP, {"more": [GIVEN | UNREADABLE], "removed": GONE}, "unknown", None, None, MAY_BE,
    ),
    "gone, which was to be kept, and invites were not read": (
        KEEP, {"removed": GONE, "read": NO_INVITES}, "unknown", None, None, NOT_ALL,
    ),
    "changed as decided, and a new grant cannot be read": (
        TO_WRITER, {"nora": WRITER, "changed": GONE, "to": "writer", "more": [GIVEN | UNREADABLE]},
        "unknown", None, None, MAY_BE,
    ),
    "changed, to what words said, and invites were not read": (
        LESS, {"nora": ADMIN, "changed": GONE, "read": NO_INVITES}, "unknown", None, None, NOT_ALL,
    ),
    "kept": (KEEP, {"nora": SAME}, "kept", None, None, None),
    "to be kept, not read since": (
        KEEP, {"nora": SAME, "read": UNREAD}, "unknown", None, None, "not read since the decision",
    ),
    "kept, and renamed": (KEEP, {"nora": SAME, "changed": GONE, "change_type": "renamed"}, "kept", None, None, None),
    "kept, on another folder": (KEEP, {"nora": {"asset_id": "f2"}}, "changed since", None, None, None),
    "kept, on something of another kind": (KEEP, {"nora": {"asset_type": "site"}}, "changed since", None, None, None),
    "decided while it was read": (
        KEEP, {"nora": SAME, "read": {"complete_snapshot_at": TAKEN}},
        "unknown", None, None, "not read since the decision",
    ),
    "kept, and changed and changed back": (
        KEEP, {"nora": SAME, "changed": GONE, "back": BACK}, "changed since", BACK, None, None,
    ),
    "kept, and changed before it was frozen": (KEEP, {"nora": SAME, "changed": FORMER}, "kept", None, None, None),
    "kept, and taken away and given again": (KEEP, {"nora": GIVEN, "removed": GONE}, "changed since", GONE, None, None),
    "kept, and given anew under another key": (
        KEEP, {"more": [GIVEN], "removed": GONE}, "changed since", GONE, None, None,
    ),
    "kept, and changed": (KEEP, {"nora": ADMIN, "changed": GONE}, "changed since", GONE, None, None),
    "kept, and gone": (KEEP, {"removed": GONE}, "gone since", GONE, None, None),
    "changed as decided": (TO_WRITER, {"nora": WRITER, "changed": GONE}, "carried out", GONE, None, None),
    "changed as decided, under another key": (
        TO_WRITER, {"more": [WRITER], "removed": GONE}, "carried out", GONE, None, None,
    ),
    "changed as decided, and changed back": (
        TO_WRITER, {"nora": SAME, "changed": GONE, "to": "writer", "back": BACK}, "undone", GONE, BACK, None,
    ),
    "changed to something else, and changed back": (
        TO_WRITER, {"nora": SAME, "changed": GONE, "back": BACK}, "open", None, None, None,
    ),
    "changed and changed back before it was frozen": (
        TO_WRITER, {"nora": SAME, "changed": (BEFORE, BEFORE), "to": "writer", "back": FORMER},
        "open", None, None, None,
    ),
    "given the role that was decided, elsewhere": (
        TO_WRITER, {"more": [WRITER | {"asset_id": "f2"}], "removed": GONE}, "otherwise", GONE, None, None,
    ),
    "to be changed, and given anew under another key": (
        TO_WRITER, {"more": [GIVEN], "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "changed as decided, and the old role given anew beside it": (
        TO_WRITER, {"nora": WRITER, "changed": GONE, "to": "writer", "more": [GIVEN]}, "undone", GONE, BACK, None,
    ),
    "to be changed, taken away, and given again": (
        TO_WRITER, {"nora": GIVEN, "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "to be removed, changed, and given again": (
        REMOVE, {"nora": WRITER | GIVEN, "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "to be changed to what words said, and given anew": (
        LESS, {"more": [GIVEN], "removed": GONE}, "undone", GONE, BACK, None,
    ),
    "changed to what words said, and changed back": (
        LESS, {"nora": SAME, "changed": GONE, "back": BACK}, "undone", GONE, BACK, None,
    ),
    "changed before it was frozen": (
        LESS, {"nora": SAME, "changed": FORMER, "to": "writer"}, "open", None, None, None,
    ),
    "changed to something else": (TO_WRITER, {"nora": ADMIN, "changed": GONE}, "otherwise", GONE, None, None),
    "to be changed, and gone": (TO_WRITER, {"removed": GONE}, "otherwise", GONE, None, None),
    "to be changed, and the same": (TO_WRITER, {"nora": SAME}, "open", None, None, None),
    "to be changed, not read since": (
        TO_WRITER, {"nora": SAME, "read": UNREAD}, "unknown", None, None, "not read since the decision",
    ),
    "changed, to what words said": (LESS, {"nora": ADMIN, "changed": GONE}, "carried out", GONE, None, None),
}  # fmt: skip


def _proved(campaign, tmp_path, decision, change_to, database, **options):
    row = _row(campaign, NORA, decision, change_to=change_to, justification="why")
    decide(campaign.path, [_file(tmp_path, _csv([row]))])
    (proof,) = prove(Campaign(campaign.path), database, **options)
    return proof


@pytest.fixture
def roles(campaign):
    """The role that a change names: the campaign was frozen where nobody had read the roles."""
    (campaign.path / "roles.jsonl").write_bytes(b'{"account_id":"acc-acme","id":"writer","title":"=Blog Writer"}\n')


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("roles")
def test_what_became_of_a_decision(campaign, tmp_path, case):
    """The verdict, the bounds of what happened, and why nothing can be said where that is so."""
    (decision, change_to), later, *expected = CASES[case]
    proof = _proved(campaign, tmp_path, decision, change_to, _later(tmp_path, **later))
    done, back = (proof.done_after, proof.done_before), (proof.back_after, proof.back_before)
    nothing = (None, None)
    found = [proof.verdict, done if done != nothing else None, back if back != nothing else None, proof.why_unknown]
    assert found == expected


def _held_by(**subject):
    """The story with Nora's grant under a key as Wix's ids make it, and who Wix says holds it."""
    rows = story()
    for table in ("access_grants", "access_review"):
        for row in rows[table]:
            if row["record_key"] == NORA:
                row |= {"record_key": "p%7C3%25|a%25%7Cb", "review_item": f"{ACME}|assignments|p%7C3%25|a%25%7Cb"}
    named = {"account_id": ACME, "user_id": "p|3%", "assignment_key": "a%|b", "subject_id": "p3", "is_current": True}
    return rows | {"latest_receipts": _read(), "assignments": [named | {"subject_type": "USER"} | subject]}


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        ({}, "kept"),
        ({"subject_type": "USER_GROUP"}, "changed since"),
        ({"subject_id": "p9"}, "changed since"),
        ({"subject_id": None}, "unknown"),
        ({"subject_type": "UNKNOWN"}, "unknown"),
        ({"subject_type": ""}, "unknown"),
        ({"is_current": False}, "unknown"),
    ],
)
def test_what_holds_the_role_is_what_was_certified(tmp_path, subject, verdict):
    """A role that another subject holds now is not the one that was certified, whatever characters its key has."""
    rows = _held_by() | {"latest_receipts": story()["latest_receipts"]}
    opening = Opening(name="Q", folder=tmp_path / "Q", accounts=[ACME], default_reviewer=BOSS)
    opened = open_campaign(make(tmp_path / "wix.duckdb", rows), opening)
    (item,) = (one.item for one in opened.items.values() if one.record_key == "p%7C3%25|a%25%7Cb")
    row = {"item": item, "decision": "keep", "decided_on": "2026-11-25", "reviewer": BOSS}
    decide(opened.path, [_file(tmp_path, _csv([row]))])
    (proof,) = prove(Campaign(opened.path), make(tmp_path / "later.duckdb", _held_by(**subject)))
    assert proof.verdict == verdict


@pytest.mark.parametrize(
    ("owner", "verdict", "why"),
    [
        ("p9", "carried out", None),
        (None, "unknown", "the record of the account names no owner"),
    ],
)
def test_an_owner_of_whom_only_the_record_tells(tmp_path, owner, verdict, why):
    """A record that leaves out its owner does not say that it is somebody else."""
    rows, (ada, *_) = story(), story()["people"]
    owned = grant(1, ada, "owner", "account", ACME, "the whole account", stream_name="accounts", record_key=ACME)
    more = {"access_grants": [*rows["access_grants"], owned]}
    more["access_review"] = [*rows["access_review"], reviewed(owned, rows["people"])]
    opening = Opening(name="Q", folder=tmp_path / "Q", accounts=[ACME], default_reviewer=BOSS)
    opened = open_campaign(make(tmp_path / "wix.duckdb", rows | more), opening)
    (item,) = (one.item for one in opened.items.values() if one.stream_name == "accounts")
    row = {"item": item, "decision": "remove", "decided_on": "2026-11-25", "reviewer": BOSS}
    decide(opened.path, [_file(tmp_path, _csv([row]))])
    whole = {"complete_snapshot_at": LATER, "complete_finished_at": ENDED, "snapshot_at": LATER}
    record = {"account_id": ACME, "owner_user_id": owner, "is_current": True}
    # The assignment of the same role is one that was certified as well.
    held = [*rows["access_grants"], *([owned | {"person_id": owner}] if owner else [])]
    later = rows | {"latest_receipts": [*_read(), receipt(ACME, "accounts", **whole)], "accounts": [record]}
    later |= {"access_grants": held, "access_review": [reviewed(one, rows["people"]) for one in held]}
    (proof,) = prove(Campaign(opened.path), make(tmp_path / "later.duckdb", later))
    assert (proof.verdict, proof.why_unknown) == (verdict, why)


@pytest.mark.parametrize(
    ("later", "hours", "in_time"),
    [
        ({"removed": GONE}, 48, True),
        ({"removed": GONE}, 47, True),
        ({"removed": GONE}, 46, None),
        ({"removed": GONE}, 23, None),
        ({"removed": GONE}, 22, False),
        ({"nora": SAME}, 144, None),
        ({"nora": SAME}, 143, False),
        ({"nora": SAME, "read": UNREAD}, 1, None),
    ],
)
def test_whether_it_was_in_time(campaign, tmp_path, later, hours, in_time):
    """Only where the bounds leave no doubt: what may have been in time is neither in time nor late."""
    proof = _proved(campaign, tmp_path, "remove", "", _later(tmp_path, **later), removal_hours=hours)
    assert proof.is_in_time is in_time


def test_hours_count_from_the_decision(campaign, tmp_path):
    """Not from the opening, nor from the read before it: as long as it is open, and until it was seen to be gone."""
    proof = _proved(campaign, tmp_path, "remove", "", _later(tmp_path, nora=SAME))
    assert (proof.taken_at, proof.open_hours, proof.seen_at) == (TAKEN, 145, ENDED)
    assert (
        proof.sentence
        == "remove Website Manager on /Clients/North: open 6 days after the decision, as of 2026-12-01 10:00 UTC"
    )
    assert [one.item for one in Campaign(campaign.path).decisions.values()] == [proof.item]
