"""The page "Record a decision": what is asked, what is kept, what is refused; scans; the page of one line."""

from datetime import date, timedelta
from threading import Thread

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from consent.ledger import record_decisions, record_event
from consent.models import ConsentEvent, Document, Wording
from consent.scans import MOST_BYTES, BadScan, Scan, read_scan
from explorer.lib import clock
from patients.models import ApcmEnrolment
from tests import makers
from tests.conftest import ROLES
from tests.consent.test_consent_admin import NUMBER, READ, REPRESENTATIVE, confirmed, record_page, spoken

DAY = timedelta(days=1)
PDF = b"%PDF-1.7 a signed paper"


@pytest.fixture
def patient():
    made = makers.patient(first="Ada", last="Testwood")
    ApcmEnrolment.objects.create(patient=made, level=1)
    return made


def script(**fields) -> Wording:
    fields = {"kind": "script", "language": "en", "version": 1, "title": "Phone script", "valid_from": "2026-01-01",
              "text": "Hello from {practice}. {unknown} Bye."} | fields  # fmt: skip
    return Wording.objects.create(**fields)


def scan(content=PDF, name="form.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_everything_that_was_said_goes_into_its_own_field(signed_in, patient, practice):
    words, ann = script(), makers.practitioner()
    form = spoken(
        practice, apcm="yes", disclosures=READ, on_behalf_of=ann.pk, number_called=NUMBER, script=words.pk,
        language="es", interpreter="Line 7", note="What does it cost?", **REPRESENTATIVE,
    )  # fmt: skip
    signed_in("staff").post(record_page(patient), confirmed(form))
    lines = {line.kind: line for line in ConsentEvent.objects.all()}
    apcm, records = lines["apcm"], lines["records"]
    assert apcm.disclosures == dict.fromkeys(READ, True)
    assert (apcm.on_behalf_of, records.on_behalf_of, records.disclosures) == (ann, None, {})
    for line in lines.values():
        assert (line.wording, line.number_called, line.language) == (words, NUMBER, "es")
        assert (line.interpreter, line.note) == ("Line 7", "What does it cost?")
    words.refresh_from_db()
    assert words.used_at


def test_the_script_is_on_the_page_with_the_practices_facts(signed_in, patient):
    script()
    page = signed_in("staff").get(record_page(patient)).content.decode()
    assert page.count("Hello from Home Team Medical. ____ Bye.") == 1
    assert "to be approved by counsel" in page


def test_without_a_stored_script_there_are_words_to_read(signed_in, patient):
    page = signed_in("staff").get(record_page(patient)).content.decode()
    assert "No script is stored yet" in page
    assert "May I speak with" in page


@pytest.mark.parametrize(
    ("fields", "change", "problem"),
    [
        ({"valid_from": "2999-01-01"}, {}, "is valid from"),
        ({"retired_at": "2020-01-01T00:00Z"}, {}, "was withdrawn before"),
        ({}, {"language": "es"}, "name the interpreter"),
        ({"kind": "letter"}, {}, "Select a valid choice"),
    ],
)
def test_words_that_nobody_can_have_heard_are_refused(signed_in, patient, practice, fields, change, problem):
    form = spoken(practice, script=script(**fields).pk, **change)
    assert problem in signed_in("staff").post(record_page(patient), confirmed(form)).content.decode()
    assert not ConsentEvent.objects.exists()


def test_nobody_to_bill_apcm_is_said_with_the_place(signed_in, patient, practice):
    form = spoken(practice, apcm="yes", disclosures=READ)
    client = signed_in("staff")
    assert "Practice, Practitioners" in client.get(record_page(patient)).content.decode()
    assert "Practice, Practitioners" in client.post(record_page(patient), confirmed(form)).content.decode()
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"side": "old"}, {"bills_apcm": False}, {"left_on": date(2020, 1, 1)}], ids=["old", "no bills", "left"]
)
def test_only_who_bills_apcm_at_the_new_practice_is_named(patient, fields):
    proof = {"disclosures": dict.fromkeys(READ, True), "on_behalf_of": makers.practitioner(**fields)}
    with pytest.raises(Exception, match="This practitioner"):
        _said(patient, "given", kind="apcm", **proof)


