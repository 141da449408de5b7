"""The rule for what is current (docs/streams.md, section 3.10), as SQL on DuckDB.

The law, for an account that changes and a tap that fails in every way: after a complete run the current rows are
exactly the account's, and until the next one no row that existed throughout is ever not current. Where it does not
hold, because something else than the state of the latest run wrote into the same tables, that is told, and only then.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.snapshot import state, sync
from tap_wix_users.snapshot.events import (
    CheckpointCommitted,
    CheckpointPending,
    Event,
    LogChange,
    SendRows,
    SendTombstone,
    WriteReceipt,
)
from tap_wix_users.snapshot.spool import Spool, closed, decode
from tap_wix_users.snapshot.table_read import ReadFailed, TableRead
from tap_wix_users.tables import models
from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.keys import key_parts, record_key
from tap_wix_users.tables.registry import TABLES
from tap_wix_users.warehouse.current import current_views, record_key_sql
from tap_wix_users.wix.client import Meter
from tap_wix_users.wix.errors import Endpoint, NoAnswer
from tests.defaults import SYNC
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_wix_users.wix.walks import Proof

A, B = "0aaaaaaa-1111-4222-8333-444455556666", "0bbbbbbb-1111-4222-8333-444455556666"
ADA, BEN = "1f6f2a52-0c1e-4c0b-9c7e-3a3c6b1f0a01", "2b0c7d1e-8f55-4d3a-a0f5-6f9f4e2d0b02"
BEGINNING = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)
YEAR = 24 * 365
CROWD = 21
"""Rows that come and go together, so that their leaving is a mass removal."""

Content: TypeAlias = dict[str, str]
Rule: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Kind:
    """A table whose rows the law is tried on: how a row of it is made of a key and a content.

    Attributes:
        name: The table.
        content: The column that holds a row's content.
        keys: Record keys that come and go one by one.
        crowd: Those that come and go together.
    """

    name: str
    content: str
    keys: tuple[str, ...]
    crowd: tuple[str, ...] = ()

    @property
    def model(self) -> type[models.Row]:
        """Its declaration."""
        return next(table.model for table in TABLES if table.name == self.name)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that make up a record key."""
        return self.model.key[1:] or self.model.key

    def row(self, account_id: str, key: str, content: str) -> models.Row:
        """A row."""
        columns: dict[str, Any] = {
            **dict.fromkeys(self.model.model_fields),
            "account_id": account_id,
            self.content: content,
        }
        columns |= {"asset_type": "account"} if "asset_type" in columns else {}
        columns |= dict(zip(self.key_columns, key_parts(key), strict=True))
        row = self.model(**columns)
        assert row.own_key == key
        return row


USERS = Kind("users", "email", (ADA, BEN, "cy", "dee", "eve"), tuple(f"m{number:02}" for number in range(CROWD)))
ASSIGNMENTS = Kind(
    "assignments",
    "asset_name",
    (f"{ADA}|7", f"{ADA}|7/a", f"{BEN}|7", f"{BEN}|1@site:x%7Cy", "c%25|1@account"),
    tuple(f"m|{number:02}" for number in range(CROWD)),
)
ACCOUNTS = Kind("accounts", "name", (A,))
FEW = Kind("users", "email", (ADA, BEN))


