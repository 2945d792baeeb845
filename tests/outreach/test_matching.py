from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.bench.matching import measure
from explorer.bench.worlds import world
from outreach.matching import ContactRecord, Decision, PatientRecord, match
from patients.nicknames import could_be_initial, same_given_name

NO_DATABASE = True

BORN = date(1950, 3, 12)
PHONE, OTHER_PHONE = "+12055550101", "+12055550102"


def patient(id=1, first="John", last="Abernathy", **more) -> PatientRecord:
    fields = {"date_of_birth": BORN, "phones": (PHONE,), "middle": ""} | more
    return PatientRecord(id=id, first=first, last=last, **fields)


def contact(id=10, given="John", family="Abernathy", **more) -> ContactRecord:
    fields = {"date_of_birth": None, "phones": (PHONE,), "display": f"{given} {family}"} | more
    return ContactRecord(id=id, given=given, family=family, **fields)


def shown_as(display, **more) -> ContactRecord:
    return contact(given="", family="", display=display, **more)


def decide(patients, contacts, settled=()) -> dict[int, Decision]:
    patients = patients if isinstance(patients, list) else [patients]
    contacts = contacts if isinstance(contacts, list) else [contacts]
    return {decision.patient_id: decision for decision in match(patients, contacts, settled)}


def band(patients, contacts, settled=()) -> str:
    return decide(patients, contacts, settled)[1].band


@pytest.mark.parametrize(
    ("who", "found"),
    [
        pytest.param(patient(), contact(), id="same name, number only known in E.164, no birth date"),
        pytest.param(patient(), contact(phones=(), date_of_birth=BORN), id="same name and birth date, no number"),
        pytest.param(patient(), contact(phones=(OTHER_PHONE,), date_of_birth=BORN), id="new number"),
        pytest.param(patient(phones=(OTHER_PHONE, PHONE)), contact(), id="second number of the patient"),
        pytest.param(patient(), contact(phones=(OTHER_PHONE, PHONE)), id="second number of the contact"),
        pytest.param(
            patient(phones=(), email="J@example.com"),
            contact(phones=(), emails=("j@example.com",)),
            id="e-mail",
        ),
        pytest.param(patient(first="Robert"), contact(given="Bob"), id="nickname"),
        pytest.param(patient(first="Margaret"), contact(given="Peggy"), id="nickname that starts otherwise"),
        pytest.param(patient(first="José"), contact(given="Pepe"), id="Spanish nickname"),
        pytest.param(patient(preferred="Skip"), contact(given="Skip"), id="preferred name"),
        pytest.param(patient(), contact(given="John (Skip)"), id="nickname in brackets"),
        pytest.param(patient(first="Mary Ann"), contact(given="Mary"), id="one of two given names"),
        pytest.param(patient(first="Mary", middle="Ann"), contact(given="Maryann"), id="two given names joined"),
        pytest.param(patient(), contact(given="Abernathy", family="John"), id="names exchanged"),
        pytest.param(patient(), contact(family="Abernahty"), id="slip in the last name"),
        pytest.param(patient(first="Bartholomew"), contact(given="Bartholomw"), id="slip in the first name"),
        pytest.param(patient(first="Ana", last="Núñez"), contact(given="ANA", family="NUNEZ"), id="accents"),
        pytest.param(patient(last="de la Cruz"), contact(family="Delacruz"), id="particles joined"),
        pytest.param(patient(last="de la Cruz"), contact(family="Cruz"), id="particles left out"),
        pytest.param(patient(last="O'Neil-Smith"), contact(family="Oneil"), id="half of a double name"),
        pytest.param(patient(suffix="Jr"), contact(family="Abernathy Jr."), id="same suffix in another field"),
        pytest.param(patient(), contact(category="unknown"), id="category unknown"),
        pytest.param(patient(), shown_as("John Abernathy"), id="display name alone"),
        pytest.param(patient(), shown_as("ABERNATHY, JOHN A"), id="last name first"),
        pytest.param(patient(suffix="Jr"), shown_as("Abernathy Jr, John"), id="suffix in the middle"),
        pytest.param(patient(), contact(date_of_birth=date(1950, 12, 3)), id="day and month exchanged"),
        pytest.param(patient(), contact(date_of_birth=date(1950, 3, 13)), id="one digit of the birth date"),
        pytest.param(
            patient(first="Ann", middle="Smith"),
            contact(given="Ann", family="Jones", date_of_birth=BORN),
            id="maiden",
        ),
        pytest.param(
            patient(middle="Robert"),
            contact(given="Robert", date_of_birth=BORN),
            id="goes by the middle name",
        ),
        pytest.param(
            patient(),
            contact(given="J", phones=(OTHER_PHONE,), date_of_birth=BORN),
            id="initial with birth date",
        ),
    ],
)
def test_one_person_is_matched_without_a_look(who, found):
    decision = decide(who, found)[1]
    assert (decision.band, decision.contact_id, decision.needed) == ("matched", found.id, "")


