"""Several texts in flight: threads that make one call each and touch nothing else.

How many fly at once grows while Spruce answers well and falls to one at the first trouble, so that an ill
Spruce puts few texts at risk.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from outreach.models import Message
from outreach.spruce import Refused, Spruce, SpruceError

MOST, TO_BEGIN_WITH = 50, 3
LOOKING = 2  # threads beside those of the texts, for listings
CLOSE_BEHIND = 0.02  # seconds; so that one commit records several
STALE = 20.0  # seconds; a call that did not start by then was held up, as by a PC that slept


class NeverStarted(SpruceError):
    """The call was held up for so long that it was not made."""


@dataclass
class Landed:
    """What came of one call: Spruce's request id, or the error. `again`: an earlier try is still unknown."""

    message: Message
    request_id: str = ""
    problem: SpruceError | None = None
    again: bool = False


@dataclass
class Flight:
    spruce: Spruce
    keep: Callable[[], None] = field(default=lambda: None)
    room: int = TO_BEGIN_WITH
    _under_way: dict[Future, Message] = field(default_factory=dict)
    _staying: set[int] = field(default_factory=set)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(MOST + LOOKING, "text"))

    def __enter__(self) -> "Flight":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True)

    def __len__(self) -> int:
        return len(self._under_way)

    def free(self) -> int:
        return max(0, self.room - len(self))

    def start(self, message: Message) -> None:
        """Make the call of a claimed text in a thread; its pace was kept."""
        self._staying.add(message.pk)
        leaving = replace(self.spruce, pace=lambda: self._staying.discard(message.pk))
        future = self._threads.submit(hand_over, leaving, message, time.monotonic())
        future.add_done_callback(lambda _: self._staying.discard(message.pk))
        self._under_way[future] = message

    def wait_until_all_left(self) -> None:
        """Every text that was started is on the wire by now, or will not be."""
        while self._staying:
            time.sleep(0.001)

    def landed(self, *, at_least_one: bool) -> list[Landed]:
        """Those that are through; `at_least_one`: waits for the first, and a moment for others close behind it."""
        while at_least_one and not wait(self._under_way, 5, FIRST_COMPLETED).done:
            self.keep()
        done, _ = wait(self._under_way, CLOSE_BEHIND if at_least_one else 0)
        arrived = [future.result() for future in done if self._under_way.pop(future)]
        for each in arrived:
            self.room = min(MOST, self.room + 1) if each.problem is None else 1
        return arrived

    def map(self, function: Callable, of: Iterable) -> Iterator:
        """Like the built-in, with several calls under way; only where no limit asks for a pace."""
        for result in self._threads.map(function, of):
            self.keep()
            yield result

    def submit(self, function: Callable, *arguments: object) -> Future:
        return self._threads.submit(function, *arguments)


def hand_over(spruce: Spruce, message: Message, claimed: float | None = None) -> Landed:
    """The call itself: once, with the row's frozen words, line and key. `claimed`: when, by the monotonic clock."""
    if claimed is not None and time.monotonic() - claimed > STALE:
        return Landed(message, problem=NeverStarted("It was held up on this PC."))
    try:
        return Landed(message, request_id=_send(spruce, message))
    except SpruceError as problem:
        return Landed(message, problem=problem)
    except ValueError:
        return Landed(message, problem=Refused(400, "NOT A NUMBER TO TEXT"))


def _send(spruce: Spruce, message: Message) -> str:
    if message.conversation_id and message.kind != Message.Kind.CAMPAIGN:
        return spruce.reply_in(message.conversation_id, message.text, message.key)
    return spruce.send_text(message.line_id, message.phone, message.text, message.key)
