from django.conf import settings
from django.db import models
from django.db.models import Q

from consent.models import ConsentEvent
from explorer.lib import clock
from outreach.models.replies import Reply
from patients.models import Patient

User = settings.AUTH_USER_MODEL


class SuppressionQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(lifted_at=None)

    def revocations(self):
        """Those that somebody asked for, or staff set; not wrong numbers and the like."""
        return self.filter(reason__in=(Suppression.Reason.STOP, Suppression.Reason.STAFF))


class Suppression(models.Model):
    """A number that gets no text. Kept for ever; lifting it is recorded, not erased."""

    class Reason(models.TextChoices):
        STOP = "stop", "Asked to stop"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        DECEASED = "deceased", "Patient is said to be deceased"
        STAFF = "staff", "Set by staff"

    class Channel(models.TextChoices):
        TEXT = "text", "Text reply"
        PHONE = "phone", "By phone"
        LETTER = "letter", "By letter or form"
        IN_PERSON = "in_person", "In person"
        STAFF = "staff", "Set by staff"

    phone = models.CharField(max_length=16, db_index=True)
    reason = models.CharField(max_length=12, choices=Reason)
    channel = models.CharField(max_length=9, choices=Channel, default=Channel.STAFF, help_text="How we were told.")
    words = models.CharField(max_length=300, blank=True, help_text="What was said, where no reply holds it.")
    reply = models.ForeignKey(Reply, null=True, blank=True, on_delete=models.PROTECT, related_name="suppressions")
    decision = models.ForeignKey(
        ConsentEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="suppressions",
        help_text="The line of the texting ledger it rests on.",
    )  # fmt: skip
    since = models.DateTimeField(default=clock.now, help_text="When the patient said so.")
    effective_at = models.DateTimeField(default=clock.now, help_text="When the program stopped.")
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    texts_withdrawn = models.PositiveIntegerField(default=0, help_text="Texts of ours that were waiting.")
    scheduled_looked_at = models.DateTimeField(
        null=True, blank=True, help_text="When Spruce’s own scheduled messages were looked through for this number."
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_because = models.CharField(max_length=200, blank=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_at"]
        verbose_name = "number not to text"
        verbose_name_plural = "numbers not to text"
        constraints = [
            models.UniqueConstraint(
                fields=["phone", "reason"],
                condition=Q(lifted_at=None),
                name="number_is_suppressed_once_per_reason",
            ),
            models.CheckConstraint(
                name="stop_by_text_has_its_reply",
                condition=~Q(channel="text") | Q(reply__isnull=False),
            ),
            models.CheckConstraint(
                name="lifting_needs_a_person_and_a_reason",
                condition=Q(lifted_at=None) | (Q(lifted_by__isnull=False) & ~Q(lifted_because="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} since {self.since:%m/%d/%Y}"


class ScheduledWithdrawal(models.Model):
    """A message that Spruce was to send by itself to a number that gets no text.

    The row is committed before Spruce is asked to delete the message, so that a power cut loses no count.
    """

    class Outcome(models.TextChoices):
        CLAIMED = "claimed", "Being withdrawn"
        WITHDRAWN = "withdrawn", "Withdrawn"
        GONE = "gone", "No longer there"
        REFUSED = "refused", "Spruce refused"

    scheduled_id = models.CharField(max_length=120, unique=True)
    suppression = models.ForeignKey(Suppression, on_delete=models.PROTECT, related_name="scheduled")
    send_at = models.DateTimeField(help_text="When Spruce would have sent it.")
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.CLAIMED)
    claimed_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="scheduled_withdrawal_outcome_and_time_agree",
                condition=Q(outcome="claimed", ended_at=None) | (~Q(outcome="claimed") & Q(ended_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"Scheduled message {self.pk}"


class NumberCheck(models.Model):
    """A person has closed the question about a patient's number: wrong, or its owner said to have died."""

    suppression = models.ForeignKey(Suppression, on_delete=models.PROTECT, related_name="checks")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="number_checks")
    because = models.CharField(max_length=200)
    closed_at = models.DateTimeField(default=clock.now)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-closed_at"]
        verbose_name = "number to check"
        verbose_name_plural = "numbers to check"
        constraints = [
            models.UniqueConstraint(fields=["suppression", "patient"], name="number_is_checked_once_for_a_patient"),
            models.CheckConstraint(name="number_check_has_a_reason", condition=~Q(because="")),
        ]

    def __str__(self) -> str:
        return f"Check of a number {self.pk}"
