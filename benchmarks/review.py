"""The access review of a large account: how long it takes to write, how large it is, and when a browser can use it.

The tables of the models are filled by DuckDB itself, with rows that look like a company of many people and sites:
three grants a person, of which 28 % are account-wide, 12 % reach a folder and the rest a site.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from bench import parser, tell
from playwright.sync_api import sync_playwright

from wix_access_review.contract import NEEDED
from wix_access_review.report import write_review

_FILL = Path(__file__).with_suffix(".sql")


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that the review reads, without rows."""
    for table, columns in NEEDED.items():
        connection.execute(f"create schema if not exists {table.partition('.')[0]}")
        connection.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    connection.execute("insert into access_wix.build by name select true as is_whole")


def generate(path: Path, people: int, sites: int) -> None:
    """Make a database of an account of that size."""
    with duckdb.connect(str(path)) as connection:
        create_tables(connection)
        connection.execute(f"set variable people = {people}; set variable sites = {sites}")
        connection.execute(_FILL.read_text(encoding="utf-8"))


def open_in_browser(page: Path) -> dict[str, Any]:
    """Seconds until the page's table has rows, and until a search, a sort and the page of a person are shown."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        started = time.perf_counter()
        tab.goto(page.resolve().as_uri(), wait_until="commit")
        tab.wait_for_selector("#review tbody tr[aria-rowindex]", state="attached", timeout=120_000)
        figures: dict[str, Any] = {"open_seconds": time.perf_counter() - started}
        figures["search_ms"] = tab.evaluate(_TIMED, ["#review input", "type"])
        figures["sort_ms"] = tab.evaluate(_TIMED, ["#review thead th:nth-child(4) button", "click"])
        figures["matrix_ms"] = tab.evaluate(_TIMED, [".mx", "scroll"])
        started = time.perf_counter()
        tab.evaluate("location.hash = document.querySelector('#people tbody a').hash")
        tab.wait_for_selector("#detail .part")
        figures["person_ms"] = 1000 * (time.perf_counter() - started)
        figures["heap_mb"] = tab.evaluate("performance.memory.usedJSHeapSize / 2 ** 20")
        browser.close()
    return figures


_TIMED = """([selector, act]) => new Promise((done) => {
  const target = document.querySelector(selector);
  target.scrollIntoView();
  const started = performance.now();
  if (act === "type") { target.value = "okafor co-owner"; target.dispatchEvent(new Event("input")); }
  if (act === "click") target.click();
  if (act === "scroll") target.scrollTo(4000, 200000);
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - started)));
})"""


def main() -> int:
    """Measure once, and print the figures."""
    arguments = parser(__doc__)
    arguments.add_argument("--people", type=int, default=50_000)
    arguments.add_argument("--sites", type=int, default=600)
    arguments.add_argument("--keep", type=Path, help="folder that the files are left in")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="access-review-bench-") as folder:
        place = options.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        database = place / "big.duckdb"
        database.unlink(missing_ok=True)
        generate(database, options.people, options.sites)
        started = time.perf_counter()
        paths = write_review(database, place)
        figures = {"write_seconds": time.perf_counter() - started}
        figures |= {f"{path.suffix[1:]}_mb": path.stat().st_size / 2**20 for path in paths}
        figures |= open_in_browser(paths[0])
    return tell("review", figures, options)


if __name__ == "__main__":
    sys.exit(main())
