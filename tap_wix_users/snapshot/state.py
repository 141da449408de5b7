"""The state of one table of one account: what the last complete snapshot held, and its compact form.

The form is versioned. A state of another format is named and read as no state, never a crash: the next run then takes
a new baseline.
"""

from __future__ import annotations

import base64
import zlib
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
_MOST_INFLATION = 64

_MOST_BYTES = 1 << 30
"""What rows may unpack to: some ten million of them. A few kilobytes can be made to unpack to any size."""


class Version(NamedTuple):
    """One version of a row.

    Attributes:
        fingerprint: Hash of its content, `FINGERPRINT_BYTES` long.
        observed_at: The snapshot that first saw it.
    """

    fingerprint: bytes
    observed_at: str


class Rows(Mapping[str, Version]):
    """The versions of rows by record key, held by column: what is done to all rows at once costs little for each.

    Args:
        fingerprints: The fingerprint of each row.
        observed: The snapshot that first saw this version of it.
    """

    def __init__(self, fingerprints: dict[str, bytes], observed: dict[str, str]) -> None:
        self.fingerprints = fingerprints
        self.observed = observed

    @classmethod
    def of(cls, rows: Mapping[str, Version]) -> Rows:
        """These rows, by column."""
        if isinstance(rows, Rows):
            return rows
        return cls(
            {key: version.fingerprint for key, version in rows.items()},
            {key: version.observed_at for key, version in rows.items()},
        )

    def __getitem__(self, key: str) -> Version:
        return Version(self.fingerprints[key], self.observed[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.fingerprints)

    def __len__(self) -> int:
        return len(self.fingerprints)

    def add(self, keys: Sequence[str], fingerprints: Sequence[bytes], observed: Sequence[str]) -> None:
        """Add rows, or take these versions for theirs."""
        self.fingerprints.update(zip(keys, fingerprints, strict=True))
        self.observed.update(zip(keys, observed, strict=True))


@dataclass(frozen=True)
class TableState:
    """What the last complete snapshot of a table in an account held.

    Attributes:
        snapshot_at: When that snapshot began.
        baseline_at: The snapshot since which every current row has been sent.
        content: Names what fingerprints are made of; those of another content cannot be compared.
        emitted: Names how rows are sent; rows that were sent otherwise have to be sent again.
        count: Rows of the snapshot.
        rows: Version by record key; None when there were too many to keep.
        pending: The snapshot that wrote something since which this state does not cover; empty when none did.
        page_size: The page size that was found out for its list; None where it was the setting's, or none matters.
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
    """A state as JSON holds it: every member, since who merges states never takes one away."""

    format: int
    snapshot_at: str
    baseline_at: str
    content: str
    emitted: str
    count: int
    rows: str | None = None
    pending: str = ""
    page_size: PageSize | None = None


class _Rows(msgspec.Struct, array_like=True):
    """Rows by column, sorted by key: what is alike stands together, and compresses."""

    keys: list[str]
    moments: list[str]
    observed: list[int]
    fingerprints: bytes


_decode_rows = msgspec.msgpack.Decoder(_Rows).decode


def dump(state: TableState) -> dict[str, Any]:
    """The state as JSON can hold it."""
    rows = None if state.rows is None else _pack(state.rows)
    members = {name: getattr(state, name) for name in _Stored.__struct_fields__ if name not in {"format", "rows"}}
    stored = _Stored(format=FORMAT, rows=rows, **members)
    result: dict[str, Any] = msgspec.to_builtins(stored)
    return result


_NONE = msgspec.convert(msgspec.to_builtins(_Stored(FORMAT, "", "", "", "", 0)), _Stored)
"""No state: what is next to a mark when there is nothing to mark.

Converted here, since states are read in several threads: msgspec cannot learn a class in two at once.
"""


def mark(stored: Mapping[str, Any] | None, at: str) -> dict[str, Any]:
    """A stored state, or none, with the mark that a snapshot writes what the state does not cover.

    Args:
        stored: What `dump` made; None when there is no state.
        at: When the snapshot began.
    """
    return {**msgspec.to_builtins(_NONE), **(stored or {}), "pending": at}


def marked_at(stored: Any) -> str:
    """The snapshot that a mark speaks of, also beside no state; empty without one.

    Args:
        stored: What `dump` or `mark` made, or whatever stands in its place.
    """
    moment = stored.get("pending") if isinstance(stored, dict) else None
    return moment if isinstance(moment, str) and normalized(moment) == moment else ""


def load(stored: Mapping[str, Any] | None) -> TableState | None:
    """The state that `dump` made; None when there is none, or nothing but a mark.

    Raises:
        UnreadableState: It is of another format, or damaged.
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
        raise UnreadableState("it is damaged: its rows are not as many as it says")
    learnt = fields.page_size if fields.page_size and 0 < fields.page_size.holds <= fields.page_size.wanted else None
    members = {name: getattr(fields, name) for name in _Stored.__struct_fields__ if name != "format"}
    return TableState(**{**members, "rows": rows, "page_size": learnt})


def _holds_snapshot(stored: Mapping[str, Any]) -> bool:
    """Whether there is more than a mark: the first release wrote that alone, this one beside empty members."""
    empty = {**msgspec.to_builtins(_NONE), "pending": stored.get("pending")}
    # A release before this one may have written fewer members.
    return stored.keys() != {"pending"} and {"page_size": None, **stored} != empty


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.40}"
    except (RecursionError, ValueError):
        return f"some {type(value).__name__}"


def _check_moment(moment: str) -> None:
    """Refuse a date-time of another form than `timestamp` makes, or one that nothing can follow."""
    following(moment)
    if normalized(moment) != moment:
        raise ValueError(moment)


def _pack(rows: Mapping[str, Version]) -> str:
    columns = Rows.of(rows)
    keys = sorted(columns)
    moments = sorted(set(columns.observed.values()))
    place = {moment: index for index, moment in enumerate(moments)}
    observed = [place[moment] for moment in map(columns.observed.__getitem__, keys)]
    packed = _Rows(keys, moments, observed, b"".join(map(columns.fingerprints.__getitem__, keys)))
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(packed), 1)).decode("ascii")


def _inflated(packed: bytes) -> bytes:
    """What was packed. Fingerprints cannot be compressed: what inflates further than rows do is none of ours."""
    inflate = zlib.decompressobj()
    found = inflate.decompress(packed, _MOST_INFLATION * len(packed) + 2**20)
    if not inflate.eof:
        raise ValueError("it is cut short, or inflates without end")
    return found


def _unpack(text: str) -> Rows:
    unpacker = zlib.decompressobj()
    packed = unpacker.decompress(base64.b64decode(text, validate=True), _MOST_BYTES)
    if not unpacker.eof:
        raise ValueError("cut short, or larger than any state that this release writes")
    columns = _decode_rows(packed)
    for moment in columns.moments:
        _check_moment(moment)
    size = FINGERPRINT_BYTES
    if not len(columns.keys) * size == len(columns.fingerprints) == len(columns.observed) * size:
        raise ValueError("columns of different lengths")
    observed = map(columns.moments.__getitem__, columns.observed)
    return Rows(
        dict(zip(columns.keys, fingerprints_of(columns.fingerprints), strict=True)),
        dict(zip(columns.keys, observed, strict=True)),
    )
