"""Reads each list of an account to its end, over HTTP."""

from __future__ import annotations

import logging
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from tap_wix_users.wix.ahead import PagesAhead
from tap_wix_users.wix.endpoints import CHILD_ACCOUNT_PAGE, FOLDER_PAGE, SITE_PAGE
from tap_wix_users.wix.errors import InvalidRequest, WixError
from tap_wix_users.wix.objects import Account, CursorMetadata, FacetValue, fields
from tap_wix_users.wix.page_size import SAFE, begin_with, size_to_remember
from tap_wix_users.wix.proving import prove
from tap_wix_users.wix.retries import smaller
from tap_wix_users.wix.team import IF_EMPTY, HeldRoles
from tap_wix_users.wix.times import normalized
from tap_wix_users.wix.walks import CursorWalk, Entry, OffsetWalk, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Facet, Folder, Site, SitePage, TeamMember, TeamPage
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.proving import Pages, ReadOptions, ReadResult, S
    from tap_wix_users.wix.team import KnownKeys

logger = logging.getLogger(__name__)

_UNKNOWN = (FacetValue(),)

_ACCOUNT_FIELDS = [field.name for field in fields(Account).values() if field.name != "account_id"]

_REFUSED = "Wix refuses pages of %d rows; going on with %d (see `page_size`)"
_NOT_ANSWERED = "Wix does not answer to pages of %d rows; going on with %d (see `page_size`)"


def read_team(
    api: AccountApi,
    sink: Callable[[], S],
    options: ReadOptions,
    *,
    roles: Collection[str] = (),
    known: KnownKeys = lambda _kind: None,
    learnt: PageSize | None = None,
) -> ReadResult[S]:
    """Read the team members and invites of an account, in one walk.

    The kinds ``user`` and ``invite`` are proved by the API's counts; the roles that these hold, the kinds
    ``assignment`` and ``invite assignment``, are proved separately, since no count covers them.

    Args:
        api: The account.
        sink: Makes the sink of one walk.
        options: How to read the list.
        roles: The kinds of roles that are selected.
        known: Returns the keys of a kind of row in the last complete snapshot.
        learnt: The page size that an earlier run discovered.

    Raises:
        WixError: A page could not be read.
    """
    held = HeldRoles(api, options, roles, known)
    team = _Team(api, held, begin_with(options.page_size, learnt))
    try:
        result = prove(team.begin, sink, options, lambda walk: held.doubts(walk.holders))
    except WixError as error:
        # A size that brought no answer either says nothing.
        error.page_size = size_to_remember(options.page_size, team.answered, learnt)
        raise
    if result.walk.unread:
        logger.warning("In the team, %s", result.walk.unread)
    return replace(held.proved(result), page_size=size_to_remember(options.page_size, team.limit, learnt))


class _Team:
    """The walks of one read of Search Team.

    Args:
        api: The account.
        held: Records the roles that the members hold.
        limit: Rows to request per page.

    Attributes:
        limit: Rows to request per page, after what the walks have discovered.
        answered: Rows that were asked for when an answer last came.
    """

    def __init__(self, api: AccountApi, held: HeldRoles, limit: int) -> None:
        self._api = api
        self._held = held
        self.limit = self.answered = limit

    def begin(self, horizon: str) -> tuple[Walk, Pages[TeamMember]]:
        """Begin a walk."""
        self._held.begin()
        walk = OffsetWalk(("user", "invite"), horizon, limit=self.limit, short_below=SAFE)
        return walk, self._pages(walk)

    def _pages(self, walk: OffsetWalk) -> Pages[TeamMember]:
        def ask(api: AccountApi, offset: int, facets: bool) -> TeamPage:  # noqa: FBT001  # as `PagesAhead` calls it
            return api.search_team(limit=walk.limit, offset=offset, facets=facets)

        with PagesAhead(self._api, walk, ask) as ahead:
            while not walk.done:
                try:
                    page = ahead.take()
                except WixError as error:
                    self._lower(walk, error)
                    continue
                if page.facets is not None:
                    walk.reported_empty, walk.holders = _none_of(page.facets), _holders(page.facets)
                members, self.answered = page.team_members, walk.limit
                entries = [_team_entry(member) for member in members] if page.has("team_members") else None
                fresh = [members[position] for position in walk.take(entries, _team_counts(page))]
                _note_strange(walk, members)
                self._held.add(fresh)
                yield fresh

    def _lower(self, walk: OffsetWalk, error: WixError) -> None:
        """Request fewer rows from now on, if that may avoid the error; else raise it."""
        # A page that begins with the overlap needs a second row to hold anything new.
        lower = smaller(error, walk.limit, 2 if walk.overlaps else 1)
        if lower is None:
            raise error
        logger.warning(_REFUSED if isinstance(error, InvalidRequest) else _NOT_ANSWERED, walk.limit, lower)
        walk.limit = self.limit = lower


