"""Calls per window, as Spruce's rate headers tell of them, with either reading of "60 seconds"."""

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Window:
    """`kind`: "fixed" windows begin at `phase` and follow each other; a "sliding" one ends at each call.

    A call past the limit is refused and not counted, but remembered in `past`.
    """

    word: str
    seconds: float
    limit: int
    kind: str = "fixed"
    phase: float = 0.0
    past: int = 0
    _number: int = -1
    _used: int = 0
    _times: deque = field(default_factory=deque)

    def take(self, now: float) -> bool:
        """Count a call; False when it is past the limit."""
        if self.used(now) >= self.limit:
            self.past += 1
            return False
        self._used += 1
        self._times.append(now)
        return True

    def used(self, now: float) -> int:
        if self.kind == "fixed":
            number = int((now - self.phase) // self.seconds)
            if number != self._number:
                self._number, self._used = number, 0
            return self._used
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        return len(self._times)

    def headers(self, now: float) -> dict[str, str]:
        return {
            f"s-ratelimit-{self.word}limit": str(self.limit),
            f"s-ratelimit-{self.word}remaining": str(self.limit - self.used(now)),
        }


def busiest(times: list[float], seconds: float) -> int:
    """The most calls that lie in any stretch of so many seconds; the times are in order."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
