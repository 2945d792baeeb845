from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from consent.models.documents import Document
from consent.models.responses import Response
from consent.models.wordings import Wording
from explorer.lib import clock
from explorer.lib.sealing import Sealed
from patients.models import Patient, Practitioner

User = settings.AUTH_USER_MODEL
LATE_AFTER = timedelta(hours=24)
CHANGE_OF_MIND = timedelta(days=1)  # a "no" this long after a "yes" is a revocation
IS_YES = models.Case(models.When(decision="given", then=Value(1)), default=Value(0))


class DayOfMonthAfter(models.Func):
    """The day of the month, as "01", of the day after a date."""

    arity = 1
    output_field = models.CharField()

    def as_sqlite(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template="substr(date(%(expressions)s, '+1 day'), 9, 2)", **extra)

    def as_postgresql(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template="to_char(%(expressions)s + 1, 'DD')", **extra)


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
        """By the time of the saying; of one moment the no counts as the later."""
        return self.order_by("-occurred_at", IS_YES, "-decision", "-pk")


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

    class Authority(models.TextChoices):
        ATTORNEY = "attorney", "Power of attorney"
        GUARDIAN = "guardian", "Guardian"
        PARENT = "parent", "Parent of a minor"
        OTHER = "other", "Other authority"

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
    relation = models.CharField(max_length=60, blank=True, help_text="What that person is to the patient.")
    authority_kind = models.CharField(
        max_length=8, blank=True, choices=Authority, help_text="Why that person may decide."
    )
    authority = models.CharField(
        max_length=160, blank=True, help_text="What shows the authority: which document was seen, when, or a note."
    )
    on_behalf_of = models.ForeignKey(
        Practitioner,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The practitioner whom an APCM consent names.",
    )
    wording = models.ForeignKey(
        Wording,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="What the patient read or heard.",
    )
    disclosures = models.JSONField(default=dict, blank=True, help_text="{disclosure: whether it was read or shown}")
    identity_checks = models.JSONField(default=list, blank=True, help_text="The identifiers that were asked and right.")
    language = models.CharField(max_length=8, blank=True, choices=Wording.Language)
    interpreter = models.CharField(max_length=120, blank=True)
    number_called = models.CharField(max_length=16, blank=True, help_text="As +12055550123.")
    effective_on = models.DateField(
        null=True, blank=True, help_text="Last day before a revocation takes effect; of APCM the end of a month."
    )
    document = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.PROTECT, related_name="events", help_text="The scan."
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
    sealed = Sealed()

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
            models.CheckConstraint(
                name="only_a_revocation_has_an_effective_day", condition=Q(effective_on=None) | Q(decision="revoked")
            ),
            models.CheckConstraint(
                name="revocation_has_an_effective_day",
                condition=~Q(decision="revoked") | Q(effective_on__isnull=False),
            ),
            models.CheckConstraint(
                name="apcm_stops_at_the_end_of_a_month",
                condition=~Q(kind="apcm")
                | Q(effective_on=None)
                | Q(Exact(DayOfMonthAfter("effective_on"), Value("01"))),
            ),
            models.CheckConstraint(
                name="apcm_names_a_practitioner_only", condition=Q(on_behalf_of=None) | Q(kind="apcm")
            ),
        ]
        permissions = [("record_consent", "May record what a patient decided")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_decision_display()}"

    @property
    def is_late_entry(self) -> bool:
        """Written down more than a day after it was said; a form carries its own time."""
        return self.response_id is None and self.recorded_at - self.occurred_at > LATE_AFTER


def with_other_chart(lines):
    """Annotates `other_chart_disagrees`: a line of another chart, merged with this one, says the opposite.

    A line written after the merge has been compared with all charts by the ledger itself; only what the
    charts said before stands side by side without a word about each other.
    """
    into_this_since = Q(patient__merged_into=OuterRef("patient"), patient__merged_at__gte=OuterRef("recorded_at"))
    into_the_same = Q(patient__merged_into=OuterRef("patient__merged_into")) & ~Q(patient=OuterRef("patient"))
    others = (
        ConsentEvent.objects.effective()
        .annotate(is_yes=IS_YES)
        .filter(into_this_since | Q(patient=OuterRef("patient__merged_into")) | into_the_same, kind=OuterRef("kind"))
        .exclude(is_yes=OuterRef("is_yes"))
    )
    return lines.annotate(is_yes=IS_YES, other_chart_disagrees=Exists(others))


