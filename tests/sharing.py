"""How the tests are shared out between the workers of pytest-xdist."""

from __future__ import annotations

from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling

from tests.conftest import unit_of


class ByModule(LoadScopeScheduling):  # type: ignore[misc]  # xdist's schedulers have no types
    """Keeps a module whose tests share something in one worker; every other test goes where there is time."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
