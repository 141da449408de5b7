"""The endpoints: what each of them sends, whole, what it answers, and which permission it names when it may not."""

from __future__ import annotations

from typing import Any

import pytest

from tap_wix_users.wix.errors import Forbidden, WixError
from tests.wix.conftest import ASK, asked
from wix_sandbox import ApiOptions, Fault, Size, World
from wix_sandbox.problems import HTML

NAMESPACES = {"namespace": {"$in": ["WIX", "HEADLESS"]}}
OLDEST = [{"fieldName": "JoinedAt", "direction": "ASC"}]


def sent(sandbox: Any) -> tuple[str, tuple[tuple[str, str], ...], Any]:
    """Endpoint, query and body of the only request."""
    [request] = sandbox.requests
    assert request.status == 200
    return request.endpoint, request.query, request.body


@pytest.mark.parametrize(
    ("ask", "endpoint", "query", "body"),
    [
        pytest.param(
            lambda api: api.search_team(limit=7, offset=3, facets=False),
            "search_team",
            (),
            {"orderBy": OLDEST, "paging": {"limit": 7, "offset": 3}},
            id="Search Team",
        ),
        pytest.param(
            lambda api: api.search_team(limit=100, offset=0, facets=True),
            "search_team",
            (),
            {"orderBy": OLDEST, "paging": {"limit": 100, "offset": 0}, "facets": ["Users", "InviteStatus", "Roles"]},
            id="Search Team with its counts",
        ),
        pytest.param(
            lambda api: api.get_roles(locale="de"), "get_roles", (("locale", "de"),), None, id="Get Roles Info"
        ),
        pytest.param(
            lambda api: api.query_sites(cursor=None),
            "query_sites",
            (),
            {
                "query": {
                    "filter": NAMESPACES,
                    "sort": [{"fieldName": "createdDate", "order": "ASC"}],
                    "cursorPaging": {"limit": 100},
                }
            },
            id="Query Sites",
        ),
        pytest.param(
            lambda api: api.count_sites(), "count_sites", (), {"filter": NAMESPACES}, id="Count Sites without a query"
        ),
        pytest.param(
            lambda api: api.query_folders(offset=20),
            "query_folders",
            (),
            {"query": {"paging": {"limit": 1000, "offset": 20}}},
            id="Query Folders",
        ),
        pytest.param(
            lambda api: api.list_child_accounts(offset=1),
            "list_child_accounts",
            (("paging.limit", "50"), ("paging.offset", "1")),
            None,
            id="List Child Accounts",
        ),
        pytest.param(lambda api: api.get_account(), "get_account", (), None, id="Get Account"),
    ],
)
def test_what_is_sent(ask, endpoint, query, body, serve, connect):
    """The documented body or query, and nothing else; the id header says which account."""
    sandbox = serve()
    ask(connect(sandbox))
    assert sent(sandbox) == (endpoint, query, body)
    headers = {name: value for name, value in sandbox.requests[0].headers.items() if name != "user-agent"}
    assert headers == {"authorization": sandbox.world.key, "wix-account-id": sandbox.world.main.id}


@pytest.mark.parametrize(
    ("role_ids", "query"), [((), ()), (("7", "12"), (("filter.policyIds", "7"), ("filter.policyIds", "12")))]
)
def test_a_site_is_asked_as_a_site(role_ids, query, serve, connect):
    """Contributors are requested with only the site's id header; several roles repeat the parameter."""
    sandbox = serve()
    site = next(iter(sandbox.world.main.sites.values()))
    contributors = connect(sandbox).query_contributors(site.id, role_ids=role_ids)
    assert sent(sandbox) == ("query_contributors", query, None)
    headers = {name: value for name, value in sandbox.requests[0].headers.items() if name != "user-agent"}
    assert headers == {"authorization": sandbox.world.key, "wix-site-id": site.id}
    wanted = [one for one in site.contributors if not role_ids or set(role_ids) & set(one.role_ids)]
    assert [one.account_id for one in contributors.contributors] == [one.account_id for one in wanted]


def test_a_site_out_of_reach(serve, connect):
    """Its error names the permission, and that a key may be limited to some sites."""
    sandbox = serve(options=ApiOptions(deny=["query_contributors"]))
    site_id = next(iter(sandbox.world.main.sites))
    with pytest.raises(Forbidden) as caught:
        connect(sandbox).query_contributors(site_id)
    assert "`SCOPE.DC-IDENTITY.MANAGE-CONTRIBUTORS`" in caught.value.advice
    assert "to cover this site" in caught.value.advice
    assert asked(sandbox) == 1


def test_a_cursor_goes_alone(serve, connect):
    """It holds filter and order in itself: they must not be sent again."""
    sandbox = serve(World(Size(users=1, sites=150)))
    api = connect(sandbox)
    first = api.query_sites(cursor=None)
    cursor = first.metadata.cursors.next
    second = api.query_sites(cursor=cursor)
    assert sandbox.requests[1].body == {"query": {"cursorPaging": {"limit": 100, "cursor": cursor}}}
    assert (len(first.sites), first.metadata.has_next, second.metadata.has_next) == (100, True, False)
    assert {site.id for site in (*first.sites, *second.sites)} == set(sandbox.world.main.sites)


