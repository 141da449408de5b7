"""The answers of `docs/questions.md` and `examples/dashboards`.

``python -m tests.transform.questions`` writes them anew.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.transform.demo import demo_warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.transform.warehouse import Warehouse

PAGE = Path(__file__).parents[2] / "docs/questions.md"
DASHBOARDS = PAGE.parents[1] / "examples/dashboards"
_QUESTION = re.compile(r"(^```sql\n(.*?)^```\n\n)(.*?)(?=\n## )", re.MULTILINE | re.DOTALL)


def questions() -> list[tuple[str, str]]:
    """The queries of the page, in its order, each with its answer."""
    return [(query, answer) for _, query, answer in _QUESTION.findall(PAGE.read_text(encoding="utf-8"))]


def dashboards() -> list[tuple[str, str]]:
    """The queries of the dashboards, each with the answer that is kept beside it."""
    return [
        (path.read_text(encoding="utf-8"), path.with_suffix(".md").read_text(encoding="utf-8"))
        for path in sorted(DASHBOARDS.glob("*.sql"))
    ]


def undated(answer: str) -> str:
    """An answer without the days on which the demo was read."""
    return re.sub(r"\d{4}-\d\d-\d\d( 00:00:00)?", "(day)", answer)


def answered(page: str, warehouse: Warehouse) -> str:
    """The page with the answers that a warehouse gives."""
    return _QUESTION.sub(lambda found: found[1] + as_table(*warehouse.answer(found[2])), page)


def as_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """An answer in Markdown."""
    lines = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if rows else "No rows.\n"


def _cell(value: Any) -> str:
    if isinstance(value, float | Decimal) and value == int(value):
        # A sum of whole numbers is another kind of number in each warehouse.
        value = int(value)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return " ".join(text.replace("|", "\\|").split())


def main() -> int:
    """Write the answers.

    Returns:
        The exit code.
    """
    with TemporaryDirectory() as folder:
        warehouse = demo_warehouse(Path(folder))
        PAGE.write_text(answered(PAGE.read_text(encoding="utf-8"), warehouse), encoding="utf-8")
        for path in DASHBOARDS.glob("*.sql"):
            answer = as_table(*warehouse.answer(path.read_text(encoding="utf-8")))
            path.with_suffix(".md").write_text(undated(answer), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
