"""Contributors of sites over real HTTP: each site right, or named; one of them never ends the read of the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.wix.contributors import KIND, Sites, read_contributors
from tap_wix_users.wix.errors import ServerFailure, Unauthorized
from tap_wix_users.wix.objects import Contributor
from tests.wix.conftest import EFFORT, asked
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.records import Contributor as Outside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_wix_users.wix.contributors import SiteContributor
    from tap_wix_users.wix.proving import ReadResult
    from wix_sandbox import Sandbox
    from wix_sandbox.records import Site

HTML = "<!DOCTYPE html>\n<html><body><h1>403 Forbidden</h1></body></html>\n"
ELSEWHERE = "00000000-0000-4000-8000-000000000000"
"""A site that the key does not reach."""

WHOLE = {KIND: "whole"}
UNPROVED = {KIND: None}


@dataclass
class Found:
    """Takes what a read hands over."""

    items: list[SiteContributor] = field(default_factory=list)

    def add(self, items: Sequence[SiteContributor], /) -> None:
        """Take a site's."""
        self.items += items

    @property
    def rows(self) -> list[tuple[str, str, str | None, tuple[str, ...]]]:
        """Site, account, its owner and roles of each."""
        return [(one.site_id, one.account_id, one.contributor.account_owner_id, one.role_ids) for one in self.items]


def world(sites: int = 12) -> World:
    """An account in which every site has contributors with one to three roles, and every third site has two of them."""
    made = World(Size(users=2, sites=sites, folders=1, invites=0, child_accounts=0))
    account = made.main
    known = list(account.roles)
    for number, site in enumerate(account.sites.values()):
        held = [known[(number * step) % len(known)] for step in range(1, 2 + number % 3)]
        site.contributors = [Outside(account.new_id(), account.new_id(), list(dict.fromkeys(held)))]
        if number % 3 == 0:
            site.contributors.append(Outside(account.new_id(), None, known[:2]))
        account.changed(site)
    return made


def rows(sites: Sequence[Site], known: Sequence[str] = ()) -> list[tuple[str, str, str | None, tuple[str, ...]]]:
    """What a read of these sites has to find, in order; roles only of those that are looked for."""
    return [
        (site.id, str(one.account_id), one.owner_user_id, tuple(role for role in known if role in one.role_ids))
        for site in sites
        for one in site.contributors
    ]


def read(api: Any, ids: Sequence[str], *, proved: bool = True, role_ids: Sequence[str] | None = None, **effort: Any):
    """Read the contributors of sites."""
    sites = Sites(contributors=dict.fromkeys(ids, 1), proved=proved, role_ids=role_ids)
    outcome: ReadResult[Found] = read_contributors(api, Found, replace(EFFORT, **effort), sites)
    return outcome


def what(outcome: ReadResult[Found]) -> str:
    """What contradicts a read, without the advice behind it."""
    return str(outcome.walk.flaw).partition(". ")[0]


def main_sites(sandbox: Sandbox) -> dict[str, Site]:
    """The sites of the main account, in their order."""
    return sandbox.world.main.sites


def before(sandbox: Sandbox, number: int, change: Callable[[], None], *, every: int | None = None) -> None:
    """Change the world just before the answer to a request, counted from 1, and again each time so many later."""

    def arrived(_endpoint: str, this: int) -> None:
        if this == number or (every and this > number and (this - number) % every == 0):
            with sandbox.lock:
                change()

    sandbox.before_request = arrived


