"""The contributors of an account's sites, and the roles that they hold there (docs/api-contract.md, section 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from tap_wix_users.wix.ahead import in_order
from tap_wix_users.wix.errors import Forbidden, NotFound
from tap_wix_users.wix.halving import ContradictionError, UnfilteredError, holders
from tap_wix_users.wix.held_roles import IF_EMPTY
from tap_wix_users.wix.objects import MORE
from tap_wix_users.wix.proving import ReadResult
from tap_wix_users.wix.text import folded
from tap_wix_users.wix.times import normalized
from tap_wix_users.wix.walks import Walk

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import Contributor, Site
    from tap_wix_users.wix.proving import ReadOptions, S
    from tap_wix_users.wix.walks import Proof

KIND, ROLE_KIND = "contributor", "contributor role"

_MAX_LOOKS = 2
"""How often a site is read if its record and its own answer disagree."""

_NO_ROLE = "0"
"""Has the form of a role id (docs/api-contract.md, section 1), but no role has it, so nobody holds it."""


@dataclass(frozen=True)
class SiteContributor:
    """A contributor of a site.

    Attributes:
        site_id: The site.
        account_id: The outside account.
        contributor: The API's object.
        role_ids: The roles that it holds on the site; empty if they were not requested.
    """

    site_id: str
    account_id: str
    contributor: Contributor
    role_ids: tuple[str, ...] = ()


class SiteRecord(NamedTuple):
    """What the list of sites says about a site's contributors.

    Attributes:
        site_id: The site.
        contributors: Their accounts; None if the list does not say, or cannot be parsed.
        created: When the site was created, as normalized text; None if that is unknown, or the list cannot be parsed.
    """

    site_id: str
    contributors: tuple[str, ...] | None
    created: str | None = None


@dataclass(frozen=True)
class PreviousContributors:
    """What the last complete snapshot said about the contributors.

    Attributes:
        at: When the snapshot began, as normalized text.
        sites: The sites that had contributors.
        held: Pairs of a contributor and a role that it held, by site; None if roles were not read.
    """

    at: str
    sites: AbstractSet[str]
    held: Mapping[str, AbstractSet[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Sites:
    """The sites, and what is known about them.

    Attributes:
        records: The sites, in the order of their list.
        proved: Whether that list is proved to be complete.
        started_at: When the walk through it began, which is the time of the snapshot: a contributor who joined after
            the site's record was read is not missing from it.
        role_ids: The roles to look for; None if roles are not selected.
        before: The last complete snapshot; None if there is none, or it was too large to keep.
        reported_empty: Whether Wix counts no sites at all.
        listed_before: The sites that were there at the time of the last snapshot; None if that is unknown.
        roles_doubt: Why the list of roles to look for may be incomplete, if so.
        accepts: Whether a list that two answers left out is empty, where no snapshot tells (`accept_repeat_proof`).
        told: The sites that had contributors in the last snapshot of either table.
    """

    records: Sequence[SiteRecord]
    proved: bool
    started_at: dt.datetime
    role_ids: Sequence[str] | None = None
    before: PreviousContributors | None = None
    reported_empty: bool = False
    listed_before: AbstractSet[str] | None = None
    roles_doubt: str | None = None
    accepts: bool = False
    told: AbstractSet[str] = frozenset()

    def to_ask(self) -> list[SiteRecord]:
        """The sites that may have contributors: all except those whose record shows that they have none.

        An empty list shows that, unless the site had contributors in the last snapshot. A missing list shows it only if
        Wix leaves out empty lists, and the site was there at the time of the last snapshot, without contributors.
        """
        return [record for record in self.records if not self._has_none(record)]

    @cached_property
    def _leaves_out_empty(self) -> bool:
        """Whether Wix leaves out empty lists, as far as the records show: some have a list, and none an empty one."""
        listed = [record.contributors for record in self.records if record.contributors is not None]
        return any(listed) and all(listed)

    @cached_property
    def _some_list(self) -> bool:
        return any(record.contributors is not None for record in self.records)

    def _has_none(self, record: SiteRecord) -> bool:
        if self.before and record.site_id in self.before.sites:
            return False
        if record.contributors is not None:
            return not record.contributors
        return self._leaves_out_empty and self._was_there(record)

    def _was_there(self, record: SiteRecord) -> bool:
        """Whether the last snapshot tells of a site: it was listed then, and not only created."""
        if self.before is None or record.created is None or record.created >= self.before.at:
            return False
        return self.listed_before is None or record.site_id in self.listed_before

    @property
    def if_empty(self) -> str:
        """What to do about a list that was left out, where no snapshot can tell whether it is empty."""
        return "" if self.before else f". {IF_EMPTY}"

    @property
    def all_report_none(self) -> bool:
        """Whether every site's record says that it has no contributors, or Wix says that there are no sites."""
        return all(record.contributors == () for record in self.records) and (bool(self.records) or self.reported_empty)

    def knows_of(self, record: SiteRecord) -> bool:
        """Whether the list of sites, or the last snapshot, says whether a site has contributors."""
        if record.contributors is not None:
            return True
        if self.before is None or record.site_id in self.before.sites:
            return False
        if self._leaves_out_empty or self._was_there(record):
            return True
        # Where nobody worked on any site, and no record has a list, a new site is like all others.
        return not self.before.sites and not self._some_list


