"""The one door to the outside: where it leads, what goes through, and what it says when something breaks."""

import gzip
import logging
import os
import socket
import ssl
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import requests
from requests.adapters import BaseAdapter

from explorer.lib import http

NO_DATABASE = True

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\ns-request-id: 0E5Q\r\n\r\n{}"
FAST = (0.3, 0.3)


class Listener:
    """A server of bytes: answers each request on a connection with the next of its scripted answers."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.requests, self.connections = list(answers), [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.done = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self.done.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := self._read(connection):
                self.requests.append(request)
                answer = self.answers.pop(0) if self.answers else OK
                if answer == b"RESET":
                    kind = "HH" if os.name == "nt" else "ii"
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(kind, 1, 0))
                    return
                if answer == b"STALL":
                    self.done.wait(10)
                    return
                if answer == b"DRIP":
                    self._drip(connection)
                    return
                connection.sendall(answer)
                if b"Content-Length" not in answer or b"CUT" in answer:
                    return

    def _drip(self, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        with suppress(OSError):
            while not self.done.wait(0.02):
                connection.sendall(b"x")

    def _read(self, connection: socket.socket) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            try:
                chunk = connection.recv(65_536)
            except OSError:
                return b""
            if not chunk:
                return b""
            received += chunk
        return received

    def close(self) -> None:
        self.done.set()
        self.socket.close()


@pytest.fixture
def listening():
    """A maker of listeners."""
    made = []

    def make(*answers: bytes) -> Listener:
        made.append(Listener(*answers))
        return made[-1]

    yield make
    for listener in made:
        listener.close()


@pytest.fixture(autouse=True)
def live_with_loopback(monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", "live")
    monkeypatch.setenv("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES", "1")


class Recorder(BaseAdapter):
    """Stands where the network would begin, and keeps what came to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = []

    def send(self, request, **options):
        self.sent.append(request)
        raise requests.exceptions.ConnectTimeout

    def close(self) -> None:
        pass


@contextmanager
def nothing_leaves():
    session, recorder = http.new_session(), Recorder()
    session.mount("https://", recorder)
    session.mount("http://", recorder)
    yield session
    assert recorder.sent == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/v1/contacts",
        "https://api.sprucehealth.com.evil.example.com/v1",
        "https://api.sprucehealth.com@evil.example.com/v1",
        "https://evil.example.com\\@api.sprucehealth.com/v1",
        "https://api.sprucehealth.com\\@evil.example.com/v1",
        "https://user:secret@api.sprucehealth.com/v1",
        "https://@api.sprucehealth.com/v1",
        "https://api.sprucehealth.com:8443/v1",
        "https://api.sprucehealth.com:80/v1",
        "https://api.sprucehealth.com./v1",
        "https://xn--pi-yia.sprucehealth.com/v1",
        "http://api.sprucehealth.com/v1",
        "ftp://api.sprucehealth.com/v1",
        "//api.sprucehealth.com/v1",
        "api.sprucehealth.com/v1",
        "https:///v1",
        "https://api.sprucehealth.com%2eevil.example.com/v1",
        "https://api.sprucehealth.com\t/v1",
        " https://evil.example.com/v1",
        "https://api.sprucehealth.com:443:80/v1",
        "https://api.sprucehealth.com:99999999/v1",
        "",
        "file:///etc/hosts",
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "http://10.0.0.5/v1",
        "http://0.0.0.0:8000/v1",
        "http://127.1:8000/v1",
        "http://2130706433:8000/v1",
        "http://0x7f000001:8000/v1",
        "http://127.0.0.2:8000/v1",
        "http://localhost.evil.example.com:8000/v1",
        "http://me@127.0.0.1:8000/v1",
        "ftp://127.0.0.1:8000/v1",
        "http://[::ffff:10.0.0.5]:8000/v1",
        "https://graph.microsoft.com/v1.0/me",
    ],
)
def test_nothing_goes_to_an_address_that_is_not_listed(url):
    with nothing_leaves() as session, pytest.raises(http.NotSent):
        http.send("spruce", "GET", url, token="secret", session=session)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.sprucehealth.com/v1/contacts",
        "https://api.sprucehealth.com:443/v1",
        "https://API.SpruceHealth.com/v1",
        "http://127.0.0.1:8000/v1",
        "http://localhost:8000/v1",
        "http://[::1]:8000/v1",
    ],
)
def test_the_listed_host_and_this_machine_are_allowed(url):
    http.check_address("spruce", url)


