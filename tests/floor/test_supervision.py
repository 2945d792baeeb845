"""The whole program, started as staff start it, while its members are killed and frozen."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest

from explorer.watching import family

NO_DATABASE = True

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name == "nt", reason="Windows cannot freeze a process by a signal"),
]
ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30  # seconds; 15 are promised on a PC that is not busy with other tests
QUEUE = """
import sys, time, django
django.setup()
from django_q.models import Task
from django_q.tasks import async_task
for line in sys.stdin:
    task = async_task("builtins.abs", -1)
    given_up_at = time.monotonic() + 30
    while not (done := Task.objects.filter(id=task, success=True).exists()) and time.monotonic() < given_up_at:
        time.sleep(0.1)
    print("done" if done else "not done", flush=True)
"""


class Program:
    """`manage.py start` on a data folder and a port of its own."""

    def __init__(self, home: Path):
        self.home, self.port = home, _free_port()
        self.env = {**os.environ, "PATIENT_EXPLORER_HOME": str(home), "DJANGO_SETTINGS_MODULE": "explorer.settings"}
        self.queue = None
        self.process = None

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60, **options)

    def start(self) -> None:
        command = [sys.executable, "manage.py", "start", "--no-browser", "--port", str(self.port)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, start_new_session=True, **quiet)
        wait(self.is_well, "up")

    def end(self) -> None:
        if self.queue:
            self.queue.communicate()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(LIMIT)

    def note(self) -> dict:
        try:
            return json.loads((self.home / "watch.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {"children": {}, "restarts": []}

    def is_well(self) -> bool:
        return self.note()["children"] == {"web": "well", "worker": "well"} and self.answers()

    def answers(self) -> bool:
        line = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            line.request("GET", "/accounts/login/")
            return line.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            line.close()

    def restarted(self) -> list[str]:
        return [entry["what"] for entry in self.note()["restarts"]]

    def members(self, name: str = "") -> set[psutil.Process]:
        watched = self.home / "watched"
        marks = list(watched.glob(f"{name}-*")) if name else [watched]
        return {process for mark in marks for process in family.members(mark)}

    def of_worker(self, role: str) -> list[int]:
        return [int(sign.name.partition("-")[2]) for sign in self.home.glob(f"watched/worker-*/{role}-*")]

    def does_a_task(self) -> None:
        if self.queue is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self.queue = subprocess.Popen([sys.executable, "-c", QUEUE], cwd=ROOT, env=self.env, **pipes)
        self.queue.stdin.write("\n")
        self.queue.stdin.flush()
        assert self.queue.stdout.readline() == "done\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(until, what: str) -> None:
    """Until it is so, and print how long that took."""
    began = time.monotonic()
    while not until():
        assert time.monotonic() - began < LIMIT, f"not {what} within {LIMIT} s"
        time.sleep(0.1)
    sys.stdout.write(f"{what} after {time.monotonic() - began:.1f} s\n")


def gone(processes: set[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    program = Program(Path(os.path.realpath(tmp_path_factory.mktemp("a home"))))
    added = program.run("person", "add", "boss", "--role", "administrator", input="a long test password\n")
    assert added.returncode == 0
    program.start()
    yield program
    program.end()
    left = program.members()
    family.end(program.home / "watched")
    assert not left, "nothing is left behind"


def test_it_does_work(program):
    program.does_a_task()
    assert program.restarted() == []


def test_a_second_start_on_the_same_data_folder_is_refused(program):
    second = program.run("start", "--no-browser", "--port", str(_free_port()))
    assert second.returncode == 1
    assert second.stderr.startswith("Patient Explorer already runs on the data folder")
    assert second.stderr.count("\n") == 1


def test_a_sleep_of_the_whole_pc_restarts_nothing(program):
    before, restarted = program.members(), program.restarted()
    os.killpg(program.process.pid, signal.SIGSTOP)
    time.sleep(9)
    os.killpg(program.process.pid, signal.SIGCONT)
    program.does_a_task()
    time.sleep(3)
    assert program.restarted() == restarted
    assert program.members() == before


def test_a_frozen_web_server_and_a_dead_locked_worker_are_replaced(program):
    before, restarted = program.members(), program.restarted()
    for process in program.members("web"):
        process.suspend()
    for number in program.of_worker("worker"):
        os.kill(number, signal.SIGKILL)  # idle ones: one of them holds the queue's lock
    wait(lambda: sorted(program.restarted()[len(restarted) :]) == ["web", "worker"], "noticed")
    wait(program.is_well, "well again")
    program.does_a_task()
    assert gone(before), "nothing of the former ones goes on"


def test_a_cluster_whose_head_was_killed_is_replaced_and_not_adopted(program):
    before, restarted = program.members("worker"), program.restarted()
    os.kill(program.of_worker("main")[0], signal.SIGKILL)
    wait(lambda: gone(before) and program.restarted() == [*restarted, "worker"], "the old cluster gone")
    wait(program.is_well, "well again")
    program.does_a_task()
    assert not before & program.members()


def test_without_the_watch_nothing_goes_on_and_what_is_frozen_ends_with_the_next_start(program):
    frozen = {process for process in program.members("worker") if process.pid in program.of_worker("main")}
    others = program.members() - frozen
    for process in frozen:
        process.suspend()
    program.process.kill()
    program.process.wait()
    wait(lambda: gone(others), "the orphans gone")
    assert not gone(frozen)
    program.start()
    assert gone(frozen)
    program.does_a_task()
