"""What the watch makes of the signs of life.

Silence is counted in the watch's own looks, of which none counts for more than a few seconds: after a sleep of
the PC, or when the watch itself was held up, a healthy child has time to show itself before it is judged.
"""

import http.client
import threading
import time
from pathlib import Path

import psutil
from django.db import OperationalError, connection, transaction

from explorer.watching import beats

HOST = "127.0.0.1"
WEB_SILENT_FOR = 8.0  # seconds without a sign; with the time to start again 15 in all
WORKER_SILENT_FOR = 6.0  # fewer: it takes longer to start
COMES_UP_WITHIN = 60.0
WRITING_FOR = 60.0  # longer than this no silence is excused by somebody else's writing
ASK_EVERY = 2.0
ALIVE_URL = "/alive/"
ALIVE_HEADER = "X-Watched-At"


class Signs:
    """Of one run of a child: `up` once it has shown itself, `well_for` seconds since then without trouble."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark
        self.up = False
        self.waited = 0.0
        self.well_for = 0.0

    def look(self, step: float) -> str:
        """What is wrong, in words, or nothing; `step`: the seconds that this look stands for."""
        self.read(step)
        if self.up:
            self.well_for += step
            return self.trouble()
        self.waited += step
        return "it did not come up" if self.waited >= COMES_UP_WITHIN else ""

    def read(self, step: float) -> None:
        raise NotImplementedError

    def trouble(self) -> str:
        raise NotImplementedError

    def forgive(self) -> None:
        """Count every silence anew: nobody could give a sign while the PC slept."""
        raise NotImplementedError


class WebSigns(Signs):
    """The web server answers: a thread is free, and the database can be read."""

    def __init__(self, mark: Path, port: int) -> None:
        super().__init__(mark)
        self.port = port
        self.answers = self.answers_seen = 0
        self.silent = 0.0
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        """Beside the watch, which must not wait for an answer; ends with the run, whose folder then goes."""
        while self.mark.exists():
            if answers(self.port, self.mark):
                self.answers += 1
            time.sleep(ASK_EVERY)

    def read(self, step: float) -> None:
        self.silent += step
        if self.answers != self.answers_seen:
            self.silent, self.up, self.answers_seen = 0.0, True, self.answers

    def trouble(self) -> str:
        return "it did not answer" if self.silent >= WEB_SILENT_FOR else ""

    def forgive(self) -> None:
        self.silent = 0.0


def answers(port: int, mark: Path) -> bool:
    """Whether the web server with this mark, and no other program, answers on this PC's own port.

    The one call that does not go through `explorer.lib.http`: it cannot leave the PC, and must be cheap.
    """
    line = http.client.HTTPConnection(HOST, port, timeout=WEB_SILENT_FOR)
    try:
        line.request("GET", ALIVE_URL)
        answer = line.getresponse()
        return answer.status == 204 and answer.headers.get(ALIVE_HEADER) == mark.name
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


class WorkerSigns(Signs):
    """Each process beats, the sentinel guards, and a task goes round, unless all workers are busy."""

    def __init__(self, mark: Path) -> None:
        super().__init__(mark)
        self.found: dict[str, bytes] = {}
        self.silent: dict[str, float] = {}
        self.excused_for = 0.0

    def read(self, step: float) -> None:
        for path in self.mark.glob("*"):
            sign = _read(path)
            same = sign == self.found.get(path.name)
            self.silent[path.name] = self.silent.get(path.name, 0.0) + step if same else 0.0
            self.found[path.name] = sign
        self._forget_the_dead()
        if not self._somebody_is_free():
            self._restart(beats.ROUND)
        self.up = self.up or {beats.GUARD, beats.ROUND} <= self.found.keys()
        self.excused_for += step

    def _forget_the_dead(self) -> None:
        """q2 replaces a dead member by itself; if that did not help, no task goes round."""
        for name in self._silent():
            if _has_ended(name):
                (self.mark / name).unlink(missing_ok=True)
                del self.found[name], self.silent[name]

    def _silent(self) -> list[str]:
        return [name for name, seconds in self.silent.items() if seconds >= WORKER_SILENT_FOR]

    def _somebody_is_free(self) -> bool:
        workers = [sign for name, sign in self.found.items() if name.startswith("worker-")]
        return any(sign.startswith(beats.IDLE.encode()) for sign in workers)

    def _restart(self, name: str) -> None:
        if name in self.silent:
            self.silent[name] = 0.0

    def trouble(self) -> str:
        silent = self._silent()
        frozen = [name.partition("-")[0] for name in silent if name not in (beats.GUARD, beats.ROUND)]
        if frozen:
            return f"its {frozen[0]} process stood still"
        if not silent:
            self.excused_for = 0.0
            return ""
        if self.excused_for < WRITING_FOR and somebody_writes():
            return ""
        return "it took no task" if beats.ROUND in silent else "its processes were not looked after"

    def forgive(self) -> None:
        self.silent = dict.fromkeys(self.silent, 0.0)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _has_ended(name: str) -> bool:
    number = name.partition("-")[2]
    return number.isdigit() and not psutil.pid_exists(int(number))


def somebody_writes() -> bool:
    """Whether the one right to write into the database is taken: who waits for it then is not stuck."""
    if connection.vendor != "sqlite":
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 100")
        with transaction.atomic():
            return False
    except OperationalError:
        return True
    finally:
        connection.close()
