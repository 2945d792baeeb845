"""Tasks for people: seen by day and person, put off, given on, finished with a word; and what the day holds."""

from datetime import timedelta

import pytest
from django.urls import reverse

from explorer import digest, work
from explorer.lib import clock
from explorer.lib.models import Backup
from outreach.models import Attempt, Reply
from patients import actions
from patients.models import StaffTask
from tests import makers
from tests.conftest import ROLES

TASKS = reverse("admin:patients_stafftask_changelist")
NEW = reverse("admin:patients_stafftask_new")


def url(task: StaffTask, act: str) -> str:
    return reverse(f"admin:patients_stafftask_{act}", args=[task.pk])


def task(title="Find the address", *, days=None, **fields) -> StaffTask:
    due = None if days is None else clock.now().date() + timedelta(days=days)
    return actions.add_task(title=title, due_on=due, by=fields.pop("by", None), **fields)


def listed(client, **asked) -> list[str]:
    return [each.title for each in client.get(TASKS, asked).context["listed"]]


def test_tasks_stand_under_the_day_they_are_due(signed_in, monday):
    for title, days in (("late", -1), ("today", 0), ("no day", None), ("later", 2)):
        task(title, days=days)
    client = signed_in("staff")
    assert listed(client) == ["late"]
    assert listed(client, show="today") == ["today", "no day"]
    assert listed(client, show="later") == ["later"]
    assert listed(client, show="done") == []
    assert [count for _, _, count in client.get(TASKS).context["tabs"]] == [1, 2, 1, 0]


def test_mine_are_my_own_and_those_anybody_may_do(signed_in, user, monday):
    other = user("provider")
    client = signed_in("staff")
    task("anybody's")
    task("the other's", for_user=other)
    assert listed(client) == ["anybody's"]
    assert listed(client, of="all") == ["anybody's", "the other's"]


def test_a_task_about_a_patient_is_made_for_somebody(signed_in, user, monday):
    patient, doctor = makers.patient(), user("provider")
    client = signed_in("staff")
    assert "Smith, John" in client.get(NEW, {"patient": patient.pk}).text
    posted = {"title": "Ask the daughter", "kind": "number", "due_on": "2026-12-09", "for_user": doctor.pk,
              "details": "She calls back", "patient": patient.pk}  # fmt: skip
    assert client.post(NEW, posted).url == TASKS
    made = StaffTask.objects.get()
    assert (made.patient, made.for_user, made.kind, f"{made.due_on}") == (patient, doctor, "number", "2026-12-09")
    assert made.made_by.username == "test-staff"
    assert "This field is required." in client.post(NEW, {"title": "", "kind": "general"}).text


@pytest.mark.parametrize(("days", "day"), [("1", "2026-12-08"), ("3", "2026-12-10"), ("7", "2026-12-14")])
def test_a_task_is_put_off(signed_in, monday, days, day):
    late = task(days=-3)
    answer = signed_in("staff").post(url(late, "put_off"), {"days": days, "next": f"{TASKS}?show=late"})
    late.refresh_from_db()
    assert (f"{late.due_on}", answer.url) == (day, f"{TASKS}?show=late")


def test_a_task_is_given_on_and_set_free(signed_in, user, monday):
    doctor, mine = user("provider"), task()
    reader = user("read_only")
    client = signed_in("staff")
    client.post(url(mine, "give"), {"person": doctor.pk})
    mine.refresh_from_db()
    assert mine.for_user == doctor
    client.post(url(mine, "give"), {"person": reader.pk})
    mine.refresh_from_db()
    assert mine.for_user is None, "a reader can do nothing about it"


def test_a_task_is_finished_once_with_a_word_and_opened_again(signed_in, monday):
    mine = task()
    client = signed_in("staff")
    client.post(url(mine, "finish"), {"outcome": "Moved to Mobile"})
    again = client.post(url(mine, "finish"), {"outcome": "Other"}, follow=True)
    assert "Somebody finished this task already." in again.text
    mine.refresh_from_db()
    assert (mine.outcome, mine.done_by.username) == ("Moved to Mobile", "test-staff")
    assert "Moved to Mobile" in client.get(TASKS, {"show": "done"}).text
    for act in ({"days": "1"}, {"person": ""}):
        name = "put_off" if "days" in act else "give"
        assert "finished this task already" in client.post(url(mine, name), act, follow=True).text
    client.post(url(mine, "open_again"))
    mine.refresh_from_db()
    assert mine.done_at is None


