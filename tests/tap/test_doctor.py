"""`--doctor` and `--test`: what a stranger sees in the first minutes, and what may be put into an issue."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from tap_wix_users.tap import TapWixUsers
from tests.support import config, own_signals, write_json
from wix_sandbox import ApiOptions, Fault, Sandbox, Size, World

SIZE = Size(users=40, sites=6, child_accounts=0)


@pytest.fixture
def doctor(tmp_path):
    """Runs the command with these options; its exit code, its lines, and the report."""

    def see(sandbox, *options, **settings):
        path = tmp_path / "report.json"
        file = write_json(tmp_path / "config.json", config(sandbox, **settings))
        with own_signals():
            done = CliRunner().invoke(
                TapWixUsers.get_singer_command(), ["--config", file, *(options or ("--doctor", "--report", str(path)))]
            )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output.splitlines(), path.read_text() if path.exists() else ""

    return see


def verdicts(lines):
    """The names of what was looked at, by verdict."""
    found = [re.fullmatch(r"(ok|note|FAIL) +([^:]+): .+", line) for line in lines]
    return {verdict: [one[2] for one in found if one and one[1] == verdict] for verdict in ("ok", "note", "FAIL")}


EIGHT = [
    "account (Get Account)",
    "team members and invites (Search Team)",
    "roles (Get Roles Info)",
    "sites (Query Sites)",
    "the number of sites (Count Sites)",
    "site folders (Query Folders)",
    "contributors of sites (Query Site Contributors)",
    "child accounts (List Child Accounts)",
]


def test_all_well(doctor):
    """Every line says that it holds, each permission cost one request, and the exit code is 0."""
    with Sandbox(World(SIZE)) as sandbox:
        code, lines, _ = doctor(sandbox)
        asked = sandbox.stats()["requests"]
    found = verdicts(lines)
    assert (code, found["FAIL"]) == (0, [])
    assert [name for name in found["ok"] if "(" in name] == EIGHT
    assert {"settings", "API key", "pages", "counts", "cost"} <= set(found["ok"])
    assert set(asked.values()) == {1}
    assert len(asked) == 8


def test_a_wrong_key(doctor):
    """One line says so, and nothing else is tried."""
    with Sandbox(World(SIZE)) as sandbox:
        code, lines, _ = doctor(sandbox, api_key="IST.nobody-knows-it")
    assert (code, verdicts(lines)) == (1, {"ok": ["settings"], "note": [], "FAIL": ["API key"]})
    assert any("check `api_key` (raw, without `Bearer`)" in line for line in lines)


def test_a_wrong_account(doctor):
    """The key is fine, and the account is named as what may be wrong."""
    with Sandbox(World(SIZE)) as sandbox:
        code, lines, _ = doctor(sandbox, account_id="0aaaaaaa-1111-4222-8333-444455556666")
    assert code == 1
    assert "API key" in verdicts(lines)["ok"]
    (line,) = [line for line in lines if "account (Get Account)" in line]
    assert line.endswith("`account_id` may not be the account that owns the API key")


def test_two_permissions_missing(doctor):
    """Each has its line with the name to tick; the others hold."""
    with Sandbox(World(SIZE), options=ApiOptions(deny=["query_contributors", "query_folders"])) as sandbox:
        code, lines, _ = doctor(sandbox)
    missing = ["site folders (Query Folders)", "contributors of sites (Query Site Contributors)"]
    assert (code, verdicts(lines)["FAIL"]) == (1, missing)
    assert any("Manage Folders or Read Folder Data" in line for line in lines)
    assert any("Manage Contributors" in line for line in lines)


def test_capped_and_uncounted(doctor):
    """Nothing has to be done, and both are said."""
    with Sandbox(World(SIZE), options=ApiOptions(facets=False, page_cap=10)) as sandbox:
        code, lines, _ = doctor(sandbox)
    assert code == 0
    assert {"pages", "counts"} <= set(verdicts(lines)["note"])
    assert any("Wix caps them at 10 rows" in line for line in lines)
    assert any("Wix does not count" in line for line in lines)


@pytest.mark.parametrize(
    ("options", "faults", "holds"),
    [
        pytest.param({"max_page_size": 25}, [], 25, id="refused"),
        pytest.param({}, [Fault.of("status", endpoint="search_team", status=504)], 250, id="not answered"),
    ],
)
def test_a_page_size_that_does_not_hold(options, faults, holds, doctor):
    """The one that holds is reported."""
    with Sandbox(World(SIZE), options=ApiOptions(**options), faults=faults) as sandbox:
        code, lines, _ = doctor(sandbox, page_size=1000)
    assert code == 0
    assert any(f"Wix accepts {holds} rows, not 1000" in line for line in lines)


MARK = "Zebulon"
PLANTED = [
    "zebulon.quux@example.com", "Zebulon Quux", f"https://example.com/accept?token={MARK}", f"{MARK}-7f3k9QzX1b8L",
    "7e8b0c1d-aaaa-4bbb-8ccc-0123456789ab", "9182736455463728190", [MARK], {MARK: MARK},
    {"zebulonField": "zebulonField"},
]  # fmt: skip
PATHS = {
    "search_team": [
        "teamMembers.0.user.id",
        "teamMembers.0.user.email",
        "teamMembers.0.user.name",
        "facets.0.facetType",
    ],
    "get_roles": ["predefinedRoles.0.title", "customRoles"],
    "query_sites": ["sites.0.name", "sites.0.namespace", "metadata"],
    "query_folders": ["folders.0.path"],
    "get_account": ["account.accountName", "account.status", "account.slug"],
    "list_child_accounts": ["childAccounts"],
    "count_sites": ["count"],
    "query_contributors": ["contributors"],
}


@pytest.mark.parametrize("value", PLANTED, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("endpoint", PATHS)
def test_the_report_has_no_string_of_the_account(endpoint, value, doctor):
    """Whatever is planted, wherever: names, addresses, ids, links and the key are neither in it nor on the screen."""
    world = World(SIZE, key="IST.mArKeD+key/0123456789=secretTail~")
    for path in PATHS[endpoint]:
        with Sandbox(world, faults=[Fault.of("wrong_types", endpoint=endpoint, path=path, value=value)]) as sandbox:
            _, lines, report = doctor(sandbox)
            told = (report + "\n".join(line for line in lines if sandbox.url not in line)).lower()
        assert json.loads(report)["requests"]
        strings = {MARK.lower(), "quux", world.key.lower(), world.main.id, "7e8b0c1d", "9182736455463728190"}
        strings |= {person.email.lower() for person in world.main.people.values() if person.email}
        strings |= set(world.main.people) | set(world.main.sites)
        assert sorted(one for one in strings if one and one in told) == []


def test_a_refusal_that_repeats_everything(doctor):
    """The server's own words are neither on the screen nor in the report."""
    body = {"message": PLANTED[1], "details": {"applicationError": {"code": MARK, "description": PLANTED[0]}}}
    with Sandbox(World(SIZE), faults=[Fault.of("status", status=403, body=body, times=0)]) as sandbox:
        code, lines, report = doctor(sandbox)
    assert code == 1
    assert MARK.lower() not in (report + "\n".join(lines)).lower()


