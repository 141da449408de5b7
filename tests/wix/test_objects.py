"""Parsing answers: tolerant of new and unexpected fields, but never silent about a row that cannot be read."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from tap_wix_users.wix import objects
from tap_wix_users.wix.client import UnreadableBody
from tap_wix_users.wix.objects import fields as fields_of
from tap_wix_users.wix.reading import as_came, parse, value_of
from tests.tables.contract import body, example, json_values
from tests.wix.made import made


def _user(**fields: Any) -> dict[str, Any]:
    return {"teamMembers": [{"user": {"id": "u", **fields}}]}


def _read_user(**fields: Any) -> objects.User:
    [member] = parse(objects.TeamPage, body(_user(**fields))).team_members
    assert member.user is not None
    return member.user


def _assignment(**fields: Any) -> objects.Assignment:
    return made(objects.Assignment, fields)


ANSWERS: list[type[objects.Answer]] = objects.Answer.__subclasses__()
"""What every endpoint answers."""


def _empty(field: structs.FieldInfo) -> Any:
    return [] if field.default_factory is list else None


def _plain(thing: Any) -> Any:
    """JSON, or the object that was made of it, without what is null."""
    if isinstance(thing, msgspec.Raw):
        return value_of(bytes(thing))
    if isinstance(thing, list):
        return [_plain(inner) for inner in thing]
    if isinstance(thing, objects.WixObject):
        thing = as_came(thing)
    if isinstance(thing, dict):
        plain = {name: _plain(inner) for name, inner in thing.items()}
        return {name: inner for name, inner in plain.items() if inner is not None}
    return thing


def _unparsed(thing: Any) -> list[dict[str, Any]]:
    """What was moved aside anywhere in an object."""
    inner = (
        thing if isinstance(thing, list) else as_came(thing).values() if isinstance(thing, objects.WixObject) else ()
    )
    own = [thing.unparsed] if isinstance(thing, objects.WixObject) and thing.unparsed else []
    return own + [found for one in inner for found in _unparsed(one)]


def _columns(thing: objects.WixObject, *names: str) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


class TestTolerance:
    """An answer may hold more, less or other than the contract says."""

    def test_a_documented_answer(self):
        """Every field is under its own name, and nothing is left over."""
        page = parse(objects.TeamPage, example("team"))
        assert _plain(page) == _plain(json.loads(example("team")))
        assert page.unknown == {}

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (objects.RoleList, "roles"),
            (objects.SitePage, "sites"),
            (objects.ChildAccountPage, "child_accounts"),
            (objects.AccountAnswer, "account"),
        ],
    )
    def test_every_documented_answer(self, kind, name):
        """What is read is what was sent."""
        answer = parse(kind, example(name))
        assert _plain(answer) == _plain(json.loads(example(name)))

    def test_an_unknown_field_survives(self):
        """Whatever it holds, also under a name that Python or this project use."""
        fields = {
            "seen": {"at": [1, None]},
            "first_name": "x",
            "unparsed": 2,
            "unknown_fields": 3,
            "present": 4,
            "__class__": 5,
        }
        assert _read_user(**fields).unknown == fields

    def test_an_unknown_enum_value_survives(self):
        """It is plain text."""
        user = _read_user(assignments=[{"subject": {"id": "s", "subjectType": "ROBOT"}}])
        assert user.assignments
        assert user.assignments[0].subject
        assert _columns(user.assignments[0].subject, "id", "subject_type") == {"id": "s", "subject_type": "ROBOT"}

    def test_a_missing_field_is_none(self):
        """Nothing is invented."""
        assert structs.asdict(_read_user()) == {
            "unknown_fields": msgspec.UNSET,
            "id": "u",
            "email": None,
            "name": None,
            "profile_image": None,
            "joined_team_at": None,
            "assignments": None,
        }

    @pytest.mark.parametrize(
        ("kind", "lists"),
        [
            (objects.TeamPage, {"team_members": []}),
            (objects.RoleList, {"predefined_roles": [], "custom_roles": []}),
            (objects.SitePage, {"sites": []}),
            (objects.FolderPage, {"folders": []}),
            (objects.ChildAccountPage, {"child_accounts": []}),
        ],
    )
    def test_an_empty_list_may_be_left_out(self, kind, lists):
        """Wix may leave out what has its default value (docs/api-contract.md, section 1)."""
        assert _columns(parse(kind, b"{}"), *lists) == lists

    @pytest.mark.parametrize(
        ("field", "attribute", "value"),
        [
            ("email", "email", 5),
            ("email", "email", 7261756085891260003),
            ("email", "email", 10**30),
            ("email", "email", True),
            ("email", "email", ["ada@example.com"]),
            ("email", "email", {"value": "ada@example.com"}),
            ("name", "name", "Ada"),
            ("name", "name", ["Ada"]),
            ("profileImage", "profile_image", {"value": "https://static.example.com/ada.png"}),
            ("joinedTeamAt", "joined_team_at", {"seconds": 1680426705, "nanos": 120000000}),
        ],
    )
    def test_a_value_of_another_type_is_moved_aside_and_kept(self, field, attribute, value):
        """The rest of the user is read as ever."""
        user = _read_user(**{field: value, "seen": 1, "assignments": [{"policyId": "1"}]})
        assert getattr(user, attribute) is None
        assert user.unparsed == {field: value}
        assert user.unknown == {field: value, "seen": 1}
        assert user.assignments == [_assignment(policyId="1")]

    def test_several_values_of_another_type_are_all_kept(self):
        """Each in the object that it was found in."""
        user = _read_user(email=1, name={"firstName": 2, "lastName": 3}, assignments=[{"subject": 4}])
        assert user.unparsed == {"email": 1}
        assert user.name
        assert user.name.unparsed == {"firstName": 2, "lastName": 3}
        assert user.assignments
        assert user.assignments[0].unparsed == {"subject": 4}

    @pytest.mark.parametrize(
        ("kind", "document", "unparsed"),
        [
            (objects.TeamPage, _user(assignments=[{"policyId": 1.5}]), {"policyId": 1.5}),
            (objects.TeamPage, _user(assignments=[{"policyId": {}}]), {"policyId": {}}),
            (objects.TeamPage, _user(assignments=[{"assignmentId": []}]), {"assignmentId": []}),
            (objects.TeamPage, _user(assignments=[{"subject": {"id": []}}]), {"id": []}),
            (objects.TeamPage, {"teamMembers": [], "facets": [1, 2]}, {"facets": [1, 2]}),
            (
                objects.SitePage,
                {"sites": [{"id": "s", "contributorAccountIds": [1, 2]}]},
                {"contributorAccountIds": [1, 2]},
            ),
        ],
    )
    def test_a_leaf_with_several_problems_is_moved_aside_too(self, kind, document, unparsed):
        """It identifies no row and holds none."""
        answer = parse(kind, body(document))
        assert _unparsed(answer) == [unparsed]
        assert _plain(answer) == document

    @pytest.mark.parametrize(
        "value",
        [
            5,
            "x",
            None,
            {"email": "other"},
        ],
    )
    def test_a_field_that_is_named_like_the_place_for_odd_values(self, value):
        """Wix may name a field as it likes: both values are kept."""
        user = _read_user(**{"email": 5, "$unparsed": value})
        assert user.unknown == {"email": 5, "$unparsed": value}

    @pytest.mark.parametrize("value", [7046409866117489206.0, 1.0, True])
    def test_a_number_that_is_no_integer_is_no_id(self, value):
        """A float has lost digits."""
        user = _read_user(assignments=[{"policyId": value}])
        assert user.assignments
        assert user.assignments[0].policy_id is None
        assert user.assignments[0].unparsed == {"policyId": value}

    def test_long_integers_keep_every_digit(self):
        """In an id, in an unknown field, and in an answer that is read for the second time."""
        for email in ("ada@example.com", 5):
            user = _read_user(email=email, seen=10**30, assignments=[{"policyId": 7046409866117489206}])
            assert user.unknown["seen"] == 1000000000000000000000000000000
            assert user.assignments == [_assignment(policyId=7046409866117489206)]

    def test_restrictions_stay_as_they_came(self):
        """What they mean is for the tables to say, so nothing inside them is judged."""
        examples: list[Any] = [None, {}, [], "ALL", {"site": {"id": 5, "$unparsed": 1}}, {"conditions": [None]}]
        for restrictions in examples:
            user = _read_user(assignments=[{"restrictions": restrictions}])
            assert user.assignments
            assert value_of(bytes(user.assignments[0].restrictions)) == restrictions


class TestOthersAnswers:
    """A 200 is the endpoint's answer if it holds one of the endpoint's own members (docs/streams.md, section 3.2)."""

    @pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize(
        "document",
        [
            {"message": "upstream maintenance", "details": {}},
            {"message": "", "details": {"applicationError": {"code": "NOT_NOW"}}},
            {"status": "ok"},
            {"data": []},
            {"team_members": [], "predefined_roles": [], "has_next": False, "child_accounts": []},
            {"unparsed": []},
            {"Sites": [], "TEAMMEMBERS": []},
        ],
        ids="+".join,
    )
    def test_none_of_its_members(self, kind, document):
        """Another word, another shape or an error is no empty list, and worth another attempt."""
        with pytest.raises(UnreadableBody, match="the answer is not this endpoint's") as caught:
            parse(kind, body(document))
        assert caught.value.retryable is True

    @pytest.mark.parametrize(
        ("error", "is_one"),
        [
            ({"message": "no luck", "details": {}}, True),
            ({"message": "no luck"}, True),
            ({"message": "", "details": {"applicationError": {"code": "NOT_NOW"}}}, True),
            ({"error": {"code": 5}}, True),
            ({"errors": [{"path": ["shard2"]}]}, True),
            ({"message": "", "details": None, "error": False, "errors": []}, False),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", [one for one in ANSWERS if one is not objects.AccountAnswer])
    def test_an_error_beside_its_members(self, kind, error, is_one):
        """An answer with the members of an error is one, even if it has the endpoint's members, too, all empty."""
        empty: dict[str, list[Any]] = {name: [] for name in fields_of(kind) if name not in {"metadata", "count"}}
        answer = body({**empty, **({} if empty else {"count": 3}), **error})
        if is_one:
            with pytest.raises(UnreadableBody, match="or is an error with status 200"):
                parse(kind, answer)
        else:
            assert parse(kind, answer).has(*(field.name for field in fields_of(kind).values()))

    def test_no_error_in_any_layout(self):
        """What is empty is empty, with blanks or without; so is the code that means success."""
        answer = b'{"contributors": [], "errors": [ ], "details": {\n}, "error": 0}'
        assert parse(objects.ContributorList, answer).has("contributors")

    @pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
    def test_an_answer_tells_what_came(self, kind):
        """What was left out is not the same as what came empty, or null."""
        fields = {field.name: name for name, field in fields_of(kind).items()}
        if kind is objects.AccountAnswer:
            assert parse(kind, b'{"account":{"accountId":"a"}}').has("account")
            return
        assert not parse(kind, b"{}").has(*fields)
        for name, field in fields.items():
            answer = parse(kind, body({field: _empty(fields_of(kind)[field])}))
            assert [other for other in fields if answer.has(other)] == [name]


