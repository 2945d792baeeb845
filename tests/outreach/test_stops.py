"""After a STOP nothing goes out: not ours, not staff's, not what Spruce was to send later by itself."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.ledger import record_event
from consent.models import ConsentEvent
from explorer.lib import clock, http
from explorer.lib.models import Practice
from outreach import wording
from outreach.actions import campaigns, polling, replies, sending, withdrawing
from outreach.models import Campaign, LineState, Message, Reply, ScheduledWithdrawal, Suppression
from outreach.simulator import Limits, Trouble, Troubles, serve
from outreach.spruce import Item, Spruce
from patients.models import Phone
from tests.makers import patient
from tests.outreach import made
from tests.outreach.test_spruce_client import Pages

NUMBER, OTHER = "+12055550123", "+12055550199"
LINE = "12055550100"
SCHEDULE, SCHEDULED = "/scheduledmessages", "/scheduledmessages/{scheduledMessageId}"


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


def client(running) -> Spruce:
    return Spruce(running.url, running.token, timeout=(2, 1))


def poll(running) -> polling.Polled:
    return polling.poll(client(running))


def schedule(running, number: str, text="Your visit", days=1) -> None:
    body = {
        "destination": {"smsOrEmailEndpoint": number},
        "message": {"body": [{"type": "text", "value": text}]},
        "sendAt": (clock.now() + timedelta(days=days)).isoformat(),
    }
    path = f"{running.url}/internalendpoints/{LINE}/conversations"
    http.send("spruce", "POST", path, token=running.token, headers={"s-idempotency-key": f"{number}{text}"}, json=body)


def scheduled(running) -> list[str]:
    return [each.text for each in client(running).scheduled()]


def stop(number=NUMBER, reason="stop", **told) -> Suppression:
    return replies.suppress({number}, reason=reason, since=clock.now(), **told)[0]


def planned(phone=NUMBER, kind="campaign", **values) -> Message:
    if kind == "campaign":
        running = {"state": "running", "launched_at": clock.now()}
        campaign, _ = Campaign.objects.get_or_create(name="Move", defaults=running)
        values |= {"campaign": campaign, "step": campaign.steps.get_or_create(day=0, body="-")[0]}
    return Message.objects.create(phone=phone, kind=kind, conversation_id="t_1", **values)


# ---- what waits for the number


def test_waiting_texts_and_answers_are_withdrawn_and_counted():
    texts = [planned(), planned(kind="answer", text="Hello"), planned(phone=OTHER)]
    found = stop()
    found.refresh_from_db()
    assert [Message.objects.get(pk=text.pk).state for text in texts] == ["skipped", "skipped", "planned"]
    assert found.texts_withdrawn == 2


def test_who_was_being_answered_when_they_said_stop_needs_a_person_again(spruce, user):
    spruce.receive(NUMBER, "Where are you?")
    poll(spruce)
    asked = Reply.objects.get()
    sending.answer_text(reply=asked, text="We are on Main Street.", by=user("staff"))
    spruce.receive(NUMBER, "STOP")
    sending.send_due(client(spruce), until_idle=True)
    asked.refresh_from_db()
    assert (spruce.texts(), Message.objects.get().state, asked.state) == ([], "skipped", "needs_answer")


def test_a_stop_that_staff_enter_counts_for_every_number_of_the_owner(user):
    owner = patient(phone=NUMBER)
    Phone.objects.create(patient=owner, e164=OTHER, label="home")
    stops = replies.stop_as_told(
        NUMBER, channel="phone", since=clock.now(), words="No texts, please.", by=user("staff")
    )
    assert {each.phone for each in stops} == {NUMBER, OTHER}
    assert {(each.channel, each.words, each.reason) for each in stops} == {("phone", "No texts, please.", "stop")}
    line = ConsentEvent.objects.get()
    assert (line.patient, line.kind, line.decision, line.method) == (owner, "texting", "revoked", "phone")


# ---- the ledger's word


def says_no(owner, method="phone", **told) -> ConsentEvent:
    told = {"occurred_at": clock.now() - timedelta(hours=1), "by": None, "note": "No texts.", **told}
    return record_event(patient=owner, kind="texting", decision="declined", method=method, **told)


def test_what_staff_wrote_into_the_ledger_stops_every_number_of_the_patient(spruce):
    line = says_no(patient(phone=NUMBER))
    poll(spruce)
    found = Suppression.objects.get()
    assert (found.phone, found.reason, found.channel, found.decision) == (NUMBER, "stop", "phone", line)
    assert (found.since, found.words) == (line.occurred_at, "No texts.")
    assert replies.stop_as_recorded() == 0


def test_a_line_that_was_taken_back_stops_nothing(spruce):
    owner = patient(phone=NUMBER)
    line = says_no(owner, occurred_at=clock.now() - timedelta(days=3))
    record_event(
        patient=owner, kind="texting", decision="given", method="phone", note="Wants them.", replaces=line,
        occurred_at=clock.now(), by=None,
    )  # fmt: skip
    poll(spruce)
    assert not Suppression.objects.exists()


def test_a_stop_that_a_person_lifted_does_not_come_back_from_the_ledger(spruce, user):
    says_no(patient(phone=NUMBER))
    poll(spruce)
    replies.lift(Suppression.objects.get(), by=user("provider"), because="Asked again.")
    poll(spruce)
    assert not replies.is_stopped(NUMBER)


# ---- a death is only said


def test_a_death_holds_the_texts_of_everybody_on_the_number(spruce):
    text, answer = planned(), planned(kind="answer", text="Hello")
    spruce.receive(NUMBER, "He passed away in March")
    poll(spruce)
    text.refresh_from_db()
    answer.refresh_from_db()
    assert (text.state, text.hold) == ("planned", replies.HELD_FOR_A_DEATH)
    assert answer.state == "skipped"


def test_texts_held_for_a_death_go_on_when_a_person_allows_texts_again(spruce, user):
    text = planned()
    found = stop(reason="deceased")
    replies.lift(found, by=user("provider"), because="It was about the neighbor.")
    text.refresh_from_db()
    assert (text.state, text.hold) == ("planned", "")


def test_texts_held_for_a_death_stay_when_the_number_is_stopped_besides(spruce, user):
    text, found = planned(), stop(reason="deceased")
    stop(reason="staff")
    replies.lift(found, by=user("provider"), because="It was about the neighbor.")
    text.refresh_from_db()
    assert text.state == "skipped"


def test_a_reminder_that_falls_due_after_a_death_is_held(spruce, monday):
    made.reachable(phone=NUMBER)
    campaign = made.launched()
    sending.send_due(client(spruce), until_idle=True)
    spruce.receive(NUMBER, "My husband died")
    monday(3)
    sending.send_due(client(spruce), until_idle=True)
    reminder = campaign.messages.get(step__day=3)
    assert (reminder.state, reminder.hold) == ("planned", replies.HELD_FOR_A_DEATH)
    assert len(spruce.texts()) == 1


# ---- Spruce's own schedule


def test_without_a_stop_nobody_asks_for_scheduled_messages(spruce):
    poll(spruce)
    assert spruce.calls["GET", SCHEDULE] == 0


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_scheduled_messages_to_a_stopped_number_are_withdrawn_and_no_others(reason, spruce):
    schedule(spruce, NUMBER, "one")
    schedule(spruce, NUMBER, "two", days=2)
    schedule(spruce, OTHER, "three")
    found = stop(reason=reason)
    poll(spruce)
    assert scheduled(spruce) == ["three"]
    assert [each.outcome for each in found.scheduled.all()] == ["withdrawn"] * 2


def test_a_stop_by_text_withdraws_from_the_schedule_of_all_the_numbers(spruce):
    owner = patient(phone=NUMBER)
    Phone.objects.create(patient=owner, e164=OTHER, label="home")
    schedule(spruce, OTHER)
    spruce.receive(NUMBER, "Please stop")
    poll(spruce)
    assert scheduled(spruce) == []


def test_the_schedule_is_read_again_once_and_then_no_more(spruce, monday):
    stop()
    poll(spruce)
    schedule(spruce, NUMBER, "listed late")
    monday(1 / 24)
    for _ in range(3):
        poll(spruce)
    assert scheduled(spruce) == []
    assert spruce.calls["GET", SCHEDULE] == 3  # two of ours, one of this test


def test_a_number_that_is_allowed_again_keeps_its_schedule(spruce, user):
    schedule(spruce, NUMBER)
    replies.lift(stop(), by=user("provider"), because="Asked again.")
    poll(spruce)
    assert scheduled(spruce) == ["Your visit"]


def test_whose_a_conversation_is_is_asked_once(spruce):
    for n in range(5):
        schedule(spruce, OTHER, f"text {n}")
    for number in (NUMBER, "+12055550177"):
        stop(number)
        poll(spruce)
    assert spruce.calls["GET", "/conversations/{conversationId}"] == 1
    assert len(scheduled(spruce)) == 5


def test_one_that_is_gone_already_counts_as_gone(spruce):
    schedule(spruce, NUMBER)
    spruce.troubles.add(Trouble("404", path=SCHEDULED, nth=1))
    stop()
    poll(spruce)
    assert ScheduledWithdrawal.objects.get().outcome == "gone"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500_before", "500_after", "503", "429", "502_after"])
def test_trouble_while_deleting_is_made_good_by_the_next_poll(kind, spruce):
    schedule(spruce, NUMBER, "one")
    schedule(spruce, NUMBER, "two")
    stop()
    spruce.troubles.add(Trouble(kind, path=SCHEDULED, nth=1))
    poll(spruce)
    assert LineState.objects.get().polled_at, "the replies were read all the same"
    assert Suppression.objects.get().scheduled_looked_at is None
    poll(spruce)
    assert scheduled(spruce) == []
    assert set(ScheduledWithdrawal.objects.values_list("outcome", flat=True)) <= {"withdrawn", "gone"}
    assert Suppression.objects.get().scheduled_looked_at


@pytest.mark.parametrize("path", [SCHEDULE, "/conversations/{conversationId}"])
def test_trouble_while_looking_is_made_good_by_the_next_poll(path, spruce):
    schedule(spruce, NUMBER)
    stop()
    spruce.troubles.add(Trouble("403", path=path, nth=1))
    poll(spruce)
    assert scheduled(spruce) == ["Your visit"]
    poll(spruce)
    assert scheduled(spruce) == []


def test_one_that_spruce_refuses_to_delete_is_left_to_a_person(spruce):
    schedule(spruce, NUMBER)
    stop()
    spruce.troubles.add(Trouble("422", path=SCHEDULED, nth=1))
    poll(spruce)
    assert ScheduledWithdrawal.objects.get().outcome == "refused"


def test_power_cut_between_claim_and_deletion(spruce):
    """The row is there before the call: the next run finds it and the count is right."""
    schedule(spruce, NUMBER)
    found = stop()
    (waiting,) = client(spruce).scheduled()
    ScheduledWithdrawal.objects.create(scheduled_id=waiting.id, suppression=found, send_at=waiting.send_at)
    Suppression.objects.update(scheduled_looked_at=clock.now() + timedelta(minutes=5))
    poll(spruce)
    assert scheduled(spruce) == []
    assert ScheduledWithdrawal.objects.get().outcome == "withdrawn"


def test_two_at_once_delete_each_message_once_and_count_it_once(spruce):
    schedule(spruce, NUMBER)
    stop()
    withdrawing.withdraw_scheduled(client(spruce))
    row = ScheduledWithdrawal.objects.get()
    assert not withdrawing._delete(client(spruce), row), "the second one was told that it is gone"
    row.refresh_from_db()
    assert row.outcome == "withdrawn"


def test_notes_among_staff_stay():
    stop()
    note = {"id": "scm_1", "conversationId": "t_1", "scheduledToSendAt": "2026-12-08T10:00:00Z", "isInternalNote": True}
    with Pages({"scheduledMessages": [note], "hasMore": False, "totalCount": 1}) as server:
        assert withdrawing.withdraw_scheduled(server.client) == 0
    assert not ScheduledWithdrawal.objects.exists()


# ---- the one confirmation


@pytest.fixture
def confirming():
    Practice.objects.update(confirm_stops=True)


def confirmation() -> Message | None:
    return Message.objects.filter(kind="confirm").first()


def test_no_stop_is_confirmed_unless_the_practice_says_so(spruce):
    assert Practice.current().confirm_stops is False
    spruce.receive(NUMBER, "STOP")
    sending.send_due(client(spruce), until_idle=True)
    assert (spruce.texts(), confirmation()) == ([], None)


def test_a_stop_is_confirmed_by_one_text_that_names_the_practice(spruce, confirming):
    owner = patient(phone=NUMBER)
    Phone.objects.create(patient=owner, e164=OTHER, label="home")
    spruce.receive(NUMBER, "STOP")
    spruce.receive(NUMBER, "STOP!!")
    for _ in range(2):
        sending.send_due(client(spruce), until_idle=True)
    (text,) = spruce.texts()
    assert (text.number, text.text) == (
        NUMBER, "Home Team Medical: you will get no more texts from us. To talk to us, call 205-555-0100."
    )  # fmt: skip
    assert confirmation().state == "confirmed"
    assert confirmation().confirms.phone == NUMBER
    assert list(confirmation().patients.all()) == [owner]


def test_the_words_of_the_confirmation_pass_the_linter(practice):
    text = wording.stop_confirmation(practice)
    found = wording.lint(text, practice_name=practice.name, sample_values={}, invitation=False)
    assert [finding.code for finding in found] == ["no_stop"], "it says itself that nothing more comes"


@pytest.mark.parametrize("text", ["Can I stop by Friday?", "STOP I have chest pain", "cancel", "wrong number"])
def test_a_doubtful_stop_is_not_confirmed(text, spruce, confirming):
    spruce.receive(NUMBER, text)
    sending.send_due(client(spruce), until_idle=True)
    assert replies.is_stopped(NUMBER) is True
    assert spruce.texts() == []


@pytest.mark.parametrize(("minutes", "texts"), [(0, 1), (4, 1), (5, 0), (60, 0)])
def test_a_confirmation_goes_out_within_five_minutes_or_never(minutes, texts, spruce, confirming):
    spruce.receive(NUMBER, "STOP", at=clock.now() - timedelta(minutes=minutes))
    for _ in range(2):
        sending.send_due(client(spruce), until_idle=True)
    assert len(spruce.texts()) == texts
    assert confirmation().state == ("confirmed" if texts else "skipped")


def test_a_clock_that_ran_backwards_confirms_nothing(confirming):
    found = replies.suppress({NUMBER}, reason="stop", since=clock.now() + timedelta(minutes=2))[0]
    message = Message.objects.create(kind="confirm", confirms=found, phone=NUMBER, text="-")
    assert replies.stands_against(message) == "A STOP is confirmed within five minutes or never."


def test_a_stop_that_was_lifted_at_once_is_not_confirmed(spruce, confirming, user):
    spruce.receive(NUMBER, "STOP")
    poll(spruce)
    replies.lift(Suppression.objects.get(), by=user("provider"), because="A slip, she says.")
    sending.send_due(client(spruce), until_idle=True)
    assert (spruce.texts(), confirmation().state) == ([], "skipped")


def test_the_red_button_holds_a_confirmation_back_for_ever(spruce, confirming, monday):
    campaigns.stop_all(by=None)
    spruce.receive(NUMBER, "STOP")
    sending.send_due(client(spruce), until_idle=True)
    assert spruce.texts() == []
    monday(1 / 24)
    campaigns.allow_again(by=None)
    sending.send_due(client(spruce), until_idle=True)
    assert (spruce.texts(), confirmation().state) == ([], "skipped")


def test_a_confirmation_goes_before_the_campaigns_texts(spruce, confirming):
    made.reachable(phone=OTHER)
    made.launched()
    spruce.receive(NUMBER, "STOP")
    sending.send_due(client(spruce), until_idle=True)
    assert [text.number for text in spruce.texts()] == [NUMBER, OTHER]


def test_a_stop_that_was_in_force_before_is_not_confirmed_again(spruce, confirming):
    stop()
    spruce.receive(NUMBER, "STOP")
    sending.send_due(client(spruce), until_idle=True)
    assert spruce.texts() == []


def test_the_database_holds_one_confirmation_for_a_stop(spruce):
    found = stop()
    Message.objects.create(kind="confirm", confirms=found, phone=NUMBER, text="-")
    for wrong in (
        {"kind": "confirm", "confirms": found},
        {"kind": "confirm"},
        {"kind": "answer", "confirms": stop(OTHER)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.create(phone=NUMBER, text="-", **wrong)


# ---- replies


def item(id: str, text: str) -> Item:
    return Item(id=id, conversation_id="t_1", created_at=clock.now(), direction="inbound", text=text,
                request_id="", is_note=False, event="")  # fmt: skip


def test_a_reply_on_a_shared_number_is_nobodys_until_a_person_says(monday):
    for number in ("1", "2"):
        patient(mrn=number, phone=NUMBER)
    assert replies.store(item("ti_1", "STOP"), NUMBER).patient is None
    assert not ConsentEvent.objects.exists()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["STOP", "yes", "wrong number", "he died", "HELP", "?"]), min_size=1, max_size=6))
def test_once_stopped_a_number_stays_stopped_whatever_comes_after(texts):
    with transaction.atomic():
        stopped = False
        for n, text in enumerate(texts):
            replies.store(item(f"ti_{n}", text), NUMBER)
            stopped = stopped or text in ("STOP", "wrong number", "he died")
            assert replies.is_stopped(NUMBER) == stopped
        transaction.set_rollback(True)
