"""Acts on many patients at once: what the page says, what is done, and that it is done once."""

import re
from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse

from consent.ledger import record_event
from explorer import together
from explorer.lib import clock
from explorer.models import ListAct, User
from explorer.together import ACTS
from outreach.models import Campaign, Message
from patients import actions
from patients.models import Note, NoteVersion, Patient, StaffTask
from tests import makers
from tests.outreach import made

LIST = reverse("admin:patients_patient_changelist")


def someone(mrn: str, **fields) -> Patient:
    return makers.patient(mrn=mrn, **{"phone": f"+1205555{int(mrn):04}", **fields})


def page(client, act: str, *patients: Patient, query: str = "", **extra):
    """The page after patients were ticked on the list."""
    return client.post(f"{LIST}{query}", {"action": act, "_selected_action": [each.pk for each in patients], **extra})


def carried(shown) -> dict:
    return {name: re.search(f'name="{name}" value="([^"]*)"', shown.text).group(1) for name in ("carried", "back")}


def confirmed(client, act: str, shown, **values):
    return client.post(reverse("admin:patients_patient_together", args=[act]), carried(shown) | values, follow=True)


def test_the_page_says_what_will_happen_to_whom_and_to_whom_not(signed_in):
    fine, dead, held = someone("1", last="Able"), someone("2", last="Gone", deceased=True), someone("3", held="Away")
    shown = page(signed_in("staff"), "hold", fine, dead, held)
    assert "From now on nobody texts, calls or writes to 1 patient." in shown.text
    assert "It will not happen for 2 patients:" in shown.text
    for words in ("1: Held already", "1: Recorded as deceased", "Able, John", "Gone, John"):
        assert words in shown.text
    assert not Patient.objects.filter(held="Moving").exists()


def test_a_hold_needs_a_reason_and_is_on_record_for_each(signed_in):
    one, two = someone("1"), someone("2")
    client = signed_in("staff")
    shown = page(client, "hold", one, two)
    again = confirmed(client, "hold", shown, because="  ")
    assert "This field is required." in again.text
    done = confirmed(client, "hold", again, because="Asked by the doctor")
    assert "Hold: do not contact: done for 2 patients." in done.text
    assert set(Patient.objects.values_list("held", "version")) == {("Asked by the doctor", 2)}
    changes = LogEntry.objects.filter(changes__held__isnull=False, action=LogEntry.Action.UPDATE)
    assert {entry.object_pk for entry in changes} == {str(one.pk), str(two.pk)}
    assert {entry.actor.username for entry in changes} == {"test-staff"}
    entry = ListAct.objects.get()
    assert (entry.act, entry.asked, entry.done) == ("hold", 2, 2)


def test_contacting_again_keeps_the_reason_as_a_note(signed_in):
    held, free = someone("1", held="Away"), someone("2")
    client = signed_in("staff")
    shown = page(client, "release", held, free)
    assert "1: Not held" in shown.text
    confirmed(client, "release", shown, because="Back from the hospital")
    held.refresh_from_db()
    assert held.held == ""
    assert NoteVersion.objects.get().text == "To be contacted again: Back from the hospital"


def test_sent_twice_it_is_done_once(signed_in):
    one = someone("1")
    client = signed_in("staff")
    shown = page(client, "note", one)
    for words in ("Add a note to each: done for 1 patient.", "This was done already, so nothing was done again."):
        assert words in confirmed(client, "note", shown, text="Call after four.", kind="contact").text
    assert Note.objects.count() == ListAct.objects.count() == 1


def test_who_changed_meanwhile_is_left_out_and_named(signed_in):
    one, two = someone("1"), someone("2", last="Quick")
    client = signed_in("staff")
    shown = page(client, "hold", one, two)
    actions.hold([two], because="Somebody was faster", by=None)
    done = confirmed(client, "hold", shown, because="Later")
    assert "done for 1 patient." in done.text
    assert "left out: Quick, John." in done.text
    two.refresh_from_db()
    assert two.held == "Somebody was faster"


