"""The power goes at any byte: what was acknowledged is there afterwards, and nothing is half there.

A power cut leaves some beginning of what was to be written to the WAL; behind it lie nothing, zeros, other
bytes, or what an earlier use of the file left there. Each 512-byte sector may be the last that arrived.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from explorer.lib.sqlcipher.base import DatabaseWrapper
from outreach.actions import sending
from outreach.models import Message
from outreach.simulator import Limits, serve
from outreach.spruce import Spruce
from tests.outreach import made

SECTOR = 512
PARTS = 3  # rows of one commit, in two tables


@contextmanager
def opened(path: Path) -> Iterator[DatabaseWrapper]:
    """A database of ours, opened as the program opens it."""
    wrapper = DatabaseWrapper({**connection.settings_dict, "NAME": path}, "power")
    try:
        wrapper.connect()
        yield wrapper
    finally:
        wrapper.close()


def ask(wrapper: DatabaseWrapper, query: str) -> list[tuple]:
    with wrapper.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def wal_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def test_a_real_connection_writes_every_commit_through_to_the_disk(db):
    assert ask(connection, "PRAGMA synchronous") == [(2,)]  # FULL
    assert ask(connection, "PRAGMA journal_mode") == [("wal",)]


class Writer:
    """Makes commits and notes, at each acknowledgement, how far the WAL had been written."""

    def __init__(self, path: Path):
        self.path, self.acknowledged = path, []

    def prepare(self, wrapper: DatabaseWrapper) -> None:
        with wrapper.cursor() as cursor:
            cursor.execute("CREATE TABLE texts (commit_number INTEGER, words BLOB)")
            cursor.execute("CREATE TABLE sums (commit_number INTEGER PRIMARY KEY, parts INTEGER)")

    def commit(self, wrapper: DatabaseWrapper, number: int, size: int) -> None:
        before = wal_of(self.path).read_bytes()
        with wrapper.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            for _ in range(PARTS - 1):
                cursor.execute("INSERT INTO texts VALUES (%s, %s)", [number, Random(number).randbytes(size)])
            cursor.execute("INSERT INTO sums VALUES (%s, %s)", [number, PARTS])
            cursor.execute("COMMIT")
        self.acknowledged.append((number, written_up_to(before, wal_of(self.path).read_bytes())))


def written_up_to(before: bytes, after: bytes) -> int:
    """The end of what changed in a file that is written from front to back."""
    if len(after) > len(before):
        return len(after)
    return next(end for end in range(len(after), 0, -1) if after[end - 1] != before[end - 1])


def commits_in(path: Path) -> set[int]:
    """What is there after the start; fails where the file is damaged or a commit is half there."""
    with opened(path) as wrapper:
        assert ask(wrapper, "PRAGMA integrity_check") == [("ok",)]
        sums = dict(ask(wrapper, "SELECT commit_number, parts FROM sums"))
        parts = dict(ask(wrapper, "SELECT commit_number, COUNT(*) FROM texts GROUP BY commit_number"))
    assert parts == dict.fromkeys(sums, PARTS - 1), "a commit is half there"
    return set(sums)


def after_the_cut(folder: Path, database: bytes, wal: bytes) -> Path:
    path = folder / "after.sqlite3"
    for leftover in folder.glob("after.sqlite3*"):
        leftover.unlink()
    path.write_bytes(database)
    wal_of(path).write_bytes(wal)
    return path


TAILS = {
    "nothing": lambda rest, old: b"",
    "zeros": lambda rest, old: bytes(len(rest)),
    "other bytes": lambda rest, old: Random(len(rest)).randbytes(len(rest)),
    "what an earlier use left": lambda rest, old: old,
}


@pytest.mark.slow
@pytest.mark.parametrize("tail", TAILS)
def test_every_beginning_of_the_wal_opens_with_all_that_was_acknowledged(tail, tmp_path):
    path = tmp_path / "practice.sqlite3"
    writer = Writer(path)
    with opened(path) as wrapper:
        writer.prepare(wrapper)
        for number in range(100, 106):
            writer.commit(wrapper, number, 4000)
        ask(wrapper, "PRAGMA wal_checkpoint(RESTART)" if "earlier" in tail else "PRAGMA wal_checkpoint(TRUNCATE)")
        database, old = path.read_bytes(), wal_of(path).read_bytes()
        writer.acknowledged.clear()
        for number, size in enumerate([10, 3000, 9000, 40, 2000]):
            writer.commit(wrapper, number, size)
        wal = wal_of(path).read_bytes()
        assert path.read_bytes() == database, "all of it is in the WAL alone"
    end = writer.acknowledged[-1][1]
    assert [at for _, at in writer.acknowledged] == sorted(at for _, at in writer.acknowledged)
    for cut in [*range(0, end, SECTOR), end]:
        beginning = wal[:cut] + TAILS[tail](wal[cut:end], old[cut:])
        there = commits_in(after_the_cut(tmp_path, database, beginning))
        promised = {number for number, at in writer.acknowledged if at <= cut}
        assert set(range(100, 106)) | promised <= there, f"lost at byte {cut}"
        assert len(there) <= 6 + len(promised) + 1, f"more than was begun at byte {cut}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_text_that_spruce_has_was_claimed_on_the_disk_before(tmp_path, monday, impatient):
    """At the moment Spruce takes a text, its row says so in every beginning of the WAL that is that long."""
    for number in range(2):
        made.reachable(last=f"Miller{number}")
    made.launched()
    path = Path(connection.settings_dict["NAME"])
    ask(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    database = path.read_bytes()
    taken: dict[str, int] = {}

    def at_spruce(number: str, text: str, nth: int):
        taken[number] = wal_of(path).stat().st_size
        return ()

    with serve(tmp_path / "spruce.sqlite3", behaviour=at_spruce, limits=Limits()) as spruce:
        sending.send_due(Spruce(spruce.url, spruce.token))
    wal = wal_of(path).read_bytes()
    assert len(taken) == 2 == Message.objects.exclude(state="planned").count()
    assert path.read_bytes() == database, "all of it is in the WAL alone"
    for cut in range(min(taken.values()), len(wal) + 1, SECTOR):
        promised = {number for number, at in taken.items() if at <= cut}
        assert promised <= claimed_in(after_the_cut(tmp_path, database, wal[:cut])), f"a claim is lost at byte {cut}"


def claimed_in(path: Path) -> set[str]:
    columns = "phone FROM outreach_message WHERE state <> 'planned' AND \"key\" <> '' AND text <> '' AND attempts > 0"
    with opened(path) as wrapper:
        assert ask(wrapper, "PRAGMA quick_check") == [("ok",)]
        return {phone for (phone,) in ask(wrapper, f"SELECT {columns}")}
