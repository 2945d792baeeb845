"""Taking in lists through the browser: who may, what a bad file says, nothing happens unconfirmed."""

import io
import tempfile
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse
from django_q.models import OrmQ

from explorer.lib.models import Job
from explorer.lib.tables import read_workbook, write_xlsx
from explorer.lib.tables.workbook import SHELL
from patients import actions
from patients.models import ApcmEnrolment, ImportBatch, ImportRow, Patient
from tests.conftest import ROLES

HEADINGS = ["MRN", "Patient Name", "DOB", "Cell Phone", "City"]
ADA = ["1001", "Smith, Ada", "03/25/1948", "205-555-0123", "Birmingham"]
BEN = ["1002", "Brown, Ben", "11/02/1951", "205-555-0124", "Hoover"]
UPLOAD_URL = reverse("admin:patients_importbatch_import")
LIST_URL = reverse("admin:patients_importbatch_changelist")
MAY_IMPORT = ("administrator", "provider", "staff")


def xlsx(*rows, heading=HEADINGS, **more_sheets) -> bytes:
    content = io.BytesIO()
    write_xlsx(content, {"Patients": [heading, *rows], **more_sheets})
    return content.getvalue()


def upload(client, content: bytes, *, name="list.xlsx", kind="0", **more):
    posted = {"resource": kind, "import_file": SimpleUploadedFile(name, content), **more}
    return client.post(UPLOAD_URL, posted)


def staged(*rows, apply=False, **options) -> ImportBatch:
    content = xlsx(*rows, **options)
    review = actions.review_patients(content, "list.xlsx", limits=SHELL, apart=False)
    batch = actions.stage(review, content=content, by=None)
    if apply:
        actions.apply(batch, by=None)
        batch.refresh_from_db()
    return batch


def url(batch: ImportBatch, act: str) -> str:
    return reverse(f"admin:patients_importbatch_{act}", args=[batch.pk])


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_may_import_see_the_buttons_and_the_upload_page(signed_in, role):
    client = signed_in(role)
    page = client.get(LIST_URL)
    assert page.status_code == 200
    assert ("Import patient list" in page.text) == (role in MAY_IMPORT)
    assert client.get(UPLOAD_URL).status_code == (200 if role in MAY_IMPORT else 403)


def test_a_read_only_user_can_look_at_a_review_but_every_act_is_refused(signed_in):
    batch = staged(ADA)
    client = signed_in("read_only")
    page = client.get(url(batch, "review"))
    assert page.status_code == 200
    assert "Smith, Ada" in page.text
    assert "Discard" not in page.text
    assert "Continue" not in page.text
    assert upload(client, xlsx(BEN)).status_code == 403
    for act in ("review", "confirm", "discard"):
        assert client.post(url(batch, act)).status_code == 403
    for act in ("confirm", "discard", "rejected_rows"):
        assert client.get(url(batch, act)).status_code == 403
    batch.refresh_from_db()
    assert batch.state == "proposed"
    assert not Patient.objects.exists()


def test_the_import_page_is_opened_on_the_kind_of_list_that_was_asked_for(signed_in):
    page = signed_in("staff").get(UPLOAD_URL, {"list": "apcm"})
    assert '<option value="1" selected>APCM workbook</option>' in page.text


def test_the_library_has_no_second_way_in():
    with pytest.raises(NoReverseMatch):
        reverse("admin:patients_importbatch_process_import")


def test_a_list_goes_from_upload_through_review_and_confirmation_to_patients(signed_in):
    client = signed_in("staff")
    answer = upload(client, xlsx(ADA, BEN))
    batch = ImportBatch.objects.get()
    assert answer.url == url(batch, "review")
    review = client.get(answer.url)
    assert "2 patients will be added." in review.text
    assert "Cell phone: (205) 555-0123" in review.text
    assert not Patient.objects.exists()
    assert "2 patients will be added." in client.get(url(batch, "confirm")).text
    assert not Patient.objects.exists()
    result = client.post(url(batch, "confirm"), follow=True)
    assert "Done: 2 rows were applied." in result.text
    assert reverse("admin:patients_patient_changelist") in result.text
    assert set(Patient.objects.values_list("mrn", flat=True)) == {"1001", "1002"}
    batch.refresh_from_db()
    assert (batch.state, batch.closed_by.username) == ("applied", "test-staff")


