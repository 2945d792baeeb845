"""The page of one patient: notes, tasks, contact points, what happened, and who looked."""

import re
from datetime import timedelta

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.urls import reverse

from consent.models import ConsentEvent, DeskForm
from explorer.lib import clock
from explorer.models import User
from explorer.timeline import SOURCES, STORY, timeline
from outreach.models import Attempt, ContactPhone, Reply, Suppression
from patients import actions
from patients.models import Note, Patient, StaffTask
from tests import makers
from tests.conftest import ROLES
from tests.explorer.records import one_of_each
from tests.outreach import made


def page_of(person, **query) -> str:
    return reverse("admin:patients_patient_change", args=[person.pk], query=query)


def note_act(act, pk) -> str:
    return reverse(f"admin:patients_note_{act}", args=[pk])


def test_opening_the_page_is_on_record_with_the_person(signed_in):
    person = makers.patient()
    signed_in("read_only").get(page_of(person))
    entry = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (entry.object_id, entry.actor.username, entry.object_repr) == (
        person.pk,
        "test-read_only",
        f"patient {person.pk}",
    )


@pytest.mark.parametrize("role", ROLES)
def test_leaders_see_who_looked_and_others_do_not(role, signed_in):
    person = makers.patient()
    client = signed_in(role)
    client.get(page_of(person))
    shown = client.get(page_of(person, show="views"))
    leaders = role in ("administrator", "provider")
    assert ("Who looked" in shown.text) == leaders
    assert [entry.sort for entry in shown.context["timeline"]] == (["Looked"] if leaders else [])


def test_a_note_is_written_pinned_changed_and_taken_away_with_all_its_words_kept(signed_in):
    person = makers.patient()
    client = signed_in("staff")
    client.post(note_act("write", person.pk), {"text": "Call after four.", "kind": "contact", "pinned": "on"})
    note = Note.objects.get()
    assert client.get(page_of(person)).text.count("Call after four.") >= 3  # on top, among the notes, in the story
    client.post(note_act("change", note.pk), {"text": "Call after five.", "kind": "contact", "seen": 1})
    shown = client.get(note_act("change", note.pk)).text
    assert "Version 2" in shown
    assert "Call after four." in shown
    client.post(note_act("pin", note.pk), {"pin": "no"})
    assert Note.objects.get().pinned_at is None
    client.post(note_act("remove", note.pk), {"because": "No longer so"})
    after = client.get(page_of(person, show="notes"))
    assert after.context["notes"] == []
    assert "A note was taken away by test-staff" in after.text
    assert "No longer so" in after.text


def test_of_two_who_change_a_note_the_second_is_told(signed_in, user):
    note = actions.write_note(patient=makers.patient(), text="One", by=user("provider"))
    client = signed_in("staff")
    client.post(note_act("change", note.pk), {"text": "Two", "kind": "general", "seen": 1})
    answer = client.post(note_act("change", note.pk), {"text": "Three", "kind": "general", "seen": 1})
    assert "Somebody changed this note while you were writing." in answer.text
    assert "Three" in answer.text  # what was typed is not lost


@pytest.mark.parametrize(
    ("act", "posted", "sentence"),
    [
        ("write", {"text": " "}, "Write what your colleagues need to know."),
        ("remove", {"because": " "}, "Say in a few words why the note is taken away."),
    ],
)
def test_an_empty_note_and_a_removal_without_a_reason_are_refused(act, posted, sentence, signed_in, user):
    person = makers.patient()
    note = actions.write_note(patient=person, text="Stays", by=user("provider"))
    answer = signed_in("staff").post(note_act(act, person.pk if act == "write" else note.pk), posted, follow=True)
    assert sentence in answer.text
    assert Note.objects.standing().count() == 1


def test_a_pinned_note_stands_before_newer_ones(signed_in, user):
    person, nurse = makers.patient(), user("provider")
    actions.write_note(patient=person, text="Deaf", by=nurse, pinned=True)
    actions.write_note(patient=person, text="Newer", by=nurse)
    notes = signed_in("staff").get(page_of(person)).context["notes"]
    assert [note.text for note in notes] == ["Deaf", "Newer"]


def test_a_task_is_added_and_finished_on_the_page(signed_in):
    person = makers.patient()
    client = signed_in("staff")
    somebody = User.objects.get(username="test-staff")
    client.post(
        reverse("admin:patients_patient_add_task", args=[person.pk]),
        {"title": "Send the map", "due_on": "2026-12-09", "for_user": somebody.pk},
    )
    task = StaffTask.objects.get()
    assert (task.patient, task.made_by, task.for_user, task.kind) == (person, somebody, somebody, "general")
    assert "due 12/09/2026" in client.get(page_of(person)).text
    done = reverse("admin:patients_patient_finish_task", args=[person.pk, task.pk])
    client.post(done, {"outcome": "Posted"})
    client.post(done, {"outcome": "Twice"})
    task.refresh_from_db()
    assert (task.done_by, task.outcome) == (somebody, "Posted")
    assert "Nothing is to be done for this patient." in client.get(page_of(person)).text


def test_a_task_without_words_gets_a_sentence(signed_in):
    person = makers.patient()
    answer = signed_in("staff").post(
        reverse("admin:patients_patient_add_task", args=[person.pk]), {"title": ""}, follow=True
    )
    assert "This field is required." in answer.text
    assert not StaffTask.objects.exists()


