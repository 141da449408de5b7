"""The evidence: a manifest with the hash of every file of a campaign's folder, and the check that all is as it was."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import msgspec

from wix_access_review.campaign.context import tool_version
from wix_access_review.campaign.disk import digest, put
from wix_access_review.campaign.folder import ITEMS, LOCK, LOG, Campaign
from wix_access_review.errors import ReviewError
from wix_access_review.files import DRAFT

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
    """
    lines = (campaign.path / LOG).read_bytes().splitlines()
    manifest = Manifest(
        campaign=campaign.header.name, tool_version=tool_version(), made_at=now, closed_at=campaign.closed_at,
        last_line_of_log=hashlib.sha256(lines[-1]).hexdigest() if lines else "",
        files={name: digest(path) for name, path in _files(campaign.path).items() if not _is_draft(name)},
    )  # fmt: skip
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    put(campaign.path / MANIFEST, content)
    return hashlib.sha256(content).hexdigest()


def _files(folder: Path) -> dict[str, Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: path for name, path in names.items() if name not in {MANIFEST, LOCK}}


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
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise ReviewError(f"{folder} has no {MANIFEST}: `wix-access-review evidence` writes it") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise ReviewError(f"{folder / MANIFEST} cannot be read: {error}") from error
    found = _files(folder)
    wrong = [f"{name} is missing" for name in manifest.files if name not in found]
    for name in sorted(found.keys() - manifest.files.keys()):
        left = ": a command that was killed left it, and it can be deleted" if _is_draft(name) else ""
        wrong.append(f"{name} is not in the manifest{left}")
    changed = [name for name, expected in manifest.files.items() if name in found and _hash(found[name]) != expected]
    wrong += [f"{name} is not as it was" for name in changed]
    return wrong or _chain(folder)


def _hash(path: Path) -> str:
    return "" if path.is_symlink() else digest(path)


def _chain(folder: Path) -> list[str]:
    """Whether each line of the log holds the hash of the line before, and the files that it names are those."""
    campaign = Campaign(folder)
    lines = (folder / LOG).read_bytes().splitlines()
    before = ["", *(hashlib.sha256(line).hexdigest() for line in lines)]
    wrong = [
        f"line {number} of {LOG} does not follow the line before"
        for number, (entry, expected) in enumerate(zip(campaign.log, before, strict=False), start=1)
        if entry.line_before != expected or entry.number != number
    ]
    wrong += [
        f"{name} is not what {LOG} says that it was"
        for entry in campaign.log
        for name, expected in entry.files.items()
        if not (folder / name).is_file() or digest(folder / name) != expected
    ]
    if not wrong:
        wrong += [f"{one} was decided and is no item" for one in campaign.decisions if one not in campaign.items]
        count, expected = len(campaign.items), campaign.header.item_count
        wrong += [] if count == expected else [f"{ITEMS} has {count} items, not {expected}"]
    return wrong