class TestWhatIsRead:
    """Every contributor of every site, and only as many requests as that needs."""

    @pytest.mark.parametrize("concurrency", [1, 8])
    @pytest.mark.parametrize("with_roles", [False, True])
    def test_sites_keep_their_order(self, concurrency, with_roles, serve, connect):
        """Whichever is answered first, rows come site by site in the order that was asked for."""
        sandbox = serve(world(), options=ApiOptions(latency=0.003))
        known = list(sandbox.world.main.roles) if with_roles else None
        ids = list(main_sites(sandbox))[::-1]
        outcome = read(connect(sandbox, max_concurrency=concurrency), ids, role_ids=known)
        assert outcome.sink.rows == rows([main_sites(sandbox)[key] for key in ids], known or ())
        assert (outcome.proofs, outcome.walk.flaw, outcome.attempts) == (WHOLE, None, 1)
        assert outcome.walk.rows == len(outcome.sink.items)

    def test_only_the_header_of_a_site(self, serve, connect):
        """Each request has the id of its site and never that of an account, and asks for the roles by their ids."""
        sandbox = serve(world())
        known = list(sandbox.world.main.roles)
        api = connect(sandbox)
        read(api, list(main_sites(sandbox)), role_ids=known)
        headers = [{k: v for k, v in seen.headers.items() if k != "user-agent"} for seen in sandbox.requests]
        assert all(sent == {"authorization": sandbox.world.key, "wix-site-id": sent["wix-site-id"]} for sent in headers)
        assert {sent["wix-site-id"] for sent in headers} == set(main_sites(sandbox))
        assert {seen.endpoint for seen in sandbox.requests} == {"query_contributors"}
        assert {name for seen in sandbox.requests for name, _ in seen.query} == {"filter.policyIds"}
        assert api.meter.requests == len(sandbox.requests)

    def test_without_roles_one_request_a_site(self, serve, connect):
        """Roles that nobody wants are not asked for, nor are those of a site without contributors."""
        sandbox = serve(world())
        ids = list(main_sites(sandbox))
        read(connect(sandbox), ids)
        assert sorted(seen.headers["wix-site-id"] for seen in sandbox.requests) == sorted(ids)
        assert {seen.query for seen in sandbox.requests} == {()}
        for site in main_sites(sandbox).values():
            site.contributors = []
        outcome = read(connect(sandbox), ids, role_ids=list(sandbox.world.main.roles))
        # Once for every site, and then twice: an empty answer where contributors were told of is asked for again.
        assert (outcome.sink.rows, len(sandbox.requests)) == ([], 3 * len(ids))

    def test_no_sites(self, serve, connect):
        """An account whose sites have no contributors costs no request, and is proved by the list of sites alone."""
        sandbox = serve()
        assert read(connect(sandbox), []).proofs == WHOLE
        assert read(connect(sandbox), [], proved=False).proofs == UNPROVED
        assert sandbox.requests == []

    def test_a_list_of_sites_that_is_not_proved(self, serve, connect):
        """What is there is read, and proves nothing."""
        sandbox = serve(world(3))
        outcome = read(connect(sandbox), list(main_sites(sandbox)), proved=False)
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        assert outcome.proofs == UNPROVED
        assert outcome.walk.flaw == "the list of sites is not proved to be complete"

    @pytest.mark.parametrize("with_roles", [False, True])
    def test_side_by_side(self, with_roles, serve, connect):
        """The latency of a site is paid together with that of others, and never more at once than allowed."""
        sandbox = serve(world(), options=ApiOptions(latency=0.02))
        crowds = []
        sandbox.before_request = lambda _endpoint, number: crowds.append(number - len(sandbox.requests))
        known = list(sandbox.world.main.roles) if with_roles else None
        read(connect(sandbox, max_concurrency=4), list(main_sites(sandbox)), role_ids=known)
        assert max(crowds) == 4
        assert sum(crowd > 1 for crowd in crowds) > len(crowds) // 2

    def test_a_sample_asks_few_sites(self, serve, connect):
        """A test of the connection asks no more sites than it wants rows."""
        sandbox = serve(world())
        read(connect(sandbox, max_concurrency=1), list(main_sites(sandbox)), enough=2)
        assert asked(sandbox) == 2


