"""The invented people and their contacts: the same everywhere, dirty enough, and nobody's."""

import json
import os
import re
import subprocess
import sys
import zlib
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from explorer.demo.people import TODAY, practice

NO_DATABASE = True

ROOT = Path(__file__).parents[2]
# The vendor's published schema `contact`: what every contact must have, and all it may have.
REQUIRED = {
    "id", "displayName", "tags", "gender", "category", "created", "phoneNumbers", "emailAddresses",
    "customFields", "appURL", "apiURL", "hasAccount", "hasPendingInvite", "customContactFields",
    "organizationContactFields", "canDelete", "canEdit", "integrationLinks", "object", "internalMemberIds",
}  # fmt: skip
OPTIONAL = {
    "companyName", "dateOfBirth", "familyName", "faxNumbers", "genderDetail", "givenName", "middleName",
    "pronouns",
}  # fmt: skip


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_seed_gives_the_same_practice_in_another_process(synthetic, hash_seed):
    code = "from explorer.demo.people import practice; import zlib; print(zlib.crc32(repr(practice()).encode()))"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment, cwd=ROOT)
    assert int(there.stdout) == zlib.crc32(repr(synthetic).encode())


def test_another_seed_gives_other_people(synthetic):
    other = practice(seed=2)
    assert {person.mrn for person in other.people} != {person.mrn for person in synthetic.people}


def test_another_day_moves_visits_and_nothing_else_about_people(synthetic):
    later = practice(today=TODAY + timedelta(days=70)).people
    changed = [(a, b) for a, b in zip(synthetic.people, later, strict=True) if a.last_visit != b.last_visit]
    assert len(changed) == len(later)
    assert all((a.mrn, a.full_name, a.birth_date, a.phone) == (b.mrn, b.full_name, b.birth_date, b.phone)
               for a, b in zip(synthetic.people, later, strict=True))  # fmt: skip


@pytest.mark.parametrize("patients", [1, 40, 1384, 3000])
def test_a_practice_has_as_many_patients_as_asked_for_and_no_chart_number_twice(patients):
    people = practice(patients=patients).people
    assert len({person.mrn for person in people}) == len(people) == patients


def test_chart_numbers_are_five_to_seven_signs_and_some_need_to_stay_text(synthetic):
    numbers = [person.mrn for person in synthetic.people]
    assert all(re.fullmatch(r"A?\d{5,7}", number) and 5 <= len(number) <= 7 for number in numbers)
    assert any(number.startswith("A") for number in numbers)
    assert any(number.startswith("0") for number in numbers)
    assert len({number.lstrip("0") for number in numbers}) == len(numbers)


def test_enrolment_is_486_and_25_removed_with_levels_by_conditions_and_qmb(synthetic):
    assert Counter(person.apcm for person in synthetic.people if person.apcm) == {
        "active": 486,
        "removed": 25,
    }
    levels = {(person.apcm_level, len(person.icd10) >= 2, person.qmb) for person in synthetic.people if person.apcm}
    assert levels == {(1, False, False), (1, False, True), (2, True, False), (3, True, True)}


def test_most_are_of_medicare_age_and_nobody_is_a_minor(synthetic):
    ages = [(TODAY - person.birth_date).days / 365.25 for person in synthetic.people]
    assert 0.9 < sum(age >= 65 for age in ages) / len(ages) < 0.99
    assert min(ages) > 18
    assert max(ages) < 110


def test_visits_lie_in_the_last_three_years_on_working_days(synthetic):
    visits = [person.last_visit for person in synthetic.people]
    assert all(TODAY - timedelta(days=3 * 366) < visit < TODAY and visit.weekday() < 5 for visit in visits)


def test_telephones_are_invented_and_shared_by_households_alone(synthetic):
    households = defaultdict(set)
    for person in synthetic.people + synthetic.newcomers:
        for number in {person.home_phone, person.cell_phone} - {""}:
            assert re.fullmatch(r"\+1[2-9]\d\d555\d{4}", number)
            households[number].add(person.household)
    assert {len(sharing) for sharing in households.values()} == {1}


@pytest.mark.parametrize("people", [2, 8])
def test_some_numbers_stand_for_couples_and_some_for_a_whole_house(synthetic, people):
    sharing = Counter(
        number for person in synthetic.people for number in {person.home_phone, person.cell_phone} if number
    )
    assert any(count >= people for count in sharing.values())


