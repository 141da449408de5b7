"""Requests that each read needs, against the fewest that its proof allows, and against a read that proves nothing.

    python benchmarks/fewest_requests.py [--users 5000] [--sites 600] [--children 25] [--tap PYTHON]

The sandbox counts what was asked: `first` by a first run, `later` by one in which nothing changed, `changed` by one
after so many days (`--days`) of the account's life. What there is to read is known, since the same options make the
same account:

- `fewest`: pages that overlap by a row (999 new rows each instead of 1,000) and one closing request whose count is
  younger than every page, unless there are fewer rows than any limit; a count before and behind sites that come in
  several pages; one request for each site with contributors, and for their roles the base-2 logarithm of the possible
  answers, which no way of asking can beat that expects nothing;
- `unproved`: pages alone, as a plain tap asks for them, and each role of each site by itself.

`--tap` names the interpreter of another release of the tap, to compare with: it reads the same account.

(This file is not called `requests.py`, which would stand in the way of the library of that name.)
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import bench

from wix_sandbox.world import Size, World

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from wix_sandbox.account import Account
    from wix_sandbox.records import Site

TEAM_PAGE, SITE_PAGE, FOLDER_PAGE, CHILD_PAGE = 1000, 100, 1000, 50
SURELY_SHORT = 100
"""A page of Search Team with fewer rows was not cut."""


def main() -> int:
    """Measure and print."""
    parser = bench.parser(__doc__)
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--children", type=int, default=25)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tap", default=sys.executable, metavar="PYTHON")
    options = parser.parse_args()
    world = World(Size(users=options.users, sites=options.sites, child_accounts=options.children))
    size = ("--users", options.users, "--sites", options.sites, "--child-accounts", options.children)
    with bench.sandbox(*size) as wix:
        asked = _asked(wix, options)
    fewest, unproved = _sum(map(_fewest, world.accounts.values())), _sum(map(_unproved, world.accounts.values()))
    fewest["list_child_accounts"] = _overlapping(options.children, CHILD_PAGE)
    unproved["list_child_accounts"] = math.ceil(options.children / CHILD_PAGE)
    figures: dict[str, Any] = {
        endpoint: {
            **{run: requests[endpoint] for run, requests in asked.items()},
            "fewest": least,
            "unproved": unproved.get(endpoint, 0),
        }
        for endpoint, least in fewest.items()
    }
    totals = {run: requests.total() for run, requests in asked.items()}
    least = sum(fewest.values())
    figures |= {**totals, "fewest": least, "unproved": sum(unproved.values())}
    figures["first_to_fewest"] = totals["first"] / least
    figures["first_to_unproved"] = totals["first"] / figures["unproved"]
    figures["later_to_first"] = totals["later"] / totals["first"]
    return bench.tell("fewest_requests", figures, options)


def _asked(wix: bench.Sandbox, options: argparse.Namespace) -> dict[str, Counter[str]]:
    """Requests by endpoint of a first run, of one that follows at once, and of one after some days."""
    command = (options.tap, "-m", "tap_wix_users.tap")
    settings = {"include_child_accounts": True}
    catalog = wix.catalog(select=("site_contributors", "site_contributor_roles"))
    messages = wix.folder / "messages.jsonl"
    before, asked = Counter(wix.stats()["requests"]), {}
    state: Path | None = None
    for run in ("first", "later", "changed"):
        if run == "changed":
            wix.advance(options.days)
        wix.run(command, settings=settings, catalog=catalog, state=state, out=messages)
        state = wix.state_after(messages)
        now = Counter(wix.stats()["requests"])
        asked[run], before = now - before, now
    return asked


def _fewest(account: Account) -> dict[str, int]:
    several = len(account.sites) > SITE_PAGE
    invited = [site for site in account.sites.values() if site.contributors]
    return {
        "get_account": 1,
        "get_roles": 1,
        "search_team": _overlapping(len(account.people) + len(account.invites), TEAM_PAGE, short=SURELY_SHORT),
        "query_sites": math.ceil(len(account.sites) / SITE_PAGE) or 2,
        "count_sites": 2 if several else 0,
        # Folders are not counted: a short page may be a cap, so the one behind it is asked for too.
        "query_folders": _overlapping(len(account.folders), FOLDER_PAGE, counted=False),
        "query_contributors": sum(1 + _answers(account, site) for site in invited),
    }


def _unproved(account: Account) -> dict[str, int]:
    members = len(account.people) + len(account.invites)
    invited = [site for site in account.sites.values() if site.contributors]
    return {
        "get_account": 1,
        "get_roles": 1,
        "search_team": math.ceil(members / TEAM_PAGE),
        "query_sites": math.ceil(len(account.sites) / SITE_PAGE) or 1,
        "count_sites": 0,
        "query_folders": math.ceil(len(account.folders) / FOLDER_PAGE) or 1,
        "query_contributors": len(invited) * (1 + len(_site_roles(account))),
    }


def _overlapping(rows: int, page: int, *, counted: bool = True, short: int | None = None) -> int:
    """Requests for a proved walk of two rows or more; two walks of one request prove that there is nothing."""
    if rows == 0:
        return 2
    if counted and rows < (short or page):
        return 1
    return math.ceil((rows - 1) / (page - 1)) + 1


def _answers(account: Account, site: Site) -> int:
    """Answers of yes or no that tell which roles a contributor of the site holds: those of the hardest one."""
    roles = len(_site_roles(account))
    return max(math.ceil(math.log2(math.comb(roles, len(one.role_ids)))) for one in site.contributors)


def _site_roles(account: Account) -> list[str]:
    return [role.id for role in account.roles.values() if role.level != "Site"]


def _sum(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for endpoint, count in one.items():
            total[endpoint] = total.get(endpoint, 0) + count
    return total


if __name__ == "__main__":
    sys.exit(main())
