"""Small accounts in which several things were seen at once, or written by another state."""

from __future__ import annotations

from tests.transform.cases import CO_OWNER, CUSTOM, MANAGER, OWNER, SITE_ADMIN, account
from tests.transform.scenario import NAMES, Account, day

AFTER = 180
"""Seconds into a run at which a list is read when all others were: they take a minute."""


def doubts() -> list[Account]:
    """All of them."""
    return [
        _moved_twice(), _moved_once(), _owner_told("owner-told"), _owner_not_kept(), _place_and_folder(),
        _never_listed(), _moved_inside(), _moved_and_widened(), _renamed_with_its_role(), _other_state(),
        _came_as_it_left("came"), _handed_over("handed-over"),
        _came_as_it_left("came-late-sites").late("sites", AFTER),
        _came_as_it_left("came-late-grants").late("assignments", AFTER),
        _owner_told("owner-told-late").late("accounts", AFTER), _handed_over("handed-late").late("accounts", AFTER),
        _handed_over("handed-late-grants").late("assignments", AFTER),
        _owner_unread(), _folders_unread(), _roles_unread(), _other_group(), _role_then_name(),
        _widened(), _limited_otherwise("limited"), _limited_otherwise("limited-unkept", kept=False),
        _left_with_its_role(),
    ]  # fmt: skip


