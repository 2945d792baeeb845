"""Writing down verbal consents that were obtained and never recorded: what would be written, and writing it.

rows = ready + known + rejected, always. Of a patient every new line is written or none; a second run finds
everything known.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction

from consent.actions.wordings import use
from consent.backfill_rows import Row
from consent.ledger import about, compose
from consent.models import ConsentEvent
from consent.proof import check
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from patients.models import ApcmEnrolment, Patient

Decision, Kind = ConsentEvent.Decision, ConsentEvent.Kind
READY, KNOWN, REJECTED = "ready", "known", "rejected"
NOON = time(12)
AUDITED = ("kind", "decision", "method", "occurred_at", "obtained_by", "witness")


@dataclass
class Foreseen:
    """One row with the lines that it would write, or why not."""

    row: Row
    patient: Patient | None = None
    outcome: str = READY
    reasons: list[str] = field(default_factory=list)
    events: list[ConsentEvent] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        self.outcome, self.events = REJECTED, []
        if reason not in self.reasons:
            self.reasons.append(reason)


def counts(rows: Iterable[Foreseen]) -> dict[str, int]:
    found = Counter(row.outcome for row in rows)
    return {"rows": sum(found.values())} | {name: found[name] for name in (READY, KNOWN, REJECTED)}


def foresee(rows: list[Row], *, told: dict, by) -> list[Foreseen]:
    """What each row would do now. `told` is what `ledger.compose` asks for beside patient, kind, decision and time."""
    practice, now = Practice.current(), clock.now()
    patients = _patients({row.mrn for row in rows})
    people = {patient.pk for patient in patients.values()}
    enrolled = set(ApcmEnrolment.objects.filter(patient__in=people, status="active").values_list("patient", flat=True))
    decided = _decided(people)
    seen: dict[tuple[int, str], Foreseen] = {}
    found = []
    for row in rows:
        foreseen = Foreseen(row, patients.get(row.mrn))
        found.append(foreseen)
        if reason := _unusable(foreseen):
            foreseen.refuse(reason)
            continue
        for kind in row.kinds:
            _one(foreseen, kind, told, by, practice, now, enrolled, decided, seen)
        if foreseen.outcome == READY and not foreseen.events:
            foreseen.outcome = KNOWN
    _whole_patients_only(found)
    return found


def _patients(numbers: set[str]) -> dict[str, Patient]:
    """{chart number as told: patient}, merged charts leading to the patient they stand for."""
    charts = {
        mrn: into or pk
        for mrn, pk, into in Patient.charts.filter(mrn__in=numbers).values_list("mrn", "pk", "merged_into")
    }
    patients = Patient.objects.in_bulk(set(charts.values()))
    return {mrn: patients[pk] for mrn, pk in charts.items()}


def _decided(people: set[int]) -> dict[tuple[int, str], ConsentEvent]:
    """The newest line of each patient and kind."""
    lines = ConsentEvent.objects.effective().with_owner().filter(owner__in=people).newest_first()
    return {(line.owner, line.kind): line for line in reversed(list(lines))}


def _unusable(foreseen: Foreseen) -> str:
    row, patient = foreseen.row, foreseen.patient
    if row.problem:
        return row.problem
    if patient is None:
        return "No patient has this chart number."
    if patient.deceased:
        return "The patient is recorded as deceased."
    return "The patient is no longer on the newest list." if patient.left_list_at else ""


def _one(foreseen: Foreseen, kind: str, told: dict, by, practice, now, enrolled, decided, seen) -> None:
    row, patient = foreseen.row, foreseen.patient
    name = Kind(kind).label
    if before := decided.get((patient.pk, kind)):
        _beside(foreseen, name, before)
        return
    if other := seen.get((patient.pk, kind)):
        _repeated(foreseen, name, other)
        return
    seen[patient.pk, kind] = foreseen
    if kind == Kind.APCM and patient.pk not in enrolled:
        _not_enrolled(foreseen)
        return
    own = {"obtained_by": row.obtained_by or told["obtained_by"], "witness": row.witness or told["witness"]}
    event = compose(
        **told | own,
        patient=patient, kind=kind, decision=row.decision, occurred_at=_moment(row, practice, now), by=by,
    )  # fmt: skip
    event.wording = about(event.wording, kind)
    try:
        check(event, practice=practice, now=now)
    except ValidationError as problem:
        for sentence in problem.messages:
            foreseen.refuse(sentence)
        return
    if foreseen.outcome != REJECTED:
        foreseen.events.append(event)


def _not_enrolled(foreseen: Foreseen) -> None:
    """What was chosen for everybody is left out for this patient; what the row itself says is refused."""
    if len(foreseen.row.kinds) > 1:
        foreseen.reasons.append("Without APCM: the patient is not enrolled.")
    else:
        foreseen.refuse("The patient is not enrolled in APCM.")


def _moment(row: Row, practice: Practice, now: datetime) -> datetime:
    """Noon of that day, as nobody noted the hour; of today not later than now."""
    noon = datetime.combine(row.day, NOON, ZoneInfo(practice.time_zone))
    return min(noon, now) if row.day == practice.today() else noon


def _beside(foreseen: Foreseen, name: str, before: ConsentEvent) -> None:
    same = (before.decision == Decision.GIVEN) == (foreseen.row.decision == Decision.GIVEN)
    if same:
        foreseen.reasons.append(f"{name}: the ledger has this answer already.")
    else:
        foreseen.refuse(f"{name}: the ledger says otherwise. Record this one on the patient’s page.")


def _repeated(foreseen: Foreseen, name: str, other: Foreseen) -> None:
    if (foreseen.row.day, foreseen.row.decision) == (other.row.day, other.row.decision):
        foreseen.reasons.append(f"{name}: row {other.row.number} says the same.")
        return
    other.refuse(f"{name}: row {foreseen.row.number} says something else of this patient.")
    foreseen.refuse(f"{name}: row {other.row.number} says something else of this patient.")


def _whole_patients_only(found: list[Foreseen]) -> None:
    """All or none: a patient with one refused row gets no line at all."""
    refused = {row.patient.pk for row in found if row.outcome == REJECTED and row.patient}
    for row in found:
        if row.outcome == READY and row.patient.pk in refused:
            row.refuse("Another row of this patient cannot be written.")


@transaction.atomic
def write(rows: list[Row], *, told: dict, by) -> list[Foreseen]:
    """Foreseen anew under a lock, then every line that is ready; whoever comes second finds them known."""
    Practice.objects.select_for_update().get(pk=1)
    numbers = {row.mrn for row in rows}
    list(Patient.objects.select_for_update().filter(pk__in=[p.pk for p in _patients(numbers).values()]).values("pk"))
    found = foresee(rows, told=told, by=by)
    events = [event for row in found for event in row.events]
    ConsentEvent.objects.bulk_create(events, batch_size=200)
    record(
        [(event, "create", {name: ["None", str(getattr(event, name))] for name in AUDITED}) for event in events], by=by
    )
    for wording in {event.wording for event in events if event.wording}:
        use(wording, by=by)
    return found
