"""Fills an account with made-up people, sites, folders and invites, up to its size."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from wix_sandbox import names
from wix_sandbox.records import (
    Contributor,
    Folder,
    Grant,
    Invite,
    Json,
    Person,
    Site,
    dice,
    guid,
    on_folders,
    on_resource,
    on_site,
    stamp,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from wix_sandbox.account import Account
    from wix_sandbox.records import Size

Option = TypeVar("Option")

_ACCOUNT_ROLES = (
    *("Website Manager",) * 6,
    *("Back Office Manager", "Marketing Manager") * 4,
    *("Billing Manager", "Domain Manager") * 2,
    "Account Admin (Co-Owner)",
)
_SITE_ROLES = (
    *("Website Manager", "Website Designer", "Blog Writer", "Store Manager") * 3,
    *("Blog Editor", "Guest Writer", "Regional editor") * 2,
    *("Admin (Co-Owner)", "Content intern"),
)
_SLUGS = {name: names.slug(name) for name in (*names.FIRST, *names.LAST, *sum(names.AWKWARD, ()))}
_STATUSES = (*("Pending",) * 4, *("Expired",) * 2, *("Used",) * 2, "Declined", "Deleted")


def fill(account: Account, size: Size, seed: object) -> None:
    """Add records of every kind until the account has its size."""
    maker = Maker(account, seed)
    for _ in range(size.folders - len(account.folders)):
        account.add_folder(maker.folder())
    for _ in range(size.sites - len(account.sites)):
        account.add_site(maker.site())
    for _ in range(size.users - len(account.people)):
        account.join(maker.person(size.assignments_per_user))
    for _ in range(size.invites - len(account.invites)):
        account.add_invite(maker.invite())
    account.owner_user_id = account.owner_user_id or next(iter(account.people), None)


class Maker:
    """Generates random records for an account, reproducibly."""

    def __init__(self, account: Account, *seed: object) -> None:
        self.account = account
        self.chance = dice(account.id, *seed)
        self._account_roles = [account.role_id(title) for title in _ACCOUNT_ROLES]
        self._site_roles = [account.role_id(title) for title in _SITE_ROLES]
        self._taken = {person.email for person in account.people.values()}
        self._taken |= {invite.email for invite in account.invites.values()}
        self._sites = list(account.sites.values())
        self._folders = [(folder.id, account.folder_path(folder)) for folder in account.folders.values()]

    def person(self, assignments: float, joined: str | None = None) -> Person:
        """A team member with about this many assignments."""
        chance = self.chance
        first, last = _name(chance)
        user_id = guid(chance)
        domain = self.account.domain if chance.random() < 0.72 else chance.choice(names.AGENCIES)
        nameless, faceless, undated = chance.random() < 0.03, chance.random() < 0.4, chance.random() < 0.01
        return Person(
            user_id,
            None if chance.random() < 0.01 else self._address(first, last, domain),
            None if nameless else first,
            None if nameless else last,
            None if faceless else f"https://static.example.com/{user_id[:8]}.png",
            None if undated else joined or self._past(2400),
            self._assignments(user_id, assignments),
        )

    def _assignments(self, user_id: str, mean: float) -> list[Grant] | None:
        if self.chance.random() < min(0.02, mean):
            return None
        wanted = self._around(mean * 1.04)
        # A role on an asset is granted only once: without an assignment id, nothing else distinguishes two grants.
        distinct = {repr(grant): grant for grant in (self._grant() for _ in range(wanted))}
        return [self.account.assignment(user_id, *grant) for grant in distinct.values()]

    def _around(self, mean: float) -> int:
        """A random count with this mean, and never 0 if the mean is at least 1."""
        chance, more = self.chance.random, max(0.0, 2 * (mean - 1))
        return (chance() < mean) + sum(chance() < 0.5 for _ in range(int(more))) + (chance() < more % 1 / 2)

    def _grant(self) -> tuple[str, Json | None]:
        where = self.restrictions()
        return self._pick(self._site_roles if where else self._account_roles), where

    def restrictions(self) -> Json | None:
        """What a role is limited to, in the mixture of an agency's account."""
        roll = self.chance.random()
        if roll < 0.28 or not self._sites:
            return None
        if roll < 0.30:
            return {}
        if roll < 0.45 and self._folders:
            return on_folders(*self.chance.sample(self._folders, min(len(self._folders), 1 + (roll < 0.33))))
        site = self._pick(self._sites)
        if roll < 0.47:
            return on_resource(site.id, site.display_name)
        inside = {"id": "blog", "resourceType": "DASHBOARD_PAGE"} if roll < 0.48 else None
        return on_site(site.id, site.display_name, inside)

    def invite(self) -> Invite:
        """An invite from the last months; pending ones have not expired yet."""
        status = self._pick(_STATUSES)
        age = self.chance.uniform(1, 25) if status == "Pending" else self.chance.uniform(40, 400)
        created = self.account.clock.now - timedelta(days=age)
        updated = created + timedelta(hours=30) if status in {"Used", "Declined", "Deleted"} else created
        times = stamp(created), stamp(updated), stamp(created + timedelta(days=30))
        return Invite(guid(self.chance), self.address(), status, *times, self.offer())

    def offer(self) -> list[Grant]:
        """What an invite grants."""
        return [Grant(*self._grant())]

    def address(self) -> str:
        """The e-mail address of somebody who is not in the team."""
        return self._address(self._pick(names.FIRST), self._pick(names.LAST), self._pick(names.AGENCIES))

    def _address(self, first: str, last: str, domain: str) -> str:
        """An unused e-mail address, with a number only if it needs one."""
        local = ".".join(filter(None, (_SLUGS[first], _SLUGS[last]))) or "user"
        address, number = f"{local}@{domain}", len(self._taken)
        while address in self._taken:
            number += 1
            address = f"{local}{number}@{domain}"
        self._taken.add(address)
        return address

    def site(self) -> Site:
        """A site in some folder or at the root."""
        chance, number = self.chance, len(self.account.sites) + 1
        created = self._past(1800)
        title = f"{self._pick(names.SITE_PLACES)} {self._pick(names.SITE_KINDS)} {number}"
        site = Site(guid(chance), names.slug(title), title, created, created, self.account.id, guid(chance))
        site.folder_id = self._pick(self._folders)[0] if self._folders and chance.random() < 0.7 else None
        site.premium = site.domain_connected = chance.random() < 0.5
        site.editor_type = self._pick(("STUDIO", "EDITOR", "EDITORX", "ADI", "UNKNOWN"))
        site.namespace = "HEADLESS" if chance.random() < 0.05 else "WIX"
        if chance.random() < 0.3:
            site.contributors.append(self.contributor())
        self._sites.append(site)
        return site

    def contributor(self) -> Contributor:
        """Another account, with one or two roles."""
        held = [self._pick(self._site_roles) for _ in range(self.chance.randint(1, 2))]
        return Contributor(guid(self.chance), guid(self.chance), list(dict.fromkeys(held)))

    def folder(self) -> Folder:
        """A folder at the root or inside another."""
        number = len(self.account.folders) + 1
        parent = self._pick(self._folders)[0] if self._folders and self.chance.random() < 0.5 else ""
        created = self._past(1500)
        name = f"{self._pick(names.FOLDER_WORDS)} {number}"
        folder = Folder(guid(self.chance), name, created, created, parent, number % 2 == 0)
        self._folders.append((folder.id, self.account.folder_path(folder)))
        return folder

    def _past(self, days: int) -> str:
        return stamp(self.account.clock.now - timedelta(milliseconds=self.chance.randrange(days * 86_400_000)))

    def _pick(self, options: Sequence[Option]) -> Option:
        return options[int(self.chance.random() * len(options))]


def _name(chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.03:
        return chance.choice(names.AWKWARD)
    return names.FIRST[int(chance.random() * len(names.FIRST))], names.LAST[int(chance.random() * len(names.LAST))]