class TestStructure:
    """What identifies a row, or holds rows, has to be as documented: else a row would be lost."""

    @pytest.mark.parametrize(
        ("kind", "document", "place"),
        [
            (objects.TeamPage, {"teamMembers": "SECRET"}, "teamMembers"),
            (objects.TeamPage, {"teamMembers": None}, "teamMembers"),
            (objects.TeamPage, {"teamMembers": {"user": {"id": "SECRET"}}}, "teamMembers"),
            (objects.TeamPage, {"teamMembers": ["SECRET"]}, "teamMembers.0"),
            (objects.TeamPage, {"teamMembers": [{}, None]}, "teamMembers.1"),
            (objects.TeamPage, {"teamMembers": [{"user": "SECRET"}]}, "teamMembers.0.user"),
            (objects.TeamPage, {"teamMembers": [{"user": {}}]}, "teamMembers.0.user.id"),
            (objects.TeamPage, {"teamMembers": [{"user": {"id": None}}]}, "teamMembers.0.user.id"),
            (objects.TeamPage, {"teamMembers": [{"user": {"id": ""}}]}, "teamMembers.0.user.id"),
            (objects.TeamPage, {"teamMembers": [{"user": {"id": 5}}]}, "teamMembers.0.user.id"),
            (objects.TeamPage, {"teamMembers": [{"invite": ["SECRET"]}]}, "teamMembers.0.invite"),
            (objects.TeamPage, {"teamMembers": [{"invite": {"id": {"value": "SECRET"}}}]}, "teamMembers.0.invite.id"),
            (objects.TeamPage, _user(assignments="SECRET"), "teamMembers.0.user.assignments"),
            (objects.TeamPage, _user(assignments={"policyId": "SECRET"}), "teamMembers.0.user.assignments"),
            (objects.TeamPage, _user(assignments=[{}, "SECRET"]), "teamMembers.0.user.assignments.1"),
            (objects.TeamPage, _user(assignments=[None]), "teamMembers.0.user.assignments.0"),
            (objects.RoleList, {"customRoles": "SECRET"}, "customRoles"),
            (objects.RoleList, {"predefinedRoles": [{"title": "SECRET"}]}, "predefinedRoles.0.id"),
            (objects.RoleList, {"predefinedRoles": [{"id": None, "title": "SECRET"}]}, "predefinedRoles.0.id"),
            (objects.SitePage, {"sites": {"SECRET": 1}}, "sites"),
            (objects.SitePage, {"sites": [{"name": "SECRET"}]}, "sites.0.id"),
            (objects.FolderPage, {"folders": [["SECRET"]]}, "folders.0"),
            (objects.FolderPage, {"folders": [{"id": "", "name": "SECRET"}]}, "folders.0.id"),
            (objects.ChildAccountPage, {"childAccounts": [{"id": "SECRET"}]}, "childAccounts.0.accountId"),
            (objects.AccountAnswer, {}, "account"),
            (objects.AccountAnswer, {"account": "SECRET"}, "account"),
            (objects.AccountAnswer, {"account": {"slug": "SECRET"}}, "account.accountId"),
            (objects.TeamPage, ["SECRET"], "its root"),
            (objects.TeamPage, "SECRET", "its root"),
            (objects.TeamPage, None, "its root"),
        ],
    )
    def test_an_answer_without_its_structure_is_unreadable(self, kind, document, place):
        """Another attempt would not help. The message names the place, and no value."""
        with pytest.raises(UnreadableBody) as caught:
            parse(kind, body(document))
        assert caught.value.retryable is False
        assert str(caught.value).startswith(f"the answer is not shaped as documented at {place}")
        assert "SECRET" not in str(caught.value)

    def test_three_places_are_enough(self):
        """A message stays short, however much is wrong."""
        with pytest.raises(UnreadableBody) as caught:
            parse(objects.TeamPage, body({"teamMembers": ["SECRET"] * 100}))
        expected = "the answer is not shaped as documented at teamMembers.0, teamMembers.1, teamMembers.10"
        assert str(caught.value) == expected

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"   \n", id="blank"),
            pytest.param(b"<html><body>Please wait</body></html>", id="HTML"),
            pytest.param(example("team")[:-3], id="without its end"),
            pytest.param(example("team")[:700], id="half"),
            pytest.param(example("team") + b"}", id="with more behind it"),
            pytest.param(b'{"teamMembers":[{"user":{"id":"\xff"}}]}', id="not UTF-8"),
            pytest.param(b'{"teamMembers":[{"user":{"id":"\\ud800"}}]}', id="half a character"),
        ],
    )
    def test_what_is_no_json_is_worth_another_attempt(self, text):
        """It was cut short, or a proxy answered in Wix's stead."""
        with pytest.raises(UnreadableBody) as caught:
            parse(objects.TeamPage, text)
        assert caught.value.retryable is True
        assert str(caught.value) == "the answer is not JSON, or was cut short"

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
    def test_numbers_that_json_does_not_have(self, number):
        """The read fails as with any other invalid answer."""
        text = b'{"teamMembers":[{"user":{"id":"u","email":5,"seen":%b}}]}' % number
        with contextlib.suppress(UnreadableBody):
            parse(objects.TeamPage, text)


