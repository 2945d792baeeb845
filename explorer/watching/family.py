"""Which processes belong to the watch of this data folder, and how all of them are ended.

Every child is started with a mark in its environment: a fresh folder below the data folder. Its own children
inherit it, whoever adopts them. A name or a process number could be somebody else's.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from django.conf import settings

from explorer.lib.commands import Refused

MARK = "PATIENT_EXPLORER_WATCHED_AT"
WATCH = "PATIENT_EXPLORER_WATCHED_BY"
ROUNDS = 5  # a process may start another one while it is being ended


@contextmanager
def only_watch() -> Iterator[None]:
    """Be the one watch of this data folder, without leftovers of an earlier one; raises Refused.

    The lock is the system's own: it ends with this process, however that ends.
    """
    with open(settings.HOME / "watch.lock", "a+b") as file:
        if not _lock(file):
            raise Refused(
                f"Patient Explorer already runs on the data folder {settings.HOME}. Use it in the browser, or close "
                "it there first."
            )
        end(_marks())
        yield


def _lock(file) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _marks() -> Path:
    return Path(os.path.realpath(settings.HOME)) / "watched"


def new_mark(name: str) -> Path:
    """A folder for one run of a child, where its processes leave their signs of life."""
    mark = _marks() / f"{name}-{secrets.token_hex(8)}"
    mark.mkdir(parents=True)
    return mark


def environment(mark: Path) -> dict[str, str]:
    return {MARK: str(mark), WATCH: str(os.getpid())}


def members(mark: Path) -> list[psutil.Process]:
    """All living processes that bear this mark, or one below it."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _bears(process, mark)]


def _bears(process: psutil.Process, mark: Path) -> bool:
    try:
        borne = process.environ().get(MARK)
    except (psutil.Error, OSError):
        return False
    return bool(borne) and Path(borne).is_relative_to(mark)


def end(mark: Path) -> None:
    """Kill all that bear the mark and forget their signs."""
    for _ in range(ROUNDS):
        found = members(mark)
        if not found:
            break
        kill(found)
    shutil.rmtree(mark, ignore_errors=True)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=3)


def leave() -> None:
    """End this process and its children, at once."""
    with suppress(psutil.Error):
        kill(psutil.Process().children(recursive=True))
    os._exit(1)


class Watch:
    """The watching process as one of its children saw it first, so that its number cannot be mistaken later."""

    def __init__(self) -> None:
        try:
            self.process = psutil.Process(int(os.environ[WATCH]))
        except psutil.NoSuchProcess:
            self.process = None

    def is_gone(self) -> bool:
        try:
            return self.process is None or self._ended()
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False

    def _ended(self) -> bool:
        return not self.process.is_running() or self.process.status() == psutil.STATUS_ZOMBIE