@pytest.mark.parametrize(("answer", "outcome"), [("think", "thinking"), ("info", "call_back")])
def test_who_wants_to_think_stays_on_the_list_of_calls(signed_in, patient, practice, answer, outcome):
    client, form = signed_in("staff"), spoken(practice, records=answer)
    onward = client.post(record_page(patient), form)
    call = reverse("admin:outreach_attempt_record", args=[patient.pk])
    assert onward.url == f"{call}?outcome={outcome}"
    assert not ConsentEvent.objects.exists()
    assert client.get(onward.url).context["suggested"] == outcome


def test_one_answer_is_written_while_another_stays_open(signed_in, patient, practice):
    form = spoken(practice, texting="think")
    client = signed_in("staff")
    assert "Wants to think" in client.post(record_page(patient), form).content.decode()
    assert "outcome=thinking" in client.post(record_page(patient), confirmed(form)).url
    assert ConsentEvent.objects.get().kind == "records"


# A minor


@pytest.mark.parametrize(
    ("years", "change", "written"),
    [
        (18, {}, False),  # of age at 19 in Alabama
        (18, {"records": "no"}, True),
        (18, REPRESENTATIVE | {"authority_kind": "parent"}, True),
        (18, REPRESENTATIVE | {"authority_kind": "guardian"}, True),
        (20, {}, True),
    ],
)
def test_a_minors_own_yes_is_refused(signed_in, practice, years, change, written):
    young = makers.patient(date_of_birth=clock.now().date() - timedelta(days=years * 365 + 30))
    signed_in("staff").post(record_page(young), confirmed(spoken(practice, **change)))
    assert ConsentEvent.objects.exists() == written


def test_a_text_is_never_a_yes(patient):
    with pytest.raises(Exception, match="never a consent"):
        _said(patient, "given", method="text")


def _said(patient, decision, kind="records", **more) -> ConsentEvent:
    told = {"method": "phone", "occurred_at": clock.now() - DAY, "by": None} | more
    return record_event(patient=patient, kind=kind, decision=decision, **told)


# Scans


def _paper(practice, **more) -> dict:
    return spoken(practice, method="paper", witness="", **more)


def test_a_signed_paper_is_kept_encrypted_with_its_line(signed_in, patient, practice):
    client = signed_in("staff")
    page = client.post(record_page(patient), _paper(practice, scan=scan(name='<b>"x.exe'))).content.decode()
    assert "&lt;b&gt;&quot;x.exe" in page
    upload = page.split('name="upload" value="')[1].split('"')[0]
    client.post(record_page(patient), confirmed(_paper(practice, upload=upload)))
    line = ConsentEvent.objects.get()
    document = line.document
    assert (line.method, document.content(), document.media_type) == ("paper", PDF, "application/pdf")
    assert PDF not in bytes(document.sealed_content)
    assert document.added_by.username == "test-staff"


def test_somebody_elses_upload_is_not_found(signed_in, patient, practice, client, user):
    page = signed_in("staff").post(record_page(patient), _paper(practice, scan=scan())).content.decode()
    upload = page.split('name="upload" value="')[1].split('"')[0]
    page = signed_in("provider").post(record_page(patient), confirmed(_paper(practice, upload=upload)))
    assert "no longer kept" in page.content.decode()
    assert not Document.objects.exists()


@pytest.mark.parametrize("content", [b"%PDF-1.4", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*"])
def test_a_scan_is_told_by_its_bytes(content):
    assert read_scan(content + b"x", "page.exe").content == content + b"x"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"MZ\x90 a program", "no scan"),
        (b"<html><script>", "no scan"),
        (b"GIF89a", "no scan"),
        (b" %PDF-1.4", "no scan"),
        (b"%PDF-" + bytes(MOST_BYTES), "10 MB"),
    ],
)
def test_what_is_no_scan_is_refused(content, problem):
    with pytest.raises(BadScan, match=problem):
        read_scan(content, "form.pdf")


def _with_scan(patient, content=PDF, **more):
    told = {"method": "paper", "occurred_at": clock.now() - DAY, "by": None, "replaces": {}} | more
    paper = Scan(content, "form.pdf", "application/pdf")
    return record_decisions(patient=patient, decisions={"records": "given"}, scan=paper, **told)