def test_the_same_task_of_the_program_is_not_opened_twice(signed_in, user, monday):
    first = task(key="found 1")
    actions.finish_task(first, by=user("provider"))
    task(key="found 1")
    assert "open already" in signed_in("staff").post(url(first, "open_again"), follow=True).text


def test_what_a_task_says_can_be_changed_until_it_is_done(signed_in, user, monday):
    mine = task(days=0)
    client = signed_in("staff")
    client.post(url(mine, "read"), {"title": "Find the phone", "details": "", "due_on": "", "for_user": ""})
    mine.refresh_from_db()
    assert (mine.title, mine.due_on) == ("Find the phone", None)
    actions.finish_task(mine, by=user("provider"))
    client.post(url(mine, "read"), {"title": "Something else"})
    mine.refresh_from_db()
    assert mine.title == "Find the phone"


@pytest.mark.parametrize("role", ROLES)
def test_who_only_reads_sees_the_tasks_and_does_none(signed_in, role, monday):
    mine, may = task(), role != "read_only"
    client = signed_in(role)
    shown = client.get(TASKS)
    assert (NEW in shown.text, url(mine, "finish") in shown.text) == (may, may)
    for act in ("finish", "put_off", "give", "open_again"):
        assert client.post(url(mine, act), {"days": "1"}).status_code == (302 if may else 403)
    assert client.get(url(mine, "read")).status_code == 200
    assert client.get(NEW).status_code == (200 if may else 403)


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_after_an_act_nobody_is_led_elsewhere(signed_in, elsewhere, monday):
    assert signed_in("staff").post(url(task(), "finish"), {"next": elsewhere}).url == TASKS


def test_a_long_list_comes_by_pages_in_few_queries(signed_in, user, django_assert_max_num_queries, monday):
    doctor = user("provider")
    for number in range(30):
        task(f"Task {number}", patient=makers.patient(mrn=str(number), phone=""), by=doctor, for_user=doctor)
    client = signed_in("staff")
    with django_assert_max_num_queries(28):
        page = client.get(TASKS, {"of": "all"})
    assert len(page.context["listed"]) == 25
    assert len(page.content) < 120_000


def test_sidebar_tile_and_digest_count_the_same_tasks(rf, user, practice, monday):
    person, doctor = user("staff"), user("provider")
    for days, whose in ((-1, person), (0, None), (0, doctor), (1, person)):
        task(days=days, for_user=whose)
    request = rf.get("/")
    request.user, request.practice = person, practice
    assert work.counts(request)["tasks"] == 2
    assert next(tile.count for tile in work.tiles(request) if tile.title == "Tasks for you") == 2
    told = [line.words for line in digest.lines(person, practice)]
    assert told[:2] == ["1 task of yours is late", "1 task of yours is due today"]


def test_the_day_tells_what_presses_and_nothing_else(user, practice, monday, django_assert_max_num_queries):
    person, now = user("staff"), clock.now()
    Backup.objects.create(made_at=now, outside="A copy on the other disk", recorded_by=person)
    assert digest.lines(person, practice) == []
    patient = makers.patient()
    Attempt.objects.create(patient=patient, outcome="call_back", next_on=practice.today())
    for hours in (1, 25):
        Reply.objects.create(
            item_id=f"i{hours}", conversation_id="c", phone="+12055550123", received_at=now - timedelta(hours=hours)
        )
    monday(3)
    with django_assert_max_num_queries(19):
        told = [line.words for line in digest.lines(person, practice)]
    assert told == [
        "1 patient waits to be called back",
        "2 replies have waited for more than a day",
        "The newest backup is of 12/07/2026",
    ]


def test_the_first_page_shows_the_day(signed_in, monday):
    makers.patient()
    task(days=-1)
    client, day = signed_in("staff"), reverse("admin:home_digest")
    assert day in client.get(reverse("admin:index")).text
    shown = client.get(day).text
    assert "Today for you" in shown
    assert "1 task of yours is late" in shown
