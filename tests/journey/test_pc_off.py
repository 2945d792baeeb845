"""The PC is off for five days: what the commands do, and do not do, when it comes back."""

from datetime import datetime, timedelta

import pytest

from explorer.demo.files import write_patient_list
from explorer.demo.people import practice as synthetic_practice
from explorer.demo.seeding import seed_spruce
from outreach.simulator import Limits, serve
from tests.conftest import FORM_SAMPLE_URL
from tests.journey.test_commands import MONDAY, Shell

NO_DATABASE = True


def day(number: float) -> str:
    return (datetime.fromisoformat(MONDAY) + timedelta(days=number)).isoformat()


@pytest.mark.long
def test_nothing_bursts_out_after_five_days(tmp_path):
    people = synthetic_practice(patients=25)
    seed_spruce(tmp_path / "spruce.sqlite3", people)
    with serve(tmp_path / "spruce.sqlite3", limits=Limits()) as spruce:
        shell = Shell(tmp_path / "home", spruce.url, spruce.token)
        shell(
            "practice", "set", "name=Home Team Medical", "phone=205-555-0100",
            "texting_basis=provided_to_provider", f"form_sample_url={FORM_SAMPLE_URL}",
        )  # fmt: skip
        write_patient_list(tmp_path / "list.xlsx", people)
        shell("import_patients", tmp_path / "list.xlsx", "--apply")
        shell("sync_contacts")
        shell("match_contacts")
        shell("campaign", "create", "Move", "--cohort", "matched", "--steps", "0,3,7,14")
        count = shell("campaign", "launch", "Move", "--yes", "--override", "A test.")["planned"]
        assert shell("send_due", "--until-idle")["confirmed"] == count > 5

        shell("send_due", "--max", "2", at=day(3))  # two reminders go out, then the power goes off
        assert len(spruce.texts()) == count + 2

        for now in (day(8), day(9)):
            back = shell("send_due", "--until-idle", at=now)
            assert (back["accepted"], back["remaining"]) == (0, count)
            assert back["waiting_for"] == "This reminder is more than a day late."
        assert len(spruce.texts()) == count + 2
        status = shell("campaign", "status", "Move", at=day(9))
        assert (status["state"], status["planned"], status["confirmed"]) == ("running", count, count + 2)
