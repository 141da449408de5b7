"""The page of settings, generated from the code's declarations.

``python -m tools.settings_page > docs/settings.md`` writes it anew.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tap_wix_users.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Settings

Generated from the code by `python -m tools.settings_page > docs/settings.md`: do not edit.

Use these names in a config file or in Meltano; in the environment, use `TAP_WIX_USERS_` and the name in capitals.
"""
_FOOT = """\
The SDK's own settings `stream_maps`, `stream_map_config`, `flattening_enabled` and `flattening_max_depth` also work.

- `history` changes the keys of the tables. Decide before the first load, or start with a new database and
  `--full-refresh`: existing tables keep their old key.
- In Meltano, `TAP_WIX_USERS__METADATA='{"*": {"replication-method": "FULL_TABLE"}}'` sends every row each time.
- Set `accept_repeat_proof` only after you have compared the numbers with what Wix shows you.
- Set `allow_mass_removal` for one run only:
  `TAP_WIX_USERS_ALLOW_MASS_REMOVAL=true .venv-meltano/bin/meltano run wix-to-duckdb`.

What each setting changes in a sync: [streams.md](streams.md#4-configuration).
"""


def page() -> str:
    """The settings as Markdown."""
    return "\n".join([_HEAD, *_table(), "", _FOOT])


def _table() -> Iterator[str]:
    yield "| setting | default | meaning |"
    yield "| --- | --- | --- |"
    for name, declared in Settings.model_fields.items():
        default = declared.default if isinstance(declared.default, str) else json.dumps(declared.default, default=str)
        yield f"| `{name}` | {'required' if declared.is_required() else f'`{default}`'} | {declared.description} |"


if __name__ == "__main__":
    sys.stdout.write(page())
