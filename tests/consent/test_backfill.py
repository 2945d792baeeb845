"""Writing down verbal consents afterwards: pasted or from a file, checked row by row, written once."""

from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import backfill
from consent.backfill_rows import MOST_ROWS, read_file, read_pasted
from consent.ledger import record_event
from consent.models import ConsentEvent, Wording
from explorer.lib import clock
from explorer.lib.tables import UPLOAD, UnreadableTable
from patients.models import ApcmEnrolment
from tests import makers
from tests.conftest import ROLES
from tests.consent.test_consent_admin import READ

PAGE = reverse("admin:consent_consentevent_backfill")
DAY = timedelta(days=1)
SAID_ON = date(2026, 11, 2)


@pytest.fixture
def people(monday):
    monday()
    made = {mrn: makers.patient(mrn=mrn, phone="", last_visit=date(2026, 10, int(mrn))) for mrn in ("1", "2", "3")}
    for patient in made.values():
        ApcmEnrolment.objects.create(patient=patient)
    makers.practitioner()
    return made


def told(**more) -> dict:
    proof = makers.apcm_proof()
    return {"method": "in_person", "obtained_by": "Nurse Test", "witness": "Ann Test", "note": "From the chart.",
            "identity_checks": ["full name", "date of birth"], "wording": None} | proof | more  # fmt: skip


def rows(text: str, kinds=("records",), day=SAID_ON):
    return read_pasted(text, kinds=kinds, day=day)


def of_file(text: str, kinds=(), day=None, name="list.csv"):
    return read_file(text.encode(), name, kinds=kinds, day=day, limits=UPLOAD, apart=False)


def foreseen(text: str, *, by=None, more=None, **how):
    return backfill.foresee(rows(text, **how), told=told(**more or {}), by=by)


def outcomes(found) -> list[str]:
    return [row.outcome for row in found]


def form(**more) -> dict:
    return {
        "charts": "1\n2 11/03/2026", "day": "2026-11-02", "kinds": ["records", "apcm"], "method": "in_person",
        "obtained_by": "Nurse Test", "witness": "Ann Test", "identifiers": ["full name", "date of birth"],
        "disclosures": READ, "on_behalf_of": makers.practitioner().pk, "script": "", "note": "From the chart.",
    } | more  # fmt: skip


# The page


def test_nothing_is_written_before_it_was_shown(signed_in, people):
    page = signed_in("staff").post(PAGE, form()).content.decode()
    assert "Write 4 lines into the ledger" in page
    assert "11/03/2026" in page
    assert page.count(">late entry<") == 2
    assert not ConsentEvent.objects.exists()


def test_the_confirmed_lines_carry_their_proof_and_a_second_run_writes_nothing(signed_in, people):
    client = signed_in("staff")
    for _ in range(2):
        client.post(PAGE, form(confirmed="1"))
    lines = ConsentEvent.objects.order_by("pk")
    assert lines.count() == 4
    apcm = lines.get(patient=people["2"], kind="apcm")
    assert (apcm.occurred_at.isoformat(), apcm.is_late_entry) == ("2026-11-03T18:00:00+00:00", True)
    assert (apcm.on_behalf_of.npi, apcm.disclosures) == (makers.NPI, dict.fromkeys(READ, True))
    assert (apcm.recorded_by.username, apcm.obtained_by, apcm.witness) == ("test-staff", "Nurse Test", "Ann Test")


def test_the_list_is_filled_by_last_visit(signed_in, people):
    client, asked = signed_in("staff"), form(charts="", fill="1", seen_from="2026-10-02", seen_to="2026-10-31")
    page = client.post(PAGE, asked | {"visit_days": "on"})
    assert page.context["form"]["charts"].value() == "2 10/02/2026\n3 10/03/2026"
    assert page.context["form"]["identifiers"].value() == ["full name", "date of birth"]
    assert client.post(PAGE, asked).context["form"]["charts"].value() == "2\n3"
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"charts": ""}, "Name the patients"),
        ({"identifiers": ["full name"]}, "at least two"),
        ({"witness": "Nurse Test"}, "somebody else"),
        ({"disclosures": READ[:3]}, "all four"),
        ({"on_behalf_of": ""}, "Choose who bills"),
        ({"note": ""}, "required"),
        ({"method": "form"}, "errorlist"),
        ({"method": "paper"}, "errorlist"),
    ],
)
def test_what_proves_nothing_is_refused(signed_in, people, change, problem):
    assert problem in signed_in("staff").post(PAGE, form(confirmed="1", **change)).content.decode()
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_the_care_team_may_and_others_may_not(signed_in, people, role):
    client, may = signed_in(role), role != "read_only"
    assert (client.get(PAGE).status_code == 200) == may
    client.post(PAGE, form(confirmed="1"))
    assert ConsentEvent.objects.exists() == may


