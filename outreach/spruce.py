"""Spruce Health, the practice's texting service: its contacts, its conversations and the sending of a text.

Keeps to Spruce's published OpenAPI document. What decides about doubles: a text is sent with an idempotency
key that Spruce remembers for 24 hours per path, and a repeat is refused with 422 (`KeySeen`), never replayed.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from explorer.lib import clock, http
from explorer.lib.home import DEMO, home, mode
from outreach.pace import Gauge
from outreach.spruce_answers import (
    BadToken,
    Busy,
    Conversation,
    Item,
    KeySeen,
    Line,
    Nonsense,
    NotConfigured,
    NotSent,
    OutcomeUnknown,
    RateLimits,
    Refused,
    ScheduledText,
    SpruceContact,
    SpruceError,
    as_text,
    contact,
    conversation,
    entries_of,
    item,
    json_object,
    line,
    rate_limits,
    refusal,
    scheduled_text,
)

__all__ = [
    "BadToken", "Busy", "Conversation", "Item", "KeySeen", "Line", "Nonsense", "NotConfigured", "NotSent",
    "OutcomeUnknown", "RateLimits", "Refused", "ScheduledText", "Spruce", "SpruceContact", "SpruceError",
    "configured",
]  # fmt: skip

API = "https://api.sprucehealth.com/v1"
CONTACTS_PAGE = 500
CONVERSATIONS_PAGE = 200
MAX_PAGES = 2_000
MAX_STALE_PAGES = 3
READ_ATTEMPTS = 3
LONGEST_KEY = 255
NANP = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(eq=False)
class Spruce:
    """A client for one organisation. Threads may share it.

    `pace` is called before each request, repeated reads and further pages too, and may wait or raise.
    Reads are repeated when their outcome is unknown; writes never are.
    """

    base_url: str
    token: str = field(repr=False)
    pace: Callable[[], None] | None = field(default=None, repr=False)
    timeout: tuple[float, float] = (http.CONNECT_SECONDS, http.READ_SECONDS)
    gauge: Gauge = field(default_factory=Gauge, repr=False)
    values_dropped: int = 0

    @property
    def limits(self) -> RateLimits:
        return self.gauge.limits

    @property
    def ahead(self) -> timedelta | None:
        """How far Spruce's clock is ahead of ours; None as long as it has not told its time."""
        return self.gauge.ahead

    @property
    def requests_made(self) -> int:
        return self.gauge.started

    def admitted(self) -> "Spruce":
        """The same client for calls whose pace was kept beforehand."""
        return replace(self, pace=None)

    def since(self, moment: datetime) -> datetime | None:
        """A moment of ours as a start for reading that misses nothing, whichever of the two clocks is wrong.

        None, everything, where Spruce does not tell its time.
        """
        if self.ahead is None:
            self.lines()  # any answer tells the time
        return None if self.ahead is None else min(moment, moment + self.ahead)

    def lines(self) -> list[Line]:
        page = self._read("internalendpoints", "internalendpoints")
        return [line(entry) for entry in entries_of(page, "internalEndpoints")]

    def contacts(self, page_size: int = CONTACTS_PAGE) -> Iterator[SpruceContact]:
        """Every contact once. Raises Nonsense rather than end early."""
        if not 1 <= page_size <= CONTACTS_PAGE:
            raise ValueError(f"A page of contacts holds 1 to {CONTACTS_PAGE}.")
        for entry in self._listing("contacts", "contacts", "contacts", {"pageSize": page_size}, counted=True):
            read, dropped = contact(entry)
            self.values_dropped += dropped
            yield read

    def send_text(self, line_id: str, to_e164: str, text: str, key: str) -> str:
        """Hand over one SMS and return Spruce's request id. Accepted is not delivered: see `items`."""
        if not NANP.fullmatch(to_e164):
            raise ValueError("A text goes to a number written as +1 and ten digits.")
        body = {"destination": {"smsOrEmailEndpoint": to_e164}, "message": _message(text)}
        path = f"internalendpoints/{_segment(line_id)}/conversations"
        return self._write(path, "internalendpoints/{id}/conversations", body, key)

    def start_call(self, line_id: str, from_e164: str, to_e164: str, key: str) -> str:
        """Prepare a proxy call: dialled from `from_e164`, the number given back connects to `to_e164`, who sees
        the line's number. Nobody is rung by this."""
        if not NANP.fullmatch(from_e164) or not NANP.fullmatch(to_e164):
            raise ValueError("A call goes between numbers written as +1 and ten digits.")
        path, resource = f"internalendpoints/{_segment(line_id)}/calls", "internalendpoints/{id}/calls"
        body = {"originatingNumber": from_e164, "destinationNumber": to_e164}
        answer = self._call("POST", path, resource, json=body, headers={"s-idempotency-key": _checked(key)})
        proxy = as_text(json_object(answer, resource).get("proxyNumber"))
        if not NANP.fullmatch(proxy):
            raise Nonsense(f"Spruce answered {resource} without a number to dial.")
        return proxy

    def reply_in(self, conversation_id: str, text: str, key: str) -> str:
        """Answer in a conversation; as `send_text`."""
        path = f"conversations/{_segment(conversation_id)}/messages"
        return self._write(path, "conversations/{id}/messages", _message(text), key)

    def conversations(self, active_since: datetime | None = None) -> Iterator[Conversation]:
        """Conversations by their last message, from `active_since` on. The view lags: overlap the windows."""
        always = {"orderBy": "last_message", "pageSize": CONVERSATIONS_PAGE}
        first = {"startFrom": _rfc3339(active_since)} if active_since else {}
        for entry in self._listing("conversations", "conversations", "conversations", always, first):
            yield conversation(entry)

    def conversation(self, conversation_id: str) -> Conversation:
        """One by its id, also where nothing was written in it yet. Raises Refused with status 404."""
        page = self._read(f"conversations/{_segment(conversation_id)}", "conversations/{id}")
        found = page.get("conversation")
        if not isinstance(found, dict):
            raise Nonsense("Spruce answered conversations/{id} without a conversation.")
        return conversation(found)

    def items(self, conversation_id: str, since: datetime | None = None) -> Iterator[Item]:
        """The entries of a conversation from `since` on, oldest first, each once. The view lags."""
        always = {"order": "oldest_first", "pageSize": CONVERSATIONS_PAGE}
        first = {"startFrom": _rfc3339(since)} if since else {}
        path = f"conversations/{_segment(conversation_id)}/items"
        for entry in self._listing(path, "conversations/{id}/items", "conversationItems", always, first):
            yield item(entry, conversation_id)

    def conversations_of(self, contact_id: str) -> list[Conversation]:
        path = f"contacts/{_segment(contact_id)}/conversations"
        page = self._read(path, "contacts/{id}/conversations")
        return [conversation(entry) for entry in entries_of(page, "conversations")]

    def scheduled(self) -> Iterator[ScheduledText]:
        """Messages that Spruce will send later by itself."""
        for entry in self._listing("scheduledmessages", "scheduledmessages", "scheduledMessages", {}):
            if not entry.get("sentConversationItemId"):
                yield scheduled_text(entry)

    def delete_scheduled(self, scheduled_id: str) -> None:
        """Withdraw a scheduled message. Raises Refused with status 404 when it is no longer there."""
        self._call("DELETE", f"scheduledmessages/{_segment(scheduled_id)}", "scheduledmessages/{id}")

    def _listing(
        self, path: str, resource: str, name: str, always: dict, first: Mapping = EMPTY, counted: bool = False
    ) -> Iterator[dict]:
        """All entries of all pages, each id once. `first` goes with the first page only, since a page token
        excludes `startFrom`. `counted`: `totalCount` is exact enough to prove the listing complete.
        """
        guard = _Guard(resource, counted)
        params = always | dict(first)
        while True:
            page = self._read(path, resource, params)
            entries = entries_of(page, name)
            yield from guard.fresh(entries)
            following = guard.next_token(page, entries)
            if following is None:
                return
            params = always | {"paginationToken": following}

    def _read(self, path: str, resource: str, params: Mapping[str, Any] | None = None) -> dict:
        for _ in range(READ_ATTEMPTS - 1):
            with suppress(OutcomeUnknown):
                return json_object(self._call("GET", path, resource, params=params), resource)
        return json_object(self._call("GET", path, resource, params=params), resource)

    def _write(self, path: str, resource: str, body: dict, key: str) -> str:
        answer = self._call("POST", path, resource, json=body, headers={"s-idempotency-key": _checked(key)})
        request_id = as_text(json_object(answer, resource).get("requestId"))
        if not request_id:
            raise Nonsense(f"Spruce answered {resource} without a request id.")
        return request_id

    def _call(self, method: str, path: str, resource: str, **parts: Any) -> http.Response:
        """One request. Returns a 2xx answer; raises one of this module's errors for all else."""
        if self.pace:
            self.pace()
        url = f"{self.base_url.rstrip('/')}/{path}"
        call, answer = self.gauge.begin(), None
        try:
            answer = http.send(
                "spruce", method, url, resource=resource, token=self.token, timeout=self.timeout, **parts
            )
        except http.NotSent as error:
            raise NotSent(str(error)) from None
        except http.OutcomeUnknown as error:
            raise OutcomeUnknown(str(error)) from None
        finally:
            self.gauge.end(call, answer and rate_limits(answer), answer and _ahead(answer))
        if not 200 <= answer.status < 300:
            raise refusal(answer, resource, keyed="headers" in parts)
        return answer