@pytest.mark.parametrize(
    ("who", "found"),
    [
        pytest.param(patient(), contact(given="Xavier", family="Quill"), id="stranger with the same phone"),
        pytest.param(
            patient(),
            contact(given="Xavier", family="Quill", date_of_birth=BORN, emails=("a@example.com",)),
            id="stranger with the same phone and birth date",
        ),
        pytest.param(patient(), contact(given="Susan"), id="wife on the husband's phone"),
        pytest.param(patient(), contact(date_of_birth=date(1978, 7, 1)), id="same name and phone, other birth date"),
        pytest.param(
            patient(),
            contact(phones=(OTHER_PHONE,), date_of_birth=date(1978, 7, 1)),
            id="namesake, other birth date",
        ),
        pytest.param(
            patient(),
            contact(phones=(OTHER_PHONE,), date_of_birth=date(1950, 3, 13)),
            id="namesake, near birth date",
        ),
        pytest.param(
            patient(),
            contact(date_of_birth=date(1970, 3, 12)),
            id="a digit off that makes a son of the father",
        ),
        pytest.param(patient(), contact(phones=(OTHER_PHONE,)), id="name alone"),
        pytest.param(patient(), contact(phones=()), id="name without a number"),
        pytest.param(patient(suffix="Sr"), contact(family="Abernathy Jr"), id="senior and junior"),
        pytest.param(
            patient(suffix="Sr"),
            contact(family="Abernathy III", date_of_birth=BORN),
            id="generations, same birth date",
        ),
        pytest.param(patient(), contact(family="Abernathy Jr"), id="only the contact is a junior"),
        pytest.param(patient(middle="Adam"), contact(middle="Paul"), id="other middle name"),
        pytest.param(patient(first="Ann"), contact(given="Ann", family="Jones"), id="other last name, no birth date"),
        pytest.param(patient(), contact(given="J"), id="initial and phone, no birth date"),
        pytest.param(patient(first="Joan"), contact(given="Jean", date_of_birth=BORN), id="twins with names alike"),
        pytest.param(patient(), shown_as("John Abernathy (son)"), id="kept for a relative"),
        pytest.param(patient(), shown_as("John & Mary Abernathy"), id="a couple in one contact"),
        pytest.param(patient(), contact(given="", family="", display=""), id="phone without a name"),
    ],
)
def test_doubtful_pairs_are_never_matched_without_a_person(who, found):
    assert band(who, found) in ("review", "none")


@pytest.mark.parametrize("category", ["professional", "clinic", "something new"])
def test_only_patients_and_unknown_contacts_can_be_patients(category):
    decision = decide(patient(), contact(date_of_birth=BORN, category=category))[1]
    assert (decision.band, decision.contact_id, decision.candidates) == ("none", None, ())


def test_contact_under_a_relatives_name_is_shown_to_a_person():
    decision = decide(patient(), contact(given="Susan", family="Quill"))[1]
    assert (decision.band, decision.contact_id) == ("review", 10)
    assert "first names differ" in [reason.words for reason in decision.reasons]


def test_number_that_changed_hands_is_told():
    decision = decide(patient(), contact(given="Xavier", family="Quill", date_of_birth=date(1990, 1, 5)))[1]
    assert (decision.band, decision.contact_id) == ("none", None)
    assert "changed hands" in decision.needed


def test_spouses_on_one_number_get_their_own_contacts():
    couple = [patient(1), patient(2, "Susan", date_of_birth=date(1952, 8, 30))]
    found = decide(couple, [contact(10, "Susan"), contact(11)])
    assert {id: (each.band, each.contact_id) for id, each in found.items()} == {
        1: ("matched", 11),
        2: ("matched", 10),
    }


def test_one_contact_of_a_couple_goes_to_the_one_it_names():
    couple = [patient(1), patient(2, "Susan", date_of_birth=date(1952, 8, 30))]
    found = decide(couple, contact(10, "Susan"))
    assert (found[2].band, found[2].contact_id, found[1].band, found[1].contact_id) == (
        "matched",
        10,
        "none",
        None,
    )


