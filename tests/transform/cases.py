"""Small accounts, each with one way in, or one day in the past, that is easily got wrong."""

from __future__ import annotations

from tests.transform.scenario import NAMES, Account, Row, day

OWNER, CO_OWNER, SITE_ADMIN = "6601492336091027458", "6642345101181663232", "6732588207941061632"
MANAGER, CUSTOM, OFFICE = "6600344420111308827", "7000000000000000001", "6728490215530471936"
NOW = "2026-11-05 12:00:00"


def cases() -> list[Account]:
    """All of them."""
    return [
        _contributor_loses_role(), _roles_turned_on(), _roles_turned_off(), _equal_path(), _owner_alone(),
        _owner_gone_from_list(), _invites(), _site_moves(), _folder_moves(), _place_not_kept(), _role_renamed(),
        _role_not_kept(), _role_gone(), _nobody_reads(), _promoted(), _site_renamed(), _leaver(), _child(),
        _subjects(), _free_mail(), _spellings(), _no_site(), _same_names(), _owner_changes(), _trash(), _custom_roles(),
        _in_charge(), _addresses(), _owner_left_out(), _owner_by_app(),
    ]  # fmt: skip


def account(name: str, *, owner: str = "ann", email: str | None = "ann@studio.example") -> Account:
    """An account with its owner and the roles that most of these accounts need."""
    one = Account(name).add("accounts", name=name, owner_user_id=owner)
    one.role(OWNER, "Owner").role(CO_OWNER, "Account Admin (Co-Owner)", restrict_from_level="Site")
    one.role(SITE_ADMIN, "Admin (Co-Owner)", restrict_from_level="Account").role(MANAGER, "Website Manager")
    return one.user(owner, owner.title(), email).holds(owner, "own", OWNER)


def _contributor_loses_role() -> Account:
    """An outside account holds a custom role alone, the role is deleted, and it goes on working on the site."""
    one = account("role-deleted").role(CUSTOM, "Photographer", "custom").add("sites", id="s", display_name="Shop")
    one.add("site_contributors", site_id="s", contributor_account_id="outside", sent=3)
    one.add("site_contributor_roles", site_id="s", contributor_account_id="outside", role_id=CUSTOM)
    one.change("site_contributor_roles", f"s|outside|{CUSTOM}", "removed", 1, 2)
    return one.read(1).read(2).read(3)


def _roles_turned_on() -> Account:
    """An outside account came on the second day; that its role is read begins on the third."""
    one = account("roles-on").add("sites", id="s", display_name="Shop")
    one.add("site_contributors", site_id="s", contributor_account_id="outside", seen=2)
    one.change("site_contributors", "s|outside", "added", 1, 2)
    one.add("site_contributor_roles", site_id="s", contributor_account_id="outside", role_id=MANAGER, seen=3)
    early = [name for name in NAMES if name != "site_contributor_roles"]
    return one.read(1, *early).read(2, *early).read(3, *early).read(3, "site_contributor_roles", baseline=3)


def _roles_turned_off() -> Account:
    """Roles of outside accounts are read on the first day alone; on the second one of the accounts is gone."""
    one = account("roles-off").add("sites", id="s", display_name="Shop")
    for outside in ("stays", "goes"):
        one.add("site_contributors", site_id="s", contributor_account_id=outside)
        one.add("site_contributor_roles", site_id="s", contributor_account_id=outside, role_id=MANAGER)
    one.change("site_contributors", "s|goes", "removed", 1, 2)
    return one.read(1).read(2, *(name for name in NAMES if name != "site_contributor_roles"))


def _equal_path() -> Account:
    """A role on a folder that is gone; another has its path now, and one that lay inside it is still there."""
    one = account("equal-path").user("fay", "Fay").holds("fay", "k", SITE_ADMIN, "folder:f-old", asset_name="/Clients")
    one.add("folders", id="f-new", name="Clients", path="/Clients").add("sites", id="bank", folder_id="f-new")
    one.add("folders", id="f-in", name="North", path="/Clients/North", parent_id="f-old")
    return one.add("sites", id="inside", folder_id="f-in").read(1)


