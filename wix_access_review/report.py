"""The review as three files: the page to look at, and the table to certify as CSV and as XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wix_access_review.campaign.folder import Campaign
from wix_access_review.campaign.since import newest, stands
from wix_access_review.database import read_accounts, reading
from wix_access_review.files import beside, drafts, naming
from wix_access_review.overview import Review, read_review
from wix_access_review.page import render
from wix_access_review.receipts import as_of, read_receipts
from wix_access_review.sheets import review_rows, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

CAMPAIGNS = "campaigns"
"""The folder beside a database that holds its campaigns."""


def write_review(
    database: Path | str,
    folder: Path,
    title: str | None = None,
    *,
    accounts: Sequence[str] = (),
    campaign: Path | None = None,
) -> list[Path]:
    """Write the page and the two tables, all three or none.

    Args:
        database: The DuckDB file, or the address of a server.
        folder: Where to; made when it is not there.
        title: The review's title; by default it names the accounts.
        accounts: Ids of the accounts to show; none for all.
        campaign: The folder of the campaign to compare with; by default the newest of those beside the database.

    Returns:
        The paths of the page, the CSV and the XLSX.

    Raises:
        ReviewError: The database cannot be read, or a file cannot be written.
    """
    chosen = Campaign(campaign) if campaign else None
    return write_page(database, folder, title, accounts, chosen, beside(database) / CAMPAIGNS)[0]


def write_page(
    database: Path | str,
    folder: Path,
    title: str | None,
    accounts: Sequence[str],
    campaign: Campaign | None,
    campaigns: Path,
) -> tuple[list[Path], Review]:
    """Write the three files, and say what is in them; as `write_review`, with the folder that holds the campaigns.

    Args:
        database: The DuckDB file, or the address of a server.
        folder: Where to; made when it is not there.
        title: The review's title; None to name the accounts.
        accounts: Ids of the accounts to show; none for all.
        campaign: The campaign to compare with; None for the newest.
        campaigns: The folder that holds the folders of campaigns.
    """
    paths = [folder / f"access-review.{suffix}" for suffix in ("html", "csv", "xlsx")]
    with reading(database, accounts) as connection:
        review = _review(connection, folder, title, campaign, campaigns)
        with naming(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with drafts(paths) as (page, csv, xlsx):
                page.write_text(render(review), encoding="utf-8", newline="\n")
                write_csv(csv, review_rows(connection))
                last = review.as_of[1] if review.as_of else None
                write_xlsx(xlsx, review_rows(connection), title=review.title, as_of=last)
    return paths, review


def _review(
    connection: duckdb.DuckDBPyConnection, folder: Path, title: str | None, campaign: Campaign | None, campaigns: Path
) -> Review:
    chosen = campaign or newest(campaigns, [one for one, *_ in read_accounts(connection)])
    if not chosen:
        return read_review(connection, title)
    span = as_of(read_receipts(connection))
    return read_review(connection, title, stands(connection, chosen, folder, span[1] if span else None))
