"""The discovered catalog, against a snapshot per stream.

After a change that is meant: `UPDATE_CATALOG=1 pytest tests/tap/test_catalog.py`, and look at what `git diff` shows.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support import BY_SITE, LOGS, TABLES, catalog, command, discovered, run
from tests.tap import expected
from tests.tap.expected import KEYS, content, key_of

SNAPSHOTS = Path(__file__).parent / "catalog"
ROOT = Path(__file__).parents[2]

SEEN = ["observed_at", "snapshot_at", "extra"]
ASSET = ["asset_type", "asset_id", "asset_name", "site_id", "folder_id", "restrictions"]
COLUMNS = {
    "accounts": "name slug status owner_user_id parent_account_id is_team website_url date_created date_updated",
    "users": "id email first_name last_name profile_image joined_team_at",
    "assignments": f"user_id assignment_key assignment_id role_id subject_id subject_type {' '.join(ASSET)}",
    "invites": "id email status date_created date_updated expiration_date",
    "invite_assignments": f"invite_id assignment_key role_id {' '.join(ASSET)}",
    "roles": "id title description role_type restrict_from_level",
    "sites": "id name display_name owner_account_id contributor_account_ids folder_id namespace editor_type "
    "parent_child_role published premium blocked domain_connected view_url edit_url thumbnail html_app_id "
    "created_date updated_date trashed_date",
    "folders": "id name parent_id path site_count created_date updated_date",
    "site_contributors": "site_id contributor_account_id contributor_owner_user_id",
    "site_contributor_roles": "site_id contributor_account_id role_id",
    "change_log": "stream_name record_key change_type previous_observed_at observed_at",
    "snapshots": "stream_name snapshot_at finished_at status replication_method baseline_at proof row_count "
    "expected_count added_count modified_count removed_count duplicate_count request_count retry_count attempt_count "
    "digest compared_with error tap_version",
}
"""Those of docs/streams.md, section 2."""
OWN_KEYS = {
    **KEYS,
    "site_contributors": ("account_id", "site_id", "contributor_account_id"),
    "site_contributor_roles": ("account_id", "site_id", "contributor_account_id", "role_id"),
    "change_log": ("account_id", "stream_name", "record_key", "observed_at"),
    "snapshots": ("account_id", "stream_name", "snapshot_at"),
}


def _entries(catalog):
    return {entry["tap_stream_id"]: entry for entry in catalog["streams"]}


@pytest.mark.parametrize("stream", [*TABLES, *BY_SITE, *LOGS])
def test_snapshot(stream):
    """The catalog entry is as it was when somebody last looked at it."""
    path = SNAPSHOTS / f"{stream}.json"
    entry = _entries(discovered())[stream]
    if os.environ.get("UPDATE_CATALOG"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(entry, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert entry == json.loads(path.read_text(encoding="utf-8"))


def test_no_stream_too_many():
    """There is a snapshot of every stream, and of nothing else."""
    assert sorted(path.stem for path in SNAPSHOTS.iterdir()) == sorted(_entries(discovered()))


def test_columns_and_keys():
    """Columns, keys, replication and selection are those of docs/streams.md, and each column is described."""
    entries = _entries(discovered())
    assert set(entries) == {*TABLES, *BY_SITE, *LOGS}
    for stream, names in COLUMNS.items():
        entry = entries[stream]
        more = [] if stream in LOGS else SEEN
        assert set(entry["schema"]["properties"]) == {"account_id", *names.split(), *more}
        assert tuple(entry["key_properties"]) == OWN_KEYS[stream]
        assert entry["replication_key"] == ("observed_at" if stream == "change_log" else "snapshot_at")
        assert entry["replication_method"] == "INCREMENTAL"
        root = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
        assert root["selected"] is (stream not in BY_SITE)
        assert all(column["description"] for column in entry["schema"]["properties"].values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no config"),
        pytest.param(["--config", str(ROOT / "sample_config.json")], id="sample_config.json"),
        pytest.param(["--config", "ENV"], id="an empty environment"),
    ],
)
def test_discovery_needs_nothing(arguments):
    """Discovery works without a network, and without a key."""
    done = command(*arguments, "--discover")
    assert (done.returncode, json.loads(done.stdout)) == (0, discovered())
    assert "Traceback" not in done.stderr


def test_history():
    """With `history` a row per version is kept: `observed_at` joins every table's key, and is always selected."""
    entries = _entries(discovered(history=True))
    for stream, key in KEYS.items():
        entry = entries[stream]
        assert tuple(entry["key_properties"]) == (*key, "observed_at")
        place = ["properties", "observed_at"]
        (inclusion,) = (i["metadata"]["inclusion"] for i in entry["metadata"] if i["breadcrumb"] == place)
        assert inclusion == "automatic"
    assert {stream: tuple(entries[stream]["key_properties"]) for stream in LOGS} == {s: OWN_KEYS[s] for s in LOGS}


