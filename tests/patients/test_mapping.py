import pytest

from patients.mapping import APCM_FIELDS, APCM_NEEDS, FIELDS, knows, map_columns, missing, signature

NO_DATABASE = True


def named(headings, rows=(), **options):
    found = map_columns(headings, rows, **options)
    return {name: headings[column] for name, column in found.columns.items()}


OWNERS_COLUMNS = [
    "MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Last Date of Service", "Email",
    "Home Phone",
    "Cell Phone",
]  # fmt: skip


def test_the_columns_of_the_owners_list_are_all_found():
    assert map_columns(OWNERS_COLUMNS, []).unmapped == []
    assert named(OWNERS_COLUMNS)["last_visit"] == "Last Date of Service"
    assert named(OWNERS_COLUMNS)["cell_phone"] == "Cell Phone"


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("patient id", "mrn"), ("PatientID", "mrn"), ("ID", "mrn"), ("Medical Record", "mrn"),
        ("Chart Number", "mrn"),
        ("Account #", "mrn"), ("acct #", "mrn"), ("Acct", "mrn"), ("Patient #", "mrn"), ("Acct No", "mrn"),
        ("Acct Number", "mrn"), ("Chart #", "mrn"), ("Acct. No.", "mrn"), ("MR #", "mrn"),
        ("Med Rec No", "mrn"),
        ("first_name", "first_name"), ("FName", "first_name"), ("First", "first_name"),
        ("LNAME", "last_name"),
        ("Surname", "last_name"), ("MI", "middle_name"), ("Middle Initial", "middle_name"),
        ("mname", "middle_name"),
        ("Patient", "name"), ("Pt Name", "name"), ("Name", "name"), ("Full Name", "name"),
        ("Name (Last, First)", "name"), ("Last Name, First Name", "name"), ("PatientName", "name"),
        ("D.O.B.", "date_of_birth"), ("DOB", "date_of_birth"), ("Birth Date", "date_of_birth"),
        ("Birthday", "date_of_birth"), ("Pt. DOB", "date_of_birth"), ("Date Of Birth:", "date_of_birth"),
        ("Telephone", "phone"), ("Phone 1", "phone"), ("Phone #", "phone"), ("Phone 2", "phone2"),
        ("Mobile Phone", "cell_phone"), ("Cell", "cell_phone"), ("Cell #", "cell_phone"),
        ("Phone (Cell)", "cell_phone"),
        ("Work Phone", "work_phone"), ("Home Ph", "home_phone"), ("homePhone", "home_phone"),
        ("Home Tel.", "home_phone"),
        ("E-mail", "email"), ("Email Address", "email"), ("Adress", "address"), ("Street Address", "address"),
        ("Address 2", "address2"), ("ST", "state"), ("ZipCode", "zip"), ("Postal Code", "zip"),
        ("Zip+4", "zip"),
        ("Primary Insurance", "insurer"), ("Payer", "insurer"), ("Payer ID", "insurer_id"),
        ("Policy #", "insurer_id"),
        ("Last DOS", "last_visit"), ("Last Visit", "last_visit"), ("DOS", "last_visit"), ("Gender", "sex"),
        ("Patient Sex", "sex"), ("Nickname", "preferred_name"), ("Suffix", "suffix"),
        ("Deceased?", "deceased"),
        ("Fecha de nacimiento", "date_of_birth"), ("Teléfono celular", "cell_phone"),
        ("Apellidos", "last_name"),
        ("Número de expediente", "mrn"), ("Código postal", "zip"), ("Correo electrónico", "email"),
        ("Geburtsdatum", "date_of_birth"), ("Geb.-Datum", "date_of_birth"), ("Nachname", "last_name"),
        ("Vorname", "first_name"), ("Straße", "address"), ("PLZ", "zip"), ("Patientennummer", "mrn"),
        ("Patienten-Nr.", "mrn"), ("Handy", "cell_phone"), ("Krankenkasse", "insurer"),
    ],
)  # fmt: skip
def test_the_headings_of_real_lists_are_known(heading, field):
    assert named([heading]) == {field: heading}
    assert knows()(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "Guarantor Name", "Guarantor DOB", "Emergency Contact", "Emergency Phone", "Emergency Contact Phone",
        "Spouse Name", "Spouse Cell Phone", "Provider", "Provider Name", "Referring Provider Phone",
        "PCP Phone",
        "Insurance Phone", "Subscriber Name", "Subscriber DOB", "Employer Phone", "Pharmacy Phone", "Fax",
        "Mother's DOB", "Next Appointment", "Responsible Party Address", "Physician Email", "Phone Type",
        "Policy Holder First Name", "Secondary Insurance", "Date", "Balance", "Age", "Race",
        "Nombre del proveedor",
        "Telefon Notfallkontakt",
    ],
)  # fmt: skip
def test_what_belongs_to_somebody_else_is_left_out(heading):
    assert named([heading]) == {}


