"""The pace of calls: no minute, wherever it begins, holds more calls than Spruce allows."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.pace import MINUTE, Gauge, at_once, reserve, wait_until
from outreach.spruce_answers import RateLimits

NO_DATABASE = True
NOW = datetime(2026, 12, 7, 16, tzinfo=UTC)


def starts(limit: int, waits: list[float], chunk: int, minutes: float = 3) -> list[datetime]:
    """When calls start: of a sender that is now and then busy with something else for so many seconds."""
    now, next_at, made = NOW, None, []
    waits = list(waits)
    while now < NOW + minutes * MINUTE:
        start, next_at = reserve(next_at, now, chunk, limit)
        now = max(now, start)
        made += [now] * chunk
        if waits:
            now += timedelta(seconds=waits.pop())
    return made


def fullest_minute(made: list[datetime]) -> int:
    return max(bisect_left(made, at + MINUTE) - first for first, at in enumerate(made))


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 3000), waits=st.lists(st.floats(0, 90), max_size=40))
def test_no_minute_holds_more_calls_than_the_limit(limit, waits):
    chunk = at_once(RateLimits(limit, limit, at=NOW))
    assert fullest_minute(starts(limit, waits, chunk)) <= limit


@pytest.mark.parametrize("limit", [60, 100, 600, 3000])
def test_at_least_95_per_cent_of_a_limit_are_used(limit):
    made = starts(limit, [], at_once(RateLimits(limit, limit, at=NOW)))
    assert len([at for at in made if at < NOW + 2 * MINUTE]) >= 0.95 * 2 * limit


@pytest.mark.parametrize("next_at", [None, NOW + timedelta(minutes=3)])
def test_a_sender_that_knows_nothing_begins_with_nothing_saved_up(next_at):
    """As after a restart whose clock begins again."""
    start, following = reserve(next_at, NOW, 1, 600)
    assert NOW < start < following < NOW + timedelta(seconds=1)


def gauge(remaining: int, *, limit: int = 600, age: float = 1.0, daily: tuple = (None, None)) -> Gauge:
    return Gauge(RateLimits(limit, remaining, *daily, at=NOW - timedelta(seconds=age)))


def test_an_answer_without_limits_asks_for_no_pace():
    assert wait_until(Gauge(RateLimits(at=NOW)), NOW, texts=True) is None
    assert at_once(RateLimits(at=NOW)) is None


def test_calls_under_way_count_as_used():
    known = gauge(3)
    assert wait_until(known, NOW, texts=False) is None
    for _ in range(3):
        known.begin()
    assert wait_until(known, NOW, texts=False) == (NOW + timedelta(seconds=59), "Spruce's rate limit")


def test_texts_leave_what_others_have_just_needed_at_most_a_tenth():
    assert wait_until(gauge(70, limit=600), NOW, texts=True) is None
    assert wait_until(gauge(60, limit=600), NOW, texts=True) is not None
    assert wait_until(gauge(60, limit=600), NOW, texts=False) is None
    alone = gauge(20, limit=600)
    for _ in range(580):
        alone.end(alone.begin(), RateLimits(600, 20, at=NOW))
    assert wait_until(alone, NOW, texts=True) is None, "nobody else is there: what is left is ours"


def test_a_days_tenth_is_staffs_and_its_last_call_nobodys():
    assert wait_until(gauge(600, daily=(1000, 101)), NOW, texts=True) is None
    assert wait_until(gauge(600, daily=(1000, 100)), NOW, texts=True)[1] == "Spruce's daily limit"
    assert wait_until(gauge(600, daily=(1000, 100)), NOW, texts=False) is None
    assert wait_until(gauge(600, daily=(1000, 0)), NOW, texts=False) is not None


def test_an_older_answer_that_arrives_late_changes_nothing():
    known = Gauge()
    first, second = known.begin(), known.begin()
    known.end(second, RateLimits(600, 10, at=NOW))
    known.end(first, RateLimits(600, 11, at=NOW))
    assert known.limits.remaining == 10


def test_a_limit_is_not_lifted_by_one_answer_that_lost_its_headers():
    known = Gauge()
    known.end(known.begin(), RateLimits(600, 10, at=NOW))
    for _ in range(5):
        known.end(known.begin(), RateLimits(at=NOW))
    assert known.limits.limit == 600
    known.end(known.begin(), RateLimits(at=NOW + MINUTE))
    assert known.limits.limit is None