def test_a_task_of_another_patient_is_not_found(signed_in, user):
    one, other = makers.patient(), makers.patient(mrn="1002", phone="+12055550124")
    task = actions.add_task(title="Call", patient=other, by=user("provider"))
    address = reverse("admin:patients_patient_finish_task", args=[one.pk, task.pk])
    assert signed_in("staff").post(address).status_code == 404


def test_contact_points_tell_source_basis_stop_and_last_use(signed_in):
    person = made.reachable()
    number = person.phones.get().e164
    ContactPhone.objects.create(contact=person.matches.get().contact, e164="+12055550199", label="home")
    Suppression.objects.create(phone=number, reason="wrong_number", words="Not me")
    Reply.objects.create(item_id="i", conversation_id="c", phone=number, received_at=clock.now())
    person.phones.update(given_by="the daughter", source="staff")
    shown = signed_in("staff").get(page_of(person))
    listed, of_spruce = shown.context["points"]
    assert (listed.e164, listed.stop.reason, listed.texted_at) == (number, "wrong_number", None)
    assert listed.replied_at is not None
    assert (of_spruce.e164, of_spruce.source) == ("+12055550199", "Spruce contact only")
    for words in ("From the daughter", "Do not text: wrong number", "Spruce contact only", "Last reply"):
        assert words in shown.text


def test_every_kind_has_its_tab_and_shows_only_its_own(signed_in):
    records = one_of_each()
    person = Patient.objects.get(pk=records[Patient])
    client = signed_in("administrator")
    sorts = {kind: {e.sort for e in client.get(page_of(person, show=kind)).context["timeline"]} for kind in SOURCES}
    assert {"Text", "Reply"} <= sorts["texts"]
    assert sorts["calls"] == {"Phone call"}
    assert {"Desk form", "Disclosure", "Form answer"} <= sorts["decisions"]
    assert sorts["notes"] == {"Note", "Task"}
    assert sorts["data"] == {"Spruce contact"}
    assert sorts["views"] == {"Looked"}
    everything = client.get(page_of(person)).context["timeline"]
    assert {entry.sort for entry in everything} == set().union(*(sorts[kind] for kind in STORY))


def test_the_story_is_paged_without_a_gap_or_a_double(signed_in):
    person = makers.patient()
    now = clock.now()
    for hour in range(120):
        Attempt.objects.create(patient=person, outcome="no_answer", at=now - timedelta(hours=hour))
    client = signed_in("staff")
    pages = [client.get(page_of(person, page=number)).context for number in (1, 2, 3)]
    assert [len(page["timeline"]) for page in pages] == [50, 50, 20]
    told = [entry.at for page in pages for entry in page["timeline"]]
    assert told == sorted(set(told), reverse=True)
    assert pages[0]["earlier"] == 2
    assert pages[2]["earlier"] is None


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "0"}, {"page": "99999999"}, {"show": "nonsense"}])
def test_a_wrong_address_shows_the_first_page_or_an_empty_one(query, signed_in):
    person = makers.patient()
    assert signed_in("staff").get(page_of(person, **query)).status_code == 200


def test_a_correction_by_hand_is_told_with_who_and_what(signed_in):
    person = makers.patient(city="Hoover")
    client = signed_in("staff")
    person.city = "Mobile"
    with set_actor(User.objects.get(username="test-staff")):
        actions.correct(person, fields=["city"], by=None)
    shown = client.get(page_of(person, show="data")).text
    assert "Changed by test-staff" in shown
    assert "City: Hoover → Mobile" in shown


def test_a_decision_by_somebody_else_shows_relation_and_authority(signed_in):
    person = makers.patient()
    ConsentEvent.objects.create(
        patient=person, kind="records", decision="given", method="phone", occurred_at=clock.now(),
        given_by="Ann Otter", relation="daughter", authority_kind="attorney", authority="Copy seen 12/01/2026",
    )  # fmt: skip
    shown = signed_in("staff").get(page_of(person)).text
    assert "Decided by Ann Otter, daughter (Power of attorney: Copy seen 12/01/2026)." in shown


def test_desk_forms_of_a_merged_chart_are_part_of_the_story(user):
    person = makers.patient()
    old = makers.patient(mrn="1002", phone="")
    DeskForm.objects.create(patient=old, opened_by=user("staff"), identity_checks=[], language="en", shown={})
    assert timeline(person, []) == []
    Patient.charts.filter(pk=old.pk).update(merged_into=person, merged_at=clock.now())
    assert [entry.sort for entry in timeline(person, [])] == ["Desk form"]


def test_no_two_headings_say_the_same(signed_in):
    person = Patient.objects.get(pk=one_of_each()[Patient])
    shown = signed_in("administrator").get(page_of(person)).text
    headings = [
        re.sub(r"<.*?>|\s+", " ", each).strip() for each in re.findall(r"<h[1-3][^>]*>(.*?)</h[1-3]>", shown, re.S)
    ]
    assert len(headings) == len(set(headings)), headings
    assert len(re.findall(r"<h1", shown.partition('<div class="pe">')[2])) == 1
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
    for target in re.findall(r'href="#([\w-]+)"', shown):
        assert target in ids
