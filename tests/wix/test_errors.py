"""A refusal says what an operator needs, for every status of docs/api-contract.md, section 1.2, and never a secret."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.wix import endpoints, errors
from tap_wix_users.wix.errors import Endpoint, Refusal, refusal
from tap_wix_users.wix.redaction import Redactor
from tests.tables.contract import example, json_values

KEY = "IST.k9Zq+w/7=Xv%p&Lm~3tR8yB1nD5cF6hJ0sAeUoGiQ4xW2zMvNb"
REQUEST_ID = "1732436000.1234567890"
CALL = Endpoint("POST", "/roles-management/v3/team/search", "to manage team members")
WITHHELD = "(withheld: it repeats a part of the API key)"
CHECK_THE_KEY = (
    "Wix does not accept the API key: check `api_key` (raw, without `Bearer`), that it was not revoked in the "
    "API Keys Manager, and that `account_id` is the account that owns it"
)
GRANT_IT = (
    "The API key needs the permission to manage team members: an owner or co-owner of the account grants it in the "
    "API Keys Manager"
)


def _refusal(status: int, content: Any = b"", *, endpoint: Endpoint = CALL, **headers: str) -> Refusal:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx.Response(status, content=text, headers=named)
    return refusal(endpoint, response, response.content, Redactor(KEY))


def _application(code: Any = None, description: Any = None, message: Any = "") -> dict[str, Any]:
    return {
        "message": message,
        "details": {"applicationError": {"code": code, "description": description, "data": {}}},
    }


def _validation(*violations: Any, message: Any = "") -> dict[str, Any]:
    return {"message": message, "details": {"validationError": {"fieldViolations": list(violations)}}}


class TestEachStatus:
    """The class, the words and the advice of a status."""

    @pytest.mark.parametrize(
        ("status", "kind", "advice"),
        [
            (301, errors.Redirected, "Redirects are not followed, so that the key only reaches the configured host: "),
            (302, errors.Redirected, "Redirects are not followed, so that the key only reaches the configured host: "),
            (308, errors.Redirected, "Redirects are not followed, so that the key only reaches the configured host: "),
            (400, errors.InvalidRequest, ""),
            (401, errors.Unauthorized, CHECK_THE_KEY),
            (403, errors.Forbidden, GRANT_IT),
            (404, errors.NotFound, "Check `account_id` and `base_url`"),
            (409, Refusal, ""),
            (428, Refusal, ""),
            (
                429,
                errors.Throttled,
                "Something else is using this account's request budget: lower `requests_per_minute`",
            ),
            (500, errors.ServerFailure, ""),
            (501, errors.ServerFailure, ""),
            (502, errors.ServerFailure, ""),
            (503, errors.ServerFailure, ""),
            (504, errors.ServerFailure, ""),
            (204, Refusal, ""),
            (206, Refusal, ""),
        ],
    )
    def test_a_status_with_an_empty_answer(self, status, kind, advice):
        """System errors of Wix are deliberately empty: method, path and status are reported all the same."""
        for content in (b"", {}, {"message": "", "details": {}}):
            error = _refusal(status, content)
            assert type(error) is kind
            assert error.status == status
            assert error.advice.startswith(advice)
            assert bool(error.advice) == bool(advice)
            words = f"POST /roles-management/v3/team/search: {status}"
            assert str(error) == (f"{words}. {error.advice}" if advice else words)

    @pytest.mark.parametrize(
        ("status", "content", "code", "description"),
        [
            pytest.param(403, example("forbidden"), "PERMISSION_DENIED", "Forbidden", id="blank description"),
            pytest.param(
                400,
                example("validation"),
                "",
                "paging.limit: must be at most 100",
                id="validation, as in the contract",
            ),
            pytest.param(
                400,
                _validation({"field": "a", "description": "is no"}, {"field": "b", "description": "is yes"}),
                "",
                "a: is no; b: is yes",
                id="several violations",
            ),
            pytest.param(
                428,
                _application("MISSING_METASITE_ID", "No metasite", "x"),
                "MISSING_METASITE_ID",
                "No metasite",
                id="428",
            ),
            pytest.param(429, _application("RESOURCE_EXHAUSTED", None), "RESOURCE_EXHAUSTED", "", id="no words at all"),
            pytest.param(500, {"message": "Oh no"}, "", "Oh no", id="a message alone"),
            pytest.param(500, {"message": "Oh no", "details": None}, "", "Oh no", id="details null"),
            pytest.param(403, b"<html><h1>Forbidden</h1></html>", "", "", id="HTML"),
            pytest.param(403, b"upstream connect error", "", "", id="plain text"),
            pytest.param(403, b"\xff\xfe\x00", "", "", id="no text"),
            pytest.param(403, b'{"message":"Forb', "", "", id="cut short"),
            pytest.param(403, [], "", "", id="a list"),
            pytest.param(403, "Forbidden", "", "", id="text as JSON"),
            pytest.param(403, _application(7, ["a"], {"m": 1}), "", "", id="words of other types"),
            pytest.param(403, _application("IS NO CODE", "one\n two\t three"), "", "one two three", id="one line"),
            pytest.param(403, _application("A" * 101, "x" * 1000), "", "x" * 300, id="bounded"),
            pytest.param(403, {"message": "m", "details": {"applicationError": None}}, "", "m", id="error null"),
        ],
    )
    def test_what_wix_said(self, status, content, code, description):
        """Code and description follow the status, if they can be read."""
        error = _refusal(status, content, x_wix_request_id=REQUEST_ID)
        assert (error.code, error.description, error.request_id) == (code, description, REQUEST_ID)
        said = [str(status), *([code] if code else []), *([f"({description})"] if description else [])]
        assert error.what == " ".join([*said, f"[x-wix-request-id {REQUEST_ID}]"])
        assert str(error).startswith(f"POST /roles-management/v3/team/search: {error.what}")

    def test_a_whole_message(self):
        """One sentence of what happened, how long it was tried, and one of what to do."""
        error = _refusal(403, example("forbidden"), x_wix_request_id=REQUEST_ID)
        error.patience = "gave up after 5 attempts in 31 s"
        assert str(error) == (
            "POST /roles-management/v3/team/search: 403 PERMISSION_DENIED (Forbidden) "
            "[x-wix-request-id 1732436000.1234567890]; gave up after 5 attempts in 31 s. The API key needs the "
            "permission to manage team members: an owner or co-owner of the account grants it in the API Keys Manager"
        )

    @pytest.mark.parametrize("violation", [{}, {"field": None, "description": 5}])
    def test_a_violation_without_words(self, violation):
        """The message is reported in its place."""
        assert _refusal(400, _validation(violation, message="Bad request")).description == "Bad request"

    @pytest.mark.parametrize(
        ("data", "threshold"),
        [
            ({"threshold": 100}, 100),
            ({"threshold": "100"}, None),
            ({"threshold": True}, None),
            ({"threshold": None}, None),
            ({}, None),
            (None, None),
            ([100], None),
        ],
    )
    def test_the_bound_that_a_refusal_names(self, data, threshold):
        """It is a number, or there is none."""
        error = _refusal(400, _validation({"field": "paging.limit", "description": "too large", "data": data}))
        assert [(violation.field, violation.threshold) for violation in error.violations] == [
            ("paging.limit", threshold)
        ]

    def test_an_error_of_any_other_kind(self):
        """A request without an answer, and an answer that cannot be read."""
        assert str(errors.NoAnswer(CALL, "no answer: ReadTimeout (timed out)")) == (
            "POST /roles-management/v3/team/search: no answer: ReadTimeout (timed out)"
        )
        unreadable = errors.UnreadableAnswer(CALL, "the answer is not JSON, or was cut short", retryable=True)
        assert unreadable.retryable is True
        assert isinstance(unreadable, errors.WixError)


class TestPermissions:
    """A 403 names the permission of docs/api-contract.md, section 2."""

    @pytest.mark.parametrize(
        ("endpoint", "method", "path", "permission"),
        [
            (
                endpoints.SEARCH_TEAM,
                "POST",
                "/roles-management/v3/team/search",
                "to manage team members (Wix documents no name for it)",
            ),
            (
                endpoints.GET_ROLES,
                "GET",
                "/roles-management/roles",
                "`ACCOUNT_ROLES.GET_ROLES` (`SCOPE.ACCOUNT.BASIC_TEAM_MEMBER`)",
            ),
            (endpoints.QUERY_SITES, "POST", "/site-list/v2/sites/query", "Read Site Data (`SITE_LIST.READ`)"),
            (endpoints.COUNT_SITES, "POST", "/site-list/v2/sites/count", "Read Site Data (`SITE_LIST.READ`)"),
            (
                endpoints.LIST_CHILD_ACCOUNTS,
                "GET",
                "/accounts/v1/account/child-accounts",
                "Get Sub Accounts (`ACCOUNT.CHILD_ACCOUNTS_LIST`; contract customers)",
            ),
            (
                endpoints.QUERY_FOLDERS,
                "POST",
                "/site-folders/v2/folders/query",
                "Manage Folders or Read Folder Data",
            ),
            (
                Endpoint("GET", "/accounts/v1/accounts/a", endpoints.GET_ACCOUNT_PERMISSION),
                "GET",
                "/accounts/v1/accounts/a",
                "Manage Team Members (`SCOPE.IDENTITY.MANAGE-TEAM-MEMBERS`)",
            ),
        ],
    )
    def test_of_an_endpoint(self, endpoint, method, path, permission):
        """Whatever the body of the answer is."""
        for content in (example("forbidden"), b"<html>Forbidden</html>", b""):
            error = _refusal(403, content, endpoint=endpoint)
            assert str(error).startswith(f"{method} {path}: 403")
            assert str(error).endswith(
                f". The API key needs the permission {permission}: "
                "an owner or co-owner of the account grants it in the API Keys Manager"
            )

    def test_of_an_endpoint_without_one(self):
        """Then it is access to the account that is missing."""
        error = _refusal(403, endpoint=Endpoint("GET", "/x"))
        assert error.advice == (
            "The API key needs access to this account: an owner or co-owner of the account grants it in the "
            "API Keys Manager"
        )


HALF = len(KEY) // 2
ECHOES = {
    "whole": KEY,
    "within words": f"the key {KEY} is unknown",
    "in another case": KEY.upper(),
    "first half": KEY[:HALF],
    "second half": KEY[HALF:],
    "eight of its characters": KEY[10:18],
    "in halves": f"{KEY[:HALF]} ... {KEY[HALF:]}",
    "reversed": KEY[::-1],
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 without padding": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "base64 for addresses": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "hex": KEY.encode().hex(),
    "hex in capitals": KEY.encode().hex().upper(),
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded, the slash kept": quote(KEY),
}
BEYOND = {
    "percent-encoded, every character": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    "base64 behind one character": base64.b64encode(b"x" + KEY.encode()).decode(),
    "base64 behind two characters": base64.b64encode(b"xy" + KEY.encode()).decode(),
}


def _everything(error: BaseException, *names: str) -> str:
    # All that a log, a traceback or a careless caller could print of an error.
    shown = names or tuple(vars(error))
    return "\n".join([str(error), repr(error), repr(error.args), *(repr(getattr(error, name)) for name in shown)])


def _shows(echo: str, text: str) -> bool:
    # Whether any eight characters of the echo that are the key's are in the text.
    pieces = {echo[at : at + 8] for at in range(len(echo) - 7)} - {WITHHELD[at : at + 8] for at in range(len(WITHHELD))}
    return any(piece in text for piece in pieces if " " not in piece)


TOLD = ("endpoint", "what", "advice", "patience", "status", "code", "description", "request_id")


class TestSecrets:
    """No part of the key, and no e-mail address, is in anything that an error shows."""

    @pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 428, 429, 500, 302])
    def test_the_key_is_withheld_from_what_is_told(self, status, echo):
        """In words, code, message, refused fields and header."""
        leaks = [
            _refusal(status, _application("DENIED", echo, echo)),
            _refusal(status, _application(echo, "no")),
            _refusal(status, _application(None, "", echo)),
            _refusal(status, {"message": "no", "details": {"applicationError": {"code": "X", "data": {"key": echo}}}}),
            _refusal(status, _validation({"field": echo, "description": "is wrong"})),
            _refusal(status, _validation({"field": "key", "description": echo})),
            _refusal(status, echo.encode()),
            _refusal(status, f"<html>{echo}</html>".encode()),
            _refusal(status, b"", x_wix_request_id=echo, location=f"https://evil.example.com/{quote(echo)}"),
        ]
        for error in leaks:
            assert not _shows(echo, _everything(error, *TOLD))

    def test_words_that_repeat_the_key_are_replaced(self):
        """And nothing else of the answer is lost."""
        error = _refusal(401, _application("UNAUTHENTICATED", f"bad key {KEY}"), x_wix_request_id=REQUEST_ID)
        assert error.what == f"401 UNAUTHENTICATED ({WITHHELD}) [x-wix-request-id {REQUEST_ID}]"

    def test_a_key_in_a_code_or_request_id_leaves_them_out(self):
        """They are reported only where they are what they should be."""
        error = _refusal(401, _application(KEY[:20], "no"), x_wix_request_id=KEY)
        assert error.what == "401 (no)"

    @pytest.mark.parametrize("echo", [KEY, f"{KEY[:HALF]} {KEY[HALF:]}"], ids=["whole", "in halves"])
    def test_the_key_is_in_no_attribute(self, echo):
        """Not even in one that no message is made of."""
        for error in (
            _refusal(400, _validation({"field": echo, "description": "x", "data": {"value": echo}})),
            _refusal(400, _validation({"field": "x", "description": echo})),
            _refusal(429, retry_after=echo),
        ):
            assert not _shows(echo, _everything(error))

    @pytest.mark.parametrize("key", ["2042-11-xyzw", "gmtWed05Nov", "120000GMTabc"])
    def test_a_wait_that_looks_like_a_piece_of_the_key(self, key):
        """A date has letters and digits in common with many a key: it is waited for all the same."""
        response = httpx.Response(429, headers={"retry-after": "Wed, 05 Nov 2042 12:00:00 GMT"})
        assert (refusal(CALL, response, b"", Redactor(key)).retry_after or 0) > 60

    @pytest.mark.parametrize("echo", BEYOND.values(), ids=BEYOND)
    def test_the_key_in_an_encoding_that_can_be_undone(self, echo):
        """A reader of the message could decode the key."""
        assert _refusal(401, _application("X", f"bad: {echo}")).description == WITHHELD

    @pytest.mark.parametrize("short", ["abcdefgh", "12345678"])
    def test_the_shortest_key(self, short):
        """Eight characters are a key, and are withheld as one."""
        response = httpx.Response(401, json=_application(short, f"bad {short}!"))
        error = refusal(CALL, response, response.content, Redactor(short))
        assert error.what == f"401 ({WITHHELD})"

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("no member ada@example.com", "no member (e-mail)"),
            ("ada.okafor+wix@mail.example.co.uk, <ben@example.com>", "(e-mail), <(e-mail)>"),
            ('"ÅDA@EXAMPLE.COM" and ada@localhost', '"(e-mail)" and (e-mail)'),
            ("mailto:ada@example.com", "mailto:(e-mail)"),
            ("at 5 o'clock @ home", "at 5 o'clock @ home"),
        ],
    )
    def test_an_e_mail_address_is_masked(self, said, told):
        """In the words of an error, of a field, and in a message."""
        assert _refusal(403, _application("X", said)).description == told
        assert _refusal(403, {"message": said}).description == told
        assert _refusal(400, _validation({"field": "f", "description": said})).description == f"f: {told}"

    @pytest.mark.parametrize("code", ["ada@example.com", "two words", "", "x" * 101, "a\nb", None, 5, ["A"]])
    def test_a_code_that_is_none_is_left_out(self, code):
        """People's data is no code."""
        assert _refusal(403, _application(code, "no")).what == "403 (no)"

    def test_a_query_and_a_body_are_never_shown(self):
        """An error knows of its request the method and the path alone."""
        assert vars(CALL) == {"method": CALL.method, "path": CALL.path, "permission": CALL.permission}
        assert "ada" not in _everything(_refusal(500, {"ada": 1, "message": "no", "details": {"ada": "ada"}}))


