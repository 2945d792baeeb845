"""The verdict: what may never happen, written down the moment it does."""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any


@dataclass
class Stop:
    """A patient's STOP: moments by the monotonic clock. `told_at`: when the client had an answer that held it."""

    number: str
    text: str
    item_id: str
    visible_at: float
    told_at: float | None = None


@dataclass
class Judge:
    """Every time is monotonic seconds. `stop_seconds` and `stop_texts`: how long, and how many texts, after it can
    be read a STOP may be missed: a batch of 50 and those in flight.

    The file gets one line per event, so that each verdict can be traced to what was on the wire.
    """

    path: Path
    stop_seconds: float = 60.0
    stop_texts: int = 66
    in_flight_seconds: float = 0.0  # between reading a STOP and minding it, where readers and sender are two processes
    violations: list[dict] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    calls: list[float] = field(default_factory=list)
    stops: dict[str, Stop] = field(default_factory=dict)
    accepted: list[dict] = field(default_factory=list)
    step: str = ""
    _by_step: Counter = field(default_factory=Counter)
    _by_text: dict = field(default_factory=dict)
    _by_key: dict = field(default_factory=dict)
    _accepted_keys: Counter = field(default_factory=Counter)
    _writing: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self._file = self.path.open("a", encoding="utf-8")

    def note(self, at: float, what: str, **facts: Any) -> None:
        with self._writing:
            self._file.write(json.dumps({"at": round(at, 6), "what": what, **facts}) + "\n")
            self._file.flush()

    def blame(self, at: float, rule: str, **facts: Any) -> None:
        self.violations.append({"rule": rule, "at": round(at, 6), "step": self.step, **facts})
        self.note(at, "VIOLATION", rule=rule, step=self.step, **facts)

    def arrive(self, at: float, call: int, path: str, key: str, number: str, text: str) -> None:
        """A text is asked for. A key belongs to one text for ever, and a text to one key."""
        words = sha256(f"{self.step}|{number}|{text}".encode()).hexdigest()[:16]
        facts = {"call": call, "number": number, "key": key[:12], "words": words}
        self.note(at, "text asked for", path=path, **facts)
        self.counts["texts asked for"] += 1
        if not key:
            self.blame(at, "a text without an idempotency key", **facts)
        elif self._by_key.setdefault(key, (path, number, text)) != (path, number, text):
            self.blame(at, "a key with another text, number or line than before", **facts)
        if key and self._by_text.setdefault(words, key) != key:
            self.blame(at, "a second key for the same text", **facts)
        self._judge_stop(at, number, facts)

    def _judge_stop(self, at: float, number: str, facts: dict) -> None:
        stop = self.stops.get(number)
        if stop is None:
            return
        since = sum(each["at"] > stop.visible_at for each in self.accepted)
        seen = {"visible_for": round(at - stop.visible_at, 3), "texts_since": since, "stop": stop.text}
        if stop.told_at is not None and at > stop.told_at + self.in_flight_seconds:
            self.blame(at, "a text after STOP", told_before=round(at - stop.told_at, 3), **seen, **facts)
        elif at - stop.visible_at > self.stop_seconds or since > self.stop_texts:
            self.blame(at, "a text long after STOP could be read", **seen, **facts)

    def accept(self, at: float, call: int, key: str, number: str, text: str, request_id: str) -> None:
        words = sha256(f"{self.step}|{number}|{text}".encode()).hexdigest()[:16]
        facts = {"call": call, "number": number, "key": key[:12], "words": words, "request_id": request_id}
        self.note(at, "text accepted", **facts)
        self.accepted.append(
            {"key": key, "number": number, "text": text, "request_id": request_id, "step": self.step, "at": at}
        )
        self._by_step[self.step, number] += 1
        if self._by_step[self.step, number] > 1:
            self.blame(at, "a number and step accepted twice", **facts)
        self._accepted_keys[key] += 1
        if self._accepted_keys[key] > 1:
            self.blame(at, "a key accepted twice", **facts)

    def reached_in_step(self, number: str) -> bool:
        return self._by_step[self.step, number] > 0

    def tell(self, at: float, number: str, item_ids: list[str]) -> None:
        """An answer with these items has left for the client, whole."""
        stop = self.stops.get(number)
        if stop and stop.told_at is None and stop.item_id in item_ids:
            stop.told_at = at
            self.note(at, "STOP told", number=number, item=stop.item_id)

    def close(self) -> None:
        self._file.close()
