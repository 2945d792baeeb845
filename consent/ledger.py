"""Writing the ledgers. Nothing is overwritten: a correction supersedes, a contradiction is a state."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from consent.actions.scans import attach_scan
from consent.actions.wordings import use
from consent.models import ConsentEvent, Document, Response, Wording, with_other_chart
from consent.proof import CARRY_EVERY_KIND, check, effective_day
from consent.scans import Scan
from consent.standing import CONFLICT, Standing, fold, in_order, step
from explorer.lib import clock
from explorer.lib.models import Practice
from patients.models import Patient, Practitioner

Decision, Kind, Method = ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method


@transaction.atomic
def record_event(**line) -> ConsentEvent:
    """Write the line that `draft_event` makes of the same arguments. Raises ValidationError."""
    Patient.objects.select_for_update().get(pk=line["patient"].pk)
    event = draft_event(**line)
    event.save()
    if event.wording:
        use(event.wording, by=event.recorded_by)
    return event


@transaction.atomic
def record_decisions(
    *,
    patient: Patient,
    decisions: dict[str, str],
    replaces: dict[str, tuple[ConsentEvent, str]],
    note: str = "",
    scan: Scan | None = None,
    **told,
) -> list[ConsentEvent]:
    """What a patient decided in one conversation, by kind: every line or none. Raises ValidationError.

    `replaces` holds, by kind, an earlier line that this one corrects and the reason; `scan` is the signed
    paper, stored with the lines; `told` is the rest of what `draft_event` asks for.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    if scan:
        told["document"] = attach_scan(scan, patient=patient, by=told["by"])
    same = ConsentEvent.objects.of_patient(patient).filter(
        kind__in=decisions, method=told["method"], occurred_at=told["occurred_at"]
    )
    yes = Decision.GIVEN
    if any((decisions[kind] == yes) == (stored == yes) for kind, stored in same.values_list("kind", "decision")):
        raise ValidationError("This was recorded already: the ledger has an answer of the same moment.")
    events = []
    for kind, decision in decisions.items():
        earlier, because = replaces.get(kind, (None, ""))
        words = f"{because} {note}".strip()
        wording = about(told.get("wording"), kind)
        told_of_kind = told | {"note": words, "replaces": earlier, "wording": wording}
        events.append(record_event(patient=patient, kind=kind, decision=decision, **told_of_kind))
    return events


def about(wording: Wording | None, kind: str) -> Wording | None:
    """The wording where it asks about this kind; a paper about the records says nothing of texting."""
    return wording if wording and wording.kind in (*CARRY_EVERY_KIND, kind) else None


def draft_event(*, effective_on: date | None = None, replaces: ConsentEvent | None = None, **line) -> ConsentEvent:
    """One line of a ledger, checked (`consent.proof`) and not stored; `line` is what `compose` asks for.

    Raises ValidationError by field. `effective_on` is worked out where it is not given. A "no" a day or more after
    a "yes" revokes it. Any other difference from what was said before or after is a contradiction, until a person
    records a line that replaces one of the two with a reason.
    """
    if replaces and not line.get("note", "").strip():
        raise ValidationError({"note": "Say why this replaces the earlier answer."})
    if replaces and ConsentEvent.objects.filter(supersedes=replaces).exists():
        raise ValidationError("Somebody else has replaced the earlier answer meanwhile. Look at it again.")
    event, practice = compose(**line), Practice.current()
    event.supersedes = replaces
    _place(event)
    if event.decision == Decision.REVOKED:
        event.effective_on = effective_on or effective_day(event.kind, event.occurred_at, practice.time_zone)
    check(event, practice=practice, now=clock.now())
    event.full_clean(validate_unique=False)
    return event