class Warehouse:
    """What an upserting target makes of the messages: it knows keys, and nothing of versions or deletion."""

    def __init__(self, kind: Kind, *, history: bool, rule: Rule) -> None:
        self.kind = kind
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute("create schema raw")
        seen = [models.OBSERVED_AT, models.SNAPSHOT_AT]
        version = [models.OBSERVED_AT] if history else []
        self._columns: dict[str, list[str]] = {}
        self._create(kind.model, [*seen, models.DELETED_AT], version)
        self._create(models.ChangeRow, [], [])
        self._create(models.ReceiptRow, [], [])
        self._database.execute("create table raw.clock (now timestamp)")
        for statement in current_views([t for t in TABLES if t.name == kind.name], "raw", "now"):
            # The warehouse's own clock is right, but of another year; and the chain is looked at once a run.
            told = statement.replace("cast(current_timestamp as timestamp)", "(select max(now) from raw.clock)")
            told = told.replace("from now.receipt_chain", "from raw.chain").replace(
                "join now.receipt_chain", "join raw.chain"
            )
            self._database.execute(rule(told))
            if told.startswith("create or replace view now.receipt_chain"):
                self._database.execute("create table raw.chain as from now.receipt_chain")

    def _create(self, model: type[models.Row], more: list[str], version: list[str]) -> None:
        columns = self._columns[model.table] = [*model.model_fields, *more]
        typed = [
            f"{name} {'timestamp' if name.endswith('_at') or name == 'compared_with' else 'varchar'}"
            for name in columns
        ]
        key = ", ".join([*model.key, *version])
        self._database.execute(f"create table raw.{model.table} ({', '.join(typed)}, primary key ({key}))")

    def clear(self) -> None:
        """Forget everything."""
        for table in [*self._columns, "clock"]:
            self._database.execute(f"delete from raw.{table}")

    def tick(self, now: dt.datetime) -> None:
        """Set the warehouse's clock."""
        self._database.execute("insert into raw.clock values (?)", [now.replace(tzinfo=None)])

    def upsert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Store rows in place of those with the same key."""
        columns = self._columns[table]
        values = [[row.get(name) for name in columns] for row in rows]
        places = ", ".join([f"({', '.join('?' * len(columns))})"] * len(values))
        flat = [None if value is None else str(value) for row in values for value in row]
        self._database.execute(f"insert or replace into raw.{table} values {places}", flat)

    def forget_receipt(self, account_id: str, number: int, *, only_its_link: bool) -> None:
        """Lose a receipt, or what it was compared with."""
        lose = "update raw.snapshots set compared_with = null" if only_its_link else "delete from raw.snapshots"
        self._database.execute(
            f"{lose} where account_id = ? and snapshot_at = "
            "(select snapshot_at from raw.snapshots where account_id = ? order by snapshot_at limit 1 offset ?)",
            [account_id, account_id, number],
        )

    def lose_rows(self, account_id: str) -> None:
        """Lose the rows of an account."""
        self._database.execute(f"delete from raw.{self.kind.name} where account_id = ?", [account_id])

    def look(self) -> Sight:
        """What the views say now."""
        self._database.execute("delete from raw.chain")
        self._database.execute("insert into raw.chain from now.receipt_chain")
        query = (
            f"select account_id, {record_key_sql(self.kind.key_columns)}, {self.kind.content}, is_current, "
            f"removed_after, removed_before from now.{self.kind.name}"
        )
        sight = Sight({A: [], B: []}, {A: [], B: []}, {})
        gone = []
        for account_id, own_key, content, is_current, after, before in self._database.execute(query).fetchall():
            if is_current:
                sight.current[account_id].append((own_key, content))
            elif before is not None and account_id == A:
                gone.append((own_key, (after, before)))
        sight.removals.update(gone)
        assert len(sight.removals) == len(gone)
        for rows in sight.current.values():
            rows.sort()
        query = "select account_id, evidence from now.receipt_forks order by all"
        for account_id, evidence in self._database.execute(query).fetchall():
            sight.forks[account_id].append(evidence)
        return sight


class Sight(NamedTuple):
    """What the views say.

    Attributes:
        current: The current rows' keys and contents, by account.
        forks: What is said of each account: that something else than its latest run's state wrote into the tables.
        removals: Between when each row of the account went that is not current, and that no newer version replaced.
    """

    current: dict[str, list[tuple[str, str | None]]]
    forks: dict[str, list[str]]
    removals: dict[str, tuple[dt.datetime, dt.datetime]]


@dataclass(frozen=True)
class Target:
    """What the warehouse is like.

    Attributes:
        history: Whether it keeps a row per version.
        tombstones: Whether they are not sent, ignored, or kept as if they were rows.
    """

    history: bool = False
    tombstones: Literal["none", "ignored", "kept"] = "none"


@cache
def _warehouse(kind: Kind, history: bool, rule: Rule) -> Warehouse:
    return Warehouse(kind, history=history, rule=rule)


def as_it_is(statement: str) -> str:
    """The rule."""
    return statement


@dataclass(frozen=True)
class Run:
    """What happened in the account since the previous run, and then a run.

    Attributes:
        changes: New content by record key; None for a row that left.
        read: How the read ends.
        unseen: Rows that a read which is not proved misses.
        ghosts: Rows that it sees although they are not there any more.
        hours: Time since the run before.
        clock: Hours by which the clock of the run's machine is ahead.
        method: Replication method.
        content: Names what rows are made of; a new release or locale changes it.
        emitted: Names how they are sent; a new selection of columns changes it.
        most: The largest table that is compared.
        allow: Whether a mass removal is allowed.
        logs: Whether the streams of changes and receipts are selected.
        state: Whether the state of the run before is there, is lost, or is there and not looked at (a full refresh); or
            it is another one: of a second state id, or of a backup of three runs ago.
        stop: The messages that are written before the run is killed: a slice's end, None for all.
        kept: Of those, the ones whose STATE is kept; fewer when the machine dies between a target's commit and its
            STATE.
    """

    changes: Mapping[str, str | None] = field(default_factory=dict)
    read: Literal["complete", "unverified", "failed"] = "complete"
    unseen: frozenset[str] = frozenset()
    ghosts: Mapping[str, str] = field(default_factory=dict)
    hours: int = 24
    clock: int = 0
    method: str = "INCREMENTAL"
    content: str = "c"
    emitted: str = "e"
    most: int = 1000
    allow: bool = False
    logs: bool = True
    state: Literal["kept", "lost", "ignored", "second", "restored"] = "kept"
    stop: int | None = None
    kept: int | None = None


class Life:
    """An account, the runs over it, and the warehouse that they fill.

    Attributes:
        account: The account's rows.
        status: How the last run ended, as its receipt says; `killed` without one, `unlogged` where none was asked for.
        doubtful: Whether anything happened that the chain of receipts has to report.
        left: When each row left that no read saw since, or pretended to see.
    """

    def __init__(self, kind: Kind, target: Target, rule: Rule = as_it_is) -> None:
        self.account: Content = {}
        self.status = ""
        self.doubtful = False
        self.left: dict[str, dt.datetime] = {}
        self._clocks_were_wrong = self._states_were_lost = False
        self._kind = kind
        self._target = target
        self._now = BEGINNING
        self._warehouse = _warehouse(kind, target.history, rule)
        self._warehouse.clear()
        self._states: dict[str, str | None] = {"first": None, "second": None}
        self._backups: list[str | None] = []
        # What existed since the last complete run, with every content that it had.
        self._throughout: dict[str, set[str]] = {}
        neighbours = {B if kind is ACCOUNTS else key: "b" for key in kind.keys}
        self._neighbours = sorted(neighbours.items())
        job = self._sync(B, neighbours, Run(), None)
        self._write(job.at, job.events())

    def run(self, run: Run) -> None:
        """Let the account change, then run the tap."""
        self._now += dt.timedelta(hours=run.hours)
        self._warehouse.tick(self._now)
        for key, content in run.changes.items():
            self._change(key, content)
        self._note_clock(run)
        if run.read == "failed":
            self._fail()
        else:
            self._read(run)
        self._backups.append(self._states["first"])

    @property
    def blind(self) -> bool:
        """Whether a state was lost and a clock was wrong, in either order: then nothing shows which run came last."""
        return self._clocks_were_wrong and self._states_were_lost

    @property
    def current(self) -> list[tuple[str, str | None]]:
        """The current rows of the account: their keys and contents."""
        return self._warehouse.look().current[A]

    @property
    def told(self) -> list[str]:
        """What the chain of receipts says of the account."""
        return self._warehouse.look().forks[A]

    def forget_receipt(self, number: int, *, only_its_link: bool = False) -> None:
        """Let the warehouse lose a receipt of the account, or what it was compared with."""
        self._warehouse.forget_receipt(A, number, only_its_link=only_its_link)

    def lose_rows(self) -> None:
        """Let the warehouse lose every row of the account."""
        self._warehouse.lose_rows(A)

    def check(self) -> None:
        """The law."""
        sight = self._warehouse.look()
        current, told = sight.current[A], sight.forks[A]
        assert (sight.current[B], sight.forks[B]) == (self._neighbours, [])
        assert self.doubtful or told == []
        contents = dict(current)
        assert len(contents) == len(current)
        if self.status == "complete" and not self.blind:
            # Whatever else was told: a snapshot of the chain never shows what was gone by then.
            assert contents.keys() <= self.account.keys()
        if set(told) - {"clock"} or self.blind:
            return
        if self.status == "complete":
            assert contents == self.account
            self._check_removals(sight.removals)
        for key in self._throughout:
            assert contents.get(key) in self._throughout[key]

    def _check_removals(self, told: Mapping[str, tuple[dt.datetime, dt.datetime]]) -> None:
        """What is said of a removal is true: the row left between the bounds."""
        assert told.keys().isdisjoint(self.account)
        for key, (after, before) in told.items():
            if key in self.left and not self._clocks_were_wrong and not self.doubtful:
                assert after < self.left[key].replace(tzinfo=None) <= before

    def _change(self, key: str, content: str | None) -> None:
        if content is None:
            if key in self.account:
                # One that came back and left again before anybody saw it left when it was last seen.
                self.left.setdefault(key, self._now)
            self.account.pop(key, None)
            self._throughout.pop(key, None)
        else:
            self.account[key] = content
            if key in self._throughout:
                self._throughout[key].add(content)

    def _note_clock(self, run: Run) -> None:
        self.doubtful |= run.clock > 0
        self._clocks_were_wrong |= run.clock != 0 or run.hours < 0
        self._states_were_lost |= run.state != "kept"

    def _fail(self) -> None:
        failure = ReadFailed(NoAnswer(Endpoint("GET", "/x"), "no answer"), self._now, Meter())
        options = sync.SyncOptions("INCREMENTAL", "c", "e", "1", **SYNC)
        row = sync.failed_receipt(self._kind.model, A, failure, options, failure.error)
        self._warehouse.upsert(row.table, [row.__dict__])
        self.status = row.status

    def _read(self, run: Run) -> None:
        seen = dict(self.account)
        if run.read == "unverified":
            seen = {key: content for key, content in {**run.ghosts, **seen}.items() if key not in run.unseen}
        name = "second" if run.state == "second" else "first"
        self._prepare_state(run)
        stored = self._states[name]
        before = None if stored is None or run.state == "ignored" else json.loads(stored)
        job = self._sync(A, seen, run, state.load(before), state.pending_since(before))
        events = list(job.events())
        written = events[: run.stop]
        kept = written[: run.kept]
        selected = [e for e in written if run.logs or not isinstance(e, LogChange | WriteReceipt)]
        self._write(job.at, selected)
        receipts = [event.row.status for event in selected if isinstance(event, WriteReceipt)]
        self.status = receipts[0] if receipts else "killed" if run.logs else "unlogged"
        for key in self._told(selected).keys() | (seen if self.status == "complete" else {}):
            if key in seen:
                self.left.pop(key, None)
        for event in kept:
            if isinstance(event, CheckpointPending):
                self._states[name] = json.dumps(state.mark_pending(before, event.at))
            elif isinstance(event, CheckpointCommitted):
                self._states[name] = json.dumps(state.dump(event.state))
        # What the target stored, and its STATE never told.
        checkpoints = CheckpointPending | CheckpointCommitted
        untold = bool(selected) and not any(isinstance(event, checkpoints) for event in kept)
        self.doubtful |= untold
        self._states_were_lost |= untold
        if self.status == "complete":
            self._throughout = {key: {content} for key, content in self.account.items()}

    def _prepare_state(self, run: Run) -> None:
        if run.state == "lost":
            self._states["first"] = None
        elif run.state == "restored" and self._backups:
            self._states["first"] = self._backups[max(0, len(self._backups) - 3)]
        self.doubtful |= run.state in {"second", "restored"}

    def _sync(
        self, account_id: str, seen: Content, run: Run, old: state.TableState | None, written_at: str = ""
    ) -> sync.TableSync:
        rows = Spool()
        rows.extend(
            list(seen), [encode(self._kind.row(account_id, key, content).__dict__) for key, content in seen.items()]
        )
        proof: Proof | None = None if run.read == "unverified" else "count"
        began = self._now + dt.timedelta(hours=run.clock)
        read = TableRead(rows, proof, None, began, began, None, 0, 1, 1, 0, reported_empty=not seen)
        options = sync.SyncOptions(
            run.method, run.content, run.emitted, "1", **SYNC | {
                "max_state_rows": run.most, "allow_mass_removal": run.allow,
                "emit_tombstones": self._target.tombstones != "none", "logged": run.logs,
            }
        )  # fmt: skip
        return sync.TableSync(self._kind.model, account_id, read, old, options, written_at)

    def _write(self, at: str, events: Iterable[Event]) -> None:
        """Store what the target makes of the messages, in their order."""
        rows: list[tuple[str, dict[str, Any]]] = []
        for event in events:
            match event:
                case SendRows(text, observed_at):
                    seen = {"observed_at": observed_at, "snapshot_at": at}
                    rows += [(self._kind.name, {**decode(line), **seen}) for line in closed(text)]
                case SendTombstone(record) if self._target.tombstones == "kept":
                    rows.append((self._kind.name, record))
                case LogChange(row) | WriteReceipt(row):
                    rows.append((row.table, row.__dict__))
        for table, group in groupby(rows, key=lambda row: row[0]):
            self._warehouse.upsert(table, [row for _table, row in group])

    def _told(self, written: Sequence[Event]) -> dict[str, str | None]:
        """What messages say of each row: its content, or None when it is gone."""
        told: dict[str, str | None] = {}
        for event in written:
            if isinstance(event, SendRows):
                for row in map(decode, closed(event.text)):
                    told[record_key([row[name] for name in self._kind.key_columns])] = row[self._kind.content]
            elif isinstance(event, LogChange) and event.row.change_type == "removed":
                told[event.row.record_key] = None
        return told


def live(kind: Kind, target: Target, runs: Iterable[Run], rule: Rule = as_it_is) -> Life:
    """A history, with the law looked at after every run."""
    life = Life(kind, target, rule)
    for run in runs:
        life.run(run)
        life.check()
    return life


# Small histories

V1 = {ADA: "v1", BEN: "v1"}
BOTH = [(ADA, "v1"), (BEN, "v1")]
ADA_ALONE = [(ADA, "v1")]
GONE: dict[str, str | None] = {BEN: None}
BACK: dict[str, str | None] = {BEN: "v1"}
RENAMED: dict[str, str | None] = {BEN: "v2"}
FIRST = Run(V1)
FULL = "FULL_TABLE"


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(Target(), id="latest"),
        pytest.param(Target(history=True), id="history"),
        pytest.param(Target(tombstones="kept"), id="tombstones"),
    ],
)
@pytest.mark.parametrize(
    ("runs", "status", "current"),
    [
        pytest.param([], "", [], id="before the first run"),
        pytest.param([FIRST], "complete", BOTH, id="the first run"),
        pytest.param([FIRST, Run()], "complete", BOTH, id="nothing changed"),
        pytest.param([FIRST, Run(RENAMED)], "complete", [(ADA, "v1"), (BEN, "v2")], id="a row changed"),
        pytest.param([FIRST, Run(RENAMED), Run(BACK)], "complete", BOTH, id="and changed back"),
        pytest.param([FIRST, Run(GONE)], "complete", ADA_ALONE, id="a row left"),
        pytest.param([FIRST, Run(GONE), Run()], "complete", ADA_ALONE, id="and stays away"),
        pytest.param([FIRST, Run(GONE), Run(BACK)], "complete", BOTH, id="and came back"),
        pytest.param([FIRST, Run(GONE), Run(BACK), Run(GONE)], "complete", ADA_ALONE, id="and left again"),
        pytest.param([FIRST, Run(GONE), Run(hours=24 * 7)], "complete", ADA_ALONE, id="a baseline after it left"),
        pytest.param([FIRST, Run({ADA: None, BEN: None})], "complete", [], id="all left"),
        pytest.param([FIRST, Run(stop=0)], "killed", BOTH, id="killed before the first message"),
        pytest.param([FIRST, Run(RENAMED, stop=2)], "killed", [(ADA, "v1"), (BEN, "v2")], id="killed behind a row"),
        pytest.param([FIRST, Run(RENAMED, stop=2), Run(BACK)], "complete", BOTH, id="undone after a killed run"),
        pytest.param([FIRST, Run({"cy": "v1"}, stop=2)], "killed", [*BOTH, ("cy", "v1")], id="seen by a killed run"),
        pytest.param([FIRST, Run({"cy": "v1"}, stop=2), Run({"cy": None})], "complete", BOTH, id="by it alone"),
        pytest.param([FIRST, Run(GONE, "failed")], "failed", BOTH, id="failed after a row left"),
        pytest.param([FIRST, Run(state="lost")], "complete", BOTH, id="state lost"),
        pytest.param([FIRST, Run(GONE, state="lost")], "complete", ADA_ALONE, id="state lost while a row left"),
        pytest.param([FIRST, Run(GONE, state="lost", stop=1)], "killed", BOTH, id="and the run was killed"),
        pytest.param([FIRST, Run(GONE, state="ignored")], "complete", ADA_ALONE, id="a full refresh"),
        pytest.param([FIRST, Run(GONE, method=FULL)], "complete", ADA_ALONE, id="full table"),
        pytest.param([FIRST, Run(method=FULL), Run(GONE)], "complete", ADA_ALONE, id="full table, then incremental"),
        pytest.param([FIRST, Run(GONE, method=FULL), Run(BACK)], "complete", BOTH, id="a row came back in between"),
        pytest.param([FIRST, Run(method=FULL, stop=2)], "killed", BOTH, id="full table, killed"),
        pytest.param([FIRST, Run(method=FULL, stop=2), Run(GONE)], "complete", ADA_ALONE, id="and then incremental"),
        pytest.param([FIRST, Run(GONE, most=1), Run(most=1)], "complete", ADA_ALONE, id="too many rows to compare"),
        pytest.param([FIRST, Run(content="other"), Run(GONE, content="other")], "complete", ADA_ALONE, id="a release"),
        pytest.param([FIRST, Run(unseen=frozenset([BEN]), read="unverified")], "unverified", BOTH, id="a row unseen"),
        pytest.param(
            [FIRST, Run({"cy": "v1"}, "unverified"), Run({"cy": None}, "failed")],
            "failed",
            [*BOTH, ("cy", "v1")],
            id="a row that an unverified read saw",
        ),
        pytest.param(
            [FIRST, Run(ghosts={"cy": "v1"}, read="unverified"), Run()], "complete", BOTH, id="that nobody saw again"
        ),
        pytest.param(
            [FIRST, Run(dict.fromkeys(USERS.crowd, "v1")), Run({**dict.fromkeys(USERS.crowd), "cy": "v1"})],
            "held",
            [*BOTH, ("cy", "v1"), *((key, "v1") for key in USERS.crowd)],
            id="a mass removal is held",
        ),
        pytest.param(
            [FIRST, Run(dict.fromkeys(USERS.crowd, "v1")), Run(dict.fromkeys(USERS.crowd)), Run(allow=True)],
            "complete",
            BOTH,
            id="and then allowed",
        ),
    ],
)
def test_a_small_history(runs: list[Run], status: str, current: list[Any], target: Target):
    """What is current at its end, and the law on the way, whatever the target keeps."""
    life = live(USERS, target, runs)
    assert (life.status, life.current) == (status, current)


LATEST = Target()


@pytest.mark.parametrize(
    ("runs", "latest", "history", "told"),
    [
        pytest.param(
            [Run(GONE), Run(BACK, state="restored")], BOTH, BOTH, ["change", "receipt"],
            id="a restored state does not know that a row left, which is back",
        ),
        pytest.param(
            [Run({"cy": "v1"}), Run({"cy": None}, state="restored")], BOTH, BOTH, ["change", "receipt", "row"],
            id="nor of a row that came, and is gone",
        ),
        pytest.param(
            [Run(RENAMED), Run(BACK, state="restored")], ADA_ALONE, BOTH, ["change", "receipt", "row"],
            id="nor of a row's other content",
        ),
        pytest.param(
            [Run(GONE), Run(), Run(BACK, state="restored"), Run()], BOTH, BOTH, ["change", "receipt", "receipt"],
            id="and the runs after it go on from there",
        ),
        pytest.param(
            [Run(state="second"), Run(GONE), Run(BACK, state="second")], BOTH, BOTH, ["change", "receipt"],
            id="two state ids: a row left and is back",
        ),
        pytest.param(
            [Run(state="second"), Run({"cy": "v1"}), Run({"cy": None}, state="second")],
            BOTH, BOTH, ["change", "receipt", "row"],
            id="two state ids: a row came and is gone",
        ),
        pytest.param(
            [Run(state="second"), Run()], [], BOTH, ["receipt", "row"],
            id="two state ids: rows that the other one sent last are missing, unless versions are kept",
        ),
        pytest.param(
            [Run(GONE, kept=0), Run(BACK)], BOTH, BOTH, ["change", "receipt"],
            id="a commit without a STATE: a row left and is back",
        ),
        pytest.param(
            [Run({"cy": "v1"}, kept=0), Run({"cy": None})], BOTH, BOTH, ["change", "receipt", "row"],
            id="a commit without a STATE: a row came and is gone",
        ),
        pytest.param(
            [Run(RENAMED, stop=2, kept=0), Run(BACK)], ADA_ALONE, BOTH, ["row"],
            id="a commit without a STATE, nor a receipt",
        ),
        pytest.param([Run(kept=0), Run()], BOTH, BOTH, ["receipt"], id="a commit without a STATE, of no change"),
        pytest.param(
            [Run(GONE, logs=False, kept=0), Run(BACK), Run(GONE)], ADA_ALONE, ADA_ALONE, [],
            id="a run without the log streams that wrote nothing",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("target", [LATEST, Target(history=True)], ids=["latest", "history"])
def test_a_fork(target: Target, runs: list[Run], latest: list[Any], history: list[Any], told: list[str]):
    """Something else than the latest run's state wrote: it does not count, is reported, and a full refresh heals it."""
    life = live(USERS, target, [FIRST, *runs])
    assert (life.current, life.told) == (history if target.history else latest, told)
    life.run(Run(state="ignored"))
    life.check()
    assert (life.current, life.told) == (sorted(life.account.items()), [])


