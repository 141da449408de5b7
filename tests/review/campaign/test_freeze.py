"""Opening a campaign: what is frozen, from which receipts, for whom, and what is new since the last one."""

from __future__ import annotations

import datetime as dt
import stat

import pytest

from tests.review.campaign.test_decide import _csv, _file, _row
from tests.review.warehouse import ACME, BEFORE, NORTH, READ_AT, make, receipt, story
from wix_access_review.campaign.context import clock
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import ITEMS, Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign, slug
from wix_access_review.campaign.handover import hand_over
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.reviewers import Rule, read_reviewers, same_person
from wix_access_review.errors import ReviewError


def _open(database, folder, name="2026-Q4", **options):
    return open_campaign(database, Opening(name=name, folder=folder / name, by="ada", **options))


def _items(campaign):
    return {item.record_key: item for item in campaign.rows(ITEMS, Item)}


def test_an_item_is_a_grant_as_it_is(campaign):
    """Who, which role on what, how wide, since when, and what is found: a row for each grant, by key and content."""
    items = _items(campaign)
    assert len(items) == campaign.header.item_count == 22
    ivy = items["k002"]
    assert (ivy.person, ivy.email, ivy.role, ivy.strength, ivy.privileged, ivy.asset, ivy.sites, ivy.outside) == (
        "Ivy Lindqvist", "p2@acme.example", "Admin (Co-Owner)", 95, True, "the whole account", 2, False,
    )  # fmt: skip
    assert (ivy.severity, ivy.findings, ivy.since_last) == (4, "critical: A newcomer is co-owner", "first campaign")
    assert (ivy.granted_after, ivy.granted_before, ivy.review_item) == (
        BEFORE, READ_AT, f"{ACME}|assignments|k002",
    )  # fmt: skip
    assert ivy.content == '["admin","account","acc-acme",null,null,null]'


@pytest.mark.parametrize(
    ("key", "item"),
    [
        ("k004", "f5931a30e5255d168697"),
        ("n871", "i86091592719332225375"),
        ("n40424", "i74909e79514586686818"),
    ],
)
def test_no_spreadsheet_rounds_an_item(tmp_path, key, item):
    """One whose hash has digits alone, or reads as a power of ten, has a letter before it: it comes back as it was."""
    rows = story()
    for table in ("access_grants", "access_review"):
        for row in rows[table]:
            if row["record_key"] == "k004":
                row |= {"record_key": key, "review_item": f"{ACME}|assignments|{key}"}
    opened = _open(make(tmp_path / "wix.duckdb", rows), tmp_path, accounts=[ACME])
    assert _items(opened)[key].item == item


@pytest.mark.parametrize(
    ("subject", "person_type", "holder", "by_another"),
    [
        ("USER", "member", "no", False),
        (None, "member", "unknown", False),
        (None, "invite", "unknown", False),
        ("UNKNOWN", "member", "unknown", True),
        ("SOMETHING_NEW", "member", "unknown", True),
        ("EXTERNAL_APP", "member", "an app", True),
        ("WIX_APP", "member", "an app", True),
        ("ACCOUNT", "member", "an account", True),
        *((f"{kind}_GROUP", "member", "a group", True) for kind in ("USER", "MEMBER", "VISITOR", "ACCOUNT")),
        (None, "contributor", "an account", False),
    ],
)
def test_what_holds_a_role(campaign, subject, person_type, holder, by_another):
    """No person where Wix names another subject, a user where it says so, and unknown where it does not say."""
    item = _items(campaign)["k002"]
    item.subject_type, item.person_type = subject, person_type
    assert (item.non_human, item.is_held_by_another) == (holder, by_another)


def test_only_its_owner_may_read_it(campaign):
    """The folder, and every file in it."""
    paths = [campaign.path, *campaign.path.rglob("*")]
    assert {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths} == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_complete": False, "status": "refused", "error": "No permission."}, "users is refused (No permission.)"),
        ({"is_complete": False, "status": "held"}, "users is held"),
        ({"snapshot_at": dt.datetime(2026, 11, 20)}, "users dates from 2026-11-20 00:00 UTC, before the rest"),  # noqa: DTZ001
        (None, "users was never read"),
    ],
)
def test_nothing_is_certified_from_an_incomplete_read(tmp_path, change, said):
    """What was not read completely, or is older than the rest, is named, and no folder is made."""
    rows = story()
    rows["latest_receipts"] = [
        {**one, **(change or {})} if (one["account_id"], one["stream_name"]) == (ACME, "users") else one
        for one in rows["latest_receipts"]
        if change or (one["account_id"], one["stream_name"]) != (ACME, "users")
    ]
    with pytest.raises(ReviewError, match="a campaign needs complete and recent reads of every table") as raised:
        _open(make(tmp_path / "wix.duckdb", rows), tmp_path)
    assert said in str(raised.value)
    assert not (tmp_path / "2026-Q4").exists()


