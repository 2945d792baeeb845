"""How fast calls to Spruce may follow one another.

Calls are spread evenly over the minute, a little below the limit: whichever minute Spruce counts, a fixed or a
sliding one, its limit is never passed. What Spruce says is left counts on top, since others use the limit too:
campaign texts leave as many calls as others have just needed, at most a tenth, and of a day always a tenth.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from outreach.spruce_answers import RateLimits

SHARE = 0.97  # of the limit, so that a jolt on the way passes no limit
AT_ONCE = 0.004  # of the limit may start together: a quarter of a second's worth
SAVED_UP = 0.01  # of the limit may be made up for after an idle moment
STAFF_SHARE = 10  # one call in so many is left for staff
MINUTE, HOUR, DAY = timedelta(seconds=60), timedelta(hours=1), timedelta(hours=24)
PROBE_AFTER = timedelta(seconds=5)
CLOCK_MOVED = timedelta(seconds=5)
LIFTED_AFTER = 3  # answers in a minute without a header; one may have lost its headers on the way


@dataclass
class Gauge:
    """What Spruce last said, and the calls of this process. Threads share it.

    Calls are numbered as they start. `limits` come from the answer to call `heard`; `ahead` is how far Spruce's
    clock is ahead of ours.
    """

    limits: RateLimits = field(default_factory=RateLimits)
    ahead: timedelta | None = None
    started: int = 0
    heard: int = 0
    _under_way: set[int] = field(default_factory=set)
    _recent: deque[float] = field(default_factory=deque)
    _absent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self) -> int:
        with self._lock:
            self.started += 1
            self._under_way.add(self.started)
            self._recent.append(time.monotonic())
            return self.started

    def end(self, call: int, limits: RateLimits | None = None, ahead: timedelta | None = None) -> None:
        """`limits` None: the call brought no answer of Spruce's own."""
        with self._lock:
            self._under_way.discard(call)
            self.ahead = self.ahead if ahead is None else ahead
            if limits is None or call < self.heard:
                return
            unlimited = limits.limit is None and limits.daily_limit is None
            self._absent = self._absent + 1 if unlimited else 0
            lifted = self._absent >= LIFTED_AFTER and self.limits.at and limits.at - self.limits.at >= MINUTE
            if not unlimited or self.limits.at is None or lifted or not self._limited():
                self.limits, self.heard = limits, call

    def _limited(self) -> bool:
        return self.limits.limit is not None or self.limits.daily_limit is not None

    def not_counted(self) -> int:
        """Calls that the newest answer cannot have told of, and earlier ones that may still arrive."""
        with self._lock:
            earlier = sum(call < self.heard for call in self._under_way)
            return self.started - self.heard + earlier

    def last_minute(self) -> int:
        with self._lock:
            while self._recent and self._recent[0] < time.monotonic() - MINUTE.total_seconds():
                self._recent.popleft()
            return len(self._recent)


def interval(limit: int) -> timedelta:
    """From one call to the next. Of a small limit a whole call or two a minute is kept back."""
    return MINUTE / max(min(SHARE * limit, limit - 2), 0.5)


def at_once(limits: RateLimits) -> int | None:
    """How many calls may start together; None: any number."""
    return None if limits.limit is None else max(1, int(AT_ONCE * limits.limit))


def reserve(next_at: datetime | None, now: datetime, calls: int, limit: int) -> tuple[datetime, datetime]:
    """When `calls` calls may start, and the next after them.

    `next_at` is what the reservation before gave; None, or a moment far off, since the clock was moved: unknown,
    so that nothing is taken to be saved up.
    """
    step = interval(limit)
    if next_at is None or next_at > now + max(CLOCK_MOVED, 8 * step):
        next_at = now + step
    start = max(next_at, now - step * int(SAVED_UP * limit))
    return start, start + calls * step


def wait_until(gauge: Gauge, now: datetime, *, calls: int = 1, texts: bool) -> tuple[datetime, str] | None:
    """Until when no call may start, and which limit is used up. None: now.

    `texts`: calls that hand over campaign texts leave staff their share; others need only a call that is left.
    """
    limits = gauge.limits
    if limits.at is None:
        return None
    pending, age = gauge.not_counted(), max(now - limits.at, timedelta())
    if limits.daily_remaining is not None and limits.daily_limit is not None and age < DAY:
        left = limits.daily_remaining - pending
        if left < 1:
            return limits.at + DAY, "Spruce's daily limit"
        if texts and left - calls < limits.daily_limit // STAFF_SHARE and age < HOUR:
            return limits.at + HOUR, "Spruce's daily limit"
    if limits.remaining is not None and limits.limit is not None and age < MINUTE:
        left = limits.remaining - pending
        if left < 1:
            return limits.at + MINUTE, "Spruce's rate limit"
        if texts and left - calls < _left_to_staff(gauge) and age < PROBE_AFTER:
            return limits.at + PROBE_AFTER, "Spruce's rate limit"
    return None


def _left_to_staff(gauge: Gauge) -> int:
    """As many calls as others made in this minute, at most a tenth of the limit."""
    limit, remaining = gauge.limits.limit, gauge.limits.remaining
    of_others = limit - remaining - gauge.last_minute()
    return min(max(of_others, ceil(limit / 200)), max(limit // STAFF_SHARE, 1))
