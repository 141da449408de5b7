"""The world: the same from the same seed, of any size."""

from __future__ import annotations

from typing import Any

import pytest

from wix_sandbox import Size, World
from wix_sandbox.records import Grant


def _content(world: World) -> list[Any]:
    return [
        (account.id, account.people, account.invites, account.sites, account.folders, account.roles)
        for account in world.accounts.values()
    ]


def test_same_seed_same_world():
    """Two worlds of one size and seed are equal, now and after the same days, however those are split."""
    one, other = World(), World()
    assert (one.key, _content(one)) == (other.key, _content(other))
    one.advance(40)
    for _ in range(8):
        other.advance(5)
    assert _content(one) == _content(other)


def test_another_seed_is_another_world():
    """The seed decides ids, keys and people beyond the story."""
    one, other = World(seed=1), World(seed=2)
    assert one.main.id != other.main.id
    assert one.key != other.key
    assert not one.main.people.keys() & other.main.people.keys()


def test_given_ids_are_kept():
    """A given key and account id are used as they are."""
    account_id = "0aaaaaaa-1111-4222-8333-444455556666"
    world = World(key="my-key", account_id=account_id)
    assert (world.key, world.main.id) == ("my-key", account_id)
    assert {site.owner_account_id for site in world.main.sites.values()} == {account_id}


@pytest.mark.parametrize("users", [0, 1, 2, 5, 11, 12, 13, 40, 300])
def test_sizes(users):
    """There are exactly as many records as the size says, and time can pass whatever the size."""
    size = Size(users=users, sites=users // 4, folders=users // 5, invites=users // 2, child_accounts=users % 4)
    world = World(size)
    counts = world.main.counts()
    expected = {"users": users, "sites": users // 4, "folders": users // 5, "invites": users // 2}
    assert {name: counts[name] for name in expected} == expected
    assert len(world.children) == users % 4
    world.advance(45)


@pytest.mark.parametrize("mean", [0.0, 0.5, 1.0, 2.5, 3.0, 6.0])
def test_assignments_per_user(mean):
    """The mean number of assignments is close to the option."""
    counts = World(Size(users=3000, assignments_per_user=mean, sites=100)).main.counts()
    assert counts["assignments"] / counts["users"] == pytest.approx(mean, rel=0.07, abs=0.02)


def test_ids_are_unique():
    """No assignment id occurs twice, and without one no two grants of a person are alike."""
    world = World(Size(users=2000))
    world.advance(60)
    people = [person for account in world.accounts.values() for person in account.people.values()]
    grants = [grant for person in people for grant in person.grants or ()]
    ids = [grant.assignment_id for grant in grants if grant.assignment_id]
    assert len(ids) == len(set(ids)) > len(grants) - 5
    assert {len(one) for one in ids} == {19}


def test_children_share_one_person():
    """Each child account is a world of its own, with one person who is also in the parent account."""
    world = World()
    for child in world.children:
        assert child.parent_id == world.main.id
        both = [world.main.people[user_id] for user_id in child.people.keys() & world.main.people.keys()]
        assert [(one.first_name, one.email) for one in both] == [("Mehmet", "mehmet.demir@acme-studio.example")]
        assert child.people[both[0].id].grants != both[0].grants


@pytest.mark.no_cover
def test_a_day_in_a_large_world():
    """Of 5,000 people, two days touch only a few."""
    world = World(Size(users=5_000))
    before = {key: repr(person) for key, person in world.main.people.items()}
    world.advance(2)
    after = {key: repr(person) for key, person in world.main.people.items()}
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    assert 0 < len(changed) < 100


def test_changes_by_hand():
    """Each change of an account shows in what it holds, and a renamed site is renamed where grants name it."""
    account = World(Size(users=12)).main
    ada = account.person("ada.okafor@acme-studio.example")
    shop = account.site("Shop EU")
    assert ada
    assert shop
    grant = account.grant(ada.id, account.role_id("Store Manager"), account.at_site("Shop EU"))
    account.change_role(ada.id, grant, account.role_id("Blog Editor"))
    account.rename_site(shop, "Shop Europe")
    assert (ada.grants or [])[-1] == Grant(
        account.role_id("Blog Editor"),
        {"site": {"id": shop.id, "value": "Shop Europe"}},
        grant.assignment_id,
        {"id": ada.id, "subjectType": "USER"},
    )
    account.revoke(ada.id, grant)
    account.rename(ada.id, "Ada", "King")
    assert [len(ada.grants or []), ada.last_name] == [1, "King"]
    account.leave(ada.id)
    account.delete_site(shop.id)
    account.trash_site(next(iter(account.sites.values())))
    assert ada.id not in account.people
    assert shop.id not in account.sites
    with pytest.raises(KeyError):
        account.role_id("Emperor")


def test_an_invite_is_answered():
    """An accepted invite becomes a member with its roles; others are declined, expire, or vanish."""
    account = World(Size(users=0, invites=0)).main
    offer = [Grant(account.role_id("Website Manager"))]
    accepted, declined, expired, gone = (account.invite(f"{number}@x.example", offer) for number in range(4))
    person = account.accept(accepted, "Zoë", "New")
    account.answer(declined, "Declined")
    account.expire(expired)
    account.forget(gone)
    assert [invite.status for invite in account.invites.values()] == ["Used", "Declined", "Expired"]
    assert [(grant.role_id, grant.on) for grant in person.grants or ()] == [(offer[0].role_id, None)]
    assert person.email == accepted.email
