from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Max, Q

from explorer.lib import clock
from patients.models import Patient


class AttemptQuerySet(models.QuerySet):
    def spoken(self):
        """Staff spoke with the patient, or left a voicemail: what stands in for a reminder."""
        return self.filter(channel__in=Attempt.BY_VOICE, outcome__in=Attempt.SPOKEN)

    def last_spoken(self, patients, *, since: datetime) -> dict[int, datetime]:
        """When staff last spoke with each of these patients; those not spoken with since then are missing."""
        rows = self.spoken().filter(patient__in=patients, at__gte=since).order_by()
        return dict(rows.values_list("patient_id").annotate(Max("at")))


class Attempt(models.Model):
    """A person tried to reach a patient otherwise than by a text of a campaign."""

    class Channel(models.TextChoices):
        CALL = "call", "Phone call"
        LETTER = "letter", "Letter"
        IN_PERSON = "in_person", "In person"
        EMAIL = "email", "E-mail"

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "Reached, decision recorded"
        THINKING = "thinking", "Reached, wants to think"
        CALL_BACK = "call_back", "Reached, call back later"
        WANTS_LETTER = "wants_letter", "Reached, wants a letter"
        VOICEMAIL = "voicemail", "Left a voicemail without details"
        NO_ANSWER = "no_answer", "No answer"
        DO_NOT_CALL = "do_not_call", "Asked not to be called"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        NOT_IN_SERVICE = "not_in_service", "Number not in service"
        MAILED = "mailed", "Letter mailed"
        RETURNED = "returned", "Letter came back"
        OTHER = "other", "Other"

    BY_VOICE = (Channel.CALL, Channel.IN_PERSON)
    REACHED = (Outcome.ANSWERED, Outcome.THINKING, Outcome.CALL_BACK, Outcome.WANTS_LETTER, Outcome.DO_NOT_CALL)
    SPOKEN = (*REACHED, Outcome.VOICEMAIL)
    DIALLED = (*SPOKEN, Outcome.NO_ANSWER)  # a phone of the patient rang; a wrong number is nobody's

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.CALL)
    outcome = models.CharField(max_length=16, choices=Outcome)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, help_text="No more than the next caller needs.")
    next_on = models.DateField("try again on", null=True, blank=True)
    number = models.CharField("number called", max_length=16, blank=True)
    despite = models.CharField(
        "called all the same because",
        max_length=200,
        blank=True,
        help_text="Where a rule about calls spoke against it.",
    )
    form = models.CharField(
        max_length=32, blank=True, editable=False, help_text="The page it was typed on, so that it is stored once."
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "call or letter"
        verbose_name_plural = "calls and letters"
        indexes = [models.Index(fields=["patient", "-at"], name="attempts_of_a_patient")]
        constraints = [
            models.CheckConstraint(
                name="call_back_has_a_day", condition=~Q(outcome="call_back") | Q(next_on__isnull=False)
            ),
            models.UniqueConstraint(fields=["form"], condition=~Q(form=""), name="attempt_is_stored_once"),
        ]
        permissions = [("record_attempt", "May record calls and letters")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} on {self.at:%m/%d/%Y}"
