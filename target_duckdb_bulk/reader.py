"""Parses lines into messages, without decoding records."""

from __future__ import annotations

import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding import GenericSingerReader
from typing_extensions import override

from target_duckdb_bulk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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


_decode = msgspec.json.Decoder(Message).decode


class Reader(GenericSingerReader[Any]):
    """Reads messages from lines of bytes, or of text."""

    @property
    @override
    def default_input(self) -> IO[Any]:
        return sys.stdin

    @override
    def process_lines(self, file_input: IO[Any] | None, callbacks: dict[Any, Callable[[Any], None]]) -> Counter[str]:
        given = file_input or self.default_input
        lines: Iterable[bytes | str] = getattr(given, "buffer", given)
        counts: Counter[str] = Counter()
        for number, line in enumerate(lines, 1):
            try:
                message = _decode(line)
                kind = message.type
                content: Any = message if kind == "RECORD" else self.deserialize_json(line)
                if kind == "RECORD" and not message.record:
                    raise InputError(f"Line {number} of the input is a RECORD without a record.")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if not line.strip():
                    continue
                raise InputError(f"Line {number} of the input is not a Singer message: {error}.") from None
            if kind not in callbacks:
                raise InputError(f"Line {number} of the input is a message of the unknown type `{kind}`.")
            callbacks[kind](content)
            counts[kind] += 1
        return counts

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