def read_sites(api: AccountApi, sink: Callable[[], S], options: ReadOptions, *, before: int = 0) -> ReadResult[S]:
    """Read the sites (kind ``site``) of an account.

    Args:
        api: The account.
        sink: Makes the sink of one walk.
        options: How to read the list.
        before: Sites in the last complete snapshot: a first page with fewer is checked with Count Sites.

    Raises:
        WixError: A page could not be read.
    """
    counted = False

    def begin(horizon: str) -> tuple[Walk, Pages[Site]]:
        walk = CursorWalk(("site",), horizon, counted_apart=True)
        return walk, pages(walk)

    def pages(walk: CursorWalk) -> Pages[Site]:
        nonlocal counted
        while not walk.done:
            if counted and walk.cursor is None:
                walk.counts_first = _site_counts(api)
            page = api.query_sites(cursor=walk.cursor)
            if not counted and options.stop_after is None and not _is_surely_whole(page, before):
                counted = True
                if page.sites or _has_next(page):
                    # Only a count from before the first page proves a walk: request it, and begin again.
                    continue
            entries = [Entry("site", site.id, _created_at(site.created_date)) for site in page.sites]
            metadata = page.metadata or CursorMetadata()
            walk.claim("site", metadata.count)
            cursor = metadata.cursors.next if metadata.cursors else None
            fresh = walk.take(entries if page.has("sites") else None, cursor, has_next=metadata.has_next)
            if counted and walk.done:
                walk.counts_last = _site_counts(api)
                if not walk.rows:
                    # For an empty list, the count at the end is enough.
                    walk.counts_first = walk.counts_last
                walk.reported_empty = {kind for kind, count in (walk.counts_last or {}).items() if not count}
            yield [page.sites[position] for position in fresh]

    return prove(begin, sink, options)


def _is_surely_whole(page: SitePage, before: int) -> bool:
    """Whether a first page needs no count: it is below its limit, has no next page, and nothing contradicts that."""
    metadata = page.metadata or CursorMetadata()
    claimed = metadata.count or 0
    ends_here = metadata.has_next is False and not (metadata.cursors and metadata.cursors.next)
    return ends_here and max(before, claimed, 1) <= len(page.sites) < SITE_PAGE


def _has_next(page: SitePage) -> bool:
    metadata = page.metadata or CursorMetadata()
    return bool(metadata.has_next or (metadata.cursors and metadata.cursors.next))


def read_folders(api: AccountApi, sink: Callable[[], S], options: ReadOptions) -> ReadResult[S]:
    """Read the site folders (kind ``folder``) of an account.

    Raises:
        WixError: A page could not be read.
    """

    def begin(horizon: str) -> tuple[Walk, Pages[Folder]]:
        walk = OffsetWalk(("folder",), horizon, limit=FOLDER_PAGE)
        return walk, pages(walk)

    def pages(walk: OffsetWalk) -> Pages[Folder]:
        while not walk.done:
            page = api.query_folders(offset=walk.offset)
            folders = page.folders
            walk.claim("folder", page.metadata.count if page.metadata else None)
            entries = [Entry("folder", folder.id, _created_at(folder.created_date)) for folder in folders]
            fresh = walk.take(entries if page.has("folders") else None)
            yield [folders[position] for position in fresh]

    return prove(begin, sink, options)


def read_child_accounts(api: AccountApi, sink: Callable[[], S], options: ReadOptions) -> ReadResult[S]:
    """Read the ids of an account's child accounts (kind ``child``).

    Raises:
        WixError: A page could not be read.
    """

    def begin(horizon: str) -> tuple[Walk, Pages[ChildAccount]]:
        walk = OffsetWalk(("child",), horizon, limit=CHILD_ACCOUNT_PAGE)
        return walk, pages(walk)

    def pages(walk: OffsetWalk) -> Pages[ChildAccount]:
        while not walk.done:
            page = api.list_child_accounts(offset=walk.offset)
            children, paging = page.child_accounts, page.paging_metadata
            total = paging.total if paging and not paging.too_many_to_count else None
            counts = None if total is None else {"child": total}
            entries = [Entry("child", child.account_id) for child in children]
            fresh = walk.take(entries if page.has("child_accounts") else None, counts)
            yield [children[position] for position in fresh]

    return prove(begin, sink, options)


