"""What goes wrong on the way, drawn by seed. "before": Spruce has not acted; "after": it has."""

from dataclasses import dataclass, field
from random import Random

# (kind, weight). Those of reads change nothing at Spruce, so "before" and "after" are one there.
AT_SENDING = (
    *(("drop before", 3), ("drop after", 4), ("reset before", 2), ("reset after", 3)),
    *(("500 before", 3), ("500 before, key used up", 1), ("500 after", 3)),
    *(("429", 1), ("429 with Retry-After", 1), ("503 before", 1), ("503 after", 1)),
    *(("502 before", 2), ("502 after", 2), ("cut JSON", 2), ("cut body", 2), ("no headers", 2), ("not JSON", 1)),
)
AT_READING = (
    *(("drop before", 3), ("reset before", 2), ("500 before", 3), ("502 before", 2), ("503 before", 1)),
    *(("429", 1), ("429 with Retry-After", 1), ("cut JSON", 2), ("cut body", 2), ("no headers", 2)),
)


@dataclass
class Faults:
    """`sending` and `reading` are the shares of calls that go wrong, `slow` the share of sends past a time-out."""

    seed: int = 0
    sending: float = 0.0
    reading: float = 0.0
    slow: float = 0.0
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(f"faults {self.seed}")

    def draw(self, *, sending: bool) -> str:
        """The fault of this call, or "" for none."""
        drawn = self._random.random()
        if drawn >= (self.sending if sending else self.reading):
            return "slow" if sending and self._random.random() < self.slow else ""
        kinds, weights = zip(*(AT_SENDING if sending else AT_READING), strict=True)
        return self._random.choices(kinds, weights)[0]
