"""What the Wix API returns, as objects.

Tolerant: a field that is missing is None, one that is unknown survives in ``model_extra``, enum values are plain
strings, and a value of another type than documented is moved aside (`unparsed`) rather than ending the read. Only what
identifies a row, or holds the list of rows, has to be as documented.
Section numbers are those of docs/api-contract.md.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from tap_wix_users.wix.client import UnreadableBody

Id = str | int
"""A digit string above 2^53 (section 1). JSON integers are kept to the last digit; a float never is an id."""

_UNPARSED = "\0unparsed"

_STRUCTURE = frozenset(
    {"teamMembers", "user", "invite", "assignments", "predefinedRoles", "customRoles", "sites", "folders"}
    | {"childAccounts", "account", "contributors", "id", "accountId"}
)
"""Fields that identify a row or hold rows: when they cannot be read, the read has failed.

That is, where their owner stands in one of these too: the id of a subject identifies no row."""


class WixObject(BaseModel):
    """Something the API returned, with the fields that this release does not know.

    Attributes:
        unparsed: Known fields whose value was not of the documented type, by their name in the API.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", frozen=True, strict=True)

    unparsed: dict[str, Any] | None = Field(default=None, alias=_UNPARSED)

    @property
    def has_unknown(self) -> bool:
        """Whether anything of this object has no field of its own."""
        return bool(self.model_extra or self.unparsed)

    @property
    def unknown(self) -> dict[str, Any]:
        """Everything of this object that has no field of its own."""
        return {**(self.model_extra or {}), **(self.unparsed or {})}

    def tells(self, *fields: str) -> bool:
        """Whether one of these fields came, be it null: a list that was left out is not one that was empty."""
        # `model_fields_set` holds unknown fields too, under the very name that they have in the answer.
        return any(name in self.model_fields_set and name not in (self.model_extra or {}) for name in fields)


class Name(WixObject):
    """A person's name (section 2.1)."""

    first_name: str | None = None
    last_name: str | None = None


class Subject(WixObject):
    """Who holds an assignment: a user, an account or an app (section 2.1)."""

    id: Id | None = None
    subject_type: str | None = None


class Assignment(WixObject):
    """A role of a team member or an invite, in the compact form, or in the full one with ``policy`` (section 6.3).

    ``restrictions`` stays as it came: what it means is for the tables to say.
    """

    policy_id: Id | None = None
    assignment_id: Id | None = None
    restrictions: Any = None
    subject: Subject | None = None


class User(WixObject):
    """A team member (section 2.1)."""

    id: str = Field(min_length=1)
    email: str | None = None
    name: Name | None = None
    profile_image: str | None = None
    joined_team_at: str | None = None
    assignments: list[Assignment] | None = None


class Invite(WixObject):
    """An invite to join the account (section 2.1). ``accept_link`` is a secret."""

    id: str = Field(min_length=1)
    email: str | None = None
    status: str | None = None
    accept_link: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    expiration_date: str | None = None
    assignments: list[Assignment] | None = None


class TeamMember(WixObject):
    """One of a user or an invite."""

    user: User | None = None
    invite: Invite | None = None


class FacetValue(WixObject):
    """How many rows have one value."""

    value: str | None = None
    count: int | None = None


class Facet(WixObject):
    """Counts per value of a filter. Values without rows are left out."""

    facet_type: str | None = None
    values: list[FacetValue] | None = None


class TeamPage(WixObject):
    """Answer of Search Team (section 2.1). An empty list may be left out (section 1, default-valued fields)."""

    team_members: list[TeamMember] = []
    facets: list[Facet] | None = None


class Role(WixObject):
    """A role's description (section 2.2)."""

    id: Id
    title: str | None = None
    description: str | None = None
    restrict_from_level: str | None = None


class RoleList(WixObject):
    """Answer of Get Roles Info (section 2.2)."""

    predefined_roles: list[Role] = []
    custom_roles: list[Role] = []


class Site(WixObject):
    """A site (section 2.3)."""

    id: str = Field(min_length=1)
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


class Cursors(WixObject):
    """Where the next page begins."""

    next: str | None = None


class CursorMetadata(WixObject):
    """Paging of Query Sites (section 6.2). ``count`` may be a page's, or all pages'."""

    count: int | None = None
    has_next: bool | None = None
    cursors: Cursors | None = None


class SitePage(WixObject):
    """Answer of Query Sites (section 2.3)."""

    sites: list[Site] = []
    metadata: CursorMetadata | None = None


class SiteCount(WixObject):
    """Answer of Count Sites (section 2.3)."""

    count: int | None = None


class PathStep(WixObject):
    """One folder on the way to a folder."""

    id: str | None = None
    name: str | None = None


class Folder(WixObject):
    """A site folder (section 2.7)."""

    id: str = Field(min_length=1)
    name: str | None = None
    parent_id: str | None = None
    path: list[PathStep] | None = None
    site_count: int | None = None
    created_date: str | None = None
    updated_date: str | None = None


