from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from patients.models import Patient


class TextTemplate(models.Model):
    """The words a new campaign starts with, one for each day after the first text."""

    day = models.PositiveSmallIntegerField(unique=True, help_text="0 is the first text; 3, 7, 14 are reminders.")
    body = models.TextField(help_text="May hold {practice} {doctor} {phone} {link} {code}.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return "First text" if self.day == 0 else f"Reminder on day {self.day}"


class CampaignQuerySet(models.QuerySet):
    def running(self):
        return self.filter(state=Campaign.State.RUNNING)


class Campaign(models.Model):
    """One question to a group of patients: a first text and its reminders."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Sending"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"

    class Cohort(models.TextChoices):
        ALL = "all", "All patients"
        APCM = "apcm", "APCM patients"
        NON_APCM = "non_apcm", "Patients without APCM"
        MATCHED = "matched", "Patients with a Spruce contact"
        CHOSEN = "chosen", "Chosen patients"

    name = models.CharField(max_length=80, unique=True, validators=[RegexValidator(r"\S", "Give the campaign a name.")])
    cohort = models.CharField(max_length=8, choices=Cohort, default=Cohort.MATCHED)
    limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="No more than this many texts in the first step, all waves together."
    )
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    why = models.CharField("why it stands still", max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    launched_at = models.DateTimeField(null=True, blank=True)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    watched_from = models.DateTimeField(
        null=True, blank=True, help_text="Failures and stops count from here: the launch, or the last resume."
    )
    undo_until = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is sent before, so that the last go can be taken back."
    )
    override = models.CharField("launched although", max_length=300, blank=True)
    patients = models.ManyToManyField(Patient, through="CampaignPatient", related_name="campaigns")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="campaign_launched_at_and_state_agree",
                condition=Q(state="draft", launched_at=None) | Q(state="cancelled") | Q(launched_at__isnull=False),
            )
        ]
        permissions = [("run_campaign", "May launch, pause, resume and cancel campaigns")]

    def __str__(self) -> str:
        return self.name


class WaveQuerySet(models.QuerySet):
    def waiting_for_a_go(self):
        """Pilots that are through and that nobody has decided on."""
        paused = self.filter(campaign__state=Campaign.State.PAUSED)
        return paused.filter(number=Wave.PILOT, through_at__isnull=False, let_go_at=None)


class Wave(models.Model):
    """A share of a campaign's first texts with a day of its own, in the order of `number`.

    Number 0 is the pilot: when its texts are through the campaign stops, and the rest needs a person's go.
    """

    PILOT = 0

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField(help_text="0 is the pilot.")
    size = models.PositiveIntegerField(
        validators=[MinValueValidator(1)],
        help_text="Numbers that get their first text; the last wave takes who is left.",
    )
    starts_on = models.DateField(null=True, blank=True, help_text="Empty: at the launch, for a pilot only.")
    through_at = models.DateTimeField(null=True, blank=True, help_text="When the pilot stopped the campaign.")
    let_go_at = models.DateTimeField(null=True, blank=True)
    let_go_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = WaveQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaign_has_a_wave_once"),
            models.CheckConstraint(name="wave_has_a_text", condition=Q(size__gte=1)),
            models.CheckConstraint(
                name="only_a_pilot_goes_without_a_day_and_waits_for_a_go",
                condition=Q(number=0) | Q(starts_on__isnull=False, through_at=None, let_go_at=None),
            ),
            models.CheckConstraint(
                name="a_pilot_is_through_before_the_rest_goes",
                condition=Q(let_go_at=None) | Q(through_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return "Pilot" if self.number == self.PILOT else f"Wave {self.number}"


class CampaignStep(models.Model):
    """The text of one day. Editing it changes texts that are still to be sent, never sent ones."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="steps")
    day = models.PositiveSmallIntegerField()
    body = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["campaign", "day"], name="campaign_has_a_day_once")]

    def __str__(self) -> str:
        return "First text" if self.day == 0 else f"Day {self.day}"


class CampaignPatient(models.Model):
    """Whom the campaign is about: for a chosen cohort before the launch, for others from the launch on."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    left_out = models.CharField(max_length=24, blank=True, help_text="Why there is no text: a code of the gate.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "patient"], name="campaign_holds_a_patient_once")]

    def __str__(self) -> str:
        return f"Patient {self.patient_id} in campaign {self.campaign_id}"
