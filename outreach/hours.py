"""When a phone may be texted: the practice's window inside the law's, in every zone the phone may be in."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays
import phonenumbers
from phonenumbers.timezone import time_zones_for_geographical_number

SUNDAY, HOLIDAYS = 6, 7
LONGEST_SEARCH = timedelta(days=370)
UNKNOWN_ZONES = ("America/New_York", "America/Los_Angeles")


@dataclass(frozen=True)
class Window:
    """The practice's own texting hours, in the recipient's local time; `end` itself is too late.

    `days` are 0 (Monday) to 6 (Sunday), and 7 for holidays that fall on one of those days.
    """

    start: time = time(9)
    end: time = time(20)
    days: frozenset[int] = frozenset(range(6))

    def __post_init__(self):
        if self.start >= self.end:
            raise ValueError("The texting hours must start before they end, as in 09:00 to 20:00.")
        if not self.days or not self.days <= frozenset(range(8)):
            raise ValueError("The texting days must be numbers: 0 is Monday, 6 Sunday, 7 holidays.")


class Rule(NamedTuple):
    """The widest hours a jurisdiction allows from a day on; `sunday` None: no texts on Sundays."""

    state: str  # "" holds everywhere
    since: date
    weekday: tuple[time, time]
    sunday: tuple[time, time] | None
    holidays: bool
    source: str


_FROM_8_TO_9, _FROM_8_TO_8, _FROM_9_TO_8 = (time(8), time(21)), (time(8), time(20)), (time(9), time(20))

# Most of these rules are about solicitation, not about a practice's own notices; they are kept all the same.
# A rule that changes gets a second row with a later `since`: of each state the latest row in force counts.
RULES = (
    Rule("", date(1992, 12, 20), _FROM_8_TO_9, _FROM_8_TO_9, True, "47 CFR 64.1200(c)(1)"),
    Rule("AL", date(2000, 1, 1), _FROM_8_TO_8, None, False, "Ala. Admin. Code 770-X-5-.17"),
    Rule("CT", date(2023, 10, 1), _FROM_9_TO_8, _FROM_9_TO_8, True, "Conn. Gen. Stat. 42-288a"),
    Rule("FL", date(2021, 7, 1), _FROM_8_TO_8, _FROM_8_TO_8, True, "Fla. Stat. 501.616"),
    Rule("LA", date(2000, 1, 1), _FROM_8_TO_9, None, True, "law firms' survey of 2026"),
    Rule("MD", date(2024, 1, 1), _FROM_8_TO_8, _FROM_8_TO_8, True, "Md. Code, Com. Law 14-4502"),
    Rule("OK", date(2022, 11, 1), _FROM_8_TO_8, _FROM_8_TO_8, True, "15 Okla. Stat. 775C"),
    Rule("TX", date(2025, 9, 1), (time(9), time(21)), (time(12), time(21)), True, "Texas SB 140"),
    Rule("WA", date(2000, 1, 1), _FROM_8_TO_8, _FROM_8_TO_8, True, "RCW 80.36.390"),
)
DEFAULT_WINDOW = Window()


class Verdict(NamedTuple):
    """`next_opening` is the first moment from `now` on when texts may go out; None: not within 370 days."""

    ok: bool
    reason_code: str  # open, too_early, too_late, sunday, closed_day, holiday
    words: str
    next_opening: datetime | None


def allowed(
    now: datetime,
    *,
    zones: tuple[str, ...],
    window: Window = DEFAULT_WINDOW,
    state: str = "",
    theirs: tuple[str, ...] = (),
) -> Verdict:
    """Whether a text may go out at `now` (aware) to a phone that may be in any of `zones`: all must be open.

    `state` is the two-letter code of the practice, `theirs` are the states of the recipients' addresses as they
    were written; the hours and holidays of all of them count, and a state that is not known adds none.
    """
    if now.tzinfo is None:
        raise ValueError("The moment to judge needs a time zone.")
    utc = now.astimezone(UTC)
    zones, states = zones or UNKNOWN_ZONES, _states(state, theirs)
    moments, closures = _month(zones, window, states, utc.year, utc.month)
    at = bisect_right(moments, utc) - 1
    closure = closures[at]
    if closure is None:
        return Verdict(True, "open", "Texts may go out now.", utc)
    opening = _next_opening(utc, at, zones, window, states)
    return Verdict(False, closure.code, closure.words, opening)


def opening_after(at: datetime, days: int, *, zones: tuple[str, ...], **place) -> datetime | None:
    """The first opening from the day on that lies so many calendar days after a moment; None: not within 370 days.

    The days are those of the phone's own calendar. A reminder is due then: never at an hour at which it could
    not go out. `place` is the window, state and theirs of `allowed`.
    """
    midnights = [
        datetime.combine(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), time.min, ZoneInfo(zone))
        for zone in zones or UNKNOWN_ZONES
    ]
    return allowed(max(midnights), zones=zones, **place).next_opening


def window_of(practice) -> Window:
    """The hours that the practice profile sets."""
    return Window(practice.texting_start, practice.texting_end, practice.texting_weekdays)


@lru_cache(maxsize=1024)
def _states(state: str, theirs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((state.strip().upper(), *sorted(filter(None, map(state_code, theirs))))))


@cache
def state_code(written: str) -> str:
    """The two letters of a state written as "al" or "Alabama"; empty when it is none."""
    code = _STATES.get(" ".join(written.split()).casefold(), written.strip().upper())
    return code if code in holidays.US.subdivisions else ""


_STATES = {name.casefold(): code for name, code in holidays.US.subdivisions_aliases.items()}


class _Closure(NamedTuple):
    code: str
    words: str


@lru_cache(maxsize=2048)
def _month(
    zones: tuple[str, ...], window: Window, states: tuple[str, ...], year: int, month: int
) -> tuple[list[datetime], list[_Closure | None]]:
    """The moments of a UTC month at which the answer may change, and the answer that holds from each on."""
    first, end = datetime(year, month, 1, tzinfo=UTC), _month_after(year, month)
    days = [first.date() + timedelta(days=n) for n in range(-1, (end - first).days + 1)]
    edges = {_utc(day, at, zone) for zone in zones for day in days for at in _edges(day, window, states)}
    moments = sorted({first} | {edge for edge in edges if first <= edge < end})
    return moments, [_first_closure(moment, zones, window, states) for moment in moments]


def _month_after(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _utc(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def _edges(day: date, window: Window, states: tuple[str, ...]) -> tuple[time, ...]:
    return (time.min, *_hours(day, window, states))


@lru_cache(maxsize=4096)
def _hours(day: date, window: Window, states: tuple[str, ...]) -> tuple[time, time]:
    """The window narrowed by every rule in force; a start after the end means a closed day."""
    start, end = window.start, window.end
    for rule in (rule for state in states for rule in rules_on(day, state)):
        lawful = (rule.sunday or rule.weekday) if day.weekday() == SUNDAY else rule.weekday
        start, end = max(start, lawful[0]), min(end, lawful[1])
    return start, end


@lru_cache(maxsize=4096)
def rules_on(day: date, state: str) -> tuple[Rule, ...]:
    """The rules in force in a state on a day: the federal one and the state's own, if it has one."""
    newest = {rule.state: rule for rule in sorted(RULES, key=lambda rule: rule.since) if rule.since <= day}
    return tuple(newest[place] for place in dict.fromkeys(("", state.strip().upper())) if place in newest)


