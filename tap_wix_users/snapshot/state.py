"""The state of one table of one account: what the last complete snapshot held, and its compact form.

The format is versioned. A state in another format is reported and ignored, and never causes a crash: the next run then
takes a new baseline.
"""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_wix_users.snapshot.spool import FINGERPRINT_BYTES, fingerprints_of
from tap_wix_users.wix.page_size import PageSize
from tap_wix_users.wix.times import following, normalized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMAT = 1

_MAX_BYTES = 1 << 30
"""Bytes that rows may unpack to, some ten million rows: a few kilobytes can be crafted to unpack to any size."""


class Version(NamedTuple):
    """One version of a row.

    Attributes:
        fingerprint: Hash of its content, `FINGERPRINT_BYTES` long.
        observed_at: The snapshot that first saw it.
    """

    fingerprint: bytes
    observed_at: str


class Observed(dict[str, str]):
    """The snapshot that first saw this version of a row, by record key; most share one, which is kept only once.

    Attributes:
        usual: The snapshot of all rows that are not in the dictionary.
    """

    usual = ""

    def __missing__(self, key: str) -> str:
        return self.usual

    def of(self, keys: Sequence[str]) -> list[str]:
        """The snapshot of each of some rows."""
        return list(map(self.__getitem__, keys)) if self else [self.usual] * len(keys)

    def add(self, keys: Sequence[str], moments: Sequence[str]) -> None:
        """Add rows that are not there yet."""
        if not self.usual and moments:
            ((self.usual, _),) = Counter(moments).most_common(1)
        if moments.count(self.usual) < len(moments):
            self.update(pair for pair in zip(keys, moments, strict=True) if pair[1] != self.usual)


