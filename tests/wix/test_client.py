"""Transport: what is sent and to whom, what is retried and for how long, and how unusable answers are handled."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import logging
import socket
import threading
import traceback
from email.utils import format_datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from typing_extensions import override

from tap_wix_users.wix import errors
from tap_wix_users.wix.endpoints import GET_ROLES
from tap_wix_users.wix.errors import WixError
from tap_wix_users.wix.lists import read_sites
from tap_wix_users.wix.team import read_team
from tests.crowds import Crowds
from tests.virtual import VirtualClock
from tests.wix.conftest import ASK, READ_OPTIONS, Listener, asked
from wix_sandbox import Fault, Size, World
from wix_sandbox.faults import KINDS
from wix_sandbox.problems import HTML

ROLES = "GET /roles-management/roles"
MANAGE = "an owner or co-owner of the account grants it in the API Keys Manager"
SLOW_DOWN = "Something else is using this account's request budget: lower `requests_per_minute`"
NOT_FOLLOWED = "Redirects are not followed, so that the key only reaches the configured host: check `base_url`"
CHECK_KEY = (
    "Wix does not accept the API key: check `api_key` (raw, without `Bearer`), that it was not revoked in the "
    "API Keys Manager, and that `account_id` is the account that owns it"
)


def fail(api: Any, endpoint: str = "get_roles") -> WixError:
    """The error that a request ends with."""
    with pytest.raises(WixError) as caught:
        ASK[endpoint](api)
    return caught.value


def always(kind: str = "status", **options: Any) -> Fault:
    """A fault of every request."""
    return Fault.of(kind, times=0, **options)


def timeout(kind: str) -> float:
    """Seconds to wait for an answer: real ones, so that they are few only where none will come."""
    return 1.5 if kind == "stall" else 30


class TestWhatIsSent:
    """The key and an id header, to the configured host alone."""

    @pytest.mark.parametrize("endpoint", ASK)
    def test_headers(self, endpoint, connect, serve):
        """The raw key, exactly one id header, JSON where there is a body, and nothing else of the caller."""
        sandbox = serve()
        with Listener(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as host:
            api = connect(sandbox, base_url=host.url)
            fail(api, endpoint)
        head, _, body = host.received[0].partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        headers = {name.lower(): value for name, value in lines}
        assert len(headers) == len(lines)
        for ordinary in ("connection", "accept-encoding", "user-agent", "content-length"):
            headers.pop(ordinary, None)
        assert headers == ({"content-type": "application/json"} if body else {}) | {
            "host": host.url.removeprefix("http://"),
            "accept": "application/json",
            "authorization": sandbox.world.key,
            "wix-account-id": sandbox.world.main.id,
        }
        assert sandbox.world.key.encode() not in head.split(b"\r\n")[0] + body

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, status, connect, serve):
        """The other host hears nothing, and the error says why."""
        with Listener(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as elsewhere:
            fault = Fault.of("status", status=status, headers={"location": f"{elsewhere.url}/moved"}, body="")
            sandbox = serve(faults=[fault])
            error = fail(connect(sandbox))
        assert elsewhere.received == []
        assert asked(sandbox) == 1
        assert type(error) is errors.Redirected
        assert str(error) == f"{ROLES}: {status} [x-wix-request-id 1793520000.0000000001]. {NOT_FOLLOWED}"

    def test_a_redirect_to_nowhere(self, connect, serve):
        """A redirect whose address cannot be read is a redirect, and is not tried again."""
        sandbox = serve(faults=[always(status=302, headers={"location": "http://elsewhere:port/"}, body="")])
        assert type(fail(connect(sandbox))) is errors.Redirected
        assert asked(sandbox) == 1

    def test_a_redirect_within_the_host_is_not_followed_either(self, connect, serve):
        """There is no exception for an address that looks harmless."""
        fault = Fault.of("status", status=307, headers={"location": "/roles-management/roles?locale=en"}, body="")
        sandbox = serve(faults=[fault])
        assert type(fail(connect(sandbox))) is errors.Redirected
        assert asked(sandbox) == 1

    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
    def test_a_proxy_is_not_used_for_plain_http(self, name, connect, serve, monkeypatch):
        """It would read the key."""
        with Listener(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as proxy:
            for exception in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(exception, raising=False)
            monkeypatch.setenv(name, proxy.url)
            ASK["get_roles"](connect(serve()))
        assert proxy.received == []


WHAT = {
    301: "301",
    302: "302",
    400: "400 INVALID_ARGUMENT (Bad Request)",
    401: "401 UNAUTHENTICATED (Unauthorized)",
    403: "403 PERMISSION_DENIED (Forbidden)",
    404: "404 NOT_FOUND (not found)",
    409: "409 ALREADY_EXISTS (Conflict)",
    428: "428 MISSING_METASITE_ID",
    429: "429 RESOURCE_EXHAUSTED",
}
GRANT_ROLES = f"The API key needs the permission {GET_ROLES.permission}: {MANAGE}"


class TestEachStatus:
    """Every row of docs/api-contract.md, section 1.2, as often as it lasts and once."""

    @pytest.mark.parametrize(
        ("status", "kind", "requests", "advice"),
        [
            (302, errors.Redirected, 1, NOT_FOLLOWED),
            (400, errors.InvalidRequest, 1, ""),
            (401, errors.Unauthorized, 1, CHECK_KEY),
            (403, errors.Forbidden, 1, GRANT_ROLES),
            (404, errors.NotFound, 1, "Check `account_id` and `base_url`"),
            (409, errors.Refusal, 1, ""),
            (428, errors.Refusal, 1, ""),
            (429, errors.Throttled, 3, SLOW_DOWN),
            (500, errors.ServerFailure, 8, ""),
            (501, errors.ServerFailure, 1, ""),
            (502, errors.ServerFailure, 8, ""),
            (503, errors.ServerFailure, 8, ""),
            (504, errors.ServerFailure, 8, ""),
        ],
    )
    def test_that_lasts(self, status, kind, requests, advice, serve, connect, clock):
        """So many requests within 150 seconds of patience, and an error that says everything."""
        sandbox = serve(faults=[always(status=status)])
        api = connect(sandbox, max_retry_seconds=150)
        error = fail(api)
        assert type(error) is kind
        assert asked(sandbox) == api.meter.requests == api.client.meter.requests == requests
        assert api.meter.retries == len(clock.waits) == requests - 1
        tried = f"; gave up after {requests} attempts in {clock.elapsed:.0f} s" if requests > 1 else ""
        words = f"{ROLES}: {WHAT.get(status, status)} [x-wix-request-id 1793520000.{requests:010}]{tried}"
        assert str(error) == (f"{words}. {advice}" if advice else words)

    @pytest.mark.parametrize(
        ("status", "least", "most"), [(429, 60, 66), (500, 1, 1.1), (502, 1, 1.1), (503, 1, 1.1), (504, 1, 1.1)]
    )
    def test_that_another_attempt_cures(self, status, least, most, serve, connect, clock):
        """The answer is the second attempt's, after one wait."""
        sandbox = serve(faults=[Fault.of("status", status=status)])
        api = connect(sandbox)
        roles = api.get_roles(locale="en")
        assert {role.id for role in (*roles.predefined_roles, *roles.custom_roles)} == set(sandbox.world.main.roles)
        assert [seen.status for seen in sandbox.requests] == [status, 200]
        assert (api.meter.requests, api.meter.retries) == (2, 1)
        [wait] = clock.waits
        assert least <= wait <= most

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 428, 501])
    def test_that_another_attempt_would_not_cure(self, status, serve, connect, clock):
        """It is not retried, although a second attempt would be answered, and there is no wait."""
        sandbox = serve(faults=[Fault.of("status", status=status)])
        assert isinstance(fail(connect(sandbox)), errors.Refusal)
        assert asked(sandbox) == 1
        assert clock.waits == []

    @pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 428, 501])
    def test_that_asks_to_come_back(self, status, headers, serve, connect):
        """Not even `Retry-After` makes a refusal one that is tried again."""
        sandbox = serve(faults=[always(status=status, headers=headers)])
        fail(connect(sandbox))
        assert asked(sandbox) == 1

    @pytest.mark.parametrize(
        ("body", "type_", "said"),
        [
            pytest.param(None, "application/json", " PERMISSION_DENIED (Forbidden)", id="blank description"),
            pytest.param({"message": "", "details": {}}, "application/json", "", id="blank"),
            pytest.param(HTML, "text/html", "", id="HTML"),
            pytest.param("", "application/json", "", id="nothing"),
            pytest.param(
                {"message": "m", "details": {"applicationError": {"code": "C", "description": "no", "data": {}}}},
                "application/json",
                " C (no)",
                id="JSON",
            ),
        ],
    )
    def test_403_in_any_form(self, body, type_, said, serve, connect):
        """Whatever its body, a 403 is one request and names the permission."""
        sandbox = serve(faults=[always(status=403, body=body, headers={"content-type": type_})])
        error = fail(connect(sandbox))
        assert str(error) == f"{ROLES}: 403{said} [x-wix-request-id 1793520000.0000000001]. {GRANT_ROLES}"
        assert asked(sandbox) == 1

    def test_a_mixture(self, serve, connect, clock):
        """Attempts are counted together, whatever they failed of, and a refusal ends them."""
        faults = [Fault.of("status", nth=1, status=503), Fault.of("reset", nth=2), Fault.of("truncate", nth=3)]
        sandbox = serve(faults=[*faults, Fault.of("status", nth=4, status=403)])
        error = fail(connect(sandbox))
        assert type(error) is errors.Forbidden
        assert asked(sandbox) == 4
        assert [round(wait) for wait in clock.waits] == [1, 2, 4]

    def test_a_key_that_is_revoked_half_way(self, serve, connect):
        """Earlier answers stay, and the next request fails immediately."""
        sandbox = serve(faults=[Fault.of("revoke_key", nth=2)])
        api = connect(sandbox)
        assert api.count_sites() is not None
        assert type(fail(api, "count_sites")) is errors.Unauthorized
        assert asked(sandbox) == 2