def test_who_came_to_fit_meanwhile_was_not_promised_and_is_left_alone(signed_in):
    one, two = someone("1"), someone("2", held="Away")
    client = signed_in("staff")
    shown = page(client, "hold", one, two)
    actions.contact_again([two], because="Back", by=User.objects.get())
    confirmed(client, "hold", shown, because="Later")
    two.refresh_from_db()
    assert two.held == ""


def test_what_fails_half_way_leaves_nothing_behind_and_may_be_sent_again(user, practice):
    by, one = user("staff"), someone("1")
    act = ACTS["note"]
    found = together.outlook(act, [one.pk], practice)
    told = together.opened(together.sealed(act, [one.pk], found, by=by), act, by=by)
    with pytest.raises(ValidationError):
        together.do(act, told, {"text": " ", "kind": "general"}, practice=practice, by=by)
    assert not ListAct.objects.exists()
    assert len(together.do(act, told, {"text": "Hello", "kind": "general"}, practice=practice, by=by).patients) == 1


@pytest.mark.parametrize("spoil", [lambda text: text[:-2] + "xx", lambda text: "", lambda text: "a:b:c"])
def test_a_page_that_is_not_ours_does_nothing(signed_in, spoil):
    one = someone("1")
    client = signed_in("staff")
    told = carried(page(client, "hold", one))
    url = reverse("admin:patients_patient_together", args=["hold"])
    answer = client.post(url, {"carried": spoil(told["carried"]), "because": "X"}, follow=True)
    assert "This page is too old." in answer.text
    assert not Patient.objects.exclude(held="").exists()


def test_a_page_counts_for_its_own_act_and_person(user, practice):
    one, act = someone("1"), ACTS["hold"]
    by = user("staff")
    text = together.sealed(act, [one.pk], together.outlook(act, [one.pk], practice), by=by)
    for other, person in ((ACTS["note"], by), (act, user("provider"))):
        with pytest.raises(ValidationError, match="belongs to another act"):
            together.opened(text, other, by=person)


def test_a_task_for_each_with_day_and_person(signed_in, user, practice):
    one, two = someone("1"), someone("2")
    doctor = user("provider")
    actions.add_task(title="Ask for the new address", kind="address", patient=two, by=None)
    client = signed_in("staff")
    shown = page(client, "tasks", one, two)
    day = practice.today() + timedelta(days=2)
    values = {"title": "Ask for the new address", "kind": "address", "due_on": day, "for_user": doctor.pk}
    done = confirmed(client, "tasks", shown, **values)
    assert "done for 1 patient." in done.text
    task = StaffTask.objects.get(patient=one)
    assert (task.kind, task.due_on, task.for_user, task.made_by.username) == ("address", day, doctor, "test-staff")
    assert StaffTask.objects.filter(patient=two).count() == 1


def test_the_calls_leave_out_who_is_not_called(signed_in):
    fine, dead, held, waits = someone("1"), someone("2", deceased=True), someone("3", held="Away"), someone("4")
    actions.add_task(title="Call back", kind="call", patient=waits, by=None)
    client = signed_in("staff")
    shown = page(client, "call", fine, dead, held, waits)
    assert "It will not happen for 3 patients:" in shown.text
    confirmed(client, "call", shown)
    assert StaffTask.objects.get(title="Call the patient").patient == fine


def test_texting_makes_a_draft_for_those_who_can_be_texted(signed_in, user):
    fine, unknown = made.reachable("Ann", "Able"), someone("77", last="Unmatched")
    answered = made.reachable("Bob", "Done")
    record_event(patient=answered, kind="records", decision="given", method="phone", occurred_at=clock.now(), by=None)
    client = signed_in("staff")
    shown = page(client, "text", fine, unknown, answered)
    assert "the draft of a campaign for 1 patient." in shown.text
    assert "The patient has already answered." in shown.text
    assert not Campaign.objects.exists()
    done = confirmed(client, "text", shown)
    campaign = Campaign.objects.get()
    assert done.redirect_chain[-1][0] == reverse("admin:outreach_campaign_change", args=[campaign.pk])
    assert (campaign.state, campaign.cohort, campaign.created_by.username) == ("draft", "chosen", "test-staff")
    assert list(campaign.patients.all()) == [fine]
    assert not Message.objects.exists()


