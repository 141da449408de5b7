"""Contributors of sites over real HTTP: each site right, or named; one of them never ends the read of the others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_wix_users.wix.contributors import KIND, ROLE_KIND, PreviousContributors, SiteRecord, Sites, read_contributors
from tap_wix_users.wix.errors import ServerFailure, Unauthorized
from tap_wix_users.wix.held_roles import IF_EMPTY
from tap_wix_users.wix.objects import MORE, Contributor
from tests.crowds import Crowds
from tests.wix.conftest import READ_OPTIONS, asked
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

WHOLE = dict.fromkeys((KIND, ROLE_KIND), "whole")
UNPROVED = dict.fromkeys((KIND, ROLE_KIND))
NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


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


def read(api: Any, ids: Sequence[str], *, proved: bool = True, role_ids: Sequence[str] | None = None, **overrides: Any):
    """Read the contributors of sites whose records say nothing about them."""
    return read_sites(
        api, [SiteRecord(site_id, None) for site_id in ids], proved=proved, role_ids=role_ids, **overrides
    )


def read_sites(
    api: Any,
    records: Sequence[SiteRecord],
    *,
    proved: bool = True,
    role_ids: Sequence[str] | None = None,
    before: PreviousContributors | None = None,
    **overrides: Any,
) -> ReadResult[Found]:
    """Read the contributors of sites."""
    sites = Sites(records, proved=proved, started_at=NOW, role_ids=role_ids, before=before)
    return read_contributors(api, Found, replace(READ_OPTIONS, **overrides), sites)


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
        """Whichever is answered first, rows are in the order of the sites."""
        sandbox = serve(world(), options=ApiOptions(latency=0.003))
        known = list(sandbox.world.main.roles) if with_roles else None
        ids = list(main_sites(sandbox))[::-1]
        outcome = read(connect(sandbox, max_concurrency=concurrency), ids, role_ids=known)
        assert outcome.sink.rows == rows([main_sites(sandbox)[key] for key in ids], known or ())
        assert (outcome.proofs, outcome.walk.flaw, outcome.attempts) == (WHOLE, None, 1)
        assert outcome.walk.rows == len(outcome.sink.items)

    def test_only_the_header_of_a_site(self, serve, connect):
        """Each request has the id of its site and never that of an account, and the ids of the roles."""
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
        """Roles are not requested if they are not selected, nor for a site without contributors."""
        sandbox = serve(world())
        ids = list(main_sites(sandbox))
        read(connect(sandbox), ids)
        assert sorted(seen.headers["wix-site-id"] for seen in sandbox.requests) == sorted(ids)
        assert {seen.query for seen in sandbox.requests} == {()}
        for site in main_sites(sandbox).values():
            site.contributors = []
        outcome = read(connect(sandbox), ids, role_ids=list(sandbox.world.main.roles))
        assert (outcome.sink.rows, len(sandbox.requests)) == ([], 2 * len(ids))

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
        """Sites are queried concurrently, so that latency adds up less, and never more at once than allowed."""
        sandbox = serve(world(), options=ApiOptions(latency=0.02))
        crowds = Crowds(sandbox, "query_contributors", 4)
        known = list(sandbox.world.main.roles) if with_roles else None
        read(connect(sandbox, max_concurrency=4), list(main_sites(sandbox)), role_ids=known)
        assert max(crowds.sizes) == 4

    def test_a_sample_asks_few_sites(self, serve, connect):
        """A connection test queries no more sites than it needs rows."""
        sandbox = serve(world())
        read(connect(sandbox, max_concurrency=1), list(main_sites(sandbox)), stop_after=2)
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
        assert (outcome.proofs, what(outcome)) == (UNPROVED, f"site {ids[2]} refused ({words})")
        assert asked(sandbox) == 5

    def test_in_the_middle_of_its_roles(self, serve, connect):
        """A site that refuses one question about roles has no rows at all: half of an answer is none."""
        sandbox = serve(world(3), faults=[Fault.of("status", endpoint="query_contributors", nth=3, status=403)])
        ids = list(main_sites(sandbox))
        known = list(sandbox.world.main.roles)
        outcome = read(connect(sandbox, max_concurrency=1), ids, role_ids=known)
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()][1:], known)
        assert what(outcome) == f"site {ids[0]} refused (403 PERMISSION_DENIED)"

    @pytest.mark.parametrize("concurrency", [1, 8])
    def test_many_sites(self, concurrency, serve, connect):
        """Only the first ones are named, in order; the others are counted."""
        sandbox = serve(world(3))
        strangers = [f"{ELSEWHERE[:-2]}{number:02}" for number in range(7)]
        outcome = read(connect(sandbox, max_concurrency=concurrency), [*strangers, *main_sites(sandbox)])
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        named = [f"site {stranger} refused (403 PERMISSION_DENIED)" for stranger in strangers[:5]]
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
        """A revoked key is not the refusal of one site: the read ends."""
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

    def test_an_answer_that_tells_of_more(self, serve, connect):
        """No page is known to follow: the site is named, and nothing is proved."""
        sandbox = serve(made := world(2))
        first, _ = made.main.sites.values()
        body = {"contributors": [{"accountId": "a"}], "pagingMetadata": {"count": 1, "total": 2}}
        sandbox.faults.add(Fault.of("status", endpoint="query_contributors", status=200, body=body))
        outcome = read(connect(sandbox, max_concurrency=1), list(main_sites(sandbox)), attempts=1)
        assert outcome.proofs == WHOLE
        sandbox.faults.add(Fault.of("status", endpoint="query_contributors", status=200, body=body, times=0))
        outcome = read(connect(sandbox, max_concurrency=1), [first.id])
        assert (outcome.proofs, what(outcome)) == (UNPROVED, f"site {first.id}: {MORE}")

    def test_an_answer_about_a_role_that_tells_of_more(self, serve, connect):
        """Who holds the role may be on a page that nobody knows how to read; who works on the site is known."""
        made = world(1)
        (site,) = made.main.sites.values()
        roles = list(made.main.roles)
        site.contributors = [Outside("a", None, roles[:1]), Outside("b", None, roles[:1])]
        made.main.changed(site)
        before = PreviousContributors("2025", frozenset({site.id}), {site.id: {("a", roles[0]), ("b", roles[0])}})
        cut = {"contributors": [{"accountId": "a"}], "pagingMetadata": {"hasNext": True}}
        fault = Fault.of("status", endpoint="query_contributors", status=200, body=cut, nth=2, times=0)
        result = read_sites(connect(serve(made, faults=[fault])), [told(site)], role_ids=roles[:1], before=before)
        assert result.proofs == {KIND: "whole", ROLE_KIND: None}
        assert result.doubts == {ROLE_KIND: f"the roles on site {site.id}: {MORE}"}

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

    @pytest.mark.parametrize("other", [{"accountOwnerId": "b"}, {}, {"accountOwnerId": "a", "isClient": True}])
    def test_a_contributor_twice_and_not_alike(self, other, serve, connect):
        """Which of the two is right, nobody can say."""
        made = world(1)
        (site,) = made.main.sites.values()
        value = [{"accountId": "a", "accountOwnerId": "a"}, {"accountId": "a", **other}]
        fault = Fault.of("wrong_types", endpoint="query_contributors", path="contributors", value=value, times=0)
        outcome = read(connect(serve(made, faults=[fault])), [site.id])
        assert (outcome.walk.flaw, outcome.proofs) == (
            f"site {site.id} names a contributor twice, with different data",
            UNPROVED,
        )

    def test_unknown_fields(self, serve, connect):
        """Unknown fields are kept with their contributor."""
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
        sandbox = serve(made)

        def come(_endpoint: str, number: int) -> None:
            # Each attempt of the first site asks for everybody, and then for the holders of some roles.
            if number <= 2 * attempts and number % 2 == 0:
                with sandbox.lock:
                    first.contributors.append(Outside(f"new {number}", None, known[:1]))

        sandbox.before_request = come
        outcome = read(connect(sandbox, max_concurrency=1), [first.id, second.id], role_ids=known, attempts=attempts)
        assert outcome.sink.rows == rows([second], known)
        assert outcome.proofs == UNPROVED
        assert outcome.walk.flaw == f"the contributors of site {first.id} changed while their roles were being read"
        assert [seen.headers["wix-site-id"] for seen in sandbox.requests].count(first.id) == 2 * attempts

    def test_somebody_who_comes_on_the_way(self, serve, connect):
        """A contributor who was not there at first contradicts the first answer: the site is queried again."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        sandbox = serve(made)
        before(sandbox, 2, lambda: made.main.add_contributor(site, Outside("new", None, [known[5]])))
        outcome = read(connect(sandbox), [site.id], role_ids=known)
        assert outcome.sink.rows == rows([site], known)
        assert len(outcome.sink.rows) == 3
        assert outcome.proofs == WHOLE

    @pytest.mark.parametrize("kind", ["truncate", "not_json", "reset"])
    def test_an_answer_that_is_cut(self, kind, serve, connect):
        """It is requested again, and costs no row."""
        sandbox = serve(world(), faults=[Fault.of(kind, endpoint="query_contributors", nth=4)])
        outcome = read(connect(sandbox), list(main_sites(sandbox)))
        assert outcome.sink.rows == rows([*main_sites(sandbox).values()])
        assert outcome.proofs == WHOLE


