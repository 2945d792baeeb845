"""Writing the ledgers. Nothing is overwritten: a correction supersedes, a contradiction is a state."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import ConsentEvent, Response
from explorer.lib import clock
from patients.models import Patient

Decision, Kind, Method = ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method
CHANGE_OF_MIND = timedelta(days=1)  # a "no" this long after a "yes" is a revocation


@transaction.atomic
def record_event(
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
    authority: str = "",
    note: str = "",
    response: Response | None = None,
    replaces: ConsentEvent | None = None,
) -> ConsentEvent:
    """One line of a ledger. Raises ValidationError.

    A "no" a day or more after a "yes" revokes it. Any other difference from the line before is a
    contradiction, until a person records a line that replaces one of the two with a reason.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    before = _newest(patient, kind, replaces)
    contradicts = None
    if before and before.decision != decision and not replaces:
        if _revokes(before, decision, occurred_at):
            decision = Decision.REVOKED
        elif not _same_answer(before.decision, decision):
            contradicts = before
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
        authority=authority,
        note=note,
        response=response,
        supersedes=replaces,
        contradicts=contradicts,
    )
    if replaces and not note.strip():
        raise ValidationError({"note": "Say why this replaces the earlier answer."})
    if occurred_at > clock.now() + timedelta(minutes=5):
        raise ValidationError({"occurred_at": "This lies in the future."})
    if patient.date_of_birth and occurred_at.date() < patient.date_of_birth:
        raise ValidationError({"occurred_at": "This lies before the patient's birth."})
    event.full_clean(validate_unique=False)
    event.save()
    return event


def _newest(patient: Patient, kind: str, replaces: ConsentEvent | None) -> ConsentEvent | None:
    lines = ConsentEvent.objects.effective().filter(patient=patient, kind=kind)
    if replaces:
        lines = lines.exclude(pk=replaces.pk)
    return lines.newest_first().first()


def _revokes(before: ConsentEvent, decision: str, occurred_at: datetime) -> bool:
    said_no = decision in (Decision.DECLINED, Decision.REVOKED)
    return before.decision == Decision.GIVEN and said_no and occurred_at - before.occurred_at >= CHANGE_OF_MIND


def _same_answer(before: str, now: str) -> bool:
    return (before == Decision.GIVEN) == (now == Decision.GIVEN)


def record_texting_stop(*, patient: Patient, occurred_at: datetime) -> None:
    """A STOP by text is a revocation of texting, whatever was said before."""
    ConsentEvent.objects.create(
        patient=patient,
        kind=Kind.TEXTING,
        decision=Decision.REVOKED,
        method=Method.TEXT,
        occurred_at=occurred_at,
    )
