"""The one door to the outside world (design 2.6): no other module opens a connection.

Two kinds of failure, because they decide about double texts: `NotSent` means that the request certainly never
left this machine; `OutcomeUnknown` that the other side may have acted on it. When in doubt it is the second.
"""

import http.client
import json
import logging
import os
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import LocationParseError, NewConnectionError
from urllib3.util import parse_url

from explorer.lib.home import DEMO, mode

logger = logging.getLogger("explorer.http")
# urllib3 writes addresses with their query into its own log.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

# The hosts each service may be reached at, https and port 443 only. A new service is a new row.
HOSTS: dict[str, frozenset[str]] = {
    "spruce": frozenset({"api.sprucehealth.com"}),
}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Scheme, host and port, with nothing that two readers could take in two ways.
PLAIN_ADDRESS = re.compile(r"(?i)https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?([/?#]|$)", re.ASCII)

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
WHOLE_ANSWER_SECONDS = 60.0
MAX_BYTES = 20_000_000
CHUNK = 65_536

BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


class HttpError(Exception):
    """The call brought no answer; the text names service and resource, never an address or a value."""


class NotSent(HttpError):
    """The request never left this machine: forbidden address, unknown host, no connection."""


class Forbidden(NotSent):
    """The address is not one that this service may be reached at."""


class OutcomeUnknown(HttpError):
    """The request may have arrived: time-out, cut connection, redirect, an answer that cannot be read."""


@dataclass(frozen=True)
class Response:
    """An answer of any status except a redirect; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        return _plain(self.headers.get("s-request-id") or self.headers.get("request-id") or "")

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def loopback_allowed() -> bool:
    """Whether services on this very machine, such as the simulators, may be called."""
    return mode() == DEMO or os.environ.get("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES", "").strip() == "1"


def check_address(service: str, url: str) -> None:
    """Raise Forbidden unless `url` may be called for `service` in the present mode."""
    if not PLAIN_ADDRESS.match(url):
        raise Forbidden(f"{service}: the address must be https://host/..., without a user name.")
    try:
        address = parse_url(url)
    except LocationParseError:
        raise Forbidden(f"{service}: the address cannot be read.") from None
    host = (address.host or "").strip("[]")
    if host in LOOPBACK:
        return _check_loopback(service)
    if mode() == DEMO:
        raise Forbidden(f"{service}: a demo talks only to its own simulators, never to the world.")
    if address.scheme != "https" or address.port not in (None, 443):
        raise Forbidden(f"{service}: only https on its standard port is allowed.")
    if host not in HOSTS.get(service, ()):
        raise Forbidden(f"{service}: this host is not on the list of allowed hosts.")
    return None


def _check_loopback(service: str) -> None:
    if not loopback_allowed():
        raise Forbidden(
            f"{service}: services on this machine are refused; "
            "set PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES=1 to allow them."
        )


def send(
    service: str,
    method: str,
    url: str,
    *,
    resource: str = "",
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str | int] | None = None,
    json: Any = None,
    timeout: float | tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    max_bytes: int = MAX_BYTES,
    session: requests.Session | None = None,
) -> Response:
    """Make one request, once, and read its whole answer.

    `resource` is what the log calls the address, such as "contacts/{id}"; the address itself is never logged.
    `timeout` in seconds: for all, or (to connect, between two bytes).
    Raises NotSent or OutcomeUnknown; every status but a redirect is an answer, not an error.
    """
    session = session or thread_session()
    prepared = _prepare(session, service, method, url, token=token, headers=headers, params=params, json=json)
    name = f"{service} {method} {resource or '-'}"
    started = time.monotonic()
    try:
        answer = session.send(prepared, stream=True, timeout=timeout, allow_redirects=False, verify=True, proxies={})
        response = _read(answer, started, max_bytes)
        if 300 <= response.status < 400:
            raise OutcomeUnknown("a redirect, which is never followed")
    except OutcomeUnknown as problem:
        raise _failed(OutcomeUnknown, name, started, str(problem)) from None
    except BROKEN as error:
        kind = NotSent if _never_left(error) else OutcomeUnknown
        raise _failed(kind, name, started, type(error).__name__) from None
    except ValueError as error:  # such as a redirect's address that cannot be read
        raise _failed(OutcomeUnknown, name, started, type(error).__name__) from None
    logger.info("%s %s %s %d ms", name, response.status, response.request_id or "-", _ms(started))
    return response


def _prepare(session, service, method, url, *, token, headers, params, json) -> requests.PreparedRequest:
    """The request as it will go out; its address, not the caller's spelling of it, is what is checked."""
    check_address(service, url)
    all_headers = dict(headers or {})
    if token is not None:
        all_headers["Authorization"] = f"Bearer {token}"
    request = requests.Request(method, url, headers=all_headers, params=params, json=json)
    try:
        prepared = session.prepare_request(request)
    except requests.exceptions.InvalidHeader:
        raise NotSent(f"{service}: a header or the token holds characters that cannot be sent.") from None
    except requests.RequestException:
        raise NotSent(f"{service}: the request cannot be put together.") from None
    check_address(service, prepared.url or "")
    return prepared


def _read(answer: requests.Response, started: float, max_bytes: int) -> Response:
    """The whole body, within its size and time. Raises OutcomeUnknown, or what the connection raises."""
    chunks, size = [], 0
    try:
        while chunk := answer.raw.read1(CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > max_bytes:
                raise OutcomeUnknown("the answer is too large")
            if time.monotonic() - started > WHOLE_ANSWER_SECONDS:
                raise OutcomeUnknown("the answer did not end in time")
    except BaseException:
        answer.raw.close()
        raise
    answer.raw.release_conn()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, b"".join(chunks))


def _never_left(error: Exception) -> bool:
    """True only where the connection was never made, or its certificate was refused before the first byte."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        return _is_certificate_error(reason or error)
    return isinstance(reason, NewConnectionError)


def _is_certificate_error(error: Any) -> bool:
    while isinstance(error, Exception) and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.args[0] if error.args else None
    return isinstance(error, ssl.SSLCertVerificationError)


def _failed(kind: type[HttpError], name: str, started: float, reason: str) -> HttpError:
    logger.warning("%s %s (%s) %d ms", name, kind.__name__, reason, _ms(started))
    return kind(f"{name}: {reason}.")


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _plain(text: str) -> str:
    """A request id that is safe to log, whatever the other side sent."""
    return re.sub(r"[^A-Za-z0-9_-]", "", text)[:64]


_local = threading.local()


def thread_session() -> requests.Session:
    """This thread's session. A forked process starts its own: two must never read one connection."""
    owner = getattr(_local, "process", None)
    if owner != os.getpid():
        _local.process, _local.session = os.getpid(), new_session()
    return _local.session


def new_session() -> requests.Session:
    """Keeps connections; takes nothing from the environment, keeps no cookie, repeats nothing."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "patient-explorer"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=4, max_retries=0))
    return session
