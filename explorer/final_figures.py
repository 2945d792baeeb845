"""The figures of the final status report: who was not reached, and what was told to whom."""

from collections import Counter
from datetime import date

from django.db.models import BooleanField, Count, Exists, OuterRef, Subquery
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
    return Counter(reasons_of_patients(practice).values())


def reasons_of_patients(practice: Practice) -> dict[int, str]:
    """{patient: reason, of REASONS}. Who cannot be texted and was not written to has the gate's own reason."""
    rows = with_standing(Patient.objects.order_by(), practice)
    fields = ("pk", "standing", "deceased", "held", "left_list_at")
    found = {pk: _reason(*facts_) for pk, *facts_ in rows.values_list(*fields) if facts_[0] not in ANSWERED}
    unreachable = [pk for pk, reason in found.items() if reason == "cannot_be_reached"]
    numbers = facts.reachabilities(Patient.objects.filter(pk__in=unreachable), practice)
    return found | {pk: number.code for pk, number in numbers.items() if number.code}


def _reason(standing: str, deceased: bool, held: str, left_list_at) -> str:
    if standing in ("invited", "reminded"):
        return SILENT
    if standing != "excluded":
        return standing
    if deceased:
        return "deceased"
    if held:
        return "held"
    return "left_list" if left_list_at else "minor"


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
