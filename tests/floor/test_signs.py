"""What the watch makes of signs of life, and what it tells."""

import json
import os
import threading
import time
from datetime import UTC

import pytest
from django.db import transaction
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.tasks import async_task

from explorer import schedules
from explorer.checks import run_checks
from explorer.running import HEALTHY_FOR, LONGEST_PAUSE, Child
from explorer.watching import beats, note
from explorer.watching.signs import COMES_UP_WITHIN, WORKER_SILENT_FOR, WorkerSigns, somebody_writes

LOOKS = int(WORKER_SILENT_FOR) + 1
MINE = os.getpid()  # a process that lives


class Worker:
    """The signs of a worker's processes, as files; each name is a process, a guard or a round."""

    def __init__(self, mark):
        self.mark, self.count = mark, 0
        self.words = {f"main-{MINE}": "", f"worker-{MINE}": beats.IDLE, beats.GUARD: "", beats.ROUND: ""}
        self.signs = WorkerSigns(mark)
        self.wrong = self.look()

    def look(self, *silent: str, times: int = 1, step: float = 1.0) -> str:
        """What is wrong at last, when all but the silent ones gave a sign before each look."""
        for _ in range(times):
            self.count += 1
            for name in self.words.keys() - set(silent):
                (self.mark / name).write_text(f"{self.words[name]:<8}{self.count}", "ascii")
            wrong = self.signs.look(step)
        return wrong


@pytest.fixture
def worker(tmp_path):
    return Worker(tmp_path)


def test_a_worker_is_up_once_a_task_has_gone_round(tmp_path):
    signs = WorkerSigns(tmp_path)
    (tmp_path / beats.GUARD).write_text("1")
    assert signs.look(1.0) == ""
    assert not signs.up
    (tmp_path / beats.ROUND).write_text("1")
    signs.look(1.0)
    assert signs.up


def test_a_worker_that_does_not_come_up_is_given_up(tmp_path):
    signs = WorkerSigns(tmp_path)
    assert [signs.look(1.0) for _ in range(int(COMES_UP_WITHIN))][-2:] == ["", "it did not come up"]


def test_signs_of_life_keep_a_worker(worker):
    assert worker.look(times=10 * LOOKS) == ""


@pytest.mark.parametrize("role", ["main", "worker"])
def test_a_process_that_lives_and_stands_still_is_found(worker, role):
    assert worker.look(f"{role}-{MINE}", times=LOOKS) == f"its {role} process stood still"


def test_a_member_that_has_ended_is_forgotten(worker):
    ended = f"worker-{2**22 + 1}"
    worker.words[ended] = beats.IDLE
    worker.look()
    assert worker.look(ended, times=LOOKS) == ""
    assert not (worker.mark / ended).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "wrong"), [(beats.ROUND, "it took no task"), (beats.GUARD, "its processes were not looked after")]
)
def test_a_cluster_that_lives_and_does_nothing_is_found(worker, name, wrong):
    assert worker.look(name, times=LOOKS) == wrong


def test_workers_that_are_all_busy_take_no_task_and_are_left_alone(worker):
    worker.words[f"worker-{MINE}"] = beats.BUSY
    assert worker.look(beats.ROUND, times=10 * LOOKS) == ""
    worker.words[f"worker-{MINE}"] = beats.IDLE
    assert worker.look(beats.ROUND, times=LOOKS - 3) == ""


def test_after_a_sleep_nobody_is_blamed(worker):
    worker.look(beats.ROUND, f"main-{MINE}", times=LOOKS - 2)
    worker.signs.forgive()
    assert worker.look(beats.ROUND, f"main-{MINE}", times=LOOKS - 2) == ""


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_ones_writing_is_not_stuck(worker):
    writing, done = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            writing.set()
            done.wait(30)
        transaction.get_connection().close()

    other = threading.Thread(target=write)
    other.start()
    writing.wait(30)
    try:
        assert somebody_writes()
        assert worker.look(beats.ROUND, times=LOOKS + 2) == ""
        assert worker.look(beats.ROUND, times=20, step=3.0) == "it took no task", "not for ever"
    finally:
        done.set()
        other.join()
    assert not somebody_writes()


