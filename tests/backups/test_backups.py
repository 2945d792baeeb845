"""Backups: whole or not there, readable by nobody without the key, and every changed byte is found."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from explorer.backups import container, copying, making, schedule
from explorer.backups.copying import Holdings
from explorer.checks import run_checks
from explorer.lib import clock
from explorer.lib.models import Backup, Drill, Practice
from explorer.lib.sealing import unseal
from patients.actions import write_note
from patients.models import NoteVersion, Patient
from tests.makers import patient

AT = datetime(2026, 12, 7, 16, tzinfo=UTC)
HOLDS = Holdings(rows={"a": 1}, ledgers={"a": "0" * 64}, migrations=["a.0001_initial"])
real_commits = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small(tmp_path):
    """A backup of something small: its file and what was in it."""
    database = tmp_path / "small"
    database.write_bytes(bytes(range(200)))
    file = tmp_path / "small.pebackup"
    container.write(file, database, HOLDS, made_at=AT, mode="demo")
    return file, database.read_bytes()


def refused(file: Path, content: bytes) -> bool:
    file.write_bytes(content)
    target = file.with_name("unpacked")
    try:
        container.unpack(file, target)
    except container.BadBackup:
        return not target.exists()
    return False


def test_what_was_written_is_read(small, tmp_path):
    file, content = small
    header, holds = container.unpack(file, tmp_path / "back")
    assert (header.made_at, header.mode, holds) == (AT, "demo", HOLDS)
    assert (tmp_path / "back").read_bytes() == content


def test_every_changed_byte_is_found(small):
    file, _ = small
    whole = file.read_bytes()
    passed = [
        place
        for place in range(len(whole))
        if not refused(file, whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
    ]
    assert passed == []


def test_every_cut_and_every_added_byte_is_found(small):
    file, _ = small
    whole = file.read_bytes()
    assert [length for length in range(len(whole)) if not refused(file, whole[:length])] == []
    assert refused(file, whole + b"\0")
    assert not refused(file, whole)


@given(st.binary(max_size=60))
def test_a_file_of_anything_is_refused(content):
    file = making.folder() / "anything"
    assert refused(file, content)
    assert refused(file, container.MAGIC + content)
    file.unlink()


@given(st.lists(st.integers(0, 60 * 24 * 90), max_size=60), st.integers(0, 60 * 24 * 90))
def test_the_newest_and_one_a_day_are_kept(minutes, now):
    moments = [AT + timedelta(minutes=each) for each in minutes]
    present = AT + timedelta(minutes=now)
    keep = schedule.kept(moments, present)
    assert keep <= set(moments)
    assert not moments or max(moments) in keep
    assert {each for each in moments if present - each < schedule.ALL_FOR} <= keep
    days = {each.date() for each in moments if present - each < timedelta(days=14)}
    assert days <= {each.date() for each in keep}


def test_three_months_of_backups_are_few_files():
    moments = [AT + n * schedule.EVERY for n in range(4 * 24 * 40)]
    kept = moments[:1]
    for now in moments[1:]:
        kept = sorted(schedule.kept([*kept, now], now)) if now.minute == 0 else [*kept, now]
    assert len(kept) < 65


@real_commits
def test_a_backup_shows_nothing_and_holds_everything(practice):
    patient("1001", "Zenobia", "Quartermaine")
    backup = making.make_and_record()
    content = Path(backup.file).read_bytes()
    assert b"Zenobia" not in content
    assert b"SQLite format" not in content
    copy = making.folder() / "copy.sqlite3"
    container.unpack(Path(backup.file), copy)
    with closing(copying.open_file(copy)) as raw:
        assert raw.execute("SELECT last_name FROM patients_patient").fetchall() == [("Quartermaine",)]
    copy.unlink()


@real_commits
def test_a_drill_restores_the_backup_and_says_so(practice):
    patient("1001")
    drill = making.drill(making.make_and_record())
    assert drill.ok
    assert drill.rows > 0
    assert list(making.folder().glob(".copy-*")) == []


@real_commits
def test_a_drill_finds_a_changed_file(practice):
    backup = making.make_and_record()
    content = bytearray(Path(backup.file).read_bytes())
    content[len(content) // 2] ^= 1
    Path(backup.file).write_bytes(content)
    assert not making.drill(backup).ok


@real_commits
def test_a_drill_finds_a_line_that_was_changed_since(practice, user):
    note = write_note(patient=patient("1001"), text="Call after four.", by=user("staff"))
    backup = making.make_and_record()
    assert making.drill(backup).ok
    unseal()
    NoteVersion.objects.filter(note=note).update(text="Call at night.")
    drill = making.drill(backup)
    assert not drill.ok
    assert "noteversion" in drill.what


@real_commits
def test_a_copy_off_this_pc_is_made_once_a_day_and_compared(practice, tmp_path, monday):
    Practice.objects.update(backup_folder=str(tmp_path))
    assert making.away_is_due()
    backup = making.make_and_record()
    away = making.send_away(backup)
    assert away.read_bytes() == Path(backup.file).read_bytes()
    assert not making.away_is_due()
    monday(1)
    assert making.away_is_due()


@real_commits
def test_a_disk_that_is_not_there_is_told_in_one_sentence(practice, tmp_path):
    Practice.objects.update(backup_folder=str(tmp_path / "gone"))
    backup = making.make_and_record()
    with pytest.raises(making.NoBackup, match="Connect the disk"):
        making.send_away(backup)
    (tmp_path / "file").write_text("")
    with pytest.raises(making.NoBackup, match="Nothing can be written"):
        making.make(tmp_path / "file")


@real_commits
def test_old_files_go_and_their_rows_stay(practice, monday):
    first = making.make_and_record()
    second = making.make_and_record()
    monday(100)
    newest = making.make_and_record()
    assert making.prune() == 1  # of the first day one is kept: a hundred days without a backup count as one
    assert not Path(second.file).exists()
    assert Path(first.file).exists()
    assert Path(newest.file).exists()
    assert set(Backup.objects.filter(removed_at=None)) == {first, newest}


@real_commits
def test_staff_see_the_backups_and_leaders_make_one(signed_in, client):
    leader = signed_in("provider")
    assert leader.post(reverse("admin:floor_backup_make_now")).status_code == 302
    leader.post(reverse("admin:floor_backup_try_restore"))
    shown = leader.get(reverse("admin:floor_backup_changelist")).content.decode()
    assert Path(Backup.objects.get().file).name in shown
    assert Drill.objects.get().ok
    assert "a restore was tried" in shown.casefold()


def test_doctor_asks_for_a_backup_and_for_a_drill(practice):
    checks = {check.id: check for check in run_checks()}
    assert not checks["backup"].ok
    assert not checks["restore_drill"].ok
    backup = Backup.objects.create(made_at=clock.now(), file="a", sha256="0" * 64)
    Drill.objects.create(backup=backup, ok=True, seconds=1, tables=1, rows=1)
    checks = {check.id: check for check in run_checks()}
    assert checks["backup"].ok
    assert checks["restore_drill"].ok
    assert not Patient.objects.exists()


def test_a_clock_that_jumps_ahead_costs_no_backup():
    """Wrong for a while, or the PC was off for months: what was kept before is kept still."""
    real = [AT + n * timedelta(hours=1) for n in range(24 * 30)]
    before = schedule.kept(real, real[-1])
    wrong = [real[-1] + timedelta(days=1000) + n * schedule.EVERY for n in range(8)]
    after = schedule.kept([*before, *wrong], wrong[-1])
    days = {moment.date() for moment in before}
    assert len({moment.date() for moment in after} & days) > 10
