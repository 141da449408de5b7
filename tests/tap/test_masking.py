"""Stream maps that mask personal data: the log says what they do, and invalid ones are rejected."""

from __future__ import annotations

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tests.support import run
from wix_sandbox import Sandbox, Size, World

SMALL = Size(users=12, sites=3, child_accounts=0)


@pytest.fixture(scope="module")
def sandbox():
    """A small account."""
    with Sandbox(World(SMALL)) as served:
        yield served


@pytest.mark.parametrize("nothing", [None, "__NULL__"])
@pytest.mark.parametrize("name", ["users", "user*", "*"])
def test_a_column_is_dropped(name, nothing, sandbox):
    """Of a stream, of several, or of all, those that are not selected among them; and the log says so."""
    ran = run(sandbox, stream_maps={name: {"email": nothing}})
    assert ran.code == 0
    assert all("email" not in row for row in ran.records("users"))
    assert "`stream_maps` of `users`: drops email" in ran.log


def test_a_column_is_changed(sandbox):
    """Hashed values go out in its place, and a new column is reported as one."""
    ran = run(sandbox, stream_maps={"users": {"email": "md5(email or '')", "domain": "'example.com'"}})
    assert ran.code == 0
    assert all("@" not in row["email"] for row in ran.records("users"))
    assert "`stream_maps` of `users`: changes email; adds domain" in ran.log


def test_rows_are_filtered(sandbox):
    """Receipts and changes are of all rows, also in a table of another name; and the log says so."""
    kept = "record['first_name'] == 'Ada'"
    ran = run(sandbox, stream_maps={"users": {"__filter__": kept, "__alias__": "people"}})
    assert (ran.code, len(ran.records("people")), ran.receipt("users")["row_count"]) == (0, 1, 12)
    assert (
        "`stream_maps` of `users`: names it people; filters its rows: receipts and changes are of all that were read, "
        "and a row that passes no more stays in the target as it was"
    ) in ran.log


@pytest.mark.parametrize("name", ["site_contributors", "site_contributor_roles"])
def test_a_map_of_a_stream_that_is_not_selected(name, sandbox):
    """It does no harm."""
    assert run(sandbox, stream_maps={name: {"extra": None}}).code == 0


def test_a_map_of_no_stream(sandbox):
    """A misspelt name is reported: the mask that it was to be is not applied."""
    ran = run(sandbox, stream_maps={"user": {"email": None}})
    assert ran.code == 0
    assert "`stream_maps` names `user`, which is no stream of this tap: it does nothing" in ran.log


@pytest.mark.parametrize("expression", ["secretword(", "secretword +", "'secretword", "(("])
def test_an_expression_that_cannot_be_read(expression, sandbox):
    """One sentence names the stream, and repeats nothing of it."""
    with pytest.raises(ConfigValidationError) as caught:
        run(sandbox, stream_maps={"users": {"email": expression}})
    assert caught.value.errors
    assert all(sentence.startswith("`stream_maps` cannot be used for `users`: ") for sentence in caught.value.errors)
    assert "secretword" not in str(caught.value.errors)


FAIL = ["secretword(email)", "email + 5", "secretword", "email.secretword", "lambda: secretword"]


@pytest.mark.parametrize("expression", FAIL)
def test_an_expression_that_fails(expression, sandbox):
    """Its table fails with a sentence that repeats neither it nor a row, and the others are complete."""
    ran = run(sandbox, stream_maps={"users": {"email": expression}})
    assert (ran.code, ran.statuses()["users"], ran.statuses()["roles"]) == (1, "failed", "complete")
    assert "its expressions have to accept null, too" in ran.receipt("users")["error"]
    assert "secretword" not in ran.log + "".join(ran.lines)
