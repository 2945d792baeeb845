from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from consent.models.ledger import ConsentEvent
from explorer.lib import clock
from explorer.lib.sealing import Sealed
from patients.models import Patient, Practitioner

User = settings.AUTH_USER_MODEL
IDLE_AFTER = timedelta(minutes=5)


class DeskFormQuerySet(models.QuerySet):
    def in_doubt(self):
        return self.filter(state=DeskForm.State.DOUBT)


class DeskForm(models.Model):
    """A patient's questions on the PC at the desk, from the moment that staff hand it over until it is given back.

    `shown` holds by question what stood on the screen, word by word: {kind: {wording, title, text}}. `answers` holds
    yes, no or later by question.
    """

    class State(models.TextChoices):
        OPEN = "open", "With the patient"
        ANSWERED = "answered", "Answered"
        DOUBT = "doubt", "Needs a person"
        WRITTEN = "written", "Written after a look"
        DROPPED = "dropped", "Not written"
        GIVEN_BACK = "given_back", "Given back without an answer"
        IDLE = "idle", "Closed: nobody used it for five minutes"

    SIGNED = (State.ANSWERED, State.DOUBT, State.WRITTEN, State.DROPPED)
    SETTLED = (State.WRITTEN, State.DROPPED)
    SEALED = (
        "patient_id", "opened_by_id", "opened_at", "identity_checks", "language", "given_by", "authority_kind",
        "authority", "on_behalf_of_id", "shown", "answers", "signature", "ended_at",
    )  # fmt: skip

    stays_with_chart = True

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="desk_forms")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    identity_checks = models.JSONField(help_text="The identifiers that were asked for and right.")
    language = models.CharField(max_length=8)
    given_by = models.CharField(max_length=160, blank=True, help_text="The representative; empty: the patient.")
    authority_kind = models.CharField(max_length=8, blank=True, choices=ConsentEvent.Authority)
    authority = models.CharField(max_length=160, blank=True, help_text="What shows that authority.")
    on_behalf_of = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who bills APCM."
    )
    shown = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    used_at = models.DateTimeField(default=clock.now, help_text="When somebody last touched it.")
    ended_at = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(default=dict)
    signature = models.CharField(max_length=160, blank=True, help_text="The name as it was typed.")
    doubt = models.CharField(max_length=300, blank=True, help_text="Why a person must look at it.")
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=200, blank=True)
    wrong_passwords = models.PositiveSmallIntegerField(default=0)
    unlocked_at = models.DateTimeField(null=True, blank=True)

    objects = DeskFormQuerySet.as_manager()
    sealed = Sealed(columns=SEALED, when="OLD.ended_at IS NOT NULL")

    class Meta:
        verbose_name = "desk form"
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="desk_form_ends_once",
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="desk_answer_is_signed",
                condition=~Q(state__in=("answered", "doubt", "written", "dropped")) | ~Q(signature=""),
            ),
            models.CheckConstraint(
                name="desk_doubt_is_settled_with_a_reason",
                condition=Q(state__in=("written", "dropped"), settled_at__isnull=False, settled_by__isnull=False)
                & ~Q(because="")
                | (~Q(state__in=("written", "dropped")) & Q(settled_at=None, settled_by=None, because="")),
            ),
            models.CheckConstraint(
                name="desk_representative_has_authority",
                condition=Q(given_by="", authority="", authority_kind="")
                | (~Q(given_by="") & ~Q(authority="") & ~Q(authority_kind="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Desk form {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_idle(self, now) -> bool:
        """Also where the clock was set back: what cannot be judged is closed."""
        return not -timedelta(minutes=1) <= now - self.used_at <= IDLE_AFTER

    def lines(self) -> list[tuple[str, str]]:
        """(question, answer) as staff read them."""
        words = {"yes": "Yes", "no": "No", "later": "Not now"}
        return [(ConsentEvent.Kind(kind).label, words.get(said, said)) for kind, said in self.answers.items()]
