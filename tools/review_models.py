"""The dbt model of what became of a campaign's decisions: the same SQL that `wix-access-review prove` runs.

``python -m tools.review_models transform`` writes it anew, so that the rule is said once.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "models/review/wix__review_decisions.sql"
_BY = "-- Made by `python -m tools.review_models transform`: do not edit.\n"


def review_model() -> str:
    """The model's SQL."""
    text = files("wix_access_review.campaign").joinpath("prove.sql").read_text(encoding="utf-8")
    text = text[text.index("with decided as") :]
    text = re.sub(r"\baccess_wix\.(\w+)", r"{{ ref('wix__\1') }}", text)
    text = re.sub(r"\bcurrent_wix\.(\w+)", r"{{ ref('stg_wix__\1') }}", text)
    text = re.sub(r"\b(campaign_(?:items|decisions))\b", r"{{ ref('wix__\1') }}", text)
    text = re.sub(r"\breceipt_forks\b", "{{ ref('stg_wix__receipt_forks') }}", text)
    text = re.sub(r"(hour|second)s_between\((\w+), (\w+)\)", r"""{{ dbt.datediff('\2', '\3', '\1') }}""", text)
    text = text.replace("removal_hours()", "{{ var('review_removal_hours') }}")
    return _BY + text + "{{ where_any('wix__campaign_decisions') }}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the model into a dbt project.

    Args:
        arguments: The folder of the project; the process's own arguments when not given.

    Returns:
        The exit code.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1 or not (Path(given[0]) / "dbt_project.yml").is_file():
        sys.stderr.write("usage: python -m tools.review_models FOLDER_OF_A_DBT_PROJECT\n")
        return 2
    path = Path(given[0]) / MODEL
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(review_model(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