def _somewhere(value: Any) -> st.SearchStrategy[Any]:
    words = st.sampled_from(["message", "details", "applicationError", "validationError", "fieldViolations"])
    fields = st.sampled_from(["code", "description", "data", "field", "threshold", "violatedRule"])
    return st.recursive(
        value | json_values,
        lambda inner: st.dictionaries(words | fields, inner, max_size=4) | st.lists(inner, max_size=3),
        max_leaves=10,
    )


@settings(max_examples=400)
@given(
    st.sampled_from([302, 400, 401, 403, 404, 428, 429, 500, 503]),
    st.fixed_dictionaries(
        {},
        optional={
            "message": _somewhere(st.just(KEY)),
            "details": st.fixed_dictionaries(
                {},
                optional={
                    "applicationError": st.fixed_dictionaries(
                        {}, optional={"code": _somewhere(st.just(KEY)), "description": _somewhere(st.just(KEY))}
                    )
                    | _somewhere(st.just(KEY)),
                    "validationError": st.fixed_dictionaries(
                        {"fieldViolations": st.lists(_somewhere(st.just(KEY)), max_size=3)}
                    )
                    | _somewhere(st.just(KEY)),
                },
            )
            | _somewhere(st.just(KEY)),
        },
    )
    | _somewhere(st.just(KEY)),
)
def test_any_envelope_makes_an_error_that_tells_no_secret(status, envelope):
    """Unexpected types anywhere in it never break the error, and none of its text contains the key."""
    error = _refusal(status, envelope)
    assert error.status == status
    assert str(error).startswith(f"POST /roles-management/v3/team/search: {status}")
    assert "\n" not in str(error)
    assert not _shows(KEY, _everything(error, *TOLD))
