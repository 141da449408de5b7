"""Rows held until their read is proved, compressed where they are many, so that memory stays flat."""

from __future__ import annotations

import zlib
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 256 * 1024
"""Bytes of JSON that are compressed at once: 100 pages or so of memory, and long enough to compress well."""


_PLAIN_CHUNKS = 128
"""So many chunks (32 MB) stay as they are: compressing costs time, and they do not matter."""


class Spool:
    """Rows with their keys, in their order, as compressed lines of JSON."""

    def __init__(self) -> None:
        self._plain: list[bytes] = []
        self._chunks: list[bytes] = []
        self._open = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, key: str, line: bytes) -> None:
        """Add a row, as JSON."""
        # JSON holds no tab and no line break of its own. Sorted, so that the same content is always the same line.
        self._open += b"%b\t%b\n" % (_encode(key), line)
        self._count += 1
        if len(self._open) >= _CHUNK:
            if len(self._plain) < _PLAIN_CHUNKS:
                self._plain.append(bytes(self._open))
            else:
                self._chunks.append(zlib.compress(self._open, 1))
            self._open = bytearray()

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """The rows' keys, and the rows as JSON, their names sorted: the same content is always the same text."""
        for chunk in chain(self._plain, map(zlib.decompress, self._chunks), (bytes(self._open),)):
            for line in chunk.splitlines():
                key, _, row = line.partition(b"\t")
                yield _decode_key(key), row


def decode(line: bytes) -> dict[str, Any]:
    """A row that `Spool.lines` gave."""
    return _decode_row(line)


_encode = msgspec.json.Encoder(order="sorted").encode
_decode_key = msgspec.json.Decoder(str).decode
_decode_row = msgspec.json.Decoder(dict[str, Any]).decode
