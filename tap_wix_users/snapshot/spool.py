"""Rows held until their read is proved; large numbers of them are compressed, so that memory use stays flat."""

from __future__ import annotations

import zlib
from hashlib import blake2b
from itertools import chain
from struct import iter_unpack
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FINGERPRINT_BYTES = 8

_CHUNK = 256 * 1024
"""Bytes of JSON in a chunk: small enough to be cheap to hold, and long enough to compress well."""

_PLAIN_BYTES = 88 * 1024 * 1024
"""Bytes of JSON that stay uncompressed: compressing them costs more time than their memory is worth."""

_STEP = 128
"""Rows are added in groups of this size, so that a chunk stays near its size however many rows come at once."""


class Chunk(NamedTuple):
    """Consecutive rows.

    Attributes:
        keys: Their keys.
        fingerprints: A hash of the content of each, `FINGERPRINT_BYTES` long.
        text: The rows as JSON lines without their closing braces, since each gets more columns before it is sent; each
            ends in a line break.
    """

    keys: list[str]
    fingerprints: list[bytes]
    text: bytes


class _Packed(NamedTuple):
    keys: bytes
    fingerprints: bytes
    text: bytes


class Room:
    """Room for chunks that stay uncompressed, for all spools that are filled side by side.

    Attributes:
        left: How many more bytes of JSON they may have; the last of them may exceed it.
    """

    def __init__(self) -> None:
        self.left = _PLAIN_BYTES


class Spool:
    """Rows with their keys and fingerprints, in their order, as JSON lines.

    Args:
        room: Shared with other spools; None for one that is filled alone.
    """

    def __init__(self, room: Room | None = None) -> None:
        self._room = room or Room()
        self._plain: list[_Packed] = []
        self._compressed: list[_Packed] = []
        self._keys: list[str] = []
        self._fingerprints: list[bytes] = []
        self._lines: list[bytes] = []
        self._bytes = 0
        self._count = 0
        self._drained = False

    def __len__(self) -> int:
        return self._count

    def extend(self, keys: Sequence[str], lines: Sequence[bytes]) -> None:
        """Add rows.

        Args:
            keys: Their keys.
            lines: The rows as JSON with sorted member names, so that the same content is always the same line.
        """
        for at in range(0, len(keys), _STEP):
            part = lines[at : at + _STEP]
            self._keys += keys[at : at + _STEP]
            self._fingerprints += [blake2b(line, digest_size=FINGERPRINT_BYTES).digest() for line in part]
            self._lines += [line[:-1] for line in part]
            self._bytes += sum(map(len, part))
            self._count += len(part)
            if self._bytes >= _CHUNK:
                self._seal()

    def _seal(self) -> None:
        if not self._keys:
            return
        chunk = _Packed(_encode_keys(self._keys), b"".join(self._fingerprints), _text(self._lines))
        if self._room.left > 0:
            self._room.left -= len(chunk.text)
            self._plain.append(chunk)
        else:
            self._compressed.append(_deflated(chunk))
        self._keys, self._fingerprints, self._lines, self._bytes = [], [], [], 0

    def chunks(self) -> Iterator[Chunk]:
        """The rows, chunk by chunk.

        Raises:
            RowsGivenUp: They were drained.
        """
        self._check_whole()
        yield from map(_unpacked, chain(self._plain, map(_inflated, self._compressed)))
        if self._keys:
            yield Chunk(list(self._keys), list(self._fingerprints), _text(self._lines))

    def drain(self) -> Iterator[Chunk]:
        """The rows, chunk by chunk, for the last time: none is kept once it was taken, though all still count.

        Raises:
            RowsGivenUp: They were drained before.
        """
        self._check_whole()
        self._seal()
        self._drained = True
        while self._plain:
            yield _unpacked(self._plain.pop(0))
        while self._compressed:
            yield _unpacked(_inflated(self._compressed.pop(0)))

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """The rows' keys, and the rows as JSON.

        Raises:
            RowsGivenUp: They were drained.
        """
        for keys, _, text in self.chunks():
            yield from zip(keys, closed(text), strict=True)

    def _check_whole(self) -> None:
        # What is missing here would look as if it were gone.
        if self._drained:
            raise RowsGivenUp


class RowsGivenUp(RuntimeError):
    """Rows were asked for again after they had been given up: whoever reads them once more would miss some."""


def closed(text: bytes) -> list[bytes]:
    """The rows of a `Chunk`'s text, each as JSON."""
    return [line + b"}" for line in text.splitlines()]


def decode(line: bytes) -> dict[str, Any]:
    """Decode a row that `Spool.lines` yielded."""
    return _decode_row(line)


def fingerprints_of(joined: bytes) -> list[bytes]:
    """Split joined fingerprints."""
    return [fingerprint for (fingerprint,) in iter_unpack(f"{FINGERPRINT_BYTES}s", joined)]


def _text(lines: list[bytes]) -> bytes:
    # The encoded JSON contains no line breaks.
    return b"\n".join([*lines, b""])


def _deflated(chunk: _Packed) -> _Packed:
    return _Packed(zlib.compress(chunk.keys, 1), chunk.fingerprints, zlib.compress(chunk.text, 1))


def _unpacked(chunk: _Packed) -> Chunk:
    return Chunk(_decode_keys(chunk.keys), fingerprints_of(chunk.fingerprints), chunk.text)


def _inflated(chunk: _Packed) -> _Packed:
    return _Packed(zlib.decompress(chunk.keys), chunk.fingerprints, zlib.decompress(chunk.text))


_encode_keys = msgspec.json.encode
_decode_keys = msgspec.json.Decoder(list[str]).decode
_decode_row = msgspec.json.Decoder(dict[str, Any]).decode
