from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from patients.models import Patient

User = settings.AUTH_USER_MODEL


class Conversation(models.Model):
    """How far a Spruce conversation has been read."""

    spruce_id = models.CharField(max_length=120, unique=True)
    phone = models.CharField(max_length=16, db_index=True)
    read_until = models.DateTimeField(null=True, blank=True, help_text="By Spruce's clock.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="By ours.")
    settled = models.BooleanField(default=False, help_text="Read once more, for items that appear late.")

    def __str__(self) -> str:
        return f"Conversation {self.pk}"


class ReplyQuerySet(models.QuerySet):
    def needs_answer(self):
        return self.filter(state=Reply.State.NEEDS_ANSWER)


class Reply(models.Model):
    """A text that came in, stored once by Spruce's item id."""

    class Kind(models.TextChoices):
        OPT_OUT = "opt_out", "Stop"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        DECEASED = "deceased", "Deceased"
        HELP = "help", "Help"
        EMERGENCY = "emergency", "Emergency words"
        DECLINE = "decline", "Declines"
        QUESTION = "question", "Question"
        YES = "yes", "Yes"
        OTHER = "other", "Other"

    class State(models.TextChoices):
        NEEDS_ANSWER = "needs_answer", "Needs an answer"
        WAITING = "waiting", "Answered, waiting"
        CLOSED = "closed", "Closed"

    item_id = models.CharField(max_length=120, unique=True)
    conversation_id = models.CharField(max_length=120, db_index=True)
    phone = models.CharField(max_length=16, db_index=True)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    patient = models.ForeignKey(
        Patient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replies",
        help_text="Empty where several patients share the number: a person decides.",
    )
    state = models.CharField(max_length=12, choices=State, default=State.NEEDS_ANSWER)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ReplyQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "replies"
        indexes = [models.Index(fields=["state", "-received_at"], name="reply_inbox")]
        permissions = [("answer_reply", "May answer and close replies")]

    def __str__(self) -> str:
        return f"Reply {self.pk}"


class SuppressionQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(lifted_at=None)


class Suppression(models.Model):
    """A number that gets no text. Kept for ever; lifting it is recorded, not erased."""

    class Reason(models.TextChoices):
        STOP = "stop", "Asked to stop"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        DECEASED = "deceased", "Patient is said to be deceased"
        STAFF = "staff", "Set by staff"

    phone = models.CharField(max_length=16, db_index=True)
    reason = models.CharField(max_length=12, choices=Reason)
    reply = models.ForeignKey(Reply, null=True, blank=True, on_delete=models.PROTECT, related_name="suppressions")
    since = models.DateTimeField(default=clock.now, help_text="When the patient said so.")
    effective_at = models.DateTimeField(default=clock.now, help_text="When the program stopped.")
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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
                name="lifting_needs_a_person_and_a_reason",
                condition=Q(lifted_at=None) | (Q(lifted_by__isnull=False) & ~Q(lifted_because="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} since {self.since:%m/%d/%Y}"
