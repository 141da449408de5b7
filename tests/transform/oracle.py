"""What the answers have to be, worked out from the lives themselves: written from docs/streams.md, not from the SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.transform.lives import Life, Row, Table

OWNER, CO_OWNER = "6601492336091027458", "6642345101181663232"
NONE: frozenset[None] = frozenset({None})
CLOSED = {"Used", "Deleted", "Declined", "Expired"}
PRIVILEGED = {"Site Admin", "Owner", "Account Admin (Co-Owner)"}


class Grant(NamedTuple):
    """Somebody holds a role on something."""

    person_type: str
    person_id: Any
    role_id: str | None
    scope: str | None


class Access(NamedTuple):
    """Somebody gets at a site with a role."""

    person_type: str
    person_id: str
    site_id: str | None
    role_id: str | None


Tables = dict[str, "Table"]
Change = tuple[str, str, str | None, str | None, int]
"""Kind, person, role, role before, and run."""
MATTERS = {
    "assignments": ("role_id", "asset_type", "asset_id", "site_id", "folder_id"),
    "roles": ("title",), "sites": ("folder_id",), "folders": ("parent_id",),
}  # fmt: skip
"""What access follows from: what a site is called, and through whom somebody holds a role, changes nothing of it."""


UNTOLD = (None, "", "UNKNOWN")
"""Kinds of a subject that do not say what holds a role."""


def latest(life: Life) -> Tables:
    """Every table as its latest complete read found it."""
    return {name: reads[-1][1] for name, reads in life.reads.items()}


def around(life: Life, run: int) -> tuple[Tables, Tables]:
    """Every table as complete reads found it before the noon of a run's day, and after it; empty where none followed.

    Args:
        life: The account.
        run: The run.
    """
    before, after = {}, {}
    for name, reads in life.reads.items():
        before[name] = [table for number, table in reads if number <= run][-1]
        following = [table for number, table in reads if number > run]
        after[name] = following[0] if following else {}
    return before, after


def scope(row: Row) -> str | None:
    """What an assignment is limited to; None where that cannot be read."""
    kind = row["asset_type"]
    if kind == "account":
        return "account"
    if kind == "folder":
        return f"folder:{row['folder_id']}"
    return f"site:{row['site_id']}" if row["site_id"] else None


def grants(tables: Tables) -> Iterator[Grant]:
    """Every grant of members and outside accounts, of whatever table."""
    for row in tables["assignments"].values():
        yield Grant("member", row["user_id"], row["role_id"], scope(row))
    if _owner(tables) and not _is_told(tables):
        yield Grant("member", _owner(tables), OWNER, "account")
    for works in tables["site_contributors"].values():
        site, outside = works["site_id"], works["contributor_account_id"]
        roles = [
            held["role_id"] for held in tables["site_contributor_roles"].values()
            if (held["site_id"], held["contributor_account_id"]) == (site, outside)
        ]  # fmt: skip
        for role in roles or [None]:
            yield Grant("contributor", outside, role, f"site:{site}")


def _owner(tables: Tables) -> Any:
    return next((row["owner_user_id"] for row in tables["accounts"].values()), None)


def _is_told(tables: Tables) -> bool:
    owned = (_owner(tables), OWNER, "account")
    return any(
        (row["user_id"], row["role_id"], row["asset_type"]) == owned and row["subject_type"] in {"USER", *UNTOLD}
        for row in tables["assignments"].values()
    )


def offers(tables: Tables) -> Iterator[Grant]:
    """What can still be accepted."""
    for row in tables["invite_assignments"].values():
        if tables["invites"][row["invite_id"]]["status"] not in CLOSED:
            yield Grant("invite", row["invite_id"], row["role_id"], scope(row))


def reached(tables: Tables, scope: str | None) -> set[str]:
    """The sites that a scope reaches."""
    if scope is None:
        return set()
    kind, _, asset = scope.partition(":")
    sites = tables["sites"]
    if kind == "account":
        return set(sites)
    if kind == "site":
        return {asset}
    return {site for site, row in sites.items() if asset in folders_above(tables, row["folder_id"])}


def folders_above(tables: Tables, folder: str | None) -> list[str]:
    """A folder and those that it lies in, as far as the list of folders goes."""
    found: list[str] = []
    while folder and folder not in found:
        found.append(folder)
        folder = tables["folders"].get(folder, {}).get("parent_id")
    return found


def effective(tables: Tables, held: Iterator[Grant]) -> set[Access]:
    """Who gets at which site with which role; the site is None where a grant reaches none."""
    return {
        Access(grant.person_type, grant.person_id, site, grant.role_id)
        for grant in held
        for site in reached(tables, grant.scope) or NONE
    }


class Certain(NamedTuple):
    """Who got at which site for sure, each with the title of the role then.

    Attributes:
        must: What has to be reported as certain: nothing of it changed, or one site or folder moved and nothing else.
        may: What can be reported as certain: true in whatever order the changes came that were seen at once.
    """

    must: set[tuple[Access, str]]
    may: set[tuple[Access, str]]


def certain(life: Life, run: int) -> Certain:
    """Who got at which site at noon of a run's day for sure: the reads before and after agree in every piece of it.

    Args:
        life: The account, with its history.
        run: The run.
    """
    before, after = around(life, run)
    roles = _agreed("roles", before, after)
    both = before["sites"].keys() & after["sites"].keys()
    found = Certain(set(), set())
    for grant in _agreed_grants(before, after):
        role = roles.get(grant.role_id or "")
        if role is None:
            continue
        for site in reached(before, grant.scope) & reached(after, grant.scope) & both:
            one = (Access(grant.person_type, grant.person_id, site, grant.role_id), role["title"])
            folder = grant.scope.removeprefix("folder:") if grant.scope and grant.scope.startswith("folder:") else None
            if folder is None or _is_always_in(site, folder, (before, after)):
                found.may.add(one)
                if folder is None or _is_plain(life, run, site, folder):
                    found.must.add(one)
    for one in _certain_in_place(before, after, roles):
        found.may.add(one)
        if not _moved({*before["sites"], *before["folders"]}, (before, after)):
            found.must.add(one)
    return found


def _certain_in_place(before: Tables, after: Tables, roles: Table) -> Iterator[tuple[Access, str]]:
    """Sites that an assignment reached before, and as it was changed: at any time between by one of the two."""
    states = (before, after)
    for key, old in before["assignments"].items():
        new = after["assignments"].get(key)
        role = roles.get(old["role_id"])
        if not new or not role or old["role_id"] != new["role_id"] or _gives(old) == _gives(new):
            continue
        scopes = [scope(old), scope(new)]
        folders = [one.removeprefix("folder:") for one in scopes if one and one.startswith("folder:")]
        both = before["sites"].keys() & after["sites"].keys()
        for site in both.intersection(*(reached(tables, one) for tables in states for one in scopes)):
            if all(_is_always_in(site, folder, states) for folder in folders):
                yield Access("member", old["user_id"], site, old["role_id"]), role["title"]


def _places(tables: Tables) -> dict[str, Any]:
    """In which folder each site and each folder is."""
    places = {key: row["folder_id"] for key, row in tables["sites"].items()}
    return places | {key: row["parent_id"] for key, row in tables["folders"].items()}


def _is_always_in(one: str, folder: str, states: tuple[Tables, Tables], passed: tuple[str, ...] = ()) -> bool:
    """Whether a site or folder is in a folder at any time between two states, whichever of their moves came first.

    A circle cannot be: that order of the moves was not it.
    """
    return one in passed or all(
        place is not None and (place == folder or _is_always_in(place, folder, states, (*passed, one)))
        for place in {_places(tables).get(one) for tables in states}
    )


def _is_plain(life: Life, run: int, site: str, folder: str) -> bool:
    """Whether a site stayed in a folder where it was, or by one move, without another just before or after it."""
    states = around(life, run)
    chains = [folders_above(tables, tables["sites"][site]["folder_id"]) for tables in states]
    between = {site}.union(*(above[: above.index(folder)] for above in chains))
    moved = _moved(between, states)
    near = [_moved(between, around(life, other)) for other in (run - 1, run + 1) if 1 <= other < life.runs]
    return not moved or (len(moved) == 1 and not any(near))


def _moved(places: set[str], states: tuple[Tables, Tables]) -> set[str]:
    before, after = (_places(tables) for tables in states)
    return {one for one in places if before.get(one) != after.get(one)}


def _agreed(table: str, before: Tables, after: Tables) -> Table:
    def content(row: Row) -> list[object]:
        return [row[name] for name in MATTERS.get(table, row)]

    rows = after[table]
    return {key: row for key, row in before[table].items() if key in rows and content(rows[key]) == content(row)}


def _agreed_grants(before: Tables, after: Tables) -> set[Grant]:
    """Grants that the same row is about before and after."""
    same = _agreed("assignments", before, after)
    keyed = []
    for tables in (before, after):
        named: set[tuple[object, ...]] = {
            (key, Grant("member", row["user_id"], row["role_id"], scope(row)))
            for key, row in tables["assignments"].items()
        }
        # Whose it is the account says itself, whatever the assignments say.
        named |= {("", grant) for grant in grants(tables) if grant.person_type == "contributor"}
        named |= {("", Grant("member", _owner(tables), OWNER, "account"))} if _owner(tables) else set()
        keyed.append(named)
    held = {grant for key, grant in keyed[0] & keyed[1] if not key or key in same}
    return {grant for grant in held if isinstance(grant, Grant)}


def changes(life: Life) -> set[Change]:
    """What every complete read of assignments and outside accounts says."""
    found: set[Change] = set()
    for (_, before), (run, after) in zip(life.reads["assignments"], life.reads["assignments"][1:], strict=False):
        known = [table for number, table in life.reads["accounts"] if number <= run][-2:]
        owners = {_owner({"accounts": table}) for table in known}
        owner = owners.pop() if len(owners) == 1 else None
        for key in before.keys() | after.keys():
            found.update(_held(before.get(key), after.get(key), owner, run))
    works, held = life.reads["site_contributors"], life.reads["site_contributor_roles"]
    for index in range(1, len(works)):
        run = works[index][0]
        old, new = ({key: set[str]() for key in works[at][1]} for at in (index - 1, index))
        for roles, at in ((old, index - 1), (new, index)):
            for row in held[at][1].values():
                roles[f"{row['site_id']}|{row['contributor_account_id']}"].add(row["role_id"])
        found.update(_outside(old, new, run))
    return found


def since(life: Life) -> set[tuple[str, int | None, int]]:
    """Since between which two runs every assignment gives what it gives now."""
    reads = life.reads["assignments"]
    found: set[tuple[str, int | None, int]] = set()
    for key, row in reads[-1][1].items():
        first = len(reads) - 1
        while first and _gives(reads[first - 1][1].get(key)) == _gives(row):
            first -= 1
        found.add((key, reads[first - 1][0] if first else None, reads[first][0]))
    return found


def _gives(row: Row | None) -> list[object] | None:
    return [row[name] for name in MATTERS["assignments"]] if row else None


def _holder(held: Row) -> str:
    return "USER" if held["subject_type"] in UNTOLD else held["subject_type"]


def _held(old: Row | None, new: Row | None, owner: Any, run: int) -> Iterator[Change]:
    if old is None and new:
        yield ("gained", new["user_id"], new["role_id"], None, run)
    elif new is None and old:
        # The account itself still says whose it is.
        if (old["user_id"], old["role_id"], old["asset_type"]) != (owner, OWNER, "account"):
            yield ("lost", old["user_id"], old["role_id"], None, run)
    elif old and new and old != new:
        same = all(old[name] == new[name] for name in MATTERS["assignments"])
        same = same and _holder(old) == _holder(new)
        yield ("renamed" if same else "changed", new["user_id"], new["role_id"], old["role_id"], run)


def _outside(old: Mapping[str, set[str]], new: Mapping[str, set[str]], run: int) -> Iterator[Change]:
    for key in old.keys() | new.keys():
        person = key.split("|")[1]
        if key not in old:
            yield from (("gained", person, role, None, run) for role in new[key] or NONE)
        elif key not in new:
            yield from (("lost", person, role, None, run) for role in old[key] or NONE)
        else:
            yield from (("gained", person, role, None, run) for role in new[key] - old[key])
            gone = sorted(old[key] - new[key])
            if gone and not new[key]:
                # It stays on the site without a role that is known: reported for one of them.
                yield ("changed", person, None, gone.pop(), run)
            yield from (("lost", person, role, None, run) for role in gone)


def moves(life: Life) -> set[tuple[str, str, str, str | None, int]]:
    """Whom a moved site or folder gave or took a site: kind, person, site, role and run. Every run read everything.

    Whoever has the role on the site also otherwise, before what is gained or after what is lost, has no change.
    """
    found: set[tuple[str, str, str, str | None, int]] = set()
    count = len(life.reads["sites"])
    states = [{name: reads[index][1] for name, reads in life.reads.items()} for index in range(count)]
    for index in range(1, count):
        before, after = states[index - 1], states[index]
        for row in _agreed("assignments", before, after).values():
            if row["asset_type"] == "folder":
                holder = (row["user_id"], row["role_id"])
                old, new = (reached(tables, scope(row)) for tables in (before, after))
                run = life.reads["sites"][index][0]
                gained = {site for site in new - old if not _has(before, holder, site)}
                lost = {site for site in old - new if not _has(after, holder, site)}
                for kind, sites in (("gained", gained), ("lost", lost)):
                    found |= {(kind, row["user_id"], site, row["role_id"], run) for site in sites}
    return found


def _has(tables: Tables, holder: tuple[Any, Any], site: str) -> bool:
    """Whether somebody has a role on a site. On the whole account, that is on whatever sites there are."""
    if holder == (_owner(tables), OWNER):
        return True
    held = [row for row in tables["assignments"].values() if (row["user_id"], row["role_id"]) == holder]
    return any(
        row["asset_type"] == "account" or (row["asset_type"] != "site_resource" and site in reached(tables, scope(row)))
        for row in held
    )


def findings(life: Life) -> set[tuple[str, str]]:
    """Rules that are about a person or a site, with whom they are about."""
    tables = latest(life)
    roles, sites, folders = tables["roles"], tables["sites"], tables["folders"]
    owner = _owner(tables)
    found = set()
    everything = list(grants(tables)) + list(offers(tables))
    for grant in everything:
        kind, _, asset = (grant.scope or "unknown").partition(":")
        if grant.scope is None:
            found.add(("unreadable_asset", grant.person_id))
        if kind == "site" and asset not in sites:
            found.add(("gone_site", grant.person_id))
        if kind == "folder" and asset not in folders:
            found.add(("gone_folder", grant.person_id))
        if grant.role_id and grant.role_id not in roles:
            found.add(("gone_role", grant.person_id))
        if grant.person_type == "contributor":
            found.add(("outside_account", grant.person_id))
    holders = {grant.person_id for grant in everything}
    found |= {("member_without_role", user) for user in tables["users"] if user not in holders}
    if owner not in tables["users"]:
        found.add(("owner_not_listed", owner))
    found |= {
        ("other_subject", row["user_id"]) for row in tables["assignments"].values()
        if row["subject_type"] not in {"USER", *UNTOLD}
    }  # fmt: skip
    found |= {
        ("invite_status_unknown", key) for key, row in tables["invites"].items() if row["status"] in {None, "Resent"}
    }  # fmt: skip
    return found
