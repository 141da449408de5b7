"""What earlier releases wrote is read by this one: their states, their catalogs, and the tables that they made."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tap_wix_users.snapshot.state import FORMAT
from tests.releases.freeze import RELEASES, SETTINGS, STREAMS, dump_world, freeze, load_world, main, pending_streams
from tests.releases.schema_changes import added, broken
from tests.support import LOGS, catalog, copied, discovered, run
from wix_sandbox import Sandbox

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def _number(name):
    return tuple(map(int, name.split(".")))


FROZEN = sorted((path.name for path in RELEASES.iterdir() if path.name[0].isdecimal()), key=_number)
FILES = {"world.json", "catalog.json", "state.json", "pending.json"}


@cache
def _text(release, name):
    return (RELEASES / release / name).read_text(encoding="utf-8")


def _read(release, name):
    return json.loads(_text(release, name))


def _selected(chosen, *streams):
    """A catalog with these streams selected, and nothing else changed."""
    for entry in chosen["streams"]:
        (root,) = (item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
        root["selected"] = entry["tap_stream_id"] in (streams or STREAMS)
    return chosen


def _sync(world, state=None, chosen=None, **settings):
    with Sandbox(world) as sandbox:
        return run(sandbox, catalog=chosen or catalog(*STREAMS), state=state, **SETTINGS, **settings)


def test_a_release_is_frozen():
    """There is one at least, and each has every file: the tests below would otherwise show nothing."""
    assert FROZEN
    assert {name: {path.name for path in (RELEASES / name).iterdir()} for name in FROZEN} == dict.fromkeys(
        FROZEN, FILES
    )


def test_each_release_of_the_changelog_is_frozen():
    """The changelog has a section for each release whose formats are kept, and for no other."""
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(released) == sorted(FROZEN)


def test_the_changelog_repeats_nothing():
    """Each release has one heading, and no entry is in the file twice, as merges may cause."""
    releases = re.split(r"^## ", CHANGELOG.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    headings = [re.findall(r"^### .*$", release, re.MULTILINE) for release in releases]
    assert [found for found in headings if len(found) > len(set(found))] == []
    entries = Counter(re.findall(r"^- .*$", "".join(releases), re.MULTILINE))
    assert [entry for entry, times in entries.items() if times > 1] == []


@pytest.mark.parametrize("release", FROZEN)
def test_nothing_changed(release):
    """With the state of an earlier release and an account as it was then, nothing but receipts is sent."""
    ran = _sync(load_world(_read(release, "world.json")), _read(release, "state.json"))
    assert (ran.code, ran.streams) == (0, {"snapshots"})
    assert "Every row is sent" not in ran.log
    assert Counter(receipt["stream_name"] for receipt in ran.records("snapshots")) == dict.fromkeys(
        set(STREAMS) - set(LOGS), 2
    )
    assert {receipt["status"] for receipt in ran.records("snapshots")} == {"complete"}
    assert {receipt["removed_count"] for receipt in ran.records("snapshots")} == {0}


@pytest.mark.parametrize("release", FROZEN)
def test_only_what_changed(release):
    """Somebody who leaves, and somebody who gets another name, are all that is sent and logged."""
    world = load_world(_read(release, "world.json"))
    leaver, other = list(world.main.people)[-2:]
    with Sandbox(world) as sandbox:
        world.main.leave(leaver)
        world.main.people[other].first_name = "Somebody"
        world.main.changed(world.main.people[other])
        ran = run(sandbox, catalog=catalog(*STREAMS), state=_read(release, "state.json"), **SETTINGS)
    assert ran.code == 0
    assert [(row["id"], row["first_name"]) for row in ran.records("users")] == [(other, "Somebody")]
    logged = {
        (row["stream_name"], row["change_type"], row["record_key"].split("|")[0]) for row in ran.records("change_log")
    }
    assert logged == {("assignments", "removed", leaver), ("users", "removed", leaver), ("users", "modified", other)}
    assert ran.streams == {"users", "change_log", "snapshots"}


@pytest.mark.parametrize("release", FROZEN)
def test_a_killed_run(release):
    """Where the state says that it does not cover everything, that table is sent whole, and no other."""
    world, state = load_world(_read(release, "world.json")), _read(release, "pending.json")
    (stream,) = pending_streams(state)
    rows = sum(account.counts()[stream] for account in world.accounts.values())
    ran = _sync(world, state)
    assert (ran.code, ran.streams) == (0, {stream, "snapshots"})
    assert len(ran.records(stream)) >= rows > 10
    assert "Every row is sent: the previous run left rows that its state does not cover" in ran.log


@pytest.mark.parametrize("release", FROZEN)
def test_the_catalog(release):
    """A catalog from an earlier release yields the same rows as a current one, in the columns that it has."""
    old, new = _read(release, "catalog.json"), catalog(*STREAMS)
    known = {entry["tap_stream_id"]: set(entry["schema"]["properties"]) for entry in old["streams"]}
    world = load_world(_read(release, "world.json"))
    with_old, with_new = _sync(world, chosen=_selected(old)), _sync(world, chosen=new)
    assert (with_old.code, with_new.code) == (0, 0)
    assert with_old.streams == known.keys() - {"change_log"}
    for stream in with_old.streams - {"snapshots"}:
        rows = [{name: row[name] for name in row if name in known[stream]} for row in with_new.records(stream)]
        times = dict.fromkeys(("observed_at", "snapshot_at"))
        assert [{**row, **times} for row in with_old.records(stream)] == [{**row, **times} for row in rows]


@pytest.mark.parametrize("release", FROZEN)
def test_the_catalog_and_the_state(release):
    """With both, as an orchestrator keeps them across an update, no row is sent again."""
    ran = _sync(
        load_world(_read(release, "world.json")),
        _read(release, "state.json"),
        chosen=_selected(_read(release, "catalog.json")),
    )
    assert (ran.code, ran.streams) == (0, {"snapshots"})


def test_a_state_of_a_newer_release():
    """After a downgrade each table is sent whole once, and the log says why and what else can be done."""
    release = FROZEN[-1]
    state = _read(release, "state.json")
    for kept in state["bookmarks"].values():
        for account in kept.get("accounts", {}).values():
            account["format"] = FORMAT + 1
    ran = _sync(load_world(_read(release, "world.json")), state)
    assert (ran.code, ran.streams) == (0, {*STREAMS} - {"change_log"})
    words = f"its format is {FORMAT + 1}, this release writes {FORMAT}: a newer release of the tap wrote it"
    assert ran.log.count(words) == 2 * len(set(STREAMS) - set(LOGS))
    assert {
        account["format"] for kept in ran.state["bookmarks"].values() for account in kept.get("accounts", {}).values()
    } == {FORMAT}


def test_the_schema():
    """Since the last release no stream, column or key is gone or of another type; what is new is in the changelog.

    A column is named there as `stream.column`, a stream as `stream`, both between backticks.
    """
    old, new = _read(FROZEN[-1], "catalog.json"), discovered()
    assert broken(old, new) == []
    told = CHANGELOG.read_text(encoding="utf-8")
    assert [name for name in added(old, new) if f"`{name}`" not in told] == []


# The comparison of catalogs, and the freezing.


def _changed(**changes):
    """The catalog of today, with something done to the columns of `users`."""
    found = copied(discovered())
    (users,) = (entry for entry in found["streams"] if entry["tap_stream_id"] == "users")
    users.update(changes.pop("entry", {}))
    for name, column in changes.items():
        if column is None:
            del users["schema"]["properties"][name]
        else:
            users["schema"]["properties"][name] = column
    return found


TEXT = {"type": ["string", "null"], "description": "Words"}


def test_changes_that_break():
    """Whatever a warehouse cannot follow by itself is reported, each in a line of its own."""
    old = discovered()
    fewer = {"streams": [entry for entry in old["streams"] if entry["tap_stream_id"] != "users"]}
    assert broken(old, old) == []
    assert broken(old, fewer) == ["users: the stream is gone"]
    assert broken(old, _changed(email=None)) == ["users.email: the column is gone"]
    assert broken(old, _changed(email={"type": ["integer", "null"]})) == [
        "users.email: ['null', 'string'] became ['integer', 'null']"
    ]
    assert broken(old, _changed(email={**TEXT, "format": "date-time"})) == [
        "users.email: ['null', 'string'] became ['null', 'string'] (date-time)"
    ]
    assert broken(old, _changed(id=TEXT)) == ["users.id: ['string'] became ['null', 'string']"]
    assert broken(old, _changed(entry={"key_properties": ["id"]})) == [
        "users: its key was account_id, id and is id",
    ]
    assert broken(old, _changed(entry={"replication_key": "observed_at"})) == [
        "users: its replication key was snapshot_at and is observed_at",
    ]
    assert broken(old, _changed(email={**TEXT, "description": "Other words"}, nickname=TEXT)) == []


def test_changes_that_add():
    """New columns and streams are listed; the columns of a new stream go with it."""
    old = discovered()
    fewer = {"streams": [entry for entry in old["streams"] if entry["tap_stream_id"] != "users"]}
    assert added(old, old) == []
    assert added(old, _changed(nickname=TEXT)) == ["users.nickname"]
    assert added(fewer, old) == ["users"]


def test_a_world_survives():
    """A frozen account is, once loaded, the same to the last member; so a frozen state can be compared with it."""
    frozen = _read(FROZEN[0], "world.json")
    assert dump_world(load_world(frozen)) == frozen


def test_freezing(tmp_path):
    """What is frozen today is read today, and the streams of which something was not covered are known."""
    freeze(tmp_path / "now")
    files = {path.name: json.loads(path.read_text()) for path in (tmp_path / "now").iterdir()}
    assert set(files) == FILES
    assert files["catalog.json"] == discovered()
    assert pending_streams(files["state.json"]) == set()
    assert len(pending_streams(files["pending.json"])) == 1
    assert _sync(load_world(files["world.json"]), files["state.json"]).streams == {"snapshots"}


def test_a_release_is_frozen_once(capsys, monkeypatch, tmp_path):
    """What is frozen is never written over: it is what users have."""
    monkeypatch.setattr("tests.releases.freeze.RELEASES", tmp_path)
    assert main() == 0
    (folder,) = tmp_path.iterdir()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main() == 1
    assert "is frozen already: raise the version" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
