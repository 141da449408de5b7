"""What an account holds, as plain data: people and their grants, invites, roles, sites, folders.

A member that is None is left out of the JSON, as the API leaves out what it does not know. `extra` adds members
to the documented ones, or replaces them (`{"email": None}` sends a null).
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def dice(*seed: object) -> random.Random:
    """A random generator that depends only on these seeds, so that one part of a world does not affect another."""
    return random.Random("/".join(map(str, seed)))  # noqa: S311 - repeatable, not secret


def guid(chance: random.Random) -> str:
    """A random GUID."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def stamp(moment: datetime) -> str:
    """A moment in the API's format: RFC 3339 in UTC, with milliseconds only if they are not zero."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The number of records of each kind in the main account. `assignments_per_user` is a mean."""

    users: int = 40
    assignments_per_user: float = 3.0
    sites: int = 12
    folders: int = 8
    invites: int = 12
    child_accounts: int = 2


@dataclass(slots=True)
class Record:
    """A record that is sent as one JSON object. `encoded` caches its bytes until it changes."""

    id: str
    extra: Json = field(default_factory=dict, kw_only=True)
    encoded: bytes | None = field(default=None, kw_only=True, repr=False, compare=False)


@dataclass(slots=True)
class Grant:
    """One role on one asset: an assignment, or what an invite will grant.

    `on` is the API's `restrictions` as sent; None leaves it out, which means the whole account.
    """

    role_id: str | None
    on: Json | None = None
    assignment_id: str | None = None
    subject: Json | None = None


@dataclass(slots=True)
class Person(Record):
    """A team member. `grants` of None leaves the list out, as for somebody without any."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    image: str | None = None
    joined: str | None = None
    grants: list[Grant] | None = None


@dataclass(slots=True)
class Invite(Record):
    """An invite to join the account; `expires` is when a Pending one becomes Expired."""

    email: str | None = None
    status: str = "Pending"
    created: str | None = None
    updated: str | None = None
    expires: str | None = None
    grants: list[Grant] | None = None


@dataclass(slots=True)
class Role(Record):
    """A predefined or custom role; `level` is the level at which it cannot be assigned."""

    title: str
    description: str
    level: str | None = None
    custom: bool = False
    editor_types: frozenset[str] = frozenset()


@dataclass(slots=True)
class Contributor:
    """Another Wix account that was invited to one site, with its roles there."""

    account_id: str | None
    owner_user_id: str | None
    role_ids: list[str]


@dataclass(slots=True)
class Site(Record):
    """A site. Without `folder_id` it is at the root."""

    name: str
    display_name: str
    created: str
    updated: str
    owner_account_id: str
    html_app_id: str
    trashed: str | None = None
    folder_id: str | None = None
    published: bool = True
    premium: bool = False
    blocked: bool = False
    domain_connected: bool = False
    thumbnail: str = ""
    editor_type: str = "STUDIO"
    namespace: str = "WIX"
    contributors: list[Contributor] = field(default_factory=list)


@dataclass(slots=True)
class Folder(Record):
    """A site folder. The documentation does not say whether `path` ends with the folder itself: here, only some do."""

    name: str
    created: str
    updated: str
    parent_id: str = ""
    path_has_itself: bool = True


def on_site(site_id: str, name: str | None, resource: Json | None = None) -> Json:
    """A restriction to one site, or to one resource inside it."""
    site: Json = {"id": site_id, "value": name}
    return {"site": site | {"resource": resource} if resource else site}


def on_resource(site_id: str, name: str | None) -> Json:
    """The deprecated form of a restriction to one site."""
    return {"resource": {"resourceType": "SITE", "id": site_id, "value": name}}


def on_folders(*folders: tuple[str, str]) -> Json:
    """A restriction to folders, given by id and path. Without folders it has no conditions: an undocumented form."""
    conditions = [{"conditionType": "FOLDER", "id": folder_id, "value": path} for folder_id, path in folders]
    return {"conditions": {"conditions": conditions}}


def site_of(restrictions: Json | None) -> Json | None:
    """The part of a restriction that names a site, in either form."""
    if not restrictions:
        return None
    part = restrictions.get("site") or restrictions.get("resource")
    return part if isinstance(part, dict) else None