def test_letters_go_on_where_letters_are_made(signed_in):
    fine, without = someone("1", phone="", **makers.HOME), someone("2", phone="")
    makers.letter_wording()
    client = signed_in("staff")
    shown = page(client, "letters", fine, without)
    assert "letters for 1 patient." in shown.text
    assert "1: No street or city on file" in shown.text
    pks = re.search('name="patients" value="([^"]*)"', shown.text).group(1)
    assert pks == str(fine.pk)
    assert "1 letter" in client.post(reverse("admin:consent_letterbatch_new"), {"patients": pks}).text


def test_an_export_of_the_chosen_is_on_record(signed_in):
    one, _, three = someone("1"), someone("2"), someone("3", last="=1+1")
    client = signed_in("provider")
    shown = page(client, "export", one, three)
    columns = {"format": "1", "resource": "0", "standingresource_mrn": "on", "standingresource_last_name": "on"}
    url = reverse("admin:patients_patient_together", args=["export"])
    content = client.post(url, carried(shown) | columns).content.decode("utf-8-sig")
    assert content.splitlines() == ['"MRN","Last name"', '"1","Smith"', '"3","\'=1+1"']
    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk")
    assert entry.changes["exported"][1] == "2 rows: chosen patients with mrn, last_name"


def test_all_that_match_the_filter_can_be_chosen_at_once(signed_in):
    people = [someone(str(number), held="Away") for number in range(1, 31)]
    someone("99")
    client = signed_in("staff")
    assert "Select all 30" in client.get(LIST, {"list": "held"}).text
    shown = page(client, "release", people[0], query="?list=held", select_across="1")
    assert "This ends the hold of 30 patients." in shown.text
    back = confirmed(client, "release", shown, because="Over")
    assert back.redirect_chain[-1][0] == f"{LIST}?list=held"
    assert not Patient.objects.exclude(held="").exists()


def test_more_than_can_be_looked_at_are_refused(signed_in, monkeypatch):
    monkeypatch.setattr("explorer.together_page.MOST", 1)
    answer = page(signed_in("staff"), "hold", someone("1"), someone("2"))
    assert answer.status_code == 302
    assert not ListAct.objects.exists()


@pytest.mark.parametrize(
    ("role", "offered"), [("staff", set(ACTS) - {"export"}), ("provider", set(ACTS)), ("read_only", set())]
)
def test_each_role_is_offered_what_it_may_do(signed_in, role, offered):
    one = someone("1")
    client = signed_in(role)
    listed = client.get(LIST).text
    assert {code for code in ACTS if f'<option value="{code}"' in listed} == offered
    for code in ACTS:
        url = reverse("admin:patients_patient_together", args=[code])
        status = client.post(url, {"carried": ""}).status_code
        assert status == (302 if code in offered else 403), code
    assert ("carried" in page(client, "hold", one).text) == ("hold" in offered)


def test_after_the_act_nobody_is_led_elsewhere(signed_in):
    client = signed_in("staff")
    shown = page(client, "hold", someone("1"))
    told = carried(shown) | {"back": "https://example.com/", "because": "X"}
    answer = client.post(reverse("admin:patients_patient_together", args=["hold"]), told)
    assert answer.url == LIST


def test_the_number_of_queries_does_not_grow_with_the_patients(signed_in, django_assert_max_num_queries):
    client = signed_in("staff")
    people = [someone(str(number)) for number in range(1, 41)]
    with django_assert_max_num_queries(60):
        shown = page(client, "hold", *people)
    with django_assert_max_num_queries(50):
        url = reverse("admin:patients_patient_together", args=["hold"])
        client.post(url, carried(shown) | {"because": "Closed"})
    assert Patient.objects.filter(held="Closed").count() == 40
