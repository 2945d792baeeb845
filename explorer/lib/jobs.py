"""Work of more than a second: asked for on a page, done by the worker, watched and stopped by anybody who may.

The row says what was asked and how it ended. How far it is stands in a small file of counts in the data folder:
inside one transaction the work's own rows are invisible to others, and on SQLite nobody else can write meanwhile.
For the same reason the wish to stop is a file too. Where a transaction is not open, the row is kept up as well.
"""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from pathlib import Path

import psutil
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django_q.tasks import async_task

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Job

State = Job.State
RUN = "explorer.lib.jobs.run"
TELL_EVERY = 0.25  # seconds
ROW_EVERY = 1.0
BREATH = 0.12  # seconds between two transactions: whoever waits to write asks again every tenth of a second
SMOOTH_OVER = 5.0  # seconds: what the pace was before counts ever less
SILENT_FOR = timedelta(minutes=5)  # without any sign, where the worker's own process cannot be looked at
MOST_ATTEMPTS = 3
NOTHING_CHANGED = gettext_noop("Stopped. Nothing was changed.")
ROLLED_BACK = gettext_noop(
    "A backup was restored meanwhile. Look at what it was for, then start it again if it is still meant."
)
BROKEN = gettext_noop(
    "It ended with an error, and what it had begun was taken back or can be gone on with. Start it again; "
    "if that happens twice, tell your administrator."
)
DIED = gettext_noop("The background worker ended in the middle of it. Start it again; it goes on where it stopped.")


class Stopped(Exception):
    """A person asked the work to stop; the text says how things stand now."""


class CannotDo(Exception):
    """The work cannot be done as things are; the text is one sentence with the cure."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a function of the worker is shown. `right`: what it takes to start, stop and repeat it.

    `own`: only the person who asked for it starts it again, since it is done in that person's name.
    """

    right: str
    unit: str
    can_stop: bool = True
    own: bool = False


def work(*, right: str, unit: str = "", can_stop: bool = True, own: bool = False) -> Callable:
    """Marks a function `work(step, **ids) -> str` that the worker may run; it answers how it ended, in words.

    It may run twice and must then do no harm. It raises Stopped at a safe point, CannotDo or ValidationError.
    """

    def mark(function):
        function.kind = Kind(right, unit, can_stop, own)
        return function

    return mark


def begin(task: str, *, title: str, by, url: str = "", **ids: int | str) -> Job:
    """Ask the worker for `task`, the dotted path of a function marked as `work`. Title and ids name no patient.

    `url`: where the result is seen. The very same work that waits or runs is not asked for twice.
    """
    _kind(task)
    with transaction.atomic():
        same = Job.objects.select_for_update().open().filter(task=task, ids=ids).first()
        if same:
            return same
        job = Job.objects.create(task=task, title=title[:120], url=url, ids=ids, asked_by=by)
        async_task(RUN, job.pk)  # a row of the same database: it is there if and only if the job is
    return job


def ask_to_stop(job: Job, *, by) -> None:
    """Felt within a second: what waits is never begun, what runs stops at its next safe point.

    While the work holds SQLite's one right to write, the wish stands in a file alone; the worker notes it at its end.
    """
    if not _kind(job.task).can_stop:
        return
    if not _stop_file(job).exists():
        _write(_stop_file(job), {"by": by.pk, "at": clock.now().isoformat()})
    if job.state == State.WAITING or connection.vendor != "sqlite":
        _note_the_wish(job, by)


@transaction.atomic
def _note_the_wish(job: Job, by) -> None:
    now = clock.now()
    if Job.objects.open().filter(pk=job.pk, stop_asked_at=None).update(stop_asked_at=now, stop_asked_by=by):
        record([(job, "update", {"stop asked": [None, str(now)]})], by=by)
    waiting = Job.objects.filter(pk=job.pk, state=State.WAITING)
    if waiting.update(state=State.CANCELLED, ended_at=now, outcome=NOTHING_CHANGED):
        _forget_files(job)


