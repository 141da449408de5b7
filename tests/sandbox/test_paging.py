"""Paging, order, filters and counts of every endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.client import ALL_SITES
from wix_sandbox import ApiOptions, Size, World

if TYPE_CHECKING:
    from wix_sandbox.records import Json


@pytest.fixture
def client(serve):
    """A client of an account whose lists need several pages."""
    return serve(World(Size(users=130, sites=230, folders=30, invites=25, child_accounts=53)))


def _key(member: Json) -> str:
    record: Json = next(iter(member.values()))
    return str(record["id"])


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_team_pages_join_up(client, limit):
    """Whatever the page size, the pages give every member once and in the same order."""
    members = client.members(limit)
    assert len(members) == len(set(map(_key, members))) == 155
    assert members == client.members(99)


def test_team_order(client):
    """Users come by the date they joined and then by id, those without a date first; invites follow."""
    members = client.members()
    users = [member["user"] for member in members[:130]]
    assert all("invite" in member for member in members[130:])
    keys = [(user.get("joinedTeamAt", "").removesuffix("Z"), user["id"]) for user in users]
    assert keys == sorted(keys)
    descending = client.members(orderBy=[{"fieldName": "JoinedAt", "direction": "DESC"}])
    assert [_key(member) for member in descending[:130]] == [user["id"] for user in reversed(users)]


def test_team_by_name(client):
    """Users can be sorted by name, either way."""
    names = {}
    for direction in ("ASC", "DESC"):
        members = client.members(orderBy=[{"fieldName": "Name", "direction": direction}])
        users = [member["user"].get("name", {}) for member in members if "user" in member]
        names[direction] = [f"{name.get('firstName', '')} {name.get('lastName', '')}".casefold() for name in users]
    assert names["ASC"] == sorted(names["ASC"])
    assert names["DESC"] == names["ASC"][::-1]


def test_team_page_has_no_metadata(client):
    """A page of Search Team holds the members and nothing else; without a limit it has 50 of them."""
    answer = client.ask("search_team").json()
    assert list(answer) == ["teamMembers"]
    assert len(answer["teamMembers"]) == 50


def test_facets(client):
    """Only the requested facets are sent, and they count what the filters would find, without zeros."""
    body = {"facets": ["Users", "InviteStatus", "Roles"], "paging": {"limit": 1}}
    facets = {facet["facetType"]: facet["values"] for facet in client.ask("search_team", body).json()["facets"]}
    assert facets["Users"] == [{"value": "Users", "count": 130}]
    assert sum(value["count"] for value in facets["InviteStatus"]) == 25
    for name, field, values in (
        ("inviteType", "InviteStatus", facets["InviteStatus"]),
        ("roleId", "Roles", facets["Roles"]),
    ):
        assert values, field
        for value in values:
            assert len(client.members(filter={name: {"$eq": value["value"]}})) == value["count"] > 0


def test_facets_of_nobody(serve):
    """An empty account has facets without values."""
    client = serve(World(Size(users=0, invites=0, sites=0, folders=0, child_accounts=0)))
    answer = client.ask("search_team", {"facets": ["Users"]}).json()
    assert answer == {"teamMembers": [], "facets": [{"facetType": "Users", "values": []}]}


def test_free_text(client):
    """`query` searches names and e-mail addresses of users and invites."""
    found = client.members(query="CASEY.marlow")
    assert [next(iter(member)) for member in found] == ["user", "invite"]
    assert [member["user"]["name"]["lastName"] for member in client.members(query="okafor")] == ["Okafor"]


def test_page_cap(serve):
    """A capped server silently returns fewer rows than requested, but pages still cover all of them."""
    client = serve(options=ApiOptions(page_cap=5))
    assert len(client.ask("search_team", {"paging": {"limit": 100}}).json()["teamMembers"]) == 5
    assert len(client.members()) == 24


def test_no_facets(serve):
    """An API that does not count leaves the facets out."""
    client = serve(options=ApiOptions(facets=False))
    assert "facets" not in client.ask("search_team", {"facets": ["Users"]}).json()


@pytest.mark.parametrize("limit", [1, 9, 100])
def test_sites_by_cursor(client, limit):
    """Cursors lead through every site of both namespaces once."""
    sites = client.sites(limit)
    assert len({site["id"] for site in sites}) == len(sites) == 230


def test_sites_are_of_wix_by_default(client):
    """Without a filter on the namespace, headless sites are missing, and count and query agree."""
    wix = client.sites(filter={})
    assert {site["namespace"] for site in wix} == {"WIX"}
    assert client.ask("count_sites").json() == {"count": len(wix)}
    assert client.ask("count_sites", {"filter": ALL_SITES}).json() == {"count": 230}


@pytest.mark.parametrize("field", ["createdDate", "updatedDate", "displayName", "trashedDate"])
def test_sites_sorted(client, field):
    """Sites can be sorted either way, and the cursor keeps the order."""
    for order in ("ASC", "DESC"):
        values = [site.get(field) or "" for site in client.sites(50, sort=[{"fieldName": field, "order": order}])]
        assert values == sorted(values, reverse=order == "DESC")


def test_site_filters(client):
    """Operators of the query language keep what they say."""
    folder = next(site["folderId"] for site in client.sites() if "folderId" in site)
    for expression, kept in (
        ({"folderId": folder}, lambda site: site.get("folderId") == folder),
        ({"folderId": {"$exists": False}}, lambda site: "folderId" not in site),
        ({"premium": True, "name": {"$startsWith": "nova"}}, lambda s: s["premium"] and s["name"].startswith("nova")),
        ({"$or": [{"id": "x"}, {"editorType": {"$nin": ["ADI"]}}]}, lambda site: site["editorType"] != "ADI"),
        ({"$not": {"published": {"$ne": True}}}, lambda site: site["published"]),
    ):
        expected = [site for site in client.sites() if kept(site)]
        assert client.sites(filter=expression | ALL_SITES) == expected
        assert 0 < len(expected) < 230


def test_cursor_survives_changes(client):
    """Sites that come or go before the cursor's place neither repeat nor hide others."""
    first = client.ask("query_sites", {"query": {"filter": ALL_SITES, "cursorPaging": {"limit": 100}}}).json()
    with client.sandbox.lock:
        client.sandbox.world.main.delete_site(first["sites"][3]["id"])
    cursor = {"limit": 100, "cursor": first["metadata"]["cursors"]["next"]}
    second = client.ask("query_sites", {"query": {"cursorPaging": cursor}}).json()
    ids = [site["id"] for site in (*first["sites"], *second["sites"])]
    assert len(ids) == len(set(ids)) == 200