def test_a_receipt_that_is_missing():
    """A warehouse that lost a receipt reports it, and the previous one takes its place."""
    life = live(USERS, LATEST, [FIRST, Run(RENAMED), Run()])
    life.forget_receipt(1)
    assert (life.current, life.told) == (ADA_ALONE, ["change", "link", "row"])
    life.run(Run(state="ignored"))
    assert (life.current, life.told) == ([(ADA, "v1"), (BEN, "v2")], [])


def test_receipts_of_release_0_1_0():
    """They do not say what they were compared with: each is taken for compared with the one before."""
    life = live(USERS, LATEST, [FIRST, Run(RENAMED), Run(GONE), Run()])
    for number in range(4):
        life.forget_receipt(number, only_its_link=True)
        assert (life.current, life.told) == (ADA_ALONE, [])
    life.run(Run(BACK))
    life.check()
    assert (life.current, life.told) == (BOTH, [])


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        pytest.param([Run(RENAMED, clock=YEAR)], {"clock"}, id="ahead once"),
        pytest.param([Run(RENAMED, clock=YEAR), Run(BACK), Run(GONE)], {"clock"}, id="and right again"),
        pytest.param([Run(RENAMED, clock=-YEAR), Run(BACK)], set(), id="behind"),
    ],
)
def test_a_clock_that_was_wrong(runs: list[Run], told: set[str]):
    """The rule still holds, and rows dated in the future are reported."""
    assert set(live(USERS, LATEST, [FIRST, *runs]).told) == told


