"""What an assignment reaches: the API's `restrictions` as asset columns.

The restrictions are those of docs/api-contract.md, section 2.1, and the columns those of docs/streams.md, section 2.

The widest access, the whole account, is only reported if there is no restriction. Whatever cannot be parsed is
`unknown`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Raw

from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.hashing import content_hash
from tap_wix_users.tables.links import is_link, without_links
from tap_wix_users.wix.reading import value_of

if TYPE_CHECKING:
    from tap_wix_users.tables.models import AssetType


class Asset(NamedTuple):
    """One asset.

    Attributes:
        type: Kind of asset.
        id: Its id; None when unknown.
        name: Site name or folder path as the API returned it.
        site_id: The site that it is, or belongs to.
        folder_id: The folder that it is.
        unparsed: The part of the restriction that could not be parsed; None when all of it was.
    """

    type: AssetType
    id: str | None
    name: str | None = None
    site_id: str | None = None
    folder_id: str | None = None
    unparsed: Any = None

    @property
    def label(self) -> str:
        """Distinguishes this asset from the others of an assignment: its id, or a hash of what could not be parsed."""
        return self.id if self.id is not None else f"unknown:{content_hash(self.unparsed)}"

    @property
    def grant(self) -> str:
        """The asset as a part of the key of an assignment that has no id of its own."""
        if self.type == "account":
            return "account"
        return self.label if self.id is None else f"{self.type}:{self.id}"


class Scope(NamedTuple):
    """The restriction of an assignment.

    Attributes:
        assets: What it limits the role to.
        restrictions: The value of its column, as JSON; None if there is none, or it does not fit the column.
        unfit: A restriction that does not fit its column, since it is not an object; it is kept in `extra`.
    """

    assets: tuple[Asset, ...]
    restrictions: Raw | None
    unfit: dict[str, Any]


def scope_of(restrictions: Raw, account_id: str) -> Scope:
    """Parse the restriction of an assignment; cached, since most restrictions occur many times.

    Args:
        restrictions: The API's JSON, empty if there is none.
        account_id: The account, for a role without restriction.

    Raises:
        UnreadableBody: It is nested too deeply.
    """
    text = bytes(restrictions)
    return _known_scope(text, account_id) if len(text) <= _KNOWN_LENGTH else _scope(text, account_id)


def _scope(text: bytes, account_id: str) -> Scope:
    restrictions = value_of(text)
    found = tuple(assets(restrictions, account_id))
    if isinstance(restrictions, dict):
        return Scope(found, Raw(encode(without_links(restrictions))), {})
    return Scope(found, None, {} if restrictions is None else {"restrictions": restrictions})


_KNOWN_LENGTH = 1024
"""Longer restrictions are not cached: an answer may hold a few enormous ones."""

_known_scope = lru_cache(4096)(_scope)


def assets(restrictions: Any, account_id: str) -> list[Asset]:
    """The assets that a role is limited to: at least one, and each only once.

    Args:
        restrictions: The API's value, of any type.
        account_id: The account, for a role without restriction.
    """
    if restrictions is None:
        return [Asset("account", account_id)]
    if not isinstance(restrictions, dict):
        return [_unknown(restrictions)]
    present = {kind: value for kind, value in restrictions.items() if value is not None}
    if not present:
        return [Asset("account", account_id)]
    found = [asset for kind, value in present.items() for asset in _PARSERS.get(kind, _unparsed_kind)(kind, value)]
    distinct: dict[tuple[str, str], Asset] = {}
    for asset in found:
        distinct.setdefault((asset.type, asset.label), asset)
    return list(distinct.values())


def _parse_site(kind: str, value: Any) -> list[Asset]:
    site_id = _id(value)
    if site_id is None:
        return [_unknown({kind: value})]
    name = _string(value.get("value"))
    resource = value.get("resource")
    if resource is None or (isinstance(resource, dict) and not any(part is not None for part in resource.values())):
        return [Asset("site", site_id, name, site_id)]
    resource_id = _id(resource)
    if resource_id is None:
        # The role is limited to a part of the site, but it is unknown to which.
        return [_unknown({kind: value}, site_id)]
    return [Asset("site_resource", resource_id, name, site_id)]


def _parse_conditions(kind: str, value: Any) -> list[Asset]:
    conditions = value.get("conditions") if isinstance(value, dict) else None
    if not isinstance(conditions, list) or not conditions:
        return [_unknown({kind: value})]
    return [_parse_condition(condition) for condition in conditions]


def _parse_condition(condition: Any) -> Asset:
    folder_id = _id(condition)
    if folder_id is None or condition.get("conditionType") != "FOLDER":
        return _unknown({"condition": condition})
    return Asset("folder", folder_id, _string(condition.get("value")), None, folder_id)


def _parse_resource(kind: str, value: Any) -> list[Asset]:
    site_id = _id(value)
    if site_id is None or value.get("resourceType") != "SITE":
        return [_unknown({kind: value})]
    return [Asset("site", site_id, _string(value.get("value")), site_id)]


def _unparsed_kind(kind: str, value: Any) -> list[Asset]:
    return [_unknown({kind: value})]


_PARSERS = {"site": _parse_site, "conditions": _parse_conditions, "resource": _parse_resource}


def _unknown(unparsed: Any, site_id: str | None = None) -> Asset:
    return Asset("unknown", None, site_id=site_id, unparsed=unparsed)


def _id(value: Any) -> str | None:
    identifier = value.get("id") if isinstance(value, dict) else None
    return identifier if isinstance(identifier, str) and identifier and not is_link(identifier) else None


def _string(value: Any) -> str | None:
    return without_links(value) if isinstance(value, str) else None
