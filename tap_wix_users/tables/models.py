"""The tables, as docs/streams.md (sections 1 and 2) specifies them.

A model is a table's only declaration: its columns, their types and descriptions, and its key. The Singer schema and
the data dictionary are generated from it, and its rows have its columns. `observed_at` and `snapshot_at` are not
fields: they do not describe the row, but when it was seen, and are added when it is emitted.

To add a table: a model here, a function that makes its rows in `rows`, and a line in `registry`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from tap_wix_users.tables.keys import record_key

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Json = Annotated[dict[str, Any], SkipValidation]


def column(description: str) -> Any:
    """A required column: every row has to pass it, so that none is forgotten."""
    return Field(description=description)


class Row(BaseModel):
    """A row of any table."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    references: ClassVar[dict[str, str]] = {}
    """Columns that refer to a row of another table in the same account, which may no longer exist: sites are deleted,
    but grants on them stay."""
    rule_columns: ClassVar[tuple[str, ...]] = ()
    """Columns besides the key that decide which rows are current: they cannot be deselected or mapped."""
    is_log: ClassVar[bool] = False
    """Whether it is one of the tap's own logs, about what it saw in other tables."""

    account_id: str = column("Account that the row belongs to")

    @property
    def own_key(self) -> str:
        """The row's key without the account, as in `change_log.record_key`."""
        columns = self.__dict__
        return record_key([columns[name] for name in self.key[1:] or self.key])


class EntityRow(Row):
    """A row that describes something in Wix."""

    rule_columns = ("observed_at", "snapshot_at")

    extra: Json | None = column("API fields that this release does not know, unchanged")


class AccountRow(EntityRow):
    """One Wix account."""

    table = "accounts"
    key = ("account_id",)
    references = {"owner_user_id": "users", "parent_account_id": "accounts"}

    name: str | None = column("Account name")
    slug: str | None = column("Name of the account in URLs")
    status: str | None = column("ACTIVE, BLOCKED or DELETED")
    owner_user_id: str | None = column("User who owns the account")
    parent_account_id: str | None = column("Parent account, if this is a child account")
    is_team: bool | None = column("Whether the account belongs to a team")
    website_url: str | None = column("Website of the account's owner")
    date_created: Timestamp | None = column("When the account was created")
    date_updated: Timestamp | None = column("When the account was last updated")


class UserRow(EntityRow):
    """One team member of an account. The same person in two accounts is two rows."""

    table = "users"
    key = ("account_id", "id")

    id: str = column("Wix user id")
    email: str | None = column("E-mail address")
    first_name: str | None = column("First name")
    last_name: str | None = column("Last name")
    profile_image: str | None = column("URL of the profile image")
    joined_team_at: Timestamp | None = column("When the user joined the team")


AssetType = Literal["account", "site", "site_resource", "folder", "unknown"]


class AssetColumns(EntityRow):
    """What a role is limited to: the API's restrictions, flattened."""

    references = {"role_id": "roles", "site_id": "sites", "folder_id": "folders"}

    assignment_key: str = column("Identifies the row within its user or invite: the assignment's own id, if it has one")
    role_id: str | None = column("Role that is granted (Wix also says policy)")
    asset_type: AssetType = column(
        "What the role reaches: `account` (the whole account), `site`, `site_resource`, `folder`, "
        "or `unknown` when the restriction cannot be read"
    )
    asset_id: str | None = column("Id of the account, site, resource or folder; null when unknown")
    asset_name: str | None = column("Site name or folder path, as the API gave it")
    site_id: str | None = column("Site, if the asset is one or belongs to one")
    folder_id: str | None = column("Folder, if the asset is one")
    restrictions: Json | None = column("The restriction, unchanged; null when there is none")