class _Guard:
    """Watches over one listing, so that a part of it is never taken for the whole."""

    def __init__(self, resource: str, counted: bool) -> None:
        self.resource, self.counted = resource, counted
        self.ids: set[str] = set()
        self.tokens: set[str] = set()
        self.rows = 0
        self.stale = 0

    def fresh(self, entries: list[dict]) -> Iterator[dict]:
        """The entries not seen before; a changing list may show one on two pages."""
        self.rows += len(entries)
        self.stale += 1
        for entry in entries:
            id = as_text(entry.get("id")) or self._nonsense("an entry without an id")
            if id not in self.ids:
                self.ids.add(id)
                self.stale = 0
                yield entry

    def next_token(self, page: dict, entries: list[dict]) -> str | None:
        """The token of the next page, or None after the last one."""
        more = page.get("hasMore")
        if not isinstance(more, bool):
            self._nonsense("a page that does not say whether there are more")
        if self.counted:
            self._check_count(page.get("totalCount"), more)
        if not more:
            return None
        token = as_text(page.get("paginationToken"))
        if not token or token in self.tokens:
            self._nonsense("a page without a new token for the next")
        if not entries or self.stale >= MAX_STALE_PAGES or len(self.tokens) >= MAX_PAGES:
            self._nonsense("pages without end")
        self.tokens.add(token)
        return token

    def _check_count(self, total: Any, more: bool) -> None:
        """Changes while paging move the total a little, so only a shortfall or a large excess is nonsense."""
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            self._nonsense("a list without a total")
        if not more and self.rows < total:
            self._nonsense(f"{self.rows} of {total} entries and then the end")
        if self.rows > total * 1.1 + CONTACTS_PAGE:
            self._nonsense(f"{self.rows} entries where it counts {total}")

    def _nonsense(self, what: str) -> Any:
        raise Nonsense(f"Spruce's list of {self.resource} is not usable: {what}.")


