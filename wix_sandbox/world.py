"""The whole made-up world: an account with its child accounts, one clock, one key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from wix_sandbox import generate, life, story
from wix_sandbox.account import Account, Clock
from wix_sandbox.records import Person, Size, dice, guid

_CHILDREN = ("Acme Nordics", "Acme Iberia")
_CHILD_USERS = 5


class World:
    """A made-up Wix customer. The same size and seed always make the same world, and the same future.

    Args:
        size: How much of everything the main account has.
        seed: Random seed.
        key: The API key; made up when not given.
        account_id: The main account's id; made up when not given.
    """

    def __init__(
        self, size: Size | None = None, *, seed: int = 1, key: str | None = None, account_id: str | None = None
    ) -> None:
        size = size or Size()
        chance = dice(seed, "world")
        made_up_id, made_up_key = guid(chance), f"IST.{chance.getrandbits(256):064x}"
        self.seed = seed
        self.key = key or made_up_key
        self.clock = Clock()
        self.day = 0
        """Days since the beginning."""
        self.main = Account(account_id or made_up_id, story.COMPANY, self.clock, seed)
        story.open_account(self.main, size)
        self._cast = {*self.main.people, *self.main.invites, *self.main.sites}
        generate.fill(self.main, size, seed)
        self.children = [self._child(number) for number in range(size.child_accounts)]
        self.accounts = {account.id: account for account in (self.main, *self.children)}

    def advance(self, days: int) -> None:
        """Let days pass in every account: people join and leave, roles change, invites are answered or expire."""
        for _ in range(days):
            self.day += 1
            self.clock.now += timedelta(days=1)
            for account in self.accounts.values():
                life.pass_day(account, self.day, self.seed, self._cast)

    def counts(self) -> dict[str, dict[str, int]]:
        """The current number of records of each kind, by account."""
        return {account.id: account.counts() for account in self.accounts.values()}

    def _child(self, number: int) -> Account:
        name = _CHILDREN[number] if number < len(_CHILDREN) else f"Acme Branch {number + 1}"
        account_id = guid(dice(self.seed, "child", number))
        child = Account(account_id, name, self.clock, self.seed, parent_id=self.main.id)
        if (both := self.main.person(story.BOTH)) or (both := next(iter(self.main.people.values()), None)):
            child.join(_twin(child, both))
            self._cast.add(both.id)
        size = Size(users=_CHILD_USERS + number % 3, sites=3, folders=2, invites=2)
        generate.fill(child, size, self.seed)
        return child


def _twin(child: Account, person: Person) -> Person:
    """The same user in another account: the same id and name, but another date and other roles."""
    grants = [child.assignment(person.id, child.role_id("Website Manager"))]
    return replace(person, joined="2025-06-30T12:00:00.000Z", grants=grants, extra=dict(person.extra), encoded=None)