def _in(seconds: float, form: str = "imf") -> str:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    if form == "imf":
        return format_datetime(moment, usegmt=True)
    return moment.strftime({"rfc850": "%A, %d-%b-%y %H:%M:%S GMT", "asctime": "%a %b %e %H:%M:%S %Y"}[form])


HUGE = "9" * 400
ODD = ["-5", "soon", "", "1.5", "60, 120", "1e3", "0x10", "Wed, 32 Oct 2099 07:28:00 GMT", "\u00b2", "{}"]


class TestRetryAfter:
    """Wix documents no such header; if it is sent, it is obeyed."""

    @pytest.mark.parametrize(("value", "wait"), [("1", 1), ("7", 7), ("0", 1), ("007", 7), ("240", 240)])
    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_in_seconds(self, status, value, wait, serve, connect, clock):
        """It is waited for exactly, and for a second at least."""
        api = connect(serve(faults=[Fault.of("status", status=status, headers={"Retry-After": value})]))
        ASK["get_roles"](api)
        assert clock.waits == [pytest.approx(wait)]
        assert api.meter.requests == 2

    @pytest.mark.parametrize("form", ["imf", "rfc850", "asctime"])
    @pytest.mark.parametrize("status", [429, 503])
    def test_as_a_date(self, status, form, serve, connect, clock):
        """Until that moment, in each of HTTP's three forms of a date."""
        headers = {"Retry-After": _in(200, form)}
        ASK["get_roles"](connect(serve(faults=[Fault.of("status", status=status, headers=headers)])))
        [wait] = clock.waits
        assert 190 < wait <= 200

    @pytest.mark.parametrize("seconds", [-1, -86400])
    def test_as_a_date_that_is_over(self, seconds, serve, connect, clock):
        """A date in the past means the shortest wait, one second."""
        headers = {"Retry-After": _in(seconds)}
        ASK["get_roles"](connect(serve(faults=[Fault.of("status", status=429, headers=headers)])))
        assert clock.waits == [pytest.approx(1)]

    @pytest.mark.parametrize("value", ODD)
    @pytest.mark.parametrize(("status", "least", "most"), [(429, 60, 66), (503, 1, 1.1)])
    def test_that_is_none(self, status, least, most, value, serve, connect, clock):
        """A value that means nothing is as good as no value."""
        fault = Fault.of("status", status=status, headers={"Retry-After": value})
        ASK["get_roles"](connect(serve(faults=[fault])))
        [wait] = clock.waits
        assert least <= wait <= most

    @pytest.mark.parametrize("status", [429, 503])
    def test_with_a_year_beyond_all_numbers(self, status, serve, connect):
        """It is one that means nothing."""
        headers = {"Retry-After": "Wed, 31 Dec 99999999999999999999 23:59:59 GMT"}
        ASK["get_roles"](connect(serve(faults=[Fault.of("status", status=status, headers=headers)])))

    @pytest.mark.parametrize("value", ["301", "86400", HUGE, "in an hour", "Fri, 31 Dec 9999 23:59:59 GMT"])
    @pytest.mark.parametrize("status", [429, 503])
    def test_beyond_the_patience(self, status, value, serve, connect, clock):
        """A wait that could not be sat out is not begun."""
        if value == "in an hour":
            # Of the test, and not of its collection, which may be longer ago than that.
            value = _in(3600)
        sandbox = serve(faults=[always(status=status, headers={"Retry-After": value})])
        error = fail(connect(sandbox, max_retry_seconds=300))
        assert asked(sandbox) == 1
        assert clock.waits == []
        assert error.patience == "gave up after 1 attempt in 0 s"

    def test_that_grows(self, serve, connect, clock):
        """Each answer's own wait is the one that counts."""
        faults = [
            Fault.of("status", nth=nth, status=429, headers={"Retry-After": str(seconds)})
            for nth, seconds in [(1, 5), (2, 50), (3, 2)]
        ]
        ASK["get_roles"](connect(serve(faults=faults)))
        assert clock.waits == [pytest.approx(5), pytest.approx(50), pytest.approx(2)]


