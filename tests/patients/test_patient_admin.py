"""The list of patients, correcting one, and the page with everything that happened."""

import io
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from consent.models import ConsentEvent
from explorer.lib import clock
from explorer.lib.tables import read_workbook, write_xlsx
from explorer.lib.tables.workbook import SHELL
from outreach.models import (
    Attempt,
    Campaign,
    CampaignStep,
    Contact,
    Match,
    Message,
    MessagePatient,
    Reply,
    Suppression,
)
from patients import actions
from patients.models import ApcmEnrolment, Patient, Phone
from tests.conftest import ROLES

LIST = reverse("admin:patients_patient_changelist")
ADD = reverse("admin:patients_patient_add")
EXPORT = reverse("admin:patients_patient_export")
NO_PHONES = {
    f"phones-{name}": value
    for name, value in {
        "TOTAL_FORMS": 0,
        "INITIAL_FORMS": 0,
        "MIN_NUM_FORMS": 0,
        "MAX_NUM_FORMS": 1000,
    }.items()
}


def patient(mrn="1001", *, phones=(), **fields) -> Patient:
    fields = {"first_name": "Ada", "last_name": "Smith", "date_of_birth": "1948-03-25"} | fields
    made = Patient(mrn=mrn, **fields)
    made.search_name = made.searchable()
    made.save()
    for e164 in phones:
        Phone.objects.create(patient=made, e164=e164, label="cell", basis="provided_to_provider")
    made.refresh_from_db()
    return made


def url(someone: Patient, act: str) -> str:
    return reverse(f"admin:patients_patient_{act}", args=[someone.pk])


def filled(someone: Patient, **changed) -> dict:
    """What the form posts when a person changes these fields alone."""
    names = (*(name for name in actions.PATIENT_FIELDS if name != "listed_name"), "held")
    values = {name: getattr(someone, name) for name in names}
    values |= {name: f"{values[name]:%m/%d/%Y}" for name in ("date_of_birth", "last_visit") if values[name]}
    posted = {name: value for name, value in values.items() if value not in (None, "", False)}
    return posted | NO_PHONES | {"version": someone.version} | changed


def phone_row(number: int, **fields) -> dict:
    defaults = {"label": "cell", "basis": "unknown"}
    return {f"phones-{number}-{name}": value for name, value in (defaults | fields).items()}


def rows_of(page) -> list[str]:
    return [row.mrn for row in page.context["cl"].result_list]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_list_and_page_and_only_the_care_team_may_change(signed_in, role):
    someone = patient()
    client = signed_in(role)
    may_change = role != "read_only"
    assert client.get(LIST).status_code == 200
    assert client.get(url(someone, "change")).status_code == 200
    for address in (url(someone, "edit"), ADD):
        assert client.get(address).status_code == (200 if may_change else 403)
    posted = client.post(url(someone, "edit"), filled(someone, city="Mobile"))
    assert posted.status_code == (302 if may_change else 403)
    given_back = client.post(url(someone, "let_list_decide"), {"field": "city"})
    assert given_back.status_code == (302 if may_change else 403)
    someone.refresh_from_db()
    assert someone.city == ("Mobile" if may_change else "")


@pytest.mark.parametrize("role", ROLES)
def test_nobody_deletes_a_patient(signed_in, role):
    someone = patient()
    client = signed_in(role)
    assert client.post(reverse("admin:patients_patient_delete", args=[someone.pk]), {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": someone.pk, "post": "yes"})
    assert Patient.objects.count() == 1


def test_the_patient_page_takes_no_post(signed_in):
    assert signed_in("staff").post(url(patient(), "change"), {"last_name": "X"}).status_code == 403


def test_the_list_shows_what_a_nurse_looks_for(signed_in):
    someone = patient(suffix="Jr", phones=["+12055550123", "+12055550124", "+12055550125"], last_visit="2026-05-04")
    ApcmEnrolment.objects.create(patient=someone, level=2)
    Phone.objects.filter(e164="+12055550124").update(retired_at=clock.now())
    page = signed_in("read_only").get(LIST).text
    for words in (
        "Smith Jr, Ada",
        "1001",
        "03/25/1948",
        "(205) 555-0123",
        "(205) 555-0125",
        "Level 2",
        "05/04/2026",
    ):
        assert words in page
    assert "(205) 555-0124" not in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("smi", ["1001"]),
        ("1002", ["1002"]),
        ("100", ["1002", "1001"]),
        ("smith 10", ["1001"]),
        ("002", []),
        ("0124", ["1002"]),
        ("555-0123", ["1001"]),
        ("ada smith", ["1001"]),
        ("nobody", []),
    ],
)
def test_the_search_knows_names_chart_numbers_and_ends_of_phones(signed_in, words, found):
    patient("1001", phones=["+12055550123"])
    patient("1002", first_name="Ben", last_name="Brown", phones=["+12055550124"])
    page = signed_in("staff").get(LIST, {"q": words})
    assert rows_of(page) == found
    assert ("Nobody fits" in page.text) == (not found)


