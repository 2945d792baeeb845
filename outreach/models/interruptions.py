from django.conf import settings
from django.db import models
from django.db.models import Q

from explorer.lib import clock
from outreach.models.messages import Message


class Interruption(models.Model):
    """Sending ended without a goodbye: a power cut, a crash, a PC that was switched off.

    What became of the texts that were under way then is asked of their rows.
    """

    found_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(help_text="The last sign of the sender that ended.")
    confirmed = models.PositiveIntegerField(help_text="Texts of running campaigns that were through by then.")
    waiting = models.PositiveIntegerField(help_text="Texts that were still to be sent.")
    texts = models.ManyToManyField(Message, through="InterruptedText", related_name="interruptions")
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="interruption_seen_by_somebody",
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Interruption of {self.found_at:%m/%d/%Y}"

    def fates(self) -> dict[str, int]:
        """What became of the texts under way: their number, and how many were found in Spruce, sent with the
        same key, not sent, are doubtful or not settled yet; and how many went out twice.
        """
        rows = self.under_way.select_related("message")
        fates = {"under_way": 0, "found": 0, "sent": 0, "not_sent": 0, "doubtful": 0, "open": 0, "repeated": 0}
        for row in rows:
            fates["under_way"] += 1
            fates[row.fate()] += 1
            fates["repeated"] += max(0, row.message.copies - 1)
        return fates


class InterruptedText(models.Model):
    interruption = models.ForeignKey(Interruption, on_delete=models.CASCADE, related_name="under_way")
    message = models.ForeignKey(Message, on_delete=models.PROTECT)
    attempts = models.PositiveSmallIntegerField(help_text="Tries until then.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["interruption", "message"], name="interruption_names_a_text_once")
        ]

    def __str__(self) -> str:
        return f"Text {self.message_id} in interruption {self.interruption_id}"

    def fate(self) -> str:
        state = self.message.state
        if state in (Message.State.ACCEPTED, Message.State.CONFIRMED):
            return "sent" if self.message.attempts > self.attempts else "found"
        return {Message.State.UNCERTAIN: "doubtful", Message.State.SENDING: "open"}.get(state, "not_sent")
