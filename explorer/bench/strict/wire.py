"""The HTTP side of the strict Spruce: its paths, its limits, what goes wrong on the way, the bench's own door."""

import json
import re
import socket
import struct
import sys
import time
from contextlib import suppress
from datetime import datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from explorer.bench.strict.organization import Call, No
from explorer.bench.strict.parts import Strict
from explorer.bench.strict.shapes import error

TOKEN = "bench-token-0123456789"  # noqa: S105
PREFIX = "/v1"
LISTING = frozenset({"pageSize", "paginationToken"})
ROUTES: tuple[tuple[str, re.Pattern, str, frozenset[str]], ...] = tuple(
    (method, re.compile(pattern, re.ASCII), act, frozenset(parameters))
    for method, pattern, act, parameters in (
        ("GET", r"/internalendpoints", "lines", ()),
        ("GET", r"/contacts", "list_contacts", LISTING),
        ("GET", r"/contacts/([^/]+)/conversations", "contact_threads", ()),
        ("GET", r"/conversations", "list_threads", {*LISTING, "startFrom", "orderBy"}),
        ("GET", r"/conversations/([^/]+)", "one_thread", ()),
        ("GET", r"/conversations/([^/]+)/items", "list_items", {*LISTING, "startFrom", "order"}),
        ("POST", r"/internalendpoints/([^/]+)/conversations", "text_a_number", ()),
        ("POST", r"/conversations/([^/]+)/messages", "answer_in_thread", ()),
        ("GET", r"/scheduledmessages", "list_scheduled", {"paginationToken"}),
        ("DELETE", r"/scheduledmessages/([^/]+)", "delete_scheduled", ()),
    )
)
SENDS = ("text_a_number", "answer_in_thread")


