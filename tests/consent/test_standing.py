"""Standing, now and at any moment: the same whatever order the lines arrive in."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.intake import write_ledgers
from consent.ledger import record_event, record_texting_stop
from consent.models import ConsentEvent, Response, ResponseFile, Wording, current_decision
from consent.proof import effective_day
from consent.standing import standing_at, standings_at
from explorer.lib import clock
from patients.models import Patient
from tests import makers

ZONE = "America/Chicago"
NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
SIDES = {"yes": "given", "no": "declined"}


def at(days: float) -> datetime:
    """That many days before 1 December 2026."""
    return NOW - timedelta(days=days)


def said(patient, answer, moment, kind="records", **more) -> ConsentEvent:
    proof = makers.apcm_proof() if (kind, answer) == ("apcm", "yes") else {}
    told = {"method": "phone", "by": None} | proof | more
    return record_event(patient=patient, kind=kind, decision=SIDES[answer], occurred_at=moment, **told)


def in_sql(patient, kind="records") -> str:
    return Patient.objects.annotate(now=current_decision(kind)).get(pk=patient.pk).now or "none"


@pytest.fixture(autouse=True)
def december(monkeypatch):
    monkeypatch.setenv(clock.VARIABLE, NOW.isoformat())
    clock._start.cache_clear()


ANSWERS = st.lists(st.tuples(st.sampled_from(["yes", "no"]), st.integers(1, 60)), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, arrival=st.randoms(use_true_random=False), kind=st.sampled_from(["records", "texting"]))
def test_any_order_of_arrival_gives_the_same_standing(db, answers, arrival, kind):
    """Moments 12 hours apart, so that some lie within a day of each other; the SQL agrees with the fold."""
    shuffled = list(answers)
    arrival.shuffle(shuffled)
    found = set()
    with transaction.atomic():
        for number, order in enumerate((answers, shuffled)):
            patient = makers.patient(mrn=f"A{number}", phone="")
            for answer, halves in order:
                said(patient, answer, at(halves / 2), kind)
            assert ConsentEvent.objects.filter(patient=patient).count() == len(answers), "nothing vanishes"
            standing = standing_at(patient, kind)
            assert standing.state == in_sql(patient, kind)
            found.add((standing.state, standing.line.occurred_at, standing.in_force))
        transaction.set_rollback(True)
    assert len(found) == 1


DEEDS = st.lists(
    st.tuples(st.sampled_from(["yes", "no", "settle yes", "settle no"]), st.integers(1, 40)), min_size=1, max_size=5
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=DEEDS)
def test_the_list_and_the_page_agree_about_settled_conflicts(db, deeds):
    with transaction.atomic():
        patient = makers.patient(phone="")
        for deed, halves in deeds:
            standing, answer = standing_at(patient, "records"), deed.removeprefix("settle ")
            against = standing.against if deed.startswith("settle") else None
            why = {"replaces": against, "note": "Asked again."} if against else {}
            said(patient, answer, at(halves / 2), **why)
            assert standing_at(patient, "records").state == in_sql(patient)
        transaction.set_rollback(True)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_conflict_settled_by_a_person_stays_settled_whenever_older_answers_come(order):
    patient = makers.patient()
    answers = [("yes", 20), ("no", 19.8), ("no", 18)]
    for place in order:
        said(patient, answers[place][0], at(answers[place][1]))
    assert standing_at(patient, "records").state == "revoked"


@pytest.mark.parametrize(
    ("said_at", "ends"),
    [
        (datetime(2026, 3, 10, 12, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 2, 28, 23, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 2, 1, 12, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2026, 1, 1, 5, 59, tzinfo=UTC), date(2025, 12, 31)),  # still New Year's Eve in Alabama
        (datetime(2026, 1, 1, 6, 0, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2025, 12, 31, 20, tzinfo=UTC), date(2025, 12, 31)),
    ],
)
def test_apcm_stops_at_the_end_of_the_month_in_the_practices_zone(said_at, ends):
    patient = makers.patient()
    said(patient, "yes", said_at - timedelta(days=40), "apcm")
    stop = said(patient, "no", said_at, "apcm")
    assert (stop.decision, stop.effective_on) == ("revoked", ends)
    assert effective_day("records", said_at, ZONE) <= ends


def test_what_was_in_force_on_a_day_in_the_past():
    """A patient who stops on 10 March is still in for March (domain 1.4)."""
    patient = makers.patient()
    yes = said(patient, "yes", datetime(2026, 1, 5, 15, tzinfo=UTC), "apcm")
    no = said(patient, "no", datetime(2026, 3, 10, 15, tzinfo=UTC), "apcm")
    told = {}
    for day in ("2026-01-01", "2026-02-10", "2026-03-20", "2026-03-31", "2026-04-01"):
        standing = standing_at(patient, "apcm", datetime.fromisoformat(f"{day}T18:00:00+00:00"))
        told[day] = (standing.state, standing.line, standing.in_force)
    assert told == {
        "2026-01-01": ("none", None, False),
        "2026-02-10": ("given", yes, True),
        "2026-03-20": ("revoked", no, True),
        "2026-03-31": ("revoked", no, True),
        "2026-04-01": ("revoked", no, False),
    }
    assert standing_at(patient, "apcm").effective_on == date(2026, 3, 31)
    assert standings_at(patient)["records"].state == "none"


def test_a_correction_counts_from_the_day_on_which_it_was_said():
    patient = makers.patient()
    wrong = said(patient, "yes", at(20))
    said(patient, "no", at(5), replaces=wrong, note="The patient had meant the brother.")
    then, now = standing_at(patient, "records", at(10)), standing_at(patient, "records")
    assert (then.state, then.line, then.corrected_later) == ("given", wrong, True)
    assert (now.state, now.corrected_later) == ("declined", False)


def test_a_stop_by_text_counts_at_once():
    patient = makers.patient()
    said(patient, "yes", at(0.3), "texting")
    stop = record_texting_stop(patient=patient, occurred_at=at(0.2))
    assert stop.effective_on == date(2026, 12, 1)
    assert standing_at(patient, "texting").state == in_sql(patient, "texting") == "revoked"


@pytest.mark.parametrize("effective_on", [None, "2026-03-30", "2026-02-27", "2024-02-28"])
def test_the_database_itself_wants_the_end_of_a_month(effective_on):
    line = {"kind": "apcm", "decision": "revoked", "method": "phone", "occurred_at": NOW}
    patient = makers.patient()
    with pytest.raises(DatabaseError), transaction.atomic():
        ConsentEvent.objects.create(patient=patient, effective_on=effective_on, **line)
    ConsentEvent.objects.create(patient=patient, effective_on="2024-02-29", **line)


def test_direct_sql_does_not_change_the_day_of_a_stop():
    said(makers.patient(), "no", at(3), "apcm")
    sql = "UPDATE consent_consentevent SET effective_on = '2026-01-31', decision = 'revoked'"
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_form_answer_never_claims_a_wording_that_came_later():
    """Rule V10 for answers taken in from a file, and the end of the month for their stops."""
    patient = makers.patient()
    said(patient, "yes", at(40), "apcm")
    told = {"kind": "online_form", "title": "Form", "text": "Hello"}
    early, late = (
        Wording.objects.create(version=version, valid_from=day, **told)
        for version, day in ((1, date(2026, 1, 1)), (2, date(2026, 11, 28)))
    )
    lines = []
    for wording in (early, late):
        file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="f", wording=wording)
        row = {"content_hash": f"{wording.pk}", "outcome": "applied", "patient": patient, "decisions": {"apcm": "no"}}
        answer = Response.objects.create(file=file, row=2, completed_at=at(5), **row)
        write_ledgers([answer], None)
        lines.append(answer.consent_events.get())
    assert [line.wording for line in lines] == [early, None]
    assert (lines[0].decision, lines[0].effective_on) == ("revoked", date(2026, 11, 30))
    early.refresh_from_db()
    assert early.used_at


def test_an_answer_in_review_contests_a_line_of_a_merged_chart_in_the_list_too():
    kept, absorbed = makers.patient("A1", phone=""), makers.patient("B1", phone="")
    said(kept, "yes", at(3))
    said(absorbed, "yes", at(1))
    Patient.charts.filter(pk=absorbed.pk).update(merged_into=kept, merged_at=NOW)
    file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="f")
    row = {"content_hash": "a", "outcome": "review", "likely": kept, "identity": {"proven": "yes"}}
    Response.objects.create(file=file, row=2, completed_at=at(0.5), decisions={"records": "no"}, **row)
    assert standing_at(kept, "records").state == in_sql(kept) == "conflict"
