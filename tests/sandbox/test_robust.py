"""Whatever is sent, the API answers in its own words."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wix_sandbox import ApiOptions, Size, World
from wix_sandbox.app import Api
from wix_sandbox.endpoints import OPERATIONS
from wix_sandbox.exchange import ApiRequest
from wix_sandbox.problems import Violation

WORDS = ["WIX", "ASC", "Name", "JoinedAt", "Users", "Expired", "2024", "displayName"]
MEMBERS = [
    "query",
    "filter",
    "sort",
    "paging",
    "cursorPaging",
    "limit",
    "offset",
    "cursor",
    "orderBy",
    "fieldName",
    "order",
    "direction",
    "facets",
]
FIELDS = ["id", "name", "namespace", "premium", "folderId", "inviteType", "roleId", "parentId", "$and", "$or", "$not"]
OPERATORS = ["$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$startsWith", "$exists", "$hasSome", "$what"]

SCALARS = st.none() | st.booleans() | st.integers(-3, 300) | st.sampled_from(["", *WORDS])
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3)
)
OPERANDS = SCALARS | st.lists(SCALARS, max_size=2)
CONDITIONS = st.dictionaries(st.sampled_from(OPERATORS), OPERANDS, max_size=2) | SCALARS
FILTERS = st.recursive(
    st.dictionaries(st.sampled_from(FIELDS), CONDITIONS, max_size=2),
    lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner | st.lists(inner, max_size=2), max_size=2),
)
SORTS = st.lists(st.fixed_dictionaries({"fieldName": st.sampled_from(WORDS)}), max_size=2)
QUERIES = st.fixed_dictionaries({}, optional={"filter": FILTERS, "sort": SORTS})
BODIES = st.fixed_dictionaries({}, optional={"query": QUERIES | SCALARS, "filter": FILTERS, "facets": ANYTHING})


@pytest.fixture(scope="module")
def api() -> Api:
    """The API without a server."""
    return Api(World(Size(users=12)), ApiOptions())


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", ["search_team", "query_sites", "count_sites", "query_folders"])
@settings(max_examples=500)
@given(body=BODIES | ANYTHING)
def test_any_body(api, endpoint, body):
    """Any JSON is answered well or refused with a 400, never with a crash."""
    request = ApiRequest(endpoint, {}, (), msgspec.json.encode(body))
    with suppress(Violation):
        OPERATIONS[endpoint].answer(api.endpoints, api.world.main, request)
