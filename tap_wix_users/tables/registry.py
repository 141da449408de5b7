"""Every table, one line each: its declaration, the read that its rows come from, and the function that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_wix_users.tables import grants, models, rows
from tap_wix_users.wix import reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_wix_users.tables.columns import Columns
    from tap_wix_users.wix.reads import Read

RowMaker: TypeAlias = "Callable[[str, Any], Iterable[Columns]]"


@dataclass(frozen=True)
class Table:
    """A table, and where its rows come from.

    Attributes:
        model: Declaration of its columns and key.
        read: The read that its rows come from; tables of one read share it.
        kind: The kind of row whose proof is this table's.
        make_rows: Makes its rows from an account id and an object of the read.
        counted: Whether each object is one row, so that the API's count of objects is a count of rows.
        localized: Whether its content depends on the setting `locale`.
        selected: Whether its stream is selected by default: False if it costs a request per site.
        needs: Other reads that this table needs, but the other tables of its read do not.
    """

    model: type[models.Row]
    read: Read
    kind: str
    make_rows: RowMaker
    counted: bool = True
    localized: bool = False
    selected: bool = True
    needs: tuple[Read, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in self.read.kinds:
            raise LookupError(f"{self.name}: {self.kind} is no kind of row of the read {self.read.name}")

    @property
    def name(self) -> str:
        """Name of the table and of its stream."""
        return self.model.table


TABLES = (
    Table(models.AccountRow, reads.ACCOUNT, "account", rows.account_rows),
    Table(models.UserRow, reads.TEAM, "user", rows.user_rows),
    Table(models.AssignmentRow, reads.TEAM, "assignment", grants.assignment_rows, counted=False),
    Table(models.InviteRow, reads.TEAM, "invite", rows.invite_rows),
    Table(models.InviteAssignmentRow, reads.TEAM, "invite assignment", grants.invite_assignment_rows, counted=False),
    Table(models.RoleRow, reads.ROLES, "role", rows.role_rows, localized=True),
    Table(models.SiteRow, reads.SITES, "site", rows.site_rows),
    Table(models.FolderRow, reads.FOLDERS, "folder", rows.folder_rows),
    Table(models.ContributorRow, reads.CONTRIBUTORS, "contributor", rows.contributor_rows, selected=False),
    Table(
        *(models.ContributorRoleRow, reads.CONTRIBUTORS, "contributor role", rows.contributor_role_rows),
        counted=False,
        selected=False,
        needs=(reads.ROLES,),
    ),
)

MODELS: tuple[type[models.Row], ...] = (*(table.model for table in TABLES), models.ChangeRow, models.ReceiptRow)
"""The declaration of every table, those of the tap's own two logs last."""

NAMES = {table.kind: table.name for table in TABLES}
"""The table of each kind of row."""

INVITES_WITH_LINKS = Table(models.InviteWithLinkRow, reads.TEAM, "invite", rows.invite_rows_with_links)


def tables(*, include_accept_links: bool) -> list[Table]:
    """The tables of a run.

    Args:
        include_accept_links: Whether invites include the link that accepts them.
    """
    invites = models.InviteRow.table
    return [INVITES_WITH_LINKS if include_accept_links and table.name == invites else table for table in TABLES]
