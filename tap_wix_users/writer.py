"""Standard output: whole lines, and a clean end when the reader is gone."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, BinaryIO

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage, StateMessage
from typing_extensions import override

from tap_wix_users.signals import ENDING

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message

_BUFFER = 64 * 1024


class LineWriter(MsgSpecWriter):
    """Writes messages, and flushes after each one that a target acts on: not after every record.

    Attributes:
        state_bytes: Length of the last STATE message; 0 before the first.
    """

    _buffered: BinaryIO | None = None
    state_bytes = 0

    @property
    def _out(self) -> BinaryIO:
        out = sys.stdout.buffer
        if not isinstance(out, io.RawIOBase | io.BufferedWriter):
            return out
        if self._buffered is None:
            # Without a buffer (PYTHONUNBUFFERED, common in containers), a write may accept only a part of a line, and
            # Python's own is so small that every few lines wake the target.
            out.flush()
            self._buffered = os.fdopen(out.fileno(), "wb", buffering=_BUFFER, closefd=False)
        return self._buffered

    @override
    def write_message(self, message: Message) -> None:
        line = self.format_message(message)
        if isinstance(message, RecordMessage):
            self.write_line(line)
            return
        if isinstance(message, StateMessage):
            self.state_bytes = len(line) - line.endswith(b"\n")
        # A line that is longer than the buffer is written in parts, and a signal in between would cut it.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            self.write_line(line)
            self.flush()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def write_line(self, line: bytes | bytearray) -> None:
        """Write a message that is already serialized."""
        try:
            self._out.write(line)
        except OSError as error:
            raise TargetGone(error) from None

    def write_lines(self, text: bytes) -> None:
        """Write messages that are already serialized, each ending in a line break.

        Whole lines are written in portions that fit the buffer, so that a signal never cuts a line in two.
        """
        at = 0
        while at < len(text):
            end = text.rfind(b"\n", at, at + _BUFFER) + 1 or text.index(b"\n", at) + 1
            self.write_line(text[at:end])
            at = end

    def flush(self) -> None:
        """Flush what was written so far."""
        try:
            self._out.flush()
        except OSError as error:
            raise TargetGone(error) from None


class TargetGone(SystemExit):
    """The output cannot be written: the target is gone, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        self.reason = error.strerror
        super().__init__(1)
