"""Work in progress: asked for, watched, stopped, broken off and started again."""

import json
import subprocess
import sys

import psutil
import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django_q.models import OrmQ

from explorer.lib import jobs
from explorer.lib.models import Job
from outreach.actions import letting_go
from patients.models import ImportBatch, ImportRow, Patient
from tests.conftest import ROLES
from tests.outreach import made
from tests.patients.test_import_admin import ADA, BEN, staged, upload, url, xlsx

AT_WORK, LIST = reverse("admin:at_work"), reverse("admin:jobs")
HERE = "tests.explorer.test_jobs"
seen: dict = {}


def look_and_go_on(step: jobs.Step) -> None:
    if "look" in seen:
        seen["look"](step.job)


@jobs.work(right="patients.import_patient", unit="rows")
def count_to_four(step: jobs.Step, **ids) -> str:
    for _ in step.through([1, 2, 3, 4], "Counting"):
        seen.setdefault("counted", []).append(step.done)
        step._told = 0  # as if a quarter of a second had passed
        look_and_go_on(step)
    return "Counted to four."


@jobs.work(right="patients.import_patient")
def write_and_count(step: jobs.Step) -> str:
    with transaction.atomic():
        ImportBatch.objects.create(kind="patients", filename="half", sha256="0" * 64)
        for _ in step.through([1, 2], "Writing"):
            step._told = 0
            look_and_go_on(step)
    return "Written."


@jobs.work(right="patients.import_patient")
def refuse(step: jobs.Step) -> str:
    raise ValidationError("The list is closed; open a new one.")


@jobs.work(right="patients.import_patient")
def break_down(step: jobs.Step) -> str:
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


def asked(task="count_to_four", by=None, **ids) -> Job:
    return jobs.begin(f"{HERE}.{task}", title="Counting", by=by, url=LIST, **ids)


def live(client, job: Job):
    return client.get(reverse("admin:job_live", args=[job.pk]))


def test_work_goes_to_the_worker_once_however_often_it_is_asked_for(user):
    person = user("staff")
    first, second = asked(by=person, batch=1), asked(by=person, batch=1)
    other = asked(by=person, batch=2)
    assert first.pk == second.pk != other.pk
    assert [row.task["args"] for row in OrmQ.objects.order_by("pk")] == [(first.pk,), (other.pk,)]


def test_the_bar_moves_and_everybody_sees_the_same(signed_in, user):
    client, job = signed_in("staff"), asked(by=user("provider"))
    shown = []
    seen["look"] = lambda job: shown.append((live(client, job).text, client.get(AT_WORK).text))
    assert "Waiting for the background worker" in live(client, job).text
    jobs.run(job.pk)
    pages = [page for page, _ in shown]
    assert [f'value="{n}"' in page for n, page in enumerate(pages)] == [True] * 4
    assert "Counting: 75 %" in shown[3][1]
    ended = live(client, job)
    assert (ended["X-Done"], ended["X-Go"]) == ("1", job.get_absolute_url())
    assert "Counted to four." in ended.text
    assert "Counting" not in client.get(AT_WORK).text
    assert "Counted to four." in client.get(LIST).text


def test_who_asked_is_led_on_to_the_result_with_its_words(signed_in):
    client = signed_in("staff")
    me = client.session["_auth_user_id"]
    job = asked()
    Job.objects.filter(pk=job.pk).update(asked_by=me)
    jobs.run(job.pk)
    assert live(client, job)["X-Go"] == LIST
    assert "Counted to four." in client.get(LIST).text


def test_stopping_is_felt_at_the_next_step_and_takes_everything_back(signed_in):
    client, job = signed_in("staff"), asked("write_and_count")
    seen["look"] = lambda job: client.post(reverse("admin:job_stop", args=[job.pk]))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == ("cancelled", jobs.NOTHING_CHANGED)
    assert job.stop_asked_by.username == "test-staff"
    assert not ImportBatch.objects.exists()
    assert "Start it again" in client.get(job.get_absolute_url()).text