def test_the_report_is_private(doctor, tmp_path):
    """It is for its owner alone, and a link of its name is not followed."""
    aim = tmp_path / "aim"
    aim.write_text("precious")
    with Sandbox(World(SIZE)) as sandbox:
        doctor(sandbox)
        assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o600
        (tmp_path / "link.json").symlink_to(aim)
        code, lines, _ = doctor(sandbox, "--doctor", "--report", str(tmp_path / "link.json"))
    assert aim.read_text() == "precious"
    assert code == 1
    assert any("report" in line and f"cannot be written to {tmp_path / 'link.json'}: " in line for line in lines)


def test_what_the_report_is_for(doctor):
    """It says status, time, size, kinds and known values, to compare with the contract."""
    with Sandbox(World(SIZE)) as sandbox:
        _, _, text = doctor(sandbox)
    requests = {one["endpoint"]: one for one in json.loads(text)["requests"]}
    team = requests["POST /roles-management/v3/team/search"]
    assert (team["status"], team["error"]) == (200, None)
    assert team["bytes"] > 1000
    assert team["shape"]["$.teamMembers[].user.id"] == {"kinds": {"GUID": 40}, "lengths": [36, 36]}
    assert set(team["shape"]["$.facets[].facetType"]["values"]) <= {"Users", "InviteStatus", "Roles"}
    assert "GET /accounts/v1/accounts/{accountId}" in requests


class TestTest:
    """`--test` says what it could not read, and prints no rows."""

    def test_all_well(self, doctor, caplog):
        """Nothing is written, and the log says that it works."""
        caplog.set_level("INFO")
        with Sandbox(World(SIZE)) as sandbox:
            code, lines, _ = doctor(sandbox, "--test")
        assert (code, [line for line in lines if "RECORD" in line]) == (0, [])
        assert "The connection works: every stream could be read" in caplog.text

    @pytest.mark.parametrize("denied", ["query_contributors", "get_account", "query_folders", "get_roles"])
    def test_a_permission_is_missing(self, denied, doctor, caplog):
        """It is named, and the exit code is 1."""
        caplog.set_level("INFO")
        with Sandbox(World(SIZE), options=ApiOptions(deny=[denied])) as sandbox:
            code, _, _ = doctor(sandbox, "--test")
        assert code == 1
        assert "refused (403)" in caplog.text
        assert "The connection works" not in caplog.text

    def test_a_wrong_key(self, doctor, caplog):
        """It is reported once."""
        with Sandbox(World(SIZE)) as sandbox:
            code, _, _ = doctor(sandbox, "--test", api_key="IST.nobody-knows-it")
        assert code == 1
        assert caplog.text.count("does not accept the API key") == 1

    def test_what_is_not_said_elsewhere(self, doctor, caplog):
        """That Wix does not count, and caps its pages, is no failure, but is reported."""
        caplog.set_level("INFO")
        with Sandbox(World(SIZE), options=ApiOptions(facets=False, page_cap=10)) as sandbox:
            code, _, _ = doctor(sandbox, "--test")
        assert code == 0
        assert "Wix caps them at 10 rows" in caplog.text
        assert "Wix does not count" in caplog.text