def compose(
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
    relation: str = "",
    authority_kind: str = "",
    authority: str = "",
    on_behalf_of: Practitioner | None = None,
    wording: Wording | None = None,
    disclosures: dict[str, bool] | None = None,
    identity_checks: Iterable[str] = (),
    language: str = "",
    interpreter: str = "",
    number_called: str = "",
    document: Document | None = None,
    note: str = "",
    response: Response | None = None,
) -> ConsentEvent:
    """A line as it was told, neither checked nor stored.

    `disclosures` and `on_behalf_of` are kept of APCM alone; an authority without a kind is of another kind.
    """
    return ConsentEvent(
        patient=patient,
        kind=kind,
        decision=decision,
        method=method,
        occurred_at=occurred_at,
        recorded_by=by,
        obtained_by=obtained_by,
        witness=witness,
        given_by=given_by,
        relation=relation,
        authority_kind=authority_kind or (ConsentEvent.Authority.OTHER if given_by and authority else ""),
        authority=authority,
        on_behalf_of=on_behalf_of if kind == Kind.APCM else None,
        wording=wording,
        disclosures=dict(disclosures or {}) if kind == Kind.APCM else {},
        identity_checks=list(identity_checks),
        language=language or (wording.language if wording else ""),
        interpreter=interpreter,
        number_called=number_called,
        document=document,
        note=note,
        response=response,
    )


def _place(event: ConsentEvent) -> None:
    """Among what was said before and after it: whether it revokes, and what it contradicts."""
    lines = ConsentEvent.objects.effective().of_patient(event.patient).filter(kind=event.kind)
    others = [line for line in lines.select_related("patient") if line.pk != event.supersedes_id]
    lines = in_order([*others, event])
    position = next(place for place, line in enumerate(lines) if line is event)
    before = fold(lines[:position])
    then = step(before, event)
    if then.state == Decision.REVOKED and before.state != Decision.REVOKED:
        event.decision = Decision.REVOKED
    if event.supersedes_id is None:
        event.contradicts = then.against or _contradicted_by(then, lines[position + 1 :])
    if event.supersedes_id is None and event.contradicts is None and others:
        event.contradicts = _said_otherwise_elsewhere(event, in_order(others)[-1])


def _contradicted_by(then: Standing, later: list[ConsentEvent]) -> ConsentEvent | None:
    """The next line, said already, that makes a conflict of this one: it was only written down first."""
    if not later or then.state == CONFLICT:
        return None
    return later[0] if step(then, later[0]).state == CONFLICT else None


def newest_line(patient: Patient, kind: str) -> ConsentEvent | None:
    """Of all charts of the patient."""
    lines = ConsentEvent.objects.effective().of_patient(patient).filter(kind=kind)
    return lines.select_related("contradicts").newest_first().first()


def _said_otherwise_elsewhere(event: ConsentEvent, newest: ConsentEvent) -> ConsentEvent | None:
    """What another chart, merged with the newest line's, had said to the contrary of an event that agrees with it."""
    if (event.decision == Decision.GIVEN) != (newest.decision == Decision.GIVEN):
        return None
    if not with_other_chart(ConsentEvent.objects.filter(pk=newest.pk)).get().other_chart_disagrees:
        return None
    others = ConsentEvent.objects.effective().filter(kind=newest.kind).exclude(patient=newest.patient)
    owner = newest.patient.merged_into_id or newest.patient_id
    opposite = ~Q(decision=Decision.GIVEN) if newest.decision == Decision.GIVEN else Q(decision=Decision.GIVEN)
    return others.filter(opposite, Q(patient=owner) | Q(patient__merged_into=owner)).newest_first().first()


def record_texting_stop(
    *, patient: Patient, occurred_at: datetime, method: str = Method.TEXT, note: str = "", by=None
) -> ConsentEvent:
    """A STOP is a revocation of texting, whatever was said before: no rule of proof stands in its way."""
    return ConsentEvent.objects.create(
        patient=patient,
        kind=Kind.TEXTING,
        decision=Decision.REVOKED,
        method=method,
        occurred_at=occurred_at,
        effective_on=effective_day(Kind.TEXTING, occurred_at, Practice.current().time_zone),
        note=note[:500],
        recorded_by=by,
    )