class TestPatience:
    """`max_retry_seconds` is the most that a request may cost in waits."""

    @pytest.mark.parametrize("patience", [0, 0.5, 1.5, 10, 59, 66, 100, 300])
    @pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}, {"kind": "reset"}, {"kind": "not_json"}])
    def test_is_bounded(self, fault, patience, serve, connect, clock):
        """Whatever fails, no more time than that is spent, and the error says how much."""
        sandbox = serve(faults=[always(**fault)])
        error = fail(connect(sandbox, max_retry_seconds=patience))
        assert clock.elapsed == pytest.approx(sum(clock.waits))
        assert clock.elapsed <= patience
        attempts = "1 attempt" if asked(sandbox) == 1 else f"{asked(sandbox)} attempts"
        assert error.patience == f"gave up after {attempts} in {clock.elapsed:.0f} s"
        assert f"; {error.patience}" in str(error)

    @pytest.mark.parametrize(
        "fault",
        [
            {"status": 429},
            {"status": 429, "headers": {"Retry-After": "0"}},
            {"status": 503},
            {"kind": "reset"},
            {"kind": "truncate"},
            {"kind": "not_json"},
        ],
    )
    def test_of_zero_never_tries_again(self, fault, serve, connect, clock):
        """One request, whatever happens."""
        sandbox = serve(faults=[always(**fault)])
        error = fail(connect(sandbox, max_retry_seconds=0))
        assert asked(sandbox) == 1
        assert clock.waits == []
        assert error.patience == "gave up after 1 attempt in 0 s"

    def test_grows_from_one_wait_to_the_next(self, serve, connect, clock):
        """A failing server is left alone for twice as long each time, up to a minute and a tenth of jitter."""
        fail(connect(serve(faults=[always(status=503)]), max_retry_seconds=600))
        for wait, least in zip(clock.waits, [1, 2, 4, 8, 16, 32, *[60] * 99], strict=False):
            assert least <= wait <= least * 1.1
        assert len(clock.waits) > 10
        assert all(later > earlier for earlier, later in pairwise(clock.waits[:7]))

    @pytest.mark.slow
    @pytest.mark.no_cover
    def test_of_more_than_a_thousand_attempts(self, serve, connect):
        """A server that says, for twenty minutes, to come back in a second, and then says nothing."""
        sandbox = serve(
            faults=[
                Fault.of("status", times=1030, status=503, headers={"Retry-After": "1"}),
                Fault.of("status", nth=1031, status=503),
            ]
        )
        ASK["get_roles"](connect(sandbox, max_retry_seconds=3600, requests_per_minute=100_000))

    def test_begins_with_the_first_attempt(self, serve, connect):
        """Waiting for the budget is not the server's fault and costs none of it."""
        sandbox = serve(faults=[Fault.of("status", nth=2, status=503)])
        api = connect(sandbox, requests_per_minute=1, max_retry_seconds=30)
        for _ in range(2):
            ASK["get_roles"](api)
        assert [seen.status for seen in sandbox.requests] == [200, 503, 200]

    def test_of_one_request_is_not_spent_by_another(self, serve, connect):
        """Each request has its own."""
        sandbox = serve(faults=[Fault.of("status", nth=nth, status=503) for nth in (1, 3, 5, 7)])
        api = connect(sandbox, max_retry_seconds=1.5)
        for _ in range(4):
            ASK["get_roles"](api)
        assert [seen.status for seen in sandbox.requests] == [503, 200] * 4