@pytest.mark.parametrize("days", [8, 16, 30, 90, 300])
@pytest.mark.parametrize("target", [LATEST, Target(history=True)], ids=["latest", "history"])
def test_a_row_that_the_warehouse_lost_after_a_clock_was_ahead(target: Target, days: int):
    """It comes back with the next run, however far the clock had been ahead."""
    life = live(USERS, target, [FIRST, Run(RENAMED, clock=YEAR)])
    life.lose_rows()
    assert life.current == []
    life.run(Run(hours=24 * days))
    life.check()
    assert life.current == [(ADA, "v1"), (BEN, "v2")]


WITH_HISTORY, WITH_TOMBSTONES = Target(history=True), Target(tombstones="kept")


@pytest.mark.parametrize(
    ("target", "runs"),
    [
        # FIRST: Ada and Ben. Ben left: Log(removed), and the tap is killed. Ben is back, as he was: nothing to send.
        pytest.param(Target(), [Run(GONE, stop=2), Run(BACK)], id="killed behind a removal"),
        pytest.param(WITH_HISTORY, [Run(GONE, stop=2), Run(BACK)], id="killed, with history"),
        pytest.param(WITH_TOMBSTONES, [Run(GONE, stop=2), Run(BACK)], id="behind a tombstone"),
        pytest.param(Target(), [Run(state="ignored", stop=2), Run()], id="a full refresh that was killed"),
        pytest.param(Target(), [Run(read="unverified", state="ignored"), Run()], id="a full refresh, unverified"),
        pytest.param(Target(), [Run(method=FULL, stop=2, kept=0), Run()], id="a machine that died in a full table run"),
        pytest.param(WITH_HISTORY, [Run(method=FULL, stop=2, kept=0), Run()], id="the same, with history"),
        pytest.param(
            Target(),
            [Run({"cy": "v1"}, stop=2), Run({"cy": None}, hours=-1)],
            id="a clock set back behind a killed run",
        ),
        pytest.param(
            Target(),
            [Run(state="lost", stop=0), Run({"cy": "v1"}, clock=YEAR, stop=4), Run({"cy": None})],
            id="a run that was killed in the future, and no state",
        ),
    ],
)
def test_a_history_that_once_broke_the_law(target: Target, runs: list[Run]):
    """Found by the law below, as short as they get."""
    live(USERS, target, [FIRST, *runs])