class Rows(Mapping[str, Version]):
    """The versions of rows by record key, stored by column, so that operations on all rows are cheap.

    Attributes:
        fingerprints: The fingerprint of each row.
        observed: The snapshot that first saw this version of it.
    """

    def __init__(self) -> None:
        self.fingerprints: dict[str, bytes] = {}
        self.observed = Observed()

    @classmethod
    def of(cls, rows: Mapping[str, Version]) -> Rows:
        """These rows, by column."""
        if isinstance(rows, Rows):
            return rows
        found, versions = cls(), list(rows.values())
        found.add(
            list(rows), [version.fingerprint for version in versions], [version.observed_at for version in versions]
        )
        return found

    def __getitem__(self, key: str) -> Version:
        return Version(self.fingerprints[key], self.observed[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.fingerprints)

    def __len__(self) -> int:
        return len(self.fingerprints)

    def add(self, keys: Sequence[str], fingerprints: Sequence[bytes], observed: Sequence[str]) -> None:
        """Add rows that are not there yet."""
        self.fingerprints.update(zip(keys, fingerprints, strict=True))
        self.observed.add(keys, observed)


@dataclass(frozen=True)
class TableState:
    """What the last complete snapshot of a table in an account held.

    Attributes:
        snapshot_at: When that snapshot began.
        baseline_at: The snapshot since which every current row has been sent.
        content: Identifies what fingerprints are made from; those made from other content cannot be compared.
        emitted: Identifies how rows are sent; when that changes, every row has to be sent again.
        count: Rows of the snapshot.
        rows: Version by record key; None when there were too many to keep.
        pending: A later snapshot that wrote something which this state does not cover; empty if there is none.
        page_size: The page size that was discovered for its list; None if the setting's works, or the list has none.
    """

    snapshot_at: str
    baseline_at: str
    content: str
    emitted: str
    count: int
    rows: Mapping[str, Version] | None
    pending: str = ""
    page_size: PageSize | None = None


class UnreadableState(ValueError):
    """A state that this release does not understand; the message says why."""


class _Stored(msgspec.Struct):
    """A state as stored in JSON: always with every member, since merging states never removes one."""

    format: int
    snapshot_at: str
    baseline_at: str
    content: str
    emitted: str
    count: int
    rows: str | None = None
    pending: str = ""
    page_size: PageSize | None = None


class _PackedRows(msgspec.Struct, array_like=True):
    """Rows by column, sorted by key: similar values are adjacent, and compress well."""

    keys: list[str]
    moments: list[str]
    observed: list[int]
    fingerprints: bytes


_decode_rows = msgspec.msgpack.Decoder(_PackedRows).decode


def dump(state: TableState) -> dict[str, Any]:
    """The state as JSON values."""
    rows = None if state.rows is None else _pack(state.rows)
    members = {name: getattr(state, name) for name in _Stored.__struct_fields__ if name not in {"format", "rows"}}
    stored = _Stored(format=FORMAT, rows=rows, **members)
    result: dict[str, Any] = msgspec.to_builtins(stored)
    return result


_NONE = msgspec.convert(msgspec.to_builtins(_Stored(FORMAT, "", "", "", "", 0)), _Stored)
"""No state: the other members of a pending mark when there is no state to mark.

Converted here, since states are read in several threads: msgspec cannot learn a class in two at once.
"""


def mark_pending(stored: Mapping[str, Any] | None, at: str) -> dict[str, Any]:
    """Mark a stored state as pending: a snapshot writes something that the state does not cover.

    Args:
        stored: What `dump` made; None when there is no state.
        at: When the snapshot began.
    """
    return {**msgspec.to_builtins(_NONE), **(stored or {}), "pending": at}


def with_page_size(stored: Mapping[str, Any] | None, page_size: PageSize | None) -> dict[str, Any]:
    """A stored state, or none, with the page size that was found out: no run pays for that twice.

    Args:
        stored: What `dump` or `mark_pending` made; None when there is no state.
        page_size: What is known of it.
    """
    return {**msgspec.to_builtins(_NONE), **(stored or {}), "page_size": msgspec.to_builtins(page_size)}


def page_size_of(stored: Any) -> PageSize | None:
    """The page size that a state keeps, also beside no snapshot; None without one that can be.

    Args:
        stored: What `dump`, `mark_pending` or `with_page_size` made, or whatever stands in its place.
    """
    try:
        found = msgspec.convert(stored["page_size"], PageSize)
    except (KeyError, TypeError, msgspec.ValidationError):
        return None
    return found if 0 < found.holds <= found.wanted else None


def pending_since(stored: Any) -> str:
    """The snapshot that a state is marked as pending by, even if there is no other state; empty without a mark.

    Args:
        stored: What `dump` or `mark_pending` made, or anything else that a state may contain.
    """
    moment = stored.get("pending") if isinstance(stored, dict) else None
    try:
        if isinstance(moment, str) and moment:
            _check_moment(moment)
            return moment
    except (ValueError, OverflowError):
        pass
    return ""


def load(stored: Mapping[str, Any] | None) -> TableState | None:
    """Load the state that `dump` made; None when there is none, or only a pending mark.

    Raises:
        UnreadableState: It has another format, or is damaged.
    """
    if stored is None or (isinstance(stored, dict) and not _holds_snapshot(stored)):
        return None
    found = stored.get("format") if isinstance(stored, dict) else None
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        why = ": a newer release of the tap wrote it" if newer else ""
        raise UnreadableState(f"its format is {_shown(found)}, this release writes {FORMAT}{why}")
    try:
        fields = msgspec.convert(stored, _Stored)
        rows = None if fields.rows is None else _unpack(fields.rows)
        for moment in filter(None, (fields.snapshot_at, fields.baseline_at, fields.pending)):
            _check_moment(moment)
    except (msgspec.MsgspecError, zlib.error, ValueError, IndexError, OverflowError):
        raise UnreadableState("it is damaged") from None
    if rows is not None and len(rows) != fields.count:
        raise UnreadableState("it is damaged: it does not hold as many rows as it says")
    members = {name: getattr(fields, name) for name in _Stored.__struct_fields__ if name != "format"}
    return TableState(**{**members, "rows": rows, "page_size": page_size_of(stored)})


def _holds_snapshot(stored: Mapping[str, Any]) -> bool:
    """Whether there is more than a mark and a page size: the first release wrote a mark alone."""
    members = {name: stored.get(name) for name in ("pending", "page_size")}
    # A release before this one may have written fewer members.
    return stored.keys() != {"pending"} and {**stored, **members} != {**msgspec.to_builtins(_NONE), **members}


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.40}"
    except (RecursionError, ValueError):
        return f"some {type(value).__name__}"


def _check_moment(moment: str) -> None:
    """Reject a date-time in any other form than `timestamp` makes, and the latest possible one: none can follow it."""
    following(moment)
    if normalized(moment) != moment:
        raise ValueError(moment)


def _pack(rows: Mapping[str, Version]) -> str:
    columns = Rows.of(rows)
    keys = sorted(columns)
    observed_at = columns.observed.of(keys)
    moments = sorted(set(observed_at))
    place = {moment: index for index, moment in enumerate(moments)}
    observed = list(map(place.__getitem__, observed_at))
    packed = _PackedRows(keys, moments, observed, b"".join(map(columns.fingerprints.__getitem__, keys)))
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(packed), 1)).decode("ascii")


def _unpack(text: str) -> Rows:
    unpacker = zlib.decompressobj()
    packed = unpacker.decompress(base64.b64decode(text, validate=True), _MAX_BYTES)
    if not unpacker.eof:
        raise ValueError("cut short, or larger than any state that this release writes")
    columns = _decode_rows(packed)
    for moment in columns.moments:
        _check_moment(moment)
    size = FINGERPRINT_BYTES
    if not len(columns.keys) * size == len(columns.fingerprints) == len(columns.observed) * size:
        raise ValueError("columns of different lengths")
    rows = Rows()
    rows.add(
        columns.keys,
        fingerprints_of(columns.fingerprints),
        list(map(columns.moments.__getitem__, columns.observed)),
    )
    return rows