def test_one_file_is_the_paper_of_one_patient(patient):
    _with_scan(patient)
    _with_scan(patient, occurred_at=clock.now() - 2 * DAY)
    assert Document.objects.count() == 1
    other = makers.patient(mrn="1002", phone="")
    with pytest.raises(Exception, match="another patient"):
        _with_scan(other)
    assert not ConsentEvent.objects.filter(patient=other).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.of(PDF, patient=other, kind="paper_form", filename="a", media_type="application/pdf").save()


def test_a_paper_whose_lines_are_refused_is_not_kept(patient):
    with pytest.raises(Exception, match="future"):
        _with_scan(patient, occurred_at=clock.now() + DAY)
    assert not Document.objects.exists()


def test_a_scan_of_another_patient_proves_nothing(patient):
    paper = _with_scan(makers.patient(mrn="1002", phone=""))[0].document
    with pytest.raises(Exception, match="belongs to another patient"):
        _said(patient, "given", document=paper)


@pytest.mark.parametrize("role", ROLES)
def test_whoever_reads_the_ledger_may_open_the_scan_in_a_sealed_box(signed_in, patient, role):
    document = _with_scan(patient)[0].document
    address = reverse("admin:consent_consentevent_scan", args=[document.pk])
    answer = signed_in(role).get(address)
    assert answer.content == PDF
    assert answer["Content-Disposition"] == f'attachment; filename="scan-{document.pk}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_each_look_at_a_scan_is_in_the_audit_log(signed_in, patient):
    document = _with_scan(patient)[0].document
    signed_in("read_only").get(reverse("admin:consent_consentevent_scan", args=[document.pk]))
    entry = LogEntry.objects.latest("pk")
    assert (entry.action, entry.object_id, entry.actor.username) == (3, document.pk, "test-read_only")


def test_a_stranger_gets_no_scan(client, patient):
    document = _with_scan(patient)[0].document
    assert client.get(reverse("admin:consent_consentevent_scan", args=[document.pk])).status_code == 302


# The page of one line


def test_the_page_of_a_line_says_everything(signed_in, patient, practice):
    words = script()
    form = spoken(practice, apcm="yes", disclosures=READ, on_behalf_of=makers.practitioner().pk, script=words.pk)
    client = signed_in("staff")
    client.post(record_page(patient), confirmed(form))
    line = ConsentEvent.objects.get(kind="apcm")
    page = client.get(reverse("admin:consent_consentevent_change", args=[line.pk])).content.decode()
    for words_of_it in ("Nurse Test", "Ann Test", "full name and date of birth", "Ann Lee, MD, NPI 1234567893",
                        words.sha256, "Only one practitioner", "test-staff"):  # fmt: skip
        assert words_of_it in page, words_of_it
    assert page.count('pe-badge good">Read') == 4


def test_nobody_is_their_own_witness_however_it_is_spelled(signed_in, patient, practice):
    form = confirmed(spoken(practice, obtained_by="Nurse Test", witness="nurse  TEST"))
    assert "somebody else" in signed_in("staff").post(record_page(patient), form).content.decode()
    assert not ConsentEvent.objects.exists()


def test_a_mistyped_year_is_refused_in_words(signed_in, patient, practice):
    form = confirmed(spoken(practice, occurred_at_0="0002-11-02"))
    assert "before the patient" in signed_in("staff").post(record_page(patient), form).content.decode().replace(
        "&#x27;", "'"
    )
    assert not ConsentEvent.objects.exists()


def test_an_upload_that_cannot_be_one_is_not_found(signed_in, patient, practice):
    form = confirmed(spoken(practice, method="paper", witness="", upload="x" * 5000))
    assert "no longer kept" in signed_in("staff").post(record_page(patient), form).content.decode()
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("pk", ["999999", "x", "9" * 30, "record/1"])
def test_a_line_that_is_none_is_not_found(signed_in, pk):
    assert signed_in("staff").get(reverse("admin:consent_consentevent_change", args=[pk])).status_code == 404


