"""Decisions, form answers and personal codes, through HTTP."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import localtime

from consent import codes
from consent.invitations import invite
from consent.ledger import record_event
from consent.models import ConsentEvent, Invitation, Response, ResponseFile
from explorer.lib import clock
from patients.models import ApcmEnrolment, Patient, Phone
from tests import makers

NUMBER = "+12055550123"
DAY = timedelta(days=1)
LEDGER = reverse("admin:consent_consentevent_changelist")
ANSWERS = reverse("admin:consent_response_changelist")
UPLOAD = reverse("admin:consent_response_upload")
CODES = reverse("admin:consent_invitation_changelist")


def new_patient(mrn="1001", first="Ada", last="Testwood", *, apcm=False, born=date(1950, 1, 2)) -> Patient:
    patient = Patient(mrn=mrn, first_name=first, last_name=last, date_of_birth=born)
    patient.touch()
    patient.save()
    Phone.objects.create(patient=patient, e164=NUMBER)
    if apcm:
        ApcmEnrolment.objects.create(patient=patient, level=1)
    return patient


@pytest.fixture
def patient():
    return new_patient()


def record_page(patient: Patient) -> str:
    return reverse("admin:consent_consentevent_record", args=[patient.pk])


def spoken(practice, *, ago=timedelta(hours=1), **more) -> dict:
    """A complete form, as a nurse fills it in after a call; times in the practice's zone."""
    at = localtime(clock.now() - ago, ZoneInfo(practice.time_zone))
    return {
        "records": "yes",
        "method": "phone",
        "language": "en",
        "occurred_at_0": f"{at:%Y-%m-%d}",
        "occurred_at_1": f"{at:%H:%M}",
        "identifiers": ["full name", "date of birth"],
        "obtained_by": "Nurse Test",
        "witness": "Ann Test",
    } | more


REPRESENTATIVE = {
    "who": "representative",
    "given_by": "Dora Test",
    "relation": "daughter",
    "authority_kind": "attorney",
    "authority": "Document seen on 12/01/2026",
}


def confirmed(form: dict) -> dict:
    return form | {"confirmed": "1"}


def test_a_decision_is_shown_before_it_is_written(signed_in, patient, practice):
    page = signed_in("staff").post(record_page(patient), spoken(practice)).content.decode()
    assert "Check what will be written" in page
    assert "Records may move" in page
    assert not ConsentEvent.objects.exists()


def test_a_confirmed_decision_is_in_the_ledger_with_its_proof(signed_in, patient, practice):
    client, form = signed_in("staff"), spoken(practice, notice="no")
    response = client.post(record_page(patient), confirmed(form))
    assert response.url == reverse("admin:patients_patient_change", args=[patient.pk])
    lines = {event.kind: event for event in ConsentEvent.objects.all()}
    decided = {kind: event.decision for kind, event in lines.items()}
    assert decided == {"records": "given", "notice": "declined"}
    line = lines["records"]
    assert (line.method, line.obtained_by, line.witness) == ("phone", "Nurse Test", "Ann Test")
    assert line.recorded_by.username == "test-staff"
    assert line.identity_checks == ["full name", "date of birth"]
    assert (line.language, line.note) == ("en", "")


def test_the_time_is_read_in_the_practices_zone(signed_in, patient, practice):
    form = spoken(practice) | {"occurred_at_0": "2024-01-10", "occurred_at_1": "14:30"}
    signed_in("staff").post(record_page(patient), confirmed(form))
    assert ConsentEvent.objects.get().occurred_at.isoformat() == "2024-01-10T20:30:00+00:00"


