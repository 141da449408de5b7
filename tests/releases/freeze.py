"""Freeze what this release writes: a made-up account, the state of a run over it, and the catalog.

`make freeze-release` runs it, as a step of a release (CONTRIBUTING.md). Later releases are tested against the files.
"""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tests.support import BY_SITE, LOGS, TABLES, catalog, discovered, run
from wix_sandbox import Sandbox, Size, World
from wix_sandbox.records import Folder, Invite, Person, Record, Role, Site

if TYPE_CHECKING:
    from wix_sandbox.account import Account

RELEASES = Path(__file__).parent
STREAMS = (*TABLES, *BY_SITE, *LOGS)
SETTINGS = {"include_child_accounts": True, "rebaseline_days": 36_500}
"""Those of the runs over a frozen account. However old the files are, a new baseline is not yet due."""

_KINDS: dict[str, type[Record]] = {
    "people": Person,
    "invites": Invite,
    "sites": Site,
    "folders": Folder,
    "roles": Role,
}
_FACTS = ("id", "name", "slug", "domain", "parent_id", "owner_user_id", "created", "updated")


def dump_world(world: World) -> dict[str, Any]:
    """What the accounts hold, as JSON: the sandbox may make up other ones one day."""
    return {"key": world.key, "accounts": [_dump(account) for account in world.accounts.values()]}


def load_world(frozen: dict[str, Any]) -> World:
    """The accounts that `dump_world` saw, the main one first."""
    main, *others = frozen["accounts"]
    size = Size(users=1, sites=1, folders=1, invites=1, child_accounts=len(others))
    world = World(size, key=frozen["key"], account_id=main["facts"]["id"])
    for account, kept in zip((world.main, *world.children), frozen["accounts"], strict=True):
        _fill(account, kept)
    world.accounts.clear()
    world.accounts.update({account.id: account for account in (world.main, *world.children)})
    return world


def _dump(account: Account) -> dict[str, Any]:
    records = {
        kind: [
            {
                f.name: msgspec.to_builtins(getattr(record, f.name), order="deterministic")
                for f in fields(record)
                if f.name != "encoded"
            }
            for record in getattr(account, kind).values()
        ]
        for kind in _KINDS
    }
    return {"facts": {name: getattr(account, name) for name in _FACTS}, **records}


def _fill(account: Account, kept: dict[str, Any]) -> None:
    for name, value in kept["facts"].items():
        setattr(account, name, value)
    for kind, model in _KINDS.items():
        records = [msgspec.convert(record, model) for record in kept[kind]]
        setattr(account, kind, {record.id: record for record in records})
    account.changed()


def pending_streams(state: dict[str, Any]) -> set[str]:
    """The streams of a state that says of any account that something was written which it does not cover."""
    return {
        stream
        for stream, kept in state["bookmarks"].items()
        if any(account.get("pending") for account in kept.get("accounts", {}).values())
    }


def freeze(folder: Path) -> None:
    """Write the files of this release.

    Args:
        folder: Where to; it is made.
    """
    world = World(Size(users=14, sites=4, folders=3, invites=4, child_accounts=1))
    chosen = catalog(*STREAMS)
    with Sandbox(world) as sandbox:
        first = run(sandbox, catalog=chosen, **SETTINGS)
        frozen = dump_world(world)
        for account in world.accounts.values():
            account.leave(list(account.people)[-1])
        second = run(sandbox, catalog=chosen, state=first.state, **SETTINGS)
    if first.code or second.code:
        raise RuntimeError(f"The runs to freeze failed:\n{first.log}\n{second.log}")
    states = [message["value"] for message in second.messages if message["type"] == "STATE"]
    files = {
        "world.json": frozen,
        "catalog.json": discovered(),
        "state.json": first.state,
        # As a run that was killed after its first change leaves it: nothing covers that yet.
        "pending.json": next(state for state in states if pending_streams(state)),
    }
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")


def main() -> int:
    """Freeze the release whose version is installed.

    Returns:
        The exit code: 1 where that release is frozen already.
    """
    folder = RELEASES / version("tap-wix-users")
    if folder.exists():
        sys.stderr.write(f"{folder.name} is frozen already: raise the version in pyproject.toml, then `make install`\n")
        return 1
    freeze(folder)
    sys.stderr.write(f"Frozen: {sorted(path.name for path in folder.iterdir())} in tests/releases/{folder.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
