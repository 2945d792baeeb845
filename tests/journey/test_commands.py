"""The commands of the contract, run as a script would run them: live mode, a Spruce server on this PC."""

import csv
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from explorer.demo.answers import IssuedInvitation, write_forms_export
from explorer.demo.files import write_apcm_workbook, write_patient_list
from explorer.demo.people import practice as synthetic_practice
from explorer.demo.seeding import seed_spruce
from outreach.simulator import Limits, serve
from tests.conftest import FORM_SAMPLE_URL

NO_DATABASE = True

ROOT = Path(__file__).resolve().parents[2]
MONDAY = "2026-12-07T10:00:00-06:00"


class Shell:
    """Runs commands against one data folder and one server."""

    def __init__(self, home: Path, url: str, token: str):
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
            "PATIENT_EXPLORER_HOME": str(home),
            "PATIENT_EXPLORER_MODE": "live",
            "PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES": "1",
            "PATIENT_EXPLORER_CLOCK": MONDAY,
            "SPRUCE_API_URL": url,
            "SPRUCE_API_TOKEN": token,
        }

    def __call__(self, *arguments, fails: int = 0, at: str = "") -> dict:
        env = self.env | ({"PATIENT_EXPLORER_CLOCK": at} if at else {})
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *map(str, arguments), "--json"],
            env=env, capture_output=True, text=True, encoding="utf-8", timeout=120,
        )  # fmt: skip
        assert done.returncode == fails, done.stderr + done.stdout
        lines = done.stdout.splitlines()
        assert len(lines) == 1, "one JSON object on stdout and nothing else"
        return json.loads(lines[0])


@pytest.fixture(scope="module")
def people():
    return synthetic_practice(patients=120)


@pytest.fixture(scope="module")
def spruce(tmp_path_factory):
    state = tmp_path_factory.mktemp("spruce") / "spruce.sqlite3"
    seed_spruce(state, synthetic_practice(patients=120))
    with serve(state, limits=Limits()) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def shell(tmp_path_factory, spruce):
    return Shell(tmp_path_factory.mktemp("a home with spaces"), spruce.url, spruce.token)


