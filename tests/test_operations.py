"""Running it every day: the files of `examples/operations`, states, one run per account, exit codes, logs."""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import py_compile
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.meltano import MELTANO, make_project, meltano
from tests.support import command, config, environment, started, write_json
from wix_sandbox import ApiOptions, Fault, Sandbox, Size, World

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "operations"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def _section(heading):
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _cells(text):
    """The cells of the Markdown tables in a text, without their heads."""
    lines = [line.strip("|") for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\) \| ", line)] for line in lines]


@pytest.fixture
def project(tmp_path):
    """A Meltano project of its own: the real one's file, plugins and examples, but not its state and output."""
    shutil.copytree(EXAMPLES, tmp_path / "examples" / "operations")
    meltano(tmp_path)
    return make_project(tmp_path)


LOADED = {"WIX_RUN": "tap-wix-users target-duckdb-bulk"}
"""A run without the models, where they make no difference."""


def _env(sandbox=None, **more):
    found = environment(MELTANO="./meltano", MELTANO_ENVIRONMENT="sandbox", NO_COLOR="1")
    if sandbox:
        found |= {
            "TAP_WIX_USERS_BASE_URL": sandbox.url,
            "TAP_WIX_USERS_API_KEY": sandbox.world.key,
            "TAP_WIX_USERS_ACCOUNT_ID": sandbox.world.main.id,
        }
    return found | more


def _ran(project, *command_line, env):
    return subprocess.run(
        list(map(str, command_line)), cwd=project, env=env, capture_output=True, text=True, check=False, timeout=300
    )


def _script(project, name, *arguments, env):
    return _ran(project, project / "examples" / "operations" / name, *arguments, env=env)


