"""Parses lines into messages, without decoding records."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding import GenericSingerReader
from typing_extensions import override

from target_duckdb_bulk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Message(msgspec.Struct, gc=False):
    """A message, with its record still encoded.

    Attributes:
        type: The kind of the message.
        stream: The stream's name.
        record: The JSON of the record, in a RECORD message.
        time_extracted: When the tap read the record.
        version: The version of the table that the record belongs to.
    """

    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()
    time_extracted: str | None = None
    version: int | None = None


class Records(msgspec.Struct, gc=False):
    """Consecutive RECORD messages that differ in their records alone.

    Attributes:
        first: The first of them.
        records: The JSON of all their records.
    """

    first: Message
    records: list[bytes]


_decode = msgspec.json.Decoder(Message).decode

_BLOCK = 1 << 18


class NotAlike(Exception):
    """Messages have to be taken one by one; none of them has been taken."""


class _Envelope:
    """What stands before and after the record of a RECORD message.

    Args:
        message: The message.
        line: Its line, with the line break.
    """

    def __init__(self, message: Message, line: bytes) -> None:
        record = bytes(message.record)
        self._message = message
        self._head, _, self._tail = line.partition(record)
        # The same text elsewhere in the line could be taken for the record.
        self._is_sure = line.count(record) == 1
        self._between = self._tail + self._head

    def opened(self, block: bytes) -> Records | None:
        """The records of a block of lines, if each line differs from this message in its record alone.

        A record is whatever stands between: it has to be checked. One that is valid JSON is the message's record.
        """
        if not (self._is_sure and block.startswith(self._head) and block.endswith(self._tail)):
            return None
        records = block[len(self._head) : len(block) - len(self._tail)].split(self._between)
        return Records(self._message, records) if len(records) == block.count(b"\n") else None


class Reader(GenericSingerReader[Any]):
    """Reads messages from lines of bytes, or of text.

    Most taps send their records in messages that are otherwise alike. These are split at what stands between the
    records, so that the messages are not decoded one by one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._envelope: _Envelope | None = None

    @property
    @override
    def default_input(self) -> IO[Any]:
        return sys.stdin

    @override
    def process_lines(self, file_input: IO[Any] | None, callbacks: dict[Any, Callable[[Any], None]]) -> Counter[str]:
        given = file_input or self.default_input
        counts: Counter[str] = Counter()
        buffer = getattr(given, "buffer", None)
        if buffer is None:
            self._take(given, callbacks, counts)
            return counts
        with suppress(OSError):
            # Where a read does not wait, one that finds nothing would be taken for the end of the input.
            os.set_blocking(buffer.fileno(), True)
        for block in _blocks(buffer):
            if not self._take_together(block, callbacks, counts):
                self._take(io.BytesIO(block), callbacks, counts)
        return counts

    def _take_together(self, block: bytes, callbacks: dict[Any, Callable[[Any], None]], counts: Counter[str]) -> bool:
        """Take messages at once, unless they have to be taken one by one."""
        found = self._envelope.opened(block) if self._envelope else None
        if found is None:
            return False
        try:
            callbacks["RECORD"](found)
        except NotAlike:
            return False
        self._number += len(found.records)
        counts["RECORD"] += len(found.records)
        return True

    def _take(
        self, lines: Iterable[bytes | str], callbacks: dict[Any, Callable[[Any], None]], counts: Counter[str]
    ) -> None:
        """Take messages one by one."""
        message: Message | None = None
        line: bytes | str = b""
        for line in lines:
            self._number += 1
            try:
                message = _decode(line)
                kind = message.type
                content: Any = message if kind == "RECORD" else self.deserialize_json(line)
                if kind == "RECORD" and not message.record:
                    raise InputError(f"Line {self._number} of the input is a RECORD without a record.")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if not line.strip():
                    continue
                raise InputError(f"Line {self._number} of the input is not a Singer message: {error}.") from None
            if kind not in callbacks:
                raise InputError(f"Line {self._number} of the input is a message of the unknown type `{kind}`.")
            callbacks[kind](content)
            counts[kind] += 1
        self._envelope = None
        if isinstance(line, bytes) and message is not None and message.type == "RECORD":
            self._envelope = _Envelope(message, line)

    @staticmethod
    @override
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        # The message leaves out the line, which may hold personal data.
        if missing := requires - line_dict.keys():
            kind = line_dict.get("type", "SCHEMA")
            raise InputError(f"A {kind} of the input lacks `{min(missing)}`.")

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        decoded: dict[str, Any] = msgspec.json.decode(line)
        return decoded


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, as they come: never waits for more than one."""
    begun: list[bytes] = []
    while found := source.read1(_BLOCK):  # type: ignore[attr-defined]  # of every buffered reader
        whole, newline, rest = found.rpartition(b"\n")
        if newline:
            yield b"".join([*begun, whole, newline])
            begun = []
        begun.append(rest)
    if last := b"".join(begun):
        yield last
