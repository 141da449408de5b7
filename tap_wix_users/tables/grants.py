"""Rows for roles on assets: those that team members hold, and those that invites will grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import UNSET, structs

from tap_wix_users.tables import models
from tap_wix_users.tables.assets import scope_of
from tap_wix_users.tables.columns import columns_of
from tap_wix_users.tables.extra import left_over
from tap_wix_users.tables.hashing import content_hash
from tap_wix_users.wix.objects import Subject
from tap_wix_users.wix.reading import as_came

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_wix_users.tables.assets import Asset, Scope
    from tap_wix_users.tables.columns import Columns
    from tap_wix_users.tables.models import Json
    from tap_wix_users.wix.objects import Assignment, Invite, TeamMember, User

_Assignment = columns_of(models.AssignmentRow)
_InviteAssignment = columns_of(models.InviteAssignmentRow)


_Grant: TypeAlias = "tuple[Assignment, str | None, str | None, Scope, Asset, str]"
"""One role on one asset: the assignment, its id, its role's id, its parsed restriction, the asset, and the row's key.

There are many of these, so each is unpacked in one step.
"""

_NO_SUBJECT = Subject()


def assignment_rows(account_id: str, member: TeamMember) -> Iterable[Columns]:
    """The rows of a team member's roles, one for each asset."""
    if (user := member.user) is None:
        return ()
    user_id = user.id
    rows = []
    for assignment, own_id, role_id, (_, restrictions, unfit), asset, key in _grants(account_id, user):
        asset_type, asset_id, asset_name, site_id, folder_id, _ = asset
        subject = assignment.subject or _NO_SUBJECT
        subject_id, subject_type = subject.id, subject.subject_type
        rows.append(
            _Assignment(
                account_id=account_id,
                user_id=user_id,
                assignment_key=key,
                assignment_id=own_id,
                role_id=role_id,
                subject_id=None if subject_id is None or subject_id is UNSET else str(subject_id),
                subject_type=None if subject_type is UNSET else subject_type,
                asset_type=asset_type,
                asset_id=asset_id,
                asset_name=asset_name,
                site_id=site_id,
                folder_id=folder_id,
                restrictions=restrictions,
                extra=left_over(assignment, unfit, "subject", subject),
            )
        )
    return _with_own_keys(rows)


def invite_assignment_rows(account_id: str, member: TeamMember) -> Iterable[Columns]:
    """The rows of the roles that an invite will grant, one for each asset."""
    if (invite := member.invite) is None:
        return ()
    rows = [
        _InviteAssignment(
            account_id=account_id,
            invite_id=invite.id,
            assignment_key=key,
            role_id=role_id,
            asset_type=asset.type,
            asset_id=asset.id,
            asset_name=asset.name,
            site_id=asset.site_id,
            folder_id=asset.folder_id,
            restrictions=scope.restrictions,
            extra=left_over(assignment, scope.unfit | _whole_subject(assignment)),
        )
        for assignment, _, role_id, scope, asset, key in _grants(account_id, invite)
    ]
    return _with_own_keys(rows)


def _grants(account_id: str, owner: User | Invite) -> Iterator[_Grant]:
    for assignment in owner.assignments or ():
        policy_id, own_id = assignment.policy_id, assignment.assignment_id
        role_id = (None if policy_id is None else str(policy_id)) or _role_of_full_form(assignment)
        assignment_id = None if own_id is None else str(own_id)
        scope = scope_of(assignment.restrictions, account_id)
        assets = scope[0]
        if own_id and len(assets) == 1:
            yield assignment, assignment_id, role_id, scope, assets[0], str(own_id)
            continue
        for asset in assets:
            key = f"{own_id}/{asset.label}" if own_id else f"{role_id or 'unknown'}@{asset.grant}"
            yield assignment, assignment_id, role_id, scope, asset, key


def _with_own_keys(rows: list[Columns]) -> Iterable[Columns]:
    """Give each row a unique key: different grants never become one row, and equal grants become one.

    Of different grants with the same key, all but one get a hash of their content appended, whatever their order was.
    """
    if len(rows) < 2 or len({row.assignment_key for row in rows}) == len(rows):
        return rows
    by_key: dict[str, dict[str, Columns]] = {}
    for row in rows:
        by_key.setdefault(row.assignment_key, {}).setdefault(content_hash(row), row)
    apart = []
    for key, same in by_key.items():
        first, *others = sorted(same)
        apart.append(same[first])
        apart += [structs.replace(same[digest], assignment_key=f"{key}#{digest}") for digest in others]
    return apart


def _role_of_full_form(assignment: Assignment) -> str | None:
    """The role id where the API uses the full form of an assignment (docs/api-contract.md, section 6.3)."""
    policy = assignment.unknown.get("policy")
    identifier = policy.get("policyId") if isinstance(policy, dict) else None
    return str(identifier) if isinstance(identifier, str | int) and not isinstance(identifier, bool) else None


def _whole_subject(assignment: Assignment) -> Json:
    """The subject of an invite's assignment: no column holds it, since the API contract does not mention one."""
    return {} if assignment.subject is None else {"subject": as_came(assignment.subject)}
