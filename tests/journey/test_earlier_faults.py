"""What was measured wrong in the system this one replaces; each row of that table with the right outcome."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from consent import intake
from consent.codes import new_code, show
from consent.models import ConsentEvent, Invitation, InvitationPatient, Response
from explorer.lib.tables import UPLOAD
from outreach import standings
from outreach.actions import campaigns, claiming, contacts, launching, sending
from outreach.models import Match, Message
from outreach.simulator import Limits, Trouble, Troubles, serve
from outreach.spruce import Nonsense, Spruce
from patients import actions
from patients.models import ApcmEnrolment, Patient, Phone
from tests.conftest import FORM_SAMPLE_URL
from tests.makers import HEADINGS, contact, line, patient, take_in, workbook

MONDAY = datetime(2026, 12, 7, 10, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def simulator(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


# Lists


def test_a_duplicate_chart_number_loses_nobody():
    rows = [
        line("1", "SMITH, JOHN"),
        line("2", "JONES, MARY"),
        line("2", "BROWN, ANN"),
        line("3", "HALL, RAY"),
    ]
    found = take_in(rows)
    assert set(Patient.objects.values_list("mrn", flat=True)) == {"1", "3"}
    told = [(each.row, problem["column"]) for each in found.proposals for problem in each.problems]
    assert told == [(3, "mrn"), (4, "mrn")]


def test_a_blank_chart_number_spoils_no_other_and_joins_the_apcm_workbook():
    take_in([line(100 + number) for number in range(5)] + [line("")])
    assert sorted(Patient.objects.values_list("mrn", flat=True)) == ["100", "101", "102", "103", "104"]
    roster = workbook(
        [["Patient #", "Last Name", "First Name", "Level 1 (One DX) (G0556)"], [100, "Smith", "John", "I10"]],
        "2025",
    )
    review = actions.review_apcm(roster, "apcm.xlsx", limits=UPLOAD, apart=False)
    actions.apply(actions.stage(review, content=roster, by=None), by=None)
    assert ApcmEnrolment.objects.get().level == 1


def test_a_title_row_above_and_a_numeric_heading_are_read():
    found = take_in([[*line(), 7]], headings=[*HEADINGS, 2025], before=[["Patients of the practice"], []])
    assert Patient.objects.count() == 1
    assert found.proposals[0].row == 4


@pytest.mark.parametrize("written", ["1/2/50", "1950-01-02 00:00:00", "2-Jan-1950", 18265, "18265", date(1950, 1, 2)])
def test_birth_dates_in_odd_dress_are_kept(written):
    take_in([line(dob=written)])
    assert Patient.objects.get().date_of_birth == date(1950, 1, 2)


def test_home_and_cell_phone_are_both_kept():
    take_in([line("1", home="205-555-0111", cell=""), line("2", home="205-555-0112", cell="205-555-0113")])
    stored = set(Phone.objects.values_list("patient__mrn", "label", "e164"))
    assert stored == {
        ("1", "home", "+12055550111"), ("2", "home", "+12055550112"), ("2", "cell", "+12055550113"),
    }  # fmt: skip


def test_a_number_stored_as_a_number_beside_blanks_keeps_its_ten_digits():
    take_in([line("1", cell=2055550123), line("2", cell=None)])
    assert Phone.objects.get().e164 == "+12055550123"


def test_a_corrected_surname_in_a_newer_list_is_taken_over():
    take_in([line(name="SMITH, JOHN A")])
    found = take_in([line(name="SMYTHE, JOHN A")])
    assert found.proposals[0].outcome == "changed"
    assert Patient.objects.get().last_name == "Smythe"


def test_chart_numbers_with_letters_and_a_sheet_of_another_year_are_read():
    take_in([line("A123")])
    roster = workbook(
        [
            ["Patient #", "Last Name", "First Name", "Level 2 (2 + DX) (G0557)"],
            ["A123", "Smith", "John", "I10, E11"],
        ],
        "2026",
    )
    review = actions.review_apcm(roster, "apcm.xlsx", limits=UPLOAD, apart=False)
    actions.apply(actions.stage(review, content=roster, by=None), by=None)
    assert (ApcmEnrolment.objects.get().level, ApcmEnrolment.objects.get().status) == (2, "active")


def test_a_known_number_under_a_plain_heading_is_no_change():
    take_in([line("1", home="205-555-0111", cell="")])
    plain = ["MRN", "Patient Name", "Telephone"]
    found = take_in([["1", "SMITH, JOHN A", "205-555-0111"]], headings=plain)
    assert found.proposals[0].outcome == "unchanged"
    assert Phone.objects.get().label == "home"


# Matching


def test_a_stranger_with_the_same_phone_is_not_accepted():
    patient(first="John", last="Smith")
    contact(given="Latoya", family="Washington", date_of_birth=date(1988, 5, 5))
    contacts.match_contacts()
    assert not Match.objects.linked().exists()


def test_the_same_name_with_another_birth_date_is_not_accepted():
    patient(phone="+12055550111", date_of_birth=date(1950, 1, 2))
    contact(phone="+12055550199", date_of_birth=date(1971, 8, 30))
    contacts.match_contacts()
    assert not Match.objects.linked().exists()


def test_a_contact_known_by_its_international_number_only_is_matched():
    take_in([line(cell="(205) 555-0123", name="SMITH, JOHN")])
    contact(phone="+12055550123")
    contacts.match_contacts()
    assert Match.objects.linked().count() == 1


def test_matches_survive_a_sync_that_breaks_off(tmp_path, monday):
    patient()
    contact()
    contacts.match_contacts()
    with serve(tmp_path / "s.sqlite3", troubles=Troubles(Trouble("500_before", share=1.0), seed=1)) as down:
        from outreach.spruce import SpruceError

        with pytest.raises(SpruceError):
            contacts.sync_contacts(Spruce(down.url, down.token))
    contacts.match_contacts()
    assert Match.objects.linked().count() == 1


# Texts


@pytest.mark.parametrize("cell", ["20555501234", "555-0123"])
def test_no_text_goes_to_eleven_or_seven_digits(cell):
    found = take_in([line(cell=cell)])
    assert not Phone.objects.exists()
    problem = found.proposals[0].problems[0]
    assert (found.proposals[0].row, problem["column"]) == (2, "Cell Phone")


def _ready_to_text():
    contacts.accept(patient=patient(), contact=contact(), by=_somebody())
    campaign = campaigns.create(name="Move", cohort="matched", days=(0,), by=None)
    launching.launch(campaign, by=None, override="A test.")


def _somebody():
    from explorer.models import User

    return User.objects.get_or_create(username="somebody")[0]


def test_a_busy_api_is_tried_again(simulator):
    _ready_to_text()
    simulator.troubles.add(Trouble("429", path="/internalendpoints/*/conversations", nth=1))
    sending.send_due(Spruce(simulator.url, simulator.token), until_idle=True)
    assert Message.objects.get().state == "confirmed"
    assert len(simulator.texts()) == 1


def test_every_text_carries_its_own_lasting_key(simulator):
    _ready_to_text()
    sending.send_due(Spruce(simulator.url, simulator.token), until_idle=True)
    message = Message.objects.get()
    assert message.key == claiming.message_key(message)
    assert len(message.key) == 64


def test_an_answer_that_never_arrived_does_not_double_the_text(simulator):
    _ready_to_text()
    simulator.troubles.add(Trouble("drop_after", path="/internalendpoints/*/conversations", nth=1))
    sending.send_due(Spruce(simulator.url, simulator.token), until_idle=True)
    assert (Message.objects.get().state, len(simulator.texts())) == ("confirmed", 1)


def test_a_listing_that_makes_no_sense_is_no_listing(simulator):
    simulator.troubles.add(Trouble("nonsense", path="/contacts", share=1.0))
    with pytest.raises(Nonsense):
        contacts.sync_contacts(Spruce(simulator.url, simulator.token))


# Answers

QUESTIONS = [
    "ID", "Start time", "Completion time", "Email", "Name",
    "What is your reference code?", "Date of birth", "Your full legal name",
    "Do you consent that your records move to the new practice?",
]  # fmt: skip


def _answer(number: int, code: str, said: str, at: datetime, born="01/02/1950", name="John Smith") -> list:
    when = at.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return [number, when, when, "anonymous", "", code, born, name, said]


def _take_answers(*rows: list) -> list[str]:
    content = workbook([QUESTIONS, *rows], "Sheet1")
    review = intake.review_export(content, "answers.xlsx", limits=UPLOAD, apart=False)
    intake.take_in(review, content=content, by=None)
    return [judgement.outcome for judgement in review.judgements]


def _code(asked: Patient, issued: datetime = MONDAY, days: int = 30) -> str:
    invitation = Invitation.objects.create(
        code=new_code(), phone="+12055550123", created_at=issued, expires_at=issued + timedelta(days=days)
    )
    InvitationPatient.objects.create(invitation=invitation, patient=asked)
    return show(invitation.code)


def test_an_expired_code_goes_to_review():
    code = _code(patient(), days=5)
    assert _take_answers(_answer(1, code, "Yes, I consent", MONDAY + timedelta(days=6))) == ["review"]
    assert Response.objects.get().reasons[0]["code"] == "code_expired"
    assert not ConsentEvent.objects.exists()


def test_a_second_and_different_answer_never_overwrites_the_first():
    code = _code(patient())
    first, second = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2)
    outcomes = _take_answers(_answer(1, code, "Yes, I consent", first), _answer(2, code, "No, I do not", second))
    assert outcomes == ["applied", "review"]
    assert [event.decision for event in ConsentEvent.objects.all()] == ["given"]


def test_an_answer_that_takes_the_other_back_is_a_conflict_until_a_person_decides():
    asked = patient()
    code = _code(asked)
    first, second = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2)
    _take_answers(_answer(1, code, "Yes, I consent", first), _answer(2, code, "No, I do not", second))
    assert standings.with_standing(Patient.objects.filter(pk=asked.pk)).get().standing == "conflict"


def test_an_answer_for_a_minor_waits_for_a_guardian(monday):
    code = _code(patient(date_of_birth=date(2014, 1, 2)))
    said = _answer(1, code, "Yes, I consent", MONDAY + timedelta(hours=1), born="01/02/2014")
    assert _take_answers(said) == ["review"]
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("said", ["Yes, I consent", "I agree", "y", "Yes - I consent to the move of my records."])
def test_a_yes_in_full_words_is_a_yes(said):
    assert _take_answers(_answer(1, _code(patient()), said, MONDAY + timedelta(hours=1))) == ["applied"]
    assert ConsentEvent.objects.get(kind="records").decision == "given"


# Rights


def test_a_read_only_user_cannot_record_a_consent(signed_in):
    asked = patient()
    address = reverse("admin:consent_consentevent_record", args=[asked.pk])
    answer = signed_in("read_only").post(address, {"records": "given", "method": "phone"})
    assert answer.status_code == 403
    assert not ConsentEvent.objects.exists()


def test_the_sample_link_of_the_tests_is_a_good_one(practice):
    assert practice.form_sample_url == FORM_SAMPLE_URL