def _ahead(answer: http.Response) -> timedelta | None:
    try:
        told = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return told.replace(tzinfo=told.tzinfo or UTC) - clock.now()


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("Spruce needs times with a zone.")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(text: str) -> dict:
    if not text.strip():
        raise ValueError("A text must not be empty.")
    return {"body": [{"type": "text", "value": text}]}


def _segment(id: str) -> str:
    """An id as one segment of a path."""
    if not id or id in (".", ".."):
        raise ValueError("Spruce needs an id here.")
    return quote(id, safe="")


def _checked(key: str) -> str:
    """Raises ValueError for a key that Spruce would not take: 1 to 255 visible ASCII characters."""
    if not re.fullmatch(rf"[!-~]{{1,{LONGEST_KEY}}}", key):
        raise ValueError("An idempotency key is 1 to 255 visible ASCII characters.")
    return key


_mounting = threading.Lock()
_mounted: dict[int, Any] = {}


def configured() -> Spruce:
    """The client as the environment sets it up; a demo without an address gets its own simulator."""
    url = os.environ.get("SPRUCE_API_URL", "").strip()
    token = os.environ.get("SPRUCE_API_TOKEN", "").strip()
    if mode() == DEMO and not url:
        simulator = _demo_simulator()
        return Spruce(simulator.url, simulator.token)
    if not token:
        raise NotConfigured("SPRUCE_API_TOKEN is not set. Copy the token from Spruce's settings into it.")
    try:
        http.check_address("spruce", url or API)
    except http.Forbidden as error:
        raise NotConfigured(f"SPRUCE_API_URL cannot be used: {error}") from None
    return Spruce(url or API, token)


def _demo_simulator() -> Any:
    """This process's door to the practice's one simulated Spruce, opened once (and again after a fork)."""
    from outreach.simulator import demo

    with _mounting:
        if os.getpid() not in _mounted:
            _mounted[os.getpid()] = demo(home() / "simulator" / "spruce.sqlite3")
        return _mounted[os.getpid()]
