"""Makes rows from API objects: one pure function per table, from an account id and an object to the object's rows.

The rows of roles on assets are made in `grants`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_wix_users.tables import models
from tap_wix_users.tables.columns import columns_of
from tap_wix_users.tables.extra import Dates, left_over
from tap_wix_users.wix.objects import AccountProperties
from tap_wix_users.wix.reading import as_came

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from tap_wix_users.tables.columns import Columns
    from tap_wix_users.tables.models import Json
    from tap_wix_users.wix.contributors import SiteContributor
    from tap_wix_users.wix.objects import Account, Folder, Invite, Role, Site, TeamMember

_Account = columns_of(models.AccountRow)
_User = columns_of(models.UserRow)
_Invite = columns_of(models.InviteRow)
_InviteWithLink = columns_of(models.InviteWithLinkRow)
_Role = columns_of(models.RoleRow)
_Site = columns_of(models.SiteRow)
_Folder = columns_of(models.FolderRow)
_Contributor = columns_of(models.ContributorRow)
_ContributorRole = columns_of(models.ContributorRoleRow)


def account_rows(account_id: str, record: tuple[Account, str | None]) -> Iterable[Columns]:
    """An account's row.

    Args:
        account_id: The account.
        record: Its record, and the account that listed it as a child, if one did.
    """
    account, parent_account_id = record
    properties = account.account_properties or AccountProperties()
    dates = Dates()
    yield _Account(
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
        extra=left_over(account, dates.unparsed, "accountProperties", properties),
    )


def user_rows(account_id: str, member: TeamMember) -> Iterable[Columns]:
    """The row of a team member."""
    if (user := member.user) is None:
        return
    dates = Dates()
    yield _User(
        account_id=account_id,
        id=user.id,
        email=user.email,
        first_name=user.name.first_name if user.name else None,
        last_name=user.name.last_name if user.name else None,
        profile_image=user.profile_image,
        joined_team_at=dates.parse("joinedTeamAt", user.joined_team_at),
        extra=left_over(user, dates.unparsed, "name", user.name),
    )


def invite_rows(account_id: str, member: TeamMember) -> Iterable[Columns]:
    """The row of an invite, without the link that accepts it."""
    if member.invite is not None:
        yield _Invite(**_invite_columns(account_id, member.invite))


def invite_rows_with_links(account_id: str, member: TeamMember) -> Iterable[Columns]:
    """The row of an invite, with the link that accepts it."""
    if member.invite is not None:
        yield _InviteWithLink(**_invite_columns(account_id, member.invite), accept_link=member.invite.accept_link)


def _invite_columns(account_id: str, invite: Invite) -> dict[str, Any]:
    dates = Dates()
    return {
        "account_id": account_id,
        "id": invite.id,
        "email": invite.email,
        "status": invite.status,
        "date_created": dates.parse("dateCreated", invite.date_created),
        "date_updated": dates.parse("dateUpdated", invite.date_updated),
        "expiration_date": dates.parse("expirationDate", invite.expiration_date),
        # An accept link that is not a string does not fit its column, but is just as secret.
        "extra": _without(left_over(invite, dates.unparsed), "acceptLink"),
    }


def role_rows(account_id: str, listed: tuple[Role, Literal["predefined", "custom"]]) -> Iterable[Columns]:
    """A role's row.

    Args:
        account_id: The account.
        listed: The role, and its list, the only sign of a custom role (docs/api-contract.md, section 2.2).
    """
    role, role_type = listed
    yield _Role(
        account_id=account_id,
        id=str(role.id),
        title=role.title,
        description=role.description,
        role_type=role_type,
        restrict_from_level=role.restrict_from_level,
        extra=left_over(role),
    )


def site_rows(account_id: str, site: Site) -> Iterable[Columns]:
    """The row of a site."""
    dates = Dates()
    yield _Site(
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
        extra=left_over(site, dates.unparsed),
    )


def folder_rows(account_id: str, folder: Folder) -> Iterable[Columns]:
    """The row of a folder."""
    dates = Dates()
    yield _Folder(
        account_id=account_id,
        id=folder.id,
        name=folder.name,
        parent_id=folder.parent_id or None,
        path=_path(folder),
        site_count=folder.site_count,
        created_date=dates.parse("createdDate", folder.created_date),
        updated_date=dates.parse("updatedDate", folder.updated_date),
        extra=left_over(folder, dates.unparsed | _path_with_unknown_fields(folder)),
    )


def contributor_rows(account_id: str, found: SiteContributor) -> Iterable[Columns]:
    """The row of a contributor of a site."""
    yield _Contributor(
        account_id=account_id,
        site_id=found.site_id,
        contributor_account_id=found.account_id,
        contributor_owner_user_id=found.contributor.account_owner_id,
        extra=left_over(found.contributor),
    )


def contributor_role_rows(account_id: str, found: SiteContributor) -> Iterable[Columns]:
    """The rows of the roles that a contributor holds on a site."""
    for role_id in found.role_ids:
        yield _ContributorRole(
            account_id=account_id,
            site_id=found.site_id,
            contributor_account_id=found.account_id,
            role_id=role_id,
            extra=None,
        )


def _path(folder: Folder) -> str | None:
    """The folder's path, which ends with its own name whether or not the API's list does (docs/streams.md, section 2).

    If the list or one of its names is missing, the path is unknown, except for a folder at the root.
    """
    steps = list(folder.path or ())
    if steps and steps[-1].id == folder.id:
        steps.pop()
    names = [*(step.name or None for step in steps), folder.name]
    if not all(names) or (folder.parent_id and not steps):
        return None
    return "/" + "/".join(map(str, names))


def _path_with_unknown_fields(folder: Folder) -> Json:
    """The folder's list of steps, if it has unknown fields."""
    steps = folder.path or []
    return {"path": [as_came(step) for step in steps]} if any(step.unknown for step in steps) else {}


def _without(one: Json | None, name: str) -> Json | None:
    return {key: value for key, value in (one or {}).items() if key != name} or None
