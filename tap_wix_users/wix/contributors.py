"""The contributors of an account's sites, and the roles that they hold there (docs/api-contract.md, section 2.4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tap_wix_users.wix.ahead import in_order
from tap_wix_users.wix.errors import Forbidden, NotFound
from tap_wix_users.wix.halving import ContradictionError, holders
from tap_wix_users.wix.proving import ReadResult
from tap_wix_users.wix.walks import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import Contributor
    from tap_wix_users.wix.proving import Effort, S

KIND = "contributor"


@dataclass(frozen=True)
class SiteContributor:
    """A contributor of a site.

    Attributes:
        site_id: The site.
        account_id: The outside account.
        contributor: What the API says of it.
        role_ids: The roles that it holds on the site; empty when they were not asked for.
    """

    site_id: str
    account_id: str
    contributor: Contributor
    role_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sites:
    """The sites to ask about.

    Attributes:
        contributors: How many contributors the list of sites tells of, for each site that may have any; None where it
            does not tell.
        proved: Whether the list of sites is.
        role_ids: The roles to look for; None when roles are not asked for.
    """

    contributors: Mapping[str, int | None]
    proved: bool
    role_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class _Answer:
    found: list[SiteContributor]
    flaw: str | None = None
    advice: str = ""


def read_contributors(api: AccountApi, sink: Callable[[], S], effort: Effort, sites: Sites) -> ReadResult[S]:
    """Read the contributors (kind ``contributor``) of sites, side by side.

    A site that refuses, or contradicts itself, leaves the result without a proof, and is named in its flaw.

    Raises:
        WixError: A site could not be asked, for another reason than a refusal.
    """
    started_at = dt.datetime.now(dt.UTC)
    counts = {KIND: sum(number or 0 for number in sites.contributors.values())}
    walk = Walk((KIND,), "", done=True, counts_first=counts, counts_last=counts)
    target = sink()
    flaws: list[str] = [] if sites.proved else ["the list of sites is not proved to be complete"]
    advice = ""
    # A test of the connection asks about the first sites alone.
    asked = list(sites.contributors.items())[: effort.enough]
    for answer in in_order(api, partial(_ask_site, effort.attempts, sites.role_ids), asked):
        walk.seen[KIND] |= {f"{found.site_id}|{found.account_id}" for found in answer.found}
        target.add(answer.found)
        flaws += [answer.flaw] if answer.flaw else []
        advice = advice or answer.advice
        effort.progress(walk.rows, walk.expected)
    walk.flaw = _told(flaws, advice)
    return ReadResult(target, walk, started_at, {KIND: None if flaws else "whole"}, 1)


def _ask_site(attempts: int, role_ids: Sequence[str] | None, api: AccountApi, site: tuple[str, int | None]) -> _Answer:
    site_id, expected = site
    flaw, was_empty = "", False
    for _ in range(attempts):
        try:
            answer = _contributors(api, site_id, role_ids)
        except (Forbidden, NotFound) as refusal:
            words = " ".join(filter(None, (str(refusal.status), refusal.code)))
            return _Answer([], f"site {site_id} refuses ({words})", refusal.advice)
        except ContradictionError:
            flaw = f"the contributors of site {site_id} changed while their roles were asked for"
            continue
        if answer.found or not expected or was_empty:
            return answer
        # Nothing looks more like an outage than an empty answer: it is believed when it comes again.
        was_empty = True
        flaw = f"site {site_id} has contributors in the list of sites, but gave none"
    return _Answer([], flaw)


def _contributors(api: AccountApi, site_id: str, role_ids: Sequence[str] | None) -> _Answer:
    everybody, nameless = _by_account(api.query_contributors(site_id))

    def holding_one_of(roles: Sequence[str]) -> frozenset[str]:
        found, _ = _by_account(api.query_contributors(site_id, role_ids=roles))
        if not found.keys() <= everybody.keys():
            raise ContradictionError
        return frozenset(found)

    held = holders(role_ids, holding_one_of) if role_ids and everybody else {}
    found = [
        SiteContributor(site_id, account_id, contributor, tuple(r for r, who in held.items() if account_id in who))
        for account_id, contributor in everybody.items()
    ]
    return _Answer(found, f"site {site_id} has {nameless} contributor(s) without an account id" if nameless else None)


def _by_account(contributors: Sequence[Contributor]) -> tuple[dict[str, Contributor], int]:
    """Contributors by their account, and how many have none and so cannot be a row."""
    named = {contributor.account_id: contributor for contributor in contributors if contributor.account_id}
    return named, sum(not contributor.account_id for contributor in contributors)


def _told(flaws: list[str], advice: str, most: int = 5) -> str | None:
    more = [f"and {len(flaws) - most} more"] if len(flaws) > most else []
    return ". ".join(filter(None, ("; ".join([*flaws[:most], *more]), advice))) or None