# The law


STATES_KEPT = {"": 10, "states": 10, "clocks": 30}
"""What goes wrong beside reads and runs, and how much more often a state is kept than lost."""


def _runs(kind: Kind, trouble: str) -> st.SearchStrategy[Run]:
    keys, contents = st.sampled_from(kind.keys), st.sampled_from(["v1", "v2", "v3"])
    changes = st.dictionaries(keys, st.none() | contents, max_size=3)
    if kind.crowd:
        crowd = st.sampled_from([*[{}] * 6, dict.fromkeys(kind.crowd, "v1"), dict.fromkeys(kind.crowd)])
        changes = st.builds(lambda some, many: {**some, **many}, changes, crowd)
    ends = st.none() | st.integers(-3, 6)
    return st.builds(
        Run,
        changes=changes,
        read=st.sampled_from(["complete", "complete", "complete", "unverified", "failed"]),
        unseen=st.frozensets(keys, max_size=2),
        ghosts=st.dictionaries(keys, contents, max_size=2),
        hours=st.sampled_from([24, 1, 24 * 5]),
        method=st.sampled_from(["INCREMENTAL", "INCREMENTAL", "FULL_TABLE"]),
        content=st.sampled_from(["c", "c", "c", "other"]),
        emitted=st.sampled_from(["e", "e", "e", "other"]),
        most=st.sampled_from([1000, 1000, 1000, 2]),
        allow=st.booleans(),
        clock=st.sampled_from([0, 0, 0, YEAR, -YEAR]) if trouble == "clocks" else st.just(0),
        logs=st.sampled_from([*[True] * 8, False]) if trouble else st.just(True),
        state=st.sampled_from(
            [*["kept"] * STATES_KEPT[trouble], "lost", "ignored", *(["second", "restored"] * bool(trouble))]
        ),
        stop=ends,
        kept=st.none() | ends if trouble else st.none(),
    )