def test_child_accounts(client):
    """20 child accounts per page by default, 50 at most, with a total."""
    first = client.ask("list_child_accounts").json()
    assert len(first["childAccounts"]) == 20
    last = client.ask("list_child_accounts", params={"paging.limit": 50, "paging.offset": 50}).json()
    assert last["pagingMetadata"] == {"count": 3, "offset": 50, "total": 53, "tooManyToCount": False}
    assert last["childAccounts"][-1] == {"accountId": client.sandbox.world.children[-1].id}


def test_child_account_is_read_with_the_same_key(client):
    """A child's id in the header gives the child's own people, and no children of its own."""
    child = client.sandbox.world.children[0]
    headers = client.sandbox.headers | {"wix-account-id": child.id}
    answer = client.ask("search_team", {"facets": ["Users"]}, headers=headers).json()
    assert {_key(member) for member in answer["teamMembers"] if "user" in member} == set(child.people)
    assert client.ask("list_child_accounts", headers=headers).json()["childAccounts"] == []


def test_get_account(client):
    """The account, its children, and `my_account`."""
    main, child = client.sandbox.world.main, client.sandbox.world.children[0]
    account = client.ask("get_account").json()["account"]
    assert (account["accountId"], account["accountName"]) == (main.id, "Acme Studio")
    assert account["accountOwner"] == main.owner_user_id
    assert client.ask("get_account", account_id="my_account").json()["account"] == account
    answer = client.ask("get_account", account_id=child.id).json()["account"]
    assert answer["accountProperties"]["parentAccountId"] == main.id


def test_folders(client):
    """Folders come by offset with the page's count, and can be filtered and sorted."""
    whole = client.ask("query_folders").json()
    assert whole["metadata"] == {"count": 30, "offset": 0}
    paging = {"limit": 20, "offset": 20}
    sort = [{"fieldName": "name"}]
    part = client.ask("query_folders", {"query": {"paging": paging, "sort": sort}}).json()
    names = sorted(folder["name"] for folder in whole["folders"])
    assert [folder["name"] for folder in part["folders"]] == names[20:]
    root = client.ask("query_folders", {"query": {"filter": {"parentId": ""}}}).json()["folders"]
    assert root == [folder for folder in whole["folders"] if not folder["parentId"]]
    assert sum(folder["siteCount"] for folder in whole["folders"]) == sum("folderId" in s for s in client.sites())


def test_roles(client):
    """Roles can be limited to a level or an editor, and predefined titles translated."""
    answer = client.ask("get_roles").json()
    assert [len(answer[name]) for name in ("predefinedRoles", "customRoles")] == [13, 3]
    levels = {"SITE_LEVEL": "Site", "ACCOUNT_LEVEL": "Account"}
    for level, excluded in levels.items():
        roles = client.ask("get_roles", params={"filter.roleLevel": level}).json()["predefinedRoles"]
        assert roles == [role for role in answer["predefinedRoles"] if role.get("restrictFromLevel") != excluded]
    params = [("filter.editorTypes", "BLOCKS"), ("locale", "de")]
    german = client.ask("get_roles", params=params).json()
    titles = [role["title"] for role in german["predefinedRoles"]]
    assert titles[0] == "Inhaber"
    assert "Website Designer" not in titles
    assert german["customRoles"] == answer["customRoles"]


def test_contributors(client):
    """Contributors of a site, and with roles those that have at least one of them."""
    site = next(site for site in client.sandbox.world.main.sites.values() if len(site.contributors) == 2)
    headers = {"Authorization": client.sandbox.world.key, "wix-site-id": site.id}
    everybody = client.ask("query_contributors", headers=headers).json()["contributors"]
    assert [one["accountId"] for one in everybody] == [one.account_id for one in site.contributors]
    assert everybody[1]["accountOwnerId"] is None
    for role_id in client.sandbox.world.main.roles:
        params = [("filter.policyIds", role_id), ("filter.policyIds", "1")]
        found = client.ask("query_contributors", headers=headers, params=params).json()["contributors"]
        holders = [one.account_id for one in site.contributors if role_id in one.role_ids]
        assert [one["accountId"] for one in found] == holders