def _stored(project, query):
    with duckdb.connect(str(project / "output" / "wix.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


# nightly.sh.


def test_two_nights(project):
    """Each prints the summary and nothing else, keeps the log, and gives Meltano's code on; also when it fails.

    All that they leave is for its owner alone, and no file with the key in it stays, also of a run that was killed.
    """
    run = project / ".meltano" / "run" / "tap-wix-users"
    run.mkdir(parents=True)
    left = run / "tap.0.config.json"
    world, before = World(Size(users=12, sites=3)), {path for path in project.rglob("*") if not path.is_symlink()}

    def night(sandbox):
        left.write_text(json.dumps({"api_key": world.key}))
        done = _script(project, "nightly.sh", env=_env(sandbox))
        assert list(run.glob("*.config.json")) == []
        return done

    with Sandbox(world) as sandbox:
        good = night(sandbox)
        assert (good.returncode, good.stderr) == (0, "")
        summary = json.loads(good.stdout)
        assert (summary["outcome"], summary["rows"]["users"]) == ("complete", len(world.main.people))
        sandbox.faults.add(Fault.of("status", endpoint="get_roles", status=403))
        bad = night(sandbox)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["failed"] == ["roles"]
    assert "This run is not complete: 1 failure(s); everything else was read" in bad.stderr
    logs = sorted((project / "output" / "logs").glob("*.log"))
    assert len(logs) == 2
    for log, line in zip(logs, (good.stdout, bad.stdout), strict=True):
        text = log.read_text(encoding="utf-8")
        assert f"SUMMARY: {line}" in text
        assert world.key not in text + bad.stderr
    made = [path for path in project.rglob("*") if not path.is_symlink() and path not in before]
    assert len(made) > 10
    assert [path for path in made if path.stat().st_mode & 0o077] == []
    assert [path for path in made if path.is_file() and world.key.encode() in path.read_bytes()] == []


def test_temporary_files(project):
    """A loader that fails leaves none behind, and those that it makes are in a folder of its owner's."""
    seen = project / "seen"
    fake = project / "meltano"
    fake.write_text(
        f'#!/bin/bash\nstat -c %a "$TMPDIR" >{seen}\ntouch "$TMPDIR/rows.csv"\necho "$TMPDIR" >>{seen}\nexit 3\n'
    )
    fake.chmod(0o700)
    assert _script(project, "nightly.sh", env=_env(MELTANO=str(fake))).returncode == 3
    mode, folder = seen.read_text().split()
    assert (mode, Path(folder).exists()) == ("700", False)


def test_a_night_that_cannot_begin(project):
    """Without Meltano there is no summary, the shell's code, and the reason; a wrong setting is reported likewise."""
    missing = _script(project, "nightly.sh", env=_env(MELTANO="no-such-command"))
    assert (missing.returncode, missing.stdout) == (127, "")
    assert "no-such-command" in missing.stderr
    wrong = _script(
        project, "nightly.sh", env=_env(TAP_WIX_USERS_API_KEY="IST.0123456789", TAP_WIX_USERS_ACCOUNT_ID="x")
    )
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "`account_id` is not a GUID" in wrong.stderr


def test_two_nights_at_once(project):
    """While a run is under way another one ends with 75, and has touched nothing."""
    logs = project / "output" / "logs"
    logs.mkdir()
    with (logs / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _script(project, "nightly.sh", env=_env())
    assert (done.returncode, done.stdout) == (75, "")
    assert "Another run is under way: it holds output/logs/lock" in done.stderr
    assert [path.name for path in logs.iterdir()] == ["lock"]


# One run per account.


ID = "0aaaaaaa-1111-4222-8333-444455556666"


def test_one_run_per_account(project):
    """Two accounts, two states, the same tables: neither sees the other's rows, and each goes on from its own state.

    An account that fails makes the whole command fail, and those behind it are loaded all the same.
    """
    world = World(Size(users=12, sites=3, child_accounts=1))
    ids = sorted(world.accounts)
    with Sandbox(world) as sandbox:
        (project / "accounts.txt").write_text("\n\n".join([ID, *ids]))  # the last line has no end, as editors leave it
        first = _script(project, "accounts.sh", "accounts.txt", env=_env(sandbox, **LOADED))
        assert first.returncode == 1
        failed, *told = first.stdout.splitlines()
        assert json.loads(failed)["outcome"] == "incomplete"
        leaver = list(world.main.people)[-1]
        with sandbox.lock:
            world.main.leave(leaver)
        (project / "accounts.txt").write_text("\n".join(ids))
        second = _script(project, "accounts.sh", "accounts.txt", env=_env(sandbox, **LOADED))
        assert second.returncode == 0, second.stderr
    listed = _ran(project, "./meltano", "state", "list", env=_env())
    names = [f"sandbox:tap-wix-users-to-target-duckdb-bulk:{account}" for account in ids]
    assert {line for line in listed.stdout.splitlines() if line.startswith("sandbox:") and ID not in line} == {*names}
    for account, name in zip(ids, names, strict=True):
        state = json.loads(_ran(project, "./meltano", "state", "get", name, env=_env()).stdout)
        kept = {key for one in state["singer_state"]["bookmarks"].values() for key in one.get("accounts", {})}
        assert kept == {account}
    sums = [json.loads(line) for line in told + second.stdout.splitlines()]
    assert [(one["accounts"], one["outcome"]) for one in sums] == [(1, "complete")] * 4
    removed = {account: one["changes"]["users"]["removed"] for account, one in zip(ids, sums[2:], strict=True)}
    assert removed == {account: int(account == world.main.id) for account in ids}
    assert [one["rows"]["users"] for one in sums[2:]] == [0, 0]
    counted = _stored(project, "select account_id, count(*) from raw_wix.users group by 1 order by 1")
    left = {world.main.id: 1}
    assert counted == [(account, len(world.accounts[account].people) + left.get(account, 0)) for account in ids]
    logged = _stored(project, "select account_id, record_key from raw_wix.change_log where stream_name = 'users'")
    assert logged == [(world.main.id, leaver)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"{ID}\n", [ID]),
        (f"{ID}\r\n{ID}\r\n", [ID, ID]),
        (f"\ufeff{ID}\r\n", [ID]),
        (f"# ours\n  # theirs\n{ID}  # the first\n\t{ID}\t\n", [ID, ID]),
        (f"\r\n \n{ID}", [ID]),
        ("", []),
        ("#\r\n", []),
    ],
)
def test_a_list_of_accounts(project, text, ids):
    """Comments, blank lines, indents, the line ends of Windows and a byte order mark are no accounts."""
    night = project / "examples" / "operations" / "nightly.sh"
    night.write_text('#!/bin/bash\necho "$TAP_WIX_USERS_ACCOUNT_ID $1"\n')
    (project / "accounts.txt").write_bytes(text.encode())
    done = _script(project, "accounts.sh", "accounts.txt", env=_env())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{one} --state-id-suffix={one}" for one in ids]


# States.


def _backends():
    rows = [cell for row in _cells(_section("The state")) if "`" in row[1] for cell in row[1:2]]
    found = [re.findall(r"`(.+?): (.+)`", cell)[0] for cell in rows]
    needs = {"s3": "boto3", "gs": "google", "azure": "azure", "postgresql+psycopg": "psycopg"}
    return [(name, uri, needs.get(uri.partition(":")[0])) for name, uri in found]


@pytest.mark.parametrize(("setting", "uri", "missing"), _backends())
def test_a_place_for_the_state(project, setting, uri, missing):
    """Meltano supports each backend that the page names: it opens it, or asks for the package that the page names."""
    variable = f"MELTANO_{setting.replace('.', '_').upper()}"
    uri = uri.replace("/srv/wix", str(project)).replace("…", "secret")
    done = _ran(project, "./meltano", "state", "list", env=_env(**{variable: uri}))
    said = done.stdout + done.stderr
    if missing:
        assert done.returncode != 0
        assert f"No module named '{missing}" in said
    else:
        assert (done.returncode, "No state IDs found" in said) == (0, True)


def test_every_place_is_tried():
    """The table has those that this Meltano knows."""
    assert [uri.partition(":")[0] for _, uri, _ in _backends()] == [
        "sqlite",
        "postgresql+psycopg",
        "file",
        "s3",
        "gs",
        "azure",
    ]


def test_what_is_no_place_for_the_state(project):
    """A Postgres address as a state backend is refused, as the page says."""
    done = _ran(
        project, "./meltano", "state", "list", env=_env(MELTANO_STATE_BACKEND_URI="postgresql://u@localhost/db")
    )
    assert done.returncode != 0
    assert "No state backend found for scheme 'postgresql'" in done.stdout + done.stderr


def test_a_state_in_a_folder(project):
    """A second run with another database of Meltano's goes on from the state in the folder."""
    places = {"MELTANO_STATE_BACKEND_URI": f"file://{project}/state"}
    with Sandbox(World(Size(users=12, sites=3))) as sandbox:
        for sent in (True, False):
            places["MELTANO_DATABASE_URI"] = f"sqlite:///{project}/{sent}.db"
            done = _script(project, "nightly.sh", env=_env(sandbox, **LOADED, **places))
            assert done.returncode == 0, done.stderr
            assert bool(json.loads(done.stdout)["rows"]["users"]) is sent


# Logs.


def test_meltano_in_json(project):
    """Its log has the summary as an object, in one line, with the level of the outcome; and the SDK's measurements."""
    with Sandbox(World(Size(users=12)), options=ApiOptions(deny=["get_roles"])) as sandbox:
        line = ("./meltano", "--log-format=json", "run", "wix-to-duckdb")
        done = _ran(project, *line, env=_env(sandbox))
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    (found,) = [one for one in lines if "summary" in one]
    assert (found["level"], found["name"]) == ("error", "tap-wix-users")
    assert (found["summary"]["outcome"], found["summary"]["failed"]) == ("incomplete", ["roles"])
    metrics = {
        (one["metric_info"]["metric"], one["metric_info"]["tags"]["stream"]) for one in lines if "metric_info" in one
    }
    assert ("record_count", "users") in metrics


def test_the_page_names_what_the_summary_has(tmp_path):
    """The table of members is that of a real summary, in its order."""
    with Sandbox(World(Size(users=12))) as sandbox:
        done = command("--config", write_json(tmp_path / "config.json", config(sandbox)))
    (line,) = re.findall(r"SUMMARY: (\{.*\})$", done.stderr, re.MULTILINE)
    table = _section("The summary of a run").partition("The line is there")[0]
    named = [name for row in _cells(table)[1:] for name in re.findall(r"`(\w+)`", row[0])]
    assert named == list(json.loads(line))


# Exit codes.


def _complete(path, sandbox):
    return command("--config", path).returncode


def _incomplete(path, sandbox):
    sandbox.faults.add(Fault.of("status", endpoint="get_roles", status=403))
    return command("--config", path).returncode


def _bad_option(path, sandbox):
    return command("--config", path, "--state", "missing.json").returncode


def _ended(number):
    def end(path, sandbox):
        sandbox.faults.add(Fault.of("stall", endpoint="query_sites", seconds=300))
        with started("--config", path) as process:
            while b'"roles"' not in (line := process.stdout.readline()):
                assert line
            process.send_signal(number)
            process.stdout.read()
            return process.wait(60)

    return end


ENDS = {
    0: _complete,
    1: _incomplete,
    2: _bad_option,
    130: _ended(signal.SIGINT),
    143: _ended(signal.SIGTERM),
}


@pytest.mark.parametrize("code", ENDS)
def test_an_exit_code(tmp_path, code):
    """The tap ends with each code that the page lists, in the case that it lists it for."""
    with Sandbox(World(Size(users=12))) as sandbox:
        assert ENDS[code](write_json(tmp_path / "config.json", config(sandbox)), sandbox) == code


def test_the_page_lists_the_exit_codes():
    """Those and no others."""
    assert [int(row[0]) for row in _cells(_section("Exit codes"))[1:]] == list(ENDS)


# The files.


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_python(path, tmp_path):
    """It compiles; whether its orchestrator takes it was tried by hand."""
    py_compile.compile(str(path), cfile=str(tmp_path / "out.pyc"), doraise=True)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.name)
