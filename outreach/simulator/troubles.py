"""Scripted trouble for the simulator: what goes wrong, on which path, and when."""

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

SEND = "/internalendpoints/{internalEndpointId}/conversations"

# "before": Spruce has not acted. "after": it has, and the client does not learn of it.
BEFORE = frozenset(
    {"drop_before", "reset_before", "slow_before", "500_before", "502_before"}
    | {"503", "429", "422", "404", "403", "redirect"}
)
AFTER = frozenset(
    {"drop_after", "reset_after", "slow_after", "500_after", "502_after", "cut_transfer", "cut_json"}
    | {"nonsense", "too_large", "no_headers", "late_item"}
)


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble. It strikes the `nth` matching call (from 1), or each with probability `share`.

    `path` is the contract's template, such as `SEND`, and may hold wild cards. `seconds`: how slow, how late,
    or what Retry-After says (None: no such header).
    """

    kind: str
    path: str = "*"
    method: str = "*"
    nth: int | None = None
    share: float = 1.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in BEFORE | AFTER:
            raise ValueError(f"There is no trouble called {self.kind}.")

    def concerns(self, method: str, template: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(template, self.path)


class Troubles:
    """Decides call by call; the same seed gives the same decisions for the same order of calls."""

    def __init__(self, *troubles: Trouble, seed: int = 0) -> None:
        self._troubles = list(troubles)
        self._calls = [0] * len(troubles)
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def pick(self, method: str, template: str) -> Trouble | None:
        """The trouble that strikes this call: the first in the script whose turn it is."""
        with self._lock:
            struck = [self._strikes(number, method, template) for number in range(len(self._troubles))]
        return next((trouble for trouble, hit in zip(self._troubles, struck, strict=True) if hit), None)

    def add(self, trouble: Trouble) -> None:
        """Further trouble from now on; `nth` counts from here."""
        with self._lock:
            self._troubles.append(trouble)
            self._calls.append(0)

    def clear(self) -> None:
        with self._lock:
            self._troubles.clear()
            self._calls.clear()

    def _strikes(self, number: int, method: str, template: str) -> bool:
        trouble = self._troubles[number]
        if not trouble.concerns(method, template):
            return False
        self._calls[number] += 1
        if trouble.nth is not None:
            return self._calls[number] == trouble.nth
        return self._random.random() < trouble.share
