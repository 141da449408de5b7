"""What the dbt project in `transform/` takes from the declarations of the tables: its sources and its staging models.

``python -m tools.staging transform`` writes them anew, so that a table, its columns and the rule of what
is current are declared once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_wix_users.tables.keys import SEPARATOR
from tap_wix_users.tables.models import OBSERVED_AT, SNAPSHOT_AT, ChangeRow, ReceiptRow
from tap_wix_users.tables.registry import MODELS, TABLES
from tap_wix_users.tables.schema import singer_schema
from tap_wix_users.warehouse.chain import CHAIN, FORKS, SIGHTINGS
from tap_wix_users.warehouse.current import RULE, full_key, own_key, record_key_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_wix_users.tables.models import Row
    from tap_wix_users.tables.registry import Table

_BY = "Made by `python -m tools.staging transform`: do not edit."
_SOURCE = "wix"
_LOGS: tuple[type[Row], ...] = (ChangeRow, ReceiptRow)
_STANDING = {
    "is_current": "Whether the row describes the account as it is now (docs/guarantees.md, promise 10)",
    "removed_after": "The row was removed after this; null when it is current, or a newer version replaced it",
    "removed_before": "The row was removed before this",
}
_SAME = (
    "{% for name in declared.key %}{{ 'and ' if not loop.first }}standing.{{ name }} = entity.{{ name }} {% endfor %}"
)
_MACRO = """\
{# @BY #}

{#-
  The tables, with the columns that make up a record key, those that identify a row, and every column's type. As one
  text, which Jinja need not take apart in every run.
-#}
{% macro wix_tables() %}
{%- set tables -%}
{
@TABLES
}
{%- endset -%}
{{ return(fromjson(tables)) }}
{% endmacro %}

{#- The rule of what is current, for a relation with the columns of a table. #}
{% macro current_rows(table, entity) %}
{%- set declared = wix_tables()[table] -%}
{%- set record_key = wix_record_key(table, 'entity') -%}
{%- set receipts, changes = ref('stg_wix__snapshots'), ref('stg_wix__change_log') -%}
{%- set chain = ref('stg_wix__receipt_chain') -%}
@RULE
{%- endmacro %}

{#- A row's key without the account as one text, as `change_log` and the receipts' digests name it. -#}
{% macro wix_record_key(table, entity) -%}
{%- set parts = [] -%}
{%- for name in wix_tables()[table].own_key -%}
  {%- set part = entity ~ "." ~ name -%}
  {%- do parts.append("@PART") -%}
{%- endfor -%}
{{ return(parts | join(" || '@SEPARATOR' || ")) }}
{%- endmacro %}

{#- The complete receipts from the latest back to its baseline. #}
{% macro receipt_chain() %}
{%- set receipts = ref('stg_wix__snapshots') -%}
@CHAIN
{%- endmacro %}

{#- What something else than the chain of receipts wrote since the latest baseline. #}
{% macro receipt_forks() %}
{%- set receipts, changes = ref('stg_wix__snapshots'), ref('stg_wix__change_log') -%}
{%- set chain = ref('stg_wix__receipt_chain') -%}
@FORKS
{%- endmacro %}
"""
_SIGHTINGS = """\
{% for table, declared in wix_tables().items() if declared.own_key %}
  @SIGHTINGS
  {%- endfor %}"""
_OF_RECEIPT = {"account_id": "Account", "stream_name": "Table"}
_CHAIN_COLUMNS = {
    **_OF_RECEIPT,
    "snapshot_at": "The receipt's snapshot",
    "baseline_at": "Snapshot since which every current row has been sent",
    "latest_at": "Snapshot of the latest complete receipt",
    "latest_finished_at": "When its read ended",
    "is_loose": "Whether the receipt that it was compared with is missing, and the one before stands in for it",
}
_FORK_COLUMNS = {
    **_OF_RECEIPT,
    "snapshot_at": "Snapshot that wrote it",
    "evidence": (
        "A `receipt`, `change` or `row` that is not of the chain; a `link` to a missing receipt; or a `clock` that "
        "was more than 31 days ahead"
    ),
}
_CHAIN = (
    "Complete receipts from the latest of each table back to its baseline, each compared with the next: what the state "
    "of the latest run knew (docs/guarantees.md, promise 10)."
)
_FORKS = (
    "What something else than the chain of receipts wrote since the latest baseline: two states on one database, "
    "a state restored from a backup, or a loader that stored rows whose STATE was lost. Empty unless that happened, "
    "and again after one run with `--full-refresh`."
)
_CHAINED = {"receipt_chain": (_CHAIN, _CHAIN_COLUMNS), "receipt_forks": (_FORKS, _FORK_COLUMNS)}
"""The models of the chain of receipts: what they are, and their columns."""


def staging_files() -> dict[str, str]:
    """Every generated file: its path inside the dbt project, and its text."""
    return {
        "macros/wix_tables.sql": _macro(),
        "models/staging/_sources.yml": _yaml(_sources()),
        "models/staging/_staging.yml": _yaml(_models()),
        **{f"models/staging/stg_wix__{one.table}.sql": f"{{{{ stage('{one.table}') }}}}\n" for one in MODELS},
        **{f"models/staging/stg_wix__{name}.sql": f"{{{{ {name}() }}}}\n" for name in _CHAINED},
    }


def _macro() -> str:
    tables = [(table.name, own_key(table), full_key(table), table.model) for table in TABLES]
    tables += [(model.table, [], list(model.key), model) for model in _LOGS]
    lines = []
    for name, own, key, model in tables:
        types = {column: _type(declared) for column, declared in singer_schema(model)["properties"].items()}
        lines.append(f'  "{name}": {json.dumps({"own_key": own, "key": key, "columns": types})}')
    relations = {"receipts": "{{ receipts }}", "changes": "{{ changes }}", "chain": "{{ chain }}"}
    rule = RULE.format(
        columns='entity.{{ declared.key | join(", entity.") }}, entity.observed_at, entity.snapshot_at',
        key='{{ declared.key | join(", ") }}',
        same=_SAME,
        record_key="{{ record_key }}",
        entity="{{ entity }}",
        table="{{ table }}",
        **relations,
    )
    sightings = SIGHTINGS.format(table="{{ table }}", entity="{{ ref('stg_wix__' ~ table) }}")
    made = {
        "@BY": _BY,
        "@TABLES": ",\n".join(lines),
        "@RULE": rule,
        "@PART": record_key_sql(['" ~ part ~ "']),
        "@SEPARATOR": SEPARATOR,
        "@CHAIN": CHAIN.format(**relations),
        "@FORKS": FORKS.format(**relations, sightings=_SIGHTINGS.replace("@SIGHTINGS", sightings)),
    }
    text = _MACRO
    for name, sql in made.items():
        text = text.replace(name, sql)
    return text


def _type(declared: Mapping[str, Any]) -> str:
    kinds = [kind for kind in declared["type"] if kind != "null"]
    kind: str = declared.get("format") or kinds[0]
    return {"date-time": "timestamp", "object": "json", "array": "json"}.get(kind, kind)


def _sources() -> dict[str, Any]:
    tables = [{"name": model.table, "description": _sentence(model), "columns": _columns(model)} for model in MODELS]
    source = {
        "name": _SOURCE,
        "description": "The tables as the tap's target stores them; one that was not selected may be missing.",
        "schema": "{{ var('raw_schema') }}",
        "tables": tables,
    }
    return {"version": 2, "sources": [source]}


def _models() -> dict[str, Any]:
    entities = [_entity(table) for table in TABLES]
    logs = [_model(model, _columns(model), list(model.key)) for model in _LOGS]
    return {"version": 2, "models": [*entities, *logs, *(_chained(name) for name in _CHAINED)]}


def _chained(name: str) -> dict[str, Any]:
    description, columns = _CHAINED[name]
    key = [*_OF_RECEIPT, "snapshot_at", *(["evidence"] if "evidence" in columns else [])]
    return {
        "name": f"stg_wix__{name}",
        "description": description,
        "columns": [{"name": column, "description": text} for column, text in columns.items()],
        "config": {"meta": {"checks": [{"unique": key}]}},
    }


def _entity(table: Table) -> dict[str, Any]:
    standing = [{"name": name, "description": text} for name, text in _STANDING.items()]
    described = _model(table.model, [*_columns(table.model), *standing], [*full_key(table), OBSERVED_AT, SNAPSHOT_AT])
    current = {"unique": full_key(table), "where": "is_current"}
    described["config"]["meta"]["checks"] += [current, {"rows_match_receipt": table.name}]
    return described


def _model(model: type[Row], columns: list[dict[str, str]], key: list[str]) -> dict[str, Any]:
    return {
        "name": f"stg_wix__{model.table}",
        "description": f"{_sentence(model)} Typed; a column that was not selected is null.",
        "columns": columns,
        "config": {"meta": {"checks": [{"unique": key}]}},
    }


def _columns(model: type[Row]) -> list[dict[str, str]]:
    declared = singer_schema(model)["properties"]
    return [{"name": name, "description": column["description"]} for name, column in declared.items()]


def _sentence(model: type[Row]) -> str:
    return (model.__doc__ or "").strip()


def _yaml(content: dict[str, Any]) -> str:
    # JSON is valid YAML: it needs no library, and quotes every string.
    return f"# {_BY}\n{json.dumps(content, indent=2, ensure_ascii=False)}\n"


def main(arguments: list[str]) -> int:
    """Write the files.

    Args:
        arguments: The folder of the dbt project.

    Returns:
        The exit code.
    """
    if len(arguments) != 1 or not Path(arguments[0], "dbt_project.yml").is_file():
        sys.stderr.write(f"usage: python -m {__spec__.name} FOLDER (that of the dbt project)\n")
        return 2
    for path, text in staging_files().items():
        target = Path(arguments[0], path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
