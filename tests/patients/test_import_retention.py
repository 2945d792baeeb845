"""How long the files are kept, and that the same file is recognised when it comes again."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django_q.models import Schedule

from consent.models import ResponseFile
from consent.tasks import forget_raw_files as forget_form_exports
from explorer.lib import clock
from explorer.lib.keys import encrypt
from explorer.lib.models import Practice
from explorer.schedules import set_schedules
from patients import actions
from patients.models import ImportBatch
from patients.tasks import forget_raw_files
from tests import makers

ROWS = [makers.line(), makers.line(mrn="", name="Brown, Ben")]


def staged() -> ImportBatch:
    found, content = makers.review(ROWS)
    return actions.stage(found, content=content, by=None)


def url(batch: ImportBatch, act: str) -> str:
    return reverse(f"admin:patients_importbatch_{act}", args=[batch.pk])


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_the_files_are_kept_for_the_practices_days(days, kept):
    batch = staged()
    file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="f", raw=encrypt(b"x", "imports"))
    past = clock.now() - timedelta(days=days)
    ImportBatch.objects.update(uploaded_at=past)
    ResponseFile.objects.update(taken_in_at=past)
    forget_raw_files()
    forget_form_exports()
    batch.refresh_from_db()
    file.refresh_from_db()
    assert (bool(batch.raw), bool(file.raw)) == (kept, kept)
    assert len(batch.sha256) == len(file.sha256) == 64
    assert batch.rows.count() == 2
    removed = [entry for entry in LogEntry.objects.all() if "stored file" in (entry.changes or {})]
    assert len(removed) == (0 if kept else 2)


def test_the_practice_says_how_many_days():
    staged()
    Practice.objects.update(keep_raw_days=5)
    ImportBatch.objects.update(uploaded_at=clock.now() - timedelta(days=6))
    assert actions.forget_raw_files() == 1
    assert actions.forget_raw_files() == 0


def test_after_that_download_and_columns_say_so_in_a_sentence(signed_in):
    batch = staged()
    ImportBatch.objects.update(raw=None)
    client = signed_in("staff")
    page = client.get(url(batch, "rejected_rows"), follow=True)
    assert "The file itself is no longer kept" in page.text
    page = client.post(url(batch, "columns"), follow=True)
    assert "The file itself is no longer kept" in page.text


def test_the_worker_forgets_once_a_day():
    set_schedules()
    daily = Schedule.objects.filter(schedule_type=Schedule.DAILY).values_list("func", flat=True)
    assert set(daily) == {
        "patients.tasks.forget_raw_files", "consent.tasks.forget_raw_files", "consent.tasks.retry_open_answers",
        "explorer.evidence.tasks.remove_old", "explorer.backups.tasks.drill",
    }  # fmt: skip


def test_the_same_file_is_announced_on_the_review_until_that_import_is_undone(signed_in):
    first = staged()
    actions.apply(first, by=None)
    again = staged()
    ImportBatch.objects.update(sha256="5" * 64)
    client = signed_in("staff")
    page = client.get(url(again, "review")).text
    assert "The same file was applied on" in page
    assert url(first, "review") in page
    actions.undo(first, by=None)
    assert "The same file was applied on" not in client.get(url(again, "review")).text
