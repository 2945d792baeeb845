"""A patient has died, moved or is in hospital: nothing more goes to the household until a person says so."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from explorer import together
from explorer.lib.models import Practice
from outreach import facts, follow_up
from outreach.actions import campaigns, launching, sending
from outreach.actions.circumstances import contact_again, family_letter, report_circumstance
from outreach.models import Attempt, Circumstance, Message
from outreach.simulator import Limits, Troubles, serve
from outreach.spruce import Spruce
from patients.models import CareFact, Patient, Phone, StaffTask
from tests.outreach import made

KINDS = ("deceased", "hospital", "moved")
SHARED = "+12055550177"


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


@pytest.fixture
def home(monday):
    """Two who share a number; and a stranger."""
    one, two = made.reachable("John", phone=SHARED), made.reachable("Mary", phone="+12055550178")
    Phone.objects.create(patient=two, e164=SHARED, label="home", kind="fixed_or_mobile")
    return one, two, made.reachable("Ruth", "Brown", phone="+12055550199")


@pytest.fixture
def launched(home):
    campaign = campaigns.create(name="Move", cohort="matched", days=(0, 3), by=None)
    launching.launch(campaign, by=None, override="A test.")
    return campaign


def told(patient: Patient, kind: str, by=None, **more) -> Circumstance:
    if kind == "hospital":
        more = {"look_again_on": Practice.current().today()} | more
    return report_circumstance(patient=patient, kind=kind, by=by, **more)[0]


def send(running) -> None:
    sending.send_due(Spruce(running.url, running.token, timeout=(2, 1)), until_idle=True)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_to_the_household_afterwards(kind, spruce, home, launched):
    told(home[0], kind)
    send(spruce)
    reached = Message.objects.reached().values_list("phone", flat=True)
    assert set(reached) == {"+12055550199"}
    waiting = Message.objects.filter(state="planned")
    assert waiting.exclude(hold="").count() == waiting.count() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_reminder_goes_to_the_household_either(kind, spruce, home, launched, monday):
    send(spruce)
    before = Message.objects.reached().count()
    told(home[0], kind)
    monday(3)
    send(spruce)
    reminded = Message.objects.reached().filter(step__day=3).values_list("phone", flat=True)
    assert set(reminded) == {"+12055550199"}
    assert Message.objects.reached().count() == before + 1


def test_what_was_held_goes_out_once_somebody_says_so(spruce, home, launched, user):
    found = told(home[0], "hospital")
    contact_again(circumstance=found, because="Home again since Friday.", by=user("staff"))
    send(spruce)
    assert Message.objects.reached().count() == Message.objects.count()
    assert not Patient.objects.exclude(held="").exists()


def test_a_death_is_recorded_with_its_day_and_taken_back_with_a_reason(home, user):
    staff = user("staff")
    found = told(home[0], "deceased", on=Practice.current().today(), by=staff)
    assert Patient.objects.get(pk=home[0].pk).deceased
    assert CareFact.objects.effective().filter(kind="deceased", patient=home[0]).exists()
    contact_again(circumstance=found, because="It was his brother.", by=staff)
    assert not Patient.objects.get(pk=home[0].pk).deceased
    assert not CareFact.objects.effective().filter(kind="deceased").exists()


def test_the_household_is_neither_texted_nor_called_and_keeps_its_own_reasons(home):
    other = home[1]
    other.held = "Asked by the family."
    other.save()
    found = told(home[0], "moved")
    assert found.silenced == [home[0].pk]
    assert [left.pk for left in follow_up.waiting(Practice.current().today())] == [home[2].pk]


def test_told_twice_it_is_one_with_one_task(home):
    first, again = told(home[0], "moved"), told(home[0], "moved")
    assert first == again
    assert StaffTask.objects.open().filter(kind="moved", patient=home[0]).count() == 1


def test_a_death_follows_a_hospital_stay(home, user):
    staff = user("staff")
    told(home[0], "hospital", by=staff)
    last = told(home[0], "deceased", by=staff)
    assert list(Circumstance.objects.open()) == [last]
    assert [task.kind for task in StaffTask.objects.open()] == ["deceased"]
    assert Patient.objects.get(pk=home[1].pk).held.startswith("Somebody in the household has died")


def test_the_household_stays_silent_while_another_circumstance_is_open(spruce, home, launched, user):
    staff = user("staff")
    first, second = told(home[0], "hospital", by=staff), told(home[1], "moved", by=staff)
    contact_again(circumstance=first, because="Home again.", by=staff)
    send(spruce)
    assert set(Message.objects.reached().values_list("phone", flat=True)) == {"+12055550199"}
    contact_again(circumstance=second, because="A mistake.", by=staff)
    assert not Patient.objects.exclude(held="").exists()


def test_an_answer_that_waits_goes_back_to_staff(home):
    answer = Message.objects.create(kind="answer", phone=SHARED, text="Hello", conversation_id="t_1")
    told(home[0], "deceased")
    answer.refresh_from_db()
    assert answer.state == "skipped"


def test_contacting_again_needs_a_reason(home, user):
    with pytest.raises(ValidationError):
        contact_again(circumstance=told(home[0], "moved"), because=" ", by=user("staff"))


def test_a_care_home_is_no_household(monday):
    people = [made.patient(f"P{n}", phone="+12055550166") for n in range(6)]
    assert told(people[0], "moved").silenced == [people[0].pk]


def page(patient: Patient) -> str:
    return reverse("admin:outreach_attempt_circumstance", args=[patient.pk])


def test_the_page_says_whom_it_keeps_silent_and_then_shows_the_letter(signed_in, home, launched):
    client = signed_in("staff")
    asked = client.get(page(home[0]), {"kind": "deceased"}).content.decode()
    assert "Miller, Mary" in asked
    assert "Nothing is deleted" in asked
    assert not Circumstance.objects.exists()
    client.post(page(home[0]), {"kind": "deceased", "told_by": "His daughter."})
    shown = client.get(page(home[0])).content.decode()
    assert "To the family of John Miller" in shown
    assert not Attempt.objects.exists()
    client.post(page(home[0]), {"again": "1", "because": "It was his brother."})
    assert Circumstance.objects.get().ended_because == "It was his brother."


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"kind": "hospital"}, "Choose the day on which somebody looks again"),
        ({"kind": "deceased", "on": "2030-01-01"}, "lies in the future"),
        ({"kind": "deceased", "on": "1900-01-01"}, "before the patient"),
        ({"kind": "nonsense"}, "errorlist"),
        ({}, "errorlist"),
    ],
)
def test_what_is_not_whole_is_not_reported(signed_in, home, sent, problem):
    assert problem in signed_in("staff").post(page(home[0]), sent).content.decode()
    assert not Circumstance.objects.exists()
    assert not Patient.objects.filter(deceased=True).exists()


def test_the_letter_to_the_family_names_no_illness(home):
    words = family_letter(home[0], Practice.current()).lower()
    for health in ("apcm", "medicare", "diagnos", "hospital", "visit"):
        assert health not in words


def test_who_shares_a_number_with_two_households_waits_for_both(spruce, monday, user):
    """John and Mary share one number, Mary and Ruth another: John is home again, Ruth is not."""
    john, mary, ruth = (
        made.reachable(first, phone=f"+1205555017{n}") for n, first in enumerate(("John", "Mary", "Ruth"))
    )
    for one, number in ((john, SHARED), (mary, SHARED), (mary, "+12055550190"), (ruth, "+12055550190")):
        Phone.objects.create(patient=one, e164=number, label="home", kind="fixed_or_mobile")
    launching.launch(campaigns.create(name="Move", cohort="matched", days=(0, 3), by=None), by=None, override="Test.")
    staff = user("staff")
    first = told(john, "moved", by=staff)
    second = told(ruth, "hospital", by=staff)
    contact_again(circumstance=first, because="A mistake.", by=staff)
    assert Patient.objects.get(pk=mary.pk).held
    send(spruce)
    assert not Message.objects.reached().filter(patients=mary).exists()
    contact_again(circumstance=second, because="Home again.", by=staff)
    assert not Patient.objects.exclude(held="").exists()
    assert not Message.objects.filter(state="planned").exclude(hold="").exists()


def test_the_task_of_a_circumstance_ends_with_it_while_another_is_open(home, user):
    staff = user("staff")
    first = told(home[0], "hospital", by=staff)
    told(home[1], "moved", by=staff)
    contact_again(circumstance=first, because="Home again.", by=staff)
    assert [task.kind for task in StaffTask.objects.open()] == ["moved"]


def test_texts_held_by_one_circumstance_and_left_to_another_go_on_with_it(home, launched, user):
    staff = user("staff")
    first, second = told(home[0], "hospital", by=staff), told(home[1], "moved", by=staff)
    contact_again(circumstance=first, because="Home again.", by=staff)
    contact_again(circumstance=second, because="A mistake.", by=staff)
    assert not Message.objects.filter(state="planned").exclude(hold="").exists()


def test_the_gate_knows_an_open_circumstance_whatever_stands_on_the_chart(home, launched):
    """As after a merge with a chart that is not held, or when somebody emptied the field."""
    told(home[0], "hospital")
    Patient.objects.filter(pk=home[0].pk).update(held="")
    assert facts.patient_facts([home[0].pk])[home[0].pk].held


def test_many_are_not_contacted_again_past_an_open_circumstance(home):
    told(home[0], "hospital")
    people = Patient.objects.exclude(held="")
    assert people.count() == 2
    found = together.outlook(together.ACTS["release"], people.values_list("pk", flat=True), Practice.current())
    assert (found.will, found.left_out) == ([], 2)
