"""The pictures."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET

from wix_access_review import charts
from wix_access_review.changes import Bucket

BUCKETS = [Bucket(dt.date(2026, 1, 1), gained=3, lost=1), Bucket(dt.date(2026, 2, 1), lost=12)]
ROLES = [("Ow$ner & <b>$ 🎉", 3, True), ("علي", 2, False), ("Editor " * 9, 1, False), ("\x01\n", 0, False)]


def _both():
    return charts.timeline(BUCKETS, "month"), charts.roles(ROLES)


def _texts(svg):
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_equal_figures_make_equal_pictures():
    """No chance and no clock is in them, and they share no id in one page."""
    first, second = _both(), _both()
    assert first == second
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in first]
    assert all(ids)
    assert set(ids[0]) & set(ids[1]) == set()


def test_pictures_are_text_and_well_formed():
    """Names are text, escaped and cut; letters of no font and letters that control make no error."""
    _, roles = _both()
    ET.fromstring(roles.replace("<svg ", '<svg xmlns:xlink="x" ', 1))  # noqa: S314  # made here
    assert _texts(roles) == [
        "Ow$ner &amp; &lt;b&gt;$ 🎉",
        "علي",
        "Editor Editor Editor Editor E…",
        "(no name)",
        "3",
        "2",
        "1",
        "0",
    ]


def test_pictures_take_their_colours_from_the_page():
    """No colour is left that the page does not set, and no style or metadata that would hold for all of it."""
    for svg in _both():
        assert re.findall(r"#[0-9a-fA-F]{6}\b", svg) == []
        assert "var(--ink)" in svg
        assert re.findall("<style|<metadata|<image|http", svg) == []


def test_what_is_lost_hangs_down_and_is_counted_upwards():
    """The axis has no negative numbers."""
    timeline, _ = _both()
    assert [text for text in _texts(timeline) if text.startswith(("-", "\u2212"))] == []
    assert {"gained", "lost", "grants, by month"} <= set(_texts(timeline))


def test_nothing_makes_no_picture():
    """Without figures there is nothing to see."""
    assert (charts.timeline([], "day"), charts.roles([])) == ("", "")
