from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from patients.models.people import Patient


def check_npi(number: str) -> None:
    """Ten digits, the last of which checks the others (Luhn over 80840 and the number; CMS). Raises ValidationError."""
    digits = [int(sign) for sign in "80840" + number] if number.isascii() and number.isdigit() else []
    if len(digits) != 15 or (sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])) % 10:
        raise ValidationError("An NPI has ten digits of which the last checks the others; look at it again.")


class PractitionerQuerySet(models.QuerySet):
    def who_bill_apcm(self):
        """Who may be named in a consent to APCM at the new practice."""
        return self.filter(bills_apcm=True, side=Practitioner.Side.NEW)


class Practitioner(models.Model):
    """Who treats and bills. The one who moves has a row for each practice: an enrolment belongs to a practice."""

    class Side(models.TextChoices):
        NEW = "new", "New practice"
        OLD = "old", "Old practice"
        ELSEWHERE = "elsewhere", "Elsewhere"

    name = models.CharField(max_length=120, help_text="As it stands on claims, with credential: Ann Lee, MD.")
    npi = models.CharField("NPI", max_length=10, validators=[check_npi])
    side = models.CharField("practice", max_length=9, choices=Side)
    bills_apcm = models.BooleanField("bills APCM", default=False, help_text="May be named in an APCM consent.")
    enrolled_from = models.DateField(
        "Medicare enrolment from",
        null=True,
        blank=True,
        help_text="First day on which this practice may bill Medicare for this practitioner (PECOS, 855R).",
    )
    left_on = models.DateField(null=True, blank=True, help_text="Last day at this practice.")

    objects = PractitionerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "side"]
        constraints = [
            models.UniqueConstraint(fields=["npi", "side"], name="practitioner_is_at_a_practice_once"),
            models.CheckConstraint(name="practitioner_has_an_npi", condition=~Q(npi="")),
        ]

    def __str__(self) -> str:
        return self.name


class ApcmEnrolment(models.Model):
    """Enrolment in Advanced Primary Care Management at the old practice, from its workbook."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Enrolled"
        REMOVED = "removed", "Removed"

    class Level(models.IntegerChoices):
        G0556 = 1, "Level 1 (G0556)"
        G0557 = 2, "Level 2 (G0557)"
        G0558 = 3, "Level 3 (G0558)"

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="apcm")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    level = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    icd10 = models.TextField("ICD-10 codes", blank=True)
    signed_up_on = models.DateField(null=True, blank=True)
    insurance = models.CharField(max_length=120, blank=True)
    copay = models.CharField(max_length=60, blank=True)
    comments = models.TextField(blank=True)
    status_text = models.CharField(max_length=200, blank=True, help_text="The workbook's own words.")
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "APCM enrolment"
        ordering = ["patient"]

    def __str__(self) -> str:
        return f"APCM enrolment of patient {self.patient_id}"
