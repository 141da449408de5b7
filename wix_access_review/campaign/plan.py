"""The plan: what the decisions ask for, as calls for people to send, and as work in Wix's dashboard without a call.

Nothing in this project sends any of it. The calls are those of docs/api-contract.md, section 9, written from public
documentation and never tried; they contain no key and no token.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from wix_access_review.campaign.folder import ITEMS, ROLES, Campaign
from wix_access_review.campaign.freeze import Role
from wix_access_review.campaign.items import Item
from wix_access_review.campaign.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wix_access_review.campaign.records import Decision

HOST = "https://www.wixapis.com"
CHANGE_ASSIGNMENTS = ("PATCH", "/roles-management/v2/team/assignments")
REMOVE_MEMBER = ("POST", "/roles-management/team/remove")
CHANGE_CONTRIBUTOR = ("PUT", "/roles-management/contributor/change/role")
"""Section 9: what changes access. The tap calls none of them."""
_SINCE = "that the person was given after the campaign was opened"
"""What a call takes away that nobody decided on, since nobody knew of it."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do: a call to send, or work in the dashboard."""

    account_id: str
    account: str
    person_type: str
    person_id: str
    person: str
    email: str | None
    what: list[str]
    decided_by: list[str]
    items: list[str]
    width: tuple[bool, int, int]
    is_privileged: bool | None
    """Whether a privileged role is taken away or changed; None where that is not known."""
    method: str | None = None
    url: str | None = None
    headers: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    dashboard: str | None = None
    also_lost: list[str] = []


class _Account:
    """The frozen grants of an account, and what was decided on them."""

    def __init__(self, account_id: str, owner: str | None, roles: Sequence[Role]) -> None:
        self.id, self.owner, self.roles = account_id, owner, roles
        self.held: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
        self.steps: list[Step] = []

    def add(self, item: Item) -> None:
        """Take note of a grant."""
        site = item.asset_id or "" if item.person_type == "contributor" else ""
        self.held[item.person_type, item.person_id, site].append(item)


def make_plan(campaign: Campaign) -> list[Step]:
    """What the decisions ask for, the widest access first.

    Args:
        campaign: The campaign.
    """
    decisions = {key: one for key, one in campaign.decisions.items() if one.decision != "keep"}
    roles = list(campaign.rows(ROLES, Role))
    accounts = {one.id: _Account(one.id, one.owner_user_id, roles) for one in campaign.header.accounts}
    for item in campaign.rows(ITEMS, Item):
        accounts[item.account_id].add(item)
    steps = [
        step
        for account in accounts.values()
        for held in account.held.values()
        if any(item.item in decisions for item in held)
        for step in _of_person(account, held, decisions)
    ]
    return sorted(steps, key=lambda step: (*(-part for part in step.width), step.account, step.person, step.items))


def _of_person(account: _Account, held: Sequence[Item], decisions: Mapping[str, Decision]) -> list[Step]:
    if held[0].person_type == "invite":
        why = "Wix documents no call that revokes an account invite: delete it in Wix's dashboard, Roles & Permissions"
        return [
            _step(
                [item for item in held if item.item in decisions],
                decisions,
                dashboard=why,
                also_lost=_rest(held, decisions),
            )
        ]
    if held[0].person_type == "contributor":
        return _of_contributor(account, held, decisions)
    return _of_member(account, held, decisions)


def _of_member(account: _Account, held: Sequence[Item], decisions: Mapping[str, Decision]) -> list[Step]:
    steps, calls, fresh = [], [], []
    for same in _by_assignment(held):
        decided = [item for item in same if item.item in decisions]
        if decided and (why := _by_hand(account, same, decisions)):
            steps.append(_step(decided, decisions, dashboard=f"{why} in Wix's dashboard, Roles & Permissions"))
        elif decided:
            calls += decided
            fresh += _replacements(account, same, decisions)
    headers = {"wix-account-id": account.id}
    body: dict[str, Any] = {"userId": held[0].person_id}
    if len(calls) == len(held) and not fresh:
        lost = ["the membership itself: the person is no longer a member of the account", f"every role {_SINCE}"]
        return [_step(calls, decisions, call=REMOVE_MEMBER, headers=headers, body=body, also_lost=lost)]
    if calls:
        body["assignmentIdsToRemove"] = list(dict.fromkeys(item.assignment_id for item in calls))
        body["newAssignments"] = fresh
        steps.append(_step(calls, decisions, call=CHANGE_ASSIGNMENTS, headers=headers, body=body))
    return steps


def _by_assignment(held: Sequence[Item]) -> list[list[Item]]:
    """The grants that are one assignment at Wix, which a call takes away together."""
    found: dict[str, list[Item]] = defaultdict(list)
    for item in held:
        found[item.assignment_id or item.item].append(item)
    return list(found.values())


def _by_hand(account: _Account, same: Sequence[Item], decisions: Mapping[str, Decision]) -> str | None:
    """Why no call can carry out what was decided on an assignment; None when one can."""
    first = same[0]
    changes = [one for item in same if (one := decisions.get(item.item)) and one.decision == "change"]
    unclear = next((one for one in changes if not _role_id(account, one)), None)
    rewritten = bool(changes) or any(item.item not in decisions for item in same)
    reasons = (
        (first.person_id == account.owner and first.asset_type == "account",
         "this is the owner of the account: transfer the ownership"),
        (not first.assignment_id, "Wix gave no id for this assignment, so no call can name it: change it"),
        (any(item.asset_type == "unknown" for item in same),
         "what the role is limited to cannot be read, so no call can repeat it: change it"),
        (first.is_held_by_another and first.non_human == "unknown",
         "it is not known whether the person or something else holds the role: change it"),
        (first.is_held_by_another, f"the role is held by {first.non_human}, not by the person: change it"),
        (unclear, f"no single role of the account is called {unclear and unclear.change_to!r}: change it"),
        (rewritten and _conditions(first) is None,
         "the role is limited in a way that no call is known to repeat exactly: change it"),
    )  # fmt: skip
    return next((reason for stands, reason in reasons if stands), None)


