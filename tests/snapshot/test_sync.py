"""One table of one account as events: their order, the whole receipts, and what follows from what."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tap_wix_users.snapshot.events import (
    CheckpointCommitted,
    Event,
    LogChange,
    SendRows,
    SendTombstone,
    SnapshotIncomplete,
    WriteReceipt,
)
from tap_wix_users.snapshot.spool import RowsGivenUp, Spool, closed, decode
from tap_wix_users.snapshot.state import TableState
from tap_wix_users.snapshot.sync import SyncOptions, TableSync, failed_receipt
from tap_wix_users.snapshot.table_read import ReadFailed, TableRead
from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.models import AccountRow, AssignmentRow, ChangeRow, Row, UserRow
from tap_wix_users.wix.client import Meter
from tap_wix_users.wix.errors import Endpoint, NoAnswer, WixError, refusal
from tap_wix_users.wix.redaction import Redactor
from tap_wix_users.wix.times import timestamp
from tests.defaults import SYNC
from tests.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
BEGAN = dt.datetime(2026, 11, 24, 8, 12, tzinfo=dt.UTC)
ENDED = BEGAN + dt.timedelta(seconds=5)
NOW, END = "2026-11-24T08:12:00.000000Z", "2026-11-24T08:12:05.000000Z"
BEFORE = "2026-11-23T08:12:00.000000Z"
OPTIONS = SyncOptions("INCREMENTAL", "c", "e", "0.1.0", **SYNC)
EMPTY = "0-0-0-0"


def _user(key: str, email: str = "") -> Row:
    return UserRow(**{**dict.fromkeys(UserRow.model_fields), "account_id": ACCOUNT, "id": key, "email": email})  # type: ignore[arg-type]


def _assignment(user: str, key: str) -> Row:
    columns: dict[str, Any] = dict.fromkeys(AssignmentRow.model_fields)
    columns |= {"account_id": ACCOUNT, "user_id": user, "assignment_key": key, "asset_type": "account"}
    return AssignmentRow(**columns)


def _account(name: str) -> Row:
    return AccountRow(**{**dict.fromkeys(AccountRow.model_fields), "account_id": ACCOUNT, "name": name})  # type: ignore[arg-type]


def _table_read(rows: Iterable[Row], **fields: Any) -> TableRead:
    spool = Spool()
    rows = list(rows)
    spool.extend([row.own_key for row in rows], [encode(row.__dict__) for row in rows])
    whole = {
        "proof": "count", "flaw": None, "started_at": BEGAN, "finished_at": ENDED, "expected": len(spool),
        "duplicates": 0, "attempts": 1, "requests": 3, "retries": 1,
    }  # fmt: skip
    return TableRead(spool, **{**whole, **fields})


def _events(
    rows: Iterable[Row], old: TableState | None = None, options: dict[str, Any] | None = None, **fields: Any
) -> list[Event]:
    rows = list(rows)
    model = type(rows[0]) if rows else UserRow
    job = TableSync(
        model, ACCOUNT, _table_read(rows, **fields), old, SyncOptions(**{**OPTIONS.__dict__, **(options or {})})
    )
    return list(job.events())


def _state(*rows: Row, at: str = BEFORE) -> TableState:
    """The state of a complete snapshot that held these rows."""
    moment = dt.datetime.fromisoformat(at)
    covered = _events(rows, started_at=moment)[-1]
    assert isinstance(covered, CheckpointCommitted)
    return covered.state


def _kinds(events: Iterable[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def _receipt(events: Iterable[Event]) -> dict[str, Any]:
    [receipt] = [event.row.model_dump() for event in events if isinstance(event, WriteReceipt)]
    return receipt


def _sent(events: Iterable[Event]) -> list[tuple[dict[str, Any], str]]:
    """Each row that is sent, and the snapshot that first saw it."""
    groups = [event for event in events if isinstance(event, SendRows)]
    assert all(len(group.text.splitlines()) == group.number for group in groups)
    return [(decode(line), group.observed_at) for group in groups for line in closed(group.text)]


def _changes(events: Iterable[Event]) -> list[tuple[str, str]]:
    return [(event.row.change_type, event.row.record_key) for event in events if isinstance(event, LogChange)]


A, B, C, D = _user("a"), _user("b"), _user("c"), _user("d")
B2 = _user("b", "new")
OLD = _state(A, B, C)


def _whole(**columns: Any) -> dict[str, Any]:
    """A receipt of a complete incremental read of `A, B2, D` after `A, B, C`, but for these columns."""
    return {
        "account_id": ACCOUNT,
        "stream_name": "users",
        "snapshot_at": NOW,
        "finished_at": END,
        "status": "complete",
        "replication_method": "INCREMENTAL",
        "baseline_at": BEFORE,
        "proof": "count",
        "row_count": 3,
        "expected_count": 3,
        "added_count": 1,
        "modified_count": 1,
        "removed_count": 1,
        "duplicate_count": 0,
        "request_count": 3,
        "retry_count": 1,
        "attempt_count": 1,
        "digest": ABD,
        "compared_with": BEFORE,
        "error": None,
        "tap_version": "0.1.0",
        **columns,
    }


ABD = digest(["a", "b", "d"])


def test_the_order_of_events():
    """Rows follow, rows, tombstones, changes, complete, the receipt, and last the state that covers them."""
    events = _events([A, B2, D], OLD, {"emit_tombstones": True})
    assert _kinds(events) == [
        *(
            "CheckpointPending",
            "SendRows",
            "SendTombstone",
            "LogChange",
            "LogChange",
            "LogChange",
            "SnapshotComplete",
            "WriteReceipt",
            "CheckpointCommitted",
        )
    ]
    assert _sent(events) == [
        (B2.model_dump(), NOW),
        (D.model_dump(), NOW),
    ]
    assert _changes(events) == [("added", "d"), ("modified", "b"), ("removed", "c")]


def test_a_complete_read():
    """Its receipt, whole, and the state: unchanged rows as old as they were."""
    events = _events([A, B2, D], OLD)
    assert _receipt(events) == _whole()
    covered = events[-1]
    assert isinstance(covered, CheckpointCommitted)
    rows = covered.state.rows
    assert rows is not None
    assert covered.state == TableState(NOW, BEFORE, "c", "e", 3, rows)
    assert {key: version.observed_at for key, version in rows.items()} == {"a": BEFORE, "b": NOW, "d": NOW}


def test_a_change_is_logged_whole():
    """Between which two snapshots it happened, to which row of which stream."""
    [event] = [event for event in _events([A, B], OLD) if isinstance(event, LogChange)]
    assert event.row == ChangeRow(
        account_id=ACCOUNT,
        stream_name="users",
        record_key="c",
        change_type="removed",
        previous_observed_at=BEFORE,
        observed_at=NOW,
    )


def test_the_first_snapshot_logs_nothing():
    """It is the beginning: rows are sent without a mark, since there is no state that could mislead."""
    events = _events([A, B])
    assert _kinds(events) == [
        "CheckpointPending",
        "SendRows",
        "SnapshotComplete",
        "WriteReceipt",
        "CheckpointCommitted",
    ]
    assert _receipt(events) == _whole(
        baseline_at=NOW, row_count=2, expected_count=2, added_count=None, modified_count=None, removed_count=None,
        digest=digest(["a", "b"]), compared_with=None,
    )  # fmt: skip


def test_nothing_changed():
    """Nothing but the receipt and the state is written."""
    events = _events([C, B, A], OLD)
    assert _kinds(events) == ["SnapshotComplete", "WriteReceipt", "CheckpointCommitted"]
    assert _receipt(events) == _whole(added_count=0, modified_count=0, removed_count=0, digest=digest(["a", "b", "c"]))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param(
            {"flaw": "a row was returned twice", "attempts": 3},
            "in 3 walks, a row was returned twice: the list changes faster than it can be read. Its rows were "
            "sent, and none counts as removed; run again at a quieter time, or raise `max_walk_attempts`",
            id="a flaw",
        ),
        pytest.param(
            {"expected": 9},
            "the walks do not match Wix's count, or each other. Its rows were sent, and none counts as removed; "
            "run again, and if Wix always counts more rows than it returns, set `accept_repeat_proof`",
            id="a count",
        ),
        pytest.param(
            {"expected": None},
            "the walks do not match Wix's count, or each other. Its rows were sent, and none counts as removed; "
            "run again, and if Wix always counts more rows than it returns, set `accept_repeat_proof`",
            id="a count of other things",
        ),
    ],
)
def test_an_unverified_read(fields: dict[str, Any], why: str):
    """Its rows are sent, nothing is removed or logged, the state stays, and the receipt says what to do."""
    events = _events([A, B2, D], OLD, {"emit_tombstones": True}, proof=None, **fields)
    assert _kinds(events) == ["CheckpointPending", "SendRows", "SnapshotIncomplete", "WriteReceipt"]
    error = f"the read is not proved to be complete: {why}"
    assert events[-2] == SnapshotIncomplete(error)
    columns = {"expected_count": fields.get("expected", 3), "attempt_count": fields.get("attempts", 1)}
    assert _receipt(events) == _whole(status="unverified", proof=None, baseline_at=None, error=error, **columns)


MANY = [_user(f"k{number:02}") for number in range(42)]
MANY_OLD = _state(*MANY)


def test_a_mass_removal_is_held():
    """Rows are sent, nothing is removed or logged, the state stays, and the receipt says how to accept it."""
    events = _events([*MANY[:20], D], MANY_OLD, {"emit_tombstones": True})
    assert _kinds(events) == ["CheckpointPending", "SendRows", "SnapshotIncomplete", "WriteReceipt"]
    error = (
        "a mass removal is held: 22 of 42 rows are gone. If that is right, run once with "
        "`allow_mass_removal: true`; if not, check the API key's permissions and Wix's status page"
    )
    assert events[2] == SnapshotIncomplete(error)
    keys = [row.own_key for row in MANY[:20]]
    assert _receipt(events) == _whole(
        status="held", baseline_at=None, row_count=21, expected_count=21, modified_count=0, removed_count=22,
        error=error, digest=digest([*keys, "d"]),
    )  # fmt: skip


@pytest.mark.parametrize("written", ["C", "c ", "\tc"])
def test_a_row_whose_id_is_written_otherwise(written: str):
    """It is hardly another one: no row is taken for gone until somebody says that it is right."""
    events = _events([A, B, _user(written)], OLD)
    receipt = _receipt(events)
    assert (receipt["status"], _changes(events)) == ("held", [])
    assert receipt["error"] == (
        "a removal is held: 1 rows are gone, and new ones have ids that differ from theirs only in case or blanks. "
        "If that is right, run once with `allow_mass_removal: true`"
    )
    accepted = _events([A, B, _user(written)], OLD, {"allow_mass_removal": True})
    assert _changes(accepted) == [("added", written), ("removed", "c")]


@pytest.mark.parametrize(
    ("rows", "options"),
    [(MANY[:20], {"allow_mass_removal": True}), (MANY[:20], {"max_removal_ratio": 0.9}), (MANY[:21], {})],
)
def test_a_mass_removal_that_is_allowed(rows: list[Row], options: dict[str, Any]):
    """By the setting, by a higher ratio, or because half of the rows is not more than half."""
    events = _events(rows, MANY_OLD, options)
    assert _changes(events) == [("removed", row.own_key) for row in MANY[len(rows) :]]
    assert _receipt(events)["status"] == "complete"


def test_a_read_of_another_table_size_is_braked_by_its_count():
    """Where a state holds a count alone, half of it missing is held too."""
    old = TableState(BEFORE, BEFORE, "c", "e", 100, None)
    receipt = _receipt(_events(MANY, old))
    assert (receipt["status"], receipt["added_count"], receipt["removed_count"]) == ("held", None, None)


def test_a_table_too_large_for_the_state():
    """Every row is sent, nothing is compared, and the state keeps the count."""
    events = _events([A, B, D], OLD, {"max_state_rows": 2})
    assert _kinds(events) == [
        "CheckpointPending",
        "SendRows",
        "SnapshotComplete",
        "WriteReceipt",
        "CheckpointCommitted",
    ]
    assert events[-1] == CheckpointCommitted(TableState(NOW, NOW, "c", "e", 3, None))
    assert _receipt(events) == _whole(baseline_at=NOW, added_count=None, modified_count=None, removed_count=None)


@pytest.mark.parametrize(
    ("old", "rows", "marks"),
    [
        pytest.param(None, [A, B], 1, id="no state"),
        pytest.param(OLD, [A, B, C], 0, id="nothing to send"),
        pytest.param(OLD, [A, B2, D], 1, id="changes"),
        pytest.param(TableState(**{**OLD.__dict__, "emitted": "other"}), [A, B, C], 1, id="a baseline"),
        pytest.param(TableState(**{**OLD.__dict__, "pending": BEFORE}), [A, B2, D], 1, id="marked before"),
    ],
)
@pytest.mark.parametrize("proof", ["count", None])
def test_the_state_is_marked_before_the_first_row(old: TableState | None, rows: list[Row], marks: int, proof: Any):
    """Once, ahead of everything, and only where something is written that the state does not cover."""
    kinds = _kinds(_events(rows, old, proof=proof))
    assert kinds.count("CheckpointPending") == marks
    assert kinds[:marks] == ["CheckpointPending"] * marks


@pytest.mark.parametrize("tombstones", [False, True])
def test_a_covered_state_is_marked_before_the_first_removal(tombstones: bool):
    """Killed behind a removal, the next run must send the row that came back."""
    assert _kinds(_events([A, B], OLD, {"emit_tombstones": tombstones}))[0] == "CheckpointPending"


def test_a_read_is_written_once():
    """Its rows are given up as they are sent: written again, they would all seem to be gone."""
    read = _table_read([A, B, C])
    options = SyncOptions(**{**OPTIONS.__dict__, "allow_mass_removal": True})
    assert _receipt(TableSync(UserRow, ACCOUNT, read, OLD, options).events())["removed_count"] == 0
    with pytest.raises(RowsGivenUp):
        list(TableSync(UserRow, ACCOUNT, read, OLD, options).events())


def test_every_row_is_asked_for():
    """FULL_TABLE sends every row as old as it is, and still logs what changed."""
    events = _events([A, B2, D], OLD, {"method": "FULL_TABLE"})
    assert [(row["id"], observed_at) for row, observed_at in _sent(events)] == [("a", BEFORE), ("b", NOW), ("d", NOW)]
    assert _changes(events) == [("added", "d"), ("modified", "b"), ("removed", "c")]
    assert _receipt(events) == _whole(baseline_at=NOW, replication_method="FULL_TABLE")


def test_a_tombstone():
    """The key, when this version was first and last seen, and when it was gone."""
    old = _state(_assignment("ada", "7|x"), _assignment("ben", "7"))
    [tombstone] = [
        event
        for event in _events([_assignment("ben", "7")], old, {"emit_tombstones": True})
        if isinstance(event, SendTombstone)
    ]
    assert tombstone.record == {
        "account_id": ACCOUNT,
        "user_id": "ada",
        "assignment_key": "7|x",
        "observed_at": BEFORE,
        "snapshot_at": BEFORE,
        "_sdc_deleted_at": NOW,
    }


def test_a_table_whose_key_is_the_account_alone():
    """Its record key is the account id, in changes, tombstones and the digest."""
    old = _state(_account("North"))
    events = _events([_account("South")], old)
    assert _changes(events) == [("modified", ACCOUNT)]
    assert _receipt(events)["digest"] == digest([ACCOUNT])
    job = TableSync(
        AccountRow, ACCOUNT, _table_read([]), old, SyncOptions(**{**OPTIONS.__dict__, "emit_tombstones": True})
    )
    events = list(job.events())
    assert _changes(events) == [("removed", ACCOUNT)]
    assert [event.record for event in events if isinstance(event, SendTombstone)] == [
        {"account_id": ACCOUNT, "observed_at": BEFORE, "snapshot_at": BEFORE, "_sdc_deleted_at": NOW}
    ]


@pytest.mark.parametrize("keys", [[], ["a"], ["b", "a", "B", "a|b", "ä", "👩", "a b"]])
def test_the_digest_is_what_the_warehouse_computes(keys: list[str]):
    """Over the set of record keys, in whatever order the rows came."""
    rows = [_user(key) for key in keys]
    told = _receipt(_events(rows))["digest"]
    assert told == digest(row.own_key for row in rows)
    assert told == _receipt(_events(reversed(rows)))["digest"]
    assert (told == EMPTY) == (not keys)


@pytest.mark.parametrize("back", [dt.timedelta(0), dt.timedelta(microseconds=1), dt.timedelta(hours=23)])
def test_a_clock_that_was_set_back(back: dt.timedelta):
    """The snapshot is a moment later than the one before, in its rows, its changes, its receipt and its state."""
    events = _events([A, B2], OLD, started_at=dt.datetime.fromisoformat(BEFORE) - back)
    later = "2026-11-23T08:12:00.000001Z"
    assert [event.observed_at for event in events if isinstance(event, SendRows)] == [later]
    assert {event.row.observed_at for event in events if isinstance(event, LogChange)} == {later}
    assert _receipt(events)["snapshot_at"] == later
    covered = events[-1]
    assert isinstance(covered, CheckpointCommitted)
    assert covered.state.snapshot_at == later


@pytest.mark.parametrize("pending", ["", BEFORE])
def test_a_state_from_the_future(pending: str):
    """It is reported; all rows are sent after those that were written, and known since today, not a day to come."""
    state = OLD if not pending else TableState(**{**OLD.__dict__, "pending": pending})
    today = dt.datetime.fromisoformat(BEFORE) - dt.timedelta(days=400)
    job = TableSync(UserRow, ACCOUNT, _table_read([A, B2], started_at=today), state, OPTIONS)
    events = list(job.events())
    known, later = timestamp(today), "2026-11-23T08:12:00.000001Z"
    assert (job.from_future, job.at) == (True, later)
    assert [(row["id"], observed_at) for row, observed_at in _sent(events)] == [
        ("a", known), ("b", known),
    ]  # fmt: skip
    assert {event.row.observed_at for event in events if isinstance(event, LogChange)} == {later}
    receipt = _receipt(events)
    assert (receipt["snapshot_at"], receipt["baseline_at"], receipt["compared_with"]) == (later, later, BEFORE)
    assert _changes(events) == [("modified", "b"), ("removed", "c")]


@pytest.mark.parametrize("state", [None, OLD])
def test_a_state_that_is_not_from_the_future(state: TableState | None):
    """Two machines' clocks may differ by a day; without a state there is nothing to be ahead of."""
    early = dt.datetime.fromisoformat(BEFORE) - dt.timedelta(hours=23)
    assert not TableSync(UserRow, ACCOUNT, _table_read([A], started_at=early), state, OPTIONS).from_future


