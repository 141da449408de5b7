"""The story of Acme Studio, as the demo and the access review show it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from wix_sandbox import Account, World
from wix_sandbox.roles import UNUSED


@pytest.fixture
def account() -> Account:
    """The demo's account on its first day."""
    return World().main


def _grants(account: Account, email: str) -> list[tuple[str, str | None]]:
    """Role titles of a member, and the folder path or site name that each is limited to."""
    person = account.person(email)
    assert person
    titles = {role.id: role.title for role in account.roles.values()}
    return [(titles[grant.role_id or ""], _where(grant.on)) for grant in person.grants or ()]


def _where(on: Any) -> str | None:
    if not on:
        return None
    if "conditions" in on:
        return ", ".join(condition["value"] for condition in on["conditions"]["conditions"])
    return str(next(iter(on.values()))["value"])


def _status(account: Account, email: str) -> str | None:
    invite = account.invited(email)
    return invite.status if invite else None


def test_an_intern_is_co_owner(account):
    """Ivy, an intern, can do everything but close the account."""
    assert _grants(account, "ivy.lindqvist@acme-studio.example") == [
        ("Account Admin (Co-Owner)", None),
        ("Content intern", "Shop EU"),
    ]


def test_the_agency_works_in_one_folder(account):
    """The people of the agency are limited to /Clients/North."""
    assert _grants(account, "nora.haugen@northlight.example") == [("Website Manager", "/Clients/North")]
    assert _grants(account, "tomasz.wisniewski@northlight.example") == [("Website Designer", "/Clients/North")]


def test_nobody_holds_a_custom_role():
    """One custom role is never granted to anybody."""
    world = World()
    world.advance(100)
    unused = world.main.role_id(UNUSED)
    lists = [person.grants for person in world.main.people.values()]
    lists += [invite.grants for invite in world.main.invites.values()]
    assert all(grant.role_id != unused for grants in lists for grant in grants or ())


def test_open_invites(account):
    """A private address of somebody who will leave, a member already, and one that expired years ago."""
    leaver = account.invited("casey.marlow@freemail.example")
    member = account.invited("lena.brandt@acme-studio.example")
    old = account.invited("billing@old-partner.example")
    assert [invite.status for invite in (leaver, member, old)] == ["Pending", "Pending", "Expired"]
    assert account.person("casey.marlow@acme-studio.example")
    assert account.person("lena.brandt@acme-studio.example")
    assert old.expires.startswith("2024")


def test_loose_ends(account):
    """Somebody has no assignment, and somebody has one to a site that no longer exists."""
    assert _grants(account, "priya.natarajan@acme-studio.example") == []
    anne = next(person for person in account.people.values() if person.last_name == "Sund")
    gone = anne.grants[0].on["site"]
    assert gone["value"] == "Summer Sale 2021"
    assert gone["id"] not in account.sites


def test_most_addresses_are_the_company_s(account):
    """Several e-mail domains occur, the company's own most."""
    domains = Counter(person.email.split("@")[1] for person in account.people.values() if person.email)
    assert len(domains) >= 4
    assert domains["acme-studio.example"] > sum(domains.values()) / 2


def test_a_month_later():
    """Casey left, Omar and Sofia joined, Ivy is an intern only, Priya got a site, an invite expired."""
    world = World()
    world.advance(30)
    account = world.main
    assert account.person("casey.marlow@acme-studio.example") is None
    assert _status(account, "casey.marlow@freemail.example") == "Pending"
    assert _grants(account, "ivy.lindqvist@acme-studio.example") == [("Content intern", "Shop EU")]
    assert _grants(account, "omar.haddad@acme-studio.example") == [("Store Manager", "Shop EU")]
    assert _grants(account, "priya.natarajan@acme-studio.example") == [("Store Manager", "Shop US")]
    assert _grants(account, "sofia.marin@acme-studio.example") == [("Marketing Manager", None)]
    assert _status(account, "sofia.marin@acme-studio.example") == "Used"
    assert _status(account, "press@paperboat.example") == "Expired"
    site = account.site("Autumn Launch 🍂")
    assert site
    assert site.folder_id is None
    assert world.clock.now.isoformat() == "2026-12-01T08:00:00+00:00"


def test_the_beginning_is_before_the_story():
    """Nothing of the story's month has happened on the first day."""
    account = World().main
    assert account.person("omar.haddad@acme-studio.example") is None
    assert _status(account, "press@paperboat.example") == "Pending"