def test_the_order_of_columns_does_not_matter():
    assert named(OWNERS_COLUMNS[::-1]) == named(OWNERS_COLUMNS)


def test_every_field_gets_at_most_one_column_and_every_column_one_field():
    headings = [
        "MRN",
        "Account Number",
        "Last Name",
        "First Name",
        "Name",
        "Phone",
        "Cell Phone",
        "Phone 2",
        "Tel.",
    ]
    columns = list(map_columns(headings, []).columns.values())
    assert len(columns) == len(set(columns))


def test_a_weak_heading_gives_way_to_a_better_one():
    found = map_columns(["Account Number", "MRN", "Patient ID", "Name"], [])
    assert found.columns["mrn"] == 1
    assert found.unmapped == ["Account Number", "Patient ID"]


def test_two_columns_that_could_be_the_same_field_are_for_a_person_to_choose():
    found = map_columns(["MRN", "Chart #", "Name", "Phone", "Phone"], [])
    assert found.ambiguous == {"mrn": ["MRN", "Chart #"], "phone": ["Phone", "Phone"]}
    assert found.columns == {"name": 2}
    assert missing(found) == ['More than one column could be the chart number, "MRN" and "Chart #": choose one.']


def test_values_speak_against_a_heading():
    rows = [[str(i), "SMITH, JOHN", "SMITH, MARY"] for i in range(9)]
    assert named(["MRN", "Name", "Home Phone"], rows) == {"mrn": "MRN", "name": "Name"}


def test_a_few_odd_values_do_not():
    rows = [[str(1000 + i), "SMITH, JOHN", "(205) 555-1234" if i % 3 else "none"] for i in range(9)]
    assert "home_phone" in named(["MRN", "Name", "Home Phone"], rows)


def test_a_saved_mapping_wins_even_when_the_columns_have_moved():
    saved = map_columns(["Ref", "MRN", "Name"], [], saved={"mrn": "Ref"}).to_save(["Ref", "MRN", "Name"])
    assert saved == {"mrn": "Ref", "name": "Name"}
    assert named(["Name", "MRN", "REF"], saved=saved) == {"mrn": "REF", "name": "Name"}


def test_a_saved_heading_that_comes_twice_is_not_trusted():
    assert named(["Ref", "Ref", "Name"], saved={"mrn": "Ref"}) == {"name": "Name"}


def test_the_signature_is_that_of_the_set_of_headings():
    assert signature(["MRN", "Pt. Name"]) == signature(["patient name", "mrn"])
    assert signature(["MRN", "Name"]) != signature(["MRN", "Name", "Name"])


def test_what_is_missing_is_said_in_words():
    assert missing(map_columns(["First Name", "DOB"], [])) == [
        "No column was recognised as the chart number: name it so in the heading row or choose the column.",
        "No column was recognised as the patient name or last name: "
        "name it so in the heading row or choose the column.",
    ]
    assert missing(map_columns(["MRN", "Last Name"], [])) == []


def test_the_apcm_workbook_is_mapped_by_the_same_means():
    headings = [
        "Patient #", "Last Name", "First Name", "Date Signed Up", "Level 1 (One DX) (G0556)",
        "Level 2 (2 + DX) (G0557)", "QMB (2 + DX) (G0558)", "Comments", "Insurance", "Copay", "APCM Status",
    ]  # fmt: skip
    found = map_columns(headings, [], fields=APCM_FIELDS)
    assert (found.unmapped, found.ambiguous) == ([], {})
    assert [headings[found.columns[level]][-6:-1] for level in ("level1", "level2", "level3")] == [
        "G0556", "G0557", "G0558",
    ]  # fmt: skip
    assert missing(found, APCM_NEEDS, APCM_FIELDS) == []


def test_level_columns_are_recognised_by_code_or_by_word():
    assert named(["G0556", "Level 2", "QMB"], fields=APCM_FIELDS) == {
        "level1": "G0556",
        "level2": "Level 2",
        "level3": "QMB",
    }


def test_no_alias_stands_for_two_fields():
    seen = {}
    for field in FIELDS:
        for alias in field.aliases.split("|"):
            assert seen.setdefault(alias, field.name) == field.name


def test_cells_of_patients_are_no_headings():
    assert not any(map(knows(), ["SMITH, JOHN", "Birmingham", "1/2/1950", "(205) 555-1234", "35205", "x" * 5000, ""]))
