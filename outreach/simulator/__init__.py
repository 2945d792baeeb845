"""Spruce Health, simulated at the wire: an HTTP server that keeps the vendor's contract, over a SQLite file.

Several processes may serve the same file at once and then are one Spruce.
"""

from collections.abc import Iterable
from pathlib import Path

from outreach.simulator.behaviour import Reply, seeded, silent
from outreach.simulator.server import Simulator, serve
from outreach.simulator.state import State
from outreach.simulator.troubles import SEND, Trouble, Troubles
from outreach.simulator.wire import Exchange, Limits

__all__ = [
    "SEND",
    "Exchange",
    "Limits",
    "Reply",
    "Simulator",
    "State",
    "Trouble",
    "Troubles",
    "demo",
    "load_contacts",
    "seeded",
    "serve",
    "silent",
]  # fmt: skip


def demo(state_path: Path) -> Simulator:
    """The Spruce of the demo practice: patients who answer, a lag as on the real line, generous limits."""
    return serve(
        state_path,
        behaviour=seeded("demo"),
        limits=Limits(per_minute=600, per_day=20_000),
        item_delay=1.0,
    )


def load_contacts(state_path: Path, rows: Iterable[dict]) -> int:
    """Put contacts into a state file, as `State.load_contacts`; the number of rows."""
    state = State(state_path)
    try:
        return state.load_contacts(rows)
    finally:
        state.close()
