"""What the tap's rows have to be, computed from the sandbox's world alone: no code is shared with the tap."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wix_sandbox import Account
    from wix_sandbox.records import Grant, Invite, Person

Row = dict[str, Any]

KEYS = {
    "accounts": ("account_id",),
    "users": ("account_id", "id"),
    "assignments": ("account_id", "user_id", "assignment_key"),
    "invites": ("account_id", "id"),
    "invite_assignments": ("account_id", "invite_id", "assignment_key"),
    "roles": ("account_id", "id"),
    "sites": ("account_id", "id"),
    "folders": ("account_id", "id"),
}
"""Primary keys of docs/streams.md, section 1."""

SEEN = ("observed_at", "snapshot_at")


def key_of(stream: str, row: Row) -> tuple[str, ...]:
    """The primary key of a row."""
    return tuple(row[name] for name in KEYS[stream])


def record_key(stream: str, row: Row) -> str:
    """The key as `change_log` names it."""
    return "|".join(key_of(stream, row)[1:]) or str(row["account_id"])


def content(row: Row) -> Row:
    """A row without when it was seen."""
    return {name: value for name, value in row.items() if name not in SEEN}


def tables(*accounts: Account) -> dict[str, dict[tuple[str, ...], Row]]:
    """Every row of every table that these accounts have now, by key."""
    found: dict[str, dict[tuple[str, ...], Row]] = {stream: {} for stream in KEYS}
    for account in accounts:
        for stream, row in _rows(account):
            key = key_of(stream, row)
            assert key not in found[stream]
            # Names inside restrictions follow a site that is renamed: what was is not to change with the world.
            found[stream][key] = deepcopy(row)
    return found


def _rows(account: Account) -> Iterator[tuple[str, Row]]:
    yield "accounts", account_row(account)
    for person in account.people.values():
        yield "users", user_row(account, person)
        for grant in person.grants or ():
            for columns in _grant_rows(account, grant):
                subject = grant.subject or {}
                yield (
                    "assignments",
                    {
                        "user_id": person.id,
                        "assignment_id": grant.assignment_id,
                        "subject_id": subject.get("id"),
                        "subject_type": subject.get("subjectType"),
                        **columns,
                    },
                )
    for invite in account.invites.values():
        yield "invites", invite_row(account, invite)
        for grant in invite.grants or ():
            for columns in _grant_rows(account, grant):
                yield "invite_assignments", {"invite_id": invite.id, **columns}
    yield from _catalogue_rows(account)


def account_row(account: Account) -> Row:
    """An account whose record may be seen."""
    return {
        "account_id": account.id,
        "name": account.name,
        "slug": account.slug,
        "status": "ACTIVE",
        "owner_user_id": account.owner_user_id or "",
        "parent_account_id": account.parent_id,
        "is_team": True,
        "website_url": f"https://www.{account.domain}",
        "date_created": moment(account.created),
        "date_updated": moment(account.updated),
        "extra": {"accountImg": None, "accountProperties": {"coBranding": "None"}},
    }


def user_row(account: Account, person: Person) -> Row:
    """A team member."""
    row = {
        "account_id": account.id,
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "profile_image": person.image,
        "joined_team_at": moment(person.joined),
    }
    return _with_extra(row, person.extra, {"email": "email"})


def invite_row(account: Account, invite: Invite) -> Row:
    """An invite."""
    row = {
        "account_id": account.id,
        "id": invite.id,
        "email": invite.email,
        "status": invite.status,
        "date_created": moment(invite.created),
        "date_updated": moment(invite.updated),
        "expiration_date": moment(invite.expires),
    }
    return _with_extra(row, invite.extra, {"email": "email"})


def _catalogue_rows(account: Account) -> Iterator[tuple[str, Row]]:
    for role in account.roles.values():
        row: Row = {
            "account_id": account.id,
            "id": role.id,
            "title": role.title,
            "description": role.description,
            "role_type": "custom" if role.custom else "predefined",
            "restrict_from_level": role.level,
        }
        yield "roles", _with_extra(row, role.extra, {})
    for site in account.sites.values():
        row = {
            "account_id": account.id,
            "id": site.id,
            "name": site.name,
            "display_name": site.display_name,
            "owner_account_id": site.owner_account_id,
            "contributor_account_ids": [one.account_id for one in site.contributors if one.account_id],
            "folder_id": site.folder_id,
            "namespace": site.namespace,
            "editor_type": site.editor_type,
            "parent_child_role": "NONE",
            "published": site.published,
            "premium": site.premium,
            "blocked": site.blocked,
            "domain_connected": site.domain_connected,
            "view_url": f"https://{site.name}.example.com" if site.published else "",
            "edit_url": f"/editor/{site.id}",
            "thumbnail": site.thumbnail,
            "html_app_id": site.html_app_id,
            "created_date": moment(site.created),
            "updated_date": moment(site.updated),
            "trashed_date": moment(site.trashed),
        }
        yield "sites", _with_extra(row, site.extra, {"updatedDate": "updated_date"})
    for folder in account.folders.values():
        row = {
            "account_id": account.id,
            "id": folder.id,
            "name": folder.name,
            "parent_id": folder.parent_id or None,
            "path": account.folder_path(folder),
            "site_count": sum(site.folder_id == folder.id for site in account.sites.values()),
            "created_date": moment(folder.created),
            "updated_date": moment(folder.updated),
        }
        yield "folders", _with_extra(row, folder.extra, {})


def _with_extra(row: Row, more: Row, columns: dict[str, str]) -> Row:
    """With the members that a record replaces by null, and those that the contract does not know in `extra`."""
    replaced = {column: more[name] for name, column in columns.items() if name in more}
    assert not any(replaced.values())
    return {**row, **replaced, "extra": {name: value for name, value in more.items() if name not in columns} or None}


def _grant_rows(account: Account, grant: Grant) -> Iterator[Row]:
    found = _assets(account, grant.on)
    for kind, asset_id, name, site_id, folder_id in found:
        key = grant.assignment_id
        if key is None:
            key = f"{grant.role_id or 'unknown'}@{kind}" + ("" if kind == "account" else f":{asset_id}")
        elif len(found) > 1:
            key = f"{key}/{asset_id}"
        yield {
            "account_id": account.id,
            "assignment_key": key,
            "role_id": grant.role_id,
            "asset_type": kind,
            "asset_id": asset_id,
            "asset_name": name,
            "site_id": site_id,
            "folder_id": folder_id,
            "restrictions": grant.on,
            "extra": None,
        }


_Asset = tuple[str, str | None, str | None, str | None, str | None]


def _assets(account: Account, on: Row | None) -> list[_Asset]:
    """Type, id, name, site and folder of everything that a restriction of the sandbox names."""
    match on:
        case None:
            return [("account", account.id, None, None, None)]
        case {"site": {"id": site_id, "value": name, "resource": {"id": resource_id}}}:
            return [("site_resource", resource_id, name, site_id, None)]
        case {"site": {"id": site_id, "value": name}} | {"resource": {"id": site_id, "value": name}}:
            return [("site", site_id, name, site_id, None)]
        case {"conditions": {"conditions": [_, *_] as folders}}:
            return [("folder", one["id"], one["value"], None, one["id"]) for one in folders]
    if not any(on.values()):
        return [("account", account.id, None, None, None)]
    return [("unknown", None, None, None, None)]


def moment(text: str | None) -> str | None:
    """A date-time of the API in the tap's one fixed width."""
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
