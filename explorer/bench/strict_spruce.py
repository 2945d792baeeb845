"""A strict Spruce in a process of its own: `python -m explorer.bench.strict_spruce --contacts FILE --log FILE`.

Prints one JSON line with its address, token and control address; with `--events` one more for each text that
arrives. Under `/control/` the bench sets the step, the time and the faults, and asks for the verdict.
It ends when its standard input closes. Standard library only.
"""

import argparse
import json
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

from explorer.bench.strict.faults import Faults
from explorer.bench.strict.judge import Judge
from explorer.bench.strict.limits import Window
from explorer.bench.strict.organization import Organization
from explorer.bench.strict.parts import Strict
from explorer.bench.strict.wire import PREFIX, TOKEN, Server


def _span(text: str) -> tuple[float, float]:
    least, _, most = text.partition(",")
    return float(least), float(most or least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m explorer.bench.strict_spruce", description=__doc__)
    parser.add_argument("--contacts", type=Path, required=True, help="JSON: a list of id, given, family, born, phone")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time", default="", help="Spruce's clock at the start, RFC 3339")
    parser.add_argument("--answer-seconds", type=float, default=0.0)
    parser.add_argument("--slow-seconds", type=float, default=30.0)
    parser.add_argument("--item-lag", type=_span, default=(0.0, 0.0), help="LEAST,MOST seconds to become an item")
    parser.add_argument("--list-lag", type=_span, default=(0.0, 0.0), help="LEAST,MOST seconds until a list shows it")
    parser.add_argument("--per-minute", type=int)
    parser.add_argument("--per-day", type=int)
    parser.add_argument("--window", choices=["fixed", "sliding"], default="fixed")
    parser.add_argument("--stop-seconds", type=float, default=60.0)
    parser.add_argument("--in-flight-seconds", type=float, default=0.0, help="a text this soon after a STOP was read")
    parser.add_argument("--stop-in-doubt", type=float, default=0.0, help="share of missed texts whose number says STOP")
    parser.add_argument("--events", action="store_true")
    return parser.parse_args()


def build(options: argparse.Namespace) -> Strict:
    now = time.monotonic()
    limits = [("", 60.0, options.per_minute), ("daily-", 86_400.0, options.per_day)]
    windows = [Window(word, seconds, most, options.window, now) for word, seconds, most in limits if most is not None]
    base = datetime.fromisoformat(options.time).timestamp() if options.time else time.time()
    judge = Judge(options.log, stop_seconds=options.stop_seconds, in_flight_seconds=options.in_flight_seconds)
    contacts = json.loads(options.contacts.read_text(encoding="utf-8"))
    organization = Organization(
        judge,
        contacts,
        lambda at: strict.wall(at),
        options.item_lag,
        options.list_lag,
        seed=options.seed,
        stop_in_doubt=options.stop_in_doubt,
    )
    strict = Strict(
        judge, organization, windows, Faults(options.seed), options.answer_seconds, options.slow_seconds, base
    )
    return strict


def main() -> None:
    options = _options()
    strict = build(options)
    if options.events:
        strict.tell = _say
    server = Server(strict, options.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_address[1]}"
    _say({"url": root + PREFIX, "token": TOKEN, "control": root + "/control"})
    sys.stdin.read()
    strict.judge.close()


_saying = threading.Lock()


def _say(event: dict) -> None:
    with _saying:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