@pytest.mark.parametrize("rows", [[A], [A, B], MANY])
def test_all_rows_are_gone(rows: list[Row]):
    """However few: an empty list alone revokes nobody; only a count of zero does, or the setting."""
    old = _state(*rows)
    held = _events([], old, {"emit_tombstones": True}, expected=None)
    assert _kinds(held) == ["SnapshotIncomplete", "WriteReceipt"]
    error = (
        f"a mass removal is held: all {len(rows)} rows are gone, and Wix does not confirm that there are none. If that "
        "is right, run once with `allow_mass_removal: true`; if not, check the API key's permissions and Wix's "
        "status page"
    )
    receipt = _receipt(held)
    assert (receipt["status"], receipt["removed_count"], receipt["error"]) == ("held", len(rows), error)
    gone = [("removed", row.own_key) for row in rows]
    allowed = _events([], old, {"allow_mass_removal": True}, expected=None)
    assert (_changes(allowed), _receipt(allowed)["status"]) == (gone, "complete")


@pytest.mark.parametrize("fields", [{"expected": 0}, {"expected": None, "reported_empty": True}])
def test_all_rows_are_gone_and_are_told_to_be(fields: dict[str, Any]):
    """A small account loses its last row as Wix counts zero of them; many of them are a mass removal all the same."""
    assert _changes(_events([], _state(A), **fields)) == [("removed", "a")]
    assert _receipt(_events([], MANY_OLD, **fields))["status"] == "held"


