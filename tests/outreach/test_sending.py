"""Every text once: what the sender does when Spruce, the clock, staff or patients get in between."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.utils import translation

from consent.ledger import record_event
from outreach import line
from outreach.actions import campaigns, contacts, launching, recovering, reminders, replies, sending
from outreach.models import Campaign, LineState, Message, Suppression
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce
from patients.models import Phone
from tests.makers import contact, patient


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


@pytest.fixture
def campaign(user):
    """campaign(3) is launched to three patients with numbers of their own."""

    def launch(patients: int = 1, days=(0,), name="Move", first: int = 1) -> Campaign:
        staff = user("staff") if not Message.objects.exists() else None
        for number in range(first, first + patients):
            _matched(number, f"+1205555{number:04}", staff)
        made = campaigns.create(name=name, cohort="matched", days=days, by=None)
        launching.launch(made, by=None, override="A test.")
        return made

    return launch


def _matched(number: int, phone: str, staff=None):
    made = patient(mrn=str(number), last=f"Smith{number}", phone=phone)
    contacts.accept(patient=made, contact=contact(f"entity_{number}", family=f"Smith{number}", phone=phone), by=staff)
    return made


def send(running, **options) -> sending.Report:
    return sending.send_due(Spruce(running.url, running.token, timeout=(2, 1)), **options)


def states() -> list[str]:
    return sorted(Message.objects.values_list("state", flat=True))


@pytest.mark.parametrize(
    "kind",
    [
        "drop_before", "drop_after", "reset_before", "reset_after", "500_before", "500_after", "502_before",
        "502_after", "503", "429", "cut_json", "nonsense", "cut_transfer", "no_headers",
    ],
)  # fmt: skip
def test_a_trouble_on_the_way_neither_doubles_nor_loses_a_text(kind, spruce, campaign):
    campaign(3)
    spruce.troubles.add(Trouble(kind, path=SEND, nth=2))
    send(spruce, until_idle=True)
    assert states() == ["confirmed"] * 3
    assert sorted(spruce.accepted().values()) == [1, 1, 1]


def test_a_text_is_english_whatever_the_language_of_who_sends(spruce, campaign):
    with translation.override("es"):
        campaign(1)
        send(spruce, until_idle=True)
    text = Message.objects.get().text
    assert "our office is moving" in text
    assert text.endswith("Reply STOP to opt out.")


def test_an_unreachable_spruce_loses_nothing(campaign, monday):
    campaign(1)
    report = sending.send_due(Spruce("http://127.0.0.1:9", "token"))
    assert (states(), report.counts["accepted"], report.remaining) == (["planned"], 0, 1)
    assert report.waiting_for


def test_a_refused_token_pauses_the_campaign_and_keeps_the_texts(spruce, campaign):
    made = campaign(2)
    spruce.troubles.add(Trouble("403", path=SEND))
    send(spruce)
    made.refresh_from_db()
    assert (made.state, states()) == ("paused", ["planned", "planned"])
    assert "SPRUCE_API_TOKEN" in made.why


def test_three_refusals_in_a_row_pause_the_campaign(spruce, campaign):
    made = campaign(5)
    spruce.troubles.add(Trouble("404", path=SEND, share=1.0))
    send(spruce)
    made.refresh_from_db()
    assert made.state == "paused"
    assert states() == ["failed"] * 3 + ["planned"] * 2


def test_the_key_and_the_words_stay_the_same_through_every_try(spruce, campaign):
    made = campaign(1)
    spruce.troubles.add(Trouble("500_before", path=SEND, nth=1))
    send(spruce)
    before = Message.objects.get()
    campaigns.rewrite(made.steps.get(), body=made.steps.get().body.replace("moving", "changing address"), by=None)
    Message.objects.update(not_before=None)
    send(spruce, until_idle=True)
    after = Message.objects.get()
    assert (after.state, after.key, after.text) == ("confirmed", before.key, before.text)


def test_an_unknown_text_past_its_keys_life_is_left_to_a_person(spruce, campaign, monday):
    campaign(1)
    spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
    send(spruce)
    monday(1)
    send(spruce)
    message = Message.objects.get()
    assert (message.state, spruce.texts()) == ("uncertain", [])
    recovering.settle(message, went_out=False, by=None)
    assert states() == ["failed"]


def test_an_unknown_text_is_not_tried_again_after_a_stop(spruce, campaign):
    campaign(1)
    spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
    send(spruce)
    replies.suppress({Message.objects.get().phone}, reason="stop", since=datetime.now(UTC))
    Message.objects.update(not_before=None)
    send(spruce)
    assert (states(), spruce.texts()) == (["uncertain"], [])


def test_a_stop_that_comes_while_a_batch_waits_is_seen_before_it(spruce, campaign):
    campaign(2)
    first, second = Message.objects.order_by("pk").values_list("phone", flat=True)
    spruce.receive(second, "Stop.")
    send(spruce, until_idle=True)
    assert spruce.accepted() == {first: 1}
    assert Message.objects.get(phone=second).state == "skipped"
    assert Suppression.objects.get(phone=second).reason == "stop"


def test_stop_counts_for_every_number_of_the_patient(spruce, campaign):
    campaign(1)
    asked = Message.objects.get().patients.get()
    Phone.objects.create(patient=asked, e164="+12055550999", label="home")
    spruce.receive("+12055550999", "STOP")
    send(spruce, until_idle=True)
    assert spruce.texts() == []


@pytest.mark.parametrize(
    ("days", "why"), [(-1, "on a Sunday"), (11 / 24, "Texts end at 20:00"), (-3 / 24, "Texts start at 09:00")]
)
def test_nothing_goes_out_outside_the_texting_hours(days, why, spruce, campaign, monday):
    monday(days)
    campaign(60)
    report = send(spruce, until_idle=True)
    assert (spruce.texts(), report.remaining) == ([], 60)
    assert why in report.waiting_for


def test_two_patients_on_one_number_get_one_text_that_covers_both(spruce, user):
    staff = user("staff")
    couple = [_matched(1, "+12055550101", staff), _matched(2, "+12055550101", staff)]
    made = campaigns.create(name="Move", cohort="all", days=(0,), by=None)
    launching.launch(made, by=None, override="A test.")
    send(spruce, until_idle=True)
    message = Message.objects.get()
    assert set(message.patients.all()) == set(message.invitation.patients.all()) == set(couple)
    assert len(spruce.texts()) == 1
    assert not any(name in message.text for name in ("John", "Smith"))


def test_pause_is_felt_by_the_next_text_and_resume_goes_on(spruce, campaign):
    made = campaign(3)
    send(spruce, most=1)
    campaigns.pause(made, by=None)
    send(spruce)
    assert len(spruce.texts()) == 1
    campaigns.resume(made, by=None)
    Message.objects.update(not_before=None)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 3


def test_a_cancelled_campaign_sends_nothing_more_and_its_sum_is_right(spruce, campaign):
    made = campaign(3)
    send(spruce, most=1)
    campaigns.cancel(made, by=None)
    send(spruce, until_idle=True)
    assert states() == ["cancelled", "cancelled", "confirmed"]
    assert len(spruce.texts()) == 1


def test_the_red_button_stops_everything(spruce, campaign, user):
    campaign(2)
    campaigns.stop_all(by=None)
    report = send(spruce)
    assert (spruce.texts(), report.remaining) == ([], 2)
    campaigns.allow_again(by=None)
    Message.objects.update(not_before=None)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 2


def test_a_second_campaign_does_not_ask_the_same_people(spruce, campaign):
    campaign(2, days=(0, 3))
    send(spruce, until_idle=True)
    again = campaigns.create(name="Again", cohort="matched", days=(0,), by=None)
    with pytest.raises(launching.CannotLaunch, match="nobody to text"):
        launching.launch(again, by=None)


def test_reminders_go_to_those_without_an_answer_on_their_day(spruce, campaign, monday):
    campaign(3, days=(0, 3, 7))
    send(spruce, until_idle=True)
    answered = Message.objects.order_by("pk").first().patients.get()
    record_event(
        patient=answered, kind="records", decision="given", method="paper", occurred_at=monday(1), by=None
    )  # fmt: skip
    monday(2.9)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 3, "not a minute early"
    monday(3)
    send(spruce, until_idle=True)
    monday(7)
    send(spruce, until_idle=True)
    assert sorted(spruce.accepted().values()) == [1, 3, 3]


def test_a_reminder_more_than_a_day_late_waits_for_a_person(spruce, campaign, monday):
    made = campaign(2, days=(0, 3))
    send(spruce, until_idle=True)
    monday(5)
    report = send(spruce, until_idle=True)
    assert (len(spruce.texts()), report.remaining) == (2, 2)
    held = Message.objects.filter(step__day=3)
    reminders.decide_held(made, message_ids=[held[0].pk], send=True, by=None)
    reminders.decide_held(made, message_ids=[held[1].pk], send=False, by=None)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 3
    assert sorted(held.values_list("state", flat=True)) == ["confirmed", "skipped"]


def test_no_call_passes_the_limit_and_what_others_need_is_left_to_them(tmp_path, campaign, monday):
    with serve(tmp_path / "limited.sqlite3", limits=Limits(per_minute=300)) as limited:
        campaign(30)
        staff = Spruce(limited.url, limited.token)
        for _ in range(280):
            staff.lines()
        report = send(limited)
        assert report.waiting_for == "Spruce's rate limit"
        assert (len(limited.texts()), limited.over_limit()) == (0, 0)
        assert staff.lines()


def test_a_text_that_was_turned_away_for_the_limit_goes_out_later_with_the_same_key(spruce, campaign):
    campaign(3)
    spruce.troubles.add(Trouble("429", path=SEND, nth=2, seconds=1))
    report = send(spruce)
    waiting = Message.objects.get(state="planned")
    assert (report.waiting_for, waiting.first_attempt_at) == ("Spruce is busy.", None)
    Message.objects.update(not_before=None)
    send(spruce, until_idle=True)
    assert (states(), Message.objects.get(pk=waiting.pk).key) == (["confirmed"] * 3, waiting.key)


def test_a_day_keeps_a_tenth_for_staff(tmp_path, campaign, monday):
    with serve(tmp_path / "limited.sqlite3", limits=Limits(per_day=60)) as limited:
        campaign(60)
        report = send(limited)
        assert report.waiting_for == "Spruce's daily limit"
        assert 6 <= 60 - limited.calls.total() < 12


def test_a_second_try_that_never_left_does_not_make_the_first_undone(spruce, campaign, monday):
    """The first may have landed: a day later, when its key protects nothing, the text must not be new again."""
    campaign(1)
    spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
    send(spruce)
    Message.objects.update(not_before=None)
    spruce.troubles.add(Trouble("429", path=SEND, nth=1))
    send(spruce)
    assert states() == ["sending"]
    monday(1)
    send(spruce)
    assert (states(), spruce.texts()) == (["uncertain"], [])


def test_only_one_process_sends_at_a_time(spruce, campaign, monday):
    campaign(1)
    LineState.objects.update(sender="another-pc|1|1.0", sender_until=monday(0) + timedelta(hours=1))
    with pytest.raises(line.Elsewhere):
        send(spruce)
    LineState.objects.update(sender_until=monday(0) - timedelta(hours=1))
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 1


def test_a_text_that_spruce_took_but_never_showed_is_not_forgotten(spruce, campaign, monday):
    campaign(1)
    send(spruce)
    Message.objects.update(request_id="nobody_knows", text="Not there", state="accepted", confirmed_at=None)
    monday(1 / 12)
    send(spruce)
    assert states() == ["uncertain"]


def test_three_per_cent_stops_pause_the_campaign_until_a_person_lets_it_go_on(spruce, campaign):
    made = campaign(45)
    send(spruce, most=40)
    for text in spruce.texts()[:2]:
        spruce.receive(text.number, "STOP")
    Message.objects.update(accepted_at=F("accepted_at") - timedelta(seconds=10))
    send(spruce, most=1)
    made.refresh_from_db()
    assert made.state == "paused"
    assert "asked to stop" in made.why
    campaigns.resume(made, by=None)
    Message.objects.update(not_before=None)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == 45


@pytest.mark.parametrize("words", ["No thanks", "Yes"])
def test_who_has_spoken_by_text_is_called_not_reminded(words, spruce, campaign, monday):
    campaign(2, days=(0, 3))
    send(spruce, until_idle=True)
    spruce.receive(spruce.texts()[0].number, words)
    monday(3)
    send(spruce, until_idle=True)
    assert sorted(spruce.accepted().values()) == [1, 2]


def test_a_spruce_that_does_not_tell_its_time_is_read_from_the_beginning(spruce, campaign, monkeypatch):
    campaign(2)
    monkeypatch.setattr("outreach.spruce._ahead", lambda answer: None)
    spruce.receive(Message.objects.order_by("pk").last().phone, "STOP", at=datetime(2020, 1, 1, tzinfo=UTC))
    send(spruce, until_idle=True)
    assert states() == ["confirmed", "skipped"]