def test_names_and_cells_have_what_trips_programs(synthetic):
    people = synthetic.people
    assert {"Jr", "Sr", "III"} <= {person.suffix for person in people}
    for sign in ("'", "-", " ", "ñ"):
        assert any(sign in person.family for person in people)
    assert any(" " in person.given for person in people)
    assert any(person.called for person in people)
    for shared in ("home_phone", "cell_phone", "email"):
        assert any(not getattr(person, shared) for person in people)
    assert any(not person.phone for person in people)


def test_namesakes_juniors_and_twins_exist(synthetic):
    names, births = defaultdict(set), defaultdict(set)
    for person in synthetic.people:
        names[person.given, person.family].add(person.birth_date)
        births[person.family, person.birth_date].add(person.given)
    assert sum(len(days) > 1 for days in names.values()) >= 15
    assert sum(len(twins) > 1 for twins in births.values()) >= 4


def test_contacts_are_as_many_as_the_practice_has_and_most_belong_to_patients(synthetic):
    assert len(synthetic.contacts) == 1430
    assert set(synthetic.truth) == {person.mrn for person in synthetic.people}
    known = [contact for contact in synthetic.truth.values() if contact]
    assert 1150 <= len(known) <= 1250
    ids = {contact["id"] for contact in synthetic.contacts}
    assert len(ids) == 1430
    assert len({*known, *synthetic.duplicates}) == len(known) + len(synthetic.duplicates)
    assert {*known, *synthetic.duplicates} <= ids


def test_every_contact_has_the_vendors_fields_and_no_others(synthetic):
    for contact in synthetic.contacts:
        assert set(contact) >= REQUIRED
        assert set(contact) <= REQUIRED | OPTIONAL
        assert contact["category"] in {"patient", "professional", "clinic", "unknown"}
        assert contact["gender"] in {"unknown", "male", "female", "other"}
        assert contact["displayName"]
        assert contact["id"].startswith("entity_")
        date.fromisoformat(contact.get("dateOfBirth", "2000-01-01"))
        for phone in contact["phoneNumbers"]:
            assert set(phone) - {"label"} == {"id", "value", "displayValue"}
            assert re.fullmatch(r"\+1[2-9]\d\d555\d{4}", phone["value"])
    json.dumps(synthetic.contacts)


def test_only_patients_and_unknowns_belong_to_patients(synthetic):
    kinds = {contact["id"]: contact["category"] for contact in synthetic.contacts}
    assert {kinds[contact] for contact in synthetic.truth.values() if contact} == {"patient", "unknown"}


def test_contacts_have_what_makes_matching_hard(synthetic):
    contacts = {contact["id"]: contact for contact in synthetic.contacts}
    kept = [
        (person, contacts[synthetic.truth[person.mrn]]) for person in synthetic.people if synthetic.truth[person.mrn]
    ]
    numbers = [{phone["value"] for phone in contact["phoneNumbers"]} for _, contact in kept]
    without_birth_date = sum("dateOfBirth" not in contact for _, contact in kept)
    other_number = sum(
        not found & {person.home_phone, person.cell_phone} for (person, _), found in zip(kept, numbers, strict=True)
    )
    other_birth_date = sum(
        contact.get("dateOfBirth", str(person.birth_date)) != str(person.birth_date) for person, contact in kept
    )
    other_name = sum(contact["givenName"].casefold() != person.given.casefold() for person, contact in kept)
    assert 0.4 < without_birth_date / len(kept) < 0.6
    assert 25 < other_number < 100
    assert 3 < other_birth_date < 30
    assert 50 < other_name < 250
    assert sum(len(found) > 1 for found in numbers) > 100


def test_strangers_hold_numbers_that_the_list_gives_to_patients(synthetic):
    owned = {*synthetic.truth.values(), *synthetic.duplicates}
    listed = {number for person in synthetic.people for number in (person.home_phone, person.cell_phone) if number}
    strangers = [
        contact
        for contact in synthetic.contacts
        if contact["id"] not in owned and contact["category"] in {"patient", "unknown"}
        if listed & {phone["value"] for phone in contact["phoneNumbers"]}
    ]
    assert len(strangers) >= 8


def test_changing_a_contact_does_not_change_the_next_practice(synthetic):
    practice().contacts[0]["tags"].append("mine")
    assert practice().contacts == synthetic.contacts
