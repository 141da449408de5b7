"""What the Wix API returns, as objects.

Tolerant: a missing field is None, an unknown one is kept in ``unknown_fields``, enum values are plain strings, and a
value of an undocumented type is kept there too rather than ending the read. Only what identifies a row, or holds the
list of rows, has to be as documented. `tap_wix_users.wix.reading` parses JSON into these objects.
Section numbers are those of docs/api-contract.md.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, structs

if TYPE_CHECKING:
    from collections.abc import Mapping

Id = str | int
"""A string of digits above 2^53 (section 1). JSON integers keep every digit; a float is never an id."""

Named = Annotated[str, Meta(min_length=1)]
"""The id of a row."""

NamedByNumber = Named | int
"""The id of a row that is an `Id`."""

STRUCTURE = frozenset(
    {"teamMembers", "user", "invite", "assignments", "predefinedRoles", "customRoles", "sites", "folders"}
    | {"childAccounts", "account", "contributors", "id", "accountId"}
)
"""Fields that identify a row or hold rows: when they cannot be read, the read has failed.

This applies only where the object itself is inside one of these fields: the id of a subject identifies no row."""


class UnknownFields(dict[str, Any]):
    """Fields that an object does not declare. A type of its own, so that no JSON object can be mistaken for it."""


class WixObject(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, gc=False):
    """An object that the API returned, including the fields that this release does not know.

    Attributes:
        unknown_fields: Fields that this release does not know, or whose value was not of the documented type, by their
            names in the API.
    """

    unknown_fields: UnknownFields | UnsetType = UNSET

    @property
    def unknown(self) -> dict[str, Any]:
        """Everything of this object that has no field of its own."""
        return dict(self.unknown_fields or {})

    @property
    def unparsed(self) -> dict[str, Any]:
        """Known fields whose value was not of the documented type."""
        return {name: value for name, value in self.unknown.items() if name in fields(type(self))}


class Answer(WixObject, frozen=True, kw_only=True):
    """The whole answer of an endpoint.

    Attributes:
        present: Its declared fields that were in the answer, null or not: a missing list is not an empty one.
    """

    present: frozenset[str] = frozenset()

    def has(self, *names: str) -> bool:
        """Whether at least one of these fields was in the answer."""
        return not self.present.isdisjoint(names)

    def tells_of_more(self, rows: int) -> bool:
        """Whether an undocumented member says that there are more rows than these: an endpoint may begin to page."""
        return _tells_of_more(self.unknown, rows)


MORE = "the answer tells of more rows, which Wix documents no way to read"
"""What is wrong with an answer that does, where the endpoint has no pages."""

_HAS_NEXT = frozenset({"hasNext", "hasMore", "hasNextPage"})
_NEXT = frozenset({"next", "nextCursor", "nextPageToken"})
_TOTAL = frozenset({"total", "totalCount", "totalResults"})


def _tells_of_more(value: Any, rows: int) -> bool:
    if not isinstance(value, dict):
        return False
    return any(
        (name in _HAS_NEXT and inner is True)
        or (name in _NEXT and isinstance(inner, str) and inner != "")
        or (name in _TOTAL and isinstance(inner, int) and inner > rows)
        or _tells_of_more(inner, rows)
        for name, inner in value.items()
    )


@cache
def fields(kind: type[WixObject]) -> Mapping[str, structs.FieldInfo]:
    """The fields that an object has in the API, by their names there."""
    return {
        field.encode_name: field for field in structs.fields(kind) if field.name not in ("unknown_fields", "present")
    }


class Name(WixObject, frozen=True):
    """A person's name (section 2.1)."""

    first_name: str | None = None
    last_name: str | None = None


class Subject(WixObject, frozen=True):
    """Who holds an assignment: a user, an account or an app (section 2.1)."""

    id: Id | UnsetType | None = UNSET
    subject_type: str | UnsetType | None = UNSET


class Assignment(WixObject, frozen=True):
    """A role of a team member or an invite, in the compact form, or in the full one with ``policy`` (section 6.3).

    ``restrictions`` is kept as unparsed JSON, empty if it was missing: the tables interpret it.
    """

    policy_id: Id | None = None
    assignment_id: Id | None = None
    restrictions: Raw = Raw()
    subject: Subject | None = None


class User(WixObject, frozen=True):
    """A team member (section 2.1)."""

    id: Named
    email: str | None = None
    name: Name | None = None
    profile_image: str | None = None
    joined_team_at: str | None = None
    assignments: list[Assignment] | None = None


class Invite(WixObject, frozen=True):
    """An invite to join the account (section 2.1). ``accept_link`` is a secret."""

    id: Named
    email: str | None = None
    status: str | None = None
    accept_link: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    expiration_date: str | None = None
    assignments: list[Assignment] | None = None


