"""Loading messages with the target, in this process or as a process of its own, and asking what is stored."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from target_duckdb_bulk.target import TargetDuckDbBulk
from tests import forks
from tests.support import environment, own_signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Json = dict[str, Any]


def schema(stream: str, properties: Mapping[str, Any], keys: Sequence[str] = ("id",)) -> Json:
    """A SCHEMA message; a property that is a text stands for its type."""
    declared = {name: {"type": [kind, "null"]} if isinstance(kind, str) else kind for name, kind in properties.items()}
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": declared},
        "key_properties": list(keys),
    }


def record(stream: str, row: Any, **more: Any) -> Json:
    """A RECORD message."""
    return {"type": "RECORD", "stream": stream, "record": row, **more}


def state(value: Any) -> Json:
    """A STATE message."""
    return {"type": "STATE", "value": value}


def version(stream: str, number: int) -> Json:
    """An ACTIVATE_VERSION message."""
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": number}


def as_lines(messages: Sequence[Any]) -> list[str]:
    """Messages as a target reads them; strings are passed unchanged."""
    return [one if isinstance(one, str) else json.dumps(one) for one in messages]


def load(path: Path, *messages: Any, **settings: Any) -> list[Json]:
    """Load messages in this process.

    Returns:
        The states that were told.

    Raises:
        Exception: What the command would say in a sentence.
    """
    told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    given = {"filepath": str(path), **settings}
    with own_signals(), contextlib.redirect_stdout(told), contextlib.closing(TargetDuckDbBulk(config=given)) as target:
        target.listen(io.TextIOWrapper(io.BytesIO("\n".join(as_lines(messages)).encode())))
        told.flush()
    return [json.loads(line) for line in told.buffer.getvalue().splitlines()]


@contextlib.contextmanager
def started(path: Path, *, stdin: int = subprocess.PIPE, **settings: Any) -> Iterator[subprocess.Popen[str]]:
    """The command, as a process that waits for messages."""
    config = path.with_suffix(".config.json")
    config.write_text(json.dumps({"filepath": str(path), **settings}), encoding="utf-8")
    program = forks.launcher(Path(sys.executable), "target-duckdb-bulk", flags=("-W", "error"))
    with subprocess.Popen(
        [program, "--config", str(config)], env=environment(),
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process


def command(path: Path, *messages: Any, **settings: Any) -> tuple[int, list[Json], str]:
    """Run the command until it exits.

    Returns:
        The exit code, the states that were told, and the log.
    """
    with started(path, **settings) as process:
        told, log = process.communicate("".join(f"{line}\n" for line in as_lines(messages)), timeout=300)
    return process.returncode, [json.loads(line) for line in told.splitlines()], log


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of an answer."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def types(path: Path, table: str) -> dict[str, str]:
    """The columns of a table, with their types."""
    return {name: kind for name, kind, *_ in ask(path, f"describe {table}")}
