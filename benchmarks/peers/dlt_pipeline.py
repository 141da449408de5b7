"""A peer to measure against, and nothing to run in earnest: team members and their roles into DuckDB, with dlt.

One walk over Search Team gives two tables, which dlt normalizes, writes as Parquet and appends: the least that it can
do. It proves nothing, and keeps no state.

    python -m venv peers && peers/bin/pip install -r benchmarks/peers/requirements-dlt.txt
    peers/bin/python benchmarks/peers/dlt_pipeline.py --config config.json --database dlt.duckdb
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100


@dlt.resource(
    name="team",
    max_table_nesting=0,
    columns={"restrictions": {"data_type": "json"}, "joined_team_at": {"data_type": "timestamp"}},
)
def team(config: dict[str, Any]) -> Iterator[Any]:
    """Users, and their assignments, page by page."""
    account, offset = config["account_id"], 0
    with requests.Session() as session:
        session.headers.update({"Authorization": config["api_key"], "wix-account-id": account})
        while True:
            order = [{"fieldName": "JoinedAt", "direction": "ASC"}]
            body = {"orderBy": order, "paging": {"limit": PAGE, "offset": offset}}
            answer = session.post(f"{config['base_url']}/roles-management/v3/team/search", json=body, timeout=60)
            answer.raise_for_status()
            members = answer.json().get("teamMembers")
            if not members:
                return
            users = [one["user"] for one in members if one.get("user")]
            yield dlt.mark.with_table_name([_user(account, user) for user in users], "users")
            granted = [
                _assignment(account, user, one)
                for user in users
                for one in user.get("assignments") or ()
                for _ in _assets(one.get("restrictions") or {})
            ]
            yield dlt.mark.with_table_name(granted, "assignments")
            offset += PAGE


def _assets(restrictions: dict[str, Any]) -> list[Any]:
    """One for each row that the tap makes of an assignment."""
    return (restrictions.get("conditions") or {}).get("conditions") or [None]


def _user(account: str, user: dict[str, Any]) -> dict[str, Any]:
    name = user.get("name") or {}
    return {
        "account_id": account,
        "id": user["id"],
        "email": user.get("email"),
        "first_name": name.get("firstName"),
        "last_name": name.get("lastName"),
        "profile_image": user.get("profileImage"),
        "joined_team_at": user.get("joinedTeamAt"),
    }


def _assignment(account: str, user: dict[str, Any], assignment: dict[str, Any]) -> dict[str, Any]:
    policy = assignment.get("policy") or assignment
    subject = assignment.get("subject") or {}
    return {
        "account_id": account,
        "user_id": user["id"],
        "assignment_id": assignment.get("assignmentId"),
        "role_id": policy.get("policyId"),
        "subject_id": subject.get("id"),
        "subject_type": subject.get("subjectType"),
        "restrictions": assignment.get("restrictions"),
    }


def main() -> None:
    """Load."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--database", type=Path, required=True)
    options = parser.parse_args()
    config = json.loads(options.config.read_text(encoding="utf-8"))
    pipeline = dlt.pipeline(
        "wix_peer",
        pipelines_dir=str(options.database.parent / "dlt"),
        destination=dlt.destinations.duckdb(str(options.database)),
        dataset_name="raw_wix",
    )
    pipeline.run(team(config), loader_file_format="parquet", write_disposition="append")


if __name__ == "__main__":
    main()
