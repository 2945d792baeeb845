"""Whom to call first: what an answer is worth times the chance that somebody answers now. Pure.

The hours are those of the practice. Nothing here is drawn by lot: the same facts give the same order.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

RECORDS, APCM = 20, 30
OF_LEVEL = {1: 0, 2: 5, 3: 10}
LAST_DAYS, MOST_FOR_DAYS = 45, 15  # within so many days of the move, up to so many points
BANDS = (9, 11, 13, 15, 17)  # each begins at that hour and ends where the next begins; the last is open
REACHED_BEFORE, PRIOR_CALLS = 0.30, 10  # what is believed of the practice before its first call, worth so many calls
HOUR_CALLS, CELL_CALLS, OWN_CALLS = 20, 15, 3  # so many calls make an hour, one of a weekday, a patient half believed
FALLS_TO, LEAST = 0.85, 0.30  # by each call in vain, and not below
DAYS = (
    gettext_lazy("Mondays"), gettext_lazy("Tuesdays"), gettext_lazy("Wednesdays"), gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"), gettext_lazy("Saturdays"), gettext_lazy("Sundays"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """A call that rang at the patient's: when (local time of the practice), and whether it reached somebody."""

    patient: int
    at: datetime
    reached: bool


@dataclass(frozen=True, slots=True)
class Score:
    """Value times chance, with what both are made of. `here` is the chance at this hour before tries are counted;
    `level` is None without an open APCM question, 0 where the level is not known.
    """

    points: int
    value: int
    chance: float
    here: float
    hour: tuple[int, int]
    records_open: bool
    level: int | None
    in_vain: int
    days_left: int | None

    @property
    def parts(self) -> list[tuple[str, int]]:
        """(words, points) of the value."""
        parts = [(_("answer missing"), RECORDS)] if self.records_open else []
        if self.level is not None:
            words = _("APCM level {level}").format(level=self.level) if self.level else "APCM"
            parts.append((words, _of_apcm(self.level)))
        if points := _of_days(self.days_left) if parts else 0:
            words = ngettext("{n} day left", "{n} days left", self.days_left).format(n=self.days_left)
            parts.append((words, points))
        return parts

    @property
    def words(self) -> str:
        """In one line: "Score 31: answer missing +20, APCM level 2 +35, 9 days left +12; 46 % chance (…)"."""
        day, band = self.hour
        rate = f"{self.here:.0%}"
        because = [_("{day} {hours} reach {rate}").format(day=DAYS[day], hours=band_words(band), rate=rate)]
        if self.in_vain:
            because.append(ngettext("{n} try in vain", "{n} tries in vain", self.in_vain).format(n=self.in_vain))
        parts = {
            "points": self.points,
            "value": ", ".join(f"{words} +{points}" for words, points in self.parts) or _("nothing open"),
            "chance": f"{self.chance:.0%}",
            "because": "; ".join(because),
        }
        return _("Score {points}: {value}; {chance} chance ({because})").format(**parts)


@dataclass(frozen=True, slots=True)
class Hours:
    """What past calls teach: calls and answers by weekday and band, by band, and by patient and band."""

    calls: Counter = field(default_factory=Counter)
    reached: Counter = field(default_factory=Counter)

    def overall(self) -> float:
        return _smoothed(self.reached[()], self.calls[()], REACHED_BEFORE, PRIOR_CALLS)

    def at(self, weekday: int, band: int) -> float:
        """The chance at an hour of a weekday; few calls there lean on that hour of all days, then on all calls."""
        hour = _smoothed(self.reached[band,], self.calls[band,], self.overall(), HOUR_CALLS)
        return _smoothed(self.reached[weekday, band], self.calls[weekday, band], hour, CELL_CALLS)

    def of(self, patient: int, weekday: int, band: int) -> float:
        """The same for a patient, who may have an hour of their own."""
        own, here = ("own", patient, band), self.at(weekday, band)
        return _smoothed(self.reached[own], self.calls[own], here, OWN_CALLS) if own in self.calls else here

    def table(self) -> list[tuple[str, list[dict[str, int]]]]:
        """For the legend: each band in words with `percent` and `calls` of Monday to Friday."""
        return [
            (
                band_words(band),
                [{"percent": round(100 * self.at(day, band)), "calls": self.calls[day, band]} for day in range(5)],
            )
            for band in BANDS
        ]


def learn(calls: Iterable[Call]) -> Hours:
    hours = Hours()
    for call in calls:
        weekday, band = moment(call.at)
        for key in ((), (band,), (weekday, band), ("own", call.patient, band)):
            hours.calls[key] += 1
            hours.reached[key] += call.reached
    return hours


def score(
    *,
    patient: int,
    records_open: bool,
    apcm_open: bool,
    level: int | None,
    in_vain: int,
    days_left: int | None,
    now: datetime,
    hours: Hours,
) -> Score:
    """`now` is local time of the practice; `in_vain` counts the calls since somebody was last reached."""
    level = (level or 0) if apcm_open else None
    value = (RECORDS if records_open else 0) + (_of_apcm(level) if apcm_open else 0)
    value += _of_days(days_left) if value else 0
    hour = moment(now)
    here = hours.of(patient, *hour)
    chance = here * max(FALLS_TO**in_vain, LEAST)
    return Score(round(value * chance), value, chance, here, hour, records_open, level, in_vain, days_left)


def days_to(today: date, transition: date | None) -> int | None:
    """Days until the move; None without a date or once it is over."""
    return (transition - today).days if transition and transition >= today else None


def moment(at: datetime) -> tuple[int, int]:
    """(weekday, the hour its band begins); what is earlier than all bands counts as the first."""
    return at.weekday(), max((band for band in BANDS if band <= at.hour), default=BANDS[0])


def band_words(band: int) -> str:
    index = BANDS.index(band)
    if index + 1 == len(BANDS):
        return _("after {start}").format(start=_hour(band))
    return _("{start} to {end}").format(start=_hour(band), end=_hour(BANDS[index + 1]))


def _of_apcm(level: int) -> int:
    return APCM + OF_LEVEL.get(level, 0)


def _of_days(days_left: int | None) -> int:
    if days_left is None or days_left >= LAST_DAYS:
        return 0
    return round(MOST_FOR_DAYS * (LAST_DAYS - days_left) / LAST_DAYS)


def _smoothed(hits: int, tries: int, before: float, weight: int) -> float:
    """The mean of a beta distribution that began with `weight` tries at the rate `before`."""
    return (hits + before * weight) / (tries + weight)


def _hour(hour: int) -> str:
    return f"{(hour - 1) % 12 + 1} {'AM' if hour < 12 else 'PM'}"
