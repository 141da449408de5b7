"""Sends rows: as finished JSON where nothing changes them, otherwise one by one through the stream's maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_wix_users.snapshot.spool import closed, decode
from tap_wix_users.tables.models import OBSERVED_AT, SNAPSHOT_AT
from tap_wix_users.wix.times import timestamp

if TYPE_CHECKING:
    import datetime as dt

    from tap_wix_users.sdk import SdkStream


class RowSender:
    """Sends the rows of one read.

    Args:
        stream: Their stream.
        extracted_at: When the read began.
        snapshot_at: The snapshot that sends them.

    Attributes:
        sent: How many were sent.
    """

    def __init__(self, stream: SdkStream, extracted_at: dt.datetime, snapshot_at: str) -> None:
        self._stream = stream
        self._extracted_at = extracted_at
        self._snapshot_at = snapshot_at
        self._is_mapped = stream.is_mapped
        self.sent = 0
        if not self._is_mapped:
            alias, version = stream.stream_maps[0].stream_alias, stream.version
            self._head = b'{"type":"RECORD","stream":%b,"record":' % msgspec.json.encode(alias)
            self._tail = b',"snapshot_at":"%b"}%b,"time_extracted":"%b"}\n' % (
                snapshot_at.encode(),
                b"" if version is None else b',"version":%d' % version,
                timestamp(extracted_at).encode(),
            )

    def send(self, text: bytes, observed_at: str, count: int) -> None:
        """Send rows.

        Args:
            text: Their columns as JSON lines without closing braces, as in `spool.Chunk`.
            observed_at: The snapshot that first saw these versions of them.
            count: The number of rows.

        Raises:
            MapFailed: A stream map could not be applied.
        """
        if self._is_mapped:
            seen = {OBSERVED_AT: observed_at, SNAPSHOT_AT: self._snapshot_at}
            for line in closed(text):
                self._stream.send({**decode(line), **seen}, self._extracted_at)
                self.sent += 1
            return
        # The rows' JSON is not decoded: the end of each line becomes the rest of its message and the head of the next.
        between = b',"observed_at":"%b"%b%b' % (observed_at.encode(), self._tail, self._head)
        rest = memoryview(text.replace(b"\n", between))
        self._stream.writer.write_lines(b"".join([self._head, rest[: -len(self._head)]]))
        self.sent += count