def test_nothing_is_certified_from_an_old_read(database, tmp_path, monkeypatch):
    """A read of more than a week ago is not current, unless somebody says that it is."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", "2026-12-02 08:13:00")
    with pytest.raises(ReviewError, match="the oldest read dates from 2026-11-24 08:12 UTC, more than 7 days ago"):
        _open(database, tmp_path)
    assert _open(database, tmp_path, max_age_days=9).header.due_on == dt.date(2027, 1, 1)


@pytest.mark.parametrize(("now", "opens"), [("2026-11-24 07:30:00", True), ("2026-11-24 07:00:00", False)])
def test_a_clock_before_the_newest_read(database, tmp_path, monkeypatch, now, opens):
    """It would let reads from before a decision prove what became of it; clocks may be an hour apart."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", now)
    if opens:
        assert _open(database, tmp_path).header.item_count
    else:
        said = "from 2026-11-24 08:12 UTC, and this computer's clock says 2026-11-24 07:00 UTC: correct it"
        with pytest.raises(ReviewError, match=said):
            _open(database, tmp_path)


def test_a_clock_before_the_newest_entry(campaign, tmp_path, monkeypatch):
    """Nor is anything added to a campaign from before its opening."""
    filled = _file(tmp_path, _csv([_row(campaign, "k004")]))
    monkeypatch.setenv("WIX_ACCESS_AS_OF", "2026-11-25 07:59:00")
    with pytest.raises(
        ReviewError, match="clock says 2026-11-25 07:59 UTC, before the newest entry of 2026-11-25 09:00 UTC"
    ):
        decide(campaign.path, [filled])


def test_a_time_with_a_zone(monkeypatch):
    """A variable that names another zone than UTC is not taken for UTC."""
    monkeypatch.setenv("WIX_ACCESS_AS_OF", "2026-11-25T09:00:00+05:00")
    assert clock().isoformat() == "2026-11-25T04:00:00"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x1b[31mb", "x\udcff", "x" * 101])
def test_what_cannot_be_a_name(database, tmp_path, name):
    """It stands on a line of the terminal, in titles and in the models."""
    with pytest.raises(ReviewError, match="cannot be a name: use 1 to 100 characters on one line"):
        open_campaign(database, Opening(name=name, folder=tmp_path / "Q"))


def test_two_campaigns_of_one_name(campaign, tmp_path):
    """The models tell campaigns apart by their names, so both cannot be handed over."""
    with pytest.raises(
        ReviewError, match=r"two campaigns are called 2026-Q4 \(.*2026-Q4 and .*2026-Q4\): hand over only one"
    ):
        hand_over([campaign, campaign], tmp_path / "seeds")
    assert not (tmp_path / "seeds").exists()


def test_one_account(database, tmp_path):
    """A campaign of one client holds that client's grants alone; an account that is not there is named."""
    north = _open(database, tmp_path, accounts=[NORTH])
    assert {item.account_id for item in north.rows(ITEMS, Item)} == {NORTH}
    with pytest.raises(ReviewError, match="the account nowhere is not in the database: it has acc-acme"):
        _open(database, tmp_path, "other", accounts=["nowhere"])


def test_nothing_to_certify_is_no_campaign(tmp_path):
    """A database without receipts proves nothing."""
    with pytest.raises(ReviewError, match="no receipt, so nothing can be certified"):
        _open(make(tmp_path / "none.duckdb", {}), tmp_path)


def test_a_campaign_is_opened_once(campaign, database):
    """A folder that holds a campaign is left alone."""
    before = (campaign.path / "log.jsonl").read_bytes()
    with pytest.raises(ReviewError, match="there is a campaign in"):
        open_campaign(database, Opening(name="again", folder=campaign.path))
    assert (campaign.path / "log.jsonl").read_bytes() == before


def test_what_has_changed_since_the_last_campaign(campaign, tmp_path):
    """New, changed and unchanged grants, what the changed ones were, and what was decided on them."""
    decide(campaign.path, [_file(tmp_path, _csv([_row(campaign, "k003"), _row(campaign, "k004")]))])
    rows = story()
    for table in ("access_grants", "access_review"):
        rows[table] = [row for row in rows[table] if row["record_key"] != "k020"]
        for row in rows[table]:
            if row["record_key"] == "k003":
                row |= {"role_id": "admin", "role": "Admin (Co-Owner)", "role_title": "Admin (Co-Owner)"}
            if row["record_key"] == "k021":
                row |= {"record_key": "new", "review_item": f"{ACME}|assignments|new"}
            if row["record_key"] == "k022":
                row |= {"asset": "Renamed", "asset_name": "Renamed"}
    items = _items(_open(make(tmp_path / "later.duckdb", rows), tmp_path, "2027-Q1"))
    told = {key: (items[key].since_last, items[key].was, items[key].previous_decision) for key in
            ("k002", "k003", "k004", "new", "k022")}  # fmt: skip
    assert told == {
        "k002": ("unchanged", None, None),
        "k003": ("changed", "=Blog Writer on Shop EU", "keep, 2026-11-25, boss@acme.example"),
        "k004": ("unchanged", None, "keep, 2026-11-25, boss@acme.example"),
        "new": ("new", None, None),
        "k022": ("unchanged", None, None),
    }


RULES = """kind,match,reviewer
site,Shop EU,shop@acme.example
folder,/Clients/*,clients@acme.example
role,=Blog*,blog@acme.example
client,North,north@acme.example
default,,p2@acme.example
"""


def test_who_certifies_what(database, tmp_path):
    """The first rule that fits wins, in the order of the file, and the default takes what is left."""
    (tmp_path / "rules.csv").write_text(RULES, encoding="utf-8")
    items = _items(_open(database, tmp_path, reviewers=tmp_path / "rules.csv"))
    told = {key: items[key].reviewer for key in ("k001", "k002", "k003", "k004", "k005", "k006", "k007", "k009")}
    assert told == {
        "k001": "p2@acme.example",
        "k002": None,
        "k003": "shop@acme.example",
        "k004": "clients@acme.example",
        "k005": "shop@acme.example",
        "k006": "shop@acme.example",
        "k007": "north@acme.example",
        "k009": "p2@acme.example",
    }


@pytest.mark.parametrize(
    "text",
    [
        "kind,match,reviewer\nplanet,x,a@b.example\n",
        "kind,match,reviewer\nsite,,a@b.example\n",
        "kind;match;reviewer\nrole;x;\n",
    ],
)
def test_a_rule_that_is_none(tmp_path, text):
    """The line is named."""
    path = tmp_path / "rules.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReviewError, match=r"rules\.csv, line 2: write a kind \(site, folder, client, role, default\)"):
        read_reviewers(path)


HEAD = "kind,match,reviewer\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"has no column kind, match, reviewer: its first line names kind, match, reviewer"),
        (b"site,Shop,a@x.example\n", r"has no column kind, match, reviewer"),
        (b"kind,match\nsite,Shop\n", r"has no column reviewer"),
        (HEAD.encode(), r"has no rule: write one a line, below the first"),
        (f"{HEAD}\n,,\n".encode(), r"has no rule"),
        (f'{HEAD}site,"Shop,a@x.example\n'.encode(), r"cannot be read: unexpected end of data"),
        (f"{HEAD}site,{'x' * 140_000},a@x.example\n".encode(), r"cannot be read: field larger than field limit"),
        (f"{HEAD}site,\0,a@x.example\n".encode(), r"is neither a workbook nor CSV"),
        (None, r"cannot be read \(No such file or directory\)"),
    ],
)
def test_a_file_without_rules(tmp_path, content, said):
    """A file that gives nobody anything is named: otherwise all rows would go to the default without a word."""
    path = tmp_path / "rules.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReviewError, match=said):
        read_reviewers(path)


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}default,*,a@x.example\n".encode("utf-16"),
        b"\xef\xbb\xbfKind;Match;Reviewer\r\nDefault;*;a@x.example\r\n",
        b"reviewer\tmore\tkind\tmatch\na@x.example\t?\tdefault\t\n",
        f"{HEAD}client,M\u00fcller,a@x.example\n".encode("cp1252"),
    ],
)
def test_rules_as_spreadsheets_write_them(tmp_path, content):
    """Other encodings, separators, orders and cases, as for decisions."""
    (tmp_path / "rules.csv").write_bytes(content)
    (rule,) = read_reviewers(tmp_path / "rules.csv").rules
    assert rule in {Rule("default", "*", "a@x.example"), Rule("client", "M\u00fcller", "a@x.example")}