def test_father_and_son_on_one_number_need_a_person():
    family = [patient(1), patient(2, suffix="Jr", date_of_birth=date(1975, 6, 1))]
    found = decide(family, contact())
    assert found[1].band == "review"
    assert "another patient fits this contact about as well" in [reason.words for reason in found[1].reasons]


def test_father_and_son_on_one_number_are_told_apart_by_birth_dates():
    family = [patient(1), patient(2, suffix="Jr", date_of_birth=date(1975, 6, 1))]
    found = decide(family, [contact(10, date_of_birth=date(1975, 6, 1)), contact(11, date_of_birth=BORN)])
    assert [(each.band, each.contact_id) for each in found.values()] == [("matched", 11), ("matched", 10)]


def test_twins_get_their_own_contacts():
    twins = [patient(1, "Anna"), patient(2, "Bella")]
    contacts = [contact(10, "Bella", date_of_birth=BORN), contact(11, "Anna", date_of_birth=BORN)]
    assert [each.contact_id for each in decide(twins, contacts).values()] == [11, 10]


def test_twin_without_a_contact_does_not_get_the_others():
    twins = [patient(1, "Anna"), patient(2, "Bella")]
    found = decide(twins, contact(10, "Bella", date_of_birth=BORN))
    assert (found[1].band, found[2].band) == ("none", "matched")


def test_same_contact_entered_twice_is_used_once_and_said():
    decision = decide(patient(), [contact(10), contact(11, emails=("j@example.com",))])[1]
    assert (decision.band, decision.contact_id) == ("matched", 11)
    assert "this contact stands in Spruce more than once" in [reason.words for reason in decision.reasons]


def test_contacts_of_father_and_son_on_one_number_are_not_taken_for_one():
    family = [patient(1), patient(2, date_of_birth=date(1975, 6, 1))]
    found = decide(family, [contact(10, date_of_birth=BORN), contact(11)])
    assert (found[1].band, found[1].contact_id) == ("matched", 10)
    assert (found[2].band, found[2].contact_id) == ("review", 11)


def test_two_contacts_of_one_patient_on_different_numbers_need_a_person():
    decision = decide(patient(phones=(PHONE, OTHER_PHONE)), [contact(10), contact(11, phones=(OTHER_PHONE,))])[1]
    assert decision.band == "review"
    assert {candidate.contact_id for candidate in decision.candidates} == {10, 11}


def test_of_two_contacts_the_one_with_the_birth_date_wins():
    decision = decide(patient(), [contact(10), contact(11, date_of_birth=BORN, phones=(PHONE, OTHER_PHONE))])[1]
    assert (decision.band, decision.contact_id) == ("matched", 11)


def test_second_contact_written_in_another_way_does_not_bring_the_patient_to_review():
    again = contact(11, "Jon", phones=(PHONE, OTHER_PHONE), date_of_birth=BORN)
    decision = decide(patient(phones=(PHONE, OTHER_PHONE)), [contact(10), again])[1]
    assert (decision.band, decision.contact_id) == ("matched", 11)
    assert "this contact stands in Spruce more than once" in [reason.words for reason in decision.reasons]


def test_of_two_contacts_that_say_the_same_the_older_is_kept():
    assert decide(patient(), [contact(11, display="ABERNATHY, JOHN"), contact(10)])[1].contact_id == 10


def test_second_contact_with_another_middle_name_is_left_to_a_person():
    found = [contact(10, middle="Adam"), contact(11, "Jon", middle="Carl")]
    assert decide(patient(), found)[1].band == "review"


def test_spouses_who_share_phone_and_email_are_no_rivals_on_each_others_contact():
    shared = {"phones": (PHONE, OTHER_PHONE)}
    couple = [patient(1, email="home@example.com", **shared), patient(2, "Susan", **shared)]
    contacts = [contact(10), contact(11, "Susan", emails=("home@example.com",))]
    found = decide(couple, contacts)
    assert [(each.band, each.contact_id) for each in found.values()] == [("matched", 10), ("matched", 11)]


def test_a_wife_without_a_contact_leaves_the_husbands_to_him():
    couple = [patient(1, "Susan", email="home@example.com"), patient(2)]
    found = decide(couple, contact(10, emails=("home@example.com",)))
    assert (found[1].band, found[2].band) == ("none", "matched")


def test_facility_number_alone_says_nothing():
    residents = [patient(id, first, last) for id, (first, last) in enumerate(RESIDENTS, 1)]
    found = decide([*residents, patient(99, "Zora", "Quill")], contact(10, "Otto", "Lindqvist"))
    assert {each.band for each in found.values()} == {"none"}


