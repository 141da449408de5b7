"""Puts the answers into a file of their own, which dashboards read: whoever reads it is in no loader's way.

``python publish.py SOURCE PUBLISHED NAME...`` copies the tables of these schemas, and the views of the last one. A name
such as ``current_wix.sites`` is one table or view, whose current rows are copied. The file takes the place of the one
before in one step: who has that open goes on reading it, and nobody sees half a copy. Answers that are not of one
build, as the table ``build`` beside them says, are not copied.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Sequence


def publish(source: Path, published: Path, names: Sequence[str]) -> None:
    """Copy the answers, and put the copy in place.

    Args:
        source: The database of the models.
        published: The file for dashboards. One that is there hands its mode on; a new one is for its owner alone.
        names: The schemas to copy the tables of; of the last one the views, too. With a dot in it, one table or view,
            whose current rows are copied.

    Raises:
        duckdb.Error: The source cannot be read, or is not of one build.
        OSError: The file cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=published.parent, prefix=f".{published.stem}-") as folder:
        # Views name no database, and a database is called as its file.
        copy = Path(folder) / published.name
        with duckdb.connect(str(copy)) as connection:
            connection.execute("attach ? as source (read_only)", [str(source)])
            schemas = [name for name in names if "." not in name]
            _check_build(connection, schemas[-1])
            for name in names:
                if name not in schemas:
                    _copy_current(connection, *name.split(".", 1))
            for schema in schemas:
                connection.execute(f'create schema "{schema}"')
                for (table,) in _named(connection, "table", schema):
                    connection.execute(f'create table "{schema}"."{table}" as from source."{schema}"."{table}"')
            _make_views(connection, schemas[-1])
            connection.execute("detach source")
        copy.chmod(published.stat().st_mode & 0o777 if published.exists() else 0o600)
        copy.replace(published)


def _check_build(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    built = connection.execute(f'select is_whole from source."{schema}".build').fetchall()
    if built != [(True,)]:
        message = "they are not of one build, since the last one was cut off, failed, or made only some of them"
        raise duckdb.DataError(message)


def _copy_current(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    connection.execute(f'create schema if not exists "{schema}"')
    connection.execute(f'create table "{schema}"."{table}" as from source."{schema}"."{table}" where is_current')


def _named(connection: duckdb.DuckDBPyConnection, kind: str, schema: str) -> list[tuple[str, ...]]:
    sql = ", sql" if kind == "view" else ""
    query = f"""
        select {kind}_name{sql} from duckdb_{kind}s()
        where database_name = 'source' and schema_name = ? and not internal order by {kind}_oid
    """
    return connection.execute(query, [schema]).fetchall()


def _make_views(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Make the views, those that others need first."""
    waiting = [statement for _, statement in _named(connection, "view", schema)]
    while waiting:
        left = []
        for statement in waiting:
            try:
                connection.execute(statement)
            except duckdb.CatalogException as error:
                left.append(statement)
                missing = error
        if len(left) == len(waiting):
            raise missing
        waiting = left


def main(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: The source, the file for dashboards, and the names of what to copy.

    Returns:
        The exit code.
    """
    source, published, *names = arguments
    try:
        publish(Path(source), Path(published), names)
    except (duckdb.Error, OSError) as error:
        reason = str(error).partition("\n")[0]
        sys.stderr.write(f"The answers were not published, and {published} stays as it was: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
