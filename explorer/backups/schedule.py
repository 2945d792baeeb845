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


def kept(moments: Iterable[datetime], now: datetime) -> set[datetime]:
    """Of each hour, day and week the first; those that lie ahead (the clock ran back) stay; so does the newest."""
    moments = sorted(moments)
    keep = {moment for moment in moments if now - moment < ALL_FOR} | set(moments[-1:])
    for span, period in STEPS:
        firsts: dict[str, datetime] = {}
        for moment in moments:
            if now - moment < span:
                firsts.setdefault(moment.strftime(period), moment)
        keep |= set(firsts.values())
    return keep
