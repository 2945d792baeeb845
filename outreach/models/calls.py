from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from explorer.lib import clock
from patients.models import Patient

User = settings.AUTH_USER_MODEL


class CallClaimQuerySet(models.QuerySet):
    def in_force(self, now):
        """A clock that was set back leaves claims that begin in the future: they bind nobody."""
        return self.filter(since__lte=now, until__gt=now)


class CallClaim(models.Model):
    """Who is calling a patient at this moment: a lease, extended while somebody works on the page.

    One row per patient, taken over by the next caller once it has run out.
    """

    LASTS = timedelta(minutes=15)

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="call_claim")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()

    objects = CallClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="claim_ends_after_it_begins", condition=Q(until__gte=F("since"))),
        ]
        indexes = [models.Index(fields=["until"], name="claims_in_force")]

    def __str__(self) -> str:
        return f"Claim {self.pk}"


class CircumstanceQuerySet(models.QuerySet):
    def open(self):
        return self.filter(ended_at=None)

    def silent(self) -> set[int]:
        """The patients themselves and those of their households whom these keep silent."""
        found = list(self.values_list("patient_id", "silenced"))
        return {pk for patient, others in found for pk in (patient, *others)}


class Circumstance(models.Model):
    """A patient has died, moved away or is in hospital: the household gets no text until a person says so."""

    class Kind(models.TextChoices):
        DECEASED = "deceased", "Has died"
        HOSPITAL = "hospital", "Is in hospital"
        MOVED = "moved", "Has moved away"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="circumstances")
    kind = models.CharField(max_length=8, choices=Kind)
    on = models.DateField("on which day", null=True, blank=True, help_text="As far as it is known.")
    look_again_on = models.DateField(null=True, blank=True)
    told_by = models.CharField("who said so", max_length=120, blank=True)
    silenced = models.JSONField(
        default=list, editable=False, help_text="Ids of the patients of the household whom this keeps silent."
    )
    texts_held = models.PositiveIntegerField(default=0, editable=False)
    reported_at = models.DateTimeField(default=clock.now, editable=False)
    reported_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    ended_because = models.CharField(max_length=200, blank=True, editable=False)

    objects = CircumstanceQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(ended_at=None), name="one_open_circumstance"),
            models.CheckConstraint(
                name="ended_circumstance_says_by_whom_and_why",
                condition=Q(ended_at=None, ended_by=None, ended_because="")
                | (Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_because="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Circumstance {self.pk}"
