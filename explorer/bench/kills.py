"""Every text exactly once, whatever is killed: campaigns sent under SIGKILL, faults, STOPs and a limit.

The sender is seen from outside only: its commands, the wire, and at the end its ledger. `run` sets up a
private practice, starts `send_due --until-idle` again and again, kills it at random moments, lets it finish,
and compares the ledger with what the strict Spruce saw.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from explorer.bench.stand import Broken, Run, Stand, StrictServer, people
from explorer.bench.verdict import compare, phases

ZONE = ZoneInfo("America/Chicago")
# Mondays from which days 0, 3, 7 and 14 are neither a Sunday nor a holiday.
MONDAYS = ("2026-12-07", "2026-12-28", "2027-01-25", "2027-02-22", "2027-03-22", "2027-04-12", "2027-05-03")
SEND = ("send_due", "--until-idle", "--json")
ANSWER_SECONDS = 0.012
COLD_EVERY = 40  # one start in so many is a real `python3 manage.py`
BESIDE = 0.03  # share of runs with a second sender started beside them
QUIET_SECONDS = 2.0  # a run that makes no call for so long waits for something
MOST_QUIET_KILLS = 0.15  # share of kills that may fall on such waiting
STEP_SECONDS = 600  # a step that is not through by then is stuck


@dataclass(frozen=True)
class Plan:
    """What to try. `days` are the steps of a campaign; `texts` is about how many texts the first one has."""

    kills: int
    texts: int
    seed: int = 1
    days: tuple[int, ...] = (0, 3, 7, 14)
    per_minute: int | None = None
    window: str = "fixed"
    sending_faults: float = 0.12
    reading_faults: float = 0.05
    slow: float = 0.002  # share of texts whose answer comes after the client's time-out
    stops: float = 0.02  # share of texts after which somebody says STOP
    stop_in_doubt: float = 0.1  # share of texts lost on the way whose number says STOP at that moment
    item_lag: tuple[float, float] = (0.0, 1.5)
    list_lag: tuple[float, float] = (0.0, 1.0)
    seconds: float | None = None  # kill no more after that long, and let it finish


@dataclass
class Tally:
    kills: int = 0
    at: list[float] = field(default_factory=list)  # monotonic
    quiet: int = 0
    runs: int = 0
    cold: int = 0
    beside: int = 0
    resumed: int = 0
    how: Counter = field(default_factory=Counter)
    first_calls: dict[str, list[float]] = field(default_factory=lambda: {"warm": [], "cold": []})
    broken: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    launched: dict[str, int] = field(default_factory=dict)


def run(plan: Plan, tell: Callable[[str], None] = lambda text: None, keep: Path | None = None) -> dict:
    """The facts of one trial; "violations" is empty when nothing went wrong. `keep`: a folder to leave it in."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills", ignore_cleanup_errors=True) as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        patients = people(max(4, -(-plan.texts // len(plan.days))), plan.seed)
        server = StrictServer(folder, patients, *_server_options(plan))
        stand = Stand(folder, patients, server)
        tally = Tally()
        try:
            campaigns = _campaigns(plan, stand, tally, tell)
            facts = compare(stand.rows(), server.control("verdict"), plan.days, tally.launched)
            facts["phases"] = phases(tally.at, server.log)
            facts["violations"] += [f"a run broke down: {text}" for text in tally.broken] + tally.stuck
        finally:
            stand.close()
            server.stop()
    return _summary(plan, tally, facts, campaigns) | {"seconds": round(time.monotonic() - started, 1)}


def _server_options(plan: Plan) -> list[str]:
    options = ["--seed", str(plan.seed), "--answer-seconds", str(ANSWER_SECONDS), "--events"]
    options += ["--stop-in-doubt", str(plan.stop_in_doubt)]
    for name, lag in (("--item-lag", plan.item_lag), ("--list-lag", plan.list_lag)):
        options += [name, f"{lag[0]},{lag[1]}"]
    if plan.per_minute:
        options += ["--per-minute", str(plan.per_minute), "--window", plan.window]
    return options


def _summary(plan: Plan, tally: Tally, facts: dict, campaigns: int) -> dict:
    found = {
        "ok": not facts["violations"] and (tally.kills >= plan.kills or plan.seconds is not None),
        "kills": tally.kills,
        **facts.pop("phases"),
        "kills_by_moment": dict(tally.how),
        "runs": tally.runs,
        "real_starts": tally.cold,
        "second_senders": tally.beside,
        "campaigns": campaigns,
        "resumed_after_a_pause_by_itself": tally.resumed,
    }
    for kind, times in tally.first_calls.items():
        if times:
            found[f"most_seconds_to_the_first_call_{kind}"] = round(max(times), 2)
    return found | facts


def _campaigns(plan: Plan, stand: Stand, tally: Tally, tell: Callable[[str], None]) -> int:
    """Campaign after campaign until all kills are done; returns how many."""
    random, begun = Random(f"kills {plan.seed}"), time.monotonic()
    for number, monday in enumerate(MONDAYS, 1):
        name = f"Bench {number}"
        for day in plan.days:
            skew = random.choice((0.0, random.uniform(-20, 20), random.uniform(-900, 900)))
            stand.open_at(datetime.fromisoformat(f"{monday}T10:00").replace(tzinfo=ZONE) + timedelta(days=day), skew)
            if not stand.env.get("BENCH_READY"):
                stand.set_up()
                stand.env["BENCH_READY"] = "1"
            stand.server.control("step", name=f"{name}|{day}")
            if day == plan.days[0]:
                _launch(plan, stand, tally, name, random)
            stand.server.control("faults", sending=plan.sending_faults, reading=plan.reading_faults, slow=plan.slow)
            _send_step(plan, stand, tally, random, name, begun)
            stand.server.control("faults", sending=0.0, reading=0.0)
            tell(f"{name}, day {day}: {tally.kills} kills, {stand.server.control('progress')['accepted']} texts")
        if tally.kills >= plan.kills or _out_of_time(plan, begun) or tally.stuck:
            break
        _finish(stand, monday, plan)
    return number


def _finish(stand: Stand, monday: str, plan: Plan) -> None:
    """A day on which no reminder can come any more, so that the campaign ends and the next may begin."""
    end = datetime.fromisoformat(f"{monday}T10:00").replace(tzinfo=ZONE) + timedelta(days=max(plan.days) + 4)
    stand.open_at(end)
    stand.command(*SEND[:2])


def _launch(plan: Plan, stand: Stand, tally: Tally, name: str, random: Random) -> None:
    steps = ",".join(map(str, plan.days))
    stand.command("campaign", "create", name, "--cohort", "matched", "--steps", steps)
    launched = stand.command("campaign", "launch", name, "--yes", "--override", "bench")
    tally.launched[name] = launched["planned"]
    sent = stand.server.control("progress")["accepted"]
    most = launched["planned"] * len(plan.days)
    stand.server.control("stops", after=sorted(sent + random.randint(1, most) for _ in range(int(plan.stops * most))))


def _out_of_time(plan: Plan, begun: float) -> bool:
    return plan.seconds is not None and time.monotonic() - begun > plan.seconds


def _send_step(plan: Plan, stand: Stand, tally: Tally, random: Random, name: str, begun: float) -> None:
    """Run the sender until no text of the campaign is open, killing it on the way."""
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        killing = tally.kills < plan.kills and not _out_of_time(plan, begun)
        sender = _start(stand, tally, random, killing)
        if killing and _kill(plan, stand, tally, random, sender):
            continue
        code = sender.wait(deadline - time.monotonic())
        if code is None:
            sender.kill()
            break
        if _end_others(stand) and "Another process" in sender.facts().get("error", ""):
            continue
        if code != 0 or "broken" in sender.facts():
            tally.broken.append(f"exit code {code}: {sender.facts()}"[:800])
            if len(tally.broken) > 20:
                break
        status = stand.command("campaign", "status", name)
        if status["state"] == "paused":  # by itself, for too many STOPs: a person looked, and it goes on
            stand.command("campaign", "resume", name)
            tally.resumed += 1
        elif status["planned"] + status["sending"] + status["accepted"] == 0 and _had_its_way(sender):
            return
        else:
            time.sleep(0.2)
    status = stand.command("campaign", "status", name)
    tally.stuck.append(f"left open after {STEP_SECONDS} s: {status}")


def _had_its_way(sender: Run) -> bool:
    """Whether nothing kept the run from looking at everything, as a failed poll does."""
    facts = sender.facts()
    return not facts.get("waiting_for") and not facts.get("remaining")


def _start(stand: Stand, tally: Tally, random: Random, killing: bool) -> Run:
    tally.runs += 1
    cold = killing and tally.runs % COLD_EVERY == 0
    tally.cold += cold
    if killing and random.random() < BESIDE:
        tally.beside += 1
        beside = stand.start(*SEND)
        time.sleep(random.uniform(0, 0.1))
        stand.others.append(beside)
    return stand.start(*SEND, cold=cold)


def _kill(plan: Plan, stand: Stand, tally: Tally, random: Random, sender: Run) -> bool:
    """Kill the sender at a random moment; False when it had ended by itself, or is to end so."""
    how, events, wanted, delay = _moment(plan, stand, tally, random)
    before = stand.server.lines.seen.copy()
    came = _await_events(stand, sender, before, events, wanted, 8.0 if sender.process else QUIET_SECONDS)
    if came:
        _note_first_call(tally, sender)
    elif sender.code() is not None:
        return False
    elif events and not sender.process:
        if tally.quiet >= MOST_QUIET_KILLS * plan.kills:
            return False
        how = "while it waited"
    time.sleep(delay)
    at = time.monotonic()
    if not sender.kill():
        return False
    _end_others(stand)
    tally.kills += 1
    tally.at.append(at)
    tally.how[how] += 1
    tally.quiet += how == "while it waited"
    return True


def _end_others(stand: Stand) -> bool:
    """Kill second senders; True when there were any."""
    there, stand.others = stand.others, []
    for beside in there:
        beside.kill()
    return bool(there)


def _moment(plan: Plan, stand: Stand, tally: Tally, random: Random) -> tuple[str, tuple[str, ...], int, float]:
    """(name, events to wait for, how many, seconds after that)."""
    left = max(1, sum(tally.launched.values()) * len(plan.days) - stand.server.control("progress")["accepted"])
    mean = max(1.0, left / max(1, plan.kills - tally.kills))
    draw = random.random()
    if draw < 0.6:
        texts = 1 + int(random.expovariate(1 / mean)) if mean > 1.2 else 1
        return "around a text", ("text",), texts, random.uniform(0, ANSWER_SECONDS + 0.015)
    if draw < 0.75:
        return "after the first call", ("text", "read"), 1, random.uniform(0, 0.06)
    if draw < 0.9:
        return "later", ("text", "read"), 1, random.uniform(0, 1.0)
    return "at the start", (), 0, random.uniform(0, 0.15)


def _await_events(stand: Stand, sender: Run, before: Counter, events, wanted: int, seconds: float) -> bool:
    if not events:
        return False
    lines, deadline = stand.server.lines, time.monotonic() + seconds
    count = lambda: sum(lines.seen[event] - before[event] for event in events)  # noqa: E731
    while time.monotonic() < deadline:
        if lines.wait(lambda: count() >= wanted, 0.02):
            return True
        if sender.code() is not None:
            return False
    return False


def _note_first_call(tally: Tally, sender: Run) -> None:
    tally.first_calls["cold" if sender.process else "warm"].append(time.monotonic() - sender.started)


__all__ = ["Broken", "Plan", "run"]
