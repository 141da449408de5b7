"""Reads each list of an account to its end, except the team (`team.py`) and contributors (`contributors.py`)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_wix_users.wix.endpoints import CHILD_ACCOUNT_PAGE, FOLDER_PAGE, SITE_PAGE
from tap_wix_users.wix.held_roles import IF_EMPTY
from tap_wix_users.wix.objects import MORE, Account, CursorMetadata, fields
from tap_wix_users.wix.proving import prove
from tap_wix_users.wix.times import created_at
from tap_wix_users.wix.walks import CursorWalk, Entry, OffsetWalk, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.objects import ChildAccount, Folder, Site, SitePage
    from tap_wix_users.wix.proving import Pages, ReadOptions, ReadResult, S

logger = logging.getLogger(__name__)

_ACCOUNT_FIELDS = [field.name for field in fields(Account).values() if field.name != "account_id"]


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
            entries = [Entry("site", site.id, created_at(site.created_date)) for site in page.sites]
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
            entries = [Entry("folder", folder.id, created_at(folder.created_date)) for folder in folders]
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
            walk.reported_empty = {"child"} if total == 0 else set()
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
        elif roles.tells_of_more(len(roles.predefined_roles) + len(roles.custom_roles)):
            walk.flaw = MORE
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
