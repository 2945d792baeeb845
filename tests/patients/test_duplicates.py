"""Two charts of one patient, and two patients who only look like it."""

from datetime import date

import pytest

from patients.duplicates import Person, find

NO_DATABASE = True
PHONE, OTHER_PHONE = frozenset({"+12055550123"}), frozenset({"+12055550199"})


def chart(name="Mary Smith", born="1950-03-04", phones=PHONE, **more) -> dict:
    first, _, last = name.rpartition(" ")
    return {"first": first, "last": last, "born": born and date.fromisoformat(born), "phones": phones, **more}


def pairs(one: dict, other: dict, *more: dict):
    people = [Person(number, **each) for number, each in enumerate((one, other, *more), 1)]
    return [pair for pair in find(people) if (pair.one, pair.other) == (1, 2)]


SAME = {
    "everything the same": (chart(), chart()),
    "no phone in common": (chart(), chart(phones=OTHER_PHONE)),
    "no phone at all": (chart(phones=frozenset()), chart(phones=frozenset())),
    "capitals and accents": (chart("JOSE PENA"), chart("José Peña")),
    "a middle name on one": (chart(), chart(middle="Ann")),
    "a double first name on one": (chart("Mary Ann Smith"), chart()),
    "a nickname": (chart("Robert Smith"), chart("Bob Smith")),
    "the preferred name": (chart("Ludmila Smith", preferred="Milly"), chart("Milly Smith")),
    "a letter off in the given name": (chart("Katheryne Smith"), chart("Kathaeryne Smith")),
    "a letter off in the surname": (chart("Mary Sanders"), chart("Mary Sandars")),
    "goes by the middle name": (chart("Mary Smith", middle="Louise"), chart("Louise Smith")),
    "an initial and the same phone": (chart("M Smith"), chart()),
    "given and family name exchanged": (chart("Thomas James"), chart("James Thomas")),
    "half of a double surname": (chart("Mary Smith-Jones"), chart()),
    "maiden name and the same phone": (chart("Mary Jones"), chart()),
    "maiden name and the same e-mail": (
        chart("Mary Jones", phones=OTHER_PHONE, email="m@x.org"), chart(email="m@x.org")),
    "maiden name and a nickname": (chart("Peggy Jones"), chart("Margaret Smith")),
    "day and month exchanged": (chart(), chart(born="1950-04-03")),
    "one digit off": (chart(), chart(born="1950-03-05")),
    "one digit of the year off": (chart(), chart(born="1951-03-04")),
    "day and month exchanged, at the same address": (
        chart(phones=OTHER_PHONE, address="1 oak 35205"), chart(born="1950-04-03", address="1 oak 35205")),
    "no birth date on one": (chart(), chart(born="")),
    "Jr on one chart only": (chart("John Smith", suffix="Jr"), chart("John Smith")),
    "Jr and II": (chart("John Smith", suffix="Jr"), chart("John Smith", suffix="II")),
}  # fmt: skip

NOT_THE_SAME = {
    "twins": (chart("John Smith"), chart("Mary Smith")),
    "twins whose names are alike": (chart("Joan Smith"), chart("Jean Smith")),
    "twins whose names rhyme": (chart("Pearline Smith"), chart("Earline Smith")),
    "a boy and a girl whose names are alike": (
        chart("Jessey Smith", sex="male"), chart("Jessye Smith", sex="female")),
    "twins with a first name in common": (chart("Mary Ann Smith"), chart("Mary Lou Smith")),
    "twins with one initial, at two phones": (chart("M Smith"), chart(phones=OTHER_PHONE)),
    "spouses": (chart("John Smith"), chart("Mary Smith", born="1952-07-09")),
    "spouses born on one day": (chart("Paul Smith", sex="male"), chart("Paula Smith", sex="female")),
    "father and son": (chart("John Smith"), chart("John Smith", born="1975-08-20")),
    "father and son born on one day of the year": (chart("John Smith"), chart("John Smith", born="1980-03-04")),
    "Sr and Jr": (chart("John Smith", suffix="Sr"), chart("John Smith", suffix="Jr", born="1975-08-20")),
    "Jr and III with the father's birth date": (
        chart("John Smith", suffix="Jr"), chart("John Smith", suffix="III")),
    "Jr, and a birth date a digit off": (chart("John Smith", suffix="Jr"), chart("John Smith", born="1950-03-05")),
    "namesakes": (chart(), chart(born="1961-11-30", phones=OTHER_PHONE)),
    "namesakes without phones whose birth dates are alike": (chart(), chart(born="1950-03-05", phones=OTHER_PHONE)),
    "one given name, two surnames, no phone in common": (chart("Mary Jones"), chart(phones=OTHER_PHONE)),
    "one given name and phone, another birth date": (chart("Mary Jones"), chart(born="1961-11-30")),
    "no given names": (chart("Smith"), chart("Smith")),
    "a sister with another name and birth date a digit off": (chart("Ann Smith"), chart(born="1950-03-05")),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_one_patient_under_two_chart_numbers_is_found(case):
    [pair] = pairs(*SAME[case])
    assert 50 <= pair.score <= 100
    assert all(reason.endswith(".") for reason in pair.reasons)


@pytest.mark.parametrize("case", NOT_THE_SAME)
def test_two_patients_are_not_proposed(case):
    assert pairs(*NOT_THE_SAME[case]) == []


def test_a_number_of_a_whole_home_joins_nobody():
    others = [
        chart(f"Guest{letter} Other{letter}", born=f"19{30 + number}-05-06") for number, letter in enumerate("abc")
    ]
    assert pairs(chart("Mary Jones"), chart(), *others) == []


def test_a_default_birth_date_is_no_birth_date():
    crowd = [chart(f"Guest{number} Other{number}", "1900-01-01", frozenset()) for number in range(30)]
    one, other = chart(born="1900-01-01", phones=OTHER_PHONE), chart(born="1900-01-01")
    assert pairs(one, other, *crowd) == []


def test_the_likeliest_comes_first_and_the_order_is_always_the_same():
    people = [Person(number, **each) for number, each in enumerate((chart(), chart(middle="Ann"), chart("M Smith")), 1)]
    found = find(people)
    assert found == find(reversed(people))
    assert [pair.score for pair in found] == sorted((pair.score for pair in found), reverse=True)


def test_reasons_repeat_nothing_of_the_patient():
    words = " ".join(pairs(chart("Robert Smith", email="r@x.org"), chart("Bob Smith", email="r@x.org"))[0].reasons)
    assert not any(value in words for value in ("Bob", "Robert", "Smith", "1950", "555", "r@x"))
