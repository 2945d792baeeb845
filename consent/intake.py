"""Taking in a Microsoft Forms export: every row is judged, the proven ones write the ledgers.

What is stored happens in one transaction that judges again: an answer that somebody else took in
meanwhile is seen as such, and a crash leaves nothing half done.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from consent import judging
from consent.form_export import Answer, knows_heading, read_answers, understand
from consent.judging import Earlier, Issued, Judgement, Person, Reason, Register
from consent.ledger import mark_used, record_event
from consent.models import ConsentEvent, Invitation, InvitationPatient, Response, ResponseFile
from consent.models.ledger import CHANGE_OF_MIND
from consent.proof import day_in, effective_day
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.keys import encrypt
from explorer.lib.models import Practice
from explorer.lib.tables import (
    Limits,
    UnreadableTable,
    choose_sheet,
    find_table,
    read_workbook,
    read_workbook_apart,
)
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Phone

Outcome, Decision = Response.Outcome, ConsentEvent.Decision
KINDS = tuple(ConsentEvent.Kind.values)
MINOR = Reason("minor", "The patient is a minor: a parent or guardian must decide, and show the authority.")
DECEASED = Reason("deceased", "The patient is recorded as deceased.")
MOST_MISSING = 3  # of the questions an answer needs; without more, this is another form's export
SAID = {"yes": Decision.GIVEN, "no": Decision.DECLINED}


@dataclass
class Review:
    """What an export would do. `judgements` are in the sheet's order, one for each row that is not blank."""

    filename: str
    sha256: str
    form: str
    columns: dict[str, str]
    unused: list[str]
    missing: list[str]
    headings: list[str]
    cells: dict[int, list[str]]
    answers: list[Answer]
    judgements: list[Judgement]

    @property
    def counts(self) -> dict[str, int]:
        """rows = applied + review + duplicate + rejected, always."""
        found = Counter(judgement.outcome for judgement in self.judgements)
        return {"rows": len(self.judgements)} | {outcome: found[outcome] for outcome in Outcome.values}

    @property
    def rows(self) -> list[Judgement]:
        return self.judgements


def review_export(content: bytes, filename: str, *, limits: Limits, apart=True, sheet="") -> Review:
    """Read an export and say what it would do. Raises UnreadableTable; stores nothing."""
    workbook = (read_workbook_apart if apart else read_workbook)(content, filename, limits)
    table = find_table(choose_sheet(workbook, knows_heading, sheet or None), knows_heading, "the form's questions")
    if not table.rows:
        raise UnreadableTable(f"{filename} holds the questions but no answers yet. Export it again later.")
    saved = {file.form: file.columns for file in ResponseFile.objects.order_by("taken_in_at").only("form", "columns")}
    form = understand(table.headings, table.rows, saved=saved)
    if "records" in form.missing or len(form.missing) > MOST_MISSING:
        asked = ", ".join(form.missing).replace("_", " ")
        raise UnreadableTable(
            f"{filename} cannot be used: no question about {asked} was recognised. Choose the consent form's export."
        )
    practice = Practice.current()
    answers = list(read_answers(form, table.rows, today=practice.today(), zone=ZoneInfo(practice.time_zone)))
    judgements = _judged(answers, practice)
    return Review(
        filename=filename,
        sha256=workbook.sha256,
        form=form.signature,
        columns={meaning: table.headings[index] for meaning, index in form.columns.items()},
        unused=list(form.unknown),
        missing=list(form.missing),
        headings=table.headings,
        cells=dict(table.rows),
        answers=answers,
        judgements=judgements,
    )


def _judged(answers: list[Answer], practice: Practice) -> list[Judgement]:
    """Judged by the table; an answer for somebody who cannot decide alone waits for a person all the same."""
    judgements = judging.judge_all(answers, _register(practice))
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    minors = set(Patient.objects.filter(date_of_birth__gt=adult).values_list("pk", flat=True))
    dead = set(Patient.objects.filter(deceased=True).values_list("pk", flat=True))
    return [
        _held_back(judgement, MINOR)
        if judgement.patient_id in minors
        else _held_back(judgement, DECEASED)
        if judgement.patient_id in dead
        else judgement
        for judgement in judgements
    ]


