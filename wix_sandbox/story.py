"""Acme Studio: the people, folders, sites and invites of the demo and of the access review.

They come first in every main account, as far as its size allows, and together they cover every shape of the API.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from wix_sandbox.records import Contributor, Folder, Grant, Invite, Json, Person, Site, on_resource

if TYPE_CHECKING:
    from wix_sandbox.account import Account
    from wix_sandbox.records import Size

COMPANY = "Acme Studio"
DOMAIN = "acme-studio.example"
AGENCY = "northlight.example"
BOTH = f"mehmet.demir@{DOMAIN}"
"""The person who is also in the child accounts."""
GONE_SITE = "Summer Sale 2021"

_FOLDERS = ("/Clients", "/Clients/North", "/Clients/South", "/Internal", "/Internal/Archive", "/Campaigns 🎉")


class _Plan(NamedTuple):
    """One site of the story: its display name, its folder path, and the members in which it differs."""

    title: str
    folder: str | None
    particular: Json


_SITES = (
    _Plan("Shop EU", None, {"premium": True, "domain_connected": True, "editor_type": "EDITOR"}),
    _Plan("Shop US", None, {"premium": True, "domain_connected": True, "extra": {"multilingual": {"locales": ["en"]}}}),
    _Plan("North Harbor Hotel", "/Clients/North", {"premium": True}),
    _Plan("Nordic Bikes", "/Clients/North", {"editor_type": "ODEDITOR", "extra": {"updatedDate": None}}),
    _Plan("Southside Bakery, “fresh” & co", "/Clients/South", {}),
    _Plan("Headless Storefront", "/Internal", {"namespace": "HEADLESS", "editor_type": "EDITORLESS"}),
    _Plan("Old Campaign", "/Internal/Archive", {"trashed": "2026-06-30T10:15:00.000Z", "published": False}),
    _Plan("Spring Launch 🌷", "/Campaigns 🎉", {"blocked": True, "editor_type": "HARMONY_NEXT", "published": False}),
)


def open_account(account: Account, size: Size) -> None:
    """Put the story into an empty account, with no more records of each kind than its size allows."""
    for path in _FOLDERS[: size.folders]:
        _add_folder(account, path)
    for number, plan in enumerate(_SITES[: size.sites]):
        _add_site(account, plan, number)
    for person in _people(account)[: size.users]:
        account.join(person)
        account.owner_user_id = account.owner_user_id or person.id
    for invite in _invites(account)[: size.invites]:
        account.add_invite(invite)


def _add_folder(account: Account, path: str) -> None:
    parents = {account.folder_path(folder): folder.id for folder in account.folders.values()}
    above, name = path.rsplit("/", 1)
    created = f"2021-0{len(parents) + 1}-05T06:24:12.000Z"
    # Only some paths end with the folder itself, since the documentation leaves it open.
    itself = len(parents) % 2 == 0
    account.add_folder(Folder(account.new_id(), name, created, created, parents.get(above, ""), itself))


def _add_site(account: Account, plan: _Plan, number: int) -> None:
    folders = {account.folder_path(folder): folder.id for folder in account.folders.values()}
    site = Site(
        account.new_id(),
        f"acme-{number + 1}",
        plan.title,
        f"2022-{number + 1:02}-14T10:00:00.000Z",
        f"2026-{number + 1:02}-02T16:45:30.125Z",
        account.id,
        account.new_id(),
        folder_id=folders.get(plan.folder or ""),
        thumbnail="" if number % 3 else f"/site-thumbnail/acme-{number + 1}",
    )
    for member, value in plan.particular.items():
        setattr(site, member, value)
    editor, shop = account.role_id("Blog Editor"), account.role_id("Store Manager")
    if number % 2 == 0:
        site.contributors.append(Contributor(account.new_id(), account.new_id(), [editor, shop][: 1 + number % 4]))
    if number == 2:
        site.contributors.append(Contributor(account.new_id(), None, [shop]))
    account.add_site(site)


def _people(account: Account) -> list[Person]:
    """The people of the story, the most important first."""
    person, on, role = partial(_person, account), account.at_site, account.role_id
    north, internal = "/Clients/North", "/Internal"
    co_owner, manager, shop = role("Account Admin (Co-Owner)"), role("Website Manager"), role("Store Manager")
    cast = [
        person("Ada", "Okafor", "2019-02-11", (role("Owner"), None)),
        person("Ben", "Castellanos", "2020-06-01", (co_owner, {})),
        # An intern who can do everything but close the account.
        person("Ivy", "Lindqvist", "2026-09-01", (co_owner, None), (role("Content intern"), on("Shop EU"))),
        # The agency works in one folder.
        person("Nora", "Haugen", "2025-03-17", (manager, account.at_folders(north)), domain=AGENCY),
        person(
            "Tomasz", "Wiśniewski", "2025-03-18", (role("Website Designer"), account.at_folders(north)), domain=AGENCY
        ),
        person('Lena "Leni"', "Brandt, née Kühn", "2021-11-08", (shop, on("Shop EU")), email="lena.brandt"),
        # Leaves in the first month; the invite to a private address stays open.
        person("Casey", "Marlow", "2023-01-09", (manager, on("Shop US")), (role("Blog Editor"), on("Nordic Bikes"))),
        person(
            "健 🎌", "田中", "2022-04-01", (manager, account.at_folders("/Clients/South", internal)), email="ken.tanaka"
        ),
        person("Priya", "Natarajan", "2024-08-20"),
        person("", "", "2022-10-10", (manager, None), email="automation"),
        person("Jo\nAnne", "Sund", "", (shop, on(GONE_SITE)), (role("Blog Writer"), {"site": None}), email=None),
        person("Mehmet", "Demir", "2021-05-19", (shop, on_resource(*_id_and_name(account, "Shop EU")))),
    ]
    return _with_rare_shapes(account, cast)


def _with_rare_shapes(account: Account, cast: list[Person]) -> list[Person]:
    """Give some people the shapes that the documentation allows, but that are rare in real accounts."""
    lena, tanaka, priya, automation, anne = cast[5], cast[7], cast[8], cast[9], cast[10]
    role = account.role_id
    page = {"id": "dashboard-page-7", "resourceType": "DASHBOARD_PAGE"}
    _also(account, lena, role("Blog Editor"), account.at_site("North Harbor Hotel", page))
    unheard_of = {"businessLocation": {"id": account.new_id(), "value": "Berlin"}}
    _also(account, tanaka, role("Regional editor"), unheard_of)
    _also(account, anne, role("Regional editor"), {"conditions": {"conditions": []}})
    anne.extra = {"email": None, "language": "sv"}
    priya.grants = []
    automation.first_name = automation.last_name = None
    _also(account, automation, role("Store Manager"), account.at_site("Shop US")).subject = {
        "id": account.id,
        "subjectType": "ACCOUNT",
    }
    app = _also(account, automation, role("Marketing Manager"), account.at_site("Shop US"))
    app.subject = {"id": "14bca956-e09f-f4d6-14d7-466cb3f09103", "subjectType": "EXTERNAL_APP"}
    bare = _also(account, automation, role("Back Office Manager"), account.at_site("Shop EU"))
    bare.assignment_id = bare.subject = None
    return cast


def _also(account: Account, person: Person, role_id: str, on: Json) -> Grant:
    grant = account.assignment(person.id, role_id, on)
    person.grants = [*(person.grants or []), grant]
    return grant


def _person(
    account: Account,
    first: str,
    last: str,
    joined: str,
    *grants: tuple[str, Json | None],
    email: str | None = "",
    domain: str = DOMAIN,
) -> Person:
    user_id = account.new_id()
    name = f"{first}.{last}".lower().replace("ś", "s") if email == "" else email
    return Person(
        user_id,
        name and f"{name}@{domain}",
        first,
        last,
        f"https://static.example.com/{user_id[:8]}.png" if first and last != "Castellanos" else None,
        f"{joined}T08:{len(last):02}:00Z" if joined else None,
        [account.assignment(user_id, role_id, on) for role_id, on in grants] or None,
    )


def _id_and_name(account: Account, display_name: str) -> tuple[str, str]:
    return account.at_site(display_name)["site"]["id"], display_name


def _invites(account: Account) -> list[Invite]:
    """Open, answered and forgotten invites, the most important first."""
    on, role, invite = account.at_site, account.role_id, partial(_invite, account)
    manager, shop = Grant(role("Website Manager"), None), Grant(role("Store Manager"), on("Shop EU"))
    admin, billing = Grant(role("Admin (Co-Owner)"), on("Shop US")), Grant(role("Billing Manager"), None)
    north = Grant(role("Website Manager"), account.at_folders("/Clients/North"))
    cast = [
        invite("casey.marlow@freemail.example", "Pending", "2026-10-12", "2027-01-10", [manager]),
        invite(f"sofia.marin@{DOMAIN}", "Pending", "2026-10-25", "2026-11-24", [Grant(role("Marketing Manager"), {})]),
        invite("press@paperboat.example", "Pending", "2026-10-17", "2026-11-16", [shop]),
        # Lena already is a member.
        invite(f"lena.brandt@{DOMAIN}", "Pending", "2026-10-28", "2027-11-27", [admin]),
        # Nobody ever removed this one.
        invite("billing@old-partner.example", "Expired", "2024-02-01", "2024-03-02", [billing]),
        invite(f"nora.haugen@{AGENCY}", "Used", "2025-03-10", "2025-04-09", [north]),
        invite("temp@freemail.example", "Declined", "2026-07-01", "", [Grant(None, on("Shop US"))]),
        invite("typo@acme-studoi.example", "Deleted", "2026-08-15", "2026-09-14", None),
    ]
    cast[-1].extra = {"email": None}
    return cast


def _invite(account: Account, email: str, status: str, day: str, last_day: str, grants: list[Grant] | None) -> Invite:
    created = f"{day}T09:00:00.000Z"
    updated = created if status in {"Pending", "Expired"} else f"{day}T15:30:00.000Z"
    return Invite(
        account.new_id(), email, status, created, updated, f"{last_day}T09:00:00Z" if last_day else None, grants
    )