def test_an_empty_practice_is_told_to_import(signed_in):
    assert "There are no patients yet. Import the patient list to begin." in signed_in("staff").get(LIST).text


@pytest.mark.parametrize(
    ("question", "found"),
    [({"apcm": "yes"}, ["apcm"]), ({"apcm": "no"}, ["gone", "matched", "plain"]),
     ({"listed": "no"}, ["gone"]), ({"listed": "yes"}, ["apcm", "matched", "plain"]),
     ({"matched": "yes"}, ["matched"]), ({"matched": "no"}, ["apcm", "gone", "plain"]),
     ({"standing": "excluded"}, ["gone"]), ({"standing": "not_invited"}, ["matched"]),
     ({"standing": "given"}, []), ({"standing": "nonsense"}, ["apcm", "gone", "matched", "plain"])],
)  # fmt: skip
def test_the_filters_answer_the_questions_of_staff(signed_in, question, found):
    enrolled, gone, _ = (patient(mrn) for mrn in ("apcm", "gone", "plain"))
    matched = patient("matched", phones=["+12055550123"])
    ApcmEnrolment.objects.create(patient=enrolled)
    Patient.objects.filter(pk=gone.pk).update(left_list_at=clock.now())
    matched_with(matched, "+12055550123")
    page = signed_in("staff").get(LIST, question)
    assert rows_of(page) == found


def test_by_name_means_by_the_whole_name_in_both_directions(signed_in):
    for mrn, first in (("1", "Cora"), ("2", "Ada"), ("3", "Ben")):
        patient(mrn, first_name=first)
    client = signed_in("staff")
    assert rows_of(client.get(LIST)) == ["2", "3", "1"]
    assert rows_of(client.get(LIST, {"o": "1"})) == ["2", "3", "1"]
    assert rows_of(client.get(LIST, {"o": "-1"})) == ["1", "3", "2"]


def test_the_list_takes_the_same_few_queries_for_any_number_of_patients(signed_in, django_assert_max_num_queries):
    for number in range(30):
        patient(str(number), phones=[f"+120555502{number:02}"])
    client = signed_in("staff")
    with django_assert_max_num_queries(22):
        page = client.get(LIST)
    assert len(rows_of(page)) == 25
    with django_assert_max_num_queries(24):
        client.get(LIST, {"standing": "cannot_be_reached"})


def test_the_list_stays_light(signed_in):
    for number in range(30):
        patient(str(number), phones=[f"+120555502{number:02}", f"+120555503{number:02}"])
    assert len(signed_in("administrator").get(LIST).content) < 120_000


@pytest.mark.parametrize("role", ROLES)
def test_only_leaders_may_export(signed_in, role):
    client = signed_in(role)
    may = role in ("administrator", "provider")
    assert client.get(EXPORT).status_code == (200 if may else 403)
    assert client.post(EXPORT, exported("0")).status_code == (200 if may else 403)
    assert (EXPORT in client.get(LIST).text) == may


def exported(file_format: str, *columns: str) -> dict:
    columns = columns or ("mrn", "last_name", "cell_phone", "date_of_birth", "standing")
    return {"format": file_format, "resource": "0"} | {f"standingresource_{name}": "on" for name in columns}