def test_the_one_who_records_is_the_one_who_spoke_unless_changed(signed_in, patient):
    page = signed_in("staff").get(record_page(patient)).content.decode()
    assert 'name="obtained_by" value="test-staff"' in page


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"records": ""}, "Nothing is answered yet"),
        ({"witness": ""}, "Name the witness"),
        ({"witness": "Nurse Test"}, "somebody else"),
        ({"method": "in_person", "witness": ""}, "Name the witness"),
        ({"identifiers": []}, "Tick at least two"),
        ({"identifiers": ["full name"]}, "Tick at least two"),
        ({"given_by": "Daughter"}, "what that person is"),
        ({"authority": "Document seen"}, "Name the person"),
        ({"who": "representative"}, "Name the person"),
        (REPRESENTATIVE | {"authority_kind": ""}, "Choose why"),
        (REPRESENTATIVE | {"authority": " "}, "what shows"),
        (REPRESENTATIVE | {"authority_kind": "parent"}, "was of age"),
        ({"obtained_by": ""}, "required"),
        ({"method": "form"}, "errorlist"),
        ({"occurred_at_0": "1949-12-31"}, "before the patient"),
        ({"occurred_at_0": "2999-01-01"}, "future"),
        ({"occurred_at_0": "", "occurred_at_1": ""}, "required"),
    ],
)
def test_what_is_not_proven_is_not_written(signed_in, patient, practice, change, problem):
    page = signed_in("staff").post(record_page(patient), confirmed(spoken(practice) | change))
    assert problem in page.content.decode()
    assert not ConsentEvent.objects.exists()


def test_a_signed_paper_needs_no_witness(signed_in, patient, practice):
    form = spoken(practice, method="paper", witness="")
    signed_in("staff").post(record_page(patient), confirmed(form))
    assert ConsentEvent.objects.get().method == "paper"


def test_somebody_else_decides_with_authority(signed_in, patient, practice):
    signed_in("staff").post(record_page(patient), confirmed(spoken(practice, **REPRESENTATIVE)))
    line = ConsentEvent.objects.get()
    assert (line.given_by, line.relation, line.authority_kind) == ("Dora Test", "daughter", "attorney")
    assert line.authority == "Document seen on 12/01/2026"


READ = ["available", "one_practitioner", "stop", "cost"]


@pytest.mark.parametrize(
    ("apcm", "read", "method", "written"),
    [
        ("yes", READ, "phone", True),
        ("yes", READ[:3], "phone", False),
        ("yes", [], "in_person", False),
        ("yes", [], "paper", False),
        ("yes", READ, "paper", True),
        ("no", [], "phone", True),
    ],
)
def test_a_spoken_yes_to_apcm_needs_the_four_disclosures(signed_in, practice, apcm, read, method, written):
    patient = new_patient(apcm=True)
    who = makers.practitioner().pk
    form = spoken(practice, records="", apcm=apcm, disclosures=read, method=method, on_behalf_of=who)
    signed_in("staff").post(record_page(patient), confirmed(form))
    assert ConsentEvent.objects.filter(kind="apcm").exists() == written


def test_apcm_is_asked_of_enrolled_patients_only(signed_in, patient, practice):
    client = signed_in("staff")
    assert 'name="apcm"' not in client.get(record_page(patient)).content.decode()
    client.post(record_page(patient), confirmed(spoken(practice, apcm="yes", disclosures=READ)))
    assert not ConsentEvent.objects.filter(kind="apcm").exists()


@pytest.mark.parametrize(("ago", "late"), [(23 * DAY / 24, False), (3 * DAY, True)])
def test_a_late_entry_is_called_so(signed_in, patient, practice, ago, late):
    client, form = signed_in("staff"), spoken(practice, ago=ago)
    assert ("Late entry" in client.post(record_page(patient), form).content.decode()) == late
    client.post(record_page(patient), confirmed(form))
    assert ("late entry" in client.get(LEDGER).content.decode()) == late


def said(patient: Patient, decision: str, ago: timedelta, kind="records") -> ConsentEvent:
    return record_event(
        patient=patient, kind=kind, decision=decision, method="phone", occurred_at=clock.now() - ago, by=None
    )


def test_a_contradiction_is_said_before_it_is_written(signed_in, patient, practice):
    earlier = said(patient, "declined", 2 * DAY)
    page = signed_in("staff").post(record_page(patient), spoken(practice)).content.decode()
    assert "This contradicts what is on record" in page
    assert f'name="replace_records" value="{earlier.pk}"' in page


def test_a_contradiction_that_nobody_settles_is_kept_as_one(signed_in, patient, practice):
    earlier = said(patient, "declined", 2 * DAY)
    form = confirmed(spoken(practice)) | {"replace_records": ""}
    signed_in("staff").post(record_page(patient), form)
    assert ConsentEvent.objects.get(decision="given").contradicts == earlier


