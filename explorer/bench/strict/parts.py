"""The parts of a running strict Spruce, and its verdict."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from explorer.bench.strict.faults import Faults
from explorer.bench.strict.judge import Judge
from explorer.bench.strict.limits import Window, busiest
from explorer.bench.strict.organization import Organization


@dataclass
class Strict:
    """The server's parts. `answer_seconds`: half of it passes before Spruce acts, half after."""

    judge: Judge
    organization: Organization
    windows: list[Window]
    faults: Faults
    answer_seconds: float = 0.0
    slow_seconds: float = 30.0
    base: float = 0.0
    started: float = field(default_factory=time.monotonic)
    tell: Callable[[dict], None] = lambda event: None
    most_at_once: int = 0
    at_once: int = 0
    texted: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wall(self, at: float) -> float:
        return self.base + at - self.started

    def verdict(self) -> dict:
        judge, calls = self.judge, sorted(self.judge.calls)
        minute = next((window for window in self.windows if window.seconds == 60), None)
        return {
            "violations": judge.violations,
            "counts": dict(judge.counts),
            "calls": len(calls),
            "accepted": judge.accepted,
            "stops": [asdict(stop) for stop in judge.stops.values()],
            "scheduled_left_after_stop": sum(
                row["number"] in judge.stops and judge.stops[row["number"]].told_at is not None
                for row in self.organization.scheduled.values()
            ),
            "limit": minute.limit if minute else None,
            "window": minute.kind if minute else None,
            "calls_past_the_limit": sum(window.past for window in self.windows),
            "busiest_minute": busiest(calls, 60.0),
            "busiest_fixed_minute": _busiest_fixed(calls, minute.phase if minute else 0.0),
            "first_text_at": min(self.texted, default=None),
            "last_text_at": max(self.texted, default=None),
            "most_at_once": self.most_at_once,
        }


def _busiest_fixed(calls: list[float], phase: float) -> int:
    found: dict[int, int] = {}
    for at in calls:
        number = int((at - phase) // 60)
        found[number] = found.get(number, 0) + 1
    return max(found.values(), default=0)
