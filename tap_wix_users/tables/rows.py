"""API objects as rows: one pure function per table, from an account id and an object to the object's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tap_wix_users.tables.assets import Asset, assets
from tap_wix_users.tables.hashing import content_hash
from tap_wix_users.tables.links import without_links
from tap_wix_users.tables.models import (
    AccountRow,
    AssetColumns,
    AssignmentRow,
    ContributorRoleRow,
    ContributorRow,
    FolderRow,
    InviteAssignmentRow,
    InviteRow,
    InviteWithLinkRow,
    Json,
    RoleRow,
    SiteRow,
    UserRow,
)
from tap_wix_users.wix.objects import AccountProperties
from tap_wix_users.wix.times import normalized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    from tap_wix_users.wix.contributors import SiteContributor
    from tap_wix_users.wix.objects import Account, Assignment, Folder, Invite, Role, Site, TeamMember, User, WixObject

R = TypeVar("R", bound=AssetColumns)


def account_rows(account_id: str, record: tuple[Account, str | None]) -> Iterable[AccountRow]:
    """An account's row.

    Args:
        account_id: The account.
        record: Its record, and the account that listed it as a child, if one did.
    """
    account, parent_account_id = record
    properties = account.account_properties or AccountProperties()
    dates = _Dates()
    yield AccountRow(
        account_id=account_id,
        name=account.account_name,
        slug=account.slug,
        status=account.status,
        owner_user_id=account.account_owner,
        parent_account_id=properties.parent_account_id or parent_account_id,
        is_team=properties.is_team,
        website_url=properties.website_url,
        date_created=dates.parse("dateCreated", account.date_created),
        date_updated=dates.parse("dateUpdated", account.date_updated),
        extra=_extra(account, dates.unparsed, accountProperties=properties),
    )


def user_rows(account_id: str, member: TeamMember) -> Iterable[UserRow]:
    """The row of a team member."""
    if (user := member.user) is None:
        return
    dates = _Dates()
    yield UserRow(
        account_id=account_id,
        id=user.id,
        email=user.email,
        first_name=user.name.first_name if user.name else None,
        last_name=user.name.last_name if user.name else None,
        profile_image=user.profile_image,
        joined_team_at=dates.parse("joinedTeamAt", user.joined_team_at),
        extra=_extra(user, dates.unparsed, name=user.name),
    )


def assignment_rows(account_id: str, member: TeamMember) -> Iterable[AssignmentRow]:
    """The rows of a team member's roles, one for each asset."""
    if (user := member.user) is None:
        return

    def row(assignment: Assignment, key: str, columns: dict[str, Any]) -> AssignmentRow:
        subject = assignment.subject
        return AssignmentRow(
            account_id=account_id,
            user_id=user.id,
            assignment_key=key,
            assignment_id=_id_text(assignment.assignment_id),
            subject_id=_id_text(subject.id) if subject else None,
            subject_type=subject.subject_type if subject else None,
            extra=_extra(assignment, _unfit(assignment.restrictions), subject=subject),
            **columns,
        )

    yield from _asset_rows(account_id, user, row)


def invite_rows(account_id: str, member: TeamMember) -> Iterable[InviteRow]:
    """The row of an invite, without the link that accepts it."""
    if member.invite is not None:
        yield InviteRow(**_invite_columns(account_id, member.invite))


def invite_rows_with_links(account_id: str, member: TeamMember) -> Iterable[InviteWithLinkRow]:
    """The row of an invite, with the link that accepts it."""
    if member.invite is not None:
        yield InviteWithLinkRow(**_invite_columns(account_id, member.invite), accept_link=member.invite.accept_link)


def _invite_columns(account_id: str, invite: Invite) -> dict[str, Any]:
    dates = _Dates()
    return {
        "account_id": account_id,
        "id": invite.id,
        "email": invite.email,
        "status": invite.status,
        "date_created": dates.parse("dateCreated", invite.date_created),
        "date_updated": dates.parse("dateUpdated", invite.date_updated),
        "expiration_date": dates.parse("expirationDate", invite.expiration_date),
        # A link of an odd type is not in its column, but is as secret.
        "extra": _without(_extra(invite, dates.unparsed), "acceptLink"),
    }


