"""Which backups are kept. Pure.

All of the last three hours, one an hour for a day, one a day for two weeks, one a week for eight weeks.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

EVERY = timedelta(minutes=15)
ALL_FOR = timedelta(hours=3)
STEPS = (
    (timedelta(days=1), "%Y-%m-%d %H"),
    (timedelta(days=14), "%Y-%m-%d"),
    (timedelta(weeks=8), "%G week %V"),
)
"""(how long, what is kept one of)"""


LONGEST_GAP = timedelta(days=1)


def kept(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Of each hour, day and week the first; those that lie ahead (the clock ran back) stay; so does the newest.

    Time without a backup makes none of them older by more than a day: a clock that ran ahead for an hour, or a PC
    that was off for a season, costs no backup.
    """
    moments = sorted(moments)
    ages = _ages(moments, now)
    keep = {moment for moment in moments if ages[moment] < ALL_FOR} | set(moments[-1:])
    for span, period in STEPS:
        firsts: dict[str, datetime] = {}
        for moment in moments:
            if ages[moment] < span:
                firsts.setdefault(moment.strftime(period), moment)
        keep |= set(firsts.values())
    return keep


def _ages(moments: list[datetime], now: datetime) -> dict[datetime, timedelta]:
    """How old each is; of a stretch without any no more than LONGEST_GAP counts. Below zero: it lies ahead."""
    ages, age, later = {}, timedelta(), now
    for moment in reversed(moments):
        if moment > now:
            ages[moment] = now - moment
            continue
        age += min(later - moment, LONGEST_GAP)
        ages[moment], later = age, moment
    return ages
