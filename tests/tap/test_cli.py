"""The command, as a process of its own: options, bad input, pipes and signals."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_wix_users.tap import TapWixUsers
from tests.support import (
    BY_SITE,
    LOGS,
    TABLES,
    command,
    commands,
    config,
    environment,
    own_signals,
    program,
    run,
    started,
    write_json,
)
from wix_sandbox import ApiOptions, Fault, Size, World

KEY = "IST.marked-0123456789abcdef"
ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
NOWHERE = "http://127.0.0.1:9"

SOON = 60
"""Seconds: long before what is waited for would come, however busy this machine is."""


def _clean(done):
    """No traceback and no secret in what a process said."""
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr
    assert KEY not in done.stdout
    return True


# Options.


@pytest.mark.parametrize("option", ["json", "markdown"])
def test_about(option):
    """`--about` lists every setting, marks the key as a secret, and does not offer BATCH files."""
    done = command("--about", "--format", option)
    assert (done.returncode, _clean(done)) == (0, True)
    for name in ("api_key", "max_removal_ratio", "emit_activate_version_messages", "include_accept_links"):
        assert name in done.stdout
    if option == "json":
        about = json.loads(done.stdout)
        assert about["settings"]["properties"]["api_key"]["secret"] is True
        assert about["capabilities"] == [
            "catalog",
            "state",
            "discover",
            "activate-version",
            "about",
            "stream-maps",
            "schema-flattening",
            "structured-logging",
        ]


def test_version_and_help():
    """`--version` and `--help` say what they should, and end with 0."""
    version, text = command("--version"), command("--help")
    assert (version.returncode, text.returncode) == (0, 0)
    assert re.fullmatch(r"tap-wix-users v\d+\.\d+\.\d+, Meltano SDK v0\.54\.\d+\n", version.stdout)
    for option in ("--config", "--catalog", "--state", "--discover", "--test", "--about"):
        assert option in text.stdout


def test_connection_test_passes(tmp_path, serve):
    """`--test` requests each endpoint once, says that it works, and writes no rows."""
    sandbox = serve(World(Size(users=300)))
    done = command("--config", write_json(tmp_path / "config.json", config(sandbox)), "--test")
    assert (done.returncode, done.stdout, _clean(done)) == (0, "", True)
    assert "The connection works: every stream could be read" in done.stderr
    assert set(sandbox.stats()["requests"].values()) == {1}


@pytest.mark.parametrize("option", ["--test", "--test=all"])
def test_connection_test_fails(tmp_path, serve, option):
    """With a key that Wix does not know, `--test` ends with 1 and the reason."""
    sandbox = serve()
    settings = config(sandbox, api_key=KEY)
    done = command("--config", write_json(tmp_path / "config.json", settings), option)
    assert (done.returncode, _clean(done)) == (1, True)
    assert "Wix does not accept the API key: check `api_key`" in done.stderr
    assert "The connection works" not in done.stderr


def test_connection_test_of_something_else(tmp_path, serve):
    """A misspelt `--test=ALL` does not pass for a test that passed."""
    settings = config(serve(), api_key=KEY)
    done = command("--config", write_json(tmp_path / "config.json", settings), "--test=ALL")
    assert done.returncode != 0


def test_schema_test(tmp_path):
    """`--test=schema` writes every SCHEMA, and sends no request."""
    settings = {"api_key": KEY, "account_id": ACCOUNT, "base_url": NOWHERE}
    done = command("--config", write_json(tmp_path / "config.json", settings), "--test=schema")
    assert (done.returncode, _clean(done)) == (0, True)
    written = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(m["type"], m["stream"]) for m in written] == [("SCHEMA", name) for name in sorted(TABLES + BY_SITE + LOGS)]


# Configuration.


def test_settings_of_the_environment(tmp_path, serve):
    """Settings come from the environment alone, and over those of a file."""
    sandbox = serve()
    env = {
        "TAP_WIX_USERS_API_KEY": sandbox.world.key,
        "TAP_WIX_USERS_ACCOUNT_ID": sandbox.world.main.id.upper(),
        "TAP_WIX_USERS_BASE_URL": sandbox.url + "/",
        "TAP_WIX_USERS_REQUESTS_PER_MINUTE": "5000",
        "TAP_WIX_USERS_MAX_RETRY_SECONDS": "0",
        "TAP_WIX_USERS_INCLUDE_CHILD_ACCOUNTS": "true",
        "TAP_WIX_USERS_HISTORY": "",
    }
    alone = command("--config", "ENV", env=environment(**env))
    other = config(sandbox, api_key=KEY, include_child_accounts=False)
    both = command("--config", write_json(tmp_path / "config.json", other), "--config", "ENV", env=environment(**env))
    for done in (alone, both):
        assert (done.returncode, _clean(done)) == (0, True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        accounts = {m["record"]["account_id"] for m in rows if m["type"] == "RECORD" and m["stream"] == "users"}
        assert accounts == set(sandbox.world.accounts)
        assert sandbox.world.key not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("STREAM_MAPS", "x"), ("STREAM_MAP_CONFIG", "{"), ("FAKER_CONFIG", "nan"), ("FLATTENING_MAX_DEPTH", "1.5")],
)
def test_a_setting_of_the_sdk_in_the_environment(name, value, monkeypatch):
    """One that cannot be read is named, and its value is not shown; an empty one is not set."""
    for variable, text in {"API_KEY": KEY, "ACCOUNT_ID": ACCOUNT, name: value}.items():
        monkeypatch.setenv(f"TAP_WIX_USERS_{variable}", text)
    with own_signals():
        with pytest.raises(ConfigValidationError) as caught:
            TapWixUsers(parse_env_config=True)
        monkeypatch.setenv(f"TAP_WIX_USERS_{name}", "")
        tap = TapWixUsers(parse_env_config=True)
    sentence = f"`TAP_WIX_USERS_{name}` is not as `--about` describes it. Its value is not shown here"
    assert caught.value.errors == [sentence]
    assert not tap.config.get(name.lower())


BAD = {
    "no settings": ({}, "`api_key` is missing"),
    "no account": ({"api_key": KEY}, "`account_id` is missing"),
    "a key with Bearer": ({"api_key": f"Bearer {KEY}", "account_id": ACCOUNT}, "starts with `Bearer`"),
    "a key that is a number": ({"api_key": 1234567890123, "account_id": ACCOUNT}, "`api_key`"),
    "a key that is an object": ({"api_key": {"key": KEY}, "account_id": ACCOUNT}, "`api_key`"),
    "an account that is no GUID": ({"api_key": KEY, "account_id": KEY}, "is not a GUID"),
    "plain http": ({"api_key": KEY, "account_id": ACCOUNT, "base_url": "http://example.com"}, "https://"),
    "a key in the address": ({"api_key": KEY, "account_id": ACCOUNT, "base_url": f"https://{KEY}@example.com"}, "host"),
    "a size of nothing": ({"api_key": KEY, "account_id": ACCOUNT, "page_size": 0}, "`page_size`"),
    "a size in words": ({"api_key": KEY, "account_id": ACCOUNT, "page_size": KEY}, "`page_size`"),
    "a ratio over one": ({"api_key": KEY, "account_id": ACCOUNT, "max_removal_ratio": 2}, "`max_removal_ratio`"),
    "a locale": ({"api_key": KEY, "account_id": ACCOUNT, "locale": "english, please"}, "`locale`"),
    "maps that are text": ({"api_key": KEY, "account_id": ACCOUNT, "stream_maps": KEY}, "stream_maps"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What the command said to each bad configuration."""
    folder = tmp_path_factory.mktemp("configs")
    files = [write_json(folder / f"{n}.json", settings) for n, (settings, _) in enumerate(BAD.values())]
    return dict(zip(BAD, commands(*(["--config", file] for file in files)), strict=True))


