"""Rows held until their read is proved, compressed where they are many, so that memory stays flat."""

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
"""Bytes of JSON that are compressed at once: 100 pages or so of memory, and long enough to compress well."""

_PLAIN_CHUNKS = 128
"""So many chunks (32 MB) stay as they are: compressing costs time, and they do not matter."""

_STEP = 128
"""So many rows are added at once, that a chunk stays one whatever comes in."""


class Chunk(NamedTuple):
    """Rows that stand together.

    Attributes:
        keys: Their keys.
        fingerprints: A hash of the content of each, `FINGERPRINT_BYTES` long.
        text: The rows as lines of JSON, each with its end.
    """

    keys: list[str]
    fingerprints: list[bytes]
    text: bytes


class _Packed(NamedTuple):
    keys: bytes
    fingerprints: bytes
    text: bytes


class Spool:
    """Rows with their keys and fingerprints, in their order, as lines of JSON."""

    def __init__(self) -> None:
        self._plain: list[_Packed] = []
        self._compressed: list[_Packed] = []
        self._keys: list[str] = []
        self._fingerprints: list[bytes] = []
        self._text = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, keys: Sequence[str], lines: Sequence[bytes]) -> None:
        """Add rows.

        Args:
            keys: Their keys.
            lines: The rows as JSON, their names sorted, so that the same content is always the same line.
        """
        for at in range(0, len(keys), _STEP):
            part = lines[at : at + _STEP]
            self._keys += keys[at : at + _STEP]
            self._fingerprints += [blake2b(line, digest_size=FINGERPRINT_BYTES).digest() for line in part]
            # JSON holds no line break of its own.
            self._text += b"\n".join(part) + b"\n"
            self._count += len(part)
            if len(self._text) >= _CHUNK:
                self._seal()

    def _seal(self) -> None:
        chunk = _Packed(_encode_keys(self._keys), b"".join(self._fingerprints), bytes(self._text))
        if len(self._plain) < _PLAIN_CHUNKS:
            self._plain.append(chunk)
        else:
            self._compressed.append(
                _Packed(zlib.compress(chunk.keys, 1), chunk.fingerprints, zlib.compress(chunk.text, 1))
            )
        self._keys, self._fingerprints, self._text = [], [], bytearray()

    def chunks(self) -> Iterator[Chunk]:
        """The rows, some at once."""
        for keys, fingerprints, text in chain(self._plain, map(_inflated, self._compressed)):
            yield Chunk(_decode_keys(keys), fingerprints_of(fingerprints), text)
        if self._keys:
            yield Chunk(list(self._keys), list(self._fingerprints), bytes(self._text))

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """The rows' keys, and the rows as JSON."""
        for keys, _, text in self.chunks():
            yield from zip(keys, text.splitlines(), strict=True)


def decode(line: bytes) -> dict[str, Any]:
    """A row that `Spool.lines` gave."""
    return _decode_row(line)


def fingerprints_of(joined: bytes) -> list[bytes]:
    """Fingerprints that were joined, each for itself."""
    return [fingerprint for (fingerprint,) in iter_unpack(f"{FINGERPRINT_BYTES}s", joined)]


def _inflated(chunk: _Packed) -> _Packed:
    return _Packed(zlib.decompress(chunk.keys), chunk.fingerprints, zlib.decompress(chunk.text))


_encode_keys = msgspec.json.encode
_decode_keys = msgspec.json.Decoder(list[str]).decode
_decode_row = msgspec.json.Decoder(dict[str, Any]).decode
