"""The moment at which a text becomes due: when the texting hours open, by the practice's clock.

Where the recipient lives in another zone, the gate still decides at the claim.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from explorer.lib.models import Practice
from outreach import hours


def opening_on(day: date, practice: Practice) -> datetime:
    """The first opening on that day, or on the next day on which texts may go out at all."""
    return opening(day, practice.time_zone, hours.window_of(practice), practice.state)


@lru_cache(maxsize=4096)
def opening(day: date, zone: str, window: hours.Window, state: str) -> datetime:
    begin = datetime.combine(day, window.start, ZoneInfo(zone))
    return hours.allowed(begin, zones=(zone,), window=window, state=state).next_opening or begin


def reminder_at(
    first_at: datetime, day: int, *, phone: str, zips: Iterable[str], states: Iterable[str], practice: Practice
) -> datetime | None:
    """When a reminder of that day is due: at the day's first opening where the phone is; None: never."""
    return hours.opening_after(
        first_at,
        day,
        zones=hours.zones_of(zips, phone),
        theirs=tuple(states),
        window=hours.window_of(practice),
        state=practice.state,
    )
