"""The invented workbooks: what a practice's own files look like, and what the review has to find in them."""

import json
import re
from collections import defaultdict
from datetime import date, datetime

import pytest
from openpyxl import load_workbook

from explorer.demo.files import (
    write_apcm_workbook,
    write_bad_examples,
    write_newer_list,
    write_patient_list,
)

NO_DATABASE = True

LIST_HEADINGS = [
    "MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Last Date of Service", "Email",
    "Home Phone", "Cell Phone", "Insurance",
]  # fmt: skip
ROSTER_HEADINGS = [
    "Patient #", "Last Name", "First Name", "Date Signed Up", "Level 1 (One DX) (G0556)",
    "Level 2 (2 + DX) (G0557)", "QMB (2 + DX) (G0558)", "Comments", "Insurance", "Copay", "APCM Status",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def patient_list(folder):
    write_patient_list(folder / "patients.xlsx")
    return _rows(folder / "patients.xlsx")


@pytest.fixture(scope="module")
def newer(folder):
    differences = write_newer_list(folder / "newer.xlsx")
    return differences, _rows(folder / "newer.xlsx")


@pytest.fixture(scope="module")
def roster(folder):
    write_apcm_workbook(folder / "APCM.xlsx")
    return load_workbook(folder / "APCM.xlsx")


def _rows(path, sheet=None):
    workbook = load_workbook(path)
    return [list(row) for row in workbook[sheet or workbook.sheetnames[0]].iter_rows(values_only=True)]


def test_the_patient_list_has_its_headings_on_row_1_and_a_row_for_each_patient(synthetic, patient_list):
    assert patient_list[0] == LIST_HEADINGS
    assert [str(row[0]) for row in patient_list[1:]] == [person.mrn for person in synthetic.people]


def test_the_patient_list_holds_real_dates_and_numbers_as_numbers(patient_list):
    columns = dict(zip(LIST_HEADINGS, zip(*patient_list[1:], strict=True), strict=True))
    assert {type(cell) for cell in columns["Last Date of Service"]} == {datetime}
    assert {type(cell) for cell in columns["DOB"]} == {datetime, type(None)}
    for heading in ("MRN", "Zip", "Cell Phone", "Home Phone"):
        assert {int, str} <= {type(cell) for cell in columns[heading]}
    assert any(isinstance(zip_code, int) and zip_code < 10_000 for zip_code in columns["Zip"])
    assert None in columns["Zip"]


def test_names_on_the_list_are_last_first_in_capitals(patient_list):
    names = [row[2] for row in patient_list[1:]]
    assert all(", " in name for name in names)
    assert sum(name == name.upper() for name in names) > 0.95 * len(names)
    assert any(re.search(r" JR, ", name) for name in names)
    assert any(re.search(r", .* SR$", name) for name in names)


def test_a_few_telephones_on_the_list_are_none(patient_list):
    cells = [re.sub(r"\D", "", str(row[10])).removeprefix("1") for row in patient_list[1:] if row[10]]
    wrong = [digits for digits in cells if not re.fullmatch(r"\d{3}555\d{4}", digits)]
    assert 3 <= len(wrong) <= 12


def test_the_newer_list_differs_in_just_what_it_says(patient_list, newer):
    differences, rows = newer
    before = {str(row[0]): row for row in patient_list[1:]}
    after = defaultdict(list)
    for row in rows[1:]:
        after[str(row[0] or "")].append(row)
    assert rows[0] == LIST_HEADINGS
    assert set(before) - set(after) == set(differences.vanished)
    assert set(after) - set(before) == {*differences.new, differences.born_in_future, ""}
    changed = {mrn for mrn, found in after.items() if mrn in before and found[0] != before[mrn]}
    assert changed == set(differences.corrected)
    assert [mrn for mrn, found in after.items() if len(found) > 1] == [differences.repeated]
    assert after[differences.born_in_future][0][1].date() > date(2027, 1, 1)
    assert (len(changed), len(differences.new), len(differences.vanished)) == (25, 12, 6)


@pytest.mark.parametrize(("kind", "columns"), [("phone", {10}), ("address", {3, 4, 5, 6}), ("surname", {2})])
def test_a_correction_touches_its_own_cells_alone(patient_list, newer, kind, columns):
    differences, rows = newer
    before = {str(row[0]): row for row in patient_list[1:]}
    corrected = [row for row in rows[1:] if differences.corrected.get(str(row[0])) == kind]
    assert corrected
    for row in corrected:
        old = before[str(row[0])]
        assert {place for place, cell in enumerate(row) if cell != old[place]} <= columns


def test_the_roster_has_its_headings_where_the_practice_keeps_them(roster):
    assert roster.sheetnames == ["2025", "REMOVED"]
    sheets = {name: list(roster[name].iter_rows(values_only=True)) for name in roster.sheetnames}
    assert list(sheets["2025"][2]) == ROSTER_HEADINGS
    assert list(sheets["REMOVED"][0]) == ROSTER_HEADINGS
    assert (len(sheets["2025"]) - 3, len(sheets["REMOVED"]) - 1) == (488, 25)


def test_the_level_is_the_one_column_that_holds_the_diagnoses(synthetic, roster):
    people = {person.mrn: person for person in synthetic.people}
    unknown = 0
    for row in list(roster["2025"].iter_rows(min_row=4, values_only=True)):
        filled = [place for place, cell in enumerate(row[4:7], start=1) if cell]
        assert len(filled) == 1
        person = people.get(str(row[0]))
        unknown += person is None
        if person:
            assert (filled[0], row[3 + filled[0]]) == (person.apcm_level, ", ".join(person.icd10))
    assert unknown == 2


def test_nicknames_on_the_roster_come_in_every_kind_of_quotes(roster):
    first_names = [row[2] for row in roster["2025"].iter_rows(min_row=4, values_only=True)]
    for mark in ('"', "“", "'", "‘", "("):
        assert any(f" {mark}" in name for name in first_names)


def test_bad_examples_are_bad_in_the_way_their_name_says(folder):
    files = {path.stem: path for path in write_bad_examples(folder / "bad")}
    assert files["empty"].read_bytes() == b""
    assert files["picture"].read_bytes().startswith(b"\x89PNG")
    assert _rows(files["no-headings"])[0][0] != "MRN"
    assert _rows(files["title-above"])[1] == LIST_HEADINGS
    assert load_workbook(files["two-sheets"]).sheetnames == ["North", "South"]
    assert "Fecha de nacimiento" in _rows(files["spanish-headings"])[0]
    assert len(load_workbook(files["merged-cells"]).active.merged_cells.ranges) == 50
    assert len(files) == 7


def test_no_mailbox_and_no_telephone_is_anybodys(synthetic, patient_list, newer):
    text = json.dumps([synthetic.contacts, patient_list, newer[1]], default=str)
    domains = set(re.findall(r"@([\w.-]+)", text))
    assert domains == {"example.com", "example.org", "example.net"}
    for number in re.findall(r"(?<![\d-])\+?1?[-.( ]*\d{3}[-.) ]*\d{3}[-. ]*\d{4}(?!\d)", text):
        digits = re.sub(r"\D", "", number)
        assert digits[-7:-4] == "555" or set(digits) == {"0"}
