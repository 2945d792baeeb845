"""The calendar of a campaign: what is unwise about its days is said, with the day on which a text really goes."""

from datetime import date, time

import pytest

from outreach.calendar import PlannedWave, Setting, course, last_day, lint, next_open
from outreach.hours import Window

NO_DATABASE = True
DEC = 12


def day(number: int, month: int = DEC, year: int = 2025) -> date:
    return date(year, month, number)


def setting(**values) -> Setting:
    return Setting(**{"window": Window(), "state": "AL", "steps": (3, 7, 14), "moves_on": date(2026, 1, 31)} | values)


def codes(waves, rules: Setting) -> list[str]:
    return [warning.code for warning in lint(waves, rules)]


EARLIER_PLAN = [
    PlannedWave("Pilot", day(16), 50, is_pilot=True),
    PlannedWave("Wave 1", day(9), 460),
    PlannedWave("Wave 2", day(10), 460),
    PlannedWave("Wave 3", day(11), 464),
]


@pytest.mark.parametrize("moves_on", [date(2025, 12, 31), date(2026, 1, 1)])
def test_the_earlier_systems_own_plan_gets_five_warnings(moves_on):
    found = lint(EARLIER_PLAN, setting(moves_on=moves_on))
    assert [warning.code for warning in found] == [
        "pilot_late", "closed_day", "closed_day", "little_time", "little_time",
    ]  # fmt: skip
    said = " ".join(warning.sentence for warning in found)
    for fact in (
        "pilot of Tue 12/16/2025 comes after Wave 1 of Tue 12/09/2025",
        "Wave 3, day 3, falls on Sun 12/14/2025, when no texts go out. It goes out on Mon 12/15/2025",
        "Wave 3, day 14, falls on Thu 12/25/2025, Christmas Day. It goes out on Fri 12/26/2025",
        "Pilot: its last text goes out on Tue 12/30/2025",
        "Wave 3: its last text goes out on Fri 12/26/2025",
    ):
        assert fact in said


def test_where_no_text_goes_out_on_saturdays_the_earlier_plan_gets_one_more():
    found = codes(EARLIER_PLAN, setting(window=Window(days=frozenset(range(5))), moves_on=date(2026, 1, 1)))
    assert found.count("closed_day") == 3


def test_a_sound_plan_gets_no_warning():
    waves = [PlannedWave("Pilot", day(1), 50, is_pilot=True), PlannedWave("Wave 1", day(8), 400)]
    assert lint(waves, setting(steps=(3, 7, 15))) == []


def test_a_pilot_on_the_day_of_the_rest_teaches_nothing():
    waves = [PlannedWave("Pilot", day(8), 50, is_pilot=True), PlannedWave("Wave 1", day(8), 400)]
    assert "on the same day as" in lint(waves, setting())[0].sentence


@pytest.mark.parametrize(
    ("first", "steps", "expected"),
    [
        (8, (3, 4), ["too_close"]),
        (8, (3, 3), ["too_close"]),
        (9, (2, 4, 6), ["week_full"]),
        (9, (2, 4, 7), []),
        (11, (3, 4), ["closed_day", "too_close"]),  # both on Monday: day 3 is a Sunday
        (8, (2, 5, 8, 11), ["too_many_steps"]),
    ],
)
def test_texts_too_near_to_each_other_are_found_on_the_days_they_really_go(first, steps, expected):
    assert codes([PlannedWave("Wave 1", day(first), 10)], setting(steps=steps)) == expected


@pytest.mark.parametrize(
    ("moves_on", "expected"),
    [
        (day(22), ["after_the_move"]),
        (day(23), ["little_time"]),
        (day(28), ["little_time"]),
        (day(29), []),
        (day(8), ["after_the_move"]),
        (None, []),
    ],
)
def test_the_last_text_leaves_a_week_for_calls_and_letters(moves_on, expected):
    """The last text goes out on Monday, December 22."""
    assert codes([PlannedWave("Wave 1", day(8), 10)], setting(moves_on=moves_on)) == expected


def test_a_day_that_has_passed_is_said():
    assert codes([PlannedWave("Wave 1", day(8), 10)], setting(today=day(9))) == ["past"]


def test_a_wave_on_a_closed_day_moves_its_reminders_with_it():
    days = course(PlannedWave("Wave 1", day(7), 10), setting(steps=(3,)))
    assert days.wanted == (day(7), day(11))
    assert days.actual == (day(8), day(11))


def test_more_texts_than_the_limit_lets_through_end_after_the_move():
    waves = [PlannedWave("Wave 1", day(8), 1000)]
    rules = setting(steps=(), moves_on=day(12), texts_a_day=200)
    assert last_day([course(waves[0], rules)], rules) == day(12)
    assert codes(waves, rules) == ["little_time", "does_not_fit"]
    assert codes(waves, setting(steps=(), moves_on=day(20), texts_a_day=200)) == []


def test_waves_of_which_one_is_far_away_end_with_the_later_one():
    rules = setting(steps=(), texts_a_day=10)
    courses = [course(PlannedWave("Wave", start, 10), rules) for start in (day(1), day(22))]
    assert last_day(courses, rules) == day(22)


def test_a_practice_that_never_texts_ends_too():
    rules = setting(window=Window(start=time(9), end=time(10), days=frozenset({7})), state="AL")
    assert next_open(day(8), rules) == day(8)
    assert codes([PlannedWave("Wave 1", day(8), 10)], rules)