@pytest.mark.parametrize(
    ("reviewer", "email", "person", "same"),
    [
        ("Ada@acme.example", "ada@acme.example", "Ada", True),
        ("ada+review@acme.example", "ada@acme.example", None, True),
        ("ada.okafor@partner.example", "ada.okafor@acme.example", None, True),
        ("info@partner.example", "info@acme.example", None, False),
        ("Ada Okafor", "ada@acme.example", "ada okafor", True),
        ("ben@acme.example", "ada@acme.example", "Ada", False),
        ("ada@acme.example", None, "Somebody", False),
    ],
)
def test_nobody_certifies_their_own_access(reviewer, email, person, same):
    """A reviewer is the person by address, by the name before the @ where it is more than one word, or by name."""
    assert same_person(reviewer, email, person) is same


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("2026-Q4", "2026-Q4"),
        ("../../etc/passwd", "etc-passwd"),
        ("a b/c", "a-b-c"),
        ("...", "campaign"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_name_leads_nowhere_else(name, file):
    """Names of campaigns and reviewers become names of files, and nothing in them leaves the folder."""
    assert slug(name) == file


def test_a_broken_folder_is_named(campaign, tmp_path):
    """A folder without a campaign, and one that cannot be read as one."""
    with pytest.raises(ReviewError, match="is not the folder of a campaign"):
        Campaign(tmp_path / "nothing")
    (campaign.path / "campaign.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReviewError, match="cannot be read as a campaign"):
        Campaign(campaign.path)


def test_a_receipt_is_kept(campaign):
    """The receipts of the accounts are frozen beside the items."""
    kept = campaign.rows("receipts.jsonl", dict)
    assert len(list(kept)) == len([receipt(ACME, "users")]) * 14
