"""Steps 0, 3, 7 and 14: each reminder is asked at its time, of whom it still concerns, and late ones wait."""

from datetime import timedelta

import pytest

from outreach.actions import campaigns, contacts, launching, reminders, sending
from outreach.actions.attempts import record_attempt
from outreach.models import Campaign, CampaignStep, Message, MessagePatient
from outreach.simulator import Limits, Troubles, serve
from outreach.spruce import Spruce
from patients.models import Patient
from tests.makers import contact, patient

HOUR, MINUTE = 1 / 24, 1 / 1440  # in days, as monday() counts
SHARED = "+12055550101"


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


@pytest.fixture
def launch(spruce, user):
    """launch(3) has sent the first text of a campaign to three patients; more is told of the patients."""
    staff = user("staff")

    def begin(patients: int = 1, *, days=(0, 3, 7, 14), phone: str = "", **fields) -> Campaign:
        for number in range(1, patients + 1):
            e164, last = phone or f"+1205555{number:04}", f"Smith{number}"
            made = patient(mrn=str(number), last=last, phone=e164, **fields)
            known = contact(f"entity_{number}", family=last, phone=e164)
            contacts.accept(patient=made, contact=known, by=staff)
        campaign = campaigns.create(name="Move", cohort="matched", days=days, by=None)
        launching.launch(campaign, by=None, override="A test.")
        send(spruce)
        return campaign

    return begin


def send(running, **options) -> sending.Report:
    spruce = Spruce(running.url, running.token, timeout=(2, 1))
    return sending.send_due(spruce, **({"until_idle": True} | options))


def rows(day: int) -> list[tuple[str, str]]:
    return list(Message.objects.filter(step__day=day).order_by("pk").values_list("state", "reason"))


def texts(running) -> list[int]:
    """How many texts each number got."""
    return sorted(running.accepted().values())


def called(who: Patient, at, outcome="thinking", channel="call", **more) -> None:
    record_attempt(patient=who, channel=channel, outcome=outcome, at=at, by=None, **more)


# --- at their time -------------------------------------------------------------------------------------------------


def test_four_steps_over_the_end_of_daylight_saving_time(spruce, launch, monday):
    monday(-39)  # Thursday, 29 October 2026; the clocks change on Sunday, which is day 3
    launch(2)
    for number, day in enumerate((-35, -32, -25), start=1):  # the Monday after it, 5 and 12 November
        monday(day - 1.5 * HOUR)
        send(spruce)
        assert texts(spruce) == [number, number], "not before nine"
        monday(day - HOUR)
        send(spruce)
        assert texts(spruce) == [number + 1, number + 1]
    monday(-20)
    send(spruce)
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.messages.by_state()["confirmed"]) == ("finished", 8)


def test_a_reminder_to_hawaii_waits_for_the_morning_there(spruce, launch, monday):
    monday(4 * HOUR)
    launch(zip="96813", state="HI")
    monday(3 + 2.5 * HOUR)
    send(spruce)
    assert (texts(spruce), rows(3)) == ([1], [])
    monday(3 + 3 * HOUR)  # 13:00 in Alabama
    send(spruce)
    assert texts(spruce) == [2]


def test_a_reminder_keeps_the_holidays_of_the_patients_own_state(spruce, launch, monday):
    monday(-14)  # 23 November: day 4 is the Friday after Thanksgiving, a holiday in Florida but not in Alabama
    launch(zip="32301", state="FL", days=(0, 4))
    monday(-10)
    send(spruce)
    assert texts(spruce) == [1]
    monday(-9)
    send(spruce)
    assert texts(spruce) == [2]


def test_the_reminder_of_a_sunday_is_in_time_on_monday(spruce, launch, monday):
    monday(3)
    launch(days=(0, 3))
    monday(7)  # the PC was off over the week-end
    send(spruce)
    assert (texts(spruce), rows(3)) == ([2], [("confirmed", "")])


def test_a_campaign_does_not_end_before_the_day_on_which_its_last_reminder_may_go_out(spruce, launch, monday, practice):
    practice.texting_days = "mon"
    practice.save()
    launch(days=(0, 3))
    for day in (5.5, 6.5, 7):
        monday(day)
        send(spruce)
    assert texts(spruce) == [2]


def test_nobody_is_looked_up_while_no_reminder_is_due(launch, monday, django_assert_max_num_queries):
    launch(3)
    with django_assert_max_num_queries(14):
        assert reminders.plan_reminders(monday(1)) == 0


# --- late ----------------------------------------------------------------------------------------------------------


