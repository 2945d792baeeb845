"""The right to send: one sender at a time for the whole organisation, and the pace of all calls."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import psutil
from django.db import transaction
from django.db.models import F

from explorer.lib import clock
from outreach import pace
from outreach.models import LineState
from outreach.pace import Gauge
from outreach.spruce import RateLimits, Spruce

LEASE = timedelta(seconds=60)
KEPT_EVERY = 10.0  # seconds
CLOCK_STEPS = 2.0  # seconds by which the start of a process may seem to move with the clock
LONGEST_WAIT = timedelta(minutes=10)


class Waiting(Exception):
    """A limit of Spruce's is used up until then; the text says which."""

    def __init__(self, until: datetime, which: str):
        super().__init__(which)
        self.until = until


class Elsewhere(Exception):
    """Another process is sending just now."""


@dataclass
class Right:
    """The right to send. `fence` grows with every change of sender; `unclean_since`: the last sign of a sender
    that ended without giving the right back. `kept` is when it was last prolonged, by the monotonic clock.
    """

    fence: int
    unclean_since: datetime | None = None
    kept: float = field(default_factory=time.monotonic)


def me() -> str:
    """This process, so that a lease of a dead one can be told from a living one's."""
    return f"{socket.gethostname()}|{os.getpid()}|{psutil.Process().create_time()}"


@contextmanager
def hold() -> Iterator[Right]:
    """Hold the right to send; raises Elsewhere. It ends with the block, or by itself when we die."""
    right = _take()
    try:
        yield right
    finally:
        LineState.objects.filter(pk=1, fence=right.fence).update(sender="", sender_until=None)


@transaction.atomic
def _take() -> Right:
    state = LineState.objects.select_for_update().get(pk=1)
    now = clock.now()
    if state.sender not in ("", me()) and state.sender_until > now and not _dead(state.sender):
        raise Elsewhere("Another process is sending; it goes on there.")
    right = Right(state.fence + 1, state.sender_until - LEASE if state.sender else None)
    state.sender, state.sender_until, state.fence = me(), now + LEASE, right.fence
    state.save(update_fields=["sender", "sender_until", "fence"])
    return right


def keep(right: Right) -> None:
    """Prolong the right; raises Elsewhere when it was lost, as after the PC slept.

    Within a transaction it also keeps every other process from taking it before the commit.
    """
    if not LineState.objects.filter(pk=1, fence=right.fence).update(sender_until=clock.now() + LEASE):
        raise Elsewhere("The right to send was lost to another process.")
    right.kept = time.monotonic()


def keep_if_long_ago(right: Right | None) -> None:
    """Often called, in whatever takes its time; it writes every ten seconds."""
    if right is not None and time.monotonic() - right.kept > KEPT_EVERY:
        keep(right)


def _dead(sender: str) -> bool:
    host, pid, created = sender.split("|")
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        another = abs(process.create_time() - float(created)) > CLOCK_STEPS
        return another or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def keep_pace(spruce: Spruce, *, patient: bool, right: Right | None = None) -> None:
    """Let no call of this client pass the limit. Patient: wait where a limit is used up, else raise Waiting."""
    spruce.gauge.limits = _remembered()
    spruce.pace = partial(admit, spruce.gauge, patient=patient, right=right)


def admit(gauge: Gauge, *, calls: int = 1, texts: bool = False, patient: bool, right: Right | None) -> None:
    """Return when `calls` calls may start. Raises Waiting; of the right to send, Elsewhere."""
    keep_if_long_ago(right)
    while (blocked := pace.wait_until(gauge, clock.now(), calls=calls, texts=texts)) is not None:
        until, which = blocked
        if not patient or until > clock.now() + LONGEST_WAIT:
            raise Waiting(until, which)
        _sleep(until, right)
    if gauge.limits.limit is not None:
        _sleep(_reserve(calls, gauge.limits), right)


@transaction.atomic
def _reserve(calls: int, limits: RateLimits) -> datetime:
    """The limits are remembered with it, so that a process that is killed leaves them to the next."""
    state = LineState.objects.select_for_update().get(pk=1)
    start, next_at = pace.reserve(state.next_call_at, clock.now(), calls, limits.limit)
    LineState.objects.filter(pk=1).update(next_call_at=next_at)
    remember_limits(limits)
    return start


def give_back(calls: int, limits: RateLimits) -> None:
    """Calls that were admitted and not made."""
    if calls and limits.limit is not None:
        LineState.objects.filter(pk=1).update(next_call_at=F("next_call_at") - calls * pace.interval(limits.limit))


def _sleep(until: datetime, right: Right | None) -> None:
    while (left := (until - clock.now()).total_seconds()) > 0:
        time.sleep(min(left, 1.0))
        keep_if_long_ago(right)


def _remembered() -> RateLimits:
    """What Spruce said last; a moment after now, since the clock was moved, is taken as now."""
    state = LineState.objects.get(pk=1)
    at = state.limits_read_at and min(state.limits_read_at, clock.now())
    return RateLimits(state.limit, state.remaining, state.daily_limit, state.daily_remaining, at)


def remember_limits(limits: RateLimits) -> None:
    if limits.at is None:
        return
    LineState.objects.filter(pk=1).update(
        limit=limits.limit,
        remaining=limits.remaining,
        daily_limit=limits.daily_limit,
        daily_remaining=limits.daily_remaining,
        limits_read_at=limits.at,
    )
