"""Every list that the tap reads, in one line each: how it is read, what it proves, and what other reads need of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tap_wix_users.wix import lists
from tap_wix_users.wix.contributors import KIND, ROLE_KIND, Before, Sites, read_contributors, site_record
from tap_wix_users.wix.team import ROLES_OF

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Mapping
    from collections.abc import Set as AbstractSet

    from tap_wix_users.wix.contributors import SiteRecord
    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Role, Site
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.proving import Effort, ReadResult, S


class Facts(NamedTuple):
    """What other reads need of a list.

    Attributes:
        found: What `Read.facts` gave for its objects.
        proved: Whether the list is proved to be complete.
        started_at: When the walk through it began.
        reported_empty: The kinds of which the API says that there are none.
        partly: What part of it was left out of the answer, if one was.
    """

    found: list[Any]
    proved: bool
    started_at: dt.datetime
    reported_empty: AbstractSet[str] = frozenset()
    partly: str | None = None


@dataclass(frozen=True)
class Known:
    """What the last complete snapshot held of a kind of row.

    Attributes:
        at: When it began, as normalized text.
        count: Its rows.
        keys: The parts of their keys, without the account; None when there were too many to keep.
        page_size: The page size that was found out then; None where it was the setting's, or none matters.
    """

    at: str
    count: int
    keys: Collection[tuple[str, ...]] | None
    page_size: PageSize | None = None


@dataclass(frozen=True)
class Given:
    """What a read is given beside the API.

    Attributes:
        locale: Language of role titles.
        parent_account_id: The account that listed this one as a child, if one did.
        facts: What other reads found, by their names: all that it cannot do without, and those that its tables ask for.
        kinds: The kinds of row that somebody wants.
        known: What the last complete snapshot held of a kind, by its name; None where there is none.
    """

    locale: str
    parent_account_id: str | None = None
    facts: Mapping[str, Facts] = field(default_factory=dict)
    kinds: AbstractSet[str] = frozenset()
    known: Callable[[str], Known | None] = lambda _kind: None

    def keys(self, kind: str) -> Collection[tuple[str, ...]]:
        """The keys that the last complete snapshot held of a kind, as far as they were kept."""
        known = self.known(kind)
        return (known and known.keys) or ()


Fetch: TypeAlias = "Callable[[AccountApi, Callable[[], S], Effort, Given], ReadResult[S]]"


@dataclass(frozen=True, eq=False)
class Read:
    """A list of an account, read whole.

    Attributes:
        name: Unique among the reads.
        kinds: The kinds of row in it; each is proved apart.
        fetch: Reads it.
        facts: What other reads need of one of its objects; None when they need nothing.
        needs: The reads that it cannot do without.
        label: What the log calls it, if not by its name.
    """

    name: str
    kinds: tuple[str, ...]
    fetch: Fetch[Any]
    facts: Callable[[Any], list[Any]] | None = None
    needs: tuple[Read, ...] = ()
    label: str = ""


def _account(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    return lists.read_account(api, sink, effort, parent_account_id=given.parent_account_id)


def _roles(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    return lists.read_roles(api, sink, effort, locale=given.locale)


def _team(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    roles = given.kinds & set(ROLES_OF.values())
    before = [known.page_size for kind in sorted(given.kinds) if (known := given.known(kind))]
    learnt = next((page_size for page_size in before if page_size), None)
    return lists.read_team(api, sink, effort, roles=roles, known=given.keys, learnt=learnt)


def _sites(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    known = given.known("site")
    return lists.read_sites(api, sink, effort, before=known.count if known else 0)


def _contributors(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    """Asks the sites alone that may have contributors: an account that invited nobody costs no request."""
    listed, roles = given.facts[SITES.name], given.facts.get(ROLES.name)
    sites = Sites(
        records=listed.found,
        proved=listed.proved,
        started_at=listed.started_at,
        role_ids=roles.found if roles else None,
        before=_contributors_before(given),
        reported_empty="site" in listed.reported_empty,
        roles_doubt=_roles_doubt(roles, given) if roles else None,
    )
    return read_contributors(api, sink, effort, sites)


def _roles_doubt(roles: Facts, given: Given) -> str | None:
    """Why the roles that are looked for may not be all."""
    if not roles.proved:
        return "the list of roles is not proved to be complete"
    if roles.partly:
        before = _contributors_before(given)
        held = before.held if before else None
        known = None if held is None else {role for pairs in held.values() for _, role in pairs}
        if known is None or not known.issubset(roles.found):
            return roles.partly
    return None


def _contributors_before(given: Given) -> Before | None:
    """What the last snapshots of all tables that are wanted held together; None unless each of them has one."""
    known = {kind: given.known(kind) for kind in (KIND, ROLE_KIND) if kind in given.kinds}
    keys = {kind: one.keys for kind, one in known.items() if one is not None and one.keys is not None}
    if not keys or keys.keys() != known.keys():
        return None
    return Before(
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


def _alone(read: Callable[[AccountApi, Callable[[], S], Effort], ReadResult[S]]) -> Fetch[S]:
    """A read that is given nothing beside the API."""
    return lambda api, sink, effort, _given: read(api, sink, effort)


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
