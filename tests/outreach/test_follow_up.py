"""Who is left: the query, the list and the call page."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from consent.ledger import record_event
from consent.models import Response, ResponseFile
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import call_queue, follow_up
from outreach.actions import replies
from outreach.actions.attempts import record_attempt
from outreach.models import (
    Attempt,
    Campaign,
    CampaignStep,
    Contact,
    ContactPhone,
    Match,
    Message,
    MessagePatient,
    Suppression,
)
from patients.models import ApcmEnrolment, Patient, Phone
from tests.makers import apcm_proof


@pytest.fixture(autouse=True)
def in_calling_hours(monday):
    """Monday at ten: somebody may be called."""


LIST = reverse("admin:outreach_attempt_follow_up")
DAY = timedelta(days=1)


def new_patient(mrn: str, last="Testwood", *, apcm=False, number=None, **more) -> Patient:
    number = f"+1205556{int(mrn):04}" if number is None else number
    patient = Patient(mrn=mrn, first_name="Pat", last_name=last, **more)
    patient.touch()
    patient.save()
    if apcm:
        ApcmEnrolment.objects.create(patient=patient, level=2)
    if number:
        Phone.objects.create(patient=patient, e164=number, label="home")
    return patient


def decided(patient: Patient, kind: str, decision: str, ago: timedelta = DAY) -> None:
    proof = apcm_proof() if (kind, decision) == ("apcm", "given") else {}
    at = clock.now() - ago
    record_event(patient=patient, kind=kind, decision=decision, method="phone", occurred_at=at, by=None, **proof)


def tried(patient: Patient, outcome="no_answer", **more) -> Attempt:
    return record_attempt(patient=patient, channel="call", outcome=outcome, by=None, **more)


def today():
    return Practice.current().today()


def left(patient: Patient) -> follow_up.Left | None:
    [found] = follow_up.waiting(today(), [patient.pk]) or [None]
    return found


def texted(patient: Patient, state="confirmed", *, days=(0, 3), campaign_state="running", ago=DAY) -> Message:
    campaign = Campaign.objects.create(name="Move", state=campaign_state, launched_at=clock.now() - ago)
    steps = [CampaignStep.objects.create(campaign=campaign, day=day, body="-") for day in days]
    at = clock.now() - ago
    message = Message.objects.create(
        campaign=campaign, step=steps[0], phone="+12055550123", state=state, text="-", key="k", line_id="l",
        first_attempt_at=at, accepted_at=at, confirmed_at=at, request_id="r",
    )  # fmt: skip
    MessagePatient.objects.create(message=message, patient=patient)
    return message


@pytest.mark.parametrize(
    ("apcm", "records", "answer", "why"),
    [
        (False, None, None, "cannot_be_reached"),
        (False, "given", None, None),
        (False, "declined", None, None),
        (True, "given", None, "apcm_open"),
        (True, "given", "given", None),
        (True, "given", "declined", None),
        (True, None, "given", "cannot_be_reached"),
    ],
)
def test_who_is_left_and_why(apcm, records, answer, why):
    patient = new_patient("1", apcm=apcm)
    for kind, decision in (("records", records), ("apcm", answer)):
        if decision:
            decided(patient, kind, decision)
    found = left(patient)
    assert (found.why if found else None) == why


@pytest.mark.parametrize("kind", ["records", "apcm"])
def test_a_contradiction_is_left(kind):
    patient = new_patient("1", apcm=True)
    decided(patient, "records", "given")
    decided(patient, "apcm", "given")
    decided(patient, kind, "declined", ago=timedelta(hours=1) + DAY / 2)
    assert left(patient).why == "conflict"


@pytest.mark.parametrize(
    "excluded", [{"deceased": True}, {"held": "Asked by the family."}, {"left_list_at": clock.now()}]
)
def test_those_who_are_not_to_be_contacted_are_not_left(excluded):
    assert left(new_patient("1", **excluded)) is None


def test_enrolment_that_ended_asks_nothing():
    patient = new_patient("1", apcm=True)
    ApcmEnrolment.objects.update(status="removed")
    decided(patient, "records", "given")
    assert left(patient) is None


def test_nobody_is_lost_whatever_the_last_try_was():
    patients = [new_patient(str(n)) for n in range(len(Attempt.Outcome.values))]
    for patient, outcome in zip(patients, Attempt.Outcome.values, strict=True):
        tried(patient, outcome, next_on=today() if outcome == "call_back" else None)
    assert {patient.pk for patient in follow_up.waiting(today())} == {patient.pk for patient in patients}


def test_call_backs_due_then_apcm_then_the_least_tried():
    later = new_patient("1", "Later", apcm=True)
    tried(later, "call_back", next_on=today() + DAY)
    tried(new_patient("2", "Tried"))
    new_patient("3", "Fresh")
    new_patient("4", "Apcm", apcm=True)
    due = new_patient("5", "Due")
    tried(due, "call_back", next_on=today())
    names = [patient.last_name for patient in follow_up.waiting(today())]
    assert names == ["Due", "Apcm", "Fresh", "Tried", "Later"]


def test_who_has_no_number_gets_a_letter():
    assert left(new_patient("1", number="")).step == "letter"


@pytest.mark.parametrize(("days", "step"), [(-1, "due"), (0, "due"), (1, "later")])
def test_a_call_back_is_due_on_its_day(days, step):
    patient = new_patient("1")
    tried(patient, "call_back", next_on=today() + days * DAY)
    assert left(patient).step == step


def test_only_the_last_try_says_when_to_call_back():
    patient = new_patient("1")
    tried(patient, "call_back", next_on=today() + DAY, at=clock.now() - DAY)
    tried(patient)
    found = left(patient)
    assert (found.step, found.tries, found.last_outcome) == ("rest", 2, "no_answer")


def test_a_decision_that_was_heard_but_not_written_down_is_asked_for():
    patient = new_patient("1")
    tried(patient, "answered")
    assert left(patient).step == "record"


def test_an_answer_in_review_is_decided_before_anybody_calls():
    patient = new_patient("1")
    file = ResponseFile.objects.create(filename="x.csv", sha256="x", form="x")
    Response.objects.create(file=file, row=2, content_hash="x", outcome="review", likely=patient)
    assert (left(patient).why, left(patient).step) == ("in_review", "review")


@pytest.mark.parametrize(
    ("state", "campaign_state", "days", "step", "words"),
    [
        ("planned", "running", (0, 3), "text", "The first text is on its way"),
        ("confirmed", "running", (0, 3), "text", "Day-3 reminder pending"),
        ("confirmed", "running", (0,), "call", "Call now"),
        ("confirmed", "finished", (0, 3), "call", "Call now"),
        ("failed", "running", (0, 3), "call", "Call now"),
    ],
)
def test_texts_that_are_still_to_come_come_before_a_call(state, campaign_state, days, step, words):
    patient = new_patient("1")
    texted(patient, state, days=days, campaign_state=campaign_state)
    found = left(patient)
    assert found.step == step
    assert follow_up.next_steps([found], "America/Chicago")[patient.pk].startswith(words)


@pytest.mark.parametrize(("first", "words"), [(0, "12/10/2026"), (3, "12/14/2026"), (15, "12/26/2026")])
def test_a_reminder_is_told_with_its_day_and_not_with_a_sunday_or_christmas(first, words, monday):
    monday(first)
    patient = new_patient("1")
    texted(patient, ago=0 * DAY)
    found = follow_up.next_steps([left(patient)], "America/Chicago")[patient.pk]
    assert found == f"Day-3 reminder pending, {words}"


def test_a_reminder_that_a_call_replaces_is_not_named_as_the_next_one(monday):
    monday(0)
    patient = new_patient("1")
    texted(patient, days=(0, 3, 7), ago=0 * DAY)
    monday(1)
    tried(patient, "voicemail")
    found = follow_up.next_steps([left(patient)], "America/Chicago")[patient.pk]
    assert found == "Day-7 reminder pending, 12/14/2026"


def test_a_reminder_that_only_a_spouse_got_is_not_still_to_come():
    spoken_with, spouse = new_patient("1"), new_patient("2")
    first = texted(spoken_with)
    MessagePatient.objects.create(message=first, patient=spouse)
    reminder = Message.objects.create(
        campaign=first.campaign, step=first.campaign.steps.get(day=3), phone=first.phone, state="skipped"
    )
    MessagePatient.objects.create(message=reminder, patient=spouse)
    assert left(spoken_with).step == "call"
    later = CampaignStep.objects.create(campaign=first.campaign, day=7, body="-")
    found = left(spoken_with)
    assert found.step == "text"
    assert follow_up.next_steps([found], "America/Chicago")[spoken_with.pk].startswith(f"Day-{later.day} reminder")


def test_after_a_stop_no_text_is_to_come():
    patient = new_patient("1", number="+12055550123")
    texted(patient)
    replies.suppress({"+12055550123"}, reason="stop", since=clock.now())
    assert (left(patient).why, left(patient).step) == ("opted_out", "call")


def test_numbers_of_the_list_come_first_then_the_contacts_own():
    patient = new_patient("1", number="+12055550111")
    Phone.objects.create(patient=patient, e164="+12055550100", label="cell", retired_at=clock.now())
    contact = Contact.objects.create(spruce_id="c1")
    for number in ("+12055550111", "+12055550122"):
        ContactPhone.objects.create(contact=contact, e164=number)
    Match.objects.create(patient=patient, contact=contact, verdict="automatic")
    replies.suppress({"+12055550122"}, reason=Suppression.Reason.WRONG_NUMBER, since=clock.now())
    listed, of_contact = follow_up.numbers_of([patient.pk])[patient.pk]
    assert (listed.e164, listed.kind, listed.warning) == ("+12055550111", "Home", "")
    assert of_contact.e164 == "+12055550122"
    assert "wrong number" in of_contact.warning


def next_to_call(now_called: Patient) -> int | None:
    return call_queue.next_to_call(Practice.current(), after=now_called.pk)


def test_the_next_patient_to_call_was_not_tried_today():
    now_called, tried_today = new_patient("1", apcm=True), new_patient("2", apcm=True)
    tried(tried_today)
    tried_before = new_patient("3")
    tried(tried_before, at=clock.now() - 2 * DAY)
    assert next_to_call(now_called) == tried_before.pk


def test_nobody_is_next_when_all_were_called():
    only = new_patient("1")
    assert next_to_call(only) is None


def test_the_list_says_what_to_do(signed_in):
    patient = new_patient("1", "Overdue", apcm=True, number="+12055550123")
    tried(patient, "call_back", next_on=today())
    page = signed_in("read_only").get(LIST).content.decode()
    call_back = f"Call back on {today():%m/%d/%Y}"
    for words in ("Overdue", "Level 2 (G0557)", 'href="tel:+12055550123"', call_back):
        assert words in page


def test_an_empty_list_says_well_done(signed_in):
    assert "Nobody is left" in signed_in("staff").get(LIST).content.decode()


def test_the_list_is_narrowed_by_step_reason_and_words(signed_in):
    tried(new_patient("1", "Duepatient"), "call_back", next_on=today())
    decided(new_patient("2", "Openpatient", apcm=True), "records", "given")
    client = signed_in("staff")

    def names(query: str) -> set[str]:
        page = client.get(f"{LIST}?{query}").content.decode()
        return {name for name in ("Duepatient", "Openpatient") if name in page}

    assert names("") == {"Duepatient", "Openpatient"}
    assert names("step=due") == {"Duepatient"}
    assert names("why=apcm_open") == {"Openpatient"}
    assert names("q=duep") == {"Duepatient"}
    assert names("step=nonsense") == set()


def test_the_list_asks_few_queries_and_shows_25(signed_in, django_assert_max_num_queries):
    for n in range(30):
        tried(new_patient(str(n), number=f"+1205555{n:04}"))
    client = signed_in("staff")
    with django_assert_max_num_queries(34):
        page = client.get(LIST).content.decode()
    assert page.count("tel:") == 25
    assert "Page 1 of 2" in page


def call_page(patient: Patient) -> str:
    return reverse("admin:outreach_attempt_record", args=[patient.pk])


def test_the_call_page_shows_whom_we_call_and_what_was_tried(signed_in):
    patient = new_patient("1001", number="+12055550123")
    tried(patient, "voicemail", note="Sister answered")
    texted(patient)
    page = signed_in("staff").get(call_page(patient)).content.decode()
    for words in ("1001", "tel:+12055550123", "Sister answered", "Left a voicemail", "What to say"):
        assert words in page


@pytest.mark.parametrize("apcm", [True, False])
def test_the_four_disclosures_are_read_to_apcm_patients_only(signed_in, apcm):
    page = signed_in("staff").get(call_page(new_patient("1", apcm=apcm))).content.decode()
    for words in ("is available", "Only one practitioner", "stop at any time", "Cost sharing may apply"):
        assert (words in page) == apcm


def test_a_minors_guardian_is_called(signed_in):
    child = new_patient("1", date_of_birth=today() - 3650 * DAY)
    assert "parent or guardian" in signed_in("staff").get(call_page(child)).content.decode()


def test_nobody_calls_the_deceased(signed_in):
    page = signed_in("staff").get(call_page(new_patient("1", deceased=True))).content.decode()
    assert "Do not call" in page


def test_a_call_is_written_down(signed_in):
    patient = new_patient("1", number="+12055550123")
    sent = {"channel": "call", "outcome": "call_back", "next_on": today() + DAY, "note": "After 2 PM."}
    response = signed_in("staff").post(call_page(patient), sent)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.next_on, attempt.note) == ("call_back", today() + DAY, "After 2 PM.")
    assert attempt.by.username == "test-staff"
    assert response.url == LIST


def test_a_decision_that_was_heard_leads_on_to_be_written_down(signed_in):
    patient = new_patient("1")
    response = signed_in("staff").post(call_page(patient), {"channel": "call", "outcome": "answered"})
    assert response.url.startswith(reverse("admin:consent_consentevent_record", args=[patient.pk]))


def test_the_next_patient_follows(signed_in):
    patient, following = new_patient("1", "A"), new_patient("2", "B")
    sent = {"channel": "call", "outcome": "no_answer", "and_next": "1"}
    assert signed_in("staff").post(call_page(patient), sent).url == call_page(following)


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"outcome": "call_back", "next_on": "2001-01-01"}, "This day is over"),
        ({"outcome": "wrong_number"}, "Choose which number"),
        ({"outcome": "bribed"}, "errorlist"),
        ({}, "errorlist"),
    ],
)
def test_an_incomplete_call_is_not_written_down(signed_in, sent, problem):
    page = signed_in("staff").post(call_page(new_patient("1")), {"channel": "call"} | sent).content.decode()
    assert problem in page
    assert not Attempt.objects.exists()


def test_a_wrong_number_is_not_texted_any_more(signed_in):
    patient = new_patient("1", number="+12055550123")
    sent = {"channel": "call", "outcome": "wrong_number", "number": "+12055550123"}
    signed_in("staff").post(call_page(patient), sent)
    assert replies.is_stopped("+12055550123")


def test_somebody_elses_number_cannot_be_stopped_from_here(signed_in):
    patient = new_patient("1", number="+12055550123")
    new_patient("2", number="+12055550199")
    sent = {"channel": "call", "outcome": "wrong_number", "number": "+12055550199"}
    signed_in("staff").post(call_page(patient), sent)
    assert not Suppression.objects.exists()


def test_a_try_in_the_future_is_refused():
    with pytest.raises(ValidationError):
        tried(new_patient("1"), at=clock.now() + DAY)


def test_those_who_only_read_see_the_list_without_its_buttons(signed_in):
    patient, client = new_patient("1"), signed_in("read_only")
    assert call_page(patient) not in client.get(LIST).content.decode()
    assert client.get(call_page(patient)).status_code == 403
    assert client.post(call_page(patient), {"channel": "call", "outcome": "other"}).status_code == 403
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("role", ["administrator", "provider", "staff"])
def test_the_care_team_may_call(signed_in, role):
    patient = new_patient("1")
    signed_in(role).post(call_page(patient), {"channel": "call", "outcome": "no_answer"})
    assert Attempt.objects.get().patient == patient


def test_the_tries_are_listed_and_never_changed(signed_in):
    attempt, client = tried(new_patient("1")), signed_in("administrator")
    assert "No answer" in client.get(reverse("admin:outreach_attempt_changelist")).content.decode()
    line = reverse("admin:outreach_attempt_change", args=[attempt.pk])
    assert client.get(line).status_code == 200
    assert client.post(line, {"outcome": "other"}).status_code == 403
    assert client.post(reverse("admin:outreach_attempt_delete", args=[attempt.pk])).status_code == 403