def test_an_export_holds_the_filtered_rows_is_safe_in_excel_and_is_on_record(signed_in):
    patient("1001", last_name="=1+1", phones=["+12055550123"])
    patient("1002", last_name="Brown")
    answer = signed_in("provider").post(f"{EXPORT}?q=1001", exported("0"))
    sheet = read_workbook(answer.content, "patients.xlsx", SHELL).sheets[0]
    assert sheet.rows == [
        ["MRN", "Last name", "Date of birth", "Cell phone", "Standing"],
        ["1001", "=1+1", "1948-03-25", "+12055550123", "Cannot be texted"],
    ]
    entry = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert entry.actor.username == "test-provider"
    assert entry.changes["exported"][1].startswith("1 rows: patients with ")


def test_a_csv_export_cannot_hide_a_formula(signed_in):
    patient("1001", last_name='=HYPERLINK("http://example.com")')
    content = signed_in("provider").post(EXPORT, exported("1", "last_name")).content.decode("utf-8-sig")
    assert content.splitlines() == ['"Last name"', '"\'=HYPERLINK(""http://example.com"")"']


def test_a_correction_is_remembered_so_that_a_list_does_not_overwrite_it(signed_in):
    someone = patient(city="Hoover")
    client = signed_in("staff")
    client.post(url(someone, "edit"), filled(someone, city="Mobile", last_name="Jones"))
    someone.refresh_from_db()
    assert (someone.city, someone.corrected, someone.version) == ("Mobile", ["city", "last_name"], 2)
    assert list(Patient.objects.search("jones")) == [someone]
    review = review_of(["1001", "Jones, Ada", "Hoover"])
    assert [proposal.outcome for proposal in review.proposals] == ["conflict"]
    page = client.get(url(someone, "edit"))
    assert "Corrected by hand" in page.text
    client.post(url(someone, "let_list_decide"), {"field": "city"})
    someone.refresh_from_db()
    assert someone.corrected == ["last_name"]
    assert [proposal.outcome for proposal in review_of(["1001", "Jones, Ada", "Hoover"]).proposals] == ["changed"]


def review_of(*rows, headings=("MRN", "Patient Name", "City")) -> actions.Review:
    content = io.BytesIO()
    write_xlsx(content, {"Patients": [headings, *rows]})
    return actions.review_patients(content.getvalue(), "list.xlsx", limits=SHELL, apart=False)


def test_saving_without_a_change_changes_nothing(signed_in):
    someone = patient(city="Hoover", sex="female", last_visit="2026-05-04")
    signed_in("staff").post(url(someone, "edit"), filled(someone))
    someone.refresh_from_db()
    assert (someone.version, someone.corrected) == (1, [])


def test_of_two_editors_the_second_is_told_and_loses_nothing(signed_in):
    someone = patient(city="Hoover")
    opened = filled(someone, city="Mobile", email="ada@example.com")
    actions.correct(someone, fields=[], by=None)
    Patient.objects.filter(pk=someone.pk).update(city="Birmingham")
    client = signed_in("staff")
    page = client.post(url(someone, "edit"), opened)
    assert "Somebody else changed this patient since you opened it." in page.text
    assert "City: Birmingham" in page.text
    assert 'value="ada@example.com"' in page.text
    someone.refresh_from_db()
    assert (someone.city, someone.email) == ("Birmingham", "")
    again = opened | {"version": page.context["adminform"].form["version"].value()}
    assert client.post(url(someone, "edit"), again).status_code == 302
    someone.refresh_from_db()
    assert (someone.city, someone.email) == ("Mobile", "ada@example.com")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("date_of_birth", "03/25/2948", "lies in the future or before 1900"),
     ("date_of_birth", "25.3.1948", "Write the date as 03/25/1948."),
     ("last_visit", "01/01/1850", "lies in the future or before 1900"),
     ("last_name", "", "This field is required."), ("email", "ada", "valid email")],
)  # fmt: skip
def test_a_wrong_entry_gets_a_sentence_and_is_not_saved(signed_in, field, value, sentence):
    someone = patient()
    page = signed_in("staff").post(url(someone, "edit"), filled(someone, **{field: value}))
    assert sentence in page.context["adminform"].form.errors[field][0]
    someone.refresh_from_db()
    assert someone.version == 1