def read_roles(api: AccountApi, sink: Callable[[], S], options: ReadOptions, *, locale: str) -> ReadResult[S]:
    """Read the roles (kind ``role``) of an account, each with the name of its list.

    Raises:
        WixError: The list could not be read.
    """

    def ask(walk: CursorWalk) -> list[tuple[str, Any]]:
        roles = api.get_roles(locale=locale)
        if not roles.predefined_roles:
            walk.flaw = "the answer holds no predefined roles, which every account has"
        elif not roles.has("custom_roles") and not (
            options.accept_repeat_proof and not api.get_roles(locale=locale).custom_roles
        ):
            walk.partly = f"the list of custom roles was left out of the answer. {IF_EMPTY}"
        predefined = [(str(role.id), (role, "predefined")) for role in roles.predefined_roles]
        return predefined + [(str(role.id), (role, "custom")) for role in roles.custom_roles]

    return _read_whole("role", ask, sink, options)


def read_account(
    api: AccountApi, sink: Callable[[], S], options: ReadOptions, *, parent_account_id: str | None
) -> ReadResult[S]:
    """Read the record (kind ``account``) of an account, and its parent.

    Raises:
        WixError: The record could not be read.
    """

    def ask(walk: CursorWalk) -> list[tuple[str, Any]]:
        account = api.get_account()
        if not any(getattr(account, name) for name in _ACCOUNT_FIELDS):
            walk.flaw = "the record holds nothing but its id"
        own = account.account_properties.parent_account_id if account.account_properties else None
        if own and parent_account_id and own.casefold() != parent_account_id.casefold():
            logger.warning(
                "Account %s is listed as a child of %s, but its own record names %s: the latter is kept",
                api.account_id, parent_account_id, own,
            )  # fmt: skip
        return [(api.account_id, (account, parent_account_id))]

    return _read_whole("account", ask, sink, options)


def _read_whole(
    kind: str, ask: Callable[[CursorWalk], list[tuple[str, Any]]], sink: Callable[[], S], options: ReadOptions
) -> ReadResult[S]:
    """Read a list that the API returns in one answer, as pairs of key and object."""

    def begin(horizon: str) -> tuple[Walk, Pages[Any]]:
        walk = CursorWalk((kind,), horizon)
        return walk, pages(walk)

    def pages(walk: CursorWalk) -> Pages[Any]:
        rows = ask(walk)
        fresh = walk.take([Entry(kind, key) for key, _ in rows], None, has_next=False)
        yield [rows[position][1] for position in fresh]

    return prove(begin, sink, options)


def _site_counts(api: AccountApi) -> dict[str, int] | None:
    sites = api.count_sites()
    return None if sites is None else {"site": sites}


def _team_entry(member: TeamMember) -> Entry:
    if member.user is not None:
        return Entry("user", member.user.id, _created_at(member.user.joined_team_at))
    if member.invite is not None:
        return Entry("invite", member.invite.id, _created_at(member.invite.date_created))
    # A kind of member that the contract does not know still counts in the paging.
    return Entry("other", blake2b(msgspec.json.encode(member, order="sorted"), digest_size=16).hexdigest())


def _note_strange(walk: Walk, members: Sequence[TeamMember]) -> None:
    """Note members that are not one of a user and an invite."""
    if any(member.user and member.invite for member in members):
        walk.flaw = walk.flaw or "a member is a user and an invite at once"
    if strange := len(walk.seen.get("other", ())):
        walk.unread = f"{strange} member(s) are neither a user nor an invite, as far as they can be read"


_FACETS = {"Users": "user", "InviteStatus": "invite"}
"""The facets that count rows, and the kind of row that each counts."""


def _team_counts(page: TeamPage) -> dict[str, int] | None:
    """Users and invites as the facets count them, without a kind whose count cannot be read.

    Facets leave out zero counts (docs/api-contract.md, section 2.1), so a missing facet counts as zero.
    """
    if page.facets is None:
        return None
    counts: dict[str, int] = dict.fromkeys(_FACETS.values(), 0)
    for facet in page.facets:
        if kind := _FACETS.get(facet.facet_type or ""):
            if any(value.count is None for value in facet.values or []):
                counts.pop(kind, None)
            elif kind in counts:
                counts[kind] += sum(value.count or 0 for value in facet.values or [])
    return counts


def _none_of(facets: Sequence[Facet]) -> set[str]:
    """The kinds of which a facet reports none; a missing facet reports nothing."""
    counted = {facet.facet_type: facet.values for facet in facets if facet.values is not None}
    return {
        kind for name, kind in _FACETS.items() if not any(value.count != 0 for value in counted.get(name, _UNKNOWN))
    }


def _holders(facets: Sequence[Facet]) -> dict[str, int] | None:
    """How many members hold each role, as facet ``Roles`` counts them: what its values are, is uncertain (6.4).

    None where there is no such facet.
    """
    found = [facet.values for facet in facets if facet.facet_type == "Roles" and facet.values is not None]
    counted = {value.value: value.count for values in found for value in values if value.value and value.count}
    return counted if found else None


def _created_at(text: str | None) -> str | None:
    return normalized(text) if text else None
