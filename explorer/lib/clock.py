"""The one clock of the program (design 2.7). No other module asks the system for the time."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

VARIABLE = "PATIENT_EXPLORER_CLOCK"
_started = time.monotonic()


class BadClock(Exception):
    """The clock was set in a way that is not allowed; the text says how to cure it."""


@cache
def _start() -> datetime | None:
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise BadClock(f"{VARIABLE} must look like 2026-12-07T10:00:00-06:00.") from None
    if start.tzinfo is None:
        raise BadClock(f"{VARIABLE} needs a time zone, as in 2026-12-07T10:00:00-06:00.")
    return start.astimezone(UTC)


_jump_file: Path | None = None
_jump: tuple[float, timedelta] = (0.0, timedelta())


def use_jump_file(path: Path) -> None:
    """Where the demo notes how many seconds it has jumped ahead; set by the settings in demo mode only."""
    global _jump_file
    _jump_file = path


def _jumped() -> timedelta:
    global _jump
    if _jump_file is None:
        return timedelta()
    try:
        changed = _jump_file.stat().st_mtime
        if changed != _jump[0]:
            _jump = (changed, timedelta(seconds=float(_jump_file.read_text(encoding="ascii") or 0)))
    except (OSError, ValueError):
        return timedelta()
    return _jump[1]


def now() -> datetime:
    """The present moment in UTC."""
    return without_jump() + _jumped()


def without_jump() -> datetime:
    """The present moment as the variable alone sets it; what a child process must start from."""
    start = _start()
    return datetime.now(UTC) if start is None else start + timedelta(seconds=time.monotonic() - _started)


def today(zone: str) -> date:
    """The calendar day in a time zone such as "America/Chicago"."""
    return now().astimezone(ZoneInfo(zone)).date()


def is_set() -> bool:
    """True when the clock is not the machine's own."""
    return _start() is not None


def jump(by: timedelta) -> None:
    """Move the demo's clock ahead, for every process that shares its data folder."""
    jump_to(_jumped() + by)


def jump_to(ahead: timedelta) -> None:
    """Set how far the demo's clock is ahead of the real one."""
    if _jump_file is None:
        raise BadClock("Only the demo can jump in time.")
    _jump_file.write_text(str(ahead.total_seconds()), encoding="ascii")
