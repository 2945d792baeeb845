from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from explorer.lib import clock
from patients.models.people import Patient


class StaffTaskQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at=None)

    def due(self, today: date):
        """Open ones of today, of days before, and those without a day."""
        return self.open().filter(Q(due_on=None) | Q(due_on__lte=today))

    def of(self, person):
        """That person's own, and those which anybody may do."""
        return self.filter(Q(for_user=person) | Q(for_user=None))


class StaffTask(models.Model):
    """Something that a person is to do, about a patient or not. Made by staff, or by the program (`key`)."""

    class Kind(models.TextChoices):
        GENERAL = "general", "General"
        CALL = "call", "Call"
        NUMBER = "number", "Find the right number"
        ADDRESS = "address", "Find the right address"
        DECEASED = "deceased", "Patient has died"
        MOVED = "moved", "Patient has moved away"
        HOSPITAL = "hospital", "Patient is in hospital"
        PAPERS = "papers", "Papers"

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERAL)
    title = models.CharField("what is to be done", max_length=120)
    details = models.TextField(blank=True, max_length=1000)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="staff_tasks")
    due_on = models.DateField("due on", null=True, blank=True)
    for_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="staff_tasks",
        verbose_name="who does it",
        help_text="Empty: whoever is free.",
    )
    key = models.CharField(
        max_length=80, blank=True, editable=False, help_text="What the program made it for, so that it is made once."
    )
    made_at = models.DateTimeField(default=clock.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    outcome = models.CharField("what came of it", max_length=300, blank=True)

    objects = StaffTaskQuerySet.as_manager()

    class Meta:
        verbose_name = "task"
        ordering = [F("due_on").asc(nulls_last=True), "pk"]
        indexes = [models.Index(fields=["due_on"], condition=Q(done_at=None), name="open_tasks_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(done_at=None) & ~Q(key=""), name="open_task_once"),
            models.CheckConstraint(
                name="done_task_says_by_whom",
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
            ),
            models.CheckConstraint(name="task_says_what", condition=~Q(title="")),
        ]
        permissions = [("do_stafftask", "May make, take and finish tasks")]

    def __str__(self) -> str:
        return f"Task {self.pk}"