def _moved_twice() -> Account:
    """A folder goes, and the site in it is found in the folder around it: which came first nobody saw."""
    one = account("moved-twice").user("top", "Top").holds("top", "k", MANAGER, "folder:outer")
    one.add("folders", id="outer", path="/Outer")
    one.add("folders", id="inner", path="/Outer/Inner", parent_id="outer", sent=2)
    one.change("folders", "inner", "removed", 2, 3)
    one.add("sites", id="s", display_name="Shop", folder_id="inner", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id="outer", seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _moved_once() -> Account:
    """The same site moves, and the folder stays: there was no time between."""
    one = account("moved-once").user("top", "Top").holds("top", "k", MANAGER, "folder:outer")
    one.add("folders", id="outer", path="/Outer")
    one.add("folders", id="inner", path="/Outer/Inner", parent_id="outer")
    one.add("sites", id="s", display_name="Shop", folder_id="inner", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id="outer", seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _owner_told(name: str) -> Account:
    """The owner's assignment is on a site, then on the whole account, then gone; the account says the same always."""
    one = account(name, owner="olga")
    one.rows["assignments"].clear()
    one.holds("olga", "k", OWNER, "site:s").holds("olga", "k", OWNER, seen=3, sent=4)
    one.change("assignments", "olga|k", "modified", 2, 3).change("assignments", "olga|k", "removed", 4, 5)
    one.add("sites", id="s", display_name="Shop").add("sites", id="s2", display_name="Other")
    return one.read(1).read(2).read(3).read(4).read(5).read(6)


def _handed_over(name: str) -> Account:
    """The account changes hands on the third day, and the assignments say the same; with `history`."""
    one = account(name).user("bob", "Bob").holds("bob", "k", OWNER, seen=3)
    [first, *_] = one.rows["assignments"]
    first["snapshot_at"] = day(2)
    one.change("assignments", "ann|own", "removed", 2, 3).change("assignments", "bob|k", "added", 2, 3)
    one.rows["accounts"][0]["snapshot_at"] = day(2)
    one.add("accounts", name=name, owner_user_id="bob", seen=3).change("accounts", name, "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _owner_not_kept() -> Account:
    """The account changed on the fifth day, and whose it was before was not kept; a folder went on the third."""
    one = account("owner-not-kept", owner="bob").user("ben", "Ben").holds("ben", "k", OWNER, "folder:outer")
    one.user("noa", "Noa").holds("noa", "k", MANAGER, "folder:outer")
    one.rows["accounts"].clear()
    one.add("accounts", name="owner-not-kept", owner_user_id="bob", seen=5)
    one.change("accounts", "owner-not-kept", "modified", 4, 5).add("folders", id="outer", path="/Outer")
    one.add("folders", id="inner", path="/Outer/Inner", parent_id="outer", sent=2)
    one.change("folders", "inner", "removed", 2, 3).add("sites", id="s", display_name="Shop", folder_id="inner")
    return one.read(1).read(2).read(3).read(4).read(5)


def _place_and_folder() -> Account:
    """A site is found in a new folder, and where it was before was not kept. Folders are read after sites."""
    one = account("place-and-folder").user("top", "Top").holds("top", "k", MANAGER, "folder:outer")
    one.add("folders", id="outer", path="/Outer")
    one.add("folders", id="new", path="/Outer/New", parent_id="outer", seen=3).change("folders", "new", "added", 2, 3)
    one.add("sites", id="s", display_name="Shop", folder_id="new", seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4).late("folders", 4)


def _never_listed() -> Account:
    """A role on a site that the list of sites never had."""
    one = account("never-listed").user("ben", "Ben").holds("ben", "k", MANAGER, "site:ghost")
    return one.add("sites", id="s", display_name="Shop").read(1).read(2)


def _moved_inside() -> Account:
    """Somebody has one role on a folder and on the one around it, and a site moves from one to the other."""
    one = account("moved-inside").user("ben", "Ben").holds("ben", "k1", MANAGER, "folder:outer")
    one.holds("ben", "k2", MANAGER, "folder:inner").user("sue", "Sue").holds("sue", "k", MANAGER, "folder:inner")
    one.holds("sue", "k2", MANAGER, "site:s").user("ivy", "Ivy").holds("ivy", "k", MANAGER, "folder:inner")
    one.add("folders", id="outer", path="/Outer").add("folders", id="inner", path="/Outer/Inner", parent_id="outer")
    one.add("sites", id="s", display_name="Shop", folder_id="inner", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id="outer", seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _moved_and_widened() -> Account:
    """A site leaves a folder in the run in which who has a role on that gets, or loses, the same on all sites."""
    one = account("moved-and-widened").user("up", "Up").holds("up", "k", MANAGER, "folder:south")
    one.holds("up", "w", MANAGER, seen=3).change("assignments", "up|w", "added", 2, 3)
    one.user("down", "Down").holds("down", "k", MANAGER, "folder:south").holds("down", "w", MANAGER, sent=2)
    one.change("assignments", "down|w", "removed", 2, 3).add("folders", id="south", path="/South")
    one.add("sites", id="s", display_name="Shop", folder_id="south", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id=None, seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _came_as_it_left(name: str) -> Account:
    """A site leaves a folder in the run in which somebody gets a role on that, and another has one all the time."""
    one = account(name).user("old", "Old").holds("old", "k", MANAGER, "folder:south")
    one.user("new", "New").holds("new", "k", MANAGER, "folder:south", seen=3)
    one.change("assignments", "new|k", "added", 2, 3).add("folders", id="south", path="/South")
    one.add("sites", id="s", display_name="Shop", folder_id="south", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id=None, seen=3).change("sites", "s", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _renamed_with_its_role() -> Account:
    """The site of a grant gets another name, and its role another meaning, in one run."""
    one = account("renamed-with-role").add("sites", id="s", display_name="New").user("ben", "Ben")
    one.role(CUSTOM, "Content intern", "custom", sent=1).role(CUSTOM, "Site Admin", "custom", seen=2)
    one.holds("ben", "k", CUSTOM, "site:s", asset_name="Old", sent=1)
    one.holds("ben", "k", CUSTOM, "site:s", asset_name="New", seen=2)
    one.change("assignments", "ben|k", "modified", 1, 2).change("roles", CUSTOM, "modified", 1, 2)
    return one.read(1).read(2)


def _other_state() -> Account:
    """A tap with another state wrote on the second day that a grant was gone, and another more than it was."""
    one = account("other-state").user("ben", "Ben").holds("ben", "k", MANAGER).user("eve", "Eve")
    one.holds("eve", "k", MANAGER).holds("eve", "k", CO_OWNER, seen=2)
    one.change("assignments", "ben|k", "removed", 1, 2).change("assignments", "eve|k", "modified", 1, 2)
    one.read(1).read(2, compared_with=day(1)).read(3, compared_with=day(1))
    return one.read(4, compared_with=day(3))


def _without(*tables: str) -> list[str]:
    return [name for name in NAMES if name not in tables]


def _owner_unread() -> Account:
    """The owner's assignment goes on the second day, on which the account's own record could not be read."""
    one = account("owner-unread").change("assignments", "ann|own", "removed", 1, 2)
    one.read(1).read(2, *_without("accounts")).read(2, "accounts", status="failed")
    return one.read(3, *_without("accounts")).read(3, "accounts", status="failed").read(4).read(5)


def _folders_unread() -> Account:
    """The list of folders is refused; a site goes from one folder to another, and somebody administers a third."""
    one = account("folders-unread").user("top", "Top").holds("top", "k", SITE_ADMIN, "folder:outer")
    one.user("low", "Low").holds("low", "k", MANAGER, "folder:inner")
    one.add("sites", id="s", display_name="Shop", folder_id="inner", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id="other", seen=3).change("sites", "s", "modified", 2, 3)
    for number in range(1, 5):
        one.read(number, *_without("folders")).read(number, "folders", status="refused")
    return one


def _roles_unread() -> Account:
    """Neither the roles of the account nor those of its outside accounts are read; of three sites one has nobody."""
    one = account("roles-unread").user("ben", "Ben").holds("ben", "k", CUSTOM, "site:s1")
    one.rows["roles"].clear()
    for site in ("s1", "s2", "s3"):
        one.add("sites", id=site, display_name=site)
    one.add("site_contributors", site_id="s2", contributor_account_id="outside")
    return one.read(1, *_without("roles", "site_contributor_roles")).read(1, "roles", status="refused")


def _other_group() -> Account:
    """A role is held by one group of users, and by another from the second day on; with `history`."""
    one = account("other-group").user("ben", "Ben")
    one.holds("ben", "k", MANAGER, subject_type="USER_GROUP", subject_id="one", sent=1)
    one.holds("ben", "k", MANAGER, subject_type="USER_GROUP", subject_id="two", seen=2)
    return one.change("assignments", "ben|k", "modified", 1, 2).read(1).read(2)


def _role_then_name() -> Account:
    """A role comes to mean more on the second day, and the site that somebody holds it on is renamed on the third."""
    one = account("role-then-name").add("sites", id="s", display_name="New").user("ben", "Ben")
    one.role(CUSTOM, "Content intern", "custom", sent=1).role(CUSTOM, "Site Admin", "custom", seen=2)
    one.holds("ben", "k", CUSTOM, "site:s", asset_name="Old", sent=2)
    one.holds("ben", "k", CUSTOM, "site:s", asset_name="New", seen=3)
    one.change("assignments", "ben|k", "modified", 2, 3).change("roles", CUSTOM, "modified", 1, 2)
    return one.read(1).read(2).read(3)


def _widened() -> Account:
    """A role on a site becomes one on the whole account, another the other way round, and a third another role."""
    one = account("widened").add("sites", id="s", display_name="Shop").add("sites", id="s2", display_name="Other")
    for user, wide in (("up", 3), ("down", 1)):
        for on, seen, sent in (("account", wide, 5 if wide == 3 else 2), ("site:s", 4 - wide, 5 if wide == 1 else 2)):
            one.holds(user, "k", MANAGER, on, seen=seen, sent=sent)
    one.holds("other", "k", MANAGER, "site:s", sent=2).holds("other", "k", CO_OWNER, seen=3)
    for user in ("up", "down", "other"):
        one.user(user, user.title()).change("assignments", f"{user}|k", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _limited_otherwise(name: str, *, kept: bool = True) -> Account:
    """What a role is limited to cannot be read, and is something else from the third day on; the key is the same."""
    one = account(name).user("ben", "Ben")
    if kept:
        one.holds("ben", "k", MANAGER, "unknown", restrictions={"places": {"ids": ["a"]}}, sent=2)
    one.holds("ben", "k", MANAGER, "unknown", restrictions={"places": {"ids": ["a", "b"]}}, seen=3)
    return one.change("assignments", "ben|k", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _left_with_its_role() -> Account:
    """The role of an outside account is gone on the second day, on which nobody could read who works on the site."""
    one = account("left-with-role").add("sites", id="s", display_name="Shop")
    for outside in ("gone", "still"):
        one.add("site_contributors", site_id="s", contributor_account_id=outside)
        one.add("site_contributor_roles", site_id="s", contributor_account_id=outside, role_id=MANAGER)
        one.change("site_contributor_roles", f"s|{outside}|{MANAGER}", "removed", 1, 2)
    one.rows["site_contributors"][1]["snapshot_at"] = day(3)
    one.change("site_contributors", "s|gone", "removed", 1, 3)
    one.read(1).read(2, *_without("site_contributors")).read(2, "site_contributors", status="failed")
    return one.read(3).read(4)