def _held_back(judgement: Judgement, reason: Reason) -> Judgement:
    if judgement.outcome != Outcome.APPLIED:
        return judgement
    return replace(
        judgement,
        outcome=Outcome.REVIEW.value,
        patient_id=None,
        candidates=(judgement.patient_id,),
        reasons=(*judgement.reasons, reason),
    )


def _register(practice: Practice) -> Register:
    return Register(_persons(), _issued(practice), _earlier(practice))


def _persons() -> Iterable[Person]:
    households = dict(Phone.objects.filter(retired_at=None).order_by("-e164").values_list("patient_id", "e164"))
    columns = (
        "pk",
        "mrn",
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "preferred_name",
        "date_of_birth",
    )
    for pk, mrn, first, middle, last, suffix, preferred, born in Patient.objects.order_by("pk").values_list(*columns):
        yield Person(
            id=pk,
            mrn=mrn,
            first=first,
            middle=middle,
            last=last,
            suffix=suffix,
            preferred=preferred,
            born=born,
            household=households.get(pk),
        )


def _issued(practice: Practice) -> Iterable[Issued]:
    covered: dict[int, list[int]] = {}
    for invitation, patient in InvitationPatient.objects.order_by("pk").values_list("invitation_id", "patient_id"):
        covered.setdefault(invitation, []).append(patient)
    for pk, code, created, expires, revoked in Invitation.objects.order_by("pk").values_list(
        "pk", "code", "created_at", "expires_at", "revoked_at"
    ):
        yield Issued(
            code=code,
            patient_ids=tuple(covered.get(pk, ())),
            issued_at=_local(created, practice),
            expires_at=_local(expires, practice),
            revoked=revoked is not None,
            revoked_at=_local(revoked, practice),
        )


def _earlier(practice: Practice) -> Iterable[Earlier]:
    """Answers taken in before, then what other channels brought into the ledgers."""
    columns = (
        "patient_id",
        "likely_id",
        "completed_at",
        "decisions",
        "content_hash",
        "response_id",
        "outcome",
        "identity",
    )
    for (
        patient,
        likely,
        completed,
        decisions,
        content,
        response_id,
        outcome,
        identity,
    ) in Response.objects.order_by("pk").values_list(*columns):
        yield Earlier(
            patient_id=patient or likely,
            completed_at=_local(completed, practice),
            decisions=decisions,
            content_hash=content,
            response_id=response_id,
            effective=outcome == Outcome.APPLIED,
            proven=outcome != Outcome.REJECTED and (outcome == Outcome.APPLIED or bool(identity.get("proven"))),
        )
    spoken = ConsentEvent.objects.effective().filter(response=None).with_owner().order_by("pk")
    for patient, kind, decision, occurred in spoken.values_list("owner", "kind", "decision", "occurred_at"):
        said = "yes" if decision == Decision.GIVEN else "no"
        yield Earlier(patient_id=patient, completed_at=_local(occurred, practice), decisions={kind: said})


def _local(moment: datetime | None, practice: Practice) -> datetime | None:
    return moment.astimezone(ZoneInfo(practice.time_zone)).replace(tzinfo=None) if moment else None


def _aware(moment: datetime | None, practice: Practice) -> datetime | None:
    return moment.replace(tzinfo=ZoneInfo(practice.time_zone)) if moment else None


@transaction.atomic
def take_in(review: Review, *, content: bytes, by) -> ResponseFile | None:
    """Store what is new and let the proven answers take effect; None when every row was seen before.

    `review.judgements` afterwards say what really happened.
    """
    practice = Practice.objects.select_for_update().get(pk=1)
    review.judgements = _judged(review.answers, practice)
    known_useless = set(Response.objects.filter(outcome=Outcome.REJECTED).values_list("content_hash", flat=True))
    fresh = [
        (answer, judgement)
        for answer, judgement in zip(review.answers, review.judgements, strict=True)
        if judgement.outcome != Outcome.DUPLICATE
        and not (judgement.outcome == Outcome.REJECTED and judgement.content_hash in known_useless)
    ]
    if not fresh:
        return None
    file = ResponseFile.objects.create(
        filename=review.filename[:200],
        sha256=review.sha256,
        form=review.form[:64],
        columns={meaning: review.headings.index(heading) for meaning, heading in review.columns.items()},
        raw=encrypt(content, "imports"),
        taken_in_by=by,
    )
    responses = [_response(file, review, answer, judgement, practice) for answer, judgement in fresh]
    Response.objects.bulk_create(responses, batch_size=200)
    record([(response, "create", {"outcome": [None, response.outcome]}) for response in responses], by=by)
    _write_ledgers([response for response in responses if response.outcome == Outcome.APPLIED], by)
    return file


