"""The key and accept links are nowhere: not in output, log, state or receipts, at debug level, whatever goes wrong."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import commands, config, environment, run, write_json
from wix_sandbox import ApiOptions, Fault, World
from wix_sandbox.faults import KINDS

KEY = "IST.mArKeD+key/0123456789=secretTail~"
DEBUG = environment(TAP_WIX_USERS_LOGLEVEL="DEBUG", LOGLEVEL="DEBUG")

FAULTS = {
    **{kind: Fault.of(kind, endpoint="search_team", nth=1 if "facets" in kind else 2) for kind in KINDS},
    **{f"echo_key {status}": Fault.of("echo_key", status=status, times=0) for status in (400, 401, 403, 404, 503)},
    "echo_key in a violation": Fault.of(
        kind="status",
        endpoint="search_team",
        status=400,
        body={
            "message": KEY,
            "details": {"validationError": {"fieldViolations": [{"field": KEY, "description": KEY}]}},
        },
    ),
    # A 429 holds every other request back for a minute, unless it asks for less.
    "echo_key 429": Fault.of(
        kind="status",
        endpoint="search_team",
        status=429,
        headers={"retry-after": "1", "x-wix-request-id": KEY},
        body={"message": KEY, "details": {"applicationError": {"code": KEY, "description": KEY}}},
    ),
    "the key as the list": Fault.of("wrong_types", endpoint="search_team", value=KEY),
    "the key as an id": Fault.of("wrong_types", endpoint="get_roles", path="predefinedRoles.0.id", value=[KEY]),
    "the key in headers": Fault.of(
        kind="status", endpoint="get_roles", status=503, headers={"x-wix-request-id": KEY, "retry-after": KEY}
    ),
    "the key in a redirect": Fault.of("redirect", endpoint="query_sites", location=f"https://{quote(KEY)}.example"),
    "the key in a refusal of text": Fault.of("status", endpoint="query_sites", status=403, body=f"<p>{KEY}</p>"),
}
"""Every kind of fault of the sandbox, and a server that sends the key back in each place that a message could show."""


def forms(secret: str) -> dict[str, str]:
    """The secret in each form that somebody could find it in: whole, in halves, reversed and encoded."""
    raw, half = secret.encode(), len(secret) // 2
    return {
        "whole": secret,
        "first half": secret[:half],
        "second half": secret[half:],
        "reversed": secret[::-1],
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64 for addresses": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "hex": raw.hex(),
        "encoded for addresses": quote(secret, safe=""),
        "in JSON": json.dumps(secret).strip('"'),
    }


def assert_hidden(secrets, *texts):
    """None of the secrets is in any of the texts, in no form and whatever the case."""
    for text in texts:
        lowered = text.lower()
        for secret in secrets:
            found = [name for name, form in forms(secret).items() if form.lower() in lowered]
            assert found == []


def links(world):
    """Every link that accepts an invite."""
    return [
        f"token={invite.id[::-1]}"
        for account in world.accounts.values()
        for invite in account.invites.values()
        if invite.status == "Pending"
    ]


def test_the_search_finds_it():
    """The search itself finds each form."""
    for form in forms(KEY).values():
        with pytest.raises(AssertionError):
            assert_hidden([KEY], f"... {form.upper()} ...")


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault(serve, caplog, name):
    """Whatever the server does, the tap says nothing of the key or of a link, at debug level too."""
    fault = FAULTS[name]
    sandbox = serve(World(key=KEY), options=ApiOptions(facets=True))
    sandbox.faults.add(fault if fault.kind != "cycle_cursor" else Fault.of("cycle_cursor", endpoint="query_sites"))
    caplog.set_level("DEBUG")
    for logger in ("httpx", "httpcore", "tap-wix-users", "stamina"):
        caplog.set_level("DEBUG", logger)
    settings = {"page_size": 20, "include_child_accounts": True, "request_timeout": 0.3, "max_concurrency": 1}
    if fault.kind == "stall":
        sandbox.faults.clear()
        sandbox.faults.add(Fault.of("stall", endpoint="search_team", nth=2, seconds=2))
    ran = run(sandbox, **settings)
    again = run(sandbox, state=ran.state, **settings)
    for part in (ran, again):
        assert part.records("snapshots")
        assert_hidden([KEY, *links(sandbox.world)], part.log, *part.lines)
    assert_hidden([KEY, *links(sandbox.world)], caplog.text)


def test_as_processes_at_debug_level(tmp_path, serve):
    """The command says nothing of it either: in a sync, a test, a discovery, and with a server that sends it back."""
    sandbox = serve(World(key=KEY), faults=[Fault.of("echo_key", status=403, times=0)])
    file = write_json(tmp_path / "config.json", config(sandbox))
    lines = [["--config", file], ["--config", file, "--test"], ["--config", file, "--discover"]]
    for ran in commands(*lines, ["--config", file, "--about"], env=DEBUG):
        assert_hidden([KEY], ran.log, *ran.lines)
        assert "Traceback" not in ran.log


WRONG: dict[str, dict[str, Any]] = {
    "a number": {"api_key": 98765432101234},
    "an object": {"api_key": {"value": KEY}},
    "a list": {"api_key": [KEY]},
    "with Bearer": {"api_key": f"Bearer {KEY}"},
    "with a line break": {"api_key": f"{KEY}\n"},
    "in two lines": {"api_key": f"{KEY}\n{KEY}"},
    "beyond ASCII": {"api_key": f"{KEY}é"},
    "as the account": {"account_id": KEY},
    "as the address": {"base_url": f"https://{KEY}"},
    "in the address": {"base_url": f"https://user:{KEY}@example.com"},
    "as a number": {"page_size": KEY},
    "as a switch": {"history": KEY},
    "as the locale": {"locale": KEY},
    "as a setting that does not exist": {"api_keys": KEY},
    "as the depth of flattening": {"flattening_max_depth": KEY},
    "as stream maps": {"stream_maps": KEY},
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What the command said, at debug level, to each configuration that holds the key in a wrong place."""
    folder = tmp_path_factory.mktemp("configs")
    good = {"api_key": KEY, "account_id": "0aaaaaaa-1111-4222-8333-444455556666", "base_url": "http://127.0.0.1:9"}
    files = [
        write_json(folder / f"{n}.json", {**good, "max_retry_seconds": 0, **more})
        for n, more in enumerate(WRONG.values())
    ]
    return dict(zip(WRONG, commands(*(["--config", file] for file in files), env=DEBUG), strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings(refused, name):
    """A key of the wrong type, or in the wrong place, is not repeated by the message that refuses it."""
    ran = refused[name]
    assert ran.code == 1
    assert "Traceback" not in ran.log
    assert_hidden([KEY, "98765432101234"], ran.log, *ran.lines)


def test_the_key_of_the_environment(tmp_path, serve):
    """A key that comes by the environment is as secret."""
    sandbox = serve(World(key=KEY), options=ApiOptions(deny=["get_roles"]))
    file = write_json(tmp_path / "config.json", {**config(sandbox), "api_key": "IST.another-key"})
    env = {**DEBUG, "TAP_WIX_USERS_API_KEY": KEY}
    (ran,) = commands(["--config", file, "--config", "ENV"], env=env)
    assert len(ran.records("users")) == 40
    assert_hidden([KEY], ran.log, *ran.lines)


def test_the_key_goes_to_the_configured_host_alone(serve):
    """A redirect to another server is not followed: that server hears nothing."""
    other = serve(World(key=KEY))
    sandbox = serve(World(key=KEY), faults=[Fault.of("redirect", times=0, location=other.url)])
    ran = run(sandbox)
    assert ran.code == 1
    assert other.requests == []
    assert {seen.headers["authorization"] for seen in sandbox.requests} == {KEY}


def test_exactly_one_id_header(serve):
    """Every request names one account, and no site."""
    sandbox = serve()
    run(sandbox, include_child_accounts=True)
    assert all("wix-account-id" in seen.headers and "wix-site-id" not in seen.headers for seen in sandbox.requests)


def test_logs_hold_no_people(tmp_path, serve):
    """No e-mail address and no last name of anybody is in a log, at debug level too: logs are kept by others."""
    sandbox = serve(options=ApiOptions(deny=["get_roles"]))
    (ran,) = commands(["--config", write_json(tmp_path / "config.json", config(sandbox))], env=DEBUG)
    assert "SUMMARY: " in ran.log
    people = sandbox.world.main.people.values()
    words = {word for person in people for word in (person.email, person.last_name) if word and len(word) > 3}
    assert len(words) > 60
    assert [word for word in words if word in ran.log] == []
    assert [word for word in words if word not in "".join(ran.lines)] == []