@transaction.atomic
def start_again(job: Job, *, by) -> bool:
    """For work that ended without success, or whose worker died. False: it runs, waits or is done."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not (job.state in (State.FAILED, State.CANCELLED) or (job.state == State.RUNNING and is_dead(job))):
        return False
    _forget_files(job)
    was, job.state, job.attempt = job.state, State.WAITING, 0
    job.ended_at = job.stop_asked_at = job.stop_asked_by = job.started_at = None
    job.outcome = ""
    job.save()
    record([(job, "update", {"started again": [was, job.state]})], by=by)
    async_task(RUN, job.pk)
    return True


def end_all(outcome: str) -> int:
    """Nothing that was asked for goes on by itself; how many that were. A person may start each again."""
    return Job.objects.open().update(state=State.FAILED, ended_at=clock.now(), outcome=outcome)


def run(job_id: int) -> None:
    """What the worker does. A second worker, or the same order come twice, finds the job taken and leaves it."""
    job = _claimed(job_id)
    if job is None:
        return
    step, state, outcome = Step(job), State.FAILED, BROKEN
    try:
        step.begin(0)
        outcome, state = import_string(job.task)(step, **job.ids) or "", State.DONE
    except Stopped as stop:
        outcome, state = str(stop) or NOTHING_CHANGED, State.CANCELLED
    except (CannotDo, ValidationError) as problem:
        outcome = " ".join(getattr(problem, "messages", None) or [str(problem)])
    finally:
        _end(job, state, outcome, step)


def _claimed(job_id: int) -> Job | None:
    job = Job.objects.select_related("asked_by").filter(pk=job_id).first()
    if job is None or not (job.state == State.WAITING or (job.state == State.RUNNING and is_dead(job))):
        return None
    same = Job.objects.filter(pk=job.pk, state=job.state, attempt=job.attempt)
    if job.attempt >= MOST_ATTEMPTS:
        same.update(state=State.FAILED, ended_at=clock.now(), outcome=DIED)
        return None
    now = clock.now()
    mine = {"state": State.RUNNING, "attempt": job.attempt + 1, "started_at": now, "touched_at": now, "done": 0}
    if not same.update(**mine):
        return None
    for name, value in mine.items():
        setattr(job, name, value)
    return job


def _end(job: Job, state: str, outcome: str, step: "Step") -> None:
    """Only by the worker that has the job now; one that was overtaken says nothing."""
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, attempt=job.attempt)
    done = step.total if state == State.DONE else step.done
    ended = {"state": state, "ended_at": clock.now(), "outcome": outcome[:500], "done": done, "total": step.total}
    if step.url:
        ended["url"] = step.url
    wish = _read(_stop_file(job))
    with transaction.atomic():
        if not mine.update(**ended):
            return
        if wish and Job.objects.filter(pk=job.pk, stop_asked_at=None).update(
            stop_asked_at=wish["at"], stop_asked_by=wish["by"]
        ):
            record([(job, "update", {"stop asked": [None, wish["at"]], "stop asked by": [None, wish["by"]]})])
    _forget_files(job)


@dataclass
class Step:
    """The work's side: tells how far it is, and raises Stopped when a person asked for it.

    `url` may be set by the work when its result stands elsewhere than thought.
    """

    job: Job | None = None
    done: int = 0
    total: int = 0
    words: str = ""
    url: str = ""
    _pace: float = 0.0  # a second, smoothed
    _at: float = field(default_factory=time.monotonic)
    _at_done: int = 0
    _told: float = 0.0
    _row_told: float = field(default_factory=time.monotonic)
    _deaf: bool = False

    @property
    def by(self):
        """The person who asked."""
        return self.job and self.job.asked_by

    @property
    def asked_at(self) -> datetime | None:
        return self.job and self.job.asked_at

    def begin(self, total: int, words: str = "") -> None:
        """A stretch of the work with so many parts; `words` say what it is, never about whom."""
        self.done, self.total, self.words = 0, total, words
        self._pace, self._at, self._at_done = 0.0, time.monotonic(), 0
        self._tell(always=True)

    def went(self, parts: int = 1) -> None:
        self.to(self.done + parts)

    def to(self, done: int) -> None:
        self.done = done
        self._tell()

    def through(self, parts: Sequence, words: str = "", *, weigh: Callable = lambda part: 1) -> Iterator:
        """Each of the parts, counted once it has been dealt with."""
        self.begin(sum(map(weigh, parts)), words)
        for part in parts:
            yield part
            self.went(weigh(part))

    def check(self) -> None:
        """Raises Stopped when that was asked for; call it at a point where nothing is half done."""
        if self.job and not self._deaf and (_stop_file(self.job).exists() or self._row_says_stop()):
            raise Stopped

    def finish_in_peace(self) -> None:
        """From here on it is not stopped: what was begun is taken back, or is only a moment more."""
        self._deaf = True

    def _row_says_stop(self) -> bool:
        """For a worker on another PC than the page; on SQLite both share the data folder."""
        if connection.vendor == "sqlite" or time.monotonic() - self._row_told < ROW_EVERY:
            return False
        return Job.objects.filter(pk=self.job.pk).exclude(stop_asked_at=None).exists()

    def _tell(self, *, always: bool = False) -> None:
        if self.job is None:
            return
        now = time.monotonic()
        if always or now - self._told >= TELL_EVERY:
            self._told = now
            self._measure(now)
            self.check()
            _write(_count_file(self.job), self._counts())
        if not connection.in_atomic_block and now - self._row_told >= ROW_EVERY:
            self._row_told = now
            mine = Job.objects.filter(pk=self.job.pk, attempt=self.job.attempt, state=State.RUNNING)
            if not mine.update(done=self.done, total=self.total, touched_at=clock.now()):
                raise Stopped(_("Another worker has taken this over."))
            time.sleep(BREATH)

    def _measure(self, now: float) -> None:
        passed, parts = now - self._at, self.done - self._at_done
        if passed <= 0 or not parts:
            return
        self._at, self._at_done = now, self.done
        weight = min(passed / SMOOTH_OVER, 1.0) if self._pace else 1.0
        self._pace += weight * (parts / passed - self._pace)

    def _counts(self) -> dict:
        counts = {"done": self.done, "total": self.total, "words": self.words, "pace": round(self._pace, 3)}
        return counts | {"who": _me(), "deaf": self._deaf}


unseen = Step()
"""For work that nobody watches: counts nothing and is never stopped."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a page shows of a job. `left` in seconds, None while the pace is not known."""

    done: int
    total: int
    words: str
    left: float | None
    is_dead: bool
    may_still_stop: bool
    is_stopping: bool

    @property
    def percent(self) -> int:
        return min(100 * self.done // self.total, 100) if self.total else 0

    @property
    def time_left(self) -> str:
        return "" if self.left is None else in_words(self.left)


def progress(job: Job) -> Progress:
    counts = _read(_count_file(job)) if job.state == State.RUNNING else {}
    done, total = counts.get("done", job.done), counts.get("total", job.total)
    pace = counts.get("pace") or 0
    left = (total - done) / pace if pace and total else None
    stopping = job.is_open and _stop_file(job).exists()
    can_stop = _kind_of(job).can_stop and not counts.get("deaf") and not stopping
    return Progress(done, total, counts.get("words", ""), left, is_dead(job, counts), can_stop, stopping)


def in_words(seconds: float) -> str:
    """As "about 2 minutes": rounded, so that it does not flicker."""
    if seconds < 5:
        return _("a few seconds")
    if seconds < 55:
        return _("about %(seconds)d seconds") % {"seconds": 10 * ceil(seconds / 10)}
    minutes = max(round(seconds / 60), 1)
    return ngettext("about %(minutes)d minute", "about %(minutes)d minutes", minutes) % {"minutes": minutes}


def is_dead(job: Job, counts: dict | None = None) -> bool:
    """Whether the worker that had it has ended without a word."""
    if job.state != State.RUNNING:
        return False
    counts = _read(_count_file(job)) if counts is None else counts
    host, pid, born, *_rest = [*counts.get("who", "").split("|"), "", "", ""]
    if host == socket.gethostname() and pid.isdecimal():
        return not _lives(int(pid), born)
    return job.touched_at is not None and clock.now() - job.touched_at > SILENT_FOR


def right_of(job: Job) -> str:
    """The right it takes to stop this job and to start it again."""
    return _kind_of(job).right


def may_start_again(job: Job, person) -> bool:
    """Whether this person may, the state of the job aside."""
    kind = _kind_of(job)
    return person.has_perm(kind.right) and (not kind.own or job.asked_by_id == person.pk)


def unit_of(job: Job) -> str:
    return _kind_of(job).unit


def _kind_of(job: Job) -> Kind:
    """Of work that this release no longer knows: it is shown, and nobody stops or repeats it."""
    try:
        return _kind(job.task)
    except (ImportError, AttributeError):
        return Kind(right="", unit="", can_stop=False)


def _kind(task: str) -> Kind:
    """Raises ImportError or AttributeError for what the worker may not run."""
    return import_string(task).kind


def _lives(pid: int, born: str) -> bool:
    try:
        process = psutil.Process(pid)
        return str(process.create_time()) == born and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


@cache
def _my_birth(pid: int) -> float:
    return psutil.Process(pid).create_time()


def _me() -> str:
    return f"{socket.gethostname()}|{os.getpid()}|{_my_birth(os.getpid())}"


def _folder() -> Path:
    return settings.HOME / "jobs"


def _count_file(job: Job) -> Path:
    return _folder() / f"{job.name}.json"


def _stop_file(job: Job) -> Path:
    return _folder() / f"{job.name}.stop"


def _write(path: Path, counts: dict) -> None:
    """Whole or not at all; a moment without it is no harm (Windows refuses while a page reads it)."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(counts), encoding="utf-8")
        os.replace(fresh, path)


def _read(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _forget_files(job: Job) -> None:
    for path in _folder().glob(f"{job.name}.*"):
        with suppress(OSError):
            path.unlink(missing_ok=True)
