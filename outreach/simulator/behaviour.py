"""How simulated patients answer a text: a function of the number, the text, and which text to them it is."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Reply:
    """What a patient texts back, and how long after the practice's text."""

    after: timedelta
    text: str


Behaviour = Callable[[str, str, int], Sequence[Reply]]

# Of 1,000 texts so many are answered by text, and how. Most people use the link in it, or do nothing.
ANSWERS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (24, ("STOP", "Stop", "stop texting me please", "UNSUBSCRIBE", "Please take me off your list")),
    (50, ("Yes", "yes", "YES I want to come with you", "ok", "Y", "Sure thing")),
    (18, ("Done, thank you", "I filled it out", "Just did it. Thanks!")),
    (32, ("Where is the new office?", "Do you still take Medicare?", "Is this real?", "When is this?")),
    (12, ("Wrong number", "You have the wrong person", "I don't know this doctor")),
    (9, ("No", "No thank you", "I found another doctor")),
    (5, ("He passed away in March", "I moved to Florida", "HELP")),
)
# Half of all replies come within the hour, the rest over two days.
DELAYS = (0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 4.0, 7.0, 12.0, 20.0, 26.0, 47.0)


def silent(number: str, text: str, nth: int) -> Sequence[Reply]:
    """Nobody ever answers."""
    return ()


def seeded(seed: str) -> Behaviour:
    """Patients who answer in realistic shares, the same ones in the same way for the same seed."""

    def behave(number: str, text: str, nth: int) -> Sequence[Reply]:
        if any(_answer(seed, number, earlier) in ANSWERS[0][1] for earlier in range(1, nth)):
            return ()
        answer = _answer(seed, number, nth)
        if answer is None:
            return ()
        hours = DELAYS[_draw(seed, number, nth, "delay") % len(DELAYS)]
        return (Reply(timedelta(hours=hours), answer),)

    return behave


def _answer(seed: str, number: str, nth: int) -> str | None:
    drawn = _draw(seed, number, nth, "kind") % 1000
    for share, texts in ANSWERS:
        if drawn < share:
            return texts[_draw(seed, number, nth, "words") % len(texts)]
        drawn -= share
    return None


def _draw(*of: object) -> int:
    """A large number that depends on `of` alone, in every process and Python version."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, of)).encode()).digest()[:8], "big")
