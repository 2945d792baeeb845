from django.conf import settings
from django.db import models
from django.db.models import Count, Q, Sum

from explorer.lib import clock
from patients.models import Patient


class ContactQuerySet(models.QuerySet):
    def present(self):
        return self.filter(gone_at=None)


class Contact(models.Model):
    """A contact as Spruce has it; overwritten by each sync, never edited here."""

    spruce_id = models.CharField(max_length=80, unique=True)
    display_name = models.CharField(max_length=200, blank=True)
    given_name = models.CharField(max_length=120, blank=True)
    middle_name = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=120, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    category = models.CharField(max_length=24, blank=True)
    emails = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    synced_at = models.DateTimeField(default=clock.now)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["family_name", "given_name", "spruce_id"]
        verbose_name = "Spruce contact"

    def __str__(self) -> str:
        return self.display_name or f"Contact {self.pk}"


class ContactPhone(models.Model):
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="phones")
    e164 = models.CharField("number", max_length=16, db_index=True)
    label = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "e164"], name="contact_has_a_number_once")]

    def __str__(self) -> str:
        return f"{self.label or 'Phone'} of contact {self.contact_id}"


class MatchQuerySet(models.QuerySet):
    def settled(self):
        """What a person decided. No run and no import overturns it."""
        return self.filter(verdict__in=(Match.Verdict.ACCEPTED, Match.Verdict.REJECTED))

    def linked(self):
        """The pairs in force: this contact is this patient."""
        return self.filter(verdict__in=Match.LINKED)

    def in_review(self):
        return self.filter(verdict=Match.Verdict.REVIEW, patient__merged_into=None)

    def agreement(self) -> dict[str, int]:
        """How people judged the program: pairs `decided`, automatic matches they `judged`, and `agreed` with."""
        automatic = Q(found_verdict=Match.Verdict.AUTOMATIC)
        counts = self.settled().aggregate(
            decided=Count("pk"),
            found=Count("pk", filter=automatic),
            overruled=Sum("overruled", default=0),
            agreed=Count("pk", filter=automatic & Q(verdict=Match.Verdict.ACCEPTED)),
        )
        judged = counts["found"] + counts["overruled"]
        return {"decided": counts["decided"], "judged": judged, "agreed": counts["agreed"]}


class Match(models.Model):
    """That a Spruce contact is a patient: found by the program, or decided by a person."""

    class Verdict(models.TextChoices):
        AUTOMATIC = "automatic", "Matched"
        REVIEW = "review", "Needs review"
        ACCEPTED = "accepted", "Accepted by staff"
        REJECTED = "rejected", "Rejected by staff"

    LINKED = (Verdict.AUTOMATIC, Verdict.ACCEPTED)
    FOUND = (Verdict.AUTOMATIC, Verdict.REVIEW)

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="matches")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="matches")
    verdict = models.CharField(max_length=9, choices=Verdict)
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list, help_text="[{field, verdict, weight, words}]")
    needed = models.CharField(max_length=300, blank=True, help_text="What would make it automatic.")
    found_at = models.DateTimeField(default=clock.now)
    found_verdict = models.CharField(
        max_length=9, choices=Verdict, blank=True, help_text="What the program had said before a person decided."
    )
    found_score = models.FloatField(null=True, blank=True)
    overruled = models.PositiveSmallIntegerField(
        default=0, help_text="Automatic matches of either of the two that this decision took away."
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MatchQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        verbose_name = "contact match"
        verbose_name_plural = "contact matches"
        indexes = [models.Index(fields=["patient"], condition=Q(verdict="review"), name="matches_in_review")]
        constraints = [
            models.UniqueConstraint(fields=["patient", "contact"], name="match_judges_a_pair_once"),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(verdict__in=("automatic", "accepted")),
                name="patient_has_one_contact",
            ),
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(verdict__in=("automatic", "accepted")),
                name="contact_is_one_patient",
            ),
            models.CheckConstraint(
                name="match_verdict_and_person_agree",
                condition=Q(verdict__in=("automatic", "review"), decided_at=None)
                | Q(verdict__in=("accepted", "rejected"), decided_at__isnull=False),
            ),
        ]
        permissions = [("decide_match", "May accept and reject matches")]

    def __str__(self) -> str:
        return f"Match {self.pk}"
