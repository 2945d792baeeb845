"""How fast texts go out against the strict Spruce in its own process, and how much of a limit is used."""

import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import requests

from explorer.bench.kills import MONDAYS, SEND, ZONE
from explorer.bench.stand import Stand, StrictServer, people

ANSWER_SECONDS = 0.05
THREADS = 16
BARE_CALLS = 40  # of each thread
TEXTS = 1200
LIMIT = 600
BUSY_SECONDS = 75
LONGEST = 180


def measure(tell: Callable[[str], None] = lambda text: None) -> dict[str, float]:
    """Texts and calls a second and a minute, and what share of the possible they are."""
    found = _without_limit()
    tell(f"without a limit: {found}")
    for window in ("fixed", "sliding"):
        found |= _within(window)
        tell(f"{window} window done")
    return found


def _without_limit() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="speed", ignore_cleanup_errors=True) as folder:
        server, stand = _launched(Path(folder), "--answer-seconds", str(ANSWER_SECONDS))
        bare = _bare_calls(Path(folder))
        sender = stand.start(*SEND[:1], "--max", str(TEXTS), "--json", cold=True)
        sender.wait(LONGEST)
        sender.kill()
        seen = server.control("verdict")
        _end(server, stand)
    texts = len(seen["accepted"])
    rate = round((texts - 1) / max(0.001, seen["last_text_at"] - seen["first_text_at"]), 1) if texts > 1 else 0
    return {
        "texts per second, answers in 50 ms": rate,
        "bare calls per second, 16 threads": bare,
        "texts as a share of bare calls": round(rate / bare, 2),
        "calls at once": seen["most_at_once"],
        "texts sent twice": sum("twice" in each["rule"] for each in seen["violations"]),
    }


def _within(window: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="speed", ignore_cleanup_errors=True) as folder:
        options = ("--answer-seconds", str(ANSWER_SECONDS), "--per-minute", str(LIMIT), "--window", window)
        server, stand = _launched(Path(folder), *options)
        sender = stand.start(*SEND, cold=True)
        sender.wait(BUSY_SECONDS)
        sender.kill()
        seen = server.control("verdict")
        _end(server, stand)
    busiest = seen["busiest_fixed_minute" if window == "fixed" else "busiest_minute"]
    return {
        f"limit {LIMIT}, {window}: calls in the busiest minute": busiest,
        f"limit {LIMIT}, {window}: share of the limit": round(busiest / LIMIT, 3),
        f"limit {LIMIT}, {window}: calls past the limit": seen["calls_past_the_limit"],
        f"limit {LIMIT}, {window}: texts in {BUSY_SECONDS} s": len(seen["accepted"]),
    }


def _launched(folder: Path, *options: str) -> tuple[StrictServer, Stand]:
    patients = people(TEXTS + TEXTS // 10, seed=5)
    server = StrictServer(folder, patients, *options)
    stand = Stand(folder, patients, server)
    stand.open_at(datetime.fromisoformat(f"{MONDAYS[0]}T10:00").replace(tzinfo=ZONE))
    stand.set_up()
    stand.command("campaign", "create", "Bench", "--cohort", "matched", "--steps", "0")
    stand.command("campaign", "launch", "Bench", "--yes", "--override", "bench")
    return server, stand


def _end(server: StrictServer, stand: Stand) -> None:
    stand.close()
    server.stop()


def _bare_calls(folder: Path) -> float:
    """Nothing but the calls, from so many threads with a connection each, to a server of the same kind."""
    (folder / "bare").mkdir()
    server = StrictServer(folder / "bare", people(1, 1), "--answer-seconds", str(ANSWER_SECONDS))
    threads = [threading.Thread(target=_call, args=(server, number)) for number in range(THREADS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    server.stop()
    return round(THREADS * BARE_CALLS / seconds, 1)


def _call(server: StrictServer, thread: int) -> None:
    url = f"{server.url}/internalendpoints/line_phone/conversations"
    with requests.Session() as session:
        for number in range(BARE_CALLS):
            to = f"+1205555{thread * BARE_CALLS + number:04}"
            body = {"destination": {"smsOrEmailEndpoint": to}, "message": {"body": [{"type": "text", "value": "Hi"}]}}
            headers = {"Authorization": f"Bearer {server.token}", "s-idempotency-key": f"bare-{thread}-{number}"}
            session.post(url, json=body, headers=headers, timeout=30).raise_for_status()