@dataclass(frozen=True)
class _Answer:
    found: list[SiteContributor]
    flaw: str | None = None
    advice: str = ""
    roles_doubt: str | None = None


def read_contributors(api: AccountApi, sink: Callable[[], S], options: ReadOptions, sites: Sites) -> ReadResult[S]:
    """Read the contributors (kind ``contributor``) of sites, concurrently, and their roles (``contributor role``).

    If a site refuses, or contradicts itself or its record, the result has no proof, and its flaw names the site.

    Raises:
        WixError: A site could not be read, for another reason than a refusal.
    """
    listed = {KIND: sum(len(record.contributors or ()) for record in sites.records)}
    walk = Walk((KIND, ROLE_KIND), "", done=True, counts_first=listed, counts_last=listed)
    target = sink()
    flaws: list[str] = [] if sites.proved else ["the list of sites is not proved to be complete"]
    advice, doubted = "", [sites.roles_doubt] if sites.roles_doubt else []
    # A connection test only reads the first sites.
    asked = sites.to_ask()[: options.stop_after]
    for answer in in_order(api, partial(_ask_site, options.attempts, sites), asked):
        walk.seen[KIND] |= {f"{found.site_id}|{found.account_id}" for found in answer.found}
        target.add(answer.found)
        flaws += [answer.flaw] if answer.flaw else []
        doubted += [answer.roles_doubt] if answer.roles_doubt else []
        advice = advice or answer.advice
        options.progress(walk.rows, walk.expected)
    walk.flaw = _summed_up(flaws, advice)
    if not flaws and not walk.rows and sites.all_report_none:
        walk.reported_empty = {KIND, ROLE_KIND}
    why = _summed_up(doubted, "")
    doubts = {ROLE_KIND: why} if why and not walk.flaw else {}
    proofs: dict[str, Proof | None] = {kind: None if flaws or kind in doubts else "whole" for kind in walk.kinds}
    return ReadResult(target, walk, sites.started_at, proofs, 1, doubts)


def _ask_site(attempts: int, sites: Sites, api: AccountApi, record: SiteRecord) -> _Answer:
    contradictions = disagreements = 0
    while True:
        try:
            # After a contradiction, do not rely on what was expected.
            answer = _contributors(api, record, sites, expect=not contradictions)
        except (Forbidden, NotFound) as refusal:
            words = " ".join(filter(None, (str(refusal.status), refusal.code)))
            return _Answer([], f"site {record.site_id} refused ({words})", refusal.advice)
        except ContradictionError:
            contradictions += 1
            if contradictions < attempts:
                continue
            return _Answer([], f"the contributors of site {record.site_id} changed while their roles were being read")
        disagreements += bool(answer.flaw)
        if not answer.flaw or disagreements == _MAX_LOOKS:
            return answer
        # Either of the two may be older than a change.
        record = _looked_at_again(api, record)