def test_after_five_days_without_the_pc_nothing_goes_out_before_one_decision(spruce, launch, monday):
    campaign = launch(3)
    monday(3)
    send(spruce, most=1, until_idle=False)
    monday(8)
    for _ in range(2):
        report = send(spruce)
    assert texts(spruce) == [1, 1, 2]
    assert (report.remaining, report.waiting_for) == (3, reminders.LATE)
    held = campaign.messages.exclude(hold="")
    assert sorted(held.values_list("step__day", flat=True)) == [3, 3, 7]


@pytest.mark.parametrize(
    ("day", "sent", "now", "seventh"),
    [
        (8, True, [2, 2], "skipped"),  # both were late: one of them goes out
        (8, False, [1, 1], "skipped"),
        (7, True, [2, 2], "skipped"),  # day 7 is today: the late one goes out in its place
        (7, False, [2, 2], "confirmed"),  # it is not late, so it was not what was decided about
    ],
)
def test_one_decision_settles_all_that_was_missed(day, sent, now, seventh, spruce, launch, monday):
    campaign = launch(2)
    monday(day)
    send(spruce)
    assert (texts(spruce), rows(7)) == ([1, 1], []), "the next step waits for the decision"
    held = list(campaign.messages.exclude(hold="").values_list("pk", flat=True))
    assert reminders.decide_held(campaign, message_ids=held, send=sent, by=None) == 2
    for later in (day, day + 1.1, day + 2.1):
        monday(later)
        send(spruce)
    assert texts(spruce) == now
    assert [state for state, _ in rows(7)] == [seventh, seventh]
    monday(14)
    send(spruce)
    assert texts(spruce) == [count + 1 for count in now]
    assert sum(campaign.messages.by_state().values()) == 8


def test_three_missed_reminders_are_decided_at_once(spruce, launch, monday):
    campaign = launch(2)
    monday(20)
    send(spruce)
    held = list(campaign.messages.exclude(hold="").values_list("pk", flat=True))
    reminders.decide_held(campaign, message_ids=held, send=True, by=None)
    for day in (20, 21.1, 22.1):
        monday(day)
        send(spruce)
    campaign.refresh_from_db()
    assert (texts(spruce), campaign.state) == ([2, 2], "finished")
    assert rows(14) == [("skipped", "Decided together with the late reminder before it.")] * 2


def test_a_late_text_that_was_let_go_is_not_held_again_over_the_week_end(spruce, launch, monday):
    campaign = launch(2, days=(0, 3))
    monday(5.4)  # Saturday evening
    send(spruce)
    held = list(campaign.messages.exclude(hold="").values_list("pk", flat=True))
    monday(5.5)
    reminders.decide_held(campaign, message_ids=held, send=True, by=None)
    monday(7)
    send(spruce, most=1, until_idle=False)
    assert texts(spruce) == [1, 2]
    monday(12)
    send(spruce)
    assert texts(spruce) == [1, 2], "but five days later the other one is late anew"


def test_waiting_for_the_next_week_is_not_being_late(spruce, launch, monday):
    launch(days=(0, 1, 2, 3))
    for day in (1, 2, 3, 5, 7 - HOUR):
        monday(day)
        send(spruce)
    assert texts(spruce) == [3]
    assert Message.objects.get(step__day=3).hold == ""
    monday(7.01)
    send(spruce)
    assert texts(spruce) == [4]


def test_a_first_text_waits_for_no_decision(spruce, launch, monday):
    campaign = launch(2)
    Message.objects.update(state="planned", first_attempt_at=None, accepted_at=None, confirmed_at=None, text="", key="")
    monday(2)
    reminders.plan_reminders(monday(2))
    assert not campaign.messages.exclude(hold="").exists()


# --- a call replaces a reminder ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "outcome", "replaced"),
    [
        ("call", "answered", True), ("call", "thinking", True), ("call", "call_back", True),
        ("call", "voicemail", True), ("in_person", "thinking", True), ("call", "no_answer", False),
        ("call", "wrong_number", False), ("call", "other", False), ("letter", "mailed", False),
        ("email", "thinking", False),
    ],
)  # fmt: skip
def test_only_a_call_that_reached_somebody_replaces_the_reminder(channel, outcome, replaced, spruce, launch, monday):
    launch()
    called(Patient.objects.get(), monday(1), outcome, channel, next_on=monday(9).date())
    monday(3)
    send(spruce)
    words = "Staff spoke with them on 12/08/2026."
    assert rows(3) == ([("skipped", words)] if replaced else [("confirmed", "")])
    monday(7)
    send(spruce)
    assert rows(7) == [("confirmed", "")], "the next step goes on"


@pytest.mark.parametrize(("at", "replaced"), [(-HOUR, True), (-HOUR - MINUTE, False)])
def test_a_call_counts_for_three_days(at, replaced, spruce, launch, monday):
    launch()
    called(Patient.objects.get(), monday(at))
    monday(3)
    send(spruce)
    assert (rows(3)[0][0] == "skipped") is replaced