def _response(file, review: Review, answer: Answer, judgement: Judgement, practice: Practice) -> Response:
    applied = judgement.outcome == Outcome.APPLIED
    likely = None if applied or not judgement.candidates else judgement.candidates[0]
    return Response(
        file=file,
        row=answer.row,
        response_id=answer.response_id[:40],
        content_hash=judgement.content_hash,
        completed_at=_aware(answer.completed_at or answer.started_at, practice),
        raw=dict(zip(review.headings, review.cells[answer.row], strict=False)),
        decisions=dict(judgement.decisions),
        identity=dict(judgement.identity),
        outcome=judgement.outcome,
        reasons=[{"code": reason.code, "words": reason.words} for reason in judgement.reasons],
        candidates=list(judgement.candidates),
        patient_id=judgement.patient_id if applied else None,
        likely_id=likely,
    )


def _write_ledgers(responses: list[Response], by) -> None:
    """The decisions of proven answers, in the order in which they were completed."""
    newest = _newest_decisions({response.patient_id for response in responses})
    events, zone = [], Practice.current().time_zone
    for response in sorted(responses, key=lambda response: (response.completed_at, response.row)):
        for kind in KINDS:
            decision = SAID.get(response.decisions.get(kind, ""))
            if decision:
                event = _event(response, kind, decision, newest.get((response.patient_id, kind)), zone, by)
                newest[response.patient_id, kind] = event
                events.append(event)
    ConsentEvent.objects.bulk_create(events, batch_size=200)
    for wording in {event.wording for event in events}:
        mark_used(wording)
    record(
        [(event, "create", {"kind": ["", event.kind], "decision": ["", event.decision]}) for event in events],
        by=by,
    )


def _newest_decisions(patient_ids: set[int]) -> dict[tuple[int, str], ConsentEvent]:
    events = ConsentEvent.objects.effective().with_owner().filter(owner__in=patient_ids)
    return {(event.owner, event.kind): event for event in events.order_by("occurred_at", "pk")}


def _event(response: Response, kind: str, decision: str, before: ConsentEvent | None, zone: str, by) -> ConsentEvent:
    revokes = (
        before is not None
        and decision == Decision.DECLINED
        and before.decision == Decision.GIVEN
        and response.completed_at - before.occurred_at >= CHANGE_OF_MIND
    )
    wording = response.file.wording
    if wording and day_in(response.completed_at, zone) < wording.valid_from:
        wording = None  # answered before this version existed, so it was another one (rule V10)
    return ConsentEvent(
        patient_id=response.patient_id,
        kind=kind,
        decision=Decision.REVOKED if revokes else decision,
        method=ConsentEvent.Method.FORM,
        occurred_at=response.completed_at,
        effective_on=effective_day(kind, response.completed_at, zone) if revokes else None,
        wording=wording,
        language=wording.language if wording else "",
        recorded_by=by,
        response=response,
    )


class Decided(Exception):
    """Somebody else decided this answer meanwhile."""


@transaction.atomic
def decide(response: Response, *, patient: Patient, by, note: str = "") -> None:
    """A person says whose answer it is; its decisions are written to the ledgers. Raises Decided."""
    response = _still_open(response)
    for kind in KINDS:
        decision = SAID.get(response.decisions.get(kind, ""))
        if decision:
            record_event(
                patient=patient,
                kind=kind,
                decision=decision,
                method=ConsentEvent.Method.FORM,
                occurred_at=response.completed_at or response.file.taken_in_at,
                by=by,
                note=note,
                response=response,
            )
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
