"""The JSON that the API sends for an account: each record is encoded once, and again only after it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wix_sandbox.records import Folder, Grant, Invite, Json, Person, Role, Site
from wix_sandbox.roles import translated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wix_sandbox.account import Account

encode = msgspec.json.encode
Member = Person | Invite


def person_json(person: Person) -> Json:
    """`user` of Search Team."""
    name = {"firstName": person.first_name, "lastName": person.last_name}
    members = _present(
        id=person.id,
        email=person.email,
        name=_present(**name) or None,
        profileImage=person.image,
        joinedTeamAt=person.joined,
        assignments=None if person.grants is None else [_grant(grant) for grant in person.grants],
    )
    return members | person.extra


def invite_json(invite: Invite) -> Json:
    """`invite` of Search Team. Only an invite that can still be accepted has a link."""
    link = f"https://manage.wix.com/team/accept?token={invite.id[::-1]}" if invite.status == "Pending" else None
    members = _present(
        id=invite.id,
        email=invite.email,
        status=invite.status,
        acceptLink=link,
        dateCreated=invite.created,
        dateUpdated=invite.updated,
        expirationDate=invite.expires,
        assignments=None if invite.grants is None else [_grant(grant) for grant in invite.grants],
    )
    return members | invite.extra


def role_json(role: Role, locale: str) -> Json:
    """A role of Get Roles Info."""
    members = _present(
        id=role.id,
        title=role.title if role.custom else translated(role.title, locale),
        description=role.description,
        restrictFromLevel=role.level,
    )
    return members | role.extra


def site_json(site: Site) -> Json:
    """A site of Query Sites."""
    members = _present(
        id=site.id,
        htmlAppId=site.html_app_id,
        name=site.name,
        displayName=site.display_name,
        createdDate=site.created,
        updatedDate=site.updated,
        trashedDate=site.trashed,
        published=site.published,
        premium=site.premium,
        viewUrl=f"https://{site.name}.example.com" if site.published else "",
        editUrl=f"/editor/{site.id}",
        thumbnail=site.thumbnail,
        ownerAccountId=site.owner_account_id,
        contributorAccountIds=[one.account_id for one in site.contributors if one.account_id],
        editorType=site.editor_type,
        blocked=site.blocked,
        folderId=site.folder_id,
        namespace=site.namespace,
        domainConnected=site.domain_connected,
        parentChildRole="NONE",
    )
    return members | site.extra


def folder_json(account: Account, folder: Folder) -> Json:
    """A folder of Query Folders."""
    chain = account.folder_chain(folder)
    path = chain if folder.path_has_itself else chain[:-1]
    members = _present(
        id=folder.id,
        name=folder.name,
        createdDate=folder.created,
        updatedDate=folder.updated,
        siteCount=sum(site.folder_id == folder.id for site in account.sites.values()),
        parentId=folder.parent_id,
        path=[{"id": link.id, "name": link.name} for link in path],
    )
    return members | folder.extra


def account_json(account: Account) -> Json:
    """`account` of Get Account."""
    return {
        "accountId": account.id,
        "slug": account.slug,
        "accountName": account.name,
        "accountImg": None,
        "status": "ACTIVE",
        "accountOwner": account.owner_user_id or "",
        "dateCreated": account.created,
        "dateUpdated": account.updated,
        "accountProperties": {
            "isTeam": True,
            "coBranding": "None",
            "websiteUrl": f"https://www.{account.domain}",
            "parentAccountId": account.parent_id,
        },
    }


def _grant(grant: Grant) -> Json:
    return _present(
        policyId=grant.role_id, assignmentId=grant.assignment_id, restrictions=grant.on, subject=grant.subject
    )


def _present(**members: Any) -> Json:
    """An object without members that are None."""
    return {name: value for name, value in members.items() if value is not None}


def member_bytes(member: Member) -> bytes:
    """One entry of `teamMembers`, cached until the record changes."""
    if member.encoded is None:
        body = {"user": person_json(member)} if isinstance(member, Person) else {"invite": invite_json(member)}
        member.encoded = encode(body)
    return member.encoded


class Team(NamedTuple):
    """What one search found: the members in order, and their facets."""

    members: list[Member]
    facets: dict[str, Json]


class TeamIndex:
    """Searches of one account, cached until the account changes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._revision = -1
        self._found: dict[object, Team] = {}

    def search(self, key: object, order: tuple[str, bool], keep: Any) -> Team:
        """The members that `keep` accepts, in order; `key` identifies the search in the cache."""
        if self._revision != self._account.revision:
            self._revision, self._found = self._account.revision, {}
        if key not in self._found:
            users = [person for person in self._account.people.values() if keep(person)]
            invites = [invite for invite in self._account.invites.values() if keep(invite)]
            users.sort(key=_name if order[0] == "Name" else _joined, reverse=order[1])
            # Invites come after the users, oldest first: the documentation does not say where they belong.
            invites.sort(key=lambda invite: (invite.created or "", invite.id))
            self._found[key] = Team([*users, *invites], facets(users, invites))
        return self._found[key]


class SiteList:
    """The sites of one account as JSON objects, cached until the account changes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._revision = -1
        self._sites: list[Json] = []

    def get(self) -> list[Json]:
        """Every site, whatever its namespace."""
        if self._revision != self._account.revision:
            self._revision = self._account.revision
            self._sites = [site_json(site) for site in self._account.sites.values()]
        return self._sites


def facets(users: list[Person], invites: list[Invite]) -> dict[str, Json]:
    """Counts per category; categories without members are left out."""
    roles: dict[str, int] = {}
    members: tuple[Member, ...] = (*users, *invites)
    for member in members:
        for role_id in {grant.role_id for grant in member.grants or () if grant.role_id}:
            roles[role_id] = roles.get(role_id, 0) + 1
    statuses: dict[str, int] = {}
    for invite in invites:
        statuses[invite.status] = statuses.get(invite.status, 0) + 1
    return {
        "Users": _facet("Users", [("Users", len(users))]),
        "InviteStatus": _facet("InviteStatus", sorted(statuses.items())),
        "Roles": _facet("Roles", sorted(roles.items())),
    }


def _facet(kind: str, values: Iterable[tuple[str, int]]) -> Json:
    return {"facetType": kind, "values": [{"value": value, "count": count} for value, count in values if count]}


def _joined(person: Person) -> tuple[str, str]:
    return (person.joined or "").removesuffix("Z"), person.id


def _name(person: Person) -> tuple[str, str]:
    return f"{person.first_name or ''} {person.last_name or ''}".casefold(), person.id
