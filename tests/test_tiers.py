"""The tiers of the tests, which `make test-fast` leaves out."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, SHARED, TIERS


@pytest.mark.parametrize("name", [*SHARED, *(name for names in TIERS.values() for name in names)])
def test_every_module_of_a_tier_exists(name):
    """A module that was renamed does not fall out of its tier unseen."""
    assert (ROOT / name).exists()


def test_these_are_fast(request):
    """A module that no tier lists has no marker."""
    assert not {*TIERS} & {mark.name for mark in request.node.iter_markers()}
