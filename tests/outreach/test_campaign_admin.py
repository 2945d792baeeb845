from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django_q.models import OrmQ, Task

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach.models import Campaign, CampaignStep, LineState, Message
from outreach.progress import SENDER, duration
from tests.conftest import ROLES
from tests.outreach import made

LIST = "/admin/outreach/campaign/"
TEAM = ("administrator", "provider", "staff")
GOOD = "{practice}: our office is moving: {link} Call {phone}. Reply STOP to opt out."
BAD = "{practice}: FINAL notice, act now: {link}"


def url(name: str, *args) -> str:
    return reverse(f"admin:outreach_campaign_{name}", args=args)


def state_of(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).state


def queued() -> list[str]:
    return [row.func() for row in OrmQ.objects.all()]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_list_and_only_the_care_team_its_buttons(role, signed_in):
    page = signed_in(role).get(LIST)
    assert page.status_code == 200
    assert ("Stop all texting" in page.content.decode()) == (role in TEAM)
    assert ("New campaign" in page.content.decode()) == (role in TEAM)


def test_the_list_counts_texts_by_state(signed_in):
    made.reachable()
    campaign = made.launched()
    made.attempted(campaign.messages.get(), "confirmed")
    assert "1 confirmed" in signed_in("staff").get(LIST).content.decode()


def test_a_long_list_takes_few_queries(signed_in, django_assert_max_num_queries):
    for number in range(20):
        made.draft(f"Campaign {number}")
    client = signed_in("staff")
    with django_assert_max_num_queries(20):
        client.get(LIST)


# the draft


def test_a_new_campaign_becomes_a_draft_with_its_days(signed_in):
    form = {"name": "Pilot", "cohort": "apcm", "limit": "50", "days": "5, 3"}
    page = signed_in("staff").post(url("new"), form, follow=True)
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.cohort, campaign.limit) == ("draft", "apcm", 50)
    assert [step.day for step in campaign.steps.all()] == [0, 3, 5]
    assert page.redirect_chain[-1][0] == url("change", campaign.pk)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "Taken", "cohort": "all", "days": ""}, "already exists"),
        ({"name": "New", "cohort": "all", "days": "three"}, "Write the days as numbers"),
        ({"name": "New", "cohort": "all", "days": "400"}, "Write the days as numbers"),
        ({"name": "New", "cohort": "all", "days": "3", "limit": "0"}, "greater than or equal to 1"),
        ({"name": "", "cohort": "all", "days": "3"}, "This field is required"),
        ({"name": "New", "cohort": "chosen", "days": "3"}, "Select a valid choice"),
    ],
)
def test_a_new_campaign_with_something_wrong_is_sent_back_with_the_reason(form, words, signed_in):
    made.draft("Taken")
    page = signed_in("staff").post(url("new"), form)
    assert words in page.content.decode()
    assert Campaign.objects.count() == 1


def test_the_draft_shows_how_many_texts_who_is_left_out_and_the_exact_text(signed_in):
    made.reachable("Ann", "Miller", phone="+12055550111")
    made.reachable("Bob", "Miller", phone="+12055550111")
    made.patient("Nora", "Nomatch")
    campaign = made.draft()
    page = signed_in("staff").get(url("change", campaign.pk))
    text = page.content.decode()
    assert {name: page.context[name] for name in ("texts", "covered", "left_out", "cohort")} == {
        "texts": 1, "covered": 2, "left_out": 1, "cohort": 3,
    }  # fmt: skip
    assert url("left_out", campaign.pk, "no_match") in text
    assert "Home Team Medical: our office is moving." in text
    assert "sample code" in text
    assert "Ann Miller, Bob Miller" in text
    assert page.context["segments"] == page.context["steps"][0]["preview"].segments.parts


