"""Every list that the tap reads, in one line each: how it is read, what it proves, and what other reads need of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tap_wix_users.wix import lists
from tap_wix_users.wix.contributors import KIND, Sites, read_contributors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Role, Site
    from tap_wix_users.wix.proving import Effort, ReadResult, S


class Facts(NamedTuple):
    """What other reads need of a list.

    Attributes:
        found: What `Read.facts` gave for its objects.
        proved: Whether the list is proved to be complete.
    """

    found: list[Any]
    proved: bool


@dataclass(frozen=True)
class Given:
    """What a read is given beside the API.

    Attributes:
        locale: Language of role titles.
        parent_account_id: The account that listed this one as a child, if one did.
        facts: What other reads found, by their names: all that it cannot do without, and those that its tables ask for.
    """

    locale: str
    parent_account_id: str | None = None
    facts: Mapping[str, Facts] = field(default_factory=dict)


Fetch: TypeAlias = "Callable[[AccountApi, Callable[[], S], Effort, Given], ReadResult[S]]"


@dataclass(frozen=True, eq=False)
class Read:
    """A list of an account, read whole.

    Attributes:
        name: Tells it from the others.
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


def _contributors(api: AccountApi, sink: Callable[[], S], effort: Effort, given: Given) -> ReadResult[S]:
    """Asks the sites alone that may have contributors: an account that invited nobody costs no request."""
    listed, roles = given.facts[SITES.name], given.facts.get(ROLES.name)
    sites = Sites(
        contributors={site_id: contributors for site_id, contributors in listed.found if contributors != 0},
        proved=listed.proved,
        role_ids=roles.found if roles else None,
    )
    return read_contributors(api, sink, effort, sites)


def _alone(read: Callable[[AccountApi, Callable[[], S], Effort], ReadResult[S]]) -> Fetch[S]:
    """A read that is given nothing beside the API."""
    return lambda api, sink, effort, _given: read(api, sink, effort)


def _contributors_of(site: Site) -> list[tuple[str, int | None]]:
    """A site, and how many contributors its record tells of: None when that cannot be parsed."""
    strange = "contributorAccountIds" in (site.unparsed or {})
    return [(site.id, None if strange else len(site.contributor_account_ids or ()))]


def _site_level(listed: tuple[Role, str]) -> list[str]:
    """A role that can be assigned on a site."""
    role, _ = listed
    return [] if role.restrict_from_level == "Site" else [str(role.id)]


def _child_id(child: ChildAccount) -> list[str]:
    return [child.account_id]


ACCOUNT = Read("account", ("account",), _account, label="record")
TEAM = Read("team", ("user", "invite"), _alone(lists.read_team))
ROLES = Read("roles", ("role",), _roles, facts=_site_level)
SITES = Read("sites", ("site",), _alone(lists.read_sites), facts=_contributors_of)
FOLDERS = Read("folders", ("folder",), _alone(lists.read_folders))
CONTRIBUTORS = Read("contributors", (KIND,), _contributors, needs=(SITES,))
CHILD_ACCOUNTS = Read("child accounts", ("child",), _alone(lists.read_child_accounts), facts=_child_id)
