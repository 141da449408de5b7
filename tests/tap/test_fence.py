"""Whatever happens in a read ends that read alone; and what surrounds a run ends it in one sentence."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from tests.support import TABLES, catalog, command, commands, config, environment, run, write_json
from wix_sandbox import ApiOptions, Fault, Sandbox, Size, World

SMALL = Size(users=12, sites=3, child_accounts=0)


def renamed(path, value):
    """A fault of the answer that holds this place: another value in it."""
    return Fault.of("wrong_types", endpoint="search_team", path=path, value=value, times=0)


@pytest.mark.parametrize("value", ["a\x00b", "\x00", "\x00\x00"])
def test_text_that_no_target_can_store(value):
    """The team is read, and the character becomes U+FFFD."""
    with Sandbox(World(SMALL), faults=[renamed("teamMembers.0.user.name.firstName", value)]) as sandbox:
        ran = run(sandbox)
    assert ran.code == 0
    names = [row["first_name"] for row in ran.records("users") if "\ufffd" in (row["first_name"] or "")]
    assert names == [value.replace("\x00", "\ufffd")]


@pytest.mark.parametrize("value", ["a\x00", "a\x1bb", "a\nb", "\ufffd"])
@pytest.mark.parametrize(
    ("endpoint", "path", "failed"),
    [
        ("search_team", "teamMembers.0.user.id", {"users", "assignments", "invites", "invite_assignments"}),
        ("query_sites", "sites.0.id", {"sites"}),
        ("get_roles", "predefinedRoles.0.id", {"roles"}),
        ("query_folders", "folders.0.id", {"folders"}),
    ],
)
def test_an_id_that_no_target_can_store(endpoint, path, failed, value):
    """Its read fails, with a receipt that shows nothing of it, and the other streams go on."""
    fault = Fault.of("wrong_types", endpoint=endpoint, path=path, value=value, times=0)
    with Sandbox(World(SMALL), faults=[fault]) as sandbox:
        ran = run(sandbox)
    statuses = ran.statuses()
    assert {stream for stream, status in statuses.items() if status != "complete"} == failed
    assert {statuses[stream] for stream in failed} == {"failed"}
    for stream in failed:
        assert ran.receipt(stream)["error"].endswith(
            "an id holds characters that no target can store, so that rows could not be distinguished"
        )
    assert ran.code == 1


def test_a_site_id_beyond_ascii():
    """It goes into a header: the contributors' read fails, and nothing else."""
    fault = Fault.of("wrong_types", endpoint="query_sites", path="sites.0.id", value="s\u00edte", times=0)
    with Sandbox(World(SMALL), faults=[fault]) as sandbox:
        ran = run(sandbox, catalog=catalog(*TABLES, "site_contributors", "snapshots", "change_log"))
    assert {stream for stream, status in ran.statuses().items() if status != "complete"} <= {"site_contributors"}
    assert ran.code in (0, 1)


def test_letters_that_play_tricks():
    """An id that turns writing round, and one that commands a terminal, reach neither log nor receipt."""
    with Sandbox(World(SMALL)) as sandbox:
        world = sandbox.world.main
        fault = Fault.of("wrong_types", endpoint="query_sites", path="sites.0.id", value="\u202es\u2066", times=0)
        sandbox.faults.add(fault)
        ran = run(sandbox, catalog=catalog(*TABLES, "site_contributors", "snapshots", "change_log"))
    assert world.sites
    told = ran.log + "".join(receipt["error"] or "" for receipt in ran.receipts.values())
    assert [letter for letter in told if letter in "\u202e\u2066\x1b"] == []


def test_an_error_that_nobody_foresaw(monkeypatch):
    """It is reported by its kind and its place, without its words, and ends its read alone."""

    def fail(*_):
        raise ZeroDivisionError("anna@example.com")

    monkeypatch.setattr("tap_wix_users.wix.times.normalized", fail)
    with Sandbox(World(SMALL)) as sandbox:
        ran = run(sandbox)
    assert ran.statuses() == {
        **dict.fromkeys(("accounts", "roles"), "complete"),
        **dict.fromkeys(set(TABLES) - {"accounts", "roles"}, "failed"),
    }
    error = ran.receipt("users")["error"]
    assert error.startswith("Reading team: it failed with an unexpected ZeroDivisionError at test_fence.py:")
    assert "anna" not in ran.log + "".join(ran.lines)