def test_an_apcm_workbook_is_taken_in_by_the_same_way(signed_in):
    staged(ADA, apply=True)
    client = signed_in("staff")
    content = xlsx(["1001", "I10, E11.9", ""], heading=["MRN", "G0556", "G0557"])
    batch_url = upload(client, content, name="apcm.xlsx", kind="1").url
    assert "1 enrolment will be added." in client.get(batch_url).text
    client.post(url(ImportBatch.objects.first(), "confirm"))
    assert ApcmEnrolment.objects.get(patient__mrn="1001").level == 1


def test_an_abandoned_preview_leaves_nothing_in_a_temporary_folder(signed_in, tmp_path, monkeypatch):
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert upload(signed_in("staff"), xlsx(ADA)).status_code == 302
    assert Path(tempfile.gettempdir()) == tmp_path
    assert list(tmp_path.rglob("*")) == []


def test_the_stored_file_cannot_be_read_in_the_database(signed_in):
    upload(signed_in("staff"), b'MRN,Patient Name\n1001,"Smith, Ada"\n', name="list.csv")
    assert b"Smith" not in bytes(ImportBatch.objects.get().raw)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty: export the list again and choose the new file."),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.xlsx"),
        (xlsx(heading=["1001", "Smith, Ada", "03/25/1948"]), "No heading row was found"),
        (xlsx(), "has a heading but no rows below it"),
        (
            xlsx(["Smith, Ada", "x"], heading=["Patient Name", "City"]),
            "No column was recognised as the chart number",
        ),
        (b"PK\x03\x04" + bytes(50), "picture.xlsx"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence_and_changes_nothing(signed_in, content, sentence):
    page = upload(signed_in("staff"), content, name="picture.xlsx")
    assert page.status_code == 200
    errors = page.context["form"].errors["import_file"]
    assert len(errors) == 1
    assert sentence in errors[0]
    assert not ImportBatch.objects.exists()


def test_without_a_file_the_form_asks_for_one(signed_in):
    page = signed_in("staff").post(UPLOAD_URL, {"resource": "0"})
    assert "Choose the file that holds the list" in page.text


def test_of_several_sheets_a_person_chooses_one_without_choosing_the_file_again(signed_in):
    client = signed_in("staff")
    page = upload(client, xlsx(ADA, Second=[HEADINGS, BEN]))
    form = page.context["form"]
    assert "Several sheets look like a list" in form.errors["sheet"][0]
    assert '<option value="Second">Second</option>' in page.text
    assert not ImportBatch.objects.exists()
    again = {
        "resource": "0",
        "sheet": "Second",
        "kept": form["kept"].value(),
        "kept_name": form["kept_name"].value(),
    }
    assert client.post(UPLOAD_URL, again).status_code == 302
    batch = ImportBatch.objects.get()
    assert (batch.sheet, batch.filename) == ("Second", "list.xlsx")
    assert [row.mrn for row in batch.rows.all()] == ["1002"]


def test_a_file_that_comes_back_damaged_is_asked_for_again(signed_in):
    page = signed_in("staff").post(UPLOAD_URL, {"resource": "0", "kept": "&&&", "kept_name": "list.xlsx"})
    assert "choose it again" in page.text


def test_the_review_shows_old_and_new_values_and_what_was_not_used(signed_in):
    staged(ADA, apply=True)
    batch = staged([*ADA[:4], "Mobile", "x"], heading=[*HEADINGS, "Shoe size"])
    page = signed_in("staff").get(url(batch, "review"), {"show": "changed"})
    assert '<span class="pe-old">Birmingham</span> → </span>' not in page.text
    assert '<span class="pe-old">Birmingham</span> → <span class="pe-new">Mobile</span>' in page.text
    assert "the column &quot;Shoe size&quot; was not used" in page.text
    assert "1 patient will be changed." in page.text


def test_a_rejected_row_names_row_and_column_and_can_be_downloaded_as_it_stood(signed_in):
    batch = staged(ADA, ["", "Brown, Ben", "11/02/1951", "205-555-0124", "=HYPERLINK()"])
    client = signed_in("staff")
    page = client.get(url(batch, "review"), {"show": "rejected"})
    assert "<b>MRN:</b> The chart number is empty." in page.text
    assert '<td class="num">3</td>' in page.text
    answer = client.get(url(batch, "rejected_rows"))
    rows = read_workbook(answer.content, "rejected.xlsx", SHELL).sheets[0].rows
    assert rows[0] == ["Row", *HEADINGS, "Why"]
    assert rows[1][:-1] == ["3", "", "Brown, Ben", "11/02/1951", "205-555-0124", "=HYPERLINK()"]
    assert "The chart number is empty." in rows[1][-1]
    entry = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (entry.actor.username, entry.changes["exported"][1]) == (
        "test-staff",
        f"1 rows: rejected rows of import {batch.pk}",
    )


def test_a_row_taken_in_without_one_of_its_cells_is_shown_apart(signed_in):
    batch = staged(ADA, ["1002", "Brown, Ben", "11/02/2951", "205-555-0124", "Hoover"])
    page = signed_in("staff").get(url(batch, "review"))
    assert page.context["outcome"] == "left_out"
    assert [row.mrn for row in page.context["rows"]] == ["1002"]
    assert "<b>DOB:</b>" in page.text
    assert "2 patients will be added." in page.text


def test_an_import_without_rejected_rows_says_so(signed_in):
    batch = staged(ADA)
    page = signed_in("staff").get(url(batch, "rejected_rows"), follow=True)
    assert "This import has no rejected rows." in page.text


def test_a_conflict_follows_the_list_only_where_a_person_chose_so(signed_in):
    staged(ADA, BEN, apply=True)
    batch = staged(["1001", "Jones, Eve", "01/01/1950", "", ""], ["1002", "Young, Max", "02/02/1960", "", ""])
    one, two = batch.rows.filter(outcome="conflict").order_by("row")
    client = signed_in("staff")
    assert "Take the list’s" in client.get(url(batch, "review")).text
    client.post(url(batch, "review"), {"show": "conflict", f"take-{one.pk}": "list", f"take-{two.pk}": "ours"})
    assert "1 patient in conflict will follow the list" in client.get(url(batch, "confirm")).text
    client.post(url(batch, "confirm"))
    assert Patient.objects.get(mrn="1001").last_name == "Jones"
    assert Patient.objects.get(mrn="1002").last_name == "Brown"


def test_of_two_rows_with_one_chart_number_only_one_can_be_taken(signed_in):
    batch = staged(ADA, ["1001", "Jones, Eve", "01/01/1950", "", ""])
    one, two = batch.rows.filter(outcome="conflict").order_by("row")
    client = signed_in("staff")
    both = {"show": "conflict", f"take-{one.pk}": "list", f"take-{two.pk}": "list"}
    page = client.post(url(batch, "review"), both, follow=True)
    assert "Rows 2 and 3 have the same chart number" in page.text
    assert not batch.rows.filter(take=True).exists()
    client.post(url(batch, "review"), {"show": "conflict", f"take-{two.pk}": "list", "confirm": "1"})
    client.post(url(batch, "confirm"))
    assert Patient.objects.get().last_name == "Jones"


def test_a_list_that_contradicts_itself_about_a_known_patient_offers_no_choice(signed_in):
    staged(ADA, apply=True)
    batch = staged(ADA, ["1001", "Jones, Eve", "01/01/1950", "", ""])
    row = batch.rows.filter(outcome="conflict").first()
    client = signed_in("staff")
    assert "Correct the list and import it again." in client.get(url(batch, "review")).text
    client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "list"})
    assert not batch.rows.filter(take=True).exists()


