"""A simulated Spruce on a free port of this machine, and what it tells a test about itself."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from explorer.lib import clock
from outreach.simulator.behaviour import Behaviour, silent
from outreach.simulator.organization import Organization
from outreach.simulator.state import LINES, State
from outreach.simulator.troubles import Troubles
from outreach.simulator.wire import Exchange, Limits, Server, milliseconds_of, shut

UNLIMITED = Limits()


@dataclass(frozen=True)
class Text:
    """A text that Spruce has taken."""

    number: str
    line_id: str
    text: str
    key: str
    request_id: str
    accepted_at: int


@dataclass
class Simulator:
    """A running simulator, and what it has seen. `url` is the base address, as SPRUCE_API_URL wants it."""

    state: State
    organization: Organization
    troubles: Troubles
    limits: Limits
    answer_seconds: float = 0.0
    errors_use_up_key: bool = False
    observe: Callable[[Exchange], None] | None = None
    calls: Counter = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)
    connections: set = field(default_factory=set)
    server: Server | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    @cached_property
    def token(self) -> str:
        return self.state.token()

    def close(self) -> None:
        """Stop serving and cut every connection; the file stays."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            shut(connection)
        self.state.close()

    def __enter__(self) -> "Simulator":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def texts(self, number: str | None = None) -> list[Text]:
        """The texts Spruce has taken, by any process, in their order."""
        with self.state.transaction():
            rows = self.state.all("SELECT * FROM texts ORDER BY position")
        taken = [Text(**{name: row[name] for name in Text.__dataclass_fields__}) for row in rows]
        return [text for text in taken if number in (None, text.number)]

    def accepted(self) -> Counter:
        """How many texts Spruce has taken for each number."""
        return Counter(text.number for text in self.texts())

    def over_limit(self) -> int:
        """How many calls were made past a limit."""
        with self.state.transaction():
            return self.state.one("SELECT COALESCE(SUM(over), 0) AS n FROM windows")["n"]

    def receive(self, number: str, text: str, at: datetime | None = None, line_id: str = LINES[0][0]) -> str:
        """A patient texts the practice, now or at a given time; the id of the item."""
        moment = milliseconds_of(at or clock.now())
        with self.state.transaction():
            return self.organization.receive(number, text, moment, line_id)

    def load_contacts(self, rows: list[dict]) -> int:
        return self.state.load_contacts(rows)

    def next_id(self) -> str:
        with self._lock:
            return f"0E5QDGJC{next(self._numbers):016X}"

    def count(self, method: str, template: str) -> None:
        with self._lock:
            self.calls[method, template] += 1


def serve(
    state_path: Path,
    *,
    troubles: Troubles | None = None,
    behaviour: Behaviour = silent,
    limits: Limits = UNLIMITED,
    item_delay: float = 0.0,
    list_delay: float = 0.0,
    answer_seconds: float = 0.0,
    errors_use_up_key: bool = False,
    observe: Callable[[Exchange], None] | None = None,
) -> Simulator:
    """Start a simulator on a free port of 127.0.0.1. Delays in seconds:

    item_delay      until a sent text is an item of its conversation
    list_delay      until lists show what has happened
    answer_seconds  for each answer
    """
    state = State(state_path)
    organization = Organization(state, behaviour, round(item_delay * 1000), round(list_delay * 1000))
    simulator = Simulator(
        state, organization, troubles or Troubles(), limits, answer_seconds, errors_use_up_key, observe
    )
    simulator.server = Server(simulator)
    threading.Thread(target=simulator.server.serve_forever, args=(0.02,), daemon=True).start()
    return simulator
