"""What was proven before a campaign: words approved, tried on a phone, agreements, and the decision to go."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from explorer.lib import clock
from outreach.models.campaigns import Campaign
from outreach.models.messages import Message

User = settings.AUTH_USER_MODEL


class Approval(models.Model):
    """A person has read these very words. It belongs to the words, so a copy keeps it and an edit loses it."""

    text_hash = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the words.")
    body = models.TextField()
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(default=clock.now)
    alone = models.BooleanField(
        default=False, help_text="Approved by the author, since the practice has nobody else who may."
    )

    class Meta:
        ordering = ["-approved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["text_hash", "approved_by"], name="words_are_approved_once_by_a_person"),
            models.CheckConstraint(
                name="approver_is_another_or_alone",
                condition=Q(author=None) | ~Q(author=F("approved_by")) | Q(alone=True),
            ),
        ]
        permissions = [("approve_text", "May approve the words of texts")]

    def __str__(self) -> str:
        return f"Approval {self.pk}"


class PhoneTest(models.Model):
    """The exact text of a step, sent through the real line to a staff member's own phone."""

    class Result(models.TextChoices):
        ARRIVED = "arrived", "Arrived, and the link opens the form"
        WRONG = "wrong", "Something was wrong"

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="phone_test")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", help_text="Whose phone it is.")
    text_hash = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the text with a code of zeros.")
    result = models.CharField(max_length=7, choices=Result, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="phone_test_result_and_time_agree",
                condition=Q(result="", answered_at=None) | (~Q(result="") & Q(answered_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"Phone test {self.pk}"


class Agreement(models.Model):
    """A contract or registration that texting patients rests on. A newer line replaces an older one."""

    class Kind(models.TextChoices):
        BAA_SPRUCE = "baa_spruce", "Business associate agreement with Spruce"
        TENDLC = "tendlc", "10DLC registration of the texting line"

    kind = models.CharField(max_length=12, choices=Kind)
    reference = models.CharField(max_length=120, help_text="Where it is kept, or its number.")
    signed_on = models.DateField("signed or registered on")
    expires_on = models.DateField(null=True, blank=True, help_text="Empty when it has no end.")
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="agreement_ends_after_it_begins",
                condition=Q(expires_on=None) | Q(expires_on__gte=F("signed_on")),
            ),
            models.CheckConstraint(name="agreement_has_a_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.signed_on:%m/%d/%Y}"


class GoDecision(models.Model):
    """What was green and what was red when a person said go, or launched. Never changed, but marked when undone."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="go_decisions")
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    launched = models.BooleanField(default=False, help_text="This was the launch itself.")
    undone_at = models.DateTimeField(null=True, blank=True, help_text="The launch was taken back before a text left.")
    override = models.CharField("launched although", max_length=300, blank=True)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over all that was looked at.")
    parts = models.JSONField(default=dict, help_text="What the fingerprint is made of: {part: hash or value}.")
    criteria = models.JSONField(default=list, help_text="[{id, title, state, sentence}]")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(launched=True, undone_at=None),
                name="campaign_is_launched_by_one_decision",
            ),
            models.CheckConstraint(name="only_a_launch_is_overridden", condition=Q(launched=True) | Q(override="")),
        ]
        permissions = [("record_readiness", "May record agreements and backups")]

    def __str__(self) -> str:
        return f"Go of campaign {self.campaign_id}"

    @property
    def red(self) -> list[dict]:
        return [criterion for criterion in self.criteria if criterion["state"] == "red"]
