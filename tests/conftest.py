"""Tiers: fast tests have no marker; what takes seconds is `slow`, what needs a warehouse or a loader `warehouse`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sharing import ByModule

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

SHARED = (
    "review",
    "sandbox/test_shapes.py",
    "tap/test_absent.py",
    "tap/test_cli.py",
    "tap/test_masking.py",
    "tap/test_secrets.py",
    "target",
    "test_delivery.py",
    "test_docs.py",
    "test_hub.py",
    "test_packaging.py",
    "transform",
    "warehouses",
)
"""Modules, and folders of modules, whose tests share a fixture that is costly to make.

Each module is kept in one worker, so that what it shares is made once. (`--dist=loadgroup` of xdist 3.8 would do that,
and silently does not with pytest 9.2.)
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the markers of its module or folder."""
    for item in items:
        place = item.path.relative_to(ROOT)
        for marker, names in TIERS.items():
            if any(place.is_relative_to(name) for name in names):
                item.add_marker(marker)


def unit_of(nodeid: str) -> str:
    """What a worker takes as a whole: the module of a test, where its tests share something, or the test alone."""
    module = nodeid.partition("::")[0]
    place = Path(module).relative_to(ROOT.name)
    return module if any(place.is_relative_to(name) for name in SHARED) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule | None:
    """Share the tests out in this way, unless a command asks for another (`--dist`)."""
    # Here, since without xdist nobody asks: tests also run on Pythons that lack it.
    from tests.sharing import ByModule  # noqa: PLC0415

    return ByModule(config, log) if config.getoption("dist") == "load" else None
