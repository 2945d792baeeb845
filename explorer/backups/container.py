"""The file of a backup (`.pebackup`): what it holds and the database, locked with a key made from the master key.

"PEBK" 01 | length of the header, 2 bytes | header, JSON | piece, piece, … as in explorer/lib/travel.py
header:  {"key": "kept", "key_id": 16 hex digits, "made_at": …, "mode": …, "nonce": 14 hex digits}
locked:  length of the contents, 4 bytes | contents, JSON: rows, ledgers, migrations | the database file

Every byte is authenticated: a changed, missing or added one is found before anything is restored.
"""

import hashlib
import io
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from explorer.backups.copying import Holdings
from explorer.lib.keys import key_for
from explorer.lib.travel import PIECE, Lock, Locked, Unlock

MAGIC = b"PEBK\x01"
LONGEST_HEADER = 1000
PURPOSE = "backup"


class BadBackup(Exception):
    """The file cannot be restored; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Header:
    """What can be read without the key."""

    made_at: datetime
    mode: str
    key_id: str
    raw: bytes


def key_id() -> str:
    """Tells keys apart and says nothing about them."""
    return hashlib.sha256(b"which key: " + key_for(PURPOSE)).hexdigest()[:16]


def write(target: Path, database: Path, holds: Holdings, *, made_at: datetime, mode: str) -> tuple[int, str]:
    """(bytes, SHA-256) of the file, which is there whole or not at all. Raises OSError where there is no room."""
    new = target.with_name(f".{target.name}.new")
    facts = {"key": "kept", "key_id": key_id(), "made_at": made_at.isoformat(), "mode": mode,
             "nonce": secrets.token_hex(7)}  # fmt: skip
    text = _canonical(facts)
    header = MAGIC + len(text).to_bytes(2, "big") + text
    try:
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            lock = Lock(file, key_for(PURPOSE), header)
            contents = _canonical(holds.as_json())
            lock.write(len(contents).to_bytes(4, "big") + contents)
            with database.open("rb") as source:
                while piece := source.read(PIECE):
                    lock.write(piece)
            lock.finish()
            file.flush()
            os.fsync(file.fileno())
        found = new.stat().st_size, digest_of(new)
        new.replace(target)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    keep_name(target.parent)
    return found


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def keep_name(folder: Path) -> None:
    """The new name survives a power cut too; Windows does that by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def read_header(file: Path) -> Header:
    """Raises BadBackup."""
    try:
        with file.open("rb") as source:
            return _header(source)
    except OSError:
        raise BadBackup(f"{file} cannot be read. Check its name, and that the disk is connected.") from None


def _header(source: BinaryIO) -> Header:
    start = source.read(len(MAGIC) + 2)
    if not start.startswith(MAGIC[:4]):
        raise BadBackup("The file is no backup of this program.")
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + 2:
        raise BadBackup("The backup was made by a newer version of the program, or its beginning was changed.")
    length = int.from_bytes(start[-2:], "big")
    text = source.read(min(length, LONGEST_HEADER + 1))
    try:
        facts = json.loads(text)
        sound = length == len(text) <= LONGEST_HEADER and _canonical(facts) == text and facts["key"] == "kept"
        header = Header(datetime.fromisoformat(facts["made_at"]), facts["mode"], facts["key_id"], start + text)
        sound = sound and header.made_at.tzinfo is not None and len(bytes.fromhex(facts["nonce"])) == 7
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise BadBackup("The beginning of the backup was changed or cut off. Take another one.")
    return header


def unpack(file: Path, target: Path) -> tuple[Header, Holdings]:
    """Writes the database to `target`, every byte of it proved. Raises BadBackup; then there is no `target`."""
    try:
        with file.open("rb") as source:
            header = _header(source)
            if header.key_id != key_id():
                raise BadBackup(
                    "The backup was locked with another key. Put the master key of the PC it was made on in place "
                    "(PATIENT_EXPLORER_KEY), then try again."
                )
            inner = io.BufferedReader(Unlock(source, key_for(PURPOSE), header.raw), PIECE)
            contents = inner.read(int.from_bytes(inner.read(4), "big"))
            with target.open("wb") as database:
                while piece := inner.read(PIECE):
                    database.write(piece)
                database.flush()
                os.fsync(database.fileno())
        return header, Holdings(**json.loads(contents))
    except Locked:
        target.unlink(missing_ok=True)
        raise BadBackup("The backup was changed, is damaged or was cut off. Take another one.") from None
    except OSError:
        target.unlink(missing_ok=True)
        raise BadBackup(f"{file} cannot be read, or there is no room to unpack it.") from None


def _canonical(facts: dict) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
