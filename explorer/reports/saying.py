"""Days and times as a report says them, and what every report refuses."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from explorer.final_figures import FIRST_DAY


def moment(at: datetime | None, zone: str) -> str:
    """ "12/07/2026 at 3:10 PM"; a dash for None."""
    return f"{on(at.astimezone(ZoneInfo(zone)))} at {clock_time(at, zone)}" if at else "–"


def clock_time(at: datetime, zone: str) -> str:
    """ "3:10 PM"."""
    return f"{at.astimezone(ZoneInfo(zone)):%I:%M %p}".lstrip("0")


def on(day: date) -> str:
    return f"{day:%m/%d/%Y}"


def weekday(day: date) -> str:
    """ "Monday, 12/07/2026"."""
    return f"{day:%A}, {on(day)}"


def as_of(last: date, now: datetime, zone: str) -> str:
    """How far the figures reach: to this moment while the days they are about are not over."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if today == last:
        return f"As of {clock_time(now, zone)}: the day is not over."
    if today < last:
        return f"As of {moment(now, zone)}: the week is not over."
    return f"Made on {moment(now, zone)}."


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def check_day(day: date, today: date) -> None:
    """Raises ValidationError for a day that has not begun, or that lies before all records."""
    if day > today:
        raise ValidationError("This day is still to come. Choose today or a day before.")
    if day < FIRST_DAY:
        raise ValidationError(f"Nothing is known of that day. Choose one after {on(FIRST_DAY)}.")


def count(number: int, one: str, many: str = "") -> str:
    """ "1 text", "1,384 texts"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def share(part: int, whole: int) -> str:
    """ "44 %", rounded down; a dash of nothing."""
    return f"{100 * part // whole} %" if whole else "–"
