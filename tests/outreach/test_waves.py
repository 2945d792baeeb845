"""Pilot, waves and undo: which first texts go on which day, who lets the rest go, and how a go is taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from consent.ledger import record_event
from consent.models import Invitation
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import forecast, pilot
from outreach.actions import campaigns, launching, letting_go, reminders, sending, waves
from outreach.models import Campaign, CampaignPatient, LineState, Message, Wave
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce
from patients.models import ApcmEnrolment
from tests.outreach import made

TEN_SECONDS = timedelta(seconds=10)
MON, TUE, WED, THU = (date(2026, 12, day) for day in (7, 8, 9, 10))


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


def send(running, **options) -> sending.Report:
    return sending.send_due(Spruce(running.url, running.token, timeout=(2, 1)), until_idle=True, **options)


def people(count: int) -> list:
    return [made.reachable(last=f"Smith{number}") for number in range(count)]


def launched(count: int, *, grace=timedelta(), **plan) -> Campaign:
    people(count)
    campaign = made.draft("Move", **{"days": (0,)} | plan)
    launching.launch(campaign, by=None, grace=grace, override="A test.")
    return fresh(campaign)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def sizes(campaign: Campaign) -> dict[str, int]:
    return {str(wave): wave.messages.count() for wave in campaign.waves.all()}


def state(campaign: Campaign) -> str:
    return fresh(campaign).state


# the pilot


def test_a_pilot_stops_by_itself_and_the_rest_goes_when_a_person_says_so(spruce, user):
    campaign = launched(8, pilot=3)
    send(spruce)
    assert (len(spruce.texts()), state(campaign)) == (3, "paused")
    assert fresh(campaign).why == "The pilot of 3 is through. Look at its answers, then let the rest go."
    send(spruce)
    assert len(spruce.texts()) == 3
    nurse = user("staff")
    assert letting_go.let_rest_go(campaign, by=nurse, expected=5) == 5
    send(spruce)
    assert sorted(spruce.accepted().values()) == [1] * 8
    wave = campaign.waves.get()
    assert (wave.let_go_by, state(campaign)) == (nurse, "finished")


def test_the_pilot_asks_apcm_patients_first(monday):
    patients = people(5)
    for enrolled in patients[3:]:
        ApcmEnrolment.objects.create(patient=enrolled, status="active")
    campaign = made.draft("Move", pilot=2)
    launching.launch(campaign, by=None, override="A test.")
    asked = Message.objects.filter(wave__number=0).values_list("patients", flat=True)
    assert sorted(asked) == [patient.pk for patient in patients[3:]]


def test_the_limit_counts_pilot_and_rest_together(monday):
    campaign = launched(6, pilot=2, limit=4)
    assert campaign.messages.count() == 4
    assert campaign.messages.resting().count() == 2
    assert campaign.members.filter(left_out="beyond_limit").count() == 2


def test_a_pilot_of_everybody_does_not_stop(spruce):
    campaign = launched(2, pilot=50)
    send(spruce)
    assert (len(spruce.texts()), state(campaign)) == (2, "finished")


def test_a_pilot_is_not_through_while_a_text_of_it_is_open(spruce):
    campaign = launched(4, pilot=2)
    spruce.troubles.add(Trouble("drop_after", path=SEND, nth=1))
    sending.send_due(Spruce(spruce.url, spruce.token, timeout=(2, 1)), most=1)
    assert (state(campaign), len(spruce.texts())) == ("running", 1)
    send(spruce)
    assert (state(campaign), len(spruce.texts())) == ("paused", 2)


def test_resume_after_a_pause_within_the_pilot_does_not_let_the_rest_go(spruce):
    campaign = launched(6, pilot=3)
    sending.send_due(Spruce(spruce.url, spruce.token), most=1)
    campaigns.pause(campaign, by=None)
    with pytest.raises(launching.CannotLaunch, match="No pilot"):
        letting_go.let_rest_go(campaign, by=None)
    campaigns.resume(campaign, by=None)
    Message.objects.update(not_before=None)
    send(spruce)
    assert (len(spruce.texts()), state(campaign)) == (3, "paused")
    campaigns.resume(campaign, by=None)
    assert state(campaign) == "paused", "the rest needs a go of its own"


def test_the_rest_goes_only_with_the_number_that_was_agreed_to_and_only_once(spruce):
    campaign = launched(5, pilot=2)
    send(spruce)
    with pytest.raises(launching.CannotLaunch, match="is now 3, not 4"):
        letting_go.let_rest_go(campaign, by=None, expected=4)
    letting_go.let_rest_go(campaign, by=None, expected=3)
    with pytest.raises(launching.CannotLaunch):
        letting_go.let_rest_go(campaign, by=None, expected=3)
    send(spruce)
    assert len(spruce.texts()) == 5


def test_who_rests_behind_a_pilot_is_not_asked_by_another_campaign(monday):
    launched(3, pilot=1)
    with pytest.raises(launching.CannotLaunch, match="nobody to text"):
        launching.launch(made.draft("Other"), by=None, override="A test.")


def test_a_pilot_ended_here_cancels_the_rest(spruce):
    campaign = launched(5, pilot=2)
    send(spruce)
    assert campaigns.cancel(campaign, by=None) == 3
    assert not Wave.objects.waiting_for_a_go().exists()
    send(spruce)
    assert len(spruce.texts()) == 2


def test_the_pilots_result_is_counted_from_what_came_back(spruce, monday):
    campaign = launched(10, pilot=4)
    spruce.troubles.add(Trouble("404", path=SEND, nth=1))
    send(spruce)
    reached = [text.number for text in spruce.texts()]
    spruce.receive(reached[0], "STOP")
    spruce.receive(reached[1], "Who is this?")
    answered = Message.objects.get(phone=reached[2]).patients.get()
    record_event(patient=answered, kind="records", decision="given", method="paper", occurred_at=monday(1), by=None)
    send(spruce)
    found = pilot.pilot_result(campaign)
    assert (found.total, found.texts["confirmed"], found.texts["failed"], found.resting) == (4, 3, 1, 6)
    assert (found.stops, found.replied, found.answered, found.patients) == (1, 2, 1, 4)
    assert dict(found.said) == {"stop": 1, "question": 1}
    assert ("Confirmed by Spruce", 3, 75) in pilot.shares(found)


# waves


def test_each_wave_goes_on_its_day(spruce, monday):
    campaign = launched(7, waves=[(MON, 2), (TUE, 3), (WED, 2)])
    assert sizes(campaign) == {"Wave 1": 2, "Wave 2": 3, "Wave 3": 2}
    counts = []
    for day in range(3):
        monday(day)
        send(spruce)
        counts.append(len(spruce.texts()))
    assert counts == [2, 5, 7]
    assert state(campaign) == "finished"


def test_a_wave_begins_at_the_opening_of_the_texting_hours(spruce, monday):
    launched(2, waves=[(TUE, 2)])
    monday(21 / 24)  # 7 in the morning; the clock of a long run of tests is some minutes ahead
    send(spruce)
    assert spruce.texts() == []
    monday(23 / 24)
    send(spruce)
    assert len(spruce.texts()) == 2


def test_the_last_wave_takes_who_is_left_and_small_lists_leave_waves_out(monday):
    assert sizes(launched(7, waves=[(MON, 2), (TUE, 3)])) == {"Wave 1": 2, "Wave 2": 5}


def test_reminders_count_from_each_numbers_own_first_text(spruce, monday):
    launched(2, days=(0, 3), waves=[(MON, 1), (TUE, 1)])
    for day in range(5):
        monday(day)
        send(spruce)
    first, second = Message.objects.filter(step__day=0).order_by("pk")
    due = dict(Message.objects.filter(step__day=3).values_list("phone", "due_at"))
    assert due[second.phone] - due[first.phone] == timedelta(days=1)
    assert sorted(spruce.accepted().values()) == [2, 2]


def test_a_wave_more_than_a_day_late_waits_for_a_person(spruce, monday):
    campaign = launched(4, waves=[(TUE, 2), (THU, 2)])
    monday(2)
    send(spruce)
    assert spruce.texts() == []
    late = list(campaign.messages.late())
    assert [message.hold for message in late] == [waves.LATE] * 2
    reminders.decide_held(campaign, message_ids=[late[0].pk], send=True, by=None)
    reminders.decide_held(campaign, message_ids=[late[1].pk], send=False, by=None)


def test_a_late_text_that_a_person_let_go_is_not_held_again(spruce, monday, user):
    campaign = launched(2, waves=[(TUE, 2)])
    monday(2)
    send(spruce)
    ids = list(campaign.messages.late().values_list("pk", flat=True))
    reminders.decide_held(campaign, message_ids=ids, send=True, by=user("staff"))
    send(spruce)
    assert len(spruce.texts()) == 2


def test_a_wave_that_goes_on_the_next_day_is_not_late(spruce, monday):
    campaign = launched(4, waves=[(MON, 4)])
    sending.send_due(Spruce(spruce.url, spruce.token), most=2)
    monday(1.3)
    send(spruce)
    assert (len(spruce.texts()), campaign.messages.late().count()) == (4, 0)


def test_a_wave_that_lay_still_for_a_week_is_late(spruce, monday):
    campaign = launched(4, waves=[(MON, 4)])
    sending.send_due(Spruce(spruce.url, spruce.token), most=2)
    monday(7)
    send(spruce)
    assert (len(spruce.texts()), campaign.messages.late().count()) == (2, 2)


def test_a_wave_dated_on_a_closed_day_is_not_late_on_the_next_open_one(spruce, monday):
    launched(2, waves=[(date(2026, 12, 13), 2)])
    monday(7 + 5 / 24)
    send(spruce)
    assert len(spruce.texts()) == 2


def test_what_a_person_resumed_is_not_late(spruce, monday):
    campaign = launched(2, waves=[(TUE, 2)])
    campaigns.pause(campaign, by=None)
    monday(4)
    campaigns.resume(campaign, by=None)
    send(spruce)
    assert len(spruce.texts()) == 2


def test_waves_whose_days_have_passed_while_the_pilot_was_looked_at_keep_their_distance(spruce, monday):
    campaign = launched(5, pilot=1, waves=[(TUE, 2), (THU, 2)])
    send(spruce)
    monday(3)
    letting_go.let_rest_go(campaign, by=None)
    assert [wave.starts_on for wave in campaign.waves.filter(number__gt=0)] == [THU, date(2026, 12, 12)]
    send(spruce)
    assert len(spruce.texts()) == 3
    monday(5)
    send(spruce)
    assert len(spruce.texts()) == 5


def test_a_wave_whose_day_has_passed_is_not_launched(monday):
    people(2)
    campaign = made.draft("Move", waves=[(TUE, 2)])
    monday(2)
    with pytest.raises(launching.CannotLaunch, match="Wave 1 is dated 12/08/2026, which has passed"):
        launching.launch(campaign, by=None, override="A test.")
    assert state(campaign) == "draft"


def test_a_pause_in_the_middle_of_a_wave_is_felt_at_once(spruce, monday):
    campaign = launched(4, waves=[(MON, 4)])
    sending.send_due(Spruce(spruce.url, spruce.token), most=1)
    campaigns.pause(campaign, by=None)
    send(spruce)
    assert len(spruce.texts()) == 1
    campaigns.resume(campaign, by=None)
    Message.objects.update(not_before=None)
    send(spruce)
    assert sorted(spruce.accepted().values()) == [1] * 4


# changing the plan


def test_waves_can_be_changed_until_they_have_begun(spruce, monday):
    campaign = launched(6, waves=[(MON, 2), (WED, 4)])
    send(spruce)
    waves.set_waves(campaign, dated=[(TUE, 1), (THU, 3)], by=None)
    assert sizes(campaign) == {"Wave 1": 2, "Wave 2": 1, "Wave 3": 3}
    monday(1)
    send(spruce)
    assert len(spruce.texts()) == 3
    with pytest.raises(ValidationError, match="today or later, and after"):
        waves.set_waves(campaign, dated=[(TUE, 3)], by=None)
    monday(3)
    send(spruce)
    assert sorted(spruce.accepted().values()) == [1] * 6


@pytest.mark.parametrize(
    ("dated", "words"),
    [
        ([], "Give the 2 texts that are left a day"),
        ([(date(2026, 12, 6), 2)], "today or later"),
        ([(WED, 1), (TUE, 1)], "the earliest first"),
        ([(WED, 1), (WED, 1)], "a day of its own"),
        ([(WED, 0)], "greater than or equal to 1"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_and_changes_nothing(dated, words, monday):
    campaign = launched(2, waves=[(TUE, 2)])
    with pytest.raises(ValidationError, match=words):
        waves.set_waves(campaign, dated=dated, by=None)
    assert sizes(fresh(campaign)) == {"Wave 1": 2}


def test_a_late_wave_gets_a_new_day(spruce, monday):
    campaign = launched(2, waves=[(TUE, 2)])
    monday(2)
    send(spruce)
    waves.set_waves(campaign, dated=[(THU, 2)], by=None)
    assert not campaign.messages.late().exists()
    monday(3)
    send(spruce)
    assert len(spruce.texts()) == 2


def test_what_rests_behind_a_pilot_can_get_days_and_lose_them(spruce, monday):
    campaign = launched(4, pilot=1, waves=[(WED, 3)])
    send(spruce)
    waves.set_waves(campaign, dated=[], by=None)
    assert campaign.messages.resting().filter(wave=None).count() == 3
    waves.set_waves(campaign, dated=[(THU, 2), (date(2026, 12, 11), 1)], by=None)
    assert sizes(campaign) == {"Pilot": 1, "Wave 1": 2, "Wave 2": 1}
    assert campaign.messages.resting().count() == 3


def test_where_nothing_is_left_nothing_is_moved(spruce, monday):
    campaign = launched(2)
    send(spruce)
    Campaign.objects.update(state="paused")
    with pytest.raises(ValidationError, match="nothing left to move"):
        waves.set_waves(campaign, dated=[(THU, 2)], by=None)
    assert sizes(campaign) == {}


def test_a_new_day_keeps_the_ten_seconds(monday):
    campaign = launched(2, waves=[(WED, 2)], grace=TEN_SECONDS)
    waves.set_waves(campaign, dated=[(MON, 2)], by=None)
    assert not campaign.messages.sendable(clock.now()).exists()
    letting_go.undo(campaign, by=None)
    assert state(campaign) == "draft"


def test_a_campaign_that_is_over_keeps_its_waves(monday):
    campaign = launched(2, waves=[(TUE, 2)])
    campaigns.cancel(campaign, by=None)
    with pytest.raises(ValidationError, match="over"):
        waves.set_waves(campaign, dated=[(THU, 2)], by=None)


# undo


def test_nothing_is_sent_for_ten_seconds_and_the_launch_can_be_undone(spruce, monday):
    campaign = launched(3, days=(0, 3), grace=TEN_SECONDS)
    sending.send_due(Spruce(spruce.url, spruce.token))
    assert spruce.texts() == []
    codes = set(Invitation.objects.values_list("code", flat=True))
    letting_go.undo(campaign, by=None)
    assert (state(campaign), Message.objects.count(), CampaignPatient.objects.count()) == ("draft", 0, 0)
    sending.send_due(Spruce(spruce.url, spruce.token))
    assert spruce.texts() == []
    launching.launch(campaign, by=None, override="A test.")
    assert set(Invitation.objects.values_list("code", flat=True)) == codes, "the codes stay good"
    send(spruce)
    assert sorted(spruce.accepted().values()) == [1, 1, 1]


def test_an_undone_launch_keeps_the_patients_that_were_chosen(monday):
    chosen = people(3)
    campaign = campaigns.create(name="Chosen", cohort="chosen", patients=chosen[:2], by=None)
    launching.launch(campaign, by=None, grace=TEN_SECONDS, override="A test.")
    letting_go.undo(campaign, by=None)
    assert set(campaign.patients.all()) == set(chosen[:2])
    assert launching.launch(campaign, by=None, override="A test.") == 2


def test_after_ten_seconds_it_is_too_late_to_undo(spruce, monday):
    campaign = launched(2, grace=TEN_SECONDS)
    monday(11 / 86_400)
    with pytest.raises(letting_go.TooLate):
        letting_go.undo(campaign, by=None)
    assert campaign.messages.count() == 2


def test_a_launch_at_night_can_be_undone_until_the_morning(spruce, monday):
    monday(-14 / 24)
    campaign = launched(2, grace=TEN_SECONDS)
    monday(-13 / 24)
    send(spruce)
    letting_go.undo(campaign, by=None)
    assert state(campaign) == "draft"


def test_a_launch_without_grace_cannot_be_undone(monday):
    with pytest.raises(letting_go.TooLate):
        letting_go.undo(launched(1), by=None)


def test_once_a_text_was_claimed_nothing_is_undone(monday):
    campaign = launched(2, grace=TEN_SECONDS)
    made.attempted(campaign.messages.first(), "sending")
    with pytest.raises(letting_go.TooLate):
        letting_go.undo(campaign, by=None)
    assert state(campaign) == "running"


def test_a_paused_launch_can_be_undone_too(monday):
    campaign = launched(2, grace=TEN_SECONDS)
    campaigns.pause(campaign, by=None)
    letting_go.undo(campaign, by=None)
    assert state(campaign) == "draft"


def test_undoing_twice_is_refused(monday):
    campaign = launched(1, grace=TEN_SECONDS)
    letting_go.undo(campaign, by=None)
    with pytest.raises(letting_go.TooLate):
        letting_go.undo(campaign, by=None)


def test_the_go_after_a_pilot_can_be_undone_and_given_again(spruce, monday):
    campaign = launched(5, pilot=2)
    send(spruce)
    letting_go.let_rest_go(campaign, by=None, grace=TEN_SECONDS)
    sending.send_due(Spruce(spruce.url, spruce.token))
    letting_go.undo(campaign, by=None)
    assert (state(campaign), campaign.messages.resting().count()) == ("paused", 3)
    assert fresh(campaign).why.startswith("The pilot of 2 is through.")
    send(spruce)
    assert len(spruce.texts()) == 2
    letting_go.let_rest_go(campaign, by=None)
    send(spruce)
    assert sorted(spruce.accepted().values()) == [1] * 5


def test_no_reminder_slips_out_while_a_go_can_be_undone(spruce, monday):
    launched(3, days=(0, 3), pilot=1)
    send(spruce)
    monday(3)
    letting_go.let_rest_go(Campaign.objects.get(), by=None, grace=TEN_SECONDS)
    sending.send_due(Spruce(spruce.url, spruce.token))
    assert len(spruce.texts()) == 1


# days on which nothing goes out


def test_a_reminder_that_falls_on_a_sunday_is_not_late_on_monday(spruce, monday):
    monday(3)  # Thursday
    launched(1, days=(0, 3))
    send(spruce)
    monday(7 + 5 / 24)  # the PC was off on Sunday
    send(spruce)
    assert sorted(spruce.accepted().values()) == [2]


def test_a_last_reminder_put_off_by_holidays_still_comes(spruce, monday):
    Practice.objects.update(texting_days="mon,tue,wed,thu")
    launched(1, days=(0, 4))
    monday(-3)
    campaign = Campaign.objects.get()
    Message.objects.update(due_at=clock.now(), accepted_at=datetime(2026, 12, 21, 16, tzinfo=UTC), not_before=None)
    made.attempted(Message.objects.get(), "confirmed", accepted_at=datetime(2026, 12, 21, 16, tzinfo=UTC))
    campaigns.finish_those_done(datetime(2026, 12, 27, 18, tzinfo=UTC))  # day 4 is Christmas, then the weekend
    assert state(campaign) == "running"


# the dry run


def run_forecast(campaign: Campaign, **options) -> forecast.Forecast:
    return forecast.forecast(campaign, Practice.current(), clock.now(), **options)


def test_the_forecast_of_the_first_step_equals_the_real_run(spruce, monday):
    people(5)
    made.reachable(last="Shared", phone="+12055550111")
    made.reachable(last="Shared", phone="+12055550111")
    made.patient("Nora", "Nomatch")
    campaign = made.draft("Move", days=(0, 3), pilot=2)
    told = run_forecast(campaign).steps[0]
    launching.launch(campaign, by=None, override="A test.")
    send(spruce)
    letting_go.let_rest_go(campaign, by=None)
    send(spruce)
    sent = Message.objects.filter(step__day=0)
    assert told.planned == told.texts == sent.count() == len(spruce.texts()) == 6
    assert told.segments == sum(sent.values_list("segments", flat=True))


def test_codes_that_a_number_has_already_count_with_their_own_length(spruce, monday):
    patient = made.reachable()
    phone = patient.phones.get().e164
    long_code = Invitation.objects.create(
        code="A" * 40, phone=phone, origin="imported", created_at=clock.now(), expires_at=monday(0) + timedelta(days=30)
    )
    long_code.patients.add(patient)
    campaign = made.draft("Move", days=(0,))
    campaigns.rewrite(campaign.steps.get(), body="{practice}: moving: {link} {code} Call {phone}. STOP", by=None)
    told = run_forecast(campaign).steps[0]
    launching.launch(campaign, by=None, override="a test")
    send(spruce)
    message = Message.objects.get()
    assert "A" * 40 in message.text
    assert told.segments == message.segments


def test_a_forecast_writes_nothing(monday):
    people(4)
    campaign = made.draft("Move", pilot=2, waves=[(WED, 2)])
    rows = {model: model.objects.count() for model in (Message, Invitation, CampaignPatient, Campaign)}
    run_forecast(campaign)
    assert rows == {model: model.objects.count() for model in rows}
    assert state(campaign) == "draft"


def test_reminders_are_forecast_by_the_assumed_share_of_answers(monday):
    people(40)
    campaign = made.draft("Move")
    told = [step.texts for step in run_forecast(campaign, answers=50).steps]
    assert told == [40, 30, 25, 20]
    assert [step.texts for step in run_forecast(campaign, answers=0).steps] == [40] * 4
    assert run_forecast(campaign, answers=0).more_than_many == 40
    assert run_forecast(campaign, answers=100).steps[3].texts == 0


def test_the_forecast_names_the_days_on_which_texts_really_go(monday):
    people(2)
    campaign = made.draft("Move", days=(0, 3), waves=[(THU, 1), (date(2026, 12, 13), 1)])
    assert run_forecast(campaign, answers=0).days == [
        (THU, 1), (date(2026, 12, 14), 2), (date(2026, 12, 17), 1),
    ]  # fmt: skip


def test_more_reminders_than_a_number_gets_are_skipped_in_the_forecast(monday):
    people(2)
    told = run_forecast(made.draft("Move", days=(0, 3, 7, 10, 14)), answers=0)
    assert told.skipped == {"campaign_limit": 2}
    assert told.touches == {4: 2}


def test_a_wave_after_the_codes_have_expired_is_seen_by_the_forecast(monday):
    people(2)
    Practice.objects.update(code_days=10)
    told = run_forecast(made.draft("Move", days=(0,), waves=[(MON, 1), (date(2026, 12, 21), 1)]))
    assert told.skipped == {"code_expired": 1}
    assert told.texts == 1


def test_a_daily_limit_spreads_the_forecast_over_days(monday):
    people(10)
    LineState.objects.update(limit=600, daily_limit=9)  # nine calls for us: four texts
    told = run_forecast(made.draft("Move", days=(0,)))
    assert told.days == [(MON, 4), (TUE, 4), (WED, 2)]
    assert "spread over 3 days" in told.pace


def test_numbers_texted_today_wait_in_the_forecast_as_they_will(spruce, monday):
    launched(1)
    send(spruce)
    Campaign.objects.update(state="finished")
    told = run_forecast(made.draft("Again", days=(0,)))
    assert told.days == [(TUE, 1)]


def test_the_forecast_counts_the_cost_only_with_a_recorded_price(monday):
    people(2)
    campaign = made.draft("Move", days=(0,))
    assert run_forecast(campaign).cost is None
    Practice.objects.update(segment_price="0.0079", segment_price_on=MON)
    told = run_forecast(campaign)
    assert str(told.cost) == f"{0.0079 * told.segments:.2f}"


def test_the_draft_is_warned_of_its_days(monday):
    Practice.objects.update(transition_date=date(2026, 12, 31))
    people(4)
    campaign = made.draft("Move", pilot=1, pilot_on=date(2026, 12, 16), waves=[(WED, 1), (THU, 1)])
    found = [warning.code for warning in run_forecast(campaign).warnings]
    assert found == ["pilot_late", "closed_day", "little_time", "last_takes_more"]


def test_without_a_pilot_there_is_no_pilots_result(monday):
    assert pilot.pilot_result(launched(1)) is None