def test_vanished_patients_stay_unless_a_person_sets_them_aside(signed_in):
    staged(ADA, BEN, apply=True)
    batch = staged(ADA)
    client = signed_in("staff")
    page = client.get(url(batch, "review"), {"show": "vanished"})
    assert "They stay as they are unless you say so" in page.text
    assert "This list changes nothing" in page.text
    client.post(url(batch, "review"), {"show": "vanished", "all": "aside", "number": "1"})
    assert "1 patient will be set aside" in client.get(url(batch, "confirm")).text
    client.post(url(batch, "review"), {"show": "vanished", "all": "ours"})
    assert "There is nothing to apply" in client.get(url(batch, "confirm")).text
    client.post(url(batch, "review"), {"show": "vanished", "all": "aside", "number": "1"})
    client.post(url(batch, "confirm"))
    assert Patient.objects.get(mrn="1002").left_list_at
    assert Patient.objects.get(mrn="1001").left_list_at is None


@pytest.mark.parametrize("typed", ["", "0", "2", "all", "1 1"])
def test_all_vanished_are_set_aside_only_by_their_number(signed_in, typed):
    staged(ADA, BEN, apply=True)
    batch = staged(ADA)
    client = signed_in("staff")
    assert 'data-must-equal="1"' in client.get(url(batch, "review"), {"show": "vanished"}).text
    posted = {"show": "vanished", "all": "aside", "number": typed}
    assert "type how many patients it concerns" in client.post(url(batch, "review"), posted, follow=True).text
    assert not batch.rows.filter(take=True).exists()


