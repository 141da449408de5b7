"""The tiers of the tests, which `make test-fast` leaves out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import LONGEST, ROOT, SHARED, TIERS, TOGETHER, UNCOUNTED, unit_of


@pytest.mark.parametrize(
    "name", [*SHARED, *LONGEST, *UNCOUNTED, *(name for names in (*TOGETHER, *TIERS.values()) for name in names)]
)
def test_every_module_of_a_tier_exists(name):
    """A module or folder that was renamed does not fall out of its tier unseen."""
    assert (ROOT / name).exists()


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("tests/test_docs.py::test_it[a::b.py]", "tests/warehouses/test_models.py"),
        ("tests/warehouses/test_models.py::test_it", "tests/warehouses/test_models.py"),
        ("tests/review/test_browser.py::test_it[a::b.py]", "tests/review/test_browser.py"),
        ("tests/review/campaign/test_since.py::TestIt::test_it", "tests/review/campaign/test_since.py"),
        ("tests/transform/test_access.py::test_it", "tests/transform"),
        ("tests/wix/test_team.py::test_it", "tests/wix/test_team.py"),
        ("tests/tap/test_sync.py::test_it", "tests/tap/test_sync.py::test_it"),
    ],
)
def test_what_shares_a_fixture_is_in_one_worker(test, unit):
    """Of a module that shares one, or is quick, all tests are one unit of work; any other test is one by itself."""
    assert unit_of(test) == unit


def test_no_example_has_a_deadline():
    """Hypothesis allows each 200 ms by default: on a busy machine, a test would be red by chance."""
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_these_are_fast(request):
    """A module that no tier lists has no marker."""
    assert not {*TIERS, "no_cover"} & {mark.name for mark in request.node.iter_markers()}