def test_the_new_answer_replaces_the_earlier_one_with_a_reason(signed_in, patient, practice):
    earlier = said(patient, "declined", 2 * DAY)
    settled = {"replace_records": str(earlier.pk), "because_records": "A neighbor had answered."}
    signed_in("staff").post(record_page(patient), confirmed(spoken(practice)) | settled)
    line = ConsentEvent.objects.get(decision="given")
    assert (line.supersedes, line.contradicts) == (earlier, None)
    assert line.note.startswith("A neighbor had answered.")


def test_replacing_without_a_reason_is_refused(signed_in, patient, practice):
    earlier = said(patient, "declined", 2 * DAY)
    form = confirmed(spoken(practice)) | {"replace_records": str(earlier.pk), "because_records": " "}
    page = signed_in("staff").post(record_page(patient), form, follow=True).content.decode()
    assert "Say why" in page
    assert ConsentEvent.objects.count() == 1


def test_a_no_after_a_yes_is_shown_as_taken_back(signed_in, patient, practice):
    said(patient, "given", 5 * DAY)
    client, form = signed_in("staff"), spoken(practice, records="no")
    assert "takes back the yes" in client.post(record_page(patient), form).content.decode()
    client.post(record_page(patient), confirmed(form))
    assert ConsentEvent.objects.first().decision == "revoked"


def test_a_second_click_writes_nothing_more(signed_in, patient, practice):
    client, form = signed_in("staff"), confirmed(spoken(practice))
    client.post(record_page(patient), form)
    client.post(record_page(patient), form)
    assert ConsentEvent.objects.count() == 1


def test_the_form_can_be_changed_before_it_is_written(signed_in, patient, practice):
    page = signed_in("staff").post(record_page(patient), spoken(practice) | {"change": "1"}).content.decode()
    assert "What did the patient say?" in page
    assert 'value="Ann Test"' in page


@pytest.mark.parametrize(
    ("onward", "lands_there"),
    [("/admin/outreach/attempt/who-is-left/", True), ("https://evil.example.com/", False)],
)
def test_it_leads_back_into_this_program_only(signed_in, patient, practice, onward, lands_there):
    response = signed_in("staff").post(record_page(patient), confirmed(spoken(practice)) | {"next": onward})
    assert (response.url == onward) == lands_there


def test_those_who_only_read_cannot_record(signed_in, patient, practice):
    client = signed_in("read_only")
    assert client.get(record_page(patient)).status_code == 403
    assert client.post(record_page(patient), confirmed(spoken(practice))).status_code == 403
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("role", ["administrator", "provider", "staff"])
def test_the_care_team_may_record(signed_in, patient, practice, role):
    signed_in(role).post(record_page(patient), confirmed(spoken(practice)))
    assert ConsentEvent.objects.exists()


def test_the_ledger_is_read_and_never_changed(signed_in, patient):
    event, client = said(patient, "given", DAY), signed_in("administrator")
    line = reverse("admin:consent_consentevent_change", args=[event.pk])
    assert "Testwood, Ada" in client.get(LEDGER).content.decode()
    assert client.get(line).status_code == 200
    assert client.post(line, {"decision": "declined"}).status_code == 403
    assert client.get(reverse("admin:consent_consentevent_add")).status_code == 403
    assert client.post(reverse("admin:consent_consentevent_delete", args=[event.pk])).status_code == 403
    event.refresh_from_db()
    assert event.decision == "given"


def test_the_ledger_asks_few_queries(signed_in, patient, django_assert_max_num_queries):
    for hours in range(30):
        said(patient, "given", timedelta(hours=hours))
    client = signed_in("read_only")
    with django_assert_max_num_queries(20):
        client.get(LEDGER)


# ---- form answers