def test_a_service_without_an_entry_in_the_table_reaches_nothing():
    with pytest.raises(http.Forbidden):
        http.check_address("unheard-of", "https://api.sprucehealth.com/v1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "https://[::1]:8000"])
def test_live_mode_refuses_services_on_this_machine_unless_told_otherwise(monkeypatch, url):
    monkeypatch.delenv("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES")
    with pytest.raises(http.Forbidden, match="PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES=1"):
        http.check_address("spruce", url)


@pytest.mark.parametrize("mode", ["demo", "", None])
def test_a_demo_talks_to_this_machine_and_never_to_the_world(monkeypatch, mode):
    monkeypatch.delenv("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES")
    if mode is None:
        monkeypatch.delenv("PATIENT_EXPLORER_MODE")
    else:
        monkeypatch.setenv("PATIENT_EXPLORER_MODE", mode)
    http.check_address("spruce", "http://127.0.0.1:8000/v1")
    with nothing_leaves() as session, pytest.raises(http.Forbidden):
        http.send("spruce", "GET", "https://api.sprucehealth.com/v1", token="secret", session=session)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_the_token_does_not_follow_it(listening, status):
    elsewhere = listening()
    here = listening(f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}/v1\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(http.OutcomeUnknown):
        http.send("spruce", "POST", here.url, token="secret", json={})
    assert len(here.requests) == 1
    assert elsewhere.connections == 0


def test_proxies_and_passwords_of_the_environment_are_ignored(listening, monkeypatch, tmp_path):
    proxy, service = listening(), listening()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    (tmp_path / "netrc").write_text("default login someone password stolen\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    http.send("spruce", "GET", service.url)
    assert proxy.connections == 0
    assert b"Authorization" not in service.requests[0]


def test_the_token_travels_in_the_header_alone(listening):
    service = listening()
    http.send("spruce", "GET", f"{service.url}/v1/contacts", token="secret", params={"pageSize": 5})
    head = service.requests[0].decode().splitlines()
    assert head[0] == "GET /v1/contacts?pageSize=5 HTTP/1.1"
    assert [line for line in head if "secret" in line] == ["Authorization: Bearer secret"]


def test_a_token_with_a_line_break_is_not_sent(listening):
    service = listening()
    with pytest.raises(http.NotSent) as caught:
        http.send("spruce", "GET", service.url, token="secret\r\nX-Injected: 1")
    assert service.connections == 0
    assert "secret" not in str(caught.value)


def test_cookies_are_not_kept(listening):
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: track=1; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    service = listening(cookie)
    http.send("spruce", "GET", service.url)
    http.send("spruce", "GET", service.url)
    assert not any(b"Cookie" in request for request in service.requests)


def test_an_answer_of_any_status_comes_back_whole(listening):
    body = b'{"statusCode": 400}'
    head = f"HTTP/1.1 400 Bad\r\nS-Request-Id: 0E5Q\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = http.send("spruce", "GET", listening(head + body).url)
    assert (answer.status, answer.request_id, answer.json()) == (400, "0E5Q", {"statusCode": 400})
    assert answer.headers["s-request-id"] == "0E5Q"


def gzipped() -> bytes:
    body = gzip.compress(LONG)
    return b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def chunked() -> bytes:
    chunks = (LONG[start : start + 30_000] for start in range(0, len(LONG), 30_000))
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


LONG = b"0123456789" * 30_000


def plain() -> bytes:
    return b"Content-Length: %d\r\n\r\n" % len(LONG) + LONG


@pytest.mark.parametrize("rest", [gzipped(), chunked(), plain(), b"\r\n" + LONG])
def test_a_long_answer_comes_back_whole_however_it_is_sent(listening, rest):
    service = listening(b"HTTP/1.1 200 OK\r\n" + rest)
    assert http.send("spruce", "GET", service.url).body == LONG


def test_an_answer_that_never_ends_is_an_unknown_outcome(listening, monkeypatch):
    monkeypatch.setattr(http, "WHOLE_ANSWER_SECONDS", 0.2)
    with pytest.raises(http.OutcomeUnknown, match="in time"):
        http.send("spruce", "GET", listening(b"DRIP").url)


def test_a_small_answer_that_unpacks_into_a_huge_one_is_stopped(listening):
    body = gzip.compress(b" " * 30_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with pytest.raises(http.OutcomeUnknown, match="too large"):
        http.send("spruce", "GET", listening(head + body).url)


def test_a_refused_connection_was_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(http.NotSent):
        http.send("spruce", "POST", f"http://127.0.0.1:{port}", json={})


def test_an_unknown_host_was_not_sent(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(http.NotSent):
        http.send("spruce", "POST", "https://api.sprucehealth.com/v1", json={}, session=http.new_session())


def test_a_connection_that_is_not_made_in_time_was_not_sent(monkeypatch):
    def too_slow(*_, **__):
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", too_slow)
    with pytest.raises(http.NotSent):
        http.send("spruce", "POST", "https://api.sprucehealth.com/v1", json={}, session=http.new_session())


def test_a_server_with_a_wrong_certificate_gets_nothing(listening, monkeypatch):
    def refuse(*_, **__):
        raise ssl.SSLCertVerificationError(1, "certificate verify failed")

    service = listening()
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    url = service.url.replace("http://", "https://")
    with pytest.raises(http.NotSent):
        http.send("spruce", "POST", url, token="secret", json={})
    assert service.requests == []


def test_a_server_that_does_not_speak_tls_gets_no_token(listening):
    service = listening(b"HTTP/1.1 400 Bad Request\r\nCUT\r\n\r\n")
    with pytest.raises(http.HttpError):
        http.send("spruce", "POST", service.url.replace("http:", "https:"), token="secret", timeout=FAST)
    assert not any(b"secret" in request for request in service.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"RESET",
        b"STALL",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b'HTTP/1.1 200 OK\r\nX: CUT\r\nContent-Length: 50\r\n\r\n{"requestId": ',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabc",
    ],
)
def test_after_the_request_has_left_every_break_is_an_unknown_outcome(listening, answer):
    service = listening(answer)
    with pytest.raises(http.OutcomeUnknown):
        http.send("spruce", "POST", service.url, json={"a": 1}, timeout=FAST)
    assert len(service.requests) == 1, "nothing is ever repeated by itself"


def test_a_connection_kept_open_that_breaks_is_an_unknown_outcome_and_is_not_repeated(listening):
    service = listening(OK, b"RESET")
    http.send("spruce", "GET", service.url)
    with pytest.raises(http.OutcomeUnknown):
        http.send("spruce", "POST", service.url, json={})
    assert len(service.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_an_answer_and_not_followed(listening, status):
    busy = f"HTTP/1.1 {status} Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".encode()
    service = listening(busy)
    assert http.send("spruce", "POST", service.url, json={}).status == status
    assert len(service.requests) == 1


def test_an_answer_that_is_too_large_is_an_unknown_outcome(listening):
    body = b"x" * 5000
    service = listening(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body)
    with pytest.raises(http.OutcomeUnknown, match="too large"):
        http.send("spruce", "GET", service.url, max_bytes=4999)


def test_a_connection_is_kept_and_each_thread_has_its_own(listening):
    service = listening()
    with ThreadPoolExecutor(4) as pool:
        barrier = threading.Barrier(4)

        def several(_):
            barrier.wait()
            return [http.send("spruce", "GET", service.url).status for _ in range(5)]

        statuses = list(pool.map(several, range(4)))
    assert statuses == [[200] * 5] * 4
    assert service.connections == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_does_not_use_its_parents_connection(monkeypatch):
    mine = http.thread_session()
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    assert http.thread_session() is not mine


def test_the_log_has_service_resource_status_and_request_id_and_nothing_else(listening, caplog):
    caplog.set_level(logging.DEBUG)
    service = listening(OK, b"RESET")
    asked = {"params": {"freeText": "Doe"}, "json": {"to": "+12055550123"}, "token": "secret"}
    http.send("spruce", "POST", f"{service.url}/v1/contacts/entity_77/x", resource="contacts/{id}", **asked)
    with pytest.raises(http.OutcomeUnknown) as caught:
        http.send("spruce", "POST", f"{service.url}/v1/contacts/entity_77", resource="contacts/{id}", **asked)
    words = caplog.text + str(caught.value)
    assert "spruce POST contacts/{id} 200 0E5Q" in words
    assert {record.name for record in caplog.records} == {"explorer.http"}
    for private in ("Doe", "5550123", "secret", "entity_77", "freeText", "127.0.0.1", "/v1"):
        assert private not in words


def test_a_request_id_from_outside_cannot_forge_a_line_of_the_log(listening, caplog):
    caplog.set_level(logging.INFO)
    spoilt = b"HTTP/1.1 200 OK\r\ns-request-id: a b%0aWARNING +12055550123!\r\nContent-Length: 2\r\n\r\n{}"
    http.send("spruce", "GET", listening(spoilt).url)
    assert caplog.records[0].getMessage().split()[4] == "ab0aWARNING12055550123"
