"""What looks like a link or a token that accepts an invite leaves in one column, if any, whatever Wix calls it."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from tap_wix_users.tables import rows as row_makers
from tap_wix_users.tables.columns import encode
from tap_wix_users.tables.grants import assignment_rows, invite_assignment_rows
from tap_wix_users.tables.links import WITHHELD, is_link, without_links
from tap_wix_users.wix.objects import TeamPage
from tap_wix_users.wix.reading import parse

ACCOUNT = "0aaaaaaa-1111-4222-8333-444455556666"
GUID = "9e9e9e9e-2222-4333-8444-555566667777"
TOKEN = "7f3k9QzX1b8Lm2Vt5R"  # noqa: S105  # one to look for
LINK = f"https://manage.wix.com/team/accept?token={TOKEN}"

CODE = "AbC12x"

FORMS: dict[str, Any] = {
    "a link": LINK,
    "a link without its scheme": f"//manage.wix.com/accept/{TOKEN}",
    "an encoded link": quote(quote(LINK, safe=""), safe=""),
    "a link in words": f"Click {LINK} to join",
    "a relative link": f"/team/accept?t={TOKEN}",
    "a link of a short kind": f"https://wix.to/{TOKEN}",
    "a link that ends in a code": f"https://x.example/{CODE}",
    "a link under the name of an action": {"redemption": f"https://x.example/go/{CODE.lower()}"},
    "a token that is an id": f"token={GUID[::-1]}",
    "a token in JSON": f'{{"code": "{CODE}"}}',
    "a token alone": TOKEN,
    "an id turned round": GUID[::-1],
    "JSON as text": json.dumps({"t": TOKEN}),
    "a list": [LINK],
    "deep inside": {"a": [{"b": {"c": [LINK]}}]},
    "a name": {LINK: 1},
}

NAMES = ["acceptUrl", "accept_url", "acceptLink", "ACCEPT-LINK", "inviteLink", "joinURL", "token", "inviteToken"]
NAMES += ["linkToAccept", "invitationCode", "secret", "redeemHref", "magicLink", "activation_key"]
NAMES += ["pin", "credential", "signature", "sessionId", "accessKey", "Authorization", "nonce"]

ASSIGNMENT = {"policyId": "1", "assignmentId": "7"}
PLACES: dict[str, Any] = {
    "invite": lambda field: {"invite": {"id": GUID, "assignments": [ASSIGNMENT], **field}},
    "invite.links": lambda field: {"invite": {"id": GUID, "links": field}},
    "invite.links[]": lambda field: {"invite": {"id": GUID, "links": [field]}},
    "invite.email": lambda field: {"invite": {"id": GUID, "email": field}},
    "invite.expirationDate": lambda field: {"invite": {"id": GUID, "expirationDate": field}},
    "invite.assignments[]": lambda field: {"invite": {"id": GUID, "assignments": [{**ASSIGNMENT, **field}]}},
    "invite.assignments[].subject": lambda field: {
        "invite": {"id": GUID, "assignments": [{**ASSIGNMENT, "subject": field}]}
    },
    "invite.assignments[].restrictions": lambda field: {
        "invite": {"id": GUID, "assignments": [{**ASSIGNMENT, "restrictions": field}]}
    },
    "invite.assignments[].restrictions.site": lambda field: {
        "invite": {"id": GUID, "assignments": [{**ASSIGNMENT, "restrictions": {"site": {"id": GUID, **field}}}]}
    },
    "user": lambda field: {"user": {"id": GUID, "assignments": [ASSIGNMENT], **field}},
    "user.name": lambda field: {"user": {"id": GUID, "name": field}},
    "user.assignments[]": lambda field: {"user": {"id": GUID, "assignments": [{**ASSIGNMENT, **field}]}},
    "user.assignments[].policy": lambda field: {"user": {"id": GUID, "assignments": [{"policy": field}]}},
    "user.assignments[].restrictions.conditions": lambda field: {
        "user": {"id": GUID, "assignments": [{**ASSIGNMENT, "restrictions": {"conditions": {"conditions": [field]}}}]}
    },
}

MAKERS = [row_makers.user_rows, assignment_rows, row_makers.invite_rows]
MAKERS += [invite_assignment_rows]


def made(member: dict[str, Any]) -> str:
    """Everything that the rows of one team member or invite say, as text."""
    [found] = parse(TeamPage, json.dumps({"teamMembers": [member]}).encode()).team_members
    return json.dumps([json.loads(encode(row)) for make in MAKERS for row in make(ACCOUNT, found)])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_link_under_a_name_of_its_own(place, form):
    """Wherever it is, and whatever form it has."""
    told = made(place({"somethingNew": form}))
    assert "somethingNew" in told
    assert not any(secret in told for secret in (TOKEN, CODE, CODE.lower(), GUID[::-1], LINK))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_anything_under_the_name_of_a_link(place, name):
    """A field that is called so holds one, although it looks like none."""
    for value in ("abc", 1234567, GUID, ["abc"], {"value": "abc"}):
        told = made(place({name: value}))
        assert not any(text in told for text in ("abc", "1234567", f'"{name}": "{GUID}"'))


def test_the_one_column():
    """`invites.accept_link` has the link if the setting asks for it, and nothing else ever has."""
    [found] = parse(
        TeamPage, json.dumps({"teamMembers": [{"invite": {"id": GUID, "acceptLink": LINK}}]}).encode()
    ).team_members
    [row] = row_makers.invite_rows_with_links(ACCOUNT, found)
    assert (row.accept_link, row.extra) == (LINK, None)


@pytest.mark.parametrize(
    "value",
    [
        "Shop EU", "/Clients/North/2024", "north-campaign-2023-spring", "ada@example.com", "2024-05-01T08:00:00.000Z",
        GUID, GUID.upper(), "6601492336091027458", "SITE_LEVEL_2_ROLE", "https://static.example.com/ada.png", "",
        "UNKNOWN_CONDITION_TYPE", "Zip code: none", "https://example.com/Shop/Summer-2024.html",
         f"site {GUID} of {ACCOUNT}", "Invited by Ada", "Joined in May", 7, 1.5, True, None,
        {"acceptedByAccountId": GUID, "inviterId": GUID, "acceptedAt": "2024-05-01T08:00:00Z", "accepted": True},
        {"site": {"id": GUID, "value": "Shop EU"}, "url": "https://shop.example.com", "accept": None, "token": False},
    ],
)  # fmt: skip
def test_what_is_none_stays(value):
    """Names, paths, ids, dates, enumerations and addresses of pages are kept as they came."""
    assert without_links(value) == value


@pytest.mark.parametrize(
    "part", ["//", "/?", "www.", "a:", "a/", "code", "token ", "passw", "&amp;", "%25", "a-", "code="]
)
def test_a_long_text_takes_no_longer_than_a_text(part):
    """Each letter is looked at a few times: an answer of 32 MB may be one word."""
    began = time.process_time()
    without_links({"somethingNew": part * 100_000, f"accept{part}" * 20_000: 1})
    assert time.process_time() - began < 2


def test_what_is_withheld_is_said():
    """A reader sees that something was there, and under which name."""
    assert without_links({"links": [{"rel": "accept", "href": LINK}], "acceptUrl": ["x"], LINK: 1}) == {
        "links": [{"rel": "accept", "href": WITHHELD}],
        "acceptUrl": WITHHELD,
        WITHHELD: WITHHELD,
    }
    assert not is_link(WITHHELD)