def _stories(kind: Kind) -> st.SearchStrategy[tuple[Kind, Target, list[Run]]]:
    # Tombstones would delete versions: the settings refuse both together.
    latest = st.builds(Target, tombstones=st.sampled_from(["none", "ignored", "kept"]))
    targets = latest | st.just(Target(history=True))
    # Once something else wrote, little is promised: in a part of the stories nothing else does.
    runs = (
        st.sampled_from(list(STATES_KEPT))
        .map(lambda trouble: _runs(kind, trouble))
        .flatmap(lambda run: st.lists(run, min_size=4, max_size=12))
    )
    return st.tuples(st.just(kind), targets, runs)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        pytest.param(FEW, 40, id="two users"),
        pytest.param(USERS, 12, id="users"),
        pytest.param(ASSIGNMENTS, 12, id="assignments"),
        pytest.param(ACCOUNTS, 20, id="accounts"),
    ],
)
def test_the_law(kind: Kind, number: int):
    """Whatever happens: what a complete run saw is current and nothing else, and what stayed was never not current."""

    @settings(max_examples=examples(number))
    @given(_stories(kind))
    def law(story: tuple[Kind, Target, list[Run]]) -> None:
        live(*story)

    law()


def _without(part: str, instead: str) -> Rule:
    def rule(statement: str) -> str:
        if statement.startswith(f"create or replace view now.{ACCOUNTS.name} ") and part not in statement:
            raise LookupError(f"the rule has no part {part}")
        return statement.replace(part, instead)

    return rule


