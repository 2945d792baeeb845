from datetime import timedelta

import pytest

from explorer.lib import clock, jobs
from outreach import tasks
from outreach.models import LineState, Match
from tests.outreach import made


@pytest.fixture
def without_token(monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", "live")


@pytest.mark.parametrize("task", [tasks.send_due, tasks.poll_replies])
def test_that_spruce_cannot_be_used_is_told_and_not_raised(task, without_token):
    assert task().startswith("SPRUCE_API_TOKEN is not set.")


def test_reading_contacts_says_why_it_cannot(without_token):
    with pytest.raises(jobs.CannotDo, match="SPRUCE_API_TOKEN is not set"):
        tasks.sync_contacts(jobs.Step())


def test_a_sender_elsewhere_is_no_error():
    LineState.objects.update(sender="another|1|1.0", sender_until=clock.now() + timedelta(minutes=1))
    assert tasks.send_due() == ""


def test_matching_tells_how_many():
    made.patient("Zelda", "Nobody")
    made.patient("Ann", "Miller", phone="+12055550147")
    made.contact("Ann", "Miller", phone="+12055550147")
    assert tasks.match_contacts(jobs.Step()).startswith("2 patients looked at: ")
    assert Match.objects.exists()