def test_staff_add_a_patient_with_a_phone(signed_in):
    posted = NO_PHONES | {
        "mrn": "2001",
        "last_name": "Brown",
        "first_name": "Ben",
        "date_of_birth": "11/02/1951",
    }
    posted |= phone_row(0, e164="205.555.0124 x12", label="home", basis="verbal") | {"phones-TOTAL_FORMS": 1}
    answer = signed_in("staff").post(ADD, posted)
    made = Patient.objects.get(mrn="2001")
    assert answer.url == url(made, "change")
    phone = made.phones.get()
    assert (phone.e164, phone.extension, phone.label, phone.basis, phone.source) == (
        "+12055550124", "12", "home", "verbal", "staff",
    )  # fmt: skip
    assert list(Patient.objects.search("brown")) == [made]
    assert {"last_name", "date_of_birth", "home_phone"} <= set(made.corrected)


def test_a_chart_number_is_given_once_in_any_case(signed_in):
    patient("A17")
    page = signed_in("staff").post(ADD, NO_PHONES | {"mrn": "a17", "last_name": "Brown"})
    assert "Another patient has this chart number" in page.text
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("555-0124", "The area code is missing"),
        ("911", "only 3 digits"),
        ("205-055-0124", "check the fourth digit"),
     ("(205) 555-0123", "The patient already has this number")],
)  # fmt: skip
def test_a_phone_that_is_none_is_refused_with_the_reason(signed_in, number, sentence):
    someone = patient(phones=["+12055550123"])
    posted = filled(someone) | existing(someone.phones.get()) | phone_row(1, e164=number)
    page = signed_in("staff").post(url(someone, "edit"), posted | totals(2, 1))
    assert sentence in page.text
    assert someone.phones.count() == 1


def existing(phone: Phone, **changed) -> dict:
    return phone_row(
        0,
        **{"id": phone.pk, "patient": phone.patient_id, "label": phone.label, "basis": phone.basis} | changed,
    )


def totals(total: int, initial: int) -> dict:
    return {"phones-TOTAL_FORMS": total, "phones-INITIAL_FORMS": initial}


def test_a_wrong_number_is_retired_and_a_later_list_cannot_bring_it_back_unseen(signed_in):
    someone = patient(phones=["+12055550123"])
    phone = someone.phones.get()
    posted = filled(someone) | existing(phone, retired="on", e164="205-555-9999") | totals(1, 1)
    assert signed_in("staff").post(url(someone, "edit"), posted).status_code == 302
    phone.refresh_from_db()
    someone.refresh_from_db()
    assert phone.retired_at
    assert phone.e164 == "+12055550123"
    assert (someone.corrected, someone.version) == (["cell_phone"], 2)
    review = review_of(["1001", "Smith, Ada", "205-555-0123"], headings=("MRN", "Patient Name", "Cell Phone"))
    assert [proposal.outcome for proposal in review.proposals] == ["conflict"]


def test_a_new_basis_alone_does_not_count_as_a_correction_of_the_list(signed_in):
    someone = patient(phones=["+12055550123"])
    posted = filled(someone) | existing(someone.phones.get(), basis="verbal") | totals(1, 1)
    signed_in("staff").post(url(someone, "edit"), posted)
    someone.refresh_from_db()
    assert (someone.phones.get().basis, someone.corrected) == ("verbal", [])


def matched_with(someone: Patient, number: str, **fields) -> Match:
    contact = Contact.objects.create(spruce_id=f"entity-{someone.pk}", display_name="Ada at Spruce")
    contact.phones.create(e164=number, label="mobile")
    return Match.objects.create(patient=someone, contact=contact, **{"verdict": "automatic", **fields})


def texted(someone: Patient, **fields) -> Message:
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=clock.now())
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="x")
    now = clock.now()
    defaults = {
        "state": "confirmed",
        "phone": "+12055550123",
        "text": "Our office is moving.",
        "line_id": "line",
        "request_id": "r1",
        "key": "k1",
        "first_attempt_at": now,
        "accepted_at": now,
        "confirmed_at": now,
    }
    message = Message.objects.create(campaign=campaign, step=step, **(defaults | fields))
    MessagePatient.objects.create(message=message, patient=someone)
    return message


