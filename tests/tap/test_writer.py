"""Standard output: at any moment, only whole lines have been written."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_wix_users import writer
from tap_wix_users.writer import LineWriter

BUFFER = writer._BUFFER


@given(st.lists(st.integers(0, 300) | st.integers(BUFFER - 3, BUFFER + 3), max_size=60))
def test_many_lines_go_out_in_whole_lines(lengths: list[int]):
    """Each part ends with a line, and fits the buffer, unless it is one line that does not."""
    text = b"".join(b"x" * length + b"\n" for length in lengths)
    parts: list[bytes] = []

    class Out:
        """Records each write."""

        buffer: Any = None

        def write(self, part: bytes) -> None:
            parts.append(part)

    out = Out()
    out.buffer = out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        LineWriter().write_lines(text)
    assert b"".join(parts) == text
    assert all(part.endswith(b"\n") and (len(part) <= BUFFER or part.count(b"\n") == 1) for part in parts)
