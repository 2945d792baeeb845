from django.db import models


class LineState(models.Model):
    """What is known of the Spruce organisation: one row that every process shares."""

    line_id = models.CharField(max_length=80, blank=True, help_text="The line texts go out from.")
    line_number = models.CharField(max_length=16, blank=True)
    sender = models.CharField(max_length=80, blank=True, help_text="Who holds the right to send.")
    sender_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0, help_text="Grows with every change of sender.")
    polled_at = models.DateTimeField(null=True, blank=True, help_text="The last poll that read everything.")
    read_until = models.DateTimeField(null=True, blank=True, help_text="Replies up to here have been read.")
    contacts_synced_at = models.DateTimeField(null=True, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True, help_text="Calls per minute, as Spruce last said.")
    remaining = models.IntegerField(null=True, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    daily_remaining = models.IntegerField(null=True, blank=True)
    limits_read_at = models.DateTimeField(null=True, blank=True)
    next_call_at = models.DateTimeField(null=True, blank=True, help_text="The pace allows the next call then.")
    place = models.CharField(max_length=64, blank=True, help_text="The PC and data folder that texts go out from.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The latest moment of this PC's clock.")
    disarmed_at = models.DateTimeField(null=True, blank=True)
    disarmed_why = models.CharField(max_length=200, blank=True)
    reconciled_at = models.DateTimeField(null=True, blank=True, help_text="Ledger and Spruce were last compared.")
    reconciled = models.CharField(max_length=300, blank=True, help_text="What that comparison found.")

    class Meta:
        verbose_name = verbose_name_plural = "sending"
        constraints = [models.CheckConstraint(name="there_is_one_line_state", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return "Spruce line"
