"""A review for each account, of that account alone, and an overview that links to them: for agencies with clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wix_access_review.campaign.freeze import slug
from wix_access_review.database import on_disk, read_accounts, reading
from wix_access_review.errors import ReviewError
from wix_access_review.files import beside, drafts, naming
from wix_access_review.page import render_still
from wix_access_review.report import CAMPAIGNS, write_page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from wix_access_review.overview import Figures, Review
    from wix_access_review.standing import Standing

OVERVIEW = "clients.html"
FOLDER = "clients"


@dataclass(frozen=True)
class Client:
    """An account on the overview."""

    account_id: str
    name: str
    link: str
    as_of: dt.datetime | None
    warnings: int
    figures: Figures
    severities: Mapping[str, int]
    accepted: int
    standing: Standing | None

    @property
    def is_whole(self) -> bool:
        """Whether every table of the account was read completely and lately."""
        return self.as_of is not None and not self.warnings


def write_clients(database: Path | str, folder: Path) -> list[Path]:
    """Write a review for each account, and then the overview.

    Args:
        database: The DuckDB file, or the address of a server.
        folder: Where to; made when it is not there.

    Returns:
        The path of the overview, and those of the pages.

    Raises:
        ReviewError: The database cannot be read, it holds no account, or a file cannot be written.
    """
    campaigns = beside(database) / CAMPAIGNS
    clients, pages = [], []
    with on_disk(database) as file:
        with reading(file) as connection:
            accounts = read_accounts(connection)
        if not accounts:
            raise ReviewError("there is no account in the database: read one first")
        for account_id, name, _ in accounts:
            own = folder / FOLDER / slug(account_id)
            (page, *_), review = write_page(file, own, None, [account_id], None, campaigns)
            pages.append(page)
            clients.append(_client(account_id, name, page.relative_to(folder).as_posix(), review))
    path = folder / OVERVIEW
    with naming(folder), drafts([path]) as (draft,):
        draft.write_text(
            render_still("clients.html.j2", "Access reviews by client", clients=clients), encoding="utf-8", newline="\n"
        )
    return [path, *pages]


def _client(account_id: str, name: str, link: str, review: Review) -> Client:
    return Client(
        account_id, name, link, review.as_of[0] if review.as_of else None, len(review.warnings), review.figures,
        review.severities, review.accepted, review.standing,
    )  # fmt: skip