RESIDENTS = [
    ("Ada", "Bell"),
    ("Carl", "Dow"),
    ("Edna", "Fry"),
    ("Gus", "Hahn"),
    ("Ida", "Jett"),
    ("Ken", "Lusk"),
]


def test_phone_shared_by_a_household_is_told_with_its_number_of_patients():
    couple = [patient(1), patient(2, "Susan", date_of_birth=date(1952, 8, 30))]
    reasons = decide(couple, contact())[1].reasons
    assert "same phone number, but it is shared by 2 patients" in [reason.words for reason in reasons]


def test_reasons_never_quote_a_value():
    who = patient(middle="Quentin", suffix="Jr", email="j@example.com", zip="35205")
    found = contact(family="Abernahty", date_of_birth=date(1950, 3, 13), emails=("j@example.com",))
    decision = decide(who, found)[1]
    told = " ".join(reason.words for reason in decision.reasons) + decision.needed
    values = ["john", "abernathy", "quentin", "1950", "555", "0101", "example.com", "35205"]
    assert decision.reasons
    assert not [value for value in values if value in told.lower()]


def test_weights_add_up_to_the_score_with_the_same_prior_for_all():
    decisions = decide([patient(1), patient(2, "Susan")], [contact(10), contact(11, "Susan", date_of_birth=BORN)])
    priors = {round(each.score - sum(reason.weight for reason in each.reasons), 1) for each in decisions.values()}
    assert len(priors) == 1
    assert priors.pop() < 0


def test_accepted_pair_stands_whatever_the_evidence_and_its_contact_is_taken():
    found = decide([patient(1), patient(2, "Xavier", "Quill")], contact(), settled=[(2, 10, True)])
    assert (found[2].band, found[2].contact_id) == ("matched", 10)
    assert (found[1].band, found[1].contact_id, found[1].candidates) == ("none", None, ())


def test_accepted_pair_stands_when_the_contact_is_gone_from_spruce():
    decision = decide(patient(), [], settled=[(1, 10, True)])[1]
    assert (decision.band, decision.contact_id) == ("matched", 10)


def test_rejected_pair_is_never_proposed_again():
    decision = decide(patient(), contact(date_of_birth=BORN), settled=[(1, 10, False)])[1]
    assert (decision.band, decision.contact_id, decision.candidates) == ("none", None, ())


def test_rejection_outweighs_an_acceptance_of_the_same_pair():
    assert band(patient(), contact(), settled=[(1, 10, True), (1, 10, False)]) == "none"


def test_after_a_rejection_the_next_best_contact_is_found():
    decision = decide(patient(), [contact(10), contact(11)], settled=[(1, 10, False)])[1]
    assert (decision.band, decision.contact_id) == ("matched", 11)


def test_filler_birth_dates_are_no_evidence():
    filler = date(1900, 1, 1)
    assert band(patient(date_of_birth=filler), contact(phones=(OTHER_PHONE,), date_of_birth=filler)) == "review"


def test_common_full_names_on_new_numbers_do_not_become_matches():
    patients = [patient(id, "James", "Smith", date_of_birth=None, phones=(f"+1205555{id:04d}",)) for id in range(1, 30)]
    contacts = [contact(id, "James", "Smith", phones=(f"+1334555{id:04d}",)) for id in range(1, 30)]
    assert "matched" not in {each.band for each in match(patients, contacts)}


def test_nothing_to_match_gives_nothing_or_none():
    assert match([], [contact()]) == []
    assert [each.band for each in match([patient()], [])] == ["none"]


NAMES = st.sampled_from(["John", "Jon", "Mary", "Maria", "Bob", "Robert", "J", "", "Ann Lee"])
FAMILIES = st.sampled_from(["Smith", "Smith Jr", "Smyth", "de la Cruz", "Cruz", "Jones-Smith", ""])
BIRTHS = st.sampled_from([None, BORN, date(1950, 12, 3), date(1950, 3, 13), date(1975, 6, 1)])
PHONES = st.sets(st.sampled_from([f"+1205555010{digit}" for digit in range(4)]), max_size=2).map(sorted).map(tuple)
PATIENTS = st.lists(
    st.builds(PatientRecord, id=st.integers(1, 99), first=NAMES, last=FAMILIES, date_of_birth=BIRTHS, phones=PHONES),
    max_size=8,
    unique_by=lambda each: each.id,
)
CONTACTS = st.lists(
    st.builds(
        ContactRecord,
        id=st.integers(1, 99),
        given=NAMES,
        family=FAMILIES,
        display=st.just(""),
        date_of_birth=BIRTHS,
        phones=PHONES,
        category=st.sampled_from(["patient", "unknown", "professional"]),
    ),
    max_size=8,
    unique_by=lambda each: each.id,
)
SETTLED = st.lists(st.tuples(st.integers(1, 99), st.integers(100, 120), st.booleans()), max_size=3)


