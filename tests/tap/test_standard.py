"""The SDK's own suite against the sandbox over HTTP, whole syncs included."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_wix_users.tap import TapWixUsers
from tests.support import BY_SITE, LOGS, TABLES, catalog, config, own_signals
from wix_sandbox import Sandbox, World

_CONFIG: dict[str, Any] = {
    "api_key": "IST.nowhere-yet",
    "account_id": "0aaaaaaa-1111-4222-8333-444455556666",
    "base_url": "http://127.0.0.1:9",
}
"""The suite is made before anything is served, and takes these settings anew for each tap."""

_OPENED = ExitStack()


class _Tap(TapWixUsers):
    """The suite makes taps, and closes none."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        _OPENED.enter_context(self.run)


with own_signals():
    _Suite = get_tap_test_class(
        _Tap,
        config=_CONFIG,
        # The change log of a first run is empty: it is the beginning.
        suite_config=SuiteConfig(max_records_limit=None, ignore_no_records_for_streams=["change_log"]),
        parse_env_config=False,
        catalog=catalog(*TABLES, *BY_SITE, *LOGS),
    )


@pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records:UserWarning")
class TestStandard(_Suite):  # type: ignore[misc, valid-type]  # made at run time
    """Catalog, connection, records and types, as the SDK checks them."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _served(cls):
        with Sandbox(World()) as sandbox, _OPENED, own_signals():
            _CONFIG.update(config(sandbox))
            yield
