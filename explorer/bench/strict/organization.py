"""What this Spruce does with a call that its contract allows. All state is in memory, under one lock."""

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from explorer.bench.strict import shapes
from explorer.bench.strict.judge import Judge, Stop

DAY = 86_400.0
SMS = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
PHONE_LINES = tuple(row[0] for row in shapes.LINES if row[1] == "phone")
STOPS = ("STOP", "Please stop texting me", "stop.", "take me off your list", "UNSUBSCRIBE")


class No(Exception):
    """A refusal in Spruce's form. `wrong`: the client broke the contract."""

    def __init__(self, status: int, type: str, message: str, *, wrong: bool = True) -> None:
        super().__init__(message)
        self.status, self.wrong = status, wrong
        self.body = shapes.error(status, type, message)


def bad(message: str) -> No:
    return No(400, "BAD_PARAMETER", message)


@dataclass
class Item:
    id: str
    place: int
    direction: str
    text: str
    request_id: str
    created: float
    seen_from: float  # by lists of items, monotonic
    listed_from: float  # by lists of conversations, monotonic


@dataclass
class Thread:
    id: str
    number: str
    created: float
    items: list[Item] = field(default_factory=list)


@dataclass
class Call:
    """`at` is monotonic, `path` without the version's prefix."""

    number: int
    at: float
    method: str
    path: str
    ids: tuple[str, ...]
    query: dict[str, str]
    body: Any
    key: str
    use_up_key_only: bool = False
    told: tuple[str, list[str]] = ("", [])  # the number and the ids of the items in the answer