def ignored(site: Site, *, nth: int = 2, times: int = 0) -> Fault:
    """The filter by roles is not looked at: every contributor of the site is named."""
    everybody = [{"accountId": one.account_id, "accountOwnerId": one.owner_user_id} for one in site.contributors]
    where = {"endpoint": "query_contributors", "path": "contributors"}
    return Fault.of("wrong_types", value=everybody, nth=nth, times=times, **where)


class TestRolesThatAreNotLookedAt:
    """Wix ignores filters that it does not know (docs/api-contract.md, section 6.17): that gives nobody every role."""

    @pytest.mark.parametrize("later", [False, True])
    def test_for_good(self, later, serve, connect):
        """The contributors are kept, their roles are unknown, and the flaw names the site."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        held = {(str(one.account_id), role) for one in site.contributors for role in one.role_ids}
        last = PreviousContributors("2025", frozenset({site.id}), {site.id: held}) if later else None
        sandbox = serve(made, faults=[ignored(site)])
        result = read_sites(connect(sandbox), [told(site)], role_ids=known, before=last)
        assert result.sink.rows == rows([site])
        assert result.proofs == {KIND: "whole", ROLE_KIND: None}
        words = f"the answers about site {site.id} name every contributor, whatever role is requested"
        assert result.doubts == {ROLE_KIND: words}

    def test_once(self, serve, connect):
        """The answer contradicts the others: the site is queried again, and proved."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        site.contributors = [Outside("a", None, known[-1:]), Outside("b", None, known[-2:-1])]
        sandbox = serve(made, faults=[ignored(site, times=1)])
        result = read_sites(connect(sandbox), [SiteRecord(site.id, None)], role_ids=known)
        assert (result.sink.rows, result.proofs) == (rows([site], known), WHOLE)
        assert [seen.query for seen in sandbox.requests].count(()) == 2

    def test_somebody_with_every_role(self, serve, connect):
        """Somebody who does hold every role is distinguished by a role that nobody can hold."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        site.contributors = [Outside("a", None, known)]
        sandbox = serve(made)
        result = read_sites(connect(sandbox), [SiteRecord(site.id, None)], role_ids=known)
        assert (result.sink.rows, result.proofs) == (rows([site], known), WHOLE)
        assert sandbox.requests[-1].query == (("filter.policyIds", "0"),)


class TestWhatTheLastSnapshotTells:
    """A later read queries what it expects, but only believes the answers."""

    @pytest.mark.parametrize("change", ["nothing", "role", "lost", "gained", "left", "came", "other case"])
    def test_a_change(self, change, serve, connect):
        """Whatever changed since then comes out as it is now, and is proved."""
        made = world(1)
        (site,) = made.main.sites.values()
        known = list(made.main.roles)
        one, other = site.contributors = [Outside("a", None, known[2:4]), Outside("b", None, known[3:4])]
        held = {(str(who.account_id), role) for who in site.contributors for role in who.role_ids}
        match change:
            case "role":
                other.role_ids = known[8:9]
            case "lost":
                one.role_ids = known[2:3]
            case "gained":
                other.role_ids = known[3:7]
            case "left":
                site.contributors = [one]
            case "came":
                site.contributors = [one, other, Outside("c", None, known[:1])]
            case "other case":
                one.account_id = "A"
        sandbox = serve(made)
        last = PreviousContributors("2025", frozenset({site.id}), {site.id: held})
        result = read_sites(connect(sandbox), [SiteRecord(site.id, None)], role_ids=known, before=last)
        assert (result.sink.rows, result.proofs) == (rows([site], known), WHOLE)
        assert (asked(sandbox) == 4) is (change in {"nothing", "left"})


def told(site: Site, *accounts: str) -> SiteRecord:
    """A site's record with these contributors, or with those that it has."""
    return SiteRecord(site.id, accounts or tuple(str(one.account_id) for one in site.contributors), site.created)