def test_shell(path):
    """It is executable, and Bash can read it."""
    assert os.access(path, os.X_OK)
    assert subprocess.run(["/bin/bash", "-n", path], check=False).returncode == 0


def test_the_workflow():
    """GitHub's schema of workflows takes it, and it runs the script."""
    path = EXAMPLES / "github-actions.yml"
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "- run: examples/operations/nightly.sh" in path.read_text(encoding="utf-8")


def test_systemd(tmp_path):
    """Systemd finds nothing to say about the unit and its timer, but that the example's command is not here."""
    for name in ("wix.service", "wix.timer"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read(EXAMPLES / name)
        assert unit.sections()[0] == "Unit"
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/bin/true", text), encoding="utf-8")
    if (verify := shutil.which("systemd-analyze")) is None:
        pytest.skip("no systemd-analyze on this machine: only read as an INI file")
    units = [str(tmp_path / name) for name in ("wix.service", "wix.timer")]
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if str(tmp_path) in line or "wix." in line] == []
    assert done.returncode == 0


def test_cron():
    """Five fields of time, and a command that runs the script of the project that it names."""
    lines = (EXAMPLES / "wix.crontab").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line and line[0] not in "#M"]
    times, words = line.split()[:5], line.split()[5:]
    assert all(re.fullmatch(r"\*|\d{1,2}", field) for field in times)
    assert words == ["WIX_PROJECT=/srv/tap-wix-users", "/srv/tap-wix-users/examples/operations/nightly.sh"]