def _first_closure(
    moment: datetime, zones: tuple[str, ...], window: Window, states: tuple[str, ...]
) -> _Closure | None:
    closures = (_closure(moment.astimezone(ZoneInfo(zone)), zone, window, states) for zone in zones)
    return next(filter(None, closures), None)


def _closure(local: datetime, zone: str, window: Window, states: tuple[str, ...]) -> _Closure | None:
    """Why texts may not go out at a local time, or None when they may."""
    day = local.date()
    if day.weekday() not in window.days:
        code = "sunday" if day.weekday() == SUNDAY else "closed_day"
        return _Closure(code, f"No texts go out on a {day:%A}.")
    if HOLIDAYS not in window.days and (name := _holiday(day, states)):
        return _Closure("holiday", f"No texts go out on {name}.")
    start, end = _hours(day, window, states)
    if start >= end:
        return _Closure("closed_day", f"The texting hours and the law's leave no time on a {day:%A}.")
    if local.time() < start:
        return _Closure("too_early", f"Texts start at {start:%H:%M} {_place(zone)} time.")
    if local.time() >= end:
        return _Closure("too_late", f"Texts end at {end:%H:%M} {_place(zone)} time.")
    return None


def _holiday(day: date, states: tuple[str, ...]) -> str | None:
    return next(filter(None, (holidays_on(day, state) for state in states)), None)