class TestTheReadAsAWhole:
    """Every request within its own fence can still be a read without an end."""

    @pytest.mark.parametrize(("pace", "hours"), [(200, 12), (180, 12 * 200 / 180), (20, 120)])
    def test_ends(self, pace, hours, serve, connect, clock):
        """After half a day, or longer if the request budget is smaller; another read is not affected."""
        sandbox = serve()
        api = connect(sandbox, requests_per_minute=pace)
        ASK["get_roles"](api)
        clock.sleep(hours * 3600 - 1, api.cancelled)
        ASK["get_roles"](api)
        clock.sleep(2, api.cancelled)
        error = fail(api)
        assert str(error) == (
            f"{ROLES}: the whole read was given up after {hours:g} hours: its pages are too slow, or never end. "
            "Select fewer tables per run if the account is that large"
        )
        ASK["get_roles"](type(api)(api.client, api.account_id))
        assert asked(sandbox) == 3


class TestBrokenAnswers:
    """No answer, half an answer, and what is no answer at all."""

    @pytest.mark.parametrize(
        ("kind", "error", "what"),
        [
            ("stall", errors.TimedOut, "no whole answer within 1.5 s"),
            ("reset", errors.NoAnswer, "no answer: "),
            ("truncate", errors.NoAnswer, "no answer: RemoteProtocolError (peer closed connection without sending "),
            ("not_json", errors.UnreadableAnswer, "the answer is not JSON, or was cut short"),
        ],
    )
    def test_that_last(self, kind, error, what, serve, connect):
        """They are tried again, twice within four seconds, and then reported."""
        sandbox = serve(faults=[always(kind)])
        api = connect(sandbox, request_timeout=timeout(kind), max_retry_seconds=4)
        caught = fail(api)
        assert type(caught) is error
        assert caught.what.startswith(what)
        assert caught.patience == "gave up after 3 attempts in 3 s"
        assert asked(sandbox) == api.meter.requests == 3

    @pytest.mark.parametrize("kind", ["stall", "reset", "truncate", "not_json"])
    @pytest.mark.parametrize("endpoint", ASK)
    def test_that_another_attempt_cures(self, kind, endpoint, serve, connect, clock):
        """Reads change nothing, so that every one of them may be sent again."""
        sandbox = serve(faults=[Fault.of(kind, endpoint=endpoint)])
        api = connect(sandbox, request_timeout=timeout(kind))
        ASK[endpoint](api)
        assert (asked(sandbox), api.meter.requests, api.meter.retries) == (2, 2, 1)
        assert [round(wait) for wait in clock.waits] == [1]

    @pytest.mark.parametrize(
        ("endpoint", "path", "place"),
        [
            ("search_team", "", "teamMembers"),
            ("search_team", "teamMembers.0.user.id", "teamMembers.0.user.id"),
            ("get_roles", "", "predefinedRoles"),
            ("query_sites", "sites.0.id", "sites.0.id"),
            ("query_folders", "", "folders"),
            ("list_child_accounts", "childAccounts.0.accountId", "childAccounts.0.accountId"),
            ("get_account", "account", "account"),
        ],
    )
    def test_of_another_shape(self, endpoint, path, place, serve, connect, clock):
        """A server that answers something else will do so again: the error says where, and there is one request."""
        sandbox = serve(faults=[always("wrong_types", endpoint=endpoint, path=path, value={"7": 7})])
        error = fail(connect(sandbox), endpoint)
        assert type(error) is errors.UnreadableAnswer
        assert error.what.startswith(f"the answer is not shaped as documented at {place}")
        assert error.patience == ""
        assert asked(sandbox) == 1
        assert clock.waits == []

    @pytest.mark.parametrize("encoding", ["gzip", "deflate"])
    def test_not_encoded_as_it_says(self, encoding, serve, connect):
        """It may come better the next time."""
        fault = always(status=200, headers={"content-encoding": encoding}, body="nonsense")
        sandbox = serve(faults=[fault])
        error = fail(connect(sandbox, max_retry_seconds=4))
        assert type(error) is errors.UnreadableAnswer
        assert error.what == "the answer is not encoded as its headers say"
        assert asked(sandbox) == 3
        sandbox.faults.clear()
        sandbox.faults.add(replace(fault, times=1))
        ASK["get_roles"](connect(sandbox))
        assert asked(sandbox) == 5

    @pytest.mark.parametrize(("status", "kind"), [(401, errors.Unauthorized), (403, errors.Forbidden)])
    def test_a_refusal_not_encoded_as_it_says(self, status, kind, serve, connect):
        """The status is what counts."""
        sandbox = serve(faults=[always(status=status, headers={"content-encoding": "gzip"}, body="nonsense")])
        error = fail(connect(sandbox, max_retry_seconds=4))
        assert (type(error), asked(sandbox)) == (kind, 1)

    def test_nobody_listening(self, serve, connect):
        """A connection that is refused is tried again, too: a server may be starting."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            api = connect(serve(), base_url=f"http://127.0.0.1:{taken.getsockname()[1]}", max_retry_seconds=4)
            error = fail(api)
        assert type(error) is errors.NoAnswer
        assert error.what.startswith("no answer: ConnectError (")
        assert error.patience == "gave up after 3 attempts in 3 s"
        assert (api.meter.requests, api.meter.retries) == (3, 2)

    @pytest.mark.parametrize(
        "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"]
    )
    def test_what_is_no_http(self, answer, serve, connect):
        """Whatever answers at the port, the end is one of our errors."""
        with Listener(answer) as host:
            error = fail(connect(serve(), base_url=host.url, max_retry_seconds=2))
        assert type(error) is errors.NoAnswer
        assert len(host.received) == 2

    def test_an_empty_200(self, serve, connect):
        """Nothing is no JSON."""
        sandbox = serve(faults=[Fault.of("status", status=200, body="")])
        ASK["get_roles"](connect(sandbox))
        assert asked(sandbox) == 2

    @pytest.mark.parametrize("status", [201, 202, 204, 206])
    def test_a_success_that_is_no_200(self, status, serve, connect):
        """Part of a list is no list."""
        sandbox = serve(faults=[always(status=status, body="" if status == 204 else {"predefinedRoles": []})])
        error = fail(connect(sandbox))
        assert (type(error), getattr(error, "status", None)) == (errors.Refusal, status)
        assert asked(sandbox) == 1


class TestCounting:
    """The meters count what was really sent."""

    def test_from_threads(self, serve, connect):
        """Requests and retries add up exactly, for the read and for the client."""
        sandbox = serve(faults=[Fault.of("status", nth=nth, status=503) for nth in (3, 17, 18, 40)])
        api = connect(sandbox, max_concurrency=8)
        counts = list(api.client.pool.map(lambda _: api.count_sites(), range(60)))
        assert counts == [sandbox.world.main.counts()["sites"]] * 60
        assert asked(sandbox) == 64
        assert (api.meter.requests, api.meter.retries) == (64, 4)
        assert (api.client.meter.requests, api.client.meter.retries) == (64, 4)

    def test_of_two_reads(self, serve, connect):
        """Each read has its own meter, and the client's has both."""
        sandbox = serve(faults=[Fault.of("status", nth=2, status=503)])
        one = connect(sandbox)
        other = type(one)(one.client, sandbox.world.children[0].id)
        one.count_sites()
        other.count_sites()
        assert (one.meter.requests, one.meter.retries) == (1, 0)
        assert (other.meter.requests, other.meter.retries) == (2, 1)
        assert (one.client.meter.requests, one.client.meter.retries) == (3, 1)

    def test_a_throttled_crowd_waits_once(self, serve, connect):
        """Eight threads that have to slow down wait at the same time, for the longest of their waits."""
        faults = [
            Fault.of("status", nth=nth, status=429, headers={"Retry-After": str(10 + nth)}) for nth in range(1, 9)
        ]
        sandbox = serve(faults=faults)
        Crowds(sandbox, "count_sites", 8)
        clock = _AllTogether(8)
        api = connect(sandbox, max_concurrency=8, clock=clock)
        list(api.client.pool.map(lambda _: api.count_sites(), range(8)))
        assert asked(sandbox) == 16
        assert clock.elapsed == pytest.approx(18)

    def test_a_closed_client_sends_nothing(self, serve, connect):
        """Closing it twice does no harm."""
        sandbox = serve()
        api = connect(sandbox)
        for _ in range(2):
            api.client.close()
        with pytest.raises(RuntimeError):
            api.count_sites()
        assert asked(sandbox) == 0


