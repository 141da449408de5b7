"""Date-times: one fixed width, in which text sorts as time does."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_wix_users.wix.times import following, normalized, timestamp

FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

settled = settings(derandomize=True, database=None)
zones = st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(
    lambda offset: dt.timezone(dt.timedelta(minutes=offset // dt.timedelta(minutes=1)))
)
# A day from either end of the calendar, so that every zone's UTC is in it.
moments = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-11-24T10:20:30Z", "2024-11-24T10:20:30.000000Z"),
        ("2024-11-24T10:20:30.1Z", "2024-11-24T10:20:30.100000Z"),
        ("2024-11-24T10:20:30.12Z", "2024-11-24T10:20:30.120000Z"),
        ("2024-11-24T10:20:30.123Z", "2024-11-24T10:20:30.123000Z"),
        ("2024-11-24T10:20:30.1234Z", "2024-11-24T10:20:30.123400Z"),
        ("2024-11-24T10:20:30.123456Z", "2024-11-24T10:20:30.123456Z"),
        ("2024-11-24T10:20:30.123456789Z", "2024-11-24T10:20:30.123456Z"),
        ("2024-11-24T10:20:30.9999999Z", "2024-11-24T10:20:30.999999Z"),
    ],
)
def test_any_number_of_fraction_digits_becomes_six(text: str, expected: str):
    """Fractions are filled up, or cut off, to microseconds."""
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-11-24T10:20:30+02:00", "2024-11-24T08:20:30.000000Z"),
        ("2024-11-24T10:20:30.5-05:30", "2024-11-24T15:50:30.500000Z"),
        ("2024-12-31T23:30:00.000-01:00", "2025-01-01T00:30:00.000000Z"),
        ("2024-11-24T10:20:30.123+00:00", "2024-11-24T10:20:30.123000Z"),
        ("2024-11-24T10:20:30.123+0000", "2024-11-24T10:20:30.123000Z"),
    ],
)
def test_an_offset_is_turned_into_utc(text: str, expected: str):
    """The text of a moment is the same, whatever zone it came in."""
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-11-24T10:20:30", "2024-11-24T10:20:30.000000Z"),
        ("2024-11-24T10:20:30.123", "2024-11-24T10:20:30.123000Z"),
        ("2024-11-24 10:20", "2024-11-24T10:20:00.000000Z"),
        ("2024-11-24", "2024-11-24T00:00:00.000000Z"),
    ],
)
def test_without_a_zone_it_is_utc(text: str, expected: str):
    """The API's date-times are in UTC (docs/api-contract.md, section 1)."""
    assert normalized(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "yesterday",
        "1732436430",
        "24.11.2024 10:20",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-11-24T25:00:00Z",
        "2024-11-24T10:20:30Z\n",
        "2024-11-24T10:20:30.123ZZ",
        "10000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "2024-11-24T10:20:30,123Z",
        "2024-W01-1T00:00:00.000Z",
        "2024-11-24T24:00:00.000Z",
        "2024-12-31T23:59:60Z",
        "1710123112345",
        "17101231",
        "20241124T102030Z",
        "2024-11-24x10:20",
        "2024-11-24T10:20:30+00:00:30",
    ],
)
def test_what_is_no_moment_is_none(text: str):
    """Junk, dates that do not exist, and moments outside the calendar are none."""
    assert normalized(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000000Z"),
        ("0999-06-01T12:00:00+01:00", "0999-06-01T11:00:00.000000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999000Z"),
    ],
)
def test_far_years_keep_four_digits(text: str, expected: str):
    """The first and the last year of the calendar have the same width as any other."""
    assert normalized(text) == expected


@settled
@given(moments)
def test_every_moment_has_one_form(moment: dt.datetime):
    """A moment's text has a fixed width, and reads back as that moment and as itself."""
    text = timestamp(moment)
    assert FORM.fullmatch(text)
    assert dt.datetime.fromisoformat(text) == moment
    assert normalized(text) == text
    assert normalized(moment.isoformat()) == text


@settled
@given(moments, moments | st.none(), st.timedeltas(dt.timedelta(milliseconds=-2), dt.timedelta(milliseconds=2)))
def test_text_sorts_as_time_does(moment: dt.datetime, far: dt.datetime | None, distance: dt.timedelta):
    """Comparing texts is comparing moments, near and far."""
    other = far or moment + distance
    assert (timestamp(moment) < timestamp(other)) == (moment < other)
    assert (timestamp(moment) == timestamp(other)) == (moment == other)


def is_moment_or_none(result: str | None) -> bool:
    """Whether this is a moment in the one form, or nothing."""
    return result is None or (
        FORM.fullmatch(result) is not None and timestamp(dt.datetime.fromisoformat(result)) == result
    )


@settled
@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fullmatch=True))
def test_any_text_is_a_moment_or_none(text: str):
    """Whatever the API says, what comes out is a moment in the one form, or nothing."""
    assert is_moment_or_none(normalized(text))


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00T00:00:00.000Z",
        "2023-02-29T00:00:00.000Z",
        "2024-11-24T99:99:99.999Z",
        "2024x11x24T10x20x30.12xZ",
        "٢٠٢٤-11-24T10:20:30.123Z",
    ],
)
def test_what_is_no_moment_is_none_at_any_length(text: str):
    """Junk as long as the usual form is junk."""
    assert normalized(text) is None


@settled
@given(moments)
def test_the_following_moment_sorts_next(moment: dt.datetime):
    """Nothing fits between a moment and the one that follows it."""
    after = following(timestamp(moment))
    assert FORM.fullmatch(after)
    assert dt.datetime.fromisoformat(after) - moment == dt.timedelta(microseconds=1)
    assert timestamp(moment) < after
