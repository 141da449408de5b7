"""The evidence: a manifest with the hash of every file of a campaign's folder, and the check that all is as it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.context import tool_version
from wix_access_review.campaign.disk import digest, inside, put
from wix_access_review.campaign.folder import ITEMS, LOCK, LOG, Campaign
from wix_access_review.errors import ReviewError
from wix_access_review.files import DRAFT
from wix_access_review.findings import printable

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a campaign's folder, with its hash."""

    campaign: str
    tool: str = "wix-access-review"
    tool_version: str
    made_at: dt.datetime
    closed_at: dt.datetime | None
    last_line_of_log: str
    files: dict[str, str]


def write_manifest(campaign: Campaign, now: dt.datetime) -> str:
    """Write the manifest of a campaign's folder.

    Args:
        campaign: The campaign.
        now: When.

    Returns:
        The hash of the manifest itself: whoever keeps it elsewhere can show later that nothing was rewritten.

    Raises:
        ReviewError: There is something in the folder that is not a file.
    """
    manifest = Manifest(
        campaign=campaign.header.name, tool_version=tool_version(), made_at=now, closed_at=campaign.closed_at,
        last_line_of_log=_last_line(campaign.path),
        files={name: digest(inside(campaign.path, name)) for name in _files(campaign.path) if not _is_draft(name)},
    )  # fmt: skip
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    put(campaign.path / MANIFEST, content)
    return hashlib.sha256(content).hexdigest()


def _files(folder: Path) -> list[str]:
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = (path.relative_to(folder).as_posix() for path in found)
    return [name for name in names if name not in {MANIFEST, LOCK}]


def _last_line(folder: Path) -> str:
    lines = inside(folder, LOG).read_bytes().splitlines()
    return hashlib.sha256(lines[-1]).hexdigest() if lines else ""


def _is_draft(name: str) -> bool:
    return any(part.startswith(DRAFT) for part in name.split("/"))


def verify(folder: Path) -> list[str]:
    """What is not as it was; nothing when all is.

    Args:
        folder: The campaign's folder.

    Raises:
        ReviewError: There is no manifest, or no campaign.
    """
    try:
        raw = inside(folder, MANIFEST).read_bytes()
        manifest = msgspec.json.decode(raw, type=Manifest)
        json.loads(raw, object_pairs_hook=_each_once)
    except FileNotFoundError as error:
        raise ReviewError(f"{folder} has no {MANIFEST}: `wix-access-review evidence` writes it") from error
    except OSError as error:
        raise ReviewError(f"{folder / MANIFEST} cannot be read ({error.strerror})") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ReviewError(f"{folder / MANIFEST} cannot be read: {error}") from error
    found = set(_files(folder))
    wrong = [f"{printable(name)} is missing" for name in manifest.files if name not in found]
    for name in sorted(found - manifest.files.keys()):
        left = ": a command that was killed left it, and it can be deleted" if _is_draft(name) else ""
        wrong.append(f"{printable(name)} is not in the manifest{left}")
    wrong += [
        f"{printable(name)} has changed"
        for name, expected in manifest.files.items()
        if name in found and _hash(folder, name) != expected
    ]
    return wrong or _chain(folder, manifest)


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object, in which a second one of the same name could hide the first."""
    names = [name for name, _ in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{printable(twice)} is listed twice")
    return dict(members)


def _hash(folder: Path, name: str) -> str | None:
    """The hash of a file; None of what is no file, or cannot be read."""
    try:
        return digest(inside(folder, name))
    except (OSError, ReviewError):
        return None


def _chain(folder: Path, manifest: Manifest) -> list[str]:
    """Whether each line of the log holds the hash of the line before, and the files that it names are those."""
    campaign = Campaign(folder)
    lines = inside(folder, LOG).read_bytes().splitlines()
    before = ["", *(hashlib.sha256(line).hexdigest() for line in lines)]
    wrong = [
        f"line {number} of {LOG} does not follow the line before"
        for number, (entry, expected) in enumerate(zip(campaign.log, before, strict=False), start=1)
        if entry.line_before != expected or entry.number != number
    ]
    wrong += [
        f"{printable(name)} is not what {LOG} says that it was"
        for entry in campaign.log
        for name, expected in entry.files.items()
        if _hash(folder, name) != expected
    ]
    wrong += [
        f"{MANIFEST} says of its {what} what {LOG} does not"
        for what, said, known in (
            ("name", manifest.campaign, campaign.header.name),
            ("end", manifest.closed_at, campaign.closed_at),
            ("last line", manifest.last_line_of_log, _last_line(folder)),
        )
        if said != known
    ]
    if not wrong:
        wrong += [f"{one} was decided and is no item" for one in campaign.decisions if one not in campaign.items]
        count, expected = len(campaign.items), campaign.header.item_count
        wrong += [] if count == expected else [f"{ITEMS} has {count} items, not {expected}"]
    return wrong
