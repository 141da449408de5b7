"""What became of a campaign: the models and `wix-access-review prove` say the same; leavers and accepted findings."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.transform.scenario import Account, day, store
from tests.transform.warehouse import ROOT, Warehouse
from wix_access_review.campaign.decide import decide
from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.freeze import Opening, open_campaign
from wix_access_review.campaign.handover import hand_over
from wix_access_review.campaign.prove import Proof, prove

if TYPE_CHECKING:
    from pathlib import Path

OWNER, MANAGER, WRITER = "6601492336091027458", "6600344420111308827", "7000000000000000001"
BOSS = "chair@board.example"
PEOPLE = ("goes", "stays", "returns", "moves", "swaps", "kept", "drifts", "quits", "unread")


def _before():
    one = Account("studio").add("accounts", name="Studio", owner_user_id="ann")
    for role, title in ((OWNER, "Owner"), (MANAGER, "Manager"), (WRITER, "Writer")):
        one.role(role, title)
    one.add("sites", id="s1", display_name="Shop").user("ann", "Ann Ace", "ann@studio.example").holds("ann", "a", OWNER)
    for name in PEOPLE[:-1]:
        one.user(name, name.title(), f"{name}@{'xn--bcher-kva' if name == 'swaps' else 'studio'}.example")
        one.holds(name, "k", MANAGER, "site:s1")
    one.invite("i1", "sofia@studio.example", (WRITER, "site:s1")).invite("i2", "gone@old.example", (WRITER, "site:s1"))
    one.add("site_contributors", site_id="s1", contributor_account_id="out")
    other = Account("other").user("unread", "Unread", "unread@other.example").holds("unread", "k", MANAGER)
    return one.read(1), other.read(1)


def _after():
    one, other = _before()
    rows = one.rows["assignments"]
    for row in rows:
        if row["user_id"] in {"swaps", "drifts"}:
            row |= {"role_id": WRITER, "observed_at": day(6), "snapshot_at": day(6)}
    one.change("assignments", "swaps|k", "modified", 1, 6).change("assignments", "drifts|k", "modified", 1, 6)
    for gone in ("goes", "returns", "moves", "quits"):
        one.change("assignments", f"{gone}|k", "removed", 1, 6)
    one.change("assignments", "returns|k", "added", 6, 9)
    one.holds("returns", "k", MANAGER, "site:s1", seen=9).holds("moves", "new", MANAGER, "site:s1", seen=9)
    one.change("assignments", "moves|new", "added", 6, 9)
    for row in one.rows["invites"]:
        row |= {"status": "Used" if row["id"] == "i1" else "Deleted", "observed_at": day(6), "snapshot_at": day(6)}
    one.change("invites", "i1", "modified", 1, 6).change("invites", "i2", "modified", 1, 6)
    one.user("sofia", "Sofia", "Sofia@studio.example", seen=6).holds("sofia", "k", WRITER, "site:s1", seen=6)
    one.change("users", "sofia", "added", 1, 6).change("assignments", "sofia|k", "added", 1, 6)
    # The list of members does not have the second any more, who still holds something.
    one.change("users", "quits", "removed", 1, 6).change("users", "stays", "removed", 1, 6)
    # The outside account goes on working there, and from now on its role is known.
    one.add("site_contributor_roles", site_id="s1", contributor_account_id="out", role_id=WRITER, seen=6)
    one.change("site_contributor_roles", f"s1|out|{WRITER}", "added", 1, 6)
    one.read(6).read(9)
    return one, other.read(9, status="refused", error="No permission.")


DECISIONS = {
    "goes": "remove", "stays": "remove", "returns": "remove", "moves": "remove", "swaps": "change", "kept": "keep",
    "drifts": "keep", "quits": "keep", "unread": "remove", "i1": "remove", "i2": "remove",
    "s1": "remove",
}  # fmt: skip


@dataclass(frozen=True)
class Proved:
    """The warehouse after the later reads, what was proved by it, and what was handed over, before and after dbt."""

    warehouse: Warehouse
    proofs: dict[str, Proof]
    handed_over: tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    """A campaign of the first day, decided on the second, and looked at on the ninth."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("review")
        # The same folder and variable before and after, so that dbt parses the project once.
        seeds, variables = folder / "seeds", ("--vars", "{review_removal_hours: 48}")
        shutil.copytree(ROOT / "transform/review", seeds)
        before = Warehouse(folder / "before" / "wix.duckdb")
        store(before, *_before())
        assert before.build(*variables, "--exclude", "test_type:data", cache=folder / "target", seeds=seeds).code == 0
        patch.setenv("WIX_ACCESS_AS_OF", "2026-11-02 09:00:00")
        opened = open_campaign(
            before.path, Opening(name="Q4", folder=folder / "Q4", default_reviewer=BOSS, due_on=None)
        )
        _decide(opened, folder)
        _hand_over(seeds, opened)
        after = Warehouse(folder / "after" / "wix.duckdb")
        store(after, *_after())
        patch.delenv("WIX_ACCESS_AS_OF")
        handed_over = _texts(seeds)
        built = after.build(*variables, "--exclude", "test_type:data", cache=folder / "target", seeds=seeds)
        assert (built.code, built.failed()) == (0, []), built.output[-3000:]
        proofs = prove(Campaign(opened.path), after.path, removal_hours=48)
        yield Proved(after, {one.person_id: one for one in proofs}, (handed_over, _texts(seeds)))