def _replacements(account: _Account, same: Sequence[Item], decisions: Mapping[str, Decision]) -> list[dict[str, Any]]:
    """What an assignment has to be given again as: what stays of it, and what takes another role."""
    by_role: dict[str, list[str | None]] = defaultdict(list)
    for item in same:
        decision = decisions.get(item.item)
        if decision is None:
            by_role[item.role_id or ""].append(item.asset_id)
        elif decision.decision == "change":
            by_role[_role_id(account, decision) or ""].append(item.asset_id)
    whole = _conditions(same[0]) or {}
    if len(same) == 1:
        return [{"policyId": role, **whole} for role in by_role]
    return [{"policyId": role, **_only(whole, assets)} for role, assets in by_role.items()]


def _conditions(item: Item) -> dict[str, Any] | None:
    """The restriction of an assignment as it has to be sent again; None when it is not one that is known for sure."""
    if item.restrictions is None:
        return {}
    try:
        # In one order, whichever warehouse kept it.
        restrictions = json.loads(json.dumps(json.loads(item.restrictions), sort_keys=True))
    except ValueError:
        return None
    present = {key: value for key, value in (restrictions or {}).items() if value is not None}
    if not present:
        return {}
    return {"restrictions": present} if len(present) == 1 and next(iter(present)) in {"site", "conditions"} else None


def _only(whole: Mapping[str, Any], assets: Iterable[str | None]) -> dict[str, Any]:
    """A restriction to some of its folders."""
    wanted = set(assets)
    conditions = whole.get("restrictions", {}).get("conditions", {}).get("conditions", [])
    left = [one for one in conditions if one.get("id") in wanted]
    return {"restrictions": {"conditions": {"conditions": left}}}


def _role_id(account: _Account, decision: Decision) -> str | None:
    return role_named(account.roles, account.id, decision.change_to)


def role_named(roles: Sequence[Role], account_id: str, name: str) -> str | None:
    """The id of the one role of an account with this id or title; None when there is none, or more than one.

    Args:
        roles: Every role of the campaign.
        account_id: The account.
        name: What a reviewer wrote.
    """
    wanted = plain(name).casefold()
    found = {
        role.id for role in roles
        if role.account_id == account_id and wanted in {plain(role.id).casefold(), plain(role.title).casefold()} - {""}
    }  # fmt: skip
    return found.pop() if len(found) == 1 else None


def _of_contributor(account: _Account, held: Sequence[Item], decisions: Mapping[str, Decision]) -> list[Step]:
    decided = [item for item in held if item.item in decisions]
    where = f"in Wix's dashboard of {held[0].asset or held[0].asset_id}, Roles & Permissions"
    if any(item.role_id is None for item in held):
        return [_step(decided, decisions, dashboard=f"the role of this account could not be read: change it {where}")]
    left: list[str] = []
    for item in held:
        decision = decisions.get(item.item)
        role = (
            item.role_id if decision is None else _role_id(account, decision) if decision.decision == "change" else ""
        )
        if role is None:
            why = f"no role of the account is called {decision.change_to if decision else ''}: change it {where}"
            return [_step(decided, decisions, dashboard=why)]
        left += [role] if role and role not in left else []
    if not left:
        return [
            _step(
                decided,
                decisions,
                dashboard=f"no call removes the last role of a contributor: remove the account {where}",
            )
        ]
    body = {"accountId": held[0].person_id, "newRoles": [{"roleId": role} for role in left]}
    headers = {"wix-site-id": held[0].asset_id or ""}
    lost = [f"every role on this site {_SINCE}: the call replaces them all"]
    return [_step(decided, decisions, call=CHANGE_CONTRIBUTOR, headers=headers, body=body, also_lost=lost)]


def _rest(held: Sequence[Item], decisions: Mapping[str, Decision]) -> list[str]:
    return [f"{item.role} on {item.asset}, which nobody decided on" for item in held if item.item not in decisions]


def _step(
    items: Sequence[Item],
    decisions: Mapping[str, Decision],
    *,
    call: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
    dashboard: str | None = None,
    also_lost: Sequence[str] = (),
) -> Step:
    first = items[0]
    return Step(
        account_id=first.account_id, account=first.account or first.account_id, person_type=first.person_type,
        person_id=first.person_id, person=first.person, email=first.email,
        what=[_in_words(item, decisions[item.item]) for item in items],
        decided_by=sorted({f"{decisions[item.item].reviewer}, {decisions[item.item].decided_on}" for item in items}),
        items=[item.item for item in items], width=max(item.width for item in items), is_privileged=_any(items),
        method=call[0] if call else None, url=f"{HOST}{call[1]}" if call else None, headers=headers, body=body,
        dashboard=dashboard, also_lost=list(also_lost),
    )  # fmt: skip


def _any(items: Sequence[Item]) -> bool | None:
    """Whether one of some grants is privileged; None where none is known to be, and not of all that they are not."""
    known = {item.privileged for item in items}
    return True if True in known else None if None in known else False


def _in_words(item: Item, decision: Decision) -> str:
    reach = f", which reaches {item.sites} sites" if item.sites and item.sites > 1 else ""
    if decision.decision == "remove":
        return f"remove {item.role} on {item.asset}{reach}"
    to = decision.change_to or decision.justification
    return f"change {item.role} on {item.asset} to {to}{reach}"
