"""The database file itself: an exact copy while others write, and what a copy holds.

Raw connections of SQLCipher's driver: the copies are no databases of Django's. Every path is a file on this PC.
"""

import hashlib
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from sqlcipher3 import dbapi2

PIECE = 1000  # rows at a time


class Unreadable(Exception):
    """The file is no database that this key opens, or is damaged; the text says which."""


@dataclass(frozen=True)
class Holdings:
    """What a database holds: rows of each table, a SHA-256 of each table that is never changed, its migrations."""

    rows: dict[str, int]
    ledgers: dict[str, str]
    migrations: list[str]

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def as_json(self) -> dict:
        return asdict(self)


def database_file() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def is_a_file() -> bool:
    """Of PostgreSQL its own tools make the copies."""
    return connection.vendor == "sqlite"


def open_file(path: Path, *, write: bool = False):
    """A raw connection. Raises Unreadable."""
    mode = "rw" if write else "ro"
    raw = dbapi2.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=30)
    try:
        raw.execute(f"PRAGMA key = \"x'{settings.DATABASES['default']['OPTIONS']['key']}'\"")
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.DatabaseError:
        raw.close()
        raise Unreadable("The file is no database, is damaged, or was locked with another key.") from None
    return raw


def copy_to(target: Path) -> None:
    """The state of one moment, while others go on writing. The copy is locked with the database's own key.

    Raises Unreadable where the database cannot be read, OSError where there is no room.
    """
    target.unlink(missing_ok=True)
    try:
        with closing(open_file(database_file())) as source, closing(dbapi2.connect(str(target))) as copy:
            copy.execute(f"PRAGMA key = \"x'{settings.DATABASES['default']['OPTIONS']['key']}'\"")
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except dbapi2.OperationalError as problem:
        target.unlink(missing_ok=True)
        raise (
            OSError("There is no room for a copy of the database.")
            if "full" in str(problem)
            else Unreadable("The database cannot be copied just now.")
        ) from None


def holdings(path: Path) -> Holdings:
    """Looks through every page of the file. Raises Unreadable for the first that is damaged."""
    with closing(open_file(path)) as raw:
        try:
            if raw.execute("PRAGMA cipher_integrity_check").fetchall():
                raise Unreadable("A page of the database was changed or is damaged.")
            if raw.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise Unreadable("The database is damaged.")
            tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
            rows = {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608
            ledgers = {name: digest(raw, name) for name in sealed_tables() if name in rows}
            migrations = [
                f"{app}.{name}"
                for app, name in raw.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            ]
        except dbapi2.DatabaseError:
            raise Unreadable("The database is damaged.") from None
    return Holdings(rows, ledgers, migrations)


def sealed_tables() -> list[str]:
    """Tables whose rows the database never changes."""
    return sorted(model._meta.db_table for model in apps.get_models() if hasattr(model, "sealed"))


def digest(raw, table: str, *, upto: int | None = None) -> str:
    """Over all rows in their order; over those with an id of at most `upto` where it is given."""
    found = hashlib.sha256()
    until = "" if upto is None else f"WHERE id <= {int(upto)}"
    cursor = raw.execute(f'SELECT * FROM "{table}" {until} ORDER BY id')  # noqa: S608 - a table of our own
    while rows := cursor.fetchmany(PIECE):
        for row in rows:
            found.update(repr(row).encode())
    return found.hexdigest()
