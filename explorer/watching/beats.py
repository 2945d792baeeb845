"""Signs of life, written by the worker's own processes into the folder they were marked with.

Two kinds, since a process can live and do nothing: each process beats by itself (a frozen one does not), and a
task that does nothing goes the whole way from the queue through a worker to the results (a dead-locked cluster
lets none pass).
"""

import os
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from django_q.signals import post_execute, post_execute_in_worker, post_spawn, pre_execute

from explorer.watching import family

EVERY = 1.0  # seconds between two beats of a process
ROUND_EVERY = 2.0  # seconds between two tasks that do nothing
GUARD, ROUND = "guard", "round"
IDLE, BUSY = "idle", "busy"
_words = IDLE
_beating = 0


def watched() -> bool:
    """Whether a watch started this process, or one of those it comes from."""
    return family.MARK in os.environ


def sign(name: str, words: str = "") -> None:
    """Write over the former sign, in place: that needs no room on the disk, and no reader finds it half empty."""
    with suppress(OSError):
        handle = os.open(Path(os.environ[family.MARK]) / name, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(handle, f"{words:<8}{time.monotonic_ns():>24}".encode())
        finally:
            os.close(handle)


@cache
def _watch() -> family.Watch:
    return family.Watch()


def leave_if_alone() -> None:
    """Work on for nobody: without the watch there is nobody to end or replace this process."""
    if _watch().is_gone():
        family.leave()


def beat_by_itself(role: str) -> None:
    """From now on this process beats, from a thread of its own; asked again, nothing changes."""
    global _beating
    if _beating == os.getpid():
        return
    _beating = os.getpid()
    threading.Thread(target=_beat, args=(f"{role}-{os.getpid()}",), daemon=True).start()


def _beat(name: str) -> None:
    while True:
        sign(name, _words)
        leave_if_alone()
        time.sleep(EVERY)


def nothing() -> None:
    """The task that goes round."""


def listen_to_queue() -> None:
    """q2 tells by signals, and by nothing else, what its processes do."""
    post_spawn.connect(_worker_begins)
    pre_execute.connect(_task_begins)
    post_execute_in_worker.connect(_task_ended)
    post_execute.connect(_result_stored)


def _worker_begins(**kwargs) -> None:
    beat_by_itself("worker")


def _task_begins(**kwargs) -> None:
    global _words
    _words = BUSY


def _task_ended(**kwargs) -> None:
    global _words
    _words = IDLE


def _result_stored(**kwargs) -> None:
    beat_by_itself("monitor")
    sign(ROUND)