def answer_of(*candidates: Patient, **more) -> Response:
    told = {"Your date of birth": "1/2/1950", "Your name": "=ADA <b>Testwood</b>"}
    form = {"form": "f", "headings": list(told), "columns": {"date_of_birth": 0, "full_name": 1}}
    file = ResponseFile.objects.get_or_create(filename="answers.xlsx", sha256="0" * 64, defaults=form)[0]
    known = {
        "row": 2 + Response.objects.count(),
        "content_hash": "h",
        "completed_at": clock.now() - DAY,
        "decisions": {"records": "yes", "apcm": "not_applicable"},
        "identity": {"code": "missing", "dob": "right", "name": "right"},
        "outcome": "review",
        "reasons": [{"code": "code_missing", "words": "No code was given."}],
        "candidates": [patient.pk for patient in candidates],
        "likely": candidates[0] if candidates else None,
    }
    response = Response(file=file, **known | more)
    response.seal(list(told.values()))
    response.save()
    return response


def review_page(response: Response) -> str:
    return reverse("admin:consent_response_change", args=[response.pk])


def apply_page(response: Response, patient: Patient) -> str:
    return reverse("admin:consent_response_apply", args=[response.pk, patient.pk])


def test_answers_stand_under_their_outcome(signed_in, patient):
    answer_of(patient)
    answer_of(patient, outcome="applied", patient=patient, reasons=[])
    client = signed_in("read_only")
    page = client.get(ANSWERS).content.decode()
    assert "No code was given." in page
    assert "Needs review (1)" in page
    assert "Applied (1)" in page
    assert "No code was given." not in client.get(f"{ANSWERS}?outcome=applied").content.decode()


def test_no_answers_at_all_says_what_to_do(signed_in):
    assert "Take in the newest export" in signed_in("staff").get(ANSWERS).content.decode()


def test_the_list_of_answers_asks_few_queries(signed_in, patient, django_assert_max_num_queries):
    for _ in range(30):
        answer_of(patient)
    client = signed_in("staff")
    with django_assert_max_num_queries(20):
        client.get(ANSWERS)


def test_a_review_shows_words_judgement_and_candidates_in_order(signed_in, patient):
    other = new_patient("1002", "Zed", "Otherman")
    page = signed_in("staff").get(review_page(answer_of(other, patient))).content.decode()
    for words in ("=ADA &lt;b&gt;Testwood&lt;/b&gt;", "not given", "No code was given.", "(205) 555-0123"):
        assert words in page
    assert page.index("Otherman, Zed") < page.index("Testwood, Ada")


def test_somebody_else_can_be_found(signed_in, patient):
    other = new_patient("1002", "Zed", "Otherman")
    response = answer_of(patient)
    page = signed_in("staff").get(review_page(response), {"q": "otherm"}).content.decode()
    assert apply_page(response, other) in page


def test_applying_lists_what_it_writes_and_writes_it_when_confirmed(signed_in, patient):
    response, client = answer_of(patient), signed_in("staff")
    page = client.get(apply_page(response, patient)).content.decode()
    assert "Records may move" in page
    assert not ConsentEvent.objects.exists()
    client.post(apply_page(response, patient), {"note": "Called back."})
    event = ConsentEvent.objects.get()
    assert (event.patient, event.kind, event.decision, event.method) == (patient, "records", "given", "form")
    response.refresh_from_db()
    assert (response.outcome, response.patient) == ("applied", patient)
    assert response.decided_by.username == "test-staff"
    assert response.decision_note == "Called back."


def test_applying_says_when_it_contradicts(signed_in, patient):
    said(patient, "declined", 2 * DAY)
    page = signed_in("staff").get(apply_page(answer_of(patient), patient)).content.decode()
    assert "kept as a contradiction" in page


def test_an_answer_without_yes_or_no_writes_nothing_and_says_so(signed_in, patient):
    response = answer_of(patient, decisions={"records": "unclear"})
    page = signed_in("staff").get(apply_page(response, patient)).content.decode()
    assert "says neither yes nor no" in page


def test_another_patient_than_the_likeliest_is_warned_about(signed_in, patient):
    other = new_patient("1002", "Zed", "Otherman")
    page = signed_in("staff").get(apply_page(answer_of(patient), other)).content.decode()
    assert "was not checked against this patient" in page


