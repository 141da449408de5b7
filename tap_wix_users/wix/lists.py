"""The lists of an account, each read whole over HTTP."""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tap_wix_users.wix.ahead import PagesAhead
from tap_wix_users.wix.endpoints import CHILD_ACCOUNT_PAGE, FOLDER_PAGE
from tap_wix_users.wix.errors import Forbidden, InvalidRequest, NotFound
from tap_wix_users.wix.objects import CursorMetadata
from tap_wix_users.wix.proving import prove
from tap_wix_users.wix.times import normalized
from tap_wix_users.wix.walks import CursorWalk, Entry, OffsetWalk, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Folder, Site, TeamMember, TeamPage
    from tap_wix_users.wix.proving import Effort, Pages, ReadResult, S

logger = logging.getLogger(__name__)


def read_team(api: AccountApi, sink: Callable[[], S], effort: Effort) -> ReadResult[S]:
    """Read the team members (kind ``user``) and invites (kind ``invite``) of an account, in one walk.

    Raises:
        WixError: A page could not be had.
    """
    limit = effort.page_size

    def begin(horizon: str) -> tuple[Walk, Pages[TeamMember]]:
        walk = OffsetWalk(("user", "invite"), horizon, limit=limit)
        return walk, pages(walk)

    def pages(walk: OffsetWalk) -> Pages[TeamMember]:
        nonlocal limit

        def ask(own: AccountApi, offset: int, facets: bool) -> TeamPage:  # noqa: FBT001  # what pages differ in
            return own.search_team(limit=walk.limit, offset=offset, facets=facets)

        with PagesAhead(api, walk, ask) as ahead:
            while not walk.done:
                try:
                    page = ahead.take()
                except InvalidRequest as error:
                    # The API documents no page size: a refused one is lowered, and the walk goes on where it is.
                    walk.limit = limit = _lower_limit(error, walk)
                    continue
                members = page.team_members
                fresh = walk.take([_team_entry(member) for member in members], _team_counts(page))
                yield [members[position] for position in fresh]

    result = prove(begin, sink, effort)
    if strange := len(result.walk.seen.get("other", ())):
        logger.warning("%d rows of the team are neither a user nor an invite: this release cannot read them", strange)
    return result


def read_sites(api: AccountApi, sink: Callable[[], S], effort: Effort) -> ReadResult[S]:
    """Read the sites (kind ``site``) of an account.

    Raises:
        WixError: A page could not be had.
    """
    many = False

    def begin(horizon: str) -> tuple[Walk, Pages[Site]]:
        walk = CursorWalk(("site",), horizon)
        return walk, pages(walk)

    def pages(walk: CursorWalk) -> Pages[Site]:
        nonlocal many
        while not walk.done:
            if many and walk.cursor is None:
                walk.counts_first = _site_counts(api)
            page = api.query_sites(cursor=walk.cursor)
            metadata = page.metadata or CursorMetadata()
            cursor = metadata.cursors.next if metadata.cursors else None
            has_next = bool(cursor) if metadata.has_next is None else metadata.has_next
            if has_next and not many and effort.enough is None:
                # Only a count that is older than the first page proves a walk of several: ask it, and begin again.
                many = True
                continue
            entries = [Entry("site", site.id, _born(site.created_date)) for site in page.sites]
            fresh = walk.take(entries, cursor, has_next=has_next)
            if many and walk.done:
                walk.counts_last = _site_counts(api)
            yield [page.sites[position] for position in fresh]

    return prove(begin, sink, effort)


def read_folders(api: AccountApi, sink: Callable[[], S], effort: Effort) -> ReadResult[S]:
    """Read the site folders (kind ``folder``) of an account.

    Raises:
        WixError: A page could not be had.
    """

    def begin(horizon: str) -> tuple[Walk, Pages[Folder]]:
        walk = OffsetWalk(("folder",), horizon, limit=FOLDER_PAGE)
        return walk, pages(walk)

    def pages(walk: OffsetWalk) -> Pages[Folder]:
        while not walk.done:
            folders = api.query_folders(offset=walk.offset).folders
            fresh = walk.take([Entry("folder", folder.id, _born(folder.created_date)) for folder in folders])
            yield [folders[position] for position in fresh]

    return prove(begin, sink, effort)