def test_a_call_in_the_last_minute_counts(spruce, launch, monday):
    launch()
    assert reminders.plan_reminders(monday(3 - HOUR)) == 1
    called(Patient.objects.get(), monday(3))
    send(spruce)
    assert rows(3) == [("skipped", "Staff spoke with them on 12/10/2026.")]


def test_the_evening_of_a_call_is_told_by_the_practices_clock(spruce, launch, monday):
    launch()
    called(Patient.objects.get(), monday(1 + 9 * HOUR))  # 19:00, already Wednesday in UTC
    monday(3)
    send(spruce)
    assert rows(3) == [("skipped", "Staff spoke with them on 12/08/2026.")]


@pytest.mark.parametrize("spoken_with", [1, 2])
def test_on_a_shared_number_only_those_spoken_with_are_left_out(spoken_with, spruce, launch, monday):
    launch(2, phone=SHARED)
    both = list(Patient.objects.order_by("pk"))
    for each in both[:spoken_with]:
        called(each, monday(1))
    monday(3)
    send(spruce)
    reminder = Message.objects.get(step__day=3)
    about = list(reminder.patients.order_by("pk"))
    assert (reminder.state, about) == (("confirmed", both[1:]) if spoken_with == 1 else ("skipped", both))
    monday(7)
    send(spruce)
    assert list(Message.objects.get(step__day=7).patients.order_by("pk")) == both


def test_a_first_text_is_not_replaced_by_a_call(spruce, user, monday):
    made = patient()
    contacts.accept(patient=made, contact=contact(), by=user("staff"))
    called(made, monday(-HOUR))
    monday()
    launching.launch(campaigns.create(name="Move", cohort="matched", days=(0,), by=None), by=None, override="A test.")
    send(spruce)
    assert texts(spruce) == [1]


# --- who has answered, the limits, the words -----------------------------------------------------------------------


@pytest.mark.parametrize("words", ["No thanks", "Yes"])
def test_the_row_of_who_has_answered_by_text_says_so(words, spruce, launch, monday):
    launch(2)
    spruce.receive("+12055550001", words)
    for day in (3, 7):
        monday(day)
        send(spruce)
        assert [state for state, _ in rows(day)] == ["skipped", "confirmed"]
        assert rows(day)[0][1] == "Somebody answered by text; a person calls instead of a reminder."


def test_a_text_to_another_number_of_the_patient_counts_for_the_day(spruce, launch, monday):
    launch(days=(0, 3))
    other = Campaign.objects.create(name="Other", state="finished", launched_at=monday(2))
    elsewhere = Message.objects.create(
        campaign=other, step=CampaignStep.objects.create(campaign=other, day=0, body="-"), phone="+12055550999",
        state="confirmed", text="-", key="k", line_id="l", first_attempt_at=monday(2.2), accepted_at=monday(2.2),
        confirmed_at=monday(2.2), request_id="r",
    )  # fmt: skip
    MessagePatient.objects.create(message=elsewhere, patient=Patient.objects.get())
    monday(3)
    send(spruce)
    assert rows(3) == [("planned", "The number got a text in the last 24 hours.")]
    monday(3.21)
    send(spruce)
    assert rows(3) == [("confirmed", "")]


def test_no_number_gets_more_texts_than_a_campaign_allows(spruce, launch, monday, practice):
    practice.texts_per_campaign = 2
    practice.save()
    launch()
    for day in (3, 7):
        monday(day)
        send(spruce)
    assert (texts(spruce), rows(7)) == ([2], [("skipped", "The number has all the texts this campaign allows.")])


def test_new_words_are_for_texts_still_to_come(spruce, launch, monday):
    campaign = launch(2)
    monday(3)
    send(spruce, most=1, until_idle=False)
    step = campaign.steps.get(day=3)
    campaigns.rewrite(step, body=f"{step.body} Thank you!", by=None)
    send(spruce)
    sent = [text.text.endswith("Thank you!") for text in spruce.texts()]
    assert sent == [False, False, False, True]
    kept = Message.objects.order_by("first_attempt_at").values_list("text", flat=True)
    assert [text.endswith("Thank you!") for text in kept] == sent


def test_the_next_step_waits_while_the_former_is_open(spruce, launch, monday):
    campaign = launch(2)
    assert reminders.plan_reminders(monday(3)) == 2
    campaign.messages.filter(step__day=3, phone="+12055550001").update(hold="Look at it first.")
    send(spruce)
    reminders.plan_reminders(monday(7) + timedelta(minutes=1))
    assert list(Message.objects.filter(step__day=7).values_list("phone", flat=True)) == ["+12055550002"]
