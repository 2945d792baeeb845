from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from explorer.lib import clock
from patients.models import Patient

User = settings.AUTH_USER_MODEL


class InvitationQuerySet(models.QuerySet):
    def live(self, now):
        return self.filter(revoked_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A personal code. It opens nothing and shows nothing; it only helps to place an answer.

    One code may cover all patients of a shared phone: the answer's birth date and name pick the one.
    """

    class Origin(models.TextChoices):
        OURS = "ours", "Made here"
        IMPORTED = "imported", "Issued elsewhere"

    code = models.CharField(max_length=40, unique=True)
    phone = models.CharField(max_length=16, blank=True, db_index=True, help_text="Empty for a letter or the desk.")
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OURS)
    patients = models.ManyToManyField(Patient, through="InvitationPatient", related_name="invitations")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        verbose_name = "personal code"
        constraints = [
            models.CheckConstraint(
                name="invitation_expires_after_creation", condition=Q(expires_at__gt=F("created_at"))
            )
        ]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"

    def status(self, now) -> str:
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= now else "active"


class InvitationPatient(models.Model):
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "patient"], name="invitation_covers_a_patient_once")
        ]

    def __str__(self) -> str:
        return f"Invitation {self.invitation_id} covers patient {self.patient_id}"


class ResponseFile(models.Model):
    """One Microsoft Forms export that was taken in. Its rows are `Response`s."""

    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    form = models.CharField(max_length=64, help_text="Which form: the signature of its headings.")
    columns = models.JSONField(default=dict)
    raw = models.BinaryField(null=True, blank=True, editable=False)
    taken_in_at = models.DateTimeField(default=clock.now)
    taken_in_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-taken_in_at"]

    def __str__(self) -> str:
        return f"Answers of {self.taken_in_at:%m/%d/%Y}"


class ResponseQuerySet(models.QuerySet):
    def in_review(self):
        return self.filter(outcome=Response.Outcome.REVIEW, decided_at=None)


class Response(models.Model):
    """One row of a Forms export, kept as it came, with what was made of it and why."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", "Applied"
        REVIEW = "review", "Needs review"
        DUPLICATE = "duplicate", "Seen before"
        REJECTED = "rejected", "Cannot be used"

    file = models.ForeignKey(ResponseFile, on_delete=models.PROTECT, related_name="responses")
    row = models.PositiveIntegerField()
    response_id = models.CharField(max_length=40, blank=True)
    content_hash = models.CharField(max_length=64, db_index=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    raw = models.JSONField(default=dict, help_text="The row as it came: heading: value")
    decisions = models.JSONField(default=dict, help_text="records, apcm, notice: yes, no …")
    identity = models.JSONField(default=dict, help_text="code, date of birth, name: right, wrong …")
    outcome = models.CharField(max_length=9, choices=Outcome)
    reasons = models.JSONField(default=list, help_text="[{code, words}]")
    candidates = models.JSONField(default=list, help_text="Patients it may belong to, best first.")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="responses")
    likely = models.ForeignKey(
        Patient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers_in_question",
        help_text="The best candidate, shown first; not a decision.",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=300, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-completed_at", "-pk"]
        verbose_name = "form answer"
        constraints = [
            models.UniqueConstraint(fields=["file", "row"], name="response_row_once_per_file"),
            models.CheckConstraint(
                name="applied_response_has_a_patient", condition=~Q(outcome="applied") | ~Q(patient=None)
            ),
        ]
        permissions = [
            ("import_response", "May take in Forms exports"),
            ("decide_response", "May decide answers in review"),
        ]

    def __str__(self) -> str:
        return f"Answer {self.pk}"


class ConsentEventQuerySet(models.QuerySet):
    def effective(self):
        """Those that no later correction supersedes."""
        return self.filter(~Exists(ConsentEvent.objects.filter(supersedes=OuterRef("pk"))))

    def of_patient(self, patient):
        """The lines of the patient's chart and of the charts that were merged into it."""
        absorbed = Patient.charts.filter(merged_into=OuterRef(patient) if isinstance(patient, OuterRef) else patient)
        return self.filter(Q(patient=patient) | Q(patient__in=absorbed.values("pk")))

    def with_owner(self):
        """Annotates `owner`, the id of the patient whose line it is now."""
        return self.annotate(owner=Coalesce("patient__merged_into", "patient"))

    def newest_first(self):
        return self.order_by("-occurred_at", "-pk")


class ConsentEvent(models.Model):
    """One line of a ledger. Never changed, never deleted: a correction is a new line that supersedes."""

    class Kind(models.TextChoices):
        RECORDS = "records", "Records may move"
        APCM = "apcm", "APCM continues"
        NOTICE = "notice", "Old practice may be told"
        TEXTING = "texting", "Texting"

    class Decision(models.TextChoices):
        GIVEN = "given", "Given"
        DECLINED = "declined", "Declined"
        REVOKED = "revoked", "Revoked"

    class Method(models.TextChoices):
        FORM = "form", "Online form"
        PHONE = "phone", "By phone"
        IN_PERSON = "in_person", "In person"
        PAPER = "paper", "On paper"
        TEXT = "text", "By text"

    stays_with_chart = True  # append-only: a merge of charts does not write here

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consent_events")
    kind = models.CharField(max_length=8, choices=Kind)
    decision = models.CharField(max_length=8, choices=Decision)
    method = models.CharField(max_length=10, choices=Method)
    occurred_at = models.DateTimeField(help_text="When the patient said so.")
    recorded_at = models.DateTimeField(default=clock.now)
    recorded_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    obtained_by = models.CharField(max_length=120, blank=True, help_text="Who spoke with the patient.")
    witness = models.CharField(max_length=120, blank=True)
    given_by = models.CharField(max_length=160, blank=True, help_text="Empty when the patient decided alone.")
    authority = models.CharField(
        max_length=160, blank=True, help_text="Why somebody else may decide: power of attorney, guardian …"
    )
    note = models.CharField(max_length=500, blank=True)
    response = models.ForeignKey(
        Response, null=True, blank=True, on_delete=models.PROTECT, related_name="consent_events"
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    contradicts = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="contradicted_by"
    )

    objects = ConsentEventQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        verbose_name = "decision"
        indexes = [models.Index(fields=["patient", "kind", "-occurred_at"], name="ledger_of_a_patient")]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "kind"],
                condition=~Q(response=None) & Q(supersedes=None),
                name="answer_writes_a_kind_once",
            ),
            models.CheckConstraint(name="proxy_needs_authority", condition=Q(given_by="") | ~Q(authority="")),
            models.CheckConstraint(
                name="form_consent_rests_on_a_response", condition=~Q(method="form") | ~Q(response=None)
            ),
        ]
        permissions = [("record_consent", "May record what a patient decided")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_decision_display()}"