class TestSitesThatAreAsked:
    """A site is left unasked only where its record says that it has none (docs/streams.md, section 3.2)."""

    LONG_AGO, LATER = "2020-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"
    BEFORE = PreviousContributors("2025-01-01T00:00:00.000000Z", frozenset({"had"}))

    @pytest.mark.parametrize(
        ("others", "contributors", "created", "before", "asked"),
        [
            pytest.param(((),), (), LONG_AGO, None, False, id="an empty list"),
            pytest.param(((),), ("a",), LONG_AGO, BEFORE, True, id="a list"),
            pytest.param((("a",),), None, LONG_AGO, None, True, id="no list, and nobody ever looked"),
            pytest.param((("a",),), None, LONG_AGO, BEFORE, False, id="no list where others have one, none before"),
            pytest.param((("a",),), None, LATER, BEFORE, True, id="no list, and it is new"),
            pytest.param((("a",),), None, None, BEFORE, True, id="no list, and nobody knows how old it is"),
            pytest.param((("a",), ()), None, LONG_AGO, BEFORE, True, id="no list where empty ones are sent"),
            pytest.param((None,), None, LONG_AGO, BEFORE, True, id="no list where nobody has one"),
        ],
    )
    def test_who_is_asked(self, others, contributors, created, before, asked):
        """A list that was left out is no empty one, unless that is how Wix says that there are none."""
        records = [SiteRecord(f"other {number}", accounts) for number, accounts in enumerate(others)]
        sites = Sites([*records, SiteRecord("x", contributors, created)], proved=True, started_at=NOW, before=before)
        assert ("x" in {record.site_id for record in sites.to_ask()}) is asked

    def test_a_site_that_had_contributors(self):
        """It is queried whatever its record says: then two sources show that they are gone."""
        for contributors in ((), None, ("a",)):
            sites = Sites([SiteRecord("had", contributors)], proved=True, started_at=NOW, before=self.BEFORE)
            assert [record.site_id for record in sites.to_ask()] == ["had"]

    @pytest.mark.parametrize(
        ("others", "created", "listed", "asked", "known"),
        [
            pytest.param((("a",),), LONG_AGO, {"x"}, False, True, id="there before, where empty lists are left out"),
            pytest.param((("a",),), LONG_AGO, set(), True, True, id="transferred, where empty lists are left out"),
            pytest.param((("a",), ()), LONG_AGO, {"x"}, True, True, id="there before, where empty lists are sent"),
            pytest.param((("a",), ()), LONG_AGO, set(), True, False, id="transferred, where empty lists are sent"),
            pytest.param((("a",), ()), LATER, None, True, False, id="new, where empty lists are sent"),
            pytest.param((("a",), ()), LONG_AGO, None, True, True, id="as old as the last snapshot, for all one knows"),
        ],
    )
    def test_who_was_there(self, others, created, listed, asked, known):
        """The last snapshot says nothing of a site that came since: its own answer may not leave out the list, too."""
        records = [SiteRecord(f"other {number}", accounts) for number, accounts in enumerate(others)]
        one = SiteRecord("x", None, created)
        sites = Sites([*records, one], proved=True, started_at=NOW, before=self.BEFORE, listed_before=listed)
        assert (one in sites.to_ask(), sites.knows_of(one)) == (asked, known)


