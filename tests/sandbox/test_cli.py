"""The command, as a process of its own."""

from __future__ import annotations

import json
import re
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from wix_sandbox import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-W", "error", "-m", "wix_sandbox.cli"]
READY = re.compile(
    r"sandbox ready at (?P<url>http://127\.0\.0\.1:\d+) \(account (?P<account>\S+), key (?P<key>\S+)\)\n"
)


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A sandbox process and what its ready line says."""
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert select.select([process.stdout], [], [], 20)[0], "no ready line"
            found = READY.fullmatch(process.stdout.readline())
            assert found
            yield process, found.groupdict()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ready_and_end(tmp_path, number):
    """One line when ready, the same address in the ready file, real answers, and 0 after a signal."""
    ready_file = tmp_path / "ready"
    with running("--users", "14", "--days", "30", "--ready-file", str(ready_file)) as (process, ready):
        assert ready_file.read_text() == ready["url"] + "\n"
        headers = {"Authorization": ready["key"], "wix-account-id": ready["account"]}
        path = "/roles-management/v3/team/search"
        answer = httpx.post(ready["url"] + path, headers=headers, json={"query": "omar.haddad"})
        assert [member["user"]["name"]["firstName"] for member in answer.json()["teamMembers"]] == ["Omar"]
        process.send_signal(number)
        output, errors = process.communicate(timeout=300)
        assert (process.returncode, output, errors) == (0, "", "")


def test_options_reach_the_api(tmp_path):
    """Key, account, limits, permissions and faults are the options'; --verbose logs requests without the key."""
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"kind": "status", "endpoint": "get_account", "status": 503}]))
    account = "0aaaaaaa-1111-4222-8333-444455556666"
    options = ["--key", "my-key", "--account-id", account, "--requests-per-minute", "4", "--retry-after", "5"]
    options += ["--deny", "get_roles", "--no-facets", "--page-cap", "2", "--latency-ms", "1", "--verbose"]
    with running(*options, "--faults", str(faults)) as (process, ready):
        assert (ready["key"], ready["account"]) == ("my-key", account)
        with httpx.Client(
            base_url=ready["url"], headers={"Authorization": "my-key", "wix-account-id": account}
        ) as http:
            team = http.post("/roles-management/v3/team/search", json={"facets": ["Users"]}).json()
            assert (len(team["teamMembers"]), "facets" in team) == (2, False)
            path = "/roles-management/roles"
            statuses = [http.get(f"/accounts/v1/accounts/{account}").status_code, http.get(path).status_code]
            statuses += [http.get(path).status_code, http.get(path).status_code]
            assert statuses == [503, 403, 403, 429]
            assert http.get(path).headers["retry-after"] == "5"
        process.terminate()
        _, errors = process.communicate(timeout=300)
        assert "search_team 200" in errors
        assert "my-key" not in errors


def test_port_is_taken():
    """A taken port is said so in one line, with what to do."""
    with running("--users", "0") as (_, ready):
        port = ready["url"].rsplit(":", 1)[1]
        second = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    why = f"127.0.0.1:{port} is already in use; choose another --port, or 0 for a free one"
    assert second.stderr == f"tap-wix-users-sandbox: error: {why}\n"


def test_help(capsys):
    """The help says that this is a simulation, and how to control it."""
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "simulation written from public documentation: no real Wix data or service is involved" in text
    for name in ("/_sandbox/advance", "/_sandbox/stats", "/_sandbox/faults", "--requests-per-minute"):
        assert name in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--users", "-1"], "argument --users: '-1' must be a number of at least 0"),
        (["--users", "many"], "argument --users: 'many' must be a number of at least 0"),
        (["--assignments-per-user", "nan"], "'nan' must be a number of at least 0"),
        (["--assignments-per-user", "inf"], "'inf' must be a number of at least 0"),
        (["--port", "70000"], "'70000' must be a number of at least 0 and at most 65535"),
        (["--page-cap", "0"], "'0' must be a number of at least 1"),
        (["--account-id", "me"], "'me' is not a GUID"),
        (["--key", "two words"], "must be printable ASCII without spaces"),
        (["--deny", "everything"], "invalid choice: 'everything'"),
        (["--faults", "/nowhere.json"], "cannot read /nowhere.json: No such file or directory"),
        (["--surprise"], "unrecognized arguments: --surprise"),
    ],
)
def test_bad_option(capsys, options, message):
    """A bad value is refused with the option and the reason."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(options)
    assert message in capsys.readouterr().err


def test_bad_faults(capsys, tmp_path):
    """A schedule that is not understood is refused, and where is said."""
    path = tmp_path / "faults.json"
    path.write_text('[{"kind": "reset"}, {"kind": "earthquake"}]')
    with pytest.raises(SystemExit, match="2"):
        cli.main(["--faults", str(path)])
    assert "Invalid value 'earthquake' - at `$[1].kind`" in capsys.readouterr().err


def test_bad_host(capsys):
    """An address that is not of this machine is said so."""
    assert cli.main(["--host", "192.0.2.1", "--users", "0"]) == 1
    assert "cannot listen at 192.0.2.1:0" in capsys.readouterr().err