def test_the_draft_takes_few_queries_however_many_patients(signed_in, django_assert_max_num_queries):
    for _ in range(30):
        made.reachable()
    campaign = made.draft()
    client = signed_in("staff")
    with django_assert_max_num_queries(56):
        client.get(url("change", campaign.pk))


def test_without_a_link_the_draft_says_so_and_its_words_can_still_be_edited(signed_in, practice):
    Practice.objects.update(form_sample_url="")
    page = signed_in("staff").get(url("change", made.draft().pk)).content.decode()
    assert "sample link cannot be used" in page
    assert page.count("<textarea") == 4


@pytest.mark.parametrize("role", ROLES)
def test_those_left_out_are_listed_by_reason(role, signed_in):
    made.reachable("Rita", "Reached")
    made.patient("Nora", "Nomatch")
    campaign = made.draft()
    page = signed_in(role).get(url("left_out", campaign.pk, "no_match"))
    assert [patient.last_name for patient in page.context["found"]] == ["Nomatch"]
    assert page.client.get(url("left_out", campaign.pk, "nonsense")).status_code == 404


def test_after_the_launch_those_left_out_are_the_ones_of_the_launch(signed_in):
    made.reachable()
    made.patient("Nora", "Nomatch")
    campaign = made.launched()
    made.patient("Late", "Comer")
    found = signed_in("staff").get(url("left_out", campaign.pk, "no_match")).context["found"]
    assert [patient.last_name for patient in found] == ["Nomatch"]


def test_a_long_list_of_those_left_out_comes_in_pages(signed_in):
    for _ in range(51):
        made.patient()
    page = signed_in("staff").get(url("left_out", made.draft().pk, "no_match"))
    assert len(page.context["found"]) == 50
    assert "Next" in page.content.decode()


# the words


def test_a_draft_keeps_words_that_are_not_ready_and_says_what_is_wrong_with_them(signed_in):
    campaign = made.draft()
    step = campaign.steps.first()
    page = signed_in("staff").post(url("step", step.pk), {"body": BAD}, follow=True)
    step.refresh_from_db()
    assert step.body == BAD
    assert "a text must not press anyone" in page.content.decode()


def test_a_launched_campaign_refuses_words_that_must_not_go_out(signed_in):
    made.reachable()
    step = made.launched().steps.get(day=3)
    before = step.body
    page = signed_in("staff").post(url("step", step.pk), {"body": BAD})
    step.refresh_from_db()
    assert step.body == before
    assert "a text must not press anyone" in page.content.decode()
    assert BAD in page.content.decode()


def test_new_words_after_the_launch_leave_sent_texts_as_they_were(signed_in):
    made.reachable()
    campaign = made.launched()
    sent = made.attempted(campaign.messages.get(), "confirmed")
    step = campaign.steps.get(day=0)
    client = signed_in("staff")
    assert "only texts that are still to be sent" in client.get(url("step", step.pk)).content.decode()
    client.post(url("step", step.pk), {"body": GOOD})
    assert CampaignStep.objects.get(pk=step.pk).body == GOOD
    assert Message.objects.get(pk=sent.pk).text == sent.text


def test_changed_words_are_recorded_with_the_person(signed_in):
    step = made.draft().steps.first()
    signed_in("staff").post(url("step", step.pk), {"body": GOOD})
    entry = LogEntry.objects.filter(object_id=step.pk, actor__username="test-staff").first()
    assert entry.changes["body"][1] == GOOD


def test_a_campaign_that_is_over_keeps_its_words(signed_in):
    campaign = made.draft()
    Campaign.objects.update(state="cancelled")
    page = signed_in("staff").post(url("step", campaign.steps.first().pk), {"body": GOOD})
    assert "This campaign is over" in page.content.decode()


def test_a_step_that_does_not_exist_is_not_found(signed_in):
    assert signed_in("staff").get(url("step", 999)).status_code == 404


# the launch


