import pytest

from patients.names import Name, clean_parts, fold, parse_name, proper_case

NO_DATABASE = True


@pytest.mark.parametrize(
    ("full", "name"),
    [
        ("SMITH JR, JOHN A", Name(first="JOHN", middle="A", last="SMITH", suffix="Jr")),
        ("SMITH, JOHN JR", Name(first="JOHN", last="SMITH", suffix="Jr")),
        ("SMITH, JOHN A, JR.", Name(first="JOHN", middle="A", last="SMITH", suffix="Jr")),
        ("SMITH III, JOHN", Name(first="JOHN", last="SMITH", suffix="III")),
        ("John Smith Jr", Name(first="John", last="Smith", suffix="Jr")),
        ("John Smith, Jr.", Name(first="John", last="Smith", suffix="Jr")),
        ("Smith, John, MD", Name(first="John", last="Smith", suffix="MD")),
        ("JOHN A SMITH", Name(first="JOHN", middle="A", last="SMITH")),
        ("LAST, MARY ANN", Name(first="MARY", middle="ANN", last="LAST")),
        ("de la Cruz, Mary Ann", Name(first="Mary", middle="Ann", last="de la Cruz")),
        ("Mary Ann de la Cruz", Name(first="Mary", middle="Ann", last="de la Cruz")),
        ("Mary St. John", Name(first="Mary", last="St. John")),
        ("O'NEIL-SMITH", Name(last="O'NEIL-SMITH")),
        ("O'Neil-Smith, D'Arcy", Name(first="D'Arcy", last="O'Neil-Smith")),
        ("D'Angelo, Rose", Name(first="Rose", last="D'Angelo")),
        ("D’Angelo, Rose", Name(first="Rose", last="D'Angelo")),
        ("Dr. John Smith III", Name(title="Dr.", first="John", last="Smith", suffix="III")),
        ("Smith, Mrs. Mary", Name(title="Mrs.", first="Mary", last="Smith")),
        ("DEAN, MAJOR", Name(first="MAJOR", last="DEAN")),
        ("Dean Judge Smith", Name(first="Dean", middle="Judge", last="Smith")),
        ("Nguyen, Van Anh", Name(first="Van", middle="Anh", last="Nguyen")),
        ("MA, DO", Name(first="DO", last="MA")),
        ("Jones, V", Name(first="V", last="Jones")),
        ("Smith , John", Name(first="John", last="Smith")),
        ("Smith,", Name(last="Smith")),
        ("Cher", Name(last="Cher")),
        ("JR", Name(last="JR")),
        ("", Name()),
        (" , ", Name()),
    ],
)
def test_a_full_name_is_split_without_losing_a_part(full, name):
    assert parse_name(full) == name


@pytest.mark.parametrize(
    "written",
    [
        'Patricia "Pat"',
        "Patricia 'Pat'",
        "Patricia “Pat”",
        "Patricia ‘Pat’",
        "Patricia (Pat)",
        '"Pat" Patricia',
    ],
)
def test_a_nickname_in_quotes_or_brackets_is_the_preferred_name(written):
    assert parse_name(f"O'Brien, {written}") == Name(first="Patricia", last="O'Brien", preferred="Pat")
    assert clean_parts(written, "", "O'Brien") == Name(first="Patricia", last="O'Brien", preferred="Pat")


@pytest.mark.parametrize("remark", ["(nee Brown)", "(deceased)", "(DNC)", "(2)"])
def test_a_remark_in_brackets_is_no_nickname(remark):
    assert parse_name(f"Smith, Mary {remark}") == Name(first="Mary", last="Smith")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("JOHN A", "", "SMITH JR", ""), Name(first="JOHN", middle="A", last="SMITH", suffix="Jr")),
        (("JOHN", "A", "SMITH", "JR."), Name(first="JOHN", middle="A", last="SMITH", suffix="Jr")),
        (("JOHN JR", "", "SMITH", ""), Name(first="JOHN", last="SMITH", suffix="Jr")),
        (("JOHN", "A SR", "SMITH", ""), Name(first="JOHN", middle="A", last="SMITH", suffix="Sr")),
        (("MARY ANN", "", "de la Cruz", ""), Name(first="MARY ANN", last="de la Cruz")),
        (("", "", "Smith, John", ""), Name(first="John", last="Smith")),
        (("D'Angelo", "", "O'Brien, Jr.", ""), Name(first="D'Angelo", last="O'Brien", suffix="Jr")),
        (("", "", "", ""), Name()),
    ],
)
def test_parts_from_columns_give_up_what_hides_in_them(parts, name):
    assert clean_parts(*parts) == name


@pytest.mark.parametrize(
    ("written", "proper"),
    [
        ("MCDONALD", "McDonald"), ("macdonald", "MacDonald"), ("MACK", "Mack"), ("MACIAS", "Macias"),
        ("O'NEIL-SMITH", "O'Neil-Smith"), ("D'ANGELO", "D'Angelo"), ("DE'ANDRE", "De'Andre"),
        ("JOHN'S", "John's"),
        ("SMITH III, MARÍA", "Smith III, María"), ("john smith jr", "John Smith Jr"),
        ("McDonald", "McDonald"), ("deShawn", "deShawn"), ("", ""),
    ],
)  # fmt: skip
def test_capitals_become_proper_case_and_mixed_case_stays(written, proper):
    assert proper_case(written) == proper


def test_spellings_of_one_name_fold_to_the_same():
    assert fold("O’Neil-Smith") == fold("ONEIL SMITH") == "oneilsmith"
    assert fold("María") == "maria"


def test_a_hostile_cell_costs_no_time_and_no_error():
    assert parse_name("( \" ' , " * 20_000).first is not None
