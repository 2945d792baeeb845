"""The form at the desk: what it writes, and that nothing else opens while a patient has the PC."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from consent.actions import desk as acts
from consent.models import ConsentEvent, DeskForm, Wording
from consent.wordings.defaults import defaults
from explorer.lib import clock
from explorer.models import User
from patients import merging
from patients.models import ApcmEnrolment, Patient, Practitioner
from tests import makers

PASSWORD = "a long test password"
DESK = "/desk/"
KINDS = ["records", "apcm", "notice", "texting"]
ANSWERS = {"records": "yes", "apcm": "yes", "notice": "no", "texting": "later", "read": "on",
           "signature": "John Smith", "signed": "on"}  # fmt: skip


@pytest.fixture(autouse=True)
def ready(monday, practice):
    cache.clear()
    practice.doctor, practice.old_practice = "Dr. Green", "Southview Clinic"
    practice.new_practice, practice.transition_date = "Home Team Medical", "2027-02-01"
    practice.save()
    texts = [each for each in defaults() if each.kind in KINDS]
    Wording.objects.bulk_create(
        Wording(**each._asdict(), version=1, valid_from="2026-01-01", sha256="0") for each in texts
    )
    return monday


@pytest.fixture
def patient(ready):
    made = makers.patient(address="12 Secret Lane")
    ApcmEnrolment.objects.create(patient=made, status="active")
    return made


@pytest.fixture
def biller(ready):
    return Practitioner.objects.create(name="Ann Lee, MD", npi="1234567893", side="new", bills_apcm=True)


@pytest.fixture
def staff(signed_in):
    return signed_in("staff")


def hand(client, patient, **more):
    told = {"identity_checks": ["full name", "date of birth"], "kinds": KINDS, "language": "en"} | more
    return client.post(reverse("admin:consent_deskform_hand", args=[patient.pk]), told)


@pytest.fixture
def at_desk(staff, patient, biller):
    """A client whose PC is with the patient."""
    assert hand(staff, patient, on_behalf_of=biller.pk)["Location"] == DESK
    return staff


def lines() -> dict[str, ConsentEvent]:
    return {event.kind: event for event in ConsentEvent.objects.all()}


def send(client, **changed):
    return client.post(DESK, ANSWERS | {"send": "1"} | changed)


def test_the_patient_sees_one_form_with_the_full_wordings_and_the_first_name_only(at_desk, patient):
    page = at_desk.get(DESK).content.decode()
    assert "Hello, John" in page
    for words in ("I authorize Southview Clinic to send", "Ann Lee, MD offers a monthly care program",
                  "Cost sharing may apply", "Reply STOP at any time"):  # fmt: skip
        assert words in page
    for secret in ("Smith", patient.mrn, "1950", "555-0123", "+1205", "Secret Lane", "/admin/patients"):
        assert secret not in page
    assert "no-store" in at_desk.get(DESK)["Cache-Control"]


def test_the_patient_checks_the_answers_before_they_are_written(at_desk):
    checked = at_desk.post(DESK, ANSWERS | {"check": "1"}).content.decode()
    assert "Are these your answers?" in checked
    assert not lines()
    back = at_desk.post(DESK, ANSWERS | {"change": "1"}).content.decode()
    assert 'value="John Smith"' in back
    assert at_desk.post(DESK, ANSWERS | {"send": "1"})["Location"] == DESK
    assert set(lines()) == {"records", "apcm", "notice"}


def test_each_answer_is_written_with_its_proof(at_desk, patient, biller):
    send(at_desk)
    found = lines()
    assert {kind: event.decision for kind, event in found.items()} == {
        "records": "given", "apcm": "given", "notice": "declined",
    }  # fmt: skip
    for kind, event in found.items():
        assert (event.patient, event.method, event.language) == (patient, "in_person", "en")
        assert event.identity_checks == ["full name", "date of birth"]
        assert (event.obtained_by, event.recorded_by.username) == ("test-staff", "test-staff")
        assert (event.wording.kind, event.wording.language) == (kind, "en")
        assert event.wording.used_at is not None
        assert "“John Smith”" in event.note
    assert found["apcm"].disclosures == dict.fromkeys(("available", "one_practitioner", "stop", "cost"), True)
    assert found["apcm"].on_behalf_of == biller
    assert found["records"].disclosures == {}
    form = DeskForm.objects.get()
    assert (form.state, form.answers["texting"]) == ("answered", "later")
    assert "Southview Clinic" in form.shown["records"]["text"]


def test_what_stood_on_the_screen_can_never_be_changed_afterwards(at_desk):
    send(at_desk)
    for change in ({"shown": {}}, {"signature": "Mallory"}, {"answers": {"records": "no"}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            DeskForm.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        DeskForm.objects.all().delete()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"records": ""}, "Please choose one."),
        ({"records": "maybe"}, "Please choose one."),
        ({"read": ""}, "read the four points"),
        ({"signature": " "}, "type your full name"),
        ({"signed": ""}, "tick this to sign"),
        ({"signature": "John\0Smith"}, "Null characters"),
    ],
)
def test_an_incomplete_form_writes_nothing_and_says_what_is_open(changed, sentence, at_desk):
    assert sentence in send(at_desk, **changed).content.decode()
    assert not lines()
    assert DeskForm.objects.get().is_open


def test_the_form_speaks_spanish(staff, patient, biller):
    hand(staff, patient, language="es", on_behalf_of=biller.pk)
    page = staff.get(DESK).content.decode()
    assert "Autorizo a Southview Clinic a enviar" in page
    assert "Solo un profesional puede prestarlo" in page
    send(staff)
    assert {event.language for event in lines().values()} == {"es"}
    assert "Gracias." in staff.get(DESK).content.decode()


def test_nothing_but_not_now_is_given_back_without_an_answer(at_desk):
    send(at_desk, records="later", apcm="later", notice="later", signature="", signed="", read="")
    assert not lines()
    assert DeskForm.objects.get().state == "given_back"


@pytest.mark.parametrize("name", ["john smith", "Jon Smith", "J. Smith", "SMITH, JOHN"])
def test_slips_and_short_forms_of_the_own_name_fit(name, at_desk):
    send(at_desk, signature=name)
    assert DeskForm.objects.get().state == "answered"


@pytest.mark.parametrize("name", ["Mary Jones", "x", "Paula Smith", "John Smith for Mary", "<script>alert(1)</script>"])
def test_a_name_that_does_not_fit_waits_for_a_person_and_nothing_is_lost(name, at_desk):
    send(at_desk, signature=name)
    form = DeskForm.objects.get()
    assert not lines()
    assert (form.state, form.signature, form.answers["records"]) == ("doubt", name, "yes")
    assert "Thank you" in at_desk.get(DESK).content.decode()  # no feedback to who sits there


def test_a_person_settles_a_form_in_doubt_as_of_its_own_time(at_desk, client, ready, user):
    send(at_desk, signature="Joan Miller")
    form = DeskForm.objects.get()
    client.post(reverse("desk_unlock"), {"password": PASSWORD})
    assert client.get("/admin/").context["today"]["tiles"]
    ready(2)
    url = reverse("admin:consent_deskform_settle", args=[form.pk])
    client.post(url, {"decision": "write", "because": " "})
    assert not lines()
    client.post(url, {"decision": "write", "because": "Signed with the name before the marriage."})
    assert lines()["records"].occurred_at == form.ended_at
    assert "before the marriage" in lines()["records"].note
    client.post(url, {"decision": "drop", "because": "twice"})
    form.refresh_from_db()
    assert (form.state, ConsentEvent.objects.count()) == ("written", 3)


def test_a_form_in_doubt_may_be_dropped_with_a_reason(at_desk, client, user):
    send(at_desk, signature="Somebody Else")
    form = DeskForm.objects.get()
    acts.settle(form, write=False, because="The neighbour sat there.", by=form.opened_by)
    assert not lines()
    assert DeskForm.objects.get().state == "dropped"
    with pytest.raises(ValidationError, match="settled this form already"):
        acts.settle(form, write=True, because="Again", by=form.opened_by)


def test_a_representative_signs_with_the_name_that_staff_checked(staff, patient, biller):
    proxy = {"given_by": "Mary Smith", "authority_kind": "attorney", "authority": "Paper seen on 12/07/2026"}
    hand(staff, patient, on_behalf_of=biller.pk, **proxy)
    assert "Mary Smith" in staff.get(DESK).content.decode()
    send(staff, signature="mary smith")
    event = lines()["records"]
    assert (event.given_by, "Paper seen" in event.authority) == ("Mary Smith", True)


def test_the_patients_own_name_does_not_sign_for_a_representative(staff, patient, biller):
    proxy = {"given_by": "Mary Smith", "authority_kind": "attorney", "authority": "Paper seen on 12/07/2026"}
    hand(staff, patient, on_behalf_of=biller.pk, **proxy)
    send(staff, signature="John Smith")
    assert DeskForm.objects.get().state == "doubt"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"identity_checks": ["full name"]}, "one alone does not prove"),
        ({"identity_checks": []}, "Tick at least two"),
        ({"kinds": []}, "at least one question"),
        ({"language": "vi"}, "valid choice"),
        ({"given_by": "Mary Smith"}, "fill in all three"),
    ],
)
def test_the_pc_is_not_handed_over_without_proof(changed, sentence, staff, patient, biller):
    assert sentence in hand(staff, patient, on_behalf_of=biller.pk, **changed).content.decode()
    assert staff.get("/admin/").status_code == 200
    assert not DeskForm.objects.exists()


def test_a_missing_wording_or_profile_is_said_and_nothing_is_sealed(staff, patient, biller, practice):
    practice.old_practice = ""
    practice.save()
    page = hand(staff, patient, on_behalf_of=biller.pk).content.decode()
    assert "the old practice" in page
    assert not Wording.objects.exclude(used_at=None).exists()
    Wording.objects.filter(kind="texting").update(retired_at=clock.now())
    assert "no wording in force" in hand(staff, patient, kinds=["texting"]).content.decode()


def test_apcm_is_asked_of_enrolled_patients_only(staff, ready):
    other = makers.patient(mrn="1002", phone="")
    assert "valid choice" in hand(staff, other).content.decode()
    hand(staff, other, kinds=["records", "texting"])
    assert set(DeskForm.objects.get().shown) == {"records", "texting"}


# Attacks


OTHER_ADDRESSES = [
    "/", "/admin/", "/admin", "/admin/patients/patient/", "/admin/patients/patient/1/change/", "/admin/logout/",
    "/admin/consent/consentevent/", "/admin/consent/deskform/", "/admin/consent/deskform/hand/1/",
    "/admin/auditlog/logentry/", "/admin/jsi18n/", "/admin/autocomplete/", "/admin/search/", "/accounts/logout/",
    "/accounts/login/", "/accounts/password/change/", "/accounts/reauthenticate/", "/nothing/", "/desk", "/deskx/",
    "/admin/../admin/patients/patient/", "//admin/", "/static/../admin/",
]  # fmt: skip


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "options"])
def test_every_other_address_leads_back_to_the_form(method, at_desk):
    for address in OTHER_ADDRESSES:
        answer = getattr(at_desk, method)(address)
        assert (answer.status_code, answer["Location"]) == (302, DESK), address


def test_all_registered_admin_pages_are_shut(at_desk, patient):
    shut = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    assert shut
    for address in shut:
        for method in ("get", "post"):
            assert getattr(at_desk, method)(address)["Location"] == DESK


@pytest.mark.parametrize("end", ["answer", "back", "idle"])
def test_it_stays_shut_after_the_form_has_ended(end, at_desk, ready):
    if end == "answer":
        send(at_desk)
    elif end == "back":
        at_desk.post(reverse("desk_back"))
    else:
        ready(0.01)
    page = at_desk.get(DESK).content.decode()
    assert "give the PC back" in page
    assert "John" not in page
    assert "I authorize" not in page
    assert at_desk.get("/admin/patients/patient/")["Location"] == DESK


def test_a_forged_patient_or_question_changes_nothing(at_desk, patient):
    other = makers.patient(mrn="1002", first="Eve", phone="")
    forged = {"patient": other.pk, "patient_id": other.pk, "desk_form": 99, "form": 99, "by": 1, "method": "form"}
    send(at_desk, **forged)
    assert {event.patient for event in lines().values()} == {patient}
    assert {event.method for event in lines().values()} == {"in_person"}


def test_a_question_that_was_not_shown_cannot_be_answered(staff, patient):
    hand(staff, patient, kinds=["records"])
    send(staff)
    assert set(lines()) == {"records"}


def test_a_second_tab_cannot_answer_again_or_otherwise(at_desk):
    send(at_desk)
    send(at_desk, records="no", apcm="no")
    assert ConsentEvent.objects.count() == 3
    assert lines()["records"].decision == "given"
    form = DeskForm.objects.get()
    acts.answer(form, answers={"records": "no"}, signature="John Smith", by=None)
    acts.give_back(form)
    assert (ConsentEvent.objects.count(), DeskForm.objects.get().state) == (3, "answered")


def test_a_request_that_was_under_way_does_not_bring_the_old_session_back(staff, patient, biller):
    before = staff.cookies["patient_explorer_session"].value
    late = Client()
    late.cookies["patient_explorer_session"] = before
    hand(staff, patient, on_behalf_of=biller.pk)
    assert staff.cookies["patient_explorer_session"].value != before
    assert "/login/" in late.get("/admin/")["Location"]


def test_five_idle_minutes_on_the_servers_clock_close_it_with_nothing_written(at_desk, ready):
    form = DeskForm.objects.get()
    DeskForm.objects.update(used_at=clock.now() - timedelta(minutes=4, seconds=50))
    assert at_desk.post(reverse("desk_here")).status_code == 204
    assert DeskForm.objects.get().is_open
    DeskForm.objects.update(used_at=clock.now() - timedelta(minutes=5, seconds=1))
    send(at_desk)
    form.refresh_from_db()
    assert (form.state, form.answers, lines()) == ("idle", {}, {})
    assert at_desk.post(reverse("desk_here")).status_code == 205
    assert "nobody used it" in at_desk.get(DESK).content.decode()


def test_a_clock_that_is_set_back_closes_it_too(at_desk):
    DeskForm.objects.update(used_at=clock.now() + timedelta(hours=1))
    send(at_desk)
    assert not lines()
    assert DeskForm.objects.get().state == "idle"


def test_only_the_staff_members_own_password_opens_the_pc_again(at_desk, patient, user):
    user("administrator")
    unlock = reverse("desk_unlock")
    assert at_desk.post(unlock, {"password": PASSWORD})["Location"] == DESK  # still with the patient
    at_desk.post(reverse("desk_back"))
    for wrong in ("", "wrong", PASSWORD.upper(), "x" * 100_000):
        assert "not your password" in at_desk.post(unlock, {"password": wrong}).content.decode()
        assert at_desk.get("/admin/")["Location"] == DESK
    answer = at_desk.post(unlock, {"password": PASSWORD})
    assert answer["Location"] == reverse("admin:patients_patient_change", args=[patient.pk])
    assert at_desk.get("/admin/").status_code == 200
    assert DeskForm.objects.get().unlocked_at is not None
    assert at_desk.get(DESK)["Location"] == "/admin/"


def test_five_wrong_passwords_sign_the_session_out(at_desk):
    at_desk.post(reverse("desk_back"))
    answers = [at_desk.post(reverse("desk_unlock"), {"password": f"guess {number}"}) for number in range(5)]
    assert answers[-1]["Location"] == reverse("account_login")
    assert "/login/" in at_desk.get("/admin/")["Location"]
    assert at_desk.get(DESK)["Location"] == reverse("account_login")
    at_desk.post(reverse("desk_unlock"), {"password": PASSWORD})
    assert "/login/" in at_desk.get("/admin/")["Location"]


def test_signing_out_instead_shows_nothing(at_desk):
    assert at_desk.post(reverse("desk_sign_out"))["Location"] == reverse("account_login")
    assert "/login/" in at_desk.get("/admin/")["Location"]
    assert DeskForm.objects.get().state == "given_back", "nobody can go on with it"


@pytest.mark.parametrize("name", ["desk_here", "desk_back", "desk_unlock", "desk_sign_out"])
def test_an_act_that_is_only_typed_as_an_address_does_nothing(name, at_desk):
    assert at_desk.get(reverse(name))["Location"] == DESK
    assert DeskForm.objects.get().is_open


def test_an_expired_session_or_a_closed_account_meets_the_sign_in(at_desk):
    User.objects.filter(username="test-staff").update(is_active=False)
    assert "/login/" in at_desk.get("/admin/")["Location"]
    assert at_desk.get(DESK)["Location"] == reverse("account_login")
    at_desk.session.flush()
    assert at_desk.get(DESK)["Location"] == reverse("account_login")


def test_who_loses_the_right_meanwhile_writes_nothing(at_desk):
    User.objects.filter(username="test-staff").update(role="read_only")
    send(at_desk)
    assert not lines()
    assert DeskForm.objects.get().is_open


def test_another_persons_form_is_not_opened(at_desk, user):
    DeskForm.objects.update(opened_by=user("provider"))
    assert at_desk.get(DESK)["Location"] == reverse("account_login")


def test_without_a_form_the_desk_leads_away(client, signed_in):
    assert client.get(DESK)["Location"] == reverse("account_login")
    assert client.post(reverse("desk_unlock"), {"password": PASSWORD})["Location"] == reverse("account_login")
    assert signed_in("staff").get(DESK)["Location"] == "/admin/"


def test_it_takes_a_token_of_the_page_to_post(at_desk):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = at_desk.cookies
    for address in (DESK, reverse("desk_back"), reverse("desk_unlock")):
        assert strict.post(address, ANSWERS | {"send": "1", "password": PASSWORD}).status_code == 403
    assert DeskForm.objects.get().is_open


def test_a_chart_that_is_merged_meanwhile_loses_no_answer(at_desk, patient):
    kept = makers.patient(mrn="2001", first="John", phone="")
    absorbed = Patient.charts.get(pk=patient.pk)
    kept.refresh_from_db()
    merging.merge(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=None)
    send(at_desk)
    assert ConsentEvent.objects.of_patient(kept).count() == 3


def test_answers_that_the_ledger_refuses_wait_for_a_person(at_desk, patient):
    Patient.objects.update(date_of_birth=clock.now().date() + timedelta(days=3))
    send(at_desk)
    form = DeskForm.objects.get()
    assert (form.state, form.answers["records"], lines()) == ("doubt", "yes", {})
    assert "before the patient's birth" in form.doubt


@pytest.mark.parametrize("role", ["read_only"])
def test_who_may_not_record_decisions_hands_nothing_over(role, signed_in, patient):
    assert hand(signed_in(role), patient).status_code == 403


def test_the_patients_page_offers_it(staff, patient):
    page = staff.get(reverse("admin:patients_patient_change", args=[patient.pk])).content.decode()
    assert reverse("admin:consent_deskform_hand", args=[patient.pk]) in page