class TestSitesThatRefuse:
    """One site out of reach is named, and takes nothing from the others."""

    @pytest.mark.parametrize(
        ("refusal", "words"),
        [
            ({"status": 403}, "403 PERMISSION_DENIED"),
            ({"status": 403, "body": HTML}, "403"),
            ({"status": 404}, "404 NOT_FOUND"),
        ],
        ids=["403 JSON", "403 HTML", "404"],
    )
    def test_one_site(self, refusal, words, serve, connect):
        """The site is named with its status, and without rows; the others are whole, and nothing is proved."""
        sandbox = serve(world(5), faults=[Fault.of("status", endpoint="query_contributors", nth=3, **refusal)])
        ids = list(main_sites(sandbox))
        outcome = read(connect(sandbox, max_concurrency=1), ids)
        others = [site for site in main_sites(sandbox).values() if site.id != ids[2]]
        assert outcome.sink.rows == rows(others)
        assert (outcome.proofs, what(outcome)) == (UNPROVED, f"site {ids[2]} refuses ({words})")
        assert asked(sandbox) == 5

    def test_in_the_middle_of_its_roles(self, serve, connect):
        """A site that refuses one question about roles has no rows at all: half of an answer is none."""
        sandbox = serve(world(3), faults=[Fault.of("status", endpoint="query_contributors", nth=3, status=403)])
        ids = list(main_sites(sandbox))
        known = list(sandbox.world.main.roles)
        outcome = read(connect(sandbox, max_concurrency=1), ids, role_ids=known)
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()][1:], known)
        assert what(outcome) == f"site {ids[0]} refuses (403 PERMISSION_DENIED)"

    @pytest.mark.parametrize("concurrency", [1, 8])
    def test_many_sites(self, concurrency, serve, connect):
        """Only the first ones are named, in order; the others are counted."""
        sandbox = serve(world(3))
        strangers = [f"{ELSEWHERE[:-2]}{number:02}" for number in range(7)]
        outcome = read(connect(sandbox, max_concurrency=concurrency), [*strangers, *main_sites(sandbox)])
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        named = [f"site {stranger} refuses (403 PERMISSION_DENIED)" for stranger in strangers[:5]]
        assert (outcome.proofs, what(outcome)) == (UNPROVED, "; ".join([*named, "and 2 more"]))

    @pytest.mark.parametrize("concurrency", [1, 8])
    def test_a_site_beyond_patience(self, concurrency, serve, connect, clock):
        """A server that fails for one site ends the read, after all the patience there is: it is no refusal."""
        fault = Fault.of("status", endpoint="query_contributors", nth=3, times=0, status=503)
        sandbox = serve(world(), faults=[fault])
        with pytest.raises(ServerFailure) as caught:
            read(connect(sandbox, max_concurrency=concurrency, max_retry_seconds=60), list(main_sites(sandbox)))
        assert "gave up after" in str(caught.value)
        assert 30 < clock.elapsed <= 120

    def test_a_retry_that_helps(self, serve, connect):
        """A failure that goes away costs one more request, and nothing else."""
        sandbox = serve(world(), faults=[Fault.of("status", endpoint="query_contributors", nth=3, status=503)])
        api = connect(sandbox)
        outcome = read(api, list(main_sites(sandbox)))
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        assert (outcome.proofs, api.meter.requests, api.meter.retries) == (WHOLE, 13, 1)

    def test_a_key_that_is_revoked(self, serve, connect):
        """A key that nobody knows any more is not a refusal of one site: the read ends."""
        sandbox = serve(world(), faults=[Fault.of("revoke_key", endpoint="query_contributors", nth=3)])
        with pytest.raises(Unauthorized):
            read(connect(sandbox), list(main_sites(sandbox)))