def test_the_chain_leads_from_line_to_line(signed_in, patient):
    first = _said(patient, "declined", occurred_at=clock.now() - 3 * DAY)
    against = _said(patient, "given", occurred_at=clock.now() - 2 * DAY)
    settled = _said(patient, "given", replaces=first, note="A mistake.")
    client = signed_in("read_only")

    def page(line):
        return client.get(reverse("admin:consent_consentevent_change", args=[line.pk])).content.decode()

    assert "Replaced by" in page(first)
    assert "Contradicted by" in page(first)
    assert "Contradicts" in page(against)
    assert "Replaces" in page(settled)


# What was in force, as an auditor asks


def standing_page(patient) -> str:
    return reverse("admin:consent_consentevent_standing", args=[patient.pk])


def test_what_was_in_force_on_a_day_is_shown_with_its_line(signed_in, patient, monday):
    monday()
    yes = _said(patient, "given", "apcm", occurred_at=clock.now() - 40 * DAY, **makers.apcm_proof())
    stop = _said(patient, "declined", "apcm", occurred_at=clock.now() - 3 * DAY)
    client = signed_in("read_only")
    told = {}
    for day in ("", "2026-10-01", "2026-11-20", "2999-01-01", "nonsense"):
        rows = client.get(standing_page(patient), {"day": day}).context["rows"]
        told[day] = next((told.state, told.line, told.in_force) for label, told, _ in rows if "APCM" in label)
    assert told == {
        "": ("revoked", stop, True),
        "2026-10-01": ("none", None, False),
        "2026-11-20": ("given", yes, True),
        "2999-01-01": ("revoked", stop, True),  # no later than now
        "nonsense": ("revoked", stop, True),
    }


def test_a_merged_chart_stands_as_its_patient(signed_in, patient):
    _said(patient, "given")
    other = makers.patient(mrn="1002", phone="", merged_into=patient, merged_at=clock.now())
    answer = signed_in("read_only").get(standing_page(other))
    assert answer.context["patient"] == patient


# Crash, two at once, direct SQL


@pytest.mark.parametrize(
    ("table", "which"),
    [("consent_document", 1), ("consent_consentevent", 1), ("consent_consentevent", 2), ("auditlog_logentry", 3)],
)
def test_a_cut_between_the_lines_writes_nothing(patient, table, which):
    words, seen = script(kind="letter", valid_from=date(2026, 1, 1)), []

    def cut(execute, sql, *args):
        if sql.startswith(f'INSERT INTO "{table}"'):
            seen.append(sql)
            if len(seen) == which:
                raise SystemExit
        return execute(sql, *args)

    paper = Scan(PDF, "form.pdf", "application/pdf")
    told = {"method": "paper", "occurred_at": clock.now() - DAY, "by": None, "replaces": {}, "wording": words}
    with pytest.raises(SystemExit), connection.execute_wrapper(cut):
        record_decisions(patient=patient, decisions={"records": "given", "notice": "declined"}, scan=paper, **told)
    words.refresh_from_db()
    assert (ConsentEvent.objects.count(), Document.objects.count(), words.used_at) == (0, 0, None)


def test_a_no_that_revokes_is_written_once_when_it_is_sent_twice(signed_in, patient, practice):
    record_event(
        patient=patient, kind="records", decision="given", method="phone", occurred_at=clock.now() - 5 * DAY, by=None
    )
    client, form = signed_in("staff"), confirmed(spoken(practice, records="no"))
    client.post(record_page(patient), form)
    again = client.post(record_page(patient), form).content.decode()
    assert "recorded already" in again
    assert [line.decision for line in ConsentEvent.objects.order_by("pk")] == ["given", "revoked"]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_write_the_same_conversation_write_it_once(practice):
    patient, moment, said = makers.patient(), clock.now() - DAY, []

    def write():
        told = {"method": "phone", "occurred_at": moment, "by": None, "replaces": {}}
        try:
            record_decisions(patient=patient, decisions={"records": "given"}, **told)
            said.append("written")
        except ValidationError as problem:
            said.append(problem.messages[0][:26])
        finally:
            connection.close()

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["This was recorded already:"] * 3 + ["written"]
    assert ConsentEvent.objects.count() == 1


@pytest.mark.parametrize("sql", ["UPDATE consent_document SET filename = 'x'", "DELETE FROM consent_document"])
def test_a_scan_withstands_sql(patient, sql):
    _with_scan(patient)
    with pytest.raises(DatabaseError, match="is never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
