"""Why? of a patient and of a text: the gate's own trace, with rows, rule and cure."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from consent.models import ConsentEvent, Response, ResponseFile
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import gate, line, planning
from outreach.actions import claiming
from outreach.models import Attempt, LineState, Message, Reply, Suppression
from outreach.standings import LABELS
from outreach.why import rules, why_of_patient, why_of_text
from patients.models import Patient, Phone
from tests import makers
from tests.outreach import made


def why(patient, practice):
    return why_of_patient(Patient.objects.get(pk=patient.pk), Practice.objects.get())


def test_every_code_of_the_gate_has_a_sentence_a_rule_and_a_cure():
    assert set(rules.RULES) == set(gate.WORDS)
    assert set(rules.STANDINGS) == set(LABELS)
    for rule in (*rules.RULES.values(), *rules.STANDINGS.values()):
        assert rule.name[-1] + rule.cure[-1] == "..", rule


def _dead(p):
    Patient.objects.filter(pk=p.pk).update(deceased=True)


def _held(p):
    Patient.objects.filter(pk=p.pk).update(held="Daughter asked")


def _left(p):
    Patient.objects.filter(pk=p.pk).update(left_list_at=clock.now())


def _young(p):
    Patient.objects.filter(pk=p.pk).update(date_of_birth=clock.now().date() - timedelta(days=3000))


def _answer(p):
    ConsentEvent.objects.create(
        patient=p, kind="records", decision="given", method="phone", occurred_at=clock.now(), obtained_by="Joy"
    )


def _form(p):
    file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="f")
    Response.objects.create(
        file=file, row=7, content_hash="1" * 64, outcome="review", likely=p, completed_at=clock.now()
    )


def _stop(p):
    phone = p.phones.get().e164
    reply = Reply.objects.create(
        item_id="i", conversation_id="c", phone=phone, text="Stop it!", kind="opt_out", received_at=clock.now()
    )
    Suppression.objects.create(phone=phone, reason="stop", channel="text", reply=reply)


def _wrong(p):
    Suppression.objects.create(phone=p.phones.get().e164, reason="wrong_number", words="Not him")


def _unmatched(p):
    p.matches.all().delete()


def _doubt(p):
    p.matches.update(verdict="review")


def _no_phone(p):
    p.phones.update(retired_at=clock.now())
    p.matches.get().contact.phones.all().delete()


def _land_line(p):
    p.phones.update(kind="fixed")


def _home(p):
    for number in range(4):
        makers.patient(mrn=f"H{number}", phone=p.phones.get().e164)


def _no_basis(p):
    p.phones.update(basis="unknown")


def _of_another(p):
    Practice.objects.update(text_unmatched=True)
    p.matches.all().delete()


@pytest.mark.parametrize(
    ("make", "code", "fact"),
    [
        (_dead, "deceased", "The chart says that the patient has died."),
        (_held, "held", "Staff wrote: Daughter asked"),
        (_left, "left_list", "The newest list no longer named the patient."),
        (_young, "minor", "Born on this day."),
        (_answer, "answered", "“Records may move”: given, by phone, recorded from the form."),
        (_form, "in_review", "A form answer, row 7 of the export, waits for review."),
        (_stop, "opted_out", "“Stop it!”"),
        (_wrong, "suppressed", "Wrong number"),
        (_unmatched, "no_match", "No contact in Spruce was found to be this patient."),
        (_doubt, "match_in_review", "The contact “Ann Miller” may be this patient."),
        (_no_phone, "no_phone", "Every number is marked as no longer theirs."),
        (_land_line, "not_textable", "land line"),
        (_home, "facility", "5 patients or more have the same number."),
        (_no_basis, "no_basis", "basis to text: not known"),
        (_of_another, "number_of_another", "basis to text: patient gave the number to the provider"),
    ],
)
def test_what_stands_against_a_patient_comes_with_its_row(make, code, fact, monday, practice):
    person = made.reachable()
    make(person)
    told = why(person, practice)
    [reason] = [each for each in told.against if each.code == code]
    assert reason.words == gate.WORDS[code]
    assert fact in " ".join(each.words for each in reason.facts)
    assert reason.rule == rules.RULES[code]
    assert told.next.words


def _ready_line(now):
    LineState.objects.filter(pk=1).update(polled_at=now, line_id="line_1")


def _first_text(patient_count=1, **changes) -> Message:
    for _ in range(patient_count):
        made.reachable()
    text = made.launched().messages.get()
    Message.objects.filter(pk=text.pk).update(due_at=clock.now(), not_before=None, **changes)
    _ready_line(clock.now())
    return Message.objects.get(pk=text.pk)


def _reasons(text) -> dict[str, object]:
    told = why_of_text(
        Message.objects.select_related("campaign", "step", "invitation").get(pk=text.pk), Practice.objects.get()
    )
    return {reason.code: reason for reason in told.against}


def _paused(text):
    text.campaign.state = "paused"
    text.campaign.save()


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("not_running", _paused),
        ("stopped", lambda text: Practice.objects.update(texting_stopped_at=clock.now())),
        ("disarmed", lambda text: LineState.objects.update(disarmed_at=clock.now())),
        ("poll_old", lambda text: LineState.objects.update(polled_at=clock.now() - timedelta(hours=1))),
        ("held_for_person", lambda text: Message.objects.update(hold="It waits.")),
        ("code_expired", lambda text: type(text.invitation).objects.update(expires_at=clock.now())),
        ("empty_text", lambda text: text.step.__class__.objects.update(body="{nothing}")),
        ("campaign_limit", lambda text: Practice.objects.update(texts_per_campaign=0)),
        ("suppressed", lambda text: Suppression.objects.create(phone=text.phone, reason="staff")),
        ("nobody_left", lambda text: Patient.objects.update(deceased=True)),
    ],
)
def test_what_stands_against_a_waiting_text(code, change, monday, practice):
    text = _first_text()
    assert _reasons(text) == {}
    change(text)
    assert code in _reasons(text)


def test_a_text_of_the_night_waits_for_the_morning(monday, practice):
    text = _first_text()
    night = monday(0.5)
    Message.objects.filter(pk=text.pk).update(due_at=night)
    _ready_line(night)
    told = why_of_text(Message.objects.get(pk=text.pk), Practice.objects.get())
    [reason] = told.against
    assert reason.code == "hours"
    assert f"{reason.until:%H:%M}" == "15:00"
    assert told.next.at == reason.until


@pytest.mark.parametrize(("times", "code"), [(1, "day_limit"), (3, "week_limit")])
def test_texts_of_the_last_days_are_counted(times, code, monday, practice):
    text = _first_text()
    now = clock.now()
    for number in range(times):
        other = made.draft(f"Earlier {number}")
        step = other.steps.first()
        sent = Message.objects.create(campaign=other, step=step, phone=text.phone, invitation=text.invitation)
        made.attempted(sent, "confirmed", first_attempt_at=now - timedelta(hours=2 + 25 * number * (times > 1)))
    reason = _reasons(text)[code]
    assert reason.until > now


def _sent(text) -> Message:
    return made.attempted(text, "confirmed")


def test_the_next_reminder_is_told_with_day_and_hour(monday, practice):
    text = _sent(_first_text())
    person = text.patients.get()
    told = why(person, practice)
    assert told.sentence == "Invited"
    assert "The first text of “Pilot” went out." in told.facts[0].words
    assert told.facts[0].row == text
    assert told.next.kind == "text"
    assert "day-3 reminder of “Pilot”" in told.next.words
    assert f"{told.next.at:%m/%d %H:%M}" == "12/10 15:00"


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (
            lambda text: Attempt.objects.create(
                patient=text.patients.get(), outcome="thinking", at=clock.now() + timedelta(days=1)
            ),
            "called",
        ),
        (
            lambda text: Reply.objects.create(
                item_id="i", conversation_id="c", phone=text.phone, text="yes", kind="yes", received_at=clock.now()
            ),
            "spoken",
        ),
    ],
)
def test_a_reminder_that_will_not_go_out_is_told_as_such(happens, code, monday, practice):
    text = _sent(_first_text())
    happens(text)
    told = why(text.patients.get(), practice)
    if code == "called":
        assert "day-7" in told.next.words  # the talk replaces the reminder of day 3 alone
    else:
        assert told.next.kind == "call"
        assert [reason.code for reason in told.next.against] == [code]


def test_a_paused_campaign_is_why_the_reminder_waits(monday, practice):
    text = _sent(_first_text())
    _paused(text)
    [reason] = why(text.patients.get(), practice).next.against
    assert reason.code == "not_running"
    assert reason.rule.cure == "Resume the campaign."


def test_a_call_back_comes_before_texts(monday, practice):
    text = _sent(_first_text())
    Attempt.objects.create(patient=text.patients.get(), outcome="call_back", next_on=date(2026, 12, 9))
    told = why(text.patients.get(), practice).next
    assert (told.kind, told.at) == ("call", date(2026, 12, 9))


def test_a_sent_text_tells_campaign_person_basis_and_what_the_gate_saw(monday, practice, signed_in, user):
    text = _first_text()
    campaign = text.campaign
    campaign.launched_by = user("provider")
    campaign.save()
    page = signed_in("staff").get(reverse("admin:outreach_message_change", args=[_sent(text).pk])).text
    for words in (
        "This text went out.",
        "The campaign “Pilot” was launched by test-provider.",
        "It was launched although a check was red: A test.",
        "may be texted for Ann Miller: patient gave the number to the provider.",
        "The gate was asked at the moment of sending and found nothing against it.",
        "It was within the texting hours of Chicago.",
        "Texts to this number in the seven days before: 0 of 3.",
        "No stop was known for the number.",
        "Nobody asked by it had answered yet.",
    ):
        assert words in page


def test_a_skipped_text_tells_the_senders_own_reason_with_rule_and_cure(monday, practice, signed_in):
    text = _first_text()
    _stop(text.patients.get())
    Message.objects.filter(pk=text.pk).update(state="planned", reason="")
    Suppression.objects.update(lifted_at=None)
    with line.hold() as right:
        assert claiming.claim([text.pk], right).skipped == 1
    text.refresh_from_db()
    told = why_of_text(text, practice)
    assert told.sentence == "This text was not sent: The number is on the do-not-text list."
    assert told.rule == rules.RULES["suppressed"]
    assert "(S1)" in signed_in("staff").get(reverse("admin:outreach_message_change", args=[text.pk])).text


def test_the_second_campaign_says_that_the_first_asks_already(monday, practice):
    _first_text()
    assert set(_left_out("Second")) == {"already_asked"}


def test_beyond_the_limit_has_its_rule(monday, practice):
    made.reachable()
    made.reachable("Bob", "Otter")
    assert set(_left_out("Limited", limit=1)) == {"beyond_limit"}


def _left_out(name, **values) -> list[str]:
    return list(planning.plan(made.draft(name, **values), Practice.objects.get()).left_out.values())


def test_a_number_in_spruce_alone_is_a_fact(monday, practice):
    person = made.reachable()
    Phone.objects.filter(patient=person).delete()
    Practice.objects.update(texting_basis="unknown")
    [reason] = why(person, practice).against
    assert reason.code == "no_basis"
    assert "stands in Spruce alone" in reason.facts[0].words


def test_why_of_a_text_takes_few_questions(monday, practice, signed_in, django_assert_max_num_queries):
    address = reverse("admin:outreach_message_change", args=[_sent(_first_text()).pk])
    client = signed_in("staff")
    client.get(address)
    with django_assert_max_num_queries(32):
        client.get(address)