def _place(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def _next_opening(
    utc: datetime, at: int, zones: tuple[str, ...], window: Window, states: tuple[str, ...]
) -> datetime | None:
    year, month, after = utc.year, utc.month, at + 1
    latest = utc + LONGEST_SEARCH
    while (year, month) <= (latest.year, latest.month):
        moments, closures = _month(zones, window, states, year, month)
        for index in range(after, len(moments)):
            if closures[index] is None:
                return moments[index] if moments[index] <= latest else None
        year, month, after = year + month // 12, month % 12 + 1, 0
    return None


def beyond_the_rules(window: Window, state: str, today: date) -> list[str]:
    """One sentence for each way a window is wider than a rule. Hours are cut to the rule, days are not."""
    wider = []
    for rule in rules_on(today, state):
        start, end = rule.weekday
        if window.start < start or window.end > end:
            wider.append(f"Texts go out from {start:%H:%M} to {end:%H:%M} only ({rule.source}).")
        if SUNDAY in window.days and rule.sunday is None:
            wider.append(f"Leave Sunday out: {rule.state} wants none on Sundays ({rule.source}).")
        if HOLIDAYS in window.days and not rule.holidays:
            wider.append(f"Leave holidays out: {rule.state} wants none on holidays ({rule.source}).")
    return wider


def holidays_on(day: date, state: str) -> str | None:
    """The name of the federal or state holiday on a day; a state's calendar never hides a federal one."""
    return _holidays(state.strip().upper(), day.year).get(day)


@cache
def _holidays(state: str, year: int) -> dict[date, str]:
    named = dict(holidays.US(years=year, language="en_US"))
    if state in holidays.US.subdivisions:
        named |= dict(holidays.US(subdiv=state, years=year, language="en_US"))
    return named


_EAST, _CENTRAL, _MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"
_PACIFIC, _ARIZONA, _BOISE = "America/Los_Angeles", "America/Phoenix", "America/Boise"

# First and last three-digit ZIP prefix of each stretch; a prefix that two zones share names both. Military
# prefixes (090-099, 340, 962-966) are missing: their people may be anywhere.
_ZIP_STRETCHES = (
    ("005", "005", (_EAST,)),
    ("006", "007", ("America/Puerto_Rico",)),
    ("008", "008", ("America/St_Thomas",)),
    ("009", "009", ("America/Puerto_Rico",)),
    ("010", "089", (_EAST,)),
    ("100", "323", (_EAST,)),
    ("324", "324", (_CENTRAL, _EAST)),  # Panama City; Gulf County is split
    ("325", "325", (_CENTRAL,)),  # Pensacola
    ("326", "339", (_EAST,)),
    ("341", "349", (_EAST,)),
    ("350", "369", (_CENTRAL,)),  # Alabama
    ("370", "372", (_CENTRAL,)),
    ("373", "373", (_CENTRAL, _EAST)),  # around Chattanooga
    ("374", "374", (_EAST,)),
    ("375", "375", (_CENTRAL,)),
    ("376", "376", (_EAST,)),
    ("377", "377", (_CENTRAL, _EAST)),  # around Knoxville, with Cumberland County
    ("378", "379", (_EAST,)),
    ("380", "397", (_CENTRAL,)),
    ("398", "400", (_EAST,)),
    ("401", "401", (_CENTRAL, _EAST)),  # Breckinridge County
    ("402", "418", (_EAST,)),
    ("420", "424", (_CENTRAL,)),
    ("425", "425", (_EAST,)),
    ("426", "427", (_CENTRAL, _EAST)),
    ("430", "462", (_EAST,)),
    ("463", "464", (_CENTRAL,)),  # Gary
    ("465", "465", (_CENTRAL, _EAST)),  # Starke County
    ("466", "474", (_EAST,)),
    ("475", "475", (_CENTRAL, _EAST)),  # Perry and Spencer Counties
    ("476", "477", (_CENTRAL,)),  # Evansville
    ("478", "478", (_EAST,)),
    ("479", "479", (_CENTRAL, _EAST)),  # Newton and Jasper Counties
    ("480", "497", (_EAST,)),
    ("498", "499", (_CENTRAL, _EAST)),  # Michigan's Upper Peninsula
    ("500", "567", (_CENTRAL,)),
    ("569", "569", (_EAST,)),  # federal government, Washington
    ("570", "574", (_CENTRAL,)),
    ("575", "576", (_CENTRAL, _MOUNTAIN)),
    ("577", "577", (_MOUNTAIN,)),
    ("580", "584", (_CENTRAL,)),
    ("585", "588", (_CENTRAL, _MOUNTAIN)),
    ("590", "599", (_MOUNTAIN,)),
    ("600", "676", (_CENTRAL,)),
    ("677", "678", (_CENTRAL, _MOUNTAIN)),  # western Kansas
    ("679", "689", (_CENTRAL,)),
    ("690", "692", (_CENTRAL, _MOUNTAIN)),  # western Nebraska
    ("693", "693", (_MOUNTAIN,)),
    ("700", "797", (_CENTRAL,)),
    ("798", "798", (_CENTRAL, _MOUNTAIN)),
    ("799", "799", (_MOUNTAIN,)),  # El Paso
    ("800", "831", (_MOUNTAIN,)),
    ("832", "834", (_BOISE,)),
    ("835", "835", (_BOISE, _PACIFIC)),
    ("836", "837", (_BOISE,)),
    ("838", "838", (_PACIFIC,)),
    ("840", "847", (_MOUNTAIN,)),
    ("850", "859", (_ARIZONA,)),
    ("860", "860", (_ARIZONA, _MOUNTAIN)),  # the Navajo Nation keeps daylight-saving time
    ("863", "864", (_ARIZONA,)),
    ("865", "865", (_ARIZONA, _MOUNTAIN)),
    ("870", "885", (_MOUNTAIN,)),
    ("889", "897", (_PACIFIC,)),
    ("898", "898", (_PACIFIC, _MOUNTAIN)),  # Elko; West Wendover keeps Mountain time
    ("900", "961", (_PACIFIC,)),
    ("967", "968", ("Pacific/Honolulu",)),
    ("969", "969", ("Pacific/Guam",)),
    ("970", "978", (_PACIFIC,)),
    ("979", "979", (_PACIFIC, _BOISE)),  # Malheur County
    ("980", "994", (_PACIFIC,)),
    ("995", "999", ("America/Anchorage",)),
)
# Single places that differ from their prefix; the Alabama ones, around Phenix City, only by custom.
_ZIP_PLACES = (
    dict.fromkeys(("36851", "36854", "36856", "36858", "36863"), (_CENTRAL, _EAST))
    | dict.fromkeys(("36867", "36868", "36869", "36870", "36877"), (_CENTRAL, _EAST))
    | dict.fromkeys(("99546", "99547"), ("America/Adak",))
    | dict.fromkeys(("96941", "96944"), ("Pacific/Pohnpei",))
    | dict.fromkeys(("96942", "96943"), ("Pacific/Chuuk",))
    | dict.fromkeys(("96960", "96970"), ("Pacific/Majuro",))
    | {"96799": ("Pacific/Pago_Pago",), "96940": ("Pacific/Palau",)}
)
_ZIP_ZONES = {
    f"{prefix:03}": zones for first, last, zones in _ZIP_STRETCHES for prefix in range(int(first), int(last) + 1)
}
# Area codes that cross a zone line, or that the library places in one zone only.
_AREA_ZONES = (
    dict.fromkeys((270, 364, 423, 448, 574, 606, 729, 812, 850, 906, 930), (_CENTRAL, _EAST))
    | dict.fromkeys((308, 605, 620, 701, 785), (_CENTRAL, _MOUNTAIN))
    | dict.fromkeys((208, 458, 541, 775, 986), (_PACIFIC, _BOISE))
    | {219: (_CENTRAL,), 689: (_EAST,), 928: (_ARIZONA, _MOUNTAIN)}
)


def zones_of(zip_codes: Iterable[str], phone_e164: str) -> tuple[str, ...]:
    """All zones the people who share a phone may be in; a text to it must suit them all."""
    found = {zone for zip_code in zip_codes for zone in zones_for(zip_code, phone_e164)}
    return tuple(sorted(found)) or zones_for("", phone_e164)


def zones_for(zip_code: str, phone_e164: str) -> tuple[str, ...]:
    """All zones the recipient may be in: by ZIP, else by area code, else both coasts."""
    return _zip_zones(zip_code) or _phone_zones(phone_e164) or UNKNOWN_ZONES


def _zip_zones(zip_code: str) -> tuple[str, ...]:
    if not (found := re.fullmatch(r"([0-9]{5})(?:[- ]?[0-9]{4})?", (zip_code or "").strip())):
        return ()
    return _ZIP_PLACES.get(found[1]) or _ZIP_ZONES.get(found[1][:3], ())


@lru_cache(maxsize=4096)
def _phone_zones(phone_e164: str) -> tuple[str, ...]:
    try:
        number = phonenumbers.parse(phone_e164 or "")
    except phonenumbers.NumberParseException:
        return ()
    if number.country_code == 1 and (zones := _AREA_ZONES.get(number.national_number // 10**7)):
        return zones
    zones = time_zones_for_geographical_number(number)
    return () if "Etc/Unknown" in zones or len(zones) > 3 else tuple(zones)
