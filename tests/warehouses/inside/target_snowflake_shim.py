"""The real target-snowflake, but against fakesnow: run by the Python of the loader's own environment.

The login, every DDL statement, the batch files, PUT, COPY, the columns and casts of the MERGE, ACTIVATE_VERSION and the
deletes are the target's and the connector's own. fakesnow 0.12 lacks these, which are put in here:

- an address: the target has no setting for it; it comes from FAKESNOW_HOST and FAKESNOW_PORT;
- a MERGE in a session without a schema: the session gets one, which fakesnow makes;
- the user's own stage (``@~``): a named stage takes its place;
- a query that reads a stage inside a MERGE: the same query reads a table that COPY filled from that stage;
- two MERGEs at once, which get into each other's way now and then: the target stores table after table;
- REMOVE, and DROP FILE FORMAT: nothing is done.

``python target_snowflake_shim.py --config FILE`` takes what ``target-snowflake`` takes.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from sqlalchemy import Engine, TextClause, text
from target_snowflake.connector import SnowflakeConnector
from target_snowflake.target import TargetSnowflake

_MERGE = re.compile(r"(?P<before>merge into .+? using )\((?P<rows>select .+)\)(?P<after> s on .+)", re.DOTALL)
_STAGES = "STAGES"


class Shim(SnowflakeConnector):  # type: ignore[misc]
    """The target's connector, with what fakesnow lacks put in."""

    def get_connect_args(self) -> dict[str, Any]:
        """The target's own arguments, and the address."""
        address = {"host": os.environ["FAKESNOW_HOST"], "port": int(os.environ["FAKESNOW_PORT"]), "protocol": "http"}
        return {**super().get_connect_args(), **address, "schema": _STAGES}

    @property
    def _stages(self) -> str:
        return f"{self.config['database']}.{_STAGES}"

    def create_engine(self) -> Engine:
        """Also make the stage."""
        engine = super().create_engine()
        with engine.connect() as connection:
            connection.execute(text(f"create stage if not exists {self._stages}.USERS_OWN"))
        return engine

    def _get_put_statement(self, sync_id: str, file_uri: str) -> tuple[TextClause, dict[str, Any]]:
        statement, more = super()._get_put_statement(sync_id, file_uri)
        return text(_replaced(str(statement), f"'@~/target-snowflake/{sync_id}'", self._place(sync_id))), more

    def _get_merge_from_stage_statement(self, *args: Any, **options: Any) -> tuple[TextClause, dict[str, Any]]:
        statement, more = super()._get_merge_from_stage_statement(*args, **options)
        parts = _MERGE.fullmatch(str(statement))
        if not parts:
            raise RuntimeError(f"The target's MERGE is not what the shim knows: {statement}")
        sync_id, file_format = options["sync_id"], options["file_format"]
        staged, rows = f'{self._stages}."{sync_id}"', f'{self._stages}."{sync_id}-rows"'
        query = parts["rows"]
        stage = f"'@~/target-snowflake/{sync_id}'(file_format => {file_format})"
        query = _replaced(query, stage, f"(select line, seq8() as number from {staged})")
        query = _replaced(_replaced(query, "$1:", "line:"), "SEQ8()", "number")
        self._run(
            f"create table {staged} (line variant)",
            f"copy into {staged} from {self._place(sync_id)} file_format = (format_name = '{file_format}')",
            f"create table {rows} as {query}",
        )
        return text(f"{parts['before']}(select * from {rows}){parts['after']}"), more

    def remove_staged_files(self, sync_id: str) -> None:
        """Leave the files."""

    def drop_file_format(self, file_format: str) -> None:
        """Leave the format."""

    def _place(self, sync_id: str) -> str:
        return f"@{self._stages}.USERS_OWN/{sync_id}"

    def _run(self, *statements: str) -> None:
        with self._connect() as connection, connection.begin():
            for statement in statements:
                connection.execute(text(statement))


def _replaced(statement: str, part: str, instead: str) -> str:
    if part not in statement:
        raise RuntimeError(f"The target's statement lacks {part}: {statement}")
    return statement.replace(part, instead)


TargetSnowflake.default_sink_class.connector_class = Shim
TargetSnowflake.max_parallelism = 1

main = TargetSnowflake.cli

if __name__ == "__main__":
    sys.exit(main())
