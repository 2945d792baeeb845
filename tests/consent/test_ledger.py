"""The ledgers: nothing is overwritten, a contradiction is a state, a correction says why."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from consent.ledger import draft_event, newest_line, record_decisions, record_event
from consent.models import ConsentEvent, current_decision
from explorer.lib import clock
from patients.models import Patient
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return Patient.objects.create(mrn="1001", first_name="Ada", last_name="Testwood", date_of_birth=date(1950, 1, 2))


def said(patient, decision, ago: timedelta, *, kind="records", **more):
    proof = makers.apcm_proof() if (kind, decision) == ("apcm", "given") else {}
    told = {"method": "phone", "occurred_at": clock.now() - ago, "by": None} | proof | more
    return record_event(patient=patient, kind=kind, decision=decision, **told)


def standing(patient, kind="records"):
    return Patient.objects.annotate(now=current_decision(kind)).get(pk=patient.pk).now


HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


def test_a_silent_ledger_has_no_standing(patient):
    assert standing(patient) is None


@pytest.mark.parametrize(
    ("first", "then", "hours_between", "stands"),
    [
        ("given", "given", 1, "given"),
        ("declined", "declined", 1, "declined"),
        ("given", "declined", 23, "conflict"),
        ("given", "declined", 24, "revoked"),
        ("given", "declined", 500, "revoked"),
        ("declined", "given", 1, "conflict"),
        ("declined", "given", 500, "conflict"),
        ("revoked", "declined", 500, "declined"),
    ],
)
def test_two_answers_agree_revoke_or_contradict(patient, first, then, hours_between, stands):
    said(patient, first, 30 * DAYS)
    said(patient, then, 30 * DAYS - timedelta(hours=hours_between))
    assert standing(patient) == stands


def test_agreeing_with_one_side_does_not_end_a_contradiction(patient):
    said(patient, "declined", 5 * DAYS)
    said(patient, "given", 4 * DAYS)
    said(patient, "given", 3 * DAYS)
    assert standing(patient) == "conflict"


@pytest.mark.parametrize("stands", ["given", "declined"])
def test_a_person_ends_a_contradiction_with_a_line_that_says_why(patient, stands):
    said(patient, "declined", 5 * HOURS)
    said(patient, "given", 4 * HOURS)
    conflict = draft_event(
        patient=patient, kind="records", decision=stands, method="phone", occurred_at=clock.now(), by=None
    ).contradicts
    said(patient, stands, 1 * HOURS, replaces=conflict, note="The patient explained the mistake.")
    assert standing(patient) == stands
    assert ConsentEvent.objects.filter(patient=patient).count() == 3


def test_a_correction_without_a_reason_is_refused(patient):
    first = said(patient, "given", 5 * DAYS)
    with pytest.raises(ValidationError, match="Say why"):
        said(patient, "declined", 1 * DAYS, replaces=first)


def test_a_line_is_replaced_once(patient):
    first = said(patient, "given", 5 * DAYS)
    said(patient, "declined", 4 * DAYS, replaces=first, note="Wrong patient.")
    with pytest.raises(ValidationError, match="meanwhile"):
        said(patient, "given", 3 * DAYS, replaces=first, note="Again.")


@pytest.mark.parametrize(("ago", "problem"), [(-timedelta(hours=1), "future"), (timedelta(days=40_000), "birth")])
def test_an_answer_lies_between_birth_and_now(patient, ago, problem):
    with pytest.raises(ValidationError, match=problem):
        said(patient, "given", ago)
    assert not ConsentEvent.objects.exists()


def test_kinds_do_not_touch_each_other(patient):
    said(patient, "given", 5 * DAYS, kind="records")
    said(patient, "declined", 1 * DAYS, kind="apcm")
    assert (standing(patient, "records"), standing(patient, "apcm")) == ("given", "declined")


def test_a_draft_stores_nothing(patient):
    event = draft_event(
        patient=patient, kind="records", decision="given", method="phone", occurred_at=clock.now(), by=None
    )
    assert event.decision == "given"
    assert newest_line(patient, "records") is None


def conversation(patient, decisions, **more):
    told = {"method": "phone", "occurred_at": clock.now() - DAYS, "by": None, "replaces": {}}
    return record_decisions(patient=patient, decisions=decisions, **told | more)


def test_a_conversation_is_written_whole_or_not_at_all(patient):
    first = said(patient, "given", 5 * DAYS, kind="apcm")
    said(patient, "declined", 4 * DAYS, kind="apcm", replaces=first, note="Mistake.")
    with pytest.raises(ValidationError):
        conversation(
            patient,
            {"records": "given", "apcm": "given"},
            replaces={"apcm": (first, "Replaced by somebody else before.")},
        )
    assert newest_line(patient, "records") is None


def test_the_same_conversation_is_not_written_twice(patient):
    moment = clock.now() - DAYS
    conversation(patient, {"records": "given"}, occurred_at=moment)
    with pytest.raises(ValidationError, match="recorded already"):
        conversation(patient, {"records": "given"}, occurred_at=moment)
    assert ConsentEvent.objects.count() == 1


def test_the_reason_of_a_correction_stands_in_its_own_line_only(patient):
    first = said(patient, "declined", 2 * DAYS)
    events = conversation(
        patient,
        {"records": "given", "notice": "given"},
        replaces={"records": (first, "The form was filled in by a neighbour.")},
        note="Spoke on the phone.",
    )
    notes = {event.kind: event.note for event in events}
    assert notes == {
        "records": "The form was filled in by a neighbour. Spoke on the phone.",
        "notice": "Spoke on the phone.",
    }
