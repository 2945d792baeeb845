from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from explorer.lib import clock
from explorer.lib.sealing import Sealed
from patients.models.people import Patient


class NoteQuerySet(models.QuerySet):
    def standing(self):
        """Notes that nobody has taken away."""
        return self.filter(removed_at=None)

    def with_words(self):
        """Annotates the newest version's `kind`, `text`, `said_at` and `said_by`, and `first_at`."""
        newest = NoteVersion.objects.filter(note=OuterRef("pk")).order_by("-number")
        first = NoteVersion.objects.filter(note=OuterRef("pk"), number=1)
        return self.annotate(
            kind=Subquery(newest.values("kind")[:1]),
            text=Subquery(newest.values("text")[:1]),
            number=Subquery(newest.values("number")[:1]),
            said_at=Subquery(newest.values("at")[:1]),
            said_by=Subquery(newest.values("by__username")[:1]),
            first_at=Subquery(first.values("at")[:1]),
        )


class Note(models.Model):
    """What staff want to remember of a patient. Its words stand in its versions: the newest counts, all are kept."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="notes")
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_because = models.CharField(max_length=200, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pinned_note_says_by_whom",
                condition=Q(pinned_at=None, pinned_by=None) | Q(pinned_at__isnull=False, pinned_by__isnull=False),
            ),
            models.CheckConstraint(
                name="removed_note_says_by_whom_and_why",
                condition=Q(removed_at=None, removed_by=None, removed_because="")
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(removed_because="")),
            ),
        ]
        permissions = [("write_note", "May write notes about patients")]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class NoteVersion(models.Model):
    """The words of a note from some moment on. Never changed, never deleted."""

    class Kind(models.TextChoices):
        GENERAL = "general", "General"
        CONTACT = "contact", "How to reach the patient"
        FAMILY = "family", "Family or caregiver"
        CONSENT = "consent", "About the decision"
        CARE = "care", "About the care"

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERAL)
    text = models.TextField(max_length=2000, help_text="Only what colleagues need to know.")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    sealed = Sealed()

    class Meta:
        ordering = ["note", "number"]
        constraints = [
            models.UniqueConstraint(fields=["note", "number"], name="note_has_a_version_once"),
            models.CheckConstraint(name="note_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of note {self.note_id}"