class Gone(Exception):
    """The connection is ended on purpose."""


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "Strict"

    @property
    def strict(self) -> Strict:
        return self.server.strict

    def log_message(self, format: str, *args: object) -> None:
        """The judge keeps the log."""

    def do_GET(self) -> None:
        at = time.monotonic()
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:
            self.close_connection = True  # the client died while it spoke: nothing was asked
            return None
        target = urlsplit(self.path)
        if target.path.startswith("/control/"):
            return self._control(target.path.removeprefix("/control/"), raw)
        with self.strict.lock:
            self.strict.at_once += 1
            self.strict.most_at_once = max(self.strict.most_at_once, self.strict.at_once)
        try:
            self._serve(at, target, raw)
        except Gone:
            self.close_connection = True
        finally:
            with self.strict.lock:
                self.strict.at_once -= 1

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

    # The API

    def _serve(self, at: float, target: Any, raw: bytes) -> None:
        strict, judge = self.strict, self.strict.judge
        path = target.path.removeprefix(PREFIX)
        act, ids, parameters = _route(self.command, path if target.path.startswith(PREFIX) else "")
        with strict.organization.lock:
            judge.calls.append(at)
            number = len(judge.calls)
            fault = strict.faults.draw(sending=act in SENDS)
            within = _within_limits(strict, at)
            headers = _headers(strict, at, number)
        judge.counts[f"fault: {fault}" if fault else "without fault"] += 1
        judge.note(at, "call", call=number, method=self.command, path=path, fault=fault)
        if act in SENDS:
            strict.tell({"event": "text", "call": number})
        else:
            strict.tell({"event": "read", "call": number})
        time.sleep(strict.answer_seconds / 2)
        query = parse_qsl(target.query, keep_blank_values=True)
        call = Call(number, at, self.command, unquote(path), ids, dict(query), None, "")
        status, body = self._act(call, act, parameters, raw, fault, within, len(query))
        time.sleep(strict.answer_seconds / 2)
        self._answer(call, status, body, fault, headers)

    def _act(self, call, act, parameters, raw, fault, within, parts) -> tuple[int, Any]:
        """What Spruce does, unless the fault comes before that."""
        strict = self.strict
        try:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise No(403, "FORBIDDEN", "The token is not valid")
            if not within:
                raise No(429, "RATE_LIMITED", "Too many requests")
            if not act:
                raise No(404, "NOT_FOUND", "There is no such path")
            if set(call.query) - parameters or parts != len(call.query):
                raise No(400, "BAD_PARAMETER", "A parameter is unknown or given twice")
            self._read_body(call, raw)
            if act in SENDS and (fault.endswith("before") or fault.startswith("429")):
                with strict.organization.lock:
                    strict.organization.miss(call, act)
                return 0, None
            call.use_up_key_only = fault == "500 before, key used up"
            with strict.organization.lock:
                body = getattr(strict.organization, act)(call)
            if act in SENDS and not call.use_up_key_only:
                strict.texted.append(call.at)
        except No as no:
            if no.wrong and within:
                strict.judge.blame(call.at, "outside the contract", call=call.number, why=no.body["message"],
                                   path=call.path, query=call.query)  # fmt: skip
            if not within:
                strict.judge.blame(call.at, "a call past the limit", call=call.number)
            return no.body["statusCode"], no.body
        return 200, body

    def _read_body(self, call: Call, raw: bytes) -> None:
        if self.command != "POST":
            if raw:
                raise No(400, "BAD_PARAMETER", "A body where none belongs")
            return
        call.key = self.headers.get("s-idempotency-key") or ""
        if not (self.headers.get("Content-Type") or "").startswith("application/json"):
            raise No(400, "BAD_PARAMETER", "The body must be JSON")
        try:
            call.body = json.loads(raw)
        except ValueError:
            raise No(400, "BAD_PARAMETER", "The body must be JSON") from None

    def _answer(self, call: Call, status: int, body: Any, fault: str, headers: dict) -> None:
        """Write the answer as the fault will have it; only a whole one counts as told."""
        refused = status >= 400
        if fault and not refused:
            self._go_wrong(call, fault, body, headers)
            if fault != "no headers":
                return
        else:
            self._write(status, body, headers)
        done = time.monotonic()
        self.strict.judge.note(done, "answered", call=call.number, status=status, items=call.told[1])
        if call.told[0]:
            with self.strict.organization.lock:
                self.strict.judge.tell(done, *call.told)

    def _go_wrong(self, call: Call, fault: str, body: Any, headers: dict) -> None:
        self.strict.judge.note(time.monotonic(), "fault", call=call.number, fault=fault)
        kind = fault.split()[0]
        if kind == "drop":
            self._hang_up()
        elif kind == "reset":
            self._reset()
        elif kind == "slow":
            time.sleep(self.strict.slow_seconds)
            self._write(200, body, headers)
        elif kind in ("500", "503"):
            self._write(int(kind), error(int(kind), "INTERNAL", "Something went wrong"), headers)
        elif kind == "429":
            after = {"Retry-After": "1"} if "Retry-After" in fault else {}
            self._write(429, error(429, "RATE_LIMITED", "Too many requests"), {**headers, **after})
        elif kind == "502":
            self._send(502, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
        elif kind == "no":
            self._write(200, body, {})
        elif fault == "not JSON":
            self._send(200, b"<html>maintenance</html>", headers)
        elif fault == "cut JSON":
            self._send(200, json.dumps(body).encode()[:-2], headers)
        else:
            self._cut(body, headers)

    def _cut(self, body: Any, headers: dict) -> None:
        payload = json.dumps(body).encode()
        self._send(200, payload[: len(payload) // 2], headers, promised=len(payload))
        self._hang_up()

    def _write(self, status: int, body: Any, headers: dict) -> None:
        self._send(status, b"" if body is None else json.dumps(body).encode(), headers)

    def _send(self, status: int, payload: bytes, headers: dict, promised: int | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.strict.wall(time.monotonic()), usegmt=True))
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload) if promised is None else promised))
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        raise Gone

    def _reset(self) -> None:
        linger = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Gone

    # The bench's own door

    def _control(self, what: str, raw: bytes) -> None:
        asked = json.loads(raw) if raw else {}
        answer = getattr(self, f"_control_{what}")(**asked)
        self._write(200, answer, {})

    def _control_step(self, name: str) -> dict:
        with self.strict.organization.lock:
            self.strict.judge.step = name
        return {}

    def _control_time(self, at: str) -> dict:
        """Spruce's clock jumps there and runs on."""
        self.strict.base, self.strict.started = datetime.fromisoformat(at).timestamp(), time.monotonic()
        return {}

    def _control_faults(self, sending: float, reading: float, slow: float = 0.0) -> dict:
        faults = self.strict.faults
        faults.sending, faults.reading, faults.slow = sending, reading, slow
        return {}

    def _control_answer(self, seconds: float) -> dict:
        self.strict.answer_seconds = seconds
        return {}

    def _control_receive(self, number: str, text: str, stop: bool = False) -> dict:
        with self.strict.organization.lock:
            return {"item": self.strict.organization.receive(number, text, time.monotonic(), stop=stop)}

    def _control_stops(self, after: list[int]) -> dict:
        """STOP replies once so many texts have been accepted."""
        self.strict.organization.stops = after
        return {}

    def _control_progress(self) -> dict:
        judge = self.strict.judge
        return {"calls": len(judge.calls), "accepted": len(judge.accepted), "violations": len(judge.violations),
                "in_flight": self.strict.at_once}  # fmt: skip

    def _control_verdict(self) -> dict:
        with self.strict.organization.lock:
            return self.strict.verdict()


def _route(method: str, path: str) -> tuple[str, tuple[str, ...], frozenset[str]]:
    for known, pattern, act, parameters in ROUTES:
        if known == method and (match := pattern.fullmatch(path)):
            return act, tuple(unquote(part) for part in match.groups()), parameters
    return "", (), frozenset()


def _within_limits(strict: Strict, at: float) -> bool:
    taken = [window.take(at) for window in strict.windows]  # each window counts, whatever the others say
    return all(taken)


def _headers(strict: Strict, at: float, number: int) -> dict[str, str]:
    headers = {"s-request-id": f"{number:026X}"}
    for window in strict.windows:
        headers |= window.headers(at)
    return headers


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, strict: Strict, port: int) -> None:
        self.strict = strict
        super().__init__(("127.0.0.1", port), Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of the server's."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