class _AllTogether(VirtualClock):
    """No time passes until so many threads wait."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._missing = iter(range(threads - 1, -1, -1))
        self._all_wait = threading.Event()

    @override
    def sleep(self, seconds: float, wake: threading.Event) -> None:
        if next(self._missing, 0) == 0:
            self._all_wait.set()
        assert self._all_wait.wait(60)
        super().sleep(seconds, wake)


class TestLog:
    """What an operator reads while it goes on."""

    def test_a_retry_is_announced(self, serve, connect, caplog):
        """What happened, and when the next attempt is."""
        ASK["get_roles"](connect(serve(faults=[Fault.of("status", status=429, headers={"Retry-After": "7"})])))
        said = [record.getMessage() for record in caplog.records if record.name == "tap_wix_users.wix.client"]
        what = f"{ROLES}: 429 RESOURCE_EXHAUSTED [x-wix-request-id 1793520000.0000000001]. {SLOW_DOWN}"
        assert said == [f"{what}; attempt 2 follows in 7.0 s"]

    def test_a_retry_is_announced_once(self, serve, connect, caplog):
        """Nothing but our own line is logged as a warning."""
        ASK["get_roles"](connect(serve(faults=[Fault.of("status", status=503)])))
        warned = [record.name for record in caplog.records if record.levelno >= logging.WARNING]
        assert warned == ["tap_wix_users.wix.client"]


KEY = "IST.k9Zq+w/7=Xv%p&Lm~3tR8yB1nD5cF6hJ0sAeUoGiQ4xW2zMvNb"
FORMS = {
    KEY,
    KEY[::-1],
    base64.b64encode(KEY.encode()).decode(),
    base64.urlsafe_b64encode(KEY.encode()).decode(),
    KEY.encode().hex(),
    quote(KEY, safe=""),
}
PIECES = {form[at : at + 8] for form in FORMS for at in range(len(form) - 7)}
"""The key whole, in any half or other part of eight characters, reversed and encoded."""

MARKED: dict[str, list[Fault]] = {kind: [always(kind)] for kind in KINDS}
MARKED |= {f"echo_key with {status}": [always("echo_key", status=status)] for status in (302, 400, 401, 403, 429, 500)}
MARKED |= {f"status {status}": [always(status=status)] for status in (400, 401, 403, 404, 409, 428, 429, 500, 501)}
MARKED |= {
    "half of it in words": [always(status=403, body={"message": f"{KEY[:27]} and {KEY[27:]}"})],
    "plain text": [always(status=403, body=KEY)],
    "not JSON": [always(status=200, body=f"<{KEY}>")],
    "wrong types": [always(status=200, body={"teamMembers": {KEY: [KEY]}})],
    "location": [always("redirect", location=f"http://127.0.0.1:9/{KEY}")],
    "odd location": [always(status=302, headers={"location": f"http://elsewhere:{KEY}"})],
    "odd encoding": [always(status=200, headers={"content-encoding": "gzip"}, body=KEY)],
    "refused field": [
        always(
            status=400,
            body={"message": "", "details": {"validationError": {"fieldViolations": [{"field": KEY, "data": KEY}]}}},
        )
    ],
    "retry-after": [always(status=503, headers={"retry-after": KEY})],
    "header": [always(status=401, headers={"www-authenticate": KEY, "x-wix-request-id": KEY[:8]})],
    "code": [always(status=403, body={"details": {"applicationError": {"code": KEY[:8]}}})],
}
CLEAN = ("drop", "rename", "empty_page", "repeat_page", "cycle_cursor", "drop_facets", "drop_defaults", "wrong_facets")
"""Kinds after which there is no error: another answer is asked for, or nothing is proved."""

LOGGERS = ("", "httpx", "httpcore", "tap_wix_users", "stamina", "asyncio")


OF_THE_MACHINE = {"created", "msecs", "relativeCreated", "thread", "process"}
"""Numbers of a log record, in which eight digits of an encoded key are found by chance."""


def everything(error: WixError | None, records: list[logging.LogRecord]) -> str:
    """All that a log, a traceback or a careless caller could print, apart from the machine's own numbers."""
    told = [record.getMessage() for record in records]
    told += [
        repr({name: value for name, value in vars(record).items() if name not in OF_THE_MACHINE}) for record in records
    ]
    if error is not None:
        told += [str(error), repr(error), repr(error.args), repr(vars(error))]
        told += traceback.TracebackException.from_exception(error, capture_locals=False).format()
        told += [repr(error.__cause__)]
    return "\n".join(told)


