"""Every list that the tap reads, one line each: how it is read, what it proves, and what other reads need from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tap_wix_users.wix import lists, team
from tap_wix_users.wix.contributors import KIND, ROLE_KIND, PreviousContributors, Sites, read_contributors, site_record
from tap_wix_users.wix.held_roles import ROLES_OF

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping
    from collections.abc import Set as AbstractSet

    from tap_wix_users.wix.contributors import SiteRecord
    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Role, Site
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.proving import ReadOptions, ReadResult, S


class Facts(NamedTuple):
    """What other reads need from a list.

    Attributes:
        found: What `Read.facts` returned for its objects.
        proved: Whether the list is proved to be complete.
        started_at: When the walk through it began.
        reported_empty: The kinds of row of which the API reports that there are none.
        doubt: Why something that was left out keeps it from being proved, if so.
    """

    found: list[Any]
    proved: bool
    started_at: dt.datetime
    reported_empty: AbstractSet[str] = frozenset()
    doubt: str | None = None


@dataclass(frozen=True)
class PreviousRows:
    """The rows of one kind in the last complete snapshot.

    Attributes:
        at: When the snapshot began, as normalized text.
        count: The number of rows.
        keys: The parts of their keys, without the account; None when there were too many to keep.
    """

    at: str
    count: int
    keys: Collection[tuple[str, ...]] | None


@dataclass(frozen=True)
class ReadContext:
    """What a read needs besides the API.

    Attributes:
        locale: Language of role titles.
        parent_account_id: The account that listed this one as a child, if one did.
        facts: What other reads found, by their names: those that this read needs, and those that its tables need.
        kinds: The kinds of row that are selected.
        known: Returns the rows of a kind in the last complete snapshot; None where there is none.
        page_size: The page size that was found out for the list of a kind; None where it was the setting's.
    """

    locale: str
    parent_account_id: str | None = None
    facts: Mapping[str, Facts] = field(default_factory=dict)
    kinds: AbstractSet[str] = frozenset()
    known: Callable[[str], PreviousRows | None] = lambda _kind: None
    page_size: Callable[[str], PageSize | None] = lambda _kind: None

    def keys(self, kind: str) -> Collection[tuple[str, ...]] | None:
        """The keys that the last complete snapshot held of a kind; None where there is none, or it kept none."""
        known = self.known(kind)
        return known.keys if known else None


Fetch: TypeAlias = "Callable[[AccountApi, Callable[[], S], ReadOptions, ReadContext], ReadResult[S]]"


@dataclass(frozen=True, eq=False)
class Read:
    """A list of an account, read whole.

    Attributes:
        name: Unique among the reads.
        kinds: The kinds of row in it; each is proved separately.
        fetch: Reads it.
        facts: Extracts what other reads need from one of its objects; None when they need nothing.
        needs: The reads that it depends on.
        label: Its name in the log, if different.
    """

    name: str
    kinds: tuple[str, ...]
    fetch: Fetch[Any]
    facts: Callable[[Any], list[Any]] | None = None
    needs: tuple[Read, ...] = ()
    label: str = ""


def _account(api: AccountApi, sink: Callable[[], S], options: ReadOptions, context: ReadContext) -> ReadResult[S]:
    return lists.read_account(api, sink, options, parent_account_id=context.parent_account_id)


def _roles(api: AccountApi, sink: Callable[[], S], options: ReadOptions, context: ReadContext) -> ReadResult[S]:
    return lists.read_roles(api, sink, options, locale=context.locale)


def _team(api: AccountApi, sink: Callable[[], S], options: ReadOptions, context: ReadContext) -> ReadResult[S]:
    def known(kind: str) -> Collection[tuple[str, ...]] | None:
        owned = context.known(ROLES_OF[kind]) if kind in ROLES_OF else None
        owners = context.known(kind)
        # Owners may have been proved since without their roles: those roles are no more known than before.
        return None if owned and owners and owned.at != owners.at else context.keys(kind)

    roles = context.kinds & set(ROLES_OF.values())
    learnt = next(filter(None, map(context.page_size, sorted(context.kinds))), None)
    return team.read_team(api, sink, options, roles=roles, known=known, learnt=learnt)


def _sites(api: AccountApi, sink: Callable[[], S], options: ReadOptions, context: ReadContext) -> ReadResult[S]:
    known = context.known("site")
    return lists.read_sites(api, sink, options, before=known.count if known else 0)


def _contributors(api: AccountApi, sink: Callable[[], S], options: ReadOptions, context: ReadContext) -> ReadResult[S]:
    """Queries only the sites that may have contributors: an account without any costs no request."""
    listed, roles = context.facts[SITES.name], context.facts.get(ROLES.name)
    before = _contributors_before(context)
    known = [one for one in map(context.known, (KIND, ROLE_KIND)) if one]
    # A role that is on its list no more may still be held: that list says nothing about holders.
    held = {role for pairs in (before.held if before and before.held else {}).values() for _, role in pairs}
    sites = Sites(
        records=listed.found,
        proved=listed.proved,
        started_at=listed.started_at,
        role_ids=[*roles.found, *sorted(held.difference(roles.found))] if roles else None,
        before=before,
        reported_empty="site" in listed.reported_empty,
        listed_before=_listed_before(context),
        roles_doubt=None if roles is None or roles.proved else roles.doubt or _UNPROVED_ROLES,
        accepts=options.accept_repeat_proof and all(one.keys is not None for one in known),
        told={key[0] for one in known for key in one.keys or ()},
    )
    return read_contributors(api, sink, options, sites)


_UNPROVED_ROLES = "the list of roles is not proved to be complete"


def _listed_before(context: ReadContext) -> AbstractSet[str] | None:
    """The sites whose contributors the last snapshot tells of; None where there is no list of them."""
    sites, contributors = context.known("site"), context.known(KIND) or context.known(ROLE_KIND)
    if sites is None or sites.keys is None or contributors is None:
        return None
    # A site that came into the list since then was never queried.
    return {site_id for (site_id,) in sites.keys} if sites.at <= contributors.at else frozenset()


def _contributors_before(context: ReadContext) -> PreviousContributors | None:
    """What the last snapshots of all selected contributor tables held; None unless each of them has one."""
    known = {kind: context.known(kind) for kind in (KIND, ROLE_KIND) if kind in context.kinds}
    keys = {kind: one.keys for kind, one in known.items() if one is not None and one.keys is not None}
    if not keys or keys.keys() != known.keys():
        return None
    return PreviousContributors(
        at=min(one.at for one in known.values() if one is not None),
        sites=frozenset(key[0] for found in keys.values() for key in found),
        held=_by_site(keys.get(ROLE_KIND, ())),
    )


def _by_site(keys: Collection[tuple[str, ...]]) -> dict[str, set[tuple[str, str]]]:
    """Pairs of a contributor and its role, by site."""
    found: dict[str, set[tuple[str, str]]] = {}
    for site_id, account_id, role_id in keys:
        found.setdefault(site_id, set()).add((account_id, role_id))
    return found


def _alone(read: Callable[[AccountApi, Callable[[], S], ReadOptions], ReadResult[S]]) -> Fetch[S]:
    """A read that needs nothing besides the API."""
    return lambda api, sink, options, _context: read(api, sink, options)


def _site_record(site: Site) -> list[SiteRecord]:
    return [site_record(site)]


def _site_level(listed: tuple[Role, str]) -> list[str]:
    """A role that can be assigned on a site."""
    role, _ = listed
    return [] if role.restrict_from_level == "Site" else [str(role.id)]


def _child_id(child: ChildAccount) -> list[str]:
    return [child.account_id]


ACCOUNT = Read("account", ("account",), _account, label="record")
TEAM = Read("team", (*ROLES_OF, *ROLES_OF.values()), _team)
ROLES = Read("roles", ("role",), _roles, facts=_site_level)
SITES = Read("sites", ("site",), _sites, facts=_site_record)
FOLDERS = Read("folders", ("folder",), _alone(lists.read_folders))
CONTRIBUTORS = Read("contributors", (KIND, ROLE_KIND), _contributors, needs=(SITES,))
CHILD_ACCOUNTS = Read("child accounts", ("child",), _alone(lists.read_child_accounts), facts=_child_id)
