"""Which column is which: shown to a person, changed by a person, remembered; tables that are pasted."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from explorer.lib import commands
from explorer.lib.tables import SHELL
from patients import actions
from patients.models import ColumnMapping, ImportBatch, Patient
from tests import makers

UPLOAD_URL = reverse("admin:patients_importbatch_import")
HEADINGS = ["MRN", "Patient Name", "DOB", "Cell Phone", "Town of birth", "City"]
ADA = ["1001", "Smith, Ada", "03/25/1948", "205-555-0123", "Selma", "Birmingham"]
TWO_NUMBERS = [["Account #", "Patient ID", "Name"], ["55", "1001", "Smith, Ada"], ["56", "1002", "Brown, Ben"]]


def staged(rows=(HEADINGS, ADA), **options) -> ImportBatch:
    content = makers.workbook(rows)
    review = actions.review_patients(content, "list.xlsx", limits=SHELL, apart=False, **options)
    return actions.stage(review, content=content, by=None)


def url(batch: ImportBatch, act: str) -> str:
    return reverse(f"admin:patients_importbatch_{act}", args=[batch.pk])


def chosen(batch: ImportBatch, **changed) -> dict[str, str]:
    """What the form of the review page posts, with some headings read as another field."""
    fields = {heading: name for name, heading in batch.columns.items()} | changed
    return {f"column-{number}": fields.get(heading, "") for number, heading in enumerate(batch.headings)}


def test_the_review_shows_each_heading_with_what_it_is_read_as(signed_in):
    page = signed_in("staff").get(url(staged(), "review")).text
    assert 'aria-label="What “Town of birth” is"' in page
    assert '<option value="date_of_birth" selected>' in page


def test_a_person_chooses_other_columns_and_the_proposals_are_made_anew(signed_in):
    batch = staged()
    client = signed_in("staff")
    page = client.post(url(batch, "columns"), chosen(batch, City="", **{"Town of birth": "city"}), follow=True)
    assert "Read again with these columns" in page.text
    batch.refresh_from_db()
    assert batch.columns["city"] == "Town of birth"
    assert [row.values["city"] for row in batch.rows.all()] == ["Selma"]
    client.post(url(batch, "confirm"))
    assert Patient.objects.get().city == "Selma"


def test_the_choice_is_remembered_for_the_next_list_with_these_headings(user):
    person, batch = user("staff"), staged()
    wanted = {heading: field for field, heading in batch.columns.items()} | {"City": "", "Town of birth": "city"}
    actions.remap(batch, columns={field: heading for heading, field in wanted.items() if field}, by=person)
    assert ColumnMapping.objects.get().confirmed_by == person
    moved = [[*HEADINGS[1:], "mrn"], [*ADA[1:], "1001"]]
    assert staged(moved).columns["city"] == "Town of birth"


def test_a_column_that_is_not_used_stays_unused_the_next_time():
    actions.remap(staged(), columns={"city": ""}, by=None)
    assert "city" not in staged().columns


def test_two_columns_for_one_field_are_refused_with_both_names(signed_in):
    batch = staged()
    page = signed_in("staff").post(url(batch, "columns"), chosen(batch, **{"Town of birth": "city"}), follow=True)
    assert "“Town of birth” and “City”" in page.text
    batch.refresh_from_db()
    assert batch.columns["city"] == "City"


def test_without_a_column_for_the_chart_number_nothing_changes(signed_in):
    batch = staged()
    page = signed_in("staff").post(url(batch, "columns"), chosen(batch, MRN=""), follow=True)
    assert "No column was recognised as the chart number" in page.text
    assert batch.rows.count() == 1
    assert not ColumnMapping.objects.exists()


def test_a_closed_import_keeps_its_columns(signed_in):
    batch = staged()
    actions.apply(batch, by=None)
    client = signed_in("staff")
    assert "<select" not in client.get(url(batch, "review")).text.split('id="columns"')[1].split("</form>")[0]
    page = client.post(url(batch, "columns"), chosen(batch), follow=True)
    assert "This import is closed" in page.text


def test_those_who_only_read_cannot_choose_columns(signed_in):
    batch = staged()
    assert signed_in("read_only").post(url(batch, "columns"), chosen(batch)).status_code == 403


def test_a_heading_that_comes_twice_can_be_told_apart():
    rows = [["MRN", "Name", "Phone", "Phone"], ["1001", "Smith, Ada", "205-555-0123", "205-555-0124"]]
    batch = staged(rows, columns={"cell_phone": "Phone (2)"})
    assert batch.rows.get().values["cell_phone"] == "+12055550124"
    assert staged(rows).columns["cell_phone"] == "Phone (2)"


def test_of_two_columns_that_could_be_the_chart_number_the_upload_page_asks_for_one(signed_in):
    client = signed_in("staff")
    text = "\n".join("\t".join(row) for row in TWO_NUMBERS)
    page = client.post(UPLOAD_URL, {"resource": "0", "pasted": text})
    assert "More than one column could be the chart number" in page.text
    assert "Patient ID (1001, 1002)" in page.text
    form = page.context["form"]
    again = {"resource": "0", "kept": form["kept"].value(), "kept_name": form["kept_name"].value()}
    assert client.post(UPLOAD_URL, again | {"column-mrn": "Patient ID"}).status_code == 302
    assert [row.mrn for row in ImportBatch.objects.get().rows.all()] == ["1001", "1002"]
    assert client.post(UPLOAD_URL, {"resource": "0", "pasted": text}).status_code == 302, "remembered"


@pytest.fixture
def prepared(settings):
    """The data folder is ready, so that a command run in this process leaves the test's connection alone."""
    (settings.HOME / "prepared").write_text(commands._migrations_fingerprint(), encoding="ascii")