def read_child_accounts(api: AccountApi, sink: Callable[[], S], effort: Effort) -> ReadResult[S]:
    """Read the ids of an account's child accounts (kind ``child``).

    Raises:
        WixError: A page could not be had.
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
            fresh = walk.take([Entry("child", child.account_id) for child in children], counts)
            yield [children[position] for position in fresh]

    return prove(begin, sink, effort)


def read_roles(api: AccountApi, sink: Callable[[], S], effort: Effort, *, locale: str) -> ReadResult[S]:
    """Read the roles (kind ``role``) of an account, each with the list that it came in.

    Raises:
        WixError: The list could not be had.
    """

    def ask() -> list[tuple[str, Any]]:
        roles = api.get_roles(locale=locale)
        predefined = [(str(role.id), (role, "predefined")) for role in roles.predefined_roles]
        return predefined + [(str(role.id), (role, "custom")) for role in roles.custom_roles]

    return _read_whole("role", ask, sink, effort)


def read_account(
    api: AccountApi, sink: Callable[[], S], effort: Effort, *, parent_account_id: str | None
) -> ReadResult[S]:
    """Read the record (kind ``account``) of an account, None where the key may not see it, and its parent.

    Raises:
        WixError: The record could not be had, for another reason than a missing permission.
    """

    def ask() -> list[tuple[str, Any]]:
        try:
            account = api.get_account()
        except (Forbidden, NotFound) as error:
            logger.warning("The account's own record is out of reach, its other tables are not. %s", error)
            account = None
        return [(api.account_id, (account, parent_account_id))]

    return _read_whole("account", ask, sink, effort)


def _read_whole(
    kind: str, ask: Callable[[], list[tuple[str, Any]]], sink: Callable[[], S], effort: Effort
) -> ReadResult[S]:
    """Read a list that comes in one answer, as pairs of key and object."""

    def begin(horizon: str) -> tuple[Walk, Pages[Any]]:
        walk = CursorWalk((kind,), horizon)
        return walk, pages(walk)

    def pages(walk: CursorWalk) -> Pages[Any]:
        rows = ask()
        fresh = walk.take([Entry(kind, key) for key, _ in rows], None, has_next=False)
        yield [rows[position][1] for position in fresh]

    return prove(begin, sink, effort)


def _site_counts(api: AccountApi) -> dict[str, int] | None:
    sites = api.count_sites()
    return None if sites is None else {"site": sites}


def _team_entry(member: TeamMember) -> Entry:
    if member.user is not None:
        return Entry("user", member.user.id, _born(member.user.joined_team_at))
    if member.invite is not None:
        return Entry("invite", member.invite.id, _born(member.invite.date_created))
    # A kind of member that the contract does not know still takes a place in the paging.
    return Entry("other", blake2b(member.model_dump_json().encode(), digest_size=16).hexdigest())


def _team_counts(page: TeamPage) -> dict[str, int] | None:
    """Users and invites as the facets count them, which leave out zero (docs/api-contract.md, section 2.1)."""
    if page.facets is None:
        return None
    counts = {"Users": 0, "InviteStatus": 0}
    for facet in page.facets:
        if facet.facet_type in counts:
            counts[facet.facet_type] += sum(value.count or 0 for value in facet.values or [])
    return {"user": counts["Users"], "invite": counts["InviteStatus"]}


def _lower_limit(error: InvalidRequest, walk: OffsetWalk) -> int:
    """The page size to go on with after a refusal of this one.

    Raises:
        InvalidRequest: Something else was refused, or there is nothing smaller.
    """
    # A page that begins with the overlap needs a second row to tell anything.
    least = 2 if walk.overlaps else 1
    for violation in error.violations:
        if violation.field == "paging.limit" and walk.limit > least:
            named = violation.threshold
            lowered = max(least, named if named is not None and 0 < named < walk.limit else walk.limit // 2)
            logger.warning("Wix refuses pages of %d rows; going on with %d (see `page_size`)", walk.limit, lowered)
            return lowered
    raise error


def _born(text: str | None) -> str | None:
    return normalized(text) if text else None
