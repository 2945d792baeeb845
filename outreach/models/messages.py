from django.conf import settings
from django.db import models
from django.db.models import Count, Q

from consent.models import Invitation
from explorer.lib import clock
from outreach.models.campaigns import Campaign, CampaignStep, Wave
from outreach.models.suppressions import Suppression
from patients.models import Patient


class MessageQuerySet(models.QuerySet):
    def open(self):
        """Rows whose outcome is still to come."""
        return self.filter(state__in=Message.OPEN)

    def reached(self):
        """Texts that Spruce has taken, or may have taken."""
        return self.filter(state__in=Message.REACHED)

    def sendable(self, now):
        """What a sender may take up at this moment, as far as the rows tell."""
        due = self.filter(state=Message.State.PLANNED, hold="", due_at__lte=now)
        return due.exclude(not_before__gt=now)

    def resting(self):
        """First texts that wait until somebody has looked at the pilot."""
        return self.filter(state=Message.State.PLANNED, hold=Message.RESTING)

    def late(self):
        """Texts past their day, for a person to decide."""
        return self.filter(state=Message.State.PLANNED).exclude(hold__in=("", Message.RESTING))

    def by_state(self) -> dict[str, int]:
        counted = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: counted.get(state, 0) for state in Message.State.values}


class Message(models.Model):
    """The ledger of texts: one row for each campaign, step and number, each answer by staff, each test to a
    staff phone, and the one confirmation of a STOP.

    The row is claimed and committed before the call; text, line and key never change after that
    (design 4). A machine never makes a second key for a row.
    """

    class Kind(models.TextChoices):
        CAMPAIGN = "campaign", "Campaign"
        ANSWER = "answer", "Answer by staff"
        TEST = "test", "Test to a staff phone"
        CONFIRM = "confirm", "Confirmation of a stop"

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        SENDING = "sending", "Sending"
        ACCEPTED = "accepted", "Accepted by Spruce"
        CONFIRMED = "confirmed", "Confirmed"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "Uncertain"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.PLANNED, State.SENDING, State.ACCEPTED)
    REACHED = (State.SENDING, State.ACCEPTED, State.CONFIRMED, State.UNCERTAIN)
    RESTING = "It waits until somebody has looked at the pilot."

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.CAMPAIGN)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    step = models.ForeignKey(CampaignStep, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    wave = models.ForeignKey(Wave, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    phone = models.CharField(max_length=16, db_index=True)
    patients = models.ManyToManyField(Patient, through="MessagePatient", related_name="messages")
    invitation = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    confirms = models.OneToOneField(
        Suppression, null=True, blank=True, on_delete=models.PROTECT, related_name="confirmation",
        help_text="The stop whose one confirmation this is.",
    )  # fmt: skip
    state = models.CharField(max_length=9, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was skipped, failed or waits.")
    hold = models.CharField(max_length=200, blank=True, help_text="Set when a person must decide first.")
    due_at = models.DateTimeField(default=clock.now)
    not_before = models.DateTimeField(null=True, blank=True, help_text="Wait until then after a hindrance.")
    planned_at = models.DateTimeField(default=clock.now)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField(blank=True, help_text="Frozen when the row is claimed.")
    segments = models.PositiveSmallIntegerField(default=0)
    line_id = models.CharField(max_length=80, blank=True)
    conversation_id = models.CharField(max_length=80, blank=True)
    key = models.CharField("idempotency key", max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=120, blank=True, db_index=True)
    item_id = models.CharField(max_length=120, blank=True)
    copies = models.PositiveSmallIntegerField(default=0, help_text="How often Spruce shows it, if looked up.")
    accepted_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_at", "-pk"]
        verbose_name = "text"
        indexes = [
            models.Index(fields=["state", "due_at"], name="message_due"),
            models.Index(fields=["phone", "first_attempt_at"], name="message_per_number"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "step", "phone"], name="one_text_per_campaign_step_and_number"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="idempotency_key_belongs_to_one_row"),
            models.CheckConstraint(
                name="campaign_message_has_campaign_and_step",
                condition=Q(kind="campaign", campaign__isnull=False, step__isnull=False, confirms=None)
                | Q(kind__in=("answer", "test"), campaign=None, step=None, confirms=None)
                | Q(kind="confirm", campaign=None, step=None, confirms__isnull=False),
            ),
            models.CheckConstraint(
                name="attempted_message_is_frozen",
                condition=Q(state__in=("planned", "skipped", "failed", "cancelled"))
                | (~Q(key="") & ~Q(text="") & ~Q(line_id="") & Q(first_attempt_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="accepted_message_has_request_id",
                condition=~Q(state="accepted") | (~Q(request_id="") & Q(accepted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="confirmed_message_has_time",
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Text {self.pk}"


class MessagePatient(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "patient"], name="message_names_a_patient_once")]

    def __str__(self) -> str:
        return f"Text {self.message_id} for patient {self.patient_id}"
