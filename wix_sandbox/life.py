"""What happens in an account while time passes: the story of Acme Studio, and random events."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wix_sandbox import names, roles, story
from wix_sandbox.generate import Maker
from wix_sandbox.records import Person, dice, stamp

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from wix_sandbox.account import Account

_LARGE = 1000


def pass_day(account: Account, day: int, seed: object, cast: set[str]) -> None:
    """Let one day pass in the account. Random events leave out the people and records in `cast`, the story's own."""
    if account.parent_id is None and day in _STORY:
        before = set(account.people)
        _STORY[day](account)
        cast |= account.people.keys() - before
    _expire(account)
    _Day(account, day, seed, cast).happen()


def _expire(account: Account) -> None:
    for invite in account.invites.values():
        due = invite.status == "Pending" and invite.expires
        if due and datetime.fromisoformat(due) <= account.clock.now:
            account.expire(invite)


class _Day:
    """The random events of one day: a few, and more in a large account."""

    def __init__(self, account: Account, day: int, seed: object, cast: set[str]) -> None:
        self.account = account
        self.chance = dice(seed, account.id, "day", day)
        self.make = Maker(account, seed, "day", day)
        self.others = [person for key, person in account.people.items() if key not in cast]
        self.sites = [site for key, site in account.sites.items() if key not in cast and site.trashed is None]
        self.open = [one for key, one in account.invites.items() if key not in cast and one.status == "Pending"]

    def happen(self) -> None:
        """Let it all happen."""
        busy = 0.1 + len(self.account.people) / 10_000
        for event, per_day in (
            (self._someone_joins, busy),
            (self._someone_leaves, busy * 0.6),
            (self._role_changes, busy * 2),
            (self._role_is_given, busy),
            (self._role_is_taken, busy * 0.7),
            (self._someone_is_renamed, busy * 0.3),
            (self._someone_is_invited, busy * 1.5),
            (self._invite_is_answered, busy * 1.2),
            (self._site_changes, 0.15),
            (self._contributor_changes, 0.08),
        ):
            for _ in range(_times(self.chance, per_day)):
                event()

    def _someone(self) -> Person | None:
        return self.chance.choice(self.others) if self.others else None

    def _someone_joins(self) -> None:
        person = self.make.person(2, joined=stamp(self.account.clock.now))
        self.others.append(self.account.join(person))

    def _someone_leaves(self) -> None:
        if person := self._someone():
            self.others.remove(person)
            self.account.leave(person.id)

    def _role_changes(self) -> None:
        person = self._someone()
        if person and person.grants:
            here = self.chance.choice(person.grants)
            title = "Website Designer" if here.role_id == self.account.role_id("Website Manager") else "Website Manager"
            self.account.change_role(person.id, here, self.account.role_id(title))

    def _role_is_given(self) -> None:
        if person := self._someone():
            offer = self.make.offer()[0]
            self.account.grant(person.id, offer.role_id, offer.on)

    def _role_is_taken(self) -> None:
        person = self._someone()
        if person and person.grants:
            self.account.revoke(person.id, self.chance.choice(person.grants))

    def _someone_is_renamed(self) -> None:
        if person := self._someone():
            self.account.rename(person.id, person.first_name, self.chance.choice(names.LAST))

    def _someone_is_invited(self) -> None:
        self.account.invite(self.make.address(), self.make.offer())

    def _invite_is_answered(self) -> None:
        if not self.open:
            return
        invite = self.open.pop(self.chance.randrange(len(self.open)))
        if self.chance.random() < 0.6:
            first, _, last = (invite.email or "").partition("@")[0].rstrip("0123456789").partition(".")
            self.account.accept(invite, first.title() or None, last.title() or None)
        else:
            self.account.answer(invite, self.chance.choice(("Declined", "Deleted")))

    def _site_changes(self) -> None:
        if not self.sites:
            return
        site = self.chance.choice(self.sites)
        # Renaming a site changes every grant that names it: in a large account, too many for one day.
        if self.chance.random() < 0.5 and len(self.account.people) < _LARGE:
            self.account.rename_site(site, f"{site.display_name.removesuffix(' (new)')} (new)")
        else:
            self.account.move_site(site, self.chance.choice([None, *self.account.folders]))

    def _contributor_changes(self) -> None:
        sites = list(self.account.sites.values())
        if not sites:
            return
        site = self.chance.choice(sites)
        if site.contributors and self.chance.random() < 0.5:
            self.account.remove_contributor(site, site.contributors[-1])
        else:
            self.account.add_contributor(site, self.make.contributor())


def _times(chance: random.Random, expected: float) -> int:
    """A random number of events with this mean."""
    return int(expected) + (chance.random() < expected % 1)


# The story, by day. A step is left out if the account is too small for the person or the site.


def _sofia_accepts(account: Account) -> None:
    if (invite := account.invited(f"sofia.marin@{story.DOMAIN}")) and invite.status == "Pending":
        account.accept(invite, "Sofia", "Marín")


def _omar_joins(account: Account) -> None:
    if account.people:
        user_id = account.new_id()
        grants = [account.assignment(user_id, account.role_id("Store Manager"), account.at_site("Shop EU"))]
        email, joined = f"omar.haddad@{story.DOMAIN}", stamp(account.clock.now)
        account.join(Person(user_id, email, "Omar", "Haddad", None, joined, grants))


def _ivy_is_put_right(account: Account) -> None:
    ivy = account.person(f"ivy.lindqvist@{story.DOMAIN}")
    for grant in (ivy and ivy.grants) or ():
        if ivy and grant.role_id == roles.CO_OWNER:
            account.revoke(ivy.id, grant)


def _casey_leaves(account: Account) -> None:
    if casey := account.person(f"casey.marlow@{story.DOMAIN}"):
        account.leave(casey.id)


def _priya_gets_a_site(account: Account) -> None:
    if priya := account.person(f"priya.natarajan@{story.DOMAIN}"):
        account.grant(priya.id, account.role_id("Store Manager"), account.at_site("Shop US"))


def _spring_is_over(account: Account) -> None:
    if site := account.site("Spring Launch 🌷"):
        account.rename_site(site, "Autumn Launch 🍂")
        account.move_site(site, None)


_STORY: dict[int, Callable[[Account], None]] = {
    3: _sofia_accepts,
    5: _omar_joins,
    9: _ivy_is_put_right,
    12: _casey_leaves,
    18: _priya_gets_a_site,
    22: _spring_is_over,
}
