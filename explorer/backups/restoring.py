"""Putting a backup in the place of the database: proved first, with texting locked, and the present state kept.

A power cut at any moment leaves the old database or the new one, each whole. Nothing goes out from a restored
database before a person has compared it with Spruce (outreach/actions/arming.py).
"""

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from sqlcipher3 import dbapi2

from consent.models import ConsentEvent, Letter, Response
from explorer.backups import container, copying, making
from explorer.backups.container import BadBackup
from explorer.backups.copying import Holdings, Unreadable
from explorer.lib import clock, commands, jobs
from explorer.lib.audit import record
from explorer.lib.models import Restore
from explorer.watching import note
from outreach.actions import arming
from outreach.models import Attempt, LineState, Message, Reply
from patients.models import Patient

COUNTED = {Patient: "patients", ConsentEvent: "decisions", Response: "form answers", Message: "texts",
           Reply: "replies", Attempt: "calls", Letter: "letters"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """`missing`: {what: how many} that the database before had and this one has not."""

    made_at: datetime
    rows: int
    tables: int
    missing: dict[str, int]
    kept: str

    @property
    def words(self) -> str:
        when = f"{self.made_at.astimezone(UTC):%m/%d/%Y at %H:%M} UTC"
        if not self.missing:
            return f"Restored from a backup of {when}."
        gone = ", ".join(f"{count:,} {what}" for what, count in self.missing.items())
        return f"Rolled back to a backup of {when}: {gone} of later are missing here."


def restore(file: Path) -> Restored:
    """Raises BadBackup; then the database is as it was."""
    if not copying.is_a_file():
        raise BadBackup("The database is on a server: restore it there.")
    if note.read().children:
        raise BadBackup("The program is running. Stop it (Ctrl-C in its window), then restore.")
    new = making.folder() / ".restoring.sqlite3"
    try:
        header, found = _prove(file, new)
        before = _present()
        restored = Restored(
            header.made_at, found.total, len(found.rows), _missing(before, found), _keep_present(before)
        )
        _lock_texting(new, restored.words)
        _take_its_place(new)
    finally:
        new.unlink(missing_ok=True)
    _write_down(restored, file)
    return restored


def _prove(file: Path, new: Path) -> tuple[container.Header, Holdings]:
    header, claimed = container.unpack(file, new)
    try:
        found = copying.holdings(new)
    except Unreadable:
        raise BadBackup("The database in the backup is damaged. Take another backup.") from None
    if found != claimed:
        raise BadBackup("What the backup holds is not what was written down when it was made. Take another one.")
    if header.mode != settings.MODE:
        raise BadBackup(f"This is a backup of a {header.mode} practice. Set PATIENT_EXPLORER_MODE={header.mode}.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := set(found.migrations) - known:
        newer = len(unknown)
        raise BadBackup(f"The backup was made by a newer version of the program ({newer} steps ahead). Update first.")
    return header, found


def _present() -> Holdings | None:
    """None where there is no database yet, or none that can be read."""
    try:
        return copying.holdings(copying.database_file()) if copying.database_file().exists() else None
    except Unreadable:
        return None


def _missing(before: Holdings | None, found: Holdings) -> dict[str, int]:
    if before is None:
        return {}
    tables = {model._meta.db_table: what for model, what in COUNTED.items()}
    less = {what: before.rows.get(table, 0) - found.rows.get(table, 0) for table, what in tables.items()}
    return {what: count for what, count in less.items() if count > 0}


def _keep_present(before: Holdings | None) -> str:
    """The name of what is kept of the present state; empty where there was none."""
    database = copying.database_file()
    if before is not None:
        try:
            return making.make().file.name
        except making.NoBackup as problem:
            raise BadBackup(f"The present database could not be kept: {problem}") from None
    if not database.exists():
        return ""
    aside = making.folder() / f"unreadable-{clock.now():%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for suffix in ("-wal", "-shm", ""):
        part = database.with_name(database.name + suffix)
        if part.exists():
            part.replace(aside / part.name)
    return aside.name


def _lock_texting(new: Path, why: str) -> None:
    """In the new file, before it takes its place: there is no moment in which it could send."""
    table = LineState._meta.db_table
    with closing(copying.open_file(new, write=True)) as raw:
        raw.execute(
            f"UPDATE \"{table}\" SET disarmed_at = ?, disarmed_why = ?, reconciled_at = NULL, reconciled = ''",  # noqa: S608
            (clock.now().replace(tzinfo=None).isoformat(" "), why[:200]),
        )


def _take_its_place(new: Path) -> None:
    database = copying.database_file()
    connections.close_all()
    if database.exists():
        _fold_in_the_log(database)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(database)
    container.keep_name(database.parent)
    (settings.HOME / "prepared").unlink(missing_ok=True)


def _fold_in_the_log(database: Path) -> None:
    """So that no log of the old database lies beside the new one. Only somebody who is alone may."""
    try:
        with closing(copying.open_file(database, write=True)) as raw:
            raw.execute("PRAGMA busy_timeout = 2000")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            alone = raw.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    except dbapi2.OperationalError:
        alone = False
    if not alone:
        raise BadBackup("Somebody works with the database. Stop the program and other commands, then restore.")


def _write_down(restored: Restored, file: Path) -> None:
    commands.prepare()
    jobs.end_all(jobs.ROLLED_BACK)
    arming.disarm(restored.words)  # where the backup is from before texting could be locked
    row = Restore.objects.create(
        at=clock.now(), file=file.name, made_at=restored.made_at, rows=restored.rows, missing=restored.missing,
        kept=restored.kept,
    )  # fmt: skip
    record([(row, "create", {"words": ["", restored.words]})])