def test_the_command_takes_columns_too(prepared, tmp_path, capsys):
    path = tmp_path / "list.xlsx"
    path.write_bytes(makers.workbook(TWO_NUMBERS))
    with pytest.raises(SystemExit):
        call_command("import_patients", path, "--json")
    assert "--column mrn=HEADING" in capsys.readouterr().out
    call_command("import_patients", path, "--apply", "--column", "mrn=Account #", "--json")
    assert set(Patient.objects.values_list("mrn", flat=True)) == {"55", "56"}
    with pytest.raises(SystemExit):
        call_command("import_patients", path, "--column", "mrn=Chart", "--json")
    assert "There is no column" in capsys.readouterr().out


def test_the_command_undoes_what_it_applied(prepared, tmp_path, capsys):
    path = tmp_path / "list.xlsx"
    path.write_bytes(makers.workbook([HEADINGS, ADA]))
    call_command("import_patients", path, "--apply", "--json")
    batch = ImportBatch.objects.get()
    assert f'"batch": {batch.pk}' in capsys.readouterr().out
    call_command("import_patients", "--undo", str(batch.pk), "--json")
    assert '"undone": 1' in capsys.readouterr().out
    assert not Patient.objects.exists()
    with pytest.raises(SystemExit):
        call_command("import_patients", "--undo", str(batch.pk), "--json")
    assert "undone before" in capsys.readouterr().out


@pytest.mark.parametrize("between", ["\t", ","])
def test_a_table_can_be_pasted(signed_in, between):
    rows = [["MRN", "First Name", "Last Name", "Zip"], ["007", "Ada", "Smith", "02134"], ["", "Ben", "Brown", "35205"]]
    text = "\r\n".join(between.join(row) for row in rows)
    client = signed_in("staff")
    assert client.post(UPLOAD_URL, {"resource": "0", "pasted": text}).status_code == 302
    batch = ImportBatch.objects.get()
    assert batch.filename == "pasted table"
    new, rejected = batch.rows.all()
    assert (new.mrn, new.values["zip"], rejected.outcome) == ("007", "02134", "rejected")
    assert client.get(url(batch, "rejected_rows")).status_code == 200
