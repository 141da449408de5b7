"""Tiers: fast tests have no marker; what takes seconds is `slow`, what needs a warehouse or a loader `warehouse`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parent
TIERS = {
    "slow": (
        "releases",
        "review/campaign",
        "review/test_browser.py",
        "review/test_cli.py",
        "tap/test_absent.py",
        "tap/test_accounts.py",
        "tap/test_cli.py",
        "tap/test_contributors.py",
        "tap/test_doctor.py",
        "tap/test_fence.py",
        "tap/test_kill.py",
        "tap/test_maps.py",
        "tap/test_masking.py",
        "tap/test_run.py",
        "tap/test_secrets.py",
        "tap/test_small_accounts.py",
        "tap/test_state.py",
        "tap/test_summary.py",
        "tap/test_sync.py",
        "target",
        "test_delivery.py",
        "test_docs.py",
        "test_hub.py",
        "test_operations.py",
        "test_other_python.py",
        "test_packaging.py",
        "test_pipeline.py",
        "test_supply.py",
        "transform",
        "warehouse/test_current.py",
        "wix/test_ahead.py",
        "wix/test_walks.py",
    ),
    "warehouse": ("warehouses",),
}
"""Markers, and the modules and folders that have them whole. Single tests carry their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the markers of its module or folder."""
    for item in items:
        place = item.path.relative_to(ROOT)
        for marker, names in TIERS.items():
            if any(place.is_relative_to(name) for name in names):
                item.add_marker(marker)
