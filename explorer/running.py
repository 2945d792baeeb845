"""The web server and the background worker, started and watched by one parent.

Every child holds the reading end of a pipe from its parent. When the pipe closes, for whatever reason,
the child ends and takes its own children with it: nothing is left behind, on Windows too.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from django.conf import settings

from explorer.lib import clock
from explorer.lib.commands import Refused

HOST = "127.0.0.1"
GRACE = 8  # seconds a child gets to end by itself
LONGEST_PAUSE = 30


@dataclass
class Child:
    """One watched process; `family` are its own children as last seen, in case it dies without them."""

    arguments: list[str]
    process: subprocess.Popen | None = None
    family: list[psutil.Process] = field(default_factory=list)
    deaths: int = 0
    start_again_at: float = 0.0

    def start(self) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, env=_environment())  # noqa: S603

    def watch(self) -> None:
        """Note the family, or start again after a death, a little later each time."""
        if self.process.poll() is None:
            with suppress(psutil.Error):
                self.family = psutil.Process(self.process.pid).children(recursive=True)
            return
        if not self.start_again_at:
            _end_family(self.family)
            self.deaths += 1
            self.start_again_at = time.monotonic() + min(2**self.deaths, LONGEST_PAUSE)
        if time.monotonic() >= self.start_again_at:
            self.start_again_at = 0.0
            self.start()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        _end_family(self.family)


def _environment() -> dict[str, str]:
    """A set clock goes on in the child from where it is now."""
    changed = {clock.VARIABLE: clock.without_jump().isoformat()} if clock.is_set() else {}
    return {**os.environ, **changed}


def _end_family(family: list[psutil.Process]) -> None:
    for process in family:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(family, timeout=3)


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
    children = [Child(["web", "--port", str(port)]), Child(["work"])]
    try:
        for child in children:
            child.start()
        threading.Thread(target=_tell_when_up, args=(port, when_up), daemon=True).start()
        while True:
            time.sleep(1)
            for child in children:
                child.watch()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        for child in children:
            child.stop()


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
        _end_family(psutil.Process().children(recursive=True))
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
    return ending
