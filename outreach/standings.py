"""Where every patient stands: computed from facts, here and nowhere else (design 1).

The standings are tried in the order below and the first that fits counts, so that on every screen
they add up to the number of patients.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.db.models import BooleanField, Case, Count, Exists, ExpressionWrapper, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from consent.models import ConsentEvent, Letter, Response, current_decision, some_charts_merged
from explorer.lib.models import Practice, TextingBasis
from explorer.lib.prepared import prepared
from outreach.models import Attempt, ContactPhone, Match, Message, Suppression
from outreach.numbers import held_by_somebody_else
from outreach.reach import FACILITY_FROM
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Phone

LABELS = {
    "conflict": "Answers contradict",
    "given": "Given",
    "declined": "Declined",
    "revoked": "Revoked",
    "in_review": "Answer in review",
    "excluded": "Not to be contacted",
    "opted_out": "Asked to stop texts",
    "reminded": "Reminded",
    "invited": "Invited",
    "not_invited": "Not invited yet",
    "cannot_be_reached": "Cannot be texted",
}
ORDER = {
    "in_review": "answer_in_review", "excluded": "excluded", "opted_out": "stopped", "reminded": "was_reminded",
    "invited": "was_invited", "not_invited": "can_be_texted",
}  # fmt: skip
"""Without a decision the first whose fact holds is the standing: {standing: fact}."""
ANSWERED = ("given", "declined", "revoked", "conflict")
KINDS = tuple(ConsentEvent.Kind.values)


def with_standing(patients, practice: Practice | None = None, *, facilities: Iterable[str] | None = None):
    """Annotates `standing`, one of LABELS, and the decision of the records ledger it rests on.

    `facilities` are the facilities' numbers where they are known already.
    """
    return with_standing_by(patients, depends_on(practice or Practice.current(), facilities=facilities))


def depends_on(practice: Practice, *, facilities: Iterable[str] | None = None) -> tuple:
    """All that the question itself depends on: a key under which whoever puts it together may keep it."""
    facilities = facility_numbers() if facilities is None else facilities
    settings = (practice.state, practice.texting_basis, practice.text_unmatched, practice.today())
    return *settings, some_charts_merged(), tuple(sorted(facilities))


def with_standing_by(patients, key: tuple):
    """As `with_standing`; `key` is what `depends_on` says."""
    return patients.annotate(**_standing(*key))


@lru_cache(maxsize=16)
def _standing(state: str, basis: str, text_unmatched: bool, today: date, some_merged: bool, facilities: tuple) -> dict:
    """The annotations, put together once for as long as nothing changes that they depend on."""
    practice = Practice(state=state, texting_basis=basis, text_unmatched=text_unmatched)
    adult = youngest_adult_born_on(state=state, today=today)
    excluded = Q(deceased=True) | ~Q(held="") | Q(left_list_at__isnull=False) | Q(date_of_birth__gt=adult)
    facts = {
        "records": current_decision("records", some_merged=some_merged),
        "answer_in_review": Exists(Response.objects.in_review().filter(likely=OuterRef("pk"))),
        "stopped": is_opted_out(some_merged=some_merged),
        "was_invited": was_invited(),
        "was_reminded": Exists(_confirmed().filter(message__step__day__gt=0)),
        "can_be_texted": can_be_texted(practice, facilities),
    }
    standing = Coalesce(
        F("records"),
        Case(
            *(
                When(excluded if fact == "excluded" else Q(**{fact: True}), then=Value(code))
                for code, fact in ORDER.items()
            ),
            default=Value("cannot_be_reached"),
        ),
    )
    return prepared(Patient.charts.annotate(**facts).annotate(standing=standing), *facts, "standing")


def folded(
    *,
    records: str | None,
    in_review: bool,
    excluded: bool,
    stopped: bool,
    reminded: bool,
    invited: bool,
    textable: bool,
) -> str:
    """The standing by the same order as `with_standing`, of facts that were read already: the database then asks
    each of them once, which for all patients takes half the time."""
    stands = {
        "answer_in_review": in_review, "excluded": excluded, "stopped": stopped, "was_reminded": reminded,
        "was_invited": invited, "can_be_texted": textable,
    }  # fmt: skip
    return records or next((code for code, fact in ORDER.items() if stands[fact]), "cannot_be_reached")


def with_ledgers(patients):
    """Annotates the state of each ledger: given, declined, revoked, conflict or none."""
    ledgers = {f"{kind}_ledger": Coalesce(current_decision(kind), Value("none")) for kind in KINDS}
    stopped = When(texting_ledger="none", then=Case(When(is_opted_out(), then=Value("revoked")), default=Value("none")))
    return patients.annotate(**ledgers).annotate(texting_state=Case(stopped, default=F("texting_ledger")))


def counts(patients=None) -> dict[str, int]:
    """Patients per standing, every standing named, and their `total`."""
    patients = Patient.objects.all() if patients is None else patients
    rows = with_standing(patients).order_by().values_list("standing").annotate(Count("pk"))
    found = dict(rows)
    return {standing: found.get(standing, 0) for standing in LABELS} | {"total": sum(found.values())}


def is_opted_out(*, some_merged: bool | None = None):
    """A STOP on any number of the patient counts for all of them (design 2.13), as does the ledger's word.

    `some_merged` as for `current_decision`. The few stops lead to their patients: asked the other way round,
    SQLite looks through all stops for each patient.
    """
    some_merged = some_charts_merged() if some_merged is None else some_merged
    stops = Suppression.objects.in_force().filter(reason=Suppression.Reason.STOP).values("phone")
    own = Phone.objects.filter(e164__in=stops).values("patient")
    matched = ContactPhone.objects.filter(e164__in=stops, contact__matches__verdict__in=Match.LINKED)
    stopped = Q(pk__in=own) | Q(pk__in=matched.values("contact__matches__patient"))
    if some_merged:
        absorbed = matched.filter(contact__matches__patient__merged_into__isnull=False)
        stopped |= Q(pk__in=absorbed.values("contact__matches__patient__merged_into"))
    lines = ConsentEvent.objects.effective().filter(kind="texting")
    said_no = lines.of_patient(OuterRef("pk")) if some_merged else lines.filter(patient=OuterRef("pk"))
    taken_back = said_no.filter(decision__in=("declined", "revoked")).exclude(Exists(said_no_later()))
    return ExpressionWrapper(stopped | Q(Exists(taken_back)), output_field=BooleanField())


def said_no_later():
    """In the same chart; or, where the chart was merged, to the patient after that."""
    after_the_merge = Q(patient=OuterRef("patient__merged_into"), recorded_at__gt=OuterRef("patient__merged_at"))
    return ConsentEvent.objects.effective().filter(
        Q(patient=OuterRef("patient")) | after_the_merge,
        kind="texting",
        decision="given",
        occurred_at__gt=OuterRef("occurred_at"),
    )


def was_invited():
    letters = Letter.objects.arrived().filter(patient=OuterRef("pk"), batch__kind="letter")
    mailed = Attempt.objects.filter(patient=OuterRef("pk"), channel="letter", outcome="mailed")
    return Exists(_confirmed()) | Exists(mailed) | Exists(letters)


def _confirmed():
    """Asked of each text by its key: joined by state, SQLite walks all confirmed texts for every patient."""
    text = Message.objects.filter(pk=OuterRef("message"), state=Message.State.CONFIRMED, kind=Message.Kind.CAMPAIGN)
    somebody_elses = Suppression.objects.in_force().exclude(reason=Suppression.Reason.STOP)
    text = text.exclude(phone__in=somebody_elses.values("phone"))
    return Message.patients.through.objects.filter(Exists(text), patient=OuterRef("pk"))


def can_be_texted(practice: Practice, facilities: Iterable[str] | None = None):
    """The same question as `reach.choose` answers for one patient, asked of the database."""
    facilities = facility_numbers() if facilities is None else facilities
    listed = Phone.objects.filter(patient=OuterRef(OuterRef("pk")), e164=OuterRef("e164"), retired_at=None)
    bad = listed.filter(Q(kind__in=Phone.NOT_TEXTABLE) | Q(basis=TextingBasis.UNKNOWN))
    theirs = (
        ContactPhone.objects.filter(
            contact__matches__patient=OuterRef("pk"), contact__matches__verdict__in=Match.LINKED
        )
        .exclude(e164__in=facilities)
        .exclude(e164__in=Suppression.objects.in_force().values("phone"))
        .filter(~Exists(bad))
    )
    if practice.texting_basis == TextingBasis.UNKNOWN:
        theirs = theirs.filter(Exists(listed))  # only a number of the list can have a basis of its own
    if not practice.text_unmatched:
        return Exists(theirs)
    own = (
        Phone.objects.filter(patient=OuterRef("pk"), retired_at=None, label__in=("cell", "other"))
        .exclude(kind__in=Phone.NOT_TEXTABLE)
        .exclude(basis=TextingBasis.UNKNOWN)
        .exclude(e164__in=facilities)
        .exclude(e164__in=Suppression.objects.in_force().values("phone"))
        .exclude(held_by_somebody_else())
    )
    undecided = Match.objects.filter(patient=OuterRef("pk"), verdict__in=(*Match.LINKED, Match.Verdict.REVIEW))
    return Exists(theirs) | (Exists(own) & ~Exists(undecided))


def facility_numbers(among: Iterable[str] | None = None) -> list[str]:
    """Numbers of so many patients that they must be a home's or an office's; of all numbers, or of some."""
    listed = (
        Phone.objects.filter(retired_at=None)
        if among is None
        else Phone.objects.filter(retired_at=None, e164__in=among)
    )
    shared = listed.values("e164").annotate(patients=Count("patient"))
    return list(shared.filter(patients__gte=FACILITY_FROM).values_list("e164", flat=True))
