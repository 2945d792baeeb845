"""The right to send: one sender at a time for the whole organisation, and its pace."""

import os
import socket
from contextlib import contextmanager
from datetime import datetime, timedelta

import psutil
from django.db import transaction

from explorer.lib import clock
from outreach.models import LineState
from outreach.spruce import RateLimits

LEASE = timedelta(seconds=60)
STAFF_SHARE = 10  # one call in so many is left for staff
MINUTE = timedelta(seconds=60)


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


def remember_limits(limits: RateLimits) -> None:
    if limits.at is None:
        return
    LineState.objects.filter(pk=1).update(
        limit=limits.limit,
        remaining=limits.remaining,
        daily_limit=limits.daily_limit,
        daily_remaining=limits.daily_remaining,
        limits_read_at=clock.now(),
    )


def wait_until(limits: RateLimits, now: datetime, read_at: datetime | None) -> datetime | None:
    """When the next call may be made, or None for at once. A tenth of the limit is left for staff."""
    if read_at is None:
        return None
    if _used_up(limits.daily_limit, limits.daily_remaining) and now - read_at < timedelta(hours=24):
        return read_at + timedelta(hours=1)
    if _used_up(limits.limit, limits.remaining) and now - read_at < MINUTE:
        return read_at + MINUTE
    return None


def _used_up(limit: int | None, remaining: int | None) -> bool:
    return limit is not None and remaining is not None and remaining <= limit // STAFF_SHARE
