"""The tables and columns of the dbt models that the review reads."""

from __future__ import annotations

_TEXT, _TIME, _NUMBER, _FLAG = "varchar", "timestamp", "bigint", "boolean"


def _columns(text: str = "", time: str = "", number: str = "", flag: str = "") -> dict[str, str]:
    kinds = ((text, _TEXT), (time, _TIME), (number, _NUMBER), (flag, _FLAG))
    return {name: kind for names, kind in kinds for name in names.split()}


SCHEMA = "access_wix"

BUILD_TABLE = f"{SCHEMA}.build"
"""The table that says whether all others are of one build."""

NEEDED: dict[str, dict[str, str]] = {
    BUILD_TABLE: _columns(text="invocation_id", flag="is_whole"),
    f"{SCHEMA}.latest_receipts": _columns(
        text="account_id account_name stream_name status proof digest error tap_version complete_digest complete_proof",
        time="snapshot_at finished_at complete_snapshot_at complete_finished_at",
        number="row_count expected_count complete_row_count",
        flag="is_complete",
    ),
    f"{SCHEMA}.people": _columns(
        text="account_id account_name person_type person_id person email email_domain invite_status",
        time="joined_at invited_at expires_at",
        number="grant_count privileged_count",
        flag="is_external",
    ),
    f"{SCHEMA}.access_grants": _columns(
        text="account_id stream_name record_key person_type person_id role_id role_title "
        "asset_type asset_id asset_name via scope_key",
        time="granted_after granted_before last_seen_at",
        number="role_strength",
        flag="is_privileged is_pending",
    ),
    f"{SCHEMA}.access_reach": _columns(text="account_id scope_key site_id", number="depth"),
    f"{SCHEMA}.access_history": _columns(
        text="account_id stream_name record_key person_type person_id person email role_id role_title asset_type "
        "asset_id asset_name started_by ended_by",
        time="granted_after granted_before ended_after ended_before",
        number="version_number",
        flag="is_privileged is_current",
    ),
    f"{SCHEMA}.access_changes": {
        "changed_on": "date",
        **_columns(
            text="change_type account_id account_name stream_name record_key person_type person_id person email "
            "role_id role_title asset_type asset_name previous_role_title previous_asset_name",
            time="changed_after changed_before",
            flag="is_privileged",
        ),
    },
    f"{SCHEMA}.findings": _columns(
        text="finding_key rule severity title account_id account_name person_type person_id person email role_id "
        "role_title asset_type asset_id asset_name explanation advice controls accepted_reason accepted_by",
        time="observed_at accepted_until",
        number="severity_rank",
        flag="is_accepted",
    ),
    f"{SCHEMA}.findings_by_control": _columns(
        text="account_id control framework title status",
        number="rule_count passed_rule_count finding_count severity_rank",
    ),
    f"{SCHEMA}.access_review": _columns(
        text="account_id account stream_name record_key review_item person_type person_id person email asset_type "
        "asset_id asset role_id role via receipt_proof receipt_digest reviewer decision justification",
        time="granted_after granted_before last_seen receipt_snapshot_at decided_on",
        number="receipt_row_count",
        flag="privileged pending",
    ),
    "current_wix.sites": _columns(
        text="account_id id name display_name folder_id", time="trashed_date", flag="is_current"
    ),
    "current_wix.folders": _columns(text="account_id id path", flag="is_current"),
    "current_wix.accounts": _columns(text="account_id name owner_user_id", flag="is_current"),
    "current_wix.roles": _columns(text="account_id id title description restrict_from_level", flag="is_current"),
    "current_wix.assignments": _columns(
        text="account_id user_id assignment_key assignment_id subject_type subject_id restrictions", flag="is_current"
    ),
}
"""Columns and their types in DuckDB, by table. Other columns of these tables are not read."""

REVIEW_COLUMNS = (
    "review_item", "account", "person", "email", "person_type", "role", "privileged", "asset_type", "asset", "via",
    "pending", "granted_after", "granted_before", "last_seen", "reviewer", "decision", "decided_on", "justification",
    "account_id", "person_id", "role_id", "asset_id", "stream_name", "record_key", "receipt_snapshot_at",
    "receipt_proof", "receipt_row_count", "receipt_digest",
)  # fmt: skip
"""The columns of the CSV and the XLSX: what a reviewer reads and fills in first, then the ids and the receipt."""
