"""The settings' defaults, which tests take from where they are declared, as the tap does."""

from __future__ import annotations

from typing import Any

from tap_wix_users.settings import Settings


def defaults(*names: str) -> dict[str, Any]:
    """The defaults of these settings."""
    return {name: Settings.model_fields[name].default for name in names}


CLIENT = defaults("requests_per_minute", "request_timeout", "max_retry_seconds", "max_concurrency")
"""Those of a client."""

SYNC = defaults("rebaseline_days", "max_state_rows", "max_removal_ratio", "allow_mass_removal", "emit_tombstones")
"""Those of the sync of a table."""
