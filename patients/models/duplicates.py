from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from patients.models.people import Patient


class DuplicatePairQuerySet(models.QuerySet):
    def open(self):
        """Pairs that a person has yet to decide about."""
        return self.filter(verdict=DuplicatePair.Verdict.OPEN, one__merged_into=None, other__merged_into=None)


class DuplicatePair(models.Model):
    """Two charts that are probably one patient: found by the program, decided by a person, for ever.

    `one` is the older row. A pair that is no longer found goes, unless somebody decided about it.
    """

    class Verdict(models.TextChoices):
        OPEN = "open", "To decide"
        DIFFERENT = "different", "Not the same person"
        MERGED = "merged", "Merged"

    stays_with_chart = True

    one = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text="Sentences, the strongest first.")
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.OPEN)
    found_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        verbose_name = "possible duplicate"
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(name="duplicate_pair_is_in_order", condition=Q(one__lt=models.F("other"))),
            models.CheckConstraint(
                name="duplicate_verdict_and_time_agree",
                condition=Q(verdict="open", decided_at=None) | (~Q(verdict="open") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Possible duplicate {self.pk}"


class PatientMerge(models.Model):
    """That two charts became one patient: by whom, what it changed, and whether it was undone."""

    stays_with_chart = True

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(default=dict, help_text="Fields of the kept chart that the merge changed, as they were.")
    moved = models.JSONField(default=dict, help_text="{what: ids of the rows that went over to the kept chart}")
    stayed = models.JSONField(default=dict, help_text="{what: ids of the rows that the kept chart had already}")
    ledgers = models.JSONField(default=dict, help_text="{what: the last line of both charts when they were merged}")
    kept_version = models.PositiveIntegerField()
    absorbed_version = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "merge of charts"
        verbose_name_plural = "merges of charts"
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at=None), name="chart_is_absorbed_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"Merge {self.pk}"