def test_a_file_is_kept_between_check_and_confirmation(signed_in, people):
    client = signed_in("staff")
    sheet = b"mrn,date,kind,decision,obtained_by,witness\n1,11/02/2026,records,no,Bo Test,Cy Test\n2,bad,apcm,yes,,\n"
    upload = SimpleUploadedFile("list.csv", sheet)
    page = client.post(PAGE, form(charts="", day="", kinds=[], file=upload))
    assert page.context["counts"] == {"rows": 2, "ready": 1, "known": 0, "rejected": 1}
    client.post(PAGE, form(charts="", day="", kinds=[], upload=page.context["upload"], confirmed="1"))
    line = ConsentEvent.objects.get()
    assert (line.decision, line.obtained_by, line.witness) == ("declined", "Bo Test", "Cy Test")


def test_a_file_that_is_none_gets_one_sentence(signed_in, people):
    upload = SimpleUploadedFile("list.xlsx", b"PK nothing")
    page = signed_in("staff").post(PAGE, form(charts="", file=upload))
    assert page.context["form"].errors["file"]
    assert not ConsentEvent.objects.exists()


# Row by row


@pytest.mark.parametrize(
    ("who", "text", "reason"),
    [
        ({}, "9999", "No patient has this chart number"),
        ({"deceased": True}, "7", "deceased"),
        ({"left_list_at": clock.now()}, "7", "no longer on the newest list"),
        ({"date_of_birth": date(2015, 1, 1)}, "7", "minor"),
        ({"date_of_birth": date(2026, 11, 20)}, "7", "before the patient's birth"),
        ({}, "7 12/08/2026", "future"),
        ({}, "7 02/30/2026", "no such day"),
        ({}, "7 soon", "no date"),
    ],
)
def test_what_cannot_be_written_says_why(people, who, text, reason):
    makers.patient(mrn="7", phone="", **who)
    [row] = foreseen(text)
    assert (row.outcome, row.events) == ("rejected", [])
    assert reason in " ".join(row.reasons)


def test_apcm_is_written_of_the_enrolled_alone(people):
    makers.patient(mrn="7", phone="")
    [row] = foreseen("7", kinds=("apcm",))
    assert row.reasons == ["The patient is not enrolled in APCM."]
    [row] = foreseen("7", kinds=("records", "apcm"))
    assert [event.kind for event in row.events] == ["records"]
    assert row.reasons == ["Without APCM: the patient is not enrolled."]


def test_a_date_before_the_script_existed_is_refused(people):
    words = Wording.objects.create(kind="script", version=1, title="A", text="Hello", valid_from=date(2026, 11, 3))
    found = foreseen("1 11/02/2026\n2 11/03/2026", more={"wording": words})
    assert outcomes(found) == ["rejected", "ready"]


def test_who_has_decided_is_known_and_who_said_otherwise_is_for_a_person(people):
    for mrn, decision in (("1", "given"), ("2", "declined")):
        record_event(patient=people[mrn], kind="records", decision=decision, method="paper",
                     occurred_at=clock.now() - DAY, by=None)  # fmt: skip
    found = foreseen("1\n2\n3")
    assert outcomes(found) == ["known", "rejected", "ready"]
    assert "says otherwise" in found[1].reasons[0]


def test_of_a_patient_all_is_written_or_nothing(people):
    sheet = "mrn,date,kind\n1,11/02/2026,records\n1,12/31/2026,apcm\n2,11/02/2026,records\n"
    found = backfill.write(of_file(sheet), told=told(), by=None)
    assert outcomes(found) == ["rejected", "rejected", "ready"]
    assert ConsentEvent.objects.get().patient == people["2"]


def test_a_row_twice_counts_once_and_two_that_differ_count_not_at_all(people):
    found = foreseen("1\n1\n2 11/02/2026\n2 11/03/2026\n3")
    assert outcomes(found) == ["ready", "known", "rejected", "rejected", "ready"]