class AssignmentRow(AssetColumns):
    """One role that a team member holds on one asset."""

    table = "assignments"
    key = ("account_id", "user_id", "assignment_key")
    references = {"user_id": "users", **AssetColumns.references}

    user_id: str = column("Team member who holds the role")
    assignment_id: str | None = column("The assignment's own id")
    subject_id: str | None = column("Id of the user, account or app that the role was assigned to")
    subject_type: str | None = column("Kind of subject, for example USER, ACCOUNT or EXTERNAL_APP")


class InviteRow(EntityRow):
    """One invite to join the account."""

    table = "invites"
    key = ("account_id", "id")

    id: str = column("Invite id")
    email: str | None = column("E-mail address that was invited")
    status: str | None = column("Pending, Used, Deleted, Declined or Expired")
    date_created: Timestamp | None = column("When the invite was created")
    date_updated: Timestamp | None = column("When the invite was last updated")
    expiration_date: Timestamp | None = column("When the invite expires")


class InviteWithLinkRow(InviteRow):
    """One invite to join the account."""

    accept_link: str | None = column("Link that accepts the invite: anyone who has it may be able to join")


class InviteAssignmentRow(AssetColumns):
    """One role on one asset that an invite grants when it is accepted."""

    table = "invite_assignments"
    key = ("account_id", "invite_id", "assignment_key")
    references = {"invite_id": "invites", **AssetColumns.references}

    invite_id: str = column("Invite that grants the role")


class RoleRow(EntityRow):
    """One predefined or custom role."""

    table = "roles"
    key = ("account_id", "id")

    id: str = column("Role id (Wix also says policy id), about 19 digits")
    title: str | None = column("Title, in the language of the setting `locale`")
    description: str | None = column("Wix's description of the role, in the same language")
    role_type: Literal["predefined", "custom"] = column("Whether Wix or the account defined the role")
    restrict_from_level: str | None = column(
        "Level at which the role cannot be assigned: Site or Account; null for none"
    )


class SiteRow(EntityRow):
    """One site."""

    table = "sites"
    key = ("account_id", "id")
    references = {"folder_id": "folders"}

    id: str = column("Site id (Wix also says metasite id)")
    name: str | None = column("Name of the site in URLs")
    display_name: str | None = column("Name that Wix displays")
    owner_account_id: str | None = column("Account that owns the site")
    contributor_account_ids: list[str] | None = column("Outside accounts that were invited to the site")
    folder_id: str | None = column("Folder that the site is in; null at the root")
    namespace: str | None = column("WIX or HEADLESS, or an older kind")
    editor_type: str | None = column("Editor that the site was made with, for example EDITOR or STUDIO")
    parent_child_role: str | None = column("Place of the site among linked sites, for example NONE")
    published: bool | None = column("Whether the site is published")
    premium: bool | None = column("Whether the site has a premium plan")
    blocked: bool | None = column("Whether Wix blocked the site")
    domain_connected: bool | None = column("Whether a domain is connected")
    view_url: str | None = column("URL of the site")
    edit_url: str | None = column("URL of its editor; may be relative")
    thumbnail: str | None = column("URL of a picture of the site")
    html_app_id: str | None = column("Id of the site's editor document")
    created_date: Timestamp | None = column("When the site was created")
    updated_date: Timestamp | None = column("When the site was last updated")
    trashed_date: Timestamp | None = column("When the site was moved to the trash")


class FolderRow(EntityRow):
    """One site folder."""

    table = "folders"
    key = ("account_id", "id")
    references = {"parent_id": "folders"}

    id: str = column("Folder id")
    name: str | None = column("Folder name")
    parent_id: str | None = column("Folder that this one is in; null at the root")
    path: str | None = column("Names from the root down to this folder, for example `/Clients/North`")
    site_count: int | None = column("Sites in the folder")
    created_date: Timestamp | None = column("When the folder was created")
    updated_date: Timestamp | None = column("When the folder was last updated")


class ContributorRow(EntityRow):
    """One outside account that was invited to one site (Wix also says site collaborator): not a team member."""

    table = "site_contributors"
    key = ("account_id", "site_id", "contributor_account_id")
    references = {"site_id": "sites"}

    site_id: str = column("Site")
    contributor_account_id: str = column("The outside account")
    contributor_owner_user_id: str | None = column("User who owns the outside account")


