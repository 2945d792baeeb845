from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from consent.models.ledger import ConsentEvent
from explorer.lib import clock
from explorer.lib.months import MonthField
from explorer.lib.sealing import Sealed
from patients.models import ApcmEnrolment, Patient, Practitioner

User = settings.AUTH_USER_MODEL


class ApcmMonthQuerySet(models.QuerySet):
    def live(self):
        return self.filter(voided_at=None)

    def with_owner(self):
        """Annotates `owner`, the id of the patient whose month it is now."""
        return self.annotate(owner=Coalesce("patient__merged_into", "patient"))


class ApcmMonth(models.Model):
    """One patient in one month, handed to the biller for one practitioner (domain V5)."""

    SEALED = ("month", "practitioner_id", "level", "consent_id", "exported_at", "exported_by_id")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="apcm_months")
    month = MonthField()
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="apcm_months")
    level = models.PositiveSmallIntegerField(choices=ApcmEnrolment.Level)
    consent = models.ForeignKey(
        ConsentEvent, on_delete=models.PROTECT, related_name="+", help_text="The line of the ledger it rests on."
    )
    exported_at = models.DateTimeField(default=clock.now)
    exported_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    billed_on = models.DateField(null=True, blank=True, help_text="The day of the claim, as the biller said.")
    billed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    voided_because = models.CharField(max_length=300, blank=True)

    objects = ApcmMonthQuerySet.as_manager()
    sealed = Sealed(columns=SEALED)

    class Meta:
        ordering = ["-month", "patient__last_name", "patient__first_name"]
        verbose_name = "APCM month"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "month"], condition=Q(voided_at=None), name="patient_has_a_month_once"
            ),
            models.CheckConstraint(
                name="voided_month_says_why",
                condition=Q(voided_at=None, voided_because="") | (Q(voided_at__isnull=False) & ~Q(voided_because="")),
            ),
        ]
        permissions = [("export_apcmmonth", "May hand APCM months to the biller")]

    def __str__(self) -> str:
        return f"APCM {self.month:%m/%Y}"

    @property
    def code(self) -> str:
        return ApcmEnrolment.Level(self.level).name


class Disclosure(models.Model):
    """Somebody outside was told something about a patient: a line of the accounting of 45 CFR 164.528."""

    class Purpose(models.TextChoices):
        NOTICE = "notice", "Notice to the old practice, as the patient agreed"
        OTHER = "other", "Other"

    stays_with_chart = True  # append-only: a merge of charts does not write here

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="disclosures")
    purpose = models.CharField(max_length=8, choices=Purpose)
    to = models.CharField("to whom", max_length=160)
    what = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey(
        ConsentEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="disclosed", help_text="Its basis."
    )

    sealed = Sealed()

    class Meta:
        ordering = ["-at", "pk"]
        indexes = [models.Index(fields=["purpose", "-at"], name="disclosures_by_purpose")]
        constraints = [
            models.UniqueConstraint(fields=["patient", "purpose", "at"], name="patient_is_told_of_once_a_list"),
            models.CheckConstraint(name="disclosure_is_whole", condition=~Q(to="") & ~Q(what="")),
        ]
        permissions = [("export_disclosure", "May make the list for the old practice")]

    def __str__(self) -> str:
        return f"Disclosure of {self.at:%m/%d/%Y}"