def test_settings_that_add_columns():
    """Accept links and tombstones are columns only if the settings ask for them."""
    plain = _entries(discovered())
    links = _entries(discovered(include_accept_links=True))
    buried = _entries(discovered(emit_tombstones=True))

    def added(entries):
        return {
            stream: set(entry["schema"]["properties"]) - set(plain[stream]["schema"]["properties"])
            for stream, entry in entries.items()
            if entry != plain[stream]
        }

    assert added(links) == {"invites": {"accept_link"}}
    assert added(buried) == {stream: {"_sdc_deleted_at"} for stream in TABLES + BY_SITE}


@pytest.mark.slow
def test_discovery_with_settings_as_text():
    """Discovery without a key takes `false` of an environment variable for false, as a sync does."""
    names = ("INCLUDE_ACCEPT_LINKS", "HISTORY", "EMIT_TOMBSTONES")
    env = {**os.environ, **{f"TAP_WIX_USERS_{name}": "false" for name in names}}
    assert json.loads(command("--config", "ENV", "--discover", env=env).stdout) == discovered()


def test_a_catalog_without_history(serve):
    """A catalog that was made without `history` keeps a version per row all the same."""
    ran = run(serve(), catalog=catalog(), history=True)
    for stream, key in KEYS.items():
        assert tuple(ran.schema(stream)["key_properties"]) == (*key, "observed_at")


def test_a_catalog_without_history_and_its_column(serve):
    """Also one that leaves `observed_at` out: no record comes without a part of its key."""
    without = {stream: ["observed_at"] for stream in TABLES}
    ran = run(serve(), catalog=catalog(without=without), history=True)
    assert all(record.get("observed_at") for stream in TABLES for record in ran.records(stream))


def test_a_catalog_of_an_older_release(serve):
    """Columns that it lacks are not sent, streams that are gone are passed over, and rows are otherwise whole."""
    old = catalog()
    entry = _entries(old)["users"]
    for name in ("profile_image", "extra"):
        del entry["schema"]["properties"][name]
        entry["metadata"] = [item for item in entry["metadata"] if item["breadcrumb"] != ["properties", name]]
    entry["schema"]["properties"]["nickname"] = {"type": ["string", "null"]}
    gone = {**entry, "tap_stream_id": "badges", "stream": "badges"}
    old["streams"] = [one for one in old["streams"] if one["tap_stream_id"] != "folders"] + [gone]
    sandbox = serve()
    ran = run(sandbox, catalog=old)
    assert ran.code == 0
    rows = expected.tables(sandbox.world.main)["users"]
    kept = {k: {n: v for n, v in row.items() if n not in {"profile_image", "extra"}} for k, row in rows.items()}
    assert {key_of("users", record): content(record) for record in ran.records("users")} == kept
    assert "profile_image" not in ran.schema("users")["schema"]["properties"]
    assert ran.streams == {*TABLES, "snapshots"} - {"folders"}


def test_the_discovered_catalog_changes_nothing(serve):
    """A sync with the discovered catalog writes the same messages as one without a catalog, but for their times."""
    sandbox = serve()
    plain, with_catalog = run(sandbox), run(sandbox, catalog=catalog())
    assert plain.order == with_catalog.order
    for stream in TABLES:
        assert list(map(content, plain.records(stream))) == list(map(content, with_catalog.records(stream)))
        assert plain.schema(stream) == with_catalog.schema(stream)