class TestTwoSources:
    """The record of a site and its own answer name the same contributors, or the site is named."""

    def test_they_agree(self, serve, connect):
        """One request a site, and the time is that of the walk of the sites."""
        sandbox = serve(world(3))
        result = read_sites(connect(sandbox), [told(site) for site in main_sites(sandbox).values()])
        assert (result.proofs, asked(sandbox), result.started_at) == (WHOLE, 3, NOW)

    def test_in_another_case(self, serve, connect):
        """An id means the same in either case."""
        sandbox = serve(world(1))
        (site,) = main_sites(sandbox).values()
        upper = [str(one.account_id).upper() for one in site.contributors]
        assert read_sites(connect(sandbox), [told(site, *upper)]).proofs == WHOLE

    @pytest.mark.parametrize("which", ["record", "answer"])
    def test_one_was_older(self, which, serve, connect):
        """One more look at both, and they agree."""
        made = world(2)
        first, second = made.main.sites.values()
        records = [told(first), told(second)]
        if which == "record":
            made.main.remove_contributor(first, first.contributors[0])
            faults = []
        else:
            faults = [Fault.of("empty_page", endpoint="query_contributors")]
        sandbox = serve(made, faults=faults)
        result = read_sites(connect(sandbox, max_concurrency=1), records)
        assert (result.sink.rows, result.proofs) == (rows([first, second]), WHOLE)
        assert [seen.endpoint for seen in sandbox.requests] == [
            "query_contributors", "query_sites", "query_contributors", "query_contributors",
        ]  # fmt: skip

    @pytest.mark.parametrize("times", [0, 2])
    def test_they_disagree(self, times, serve, connect):
        """The site is named with both numbers; what it answered is read, and the others are whole."""
        sandbox = serve(world(2), faults=[Fault.of("empty_page", endpoint="query_contributors", times=times)])
        first, second = main_sites(sandbox).values()
        result = read_sites(connect(sandbox, max_concurrency=1), [told(first), told(second)])
        assert result.proofs == UNPROVED
        assert what(result).startswith(
            f"site {first.id} has {len(first.contributors)} contributor(s) in the list of sites, but 0 in its own"
        )
        assert result.sink.rows == (rows([second]) if times else [])

    def test_the_answer_tells_of_more(self, serve, connect):
        """More than the record says is a contradiction, too, and every row of it is read."""
        one = {"accountId": "unlisted", "accountOwnerId": None}
        fault = {"kind": "wrong_types", "endpoint": "query_contributors", "path": "contributors"}
        sandbox = serve(world(1), faults=[Fault.of(value=[one], times=0, **fault)])
        (site,) = main_sites(sandbox).values()
        result = read_sites(connect(sandbox), [told(site)])
        assert ([row[1] for row in result.sink.rows], result.proofs) == (["unlisted"], UNPROVED)

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_record_that_is_out_of_reach(self, status, serve, connect):
        """A second look at the site alone is a look."""
        faults = [
            Fault.of("empty_page", endpoint="query_contributors"),
            Fault.of("status", endpoint="query_sites", status=status),
        ]
        sandbox = serve(world(1), faults=faults)
        (site,) = main_sites(sandbox).values()
        assert read_sites(connect(sandbox), [told(site)]).proofs == WHOLE


