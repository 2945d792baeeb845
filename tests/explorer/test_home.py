"""The first page: what waits, how it goes, what is kept and from when, and what can be downloaded."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.cache import cache
from django.urls import reverse

from explorer import dashboard, schedules, snapshot
from explorer.figure_sheets import KINDS, SHEETS
from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from outreach.models import LineState
from tests import makers


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


def test_what_waits_is_a_tile_and_what_does_not_is_a_short_link(signed_in):
    makers.patient()
    answer = signed_in("staff").get("/admin/")
    today = answer.context["today"]
    assert [tile.title for tile in today["waiting"]] == ["Calls due"]
    page = answer.content.decode()
    assert page.index("Today’s work") < page.index("Is everything running?") < page.index("Where all patients stand")
    assert all(tile.url in page for tile in today["clear"])


def test_the_forecast_comes_after_the_page_and_says_its_moment(signed_in):
    makers.patient()
    client = signed_in("read_only")
    assert reverse("admin:home_forecast") in client.get("/admin/").content.decode()
    answer = client.get(reverse("admin:home_forecast"))
    assert answer["X-Done"] == "1"
    assert "As of " in answer.content.decode()
    page = client.get("/admin/").content.decode()
    assert "There is a forecast once about 30 first texts are 3 days old." in page
    assert reverse("admin:home_forecast") not in page  # made a moment ago


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SHEETS)
def test_each_table_can_be_downloaded_and_that_is_recorded(name, kind, signed_in):
    makers.patient(first="Penelope", last="Quartermaine")
    answer = signed_in("read_only").get(reverse("admin:home_figures", args=[name, kind]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{name}.{kind}"'
    assert b"Quartermaine" not in answer.content
    assert name in LogEntry.objects.filter(object_repr="export").latest("pk").changes["exported"][1]


def test_a_table_that_does_not_exist_is_not_found(signed_in):
    client = signed_in("read_only")
    assert client.get(reverse("admin:home_figures", args=["patients", "csv"])).status_code == 404
    assert client.get(reverse("admin:home_figures", args=["funnel", "html"])).status_code == 404


def test_a_large_practice_is_counted_by_the_worker_and_the_page_says_when(signed_in, monkeypatch):
    monkeypatch.setattr(snapshot, "LIVE_UP_TO", 1)
    makers.patient()
    makers.patient(mrn="1002", phone="")
    client = signed_in("staff")
    page = client.get("/admin/").content.decode()
    assert "are being counted" in page
    assert "Where all patients stand" not in page
    assert client.get(reverse("admin:home_figures", args=["funnel", "csv"])).status_code == 404
    assert "X-Done" not in client.get(reverse("admin:home_forecast"))
    snapshot.refresh()
    makers.patient(mrn="1003", phone="")
    page = client.get("/admin/").content.decode()
    assert "Figures as of " in page
    assert "adds up: 2<" in page  # as they were then
    snapshot.refresh()
    assert "adds up: 3<" in client.get("/admin/").content.decode()


def test_a_small_practice_is_counted_for_each_page(signed_in):
    makers.patient()
    snapshot.refresh()
    makers.patient(mrn="1002", phone="")
    page = signed_in("staff").get("/admin/").content.decode()
    assert "adds up: 2<" in page
    assert "Figures as of" not in page


def test_figures_of_the_future_or_of_days_ago_are_not_shown(practice):
    now = clock.now()
    made = snapshot.make_outlook(practice, now)
    assert snapshot.outlook(now) == made
    assert snapshot.outlook(now - timedelta(minutes=1)) is None
    assert snapshot.outlook(now + timedelta(days=2)) is None


def test_the_worker_makes_a_forecast_anew_after_five_minutes(monday):
    monday()
    snapshot.refresh()
    first = snapshot.outlook(clock.now())
    snapshot.refresh()
    assert snapshot.outlook(clock.now()) == first
    monday(1 / 24)
    snapshot.refresh()
    assert snapshot.outlook(clock.now()).at > first.at


def test_the_figures_are_counted_each_minute():
    assert schedules.EVERY_MINUTE["count the figures"] == "explorer.snapshot.refresh"


@pytest.mark.parametrize(
    ("hours", "tone", "words"), [(None, "warn", "None yet"), (30, "warn", "The newest is of"), (2, "good", "Made on")]
)
def test_a_backup_older_than_a_day_is_a_warning(hours, tone, words):
    now = clock.now()
    if hours is not None:
        Backup.objects.create(made_at=now - timedelta(hours=hours), file="b.zip", sha256="0" * 64)
    signs = dashboard.health(Practice.current(), LineState.objects.get(pk=1), now)
    sign = next(sign for sign in signs if sign.title == "Backup")
    assert sign.tone == tone
    assert sign.words.startswith(words)
