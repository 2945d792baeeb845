"""The figures of the final status report: who was not reached, and what was told to whom."""

from collections import Counter
from datetime import date

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop as _

from consent.models import Disclosure, Letter
from explorer.lib.models import Practice
from outreach import facts, gate
from outreach.models import Attempt, Message, MessagePatient
from outreach.standings import ANSWERED, with_ledgers, with_standing
from patients.models import Patient

SILENT = "silent"
REASONS = gate.WORDS | {
    SILENT: _("Was asked and has not answered."),
    "not_invited": _("Nobody has asked this patient yet."),
    "cannot_be_reached": _("There is no number that may be texted."),
}
FIRST_DAY = date(2000, 1, 1)  # of what the program can know


def why_open(practice: Practice) -> Counter:
    """{reason: patients} of all who have no decision about the records; sums up to those standings' patients."""
    found = Counter()
    groups = _open(practice).order_by().values_list("standing", "reason").annotate(Count("pk"))
    for standing, reason, count in groups:
        if standing != "cannot_be_reached":
            found[reason] += count
    found.update(_unreachable(practice).values())
    return found


def reasons_of_patients(practice: Practice) -> dict[int, str]:
    """{patient: reason} as `why_open` counts them."""
    return dict(_open(practice).order_by().values_list("pk", "reason")) | _unreachable(practice)


def _open(practice: Practice):
    """Annotates `reason`: why a patient without a decision has none, as far as the row alone tells."""
    excluded = Q(standing="excluded")
    return (
        with_standing(Patient.objects.all(), practice)
        .exclude(standing__in=ANSWERED)
        .annotate(
            reason=Case(
                When(excluded & Q(deceased=True), then=Value("deceased")),
                When(excluded & ~Q(held=""), then=Value("held")),
                When(excluded & Q(left_list_at__isnull=False), then=Value("left_list")),
                When(excluded, then=Value("minor")),
                When(standing__in=("invited", "reminded"), then=Value(SILENT)),
                default=F("standing"),
            )
        )
    )


def _unreachable(practice: Practice) -> dict[int, str]:
    """The gate's code for each who cannot be texted and was not written to; there are few of them."""
    found = _open(practice).filter(standing="cannot_be_reached").order_by()
    patients = Patient.objects.filter(pk__in=list(found.values_list("pk", flat=True)))
    return {pk: reach.code or "cannot_be_reached" for pk, reach in facts.reachabilities(patients, practice).items()}


def disclosures() -> Counter:
    """Lines of the accounting of disclosures, by purpose."""
    return Counter(dict(Disclosure.objects.order_by().values_list("purpose").annotate(Count("pk"))))


def status_of_patients(practice: Practice):
    """Every patient with `standing`, the four ledgers, texts `confirmed`, times `called`, letters `posted` and
    `letter_back`."""
    texts = MessagePatient.objects.filter(message__kind=Message.Kind.CAMPAIGN, message__state=Message.State.CONFIRMED)
    calls = Attempt.objects.filter(channel=Attempt.Channel.CALL)
    back = Letter.objects.filter(patient=OuterRef("pk"), returned_at__isnull=False)
    patients = with_ledgers(with_standing(Patient.objects.all(), practice))
    return patients.annotate(
        confirmed=_number_of(texts),
        called=_number_of(calls),
        posted=_number_of(Letter.objects.posted()),
        letter_back=Exists(back, output_field=BooleanField()),
    )


def _number_of(rows):
    mine = rows.filter(patient=OuterRef("pk")).order_by().values("patient").annotate(n=Count("pk"))
    return Coalesce(Subquery(mine.values("n")), 0)
