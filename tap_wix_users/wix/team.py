"""Reads Search Team to its end: members and invites, in one walk."""

from __future__ import annotations

import logging
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from tap_wix_users.wix.ahead import PagesAhead
from tap_wix_users.wix.errors import InvalidRequest, WixError
from tap_wix_users.wix.held_roles import HeldRoles
from tap_wix_users.wix.objects import FacetValue
from tap_wix_users.wix.page_size import SAFE, begin_with, size_to_remember
from tap_wix_users.wix.proving import prove
from tap_wix_users.wix.retries import smaller
from tap_wix_users.wix.times import created_at
from tap_wix_users.wix.walks import Entry, OffsetWalk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tap_wix_users.wix.endpoints import AccountApi
    from tap_wix_users.wix.held_roles import KnownKeys
    from tap_wix_users.wix.objects import Facet, TeamMember, TeamPage
    from tap_wix_users.wix.page_size import PageSize
    from tap_wix_users.wix.proving import Pages, ReadOptions, ReadResult, S
    from tap_wix_users.wix.walks import Walk

logger = logging.getLogger(__name__)

_UNKNOWN = (FacetValue(),)

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


def _team_entry(member: TeamMember) -> Entry:
    if member.user is not None:
        return Entry("user", member.user.id, created_at(member.user.joined_team_at))
    if member.invite is not None:
        return Entry("invite", member.invite.id, created_at(member.invite.date_created))
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