@pytest.mark.parametrize(
    ("healthy", "pauses"), [(True, [0, 0, 0, 0]), (False, [0, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE])]
)
def test_what_ends_at_once_again_and_again_waits_longer(tmp_path, healthy, pauses):
    child = Child("worker", ["work"], WorkerSigns, signs=WorkerSigns(tmp_path))
    child.signs.well_for = HEALTHY_FOR if healthy else 0.0
    assert [child._pause() for _ in pauses] == pauses


def test_a_child_that_cannot_be_started_does_not_end_the_watch(tmp_path):
    def no_room(mark):
        raise OSError("no space left on device")

    child = Child("worker", ["work"], no_room)
    assert child.look(1.0) == "it could not be started"
    assert child.look(1.0) == "", "it is tried again later"
    assert child.how() == note.WAITING
    child.stop()


@pytest.fixture
def watch(settings, tmp_path):
    settings.HOME = tmp_path
    return note.Keeper()


def test_without_a_watch_the_note_says_so(watch):
    assert note.read().children == {}


def test_the_note_keeps_the_restarts_of_earlier_days(watch):
    watch.restarted("web", "it did not answer")
    watch.keep({"web": note.WELL, "worker": note.WELL})
    assert note.read().is_well("web")
    moment, why = note.Keeper().note.last_restart()
    assert why == "the web was started again because it did not answer"
    assert moment.tzinfo == UTC


def test_only_the_newest_restarts_are_kept(watch):
    for number in range(note.KEEP + 5):
        watch.restarted("worker", str(number))
    assert [entry["why"] for entry in watch.note.restarts] == [str(number) for number in range(5, note.KEEP + 5)]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1, "odd": 2}', "[" * 500])
def test_a_broken_note_is_as_good_as_none(watch, text):
    (watch_file := note._path()).write_text(text)
    assert note.read().children == {}
    assert watch_file.exists()


def test_an_old_note_or_one_of_a_watch_that_ended_counts_for_nothing(watch):
    watch.keep({"web": note.WELL, "worker": note.WELL})
    old = time.time() - note.FRESH_FOR - 5
    os.utime(note._path(), (old, old))
    assert note.read().children == {}
    note._path().write_text(json.dumps({"pid": 2**22 + 1, "children": {"web": "well"}}))
    assert note.read().children == {}


@pytest.mark.parametrize(
    ("children", "ok"),
    [
        ({"web": note.WELL, "worker": note.WELL}, True),
        ({"web": note.WELL, "worker": note.STARTING}, False),
        ({}, False),
    ],
)
def test_doctor_tells_whether_both_are_watched_and_alive(watch, children, ok):
    watch.restarted("worker", "it took no task")
    watch.keep(children)
    check = next(check for check in run_checks() if check.id == "watched")
    assert check.ok is ok
    assert check.cure
    assert ("it took no task" in check.message) is bool(children)


def test_the_first_page_tells_of_the_last_restart(watch, signed_in):
    watch.restarted("worker", "it took no task")
    watch.keep({"web": note.WELL, "worker": note.WELL})
    page = signed_in("staff").get("/admin/").content.decode()
    assert "the worker was started again because it took no task" in page


def test_the_first_page_does_not_tell_of_a_restart_long_ago(watch, signed_in):
    old = {"at": "2020-01-01T10:00:00+00:00", "what": "web", "why": "it did not answer"}
    watch.note.restarts.append(old)
    watch.keep({"web": note.WELL, "worker": note.WELL})
    page = signed_in("staff").get("/admin/").content.decode()
    assert "Running" in page
    assert "started again" not in page


def test_the_watch_is_answered_without_a_sign_in(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/alive/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies


def test_the_watch_is_answered_on_this_pcs_own_address_alone(client):
    assert client.post("/alive/").status_code == 405
    assert client.get("/alive/", headers={"host": "example.com"}).status_code == 400


def test_what_a_cluster_that_is_gone_had_taken_is_taken_up_again():
    async_task("explorer.watching.beats.nothing")
    broker = get_broker()
    assert len(broker.dequeue()) == 1
    assert broker.queue_size() == 0
    schedules.take_up_again()
    assert len(broker.dequeue()) == 1


def test_after_a_sleep_the_worker_is_asked_to_look_once():
    schedules.look_now()
    assert sorted(row.func() for row in OrmQ.objects.all()) == sorted(schedules.EVERY_MINUTE.values())
