"""What the page's script works on: columns, and numbers that point at texts which stand once."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

MOST_FINDINGS = 20_000
MOST_HISTORY = 50_000
"""Rows that the page holds at most; it says how many more there are."""

_QUERIES = {
    "accounts": ("id name", "select account_id, name from review_accounts order by n"),
    "people": (
        "account type id name email external joined status invited expires worst findings grants",
        """select account, person_type, person_id, person, email, is_external::int, seconds(joined_at),
          invite_status, seconds(invited_at), seconds(expires_at), worst, finding_count,
          coalesce(held.grant_count, 0)
        from review_people left join
          (select person as n, count(*) as grant_count from review_grants group by person) as held using (n)
        order by n""",
    ),
    "roles": ("id name strength", "select role_id, role, strength from review_roles order by n"),
    "assets": (
        "account type id name",
        """select account.n, asset_type, asset_id, asset
        from review_assets as asset join review_accounts as account using (account_id) order by asset.n""",
    ),
    "sites": (
        "account id name folder trashed",
        "select account, site_id, name, folder, trashed::int from review_sites order by n",
    ),
    "reach": (
        "scope site",
        """select distinct scope.n, site.n
        from access_wix.access_reach as reach
        join review_scopes as scope using (account_id, scope_key)
        join review_sites as site using (account_id, site_id) order by all""",
    ),
    "grants": (
        "role asset via flags scope after before seen decided",
        """select role, asset, via, flags, scope, seconds(granted_after), seconds(granted_before), seconds(last_seen),
          decided.standing
        from review_grants left join review_decided as decided using (account_id, stream_name, record_key)
        order by n""",
    ),
    "rules": (
        "rule title severity rank",
        """select rule, title, severity, severity_rank from review_findings
        group by all order by severity_rank desc, rule, title""",
    ),
    "findings": (
        "rule person about text",
        """select [rule, title, severity], person_n, coalesce(asset_name, role_title, ''),
          coalesce(explanation, '') || case when is_accepted then ' (accepted)' else '' end
        from review_findings order by n limit getvariable('most_findings')""",
    ),
    "history": (
        "person role on began after before ended ended_after ended_before",
        """select person, coalesce(role_title, role_id, ''),
          case asset_type when 'account' then 'the whole account'
            else coalesce(asset_name, asset_id, asset_type, '') end,
          started_by, seconds(granted_after), seconds(granted_before),
          ended_by, seconds(ended_after), seconds(ended_before)
        from (from review_history order by ended_before desc nulls last, n limit getvariable('most_history'))
        order by n""",
    ),
}
"""The columns of each part of the payload, and the query that fills them."""
_SHARED = {
    "people": {"type": "types"},
    "assets": {"type": "asset_types"},
    "grants": {"via": "vias", "after": "times", "before": "times", "seen": "times", "decided": "decisions"},
    "history": {
        "role": "texts", "on": "texts", "began": "texts", "ended": "texts",
        "after": "times", "before": "times", "ended_after": "times", "ended_before": "times",
    },
    "sites": {"folder": "texts"},
}  # fmt: skip
"""The columns whose values stand in a list of their own, -1 where there is none."""

Payload = dict[str, Any]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Number what the review shows, in temporary tables of this connection.

    Raises:
        ReviewError: The models do not belong together: a row of `access_review` has no grant, or a grant no row.
    """
    connection.execute(f"set variable most_findings = {MOST_FINDINGS}; set variable most_history = {MOST_HISTORY}")
    connection.execute(files(__package__).joinpath("prepare.sql").read_text(encoding="utf-8"))
    counts = connection.execute(
        "select (select count(*) from access_wix.access_review), (select count(*) from access_wix.access_grants), "
        "(select count(*) from review_grants)"
    ).fetchone()
    if counts and len(set(counts)) > 1:
        raise ReviewError(
            f"access_review has {counts[0]} rows, access_grants {counts[1]}, and {counts[2]} fit together: "
            "the models are from different builds. Run the whole `dbt build` again"
        )


def read_payload(connection: duckdb.DuckDBPyConnection) -> Payload:
    """Everything that the page's script needs.

    Args:
        connection: The database, prepared.
    """
    parts = {name: _columns(connection, names, query) for name, (names, query) in _QUERIES.items()}
    rules = parts["rules"]
    known = list(zip(rules["rule"], rules["title"], rules["severity"], strict=True))
    parts["findings"]["rule"] = _numbered(map(tuple, parts["findings"]["rule"]), known)
    lists: dict[str, set[Any]] = {}
    for part, columns in _SHARED.items():
        for column, name in columns.items():
            lists.setdefault(name, set()).update(parts[part][column])
    ordered = {name: sorted(values - {None}) for name, values in lists.items()}
    for part, columns in _SHARED.items():
        for column, name in columns.items():
            parts[part][column] = _numbered(parts[part][column], ordered[name])
    return {**parts, **ordered, "scopes": _count(connection, "review_scopes"), "totals": _totals(connection)}


def _columns(connection: duckdb.DuckDBPyConnection, names: str, query: str) -> dict[str, list[Any]]:
    rows = connection.execute(query).fetchall()
    titles = names.split()
    return dict(zip(titles, map(list, zip(*rows, strict=True)), strict=True)) if rows else {name: [] for name in titles}


def _numbered(values: Iterable[Any], ordered: Sequence[Any]) -> list[int]:
    places = {value: place for place, value in enumerate(ordered)}
    return [places.get(value, -1) for value in values]


def _totals(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return {name: _count(connection, f"review_{name}") for name in ("findings", "history")}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def as_script_data(payload: Payload) -> str:
    """JSON that may stand in a `script` element: nothing in it can close the element, or open a comment.

    Args:
        payload: What to write.
    """
    text = msgspec.json.encode(payload).decode()
    for letter, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(letter, escape)
    return text