def test_an_answer_from_before_the_birth_cannot_be_applied(signed_in):
    baby = new_patient("1003", born=localtime(clock.now()).date())
    response = answer_of(baby)
    page = signed_in("staff").post(apply_page(response, baby)).content.decode()
    assert "before the patient" in page
    response.refresh_from_db()
    assert response.outcome == "review"


def test_an_answer_is_decided_once(signed_in, patient):
    other = new_patient("1002", "Zed", "Otherman")
    response, client = answer_of(patient, other), signed_in("staff")
    client.post(apply_page(response, patient))
    page = client.post(apply_page(response, other), follow=True).content.decode()
    assert "meanwhile" in page
    assert not ConsentEvent.objects.filter(patient=other).exists()


def test_a_useless_answer_is_put_aside_with_a_note(signed_in, patient):
    response, client = answer_of(patient), signed_in("staff")
    url = reverse("admin:consent_response_dismiss", args=[response.pk])
    client.post(url, {"note": " "})
    response.refresh_from_db()
    assert response.outcome == "review"
    client.post(url, {"note": "A test by the front desk."})
    response.refresh_from_db()
    assert (response.outcome, response.decision_note) == ("rejected", "A test by the front desk.")
    assert not ConsentEvent.objects.exists()


def test_those_who_only_read_see_an_answer_without_buttons(signed_in, patient):
    response, client = answer_of(patient), signed_in("read_only")
    page = client.get(review_page(response)).content.decode()
    assert "=ADA" in page
    assert apply_page(response, patient) not in page
    assert client.get(apply_page(response, patient)).status_code == 403
    assert client.post(apply_page(response, patient)).status_code == 403
    assert client.post(reverse("admin:consent_response_dismiss", args=[response.pk])).status_code == 403
    assert client.get(UPLOAD).status_code == 403
    assert UPLOAD not in client.get(ANSWERS).content.decode()


HEADINGS = (
    "Id,Start time,Completion time,Reference code,Your date of birth,"
    "Do you authorize the new practice to access and copy your medical records?,Your full legal name"
)


def export_of(invitation: Invitation, *rows: str) -> SimpleUploadedFile:
    lines = [row.replace("CODE", codes.show(invitation.code)) for row in rows]
    return SimpleUploadedFile("answers.csv", "\n".join([HEADINGS, *lines]).encode())


@pytest.fixture
def invitation(patient):
    return invite({NUMBER: [patient.pk]}, by=None)[NUMBER]


def answered(number: int, name: str) -> str:
    at = localtime(clock.now()).strftime("%m/%d/%Y %H:%M")
    return f'{number},{at},{at},CODE,01/02/1950,"Yes, I authorize this.",{name}'


def test_an_export_is_shown_before_it_is_taken_in(signed_in, patient, invitation):
    client = signed_in("staff")
    file = export_of(invitation, answered(1, "Ada Testwood"), answered(2, "Somebody Else"))
    response = client.post(UPLOAD, {"file": file})
    page = client.get(response.url).content.decode()
    assert "2 answers in answers.csv" in page
    assert "The name is not the patient" in page
    assert not Response.objects.exists()
    client.post(response.url)
    assert set(Response.objects.values_list("outcome", flat=True)) == {"applied", "review"}
    assert ConsentEvent.objects.get().patient == patient


def test_a_kept_upload_is_gone_once_it_is_taken_in(signed_in, invitation):
    client = signed_in("staff")
    check = client.post(UPLOAD, {"file": export_of(invitation, answered(1, "Ada Testwood"))}).url
    client.post(check)
    assert client.get(check).url == UPLOAD


def test_a_kept_upload_is_nobody_elses(signed_in, invitation):
    check = signed_in("staff").post(UPLOAD, {"file": export_of(invitation, answered(1, "Ada Testwood"))}).url
    other = signed_in("provider")
    assert other.get(check).url == UPLOAD
    other.post(check)
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("answers.csv", b""), ("answers.xlsx", b"\x89PNG\r\n\x1a\n"), ("answers.csv", b"Name,Color\nAda,red\n")],
)
def test_a_file_that_is_no_export_is_refused_in_a_sentence(signed_in, name, content):
    response = signed_in("staff").post(UPLOAD, {"file": SimpleUploadedFile(name, content)})
    assert "errorlist" in response.content.decode()
    assert not ResponseFile.objects.exists()