class TestAnswersThatAreOdd:
    """What cannot be a row, or cannot be true."""

    def test_a_contributor_without_an_account(self, serve, connect):
        """The contract allows it, and it cannot be a row: the site is named, and nothing is proved."""
        made = world(4)
        second = [*made.main.sites.values()][1]
        second.contributors.append(Outside(None, made.main.new_id(), []))
        sandbox = serve(made)
        outcome = read(connect(sandbox), list(main_sites(sandbox)))
        second.contributors.pop()
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        assert outcome.proofs == UNPROVED
        assert outcome.walk.flaw == f"site {second.id} has 1 contributor(s) without an account id"

    def test_a_contributor_twice(self, serve, connect):
        """The same account twice in one answer is one contributor, with the roles of both."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        first = site.contributors[0]
        site.contributors = [Outside(first.account_id, first.owner_user_id, [role]) for role in known[3:5]]
        sandbox = serve(made)
        outcome = read(connect(sandbox), [site.id], role_ids=known)
        assert outcome.sink.rows == [(site.id, first.account_id, first.owner_user_id, tuple(known[3:5]))]

    def test_unknown_fields(self, serve, connect):
        """Fields that nobody knows come along with their contributor."""
        made = world(1)
        (site,) = made.main.sites.values()
        value = {"accountId": "a", "accountOwnerId": 7, "isClient": True}
        fault = Fault.of("wrong_types", endpoint="query_contributors", path="contributors", value=[value])
        outcome = read(connect(serve(made, faults=[fault])), [site.id])
        (found,) = outcome.sink.items
        assert (found.site_id, found.account_id, found.role_ids) == (site.id, "a", ())
        assert isinstance(found.contributor, Contributor)
        assert found.contributor.unknown == {"isClient": True, "accountOwnerId": 7}

    def test_a_contradiction_is_asked_again(self, serve, connect):
        """A role that moves between two questions makes the site begin again: then it is right, and proved."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        one, other = site.contributors
        one.role_ids, other.role_ids = [known[0]], [known[1]]
        sandbox = serve(made)
        before(sandbox, 3, one.role_ids.clear)
        outcome = read(connect(sandbox), [site.id], role_ids=known)
        assert outcome.sink.rows == [
            (site.id, one.account_id, one.owner_user_id, ()),
            (site.id, other.account_id, None, (known[1],)),
        ]
        assert outcome.proofs == WHOLE
        assert [seen.query for seen in sandbox.requests].count(()) == 2

    @pytest.mark.parametrize("attempts", [1, 3])
    def test_contradictions_without_end(self, attempts, serve, connect):
        """After as many attempts as are allowed the site is named, and has no rows; the other one is whole."""
        made = world(2)
        first, second = made.main.sites.values()
        known = list(made.main.roles)
        first.contributors = [Outside("a", None, [known[0]]), Outside("b", None, [known[1]])]
        sandbox = serve(made)
        numbers = count()

        def flip() -> None:
            first.contributors[0].role_ids = [known[0]] if next(numbers) % 2 else []

        # Each attempt of the first site: everybody, those with any role, those with one of the first half, the others.
        sandbox.before_request = lambda _endpoint, number: (
            flip() if number <= 4 * attempts and number % 4 in {1, 3} and number > 1 else None
        )
        outcome = read(connect(sandbox, max_concurrency=1), [first.id, second.id], role_ids=known, attempts=attempts)
        assert outcome.sink.rows == rows([second], known)
        assert outcome.proofs == UNPROVED
        assert outcome.walk.flaw == f"the contributors of site {first.id} changed while their roles were asked for"
        assert [seen.headers["wix-site-id"] for seen in sandbox.requests].count(first.id) == 4 * attempts

    def test_somebody_who_comes_on_the_way(self, serve, connect):
        """A contributor who was not there at first contradicts the first answer: the site is asked again."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        sandbox = serve(made)
        before(sandbox, 2, lambda: made.main.add_contributor(site, Outside("new", None, [known[5]])))
        outcome = read(connect(sandbox), [site.id], role_ids=known)
        assert outcome.sink.rows == rows([site], known)
        assert len(outcome.sink.rows) == 3
        assert outcome.proofs == WHOLE

    def test_an_empty_answer_for_a_site_with_contributors(self, serve, connect):
        """Nothing looks more like an outage: one empty answer does not prove that a site's contributors are gone."""
        sandbox = serve(world(3), faults=[Fault.of("empty_page", endpoint="query_contributors", nth=2)])
        outcome = read(connect(sandbox, max_concurrency=1), list(main_sites(sandbox)))
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()]) or outcome.proofs == UNPROVED

    @pytest.mark.parametrize("kind", ["truncate", "not_json", "reset"])
    def test_an_answer_that_is_cut(self, kind, serve, connect):
        """It is asked again, and costs no row."""
        sandbox = serve(world(), faults=[Fault.of(kind, endpoint="query_contributors", nth=4)])
        outcome = read(connect(sandbox), list(main_sites(sandbox)))
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        assert outcome.proofs == WHOLE