def test_what_is_answered(serve, connect):
    """Each endpoint's objects are those of the account."""
    sandbox = serve()
    main = sandbox.world.main
    answers = {name: ask(connect(sandbox)) for name, ask in ASK.items()}
    assert [member.user.email for member in answers["search_team"].team_members] == [
        person.email for person in sorted(main.people.values(), key=lambda one: (one.joined or "", one.id))[:5]
    ]
    assert {facet.facet_type for facet in answers["search_team"].facets} == {"Users", "InviteStatus", "Roles"}
    roles = {role.id: role.title for role in answers["get_roles"].predefined_roles + answers["get_roles"].custom_roles}
    assert roles == {role.id: role.title for role in main.roles.values()}
    assert {site.id: site.display_name for site in answers["query_sites"].sites} == {
        site.id: site.display_name for site in main.sites.values()
    }
    assert answers["count_sites"] == len(main.sites)
    assert {folder.id for folder in answers["query_folders"].folders} == set(main.folders)
    children = [child.account_id for child in answers["list_child_accounts"].child_accounts]
    assert children == [child.id for child in sandbox.world.children]
    assert (answers["get_account"].account_id, answers["get_account"].account_name) == (main.id, main.name)


def test_another_account(serve, connect):
    """Requests for a child account have its own id, in the header and in the path."""
    sandbox = serve()
    child = sandbox.world.children[0]
    api = connect(sandbox)
    there = type(api)(api.client, child.id)
    assert there.get_account().account_id == child.id
    assert there.count_sites() == len(child.sites)
    assert {request.headers["wix-account-id"] for request in sandbox.requests} == {child.id}


@pytest.mark.parametrize("strange", ["\u00e9", "a\nb"])
def test_a_child_with_an_id_that_is_none(strange, serve, connect):
    """What cannot be put into a header or a path is one of our errors, whichever request it is noticed at."""
    place = "childAccounts.0.accountId"
    sandbox = serve(faults=[Fault.of("wrong_types", endpoint="list_child_accounts", path=place, value=strange)])
    api = connect(sandbox, max_retry_seconds=0)

    def read() -> None:
        for child in api.list_child_accounts(offset=0).child_accounts:
            type(api)(api.client, child.account_id).get_account()

    with pytest.raises(WixError):
        read()


def test_a_count_that_is_not_told(serve, connect):
    """Without a number there is no count, rather than a wrong one."""
    sandbox = serve(faults=[Fault.of("status", status=200, body={})])
    assert connect(sandbox).count_sites() is None


PERMISSIONS = {
    "search_team": ("POST", "/roles-management/v3/team/search", ["to manage team members"]),
    "get_roles": ("GET", "/roles-management/roles", ["ACCOUNT_ROLES.GET_ROLES"]),
    "query_sites": ("POST", "/site-list/v2/sites/query", ["Read Site Data", "SITE_LIST.READ"]),
    "count_sites": ("POST", "/site-list/v2/sites/count", ["Read Site Data", "SITE_LIST.READ"]),
    "query_folders": ("POST", "/site-folders/v2/folders/query", ["Manage Folders or Read Folder Data"]),
    "list_child_accounts": (
        "GET",
        "/accounts/v1/account/child-accounts",
        ["Get Sub Accounts", "ACCOUNT.CHILD_ACCOUNTS_LIST", "contract customers"],
    ),
    "get_account": (
        "GET",
        "/accounts/v1/accounts/{account_id}",
        ["Manage Team Members", "SCOPE.IDENTITY.MANAGE-TEAM-MEMBERS"],
    ),
}
"""The table of docs/api-contract.md, section 2."""


@pytest.mark.parametrize("body", [None, "", HTML, {"message": "", "details": {}}], ids=["as it is", "", "HTML", "{}"])
@pytest.mark.parametrize("endpoint", ASK)
def test_a_missing_permission_is_named(endpoint, body, serve, connect):
    """Whatever the body of a 403, the error says which endpoint it was and what to grant; nothing is tried again."""
    faults = [] if body is None else [Fault.of("status", status=403, times=0, body=body)]
    sandbox = serve(options=ApiOptions(deny=[endpoint]), faults=faults)
    with pytest.raises(Forbidden) as caught:
        ASK[endpoint](connect(sandbox))
    method, path, names = PERMISSIONS[endpoint]
    said = str(caught.value)
    assert said.startswith(f"{method} {path.format(account_id=sandbox.world.main.id)}: 403 ")
    assert said.endswith(": an owner or co-owner of the account grants it in the API Keys Manager")
    advice = caught.value.advice
    assert advice.startswith("The API key needs the permission ")
    assert [name for name in names if name not in advice] == []
    assert asked(sandbox) == 1


def test_every_endpoint_is_in_the_table():
    """None is left without a test of its permission."""
    assert set(PERMISSIONS) == set(ASK)