def test_nobody_is_their_own_witness_however_it_is_spelled(people):
    assert outcomes(foreseen("1", more={"witness": "nurse  TEST"})) == ["rejected"]


def test_a_merged_charts_number_is_the_patients(people):
    other = makers.patient(mrn="8", phone="")
    other.merged_into, other.merged_at = people["1"], clock.now()
    other.save()
    assert foreseen("8")[0].patient == people["1"]


def test_of_today_it_is_now_at_the_latest(people, monday):
    monday(-0.1)  # before noon
    [row] = foreseen("1", day=clock.today("America/Chicago"))
    assert row.events[0].occurred_at <= clock.now()


def test_one_audit_row_for_each_line(people, user):
    nurse = user("staff")
    backfill.write(rows("1\n2"), told=told(), by=nurse)
    entries = LogEntry.objects.get_for_model(ConsentEvent)
    assert sorted(entries.values_list("object_id", "actor__username")) == sorted(
        (pk, "test-staff") for pk in ConsentEvent.objects.values_list("pk", flat=True)
    )


def test_the_second_of_two_people_writes_nothing(people):
    """Both have seen the same page; the lines are foreseen anew under the lock."""
    before = rows("1\n2", kinds=("records", "apcm"))
    first, second = (backfill.write(before, told=told(), by=None) for _ in range(2))
    assert (outcomes(first), outcomes(second)) == (["ready", "ready"], ["known", "known"])
    assert ConsentEvent.objects.count() == 4


@pytest.mark.parametrize("table", ["consent_consentevent", "auditlog_logentry"])
def test_a_cut_in_the_middle_writes_nothing(people, table):
    def cut(execute, sql, *args):
        if sql.startswith(f'INSERT INTO "{table}"'):
            raise SystemExit
        return execute(sql, *args)

    with pytest.raises(SystemExit), connection.execute_wrapper(cut):
        backfill.write(rows("1\n2"), told=told(), by=None)
    assert not ConsentEvent.objects.exists()


# Reading


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ("mrn,date\n1,\n", "The date is missing"),
        ("mrn,date\n,11/02/2026\n", "chart number is missing"),
        ("mrn,date,kind\n1,11/02/2026,eggs\n", "was not understood"),
        ("mrn,date,decision\n1,11/02/2026,maybe\n", "write yes or no"),
        ("mrn,date,witness\n1,11/02/2026," + "x" * 121 + "\n", "longer than 120"),
    ],
)
def test_a_complaint_names_its_row(sheet, problem):
    [row] = of_file(sheet, kinds=("records",))
    assert (row.number, problem in row.problem) == (2, True)


@pytest.mark.parametrize("heading", ["MRN,Date of consent,About", "Chart number;Date;Kind", "mrn\tday\tledger"])
def test_headings_may_be_written_in_several_ways(heading):
    mark = next(sign for sign in ",;\t" if sign in heading)
    [row] = of_file(f"{heading}\n" + mark.join(("1", "2026-11-02", "APCM")) + "\n")
    assert (row.mrn, row.day, row.kinds, row.problem) == ("1", SAID_ON, ("apcm",), "")


@pytest.mark.parametrize("sheet", ["name,color\nAnn,red\n", "", "date,kind\n11/02/2026,apcm\n", "mrn,date\n"])
def test_a_file_without_its_columns_is_refused(sheet):
    with pytest.raises(UnreadableTable):
        of_file(sheet)


def test_a_workbook_is_read_too():
    content = makers.workbook([["mrn", "date"], ["1001", SAID_ON]])
    [row] = read_file(content, "a.xlsx", kinds=("records",), day=None, limits=UPLOAD, apart=False)
    assert (row.mrn, row.day) == ("1001", SAID_ON)


def test_too_many_rows_are_refused():
    with pytest.raises(UnreadableTable, match="at most"):
        rows("1\n" * (MOST_ROWS + 1))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="123 ,;/\n\t=x\u00a0é", max_size=40))
def test_the_counts_always_add_up(people, text):
    found = foreseen(text)
    told_counts = backfill.counts(found)
    assert told_counts["rows"] == len(found) == sum(told_counts[name] for name in ("ready", "known", "rejected"))
    assert all(row.reasons or row.events for row in found)
