"""Loaded before the settings: every test run has a data folder of its own, and no network beyond this PC."""

import os
import socket
import tempfile

os.environ["PATIENT_EXPLORER_HOME"] = tempfile.mkdtemp(prefix="patient explorer ")
os.environ["PATIENT_EXPLORER_MODE"] = "demo"
for name in ("PATIENT_EXPLORER_CLOCK", "SPRUCE_API_URL", "SPRUCE_API_TOKEN", "SPRUCE_LINE", "DATABASE_URL"):
    os.environ.pop(name, None)

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_connect, _getaddrinfo = socket.socket.connect, socket.getaddrinfo


class NetworkUsed(BaseException):
    """No `except Exception` can swallow it."""


def _guarded_connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
        raise NetworkUsed(f"A test tried to reach {address[0]}.")
    return _connect(self, address)


def _guarded_getaddrinfo(host, *args, **kwargs):
    if host not in (None, "", *LOOPBACK):
        raise NetworkUsed(f"A test tried to look up {host}.")
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = _guarded_connect
socket.getaddrinfo = _guarded_getaddrinfo
