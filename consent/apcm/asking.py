"""The facts of many patients in a fixed number of questions to the database, and what the rules say of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consent.apcm.cases import Biller, Case, Claimed, Fact, House, Said, Verdict
from consent.apcm.rules import examine, first_month
from consent.models import ApcmMonth, ConsentEvent, Response, current_decision
from explorer.lib.models import Practice
from explorer.lib.months import first_of
from patients.models import CareFact, Patient, Practitioner

FACT = ("kind", "on", "month", "answer", "number", "codes", "npi", "note", "source")
SAID = (
    "pk", "decision", "occurred_at", "on_behalf_of", "disclosures", "effective_on", "method", "given_by", "authority",
    "wording__valid_from", "response", "response__outcome", "response__decided_at",
)  # fmt: skip


def enrolled(month: date | None = None) -> QuerySet[Patient]:
    """Who is asked about: enrolled by the workbook, agreed to APCM here, or handed to the biller for the month."""
    agreed = ConsentEvent.objects.effective().filter(kind="apcm", decision="given")
    asked = Q(apcm__status="active") | Q(Exists(agreed.of_patient(OuterRef("pk"))))
    if month:
        own = Q(patient=OuterRef("pk")) | Q(patient__merged_into=OuterRef("pk"))
        asked |= Q(Exists(ApcmMonth.objects.live().filter(own, month=month)))
    return Patient.objects.filter(asked)


def house(practice: Practice | None = None) -> House:
    practice = practice or Practice.current()
    billers = {
        person.pk: Biller(
            person.pk, person.name, person.npi, person.side == Practitioner.Side.NEW, person.bills_apcm,
            person.enrolled_from, person.left_on,
        )
        for person in Practitioner.objects.all()
    }  # fmt: skip
    return House(practice.transition_date, practice.today(), billers)


def opening_month(practice: Practice) -> date:
    return first_month(practice.transition_date, practice.today())


def verdicts(patients: QuerySet[Patient], month: date, practice: Practice | None = None) -> dict[int, Verdict]:
    """{patient: verdict}, in the order of `patients`."""
    practice = practice or Practice.current()
    about = house(practice)
    month = first_of(month)
    return {pk: examine(case, month, about) for pk, case in cases(patients, practice.time_zone).items()}


def cases(patients: QuerySet[Patient], zone: str) -> dict[int, Case]:
    """{patient: all that is known}; the rows of charts merged into a patient are the patient's."""
    said = current_decision("apcm")
    rows = list(
        patients.annotate(apcm_said=said, yes_waits=Exists(_yes_in_review())).values_list(
            "pk", "date_of_birth", "deceased", "apcm__status", "apcm__level", "apcm_said", "yes_waits"
        )
    )
    pks = {row[0] for row in rows}
    facts, lines, months = _facts(pks), _said(pks, ZoneInfo(zone)), _claimed(pks)
    return {
        pk: Case(
            born, deceased, level if status == "active" else None, frozenset(facts[pk]), frozenset(lines[pk]),
            frozenset(months[pk]), standing == "conflict", waits,
        )
        for pk, born, deceased, status, level, standing, waits in rows
    }  # fmt: skip


def _yes_in_review():
    return Response.objects.in_review().filter(likely=OuterRef("pk"), decisions__apcm="yes")


def _theirs(rows: QuerySet, pks: set[int]) -> QuerySet:
    """A few are asked for by name; of many the whole table is read once."""
    return rows.filter(owner__in=pks) if len(pks) <= 50 else rows


def _facts(pks: set[int]) -> dict[int, list[Fact]]:
    found = defaultdict(list)
    rows = _theirs(CareFact.objects.effective().with_owner(), pks).order_by()
    for owner, kind, on, month, answer, number, codes, *rest in rows.values_list("owner", *FACT):
        found[owner].append(Fact(kind, on, month, answer, number, frozenset(codes.split()), *rest))
    return found


def _said(pks: set[int], zone: ZoneInfo) -> dict[int, list[Said]]:
    """The lines that count; a stop that a later yes replaced did count until that yes was said (domain 1.4)."""
    found = defaultdict(list)
    counts = ~Q(decision="given") & Q(superseded_by__decision="given", superseded_by__occurred_at__gt=F("occurred_at"))
    lines = ConsentEvent.objects.filter(Q(superseded_by=None) | counts, kind="apcm")
    rows = _theirs(lines.with_owner(), pks).order_by()
    for (
        owner,
        pk,
        decision,
        at,
        biller,
        disclosures,
        effective_on,
        method,
        given_by,
        authority,
        worded_from,
        *form,
    ) in rows.values_list("owner", *SAID):
        response, outcome, decided_at = form
        found[owner].append(
            Said(
                decision, at, at.astimezone(zone).date(), biller,
                frozenset(name for name, told in (disclosures or {}).items() if told is True),
                effective_on, method, response is None or outcome == "applied" or decided_at is not None,
                given_by, authority, worded_from, pk,
            )
        )  # fmt: skip
    return found


def _claimed(pks: set[int]) -> dict[int, list[Claimed]]:
    found = defaultdict(list)
    rows = _theirs(ApcmMonth.objects.live().with_owner(), pks).order_by()
    for owner, *row in rows.values_list("owner", "month", "practitioner", "level", "pk"):
        found[owner].append(Claimed(*row))
    return found


def counted(found: Iterable[Verdict]) -> dict[str, int]:
    """Patients by state; with `total` they add up, always."""
    counts = {"ready": 0, "blocked": 0, "exported": 0}
    for verdict in found:
        counts[verdict.state] += 1
    return counts | {"total": sum(counts.values())}
