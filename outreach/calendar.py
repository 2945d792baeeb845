"""What is unwise about the days of a campaign, in sentences. Pure: it is given everything it needs.

It never forbids: texts due on a closed day go out on the next open one, and a person may know better.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from outreach.gate import TEXTS_A_WEEK
from outreach.hours import HOLIDAYS, Window, holidays_on

ROOM_AT_THE_END = 7  # days for calls and letters between the last text and the move
BETWEEN_STEPS = 2
LONGEST = 370


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """`size` first texts; `name` as people read it: Pilot, Wave 1."""

    name: str
    starts_on: date
    size: int
    is_pilot: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What the days are judged by. `steps` are days after the first text, without 0.

    `moves_on` is the first day at the new practice; `texts_a_day` what Spruce's last known limit lets through.
    """

    window: Window
    state: str
    steps: tuple[int, ...] = ()
    moves_on: date | None = None
    today: date | None = None
    texts_a_day: int | None = None
    most_texts: int = 4


class Warning(NamedTuple):
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Course:
    """The days on which one wave's texts really go out, the first text at place 0."""

    wave: PlannedWave
    wanted: tuple[date, ...] = field(default=())
    actual: tuple[date, ...] = field(default=())


def lint(waves: Sequence[PlannedWave], setting: Setting) -> list[Warning]:
    """`waves` in the order in which they are sent."""
    courses = [course(wave, setting) for wave in waves]
    return [
        *_past(waves, setting),
        *_pilot_too_late(waves),
        *(warning for each in courses for warning in _closed_days(each, setting)),
        *_crowded(courses, setting),
        *(warning for each in courses for warning in _near_the_move(each, setting)),
        *_too_many(courses, setting),
    ]


def course(wave: PlannedWave, setting: Setting) -> Course:
    """Reminders count from the day on which the first text really goes out."""
    first = next_open(wave.starts_on, setting)
    wanted = (wave.starts_on, *(first + timedelta(days=step) for step in setting.steps))
    return Course(wave, wanted, tuple(next_open(day, setting) for day in wanted))


def next_open(day: date, setting: Setting) -> date:
    """The day itself, or the next on which texts may go out; the day itself if there is none for a year."""
    coming = (day + timedelta(days=n) for n in range(LONGEST))
    return next((each for each in coming if not closed(each, setting)), day)


def closed(day: date, setting: Setting) -> str:
    """Why no text goes out on a day, in words that follow its date; empty on an open day."""
    holiday = holidays_on(day, setting.state)
    if holiday and HOLIDAYS not in setting.window.days:
        return holiday
    if day.weekday() not in setting.window.days:
        return "when no texts go out"
    return ""


def words(day: date) -> str:
    return f"{day:%a %m/%d/%Y}"


def _past(waves: Sequence[PlannedWave], setting: Setting) -> Iterator[Warning]:
    for wave in waves:
        if setting.today and wave.starts_on < setting.today:
            yield Warning("past", f"{wave.name} is dated {words(wave.starts_on)}, which has passed.")


def _pilot_too_late(waves: Sequence[PlannedWave]) -> Iterator[Warning]:
    pilot = next((wave for wave in waves if wave.is_pilot), None)
    others = [wave for wave in waves if not wave.is_pilot]
    first = min(others, key=lambda wave: wave.starts_on, default=None)
    if pilot is None or first is None or pilot.starts_on < first.starts_on:
        return
    when = "on the same day as" if pilot.starts_on == first.starts_on else "after"
    yield Warning(
        "pilot_late",
        f"The pilot of {words(pilot.starts_on)} comes {when} {first.name} of {words(first.starts_on)}, so nobody can "
        "learn from it. Date it some days earlier.",
    )


def _closed_days(course: Course, setting: Setting) -> Iterator[Warning]:
    for step, wanted, actual in zip((0, *setting.steps), course.wanted, course.actual, strict=True):
        if reason := closed(wanted, setting):
            what = f"{course.wave.name}, day {step}," if step else course.wave.name
            yield Warning(
                "closed_day", f"{what} falls on {words(wanted)}, {reason}. It goes out on {words(actual)} instead."
            )


def _crowded(courses: list[Course], setting: Setting) -> Iterator[Warning]:
    """Said once for all waves, with the first wave that shows it."""
    if len(setting.steps) + 1 > setting.most_texts:
        yield Warning(
            "too_many_steps",
            f"The campaign has {len(setting.steps) + 1} texts, but a number gets at most {setting.most_texts} of one "
            "campaign. The last ones are left out.",
        )
    yield from _first_of_each(warning for course in courses for warning in _crowded_course(course, setting))


def _first_of_each(warnings: Iterator[Warning]) -> list[Warning]:
    first: dict[str, Warning] = {}
    for warning in warnings:
        first.setdefault(warning.code, warning)
    return list(first.values())


def _crowded_course(course: Course, setting: Setting) -> Iterator[Warning]:
    for (step, day), (later, next_day) in pairwise(zip((0, *setting.steps), course.actual, strict=True)):
        if (next_day - day).days < BETWEEN_STEPS:
            yield Warning(
                "too_close",
                f"{course.wave.name}: the texts of day {step} and day {later} go out on {words(day)} and "
                f"{words(next_day)}, less than {BETWEEN_STEPS} days apart.",
            )
    for place in range(TEXTS_A_WEEK, len(course.actual)):
        if (course.actual[place] - course.actual[place - TEXTS_A_WEEK]).days < 7:
            yield Warning(
                "week_full",
                f"{course.wave.name}: the text of {words(course.actual[place])} would be the fourth within seven days. "
                "A number gets three, so it waits.",
            )


def _near_the_move(course: Course, setting: Setting) -> Iterator[Warning]:
    if setting.moves_on is None:
        return
    name, move, last = course.wave.name, words(setting.moves_on), course.actual[-1]
    room = (setting.moves_on - last).days
    if course.actual[0] >= setting.moves_on:
        yield Warning("after_the_move", f"{name} starts on {words(course.actual[0])}; the move is on {move}.")
    elif room <= 0:
        yield Warning("after_the_move", f"{name}: its last text goes out on {words(last)}; the move is on {move}.")
    elif room < ROOM_AT_THE_END:
        yield Warning(
            "little_time",
            f"{name}: its last text goes out on {words(last)}. That leaves {room} day{'' if room == 1 else 's'} for "
            f"calls and letters before the move on {move}; {ROOM_AT_THE_END} are needed.",
        )


def _too_many(courses: list[Course], setting: Setting) -> Iterator[Warning]:
    """Texts that Spruce's limit does not let through on their day go out on the days after it."""
    if not setting.texts_a_day or not setting.moves_on or not courses:
        return
    done = last_day(courses, setting)
    planned = max(each.actual[-1] for each in courses)
    if done >= setting.moves_on and done > planned:
        yield Warning(
            "does_not_fit",
            f"At Spruce's last known limit, about {setting.texts_a_day} texts a day, the last text goes out on "
            f"{words(done)}; the move is on {words(setting.moves_on)}.",
        )


def last_day(courses: list[Course], setting: Setting) -> date:
    """When the last text goes out if nobody answers and no more than `texts_a_day` leave on a day."""
    due: dict[date, int] = {}
    for each in courses:
        for day in each.actual:
            due[day] = due.get(day, 0) + each.wave.size
    day, waiting = min(due), 0
    while True:
        waiting += due.pop(day, 0)
        waiting -= min(waiting, setting.texts_a_day)
        if not waiting and not due:
            return day
        day = next_open(day + timedelta(days=1), setting)