def _places(value: Any, *path: int | str) -> list[tuple[int | str, ...]]:
    found: list[tuple[int | str, ...]] = [path]
    for step, member in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        found += _places(member, *path, step)
    return found


def _replaced(document: Any, path: tuple[int | str, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    owner = changed
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    return changed


def _sent(document: Any) -> list[tuple[Any, Any]]:
    # For each member, the number of assignments of its user, and of its invite; None where there is none.
    def grants(owner: Any) -> int | None:
        return None if owner is None else len(owner.get("assignments") or [])

    return [(grants(member.get("user")), grants(member.get("invite"))) for member in document.get("teamMembers", [])]


def _seen(page: objects.TeamPage) -> list[tuple[Any, Any]]:
    def grants(owner: objects.User | objects.Invite | None) -> int | None:
        return None if owner is None else len(owner.assignments or [])

    return [(grants(member.user), grants(member.invite)) for member in page.team_members]


TEAM = json.loads(example("team"))
TEAM_PLACES = _places(TEAM)
PLACES_OF_ACCESS = [path for path in TEAM_PLACES if "teamMembers" in path]


def _loses_nothing(document: Any) -> None:
    try:
        page = parse(objects.TeamPage, body(document))
    except UnreadableBody as error:
        # Only an answer without any of the endpoint's members may be better the next time.
        theirs = not isinstance(document, dict) or bool(document.keys() & TEAM.keys())
        assert error.retryable is not theirs  # noqa: PT017
        return
    assert _seen(page) == _sent(document)


class TestNoAccessVanishes:
    """A row of somebody's access is read, or the read fails: it never vanishes silently."""

    @pytest.mark.parametrize("value", [None, True, 0, 1.5, "", "x", [], {}, [None], ["x"], {"x": 1}, [{}], {"id": "x"}])
    def test_with_each_value_in_turn_replaced(self, value):
        """By one of each type, at each place of the contract's example."""
        for path in TEAM_PLACES:
            _loses_nothing(_replaced(TEAM, path, value))

    @settings(max_examples=600)
    @given(st.sampled_from(TEAM_PLACES), json_values)
    def test_with_any_value_replaced_by_any_other(self, path, value):
        """Wherever it is."""
        _loses_nothing(_replaced(TEAM, path, value))

    @settings(max_examples=300)
    @given(st.lists(st.tuples(st.sampled_from(PLACES_OF_ACCESS), json_values), min_size=2, max_size=4))
    def test_with_several_values_replaced(self, replacements):
        """Together."""
        document = TEAM
        for path, value in replacements:
            try:
                document = _replaced(document, path, value)
            except (LookupError, TypeError):
                assume(False)
        _loses_nothing(document)

    def test_with_each_value_in_turn_removed(self):
        """A field that is missing loses no other row."""
        for path in PLACES_OF_ACCESS:
            changed = copy.deepcopy(TEAM)
            owner = changed
            for step in path[:-1]:
                owner = owner[step]
            del owner[path[-1]]
            _loses_nothing(changed)

    @settings(max_examples=200)
    @given(st.integers(min_value=0, max_value=len(example("team").rstrip()) - 1))
    def test_with_any_end_cut_off(self, length):
        """An answer that was cut short is never a shorter list."""
        with pytest.raises(UnreadableBody) as caught:
            parse(objects.TeamPage, example("team")[:length])
        assert caught.value.retryable is True

    @pytest.mark.parametrize(
        ("kind", "name", "lists"),
        [
            (objects.RoleList, "roles", {"predefinedRoles": "predefined_roles", "customRoles": "custom_roles"}),
            (objects.SitePage, "sites", {"sites": "sites"}),
            (objects.ChildAccountPage, "child_accounts", {"childAccounts": "child_accounts"}),
        ],
    )
    @settings(max_examples=150)
    @given(data=st.data())
    def test_of_the_other_lists(self, kind, name, lists, data):
        """No role, site or child account vanishes either."""
        document = json.loads(example(name))
        changed = _replaced(document, data.draw(st.sampled_from(_places(document))), data.draw(json_values))
        try:
            answer = parse(kind, body(changed))
        except UnreadableBody:
            return
        assert {sent: len(getattr(answer, seen)) for sent, seen in lists.items()} == {
            sent: len(changed.get(sent, [])) for sent in lists
        }