def leaks(text: str) -> set[str]:
    """Pieces of the key that the text shows."""
    return {piece for piece in PIECES if piece.lower() in text.lower()}


class TestSecret:
    """The key is in no error, no traceback and no log, whatever a server makes of it."""

    @pytest.fixture
    def told(self, caplog, serve, connect):
        """Everything that is reported of a read of the team under these faults."""
        for name in LOGGERS:
            caplog.set_level(logging.DEBUG, logger=name)

        def reading(faults: list[Fault]) -> tuple[WixError | None, str]:
            world = World(Size(users=12, child_accounts=0), key=KEY)
            sandbox = serve(world, faults=faults)
            api = connect(sandbox, request_timeout=timeout(faults[0].kind), max_retry_seconds=4)
            try:
                read = read_sites if faults[0].kind == "cycle_cursor" else read_team
                read(api, _Nothing, dataclasses.replace(READ_OPTIONS, page_size=5, attempts=2))
            except WixError as error:
                return error, everything(error, caplog.records)
            return None, everything(None, caplog.records)

        return reading

    @pytest.mark.parametrize("name", MARKED)
    def test_under_every_fault(self, name, told, caplog):
        """At the level of debugging, of every logger."""
        error, text = told(MARKED[name])
        assert (error is None) == (name in CLEAN)
        assert caplog.records
        assert leaks(text) == set()

    @pytest.mark.parametrize("answer", [f"HTTP/1.1 {KEY}\r\n\r\n", f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n", KEY])
    def test_in_what_is_no_http(self, answer, serve, connect, caplog):
        """The library's words about a broken answer repeat it."""
        for name in LOGGERS:
            caplog.set_level(logging.DEBUG, logger=name)
        with Listener(answer.encode()) as host:
            error = fail(connect(serve(), api_key=KEY, base_url=host.url, max_retry_seconds=2))
        assert KEY.encode() in host.received[0]
        assert leaks(everything(error, caplog.records)) == set()

    @pytest.mark.parametrize("name", ["httpcore", "httpcore.http11"])
    def test_in_a_log_that_is_switched_on_later(self, name, serve, connect, caplog):
        """A logging configuration that is read after the client was made changes nothing."""
        api = connect(serve(World(key=KEY), faults=[always("echo_key", status=403)]))
        caplog.set_level(logging.DEBUG, logger=name)
        fail(api)
        assert leaks(everything(None, caplog.records)) == set()

    def test_the_search_finds_a_leak(self):
        """The search itself works: each form of the key is found, and innocent words are not."""
        for form in FORMS:
            assert leaks(f"words {form} words")
            assert leaks(f"words {form[3:11].upper()} words")
        assert leaks("the permission to manage team members 1793520000.0000000001") == set()


class _Nothing:
    """Takes objects and forgets them."""

    def add(self, items: Any, /) -> None:
        """Take a page."""