class FolderMetadata(WixObject):
    """Paging of Query Folders. ``count`` may be a page's, or all pages', so that it proves nothing."""

    count: int | None = None


class FolderPage(WixObject):
    """Answer of Query Folders (section 2.7)."""

    folders: list[Folder] = []
    metadata: FolderMetadata | None = None


class ChildAccount(WixObject):
    """The id of a child account (section 2.5)."""

    # It goes into an address and a header.
    account_id: str = Field(pattern=r"^[0-9A-Za-z-]{1,64}$")


class PagingMetadata(WixObject):
    """Paging of List Child Accounts (section 2.5)."""

    total: int | None = None
    too_many_to_count: bool | None = None


class ChildAccountPage(WixObject):
    """Answer of List Child Accounts (section 2.5)."""

    child_accounts: list[ChildAccount] = []
    paging_metadata: PagingMetadata | None = None


class AccountProperties(WixObject):
    """Properties of an account (section 2.6)."""

    is_team: bool | None = None
    website_url: str | None = None
    parent_account_id: str | None = None


class Account(WixObject):
    """A Wix account (section 2.6)."""

    account_id: str = Field(min_length=1)
    slug: str | None = None
    account_name: str | None = None
    status: str | None = None
    account_owner: str | None = None
    date_created: str | None = None
    date_updated: str | None = None
    account_properties: AccountProperties | None = None


class AccountAnswer(WixObject):
    """Answer of Get Account (section 2.6)."""

    account: Account


class Contributor(WixObject):
    """An outside account on a site (section 2.4)."""

    account_id: str | None = None
    account_owner_id: str | None = None


class ContributorList(WixObject):
    """Answer of Query Site Contributors (section 2.4)."""

    contributors: list[Contributor] = []


O = TypeVar("O", bound=WixObject)  # noqa: E741

_ENVELOPE = {"message", "details"}
"""Members of an error (section 1.2): an answer that has them is one, whatever its status and whatever else it has."""

_NOT_THE_ENDPOINTS = "the answer is not this endpoint's: it has none of its members, or is an error with status 200"


def parse(kind: type[O], body: bytes) -> O:
    """Parse an answer.

    Args:
        kind: What the endpoint returns.
        body: The answer's body.

    Raises:
        UnreadableBody: The body is no JSON (worth another attempt), or what identifies or holds rows is not as
            documented (not worth one). The message names the places, never the values.
    """
    try:
        answer = kind.model_validate_json(body)
    except ValidationError as error:
        if any(problem["type"] == "json_invalid" for problem in error.errors(include_input=False)):
            raise UnreadableBody("the answer is not JSON, or was cut short", retryable=True) from None
        answer = _parse_loosely(kind, body, error)
    if answer.model_extra and (not answer.tells(*kind.model_fields) or answer.model_extra.keys() >= _ENVELOPE):
        raise UnreadableBody(_NOT_THE_ENDPOINTS, retryable=True)
    return answer


def _parse_loosely(kind: type[O], body: bytes, error: ValidationError) -> O:
    """Move every value that is not of the documented type aside, and parse the rest."""
    problems = error.errors(include_input=False, include_url=False)
    document: Any = None
    try:
        document = from_json(body)
        for problem in problems:
            _move_aside(document, problem["loc"])
        return kind.model_validate(document)
    except (ValidationError, LookupError, RecursionError):
        if isinstance(document, dict) and document and not document.keys() & _names(kind):
            raise UnreadableBody(_NOT_THE_ENDPOINTS, retryable=True) from None
        # Without the names of union members, which say nothing about the answer.
        places = sorted(
            {".".join(map(str, problem["loc"])).removesuffix(".str").removesuffix(".int") for problem in problems}
        )
        what = f"the answer is not shaped as documented at {', '.join(places[:3]) or 'its root'}"
        raise UnreadableBody(what, retryable=False) from None


def _names(kind: type[WixObject]) -> set[str]:
    """What the endpoint's own members are called in an answer."""
    return {field.alias or name for name, field in kind.model_fields.items()}


def _move_aside(document: Any, location: tuple[int | str, ...]) -> None:
    """Move the field that a location points into to the `unparsed` of its object.

    Raises:
        LookupError: The field is missing, or without it a row or a list of rows would be lost.
    """
    owner, name, container, value = None, "", "", document
    for step in location:
        # Behind the field itself, a location goes on with the names of union members, or with places inside a value.
        if isinstance(value, dict) and step in value:
            owner, name, container, value = value, str(step), name, value[step]
        elif isinstance(value, dict) and step in value.get(_UNPARSED, ()):
            return  # Moved already: it had several problems.
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            break
    if owner is None or (name in _STRUCTURE and (not container or container in _STRUCTURE)):
        raise LookupError(location)
    owner.setdefault(_UNPARSED, {})[name] = owner.pop(name)