def _contributors(api: AccountApi, record: SiteRecord, sites: Sites, *, expect: bool) -> _Answer:
    site_id = record.site_id
    page = api.query_contributors(site_id)
    everybody, nameless = _by_account(page.contributors)
    flaw = f"site {site_id} has {nameless} contributor(s) without an account id" if nameless else None
    if any(one != everybody[one.account_id] for one in page.contributors if one.account_id):
        flaw = f"site {site_id} names a contributor twice, with different data"
    if not page.has("contributors") and not sites.knows_of(record) and not _twice(api, sites, site_id):
        flaw = f"the answer about site {site_id} left out its list{sites.if_empty}"
    if page.tells_of_more(len(page.contributors)):
        flaw = f"site {site_id}: {MORE}"
    flaw = flaw or _disagreement(record, everybody)
    held, doubt = _roles(api, site_id, everybody, sites, expect=expect)
    found = [
        SiteContributor(site_id, account_id, contributor, tuple(r for r, who in held.items() if account_id in who))
        for account_id, contributor in everybody.items()
    ]
    return _Answer(found, flaw, roles_doubt=doubt)


def _disagreement(record: SiteRecord, everybody: Mapping[str, Contributor]) -> str | None:
    found = set(map(folded, everybody))
    if len(found) < len(everybody):
        return f"site {record.site_id} has contributors whose ids differ only in case or blanks"
    listed = record.contributors
    if listed is None or set(map(folded, listed)) == found:
        return None
    return (
        f"site {record.site_id} has {len(set(listed))} contributor(s) in the list of sites, "
        f"but {len(everybody)} in its own answer"
    )


def _roles(
    api: AccountApi, site_id: str, everybody: Mapping[str, Contributor], sites: Sites, *, expect: bool
) -> tuple[Mapping[str, AbstractSet[str]], str | None]:
    """Who holds which role on a site, and why that may be incomplete, if so."""
    if not sites.role_ids or not everybody:
        return {}, None
    before = sites.before.held if sites.before else None
    held_before = (before or {}).get(site_id, frozenset())
    left_out = more = False

    def holding_one_of(roles: Sequence[str]) -> AbstractSet[str]:
        nonlocal left_out, more
        page = api.query_contributors(site_id, role_ids=roles)
        if not page.has("contributors"):
            # Wix may leave out an empty list; but if there was somebody before, it is not known to be empty.
            lost = any(role in roles for _, role in held_before)
            left_out = left_out or lost or (before is None and not _twice(api, sites, site_id, roles))
        more = more or page.tells_of_more(len(page.contributors))
        return frozenset(_by_account(page.contributors)[0])

    try:
        held = holders(sites.role_ids, everybody.keys(), holding_one_of, held_before if expect else ())
    except UnfilteredError:
        if holding_one_of([_NO_ROLE]):
            # The filter is ignored, so who holds which role is unknown (docs/api-contract.md, section 6.17).
            return {}, f"the answers about site {site_id} name every contributor, whatever role is requested"
        held = dict.fromkeys(sites.role_ids, frozenset(everybody))
    if more:
        return held, f"the roles on site {site_id}: {MORE}"
    if not left_out:
        return held, None
    return held, f"an answer about the roles on site {site_id} left out its list{sites.if_empty}"


def _twice(api: AccountApi, sites: Sites, site_id: str, roles: Sequence[str] = ()) -> bool:
    """Whether a list that was left out, and of which no snapshot tells, counts as empty: another answer has no row."""
    unknown = sites.accepts and (roles or site_id not in sites.told)
    return bool(unknown) and not api.query_contributors(site_id, role_ids=roles).contributors


def _looked_at_again(api: AccountApi, record: SiteRecord) -> SiteRecord:
    """A site's record as it is now; the given one if it is out of reach or no longer lists contributors."""
    try:
        site = api.query_site(record.site_id)
    except (Forbidden, NotFound):
        return record
    now = record if site is None else site_record(site)
    return record if now.contributors is None else now


def site_record(site: Site) -> SiteRecord:
    """What a site's record says about its contributors."""
    listed = site.contributor_account_ids
    unreadable = "contributorAccountIds" in site.unparsed
    created = normalized(site.created_date) if site.created_date and not unreadable else None
    return SiteRecord(site.id, None if listed is None else tuple(listed), created)


def _by_account(contributors: Sequence[Contributor]) -> tuple[dict[str, Contributor], int]:
    """Contributors by their account, and how many have no account and so cannot become rows."""
    named = {contributor.account_id: contributor for contributor in contributors if contributor.account_id}
    return named, sum(not contributor.account_id for contributor in contributors)


def _summed_up(flaws: list[str], advice: str, most: int = 5) -> str | None:
    more = [f"and {len(flaws) - most} more"] if len(flaws) > most else []
    return ". ".join(filter(None, ("; ".join([*flaws[:most], *more]), advice))) or None
