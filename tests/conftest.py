"""Tiers: fast tests have no marker; what takes seconds is `slow`, what needs a warehouse or a loader `warehouse`."""

from __future__ import annotations

import gc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.sharing import ByModule

# As in the tap's command: what is imported stays, and most of what tests make ends with them.
gc.set_threshold(50_000, 20, 20)

# How long an example takes tells how busy the machine is. In CI, hypothesis has such a profile of its own.
settings.register_profile("tests", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

ROOT = Path(__file__).parent
TIERS = {
    "slow": (
        "releases",
        "review/campaign",
        "review/test_browser.py",
        "review/test_cli.py",
        "sandbox/test_cli.py",
        "snapshot/test_state.py",
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
        "tap/test_several_faults.py",
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
        "wix/test_errors.py",
        "wix/test_fence.py",
        "wix/test_halving.py",
        "wix/test_lookup.py",
        "wix/test_objects.py",
        "wix/test_redaction.py",
        "wix/test_transport.py",
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


UNCOUNTED = (
    "tap/test_absent.py",
    "tap/test_accounts.py",
    "tap/test_contributors.py",
    "tap/test_kill.py",
    "tap/test_secrets.py",
    "tap/test_state.py",
    "tap/test_sync.py",
    "warehouse/test_current.py",
    "warehouses/test_deletes.py",
    "warehouses/test_targets.py",
    "wix/test_ahead.py",
    "wix/test_errors.py",
    "wix/test_halving.py",
    "wix/test_objects.py",
    "wix/test_walks.py",
)
"""Modules that run again, many times, lines that quicker tests count.

To count lines takes up to twice the time of what it counts. So neither these are counted, nor random examples, nor the
further rows of a test that has several; what coverage tells is less than what is run.
"""

TOGETHER = (("transform",), ("warehouses/test_models.py", "test_docs.py"))
"""Folders and modules that share what is costly, too: one build of the models, and what dbt parsed."""

LONGEST = (
    "test_packaging.py",
    "warehouses/test_models.py",
    "warehouses/test_targets.py",
    "warehouses/test_deletes.py",
    "transform",
    "warehouses",
    "review/test_browser.py",
    "releases",
    "test_docs.py",
    "test_operations.py",
    "test_pipeline.py",
)
"""What takes minutes: begun last, it would leave the other workers without anything to do."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test the markers of its module or folder; workers begin with what takes longest."""
    begun: set[str] = set()
    for item in items:
        place, test = _place(item.path), item.nodeid.partition("[")[0]
        for marker, names in TIERS.items():
            if _is_in(place, names):
                item.add_marker(marker)
        is_random = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if test in begun or is_random or _is_in(place, UNCOUNTED):
            item.add_marker("no_cover")
        begun.add(test)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _turn(_place(item.path)))


@cache
def _place(module: Path) -> Path:
    return module.relative_to(ROOT)


@cache
def _is_in(place: Path, names: tuple[str, ...]) -> bool:
    return any(place.is_relative_to(name) for name in names)


@cache
def _turn(place: Path) -> int:
    longest = (turn for turn, name in enumerate(LONGEST) if place.is_relative_to(name))
    return next(longest, len(LONGEST) + (not _is_in(place, TIERS["slow"])))


def unit_of(nodeid: str) -> str:
    """What a worker takes as a whole: a folder or module whose tests share something, a quick module, or one test."""
    return _whole(nodeid.partition("::")[0]) or nodeid


@cache
def _whole(module: str) -> str:
    """The folder or module that stays in one worker, or nothing."""
    place = Path(module).relative_to(ROOT.name)
    for names in TOGETHER:
        if _is_in(place, names):
            return f"{ROOT.name}/{names[0]}"
    return module if _is_in(place, SHARED) or not _is_in(place, TIERS["slow"]) else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule | None:
    """Distribute the tests in this way, unless the command line chooses another (`--dist`)."""
    # Here, since without xdist nobody asks: tests also run on Pythons that lack it.
    from tests.sharing import ByModule  # noqa: PLC0415

    if config.getoption("dist") != "load":
        return None
    config.option.loadscopereorder = False  # in our order, rather than by the number of tests
    return ByModule(config, log)
