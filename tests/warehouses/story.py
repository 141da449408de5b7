"""One account that changes, and the runs that read it: what every warehouse is loaded with, and what it has to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.support import Run, catalog, last_state, run
from tests.tap import expected
from wix_sandbox import Fault, Sandbox, Size, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wix_sandbox import Account

Row = dict[str, Any]
Tables = dict[str, dict[tuple[str, ...], Row]]

SMALL = Size(users=30, sites=10, invites=10, folders=6, child_accounts=0)
CASEY = "casey.marlow@acme-studio.example"


@dataclass(frozen=True)
class Step:
    """One run.

    Attributes:
        name: What happens.
        lines: What the target gets of it.
        account: Every row that the account had, by table and key.
    """

    name: str
    lines: Sequence[str]
    account: Tables


@dataclass
class Story:
    """What happened so far."""

    sandbox: Sandbox
    steps: list[Step] = field(default_factory=list)
    state: Any = None

    @property
    def account(self) -> Account:
        """The account."""
        return self.sandbox.world.main

    @property
    def now(self) -> Tables:
        """Every row that the account had in the end."""
        return self.steps[-1].account

    def run(self, name: str, *, stop_after: str | None = None, **options: Any) -> Run:
        """Run the tap on the account as it is.

        Args:
            name: What happens.
            stop_after: The run is killed in the middle of this stream's rows.
            options: As for `tests.support.run`.
        """
        done = run(self.sandbox, state=self.state, **options)
        lines = done.lines
        if stop_after:
            places = [at for at, one in enumerate(done.order) if one == ("RECORD", stop_after)]
            lines = lines[: places[len(places) // 2]]
        self.state = last_state(done.messages[: len(lines)]) or self.state
        self.steps.append(Step(name, lines, expected.tables(self.account)))
        return done

    @cached_property
    def messages(self) -> list[Row]:
        """Every message that a target gets."""
        return [message for step in self.steps for message in Run(0, list(step.lines), "").messages]

    def rows(self, stream: str) -> list[Row]:
        """The last row of each key that was ever sent."""
        found: dict[tuple[Any, ...], Row] = {}
        keys: list[str] = []
        for message in self.messages:
            if message.get("stream") == stream and message["type"] == "SCHEMA":
                keys = message["key_properties"]
            elif message.get("stream") == stream and message["type"] == "RECORD":
                record = message["record"]
                found[tuple(record[key] for key in keys)] = record
        return list(found.values())


def everything() -> Story:
    """A first load, changes, a failing run, a killed one, a return, every row with a version, and changes again."""
    with Sandbox(World(SMALL)) as sandbox:
        story = Story(sandbox)
        account, world = story.account, sandbox.world
        first = next(iter(account.people.values()))
        account.rename(first.id, "", 'O\'Brien \\ "Ödön"\r\n\t🧑‍🚀 $1 :x %s {}')
        story.run("first load")
        casey = account.person(CASEY)
        world.advance(12)
        assert casey
        assert casey.grants
        assert casey.id not in account.people
        story.run("changes; Casey has left")
        world.advance(3)
        sandbox.faults.add(Fault.of("status", endpoint="search_team", status=403))
        assert story.run("the team cannot be read").code == 1
        account.join(casey)
        account.leave(list(account.people)[5])
        story.run("Casey is back, somebody left; killed among the assignments", stop_after="assignments")
        world.advance(2)
        everything = catalog(method="FULL_TABLE")
        done = story.run("every row, then the versions", catalog=everything, emit_activate_version_messages=True)
        assert len(done.versions()) == len(story.now)
        world.advance(10)
        account.leave(list(account.people)[6])
        story.run("changes")
        assert sandbox.faults.unfired() == []
    return story


def forks() -> Story:
    """Somebody leaves and is back, while the state of the first run is restored; at last a full refresh.

    Of the tables that say who may do what: the rule is the same for each.
    """
    chosen = catalog("users", "assignments", "change_log", "snapshots")
    with Sandbox(World(SMALL)) as sandbox:
        story = Story(sandbox)
        account = story.account
        casey = account.person(CASEY)
        assert casey
        assert casey.grants
        casey.grants[0].assignment_id = "7|8'\"%7C\\ä👩"
        story.run("first load", catalog=chosen)
        before = story.state
        account.leave(casey.id)
        story.run("Casey has left", catalog=chosen)
        account.join(casey)
        story.state = before
        story.run("Casey is back, and the first state was restored", catalog=chosen)
        story.state = None
        story.run("full refresh", catalog=chosen)
    return story


def versions() -> Story:
    """Three runs with `history`, of the tables that say who may do what."""
    with Sandbox(World(SMALL)) as sandbox:
        story = Story(sandbox)
        chosen = catalog("users", "assignments", "change_log", "snapshots", config={"history": True})
        for days in (0, 13, 14):
            sandbox.world.advance(days)
            assert story.run(f"{days} days later", catalog=chosen, history=True).code == 0
    return story