B_PART = "coalesce(removal.removed_at <= sighted_at, true)"
C_PART = "and sighted_at is not null and"
PROVISIONAL = "latest.snapshot_at is null or entity.snapshot_at > latest.snapshot_at or"
HERE, OTHER, AWAY = Run({A: "v1"}), Run({A: "v2"}), Run({A: None})


@pytest.mark.parametrize(
    ("rule", "history", "runs"),
    [
        pytest.param(_without(B_PART, "true"), True, [HERE, AWAY], id="without (b)"),
        pytest.param(_without(C_PART, "and"), True, [OTHER, Run({A: "v1"}, stop=2, kept=0), AWAY], id="without (c)"),
        pytest.param(
            _without("and standing.place = 1", ""), True, [OTHER, Run(state="second")], id="all versions"
        ),
        pytest.param(
            _without(PROVISIONAL, ""), False, [HERE, Run({A: "v2"}, "unverified"), Run(state="second")],
            id="nothing provisional",
        ),
        pytest.param(
            _without(" end, snapshot_at desc, observed_at desc", " end, snapshot_at, observed_at"),
            True, [OTHER, HERE], id="the oldest version",
        ),
        pytest.param(
            _without("removal.previous_observed_at else", "removal.removed_at else"), True, [HERE, AWAY],
            id="gone too late",
        ),
        pytest.param(
            _without("removed_by.finished_at else", "removal.previous_observed_at else"), True, [HERE, AWAY],
            id="gone too early",
        ),
        pytest.param(
            _without("else observing.snapshot_at end", "else entity.observed_at end"),
            False, [Run(), Run({A: "v1"}, stop=2, kept=0), AWAY], id="any first sight",
        ),
    ],
)  # fmt: skip
def test_the_law_catches_a_rule_that_lacks_a_part(rule: Rule, history: bool, runs: list[Run]):
    """Each part of the rule is there for a history that the law holds for, and would not without it."""
    live(ACCOUNTS, Target(history), runs)
    with pytest.raises(AssertionError):
        live(ACCOUNTS, Target(history), runs, rule)