class TestListsThatAreLeftOut:
    """An answer without its list only means an empty list if another source agrees."""

    @pytest.mark.parametrize(
        ("contributors", "before", "proofs"),
        [
            ((), PreviousContributors("2025", frozenset({"x"})), WHOLE),
            (None, None, UNPROVED),
            (None, PreviousContributors("2025", frozenset()), WHOLE),
            (None, PreviousContributors("2025", frozenset({"x"})), UNPROVED),
            (("a",), PreviousContributors("2025", frozenset()), UNPROVED),
        ],
    )
    def test_of_contributors(self, contributors, before, proofs, serve, connect):
        """The record of the site says that it has none, or the last snapshot had none."""
        made = world(1)
        (site,) = made.main.sites.values()
        if before is not None and before.sites:
            before = PreviousContributors(before.at, frozenset({site.id}))
        site.contributors = []
        made.main.changed(site)
        faults = [Fault.of("drop", endpoint="query_contributors", path="contributors", times=0)]
        if proofs == UNPROVED:
            silent = "sites.*.contributorAccountIds"
            faults.append(Fault.of("drop", endpoint="query_sites", path=silent, times=0))
        sandbox = serve(made, faults=faults)
        result = read_sites(connect(sandbox), [SiteRecord(site.id, contributors, None)], before=before)
        assert (result.sink.rows, result.proofs) == ([], proofs)

    @pytest.mark.parametrize("known", [True, False])
    def test_of_roles(self, known, serve, connect):
        """Roles that an answer leaves out are unknown; the contributors are not: each table has its own proof."""
        made = world(1)
        (site,) = made.main.sites.values()
        roles = list(made.main.roles)
        site.contributors = [Outside("a", None, roles[:1])]
        faults = [Fault.of("drop", endpoint="query_contributors", path="contributors", nth=2, times=0)]
        before = PreviousContributors("2025", frozenset({site.id}), {site.id: {("a", roles[0])}} if known else {})
        for last, proof in ((None, None), (before, None if known else "whole")):
            sandbox = serve(made, faults=faults)
            result = read_sites(connect(sandbox), [SiteRecord(site.id, None)], role_ids=roles, before=last)
            assert result.sink.rows == [(site.id, "a", None, ())]
            assert result.proofs == {KIND: "whole", ROLE_KIND: proof}
            words = f"an answer about the roles on site {site.id} left out its list{'' if last else f'. {IF_EMPTY}'}"
            assert result.doubts == ({} if proof else {ROLE_KIND: words})

    def test_reported_empty(self, serve, connect):
        """That there are no contributors at all is reported where every record says so."""
        sandbox = serve(world(2))
        for records, none in (([SiteRecord("x", ()), SiteRecord("y", ())], True), ([SiteRecord("x", ("a",))], False)):
            sites = Sites(records, proved=True, started_at=NOW)
            assert sites.all_report_none is none
        assert not Sites([], proved=True, started_at=NOW).all_report_none
        assert Sites([], proved=True, started_at=NOW, reported_empty=True).all_report_none
        result = read_sites(connect(sandbox), [SiteRecord("x", ())])
        assert (result.walk.reported_empty, asked(sandbox)) == ({KIND, ROLE_KIND}, 0)


def test_roles_that_may_not_be_all(serve, connect):
    """If the list of roles is not proved, the roles of contributors are not either; the contributors are."""
    sandbox = serve(world(1))
    (site,) = main_sites(sandbox).values()
    sites = Sites([told(site)], proved=True, started_at=NOW, role_ids=list(sandbox.world.main.roles), roles_doubt="why")
    result = read_contributors(connect(sandbox), Found, READ_OPTIONS, sites)
    assert (result.proofs, result.doubts) == ({KIND: "whole", ROLE_KIND: None}, {ROLE_KIND: "why"})
