"""A restore from outside, as an administrator does it: by the commands, in a data folder of its own."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.long
NO_DATABASE = True


@pytest.fixture
def run(tmp_path):
    """run("backup") → (exit code, its facts) with a data folder of this test."""
    environment = {**os.environ, "PATIENT_EXPLORER_HOME": str(tmp_path / "data"), "PATIENT_EXPLORER_MODE": "demo"}

    def command(*arguments: str, **more):
        call = [sys.executable, str(ROOT / "manage.py"), *arguments, "--json"]
        done = subprocess.run(call, env={**environment, **more}, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout.splitlines()[-1])

    command.environment = environment
    return command


def practice_name(run) -> str:
    return run("practice")[1]["name"]


def test_a_restore_goes_back_names_what_is_missing_and_keeps_the_present_state(run):
    run("practice", "set", "name=First")
    code, made = run("backup")
    assert (code, made["ok"]) == (0, True)
    run("practice", "set", "name=Second")
    code, done = run("restore", made["file"])
    assert code == 0
    assert practice_name(run) == "First"
    assert done["texting"] == "locked"
    code, sent = run("send_due", SPRUCE_API_URL="http://127.0.0.1:9", SPRUCE_API_TOKEN="none")
    assert "locked" in json.dumps(sent).casefold()
    kept = Path(made["file"]).with_name(done["kept"])
    assert run("restore", str(kept))[0] == 0
    assert practice_name(run) == "Second"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda content: b"no backup at all", "no backup"),
        (lambda content: content[:-1], "damaged"),
        (lambda content: content[: len(content) // 2] + b"x" + content[len(content) // 2 + 1 :], "damaged"),
    ],
)
def test_a_bad_file_changes_nothing(run, tmp_path, spoil, says):
    run("practice", "set", "name=First")
    made = run("backup")[1]
    run("practice", "set", "name=Second")
    bad = tmp_path / "bad.pebackup"
    bad.write_bytes(spoil(Path(made["file"]).read_bytes()))
    code, told = run("restore", str(bad))
    assert code == 1
    assert says in told["error"]
    assert practice_name(run) == "Second"


def test_another_key_is_told(run, tmp_path):
    made = run("backup")[1]
    other = {"PATIENT_EXPLORER_HOME": str(tmp_path / "other"), "PATIENT_EXPLORER_KEY": "another key"}
    run("practice", **other)
    code, told = run("restore", made["file"], **other)
    assert code == 1
    assert "another key" in told["error"]


def test_a_damaged_database_is_replaced_and_kept_aside(run, tmp_path):
    run("practice", "set", "name=First")
    made = run("backup")[1]
    database = tmp_path / "data" / "patient-explorer.sqlite3"
    content = bytearray(database.read_bytes())
    content[5000:9000] = bytes(4000)
    database.write_bytes(content)
    code, done = run("restore", made["file"])
    assert code == 0
    assert practice_name(run) == "First"
    assert (tmp_path / "data" / "backups" / done["kept"]).is_dir()


def test_a_restore_cut_off_anywhere_leaves_the_old_or_the_new_database(run):
    run("practice", "set", "name=First")
    made = run("backup")[1]
    run("practice", "set", "name=Second")
    chance, seen = random.Random(7), set()
    call = [sys.executable, str(ROOT / "manage.py"), "restore", made["file"], "--json"]
    for _ in range(8):
        child = subprocess.Popen(call, env=run.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3 + chance.random() * 1.2)
        child.send_signal(signal.SIGKILL)
        child.wait()
        seen.add(practice_name(run))
        assert seen <= {"First", "Second"}
        run("practice", "set", "name=Second")
    checks = {check["id"]: check["ok"] for check in run("doctor")[1]["checks"]}
    assert checks["database"]