@pytest.mark.long
def test_the_whole_journey_by_commands(shell, spruce, people, tmp_path):
    profile = shell(
        "practice", "set", "name=Home Team Medical", "phone=205-555-0100", "texting_days=Mon-Sat",
        "texting_basis=provided_to_provider", f"form_sample_url={FORM_SAMPLE_URL}",
    )  # fmt: skip
    assert (profile["mode"], profile["texting_days"]) == ("live", "mon,tue,wed,thu,fri,sat")

    write_patient_list(tmp_path / "list.xlsx", people)
    looked_at = shell("import_patients", tmp_path / "list.xlsx")
    assert (looked_at["rows"], looked_at["new"], looked_at["applied"]) == (120, 120, 0)
    stored = shell("import_patients", tmp_path / "list.xlsx", "--apply")
    assert stored["applied"] == stored["new"] == 120
    assert shell("import_patients", tmp_path / "list.xlsx", "--apply")["unchanged"] == 120

    write_apcm_workbook(tmp_path / "apcm.xlsx", people)
    apcm = shell("import_apcm", tmp_path / "apcm.xlsx", "--apply")
    assert apcm["rows"] == apcm["new"] + apcm["rejected"] + apcm["duplicates"]
    assert apcm["unknown_patients"] == apcm["rejected"]

    synced = shell("sync_contacts")
    assert synced["contacts"] == synced["new"] == len(people.contacts)
    matched = shell("match_contacts", "--export", tmp_path / "matches.csv")
    assert matched["patients"] == 120 == matched["matched"] + matched["review"] + matched["none"]
    for line in _lines(tmp_path / "matches.csv"):
        if line["decision"] == "matched":
            right = {people.truth[line["mrn"]]} | {c for c, m in people.duplicates.items() if m == line["mrn"]}
            assert line["contact_id"] in right

    shell("campaign", "create", "Move", "--cohort", "matched", "--steps", "0,3")
    preview = shell("campaign", "preview", "Move")
    assert preview["planned"] > 50
    assert shell("campaign", "launch", "Move", fails=1)["error"].startswith("Add --yes")
    go = {line["id"]: line["state"] for line in preview["go"]}
    assert (go["phones"], go["own_phone"], go["backup"]) == ("green", "red", "red")
    assert all(line["sentence"] for line in preview["go"])
    assert "No backup is on record" in shell("campaign", "launch", "Move", "--yes", fails=1)["error"]
    assert shell("campaign", "launch", "Move", "--yes", "--override", "Test.")["planned"] == preview["planned"]
    sent = shell("send_due", "--until-idle")
    assert sent["accepted"] == sent["confirmed"] == preview["planned"]
    assert sent["remaining"] == sent["failed"] == sent["uncertain"] == 0
    texts = spruce.texts()
    assert len(texts) == len({text.number for text in texts}) == preview["planned"]
    status = shell("campaign", "status", "Move")
    assert (status["state"], status["confirmed"]) == ("running", preview["planned"])

    spruce.receive(texts[0].number, "STOP")
    polled = shell("poll_replies")
    assert (polled["new_replies"], polled["opt_outs"]) == (1, 1)
    assert shell("poll_replies")["new_replies"] == 0

    codes = shell("invitations", "--create", "--cohort", "all", "--export", tmp_path / "codes.csv")
    assert codes["invitations"] >= preview["planned"]
    issued = _lines(tmp_path / "codes.csv")
    assert {mrn for line in issued for mrn in line["mrns"].split("|")} == {p.mrn for p in people.people}

    monday = datetime.fromisoformat(MONDAY).astimezone(ZoneInfo("America/Chicago"))
    answered = [IssuedInvitation(line["code"], line["mrns"].split("|"), monday) for line in issued if line["phone"]]
    rows = write_forms_export(tmp_path / "forms.xlsx", answered, monday + timedelta(days=2))
    later = (monday + timedelta(days=2)).isoformat()
    taken = shell(
        "import_responses", tmp_path / "forms.xlsx", "--apply", "--export", tmp_path / "answers.csv", at=later
    )
    assert taken["rows"] == rows == taken["applied"] + taken["review"] + taken["duplicate"] + taken["rejected"]
    assert taken["applied"] > rows * 0.7
    again = shell("import_responses", tmp_path / "forms.xlsx", "--apply", at=later)
    assert (again["applied"], again["duplicate"] + again["rejected"]) == (0, rows)

    at = (monday + timedelta(days=3)).isoformat()
    reminded = shell("send_due", "--until-idle", at=at)
    applied = {line["mrn"] for line in _lines(tmp_path / "answers.csv") if line["outcome"] == "applied"}
    assert 0 < reminded["accepted"] < preview["planned"] - len(applied) / 2
    assert spruce.texts(texts[0].number) == [texts[0]], "no text after STOP"

    standings = shell("standings", "--export", tmp_path / "standings.csv")
    assert standings["total"] == 120 == sum(count for name, count in standings.items() if name != "total")
    where = {line["mrn"]: line for line in _lines(tmp_path / "standings.csv")}
    assert all(where[mrn]["records"] in ("given", "declined", "revoked", "conflict") for mrn in applied)


def _lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.long
def test_wrong_usage_and_bad_files_say_so(shell, tmp_path):
    missing = shell("import_patients", tmp_path / "nothing.xlsx", fails=1)
    assert "There is no file" in missing["error"]
    (tmp_path / "empty.xlsx").write_bytes(b"")
    assert "empty" in shell("import_patients", tmp_path / "empty.xlsx", fails=1)["error"]
    assert "The keys are" in shell("practice", "set", "nonsense=1", fails=2)["error"]
    wrong = subprocess.run(
        [sys.executable, ROOT / "manage.py", "import_patients"],
        env=shell.env,
        capture_output=True,
        timeout=60,
    )
    assert wrong.returncode == 2


@pytest.mark.long
def test_a_demo_folder_never_serves_the_live_mode(shell, tmp_path):
    home = {"PATIENT_EXPLORER_HOME": str(tmp_path)}
    shell_here = Shell(tmp_path, shell.env["SPRUCE_API_URL"], "token")
    command = [sys.executable, ROOT / "manage.py", "standings", "--json"]
    demo = {**shell.env, **home, "PATIENT_EXPLORER_MODE": "demo"}
    assert subprocess.run(command, env=demo, capture_output=True, timeout=60).returncode == 0
    refused = shell_here("standings", fails=1)
    assert "belongs to a demo practice" in refused["error"]
