"""The demo's practice as a newcomer finds it: everything proven but the test on one's own phone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NO_DATABASE = True

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
from explorer.lib.commands import prepare
prepare()
from explorer.demo.loading import load_practice
from explorer.demo.trial import keep_fresh
load_practice()
keep_fresh()
"""


def run(home: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "SPRUCE"))}
    env |= {"PATIENT_EXPLORER_HOME": str(home), "PATIENT_EXPLORER_MODE": "demo"}
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.long
def test_a_newcomer_has_only_the_own_phone_left_to_do(tmp_path):
    run(tmp_path, "shell", "-c", LOAD)
    trial = json.loads(run(tmp_path, "campaign", "status", "Trial", "--json"))
    assert (trial["state"], trial["confirmed"]) == ("finished", 5)
    run(tmp_path, "campaign", "create", "Pilot", "--limit", "12", "--json")
    preview = json.loads(run(tmp_path, "campaign", "preview", "Pilot", "--json"))
    assert {line["id"] for line in preview["go"] if line["state"] == "red"} == {"own_phone"}
    standings = json.loads(run(tmp_path, "standings", "--json"))
    assert (standings["given"] + standings["declined"], standings["total"]) == (5, 1384)