def test_the_launch_page_asks_for_the_number_of_texts(signed_in):
    made.reachable()
    page = signed_in("staff").get(url("launch", made.ready_draft().pk)).content.decode()
    assert 'data-must-equal="1"' in page


def test_the_right_number_launches_and_wakes_the_sender(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    page = signed_in("staff").post(url("launch", campaign.pk), {"texts": "1"}, follow=True)
    launched = Campaign.objects.get()
    assert (launched.state, launched.launched_by.username) == ("running", "test-staff")
    assert launched.messages.count() == 1
    assert queued() == [SENDER]
    assert "Launched: 1 text will go out" in page.content.decode()


@pytest.mark.parametrize("typed", ["0", "1", "3", "", "two", "-2"])
def test_a_wrong_or_stale_number_sends_nothing(typed, signed_in):
    made.reachable("Ann")
    made.reachable("Bea")
    campaign = made.ready_draft()
    page = signed_in("staff").post(url("launch", campaign.pk), {"texts": typed}, follow=True)
    assert state_of(campaign) == "draft"
    assert not campaign.messages.exists()
    assert queued() == []
    assert "Nothing was sent" in page.content.decode()
    assert 'data-must-equal="2"' in page.content.decode()


def test_a_launch_twice_plans_once(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    client = signed_in("staff")
    client.post(url("launch", campaign.pk), {"texts": "1"})
    page = client.post(url("launch", campaign.pk), {"texts": "1"}, follow=True)
    assert campaign.messages.count() == 1
    assert "launched before" in page.content.decode()


@pytest.mark.parametrize(("role", "state"), [("administrator", "running"), ("provider", "draft"), ("staff", "draft")])
def test_only_an_administrator_launches_in_spite_of_an_obstacle(role, state, signed_in):
    made.reachable()
    campaign = made.ready_draft()
    CampaignStep.objects.filter(day=3).update(body=BAD)
    client = signed_in(role)
    page = client.get(url("launch", campaign.pk)).content.decode()
    assert "a text must not press anyone" in page
    assert ("Launch now" in page) == (role == "administrator")
    client.post(url("launch", campaign.pk), {"texts": "1", "override": "Counsel agreed to these words."})
    assert state_of(campaign) == state
    assert Campaign.objects.get().override == ("Counsel agreed to these words." if role == "administrator" else "")


def test_an_administrator_too_must_give_a_reason(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    CampaignStep.objects.filter(day=3).update(body=BAD)
    signed_in("administrator").post(url("launch", campaign.pk), {"texts": "1", "override": ""})
    assert state_of(campaign) == "draft"


# rights


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["launch", "pause", "resume", "cancel", "held", "change", "step", "new"])
def test_what_a_role_may_not_do_is_refused(name, role, signed_in):
    made.reachable()
    campaign = made.draft()
    args = {"new": [], "step": [campaign.steps.first().pk]}.get(name, [campaign.pk])
    client = signed_in(role)
    answer = client.post(url(name, *args), {"texts": "5"})
    if role in TEAM:
        assert answer.status_code in (200, 302)
    elif name == "change":
        assert "Launch…" not in answer.content.decode()
    else:
        assert answer.status_code == 403
    assert state_of(campaign) == ("cancelled" if role in TEAM and name == "cancel" else "draft")


@pytest.mark.parametrize("name", ["stop", "allow"])
@pytest.mark.parametrize("role", ROLES)
def test_only_the_care_team_stops_and_allows_texting(name, role, signed_in):
    answer = signed_in(role).post(url(name))
    assert answer.status_code == (302 if role in TEAM else 403)
    assert (Practice.current().texting_stopped_at is not None) == (name == "stop" and role in TEAM)


@pytest.mark.parametrize("name", ["pause", "stop"])
def test_an_address_that_only_acts_cannot_be_looked_at(name, signed_in):
    args = [] if name == "stop" else [made.draft().pk]
    assert signed_in("staff").get(url(name, *args)).status_code == 403


# while it runs


def test_pause_resume_and_cancel(signed_in):
    made.reachable()
    campaign = made.launched()
    client = signed_in("staff")
    client.post(url("pause", campaign.pk))
    assert state_of(campaign) == "paused"
    assert "1 text will go out" in client.get(url("resume", campaign.pk)).content.decode()
    assert state_of(campaign) == "paused"
    client.post(url("resume", campaign.pk))
    assert (state_of(campaign), queued()) == ("running", [SENDER])
    assert "cannot be undone" in client.get(url("cancel", campaign.pk)).content.decode()
    assert state_of(campaign) == "running"
    client.post(url("cancel", campaign.pk))
    assert state_of(campaign) == "cancelled"
    assert campaign.messages.get().state == "cancelled"


def test_the_red_button_and_its_release_are_recorded(signed_in):
    made.reachable()
    made.launched()
    client = signed_in("staff")
    page = client.post(url("stop"), follow=True).content.decode()
    assert "All texting is stopped" in page
    stopped_at = Practice.current().texting_stopped_at
    client.post(url("stop"))
    assert Practice.current().texting_stopped_at == stopped_at
    assert "1 text of running campaigns" in client.get(url("allow")).content.decode()
    client.post(url("allow"))
    assert Practice.current().texting_stopped_at is None
    entries = LogEntry.objects.filter(object_repr="practice profile 1", actor__username="test-staff")
    assert entries.count() == 2


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_progress_and_only_the_care_team_its_buttons(role, signed_in):
    made.reachable()
    campaign = made.launched()
    page = signed_in(role).get(url("change", campaign.pk)).content.decode()
    assert "0 of 1 text through" in page
    assert (">Pause<" in page) == (role in TEAM)
    assert ("Change the words" in page) == (role in TEAM)


def test_texts_in_trouble_show_the_last_four_digits_and_the_reason(signed_in):
    made.reachable(phone="+12055550147")
    campaign = made.launched()
    made.attempted(campaign.messages.get(), "uncertain", reason="It was not found in Spruce.")
    page = signed_in("staff").get(url("progress", campaign.pk, "running")).content.decode()
    assert "…0147" in page
    assert "555-0147" not in page
    assert "It was not found in Spruce." in page
    assert "1 of 1 text through" in page


@pytest.mark.parametrize(
    ("state", "seen", "done"),
    [("running", "running", False), ("paused", "paused", False), ("paused", "running", True),
     ("finished", "finished", True), ("cancelled", "running", True)],
)  # fmt: skip
def test_the_moving_part_ends_when_its_buttons_are_out_of_date(state, seen, done, signed_in):
    made.reachable()
    campaign = made.launched()
    Campaign.objects.update(state=state)
    answer = signed_in("staff").get(url("progress", campaign.pk, seen))
    assert ("X-Done" in answer) == done
    assert ("Show it as it is now" in answer.content.decode()) == (state != seen)


def test_the_moving_part_takes_few_queries(signed_in, django_assert_max_num_queries):
    for _ in range(30):
        made.reachable()
    campaign = made.launched()
    for message in campaign.messages.all():
        made.attempted(message, "failed", reason="Spruce refused it.")
    client = signed_in("staff")
    with django_assert_max_num_queries(16):
        client.get(url("progress", campaign.pk, "running"))


def waiting(client, campaign) -> str:
    return client.get(url("progress", campaign.pk, campaign.state)).context["found"].waiting


def test_why_a_campaign_waits_is_said(signed_in):
    made.reachable()
    campaign = made.launched()
    client = signed_in("staff")
    now = clock.now()
    assert waiting(client, campaign) == "The sender begins within a minute."
    Task.objects.create(
        id="abc", name="n", func=SENDER, started=now, stopped=now, success=True,
        result="Spruce does not accept the token. Check SPRUCE_API_TOKEN.",
    )  # fmt: skip
    assert "does not accept the token" in waiting(client, campaign)
    Task.objects.update(success=False, result="Traceback of something")
    assert "The sender ended with an error." in waiting(client, campaign)
    LineState.objects.update(sender="this PC", sender_until=now + timedelta(minutes=1))
    assert waiting(client, campaign) == ""
    campaign.messages.update(reason="It is outside the texting hours.", not_before=now + timedelta(hours=3))
    assert waiting(client, campaign) == "It is outside the texting hours."
    made.attempted(campaign.messages.get(), "accepted")
    assert "Waiting for Spruce to confirm 1 of them." in waiting(client, campaign)
    made.attempted(campaign.messages.get(), "confirmed")
    assert "The next reminder is due on" in waiting(client, campaign)
    Practice.objects.update(texting_stopped_at=now)
    assert waiting(client, campaign) == "Texting is stopped for the whole practice."
    Campaign.objects.update(state="paused", why="Paused by itself: three errors in a row.")
    campaign.refresh_from_db()
    assert waiting(client, campaign) == "Paused by itself: three errors in a row."


def test_the_batch_that_goes_out_is_counted(signed_in):
    for _ in range(53):
        made.reachable()
    campaign = made.launched()
    for message in campaign.messages.all()[:51]:
        made.attempted(message, "confirmed")
    found = signed_in("staff").get(url("progress", campaign.pk, "running")).context["found"]
    assert (found.current.batch, found.current.batches, found.through, found.total) == (2, 2, 51, 53)


@pytest.mark.parametrize(
    ("limit", "daily", "words"),
    [
        (None, None, "Spruce sets the pace and has not told it yet"),
        (600, None, "About 1 minute at 600 calls a minute"),
        (60, None, "About 4 minutes at 60 calls a minute"),
        (60, 100, "About 4 minutes at 60 calls a minute, spread over 3 days by the daily limit"),
        (1, None, "About 200 minutes at 1 calls a minute"),
    ],
)
def test_how_long_a_hundred_texts_take(limit, daily, words):
    assert duration(100, LineState(limit=limit, daily_limit=daily)) == words


# late reminders


@pytest.mark.parametrize(("act", "state", "hold"), [("send", "planned", ""), ("drop", "skipped", "kept")])
def test_a_late_reminder_goes_out_or_not_as_a_person_says(act, state, hold, signed_in):
    made.reachable()
    campaign = made.launched()
    late = made.late_reminder(campaign)
    client = signed_in("staff")
    page = client.get(url("held", campaign.pk)).content.decode()
    assert "Send all 1 anyway" in page
    client.post(url("held", campaign.pk), {"act": act, "message": [late.pk, "nonsense"]})
    late.refresh_from_db()
    assert (late.state, late.settled_by.username) == (state, "test-staff")
    assert bool(late.hold) == (hold == "kept")
    assert queued() == ([SENDER] if act == "send" else [])
    assert LogEntry.objects.filter(object_id=late.pk, actor__username="test-staff").exists()


def test_texts_that_are_not_late_are_not_touched_by_that_decision(signed_in):
    made.reachable()
    campaign = made.launched()
    message = campaign.messages.get()
    signed_in("staff").post(url("held", campaign.pk), {"act": "drop", "message": [message.pk]})
    message.refresh_from_db()
    assert message.state == "planned"


def test_late_reminders_are_announced_on_the_campaign(signed_in):
    made.reachable()
    campaign = made.launched()
    made.late_reminder(campaign)
    page = signed_in("read_only").get(url("change", campaign.pk)).content.decode()
    assert "1 text is more than a day late and waits for you" in page
    assert "Send anyway" not in page


@pytest.mark.parametrize("pk", ["999", "nonsense"])
def test_a_campaign_that_does_not_exist_is_not_found(pk, signed_in):
    assert signed_in("staff").get(f"{LIST}{pk}/change/").status_code == 404