def test_the_page_tells_everything_that_happened_newest_first(signed_in, user):
    someone = patient(phones=["+12055550123"], preferred_name="Addie", city="Hoover")
    now, nurse = clock.now(), user("provider")
    texted(someone, accepted_at=now - timedelta(days=9), confirmed_at=now - timedelta(days=9))
    matched_with(someone, "+12055550123", verdict="accepted", decided_by=nurse, decided_at=now - timedelta(days=10))
    reply = Reply.objects.create(
        item_id="i1",
        conversation_id="c1",
        phone="+12055550123",
        patient=someone,
        text="who is this?",
        kind="question",
        received_at=now - timedelta(days=8),
    )
    Reply.objects.create(
        item_id="i2",
        conversation_id="c1",
        phone="+12055550123",
        text="STOP",
        kind="opt_out",
        received_at=now - timedelta(days=7),
    )
    Suppression.objects.create(phone="+12055550123", reason="stop", reply=reply, effective_at=now - timedelta(days=6))
    Attempt.objects.create(patient=someone, outcome="voicemail", at=now - timedelta(days=5), by=nurse)
    ConsentEvent.objects.create(
        patient=someone,
        kind="records",
        decision="given",
        method="phone",
        occurred_at=now - timedelta(days=4),
        recorded_by=nurse,
        obtained_by="Nurse Joy",
        witness="Dr. Lee",
    )
    page = signed_in("read_only").get(url(someone, "change"))
    assert [entry.sort for entry in page.context["timeline"]] == [
        "Decision", "Phone call", "Do not text", "Reply", "Reply", "Text", "Spruce contact",
    ]  # fmt: skip
    for words in (
        "Our office is moving.",
        "who is this?",
        "Several patients share the number",
        "Witness: Dr. Lee.",
        "Left a voicemail",
        "by test-provider",
        "The patient agreed that the records may move.",
        "called Addie",
        "Do not text: asked to stop",
        "The patient asked to stop texts.",
    ):
        assert words in page.text


def test_an_import_is_part_of_the_story(signed_in):
    review = review_of(["1001", "Smith, Ada", "Hoover"])
    actions.apply(actions.stage(review, content=b"x", by=None), by=None)
    review = review_of(["1001", "Smith, Ada", "Mobile"])
    actions.apply(actions.stage(review, content=b"x", by=None), by=None)
    page = signed_in("staff").get(url(Patient.objects.get(), "change"))
    assert "Changed by the Patient list, row 2" in page.text
    assert "City: Hoover → Mobile" in page.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [({"deceased": True}, "The patient is recorded as deceased."),
     ({"held": "Daughter asked"}, "Staff wrote: Daughter asked"),
     ({}, "No Spruce contact is matched to this patient.")],
)  # fmt: skip
def test_the_page_says_why_somebody_is_not_texted(signed_in, fields, sentence):
    assert sentence in signed_in("staff").get(url(patient(**fields), "change")).text


def test_the_page_names_the_number_a_text_would_go_to(signed_in):
    someone = patient(phones=["+12055550123"])
    matched_with(someone, "+12055550123")
    assert "A text would go to (205) 555-0123." in signed_in("staff").get(url(someone, "change")).text


@pytest.mark.parametrize("role", ROLES)
def test_the_page_offers_only_what_the_person_may_do(signed_in, role):
    someone = patient()
    links = signed_in(role).get(url(someone, "change")).context["links"]
    acts = ["Record a decision", "Let the patient answer here", "Record a call or letter",
            "Died, moved or in hospital", "Print a letter", "Correct the data"]  # fmt: skip
    of_leaders = ["Evidence packet (PDF)"] if role in ("administrator", "provider") else []
    assert [words for words, _ in links] == ([] if role == "read_only" else acts + of_leaders)


def test_the_page_takes_the_same_few_queries_however_much_happened(signed_in, django_assert_max_num_queries):
    someone = patient(phones=["+12055550123"])
    texted(someone)
    for number in range(20):
        Attempt.objects.create(patient=someone, outcome="no_answer")
        Reply.objects.create(
            item_id=f"i{number}",
            conversation_id="c",
            phone="+12055550123",
            patient=someone,
            received_at=clock.now(),
        )
    client = signed_in("staff")
    client.get(url(someone, "change"))  # puts the questions together
    with django_assert_max_num_queries(45):
        client.get(url(someone, "change"))


def test_a_patient_who_does_not_exist_is_not_found(signed_in):
    client = signed_in("staff")
    for act in ("change", "let_list_decide"):
        assert client.get(reverse(f"admin:patients_patient_{act}", args=[999])).status_code == 404