# ---- personal codes


def code_page(invitation: Invitation, name: str) -> str:
    return reverse(f"admin:consent_invitation_{name}", args=[invitation.pk])


def test_the_codes_show_whom_they_cover_and_no_whole_number(signed_in, patient, invitation):
    new_patient("1002", "Ben", "Testwood").invitations.add(invitation)
    page = signed_in("read_only").get(CODES).content.decode()
    assert codes.show(invitation.code) in page
    for words in ("2 patients:", "Testwood, Ada", "Testwood, Ben", "ends in 0123"):
        assert words in page
    assert "205) 555-0123" not in page
    assert NUMBER not in page


def test_a_code_is_found_as_it_is_read_aloud(signed_in, patient, invitation):
    other = invite({"+12055550199": [patient.pk]}, by=None)["+12055550199"]
    page = signed_in("staff").get(CODES, {"q": codes.show(invitation.code).lower()}).content.decode()
    assert codes.show(invitation.code) in page
    assert codes.show(other.code) not in page


@pytest.mark.parametrize(("status", "shown"), [("active", True), ("expired", False), ("revoked", False)])
def test_codes_are_filtered_by_status(signed_in, invitation, status, shown):
    page = signed_in("staff").get(CODES, {"status": status}).content.decode()
    assert (codes.show(invitation.code) in page) == shown


def test_the_codes_ask_few_queries(signed_in, patient, django_assert_max_num_queries):
    invite({f"+1205555{n:04}": [patient.pk] for n in range(30)}, by=None)
    client = signed_in("read_only")
    with django_assert_max_num_queries(20):
        client.get(CODES)


def test_the_sheet_names_the_practice_and_no_patient_in_print(signed_in, invitation):
    page = signed_in("read_only").get(code_page(invitation, "sheet")).content.decode()
    printed = page[page.index('class="pe-card pe-sheet"') :]
    for words in ("Home Team Medical", "205-555-0100", codes.show(invitation.code)):
        assert words in printed
    assert code_page(invitation, "qr") in printed
    assert "Testwood" not in printed


def test_the_picture_is_an_svg_of_the_personal_link(signed_in, invitation):
    response = signed_in("staff").get(code_page(invitation, "qr"))
    assert response["Content-Type"] == "image/svg+xml"
    assert response.content.lstrip().startswith(b"<?xml")
    assert b"<script" not in response.content


def test_without_a_form_link_there_is_no_picture(signed_in, invitation, practice):
    practice.form_sample_url = ""
    practice.save()
    client = signed_in("staff")
    assert "There is no picture to scan" in client.get(code_page(invitation, "sheet")).content.decode()
    assert client.get(code_page(invitation, "qr")).status_code == 404


def test_a_code_is_withdrawn_after_a_confirm_page(signed_in, invitation):
    client = signed_in("staff")
    assert "cannot be undone" in client.get(code_page(invitation, "withdraw")).content.decode()
    assert Invitation.objects.live(clock.now()).exists()
    client.post(code_page(invitation, "withdraw"))
    assert not Invitation.objects.live(clock.now()).exists()
    assert "do not hand it over" in client.get(code_page(invitation, "sheet")).content.decode()


def test_those_who_only_read_cannot_withdraw_a_code(signed_in, invitation):
    client = signed_in("read_only")
    assert client.post(code_page(invitation, "withdraw")).status_code == 403
    sheet = client.get(code_page(invitation, "sheet")).content.decode()
    assert code_page(invitation, "withdraw") not in sheet
    assert Invitation.objects.live(clock.now()).exists()


@pytest.mark.parametrize("url", [LEDGER, ANSWERS, CODES])
@pytest.mark.parametrize("role", ["administrator", "provider", "staff", "read_only"])
def test_the_lists_open_for_everybody(signed_in, role, url):
    assert signed_in(role).get(url).status_code == 200


@pytest.mark.parametrize("url", [LEDGER, ANSWERS, CODES, UPLOAD])
def test_nobody_looks_without_signing_in(client, url):
    assert client.get(url).status_code == 302