@dataclass
class Organization:
    """`wall` gives Spruce's own time in seconds for a monotonic moment; lags are (least, most) seconds."""

    judge: Judge
    contacts: list[dict]
    wall: Callable[[float], float]
    item_lag: tuple[float, float] = (0.0, 0.0)
    list_lag: tuple[float, float] = (0.0, 0.0)
    stops: list[int] = field(default_factory=list)
    seed: int = 0
    stop_in_doubt: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    threads: dict[str, Thread] = field(default_factory=dict)
    keys: dict[tuple[str, str], float] = field(default_factory=dict)
    scheduled: dict[str, dict] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        self._random = Random(f"organization {self.seed}")
        self._by_id = {row["id"]: row for row in self.contacts}
        self._by_number: dict[str, list[dict]] = {}
        for row in self.contacts:
            self._by_number.setdefault(row["phone"], []).append(row)

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count:09X}"

    # Reading

    def lines(self, call: Call) -> dict:
        return {"internalEndpoints": [shapes.line(row) for row in shapes.LINES]}

    def list_contacts(self, call: Call) -> dict:
        shown, page = _page(call, [([place], row) for place, row in enumerate(self.contacts)], most=500)
        return {"contacts": [shapes.contact(row) for row in shown], **page}

    def contact_threads(self, call: Call) -> dict:
        row = self._by_id.get(call.ids[0])
        if row is None:
            raise No(404, "NOT_FOUND", "Contact not found", wrong=False)
        thread = self.threads.get(row["phone"])
        found = [thread] if thread and self._listed(thread, call.at) else []
        return {"conversations": [self._shown(each, call.at) for each in found]}

    def list_threads(self, call: Call) -> dict:
        order = call.query.get("orderBy")
        if order not in ("created", "last_message"):
            raise bad("orderBy must be created or last_message")
        since, _ = _position(call)
        listed = [each for each in self.threads.values() if self._listed(each, call.at)]
        times = [(self._last(each, call.at) if order == "last_message" else each.created) for each in listed]
        rows = [([at, each.id], each) for at, each in zip(times, listed, strict=True) if at >= since]
        shown, page = _page(call, rows, most=200)
        return {"conversations": [self._shown(each, call.at) for each in shown], **page}

    def one_thread(self, call: Call) -> dict:
        return {"conversation": self._shown(self._thread(call.ids[0]), call.at)}

    def list_items(self, call: Call) -> dict:
        thread = self._thread(call.ids[0])
        order = call.query.get("order", "newest_first")
        if order not in ("newest_first", "oldest_first"):
            raise bad("order must be newest_first or oldest_first")
        since, _ = _position(call)
        up = 1 if order == "oldest_first" else -1
        seen = [each for each in thread.items if each.seen_from <= call.at and each.created >= since]
        shown, page = _page(call, [([up * each.created, up * each.place], each) for each in seen], most=200)
        call.told = thread.number, [each.id for each in shown]
        return {"conversationItems": [_item(thread, each) for each in shown], **page}

    def list_scheduled(self, call: Call) -> dict:
        shown, page = _page(call, [([id], row["shown"]) for id, row in self.scheduled.items()], most=100)
        return {"scheduledMessages": shown, **page}

    def delete_scheduled(self, call: Call) -> None:
        if self.scheduled.pop(call.ids[0], None) is None:
            raise No(404, "NOT_FOUND", "Scheduled message not found", wrong=False)

    # Writing

    def miss(self, call: Call, act: str) -> None:
        """A text that comes to nothing on the way to Spruce: judged, not taken. Its number may say STOP just now."""
        number, text = self._read(call, act)
        self.judge.arrive(call.at, call.number, call.path, call.key, number, text)
        if number not in self.judge.stops and self._random.random() < self.stop_in_doubt:
            self.receive(number, self._random.choice(STOPS), call.at, stop=True)

    def _read(self, call: Call, act: str) -> tuple[str, str]:
        """The number and the words of a text. Raises No."""
        if act == "answer_in_thread":
            return self._thread(call.ids[0]).number, _words(call.body)
        _only(call.body, {"destination", "message", "sendAt"}, {"destination", "message"}, "the body")
        goal = _only(
            call.body["destination"], {"smsOrEmailEndpoint", "secureEndpoint", "faxEndpoint"}, set(), "destination"
        )
        number, text = goal.get("smsOrEmailEndpoint"), _words(call.body["message"])
        if len(goal) != 1 or not isinstance(number, str) or not SMS.fullmatch(number):
            raise bad("destination must be one number in E.164")
        if call.ids[0] not in PHONE_LINES:
            raise No(404, "NOT_FOUND", "There is no such phone line")
        return number, text

    def text_a_number(self, call: Call) -> dict:
        return self._take(call, *self._read(call, "text_a_number"))

    def answer_in_thread(self, call: Call) -> dict:
        return self._take(call, *self._read(call, "answer_in_thread"))

    def _take(self, call: Call, number: str, text: str) -> dict:
        """Accept a text once per path and key; what is refused has changed nothing."""
        self.judge.arrive(call.at, call.number, call.path, call.key, number, text)
        if len(call.key) > 255:
            raise bad("s-idempotency-key can be up to 255 characters long")
        seen_at = self.keys.get((call.path, call.key))
        if call.key and seen_at is not None and self.wall(call.at) - seen_at < DAY:
            raise No(422, "DUPLICATE_REQUEST", "This key was seen before", wrong=False)
        if call.key:
            self.keys[call.path, call.key] = self.wall(call.at)
        if call.use_up_key_only:
            return {}
        request_id = self._id("asyncRequest")
        self.judge.accept(call.at, call.number, call.key, number, text, request_id)
        self._add(number, "outbound", text, request_id, call.at, self._lag(self.item_lag))
        if len(self.judge.accepted) in self.stops:
            self._stop_somebody(call.at)
        return {"requestId": request_id}

    def _stop_somebody(self, at: float) -> None:
        """A STOP of somebody still to be texted in this step, or else of anybody."""
        numbers = sorted(number for number in self._by_number if number not in self.judge.stops)
        waiting = [number for number in numbers if not self.judge.reached_in_step(number)]
        if waiting or numbers:
            self.receive(self._random.choice(waiting or numbers), self._random.choice(STOPS), at, stop=True)

    def receive(self, number: str, text: str, at: float, *, stop: bool = False) -> str:
        """A patient's text arrives; lists show it later. A stopper also has a scheduled message waiting."""
        item = self._add(number, "inbound", text, "", at, 0.0)
        if stop:
            visible = max(item.seen_from, item.listed_from)
            self.judge.stops[number] = Stop(number, text, item.id, visible)
            self.schedule(number, "We look forward to your visit.", at)
        self.judge.note(at, "received", number=number, item=item.id, text=text, stop=stop)
        return item.id

    def schedule(self, number: str, text: str, at: float) -> None:
        id, now = self._id("scm"), self.wall(at)
        shown = shapes.scheduled(id, self._open(number, now).id, text, now, now + 30 * DAY)
        self.scheduled[id] = {"number": number, "shown": shown}

    # Threads

    def _add(self, number: str, direction: str, text: str, request_id: str, at: float, after: float) -> Item:
        created = self.wall(at) + after / 2
        seen, listed = (at + after + self._lag(self.list_lag) for _ in range(2))
        item = Item(self._id("ti"), self._count, direction, text, request_id, round(created, 3), seen, listed)
        self._open(number, created).items.append(item)
        return item

    def _lag(self, ends: tuple[float, float]) -> float:
        return self._random.uniform(*ends)

    def _open(self, number: str, now: float) -> Thread:
        if number not in self.threads:
            self.threads[number] = Thread(self._id("t"), number, round(now, 3))
        return self.threads[number]

    def _thread(self, id: str) -> Thread:
        found = next((each for each in self.threads.values() if each.id == id), None)
        if found is None:
            raise No(404, "NOT_FOUND", "Conversation not found")
        return found

    def _listed(self, thread: Thread, at: float) -> bool:
        return any(each.listed_from <= at for each in thread.items)

    def _last(self, thread: Thread, at: float) -> float:
        return max(each.created for each in thread.items if each.listed_from <= at)

    def _shown(self, thread: Thread, at: float) -> dict:
        known = self._by_number.get(thread.number, [])
        return shapes.conversation(thread.id, thread.number, known, thread.created, self._last(thread, at))


