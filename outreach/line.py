"""The right to send: one sender at a time for the whole organisation, and its pace."""

import os
import socket
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

import psutil
from django.db import transaction

from explorer.lib import clock
from outreach.models import LineState
from outreach.spruce import RateLimits, Spruce

LEASE = timedelta(seconds=60)
STAFF_SHARE = 10  # one call in so many is left for staff
MINUTE = timedelta(seconds=60)


class Waiting(Exception):
    """Spruce's limit is used up until then, but for the part that is left to staff."""

    def __init__(self, until: datetime):
        super().__init__("Spruce's rate limit")
        self.until = until


class Elsewhere(Exception):
    """Another process is sending just now."""


def me() -> str:
    """This process, so that a lease of a dead one can be told from a living one's."""
    return f"{socket.gethostname()}|{os.getpid()}|{psutil.Process().create_time()}"


@contextmanager
def lease():
    """Hold the right to send; raises Elsewhere. It ends with the block, or by itself when we die."""
    _take()
    try:
        yield
    finally:
        LineState.objects.filter(pk=1, sender=me()).update(sender="", sender_until=None)


@transaction.atomic
def _take() -> None:
    state = LineState.objects.select_for_update().get(pk=1)
    if state.sender not in ("", me()) and state.sender_until > clock.now() and not _dead(state.sender):
        raise Elsewhere("Another process is sending; it goes on there.")
    state.sender, state.sender_until, state.fence = me(), clock.now() + LEASE, state.fence + 1
    state.save(update_fields=["sender", "sender_until", "fence"])


def keep() -> None:
    """Prolong the lease; raises Elsewhere when it was lost, as after the PC slept."""
    kept = LineState.objects.filter(pk=1, sender=me()).update(sender_until=clock.now() + LEASE)
    if not kept:
        raise Elsewhere("The right to send was lost to another process.")


def _dead(sender: str) -> bool:
    host, pid, created = sender.split("|")
    if host != socket.gethostname():
        return False
    try:
        return psutil.Process(int(pid)).create_time() != float(created)
    except psutil.NoSuchProcess:
        return True


def pace(spruce: Spruce, *, patient: bool) -> None:
    """Let no call of this client pass the limit. Patient: wait for the next window, else raise Waiting."""
    spruce.limits = _remembered()

    def before_each_call() -> None:
        until = wait_until(spruce.limits, clock.now())
        if until is None:
            return
        if not patient:
            raise Waiting(until)
        while clock.now() < until:
            time.sleep(min(1.0, max(0.05, (until - clock.now()).total_seconds())))
            LineState.objects.filter(pk=1, sender=me()).update(sender_until=clock.now() + LEASE)

    spruce.pace = before_each_call


def _remembered() -> RateLimits:
    state = LineState.objects.get(pk=1)
    return RateLimits(state.limit, state.remaining, state.daily_limit, state.daily_remaining, state.limits_read_at)


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


def wait_until(limits: RateLimits, now: datetime) -> datetime | None:
    """When the next call may be made, or None for at once. A tenth of the limit is left for staff."""
    if limits.at is None or now < limits.at:
        return None
    if _used_up(limits.daily_limit, limits.daily_remaining) and now - limits.at < timedelta(hours=1):
        return limits.at + timedelta(hours=1)
    if _used_up(limits.limit, limits.remaining) and now - limits.at < MINUTE:
        return limits.at + MINUTE
    return None


def _used_up(limit: int | None, remaining: int | None) -> bool:
    return limit is not None and remaining is not None and remaining <= limit // STAFF_SHARE
