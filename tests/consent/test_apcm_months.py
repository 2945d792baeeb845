"""Facts, months handed to the biller, and their pages."""

import io
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from consent.apcm import asking, claiming
from consent.apcm.asking import counted, enrolled, verdicts
from consent.apcm.cases import House
from consent.apcm.consents import DISCLOSURES
from consent.apcm.rules import examine
from consent.models import ApcmMonth, ConsentEvent
from explorer.lib.models import Practice
from patients import merging
from patients.actions import record_fact, withdraw_fact
from patients.models import ApcmEnrolment, CareFact, Patient
from tests import makers
from tests.consent import apcm_made as made
from tests.consent.apcm_made import FEB, JAN, MOVES, STAYS

TODAY = date(2027, 1, 20)


@pytest.fixture(autouse=True)
def january(monday, practice):
    """20 January 2027 at the new practice, with one practitioner."""
    monday(44)
    made.move_to_the_new_practice()
    made.practitioner()
    practice.refresh_from_db()


def url(name: str, *args) -> str:
    return reverse(f"admin:consent_apcmmonth_{name}", args=args)


def verdict(person, month=JAN):
    return verdicts(Patient.objects.filter(pk=person.pk), month)[person.pk]


def codes(person, month=JAN) -> list[str]:
    return [block.code for block in verdict(person, month).blocks]


def opened(answer) -> list[tuple]:
    return list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))


# Facts


def test_a_fact_recorded_twice_is_one():
    person = made.enrolled()
    told = {"patient": person, "kind": "qmb", "on": JAN, "month": JAN, "answer": "yes", "source": "hets"}
    first, is_new = record_fact(**told, today=TODAY, by=None)
    again, is_new_again = record_fact(**told, today=TODAY, by=None)
    assert (is_new, is_new_again, again) == (True, False, first)


