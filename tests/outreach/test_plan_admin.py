"""The plan of a campaign on its pages and in the shell: pilot, waves, the try, the go, the undo, the red button."""

import json
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.core.management import CommandError, load_command_class
from django.urls import reverse
from django_q.models import OrmQ

from explorer.lib import clock
from explorer.lib.commands import Refused
from explorer.lib.models import Practice
from outreach.actions import campaigns, launching, letting_go, waves
from outreach.models import Campaign, CampaignStep, LineState, Message, Wave
from outreach.progress import SENDER
from tests.conftest import ROLES
from tests.makers import ready
from tests.outreach import made

TEAM = ("administrator", "provider", "staff")
TUE, WED, THU = (date(2026, 12, day) for day in (8, 9, 10))
LIST = "/admin/outreach/campaign/"


def url(name: str, *args) -> str:
    return reverse(f"admin:outreach_campaign_{name}", args=args)


def draft(count: int = 4, **plan) -> Campaign:
    for number in range(count):
        made.reachable(last=f"Smith{number}")
    return made.draft("Move", **plan)


def launched(count: int = 4, *, grace=timedelta(), **plan) -> Campaign:
    campaign = draft(count, **plan)
    launching.launch(campaign, by=None, grace=grace, override="A test.")
    return Campaign.objects.get(pk=campaign.pk)


def through(campaign: Campaign) -> Campaign:
    """The pilot's texts are confirmed and the campaign has stopped."""
    for message in campaign.messages.filter(wave__number=0):
        made.attempted(message, "confirmed")
    letting_go.stop_after_pilots(clock.now())
    return Campaign.objects.get(pk=campaign.pk)


def state(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).state


def queued() -> list[str]:
    return [row.func() for row in OrmQ.objects.all()]


def plan_form(waves=(), **values) -> dict:
    rows = {f"wave-{place}-{name}": value for place, wave in enumerate(waves)
            for name, value in zip(("starts_on", "size"), wave, strict=True)}  # fmt: skip
    return {"wave-TOTAL_FORMS": len(waves), "wave-INITIAL_FORMS": 0, **rows, **values}


def plan_of(campaign: Campaign) -> list[tuple]:
    return list(campaign.waves.values_list("number", "starts_on", "size"))


# the plan of a draft


def test_a_new_campaign_is_offered_a_pilot_of_fifty(signed_in):
    client = signed_in("staff")
    assert client.get(url("new")).context["form"]["pilot"].value() == 50
    client.post(url("new"), {"name": "Move", "cohort": "all", "pilot": "20", "days": "3"})
    assert plan_of(Campaign.objects.get()) == [(0, None, 20)]


def test_the_draft_shows_what_happens_when_and_what_is_unwise_about_it(monday, signed_in):
    Practice.objects.update(transition_date=date(2026, 12, 31))
    campaign = draft(6, pilot=2, waves=[(WED, 2), (THU, 2)])
    page = signed_in("staff").get(url("change", campaign.pk))
    rows = page.context["plan_rows"]
    assert [row[:3] for row in rows] == [
        ("Pilot", "at the launch", 2), ("Wave 1", "Wed 12/09/2026", 2), ("Wave 2", "Thu 12/10/2026", 2),
    ]  # fmt: skip
    text = page.content.decode()
    assert "Sat 12/12" in text
    assert "Wave 2, day 3, falls on Sun 12/13/2026, when no texts go out. It goes out on Mon 12/14/2026" in text
    assert "Try it without sending" in text


def test_a_draft_without_a_pilot_says_so(signed_in):
    page = signed_in("staff").get(url("change", draft().pk)).content.decode()
    assert "There is no pilot" in page


