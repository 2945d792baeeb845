"""Dates as people and spreadsheets write them."""

import datetime
import re
from collections.abc import Iterable

from patients.names import plain

OLDEST = 120  # years
LONGEST = 60  # characters that a date with weekday and time can have
_EPOCH = datetime.date(1899, 12, 30)  # of Excel's serials, which count a 29 February 1900 that never was
_TIME = re.compile(
    r"(?:[ T]\s*|\s*,\s*)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?$"
)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+(?=\w)")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})")
_JAPANESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|o(?= )|\.)?[\s/-]*(?:de )?([a-z]{3,})\.?,?[\s/-]*(?:del? )?'?(\d{4}|\d{2})"
)
_MONTH_DAY = re.compile(r"([a-z]{3,})\.?[\s/-]*(\d{1,2})(?:st|nd|rd|th)?(?:,\s*|[\s/-]+)'?(\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{1,5})(?:\.\d+)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january enero ene januar janner jaenner janeiro janvier gennaio",
            "feb february febrero februar fevereiro fev fevrier febbraio",
            "mar march marzo marz maerz mrz marco mars",
            "apr april abril abr avril avr aprile",
            "may mayo mai maio maggio",
            "jun june junio juni junho juin giugno",
            "jul july julio juli julho juillet juil luglio",
            "aug august agosto ago aout",
            "sep sept september septiembre setiembre setembro septembre settembre",
            "oct october octubre oktober okt outubro out octobre ottobre",
            "nov november noviembre novembro novembre",
            "dec december diciembre dic dezember dez dezembro decembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}


class BadDate(ValueError):
    """str(error) is one sentence for the person who reads the review; it does not repeat the cell."""


def read_date(text: str, *, day_first: bool = False) -> datetime.date:
    """Raises BadDate. A two-digit year up to 68 is 20xx, as in POSIX; for births use read_birth_date."""
    year, month, day = _parts(text, day_first)
    if year < 100:
        year += 2000 if year < 69 else 1900
    return _date(year, month, day)


def read_birth_date(text: str, *, today: datetime.date, day_first: bool = False) -> datetime.date:
    """Raises BadDate, also for a birth in the future or more than 120 years ago."""
    year, month, day = _parts(text, day_first)
    if year < 100:
        year += 1900 if _date(2000 + year, month, day) > today else 2000
    born = _date(year, month, day)
    if born > today:
        raise BadDate("The date of birth is in the future: correct the year.")
    if born.year < today.year - OLDEST:
        raise BadDate(f"The date of birth is more than {OLDEST} years ago: correct the year.")
    return born


def day_first_in(values: Iterable[str]) -> bool:
    """Whether a column is written day/month/year: some first part is over 12, and no second part is."""
    day_proof = month_proof = False
    for value in values:
        if found := _YEAR_LAST.fullmatch(_without_time(value)):
            first, second = int(found[1]), int(found[3])
            day_proof |= 12 < first <= 31 and second <= 12
            month_proof |= 12 < second <= 31 and first <= 12
    return day_proof and not month_proof


def _without_time(text: str) -> str:
    text = text.strip()[:LONGEST]
    return _TIME.sub("", text).rstrip(" ,") if ":" in text else text


def _parts(text: str, day_first: bool) -> tuple[int, int, int]:
    """Year (below 100 where it was written with two digits), month, day; not yet checked to exist."""
    text = _without_time(text)
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return (year, second, first) if day_first else (year, first, second)
    if found := _YEAR_FIRST.fullmatch(text) or _JAPANESE.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if text.isascii() and text[:1].isdigit() and text.replace(".", "", 1).isdigit():
        return _of_digits(text.removesuffix(".0"), day_first)
    return _of_words(plain(text).lower())


def _of_digits(text: str, day_first: bool) -> tuple[int, int, int]:
    if len(text) in (7, 8) and text.isdigit():
        text = text.zfill(8)  # a number cell drops the leading zero of 01021950
        if "1900" <= text[:4] <= "2100" and text[4:6] <= "12":
            return int(text[:4]), int(text[4:6]), int(text[6:])
        first, second, year = int(text[:2]), int(text[2:4]), int(text[4:])
        return (year, second, first) if day_first else (year, first, second)
    found = _SERIAL.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= 60_000 or int(found[1]) == 60:
        raise BadDate("This number is no date: write it as month/day/year.")
    serial = int(found[1])
    if 1900 <= serial <= 2100:
        raise BadDate("This is only a year: add month and day.")
    counted = _EPOCH + datetime.timedelta(days=serial + (serial < 60))
    return counted.year, counted.month, counted.day


def _of_words(text: str) -> tuple[int, int, int]:
    text = _WEEKDAY.sub("", text, count=1)
    if found := _DAY_MONTH.fullmatch(text):
        day, name, year = found.groups()
    elif found := _MONTH_DAY.fullmatch(text):
        name, day, year = found.groups()
    else:
        raise BadDate("This is no date: write it as month/day/year." if text else "The date is empty.")
    if name not in _MONTHS:
        raise BadDate("The name of the month is not known: write the date as month/day/year.")
    return int(year), _MONTHS[name], int(day)


def _date(year: int, month: int, day: int) -> datetime.date:
    if not 1 <= month <= 12:
        raise BadDate(f"There is no month {month}: write the date as month/day/year.")
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise BadDate("There is no such day in that month: correct the date.") from None