@pytest.mark.parametrize("case", BAD)
def test_bad_settings(refused, case):
    """A bad setting is refused before the first request, in a sentence that names it, with 1 and without its value."""
    ran = refused[case]
    assert (ran.code, ran.lines) == (1, [])
    assert BAD[case][1] in ran.log
    for secret in ("Traceback", KEY, "1234567890123"):
        assert secret not in ran.log


def test_an_unknown_setting(tmp_path, serve):
    """A setting that does not exist is ignored, with the name that was probably meant."""
    settings = config(serve(), include_child_acounts=True)
    done = command("--config", write_json(tmp_path / "config.json", settings))
    assert done.returncode == 0
    sentence = "The setting `include_child_acounts` does not exist and is ignored: is `include_child_accounts` meant?"
    assert sentence in done.stderr


def _files(folder):
    """Files that are no JSON object, in each way that they can fail to be."""
    (folder / "cut.json").write_text('{"api_key": ')
    (folder / "list.json").write_text("[1]")
    (folder / "bytes.json").write_bytes(b"\xff\xfe{")
    (folder / "empty.json").write_text("")
    return ["cut.json", "list.json", "bytes.json", "empty.json", "missing.json", "."]


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_bad_files(tmp_path, option):
    """A file that is not there, or no JSON object, is named or its option is, in one sentence."""
    good = write_json(tmp_path / "config.json", {"api_key": KEY, "account_id": ACCOUNT, "base_url": NOWHERE})
    more = [] if option == "--config" else ["--config", good]

    # An empty file is no state, and no mistake.
    names = [name for name in _files(tmp_path) if (option, name) != ("--state", "empty.json")]
    lines = [[*more, option, str(tmp_path / name)] for name in names]
    for ran in commands(*lines):
        assert (ran.code, ran.lines) == (2, [])
        reason = "(not a JSON object|not a Singer catalog|[Nn]o such file|directory)"
        assert re.search(rf"Error: Invalid value for '?{option}'?: .*{reason}", ran.log)
        assert "Traceback" not in ran.log
        assert KEY not in ran.log


