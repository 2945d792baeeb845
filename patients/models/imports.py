from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from patients.models.people import Patient


class ImportBatch(models.Model):
    """One file that was read: its proposals wait for a person, who applies or discards them."""

    class Kind(models.TextChoices):
        PATIENTS = "patients", "Patient list"
        APCM = "apcm", "APCM workbook"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waiting for review"
        APPLIED = "applied", "Applied"
        DISCARDED = "discarded", "Discarded"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=8, choices=Kind)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    sheet = models.CharField(max_length=200, blank=True)
    headings = models.JSONField(default=list, help_text="All headings of the file; a repeated one is numbered.")
    columns = models.JSONField(default=dict, help_text="Which heading was read as which field: {field: heading}.")
    notes = models.JSONField(default=list, help_text="What the reader left out, and why.")
    raw = models.BinaryField(
        null=True, blank=True, editable=False, help_text="The encrypted file; empty once its days are over."
    )
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    uploaded_at = models.DateTimeField(default=clock.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name_plural = "imports"
        verbose_name = "import"
        constraints = [
            models.CheckConstraint(
                name="import_closed_at_and_state_agree",
                condition=Q(state="proposed", closed_at=None) | (~Q(state="proposed") & ~Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="import_undone_at_and_state_agree",
                condition=Q(state="undone", undone_at__isnull=False) | (~Q(state="undone") & Q(undone_at=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.uploaded_at:%m/%d/%Y}"


class ImportRow(models.Model):
    """What one row of the sheet would do. The sheet's first row is row 1."""

    class Outcome(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        UNCHANGED = "unchanged", "Unchanged"
        CONFLICT = "conflict", "Conflict"
        REJECTED = "rejected", "Rejected"
        DUPLICATE = "duplicate", "Duplicate"
        VANISHED = "vanished", "No longer on the list"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for patients the sheet no longer names.")
    outcome = models.CharField(max_length=9, choices=Outcome)
    mrn = models.CharField(max_length=80, blank=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="import_rows")
    patient_version = models.PositiveIntegerField(null=True, blank=True)
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict, help_text="field: [old, new]")
    problems = models.JSONField(default=list, help_text="[{column, problem}]")
    take = models.BooleanField(default=False, help_text="A person chose the list's side of a conflict.")
    applied = models.BooleanField(default=False)
    before = models.JSONField(
        default=dict, help_text="For undoing, beside `changes`: left_list_at, phones {id: [label, retired_at]}."
    )

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["batch", "outcome", "row"], name="import_row_by_outcome")]

    def __str__(self) -> str:
        return f"Row {self.row}"


class ColumnMapping(models.Model):
    """How a person said that lists with these headings are to be read; asked first when they come again."""

    kind = models.CharField(max_length=8, choices=ImportBatch.Kind)
    signature = models.CharField(max_length=64, help_text="Of the headings, in whatever order.")
    columns = models.JSONField(default=dict, help_text="{field: heading}; an empty heading leaves the field out.")
    confirmed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "signature"], name="headings_are_mapped_once")]

    def __str__(self) -> str:
        return f"Columns of a {self.get_kind_display()}"
