"""The settings (docs/streams.md, section 4): their defaults, and a clear sentence for each value that is no good."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from tap_wix_users.settings import Settings, problems, settings_schema, unknown
from tests.tables.contract import json_values

KEY = "IST.SECRETSECRETSECRET"
ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"

A_HOST_ALONE = (
    "`base_url` has to be https:// and a host only, like https://www.wixapis.com "
    "(plain http:// is only allowed for a server on this machine: the key is a secret)"
)
NO_GUID = (
    "`account_id` is not a GUID: the API Keys Manager shows it next to the key, "
    "like 0aaaaaaa-1111-4222-8333-444455556666"
)
NO_KEY = "`api_key` is not a key: it has to be at least 8 printable ASCII characters without spaces or line breaks"
NO_BEARER = "`api_key` starts with `Bearer`: Wix expects the bare key, so leave that word out"
MISSING_KEY = "`api_key` is missing: Account-level API key. An owner or co-owner creates it in the API Keys Manager"


def _config(**settings: Any) -> dict[str, Any]:
    return {"api_key": KEY, "account_id": ACCOUNT, **settings}


def _read(**settings: Any) -> dict[str, Any]:
    return Settings.model_validate(_config(**settings)).model_dump(exclude={"api_key"})


DEFAULTS = {
    "account_id": ACCOUNT,
    "include_child_accounts": False,
    "base_url": "https://www.wixapis.com",
    "page_size": 1000,
    "requests_per_minute": 180,
    "max_concurrency": 8,
    "request_timeout": 30,
    "max_retry_seconds": 300,
    "max_walk_attempts": 3,
    "accept_repeat_proof": False,
    "max_removal_ratio": 0.5,
    "allow_mass_removal": False,
    "emit_tombstones": False,
    "history": False,
    "max_state_rows": 200_000,
    "rebaseline_days": 7,
    "include_accept_links": False,
    "locale": "en",
}
"""Those of docs/streams.md, section 4."""

OF_SINGER = {"emit_activate_version_messages": False}


def test_key_and_account_are_enough():
    """Every other setting has the default of docs/streams.md, section 4."""
    assert problems(_config()) == []
    assert _read() == DEFAULTS | OF_SINGER


def test_the_schema_tells_names_types_defaults_and_what_they_mean():
    """The SDK shows it, and finds environment variables with it; the key is marked as a secret."""
    schema = settings_schema()
    properties = schema["properties"]
    assert schema["required"] == ["api_key", "account_id"]
    assert {name: setting["default"] for name, setting in properties.items() if "default" in setting} == {
        name: default for name, default in (DEFAULTS | OF_SINGER).items() if name != "account_id"
    }
    assert [name for name, setting in properties.items() if setting.get("secret")] == ["api_key"]
    assert all(setting["title"] and setting["description"] and setting["type"] for setting in properties.values())


@pytest.mark.parametrize(
    ("config", "sentences"),
    [
        pytest.param({}, [MISSING_KEY, "`account_id` is missing"], id="nothing"),
        pytest.param({"account_id": ACCOUNT}, [MISSING_KEY], id="no key"),
        pytest.param({"api_key": KEY}, ["`account_id` is missing"], id="no account"),
        pytest.param(_config(api_key=""), [MISSING_KEY], id="key empty"),
        pytest.param(_config(api_key="SECRET"), [NO_KEY], id="key short"),
        pytest.param(_config(api_key=f"{KEY}\n"), [NO_KEY], id="key with a line break at its end"),
        pytest.param(_config(api_key="SECRET\nSECRET"), [NO_KEY], id="key in two lines"),
        pytest.param(_config(api_key="SECRET SECRET"), [NO_KEY], id="key with a space"),
        pytest.param(_config(api_key="SECRET\N{ZERO WIDTH SPACE}SECRET"), [NO_KEY], id="key with what is not seen"),
        pytest.param(_config(api_key=f"Bearer {KEY}"), [NO_BEARER], id="key behind Bearer"),
        pytest.param(_config(api_key=f"bearer {KEY}"), [NO_BEARER], id="key behind bearer"),
        pytest.param(_config(api_key="Bearer"), [NO_BEARER], id="Bearer alone"),
        pytest.param(_config(api_key=None), [MISSING_KEY], id="key null"),
        pytest.param(_config(api_key=5), ["`api_key`"], id="key a number"),
        pytest.param(_config(api_key=["SECRETSECRET"]), ["`api_key`"], id="key a list"),
        pytest.param(_config(api_key={"SECRETSECRET": "SECRETSECRET"}), ["`api_key`"], id="key an object"),
        pytest.param(_config(api_key=True), ["`api_key`"], id="key true"),
        pytest.param(_config(account_id="acme"), [NO_GUID], id="account a name"),
        pytest.param(_config(account_id=""), ["`account_id` is missing"], id="account empty"),
        pytest.param(_config(account_id=f"{ACCOUNT}\n"), [NO_GUID], id="account with a line break"),
        pytest.param(_config(account_id=ACCOUNT.replace("-", "")), [NO_GUID], id="account without hyphens"),
        pytest.param(_config(account_id=5), ["`account_id`"], id="account a number"),
        pytest.param(_config(account_id=KEY), [NO_GUID], id="account that is the key"),
        pytest.param(_config(page_size=0), ["`page_size`"], id="page_size 0"),
        pytest.param(_config(page_size=-1), ["`page_size`"], id="page_size below 0"),
        pytest.param(_config(page_size=10_001), ["`page_size`"], id="page_size too large"),
        pytest.param(_config(page_size="many"), ["`page_size`"], id="page_size a word"),
        pytest.param(_config(page_size=1.5), ["`page_size`"], id="page_size a fraction"),
        pytest.param(_config(requests_per_minute=0), ["`requests_per_minute`"], id="requests_per_minute 0"),
        pytest.param(_config(max_concurrency=0), ["`max_concurrency`"], id="max_concurrency 0"),
        pytest.param(_config(request_timeout=0), ["`request_timeout`"], id="request_timeout 0"),
        pytest.param(_config(request_timeout="nan"), ["`request_timeout`"], id="request_timeout no number"),
        pytest.param(_config(max_retry_seconds=-1), ["`max_retry_seconds`"], id="max_retry_seconds below 0"),
        pytest.param(_config(max_walk_attempts=0), ["`max_walk_attempts`"], id="max_walk_attempts 0"),
        pytest.param(_config(max_walk_attempts=101), ["`max_walk_attempts`"], id="max_walk_attempts too many"),
        pytest.param(_config(max_removal_ratio=-0.1), ["`max_removal_ratio`"], id="max_removal_ratio below 0"),
        pytest.param(_config(max_removal_ratio=1.1), ["`max_removal_ratio`"], id="max_removal_ratio above 1"),
        pytest.param(_config(max_state_rows=-1), ["`max_state_rows`"], id="max_state_rows below 0"),
        pytest.param(_config(rebaseline_days=-1), ["`rebaseline_days`"], id="rebaseline_days below 0"),
        pytest.param(_config(include_child_accounts="perhaps"), ["`include_child_accounts`"], id="a truth a word"),
        pytest.param(_config(history=2), ["`history`"], id="a truth a number"),
        pytest.param(_config(locale="e"), ["`locale`"], id="locale short"),
        pytest.param(_config(locale="en&x=y"), ["`locale`"], id="locale with a query"),
        pytest.param(_config(locale="en\n"), ["`locale`"], id="locale with a line break"),
        pytest.param(
            _config(api_key="SECRET", account_id="acme", page_size=0), [NO_KEY, NO_GUID, "`page_size`"], id="three"
        ),
    ],
)
def test_a_value_that_is_no_good_has_a_sentence(config, sentences):
    """It names the setting, and never repeats a value."""
    found = problems(config)
    assert len(found) == len(sentences)
    for sentence, beginning in zip(found, sentences, strict=True):
        assert sentence.startswith(beginning)
        assert len(sentence) > len(beginning) or " " in beginning
        assert "SECRET" not in sentence


@pytest.mark.parametrize(
    "config", [_config(locale="e"), _config(page_size=0), _config(page_size="many"), _config(api_key=5)]
)
def test_a_sentence_says_what_to_do(config):
    """In terms that the user knows, not those of the validation library."""
    [sentence] = problems(config)
    assert "Input should" not in sentence
    assert "String should" not in sentence


@hypothesis_settings(max_examples=200)
@given(json_values)
def test_no_sentence_repeats_the_key_whatever_it_is(value):
    """Not even one of another type."""
    for key in (value, [KEY, value], {KEY: value}, f"{KEY} {value}"):
        for sentence in problems(_config(api_key=key)):
            assert sentence.startswith("`api_key` ")
            assert KEY not in sentence


def test_the_key_is_not_printed():
    """Neither of the settings as text, nor of the error that pydantic would show."""
    assert KEY not in repr(Settings.model_validate(_config()))
    with pytest.raises(ValueError, match="account_id") as caught:
        Settings.model_validate({"api_key": KEY, "account_id": KEY, "page_size": KEY})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://www.wixapis.com", "https://www.wixapis.com"),
        ("https://www.wixapis.com/", "https://www.wixapis.com"),
        ("https://proxy.example.com:8443", "https://proxy.example.com:8443"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
        ("HTTPS://www.wixapis.com", "HTTPS://www.wixapis.com"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:8377/", "http://127.0.0.1:8377"),
        ("http://[::1]:8377", "http://[::1]:8377"),
        ("http://localhost:8377", "http://localhost:8377"),
        ("http://LOCALHOST", "http://LOCALHOST"),
    ],
)
def test_an_address_that_the_key_may_be_sent_to(url, read):
    """Https anywhere; plain http to this machine alone."""
    assert problems(_config(base_url=url)) == []
    assert _read(base_url=url)["base_url"] == read


@pytest.mark.parametrize(
    "url",
    [
        "http://www.wixapis.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://2130706433",
        "ftp://www.wixapis.com",
        "file://localhost",
        "//www.wixapis.com",
        "https://www.wixapis.com/v3",
        "https://www.wixapis.com?x=1",
        "https://www.wixapis.com/?x=1",
        "https://www.wixapis.com#x",
        "https://ada@www.wixapis.com",
        "https://ada:SECRET@www.wixapis.com",
        "http://localhost@example.com",
        "http://example.com\\@localhost",
        "https://www.wixapis.com:0",
        "https://www.wixapis.com:99999",
        "https://www.wixapis.com:port",
        "https://[::1",
        "https://",
        "https:///v3",
        "www.wixapis.com",
        "localhost:8377",
        " ",
    ],
)
def test_an_address_that_the_key_may_not_be_sent_to(url):
    """It is no scheme and host alone, or would show the key on the way."""
    assert problems(_config(base_url=url)) == [A_HOST_ALONE]


@pytest.mark.parametrize(
    "url",
    [
        "https://:SECRET@www.wixapis.com",
        "https://@www.wixapis.com",
        "https://www.wix\napis.com",
        " https://www.wixapis.com",
        "https://www.wix apis.com",
        "https://www.wixapis.com?",
        "https://www.wixapis.com#",
    ],
)
def test_an_address_that_only_looks_like_one(url):
    """User info without a name, white space, and an empty query are no host either."""
    assert problems(_config(base_url=url)) == [A_HOST_ALONE]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("page_size", "50", 50),
        ("requests_per_minute", "1000000", 1_000_000),
        ("max_concurrency", "1", 1),
        ("request_timeout", "2.5", 2.5),
        ("max_retry_seconds", "0", 0),
        ("max_walk_attempts", "5", 5),
        ("max_removal_ratio", "0.25", 0.25),
        ("max_state_rows", "0", 0),
        ("rebaseline_days", "30", 30),
        ("include_child_accounts", "true", True),
        ("history", "false", False),
        ("emit_activate_version_messages", "1", True),
        ("account_id", ACCOUNT.upper(), ACCOUNT),
        ("locale", "pt-BR", "pt-BR"),
        ("locale", "zh_Hans", "zh_Hans"),
    ],
)
def test_a_value_may_be_text(name, text, value):
    """Environment variables hold nothing else."""
    assert problems(_config(**{name: text})) == []
    assert _read(**{name: text}) == DEFAULTS | OF_SINGER | {name: value}


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("name", [*DEFAULTS, *OF_SINGER])
def test_an_empty_value_is_not_set(name, nothing):
    """Null and an empty string count as not set, whatever their source, and the default applies."""
    if name == "account_id":
        assert [sentence[:23] for sentence in problems(_config(account_id=nothing))] == ["`account_id` is missing"]
    else:
        assert problems(_config(**{name: nothing})) == []
        assert _read(**{name: nothing}) == DEFAULTS | OF_SINGER


NUMBERS = [
    name for name, default in DEFAULTS.items() if isinstance(default, int | float) and default not in (True, False)
]
ABSURD = [10**10, 10**18, 10**30, -(10**18), 1e10, 1e18, 1e300, -1e300, "1e400", "9" * 5000, "1" + "0" * 400, "0x10"]


@pytest.mark.parametrize("value", ABSURD, ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("name", [*NUMBERS, "max_removal_ratio"])
def test_an_absurd_number_has_a_sentence(name, value):
    """It overflows no clock and no list later on."""
    [sentence] = problems(_config(**{name: value}))
    assert sentence.startswith(f"`{name}` has to be ")
    assert len(sentence) < 100


@pytest.mark.parametrize("name", ["request_timeout", "max_retry_seconds"])
def test_patience_has_an_end(name):
    """A run must not hang for good."""
    assert problems(_config(**{name: "inf"}))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("pagesize", "The setting `pagesize` does not exist and is ignored: is `page_size` meant?"),
        ("apikey", "The setting `apikey` does not exist and is ignored: is `api_key` meant?"),
        ("start_date", "The setting `start_date` does not exist and is ignored"),
    ],
)
def test_an_unknown_setting_has_a_hint(name, sentence):
    """It is ignored, but not silently; its value is not repeated."""
    config = _config(**{name: "SECRET"})
    assert unknown(config, Settings.model_fields) == [sentence]
    assert problems(config) == []


def test_known_settings_need_no_hint():
    """Those of the SDK are known too, where they are named."""
    assert unknown(_config(page_size=1), Settings.model_fields) == []
    assert unknown(_config(flattening_enabled=True), [*Settings.model_fields, "flattening_enabled"]) == []
