"""A campaign and a review from any database, by the commands."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from tests.warehouses.snowflake import PASSPHRASE
from wix_access_review.campaign.folder import FINDINGS, ITEMS, RECEIPTS, ROLES, Campaign
from wix_access_review.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_FROZEN = (ITEMS, RECEIPTS, FINDINGS, ROLES)
_HASHES = frozenset({"log.jsonl", "manifest.json"})
"""Files that hold the hash of the items' own."""


def address_of(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What names a database on the command line; the way to log in stands where docs/review.md says.

    Args:
        loaded: The warehouse.
        monkeypatch: Sets variables of the environment.
    """
    server = loaded.server
    if loaded.name == "target-postgres":
        monkeypatch.setenv("PGPASSWORD", server.password)
        return f"postgresql://{server.user}@{server.host}:{server.port}/{server.database}"
    connection = {
        "host": server.host, "port": server.port, "protocol": "http", "account": server.account, "user": server.user,
        "database": server.database, "authenticator": "SNOWFLAKE_JWT", "private_key_file": str(server.private_key),
        "private_key_file_pwd": PASSPHRASE,
    }  # fmt: skip
    # As `connections.toml`, which the connector looks for when it is imported, and then not again.
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in connection.items())
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", f"[wix]\n{''.join(lines)}")
    return "snowflake://wix"


def written_from(database: str, folder: Path, filled: Path, day: str) -> dict[str, Any]:
    """What a campaign and a review write: frozen lines as values, and all other files as bytes.

    Args:
        database: Path or address.
        folder: An empty one.
        filled: The decisions, which are made of the first campaign's table.
        day: When the decisions are taken.
    """
    campaign, pages = folder / "Q", folder / "pages"
    opening = ("--default-reviewer", "chair@other.example", "--by", "ada", "--max-age", "10000")
    commands = (
        ("open", database, "--name", "Q", "--folder", campaign, *opening),
        ("decide", campaign, filled, "--database", database, "--by", "ada"),
        ("plan", campaign),
        ("prove", campaign, database),
        ("evidence", campaign),
        ("verify", campaign),
        ("page", database, "--output", pages, "--campaign", campaign),
    )
    for command, *arguments in commands:
        assert main([command, *map(str, arguments)]) == 0, command
        if not filled.exists():
            _fill_in(campaign / "Q.csv", filled, day)
    found: dict[str, Any] = {name: list(Campaign(campaign).rows(name, dict)) for name in _FROZEN}
    for item in found[ITEMS]:
        # Postgres and Snowflake keep JSON with its members in an order of their own.
        item["restrictions"] = json.loads(item["restrictions"] or "null")
    paths = [path for path in (*campaign.iterdir(), *pages.iterdir()) if path.is_file() and path.name not in _HASHES]
    return {path.name: path.read_bytes() for path in paths} | found


def _fill_in(written: Path, filled: Path, day: str) -> None:
    """Decide on every row: keep, remove and change in turn."""
    with (
        written.open(encoding="utf-8-sig", newline="") as source,
        filled.open("w", encoding="utf-8", newline="") as out,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(out, rows.fieldnames or ())
        writer.writeheader()
        for number, row in enumerate(rows):
            decision = ("keep", "remove", "change")[number % 3]
            writer.writerow(row | {"decision": decision, "change_to": "Website Manager", "decided_on": day})
