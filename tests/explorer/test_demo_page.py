"""The demo's page: ahead in time, files to try, and nothing of it in live mode."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django_q.models import OrmQ
from openpyxl import load_workbook

from explorer import demo_page
from explorer.lib import clock
from outreach.models import Campaign, CampaignStep
from tests import makers
from tests.explorer.records import confirmed_text

PAGE, JUMP = reverse("admin:demo"), reverse("admin:demo_jump")
NOW = datetime(2026, 12, 7, 16, tzinfo=UTC)
ZONE = "America/Chicago"


@pytest.fixture(autouse=True)
def own_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "_jump_file", tmp_path / "clock")
    monkeypatch.setattr(clock, "_jump", (0.0, timedelta()))


def first_text(at: datetime) -> None:
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=at)
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="{link}")
    confirmed_text(makers.patient(), campaign, step, at=at)


def test_the_care_team_jumps_a_day_ahead_and_what_is_due_is_looked_at(signed_in):
    before = clock.now()
    signed_in("staff").post(JUMP, {"days": "1"})
    assert timedelta(hours=23) < clock.now() - before < timedelta(hours=25)
    assert OrmQ.objects.count() == 1


def test_a_read_only_person_sees_the_page_without_buttons_and_cannot_jump(signed_in):
    client, before = signed_in("read_only"), clock.now()
    assert 'name="days"' not in client.get(PAGE).content.decode()
    assert client.post(JUMP, {"days": "1"}).status_code == 403
    assert clock.now() - before < timedelta(hours=1)


@pytest.mark.parametrize("days", ["", "2", "-1", "day", "3"])
def test_a_day_that_is_not_offered_moves_nothing(days, signed_in):
    before = clock.now()
    page = signed_in("staff").post(JUMP, {"days": days}, follow=True).content.decode()
    assert "only goes ahead" in page
    assert clock.now() - before < timedelta(hours=1)


def test_the_reminders_days_count_from_the_newest_campaigns_first_text():
    first_text(NOW - timedelta(days=5))
    ahead = dict(demo_page.jumps(NOW, ZONE))
    assert ahead[3] is None
    assert NOW + ahead[7] == datetime(2026, 12, 9, 16, tzinfo=UTC)  # 10 in the morning, Central
    assert NOW + ahead[14] == datetime(2026, 12, 16, 16, tzinfo=UTC)


def test_before_the_first_text_only_the_next_day_is_offered():
    assert dict(demo_page.jumps(NOW, ZONE)) == {1: timedelta(days=1), 3: None, 7: None, 14: None}


@pytest.mark.parametrize("name", [*demo_page.FILES, "no-headings.xlsx", "two-sheets.xlsx"])
def test_each_file_is_a_workbook(name, signed_in):
    answer = signed_in("read_only").get(reverse("admin:demo_file", args=[name]))
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert load_workbook(BytesIO(answer.content), read_only=True).sheetnames


def test_a_file_that_is_not_offered_is_not_there(signed_in):
    assert signed_in("staff").get(reverse("admin:demo_file", args=["key"])).status_code == 404


@pytest.mark.parametrize("address", [PAGE, reverse("admin:demo_file", args=["apcm.xlsx"])])
def test_live_there_is_no_demo_page(address, signed_in, settings):
    settings.MODE = "live"
    assert signed_in("administrator").get(address).status_code == 404


def test_live_the_clock_stays_and_the_sidebar_does_not_offer_the_page(signed_in, settings):
    settings.MODE, client, before = "live", signed_in("administrator"), clock.now()
    assert client.post(JUMP, {"days": "1"}).status_code == 404
    assert clock.now() - before < timedelta(hours=1)
    assert f'href="{PAGE}"' not in client.get("/admin/").content.decode()
