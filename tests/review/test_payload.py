"""What the page's script works on."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.review.warehouse import ACME, BEFORE, CLOSER, NAMES, READ_AT, finding, grant, make, person, reviewed
from wix_access_review import payload as module
from wix_access_review.database import reading
from wix_access_review.errors import ReviewError
from wix_access_review.payload import as_script_data, prepare, read_payload

READ, WAS = (int(moment.replace(tzinfo=dt.UTC).timestamp()) for moment in (READ_AT, BEFORE))


def _rows():
    ada, bob = person(1, "Ada"), person(2, "Bob", email=None, is_external=None)
    grants = [
        grant(1, bob, "writer", "site", "s1", "Shop"),
        grant(2, ada, "editor", "folder", "f1", "/Clients", granted_after=None),
        grant(3, ada, "owner", "account", ACME, "Acme"),
    ]
    return {
        "people": [bob, ada],
        "access_grants": grants,
        "access_review": [reviewed(one, [ada, bob]) for one in grants],
        "access_reach": [
            {"account_id": ACME, "scope_key": f"account:{ACME}", "site_id": "s1", "depth": 0},
            {"account_id": ACME, "scope_key": f"account:{ACME}", "site_id": "s2", "depth": 0},
            {"account_id": ACME, "scope_key": "site:s1", "site_id": "s1", "depth": 0},
            {"account_id": ACME, "scope_key": "folder:f1", "site_id": "s2", "depth": 0},
        ],
        "sites": [{"account_id": ACME, "id": "s1", "display_name": "Shop", "is_current": True}],
        "findings": [finding("r|1", "high", "Title", "Why", ada)],
        "access_history": [
            {
                "account_id": ACME, "record_key": "old", "person_type": "member", "person_id": "p2",
                "role_title": "Was",
                "asset_name": "Shop", "started_by": "added", "granted_before": BEFORE, "ended_by": "removed",
                "ended_after": BEFORE, "ended_before": READ_AT, "is_current": False, "version_number": 1,
            }
        ],
    }  # fmt: skip


def test_a_small_account_whole(tmp_path):
    """Every column: people by name, grants by person and strength, and what each scope reaches."""
    with reading(make(tmp_path / "small.duckdb", _rows())) as connection:
        prepare(connection)
        found = read_payload(connection)
    assert found == {
        "accounts": {"id": [ACME], "name": [NAMES[ACME]]},
        "types": ["member"],
        "asset_types": ["account", "folder", "site"],
        "decisions": [],
        "vias": ["account", "folder", "site"],
        "times": [WAS, READ],
        "texts": ["Shop", "Was", "added", "removed"],
        "people": {
            "account": [0, 0], "type": [0, 0], "id": ["p1", "p2"], "name": ["Ada", "Bob"],
            "email": ["p1@acme.example", None], "external": [0, None], "joined": [None, None], "status": [None, None],
            "invited": [None, None], "expires": [None, None], "worst": [3, 0], "findings": [1, 0], "grants": [2, 1],
        },
        "roles": {
            "id": ["writer", "owner", "editor"], "name": ["=Blog Writer", "Owner", "Website Manager"],
            "strength": [20, 100, 60],
        },
        "assets": {
            "account": [0, 0, 0], "type": [1, 0, 2], "id": ["f1", ACME, "s1"], "name": ["/Clients", "Acme", "Shop"],
        },
        "sites": {"account": [0, 0], "id": ["s2", "s1"], "name": ["s2", "Shop"], "folder": [-1, -1], "trashed": [0, 0]},
        "scopes": 3,
        "reach": {"scope": [0, 0, 1, 2], "site": [0, 1, 0, 1]},
        "grants": {
            "role": [1, 2, 0], "asset": [1, 0, 2], "via": [0, 1, 2], "flags": [1, 0, 0], "scope": [0, 1, 2],
            "after": [0, -1, 0], "before": [1, 1, 1], "seen": [1, 1, 1], "decided": [-1, -1, -1],
        },
        "rules": {"rule": ["r"], "title": ["Title"], "severity": ["high"], "rank": [3]},
        "findings": {"rule": [0], "person": [0], "about": [""], "text": ["Why"]},
        "history": {
            "person": [1], "role": [1], "on": [0], "began": [2], "after": [-1], "before": [0], "ended": [3],
            "ended_after": [0], "ended_before": [1],
        },
        "totals": {"findings": 1, "history": 1},
    }  # fmt: skip


def test_people_are_in_natural_order(tmp_path):
    """Without case and accents, and numbers as numbers."""
    names = ["Site 10", "site 2", "Ärzte", "azur", "Zoë", "10000000000000000000000", "9"]
    with reading(make(tmp_path / "names.duckdb", {"people": [person(*one) for one in enumerate(names)]})) as connection:
        prepare(connection)
        order = read_payload(connection)["people"]["name"]
    assert order == ["9", "10000000000000000000000", "Ärzte", "azur", "site 2", "Site 10", "Zoë"]


def test_a_holder_who_is_not_among_the_people_is_shown(tmp_path):
    """Nothing may be missing from a review: who has a grant is in it, by id where no name is known."""
    gone = {**person(1, "Ada"), "person_id": "gone"}
    held = grant(1, gone, "owner", "account", ACME, "Acme")
    rows = {"access_grants": [held], "access_review": [reviewed(held, [])]}
    with reading(make(tmp_path / "gone.duckdb", rows)) as connection:
        prepare(connection)
        people = read_payload(connection)["people"]
    assert (people["id"], people["name"], people["email"], people["grants"]) == (["gone"], ["gone"], [None], [1])


@pytest.mark.parametrize(("lost", "counts"), [("access_review", (2, 3, 2)), ("access_grants", (3, 2, 2))])
def test_models_of_two_builds_are_refused(tmp_path, lost, counts):
    """A row to certify without a grant, or a grant without a row, makes no review."""
    rows = _rows()
    rows[lost] = rows[lost][1:]
    with reading(make(tmp_path / "torn.duckdb", rows)) as connection, pytest.raises(ReviewError) as raised:
        prepare(connection)
    assert str(raised.value) == (
        f"access_review has {counts[0]} rows, access_grants {counts[1]}, and {counts[2]} fit together: "
        "the models are from different builds. Run the whole `dbt build` again"
    )


def test_long_lists_are_cut_and_counted(tmp_path, monkeypatch):
    """Of findings and ended grants the page holds the first, and knows how many there are."""
    monkeypatch.setattr(module, "MOST_FINDINGS", 1)
    monkeypatch.setattr(module, "MOST_HISTORY", 1)
    rows = _rows()
    rows["findings"].append(finding("r|2", "critical", "Worse", "Why", None))
    rows["access_history"].append(
        {**rows["access_history"][0], "record_key": "older", "role_title": "Older", "ended_before": BEFORE}
    )
    with reading(make(tmp_path / "long.duckdb", rows)) as connection:
        prepare(connection)
        found = read_payload(connection)
    assert (found["findings"]["text"], found["rules"]["title"][found["findings"]["rule"][0]]) == (["Why"], "Worse")
    assert [found["texts"][role] for role in found["history"]["role"]] == ["Was"]
    assert found["totals"] == {"findings": 2, "history": 2}


def test_no_text_closes_the_script():
    """JSON in a script element has no letter that HTML knows, and says the same."""
    texts = [CLOSER, "<!--<script>", "&amp;", "\u2028\u2029", '"', "\x00", "🎉"]
    written = as_script_data({"texts": texts})
    assert [letter for letter in "<>&\u2028\u2029\x00" if letter in written] == []
    assert json.loads(written) == {"texts": texts}
