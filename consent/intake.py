"""Taking in a Microsoft Forms export: every row is judged, the proven ones write the ledgers.

What is stored happens in one transaction that judges again: an answer that somebody else took in
meanwhile is seen as such, and a crash leaves nothing half done.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from zoneinfo import ZoneInfo

from django.db import transaction

from consent import form_mapping, judging
from consent.actions.wordings import use
from consent.form_export import Answer, FormMap, knows_heading, read_answers, understand
from consent.judging import Judgement, Reason, Register
from consent.models import ConsentEvent, Response, ResponseFile, Wording
from consent.models.ledger import CHANGE_OF_MIND
from consent.proof import day_in, effective_day
from consent.register import aware, register
from consent.wordings.disclosures import APCM_DISCLOSURES
from consent.wordings.elements import apcm_elements
from explorer.lib.audit import record
from explorer.lib.keys import encrypt
from explorer.lib.models import Practice
from explorer.lib.tables import (
    Limits,
    Table,
    UnreadableTable,
    choose_sheet,
    find_table,
    read_workbook,
    read_workbook_apart,
)
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Practitioner

Outcome, Decision = Response.Outcome, ConsentEvent.Decision
KINDS = tuple(ConsentEvent.Kind.values)
MINOR = Reason("minor", "The patient is a minor: a parent or guardian must decide, and show the authority.")
DECEASED = Reason("deceased", "The patient is recorded as deceased.")
MOST_MISSING = 3  # of the questions an answer needs; without more, this is another form's export
SAID = {"yes": Decision.GIVEN, "no": Decision.DECLINED}
PROVEN_BY = ("code", "date of birth", "name")
ON_THE_PAGE = "An administrator or nurse does that once on the page Form answers, Take in an export."


class ColumnsOpen(UnreadableTable):
    """A person must say first what the form's columns mean: they changed, or a needed one was not recognised."""


@dataclass
class Review:
    """What an export would do. `judgements` are in the sheet's order, one for each row that is not blank."""

    filename: str
    sha256: str
    form: FormMap
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
    def columns(self) -> dict[str, str]:
        """{meaning: heading}"""
        return {meaning: self.headings[index] for meaning, index in self.form.columns.items()}

    @property
    def unsigned(self) -> bool:
        """No question for a signature: the typed legal name is all that signs (domain.md 3.2, 3.4)."""
        return not (self.form.has("signature_box") or self.form.has("signature_name"))


def read_export(content: bytes, filename: str, *, limits: Limits, apart=True, sheet="") -> tuple[str, Table]:
    """The file's SHA-256 and its table. Raises UnreadableTable."""
    workbook = (read_workbook_apart if apart else read_workbook)(content, filename, limits)
    table = find_table(choose_sheet(workbook, knows_heading, sheet or None), knows_heading, "the form's questions")
    if not table.rows:
        raise UnreadableTable(f"{filename} holds the questions but no answers yet. Export it again later.")
    return workbook.sha256, table


def review_export(content: bytes, filename: str, *, limits: Limits, apart=True, sheet="", judge=True) -> Review:
    """Read an export and say what it would do. Raises UnreadableTable; stores nothing.

    `judge`: False for one who takes it in at once, which judges anyhow.
    """
    sha256, table = read_export(content, filename, limits=limits, apart=apart, sheet=sheet)
    known = form_mapping.known_for(table.headings, table.rows)
    if known.changes:
        changed = " ".join(known.changes)
        raise ColumnsOpen(f"The form's columns changed, please confirm them. {changed} {ON_THE_PAGE}")
    form = understand(table.headings, table.rows, known.confirmed)
    asked = ", ".join(form.missing).replace("_", " ")
    if len(form.missing) > MOST_MISSING:
        raise UnreadableTable(
            f"{filename} cannot be used: no question about {asked} was recognised. Choose the consent form's export."
        )
    if "records" in form.missing:
        raise ColumnsOpen(f"No question about {asked} was recognised: say what the columns mean. {ON_THE_PAGE}")
    practice = Practice.current()
    answers = list(read_answers(form, table.rows, today=practice.today(), zone=ZoneInfo(practice.time_zone)))
    return Review(
        filename=filename,
        sha256=sha256,
        form=form,
        headings=table.headings,
        cells=dict(table.rows),
        answers=answers,
        judgements=judged(answers, practice) if judge else [],
    )


def judged(answers: list[Answer], practice: Practice, known: Register | None = None) -> list[Judgement]:
    """Judged by the table; an answer for somebody who cannot decide alone waits for a person all the same."""
    judgements = judging.judge_all(answers, known or register(practice))
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