def test_choices_survive_paging(signed_in):
    everybody = [[str(n), "Smith, Pat", "01/01/1950", "", ""] for n in range(1000, 1060)]
    staged(*everybody, apply=True)
    batch = staged(["9999", "New, Nell", "01/01/1950", "", ""])
    client = signed_in("staff")
    first = client.get(url(batch, "review"), {"show": "vanished"})
    assert len(first.context["rows"]) == 50
    pick = first.context["rows"][0].pk
    answer = client.post(url(batch, "review"), {"show": "vanished", f"take-{pick}": "list", "page": "2"})
    assert answer.url.endswith("?show=vanished&page=2")
    assert len(client.get(answer.url).context["rows"]) == 10
    assert batch.rows.get(take=True).pk == pick


@pytest.mark.parametrize("end", ["confirm", "discard"])
def test_a_closed_import_is_read_only(signed_in, end):
    staged(ADA, BEN, apply=True)
    batch = staged(["1001", "Jones, Eve", "01/01/1950", "", ""], ["1003", "Young, Max", "02/02/1960", "", ""])
    client = signed_in("staff")
    client.post(url(batch, end))
    page = client.get(url(batch, "review"), {"show": "conflict"})
    assert 'type="radio"' not in page.text
    assert url(batch, "confirm") not in page.text
    before = list(Patient.objects.order_by("pk").values())
    row = batch.rows.get(outcome="conflict")
    refused = client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "list"}, follow=True)
    assert "This import is closed" in refused.text
    for act in ("confirm", "discard"):
        assert "nothing was done again" in client.post(url(batch, act), follow=True).text
    assert list(Patient.objects.order_by("pk").values()) == before


def test_discarding_is_asked_first_and_keeps_every_patient_as_is(signed_in):
    batch = staged(ADA)
    client = signed_in("staff")
    assert "No patient changes" in client.get(url(batch, "discard")).text
    client.post(url(batch, "discard"))
    batch.refresh_from_db()
    assert (batch.state, batch.closed_by.username) == ("discarded", "test-staff")
    assert not Patient.objects.exists()


def test_a_long_list_is_handed_to_the_worker_by_ids_alone(signed_in):
    batch = staged(ADA)
    more = [ImportRow(batch=batch, row=n, outcome="new", mrn=str(n), values={}) for n in range(2000, 7000)]
    ImportRow.objects.bulk_create(more, batch_size=500)
    client = signed_in("staff")
    answer = client.post(url(batch, "confirm"))
    job = Job.objects.get()
    assert answer.url == job.get_absolute_url()
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == ("explorer.lib.jobs.run", (job.pk,))
    assert (job.ids, job.asked_by.username) == ({"batch": batch.pk}, "test-staff")
    assert not Patient.objects.exists()


def test_the_review_of_a_long_list_takes_few_queries(signed_in, django_assert_max_num_queries):
    batch = staged(*[[str(n), "Smith, Pat", "01/01/1950", "", ""] for n in range(1000, 1100)])
    client = signed_in("staff")
    with django_assert_max_num_queries(25):
        page = client.get(url(batch, "review"))
    assert len(page.context["rows"]) == 50