def test_one_row_is_gone_for_another():
    """An invite is accepted, and the next one is sent: that is reported, and no reason to stop a small account."""
    events = _events([B], _state(A), expected=None)
    assert (_changes(events), _receipt(events)["status"]) == ([("added", "b"), ("removed", "a")], "complete")


@pytest.mark.parametrize("rows", [[A, B], MANY])
def test_all_rows_are_gone_for_others(rows: list[Row]):
    """Another account's list instead of this one's is counted, and revokes nobody."""
    stranger = A.model_copy(update={"id": "stranger"})
    held = _events([stranger], _state(*rows))
    assert (_changes(held), _receipt(held)["status"], _receipt(held)["removed_count"]) == ([], "held", len(rows))
    allowed = _events([stranger], _state(*rows), {"allow_mass_removal": True})
    assert _receipt(allowed)["status"] == "complete"


def test_all_rows_are_gone_of_a_table_too_large_for_the_state():
    """Its number of rows shows it."""
    old = TableState(BEFORE, BEFORE, "c", "e", 3, None)
    assert _receipt(_events([], old, expected=None))["status"] == "held"


def test_why_every_row_is_sent():
    """The reason is known before the first event, so that it can be logged."""
    assert TableSync(UserRow, ACCOUNT, _table_read([A]), OLD, OPTIONS).baseline == ""
    assert (
        TableSync(UserRow, ACCOUNT, _table_read([A]), None, OPTIONS).baseline
        == "there is no state of a complete snapshot"
    )


CALL = Endpoint("GET", "/roles", "Manage Roles")


def _refused(status: int) -> WixError:
    return refusal(CALL, httpx.Response(status), b"", Redactor("a-secret-key"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(_refused(401), "refused", id="401"),
        pytest.param(_refused(403), "refused", id="403"),
        pytest.param(_refused(404), "failed", id="404"),
        pytest.param(_refused(500), "failed", id="500"),
        pytest.param(NoAnswer(CALL, "timed out"), "failed", id="no answer"),
    ],
)
def test_a_read_that_brought_nothing(error: WixError, status: str):
    """Its receipt, whole: what was tried, and in the error's words why it failed."""
    meter = Meter()
    meter.requests, meter.retries = 5, 4
    failure = ReadFailed(error, BEGAN, meter)
    failure.finished_at = ENDED
    receipt = failed_receipt(UserRow, ACCOUNT, failure, OPTIONS, failure.error).model_dump()
    nothing = ("baseline_at", "proof", "row_count", "expected_count", "added_count", "modified_count", "removed_count")
    assert receipt == _whole(
        status=status, request_count=5, retry_count=4, error=str(error),
        **dict.fromkeys((*nothing, "duplicate_count", "attempt_count", "digest", "compared_with")),
    )  # fmt: skip