def _decide(opened, folder):
    path = folder / "filled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("item", "decision", "decided_on", "reviewer", "change_to"))
        for one in opened.items.values():
            person = one.review_item.split("|")[2]
            if person in DECISIONS:
                to = "Writer" if DECISIONS[person] == "change" else ""
                writer.writerow((one.item, DECISIONS[person], "2026-11-02", BOSS, to))
    decide(opened.path, [path])


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def _hand_over(seeds: Path, opened: Campaign) -> None:
    hand_over([Campaign(opened.path)], seeds)
    items = seeds / "wix__campaign_items.csv"
    last = items.read_text(encoding="utf-8").splitlines()[-1]
    with items.open("a", encoding="utf-8") as file:
        file.write(last.replace("Q4,", "Q3,").replace("2026-12-02", "2026-11-05") + "\n")
    # As HR may spell the addresses.
    leavers = (
        "email,person,left_on",
        " Quits+hr@Studio.Example.,Quits,2026-11-04",
        "kept@studio.example,Kept,2026-11-03",
        "swaps@b\u00fccher.example,Swaps,2026-11-08",
        "STAYS@studio.example,Stays,2026-11-03",
    )
    (seeds / "wix__leavers.csv").write_text("\n".join(leavers) + "\n", encoding="utf-8")
    key = "member_without_role|studio|"
    lines = (
        "finding_key,facts,reason,accepted_by,accepted_until",
        f"{key}goes,low|||,Leaves soon,ann,2026-11-30",
        f"{key}quits,low|||,Over,ann,2026-11-30",
        "departed_employee_has_access|studio|member|kept,critical|||,Over,ann,2026-11-08",
        "privileged_person|studio|ann|a,high|x||,Another fact,ann,2026-11-30",
    )
    (seeds / "wix__accepted_findings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_what_became_of_each_decision(proved):
    """Carried out with bounds, still open, undone by the same grant or another, changed, kept, and not known."""
    told = {
        person: (
            one.decision,
            one.verdict,
            _days(one.done_after, one.done_before),
            _days(one.back_after, one.back_before),
        )
        for person, one in proved.proofs.items()
    }
    first_to_sixth, sixth_to_ninth, nothing = (1, 6), (6, 9), (None, None)
    assert told == {
        "goes": ("remove", "carried out", first_to_sixth, nothing),
        "stays": ("remove", "open", nothing, nothing),
        "returns": ("remove", "undone", first_to_sixth, sixth_to_ninth),
        "moves": ("remove", "undone", first_to_sixth, sixth_to_ninth),
        "swaps": ("change", "carried out", first_to_sixth, nothing),
        "kept": ("keep", "kept", nothing, nothing),
        "drifts": ("keep", "changed since", first_to_sixth, nothing),
        "quits": ("keep", "gone since", first_to_sixth, nothing),
        "unread": ("remove", "unknown", nothing, nothing),
        "i1": ("remove", "undone", (1, 9), first_to_sixth),
        "i2": ("remove", "carried out", (1, 9), nothing),
        "out": ("remove", "open", nothing, nothing),
    }
    assert proved.proofs["unread"].why_unknown == "the newest read is not complete"


def _days(*moments):
    return tuple(moment and moment.day for moment in moments)


def test_in_time(proved):
    """A removal whose bounds end in time is in time, one whose bounds begin later is not, and between nobody knows."""
    told = {person: one.is_in_time for person, one in proved.proofs.items() if one.decision == "remove"}
    assert told == {
        "goes": None, "stays": False, "returns": None, "moves": None, "unread": None, "i1": None, "i2": None,
        "out": False,
    }  # fmt: skip
    assert (proved.proofs["stays"].open_hours, proved.proofs["goes"].done_within_hours) == (167, 95)


def test_the_models_say_the_same(proved):
    """`review_decisions` has the rows of the proof, column by column."""
    names = Proof.__struct_fields__
    rows = proved.warehouse.ask(f"select {', '.join(names)} from access_wix.review_decisions order by item")
    proofs = sorted(proved.proofs.values(), key=lambda one: one.item)
    assert rows == [tuple(getattr(one, name) for name in names) for one in proofs]


def test_a_build_leaves_what_was_handed_over_as_it_is(proved):
    """The SQL of a seed whose folder is named by a full path would go to the seed itself, over what people wrote."""
    before, after = proved.handed_over
    assert after == before


def test_items_and_progress(proved):
    """A row for each frozen grant, and how far each reviewer is."""
    counted = "select is_decided, is_held, count(*) from access_wix.review_items"
    query = f"{counted} where campaign = 'Q4' group by all order by all"
    assert proved.warehouse.ask(query) == [(False, True, 1), (True, False, 8), (True, True, 4)]
    query = (
        "select campaign, reviewer, item_count, decided_count, open_count, privileged_open_count, carried_out_count, "
        "not_carried_out_count, undone_count, is_overdue from access_wix.review_progress order by campaign"
    )
    assert proved.warehouse.ask(query) == [
        ("Q3", BOSS, 1, 0, 1, 0, 0, 0, 0, True), ("Q4", BOSS, 13, 12, 1, 1, 3, 2, 3, False),
    ]  # fmt: skip


def test_the_findings_of_a_campaign(proved):
    """What was not carried out in time, what is back, and what has changed since it was certified."""
    query = (
        "select rule, person_id, explanation from access_wix.findings where rule in ('decision_not_carried_out', "
        "'removed_access_back', 'changed_after_certification', 'campaign_overdue') order by all"
    )
    decided = "as decided on 2026-11-02, and is back."
    still = f"Q4: remove was decided on 2026-11-02 by {BOSS}, and Stays still holds Manager as of 2026-11-09."
    works = still.replace("Stays still holds Manager", "Outside account out still holds (role not read)")
    assert proved.warehouse.ask(query) == [
        ("campaign_overdue", None, f"Q3 was due on 2026-11-05: {BOSS} has not decided 1 of 1."),
        ("changed_after_certification", "drifts",
         "Q4: Manager of Drifts was certified on 2026-11-02, and has changed since."),
        ("decision_not_carried_out", "out", works),
        ("decision_not_carried_out", "stays", still),
        ("removed_access_back", "i1", f"Q4: Writer was taken from sofia@studio.example {decided}"),
        ("removed_access_back", "moves", f"Q4: Manager was taken from Moves {decided}"),
        ("removed_access_back", "returns", f"Q4: Manager was taken from Returns {decided}"),
    ]  # fmt: skip


def test_leavers(proved):
    """Who left and still has access is a finding; for who lost it, it is said between when, and whether in time."""
    query = (
        "select person_id, has_access, grant_count, gone_after, gone_before, gone_within_hours, is_in_time "
        "from access_wix.leavers_access order by all"
    )
    kept, quits, stays, swaps = proved.warehouse.ask(query)
    assert [kept, stays, swaps] == [
        ("kept", True, 1, None, None, None, False),
        ("stays", True, 1, None, None, None, False),
        ("swaps", True, 1, None, None, None, None),
    ]
    # Gone between the 1st and the 6th, of which the 5th was the last in time.
    assert (quits[0], quits[1], quits[3].day, quits[4].day, quits[5], quits[6]) == ("quits", False, 1, 6, 56, None)
    query = "select explanation from access_wix.findings where rule = 'departed_employee_has_access'"
    query += " order by all"
    assert proved.warehouse.ask(query) == [
        (f"{name} left on 2026-11-0{day} and still has access as a member (grants: 1).",)
        for name, day in (("Kept", 3), ("Stays", 3), ("Swaps", 8))
    ]


def test_accepted_findings(proved):
    """A finding is accepted until its day, and as long as its facts are the same."""
    query = (
        "select finding_key, is_accepted, accepted_reason from access_wix.findings "
        "where rule in ('departed_employee_has_access', 'privileged_person', 'member_without_role') order by all"
    )
    assert proved.warehouse.ask(query) == [
        *((f"departed_employee_has_access|studio|member|{name}", False, None) for name in ("kept", "stays", "swaps")),
        ("member_without_role|studio|goes", True, "Leaves soon"),
        ("privileged_person|studio|ann|a", False, None),
    ]
