from django.conf import settings
from django.db import models

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

    def urgent_then_oldest_first(self):
        return self.order_by("-urgent", "received_at", "pk")


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
    urgent = models.BooleanField(default=False, help_text="Words of an emergency stand in it, whatever else does.")
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


class SavedAnswerQuerySet(models.QuerySet):
    def in_use(self):
        return self.filter(retired_at=None)


class SavedAnswer(models.Model):
    """Words that staff choose as an answer. About nobody: anybody who holds the phone can read them."""

    title = models.CharField(max_length=40, unique=True, help_text="What the button says.")
    text = models.CharField(max_length=320, help_text="No diagnosis, no visit, no result, no name.")
    place = models.PositiveSmallIntegerField(default=10, help_text="Smaller numbers stand first.")
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = SavedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["place", "title"]
        constraints = [models.CheckConstraint(name="saved_answer_has_words", condition=~models.Q(text=""))]

    def __str__(self) -> str:
        return self.title