def test_the_wish_to_stop_is_recorded_with_its_person(signed_in):
    client, job = signed_in("staff"), asked()
    client.post(reverse("admin:job_stop", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.stop_asked_by.username) == ("cancelled", "test-staff")
    assert LogEntry.objects.get_for_object(job).filter(actor=job.stop_asked_by).exists()
    jobs.run(job.pk)
    assert "counted" not in seen


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_and_only_the_care_team_stops(role, signed_in):
    client, job = signed_in(role), asked()
    assert client.get(job.get_absolute_url()).status_code == 200
    assert client.get(AT_WORK).text.count(job.get_absolute_url()) == 1
    stopped = client.post(reverse("admin:job_stop", args=[job.pk]))
    assert (stopped.status_code == 403) == (role == "read_only")
    assert ("Stop this work" in client.get(asked().get_absolute_url()).text) == (role != "read_only")


def killed(job: Job) -> None:
    """The job as a worker leaves it that was ended in the middle."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    who = f"{jobs.socket.gethostname()}|{child.pid}|{psutil.Process(child.pid).create_time()}"
    child.wait()
    Job.objects.filter(pk=job.pk).update(state="running", attempt=1, started_at=job.asked_at, touched_at=job.asked_at)
    jobs._write(jobs._count_file(job), {"done": 2, "total": 4, "words": "", "pace": 1, "who": who})


def test_work_whose_worker_died_says_so_and_is_started_again(signed_in):
    client, job = signed_in("staff"), asked()
    killed(job)
    page = client.get(job.get_absolute_url()).text
    assert "ended in the middle of it" in page
    assert "broken off" in client.get(AT_WORK).text
    client.post(reverse("admin:job_again", args=[job.pk]))
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, seen["counted"]) == ("done", [0, 1, 2, 3])


def test_the_same_order_come_twice_goes_on_only_where_the_worker_died():
    job = asked()
    killed(job)
    jobs.run(job.pk)
    jobs.run(job.pk)
    assert seen["counted"] == [0, 1, 2, 3]


def test_work_that_a_living_worker_has_is_left_alone_and_not_started_again(signed_in):
    client, job = signed_in("staff"), asked()

    def look(job: Job) -> None:
        jobs.run(job.pk)
        again = client.post(reverse("admin:job_again", args=[job.pk]), follow=True)
        assert "nothing was started again" in again.text

    seen["look"] = look
    jobs.run(job.pk)
    assert seen["counted"] == [0, 1, 2, 3]


def test_work_that_kills_each_worker_is_given_up():
    job = asked()
    for _ in range(jobs.MOST_ATTEMPTS):
        killed(job)
    Job.objects.filter(pk=job.pk).update(attempt=jobs.MOST_ATTEMPTS)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == ("failed", jobs.DIED)


def test_a_refusal_is_told_in_its_own_words():
    job = asked("refuse")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == ("failed", "The list is closed; open a new one.")


def test_a_fault_goes_to_the_operator_and_the_page_says_what_to_do():
    job = asked("break_down")
    with pytest.raises(ZeroDivisionError):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == ("failed", jobs.BROKEN)


def test_only_what_is_marked_as_work_can_be_asked_for():
    with pytest.raises((ImportError, AttributeError)):
        jobs.begin("os.getcwd", title="x", by=None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2, "a few seconds"), (31, "about 40 seconds"), (61, "about 1 minute"), (130, "about 2 minutes")],
)
def test_the_time_left_is_told_roundly(seconds, words):
    assert jobs.in_words(seconds) == words


def test_the_files_of_counts_hold_no_more_than_counts_and_go_with_the_work():
    job = asked()
    kept = []
    seen["look"] = lambda job: kept.append(json.loads(jobs._count_file(job).read_text()))
    jobs.run(job.pk)
    assert set(kept[0]) == {"done", "total", "words", "pace", "who", "deaf"}
    assert not list(jobs._folder().glob(f"{job.name}*"))


def test_the_sign_in_the_frame_takes_one_query(signed_in, django_assert_max_num_queries):
    client = signed_in("staff")
    for number in range(5):
        asked(batch=number)
    with django_assert_max_num_queries(4):  # the session, the person, the practice, the work
        client.get(AT_WORK)
    with django_assert_max_num_queries(20):
        client.get(LIST)


def test_a_page_of_another_transaction_sees_how_far_it_is():
    """What the work has written it alone sees; its counts everybody."""
    job = asked("write_and_count")
    seen["look"] = lambda job: seen.setdefault("progress", jobs.progress(Job.objects.get(pk=job.pk)).total)
    jobs.run(job.pk)
    assert seen["progress"] == 2
    assert not connection.needs_rollback


# imports


def stop_at_once(job: Job) -> None:
    jobs._write(jobs._stop_file(job), {"by": job.asked_by_id, "at": job.asked_at.isoformat()})


@pytest.fixture
def long_lists(monkeypatch):
    """Two rows count as many."""
    monkeypatch.setattr("patients.admin.imports.AT_ONCE", 1)
    monkeypatch.setattr("patients.admin.imports.READ_AT_ONCE", 10)
    monkeypatch.setattr("patients.actions.applying.CHUNK", 1)
    monkeypatch.setattr(jobs, "TELL_EVERY", 0)


def test_a_long_file_is_read_by_the_worker_and_waits_for_its_review(signed_in, long_lists):
    client = signed_in("staff")
    job = Job.objects.get(pk=upload(client, xlsx(ADA, BEN)).url.split("/")[-2])
    assert not ImportBatch.objects.exists()
    jobs.run(job.pk)
    batch = ImportBatch.objects.get()
    assert live(client, job)["X-Go"] == url(batch, "review")
    assert (batch.rows.count(), batch.uploaded_by.username) == (2, "test-staff")
    assert not Patient.objects.exists()


def test_reading_that_is_stopped_stores_nothing(signed_in, long_lists):
    client = signed_in("staff")
    job = Job.objects.get(pk=upload(client, xlsx(ADA, BEN)).url.split("/")[-2])
    stop_at_once(job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not ImportBatch.objects.exists()
    assert not ImportRow.objects.exists()


def test_a_file_that_needs_an_answer_leads_back_to_the_form_that_asks(signed_in, long_lists):
    client = signed_in("staff")
    content = xlsx(["1001", "Ada"], heading=["MRN", "First Name"])
    job = Job.objects.get(pk=upload(client, content).url.split("/")[-2])
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    page = client.get(job.url).text
    assert "The column with the" in page
    assert "list.xlsx is still at hand" in page


def test_applying_that_is_stopped_is_taken_back(signed_in, long_lists):
    batch, client = staged(ADA, BEN), signed_in("staff")
    job = Job.objects.get(pk=client.post(url(batch, "confirm")).url.split("/")[-2])
    counts = []

    def after_the_first_patient(step, parts=1):
        counts.append(Patient.objects.count())
        stop_at_once(job)

    plain = jobs.Step.went
    try:
        jobs.Step.went = lambda step, parts=1: (after_the_first_patient(step), plain(step, parts))
        jobs.run(job.pk)
    finally:
        jobs.Step.went = plain
    job.refresh_from_db()
    batch.refresh_from_db()
    assert counts[0] == 1
    assert (job.state, batch.state, Patient.objects.count()) == ("cancelled", "undone", 0)
    assert "taken back" in job.outcome


def test_applying_and_undoing_a_long_list_end_at_the_review(signed_in, long_lists):
    batch, client = staged(ADA, BEN), signed_in("staff")
    for act, patients in (("confirm", 2), ("undo", 0)):
        job = Job.objects.get(pk=client.post(url(batch, act)).url.split("/")[-2])
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, Patient.objects.count()) == ("done", patients)
        assert job.url.startswith(url(batch, "review"))


def test_what_was_waiting_in_a_restored_backup_does_not_begin_by_itself(user):
    waits, runs = asked(batch=1), asked(batch=2)
    Job.objects.filter(pk=runs.pk).update(state="running", attempt=1)
    assert jobs.end_all(jobs.ROLLED_BACK) == 2
    for job in (waits, runs):
        jobs.run(job.pk)
    assert seen == {}
    assert jobs.start_again(waits, by=user("staff"))


# launches


@pytest.fixture
def long_launch(monkeypatch):
    monkeypatch.setattr("outreach.admin.campaigns.AT_ONCE", 0)
    monkeypatch.setattr(jobs, "TELL_EVERY", 0)
    made.reachable()
    return made.ready_draft()


def launch(client, campaign) -> Job:
    answer = client.post(reverse("admin:outreach_campaign_launch", args=[campaign.pk]), {"texts": "1"})
    return Job.objects.get(pk=answer.url.split("/")[-2])


def test_a_large_launch_is_planned_by_the_worker_and_a_second_run_changes_nothing(signed_in, long_launch):
    job = launch(signed_in("staff"), long_launch)
    assert not long_launch.messages.exists()
    jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(state="waiting", ended_at=None)
    jobs.run(job.pk)
    job.refresh_from_db()
    long_launch.refresh_from_db()
    assert (job.state, long_launch.state, long_launch.messages.count()) == ("done", "running", 1)
    assert long_launch.launched_by == job.asked_by


def test_a_launch_that_is_stopped_plans_no_text(signed_in, long_launch):
    job = launch(signed_in("staff"), long_launch)
    stop_at_once(job)
    jobs.run(job.pk)
    long_launch.refresh_from_db()
    assert (long_launch.state, long_launch.messages.count()) == ("draft", 0)


def test_a_launch_of_another_number_of_texts_is_refused_in_words(signed_in, long_launch):
    job = launch(signed_in("staff"), long_launch)
    made.reachable("Ben", "Brown", phone="+12055550177")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "the number of texts is now 2, not 1" in job.outcome


def test_a_launch_that_was_undone_is_not_launched_again_by_the_same_order(signed_in, long_launch):
    """The worker died between the launch and its last word; the queue brings the order again an hour later."""
    job = launch(signed_in("staff"), long_launch)
    jobs.run(job.pk)
    Job.objects.filter(pk=job.pk).update(state="running", ended_at=None, touched_at="2020-01-01T00:00Z")
    letting_go.undo(long_launch, by=job.asked_by)
    jobs.run(job.pk)
    job.refresh_from_db()
    long_launch.refresh_from_db()
    assert (long_launch.state, long_launch.messages.count(), job.state) == ("draft", 0, "failed")
    again = launch(signed_in("administrator"), long_launch)  # a new order is a new launch
    jobs.run(again.pk)
    long_launch.refresh_from_db()
    assert long_launch.state == "running"


def test_a_launch_that_waited_too_long_is_asked_for_again(signed_in, long_launch, monday):
    """The worker stood still for a day: nobody sits at the PC who meant it to go now."""
    job = launch(signed_in("staff"), long_launch)
    monday(1)
    jobs.run(job.pk)
    job.refresh_from_db()
    long_launch.refresh_from_db()
    assert (long_launch.state, job.state) == ("draft", "failed")
    assert "too long" in job.outcome


def test_only_who_asked_for_a_launch_starts_it_again(signed_in, long_launch):
    """It goes out in that person's name, and with what that person may override."""
    client = signed_in("administrator")
    job = launch(client, long_launch)
    Job.objects.filter(pk=job.pk).update(state="failed", ended_at=job.asked_at)
    again = reverse("admin:job_again", args=[job.pk])
    assert again in client.get(job.get_absolute_url()).content.decode()
    other = signed_in("staff")
    assert other.post(again).status_code == 403
    assert again not in other.get(job.get_absolute_url()).content.decode()
    client.force_login(job.asked_by, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(again).status_code == 302
    job.refresh_from_db()
    assert job.state == "waiting"


def test_work_of_an_older_release_is_shown_and_breaks_no_page(signed_in):
    job = Job.objects.create(task="patients.tasks.of_last_year", title="Reading a list", total=10, done=4)
    client = signed_in("administrator")
    for name, parts in (("jobs", []), ("job", [job.pk]), ("job_live", [job.pk]), ("at_work", [])):
        answer = client.get(reverse(f"admin:{name}", args=parts))
        assert answer.status_code == 200, name
        assert "Reading a list" in answer.text, name
    assert client.post(reverse("admin:job_again", args=[job.pk])).status_code == 403