def _item(thread: Thread, item: Item) -> dict:
    return shapes.item(item.id, thread.id, item.direction, item.text, item.request_id, item.created)


def _page(call: Call, rows: list[tuple[list, Any]], *, most: int) -> tuple[list, dict]:
    """The rows after the last page's end; each comes with its place in the order."""
    size = call.query.get("pageSize", str(most))
    if not re.fullmatch(r"\d{1,6}", size, re.ASCII) or not 1 <= int(size) <= most:
        raise bad(f"pageSize must be between 1 and {most}")
    since, after = _position(call)
    rest = [row for row in sorted(rows, key=lambda row: row[0]) if after is None or row[0] > after]
    page = {"hasMore": len(rest) > int(size), "totalCount": len(rows)}
    if page["hasMore"]:
        parts = [call.path, call.query.get("orderBy"), since, rest[int(size) - 1][0]]
        page["paginationToken"] = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    return [row[1] for row in rest[: int(size)]], page


def _position(call: Call) -> tuple[float, list | None]:
    """From when on, and after which place. A token is good for the listing it came from only."""
    token = call.query.get("paginationToken")
    if token is None:
        return _start_from(call), None
    if "startFrom" in call.query:
        raise bad("only one of startFrom or paginationToken can be provided")
    try:
        path, order, since, after = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError):
        raise bad("paginationToken is not valid") from None
    if [path, order] != [call.path, call.query.get("orderBy")]:
        raise bad("paginationToken belongs to another listing")
    return since, after


def _start_from(call: Call) -> float:
    text = call.query.get("startFrom")
    if text is None:
        return 0.0
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise bad("startFrom must be an RFC 3339 date-time") from None
    if at.tzinfo is None or "T" not in text:
        raise bad("startFrom must be an RFC 3339 date-time with its zone")
    return at.timestamp()


def _only(fields: Any, allowed: set[str], needed: set[str], where: str) -> dict:
    if not isinstance(fields, dict):
        raise bad(f"{where} must be an object")
    if set(fields) - allowed or needed - set(fields):
        raise bad(f"{where} must hold {sorted(needed)} and nothing beyond {sorted(allowed)}")
    return fields


def _words(message: Any) -> str:
    _only(message, {"attachments", "author", "body", "internal", "stayArchived"}, {"body"}, "message")
    if not isinstance(message["body"], list) or not message["body"]:
        raise bad("message.body must hold an element")
    texts = [_only(each, {"type", "value"}, {"type", "value"}, "an element") for each in message["body"]]
    if any(each["type"] != "text" or not isinstance(each["value"], str) for each in texts):
        raise bad("an element must be a text")
    text = "".join(each["value"] for each in texts)
    if not text.strip():
        raise bad("a text must not be empty")
    return text