@settings(max_examples=150, deadline=None)
@given(PATIENTS, CONTACTS, st.randoms(use_true_random=False))
def test_any_order_of_the_lists_gives_the_same_decisions(patients, contacts, random: Random):
    shuffled_patients, shuffled_contacts = patients[:], contacts[:]
    random.shuffle(shuffled_patients)
    random.shuffle(shuffled_contacts)
    assert match(patients, contacts) == match(shuffled_patients, shuffled_contacts)


@settings(max_examples=150, deadline=None)
@given(PATIENTS, CONTACTS)
def test_every_patient_is_decided_once_and_no_contact_is_given_twice(patients, contacts):
    decisions = match(patients, contacts)
    given_out = [each.contact_id for each in decisions if each.band == "matched"]
    assert [each.patient_id for each in decisions] == sorted(each.id for each in patients)
    assert len(given_out) == len(set(given_out))
    assert all((each.contact_id is None) == (each.band == "none") for each in decisions)


@settings(max_examples=150, deadline=None)
@given(PATIENTS, CONTACTS, st.data())
def test_what_people_decided_holds_in_every_world(patients, contacts, data):
    pairs = [(who.id, found.id) for who in patients for found in contacts]
    settled = (
        [(*pair, data.draw(st.booleans())) for pair in data.draw(st.sets(st.sampled_from(pairs), max_size=4))]
        if pairs
        else []
    )
    rejected = {(who, found) for who, found, accepted in settled if not accepted}
    accepted = {who: found for who, found, agreed in sorted(settled, reverse=True) if agreed}
    for decision in match(patients, contacts, settled):
        shown = {decision.contact_id, *(candidate.contact_id for candidate in decision.candidates)}
        assert not {(decision.patient_id, found) for found in shown} & rejected
        if decision.patient_id in accepted:
            assert (decision.band, decision.contact_id) == ("matched", accepted[decision.patient_id])
        elif decision.band == "matched":
            assert decision.contact_id not in {found for _, found, agreed in settled if agreed}


@settings(max_examples=100, deadline=None)
@given(PATIENTS, CONTACTS)
def test_birth_dates_decades_apart_are_never_matched(patients, contacts):
    born = {each.id: each.date_of_birth for each in patients}
    known = {each.id: each.date_of_birth for each in contacts}
    for decision in match(patients, contacts):
        if decision.band == "matched" and born[decision.patient_id] and known[decision.contact_id]:
            assert abs(born[decision.patient_id].year - known[decision.contact_id].year) < 10


def test_worlds_with_known_truth_are_matched_without_a_wrong_text():
    figures = measure(patients=1384, worlds=4, first_seed=7)
    assert figures["wrong"] == 0
    assert figures["recall"] >= 0.92
    assert figures["recall_with_review"] >= 0.995
    assert figures["review_share"] <= 0.07


def test_large_list_with_one_number_for_everybody_stays_bounded():
    found = world(5, 600)
    patients = [replace(each, phones=(PHONE,)) for each in found.patients]
    contacts = [replace(each, phones=(PHONE,)) for each in found.contacts]
    decisions = match(patients, contacts)
    matched = [each for each in decisions if each.band == "matched"]
    assert matched
    assert all(found.truth[each.patient_id] is not None for each in matched)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Bob", "Robert"),
        ("PEGGY", "margaret"),
        ("Pepe", "José"),
        ("Bobby", "Bob"),
        ("Pat", "Patrick"),
        ("Kate", "Kathryn"),
    ],
)
def test_forms_of_one_name_are_the_same(a, b):
    assert same_given_name(a, b)
    assert same_given_name(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Patricia", "Patrick"),
        ("Joan", "Jean"),
        ("Rose", "Mary"),
        ("Robert", "Roberta"),
        ("", ""),
        ("J", "John"),
    ],
)
def test_different_names_are_not_the_same(a, b):
    assert not same_given_name(a, b)


@pytest.mark.parametrize(
    ("a", "b", "fits"),
    [("J.", "John", True), ("John", "J", True), ("J", "Mary", False), ("Jo", "John", False)],
)
def test_an_initial_may_stand_for_a_name(a, b, fits):
    assert could_be_initial(a, b) is fits
