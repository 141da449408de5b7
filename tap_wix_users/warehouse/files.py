"""SQL for DuckDB that loads JSON Lines files, as target-jsonl writes them, into tables.

``python -m tap_wix_users.warehouse.files output/jsonl raw_wix`` prints statements that create a table from each file,
given the folder of the files and the schema of the tables. A file holds every row that was ever sent; a table holds the
last row of each key. With ``history`` as a third argument it holds the last row of each version.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_wix_users.tables.models import OBSERVED_AT, EntityRow
from tap_wix_users.tables.registry import MODELS
from tap_wix_users.tables.schema import singer_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_wix_users.tables.models import Row

_TYPES = {"string": "VARCHAR", "boolean": "BOOLEAN", "integer": "BIGINT", "object": "JSON", "array": "JSON"}
_LAST = """\
create or replace table {table} as
select * exclude (line, place) from (
  select *, row_number() over (partition by {key} order by line desc) as place
  from (
    select *, row_number() over () as line
    from read_json('{path}', format = 'newline_delimited', columns = {{{columns}}})
  )
)
where place = 1"""


def table_statements(folder: Path, schema: str, *, history: bool = False) -> Iterator[str]:
    """Statements for DuckDB that create a table from each file, or an empty table if the file does not exist.

    Args:
        folder: The folder of the files.
        schema: The schema of the tables.
        history: Whether the files were written with the setting `history`.
    """
    yield f"create schema if not exists {schema}"
    for model in MODELS:
        yield _statement(model, folder, schema, history=history)


def _statement(model: type[Row], folder: Path, schema: str, *, history: bool) -> str:
    properties = singer_schema(model)["properties"]
    types = {name: duckdb_type(declared) for name, declared in properties.items()}
    table, path = f"{schema}.{model.table}", folder / f"{model.table}.jsonl"
    if not path.is_file():
        return f"create or replace table {table} ({', '.join(f'{name} {kind}' for name, kind in types.items())})"
    version = [OBSERVED_AT] if history and issubclass(model, EntityRow) else []
    return _LAST.format(
        table=table,
        key=", ".join([*model.key, *version]),
        path=str(path).replace("'", "''"),
        columns=", ".join(f"{name}: '{kind}'" for name, kind in types.items()),
    )


def duckdb_type(declared: Mapping[str, Any]) -> str:
    """The type of a column in DuckDB.

    Args:
        declared: The column in a Singer schema.
    """
    return "TIMESTAMP" if "format" in declared else _TYPES[declared["type"][0]]


def main(arguments: list[str]) -> int:
    """Print the statements.

    Args:
        arguments: The folder, the schema, and perhaps `history`.

    Returns:
        The exit code.
    """
    folder, schema, *more = [*arguments, *([""] * (2 - len(arguments)))]
    if not Path(folder).is_dir() or not schema.isidentifier() or more not in ([], ["history"]):
        sys.stderr.write(f"usage: python -m {__spec__.name} FOLDER SCHEMA [history]\n")
        return 2
    sys.stdout.writelines(f"{one};\n" for one in table_statements(Path(folder), schema, history=bool(more)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