def invite_assignment_rows(account_id: str, member: TeamMember) -> Iterable[InviteAssignmentRow]:
    """The rows of the roles that an invite will grant, one for each asset."""
    if (invite := member.invite) is None:
        return

    def row(assignment: Assignment, key: str, columns: dict[str, Any]) -> InviteAssignmentRow:
        return InviteAssignmentRow(
            account_id=account_id,
            invite_id=invite.id,
            assignment_key=key,
            extra=_extra(assignment, _unfit(assignment.restrictions) | _whole_subject(assignment)),
            **columns,
        )

    yield from _asset_rows(account_id, invite, row)


def role_rows(account_id: str, listed: tuple[Role, Literal["predefined", "custom"]]) -> Iterable[RoleRow]:
    """A role's row.

    Args:
        account_id: The account.
        listed: The role, and its list, which alone distinguishes a custom one (docs/api-contract.md, section 2.2).
    """
    role, role_type = listed
    yield RoleRow(
        account_id=account_id,
        id=str(role.id),
        title=role.title,
        description=role.description,
        role_type=role_type,
        restrict_from_level=role.restrict_from_level,
        extra=_extra(role),
    )


def site_rows(account_id: str, site: Site) -> Iterable[SiteRow]:
    """The row of a site."""
    dates = _Dates()
    yield SiteRow(
        account_id=account_id,
        id=site.id,
        name=site.name,
        display_name=site.display_name,
        owner_account_id=site.owner_account_id,
        contributor_account_ids=site.contributor_account_ids,
        folder_id=site.folder_id or None,
        namespace=site.namespace,
        editor_type=site.editor_type,
        parent_child_role=site.parent_child_role,
        published=site.published,
        premium=site.premium,
        blocked=site.blocked,
        domain_connected=site.domain_connected,
        view_url=site.view_url,
        edit_url=site.edit_url,
        thumbnail=site.thumbnail,
        html_app_id=site.html_app_id,
        created_date=dates.parse("createdDate", site.created_date),
        updated_date=dates.parse("updatedDate", site.updated_date),
        trashed_date=dates.parse("trashedDate", site.trashed_date),
        extra=_extra(site, dates.unparsed),
    )


def folder_rows(account_id: str, folder: Folder) -> Iterable[FolderRow]:
    """The row of a folder."""
    dates = _Dates()
    yield FolderRow(
        account_id=account_id,
        id=folder.id,
        name=folder.name,
        parent_id=folder.parent_id or None,
        path=_path(folder),
        site_count=folder.site_count,
        created_date=dates.parse("createdDate", folder.created_date),
        updated_date=dates.parse("updatedDate", folder.updated_date),
        extra=_extra(folder, dates.unparsed | _strange_path(folder)),
    )


def contributor_rows(account_id: str, found: SiteContributor) -> Iterable[ContributorRow]:
    """The row of a contributor of a site."""
    yield ContributorRow(
        account_id=account_id,
        site_id=found.site_id,
        contributor_account_id=found.account_id,
        contributor_owner_user_id=found.contributor.account_owner_id,
        extra=_extra(found.contributor),
    )


def contributor_role_rows(account_id: str, found: SiteContributor) -> Iterable[ContributorRoleRow]:
    """The rows of the roles that a contributor holds on a site."""
    for role_id in found.role_ids:
        yield ContributorRoleRow(
            account_id=account_id,
            site_id=found.site_id,
            contributor_account_id=found.account_id,
            role_id=role_id,
            extra=None,
        )


def _path(folder: Folder) -> str | None:
    """The folder's path, which ends with its own name whether or not the API's list does (docs/streams.md, section 2).

    Without a list, or without a name on the way, only the path of a folder at the root is known.
    """
    steps = list(folder.path or ())
    if steps and steps[-1].id == folder.id:
        steps.pop()
    names = [step.name for step in steps] + [folder.name]
    if not all(names) or (folder.parent_id and not steps):
        return None
    return "/" + "/".join(filter(None, names))


def _strange_path(folder: Folder) -> Json:
    """The folder's list of steps, if it has fields that nobody knows."""
    steps = folder.path or []
    return {"path": [_as_came(step) for step in steps]} if any(step.unknown for step in steps) else {}