ODD = [
    ("--state", {"bookmarks": []}),
    ("--state", {"bookmarks": {"users": None}}),
    ("--catalog", {"streams": 5}),
    ("--catalog", {"streams": [{"tap_stream_id": "users"}]}),
]


@pytest.fixture(scope="module")
def odd_runs(tmp_path_factory):
    """What the command said to each of them."""
    folder, lines = tmp_path_factory.mktemp("odd"), []
    good = {"api_key": KEY, "account_id": ACCOUNT, "base_url": NOWHERE, "max_retry_seconds": 0}
    settings = write_json(folder / "config.json", good)
    for number, (option, content) in enumerate(ODD):
        lines.append(["--config", settings, option, write_json(folder / f"{number}.json", content)])
    return commands(*lines)


@pytest.mark.parametrize("number", range(len(ODD)), ids=lambda number: str(ODD[number]))
def test_odd_files(odd_runs, number):
    """A JSON object of another shape gets a sentence, not a traceback."""
    assert "Traceback" not in odd_runs[number].log


# Pipes.


@pytest.mark.parametrize("lines", [0, 1, 30])
def test_a_closed_pipe(tmp_path, serve, lines):
    """When the target is gone the run ends soon, with 1, one sentence, and no traceback."""
    sandbox = serve(World(Size(users=400)))
    with started("--config", write_json(tmp_path / "config.json", config(sandbox))) as process:
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        assert process.wait(SOON) == 1
        said = process.stderr.read().decode()
    assert "Cannot write to the target: Broken pipe" in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_a_full_disk(tmp_path, serve):
    """Output that cannot be stored is a failure too."""
    settings = write_json(tmp_path / "config.json", config(serve()))
    with Path("/dev/full").open("w") as full:
        done = command("--config", settings, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert "Cannot write to the target: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("option", ["--discover", "--about"])
def test_a_full_disk_where_no_sync_is_asked_for(tmp_path, serve, option):
    """A catalog, or a description, that cannot be stored is a failure, reported in a sentence."""
    settings = write_json(tmp_path / "config.json", config(serve()))
    with Path("/dev/full").open("w") as full:
        done = command("--config", settings, option, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert "Cannot write the output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


# Signals.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_request_stalls(tmp_path, serve, number):
    """The run does not wait for the answer, and ends with the signal's code; all that it wrote is whole lines."""
    sandbox = serve(faults=[Fault.of("stall", endpoint="query_sites", seconds=300)])
    settings = write_json(tmp_path / "config.json", config(sandbox, request_timeout=300))
    with started("--config", settings) as process:
        while b'"roles"' not in (line := process.stdout.readline()):
            assert line
        _until(lambda: any(name == "query_sites" for name in sandbox.api._numbers))
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(SOON) == 128 + number
        said = process.stderr.read().decode()
    assert not rest or rest.endswith(b"\n")
    assert all(json.loads(line) for line in rest.splitlines())
    assert f"Ended by {number.name}; what a target has stored up to the last STATE is complete" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_a_signal_while_pages_are_read_ahead(tmp_path, serve, number):
    """So it ends also while several requests of a walk are under way."""
    sandbox = serve(
        World(Size(users=900)), faults=[Fault.of("stall", endpoint="search_team", nth=3, times=0, seconds=300)]
    )
    settings = write_json(tmp_path / "config.json", config(sandbox, request_timeout=300))
    with started("--config", settings) as process:
        _until(lambda: sandbox.api._numbers.get("search_team", 0) > 3)
        process.send_signal(number)
        assert process.wait(SOON) == 128 + number
        assert process.stdout.read().endswith(b"\n")


def test_a_signal_that_interrupts_nothing(tmp_path, serve):
    """It ends the run as well where another thread receives it, while the main thread waits."""
    sandbox = serve(faults=[Fault.of("stall", endpoint="query_sites", seconds=300)])
    settings = write_json(tmp_path / "config.json", config(sandbox, request_timeout=300))
    with started("--config", settings, shared=False) as process:
        _until(lambda: sandbox.api._numbers.get("query_sites"))
        time.sleep(0.5)
        (other, *_) = (
            int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir() if int(task.name) != process.pid
        )
        assert ctypes.CDLL(None).tgkill(process.pid, other, signal.SIGTERM) == 0
        assert process.wait(SOON) == 143
        assert "Ended by SIGTERM" in process.stderr.read().decode()


def _until(happened):
    patience = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_a_signal_while_a_long_line_is_written(tmp_path, serve):
    """A STATE that is longer than the pipe is whole, or not there, when a signal comes while it is written."""
    sandbox = serve(World(Size(users=4000, assignments_per_user=2)))
    with started("--config", write_json(tmp_path / "config.json", config(sandbox))) as process:
        while b'"snapshots"' not in (line := process.stdout.readline()) or b'"assignments"' not in line:
            assert line
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        rest = process.stdout.read()
        assert process.wait(SOON) == 143
    assert rest.endswith(b"\n")


def test_progress(serve, monkeypatch):
    """A read that takes long says how far it is, of how many, and how fast."""
    monkeypatch.setattr("tap_wix_users.extract._PROGRESS_SECONDS", 0.2)
    sandbox = serve(World(Size(users=60)), options=ApiOptions(latency=0.05))
    said = run(sandbox, page_size=5, max_concurrency=1).log
    assert re.search(r"^Reading team of account \S+: \d+ of 72 so far, \d+ a second$", said, re.MULTILINE)
    assert re.search(
        r"^Read team of account \S+: 72 in \d+\.\d s \(\d+ a second\), \d+ requests, 0 of them retries",
        said,
        re.MULTILINE,
    )


def test_the_log_is_on_stderr(tmp_path, serve):
    """Standard output holds messages alone, whatever the level of the log; a failure ends with its code there too."""
    sandbox = serve(options=ApiOptions(deny=["get_roles"]))
    settings = write_json(tmp_path / "config.json", config(sandbox))
    done = command("--config", settings, env=environment(TAP_WIX_USERS_LOGLEVEL="DEBUG"))
    assert (done.returncode, _clean(done)) == (1, True)
    assert {json.loads(line)["type"] for line in done.stdout.splitlines()} == {"SCHEMA", "RECORD", "STATE"}
    last = done.stderr.splitlines()[-2:]
    assert last[0].endswith("This run is not complete: 1 failure(s); everything else was read")
    assert "- roles of account" in last[1]


def test_installed_command():
    """The package's command is this module's."""
    script = Path(sys.executable).with_name("tap-wix-users")
    if script.exists():
        done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True, env=dict(os.environ))
        assert done.stdout.startswith("tap-wix-users v")


def test_the_garbage_of_another_program(tmp_path, serve):
    """Its collector is its own, and stays as it is whatever it does with the tap; that of the command runs seldom."""
    code = (
        "import contextlib, gc, sys\n"
        "own = gc.get_threshold()\n"
        "def told(): print(gc.get_threshold() == own, gc.get_freeze_count() < 10_000, file=sys.stderr)\n"
        "told()\n"
        "from tap_wix_users.tap import TapWixUsers\n"
        "with contextlib.suppress(SystemExit): TapWixUsers.cli()\n"
        "told()\n"
        "from tap_wix_users.__main__ import main\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "told()\n"
    )
    done = program(code, "--config", write_json(tmp_path / "config.json", config(serve())))
    assert done.returncode == 0
    assert done.stdout.count('"SCHEMA"') == 2 * len((*TABLES, *LOGS))
    told = [line for line in done.stderr.splitlines() if line.startswith(("True", "False"))]
    assert told == ["True True", "True True", "False False"]
