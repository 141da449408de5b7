"""Random lives of accounts: what happened in them, and the rows that the tap and a target would have left of that."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Table = dict[str, Row]

KEYS = {
    "accounts": ("account_id",), "users": ("id",), "assignments": ("user_id", "assignment_key"), "invites": ("id",),
    "invite_assignments": ("invite_id", "assignment_key"), "roles": ("id",), "sites": ("id",), "folders": ("id",),
    "site_contributors": ("site_id", "contributor_account_id"),
    "site_contributor_roles": ("site_id", "contributor_account_id", "role_id"),
}  # fmt: skip
"""The tables, with the columns that make up a record key."""
WALKS = (
    ("accounts",), ("users", "assignments", "invites", "invite_assignments"), ("roles",), ("sites",), ("folders",),
    ("site_contributors", "site_contributor_roles"),
)  # fmt: skip
"""Tables that come of one read: all of them, or none."""
TITLES = ("Content intern", "Site Admin", "Blog writer", "Billing Manager", "Helper", "Owner", "Shop manager")
FIXED = {"6601492336091027458": "Owner", "6642345101181663232": "Account Admin (Co-Owner)"}
STATUSES = ("Pending", "Used", "Declined", "Expired", None, "Resent")
SUBJECTS = ("USER", "USER", "USER", None, "UNKNOWN", "", "USER_GROUP", "WIX_APP")


def at(run: int, second: int = 0, minute: int = 0) -> str:
    """A time of a run: one on each day of November 2026."""
    return f"2026-11-{run:02}T08:{minute:02}:{second:02}.000000Z"


@dataclass
class Life:
    """An account and what became of it.

    Attributes:
        seed: What chance depends on.
        history: Whether the target keeps a row per version.
        steady: Whether every read is complete.
        runs: How often it was read.
        reads: By table, the complete reads: number of the run, and the table as it was then.
        rows: By table, what is stored.
    """

    seed: int
    history: bool
    steady: bool
    runs: int = 5
    reads: dict[str, list[tuple[int, Table]]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    @property
    def id(self) -> str:
        """The account's id."""
        return f"life-{self.seed}"

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311
        self.now: dict[str, Table] = {name: {} for name in KEYS}
        self._left: list[tuple[Row, list[Row]]] = []
        self._count = 0
        self._stored: dict[str, dict[tuple[str, str], Row]] = defaultdict(dict)
        self._begin()
        for run in range(1, self.runs + 1):
            self._read(run)
            for _ in range(self._chance.randint(1, 6)):
                self._chance.choice(self._events)()
        for name, stored in self._stored.items():
            self.rows[name] = list(stored.values())

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}-{self.seed}"

    def _any(self, table: str) -> Row | None:
        return self._chance.choice(list(self.now[table].values())) if self.now[table] else None

    def _put(self, table: str, **columns: Any) -> Row:
        key = "|".join(columns[name] for name in KEYS[table])
        self.now[table][key] = columns
        return columns

    def _drop(self, table: str, row: Row) -> None:
        del self.now[table]["|".join(row[name] for name in KEYS[table])]

    def _begin(self) -> None:
        for role_id, title in FIXED.items():
            self._put("roles", id=role_id, title=title, role_type="predefined")
        for _ in range(3):
            self._role()
        for _ in range(3):
            self._folder()
            self._site()
            self._join()
        self._put("accounts", account_id=self.id, owner_user_id=self._any("users")["id"])  # type: ignore[index]
        self._events = [
            self._join, self._leave, self._return, self._grant, self._grant, self._change_grant, self._take, self._role,
            self._rename_role, self._delete_role, self._folder, self._move_folder, self._delete_folder, self._site,
            self._move_site, self._move_site, self._trash, self._delete_site, self._transfer, self._contributor,
            self._contributor_role, self._contributor_role, self._contributor_role_goes, self._contributor_goes,
            self._owner, self._invite, self._invite_status, self._invite_goes, self._rename_site,
        ]  # fmt: skip

    def _join(self) -> None:
        user = self._put(
            "users", id=self._id("u"), email=f"u{self._count}@studio.example", first_name=f"U{self._count}"
        )
        for _ in range(self._chance.randint(0, 2)):
            self._grant(user)

    def _asset(self) -> Row:
        kind = self._chance.choice(("account", "site", "site", "folder", "folder", "site_resource", "unknown"))
        site = self._any("sites") if kind in {"site", "site_resource"} else None
        folder = self._any("folders") if kind == "folder" else None
        if (kind in {"site", "site_resource"} and not site) or (kind == "folder" and not folder):
            kind = "account"
        return {
            "asset_type": kind, "site_id": site["id"] if site else None, "folder_id": folder["id"] if folder else None,
            "asset_id": self.id if kind == "account" else site["id"] if site else folder["id"] if folder else None,
            "asset_name": site["display_name"] if site else None,
        }  # fmt: skip

    def _some_role(self) -> str:
        role = self._any("roles")
        return role["id"] if role else "6642345101181663232"

    def _grant(self, user: Row | None = None) -> None:
        if user := user or self._any("users"):
            self._put(
                "assignments", user_id=user["id"], assignment_key=self._id("a"), role_id=self._some_role(),
                subject_type=self._chance.choice(SUBJECTS), **self._asset(),
            )  # fmt: skip

    def _change_grant(self) -> None:
        if held := self._any("assignments"):
            new = {"role_id": self._some_role()} if self._chance.random() < 0.6 else self._asset()
            self._put("assignments", **{**held, **new})

    def _take(self) -> None:
        if held := self._any("assignments"):
            self._drop("assignments", held)

    def _leave(self) -> None:
        if (user := self._any("users")) and len(self.now["users"]) > 1:
            held = [row for row in self.now["assignments"].values() if row["user_id"] == user["id"]]
            for row in held:
                self._drop("assignments", row)
            self._drop("users", user)
            self._left.append((user, held))

    def _return(self) -> None:
        if self._left:
            user, held = self._left.pop()
            self._put("users", **user)
            for row in held:
                self._put("assignments", **row)

    def _role(self) -> None:
        self._put("roles", id=self._id("7"), title=self._chance.choice(TITLES), role_type="custom")

    def _rename_role(self) -> None:
        role = self._any("roles")
        if role and role["id"] not in FIXED:
            self._put("roles", **{**role, "title": self._chance.choice(TITLES)})

    def _delete_role(self) -> None:
        role = self._any("roles")
        if role and role["id"] not in FIXED:
            self._drop("roles", role)
            for held in list(self.now["site_contributor_roles"].values()):
                if held["role_id"] == role["id"]:
                    self._drop("site_contributor_roles", held)

    def _folder(self) -> None:
        parent = self._any("folders") if self._chance.random() < 0.5 else None
        self._put("folders", id=self._id("f"), parent_id=parent["id"] if parent else None, path="/same")

    def _move_folder(self) -> None:
        if folder := self._any("folders"):
            parent = self._any("folders")
            while parent and parent["parent_id"] in self.now["folders"] and parent["id"] != folder["id"]:
                if parent["parent_id"] == folder["id"]:
                    return
                parent = self.now["folders"][parent["parent_id"]]
            target = self._any("folders")
            if target and not self._is_inside(target["id"], folder["id"]):
                self._put("folders", **{**folder, "parent_id": target["id"]})
            else:
                self._put("folders", **{**folder, "parent_id": None})

    def _is_inside(self, inner: str, outer: str) -> bool:
        at_folder: str | None = inner
        while at_folder:
            if at_folder == outer:
                return True
            at_folder = self.now["folders"].get(at_folder, {}).get("parent_id")
        return False

    def _delete_folder(self) -> None:
        if folder := self._any("folders"):
            self._drop("folders", folder)

    def _site(self) -> None:
        folder = self._any("folders")
        self._put(
            "sites", id=self._id("s"), display_name=f"Site {self._count}", folder_id=folder["id"] if folder else None,
            owner_account_id=self.id, trashed_date=None,
        )  # fmt: skip

    def _move_site(self) -> None:
        if site := self._any("sites"):
            folder = self._any("folders") if self._chance.random() < 0.9 else None
            self._put("sites", **{**site, "folder_id": folder["id"] if folder else None})

    def _rename_site(self) -> None:
        if site := self._any("sites"):
            self._put("sites", **{**site, "display_name": f"{site['display_name']}!"})
            for held in list(self.now["assignments"].values()):
                if held["site_id"] == site["id"]:
                    self._put("assignments", **{**held, "asset_name": f"{site['display_name']}!"})

    def _trash(self) -> None:
        if site := self._any("sites"):
            self._put("sites", **{**site, "trashed_date": "2026-10-01T00:00:00.000000Z"})

    def _transfer(self) -> None:
        if site := self._any("sites"):
            self._put("sites", **{**site, "owner_account_id": "another"})

    def _delete_site(self) -> None:
        if site := self._any("sites"):
            self._drop("sites", site)
            for table in ("site_contributors", "site_contributor_roles"):
                for row in list(self.now[table].values()):
                    if row["site_id"] == site["id"]:
                        self._drop(table, row)

    def _contributor(self) -> None:
        if site := self._any("sites"):
            user = self._any("users")
            outside = f"c{self._chance.randint(1, 4)}-{self.seed}"
            if f"{site['id']}|{outside}" not in self.now["site_contributors"]:
                self._put(
                    "site_contributors", site_id=site["id"], contributor_account_id=outside,
                    contributor_owner_user_id=user["id"] if user and self._chance.random() < 0.3 else None,
                )  # fmt: skip

    def _contributor_role(self) -> None:
        if works := self._any("site_contributors"):
            self._put(
                "site_contributor_roles", site_id=works["site_id"],
                contributor_account_id=works["contributor_account_id"], role_id=self._some_role(),
            )  # fmt: skip

    def _contributor_role_goes(self) -> None:
        if held := self._any("site_contributor_roles"):
            self._drop("site_contributor_roles", held)

    def _contributor_goes(self) -> None:
        if works := self._any("site_contributors"):
            self._drop("site_contributors", works)
            for held in list(self.now["site_contributor_roles"].values()):
                if (held["site_id"], held["contributor_account_id"]) == (
                    works["site_id"],
                    works["contributor_account_id"],
                ):
                    self._drop("site_contributor_roles", held)

    def _owner(self) -> None:
        owner = self._any("users")
        named = owner["id"] if owner else f"gone-{self.seed}"
        self._put("accounts", account_id=self.id, owner_user_id=named if self._chance.random() < 0.75 else None)

    def _invite(self) -> None:
        invite = self._put("invites", id=self._id("i"), email=f"i{self._count}@studio.example", status="Pending")
        asset = self._asset()
        self._put(
            "invite_assignments", invite_id=invite["id"], assignment_key="k", role_id=self._some_role(), **asset
        )  # fmt: skip

    def _invite_status(self) -> None:
        if invite := self._any("invites"):
            self._put("invites", **{**invite, "status": self._chance.choice(STATUSES)})

    def _invite_goes(self) -> None:
        if invite := self._any("invites"):
            self._drop("invites", invite)
            self._drop("invite_assignments", self.now["invite_assignments"][f"{invite['id']}|k"])

    def _read(self, run: int) -> None:
        for second, walk in enumerate(WALKS):
            is_complete = self.steady or run == 1 or self._chance.random() < 0.75
            for table in walk:
                times = {"snapshot_at": at(run, second), "finished_at": at(run, second, 1)}
                compared_with = at(self.reads[table][-1][0], second) if is_complete and self.reads[table] else None
                status = "complete" if is_complete else self._chance.choice(("failed", "refused"))
                baseline = at(1, second) if is_complete else None
                self.rows["snapshots"].append({
                    "account_id": self.id, "stream_name": table, "status": status, **times, "baseline_at": baseline,
                    "row_count": len(self.now[table]) if is_complete else None,
                    "compared_with": compared_with,
                })  # fmt: skip
                if is_complete:
                    self._keep(table, run, second)

    def _keep(self, table: str, run: int, second: int) -> None:
        now = {key: dict(row) for key, row in self.now[table].items()}
        before = self.reads[table][-1] if self.reads[table] else None
        for key, row in now.items():
            if not before or before[1].get(key) != row:
                times = {"observed_at": at(run, second), "snapshot_at": at(run, second)}
                version = at(run, second) if self.history else ""
                self._stored[table][key, version] = {"account_id": self.id, **row, **times}
        if before:
            kinds = {
                key: "added" if key not in before[1] else "modified" for key in now if before[1].get(key) != now[key]
            }
            kinds |= dict.fromkeys(before[1].keys() - now.keys(), "removed")
            self.rows["change_log"] += [
                {"account_id": self.id, "stream_name": table, "record_key": key, "change_type": kind,
                 "previous_observed_at": at(before[0], second), "observed_at": at(run, second)}
                for key, kind in kinds.items()
            ]  # fmt: skip
        self.reads[table].append((run, now))