@pytest.mark.parametrize(
    ("kind", "wrong", "told"),
    [
        ("qmb", {"month": None}, "month"),
        ("qmb", {"answer": "perhaps"}, "answer"),
        ("qmb", {"on": date(2027, 1, 21)}, "on"),
        ("qmb", {"on": date(1949, 1, 1)}, "on"),
        ("qmb", {"source": ""}, "source"),
        ("conditions", {"number": None, "codes": ""}, "number"),
        ("conditions", {"codes": "E11.9 DIABETES"}, "codes"),
        ("conditions", {"number": 1, "codes": "E11.9 I10"}, "number"),
        ("conditions", {"person": ""}, "person"),
        ("visit", {"npi": "1234567890"}, "npi"),
        ("initiating", {"codes": ""}, "codes"),
        ("level", {"note": ""}, "note"),
        ("code", {"month": None}, "month"),
        ("service", {"on": date(2026, 12, 31)}, "on"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_with_its_field(kind, wrong, told):
    whole = {
        "qmb": {"month": JAN, "answer": "yes"},
        "conditions": {"number": 2, "codes": "E11.9 I10", "person": "Ann Lee, MD"},
        "visit": {"npi": MOVES},
        "initiating": {"npi": MOVES, "codes": "99214"},
        "level": {"number": 2, "note": "the plan was declined"},
        "code": {"month": JAN, "codes": "99490"},
        "service": {"month": JAN},
    }[kind]
    values = {"on": date(2027, 1, 10), "source": "chart", **whole}
    person = made.enrolled()
    record_fact(patient=person, kind=kind, today=TODAY, by=None, **values)
    with pytest.raises(ValidationError) as problem:
        record_fact(patient=person, kind=kind, today=TODAY, by=None, **{**values, **wrong})
    assert told in problem.value.message_dict


def test_a_day_of_death_marks_the_patient_as_deceased():
    person = made.ready()
    record_fact(patient=person, kind="deceased", on=date(2026, 12, 30), source="told", today=TODAY, by=None)
    person.refresh_from_db()
    assert person.deceased
    assert codes(person) == ["V8"]


def test_a_fact_is_never_changed_and_never_deleted_but_withdrawn_with_a_reason():
    person = made.ready()
    note = made.fact(person, "code", month=JAN, codes="99490")
    assert codes(person) == ["V9"]
    for statement in ("UPDATE patients_carefact SET codes = ''", "DELETE FROM patients_carefact"):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    with pytest.raises(ValidationError):
        withdraw_fact(fact=note, because=" ", today=TODAY, by=None)
    withdraw_fact(fact=note, because="The other practice took its claim back.", today=TODAY, by=None)
    assert codes(person) == []
    with pytest.raises(ValidationError, match="already"):
        withdraw_fact(fact=note, because="again", today=TODAY, by=None)


def test_the_database_refuses_a_fact_without_what_it_needs():
    person = made.enrolled()
    for kind, values in (
        ("qmb", {"answer": "yes"}),
        ("payer", {"answer": "me"}),
        ("level", {"number": 4, "note": "x"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            made.fact(person, kind, **values)


# The ledger and the rows, as the rules get them


def test_a_whole_patient_is_ready_and_the_counts_add_up_to_the_enrolled():
    made.ready("1")
    made.enrolled("2")
    gone = made.enrolled("3")
    ApcmEnrolment.objects.filter(patient=gone).update(status="removed")
    agreed = makers.patient("4", phone="")
    made.said(agreed)
    counts = counted(verdicts(enrolled(JAN), JAN).values())
    assert counts == {"ready": 1, "blocked": 2, "exported": 0, "total": 3}
    assert enrolled(JAN).count() == 3


def test_a_yes_said_in_the_last_evening_of_a_month_counts_for_it(monday):
    """5:59 UTC on 1 February is still 31 January in Alabama."""
    monday(60)
    for mrn, minute, expected in (("1", 59, date(2027, 1, 31)), ("2", 60, None)):
        person = makers.patient(mrn, phone="")
        ConsentEvent.objects.create(
            patient=person, kind="apcm", decision="given", method="phone", on_behalf_of=made.practitioner(),
            disclosures=dict.fromkeys(DISCLOSURES, True),
            occurred_at=datetime(2027, 2, 1, 5, 0, tzinfo=UTC) + timedelta(minutes=minute),
        )  # fmt: skip
        consent = verdict(person).consent
        assert (consent and consent.on) == expected


def test_an_answer_in_review_and_contradictions_hold_the_month():
    person = made.ready()
    made.said(person, "declined", contradicts=person.consent_events.get())
    assert "V3" in codes(person)


def test_what_a_merged_chart_knows_counts_for_the_patient():
    kept, absorbed = made.enrolled("1"), made.ready("2")
    absorbed_pk = absorbed.pk
    merging.merge(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=None)
    assert codes(kept) == []
    assert absorbed_pk not in verdicts(enrolled(JAN), JAN)


def test_two_charts_that_both_had_the_month_are_a_conflict_until_one_is_void():
    one, other = made.ready("1"), made.ready("2")
    claiming.hand_over(JAN, by=None)
    merging.merge(kept=one, absorbed=other, versions=(one.version, other.version), by=None)
    assert codes(one) == ["V5"]
    assert ApcmMonth.objects.live().filter(month=JAN).count() == 2
    claiming.void_month(ApcmMonth.objects.get(patient=other.pk), because="Two charts of one patient.", by=None)
    assert (codes(one), verdict(one).state) == ([], "exported")


# Handing over


def test_a_month_is_handed_over_once_and_again_only_when_asked(user):
    biller = user("provider")
    made.ready("1")
    made.ready("2")
    made.enrolled("3")
    first = claiming.hand_over(JAN, by=biller)
    assert (first.new, first.again, len(first.rows)) == (2, 0, 3)
    assert (lambda again: (again.new, len(again.rows)))(claiming.hand_over(JAN, by=biller)) == (0, 1)
    whole = claiming.hand_over(JAN, again=True, by=biller)
    assert (whole.new, whole.again) == (0, 2)
    assert [row[0] for row in whole.rows[1:]] == ["1", "2"]
    assert [row[5:8] for row in whole.rows[1:]] == [["G0557", "Ann Lee, MD", MOVES]] * 2
    assert ApcmMonth.objects.count() == 2
    assert LogEntry.objects.filter(content_type__model="apcmmonth", actor=biller).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_hand_a_month_over_once():
    made.ready("1")
    made.ready("2")
    outcomes, start = [], threading.Barrier(2)

    def hand_over() -> None:
        start.wait()
        try:
            outcomes.append(claiming.hand_over(JAN, by=None).new)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_over) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 2]
    assert ApcmMonth.objects.count() == 2


def test_a_crash_while_handing_over_leaves_nothing():
    made.ready()
    with transaction.atomic():
        assert claiming.hand_over(JAN, by=None).new == 1
        transaction.set_rollback(True)  # the power goes before the commit
    assert not ApcmMonth.objects.exists()
    assert not LogEntry.objects.filter(content_type__model="apcmmonth").exists()
    assert claiming.hand_over(JAN, by=None).new == 1


def test_a_month_that_has_not_begun_is_not_handed_over():
    made.ready("1", months=(FEB,))
    with pytest.raises(ValidationError, match="not begun"):
        claiming.hand_over(FEB, by=None)


def test_a_stop_of_10_march_leaves_march_and_not_april(monday):
    monday(150)
    march, april = date(2027, 3, 1), date(2027, 4, 1)
    person = made.ready("1", months=(march, april))
    made.said(person, "revoked", on=date(2027, 3, 10), effective_on=date(2027, 3, 31))
    assert (codes(person, march), codes(person, april)) == ([], ["V4"])


def test_what_changed_since_is_told():
    person = made.ready()
    claiming.hand_over(JAN, by=None)
    made.fact(person, "conditions", on=date(2027, 1, 15), number=1, person="Ann Lee, MD")
    [row] = claiming.hand_over(JAN, again=True, by=None).rows[1:]
    assert row[5] == "G0557", "what was handed over stays"
    assert row[-1] == "The level was 2 and is 1."


def test_a_void_month_may_be_handed_over_anew_and_a_live_one_is_unique():
    person = made.ready()
    claiming.hand_over(JAN, by=None)
    row = ApcmMonth.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ApcmMonth.objects.create(
            patient=person, month=date(2027, 1, 31), practitioner=made.practitioner("Cy Orr, MD", made.NEW), level=1,
            consent=row.consent,
        )  # fmt: skip
    with pytest.raises(ValidationError):
        claiming.void_month(row, because="", by=None)
    claiming.void_month(row, because="Wrong level.", by=None)
    with pytest.raises(ValidationError, match="already"):
        claiming.void_month(row, because="Again.", by=None)
    assert claiming.hand_over(JAN, by=None).new == 1


def test_sql_cannot_rewrite_a_month():
    made.ready()
    claiming.hand_over(JAN, by=None)
    for statement in (
        "UPDATE consent_apcmmonth SET level = 3",
        "UPDATE consent_apcmmonth SET month = '2027-02-01'",
        "DELETE FROM consent_apcmmonth",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_biller_tells_what_was_billed():
    made.ready("1")
    made.ready("2")
    claiming.hand_over(JAN, by=None)
    first, second = ApcmMonth.objects.order_by("patient__mrn")
    assert claiming.mark_billed([first.pk], on=TODAY, by=None) == 1
    assert claiming.mark_billed([first.pk, second.pk], on=TODAY, by=None) == 1
    with pytest.raises(ValidationError):
        claiming.mark_billed([first.pk], on=FEB, by=None)


ACTS = st.lists(
    st.tuples(st.sampled_from(["hand over", "void", "yes", "stop"]), st.booleans(), st.integers(0, 1)), max_size=8
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_never_two_practitioners_in_a_patient_month_whatever_happens(acts):
    """On the database: consents to either practitioner, stops, months handed over and void, in any order."""
    with transaction.atomic():
        people = [made.ready("1"), made.ready("2")]
        billers = [made.practitioner(), made.practitioner("Cy Orr, MD", made.NEW)]
        for number, (act, first, who) in enumerate(acts):
            if act == "hand over":
                claiming.hand_over(JAN, by=None)
            elif act == "void" and (row := ApcmMonth.objects.live().first()):
                claiming.void_month(row, because="Again.", by=None)
            elif act in ("yes", "stop"):
                day = date(2026, 12, 11 + number)
                decision = "given" if act == "yes" else "revoked"
                more = {"on_behalf_of": billers[who]} if act == "yes" else {}
                made.said(people[not first], decision, on=day, **more)
            live = ApcmMonth.objects.live().values_list("patient", "month")
            assert len(set(live)) == live.count()
        transaction.set_rollback(True)


# Speed


def test_500_enrolled_are_asked_about_in_a_handful_of_questions(django_assert_max_num_queries):
    for number in range(60):
        made.ready(f"{number}")
    with django_assert_max_num_queries(10):
        found = verdicts(enrolled(JAN), JAN, Practice.current())
    assert len(found) == 60
    few, many = [], []
    for count, queries in ((5, few), (60, many)):
        pks = list(Patient.objects.values_list("pk", flat=True)[:count])
        with CaptureQueriesContext(connection) as asked:
            verdicts(Patient.objects.filter(pk__in=pks), JAN, Practice.current())
        queries.append(len(asked))
    assert few == many


# Pages


def test_the_list_shows_each_block_in_words_with_its_cure(signed_in):
    person = made.enrolled("7")
    page = signed_in("staff").get(url("changelist"), {"month": "2027-01", "state": "blocked"}).content.decode()
    assert "adds up: 1 enrolled" in page
    assert "silence is no consent" in page
    assert "Nobody has checked who pays." in page
    assert url("add_fact", person.pk, "payer") in page
    assert reverse("admin:consent_consentevent_record", args=[person.pk]) in page


def test_the_list_is_narrowed_by_block_by_warning_and_by_name(signed_in):
    made.enrolled("7")
    quiet = made.enrolled("8")
    made.fact(quiet, "payer", answer="part_b")
    client = signed_in("read_only")

    def listed(**asked) -> list[str]:
        answer = client.get(url("changelist"), {"month": "2027-01", "state": "blocked", **asked})
        return [row.patient.mrn for row in answer.context["rows"]]

    assert listed() == ["7", "8"]
    assert listed(reason="payer") == ["7"]
    assert listed(reason="warn-qmb") == ["7", "8"]
    assert listed(q="Smith8") == ["8"]


@pytest.mark.parametrize("month", ["", "2027-13", "nonsense", "99999-01", "0001-01", "2027-01-15"])
def test_any_month_in_the_address_gives_a_page(month, signed_in):
    made.ready()
    client = signed_in("read_only")
    for name in ("changelist", "reports"):
        assert client.get(url(name), {"month": month}).status_code == 200


def test_the_export_asks_first_and_gives_a_file_without_formulas(signed_in):
    made.ready("=1+1", last="=HYPERLINK(1)")
    client = signed_in("provider")
    assert "Hand over 1 month" in client.get(url("export"), {"month": "2027-01"}).content.decode()
    assert not ApcmMonth.objects.exists()
    answer = client.post(url("export"), {"month": "2027-01", "kind": "xlsx"})
    rows = opened(answer)
    assert rows[0][:3] == ("Chart", "Last name", "First name")
    assert rows[1][0] == "=1+1"
    assert load_workbook(io.BytesIO(answer.content)).active["A2"].data_type == "s"
    again = client.post(url("export"), {"month": "2027-01", "kind": "csv"})
    assert "No month is ready" in again.content.decode()
    whole = client.post(url("export"), {"month": "2027-01", "kind": "csv", "again": "on"})
    assert '"\'=1+1"' in whole.content.decode("utf-8-sig")
    assert LogEntry.objects.filter(object_repr="export").count() == 2


@pytest.mark.parametrize("role", ["staff", "read_only"])
def test_only_leaders_hand_over(role, signed_in):
    made.ready()
    assert signed_in(role).post(url("export"), {"month": "2027-01", "kind": "csv"}).status_code == 403
    assert not ApcmMonth.objects.exists()


def test_a_fact_by_hand_is_shown_before_it_is_recorded(signed_in):
    person = made.enrolled()
    client = signed_in("staff")
    told = {"month": "2027-01", "answer": "yes", "on": "2027-01-05", "source": "hets"}
    page = client.post(url("add_fact", person.pk, "qmb"), told).content.decode()
    assert "Check what will be recorded" in page
    assert "Yes in 01/2027" in page
    assert not CareFact.objects.exists()
    answer = client.post(url("add_fact", person.pk, "qmb"), told | {"confirmed": "1"}, follow=True)
    assert "Recorded." in answer.content.decode()
    assert CareFact.objects.get().month == JAN
    wrong = client.post(url("add_fact", person.pk, "qmb"), told | {"on": "2027-03-05"}).content.decode()
    assert "This lies in the future." in wrong


def test_every_kind_of_fact_has_a_page(signed_in):
    person = made.enrolled()
    client = signed_in("staff")
    for kind in CareFact.Kind.values:
        expected = 404 if kind == "withdrawn" else 200
        assert client.get(url("add_fact", person.pk, kind)).status_code == expected, kind
    assert client.get(url("add_fact", person.pk, "nonsense")).status_code == 404


def test_the_patients_page_tells_everything(signed_in):
    person = made.ready(level=1)
    note = made.fact(person, "note", note="Hospice since December.")
    client = signed_in("administrator")
    page = client.get(url("patient", person.pk), {"month": "2027-01"}).content.decode()
    for words in (
        "can be billed",
        "Workbook and facts differ",
        "Hospice since December.",
        "Seen by a clinician of ours",
    ):
        assert words in page
    client.post(url("withdraw", note.pk), {"because": "Ended in January."})
    assert "Ended in January." in client.get(url("patient", person.pk), {"month": "2027-01"}).content.decode()
    roof = client.get(reverse("admin:patients_patient_change", args=[person.pk])).content.decode()
    assert "Ready to bill" in roof


def test_a_month_is_voided_and_noted_as_billed_from_the_pages(signed_in):
    made.ready("1")
    made.ready("2")
    claiming.hand_over(JAN, by=None)
    first, second = ApcmMonth.objects.order_by("patient__mrn")
    client = signed_in("provider")
    client.post(url("billed"), {"month": "2027-01", "row": [first.pk], "on": "2027-01-20"})
    client.post(url("void", second.pk), {"because": "Not seen."})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.billed_on, second.voided_because) == (TODAY, "Not seen.")


def test_the_reports_list_visits_expiring_evidence_conflicts_and_changes(signed_in):
    made.enrolled("1")
    conflicting = made.ready("2")
    made.fact(conflicting, "old_billed", month=JAN)
    old = made.ready("3")
    made.fact(old, "visit", on=date(2024, 2, 1), npi=STAYS)
    client = signed_in("read_only")

    def mrns(report: str) -> list[str]:
        answer = client.get(url("reports"), {"month": "2027-01", "report": report})
        return [patient.mrn for patient, _ in answer.context["rows"]]

    assert mrns("visits") == ["1"]
    assert mrns("conflicts") == ["2"]
    assert mrns("changed") == []
    assert mrns("expiring") == ["1"], "QMB of a level 2 is not checked"


# A sheet


HEADINGS = ["MRN", "Month", "QMB", "Payer", "Checked on", "Source", "Conditions", "ICD-10", "Attested by", "Last visit",
            "NPI", "Visit code", "Colour"]  # fmt: skip


def sheet(*rows: list) -> SimpleUploadedFile:
    content = makers.workbook([HEADINGS, *rows])
    return SimpleUploadedFile("facts.xlsx", content, content_type="application/octet-stream")


def send(client, *rows):
    told = {"file": sheet(*rows), "checked_on": "2027-01-10", "source": "hets"}
    return client.post(url("upload"), told, follow=True)


def test_a_sheet_is_looked_at_and_then_recorded_all_at_once(signed_in):
    for mrn in ("1", "2", "3", "4", "5"):
        made.enrolled(mrn)
    made.fact(Patient.objects.get(mrn="4"), "qmb", on=date(2027, 1, 10), month=JAN, answer="no")
    rows = (
        ["1", "2027-01", "yes", "Part B", "", "", 2, "E11.9 I10", "Ann Lee, MD", "06/01/2026", MOVES, "99214", "red"],
        ["2", "01/2027", "no", "", "01/05/2027", "Remittance advice", *[""] * 7],
        ["2", "01/2027", "no", "", "01/05/2027", "Remittance advice", *[""] * 7],
        ["3", "", "yes", *[""] * 10],
        ["4", "2027-01", "yes", *[""] * 10],
        ["99", "2027-01", "yes", *[""] * 10],
        ["5", "2027-01", "perhaps", *[""] * 10],
    )
    client = signed_in("staff")
    looked = send(client, *rows)
    counts = looked.context["review"].counts
    assert counts == {"rows": 7, "new": 2, "unchanged": 0, "conflicts": 1, "rejected": 3, "duplicates": 1, "facts": 5}
    assert "left out: Colour" in looked.content.decode()
    assert CareFact.objects.count() == 1
    done = client.post(looked.redirect_chain[-1][0], follow=True)
    assert "5 facts of 2 rows are recorded" in done.content.decode()
    assert sorted(CareFact.objects.filter(patient__mrn="1").values_list("kind", flat=True)) == [
        "conditions", "payer", "qmb", "visit",
    ]  # fmt: skip
    assert CareFact.objects.get(patient__mrn="2").source == "remittance"
    assert LogEntry.objects.filter(content_type__model="carefact", action=0, actor__username="test-staff").count() == 5
    again = send(client, *rows).context["review"].counts
    assert (again["new"], again["unchanged"], again["facts"]) == (0, 2, 0)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"Name,Colour\nx,y\n", b"\x00\xff" * 50])
def test_a_sheet_that_cannot_be_read_gives_one_sentence(content, signed_in):
    file = SimpleUploadedFile("facts.csv", content)
    answer = signed_in("staff").post(url("upload"), {"file": file, "checked_on": "2027-01-10", "source": "hets"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]


def test_a_kept_sheet_is_its_persons_own(signed_in, user, client):
    made.enrolled("1")
    address = send(signed_in("staff"), ["1", "2027-01", "yes", *[""] * 10]).redirect_chain[-1][0]
    client.force_login(user("provider"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "no longer kept" in client.post(address, follow=True).content.decode()
    assert not CareFact.objects.exists()


def test_the_months_between_a_stop_and_the_yes_that_replaces_it_stay_blocked():
    """Domain 1.4, V4: a change of mind does not undo the stop for the months before it."""
    months = [date(2027, number, 1) for number in (3, 4, 5, 6)]
    person = made.ready(months=months)
    stop = made.said(person, "revoked", on=date(2027, 3, 10))
    made.said(person, on=date(2027, 6, 2), supersedes=stop)
    later = House(JAN, date(2027, 6, 30), asking.house().billers)
    [case] = asking.cases(Patient.objects.filter(pk=person.pk), "America/Chicago").values()
    found = {month.month: [block.code for block in examine(case, month, later).blocks] for month in months}
    assert found == {3: [], 4: ["V4"], 5: ["V4"], 6: []}


def test_a_stop_written_down_in_error_and_corrected_for_its_moment_stops_nothing():
    person = made.ready(months=[JAN, FEB])
    stop = made.said(person, "revoked", on=date(2026, 12, 11))
    made.said(person, on=date(2026, 12, 11), supersedes=stop)
    [case] = asking.cases(Patient.objects.filter(pk=person.pk), "America/Chicago").values()
    assert not examine(case, FEB, House(JAN, date(2027, 3, 1), asking.house().billers)).blocks
