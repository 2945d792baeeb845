"""Tasks for people: made, given to somebody, put off, finished, opened again."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from patients.models import Patient, StaffTask


@transaction.atomic
def add_task(
    *,
    title: str,
    by,
    kind: str = StaffTask.Kind.GENERAL,
    patient: Patient | None = None,
    details: str = "",
    due_on: date | None = None,
    for_user=None,
    key: str = "",
) -> StaffTask:
    """The task. With a `key` whose task is still open that one is given back. Raises ValidationError.

    `by` is None for what the program itself asks for.
    """
    if key and (known := StaffTask.objects.open().filter(key=key).first()):
        return known
    task = StaffTask(
        kind=kind, title=title.strip(), details=details.strip(), patient=patient, due_on=due_on, for_user=for_user,
        key=key, made_by=by,
    )  # fmt: skip
    task.full_clean()
    task.save()
    return task


@transaction.atomic
def finish_task(task: StaffTask, *, by, outcome: str = "") -> bool:
    """False when somebody else has finished it already."""
    task = StaffTask.objects.select_for_update().get(pk=task.pk)
    if task.done_at:
        return False
    task.done_at, task.done_by, task.outcome = clock.now(), by, outcome.strip()[:300]
    task.save(update_fields=["done_at", "done_by", "outcome"])
    return True


@transaction.atomic
def reopen_task(task: StaffTask) -> None:
    """Raises ValidationError where the program has asked for the same again meanwhile."""
    task = StaffTask.objects.select_for_update().get(pk=task.pk)
    if task.key and StaffTask.objects.open().filter(key=task.key).exists():
        raise ValidationError("The same task is open already.")
    task.done_at = task.done_by = None
    task.save(update_fields=["done_at", "done_by"])


def change_task(task: StaffTask, *, due_on: date | None, for_user, title: str = "", details: str | None = None) -> None:
    """Who does it and when, and, where given, what. Raises ValidationError."""
    task.due_on, task.for_user = due_on, for_user
    task.title = title.strip() or task.title
    task.details = task.details if details is None else details.strip()
    task.full_clean()
    task.save(update_fields=["due_on", "for_user", "title", "details"])
