"""The warehouse that the demo's first two runs leave, with the answers built: 30 days lie between them."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.support import catalog, run
from tests.transform.warehouse import MODELS, Warehouse, last_rows
from wix_sandbox import Sandbox, World

if TYPE_CHECKING:
    from tests.support import Run


@cache
def demo_runs() -> tuple[Run, Run, str]:
    """The demo's first two runs with all tables, and the time in its account after them."""
    with Sandbox(World()) as sandbox:
        chosen = catalog(*MODELS, config={"history": True})
        first = run(sandbox, catalog=chosen, history=True)
        # Runs lie apart: what was read side by side in one of them is known by that.
        time.sleep(2)
        with sandbox.lock:
            sandbox.world.advance(30)
        second = run(sandbox, catalog=chosen, state=first.state, history=True)
        now = sandbox.world.clock.now
    assert (first.code, second.code) == (0, 0)
    return first, second, f"{now:%Y-%m-%d %H:%M:%S}"


def demo_warehouse(folder: Path) -> Warehouse:
    """Store what the tap wrote of the demo's account in two reads, and build the models.

    Args:
        folder: Where to put the database.
    """
    (folder / "wix.duckdb").write_bytes(_built())
    return Warehouse(folder / "wix.duckdb")


@cache
def _built() -> bytes:
    """The database file."""
    with TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder) / "wix.duckdb")
        first, second, now = demo_runs()
        for name in MODELS:
            message = second.schema(name)
            rows = last_rows([*first.records(name), *second.records(name)], message["key_properties"])
            warehouse.store(name, rows, message["schema"])
        built = warehouse.build(as_of=now)
        assert (built.code, built.failed()) == (0, []), built.output
        return warehouse.path.read_bytes()