def test_the_page_lists_the_files():
    """Each file has its line in the table of ready files, and each line its file."""
    rows = _cells(_section("Ready-made files"))[1:]
    named = {name for row in rows for name in re.findall(r"`([\w.-]+\.\w+)`", row[1])}
    assert named == {path.name for path in EXAMPLES.iterdir() if path.is_file()}


# Messages.


def _messages():
    rows = _cells(_section("When a run fails"))[1:]
    return [quote for row in rows for quote in re.findall(r"`([^`]+)`", row[0])]


@pytest.mark.parametrize("message", _messages())
def test_a_message_is_one_that_is_printed(message):
    """Every message that the page quotes is in Meltano, in the tap, in a script here, or in Python itself."""
    site = next((Path(MELTANO).parents[1] / "lib").glob("python*/site-packages/meltano"))
    ours = (path for package in ("tap_wix_users", "wix_access_review") for path in (ROOT / package).rglob("*.py"))
    places = [*site.rglob("*.py"), *ours, *EXAMPLES.iterdir()]
    known = "\n".join(path.read_text(encoding="utf-8") for path in places if path.is_file()) + "\nNo module named "
    pieces = [piece.strip() for piece in re.split(r"'[\w-]+'", message)]
    assert [piece for piece in pieces if piece not in known] == []
