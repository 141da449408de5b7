"""The settings (docs/streams.md, section 4): declared once, validated before the first request, never printed."""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ORIGIN = re.compile(r"(?i:http(?P<tls>s?))://(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?/?")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _check_api_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if text.lower().startswith("bearer"):
        raise ValueError("starts with `Bearer`: Wix expects the bare key, so leave that word out")
    if not re.fullmatch(r"[!-~]{8,}", text):
        raise ValueError(
            "is not a key: it has to be at least 8 printable ASCII characters without spaces or line breaks"
        )
    return key


def _check_account_id(account_id: str) -> str:
    if not _GUID.fullmatch(account_id):
        raise ValueError(
            "is not a GUID: the API Keys Manager shows it next to the key, like 0aaaaaaa-1111-4222-8333-444455556666"
        )
    return account_id.lower()


def _check_base_url(url: str) -> str:
    found = _ORIGIN.fullmatch(url)
    fits = found is not None and 0 < int(found["port"] or 443) < 65536
    if not found or not fits or not (found["tls"] or _is_loopback(found["host"].strip("[]").lower())):
        raise ValueError(
            "has to be https:// and a host only, like https://www.wixapis.com "
            "(plain http:// is only allowed for a server on this machine: the key is a secret)"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(BaseModel):
    """The settings of a run."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False)

    api_key: Annotated[SecretStr, AfterValidator(_check_api_key)] = Field(
        title="API key",
        description="Account-level API key. An owner or co-owner creates it in the API Keys Manager",
    )
    account_id: Annotated[str, AfterValidator(_check_account_id)] = Field(
        title="Account id", description="Account that owns the API key (GUID); the API Keys Manager shows it"
    )
    include_child_accounts: bool = Field(
        default=False, title="Child accounts", description="Also read the accounts that List Child Accounts returns"
    )
    base_url: Annotated[str, AfterValidator(_check_base_url)] = Field(
        default="https://www.wixapis.com",
        title="Base URL",
        description="Scheme and host of the API; plain http only for loopback",
    )
    page_size: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        title="Page size",
        description="Rows to request per page of Search Team. Lowered if Wix refuses the size or does not answer",
    )
    requests_per_minute: int = Field(
        default=180,
        ge=1,
        le=10**9,
        title="Requests per minute",
        description="Request budget shared by all streams. Wix allows 200",
    )
    max_concurrency: int = Field(
        default=8,
        ge=1,
        le=100,
        title="Concurrency",
        description="Requests in flight at once",
    )
    request_timeout: float = Field(
        default=30,
        gt=0,
        le=3600,
        title="Request timeout",
        description="Seconds that one request may take, from connecting to the last byte of the response",
    )
    max_retry_seconds: float = Field(
        default=300,
        ge=0,
        le=86_400,
        title="Retry patience",
        description="Seconds for which one request may be retried, including waits",
    )
    max_walk_attempts: int = Field(
        default=3,
        ge=1,
        le=100,
        title="Walk attempts",
        description="Maximum number of passes over a list until one is proved complete",
    )
    accept_repeat_proof: bool = Field(
        default=False,
        title="Accept a repeated walk as proof",
        description="Accept two identical passes as proof even if Wix reports a higher count or leaves a list out",
    )
    max_removal_ratio: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Mass removal",
        description="Hold a stream's removals when more than this share of its rows, and more than 20, are gone",
    )
    allow_mass_removal: bool = Field(
        default=False, title="Allow a mass removal", description="Accept removals that `max_removal_ratio` would hold"
    )
    emit_tombstones: bool = Field(
        default=False,
        title="Tombstones",
        description="Also send the key of a removed row with `_sdc_deleted_at`, for targets that delete such rows",
    )
    history: bool = Field(
        default=False, title="History", description="Keep one row per version: `observed_at` becomes part of every key"
    )
    max_state_rows: int = Field(
        default=200_000,
        ge=0,
        le=10**9,
        title="State rows",
        description="Maximum rows to remember per stream and account; a larger stream is sent in full each time",
    )
    rebaseline_days: int = Field(
        default=7,
        ge=0,
        le=36_500,
        title="Baseline",
        description="Days after which every row is sent again, changed or not",
    )
    include_accept_links: bool = Field(
        default=False,
        title="Accept links",
        description="Add `invites.accept_link`. Anyone who has such a link may be able to join the account",
    )
    locale: str = Field(
        default="en",
        pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        title="Locale",
        description="Language of the titles of predefined roles (ISO 639)",
    )
    emit_activate_version_messages: bool = Field(
        default=False,
        title="ACTIVATE_VERSION",
        description="After the last row of a complete FULL_TABLE read, tell targets to delete all other rows",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_unset(cls, given: Any) -> Any:
        return only_set(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _keep_versions(self) -> Self:
        for name in ("emit_tombstones", "emit_activate_version_messages"):
            if self.history and getattr(self, name):
                raise PydanticCustomError(name, "cannot be used with `history`: it would delete the versions of a row")
        return self

    @field_validator("*", mode="before")
    @classmethod
    def _reject_booleans(cls, value: Any, info: ValidationInfo) -> Any:
        # pydantic accepts `true` as a number.
        if isinstance(value, bool) and info.field_name and cls.model_fields[info.field_name].annotation is not bool:
            raise ValueError("cannot be true or false")
        return value


_WORDS = {
    "string_type": "has to be text",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "int_parsing_size": "has to be a smaller whole number",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "finite_number": "has to be a finite number",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "greater_than": "has to be more than {gt}",
    "greater_than_equal": "has to be at least {ge}",
    "less_than_equal": "has to be at most {le}",
    "string_pattern_mismatch": "has to be a language tag like en or pt-BR",
    "missing": "is missing: {description}",
}
"""Our messages, by the type of pydantic's error."""


def settings_schema() -> dict[str, Any]:
    """The settings as a JSON schema, which the SDK shows and derives environment variables from."""
    declared = Settings.model_json_schema()
    kept = ("title", "description", "default")
    properties = {
        name: {"type": setting["type"], **{word: setting[word] for word in kept if word in setting}}
        for name, setting in declared["properties"].items()
    }
    properties["api_key"]["secret"] = True
    return {"type": "object", "properties": properties, "required": declared["required"]}


def only_set(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that have a value: null and an empty string count as not set, whatever their source."""
    return {name: value for name, value in config.items() if value is not None and value != ""}


def problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with a configuration, one message per problem, none of which repeats a value."""
    try:
        Settings.model_validate(config)
    except ValidationError as error:
        return [_sentence(problem) for problem in error.errors(include_input=False, include_url=False)]
    return []


def is_on(value: Any) -> bool:
    """Whether a switch is on, in settings that were not validated: anything that cannot be read as true is off."""
    try:
        return TypeAdapter(bool).validate_python(value)
    except ValidationError:
        return False


def unknown(config: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """A message for each setting that does not exist."""
    names = list(known)
    sentences = []
    for name in config:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            sentences.append(
                f"The setting `{name}` does not exist and is ignored{f': is `{near[0]}` meant?' if near else ''}"
            )
    return sentences


def _sentence(problem: Any) -> str:
    name = str(problem["loc"][0]) if problem["loc"] else problem["type"]
    field = Settings.model_fields.get(name)
    context = {**problem.get("ctx", {}), "description": field.description if field else ""}
    words = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"`{name}` {words.format(**context) if problem['type'] in _WORDS else words}"
