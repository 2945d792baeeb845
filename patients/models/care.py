from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from explorer.lib import clock
from explorer.lib.months import MonthField
from explorer.lib.sealing import Sealed
from patients.models.apcm import ApcmEnrolment, check_npi
from patients.models.people import Patient


class CareFactQuerySet(models.QuerySet):
    def effective(self):
        """Facts that nobody has withdrawn."""
        withdrawn = CareFact.objects.filter(withdraws=OuterRef("pk"))
        return self.exclude(kind=CareFact.Kind.WITHDRAWN).filter(~Exists(withdrawn))

    def of_patient(self, patient):
        """Of the patient's chart and of the charts that were merged into it."""
        absorbed = Patient.charts.filter(merged_into=patient)
        return self.filter(Q(patient=patient) | Q(patient__in=absorbed.values("pk")))

    def with_owner(self):
        """Annotates `owner`, the id of the patient whose fact it is now."""
        return self.annotate(owner=Coalesce("patient__merged_into", "patient"))


class CareFact(models.Model):
    """One thing that APCM billing rests on, with its day and its source (domain 1.7). Never changed, never deleted.

    A wrong one is withdrawn by another row that says why; which of two counts is told by their days (`on`),
    never by which was written first.
    """

    class Kind(models.TextChoices):
        PAYER = "payer", "Who pays"
        QMB = "qmb", "QMB in a month"
        CONDITIONS = "conditions", "Chronic conditions"
        VISIT = "visit", "Visit face to face"
        INITIATING = "initiating", "Initiating visit"
        PRIOR = "prior", "Care management before"
        SERVICE = "service", "First APCM service of a month"
        LEVEL = "level", "Level set by a person"
        CODE = "code", "Another code in a month"
        OLD_BILLED = "old_billed", "Billed elsewhere for a month"
        DECEASED = "deceased", "Day of death"
        BALANCE = "balance", "Balance on the account"
        NOTE = "note", "Biller’s note"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Payer(models.TextChoices):
        PART_B = "part_b", "Original Medicare Part B"
        ADVANTAGE = "advantage", "Medicare Advantage"
        OTHER = "other", "Another payer"
        UNKNOWN = "unknown", "Not known"

    class Source(models.TextChoices):
        HETS = "hets", "Medicare’s eligibility answer (HETS)"
        REMITTANCE = "remittance", "Remittance advice"
        CARD = "card", "Card seen"
        CHART = "chart", "Chart"
        CLAIM = "claim", "Claim"
        PLAN = "plan", "The plan said so"
        TOLD = "told", "Patient or family"
        WORKBOOK = "workbook", "Old practice’s workbook"
        OTHER = "other", "Other"

    OF_A_MONTH = (Kind.QMB, Kind.SERVICE, Kind.CODE, Kind.OLD_BILLED)
    WITH_NPI = (Kind.VISIT, Kind.INITIATING, Kind.PRIOR)
    stays_with_chart = True  # append-only: a merge of charts does not write here

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_facts")
    kind = models.CharField(max_length=10, choices=Kind)
    on = models.DateField(help_text="The day it was checked, attested or done.")
    month = MonthField(null=True, blank=True, help_text="The month it is about.")
    answer = models.CharField(max_length=10, blank=True, help_text="Of a payer its kind, of QMB yes or no.")
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How many conditions, or the level.")
    codes = models.CharField(max_length=500, blank=True, help_text="ICD-10 or procedure codes, with blanks between.")
    npi = models.CharField("NPI", max_length=10, blank=True, validators=[check_npi], help_text="Who saw the patient.")
    person = models.CharField(max_length=120, blank=True, help_text="Who attests it, or saw the patient.")
    source = models.CharField(max_length=10, choices=Source, blank=True)
    note = models.CharField(max_length=300, blank=True)
    withdraws = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawn_by"
    )
    recorded_at = models.DateTimeField(default=clock.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CareFactQuerySet.as_manager()
    sealed = Sealed()

    class Meta:
        ordering = ["-on", "-pk"]
        verbose_name = "care fact"
        indexes = [models.Index(fields=["patient", "kind", "-on"], name="care_facts_of_a_patient")]
        constraints = [
            models.CheckConstraint(
                name="care_fact_has_a_month_where_it_needs_one",
                condition=Q(kind__in=("qmb", "service", "code", "old_billed"), month__isnull=False)
                | (~Q(kind__in=("qmb", "service", "code", "old_billed")) & Q(month=None)),
            ),
            models.CheckConstraint(name="qmb_is_yes_or_no", condition=~Q(kind="qmb") | Q(answer__in=("yes", "no"))),
            models.CheckConstraint(
                name="payer_is_of_a_kind",
                condition=~Q(kind="payer") | Q(answer__in=("part_b", "advantage", "other", "unknown")),
            ),
            models.CheckConstraint(
                name="conditions_are_counted", condition=~Q(kind="conditions") | Q(number__isnull=False)
            ),
            models.CheckConstraint(
                name="set_level_has_a_reason",
                condition=~Q(kind="level") | (Q(number__in=(1, 2, 3)) & ~Q(note="")),
            ),
            models.CheckConstraint(name="noted_code_is_named", condition=~Q(kind="code") | ~Q(codes="")),
            models.CheckConstraint(
                name="withdrawal_names_its_fact_and_why",
                condition=(Q(kind="withdrawn", withdraws__isnull=False) & ~Q(note=""))
                | (~Q(kind="withdrawn") & Q(withdraws=None) & ~Q(source="")),
            ),
        ]
        permissions = [("record_carefact", "May record payer, QMB, conditions and visits")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.on:%m/%d/%Y}"

    @property
    def words(self) -> str:
        """What it says, without the kind: "Yes in 01/2027", "2 conditions: E11.9 I10" …"""
        about = f"{self.month:%m/%Y}" if self.month else ""
        says = {
            self.Kind.PAYER: self.Payer(self.answer).label if self.answer in self.Payer.values else "",
            self.Kind.QMB: f"{self.answer.capitalize()} in {about}",
            self.Kind.CONDITIONS: f"{self.number} condition{'' if self.number == 1 else 's'}",
            self.Kind.LEVEL: ApcmEnrolment.Level(self.number).label if self.number in (1, 2, 3) else "",
            self.Kind.CODE: f"in {about}",
            self.Kind.OLD_BILLED: about,
            self.Kind.SERVICE: f"{self.on:%m/%d/%Y}",
        }.get(self.kind, "")
        by = self.person or (f"NPI {self.npi}" if self.npi else "")
        return ", ".join(filter(None, (says, self.codes, by)))