def _contested(kind: str, some_merged: bool) -> Q:
    """An answer that is certainly the patient's waits for a person: it says the opposite of the line, or, after a
    yes, something that nobody has understood yet."""
    owner = Q(likely=OuterRef("patient"))
    if some_merged:
        owner |= Q(likely=OuterRef("patient__merged_into"))

    def waiting(said: str, **more):
        theirs = {"identity__proven": "yes", f"decisions__{kind}": said}
        return Exists(Response.objects.in_review().filter(owner, **theirs, **more))

    unread = waiting("unclear", completed_at__gte=OuterRef("occurred_at"))
    return Q(Q(waiting("no")) | Q(unread), decision=ConsentEvent.Decision.GIVEN) | (
        ~Q(decision=ConsentEvent.Decision.GIVEN) & Q(waiting("yes"))
    )


def some_charts_merged() -> bool:
    return Patient.charts.filter(merged_into__isnull=False).exists()


def _said(kind: str, depth: int, some_merged: bool):
    """The effective lines of the patient so many queries further out."""
    patient = OuterRef("pk")
    for _ in range(depth):
        patient = OuterRef(patient)
    lines = ConsentEvent.objects.effective().filter(kind=kind)
    return lines.of_patient(patient) if some_merged else lines.filter(patient=patient)


def _opposed(kind: str, some_merged: bool) -> Q:
    """The newest line meets an opposite one that no person has settled; as consent.standing folds the lines."""

    def said(depth: int):
        return _said(kind, depth, some_merged)

    settling = said(2).filter(supersedes__isnull=False)
    settled_yes = settling.filter(decision="given", occurred_at__gt=OuterRef("occurred_at"))
    settled_no = settling.exclude(decision="given").filter(occurred_at__gte=OuterRef("occurred_at"))
    no_before = said(1).exclude(decision="given").filter(~Exists(settled_yes))
    meets_a_no = Q(Exists(no_before), decision="given")
    if kind == ConsentEvent.Kind.TEXTING:
        return Q(meets_a_no, supersedes=None)
    yes_before = said(1).filter(decision="given").annotate(until=F("occurred_at") + CHANGE_OF_MIND)
    yes_before = yes_before.filter(~Exists(settled_no), until__gt=OuterRef("occurred_at"))
    return Q(meets_a_no | (~Q(decision="given") & Q(Exists(yes_before))), supersedes=None)


def current_decision(kind: str, *, some_merged: bool | None = None):
    """A subquery: "given", "declined", "revoked", "conflict", or NULL when the ledger is silent.

    `some_merged`: whether other charts of a patient need asking at all, which only costs time otherwise.
    """
    return _current_decision(kind, some_charts_merged() if some_merged is None else some_merged)


@cache
def _current_decision(kind: str, some_merged: bool):
    """Put together once: that costs more than asking it."""
    newest = _said(kind, 0, some_merged).newest_first()
    yes_before = _said(kind, 1, some_merged).filter(decision=ConsentEvent.Decision.GIVEN)
    newest = with_other_chart(newest) if some_merged else newest.annotate(other_chart_disagrees=Value(False))
    return Subquery(
        newest.annotate(
            standing=models.Case(
                models.When(_opposed(kind, some_merged), then=Value("conflict")),
                models.When(_contested(kind, some_merged), then=Value("conflict")),
                models.When(other_chart_disagrees=True, then=Value("conflict")),
                models.When(~Q(decision=ConsentEvent.Decision.GIVEN) & Q(Exists(yes_before)), then=Value("revoked")),
                default=F("decision"),
                output_field=models.CharField(),
            )
        ).values("standing")[:1]
    )
