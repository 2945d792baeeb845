"""The web server and the background worker, started and watched by one parent (decision 0009).

A child that ended, or shows no sign of life, is ended with its whole family and started again. Every child
holds the reading end of a pipe from its parent. When the pipe closes, for whatever reason, the child ends and
takes its own children with it: nothing is left behind, on Windows too.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from explorer.lib import clock
from explorer.lib.commands import Refused
from explorer.schedules import look_now
from explorer.watching import family, note
from explorer.watching.signs import HOST, Signs, WebSigns, WorkerSigns

logger = logging.getLogger("explorer.running")
GRACE = 8  # seconds a child gets to end by itself
LOOK_EVERY = 1.0
LOOK_COUNTS = 3.0  # seconds at most, however long the watch itself was held up
SLEPT = 5.0  # a longer pause between two looks: the PC slept, or the clock was set
HEALTHY_FOR = 10.0
LONGEST_PAUSE = 30
HEAD_START = 3.0  # the first page does not compete with the worker's start


@dataclass
class Child:
    """One watched process with all that it starts; `signs` makes what is judged of one run of it."""

    name: str
    arguments: list[str]
    make_signs: Callable[[Path], Signs]
    process: subprocess.Popen | None = None
    signs: Signs | None = None
    quick_ends: int = 0
    start_again_at: float = 0.0

    def start(self) -> None:
        self.signs = self.make_signs(family.new_mark(self.name))
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.arguments]
        environment = _environment() | family.environment(self.signs.mark)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603

    def look(self, step: float) -> str:
        """Start it when its time has come; end it when something is wrong, and say what."""
        if self.process is None:
            return self._start_in_time()
        wrong = self.signs.look(step) if self.process.poll() is None else "it had ended"
        if wrong:
            self.end()
            self.start_again_at = time.monotonic() + self._pause()
            self._start_in_time()
        return wrong

    def _start_in_time(self) -> str:
        if time.monotonic() < self.start_again_at:
            return ""
        try:
            self.start()
        except OSError:  # no room for one more folder or process: the watch itself must go on
            self.process, self.start_again_at = None, time.monotonic() + LONGEST_PAUSE
            return "it could not be started"
        return ""

    def _pause(self) -> int:
        """None after a healthy time; what ends at once again and again waits longer and longer."""
        healthy = self.signs.well_for >= HEALTHY_FOR
        self.quick_ends = 0 if healthy else self.quick_ends + 1
        return min(2**self.quick_ends, LONGEST_PAUSE) if self.quick_ends > 1 else 0

    def end(self) -> None:
        if self.process is None:
            return
        with suppress(OSError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        family.end(self.signs.mark)
        self.process = None

    def stop(self) -> None:
        """Like `end`, but a child that is up may leave by itself."""
        if self.process is not None and self.signs.up:
            with suppress(OSError):
                self.process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE)
        self.end()

    def how(self) -> str:
        if self.process is None:
            return note.WAITING
        return note.WELL if self.signs.up else note.STARTING


def _environment() -> dict[str, str]:
    """A set clock goes on in the child from where it is now."""
    changed = {clock.VARIABLE: clock.without_jump().isoformat()} if clock.is_set() else {}
    return {**os.environ, **changed}


def refuse_taken_port(port: int) -> None:
    """Raises Refused when another program listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            raise Refused(
                f"Port {port} is taken, perhaps by a Patient Explorer that is already running: try "
                f"http://{HOST}:{port}/ or start with --port {port + 1}."
            ) from None


def run(port: int, *, when_up: Callable[[str], None]) -> None:
    """Start web and worker, watch them until Ctrl-C or the end of this process, then stop both."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _as_interrupt)  # also where a shell in the background had it ignored
    children = [
        Child("web", ["web", "--port", str(port)], lambda mark: WebSigns(mark, port)),
        Child("worker", ["work"], WorkerSigns, start_again_at=time.monotonic() + HEAD_START),
    ]
    try:
        children[0].start()
        threading.Thread(target=_tell_when_up, args=(port, when_up), daemon=True).start()
        _watch(children)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        for child in children:
            child.stop()


def _watch(children: list[Child]) -> None:
    keeper = note.Keeper()
    looked = _Look()
    while True:
        time.sleep(LOOK_EVERY)
        passed = looked.again()
        if passed >= SLEPT:
            _wake(children)
        for child in children:
            wrong = child.look(min(passed, LOOK_COUNTS))
            if wrong:
                logger.warning("The %s is started again: %s.", child.name, wrong)
                keeper.restarted(child.name, wrong)
        keeper.keep({child.name: child.how() for child in children})


class _Look:
    """Seconds since the last look, by the clock that saw more: one of them may stand still while the PC sleeps."""

    def __init__(self) -> None:
        self.at = self._now()

    @staticmethod
    def _now() -> tuple[float, datetime]:
        return time.monotonic(), clock.without_jump()

    def again(self) -> float:
        before, self.at = self.at, self._now()
        return max(self.at[0] - before[0], (self.at[1] - before[1]).total_seconds())


def _wake(children: list[Child]) -> None:
    """After a sleep nobody is blamed for it, and the worker looks now what has become due."""
    logger.info("The PC slept, or its clock was set.")
    for child in children:
        if child.process is not None:
            child.signs.forgive()
    look_now()
    connection.close()


def _as_interrupt(number, frame) -> None:
    raise KeyboardInterrupt


def _tell_when_up(port: int, when_up: Callable[[str], None]) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            when_up(f"http://{HOST}:{port}/")
            return
        time.sleep(0.1)


def end_with_parent() -> threading.Event:
    """In a child: leave as soon as the parent's pipe closes; the event tells that this is under way.

    Ctrl-C is the parent's matter.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ending = threading.Event()

    def wait() -> None:
        with suppress(OSError, ValueError):
            while os.read(0, 1024):
                pass
        ending.set()
        family.kill(psutil.Process().children(recursive=True))
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    return ending
