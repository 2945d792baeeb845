"""Making a backup, keeping a copy off this PC, letting old ones go, and the drill that proves one can be restored."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from explorer.backups import container, copying, schedule
from explorer.backups.container import BadBackup
from explorer.backups.copying import Holdings, Unreadable
from explorer.lib import clock
from explorer.lib.models import Backup, Drill, Practice

ENDING = ".pebackup"
ROOM = 200_000_000  # bytes left free, whatever happens
AWAY_EVERY = timedelta(hours=20)
ABANDONED_AFTER = 3600  # seconds: what a cut-off backup left behind


class NoBackup(Exception):
    """No backup could be made; the text says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    bytes: int
    sha256: str
    holds: Holdings
    made_at: datetime


def folder() -> Path:
    """In the data folder; for its owner alone."""
    here = settings.HOME / "backups"
    here.mkdir(mode=0o700, exist_ok=True)
    return here


def make(to: Path | None = None) -> Made:
    """A new file in `to`, or in the data folder, proved by reading every page of the copy. Raises NoBackup."""
    if not copying.is_a_file():
        raise NoBackup("The database is on a server: back it up there (pg_dump), and record it under Readiness.")
    target_folder = to or folder()
    _sweep(folder())
    try:
        target_folder.mkdir(parents=True, exist_ok=True)
        _refuse_full(target_folder)
        now = clock.now()
        with _scratch() as copy:
            copying.copy_to(copy)
            holds = copying.holdings(copy)
            target = _new_name(target_folder, now)
            size, digest = container.write(target, copy, holds, made_at=now, mode=settings.MODE)
    except Unreadable as problem:
        raise NoBackup(f"{problem} Tell your administrator; stop working until somebody has looked.") from None
    except OSError:
        raise NoBackup(f"Nothing can be written to {target_folder}. Make room, or connect the disk.") from None
    return Made(target, size, digest, holds, now)


def make_and_record(*, by=None, to: Path | None = None) -> Backup:
    """Raises NoBackup."""
    made = make(to)
    with transaction.atomic():
        backup = Backup(made_at=made.made_at, file=str(made.file), bytes=made.bytes, sha256=made.sha256,
                        verified_at=clock.now(), recorded_by=by)  # fmt: skip
        backup.full_clean()
        backup.save()
    return backup


def _new_name(where: Path, now: datetime) -> Path:
    name = f"patient-explorer-{settings.MODE}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    target = where / f"{name}{ENDING}"
    return where / f"{name}-{secrets.token_hex(2)}{ENDING}" if target.exists() else target


def _refuse_full(target: Path) -> None:
    needed = copying.database_file().stat().st_size + ROOM
    if shutil.disk_usage(target).free < needed or shutil.disk_usage(settings.HOME).free < needed:
        raise OSError


@contextmanager
def _scratch() -> Iterator[Path]:
    """A place for one unlocked-by-our-key copy; gone afterwards, whatever happens."""
    path = folder() / f".copy-{secrets.token_hex(4)}.sqlite3"
    try:
        yield path
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _sweep(where: Path) -> None:
    """What a power cut left half done."""
    for left in (*where.glob(".copy-*"), *where.glob(".*.new")):
        if time.time() - left.stat().st_mtime > ABANDONED_AFTER:
            left.unlink(missing_ok=True)


def send_away(backup: Backup) -> Path | None:
    """A copy in the practice's own place off this PC, compared after it was written. None where there is no place.

    Raises NoBackup.
    """
    place = Practice.current().backup_folder
    if not place:
        return None
    target, new = Path(place) / Path(backup.file).name, Path(place) / f".{Path(backup.file).name}.new"
    try:
        if not Path(place).is_dir():
            raise NoBackup(f"{place} is not there. Connect the disk, or choose another place in the practice profile.")
        shutil.copyfile(backup.file, new)
        if container.digest_of(new) != backup.sha256:
            new.unlink(missing_ok=True)
            raise NoBackup(f"The copy in {place} differs from its original. The disk may be failing: use another one.")
        new.replace(target)
    except OSError:
        raise NoBackup(f"Nothing can be written to {place}. Make room there, or connect the disk.") from None
    Backup.objects.filter(pk=backup.pk).update(away=str(target), away_at=clock.now())
    return target


def away_is_due() -> bool:
    newest = Backup.objects.exclude(away_at=None).order_by("-away_at").first()
    return newest is None or clock.now() - newest.away_at > AWAY_EVERY


def prune() -> int:
    """Removes files that the schedule does not keep; their rows stay. How many files went."""
    here = Backup.objects.ours()
    keep = schedule.kept(here.values_list("made_at", flat=True), clock.now())
    gone = [backup for backup in here if backup.made_at not in keep]
    for backup in gone:
        for file in filter(None, (backup.file, backup.away)):
            _remove(Path(file))
    Backup.objects.filter(pk__in=[backup.pk for backup in gone]).update(removed_at=clock.now())
    return len(gone)


def _remove(file: Path) -> None:
    """A disk that is not connected is no reason to stop."""
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return


def drill(backup: Backup) -> Drill:
    """Restores a backup into a scratch folder, compares all of it, and writes down what came out."""
    started = time.monotonic()
    rows = tables = 0
    try:
        if container.digest_of(Path(backup.file)) != backup.sha256:
            raise BadBackup("The file is not the one that was written.")
        with _scratch() as copy:
            _, claimed = container.unpack(Path(backup.file), copy)
            found = copying.holdings(copy)
            if found != claimed:
                raise BadBackup("What it holds is not what was written down when it was made.")
            if changed := _changed_since(copy):
                raise BadBackup(f"The database has lost or changed rows of {changed} since.")
        rows, tables, what = found.total, len(found.rows), ""
    except (BadBackup, Unreadable) as problem:
        what = str(problem)
    except OSError:
        what = "The file cannot be read, or there is no room to unpack it."
    return Drill.objects.create(
        backup=backup, at=clock.now(), ok=not what, rows=rows, tables=tables, what=what,
        seconds=round(time.monotonic() - started, 2),
    )  # fmt: skip


def _changed_since(copy: Path) -> str:
    """The first table that is never changed and yet differs now from what the copy holds; the copy is older."""
    with closing(copying.open_file(copy)) as then, closing(copying.open_file(copying.database_file())) as now:
        for table in copying.sealed_tables():
            if not then.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                continue
            newest = then.execute(f'SELECT max(id) FROM "{table}"').fetchone()[0] or 0  # noqa: S608
            if copying.digest(then, table, upto=newest) != copying.digest(now, table, upto=newest):
                return table
    return ""
