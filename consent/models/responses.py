import json

from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from consent.models.wordings import Wording
from explorer.lib import clock
from explorer.lib.keys import decrypt, encrypt
from patients.models import Patient

User = settings.AUTH_USER_MODEL
ROWS = "form rows"  # what the key of the sealed rows is for


class FormMapping(models.Model):
    """What the columns and options of one form mean, as a person has confirmed. Goes before any reading by meaning."""

    form = models.CharField(max_length=64, unique=True, help_text="Which form: the signature of its headings.")
    headings = models.JSONField(default=list)
    columns = models.JSONField(default=dict, help_text="{meaning: place of its column}")
    options = models.JSONField(default=dict, help_text="{meaning: {option as compared: what it means}}")
    confirmed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-confirmed_at", "-pk"]
        constraints = [models.CheckConstraint(name="form_mapping_is_of_a_form", condition=~Q(form=""))]

    def __str__(self) -> str:
        return f"Columns confirmed on {self.confirmed_at:%m/%d/%Y}"


class ResponseFile(models.Model):
    """One Microsoft Forms export that was taken in. Its rows are `Response`s."""

    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    form = models.CharField(max_length=64, help_text="Which form: the signature of its headings.")
    headings = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    date_style = models.JSONField(default=dict, help_text="How dates were read: {times_day_first, births_day_first}")
    wording = models.ForeignKey(
        Wording,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version of the form that these patients read.",
    )
    raw = models.BinaryField(null=True, blank=True, editable=False)
    taken_in_at = models.DateTimeField(default=clock.now)
    taken_in_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-taken_in_at"]

    def __str__(self) -> str:
        return f"Answers of {self.taken_in_at:%m/%d/%Y}"


class ResponseQuerySet(models.QuerySet):
    def in_review(self):
        return self.filter(outcome=Response.Outcome.REVIEW, decided_at=None)

    def with_anothers_code(self):
        """Name and birth date of one patient, the code of another: the link may have been passed on."""
        return self.filter(identity__code="another")

    def counts(self) -> dict[str, int]:
        """All of them as `answers`, those with another patient's code as `alerts`; one question to the database."""
        return self.aggregate(answers=Count("pk"), alerts=Count("pk", filter=Q(identity__code="another")))

    def wants_information(self):
        """Somebody who is known by name and birth date asks to be told more before deciding."""
        asks = [Q(**{f"decisions__{kind}": "more_information"}) for kind in ("records", "apcm", "notice")]
        return self.filter(asks[0] | asks[1] | asks[2], identity__dob="right", identity__name="right")


class Response(models.Model):
    """One row of a Forms export, kept as it came, with what was made of it and why."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", "Applied"
        REVIEW = "review", "Needs review"
        DUPLICATE = "duplicate", "Seen before"
        REJECTED = "rejected", "Cannot be used"

    file = models.ForeignKey(ResponseFile, on_delete=models.PROTECT, related_name="responses")
    row = models.PositiveIntegerField()
    response_id = models.CharField(max_length=40, blank=True)
    content_hash = models.CharField(max_length=64, db_index=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    sealed_row = models.BinaryField(default=bytes, editable=False, help_text="The row as it came, encrypted.")
    row_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of the row as it came.")
    decisions = models.JSONField(default=dict, help_text="records, apcm, notice: yes, no …")
    identity = models.JSONField(default=dict, help_text="code, date of birth, name: right, wrong …")
    outcome = models.CharField(max_length=9, choices=Outcome)
    reasons = models.JSONField(default=list, help_text="[{code, words}]")
    candidates = models.JSONField(default=list, help_text="Patients it may belong to, best first.")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="responses")
    likely = models.ForeignKey(
        Patient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers_in_question",
        help_text="The best candidate, shown first; not a decision.",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=300, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-completed_at", "-pk"]
        verbose_name = "form answer"
        indexes = [
            models.Index(fields=["likely"], condition=Q(outcome="review", decided_at=None), name="answers_in_review")
        ]
        constraints = [
            models.UniqueConstraint(fields=["file", "row"], name="response_row_once_per_file"),
            models.CheckConstraint(
                name="applied_response_has_a_patient", condition=~Q(outcome="applied") | ~Q(patient=None)
            ),
        ]
        permissions = [
            ("import_response", "May take in Forms exports"),
            ("decide_response", "May decide answers in review"),
        ]

    def __str__(self) -> str:
        return f"Answer {self.pk}"

    def seal(self, cells: list[str]) -> None:
        self.sealed_row = encrypt(json.dumps(cells, ensure_ascii=False).encode(), ROWS)

    def cells(self) -> list[str]:
        """The row as it came, in the order of its file's headings."""
        return json.loads(decrypt(bytes(self.sealed_row), ROWS)) if self.sealed_row else []

    def words(self) -> list[tuple[str, str]]:
        """(heading, value) of the row as it came."""
        return list(zip(self.file.headings, self.cells(), strict=False))
