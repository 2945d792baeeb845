"""A locked file for the road (`.pexp`): AES-256-GCM in pieces, the key from a passphrase by scrypt. No Django here.

"PEXP" 01 | length of the header, 2 bytes | header, JSON | piece, piece, … piece
header: {"key": "scrypt", "log_n": 17, "nonce": 14 hex digits, "p": 1, "r": 8, "salt": 32 hex digits}
        or {"key": "kept", "nonce": …}: the key is kept by the program that made the file
piece:  1 MiB (the last one less) and 16 bytes of tag; its nonce is the header's 7 bytes, the piece's number in
        4 bytes and one byte that is 1 for the last piece and 0 otherwise; every byte before the first piece
        is authenticated with each of them.
"""

import io
import json
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"PEXP\x01"
PIECE = 1 << 20
TAG = 16
LOG_N, R, P = 17, 8, 1  # 128 MB of memory for each guess (OWASP, Password Storage)
MOST_LOG_N = 20
SHORTEST = 12  # letters of a passphrase


class Locked(Exception):
    """The file cannot be opened; the text says why."""


def new_header(*, kept: bool = False) -> bytes:
    """What a file begins with. `kept`: no passphrase opens it; the key is kept elsewhere."""
    facts: dict = {"key": "kept"} if kept else {"key": "scrypt", "log_n": LOG_N, "r": R, "p": P}
    facts |= {} if kept else {"salt": secrets.token_hex(16)}
    text = _canonical(facts | {"nonce": secrets.token_hex(7)})
    return MAGIC + len(text).to_bytes(2, "big") + text


def _canonical(facts: dict) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def key_from(passphrase: str, header: bytes) -> bytes:
    """Raises Locked where the header asks for no passphrase or for more work than is sensible."""
    facts = _facts(header)
    if facts["key"] != "scrypt":
        raise Locked("The file was made for this program's own folder and has no passphrase. Download it again.")
    kdf = Scrypt(salt=bytes.fromhex(facts["salt"]), length=32, n=1 << facts["log_n"], r=facts["r"], p=facts["p"])
    return kdf.derive(passphrase.encode(errors="surrogatepass"))


def _facts(header: bytes) -> dict:
    try:
        facts = json.loads(header[len(MAGIC) + 2 :])
        sound = _canonical(facts) == header[len(MAGIC) + 2 :] and len(bytes.fromhex(facts["nonce"])) == 7
        if facts["key"] == "scrypt":
            work = facts["log_n"], facts["r"], facts["p"]
            sound = sound and len(bytes.fromhex(facts["salt"])) == 16 and {type(number) for number in work} == {int}
            sound = sound and 10 <= facts["log_n"] <= MOST_LOG_N and work[1:] == (R, P)
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise Locked("The beginning of the file was changed.")
    return facts


def is_locked(beginning: bytes) -> bool:
    return beginning.startswith(MAGIC[:4])


def read_header(source: BinaryIO) -> bytes:
    """Raises Locked."""
    start = source.read(len(MAGIC) + 2)
    if len(start) < len(MAGIC) + 2 or not start.startswith(MAGIC):
        raise Locked("The file is no locked packet, or one of a newer version of the program.")
    length = int.from_bytes(start[-2:], "big")
    text = source.read(length)
    if len(text) < length or length > 1000:
        raise Locked("The beginning of the file was changed or cut off.")
    _facts(start + text)
    return start + text


def _nonce(header: bytes, number: int, last: bool) -> bytes:
    return bytes.fromhex(_facts(header)["nonce"]) + number.to_bytes(4, "big") + bytes([last])


class Lock(io.RawIOBase):
    """What is written to it goes to `target`, locked. The file is whole only after `finish`."""

    def __init__(self, target: BinaryIO, key: bytes, header: bytes):
        self._target, self._cipher, self._header = target, AESGCM(key), header
        self._waiting, self._number = bytearray(), 0
        target.write(header)

    def writable(self) -> bool:
        return True

    def write(self, content) -> int:
        self._waiting += content
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def finish(self) -> None:
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._header, self._number, last)
        self._target.write(self._cipher.encrypt(nonce, piece, self._header))
        self._number += 1


class Unlock(io.RawIOBase):
    """Reads a locked file from after its header. Raises Locked at the first byte that was changed or is missing."""

    def __init__(self, source: BinaryIO, key: bytes, header: bytes):
        self._source, self._cipher, self._header = source, AESGCM(key), header
        self._piece, self._place, self._number, self._last = b"", 0, 0, False
        self._next = source.read(PIECE + TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while self._place == len(self._piece) and not self._last:
            self._open_next()
        part = self._piece[self._place : self._place + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._source.read(PIECE + TAG)
        self._last = not self._next
        try:
            self._piece = self._cipher.decrypt(_nonce(self._header, self._number, self._last), sealed, self._header)
        except (InvalidTag, ValueError):
            raise Locked(self._why()) from None
        self._place, self._number = 0, self._number + 1

    def _why(self) -> str:
        if self._number == 0:
            return "The passphrase is wrong, or the file was changed or cut off."
        return f"The file was changed or cut off after {self._number} MB."
