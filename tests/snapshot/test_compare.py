"""The comparison of a snapshot with the last complete one: what is sent, what changed, and why everything is sent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.snapshot.compare import Comparison, Snapshot
from tap_wix_users.snapshot.state import TableState, Version
from tap_wix_users.wix.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = "2026-11-20T08:00:00.000000Z"
OLD = "2026-11-23T08:00:00.000000Z"
NEW = "2026-11-24T08:00:00.000000Z"
Content = dict[str, bytes]


def _print(content: str) -> bytes:
    """A fingerprint of this content."""
    return content.encode().ljust(8, b".")


def _state(content: Content, /, *, rows: Mapping[str, Version] | None = None, **fields: Any) -> TableState:
    """The state of a snapshot whose rows are as old as the baseline, unless they are given."""
    kept = {key: Version(print_, FIRST) for key, print_ in content.items()} if rows is None else rows
    whole = {
        "snapshot_at": OLD,
        "baseline_at": FIRST,
        "content": "c",
        "emitted": "e",
        "count": len(kept),
        "rows": kept,
    }
    return TableState(**{**whole, **fields})


def _compare(old: TableState | None, content: Content, *, keep: bool = True, **fields: Any) -> Outcome:
    snapshot = Snapshot(**{"at": NEW, "content": "c", "emitted": "e", "rebaseline_days": 7, **fields})
    comparison, other = (Comparison(old, snapshot, keep=keep) for _ in range(2))
    first_seen = list(comparison.compare(list(content), list(content.values())))
    # Shown one by one, they are the same.
    assert [seen for key, print_ in content.items() for seen in other.compare([key], [print_])] == first_seen
    assert (other.added, other.modified, other.state()) == (comparison.added, comparison.modified, comparison.state())
    kept = comparison.state().rows
    return Outcome(
        comparison,
        {
            key: Verdict(seen is not None, kept[key].observed_at if kept is not None else seen)
            for key, seen in zip(content, first_seen, strict=True)
        },
    )


class Verdict(NamedTuple):
    """Whether a row has to be sent, and the snapshot that first saw this version of it."""

    send: bool
    observed_at: str | None


class Outcome(NamedTuple):
    """A comparison to which every row was shown, and what it said about each."""

    comparison: Comparison
    verdicts: dict[str, Verdict]

    @property
    def sent(self) -> list[str]:
        """The keys of the rows to send."""
        return [key for key, verdict in self.verdicts.items() if verdict.send]

    @property
    def changes(self) -> tuple[list[str], list[str], list[str]]:
        """What was added, modified and removed."""
        return self.comparison.added, self.comparison.modified, list(self.comparison.removed())


ABC = {"a": _print("1"), "b": _print("2"), "c": _print("3")}
BCD = {"b": _print("2"), "c": _print("new"), "d": _print("4")}

keys = st.sampled_from([f"k{number}" for number in range(8)])
contents = st.dictionaries(keys, st.sampled_from([_print(f"v{number}") for number in range(3)]), max_size=8)


def test_what_changed():
    """Of two snapshots: one row is as it was, one changed, one is new, and one is gone."""
    comparison, verdicts = _compare(_state(ABC), BCD)
    assert verdicts == {"b": Verdict(False, FIRST), "c": Verdict(True, NEW), "d": Verdict(True, NEW)}
    assert (comparison.added, comparison.modified) == (["d"], ["c"])
    assert comparison.removed() == {"a": Version(_print("1"), FIRST)}
    assert (comparison.baseline, comparison.compared, comparison.sees_modified) == ("", True, True)
    assert comparison.state() == TableState(
        snapshot_at=NEW,
        baseline_at=FIRST,
        content="c",
        emitted="e",
        count=3,
        rows={
            "b": Version(_print("2"), FIRST),
            "c": Version(_print("new"), NEW),
            "d": Version(_print("4"), NEW),
        },
    )


@settings(max_examples=200)
@given(contents, contents)
def test_the_old_rows_and_the_changes_are_the_new_rows(old: Content, new: Content):
    """Applying what was sent and removed to the old rows gives the new ones; each change is reported once."""
    comparison, verdicts = _compare(_state(old), new)
    added, modified, removed = Outcome(comparison, verdicts).changes
    sent = {key: new[key] for key, verdict in verdicts.items() if verdict.send}
    assert {key: content for key, content in {**old, **sent}.items() if key not in removed} == new
    assert sorted(sent) == sorted([*added, *modified])
    assert (set(added), set(removed)) == (new.keys() - old.keys(), old.keys() - new.keys())
    assert set(modified) == {key for key in old.keys() & new.keys() if old[key] != new[key]}
    assert len(added) + len(modified) == len(sent)


@settings(max_examples=100)
@given(contents)
def test_nothing_changed(content: Content):
    """Then nothing is sent and nothing logged, and the state moves on with every row as old as it was."""
    old = _state(content)
    outcome = _compare(old, content)
    assert (outcome.sent, outcome.changes) == ([], ([], [], []))
    assert outcome.comparison.state() == _state(content, snapshot_at=NEW)


@settings(max_examples=100)
@given(contents, contents, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_irrelevant(old: Content, new: Content, chance: Any):
    """Whichever way round they come: the same rows are sent, the same changes reported, the same state is left."""
    shuffled = list(new.items())
    chance.shuffle(shuffled)
    one, other = _compare(_state(old), new), _compare(_state(old), dict(shuffled))
    assert one.verdicts == other.verdicts
    assert [set(part) for part in one.changes] == [set(part) for part in other.changes]
    assert one.comparison.state() == other.comparison.state()


@settings(max_examples=60)
@given(st.lists(contents, max_size=6))
def test_a_row_is_as_old_as_its_content(history: list[Content]):
    """From snapshot to snapshot, `observed_at` is when a row was last seen to become what it is."""
    state: TableState | None = None
    since: dict[str, tuple[bytes, str]] = {}
    for day, content in enumerate(history):
        at = timestamp(dt.datetime(2026, 11, 1, tzinfo=dt.UTC) + dt.timedelta(days=day))
        before = since
        since = {key: before[key] if before.get(key, ("",))[0] == c else (c, at) for key, c in content.items()}
        comparison, verdicts = _compare(state, content, at=at)
        state = comparison.state()
        assert {key: verdict.observed_at for key, verdict in verdicts.items()} == {
            key: observed for key, (_content, observed) in since.items()
        }


def test_the_first_snapshot_is_the_beginning():
    """Every row is sent and new, but none is reported as added: there was nothing to compare with."""
    outcome = _compare(None, ABC)
    comparison = outcome.comparison
    assert comparison.baseline == "there is no state of a complete snapshot"
    assert (comparison.compared, comparison.sees_modified) == (False, False)
    assert outcome.verdicts == dict.fromkeys(ABC, Verdict(True, NEW))
    assert outcome.changes == ([], [], [])
    kept = {key: Version(print_, NEW) for key, print_ in ABC.items()}
    assert comparison.state() == TableState(NEW, NEW, "c", "e", 3, kept)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param({}, {}, "", id="none"),
        pytest.param({"rows": None}, {}, "the state holds no rows to compare with", id="count alone"),
        pytest.param({"pending": FIRST}, {}, "the previous run left rows that its state does not cover", id="pending"),
        pytest.param(
            {"content": "d"}, {}, "columns, settings or the release changed what a row looks like", id="other content"
        ),
        pytest.param(
            {"emitted": "d"}, {}, "columns, settings or the release changed what a row looks like", id="other columns"
        ),
        pytest.param({}, {"everything": True}, "the replication method is FULL_TABLE", id="everything"),
        pytest.param({}, {"rebaseline_days": 5}, "", id="young enough"),
        pytest.param({}, {"rebaseline_days": 4}, "the last baseline is 4 days old", id="old"),
        pytest.param({}, {"rebaseline_days": 0}, "the last baseline is 4 days old", id="every time"),
        pytest.param({}, {"at": "2026-11-27T07:59:59.999999Z"}, "", id="a moment before a week"),
        pytest.param({}, {"at": "2026-11-27T08:00:00.000000Z"}, "the last baseline is 7 days old", id="a week"),
    ],
)
def test_why_every_row_is_sent(old: dict[str, Any], new: dict[str, Any], reason: str):
    """Each reason has its words; a baseline sends every row and starts its own count of days."""
    state = TableState(**{**_state(ABC).__dict__, **old})
    outcome = _compare(state, ABC, **new)
    assert outcome.comparison.baseline == reason
    assert outcome.sent == (list(ABC) if reason else [])
    assert outcome.comparison.baseline_at == (new.get("at", NEW) if reason else FIRST)
    assert outcome.comparison.state().baseline_at == outcome.comparison.baseline_at


def test_a_snapshot_of_a_table_too_large_to_keep_is_a_baseline():
    """It is the first reason of all."""
    assert _compare(None, ABC, keep=False).comparison.baseline == "the table is too large for the state"


@pytest.mark.parametrize("old", [{"pending": FIRST}, {"emitted": "d"}, {"baseline_at": "2026-01-01T00:00:00.000000Z"}])
def test_in_a_baseline_a_row_keeps_its_age(old: dict[str, Any]):
    """All rows are sent, but only what changed has a new `observed_at`, and only that is logged."""
    outcome = _compare(_state(ABC, **old), BCD)
    assert outcome.comparison.baseline
    assert outcome.verdicts == {"b": Verdict(True, FIRST), "c": Verdict(True, NEW), "d": Verdict(True, NEW)}
    assert outcome.changes == (["d"], ["c"], ["a"])
    assert outcome.comparison.sees_modified


def test_fingerprints_of_another_content_say_nothing():
    """No row keeps its age, the same fingerprint or not; who came and went is known by key, what changed is not."""
    outcome = _compare(_state(ABC, content="other"), BCD)
    assert outcome.verdicts == dict.fromkeys(BCD, Verdict(True, NEW))
    assert outcome.changes == (["d"], [], ["a"])
    assert (outcome.comparison.compared, outcome.comparison.sees_modified) == (True, False)
    kept = {key: Version(print_, NEW) for key, print_ in BCD.items()}
    assert outcome.comparison.state() == TableState(NEW, NEW, "c", "e", 3, kept)


def test_too_many_rows_are_not_compared():
    """Every row is sent, nothing is reported as changed, and the state keeps the count."""
    outcome = _compare(_state(ABC), BCD, keep=False)
    comparison = outcome.comparison
    assert outcome.verdicts == dict.fromkeys(BCD, Verdict(True, NEW))
    assert outcome.changes == ([], [], [])
    assert (comparison.compared, comparison.sees_modified) == (False, False)
    assert comparison.state() == TableState(NEW, NEW, "c", "e", 3, None)


def test_a_table_that_is_small_again_is_kept_again():
    """After a state without rows, the next snapshot is a beginning like the first."""
    outcome = _compare(TableState(OLD, OLD, "c", "e", 3, None), ABC)
    assert outcome.changes == ([], [], [])
    kept = {key: Version(print_, NEW) for key, print_ in ABC.items()}
    assert outcome.comparison.state() == TableState(NEW, NEW, "c", "e", 3, kept)


def _many(first: int, last: int) -> Content:
    return {f"k{number}": _print("1") for number in range(first, last)}


@pytest.mark.parametrize(
    ("before", "now", "ratio", "held"),
    [
        pytest.param(_many(0, 100), _many(0, 50), 0.5, False, id="just half"),
        pytest.param(_many(0, 100), _many(0, 49), 0.5, True, id="more than half"),
        pytest.param(_many(0, 20), {}, 0.5, False, id="all of twenty"),
        pytest.param(_many(0, 21), {}, 0.5, True, id="all of twenty-one"),
        pytest.param(_many(0, 100), _many(50, 100) | _many(200, 400), 0.5, False, id="half replaced"),
        pytest.param(_many(0, 100), _many(51, 100) | _many(200, 400), 0.5, True, id="more than half replaced"),
        pytest.param(_many(0, 100), {}, 1.0, False, id="no brake"),
        pytest.param(_many(0, 100), _many(0, 80), 0.0, False, id="twenty are always allowed"),
        pytest.param(_many(0, 100), _many(0, 79), 0.0, True, id="twenty-one are not"),
        pytest.param({}, _many(0, 100), 0.5, False, id="out of nothing"),
    ],
)
@pytest.mark.parametrize("old", [{}, {"pending": FIRST}, {"content": "other"}])
def test_a_mass_removal(before: Content, now: Content, ratio: float, held: bool, old: dict[str, Any]):
    """More than twenty rows, and more than the ratio of those that were there: in a baseline too."""
    assert _compare(_state(before, **old), now).comparison.is_mass_removal(ratio) == held


def test_the_first_snapshot_removes_nothing():
    """Without a state there is nothing that could be gone."""
    assert not _compare(None, {}).comparison.is_mass_removal(0.0)


@pytest.mark.parametrize(
    ("before", "now", "ratio", "held"),
    [(100, 49, 0.5, True), (100, 50, 0.5, False), (100, 400, 0.0, False), (21, 0, 0.5, True), (20, 0, 0.5, False)],
)
@pytest.mark.parametrize("side", ["old", "new", "both"])
def test_the_brake_works_with_counts_alone(before: int, now: int, ratio: float, held: bool, side: str):
    """Where rows are not compared, because there were or are too many, their numbers are."""
    old = TableState(OLD, FIRST, "c", "e", before, None) if side != "new" else _state(_many(0, before))
    comparison = _compare(old, _many(0, now), keep=side == "old").comparison
    assert comparison.is_mass_removal(ratio) == held