def inflating(size):
    """A state whose rows inflate to so many zeros, of which one part is compressed, and repeated."""
    packer = zlib.compressobj(9, wbits=-15)
    part = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (size % 65_521 << 16 | 1).to_bytes(4, "big")  # Adler-32's rule for zeros
    return base64.b64encode(b"\x78\xda" + part * (size // 2**20) + packer.flush() + checksum).decode()


def test_a_state_that_inflates():
    """It counts as none, without its gigabytes in memory."""
    with Sandbox(World(SMALL)) as sandbox:
        state = run(sandbox).state
        account = state["bookmarks"]["users"]["accounts"][sandbox.world.main.id]
        account["rows"], account["count"] = inflating(2**29), 12
        ran = run(sandbox, state=state)
    assert (ran.code, ran.statuses()["users"]) == (0, "complete")
    assert "cannot be read, and is ignored: it is damaged" in ran.log


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "nonsense", "7", '"\\ud83d"'],
    ids=["lists", "objects", "word", "7", "half"],
)
def test_a_state_that_is_none(text, tmp_path):
    """One sentence, whatever the file holds."""
    with Sandbox(World(SMALL)) as sandbox:
        file = write_json(tmp_path / "config.json", config(sandbox))
    (tmp_path / "state.json").write_text(text)
    ran = command("--config", file, "--state", str(tmp_path / "state.json"))
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("levels", [60, 400, 900])
def test_a_state_that_is_nested(levels, tmp_path):
    """What is nested deeper than this tap writes is ignored with its account: it could not be written again."""
    with Sandbox(World(SMALL)) as sandbox:
        file = write_json(tmp_path / "config.json", config(sandbox))
        text = json.dumps(run(sandbox).state)
        deep = f'"accounts": {{"{sandbox.world.main.id}": {{"more": {"[" * levels}{"]" * levels}, '
        text = text.replace(f'"accounts": {{"{sandbox.world.main.id}": {{', deep, 1)
        assert deep in text
        (tmp_path / "state.json").write_text(text)
        ran = commands(["--config", file, "--state", str(tmp_path / "state.json")])[0]
    assert ran.code == 0, ran.log[-2000:]
    assert ran.log.count("cannot be read, and is ignored") == 1


def test_a_state_that_cannot_be_read(tmp_path):
    """A file that opens, and then does not let itself be read, is one sentence."""
    with Sandbox(World(SMALL)) as sandbox:
        file = write_json(tmp_path / "config.json", config(sandbox))
        ran = commands(["--config", file, "--state", "/proc/self/mem"])[0]
    assert ran.code == 2
    assert "--state: cannot be read: Input/output error" in ran.log


def test_half_a_surrogate_pair_in_a_state(tmp_path):
    """It is written as U+FFFD, and stops nothing."""
    with Sandbox(World(SMALL)) as sandbox:
        file = write_json(tmp_path / "config.json", config(sandbox))
        (tmp_path / "state.json").write_text('{"bookmarks": {"users": {"accounts": {"A\\ud83d": {"pending": ""}}}}}')
        ran = command("--config", file, "--state", str(tmp_path / "state.json"))
    assert ran.returncode == 0, ran.stderr[-2000:]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ALL_PROXY": "socks5://h:1"}, "`ALL_PROXY` names a proxy that is neither http:// nor https://"),
        ({"HTTPS_PROXY": "http://h:99999"}, "`HTTPS_PROXY` is not the address of a proxy"),
        ({"SSL_CERT_FILE": "/nowhere"}, "`SSL_CERT_FILE` names a file that cannot be read"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "fd00::/8"}, "through the proxy of `HTTPS_PROXY`"),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--test"]])
def test_network_settings_that_cannot_be_used(variables, sentence, arguments, tmp_path):
    """A variable that cannot be used is named, before anything is written."""
    settings = {"api_key": "IST.0123456789", "account_id": "0aaaaaaa-1111-4222-8333-444455556666"}
    file = write_json(tmp_path / "config.json", {**settings, "max_retry_seconds": 0, "request_timeout": 2})
    kept = {name: text for name, text in environment().items() if not name.lower().endswith("_proxy")}
    ran = command("--config", file, *arguments, env={**kept, **variables})
    assert ran.returncode == 1
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr


class TestNothingReadable:
    """Without a state, a run that is refused everything ends in one sentence and without a record."""

    @pytest.mark.parametrize(
        ("options", "settings", "sentence"),
        [
            (
                {},
                {"api_key": "IST.another-key"},
                "Nothing could be read, every request was refused (401): Wix does not ",
            ),
            (
                {"deny": ["search_team", "get_roles", "query_sites", "count_sites", "query_folders", "get_account"]},
                {},
                "Nothing could be read, every request was refused (403): `account_id` is not the account",
            ),
        ],
    )
    def test_the_first_run(self, options, settings, sentence, tmp_path):
        """No receipt is written: `meltano config test` takes any record for success."""
        with Sandbox(World(SMALL), options=ApiOptions(**options)) as sandbox:
            ran = command("--config", write_json(tmp_path / "config.json", config(sandbox, **settings)))
        assert (ran.returncode, ran.stdout.count('"RECORD"')) == (1, 0)
        (line,) = [line for line in ran.stderr.splitlines() if "Nothing could be read" in line]
        assert sentence in line
        assert ran.stderr.count("does not accept the API key") == (1 if settings else 0)

    def test_a_later_run(self, tmp_path):
        """With a state there are receipts, and a key that is not accepted is reported once."""
        with Sandbox(World(SMALL)) as sandbox:
            (tmp_path / "state.json").write_text(json.dumps(run(sandbox).state))
            file = write_json(tmp_path / "config.json", config(sandbox, api_key="IST.another-key"))
            ran = command("--config", file, "--state", str(tmp_path / "state.json"))
        assert ran.returncode == 1
        assert ran.stdout.count('"status":"refused"') == len(TABLES)
        assert ran.stderr.count("does not accept the API key") == 1
