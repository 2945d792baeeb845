"""What the watch tells others: how its two children are, and when and why each was started again. No patient data."""

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
from django.conf import settings

from explorer.lib import clock

WELL, STARTING, WAITING = "well", "starting", "waiting"
FRESH_FOR = 30  # seconds
WRITE_EVERY = 5
KEEP = 50


@dataclass
class Note:
    """`children`: web and worker, each well, starting or waiting; `restarts`: at, what and why, the newest last."""

    pid: int = 0
    children: dict[str, str] = field(default_factory=dict)
    restarts: list[dict[str, str]] = field(default_factory=list)

    def is_well(self, name: str) -> bool:
        return self.children.get(name) == WELL

    def last_restart(self) -> tuple[datetime, str] | None:
        """When, and a sentence."""
        if not self.restarts:
            return None
        last = self.restarts[-1]
        return datetime.fromisoformat(last["at"]), f"the {last['what']} was started again because {last['why']}"


def _path() -> Path:
    return settings.HOME / "watch.json"


def read() -> Note:
    """As it was last written; without children when no watch runs any more."""
    path = _path()
    try:
        note = Note(**json.loads(path.read_text("utf-8")))
        age = time.time() - path.stat().st_mtime
    except (OSError, ValueError, TypeError):
        return Note()
    if age > FRESH_FOR or not psutil.pid_exists(note.pid):
        note.children = {}
    return note


class Keeper:
    """Writes the note for the watch, when something changed and now and then."""

    def __init__(self) -> None:
        self.note = Note(pid=os.getpid(), restarts=read().restarts)
        self.written_at = 0.0

    def restarted(self, what: str, why: str) -> None:
        entry = {"at": clock.without_jump().isoformat(), "what": what, "why": why}
        self.note.restarts = [*self.note.restarts, entry][-KEEP:]

    def keep(self, children: dict[str, str]) -> None:
        due = time.monotonic() - self.written_at >= WRITE_EVERY
        if children == self.note.children and not due:
            return
        self.note.children, self.written_at = children, time.monotonic()
        new = _path().with_suffix(".new")
        with suppress(OSError):  # another program may just read it, or the disk be full: soon again
            new.write_text(json.dumps(asdict(self.note)), "utf-8")
            os.replace(new, _path())
