"""The texting hours against a second opinion that shares neither their tables nor their way of reckoning.

Here a moment is judged from its local time alone, with holidays found by arithmetic; the program looks it up
among the moments of a month at which the answer changes. The full million: `manage.py test -m long`.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from outreach.hours import UNKNOWN_ZONES, allowed, zones_for

NO_DATABASE = True

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
PLACES = [
    ("America/New_York",), ("America/Detroit",), ("America/Indiana/Indianapolis",), ("America/Kentucky/Louisville",),
    ("America/Chicago",), ("America/Indiana/Tell_City",), ("America/Denver",), ("America/Boise",),
    ("America/Phoenix",), ("America/Los_Angeles",), ("America/Anchorage",), ("America/Adak",), ("Pacific/Honolulu",),
    ("America/Puerto_Rico",), ("Pacific/Guam",), ("Pacific/Pago_Pago",), ("America/Chicago", "America/New_York"),
    ("America/Denver", "America/Phoenix"), UNKNOWN_ZONES, (),
]  # fmt: skip
ZIPS = ["35203", "36867", "32401", "46201", "47601", "85001", "86001", "96813", "83501", "99501", "00901", "09012", ""]
AREAS = ["+12055550123", "+13345550123", "+18505550123", "+13175550123", "+16025550123", "+18085550123",
         "+18005550123", "+14155550123", ""]  # fmt: skip
OPENS, ENDS = 9, 20
zone_info = cache(ZoneInfo)


@cache
def closed(day: date) -> bool:
    """A Sunday, or a holiday of the United States (5 U.S.C. 6103) or of Alabama."""
    return day.weekday() == 6 or federal(day) or alabama(day)


def federal(day: date) -> bool:
    return by_rule(day) or any(fixed(day + timedelta(days=shift), day) for shift in (-1, 0, 1))


def by_rule(day: date) -> bool:
    """Martin Luther King, Washington, Memorial, Labor, Columbus and Thanksgiving Day."""
    monday, nth = day.weekday() == 0, (day.day + 6) // 7
    ordinary = {(1, 3), (2, 3), (9, 1), (10, 2)}
    last_of_may = day.month == 5 and day.day > 24
    return (monday and ((day.month, nth) in ordinary or last_of_may)) or (day.month, nth, day.weekday()) == (11, 4, 3)


def fixed(holiday: date, kept: date) -> bool:
    """Whether a holiday of a fixed date is kept that day: itself, or the Friday before or Monday after it."""
    if (holiday.month, holiday.day) not in {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}:
        return False
    moved = {5: -1, 6: 1}.get(holiday.weekday(), 0)
    return kept in (holiday, holiday + timedelta(days=moved))


def alabama(day: date) -> bool:
    """Confederate Memorial Day and Jefferson Davis' birthday."""
    return day.weekday() == 0 and (day.month, (day.day + 6) // 7) in {(4, 4), (6, 1)}


def inside(moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    return OPENS <= local.hour < ENDS and not closed(local.date())


def open_everywhere(moment: datetime, zones: tuple[str, ...]) -> bool:
    return all(inside(moment, zone_info(zone)) for zone in zones or UNKNOWN_ZONES)


def pairs(count: int, seed: int) -> Iterator[tuple[tuple[str, ...], datetime]]:
    """Zones and moments: half of the moments anywhere, half within seconds of an edge of some day."""
    chance = random.Random(seed)
    days = (LAST - FIRST).days
    begin = datetime.combine(FIRST, datetime.min.time(), UTC)
    edges = [datetime.combine(FIRST, datetime.min.time()).replace(hour=hour) for hour in (0, 8, 9, 12, 20, 21)]
    for number in range(count):
        zones = zones_for(chance.choice(ZIPS), chance.choice(AREAS)) if number % 4 == 0 else chance.choice(PLACES)
        if number % 2:
            yield zones, begin + timedelta(seconds=int(chance.random() * days * 86400))
            continue
        local = chance.choice(edges) + timedelta(days=int(chance.random() * days))
        near = local.replace(tzinfo=zone_info(chance.choice(zones or UNKNOWN_ZONES))).astimezone(UTC)
        yield zones, near + timedelta(microseconds=chance.choice((-1, 0, 1, -1_000_000, 1_000_000)))


def compare(count: int, seed: int) -> tuple[int, int]:
    """How many were compared, and how many of them were open."""
    opened = 0
    for zones, moment in pairs(count, seed):
        verdict, expected = allowed(moment, zones=zones, state="AL"), open_everywhere(moment, zones)
        assert verdict.ok is expected, (zones, moment.isoformat(), verdict.words)
        opened += expected
    return count, opened


def test_no_text_goes_out_outside_the_hours_in_50_000_tries():
    compared, opened = compare(50_000, seed=1)
    assert compared == 50_000
    assert 0.2 < opened / compared < 0.5, "both answers are well tried"


@pytest.mark.long
def test_no_text_goes_out_outside_the_hours_in_a_million_tries():
    compared, opened = compare(1_000_000, seed=2)
    assert compared == 1_000_000
    assert 0.2 < opened / compared < 0.5, "both answers are well tried"


def test_the_next_opening_is_the_first_one():
    """The hours open nowhere but at nine in one of the zones, so that no other moment needs a look."""
    for zones, moment in pairs(3_000, seed=3):
        opening = allowed(moment, zones=zones, state="AL").next_opening
        assert open_everywhere(opening, zones), (zones, moment.isoformat())
        if opening == moment:
            continue
        assert not open_everywhere(moment, zones)
        for zone in zones or UNKNOWN_ZONES:
            nine = moment.astimezone(zone_info(zone)).replace(hour=OPENS, minute=0, second=0, microsecond=0)
            while nine < opening:
                assert nine < moment or not open_everywhere(nine, zones), (zones, moment.isoformat())
                nine += timedelta(days=1)


def test_the_holidays_found_by_arithmetic_are_the_known_ones():
    days = [FIRST + timedelta(days=n) for n in range(366)]
    known = "01-01 01-19 02-16 04-27 05-25 06-01 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25 01-01"
    assert " ".join(f"{day:%m-%d}" for day in days if federal(day) or alabama(day)) == known