@transaction.atomic
def take_in(review: Review, *, content: bytes, by, wording: Wording | None = None) -> ResponseFile | None:
    """Store what is new and let the proven answers take effect; None when every row was seen before.

    `wording`: the version of the form that these patients read, where it is known. `review.judgements`
    afterwards say what really happened.
    """
    practice = Practice.objects.select_for_update().get(pk=1)
    review.judgements = judged(review.answers, practice)
    known_useless = set(Response.objects.filter(outcome=Outcome.REJECTED).values_list("content_hash", flat=True))
    fresh = [
        (answer, judgement)
        for answer, judgement in zip(review.answers, review.judgements, strict=True)
        if judgement.outcome != Outcome.DUPLICATE
        and not (judgement.outcome == Outcome.REJECTED and judgement.content_hash in known_useless)
    ]
    if not fresh:
        return None
    if wording:
        use(wording, by=by)
    file = ResponseFile.objects.create(
        filename=review.filename[:200],
        sha256=review.sha256,
        form=review.form.signature,
        headings=review.headings,
        columns=dict(review.form.columns),
        date_style=asdict(review.form.date_style),
        wording=wording,
        raw=encrypt(content, "imports"),
        taken_in_by=by,
    )
    responses = [_response(file, review, answer, judgement, practice) for answer, judgement in fresh]
    Response.objects.bulk_create(responses, batch_size=200)
    record([(response, "create", {"outcome": [None, response.outcome]}) for response in responses], by=by)
    write_ledgers([response for response in responses if response.outcome == Outcome.APPLIED], by)
    return file


def _response(file, review: Review, answer: Answer, judgement: Judgement, practice: Practice) -> Response:
    applied = judgement.outcome == Outcome.APPLIED
    likely = None if applied or not judgement.candidates else judgement.candidates[0]
    response = Response(
        file=file,
        row=answer.row,
        response_id=answer.response_id[:40],
        content_hash=judgement.content_hash,
        row_hash=answer.row_hash,
        completed_at=aware(answer.completed_at or answer.started_at, practice),
        decisions=dict(judgement.decisions),
        identity=dict(judgement.identity),
        outcome=judgement.outcome,
        reasons=told(judgement),
        candidates=list(judgement.candidates),
        patient_id=judgement.patient_id if applied else None,
        likely_id=likely,
    )
    response.seal(review.cells[answer.row])
    return response


def told(judgement: Judgement) -> list[dict[str, str]]:
    return [{"code": reason.code, "words": reason.words} for reason in judgement.reasons]


def write_ledgers(responses: list[Response], by) -> None:
    """The decisions of proven answers, in the order in which they were completed."""
    newest = _newest_decisions({response.patient_id for response in responses})
    events, zone = [], Practice.current().time_zone
    for response in sorted(responses, key=lambda response: (response.completed_at, response.row)):
        for kind in KINDS:
            decision = SAID.get(response.decisions.get(kind, ""))
            if decision:
                event = _event(response, kind, decision, newest.get((response.patient_id, kind)), zone, by)
                newest[response.patient_id, kind] = event
                with_proof(event, response, PROVEN_BY, zone)
                events.append(event)
    ConsentEvent.objects.bulk_create(events, batch_size=200)
    for wording in {event.wording for event in events if event.wording}:
        use(wording, by=by)
    record(
        [(event, "create", {"kind": ["", event.kind], "decision": ["", event.decision]}) for event in events],
        by=by,
    )


def with_proof(event: ConsentEvent, response: Response, checked: Iterable[str], zone: str) -> None:
    """What the patient read, where it is known and was in force that day, and how it is known who it was."""
    wording = response.file.wording
    event.identity_checks = list(checked)
    if wording and wording.valid_from <= day_in(event.occurred_at, zone):  # else it was another version (rule V10)
        event.wording, event.language = wording, wording.language
        if event.kind == ConsentEvent.Kind.APCM and event.decision == Decision.GIVEN and wording.approved_on:
            _say_what_was_disclosed(event, wording)


def _say_what_was_disclosed(event: ConsentEvent, wording: Wording) -> None:
    """Of a form that counsel approved: which of CMS's four it holds, and whom it can only mean by the practitioner."""
    there = apcm_elements(wording.kind, wording.language, wording.text)
    event.disclosures = {name: name in there for name in APCM_DISCLOSURES}
    billing = list(Practitioner.objects.who_bill_apcm()[:2]) if "practitioner" in there else []
    if len(billing) == 1:
        event.on_behalf_of = billing[0]


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
    return ConsentEvent(
        patient_id=response.patient_id,
        kind=kind,
        decision=Decision.REVOKED if revokes else decision,
        method=ConsentEvent.Method.FORM,
        occurred_at=response.completed_at,
        effective_on=effective_day(kind, response.completed_at, zone) if revokes else None,
        recorded_by=by,
        response=response,
    )
