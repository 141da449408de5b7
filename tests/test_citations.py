"""Code, tests and pages cite the two contracts in `docs/`: each section that is named exists there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tap_wix_users.settings import Settings
from tests.support import LOGS, TABLES

ROOT = Path(__file__).parent.parent
PAGES = ("docs/streams.md", "docs/api-contract.md")
PLACES = ("tap_wix_users", "wix_sandbox", "wix_access_review", "wix_demo", "tools", "transform", "tests", "docs", "hub")
SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".md"}
NUMBERS = re.compile(r"\bsections? (\d+(?:\.\d+)*)(?: (?:and|to) (\d+(?:\.\d+)*))?")
BY_NAME = re.compile(rf"({'|'.join(map(re.escape, PAGES))}),? \(?{NUMBERS.pattern[2:]}")


def _sections(page: str) -> set[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return set(re.findall(r"^#+ (\d+(?:\.\d+)*)\.? ", text, re.MULTILINE))


SECTIONS = {page: _sections(page) for page in PAGES}


def _missing(name: str, text: str) -> list[str]:
    """The citations in a file's text that lead nowhere: to a section that is not there, or to no page."""
    text = re.sub(r"\s*\n\s*(?:#|--)?\s*", " ", text)
    cited = [(page, number) for page, *numbers in BY_NAME.findall(text) for number in numbers if number]
    bare = [number for numbers in NUMBERS.findall(BY_NAME.sub("", text)) for number in numbers if number]
    home = [name] if name in PAGES else [page for page in PAGES if f"Section numbers are those of {page}" in text]
    cited += [(home[0] if home else "no page", number) for number in bare]
    return [f"{page}, section {number}" for page, number in cited if number not in SECTIONS.get(page, ())]


def _files() -> list[Path]:
    found = (path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in SUFFIXES)
    return [path for path in found if path != Path(__file__) and "target" not in path.parts]


def test_every_section_that_is_cited_exists():
    """A section is cited with its page, or in a file that says once which page its numbers are of."""
    missing = {}
    for path in _files():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        if name == "docs/streams.md":
            text = re.sub(r"\(?sections? [\d.]+ of the API contract\)?", "", text)
        if found := _missing(name, text):
            missing[name] = found
    assert missing == {}


def test_the_contracts_are_cited():
    """The search finds the citations: there are dozens of each page."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in _files())
    assert {page for page in PAGES if len(re.findall(re.escape(page), text)) > 20} == set(PAGES)


@pytest.mark.parametrize(
    "wrong",
    [
        "docs/streams.md, section 3.99",
        "docs/api-contract.md, section 12",
        "docs/streams.md, sections 3.7 and 3.70",
        "see section 2.1",
        "Section numbers are those of docs/streams.md.\nThat of section 2.1.",
    ],
)
def test_a_wrong_citation_is_found(wrong):
    """A section that is not there, and one of no page, are found, also across a line's end."""
    assert _missing("some.py", wrong)


def test_the_data_contract_names_every_setting_and_stream():
    """`docs/streams.md` speaks of each setting and each stream that the code declares."""
    text = (ROOT / PAGES[0]).read_text(encoding="utf-8")
    names = [*Settings.model_fields, *TABLES, *LOGS, "site_contributors", "site_contributor_roles"]
    assert [name for name in names if f"`{name}`" not in text] == []
