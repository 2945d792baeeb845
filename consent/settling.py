"""Answers in review: a person decides them, or newer lists and codes prove them after all."""

from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from consent import form_mapping, intake, judging
from consent.form_export import Answer, Confirmed, DateStyle, FormMap, read_answer
from consent.intake import KINDS, SAID, Outcome
from consent.ledger import draft_event
from consent.models import ConsentEvent, Response, ResponseFile
from consent.register import register
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from patients.models import Patient

CHECKED = {"code": "code", "dob": "date of birth", "name": "name"}
FOUND = frozenset({"right", "repaired"})
FEWEST_CHECKS = 2  # one identifier alone proves nobody


def next_open(response: Response) -> Response | None:
    """The one to decide after this: the next older one, or else the newest."""
    others = Response.objects.in_review().exclude(pk=response.pk).order_by("-completed_at", "-pk")
    older = Q(completed_at=response.completed_at, pk__lt=response.pk) | Q(completed_at=None)
    if response.completed_at:
        older |= Q(completed_at__lt=response.completed_at)
    return others.filter(older).first() or others.first()


class Decided(Exception):
    """Somebody else decided this answer meanwhile."""


def foreseen(response: Response, *, patient: Patient, by, note: str = "") -> list[ConsentEvent]:
    """The lines that the answer writes if it is this patient's; not stored. Raises ValidationError."""
    said = {kind: SAID.get(response.decisions.get(kind, "")) for kind in KINDS}
    zone = Practice.current().time_zone
    events = [
        draft_event(
            patient=patient,
            kind=kind,
            decision=decision,
            method=ConsentEvent.Method.FORM,
            occurred_at=response.completed_at or response.file.taken_in_at,
            by=by,
            note=note,
            response=response,
        )
        for kind, decision in said.items()
        if decision
    ]
    for event in events:
        intake.with_proof(event, response, _checked(response, patient), zone)
    return events


def _checked(response: Response, patient: Patient) -> list[str]:
    """The identifiers that were right for this patient; those of another candidate say nothing."""
    if response.likely_id != patient.pk:
        return []
    right = [words for part, words in CHECKED.items() if response.identity.get(part) in FOUND]
    return right if len(right) >= FEWEST_CHECKS else []


@transaction.atomic
def decide(response: Response, *, patient: Patient, by, note: str = "") -> None:
    """A person says whose answer it is; its decisions are written to the ledgers. Raises Decided."""
    response = _still_open(response)
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    for event in foreseen(response, patient=patient, by=by, note=note):
        event.save()
    _close(response, Outcome.APPLIED, by, note, patient)


@transaction.atomic
def dismiss(response: Response, *, by, note: str) -> None:
    """A person says that the answer cannot be used, and why. Raises Decided."""
    _close(_still_open(response), Outcome.REJECTED, by, note, None)


def _still_open(response: Response) -> Response:
    response = Response.objects.select_for_update(of=("self",)).select_related("file").get(pk=response.pk)
    if response.outcome != Outcome.REVIEW or response.decided_at:
        raise Decided("Somebody else has decided this answer meanwhile.")
    return response


def _close(response: Response, outcome: str, by, note: str, patient: Patient | None) -> None:
    response.outcome, response.patient = outcome, patient
    response.decided_at, response.decided_by, response.decision_note = clock.now(), by, note[:300]
    response.save(update_fields=["outcome", "patient", "decided_at", "decided_by", "decision_note"])


@transaction.atomic
def retry_open_answers(*, by=None) -> dict[str, int]:
    """Judge the answers in review anew against today's patients, codes and columns; returns how many of each outcome.

    One that is proven now takes effect as if it came now, judged at its own time of completion. What a person has
    decided is not touched, and an answer is never put aside here.
    """
    practice = Practice.objects.select_for_update().get(pk=1)
    waiting = Response.objects.select_for_update(of=("self",)).in_review().select_related("file", "file__wording")
    read = [(response, read_again(response, practice)) for response in waiting.order_by("pk")]
    pairs = [(response, answer) for response, answer in read if answer and not _awaits_columns(response)]
    known = register(practice, without=[response.pk for response, _ in pairs])
    judgements = intake.judged([answer for _, answer in pairs], practice, known)
    changed = [
        response
        for (response, answer), judgement in zip(pairs, judgements, strict=True)
        if judgement.outcome in (Outcome.APPLIED, Outcome.REVIEW) and _take_over(response, answer, judgement)
    ]
    columns = ["outcome", "patient", "likely", "candidates", "reasons", "identity", "decisions", "content_hash"]
    Response.objects.bulk_update(changed, columns, batch_size=200)
    applied = [response for response in changed if response.outcome == Outcome.APPLIED]
    record([(response, "update", {"outcome": [Outcome.REVIEW, response.outcome]}) for response in applied], by=by)
    intake.write_ledgers(applied, by)
    return {"looked_at": len(read), "applied": len(applied), "review": len(read) - len(applied)}


def read_again(response: Response, practice: Practice) -> Answer | None:
    """The answer as its row is read with what is known of the form now; None where the row is not kept."""
    cells = response.cells()
    if not cells:
        return None
    form_map = _form_map(response.file)
    return read_answer(form_map, (response.row, cells), today=practice.today(), zone=ZoneInfo(practice.time_zone))


def _form_map(file: ResponseFile) -> FormMap:
    known = _known(file)
    style, headings = DateStyle(**file.date_style), tuple(file.headings)
    return FormMap(known.columns, style, signature=file.form, options=known.options, headings=headings)


def _known(file: ResponseFile) -> Confirmed:
    used = Confirmed(file.columns, by_person=False)
    return form_mapping.known_for(file.headings, ()).confirmed or used


def _awaits_columns(response: Response) -> bool:
    """A column of its form is not understood, and no person has said yet what the columns mean."""
    told = any(reason["code"] == judging.COLUMN_OPEN for reason in response.reasons)
    return told and not _known(response.file).by_person


def _take_over(response: Response, answer: Answer, judgement: judging.Judgement) -> bool:
    """Whether the new judgement changed the answer."""
    applied = judgement.outcome == Outcome.APPLIED
    likely = judgement.candidates[0] if judgement.candidates else None
    found = {
        "outcome": judgement.outcome,
        "patient_id": judgement.patient_id if applied else None,
        "likely_id": None if applied else likely,
        "candidates": list(judgement.candidates),
        "reasons": intake.told(judgement),
        "identity": dict(judgement.identity),
        "decisions": dict(judgement.decisions),
        "content_hash": judgement.content_hash,
    }
    before = {name: getattr(response, name) for name in found}
    for name, value in found.items():
        setattr(response, name, value)
    return before != found
