"""The memory of the simulated Spruce: one SQLite file, shared by all processes that serve it.

Times are whole milliseconds since 1970. An entry exists for readers once its `visible_at` has passed.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lines (id TEXT PRIMARY KEY, channel TEXT, value TEXT, label TEXT);
CREATE TABLE IF NOT EXISTS contacts (
    position INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contact_phones (number TEXT, contact_id TEXT, PRIMARY KEY (number, contact_id));
CREATE TABLE IF NOT EXISTS tags (position INTEGER PRIMARY KEY, id TEXT UNIQUE, value TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, line_id TEXT, number TEXT, created_at INTEGER, UNIQUE (line_id, number));
CREATE TABLE IF NOT EXISTS items (
    position INTEGER PRIMARY KEY, conversation_id TEXT, direction TEXT, text TEXT, request_id TEXT,
    is_note INTEGER, created_at INTEGER, visible_at INTEGER);
CREATE INDEX IF NOT EXISTS items_of ON items (conversation_id, created_at, visible_at);
CREATE TABLE IF NOT EXISTS texts (
    position INTEGER PRIMARY KEY, number TEXT, line_id TEXT, text TEXT, key TEXT, request_id TEXT,
    accepted_at INTEGER);
CREATE INDEX IF NOT EXISTS texts_to ON texts (number);
CREATE TABLE IF NOT EXISTS keys (path TEXT, key TEXT, seen_at INTEGER, PRIMARY KEY (path, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS windows (name TEXT PRIMARY KEY, started_at INTEGER, used INTEGER, over INTEGER);
CREATE TABLE IF NOT EXISTS scheduled (
    position INTEGER PRIMARY KEY, conversation_id TEXT, text TEXT, request_id TEXT, created_at INTEGER,
    send_at INTEGER, item INTEGER);
"""
LINES = (
    ("12055550100", "phone", "+12055550100", "Main line"),
    ("12055550101", "fax", "+12055550101", "Fax"),
    ("office@example.com", "email", "office@example.com", "Office"),
    ("organizationInvite_0D4QABCC06000", "secure", "https://spruce.care/example", "Spruce Link"),
)
KEY_MEMORY = 24 * 3600 * 1000


class State:
    """One process's hold on the file. All reading and writing happens inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._prepare()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Alone among all threads and processes; nothing is kept when an error leaves it."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return self._db.execute(sql, values).fetchone()

    def do(self, sql: str, *values: Any) -> int:
        """Run one statement; the row it inserted."""
        return self._db.execute(sql, values).lastrowid or 0

    def token(self) -> str:
        with self.transaction():
            return self.one("SELECT value FROM meta WHERE name = 'token'")["value"]

    def load_contacts(self, rows: Iterable[dict]) -> int:
        """Add contacts: `id given middle family company date_of_birth category gender phones emails tags`.

        `phones` are (number, label) pairs, `tags` plain words. Every key may be missing, and values are kept
        as they come, good or bad. Returns how many there were.
        """
        with self.transaction():
            return sum(1 for _ in map(self.add_contact, rows))

    def add_contact(self, row: dict) -> str:
        position = self.one("SELECT COALESCE(MAX(position), 0) + 1 AS next FROM contacts")["next"]
        id = row.get("id") or f"entity_{position:013X}"
        fields = {name: value for name, value in row.items() if name != "id" and value not in (None, "")}
        fields["tags"] = [self.tag_id(value) for value in row.get("tags", ())]
        fields["date_of_birth"] = str(row.get("date_of_birth") or "")
        self.do("INSERT INTO contacts VALUES (?, ?, ?)", position, id, json.dumps(fields))
        self._index_phones(id, fields)
        return id

    def change_contact(self, id: str, fields: dict) -> None:
        self.do("UPDATE contacts SET fields = ? WHERE id = ?", json.dumps(fields), id)

    def tag_id(self, value: str) -> str:
        """The id of the tag with these words, made when it is new."""
        known = self.one("SELECT id FROM tags WHERE value = ?", value)
        if known:
            return known["id"]
        position = self.one("SELECT COALESCE(MAX(position), 0) + 1 AS next FROM tags")["next"]
        self.do("INSERT INTO tags VALUES (?, ?, ?)", position, f"tag_{position:013X}", value)
        return f"tag_{position:013X}"

    def conversation_with(self, line_id: str, number: str, now: int) -> str:
        """The conversation of a line with a number, made when it is new."""
        known = self.one("SELECT id FROM conversations WHERE line_id = ? AND number = ?", line_id, number)
        if known:
            return known["id"]
        id = f"t_{secrets.token_hex(7).upper()}"
        self.do("INSERT INTO conversations VALUES (?, ?, ?, ?)", id, line_id, number, now)
        return id

    def add_item(self, conversation_id, direction, text, request_id, created_at, visible_at, is_note=False) -> int:
        return self.do(
            "INSERT INTO items VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            *(conversation_id, direction, text, request_id, is_note, created_at, visible_at),
        )

    def is_new_key(self, path: str, key: str, now: int) -> bool:
        """Whether the key was not used on this path within 24 hours."""
        seen = self.one("SELECT seen_at FROM keys WHERE path = ? AND key = ?", path, key)
        return seen is None or seen["seen_at"] <= now - KEY_MEMORY

    def remember_key(self, path: str, key: str, now: int) -> None:
        self.do("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", path, key, now)

    def count_call(self, name: str, seconds: int, limit: int, now: int) -> int:
        """Count a call into a rate window; how many were made in it, this one included."""
        window = self.one("SELECT * FROM windows WHERE name = ?", name)
        fresh = window is None or not 0 <= now - window["started_at"] < seconds * 1000
        started, used = (now, 1) if fresh else (window["started_at"], window["used"] + 1)
        over = (window["over"] if window else 0) + (used > limit)
        self.do("INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?)", name, started, used, over)
        return used

    def _index_phones(self, id: str, fields: dict) -> None:
        for number, _ in fields.get("phones", ()):
            self.do("INSERT OR IGNORE INTO contact_phones VALUES (?, ?)", number, id)

    def _prepare(self) -> None:
        self._db.execute("PRAGMA synchronous = OFF")
        self._use_wal()
        with self.transaction():
            for statement in SCHEMA.split(";\n"):
                self._db.execute(statement)
            self.do("INSERT OR IGNORE INTO meta VALUES ('token', ?)", secrets.token_urlsafe(24))
            for line in LINES:
                self.do("INSERT OR IGNORE INTO lines VALUES (?, ?, ?, ?)", *line)

    def _use_wal(self) -> None:
        """SQLite's busy time-out does not cover this switch, and several processes may start at once."""
        for _ in range(100):
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                time.sleep(0.05)
        raise sqlite3.OperationalError("The simulator's state file stays locked.")