def with_other_chart(lines):
    """Annotates `other_chart_disagrees`: a line of another chart, merged with this one, says the opposite.

    A line written after the merge has been compared with all charts by the ledger itself; only what the
    charts said before stands side by side without a word about each other.
    """
    is_yes = models.Case(models.When(decision="given", then=Value(1)), default=Value(0))
    into_this_since = Q(patient__merged_into=OuterRef("patient"), patient__merged_at__gte=OuterRef("recorded_at"))
    into_the_same = Q(patient__merged_into=OuterRef("patient__merged_into")) & ~Q(patient=OuterRef("patient"))
    others = (
        ConsentEvent.objects.effective()
        .annotate(is_yes=is_yes)
        .filter(into_this_since | Q(patient=OuterRef("patient__merged_into")) | into_the_same, kind=OuterRef("kind"))
        .exclude(is_yes=OuterRef("is_yes"))
    )
    return lines.annotate(is_yes=is_yes, other_chart_disagrees=Exists(others))


def _contested(kind: str) -> Q:
    """An answer that is certainly the patient's says the opposite of the line and waits for a person."""

    def waiting(said: str):
        theirs = {"likely": OuterRef("patient"), "identity__proven": "yes", f"decisions__{kind}": said}
        return Exists(Response.objects.in_review().filter(**theirs))

    return Q(waiting("no"), decision=ConsentEvent.Decision.GIVEN) | (
        ~Q(decision=ConsentEvent.Decision.GIVEN) & Q(waiting("yes"))
    )


def some_charts_merged() -> bool:
    return Patient.charts.filter(merged_into__isnull=False).exists()


def current_decision(kind: str, *, some_merged: bool | None = None):
    """A subquery: "given", "declined", "revoked", "conflict", or NULL when the ledger is silent.

    `some_merged`: whether other charts of a patient need asking at all, which only costs time otherwise.
    """
    newest = ConsentEvent.objects.effective().of_patient(OuterRef("pk")).filter(kind=kind).newest_first()
    against = ConsentEvent.objects.effective().filter(contradicts=OuterRef("pk"))
    some_merged = some_charts_merged() if some_merged is None else some_merged
    newest = with_other_chart(newest) if some_merged else newest.annotate(other_chart_disagrees=Value(False))
    return Subquery(
        newest.annotate(
            standing=models.Case(
                models.When(Q(contradicts__isnull=False) | Exists(against), then=Value("conflict")),
                models.When(_contested(kind), then=Value("conflict")),
                models.When(other_chart_disagrees=True, then=Value("conflict")),
                default=F("decision"),
                output_field=models.CharField(),
            )
        ).values("standing")[:1]
    )
