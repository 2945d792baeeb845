"""Writing the ledgers. Nothing is overwritten: a correction supersedes, a contradiction is a state."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from consent.models import ConsentEvent, Response, Wording, with_other_chart
from explorer.lib import clock
from patients.models import Patient, Practitioner

Decision, Kind, Method = ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method
CHANGE_OF_MIND = timedelta(days=1)  # a "no" this long after a "yes" is a revocation


@transaction.atomic
def record_event(**line) -> ConsentEvent:
    """Write the line that `draft_event` makes of the same arguments. Raises ValidationError."""
    Patient.objects.select_for_update().get(pk=line["patient"].pk)
    event = draft_event(**line)
    event.save()
    return event


@transaction.atomic
def record_decisions(
    *,
    patient: Patient,
    decisions: dict[str, str],
    replaces: dict[str, tuple[ConsentEvent, str]],
    note: str = "",
    **told,
) -> list[ConsentEvent]:
    """What a patient decided in one conversation, by kind: every line or none. Raises ValidationError.

    `replaces` holds, by kind, an earlier line that this one corrects and the reason; `told` is the rest of
    what `draft_event` asks for.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    same = ConsentEvent.objects.of_patient(patient).filter(
        kind__in=decisions, method=told["method"], occurred_at=told["occurred_at"]
    )
    if any(decisions[kind] == decision for kind, decision in same.values_list("kind", "decision")):
        raise ValidationError("This was recorded already: the ledger has an answer of the same moment.")
    events = []
    for kind, decision in decisions.items():
        earlier, because = replaces.get(kind, (None, ""))
        words = f"{because} {note}".strip()
        told_of_kind = told | {"note": words, "replaces": earlier}
        events.append(record_event(patient=patient, kind=kind, decision=decision, **told_of_kind))
    return events


def draft_event(
    *,
    patient: Patient,
    kind: str,
    decision: str,
    method: str,
    occurred_at: datetime,
    by,
    obtained_by: str = "",
    witness: str = "",
    given_by: str = "",
    authority_kind: str = "",
    authority: str = "",
    on_behalf_of: Practitioner | None = None,
    wording: Wording | None = None,
    disclosures: dict[str, bool] | None = None,
    identity_checks: Iterable[str] = (),
    language: str = "",
    note: str = "",
    response: Response | None = None,
    replaces: ConsentEvent | None = None,
) -> ConsentEvent:
    """One line of a ledger, checked and not stored. Raises ValidationError.

    A "no" a day or more after a "yes" revokes it. Any other difference from the line before is a
    contradiction, until a person records a line that replaces one of the two with a reason.
    """
    contradicts = None
    if not replaces and (before := newest_line(patient, kind)):
        decision, contradicts = _beside(before, decision, occurred_at)
    if replaces and not note.strip():
        raise ValidationError({"note": "Say why this replaces the earlier answer."})
    if replaces and ConsentEvent.objects.filter(supersedes=replaces).exists():
        raise ValidationError("Somebody else has replaced the earlier answer meanwhile. Look at it again.")
    if occurred_at > clock.now() + timedelta(minutes=5):
        raise ValidationError({"occurred_at": "This lies in the future."})
    if patient.date_of_birth and occurred_at.date() < patient.date_of_birth:
        raise ValidationError({"occurred_at": "This lies before the patient's birth."})
    event = ConsentEvent(
        patient=patient,
        kind=kind,
        decision=decision,
        method=method,
        occurred_at=occurred_at,
        recorded_by=by,
        obtained_by=obtained_by,
        witness=witness,
        given_by=given_by,
        authority=": ".join(filter(None, (authority_kind, authority))),
        on_behalf_of=on_behalf_of,
        wording=wording,
        disclosures=disclosures or {},
        identity_checks=list(identity_checks),
        language=language,
        note=note,
        response=response,
        supersedes=replaces,
        contradicts=contradicts,
    )
    event.full_clean(validate_unique=False)
    return event


def newest_line(patient: Patient, kind: str) -> ConsentEvent | None:
    """Of all charts of the patient."""
    lines = ConsentEvent.objects.effective().of_patient(patient).filter(kind=kind)
    return lines.select_related("contradicts").newest_first().first()


def _beside(before: ConsentEvent, decision: str, occurred_at: datetime) -> tuple[str, ConsentEvent | None]:
    """The decision as written and the line it contradicts. Agreeing with one side ends no contradiction."""
    if _revokes(before, decision, occurred_at):
        return Decision.REVOKED, None
    if _same_answer(before.decision, decision):
        return decision, before.contradicts or _said_otherwise_elsewhere(before)
    return decision, before


def _said_otherwise_elsewhere(line: ConsentEvent) -> ConsentEvent | None:
    """What another chart, merged with this one, had said to the contrary."""
    if not with_other_chart(ConsentEvent.objects.filter(pk=line.pk)).get().other_chart_disagrees:
        return None
    others = ConsentEvent.objects.effective().filter(kind=line.kind).exclude(patient=line.patient)
    owner = line.patient.merged_into_id or line.patient_id
    opposite = ~Q(decision=Decision.GIVEN) if line.decision == Decision.GIVEN else Q(decision=Decision.GIVEN)
    return others.filter(opposite, Q(patient=owner) | Q(patient__merged_into=owner)).newest_first().first()


def _revokes(before: ConsentEvent, decision: str, occurred_at: datetime) -> bool:
    said_no = before.decision == Decision.GIVEN and decision in (Decision.DECLINED, Decision.REVOKED)
    return said_no and occurred_at - before.occurred_at >= CHANGE_OF_MIND


def _same_answer(before: str, now: str) -> bool:
    return (before == Decision.GIVEN) == (now == Decision.GIVEN)


def record_texting_stop(
    *, patient: Patient, occurred_at: datetime, method: str = Method.TEXT, note: str = "", by=None
) -> ConsentEvent:
    """A STOP is a revocation of texting, whatever was said before."""
    return ConsentEvent.objects.create(
        patient=patient,
        kind=Kind.TEXTING,
        decision=Decision.REVOKED,
        method=method,
        occurred_at=occurred_at,
        note=note[:500],
        recorded_by=by,
    )
