"""The HTTP side of the simulated Spruce: connections, tokens, limits, keys, and trouble on request."""

import json
import socket
import struct
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from explorer.lib import clock
from outreach.simulator.contract import Problem, Request, bad, missing
from outreach.simulator.routes import Route, route
from outreach.simulator.state import State
from outreach.simulator.troubles import BEFORE, Trouble

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
LONGEST_KEY = 255
LINGER = "HH" if sys.platform == "win32" else "ii"
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
TOO_LARGE = 25_000_000
ERROR_TYPES = {404: "NOT_FOUND", 422: "DUPLICATE_REQUEST", 403: "FORBIDDEN", 429: "RATE_LIMITED"}


@dataclass(frozen=True)
class Limits:
    """Requests in 60 seconds and in 24 hours; None: not limited, and no header tells of it.

    `exceeded` is the status of a call past a limit, or 0 to answer it all the same; it is counted either way.
    """

    per_minute: int | None = None
    per_day: int | None = None
    exceeded: int = 429

    def windows(self) -> list[tuple[str, int, int]]:
        """(the headers' word, seconds, limit) of each dimension that is limited."""
        both = (("", 60, self.per_minute), ("daily-", 86_400, self.per_day))
        return [(word, seconds, limit) for word, seconds, limit in both if limit is not None]


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, for tests that hold both to the contract."""

    method: str
    template: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer_headers: dict[str, str]
    answer: Any


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def payload(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()


class Server(ThreadingHTTPServer):
    """Serves one `Simulator`, a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, simulator: Any) -> None:
        self.simulator = simulator
        super().__init__(("127.0.0.1", 0), Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server's."""
        gone = isinstance(sys.exc_info()[1], OSError)
        if not gone and not self.simulator.closing.is_set():
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One connection, for as long as the client keeps it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.simulator = self.server.simulator
        self.simulator.connections.add(self.connection)

    def finish(self) -> None:
        self.simulator.connections.discard(self.connection)
        super().finish()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header goes by the same clock as the items."""
        return super().date_time_string(clock.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:
        """The simulator keeps no log."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        target = urlsplit(self.path)
        found = route(self.command, target.path)
        self.simulator.count(self.command, found.template)
        self.simulator.closing.wait(self.simulator.answer_seconds)
        trouble = self.simulator.troubles.pick(self.command, found.template)
        if trouble and trouble.kind in BEFORE:
            return self._strike(trouble, Answered(200, {}, self._own_headers()))
        answered = self._answered(raw, target, found, trouble)
        return self._strike(trouble, answered) if trouble else self._write(answered)

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

    def _own_headers(self) -> dict[str, str]:
        return {"s-request-id": self.simulator.next_id()}

    def _answered(self, raw: bytes, target: Any, found: Route, trouble: Trouble | None) -> Answered:
        headers = self._own_headers()
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        late = round((trouble.seconds or 0) * 1000) if trouble and trouble.kind == "late_item" else 0
        key = self.headers.get("s-idempotency-key") or ""
        now = milliseconds_of(clock.now())
        request = Request(self.command, unquote(target.path), found.ids, query, None, key, now, late)
        try:
            self._check_caller(found, now, headers)
            status, body = _answer(self.simulator, request, raw, found)
        except Problem as problem:
            status, body = problem.status, problem.body()
        self._show(found, request, raw, status, headers, body)
        return Answered(status, body, headers)

    def _check_caller(self, found: Route, now: int, headers: dict[str, str]) -> None:
        """Token and limits; fills in the rate headers."""
        if self.headers.get("Authorization") != f"Bearer {self.simulator.token}":
            raise Problem(403, "FORBIDDEN", "Invalid API token")
        if _count_into_windows(self.simulator, now, headers) and self.simulator.limits.exceeded:
            raise Problem(self.simulator.limits.exceeded, "RATE_LIMITED", "Too many requests")
        if found.handler is None:
            raise missing("Path")

    def _show(self, found, request, raw, status, headers, body) -> None:
        if self.simulator.observe:
            sent = {name.lower(): value for name, value in self.headers.items()}
            asked = json.loads(raw) if raw else None
            self.simulator.observe(
                Exchange(self.command, found.template, request.query, sent, asked, status, headers, body)
            )

    def _write(self, answered: Answered, payload: bytes | None = None, promised: int | None = None) -> None:
        """Send an answer, or `payload` in its place, with the length that is `promised`."""
        payload = answered.payload if payload is None else payload
        self.send_response(answered.status)
        for name, value in ({"Content-Type": "application/json"} | answered.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload) if promised is None else promised))
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def _strike(self, trouble: Trouble, answered: Answered) -> None:
        kind = trouble.kind.removesuffix("_before").removesuffix("_after")
        if kind.isdigit() and kind != "502":
            return self._refuse(int(kind), trouble.seconds, answered.headers)
        return {
            "drop": self._hang_up,
            "reset": self._reset,
            "slow": lambda: self._stall(trouble, answered),
            "502": lambda: self._write(Answered(502, None, {"Content-Type": "text/html"}), HTML),
            "redirect": lambda: self._write(Answered(307, None, {"Location": "https://elsewhere.example"})),
            "cut_transfer": lambda: self._cut(answered),
            "cut_json": lambda: self._write(answered, answered.payload[:-1]),
            "nonsense": lambda: self._write(answered, b'["?"]'),
            "too_large": lambda: self._write(answered, b" " * TOO_LARGE + answered.payload),
            "no_headers": lambda: self._write(replace(answered, headers={})),
            "late_item": lambda: self._write(answered),
        }[kind]()

    def _refuse(self, status: int, retry_after: float | None, headers: dict[str, str]) -> None:
        if retry_after is not None:
            headers = headers | {"Retry-After": f"{retry_after:.0f}"}
        problem = Problem(status, ERROR_TYPES.get(status, "INTERNAL"), "scripted trouble")
        self._write(Answered(status, problem.body(), headers))

    def _stall(self, trouble: Trouble, answered: Answered) -> None:
        self.simulator.closing.wait(trouble.seconds or 3600)
        if trouble.kind in BEFORE:
            self._hang_up()
        else:
            self._write(answered)

    def _cut(self, answered: Answered) -> None:
        payload = answered.payload
        self._write(answered, payload[: len(payload) // 2], promised=len(payload))
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        shut(self.connection)

    def _reset(self) -> None:
        """End the connection with a reset instead of a goodbye."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(LINGER, 1, 0))
        self.rfile.close()
        self.connection.close()


def shut(connection: socket.socket) -> None:
    """End a connection; one that the other side has ended already is no error."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def milliseconds_of(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def _answer(simulator: Any, request: Request, raw: bytes, found: Route) -> tuple[int, Any]:
    """Act on a request within one transaction. Success uses up its key, an error only if told so."""
    if unknown := set(request.query) - found.parameters:
        raise bad(f"unknown parameters: {', '.join(sorted(unknown))}")
    request = replace(request, body=_json(raw) if request.method in ("POST", "PATCH") else None)
    keyed = request.method in ("POST", "PATCH") and request.key
    with simulator.state.transaction():
        simulator.organization.send_scheduled(request.now)
        if keyed:
            _check_key(simulator.state, request)
        try:
            answer = found.handler(simulator.organization, request)
        except Problem as problem:
            if not (keyed and simulator.errors_use_up_key):
                raise
            answer = problem.status, problem.body()
        if keyed:
            simulator.state.remember_key(request.path, request.key, request.now)
        return answer


def _check_key(state: State, request: Request) -> None:
    if len(request.key) > LONGEST_KEY:
        raise bad(f"s-idempotency-key can be up to {LONGEST_KEY} characters long")
    if not state.is_new_key(request.path, request.key, request.now):
        raise Problem(422, "DUPLICATE_REQUEST", "A request with this idempotency key was already made")


def _count_into_windows(simulator: Any, now: int, headers: dict[str, str]) -> bool:
    """Count the call and tell of it in the headers; True when it is past a limit."""
    windows, over = simulator.limits.windows(), False
    if not windows:
        return False
    with simulator.state.transaction():
        for word, seconds, limit in windows:
            used = simulator.state.count_call(word or "minute", seconds, limit, now)
            headers[f"s-ratelimit-{word}limit"] = str(limit)
            headers[f"s-ratelimit-{word}remaining"] = str(max(0, limit - used))
            over = over or used > limit
    return over


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise bad("the body is not JSON") from None
