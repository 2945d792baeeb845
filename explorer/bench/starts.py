"""Kill the whole of `start`: the parent, the worker, one of its children. Nothing may be left sending."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import psutil

from explorer.bench.kills import MONDAYS, ZONE
from explorer.bench.stand import ROOT, Broken, Stand, StrictServer, people
from explorer.bench.verdict import compare

TEXTS = 500
ANSWER_SECONDS = 0.25  # so that a kill finds texts under way
IN_FLIGHT_SECONDS = 1.0  # the worker reads replies beside the sender
STOPS = 8
GONE_WITHIN = 15  # seconds until no process is left of a start whose parent was killed
QUIET = 2.0  # seconds in which nothing may be called after that
SENDS_WITHIN = 180  # schedules start up to half a minute late, and come each minute
PASSWORD = "bench password for one run"  # noqa: S105


@dataclass
class Found:
    kills: int = 0
    victims: list[str] = field(default_factory=list)
    gone_after: list[float] = field(default_factory=list)
    on_again_after: list[tuple[str, float]] = field(default_factory=list)  # what was killed before, seconds
    wrong: list[str] = field(default_factory=list)


def run(kills: int, seed: int, tell: Callable[[str], None] = lambda text: None, keep: Path | None = None) -> dict:
    """The facts of one trial, as `kills.run` gives them."""
    with tempfile.TemporaryDirectory(prefix="starts", ignore_cleanup_errors=True) as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        patients = people(TEXTS, seed)
        options = ("--seed", str(seed), "--answer-seconds", str(ANSWER_SECONDS), "--events", "--item-lag", "0,1")
        options += ("--in-flight-seconds", str(IN_FLIGHT_SECONDS))
        server = StrictServer(folder, patients, *options)
        stand, found = Stand(folder, patients, server), Found()
        try:
            launched = _prepare(stand)
            stops = Random(f"stops {seed}").sample(range(1, launched), STOPS)
            server.control("stops", after=sorted(stops))
            _kill_again_and_again(stand, found, kills, Random(f"starts {seed}"), tell)
            facts = compare(stand.rows(), server.control("verdict"), (0,), {"Bench": launched})
        finally:
            stand.close()
            server.stop()
    facts["violations"] += found.wrong
    return {
        "ok": not facts["violations"] and found.kills == kills,
        "kills": found.kills,
        "most_seconds_until_all_were_gone": round(max(found.gone_after, default=0), 1),
        "seconds_until_texts_went_on": found.on_again_after,
    } | facts


def _prepare(stand: Stand) -> int:
    stand.open_at(datetime.fromisoformat(f"{MONDAYS[0]}T10:00").replace(tzinfo=ZONE))
    stand.set_up()
    command = [sys.executable, str(ROOT / "manage.py"), "person", "add", "bench", "--role", "administrator"]
    made = subprocess.run(command, env=stand.env, input=PASSWORD + "\n", text=True, capture_output=True)  # noqa: S603
    if made.returncode:
        raise Broken(f"No administrator could be made: {made.stderr}")
    stand.command("campaign", "create", "Bench", "--cohort", "matched", "--steps", "0")
    launched = stand.command("campaign", "launch", "Bench", "--yes", "--override", "bench")["planned"]
    stand.server.control("step", name="Bench|0")
    stand.server.control("faults", sending=0.05, reading=0.02)
    return launched


def _kill_again_and_again(stand: Stand, found: Found, kills: int, random: Random, tell) -> None:
    port, started = _free_port(), None
    try:
        while found.kills < kills and _open(stand):
            started = started or _start(stand, port)
            if not _texts_come(stand, found, started):
                break
            time.sleep(random.uniform(0, 0.5))
            family = [started, *started.children(recursive=True)]
            victim = started if random.random() < 0.5 else random.choice(family)
            found.victims.append("parent" if victim == started else _shown(victim))
            victim.kill()
            found.kills += 1
            if victim == started:
                _expect_nothing_left(stand, found, family)
                started = None
            tell(f"{found.kills} kills, {stand.server.control('progress')['accepted']} texts")
        stand.server.control("answer", seconds=0.0)
        stand.server.control("faults", sending=0.0, reading=0.0)
        started = started or _start(stand, port)
        _let_it_finish(stand, found)
    finally:
        if started:
            _stop(started, found)


def _start(stand: Stand, port: int) -> psutil.Process:
    run = stand.start("start", "--port", str(port), "--no-browser", cold=True)
    return psutil.Process(run.pid)


def _texts_come(stand: Stand, found: Found, started: psutil.Process) -> bool:
    """Whether texts go out (again) in time."""
    lines, begun = stand.server.lines, time.monotonic()
    before = lines.seen["text"]
    if lines.wait(lambda: lines.seen["text"] > before + 2, SENDS_WITHIN):
        after = found.victims[-1] if found.victims else "the first start"
        found.on_again_after.append((after, round(time.monotonic() - begun, 1)))
        return True
    if _open(stand):
        found.wrong.append(f"no text within {SENDS_WITHIN} s; start is {_state(started)}")
    return False


def _open(stand: Stand) -> int:
    status = stand.command("campaign", "status", "Bench")
    if status["state"] == "paused":
        stand.command("campaign", "resume", "Bench")
    return status["planned"] + status["sending"] + status["accepted"]


def _expect_nothing_left(stand: Stand, found: Found, family: list[psutil.Process]) -> None:
    begun = time.monotonic()
    _, left = psutil.wait_procs(family, timeout=GONE_WITHIN)
    found.gone_after.append(time.monotonic() - begun)
    if left:
        found.wrong.append(f"orphans after {GONE_WITHIN} s: {[_shown(each) for each in left]}")
    before = stand.server.control("progress")["calls"]
    time.sleep(QUIET)
    if stand.server.control("progress")["calls"] > before:
        found.wrong.append("calls were made after the parent was killed and its children should be gone")
    for each in left:
        with suppress(psutil.Error):
            each.kill()


def _let_it_finish(stand: Stand, found: Found) -> None:
    deadline = time.monotonic() + 2 * SENDS_WITHIN
    while (left := _open(stand)) and time.monotonic() < deadline:
        time.sleep(2)
    if left:
        found.wrong.append(f"{left} texts are open {2 * SENDS_WITHIN} s after the last kill")


def _stop(started: psutil.Process, found: Found) -> None:
    with suppress(psutil.Error):
        family = started.children(recursive=True)
        started.terminate()
        _, left = psutil.wait_procs([started, *family], timeout=GONE_WITHIN)
        if left:
            found.wrong.append(f"left after an orderly stop: {[_shown(each) for each in left]}")
        for each in left:
            each.kill()


def _state(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.status()
    return "gone"


def _shown(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        words = process.cmdline()
        return " ".join(word for word in words if not word.startswith(("/", "-")))[:60] or process.name()
    return "gone"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
