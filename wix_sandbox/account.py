"""One account, and what can happen to it: people join and leave, roles change, invites are answered, sites move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from uuid import NAMESPACE_URL, uuid5

from wix_sandbox import roles
from wix_sandbox.records import (
    Contributor,
    Folder,
    Grant,
    Invite,
    Json,
    Person,
    Record,
    Role,
    Site,
    dice,
    guid,
    on_folders,
    on_site,
    site_of,
    stamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AnyRecord = TypeVar("AnyRecord", bound=Record)

_FIRST_ASSIGNMENT = 7_261_756_085_890_000_000
INVITE_DAYS = 30


class Clock:
    """The world's time, which only `World.advance` moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 8, tzinfo=UTC)


class Account:
    """A Wix account. Change it through its methods, or call `changed` with the records that you changed yourself."""

    def __init__(self, account_id: str, name: str, clock: Clock, seed: object, *, parent_id: str | None = None) -> None:
        self.id = account_id
        self.name = name
        self.slug = name.lower().replace(" ", "-")
        self.domain = f"{self.slug}.example"
        self.parent_id = parent_id
        self.owner_user_id: str | None = None
        self.created = "2019-02-11T09:30:00.000Z"
        self.updated = stamp(clock.now)
        self.clock = clock
        self.revision = 0
        """Increases with every change, so that sorted lists and counts are only rebuilt when necessary."""
        self.people: dict[str, Person] = {}
        self.invites: dict[str, Invite] = {}
        self.sites: dict[str, Site] = {}
        self.folders: dict[str, Folder] = {}
        self.roles: dict[str, Role] = {role.id: role for role in roles.catalogue(seed)}
        self._chance = dice(seed, account_id, "ids")
        self._assignments = _FIRST_ASSIGNMENT + self._chance.randrange(10**9) * 1_000_000

    def new_id(self) -> str:
        """A new GUID."""
        return guid(self._chance)

    def changed(self, *records: Record) -> None:
        """Drop the cached JSON of these records, and every list and count made from them."""
        self.revision += 1
        for record in records:
            record.encoded = None

    def counts(self) -> dict[str, int]:
        """The current number of records of each kind."""
        return {
            "users": len(self.people),
            "assignments": sum(len(person.grants or ()) for person in self.people.values()),
            "invites": len(self.invites),
            "invite_assignments": sum(len(invite.grants or ()) for invite in self.invites.values()),
            "roles": len(self.roles),
            "sites": len(self.sites),
            "folders": len(self.folders),
            "contributors": sum(len(site.contributors) for site in self.sites.values()),
        }

    # Lookups by the names that a story uses.

    def person(self, email: str) -> Person | None:
        """The team member with this e-mail address."""
        return next((person for person in self.people.values() if person.email == email), None)

    def invited(self, email: str) -> Invite | None:
        """The first invite to this e-mail address."""
        return next((invite for invite in self.invites.values() if invite.email == email), None)

    def role_id(self, title: str) -> str:
        """The id of the role with this title.

        Raises:
            KeyError: There is no such role.
        """
        for role in self.roles.values():
            if role.title == title:
                return role.id
        raise KeyError(title)

    def site(self, display_name: str) -> Site | None:
        """The site with this display name."""
        return next((site for site in self.sites.values() if site.display_name == display_name), None)

    def folder_chain(self, folder: Folder) -> list[Folder]:
        """The folder and those above it, topmost first."""
        chain = [folder]
        while (parent := self.folders.get(chain[0].parent_id)) is not None:
            chain.insert(0, parent)
        return chain

    def folder_path(self, folder: Folder) -> str:
        """The path as it appears in conditions: `/Clients/North`."""
        return "".join(f"/{link.name}" for link in self.folder_chain(folder))

    def at_site(self, display_name: str, resource: Json | None = None) -> Json:
        """A restriction to the site with this name, which does not have to exist."""
        site = self.site(display_name)
        return on_site(site.id if site else self._gone(display_name), display_name, resource)

    def at_folders(self, *paths: str) -> Json:
        """A restriction to folders with these paths, which do not have to exist."""
        known = {self.folder_path(folder): folder.id for folder in self.folders.values()}
        return on_folders(*((known.get(path) or self._gone(path), path) for path in paths))

    def _gone(self, name: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.id}{name}"))

    # People.

    def join(self, person: Person) -> Person:
        """Make somebody a team member."""
        self.changed(person)
        self.people[person.id] = person
        return person

    def leave(self, user_id: str) -> Person:
        """Remove a team member, with all assignments."""
        self.changed()
        return self.people.pop(user_id)

    def rename(self, user_id: str, first_name: str | None, last_name: str | None) -> None:
        """Give a team member another name."""
        person = self.people[user_id]
        person.first_name, person.last_name = first_name, last_name
        self.changed(person)

    def grant(self, user_id: str, role_id: str | None, on: Json | None = None) -> Grant:
        """Give a team member a role."""
        person = self.people[user_id]
        grant = self.assignment(user_id, role_id, on)
        person.grants = [*(person.grants or []), grant]
        self.changed(person)
        return grant

    def assignment(self, user_id: str, role_id: str | None, on: Json | None = None) -> Grant:
        """A grant as the API returns it for a user: with an id of its own and a subject."""
        self._assignments += 1
        return Grant(role_id, on, str(self._assignments), {"id": user_id, "subjectType": "USER"})

    def revoke(self, user_id: str, grant: Grant) -> None:
        """Take a role from a team member."""
        person = self.people[user_id]
        person.grants = [kept for kept in person.grants or [] if kept is not grant]
        self.changed(person)

    def change_role(self, user_id: str, grant: Grant, role_id: str) -> None:
        """Replace the role of a grant; the assignment keeps its id."""
        grant.role_id = role_id
        self.changed(self.people[user_id])

    # Invites.

    def invite(self, email: str, grants: list[Grant], *, days: int = INVITE_DAYS) -> Invite:
        """Invite somebody; the invite expires after this many days."""
        now = self.clock.now
        created, expires = stamp(now), stamp(now + timedelta(days=days))
        invite = Invite(self.new_id(), email, "Pending", created, created, expires, grants)
        return self.add_invite(invite)

    def add_invite(self, invite: Invite) -> Invite:
        """Add an invite unchanged."""
        self.changed(invite)
        self.invites[invite.id] = invite
        return invite

    def accept(self, invite: Invite, first_name: str | None = None, last_name: str | None = None) -> Person:
        """Let the invited person join with the roles of the invite."""
        self.answer(invite, "Used")
        user_id = self.new_id()
        grants = [self.assignment(user_id, grant.role_id, grant.on) for grant in invite.grants or []]
        return self.join(Person(user_id, invite.email, first_name, last_name, None, stamp(self.clock.now), grants))

    def answer(self, invite: Invite, status: str) -> None:
        """Set an invite's status: Used, Declined or Deleted."""
        invite.status, invite.updated = status, stamp(self.clock.now)
        self.changed(invite)

    def expire(self, invite: Invite) -> None:
        """Let an invite expire. Nobody changed it, so `dateUpdated` stays the same."""
        invite.status = "Expired"
        self.changed(invite)

    def forget(self, invite: Invite) -> None:
        """Remove an invite from the list."""
        self.changed()
        del self.invites[invite.id]

    # Sites and folders.

    def add_site(self, site: Site) -> Site:
        """Add a site."""
        self.changed(site)
        self.sites[site.id] = site
        return site

    def rename_site(self, site: Site, display_name: str) -> None:
        """Rename a site, also in the restrictions that name it."""
        site.display_name = display_name
        self._touch(site)
        for record, grant in self._grants():
            if (named := site_of(grant.on)) and named.get("id") == site.id:
                named["value"] = display_name
                record.encoded = None

    def move_site(self, site: Site, folder_id: str | None) -> None:
        """Put a site into another folder, or at the root."""
        site.folder_id = folder_id
        self._touch(site)

    def trash_site(self, site: Site) -> None:
        """Move a site to the trash, where it is still listed."""
        site.trashed, site.published = stamp(self.clock.now), False
        self._touch(site)

    def delete_site(self, site_id: str) -> Site:
        """Delete a site permanently. Assignments to it stay, and refer to a site that is gone."""
        self.changed(*self.folders.values())
        return self.sites.pop(site_id)

    def add_contributor(self, site: Site, contributor: Contributor) -> None:
        """Invite another account to a site."""
        site.contributors.append(contributor)
        self._touch(site)

    def remove_contributor(self, site: Site, contributor: Contributor) -> None:
        """Remove another account from a site."""
        site.contributors.remove(contributor)
        self._touch(site)

    def add_folder(self, folder: Folder) -> Folder:
        """Add a folder."""
        self.folders[folder.id] = folder
        self.changed(*self.folders.values())
        return folder

    def _touch(self, site: Site) -> None:
        site.updated = stamp(self.clock.now)
        self.changed(site, *self.folders.values())

    def _grants(self) -> Iterator[tuple[Person | Invite, Grant]]:
        holders: tuple[Person | Invite, ...] = (*self.people.values(), *self.invites.values())
        for holder in holders:
            for grant in holder.grants or ():
                yield holder, grant
