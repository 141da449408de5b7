"""The contributors of an account's sites, and the roles that they hold there (contract, section 2.4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_wix_users.wix.ahead import in_order
from tap_wix_users.wix.errors import Forbidden, NotFound, Refusal
from tap_wix_users.wix.halving import ContradictionError, holders
from tap_wix_users.wix.proving import Outcome
from tap_wix_users.wix.walks import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        ids: Those that may have contributors.
        proved: Whether the list of sites is.
        contributors: Contributors that the list of sites tells of.
        role_ids: The roles to look for; None when roles are not asked for.
    """

    ids: Sequence[str]
    proved: bool
    contributors: int
    role_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class _Answer:
    found: list[SiteContributor]
    flaw: str | None = None


def read_contributors(api: AccountApi, sink: Callable[[], S], effort: Effort, sites: Sites) -> Outcome[S]:
    """Read the contributors (kind ``contributor``) of sites, side by side.

    A site that refuses, or contradicts itself, leaves the outcome without a proof, and is named in its flaw.

    Raises:
        WixError: A site could not be asked, for another reason than a refusal.
    """
    started_at = dt.datetime.now(dt.UTC)
    walk = Walk((KIND,), "", done=True, counts_first={KIND: sites.contributors}, counts_last={KIND: sites.contributors})
    target = sink()
    flaws: list[str] = [] if sites.proved else ["the list of sites is not proved to be complete"]
    # The first sample of a test of the connection needs no other.
    ids = sites.ids if effort.enough is None else sites.ids[: effort.enough]
    for answer in in_order(api, partial(_ask_site, effort.attempts, sites.role_ids), ids):
        keys = {f"{found.site_id}|{found.account_id}" for found in answer.found}
        walk.seen[KIND] |= keys
        target.add(answer.found)
        flaws += [answer.flaw] if answer.flaw else []
        effort.progress(walk.rows, walk.expected)
    walk.flaw = _told(flaws)
    return Outcome(target, walk, started_at, {KIND: None if flaws else "whole"}, 1)


def _ask_site(attempts: int, role_ids: Sequence[str] | None, api: AccountApi, site_id: str) -> _Answer:
    flaw = ""
    for _ in range(attempts):
        try:
            return _Answer(list(_contributors(api, site_id, role_ids)))
        except (Forbidden, NotFound) as refusal:
            return _Answer([], f"site {site_id} refuses ({_status(refusal)})")
        except ContradictionError:
            flaw = f"the contributors of site {site_id} changed while their roles were asked for"
        except _NamelessError:
            return _Answer([], f"site {site_id} has a contributor without an account id")
    return _Answer([], flaw)


def _contributors(api: AccountApi, site_id: str, role_ids: Sequence[str] | None) -> list[SiteContributor]:
    everybody = {_account_id(contributor): contributor for contributor in api.query_contributors(site_id)}

    def holding_one_of(roles: Sequence[str]) -> frozenset[str]:
        found = frozenset(map(_account_id, api.query_contributors(site_id, role_ids=roles)))
        if not found <= everybody.keys():
            raise ContradictionError
        return found

    found = holders(role_ids, holding_one_of) if role_ids and everybody else {}
    return [
        SiteContributor(site_id, account_id, contributor, tuple(r for r, who in found.items() if account_id in who))
        for account_id, contributor in everybody.items()
    ]


class _NamelessError(Exception):
    """A contributor without an id of its own cannot be a row."""


def _account_id(contributor: Contributor) -> str:
    if not contributor.account_id:
        raise _NamelessError
    return contributor.account_id


def _status(refusal: Refusal) -> str:
    words: list[Any] = [refusal.status, refusal.code]
    return " ".join(str(word) for word in words if word)


def _told(flaws: list[str], most: int = 5) -> str | None:
    more = [f"and {len(flaws) - most} more"] if len(flaws) > most else []
    return "; ".join([*flaws[:most], *more]) or None