def _owner_alone() -> Account:
    """The owner holds no assignment."""
    one = account("owner-alone").add("sites", id="s", display_name="Shop")
    one.rows["assignments"].clear()
    return one.read(1)


def _owner_gone_from_list() -> Account:
    """The owner is not in the list of members either."""
    one = account("owner-unlisted").add("sites", id="s", display_name="Shop")
    one.rows["assignments"].clear()
    one.rows["users"].clear()
    return one.read(1)


def _invites() -> Account:
    """Invites of every status, of none, and of one that is not known."""
    one = account("invites")
    for number, status in enumerate(("Pending", "Used", "Deleted", "Declined", "Expired", None, "", "Resent")):
        one.invite(f"i{number}", f"i{number}@studio.example", (CO_OWNER, "account"), status=status)
    late = {"status": "Pending", "expiration_date": "2026-11-01T00:00:00.000000Z"}
    return one.invite("late", "late@studio.example", (CO_OWNER, "account"), **late).read(1).read(5)


def _site_moves() -> Account:
    """A site goes from folder South to North on the third day; with `history`."""
    one = account("site-moves").user("sue", "Sue").holds("sue", "k", MANAGER, "folder:south")
    one.user("noa", "Noa").holds("noa", "k", MANAGER, "folder:north").user("both", "Both")
    one.holds("both", "k1", MANAGER, "folder:south").holds("both", "k2", MANAGER, "folder:north")
    one.add("folders", id="south", path="/South").add("folders", id="north", path="/North")
    one.add("sites", id="s", display_name="Shop", folder_id="south", sent=2)
    one.add("sites", id="s", display_name="Shop", folder_id="north", seen=3)
    return one.change("sites", "s", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _folder_moves() -> Account:
    """A folder with a site in it goes below another on the third day; with `history`."""
    one = account("folder-moves").user("top", "Top").holds("top", "k", MANAGER, "folder:outer")
    one.add("folders", id="outer", path="/Outer").add("sites", id="s", display_name="Shop", folder_id="inner")
    one.add("folders", id="inner", path="/Inner").add(
        "folders", id="inner", path="/Outer/Inner", parent_id="outer", seen=3
    )
    return one.change("folders", "inner", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _place_not_kept() -> Account:
    """A site changed on the third day, and what it was like before was not kept."""
    one = account("place-not-kept").user("noa", "Noa").holds("noa", "k", MANAGER, "folder:north")
    one.user("sue", "Sue").holds("sue", "k", MANAGER, "folder:south").user("all", "All").holds("all", "k", MANAGER)
    one.add("folders", id="south", path="/South").add("folders", id="north", path="/North")
    one.add("sites", id="s", display_name="Shop", folder_id="north", seen=3)
    return one.change("sites", "s", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _role_renamed() -> Account:
    """A custom role `Content intern` becomes `Site Admin` on the third day; with `history`."""
    one = account("role-renamed").user("ivy", "Ivy").holds("ivy", "k", CUSTOM).user("ex", "Ex").holds("ex", "k", CUSTOM)
    one.change("assignments", "ex|k", "removed", 1, 2)
    one.role(CUSTOM, "Content intern", "custom").role(CUSTOM, "Site Admin", "custom", seen=3)
    return one.change("roles", CUSTOM, "modified", 2, 3).read(1).read(2).read(3).read(4)


def _role_not_kept() -> Account:
    """The same without `history`."""
    one = account("role-not-kept").user("ivy", "Ivy").holds("ivy", "k", CUSTOM)
    one.role(CUSTOM, "Site Admin", "custom", seen=3)
    return one.change("roles", CUSTOM, "modified", 2, 3).read(1).read(2).read(3).read(4)


def _role_gone() -> Account:
    """A role was renamed from Zebra to Apple and is gone now; somebody holds it still."""
    one = account("role-gone").user("ivy", "Ivy").holds("ivy", "k", CUSTOM)
    one.role(CUSTOM, "Zebra", "custom").role(CUSTOM, "Apple", "custom", seen=2)
    one.change("roles", CUSTOM, "modified", 1, 2).change("roles", CUSTOM, "removed", 2, 3)
    return one.read(1).read(2).read(3)


def _nobody_reads() -> Account:
    """Read in September for the last time."""
    one = account("nobody-reads")
    for table in ("accounts", "users", "assignments", "roles"):
        for row in one.rows[table]:
            row["observed_at"] = row["snapshot_at"] = "2026-09-01T08:00:00.000000Z"
    times: Row = {"snapshot_at": "2026-09-01T08:00:00.000000Z", "finished_at": "2026-09-01T08:01:00.000000Z"}
    return one.read(1, baseline_at="2026-09-01T08:00:00.000000Z", **times)


def _promoted() -> Account:
    """Of two members of long standing one becomes co-owner on the third day and one stops being it; with `history`."""
    one = account("promoted")
    for user, first, then in (("up", MANAGER, CO_OWNER), ("down", CO_OWNER, MANAGER)):
        one.user(user, user.title(), f"{user}@studio.example", joined_team_at="2020-01-01T00:00:00.000000Z")
        one.holds(user, "k", first).holds(user, "k", then, seen=3).change("assignments", f"{user}|k", "modified", 2, 3)
    return one.read(1).read(2).read(3).read(4)


def _site_renamed() -> Account:
    """A grant on a site is modified since the site has another name; with `history`."""
    one = account("site-renamed").add("sites", id="s", display_name="New").user("ben", "Ben")
    one.holds("ben", "k", MANAGER, "site:s", asset_name="Old").holds(
        "ben", "k", MANAGER, "site:s", asset_name="New", seen=2
    )
    return one.change("assignments", "ben|k", "modified", 1, 2).read(1).read(2)


def _leaver() -> Account:
    """A co-owner leaves; an account of his own goes on as admin of a site."""
    one = account("leaver").user("casey", "Casey Marlow", "casey@studio.example").holds("casey", "k", CO_OWNER)
    one.change("users", "casey", "removed", 1, 2).change("assignments", "casey|k", "removed", 1, 2)
    one.add("sites", id="s", display_name="Shop")
    one.add("site_contributors", site_id="s", contributor_account_id="his-own", contributor_owner_user_id="casey")
    one.add("site_contributor_roles", site_id="s", contributor_account_id="his-own", role_id=SITE_ADMIN)
    return one.read(1).read(2)


def _child() -> Account:
    """The one who left the account `leaver` is a member here, under another user id and a sub-address."""
    one = account("child").user("casey-2", "C. Marlow", "Casey+north@Studio.example. ").holds("casey-2", "k", MANAGER)
    return one.read(1)


def _subjects() -> Account:
    """Assignments that a member has through a group and an app."""
    one = account("subjects").user("ben", "Ben", "ben@studio.example")
    one.holds("ben", "k1", MANAGER, subject_type="USER", subject_id="ben")
    one.holds("ben", "k2", CO_OWNER, subject_type="USER_GROUP", subject_id="g")
    return (
        one.holds("ben", "k3", MANAGER, "site:s", subject_type="WIX_APP", subject_id="app")
        .user("uma", "Uma", "uma@studio.example")
        .holds("uma", "k4", MANAGER, subject_type="UNKNOWN")
        .holds("uma", "k5", MANAGER, "site:s", subject_type="")
        .add("sites", id="s")
        .read(1)
    )


def _free_mail() -> Account:
    """The owner has an address of a free provider."""
    one = account("free-mail", email="ann@gmail.com").user("bob", "Bob", "bob@company.example")
    return one.user("eve", "Eve", "eve@gmail.com").holds("bob", "k", CO_OWNER).read(1)


def _spellings() -> Account:
    """One domain in the ways that people write it."""
    one = account("spellings", email="ann@M\u00fcnchen.example")
    for user, email in {
        "blank": "b@m\u00fcnchen.example ", "decomposed": "d@mu\u0308nchen.example", "dot": "e@m\u00fcnchen.example.",
        "punycode": "p@xn--mnchen-3ya.example", "sub": "s@mail.m\u00fcnchen.example", "other": "o@munchen.example",
        "tail": "t@notm\u00fcnchen.example", "quoted": '"q@x"@m\u00fcnchen.example',
        "inner": '"i@m\u00fcnchen.example@x"@other.example',
    }.items():  # fmt: skip
        one.user(user, user.title(), email)
    return one.read(1)


def _no_site() -> Account:
    """Roles that reach no site, in three ways, and one whose id Wix did not send."""
    one = account("no-site").user("ben", "Ben").holds("ben", "k1", MANAGER).holds("ben", "k2", MANAGER, "folder:f")
    one.add("folders", id="f", path="/F").holds("ben", "k3", None).holds("ben", "k4", None, "folder:f")
    return one.read(1)


def _same_names() -> Account:
    """Two sites of one name."""
    one = account("same-names").user("ben", "Ben").holds("ben", "k1", MANAGER, "site:s1")
    return one.add("sites", id="s1", display_name="Shop").add("sites", id="s2", display_name="Shop").read(1)


def _owner_changes() -> Account:
    """The account changes hands on the third day; with `history`, and no assignment says so."""
    one = account("owner-changes").user("bob", "Bob", "bob@studio.example")
    one.rows["assignments"].clear()
    one.add("accounts", name="owner-changes", owner_user_id="bob", seen=3)
    return one.change("accounts", "owner-changes", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _owner_left_out() -> Account:
    """From the third day on the account's record says nothing of its owner; with `history`."""
    one = account("owner-left-out").add("sites", id="s", display_name="Shop")
    one.rows["assignments"].clear()
    one.rows["accounts"][0]["snapshot_at"] = day(2)
    one.add("accounts", name="owner-left-out", owner_user_id=None, seen=3)
    return one.change("accounts", "owner-left-out", "modified", 2, 3).read(1).read(2).read(3).read(4)


def _owner_by_app() -> Account:
    """The owner's role comes with the owner, and is held by an app."""
    one = account("owner-by-app").add("sites", id="s", display_name="Shop")
    one.rows["assignments"].clear()
    return one.holds("ann", "k", OWNER, subject_type="WIX_APP", subject_id="app").read(1).read(2)


def _trash() -> Account:
    """A site in the trash that somebody holds a role on, and a site of another account."""
    one = (
        account("trash")
        .user("ben", "Ben")
        .holds("ben", "k", MANAGER, "site:s1")
        .add("sites", id="s2", owner_account_id="x")
    )
    one.holds("ben", "k2", MANAGER, "site:s2")
    return one.add("sites", id="s1", owner_account_id="trash", trashed_date="2026-10-01T00:00:00.000000Z").read(1)


def _custom_roles() -> Account:
    """What a custom role may do stands in its title, in its description, or nowhere; and one on the wrong level."""
    one = account("custom-roles").role("71", "Helper", "custom", description="Can manage roles and permissions")
    one.role("72", "Helper 2", "custom").role("73", "Blog writer", "custom").user("ben", "Ben")
    for number, role in enumerate(("71", "72", "73", SITE_ADMIN)):
        one.holds("ben", f"k{number}", role)
    return one.read(1)


def _in_charge() -> Account:
    """An admin of one part of a site, and an outside account that administers another."""
    one = account("in-charge").user("ben", "Ben").holds("ben", "k", SITE_ADMIN, "site_resource:s1")
    one.add("sites", id="s1", display_name="One").add("sites", id="s2", display_name="Two")
    one.add("site_contributors", site_id="s2", contributor_account_id="outside")
    return one.add("site_contributor_roles", site_id="s2", contributor_account_id="outside", role_id=SITE_ADMIN).read(1)


def _addresses() -> Account:
    """Addresses of three people, in ways that one person may write them, and some that are nobody's."""
    one = account("addresses")
    for user, email in {
        "kim1": "Kim.Lee@company.example", "kim2": " kim.lee+wix@COMPANY.example.",
        "kim3": "\uff2bim.lee\uff20company.example",
        "kim4": "kim.lee@company.example\u200b", "lee1": "kim.lee@gmail.com", "lee2": "KimLee+x@googlemail.com",
        "jo1": "jo@b\u00fccher.example", "jo2": "jo@xn--bcher-kva.example",
        "at1": '"a@b"@company.example', "at2": '"a@c"@company.example',
        "none1": None, "none2": "", "none3": "@", "none4": "@",
    }.items():  # fmt: skip
        one.user(user, email=email)
    return one.read(1)