class ContributorRoleRow(EntityRow):
    """One role that a contributor holds on one site."""

    table = "site_contributor_roles"
    key = ("account_id", "site_id", "contributor_account_id", "role_id")
    references = {"site_id": "sites", "role_id": "roles", "contributor_account_id": "site_contributors"}

    site_id: str = column("Site")
    contributor_account_id: str = column("The outside account")
    role_id: str = column("Role that it holds on the site")


class ChangeRow(Row):
    """One row of another stream that was added, modified or removed between two complete snapshots."""

    table = "change_log"
    key = ("account_id", "stream_name", "record_key", "observed_at")
    rule_columns = ("change_type", "previous_observed_at")
    is_log = True

    stream_name: str = column("Stream of the row that changed")
    record_key: str = column(
        "Primary key of that row without `account_id`, parts joined by `|`; for `accounts`, the account id. "
        "A `|` inside a part is written `%7C`, a `%` is `%25`"
    )
    change_type: Literal["added", "modified", "removed"] = column("What happened: added, modified or removed")
    previous_observed_at: Timestamp = column("Start of the previous complete snapshot: the change happened after it")
    observed_at: Timestamp = column("Start of the snapshot that saw the change: it happened before this snapshot ended")


Status = Literal["complete", "unverified", "held", "refused", "failed"]


class ReceiptRow(Row):
    """The receipt of one stream's read in one sync."""

    table = "snapshots"
    key = ("account_id", "stream_name", "snapshot_at")
    rule_columns = ("finished_at", "status", "baseline_at", "compared_with")
    is_log = True

    stream_name: str = column("Stream that was read")
    snapshot_at: Timestamp = column("When the read's walk began")
    finished_at: Timestamp = column("When the read ended")
    status: Status = column(
        "`complete`; `unverified` (rows were sent, nothing proved), `held` (a mass removal was not sent), "
        "`refused` (401 or 403), or `failed`"
    )
    replication_method: str = column("INCREMENTAL or FULL_TABLE")
    baseline_at: Timestamp | None = column(
        "Snapshot since which every current row has been sent; null when not complete"
    )
    proof: Literal["count", "repeat", "whole"] | None = column("Proof that every row was seen; null if there is none")
    row_count: int | None = column("Rows that were seen")
    expected_count: int | None = column("Rows that the API counts; null when it does not count them")
    added_count: int | None = column(
        "Rows that are new since the last complete snapshot; null when nothing was compared"
    )
    modified_count: int | None = column("Rows whose content changed since")
    removed_count: int | None = column("Rows that are gone since")
    duplicate_count: int | None = column("Rows that were returned more than once during the walk")
    request_count: int = column("Requests that the read took, for all streams of the same walk together")
    retry_count: int = column("How many of these were retries")
    attempt_count: int | None = column("How often the list was walked")
    digest: str | None = column(
        "Identifies the set of record keys that were seen, in any order: the MD5 of each key as four 32-bit numbers, "
        "each added up over all keys modulo 2^32, in decimal and joined by `-`"
    )
    compared_with: Timestamp | None = column(
        "`snapshot_at` of the complete snapshot, kept in the state, that this read was compared with; null where "
        "there was none"
    )
    error: str | None = column("Why the read is not complete, and what to do")
    tap_version: str = column("Release of the tap")


OBSERVED_AT = "observed_at"
SNAPSHOT_AT = "snapshot_at"
SEEN_COLUMNS = {
    OBSERVED_AT: "Start of the snapshot that first saw this version of the row",
    SNAPSHOT_AT: "Start of the snapshot that last sent this row",
}
"""Columns of every entity table besides those of its model: date-times that are never null."""

DELETED_AT = "_sdc_deleted_at"
"""Column of a tombstone, by which targets delete rows."""
