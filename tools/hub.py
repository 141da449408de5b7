"""The tap's definition for MeltanoHub, generated from the code's declarations.

python -m tools.hub > hub/tap-wix-users.yml
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tap_wix_users.settings import settings_schema
from tap_wix_users.tables.registry import TABLES
from tap_wix_users.tap import TapWixUsers

ROOT = Path(__file__).parents[1]
_KINDS = {"number": "string", "integer": "string"}
"""Not `decimal` and `integer`: Meltano 4.4 fails with a traceback when it writes such a value, or when it is empty."""

_COSTLY = [table.name for table in TABLES if not table.selected]
"""Tables that cost one or several requests per site."""

_USAGE = f"""\
## Tables that cost a request per site

{" and ".join(f"`{name}`" for name in _COSTLY)} send requests for each site. Deselect them, unless you need them:

{"".join(f"    meltano select tap-wix-users --exclude {name} '*'{chr(10)}" for name in _COSTLY)}"""


def definition() -> dict[str, Any]:
    """The definition, with the names and the order of the hub's own files.

    Where the project lives is taken from `[project.urls]`: without it, the definition names no repository.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    schema = settings_schema()
    TapWixUsers.append_builtin_config(schema)
    urls = project.get("urls", {})
    places = {"docs": urls.get("Documentation"), "repo": urls.get("Repository")}
    return {
        "capabilities": sorted(capability.value for capability in TapWixUsers.capabilities),
        "description": "Team members, roles, invites, assignments, sites and folders of Wix accounts",
        **{name: url for name, url in places.items() if url},
        "domain_url": "https://www.wix.com",
        "executable": TapWixUsers.name,
        "keywords": ["access-review", "api", "meltano_sdk", "wix"],
        "label": "Wix Users",
        "maintenance_status": "beta",
        "name": TapWixUsers.name,
        "namespace": TapWixUsers.name.replace("-", "_"),
        "pip_url": project["name"],
        "settings": [_setting(name, declared) for name, declared in schema["properties"].items()],
        "settings_group_validation": [schema["required"]],
        "select": ["*.*", *(f"!{name}.*" for name in _COSTLY)],
        "usage": _USAGE,
        "variant": "original",
    }


def _setting(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    types = declared["type"] if isinstance(declared["type"], list) else [declared["type"]]
    kind = _KINDS.get(types[0], types[0])
    setting = {"name": name, "label": declared["title"], "description": declared["description"], "kind": kind}
    if "default" in declared:
        setting["value"] = declared["default"]
    if declared.get("secret"):
        setting["sensitive"] = True
    return setting


def text() -> str:
    """The definition as YAML."""
    written: str = yaml.safe_dump(definition(), sort_keys=False, allow_unicode=True, width=120)
    return written


if __name__ == "__main__":
    sys.stdout.write(text())
