"""What people decide about a pair stays, and measures the program; numbers of other people are not texted."""

from dataclasses import dataclass

import pytest
from django.urls import reverse

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach.actions.contacts import accept, match_contacts, reject, sync_contacts
from outreach.management.commands.match_contacts import Command
from outreach.models import Campaign, Contact, ContactPhone, Match
from outreach.planning import plan
from outreach.spruce import SpruceContact
from patients.models import Patient
from patients.practice import change_practice
from tests.outreach import made

LIST = "/admin/outreach/match/"


@dataclass
class Listing:
    """Spruce as far as its list of contacts goes."""

    found: list[SpruceContact]

    def contacts(self):
        return iter(self.found)


def listed(contact: Contact, **values) -> SpruceContact:
    phones = tuple((phone.e164, "mobile") for phone in contact.phones.all())
    fields = {"given": contact.given_name, "family": contact.family_name, "category": "patient", "phones": phones}
    return SpruceContact(contact.spruce_id, contact.display_name, **fields | values)


def verdicts() -> set[tuple]:
    return set(Match.objects.values_list("patient_id", "contact_id", "verdict"))


@pytest.fixture
def nurse(user):
    return user("provider")


@pytest.fixture
def text_unmatched():
    change_practice({"text_unmatched": True, "texting_basis": "provided_to_provider"}, by=None)


def test_a_decision_survives_sync_and_matching_and_the_loss_of_the_contact(nurse):
    ann, bob = made.patient("Ann", "Miller"), made.patient("Bob", "Quill")
    other, bobs = made.contact("Zoe", "Yates"), made.contact("Bob", "Quill", phone=bob.phones.get().e164)
    accept(patient=ann, contact=other, by=nurse)
    reject(patient=bob, contact=bobs, by=nurse)
    decided = verdicts()
    sync_contacts(Listing([listed(other, given="Zoey"), listed(bobs)]))
    match_contacts()
    assert verdicts() == decided
    sync_contacts(Listing([]))
    match_contacts()
    assert verdicts() == decided
    sync_contacts(Listing([listed(other), listed(bobs)]))
    match_contacts()
    assert verdicts() == decided


def test_a_second_run_writes_nothing(nurse):
    ann = made.patient("Ann", "Miller")
    made.contact("Ann", "Miller", phone=ann.phones.get().e164)
    match_contacts()
    before = list(Match.objects.values())
    match_contacts()
    assert list(Match.objects.values()) == before


def test_what_the_program_had_said_is_kept_beside_the_decision(nurse):
    match = made.match(made.patient(), made.contact(), "automatic", score=14.5)
    reject(patient=match.patient, contact=match.contact, by=nurse)
    accept(patient=match.patient, contact=match.contact, by=nurse)
    match.refresh_from_db()
    assert (match.verdict, match.found_verdict, match.found_score) == ("accepted", "automatic", 14.5)


def test_people_measure_the_automatic_matches(nurse):
    right, wrong, other = (made.match(made.patient(), made.contact(), "automatic") for _ in range(3))
    doubtful = made.in_review()
    accept(patient=right.patient, contact=right.contact, by=nurse)
    reject(patient=wrong.patient, contact=wrong.contact, by=nurse)
    accept(patient=doubtful.patient, contact=doubtful.contact, by=nurse)
    accept(patient=other.patient, contact=made.contact("By", "Hand"), by=nurse)  # instead of the automatic one
    assert Match.objects.agreement() == {"decided": 4, "judged": 3, "agreed": 1}
    told = Command().work(export=None)
    assert {name: told[f"people_{name}"] for name in ("decided", "judged", "agreed")} == Match.objects.agreement()


def test_the_page_tells_how_people_judged(signed_in, nurse):
    match = made.match(made.patient(), made.contact(), "automatic")
    accept(patient=match.patient, contact=match.contact, by=nurse)
    page = signed_in("staff").get(LIST).content.decode()
    assert "Of 1 automatic match they looked at, they agreed with 1." in page


def reason_left_out(person: Patient) -> str:
    name = f"Draft {Campaign.objects.count()}"
    return plan(made.draft(name), Practice.objects.get()).left_out.get(person.pk, "")


def test_a_number_that_is_somebody_elses_in_spruce_is_not_texted_without_a_match(text_unmatched):
    person = made.patient("Ann", "Miller", phone="+12055550150")
    assert reason_left_out(person) == ""
    stranger = made.contact("Xavier", "Quill", phone="+12055550150")
    assert reason_left_out(person) == "number_of_another"
    Contact.objects.filter(pk=stranger.pk).update(gone_at=clock.now())
    assert reason_left_out(person) == ""


def test_a_couples_number_under_the_wifes_contact_is_theirs(text_unmatched):
    wife = made.reachable("Susan", "Miller", phone="+12055550150")
    husband = made.patient("John", "Miller", phone="+12055550150")
    texts = plan(made.draft(), Practice.objects.get()).texts
    assert [(text.phone, text.patient_ids) for text in texts] == [("+12055550150", sorted([wife.pk, husband.pk]))]


def test_a_matched_patient_is_texted_on_the_contacts_numbers_only(text_unmatched):
    person = made.patient("Ann", "Miller", phone="+12055550150")
    made.match(person, made.contact("Ann", "Miller", phone="+12055550160"), "automatic")
    made.contact("Xavier", "Quill", phone="+12055550150")
    texts = plan(made.draft(), Practice.objects.get()).texts
    assert [text.phone for text in texts] == ["+12055550160"]


def test_changed_numbers_are_listed_and_said_on_the_patients_review(signed_in):
    person = made.patient("Ann", "Miller", phone="+12055550150")
    made.match(person, made.contact("Ann", "Miller", phone="+12055550160"), "automatic")
    made.contact("Xavier", "Quill", phone="+12055550150")
    client = signed_in("staff")
    page = client.get(f"{LIST}?show=changed").content.decode()
    assert "Xavier Quill" in page
    assert "(205) 555-0150" in page or "205-555-0150" in page
    review = client.get(reverse("admin:outreach_match_review", args=[person.pk])).content.decode()
    assert "This number now answers for somebody else" in review


def test_a_second_contact_of_the_patient_is_no_changed_number(signed_in):
    person = made.patient("Robert", "Miller", phone="+12055550150")
    kept = made.contact("Robert", "Miller", phone="+12055550160")
    made.match(person, kept, "automatic")
    second = made.contact("Bob", "Miller", phone="+12055550150")
    ContactPhone.objects.create(contact=second, e164="+12055550160")
    client = signed_in("staff")
    assert not client.get(f"{LIST}?show=changed").context["found"].object_list
    review = client.get(reverse("admin:outreach_match_review", args=[person.pk])).content.decode()
    assert "Spruce has Robert Miller once more, as Bob Miller" in review


def test_a_candidate_that_is_a_matched_patients_second_contact_is_said_to_be(signed_in):
    made.reachable("Robert", "Miller", phone="+12055550150")
    match = made.match(made.patient("Rob", "Millar"), made.contact("Bob", "Miller", phone="+12055550150"))
    review = signed_in("staff").get(reverse("admin:outreach_match_review", args=[match.patient_id])).content.decode()
    assert "Second contact of a matched patient" in review
    assert "Robert Miller" in review
