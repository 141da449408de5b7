"""What an assignment reaches (docs/streams.md, section 2): every documented restriction, and every other one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tap_wix_users.tables.assets import Asset, assets
from tests.tables.contract import json_values

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
SHOP = "a1b2c3d4-1111-4222-8333-444455556666"
NORTH = "0d0d0d0d-0000-4000-8000-000000000001"
SOUTH = "0d0d0d0d-0000-4000-8000-000000000002"
PAGE = "5e5e5e5e-0000-4000-8000-000000000003"

WHOLE_ACCOUNT = Asset("account", ACCOUNT, name=None, site_id=None, folder_id=None, unparsed=None)
SHOP_SITE = Asset("site", SHOP, name="Shop EU", site_id=SHOP, folder_id=None, unparsed=None)
NORTH_FOLDER = Asset("folder", NORTH, name="/Clients/North", site_id=None, folder_id=NORTH, unparsed=None)
SOUTH_FOLDER = Asset("folder", SOUTH, name="/Clients/South", site_id=None, folder_id=SOUTH, unparsed=None)


def _unknown(unparsed: Any, site_id: str | None = None) -> Asset:
    return Asset("unknown", None, name=None, site_id=site_id, folder_id=None, unparsed=unparsed)


def _conditions(*items: Any) -> dict[str, Any]:
    return {"conditions": {"conditions": list(items)}}


IN_NORTH = {"conditionType": "FOLDER", "id": NORTH, "value": "/Clients/North"}
IN_SOUTH = {"conditionType": "FOLDER", "id": SOUTH, "value": "/Clients/South"}
ON_SHOP = {"id": SHOP, "value": "Shop EU"}


@pytest.mark.parametrize(
    "restrictions",
    [
        pytest.param(None, id="absent or null"),
        pytest.param({}, id="empty"),
        pytest.param({"site": None}, id="a null member"),
        pytest.param({"site": None, "conditions": None, "resource": None}, id="only null members"),
        pytest.param({"location": None}, id="a null member of an unknown kind"),
    ],
)
def test_a_role_without_restriction_reaches_the_whole_account(restrictions):
    """`account` is said where there is nothing to read."""
    assert assets(restrictions, ACCOUNT) == [WHOLE_ACCOUNT]


@pytest.mark.parametrize(
    ("restrictions", "expected"),
    [
        pytest.param({"site": ON_SHOP}, [SHOP_SITE], id="a site"),
        pytest.param({"site": {"id": SHOP, "value": None}}, [Asset("site", SHOP, None, SHOP)], id="a site, name null"),
        pytest.param({"site": {"id": SHOP}}, [Asset("site", SHOP, None, SHOP)], id="a site, name absent"),
        pytest.param({"site": {"id": SHOP, "value": 7}}, [Asset("site", SHOP, None, SHOP)], id="a site, name no text"),
        pytest.param({"site": ON_SHOP | {"locale": "de"}}, [SHOP_SITE], id="a site with an unknown field"),
        pytest.param({"site": ON_SHOP, "conditions": None}, [SHOP_SITE], id="a site beside a null member"),
        pytest.param({"site": ON_SHOP | {"resource": None}}, [SHOP_SITE], id="a site, resource null"),
        pytest.param({"site": ON_SHOP | {"resource": {}}}, [SHOP_SITE], id="a site, resource empty"),
        pytest.param(
            {"site": ON_SHOP | {"resource": {"id": None, "resourceType": None}}},
            [SHOP_SITE],
            id="a site, resource of null members",
        ),
        pytest.param(
            {"site": ON_SHOP | {"resource": {"id": PAGE, "resourceType": "DASHBOARD_PAGE"}}},
            [Asset("site_resource", PAGE, "Shop EU", SHOP)],
            id="an asset inside a site",
        ),
        pytest.param(_conditions(IN_NORTH), [NORTH_FOLDER], id="a folder"),
        pytest.param(
            _conditions({"conditionType": "FOLDER", "id": NORTH}),
            [Asset("folder", NORTH, None, None, NORTH)],
            id="a folder without a path",
        ),
        pytest.param(_conditions(IN_SOUTH, IN_NORTH), [SOUTH_FOLDER, NORTH_FOLDER], id="several folders"),
        pytest.param(
            _conditions(IN_NORTH, IN_NORTH | {"value": "/Renamed"}, IN_SOUTH),
            [NORTH_FOLDER, SOUTH_FOLDER],
            id="a folder twice",
        ),
        pytest.param({"resource": ON_SHOP | {"resourceType": "SITE"}}, [SHOP_SITE], id="a site in the deprecated form"),
        pytest.param(
            {"site": ON_SHOP, "resource": ON_SHOP | {"resourceType": "SITE"}}, [SHOP_SITE], id="a site in both forms"
        ),
        pytest.param({"site": ON_SHOP} | _conditions(IN_NORTH), [SHOP_SITE, NORTH_FOLDER], id="two readable kinds"),
    ],
)
def test_a_documented_restriction_is_read_as_what_it_is(restrictions, expected):
    """Each asset has its type, id, name, and the site or folder that it is or belongs to."""
    assert assets(restrictions, ACCOUNT) == expected


@pytest.mark.parametrize(
    ("restrictions", "expected"),
    [
        pytest.param("", [_unknown("")], id="empty text"),
        pytest.param("ALL", [_unknown("ALL")], id="text"),
        pytest.param([], [_unknown([])], id="an empty list"),
        pytest.param(0, [_unknown(0)], id="zero"),
        pytest.param(False, [_unknown(False)], id="false"),
        pytest.param({"location": {"id": "l"}}, [_unknown({"location": {"id": "l"}})], id="an unknown kind"),
        pytest.param({"location": {}}, [_unknown({"location": {}})], id="an unknown kind, empty"),
        pytest.param({"location": False}, [_unknown({"location": False})], id="an unknown kind, false"),
        pytest.param({"site": {}}, [_unknown({"site": {}})], id="a site without an id"),
        pytest.param({"site": {"id": None}}, [_unknown({"site": {"id": None}})], id="a site whose id is null"),
        pytest.param({"site": {"id": ""}}, [_unknown({"site": {"id": ""}})], id="a site whose id is empty"),
        pytest.param({"site": {"id": 5}}, [_unknown({"site": {"id": 5}})], id="a site whose id is a number"),
        pytest.param({"site": SHOP}, [_unknown({"site": SHOP})], id="a site that is text"),
        pytest.param(
            {"site": ON_SHOP | {"resource": {"resourceType": "PAGE"}}},
            [_unknown({"site": ON_SHOP | {"resource": {"resourceType": "PAGE"}}}, SHOP)],
            id="an asset without an id, of a known site",
        ),
        pytest.param(
            {"site": ON_SHOP | {"resource": PAGE}},
            [_unknown({"site": ON_SHOP | {"resource": PAGE}}, SHOP)],
            id="an asset that is text, of a known site",
        ),
        pytest.param({"conditions": {}}, [_unknown({"conditions": {}})], id="conditions absent"),
        pytest.param(_conditions(), [_unknown(_conditions())], id="no condition"),
        pytest.param(
            {"conditions": [IN_NORTH]}, [_unknown({"conditions": [IN_NORTH]})], id="conditions without a list"
        ),
        pytest.param(
            {"conditions": {"conditions": IN_NORTH}},
            [_unknown({"conditions": {"conditions": IN_NORTH}})],
            id="one condition instead of a list",
        ),
        pytest.param(
            _conditions({"conditionType": "TAG", "id": "t"}),
            [_unknown({"condition": {"conditionType": "TAG", "id": "t"}})],
            id="a condition of another type",
        ),
        pytest.param(
            _conditions({"id": NORTH}), [_unknown({"condition": {"id": NORTH}})], id="a condition without type"
        ),
        pytest.param(
            _conditions({"conditionType": "FOLDER", "value": "/Clients"}),
            [_unknown({"condition": {"conditionType": "FOLDER", "value": "/Clients"}})],
            id="a folder without an id",
        ),
        pytest.param(_conditions(None), [_unknown({"condition": None})], id="a condition that is null"),
        pytest.param(
            _conditions(IN_NORTH, {"conditionType": "TAG", "id": "t"}),
            [NORTH_FOLDER, _unknown({"condition": {"conditionType": "TAG", "id": "t"}})],
            id="a folder beside another condition",
        ),
        pytest.param(
            {"resource": {"id": SHOP, "resourceType": "UNKNOWN_RESOURCE_TYPE"}},
            [_unknown({"resource": {"id": SHOP, "resourceType": "UNKNOWN_RESOURCE_TYPE"}})],
            id="a deprecated resource of another type",
        ),
        pytest.param({"resource": {"id": SHOP}}, [_unknown({"resource": {"id": SHOP}})], id="a resource without type"),
        pytest.param(
            {"resource": {"resourceType": "SITE"}},
            [_unknown({"resource": {"resourceType": "SITE"}})],
            id="a resource without an id",
        ),
        pytest.param(
            {"site": ON_SHOP, "location": {"id": "l"}},
            [SHOP_SITE, _unknown({"location": {"id": "l"}})],
            id="an unknown kind beside a site",
        ),
    ],
)
def test_what_cannot_be_read_is_unknown(restrictions, expected):
    """A part that cannot be read becomes an asset of type `unknown`, next to those that can."""
    assert assets(restrictions, ACCOUNT) == expected


@pytest.mark.parametrize(
    ("restrictions", "labels", "grants"),
    [
        pytest.param(None, [ACCOUNT], ["account"], id="account"),
        pytest.param({"site": ON_SHOP}, [SHOP], [f"site:{SHOP}"], id="site"),
        pytest.param(
            {"site": ON_SHOP | {"resource": {"id": PAGE}}}, [PAGE], [f"site_resource:{PAGE}"], id="site_resource"
        ),
        pytest.param(
            _conditions(IN_NORTH, IN_SOUTH), [NORTH, SOUTH], [f"folder:{NORTH}", f"folder:{SOUTH}"], id="folders"
        ),
        pytest.param(
            {"location": {"id": "l"}}, ["unknown:ba102fec9df61115"], ["unknown:ba102fec9df61115"], id="unknown"
        ),
    ],
)
def test_an_asset_has_a_name_for_keys(restrictions, labels, grants):
    """A key names an asset by its id, or by a hash of what could not be read that stays the same for good."""
    found = assets(restrictions, ACCOUNT)
    assert [asset.label for asset in found] == labels
    assert [asset.grant for asset in found] == grants


def test_the_hash_of_a_restriction_does_not_depend_on_the_order_of_its_names():
    """The same restriction has the same key whichever way round the API writes it."""
    [one] = assets({"location": {"id": "l", "area": {"a": 1, "b": 2}}}, ACCOUNT)
    [other] = assets({"location": {"area": {"b": 2, "a": 1}, "id": "l"}}, ACCOUNT)
    assert one.label == other.label


def _is_nothing(restrictions: Any) -> bool:
    return restrictions is None or (
        isinstance(restrictions, dict) and all(member is None for member in restrictions.values())
    )


almost_restrictions = st.dictionaries(
    st.sampled_from(["site", "conditions", "resource", "location"]),
    json_values
    | st.fixed_dictionaries(
        {},
        optional={
            "id": json_values,
            "value": json_values,
            "resource": json_values,
            "resourceType": st.just("SITE") | json_values,
            "conditions": st.lists(
                st.fixed_dictionaries({"conditionType": st.just("FOLDER") | json_values, "id": json_values})
                | json_values,
                max_size=4,
            ),
        },
    ),
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=500)
@given(json_values | almost_restrictions)
def test_no_restriction_ever_becomes_the_whole_account(restrictions):
    """Whatever restricts a role, something comes of it, and it is never the whole account."""
    assume(not _is_nothing(restrictions))
    found = assets(restrictions, ACCOUNT)
    assert found
    assert "account" not in {asset.type for asset in found}
    assert all((asset.id is None) == (asset.type == "unknown") for asset in found)
    assert len({asset.grant for asset in found}) == len(found)