def test_the_plan_is_changed_and_recorded_with_the_person(monday, signed_in):
    campaign = draft()
    client = signed_in("staff")
    form = plan_form([("2026-12-10", "3"), ("12/09/2026", "1")], pilot="2", pilot_on="12/08/2026")
    page = client.post(url("plan", campaign.pk), form, follow=True)
    assert "The plan is saved." in page.content.decode()
    assert plan_of(campaign) == [(0, TUE, 2), (1, WED, 1), (2, THU, 3)]
    assert LogEntry.objects.get_for_model(Wave).filter(actor__username="test-staff").count() == 3
    client.post(url("plan", campaign.pk), plan_form())
    assert plan_of(campaign) == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (plan_form([("2026-12-09", "")]), "Give both the day and the number"),
        (plan_form([("2026-12-09", "1"), ("2026-12-09", "1")]), "a day of its own"),
        (plan_form([("someday", "1")]), "Enter a valid date"),
        (plan_form([("2026-12-09", "-1")]), "greater than or equal to 1"),
        (plan_form([("9999-12-31", "1")]), "too far away"),
        (plan_form(pilot="1", pilot_on="0001-01-01"), "too far away"),
        (plan_form(pilot="9" * 30), "less than or equal to"),
        ({"act": "spread", "first_on": "9999-12-31", "a_day": "5"}, "too far away"),
        ({"pilot": "3"}, "ManagementForm data is missing"),
        (plan_form(pilot="0"), "greater than or equal to 1"),
        ({"act": "spread", "first_on": "2026-12-09", "a_day": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_plan_with_something_wrong_comes_back_with_the_reason(form, words, monday, signed_in):
    campaign = draft(pilot=1)
    page = signed_in("staff").post(url("plan", campaign.pk), form)
    assert words in page.content.decode()
    assert plan_of(campaign) == [(0, None, 1)]


def test_texts_are_spread_evenly_over_texting_days(monday, signed_in):
    campaign = draft(8, pilot=1)
    form = {"act": "spread", "first_on": "2026-12-11", "a_day": "3"}
    signed_in("staff").post(url("plan", campaign.pk), form)
    days = [(1, date(2026, 12, 11), 3), (2, date(2026, 12, 12), 3), (3, date(2026, 12, 14), 1)]
    assert plan_of(campaign) == [(0, None, 1), *days]


def test_more_waves_than_anybody_wants_are_refused(monday, signed_in):
    campaign = draft(70)
    form = {"act": "spread", "first_on": "2026-12-09", "a_day": "1"}
    assert "at most 60 waves" in signed_in("staff").post(url("plan", campaign.pk), form).content.decode()


def test_waves_that_have_begun_are_not_in_the_form(monday, signed_in):
    campaign = launched(4, waves=[(date(2026, 12, 7), 2), (THU, 2)])
    made.attempted(campaign.messages.filter(wave__number=1).first(), "confirmed")
    client = signed_in("staff")
    page = client.get(url("plan", campaign.pk))
    assert "Wave 1 has begun and stays as it is" in page.content.decode()
    client.post(url("plan", campaign.pk), plan_form([("2026-12-11", "2")]))
    assert plan_of(campaign) == [(1, date(2026, 12, 7), 2), (2, date(2026, 12, 11), 2)]


# the try without sending


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_try_a_draft_without_sending(role, monday, signed_in):
    page = signed_in(role).get(url("forecast", draft(4, pilot=2).pk))
    assert page.context["found"].steps[0].texts == 4
    assert "no price recorded" in page.content.decode()
    assert not Message.objects.exists()


def test_the_assumed_answers_can_be_changed(monday, signed_in):
    campaign, client = draft(4), signed_in("staff")
    assert client.get(url("forecast", campaign.pk), {"answers": "0"}).context["found"].texts == 16
    page = client.get(url("forecast", campaign.pk), {"answers": "101"})
    assert "less than or equal to 100" in page.content.decode()
    assert page.context["answers"] == 50


def test_the_forecast_shows_the_cost_once_a_price_is_recorded(monday, signed_in):
    Practice.objects.update(segment_price="0.0079", segment_price_on=TUE)
    page = signed_in("staff").get(url("forecast", draft(4).pk)).content.decode()
    assert "at $0.0079 a part, price of 12/08/2026" in page


@pytest.mark.parametrize("body", ["{practice} {nobody}", "{practice} {", "{practice} {doctor}"])
def test_words_that_cannot_be_filled_in_stop_the_try_with_the_reason(body, monday, signed_in):
    campaign = draft()
    CampaignStep.objects.filter(day=3).update(body=body)
    assert 'class="pe-note bad"' in signed_in("staff").get(url("forecast", campaign.pk)).content.decode()


def test_without_a_link_the_try_says_so(signed_in):
    Practice.objects.update(form_sample_url="")
    page = signed_in("staff").get(url("forecast", draft().pk)).content.decode()
    assert "sample link cannot be used" in page


def test_a_launched_campaign_is_no_longer_tried(monday, signed_in):
    assert signed_in("staff").get(url("forecast", launched().pk)).status_code == 404


def test_the_try_takes_few_queries_however_many_patients(signed_in, django_assert_max_num_queries):
    campaign, client = draft(40, pilot=5), signed_in("staff")
    with django_assert_max_num_queries(45):
        client.get(url("forecast", campaign.pk))


# launch and undo


def test_a_pilot_is_launched_by_typing_its_own_number(monday, signed_in):
    campaign, client = draft(5, pilot=2), signed_in("staff")
    ready(campaign)
    page = client.get(url("launch", campaign.pk)).content.decode()
    assert 'data-must-equal="2"' in page
    assert "the other 3 texts wait" in page
    client.post(url("launch", campaign.pk), {"texts": "5"})
    assert state(campaign) == "draft"
    client.post(url("launch", campaign.pk), {"texts": "2"})
    assert state(campaign) == "running"


def test_after_a_launch_nothing_goes_out_for_ten_seconds_and_undo_takes_it_back(monday, signed_in):
    campaign, client = draft(2), signed_in("staff")
    ready(campaign)
    page = client.post(url("launch", campaign.pk), {"texts": "2"}, follow=True).content.decode()
    assert "Undo the launch" in page
    assert 'data-vanishes="10"' in page
    assert set(campaign.messages.values_list("not_before", flat=True)) == {Campaign.objects.get().undo_until}
    page = client.post(url("undo", campaign.pk), follow=True).content.decode()
    assert "Undone. Nothing was sent." in page
    assert (state(campaign), campaign.messages.count()) == ("draft", 0)
    entry = LogEntry.objects.get_for_object(campaign).filter(actor__username="test-staff").first()
    assert entry.changes["state"] == ["running", "draft"]
    client.post(url("launch", campaign.pk), {"texts": "2"})
    assert state(campaign) == "running"


def test_an_undo_that_comes_too_late_pauses_instead(monday, signed_in):
    campaign = launched(2, grace=timedelta(seconds=10))
    made.attempted(campaign.messages.first(), "confirmed")
    client = signed_in("staff")
    assert "Undo the launch" not in client.get(url("change", campaign.pk)).content.decode()
    page = client.post(url("undo", campaign.pk), follow=True).content.decode()
    assert "too late to undo" in page
    assert (state(campaign), campaign.messages.count()) == ("paused", 2)


def test_the_launch_from_the_shell_waits_for_nothing(monday):
    draft(2)
    assert shell("campaign", "launch", "Move", "--yes", "--override", "A test.")["planned"] == 2
    assert list(Message.objects.sendable(clock.now())) == list(Message.objects.order_by("-planned_at", "-pk"))
    assert Campaign.objects.get().undo_until is None


@pytest.mark.parametrize("role", ROLES)
def test_only_the_care_team_undoes_lets_go_and_plans(role, monday, signed_in):
    campaign = launched(3, pilot=1, grace=timedelta(seconds=10))
    client = signed_in(role)
    allowed = role in TEAM
    assert ("Undo the launch" in client.get(url("change", campaign.pk)).content.decode()) == allowed
    assert client.get(url("plan", campaign.pk)).status_code == (200 if allowed else 403)
    assert client.post(url("plan", campaign.pk), plan_form()).status_code == (302 if allowed else 403)
    assert client.post(url("pilot", campaign.pk), {"texts": "2"}).status_code == (302 if allowed else 403)
    assert state(campaign) == "running", "the pilot is not through"
    assert client.post(url("undo", campaign.pk)).status_code == (302 if allowed else 403)
    assert state(campaign) == ("draft" if allowed else "running")
    assert client.get(url("undo", campaign.pk)).status_code == 403


# the pilot's page


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_what_the_pilot_brought_and_only_the_care_team_the_go(role, monday, signed_in):
    campaign = through(launched(5, pilot=2))
    client = signed_in(role)
    page = client.get(url("change", campaign.pk)).content.decode()
    assert "The pilot of 2 is through. Look at its answers, then let the rest go." in page
    assert ("Resume…" in page) is False
    page = client.get(url("pilot", campaign.pk))
    assert page.context["result"].texts["confirmed"] == 2
    assert ('data-must-equal="3"' in page.content.decode()) == (role in TEAM)
    assert ("End here…" in page.content.decode()) == (role in TEAM)


def test_letting_the_rest_go_asks_for_the_number_and_can_be_undone(monday, signed_in):
    campaign = through(launched(5, pilot=2, waves=[(TUE, 3)]))
    client = signed_in("staff")
    for typed in ("", "5", "two"):
        page = client.post(url("pilot", campaign.pk), {"texts": typed}, follow=True)
        assert "Nothing was sent" in page.content.decode()
    assert (state(campaign), queued()) == ("paused", [])
    page = client.post(url("pilot", campaign.pk), {"texts": "3"}, follow=True).content.decode()
    assert (state(campaign), queued()) == ("running", [SENDER])
    assert "Undo: let the rest wait" in page
    client.post(url("undo", campaign.pk))
    assert (state(campaign), campaign.messages.resting().count()) == ("paused", 3)
    assert campaign.waves.get(number=0).let_go_by is None


def test_resume_leads_to_the_pilots_page_and_never_lets_the_rest_go(monday, signed_in):
    campaign = through(launched(3, pilot=1))
    client = signed_in("staff")
    assert client.get(url("resume", campaign.pk))["Location"] == url("pilot", campaign.pk)
    client.post(url("resume", campaign.pk))
    assert state(campaign) == "paused"


def test_days_that_have_passed_are_shown_as_they_will_be(monday, signed_in):
    campaign = through(launched(5, pilot=1, waves=[(TUE, 2), (THU, 2)]))
    monday(3)
    page = signed_in("staff").get(url("pilot", campaign.pk))
    assert page.context["rest"] == [("Wave 1", "Thu 12/10/2026", 2), ("Wave 2", "Sat 12/12/2026", 2)]
    assert "moved by 2" in page.content.decode()


@pytest.mark.parametrize("plan", [{}, {"waves": [(TUE, 4)]}])
def test_a_campaign_without_a_pilot_has_no_such_page(plan, monday, signed_in):
    assert signed_in("staff").get(url("pilot", launched(4, **plan).pk)).status_code == 404


def test_a_pilot_that_waits_is_among_todays_work(monday, signed_in):
    client = signed_in("staff")
    campaign = launched(3, pilot=1)
    assert "Pilots to look at" not in client.get("/admin/").content.decode()
    through(campaign)
    page = client.get("/admin/").content.decode()
    assert url("pilot", campaign.pk) in page
    campaigns.cancel(campaign, by=None)
    assert "Pilots to look at" not in client.get("/admin/").content.decode()


def test_texts_that_rest_behind_a_pilot_are_not_called_late(monday, signed_in):
    campaign = launched(3, pilot=1)
    client = signed_in("staff")
    assert "more than a day late" not in client.get(url("change", campaign.pk)).content.decode()
    page = client.get(url("held", campaign.pk)).content.decode()
    assert "No late text waits" in page
    ids = list(campaign.messages.resting().values_list("pk", flat=True))
    client.post(url("held", campaign.pk), {"act": "send", "message": ids})
    assert campaign.messages.resting().count() == 2


# the red button


@pytest.mark.parametrize("name", ["new", "change", "plan", "forecast", "launch", "left_out", "step", "cancel"])
def test_every_page_of_a_draft_has_the_red_button(name, monday, signed_in):
    campaign = draft()
    args = {"new": [], "left_out": [campaign.pk, "no_match"], "step": [campaign.steps.first().pk]}
    page = signed_in("staff").get(url(name, *args.get(name, [campaign.pk]))).content.decode()
    assert f'action="{url("stop")}"' in page


@pytest.mark.parametrize("name", ["change", "plan", "pilot", "held", "cancel"])
def test_every_page_of_a_running_campaign_has_the_red_button(name, monday, signed_in):
    campaign = launched(3, pilot=1)
    page = signed_in("staff").get(url(name, campaign.pk)).content.decode()
    assert f'action="{url("stop")}"' in page


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("address", [LIST, "/admin/"])
def test_list_and_home_have_the_red_button_for_those_who_may(address, role, signed_in):
    draft(1)
    page = signed_in(role).get(address).content.decode()
    assert (f'action="{url("stop")}"' in page) == (role in TEAM)


def test_who_stopped_texting_and_when_is_shown_until_it_is_allowed_again(monday, signed_in):
    campaign, client = launched(2), signed_in("staff")
    client.post(url("stop"))
    for address in (LIST, url("change", campaign.pk), "/admin/"):
        page = client.get(address).content.decode()
        assert "12/07/2026" in page
        assert "by test-staff" in page
        assert "Allow texting again…" in page
    client.post(url("allow"))
    assert Practice.current().texting_stopped_by == ""


# progress


def progress(client, campaign: Campaign):
    return client.get(url("progress", campaign.pk, campaign.state)).context["found"]


def test_the_progress_tells_wave_pace_and_what_is_left(monday, signed_in):
    campaign = launched(6, waves=[(date(2026, 12, 7), 4), (THU, 2)])
    client = signed_in("staff")
    first, second = campaign.messages.filter(wave__number=1).order_by("pk")[:2]
    made.attempted(first, "confirmed", accepted_at=clock.now() - timedelta(seconds=58))
    made.attempted(second, "accepted", accepted_at=clock.now())
    LineState.objects.update(sender="this PC", sender_until=clock.now() + timedelta(minutes=1))
    found = progress(client, campaign)
    assert (found.sent, found.left, found.per_minute, found.minutes_left) == (2, 4, 2, 1)
    assert (found.wave.name, found.wave.through, found.wave.total) == ("Wave 1", 1, 4)


def test_a_wave_whose_day_is_to_come_is_why_it_waits(monday, signed_in):
    campaign, client = launched(2, waves=[(THU, 2)]), signed_in("staff")
    found = progress(client, campaign)
    assert found.waiting == "Wave 1 has its day still to come."
    assert found.until.isoformat() == "2026-12-10T15:00:00+00:00"


def test_one_text_that_waits_does_not_make_the_campaign_wait(monday, signed_in):
    campaign, client = launched(3), signed_in("staff")
    LineState.objects.update(sender="this PC", sender_until=clock.now() + timedelta(minutes=1))
    one = campaign.messages.first()
    later = clock.now() + timedelta(hours=5)
    Message.objects.filter(pk=one.pk).update(reason="The number got a text in the last 24 hours.", not_before=later)
    assert progress(client, campaign).waiting == ""


def test_within_the_ten_seconds_the_progress_says_so(monday, signed_in):
    campaign = launched(2, grace=timedelta(seconds=10))
    assert "so that you can undo" in progress(signed_in("staff"), campaign).waiting


def test_the_moving_part_of_a_campaign_with_waves_takes_few_queries(monday, signed_in, django_assert_max_num_queries):
    campaign, client = launched(20, pilot=2, waves=[(TUE, 9), (WED, 9)]), signed_in("staff")
    with django_assert_max_num_queries(20):
        client.get(url("progress", campaign.pk, "running"))


def test_late_waves_are_announced_and_decided_on_one_page(monday, signed_in):
    campaign, client = launched(2, waves=[(TUE, 2)]), signed_in("staff")
    monday(3)
    waves.hold_late_waves(clock.now())
    page = client.get(url("change", campaign.pk)).content.decode()
    assert "2 texts are more than a day late" in page
    assert "late, waits for you" in page
    assert "Send all 2 anyway" in client.get(url("held", campaign.pk)).content.decode()


# the shell


def shell(name: str, *arguments) -> dict:
    """What a command answers with --json."""
    command = load_command_class("outreach" if name == "campaign" else "explorer", name)
    options = vars(command.create_parser("manage.py", name).parse_args(list(arguments)))
    return json.loads(json.dumps(command.work(**options), default=str))


def test_the_shell_makes_pilot_and_waves_and_forecasts_them(monday):
    draft(6)
    Campaign.objects.all().delete()
    Practice.objects.update(transition_date=date(2026, 12, 31))
    options = ["--pilot", "2", "--pilot-on", "2026-12-08", "--wave", "2026-12-09=2", "--wave", "2026-12-10=2"]
    assert shell("campaign", "create", "Move", "--cohort", "all", *options)["state"] == "draft"
    found = shell("campaign", "preview", "Move", "--answers", "0")
    told = found["forecast"]
    assert [found["planned"], found["segments"]] == [told["steps"][0][key] for key in ("planned", "segments")]
    assert told["assumed_answers_percent"] == 0
    assert told["days"][:3] == [
        {"date": "2026-12-08", "texts": 2}, {"date": "2026-12-09", "texts": 2}, {"date": "2026-12-10", "texts": 2},
    ]  # fmt: skip
    assert told["numbers_by_texts"] == {"4": 6}
    assert [words[:13] for words in told["warnings"]] == ["Wave 2, day 3"]
    assert told["cost"] is None


def test_the_shell_lets_the_rest_go_with_resume(monday):
    campaign = through(launched(4, pilot=1))
    status = shell("campaign", "status", "Move")
    assert (status["state"], status["resting"], status["why"][:12]) == ("paused", 3, "The pilot of")
    assert shell("campaign", "resume", "Move")["state"] == "running"
    assert not campaign.messages.resting().exists()


@pytest.mark.parametrize(
    "options",
    [["--pilot", "0"], ["--wave", "2026-12-09"], ["--wave", "soon=5"], ["--wave", "2026-12-09=0"], ["--pilot-on", "x"]],
)
def test_the_shell_refuses_a_plan_that_is_none(options):
    with pytest.raises(CommandError, match=r"invalid|written as"):
        shell("campaign", "create", "Move", *options)


def test_the_shell_refuses_waves_on_one_day():
    with pytest.raises(Refused, match="a day of its own"):
        shell("campaign", "create", "Move", "--wave", "2026-12-09=5", "--wave", "2026-12-09=5")
    assert not Campaign.objects.exists()


def test_the_price_of_a_part_is_a_practice_setting():
    assert shell("practice", "set", "segment_price=0.0079", "segment_price_on=2026-11-01")["segment_price"] == "0.00790"
    assert shell("practice", "set", "segment_price=")["segment_price"] is None
    for nonsense in ("-1", "cheap", "NaN"):
        with pytest.raises(Refused):
            shell("practice", "set", f"segment_price={nonsense}")
    assert Practice.current().segment_price is None
