"""The policy on form answers: each sentence of it as a test, through the intake."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from consent import form_mapping, intake, settling
from consent.form_export import signature_of
from consent.invitations import invite
from consent.models import ConsentEvent, FormMapping, Response, ResponseFile, Wording, current_decision
from consent.standing import standing_at
from consent.wordings.defaults import defaults
from explorer import schedules, work
from explorer.lib import clock
from explorer.lib.tables import SHELL, write_table
from outreach import follow_up
from outreach.standings import counts
from patients.models import Patient
from tests import makers

NUMBER = "+12055550123"
QUESTIONS = {
    "id": "ID",
    "done": "Completion time",
    "code": "Reference code",
    "born": "Date of birth",
    "again": "Date of birth2",
    "records": "May your medical records move to the new practice?",
    "apcm": "Do you want to continue APCM?",
    "name": "Your full legal name",
    "sign": "Signature: tick to sign",
}
SENT = datetime(2026, 12, 7, 10)


@pytest.fixture
def sent(monday):
    """John Smith of chart 1001, born 1/2/1950, has got his code; gives the patient and the code."""
    patient = makers.patient()
    return patient, invite({NUMBER: [patient.pk]}, by=None)[NUMBER].code


def said(code: str, number=1, day=1.0, **changes) -> dict[str, str]:
    usual = {
        "id": str(number),
        "done": f"{SENT + timedelta(days=day):%m/%d/%Y %H:%M:%S}",
        "code": code,
        "born": "01/02/1950",
        "again": "01/02/1950",
        "records": "Yes, I agree to that",
        "apcm": "Not applicable",
        "name": "John Smith",
        "sign": "I sign;",
    }
    return usual | changes


def read(*answers: dict[str, str], questions=None) -> tuple[intake.Review, bytes]:
    questions = questions or QUESTIONS
    content = makers.workbook([list(questions.values()), *([a.get(key, "") for key in questions] for a in answers)])
    return intake.review_export(content, "export.xlsx", limits=SHELL, apart=False), content


def take_in(*answers: dict[str, str], questions=None, **options) -> list[str]:
    review, content = read(*answers, questions=questions)
    intake.take_in(review, content=content, by=None, **options)
    return [judged.outcome for judged in review.judgements]


def decisions(kind="records") -> list[str]:
    return list(ConsentEvent.objects.filter(kind=kind).order_by("occurred_at").values_list("decision", flat=True))


def test_a_codes_life_is_judged_when_the_answer_was_completed_not_when_it_is_taken_in(sent, monday):
    monday(90)
    assert take_in(said(sent[1], 1, day=20), said(sent[1], 2, day=80, apcm="No")) == ["applied", "review"]
    assert Response.objects.get(outcome="review").identity["code"] == "expired"


def test_order_is_the_time_of_completion_not_the_files(sent, monday):
    monday(20)
    no_first_in_the_file = said(sent[1], 2, day=5, records="No"), said(sent[1], 1, day=1)
    assert take_in(*no_first_in_the_file) == ["applied", "applied"]
    assert decisions() == ["given", "revoked"]


@pytest.mark.parametrize(
    ("first", "then", "days", "outcome"),
    [("Yes", "No", 1, "applied"), ("Yes", "No", 0.9, "review"), ("No", "Yes", 9, "review"), ("No", "No", 9, "applied")],
)
def test_a_change_of_mind_is_applied_only_where_it_is_certain(sent, monday, first, then, days, outcome):
    monday(20)
    answers = said(sent[1], 1, records=first), said(sent[1], 2, day=1 + days, records=then, apcm="No")
    assert take_in(*answers) == ["applied", outcome]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"records": ""}, "records_unanswered"),
        ({"sign": ""}, "not_signed"),
        ({"again": "01/02/1951"}, "births_differ"),
        ({"name": "Peter Helper for John Smith"}, "name_wrong"),
        ({"code": ""}, "code_missing"),
        ({"apcm": "I need more information"}, "more_information"),
    ],
)
def test_what_is_open_waits_for_a_person(sent, monday, changes, reason):
    monday(5)
    assert take_in(said(sent[1]) | changes) == ["review"]
    response = Response.objects.get()
    assert reason in {each["code"] for each in response.reasons}
    assert response.likely == sent[0]
    assert not ConsentEvent.objects.exists()


def test_a_later_longer_export_adds_only_what_is_new(sent, monday):
    monday(5)
    assert take_in(said(sent[1])) == ["applied"]
    assert take_in(said(sent[1]), said(sent[1], 2, day=3, records="No")) == ["duplicate", "applied"]
    assert decisions() == ["given", "revoked"]


def test_the_very_same_row_is_known_again_whatever_its_options_are_said_to_mean_later(sent, monday, user):
    monday(5)
    take_in(said(sent[1], apcm="Perhaps I shall"))
    headings = list(QUESTIONS.values())
    review, _ = read(said(sent[1], apcm="Perhaps I shall"))
    form_mapping.confirm(
        headings, review.form.columns, {"apcm": {"perhaps i shall": "more_information"}}, by=user("staff")
    )
    assert take_in(said(sent[1], apcm="Perhaps I shall")) == ["duplicate"]


def test_a_form_without_a_signature_question_takes_the_typed_name_and_says_so(sent, monday):
    monday(5)
    unsigned = {key: heading for key, heading in QUESTIONS.items() if key != "sign"}
    review, _ = read(said(sent[1]), questions=unsigned)
    assert review.unsigned
    assert [judged.outcome for judged in review.judgements] == ["applied"]


def test_another_patients_code_touches_neither_and_is_shown_as_an_alert(sent, monday, signed_in, user, practice, rf):
    other = makers.patient(mrn="1002", first="Ruth", last="Brown", phone="+12055550124", date_of_birth="1944-03-04")
    monday(5)
    assert take_in(said(sent[1], name="Ruth Brown", born="03/04/1944", again="03/04/1944")) == ["review"]
    response = Response.objects.get()
    assert response.candidates == [other.pk, sent[0].pk]
    assert not ConsentEvent.objects.exists()
    request = rf.get("/")
    request.user, request.practice = user("provider"), practice
    assert work.counts(request)["alerts"] == 1
    assert [tile.count for tile in work.tiles(request) if "another patient" in tile.title] == [1]
    client = signed_in("staff")
    assert "Brown, Ruth" in client.get(reverse("admin:consent_response_changelist"), {"alerts": "1"}).content.decode()
    page = client.get(reverse("admin:consent_response_change", args=[response.pk])).content.decode()
    assert "Alert: another patient" in page


def test_wanting_more_information_opens_a_call(sent, monday):
    monday(5)
    take_in(said(sent[1], records="I need more information"))
    waiting = follow_up.waiting(clock.now().date())
    assert [(patient.pk, patient.step) for patient in waiting] == [(sent[0].pk, "inform")]
    assert "inform" in follow_up.TO_CALL


# ---- open answers, judged anew


def test_an_answer_is_applied_once_a_newer_list_proves_it_at_its_own_time(sent, monday):
    patient, code = sent
    type(patient).objects.filter(pk=patient.pk).update(date_of_birth="1950-02-01")
    monday(5)
    assert take_in(said(code)) == ["review"]
    assert settling.retry_open_answers() == {"looked_at": 1, "applied": 0, "review": 1}
    type(patient).objects.filter(pk=patient.pk).update(date_of_birth="1950-01-02")
    monday(90)
    assert settling.retry_open_answers() == {"looked_at": 1, "applied": 1, "review": 0}
    line = ConsentEvent.objects.get(kind="records")
    assert (line.patient, line.occurred_at) == (patient, Response.objects.get().completed_at)
    assert settling.retry_open_answers()["looked_at"] == 0


def test_what_a_person_has_decided_is_not_judged_anew(sent, monday, user):
    monday(5)
    take_in(said(""), said("", 2, records="No"))
    first, second = Response.objects.order_by("row")
    settling.dismiss(first, by=user("staff"), note="A test.")
    settling.decide(second, patient=sent[0], by=user("provider"), note="Called back.")
    assert settling.retry_open_answers()["looked_at"] == 0
    assert decisions() == ["declined"]


def test_two_open_answers_that_contradict_do_not_settle_each_other(sent, monday):
    monday(5)
    take_in(said(sent[1]), said(sent[1], 2, day=1.5, records="No"))
    assert settling.retry_open_answers() == {"looked_at": 1, "applied": 0, "review": 1}
    assert counts()["conflict"] == 1


def test_it_is_looked_at_every_night(db):
    assert schedules.EVERY_DAY["judge the open form answers anew"] == "consent.tasks.retry_open_answers"


# ---- what is kept


def test_the_row_is_kept_encrypted_and_the_files_hash_with_it(sent, monday, signed_in):
    monday(5)
    take_in(said(sent[1], records="", name="John Unmistakable Smith"))
    response = Response.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM consent_response")
        assert b"Unmistakable" not in b"|".join(str(each).encode() for each in cursor.fetchone())
    assert ("Your full legal name", "John Unmistakable Smith") in response.words()
    assert len(response.file.sha256) == 64
    page = signed_in("read_only").get(reverse("admin:consent_response_change", args=[response.pk]))
    assert "John Unmistakable Smith" in page.content.decode()


def a_version(**changes) -> Wording:
    usual = {"kind": "online_form", "version": 1, "title": "Form", "text": "May we?", "valid_from": date(2026, 12, 1)}
    return Wording.objects.create(**usual | changes)


def test_the_ledger_names_the_version_of_the_form_and_how_the_patient_was_known(sent, monday):
    version = a_version()
    monday(5)
    take_in(said(sent[1]), wording=version)
    line = ConsentEvent.objects.get()
    assert (line.wording, line.language) == (version, "en")
    assert line.identity_checks == ["code", "date of birth", "name"]
    version.refresh_from_db()
    assert version.used_at is not None


@pytest.mark.parametrize(("approved", "whole"), [(True, True), (True, False), (False, True)])
def test_a_yes_to_apcm_by_form_carries_what_the_approved_form_disclosed(sent, monday, user, approved, whole):
    text = next(each.text for each in defaults() if (each.kind, each.language) == ("online_form", "en"))
    if not whole:
        text = "\n\n".join(part for part in text.split("\n\n") if "cost" not in part.lower())
    counsel = {"approved_on": date(2026, 12, 1), "approved_by": "Counsel", "approval_recorded_by": user("staff")}
    version = a_version(text=text, **counsel if approved else {})
    biller = makers.practitioner()
    monday(5)
    take_in(said(sent[1], apcm="Yes"), wording=version)
    line = ConsentEvent.objects.get(kind="apcm")
    disclosed = {"available": True, "one_practitioner": True, "stop": True, "cost": whole}
    assert (line.disclosures, line.on_behalf_of) == ((disclosed, biller) if approved else ({}, None))


def test_nobody_has_read_a_version_before_it_existed(sent, monday):
    monday(5)
    take_in(said(sent[1]), wording=a_version(valid_from=date(2026, 12, 10)))
    assert ConsentEvent.objects.get().wording is None


def test_the_command_takes_the_version_and_refuses_one_that_is_none(sent, at, tmp_path, capsys):
    version, script = a_version(), a_version(kind="script")
    at(SENT + timedelta(days=5))
    file = tmp_path / "export.csv"
    write_table(file, [list(QUESTIONS.values()), list(said(sent[1]).values())])
    with pytest.raises(SystemExit) as refused:
        call_command("import_responses", file, apply=True, wording=script.pk, json=True)
    assert refused.value.code == 2
    call_command("import_responses", file, apply=True, wording=version.pk, json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["applied"] == 1
    assert ResponseFile.objects.get().wording == version


# ---- what the columns mean

UPLOAD = reverse("admin:consent_response_upload")


def upload(client, *answers, questions=None):
    questions = questions or QUESTIONS
    content = makers.workbook([list(questions.values()), *([a.get(key, "") for key in questions] for a in answers)])
    return client.post(UPLOAD, {"file": SimpleUploadedFile("export.xlsx", content)})


def chosen(client, address: str) -> dict[str, str]:
    form = client.get(address).context["form"]
    return {name: form[name].initial or "" for name in form.fields}


DOUBTFUL = "Only if my daughter says so"


def test_a_choice_that_is_not_understood_is_asked_about_once_and_read_so_from_then_on(sent, monday, signed_in):
    monday(5)
    answers = [said(sent[1], number, day=number / 10, apcm=DOUBTFUL, name=f"Nobody {number}") for number in (1, 2)]
    client = signed_in("staff")
    page = upload(client, *answers).url
    assert page.endswith("/columns/")
    body = client.get(page).content.decode()
    assert DOUBTFUL in body
    assert "is not understood" in body
    posted = chosen(client, page)
    option = next(name for name, field in client.get(page).context["form"].fields.items() if field.label == DOUBTFUL)
    assert client.post(page, posted | {option: "no"}).status_code == 302
    assert take_in(said(sent[1], 3, day=2, apcm=DOUBTFUL)) == ["applied"]
    assert decisions("apcm") == ["declined"]
    assert "look_over" not in upload(client, *answers).url
    assert not upload(client, *answers).url.endswith("/columns/"), "confirmed: not asked again"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"column-2": ""}, "the personal code"), ({"column-2": "full_name"}, "Two columns are said to be")],
)
def test_columns_without_which_nothing_can_be_applied_are_asked_for(sent, monday, signed_in, changes, problem):
    client = signed_in("staff")
    page = upload(client, *[said(sent[1], number, apcm=DOUBTFUL) for number in (1, 2)]).url
    assert problem in client.post(page, chosen(client, page) | changes).content.decode()
    assert not FormMapping.objects.exists()


@pytest.fixture
def confirmed(sent, monday, user):
    monday(5)
    review, _ = read(said(sent[1]))
    return form_mapping.confirm(list(QUESTIONS.values()), review.form.columns, {}, by=user("administrator"))


@pytest.mark.parametrize(
    "changes",
    [{"sign": "Put a tick if you are sure"}, {"new": "Do you consent to our newsletter?"}],
    ids=["renamed", "new"],
)
def test_a_confirmed_form_that_changed_where_it_matters_waits_for_a_person(sent, confirmed, signed_in, changes):
    questions = QUESTIONS | changes
    with pytest.raises(intake.ColumnsOpen, match="columns changed, please confirm"):
        read(said(sent[1], new="Yes"), questions=questions)
    client = signed_in("staff")
    assert upload(client, said(sent[1], new="Yes"), questions=questions).url.endswith("/columns/")


@pytest.mark.parametrize(
    "questions",
    [dict(reversed(QUESTIONS.items())), QUESTIONS | {"pharmacy": "Which pharmacy do you use?"}],
    ids=["another order", "a question of no weight"],
)
def test_a_change_of_no_weight_is_carried_over(sent, confirmed, questions):
    assert take_in(said(sent[1], pharmacy="CVS"), questions=questions) == ["applied"]


def test_a_confirmed_form_is_one_row_however_often_it_is_confirmed(sent, confirmed, user):
    form_mapping.confirm(list(QUESTIONS.values()), confirmed.columns, {"apcm": {"x": "no"}}, by=user("staff"))
    assert FormMapping.objects.get().form == signature_of(list(QUESTIONS.values()))


# ---- the review queue


def test_candidates_stand_side_by_side_and_the_next_answer_opens(sent, monday, signed_in):
    monday(5)
    take_in(said(sent[1], 1, name="John Smoth", born="02/01/1950", again=""), said("", 2, day=2, apcm="No"))
    newest, oldest = Response.objects.order_by("-completed_at")
    client = signed_in("staff")
    page = client.get(reverse("admin:consent_response_change", args=[oldest.pk])).content.decode()
    for words in ("day and month are swapped", "one letter differs", "the same", "01/02/1950"):
        assert words in page, words
    apply = reverse("admin:consent_response_apply", args=[newest.pk, sent[0].pk])
    assert client.post(apply, {"note": "Called back."}).url.endswith(f"/{oldest.pk}/change/")
    newest.refresh_from_db()
    assert (newest.decided_by.username, newest.decision_note) == ("test-staff", "Called back.")
    page = client.get(reverse("admin:consent_response_change", args=[oldest.pk])).content.decode()
    assert "Records may move: given, 12/09/2026" in page
    dismiss = reverse("admin:consent_response_dismiss", args=[oldest.pk])
    assert client.post(dismiss, {"note": "Twice."}).url == reverse("admin:consent_response_changelist")


def test_a_review_asks_few_queries(sent, monday, signed_in, django_assert_max_num_queries):
    for number in range(4):
        makers.patient(mrn=f"2{number}", phone=f"+1205555013{number}")
    monday(5)
    take_in(said(""))
    client = signed_in("staff")
    with django_assert_max_num_queries(30):
        client.get(reverse("admin:consent_response_change", args=[Response.objects.get().pk]))


def test_a_yes_that_arrives_after_the_later_no_ends_revoked_as_if_both_came_in_order(sent, monday):
    monday(9)
    assert take_in(said(sent[1], 2, day=5, records="No")) == ["applied"]
    assert take_in(said(sent[1], 1, day=2)) == ["applied"]
    now = Patient.objects.annotate(now=current_decision("records")).get(pk=sent[0].pk).now
    assert (now, standing_at(sent[0], "records").state) == ("revoked", "revoked")


def test_words_about_a_consent_that_nobody_understood_leave_it_in_conflict(sent, monday):
    monday(9)
    assert take_in(said(sent[1])) == ["applied"]
    assert take_in(said(sent[1], 2, day=4, records="Whatever the doctor thinks")) == ["review"]
    now = Patient.objects.annotate(now=current_decision("records")).get(pk=sent[0].pk).now
    assert (now, standing_at(sent[0], "records").state) == ("conflict", "conflict")


def test_a_column_that_nobody_mapped_holds_the_answer_until_a_person_has_said_what_it_means(sent, monday, user):
    monday(5)
    questions = {key: heading for key, heading in QUESTIONS.items() if key != "apcm"} | {"apcm": "Haluatko jatkaa?"}
    assert take_in(said(sent[1], apcm="No"), questions=questions) == ["review"]
    assert "Haluatko jatkaa?" in Response.objects.get().reasons[0]["words"]
    settling.retry_open_answers()
    assert Response.objects.get().outcome == "review"
    review, _ = read(said(sent[1], apcm="No"), questions=questions)
    columns = review.form.columns | {"apcm": list(questions).index("apcm")}
    form_mapping.confirm(list(questions.values()), columns, {}, by=user("staff"))
    settling.retry_open_answers()
    assert Response.objects.get().outcome == "applied"
    assert decisions("apcm") == ["declined"]
