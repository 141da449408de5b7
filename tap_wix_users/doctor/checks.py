"""The checks of `--doctor`, one line each: what works, and what to do about what does not."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tap_wix_users.doctor.recording import RecordingClient, refusal_status
from tap_wix_users.wix.endpoints import FOLDER_PAGE, SITE_PAGE, AccountApi
from tap_wix_users.wix.errors import Unauthorized, WixError
from tap_wix_users.wix.objects import WixObject, fields
from tap_wix_users.wix.retries import smaller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_wix_users.settings import Settings
    from tap_wix_users.wix.objects import TeamPage

Verdict: TypeAlias = Literal["ok", "note", "FAIL"]


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        verdict: `ok`, `note` if nothing has to be done, or `FAIL`.
        name: What was checked.
        says: What was found, or what to do; holds no personal data.
    """

    verdict: Verdict
    name: str
    says: str

    def __str__(self) -> str:
        return f"{self.verdict:<4}  {self.name}: {self.says}"


class Examination:
    """Requests each endpoint once, and reports what it found.

    Args:
        client: Sends the requests.
        settings: The checked settings.
    """

    def __init__(self, client: RecordingClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._api = AccountApi(client, settings.account_id)
        self._answers: dict[str, Any] = {}
        self._errors: dict[str, WixError] = {}
        self._page = settings.page_size

    def checks(self) -> Iterator[Check]:
        """Run all checks, in an order in which each one only depends on earlier ones."""
        chosen = self._settings
        yield Check("ok", "settings", f"valid; the API is {chosen.base_url}")
        self._ask("account", self._api.get_account)
        self._ask("team", lambda: self._search(0))
        yield self._key()
        if self._errors and all(isinstance(error, Unauthorized) for error in self._errors.values()):
            return
        yield self._account()
        yield self._permission("team", "team members and invites (Search Team)")
        yield self._asked("roles", "roles (Get Roles Info)", lambda: self._api.get_roles(locale=chosen.locale))
        yield self._asked("sites", "sites (Query Sites)", lambda: self._api.query_sites(cursor=None))
        yield self._asked("count", "the number of sites (Count Sites)", self._api.count_sites)
        yield self._asked("folders", "site folders (Query Folders)", lambda: self._api.query_folders(offset=0))
        yield self._contributors()
        yield self._children()
        yield from self._team()
        yield self._shape()
        yield self._cost()

    def _ask(self, name: str, ask: Callable[[], Any]) -> None:
        try:
            self._answers[name] = ask()
        except WixError as error:
            self._errors[name] = error

    def _asked(self, name: str, what: str, ask: Callable[[], Any]) -> Check:
        self._ask(name, ask)
        return self._permission(name, what)

    def _search(self, offset: int) -> TeamPage:
        while True:
            try:
                return self._api.search_team(limit=self._page, offset=offset, facets=True)
            except WixError as error:
                lower = smaller(error, self._page, 1)
                if lower is None:
                    raise
                self._page = lower

    def _key(self) -> Check:
        unknown = [error for error in self._errors.values() if isinstance(error, Unauthorized)]
        if unknown and not self._answers:
            return Check("FAIL", "API key", unknown[0].advice)
        if not self._answers and all(refusal_status(error) is None for error in self._errors.values()):
            error = next(iter(self._errors.values()))
            return Check("FAIL", "API key", f"no answer: {error.what}. {error.advice}".rstrip(". "))
        return Check("ok", "API key", "Wix accepts it")

    def _account(self) -> Check:
        if (error := self._errors.get("account")) is not None:
            owns = "" if self._answers else "; `account_id` may not be the account that owns the API key"
            return Check("FAIL", "account (Get Account)", f"{_why(error)}{owns}")
        answered = str(self._answers["account"].account_id).lower()
        if answered != self._settings.account_id:
            return Check("FAIL", "account (Get Account)", "Wix returned another account: check `account_id`")
        return Check("ok", "account (Get Account)", "matches `account_id`")

    def _permission(self, name: str, what: str) -> Check:
        if (error := self._errors.get(name)) is not None:
            return Check("FAIL", what, _why(error))
        return Check("ok", what, "can be read")

    def _contributors(self) -> Check:
        what = "contributors of sites (Query Site Contributors)"
        sites = self._answers["sites"].sites if "sites" in self._answers else []
        if not sites:
            return Check("note", what, "not checked, since no site can be read")
        return self._asked("contributors", what, lambda: self._api.query_contributors(sites[0].id))

    def _children(self) -> Check:
        what = "child accounts (List Child Accounts)"
        check = self._asked("children", what, lambda: self._api.list_child_accounts(offset=0))
        if check.verdict == "FAIL" and not self._settings.include_child_accounts:
            return Check("note", what, "cannot be read; only `include_child_accounts` needs it")
        return check

    def _team(self) -> Iterator[Check]:
        if "team" not in self._answers:
            return
        page: TeamPage = self._answers["team"]
        seen, counted = len(page.team_members), _counted(page)
        if self._page != self._settings.page_size:
            says = (
                f"Wix accepts {self._page} rows, not {self._settings.page_size}; `page_size` is lowered automatically"
            )
            yield Check("note", "page size", says)
        more = counted > seen if counted is not None else seen > 0 and bool(self._more(seen))
        if more and seen < self._page:
            self._page = seen
            yield Check("note", "pages", f"Wix caps them at {seen} rows: reading works, with more requests")
        else:
            yield Check("ok", "pages", f"Wix returns up to {self._page} rows per page")
        if counted is None:
            yield Check("note", "counts", "Wix does not count team members: its list is read twice to prove it")
        else:
            yield Check("ok", "counts", "Wix counts team members and invites: one read proves the list complete")

    def _more(self, seen: int) -> list[Any]:
        self._ask("more", lambda: self._search(seen))
        return self._answers["more"].team_members if "more" in self._answers else []

    def _shape(self) -> Check:
        if not self._answers:
            return Check("note", "shape", "unknown until something can be read")
        new = sorted({place for answer in self._answers.values() for place in _unknown(answer)})
        if not new:
            return Check("ok", "shape", "this release knows every field")
        says = f"{len(new)} fields are new, or of another type; they are kept in `extra`, and `--report` lists them"
        return Check("note", "shape", says)

    def _cost(self) -> Check:
        if not self._answers.keys() & {"team", "sites"}:
            return Check("note", "cost", "unknown until something can be read")
        requests = 2 + self._team_requests() + self._site_requests()
        minutes = max(1, ceil(requests / self._settings.requests_per_minute))
        return Check(
            "ok", "cost",
            f"a run sends about {requests:,} requests, {minutes:,} minute{'s' if minutes > 1 else ''} at "
            f"{self._settings.requests_per_minute:,} a minute; later runs send as many, but emit only what changed"
            f"{self._extra()}",
        )  # fmt: skip

    def _team_requests(self) -> int:
        if "team" not in self._answers:
            return 0
        page = self._answers["team"]
        counted = _counted(page)
        rows = len(page.team_members) if counted is None else counted
        walks = 2 if counted is None else 1
        return walks * (1 + ceil(max(0, rows - self._page) / max(1, self._page - 1)))

    def _site_requests(self) -> int:
        count = self._answers.get("count") or 0
        pages = max(1, ceil(count / SITE_PAGE))
        folders = len(self._answers["folders"].folders) if "folders" in self._answers else 0
        return pages + (3 if pages > 1 else 0) + 1 + folders // FOLDER_PAGE

    def _extra(self) -> str:
        if "contributors" not in self._answers:
            return ""
        sites = self._answers.get("count") or len(self._answers["sites"].sites)
        return (
            f"; `site_contributors` would send up to {sites:,} more, `site_contributor_roles` several for each of them"
        )


def _why(error: WixError) -> str:
    """Why something cannot be read, without any text from the server."""
    status = refusal_status(error)
    said = f"refused ({status})" if status is not None else error.what
    return f"{said}. {error.advice}" if error.advice else said


def _counted(page: TeamPage) -> int | None:
    values = [value for facet in page.facets or [] for value in facet.values or []]
    if page.facets is None or not any(facet.facet_type == "Users" for facet in page.facets):
        return None
    kinds = {"Users", "InviteStatus"}
    return sum(v.count or 0 for facet in page.facets if facet.facet_type in kinds for v in facet.values or []) or (
        0 if values else None
    )


def _unknown(value: Any, path: str = "") -> Iterator[str]:
    """The paths of fields that this release does not know, or whose type is not the documented one."""
    if isinstance(value, WixObject):
        yield from (f"{path}.{name}" for name in value.unknown)
        for field in fields(type(value)).values():
            yield from _unknown(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _unknown(inner, f"{path}[]")