class TeamMember(WixObject, frozen=True):
    """Either a user or an invite."""

    user: User | None = None
    invite: Invite | None = None


class FacetValue(WixObject, frozen=True):
    """The number of rows that have one value."""

    value: str | None = None
    count: int | None = None


class Facet(WixObject, frozen=True):
    """Counts per value of a filter. Values without rows are left out."""

    facet_type: str | None = None
    values: list[FacetValue] | None = None


class TeamPage(Answer, frozen=True):
    """Answer of Search Team (section 2.1). An empty list may be left out (section 1, default-valued fields)."""

    team_members: list[TeamMember] = []
    facets: list[Facet] | None = None


class Role(WixObject, frozen=True):
    """A role's description (section 2.2)."""

    id: NamedByNumber
    title: str | None = None
    description: str | None = None
    restrict_from_level: str | None = None


class RoleList(Answer, frozen=True):
    """Answer of Get Roles Info (section 2.2)."""

    predefined_roles: list[Role] = []
    custom_roles: list[Role] = []


class Site(WixObject, frozen=True):
    """A site (section 2.3)."""

    id: Named
    name: str | None = None
    display_name: str | None = None
    owner_account_id: str | None = None
    contributor_account_ids: list[str] | None = None
    folder_id: str | None = None
    namespace: str | None = None
    editor_type: str | None = None
    parent_child_role: str | None = None
    published: bool | None = None
    premium: bool | None = None
    blocked: bool | None = None
    domain_connected: bool | None = None
    view_url: str | None = None
    edit_url: str | None = None
    thumbnail: str | None = None
    html_app_id: str | None = None
    created_date: str | None = None
    updated_date: str | None = None
    trashed_date: str | None = None


class Cursors(WixObject, frozen=True):
    """Where the next page begins."""

    next: str | None = None


class CursorMetadata(WixObject, frozen=True):
    """Paging of Query Sites (section 6.2). ``count`` may be a page's, or all pages'."""

    count: int | None = None
    has_next: bool | None = None
    cursors: Cursors | None = None


class SitePage(Answer, frozen=True):
    """Answer of Query Sites (section 2.3)."""

    sites: list[Site] = []
    metadata: CursorMetadata | None = None


class SiteCount(Answer, frozen=True):
    """Answer of Count Sites (section 2.3)."""

    count: int | None = None


class PathStep(WixObject, frozen=True):
    """One folder in the path of a folder."""

    id: str | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET


class Folder(WixObject, frozen=True):
    """A site folder (section 2.7)."""

    id: Named
    name: str | None = None
    parent_id: str | None = None
    path: list[PathStep] | None = None
    site_count: int | None = None
    created_date: str | None = None
    updated_date: str | None = None


class FolderMetadata(WixObject, frozen=True):
    """Paging of Query Folders. ``count`` may be a page's, or all pages', so that it proves nothing."""

    count: int | None = None


class FolderPage(Answer, frozen=True):
    """Answer of Query Folders (section 2.7)."""

    folders: list[Folder] = []
    metadata: FolderMetadata | None = None


class ChildAccount(WixObject, frozen=True):
    """The id of a child account (section 2.5)."""

    # It is used in a URL and in a header.
    account_id: Annotated[str, Meta(pattern=r"\A[0-9A-Za-z-]{1,64}\Z")]


class PagingMetadata(WixObject, frozen=True):
    """Paging of List Child Accounts (section 2.5)."""

    total: int | None = None
    too_many_to_count: bool | None = None


class ChildAccountPage(Answer, frozen=True):
    """Answer of List Child Accounts (section 2.5)."""

    child_accounts: list[ChildAccount] = []
    paging_metadata: PagingMetadata | None = None


class AccountProperties(WixObject, frozen=True):
    """Properties of an account (section 2.6)."""

    is_team: bool | None = None
    website_url: str | None = None
    parent_account_id: str | None = None


class Account(WixObject, frozen=True):
    """A Wix account (section 2.6)."""

    account_id: Named
    slug: str | None = None
    account_name: str | None = None
    status: str | None = None
    account_owner: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    account_properties: AccountProperties | None = None


class AccountAnswer(Answer, frozen=True):
    """Answer of Get Account (section 2.6)."""

    account: Account


class Contributor(WixObject, frozen=True):
    """An outside account on a site (section 2.4)."""

    account_id: str | None = None
    account_owner_id: str | None = None


class ContributorList(Answer, frozen=True):
    """Answer of Query Site Contributors (section 2.4)."""

    contributors: list[Contributor] = []
