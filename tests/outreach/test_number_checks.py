"""Wrong numbers and deaths are left to a person, until there is another number or a reason to close."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from explorer.lib import clock
from outreach.actions import checking, replies
from outreach.actions.attempts import record_attempt
from outreach.models import NumberCheck, Reply
from outreach.number_checks import open_checks
from patients.models import Patient, Phone
from tests.makers import patient
from tests.outreach import made

NUMBER = "+12055550123"
PAGE = reverse("admin:outreach_numbercheck_changelist")


@pytest.fixture
def owner():
    return patient(phone=NUMBER)


def said(text="Wrong number", reason="wrong_number", number=NUMBER, ago=timedelta()):
    at = clock.now() - ago
    reply = Reply.objects.create(
        item_id=f"ti_{Reply.objects.count()}", conversation_id="t", phone=number, text=text, received_at=at
    )
    return replies.suppress({number}, reason=reason, since=at, reply=reply)[0]


def open_for() -> list[tuple[str, str]]:
    return [(check.stop.reason, check.patient.mrn) for check in open_checks()]


def test_a_wrong_number_waits_for_a_person_who_finds_the_right_one(owner):
    said()
    assert open_for() == [("wrong_number", "1001")]
    Phone.objects.create(patient=owner, e164="+12055550177", label="cell")
    assert open_for() == []


def test_another_number_that_is_wrong_too_is_none(owner):
    Phone.objects.create(patient=owner, e164="+12055550177", label="home")
    said()
    assert open_for() == []
    said(number="+12055550177")
    assert open_for() == [("wrong_number", "1001")] * 2


def test_a_number_that_is_no_longer_theirs_is_none(owner):
    Phone.objects.create(patient=owner, e164="+12055550177", label="cell", retired_at=clock.now())
    said()
    assert open_for() == [("wrong_number", "1001")]


def test_the_number_of_a_matched_contact_counts_for_both_sides():
    person = patient(phone="")
    contact = made.contact(phone=NUMBER)
    made.match(person, contact, "accepted")
    said()
    assert open_for() == [("wrong_number", "1001")]
    contact.phones.create(e164="+12055550177")
    assert open_for() == []


def test_a_wrong_number_that_staff_found_by_calling_waits_too(owner):
    record_attempt(patient=owner, channel="call", outcome="wrong_number", number=NUMBER, by=None)
    assert open_for() == [("wrong_number", "1001")]


def test_everybody_on_the_number_is_asked_about(owner):
    patient(mrn="1002", phone=NUMBER)
    said()
    assert open_for() == [("wrong_number", "1001"), ("wrong_number", "1002")]


def test_deaths_come_first_then_the_oldest(owner):
    patient(mrn="1002", phone="+12055550124")
    patient(mrn="1003", phone="+12055550125")
    said(ago=timedelta(days=1))
    said(number="+12055550124", ago=timedelta(days=2))
    said("He died", "deceased", "+12055550125")
    assert [mrn for _, mrn in open_for()] == ["1003", "1002", "1001"]


def test_a_death_is_settled_when_it_is_recorded_for_one_of_the_number(owner):
    patient(mrn="1002", phone=NUMBER)
    said("My husband died", "deceased")
    assert len(open_checks()) == 2
    Patient.objects.filter(mrn="1002").update(deceased=True)
    assert open_for() == []


def test_another_number_does_not_settle_a_death(owner):
    Phone.objects.create(patient=owner, e164="+12055550177", label="cell")
    said("He died", "deceased")
    assert open_for() == [("deceased", "1001")]


def test_allowing_texts_again_settles_it(owner, user):
    replies.lift(said(), by=user("provider"), because="A joke, she says.")
    assert open_for() == []


def test_a_number_of_nobody_asks_nothing():
    said()
    assert open_for() == []


def test_a_person_closes_it_with_a_reason_and_the_first_reason_stays(owner, user):
    stop, staff = said(), user("staff")
    for because in ("She has no phone.", "Again."):
        checking.close_check(stop, patient=owner, because=because, by=staff)
    closed = NumberCheck.objects.get()
    assert (closed.because, closed.closed_by, open_for()) == ("She has no phone.", staff, [])


@pytest.mark.parametrize("because", ["", "   "])
def test_without_a_reason_nothing_is_closed(owner, because):
    with pytest.raises(ValidationError):
        checking.close_check(said(), patient=owner, because=because, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberCheck.objects.create(suppression=said(), patient=owner, because="")


def test_a_plain_stop_asks_nothing_and_cannot_be_closed(owner):
    stop = said("STOP", "stop")
    assert open_for() == []
    with pytest.raises(ValidationError):
        checking.close_check(stop, patient=owner, because="Why not", by=None)


def test_few_questions_to_the_database_however_many_wait(django_assert_max_num_queries):
    for n in range(12):
        patient(mrn=str(n), phone=f"+120555502{n:02}")
        said(number=f"+120555502{n:02}")
    with django_assert_max_num_queries(7):
        assert len(open_checks()) == 12


def test_the_page_shows_patient_last_four_words_and_the_way_to_mend_it(signed_in, owner):
    said("<b>Wrong</b> number")
    page = signed_in("staff").get(PAGE).content.decode()
    for words in ("Smith, John", "number ending in 0123", "&lt;b&gt;Wrong&lt;/b&gt; number", "Add the right number"):
        assert words in page
    assert "555-0123" not in page
    assert reverse("admin:patients_patient_edit", args=[owner.pk]) in page


def test_it_stands_on_the_first_page_and_in_the_sidebar(signed_in, owner):
    said()
    page = signed_in("staff").get("/admin/").content.decode()
    assert page.count(PAGE) == 2
    assert page.count("Numbers to check") == 2


@pytest.mark.parametrize(
    ("role", "may"), [("administrator", True), ("provider", True), ("staff", True), ("read_only", False)]
)
def test_who_may_close(signed_in, owner, role, may):
    stop, client = said(), signed_in(role)
    page = client.get(PAGE).content.decode()
    url = reverse("admin:outreach_numbercheck_close", args=[stop.pk, owner.pk])
    assert (url in page) == may
    assert client.get(url).status_code == 403
    assert (client.post(url, {"because": "Moved abroad."}).status_code == 302) == may
    assert NumberCheck.objects.exists() == may


def test_closing_without_a_reason_tells_so(signed_in, owner):
    stop, client = said(), signed_in("staff")
    url = reverse("admin:outreach_numbercheck_close", args=[stop.pk, owner.pk])
    assert "Write down why this is closed." in client.post(url, {}, follow=True).content.decode()


def test_a_patient_whose_match_was_rejected_is_not_asked_about():
    ours, other = patient(mrn="1001", phone=""), patient(mrn="1002", phone="")
    contact = made.contact(phone=NUMBER)
    made.match(other, contact, "rejected")
    made.match(ours, contact, "accepted")
    said()
    assert open_for() == [("wrong_number", "1001")]