def _asset_rows(
    account_id: str, owner: User | Invite, make: Callable[[Assignment, str, dict[str, Any]], R]
) -> Iterable[R]:
    rows: list[R] = []
    for assignment in owner.assignments or ():
        restrictions = assignment.restrictions
        role_id = _id_text(assignment.policy_id) or _role_of_full_form(assignment)
        found = assets(restrictions, account_id)
        for asset in found:
            columns = {
                "role_id": role_id,
                "asset_type": asset.type,
                "asset_id": asset.id,
                "asset_name": asset.name,
                "site_id": asset.site_id,
                "folder_id": asset.folder_id,
                "restrictions": without_links(restrictions) if isinstance(restrictions, dict) else None,
            }
            rows.append(make(assignment, _assignment_key(assignment, role_id, asset, several=len(found) > 1), columns))
    return rows if len({row.assignment_key for row in rows}) == len(rows) else _told_apart(rows)


def _told_apart(rows: list[R]) -> Iterable[R]:
    """Rows with a key of their own: two grants never become one row, and equal ones are one.

    Of grants with the same key, all but one have a hash of their content in it, whatever their order was.
    """
    by_key: dict[str, dict[str, R]] = {}
    for row in rows:
        by_key.setdefault(row.assignment_key, {}).setdefault(content_hash(row.__dict__), row)
    for key, same in by_key.items():
        first, *others = sorted(same)
        yield same[first]
        for digest in others:
            yield same[digest].model_copy(update={"assignment_key": f"{key}#{digest}"})


def _assignment_key(assignment: Assignment, role_id: str | None, asset: Asset, *, several: bool) -> str:
    if assignment.assignment_id:
        return f"{assignment.assignment_id}/{asset.label}" if several else str(assignment.assignment_id)
    return f"{role_id or 'unknown'}@{asset.grant}"


def _role_of_full_form(assignment: Assignment) -> str | None:
    """The role id where the API uses the full form of an assignment (docs/api-contract.md, section 6.3)."""
    policy = assignment.unknown.get("policy")
    identifier = policy.get("policyId") if isinstance(policy, dict) else None
    return str(identifier) if isinstance(identifier, str | int) and not isinstance(identifier, bool) else None


def _unfit(restrictions: Any) -> Json:
    """A restriction that is no object does not fit its column, and is kept beside it."""
    return {} if restrictions is None or isinstance(restrictions, dict) else {"restrictions": restrictions}


def _whole_subject(assignment: Assignment) -> Json:
    """The subject of an invite's assignment: no column holds it, since the contract knows of none."""
    return {} if assignment.subject is None else {"subject": _as_came(assignment.subject)}


def _as_came(value: WixObject) -> Json:
    """The fields of an object that came, known or not."""
    return {**value.model_dump(by_alias=True, exclude_unset=True, exclude={"unparsed"}), **(value.unparsed or {})}


def _without(extra: Json | None, name: str) -> Json | None:
    return {key: value for key, value in (extra or {}).items() if key != name} or None


class _Dates:
    """Parses the date-times of an object, and keeps those that cannot be parsed."""

    def __init__(self) -> None:
        self.unparsed: Json = {}

    def parse(self, name: str, text: str | None) -> str | None:
        if not text:
            return None
        moment = normalized(text)
        if moment is None:
            self.unparsed[name] = text
        return moment


def _extra(owner: WixObject | None, aside: Json | None = None, **inner: WixObject | None) -> Json | None:
    """What no column holds, under its name in the API; one found inside an object stays under that object's name.

    Args:
        owner: The object.
        aside: Values of it that did not fit their columns.
        inner: Objects inside it, by their names in the API.
    """
    if not aside and not any(one.has_unknown for one in (owner, *inner.values()) if one is not None):
        return None
    extra: Json = {**(owner.unknown if owner else {}), **(aside or {})}
    for name, value in inner.items():
        if value is not None and value.unknown:
            extra[name] = value.unknown
    return without_links(extra) or None


def _id_text(identifier: str | int | None) -> str | None:
    return None if identifier is None else str(identifier)
