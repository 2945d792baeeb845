"""Everything that happened with one patient, from every app, in one order: the newest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime

from consent.disclosing import accounting
from consent.letters import posted_moment
from consent.models import ConsentEvent, Letter, Response
from outreach.models import Match, Message, Reply, Suppression
from patients.admin.showing import label, value
from patients.models import ImportRow, Patient
from patients.phones import display

State = Message.State
TONES = {
    State.CONFIRMED: "good", State.ACCEPTED: "info", State.SENDING: "info", State.PLANNED: "info",
    State.FAILED: "bad", State.UNCERTAIN: "warn",
}  # fmt: skip
DECISION_TONES = {"given": "good", "declined": "warn", "revoked": "warn"}


@dataclass
class Entry:
    at: datetime
    sort: str  # Text, Reply, Decision …
    title: str
    badge: str = ""
    tone: str = ""
    words: str = ""  # the exact words of a text or a reply
    details: list[str] = field(default_factory=list)


def timeline(patient: Patient, numbers: Iterable[str]) -> list[Entry]:
    """`numbers` are the patient's own, retired ones included."""
    numbers = list(numbers)
    entries = [
        *_texts(patient),
        *_replies(patient, numbers),
        *_answers(patient),
        *_decisions(patient),
        *_attempts(patient),
        *_disclosures(patient),
        *_letters(patient),
        *_imports(patient),
        *_matches(patient),
        *_stops(numbers),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _texts(patient: Patient) -> Iterator[Entry]:
    for text in patient.messages.select_related("campaign", "step", "planned_by"):
        title = _title(text)
        times = (
            ("Handed to Spruce", text.accepted_at),
            ("Confirmed", text.confirmed_at),
            ("Settled", text.settled_at),
        )
        details = [f"To {display(text.phone)}.", *(f"{what} {_moment(at)}." for what, at in times if at)]
        if text.state == State.PLANNED:
            details.append(f"Due {_moment(text.not_before or text.due_at)}.")
        yield Entry(
            at=text.accepted_at or text.first_attempt_at or text.settled_at or text.due_at,
            sort="Text",
            title=title,
            badge=text.get_state_display(),
            tone=TONES.get(text.state, ""),
            words=text.text,
            details=[*details, *filter(None, (text.reason, text.hold))],
        )


def _title(text: Message) -> str:
    if text.campaign:
        return f"{text.campaign}: {text.step}"
    return f"Answer{_by(text.planned_by)}" if text.kind == Message.Kind.ANSWER else text.get_kind_display()


def _replies(patient: Patient, numbers: list[str]) -> Iterator[Entry]:
    theirs = Reply.objects.filter(Q(patient=patient) | Q(patient=None, phone__in=numbers))
    for reply in theirs.select_related("closed_by"):
        shared = [] if reply.patient_id else ["Several patients share the number; nobody was chosen yet."]
        closed = [f"Closed {_moment(reply.closed_at)}{_by(reply.closed_by)}."] if reply.closed_at else []
        yield Entry(
            at=reply.received_at,
            sort="Reply",
            title=f"From {display(reply.phone)}",
            badge=f"{reply.get_kind_display()} · {reply.get_state_display()}",
            tone="warn" if reply.state == Reply.State.NEEDS_ANSWER else "",
            words=reply.text,
            details=[*shared, *closed],
        )


def _answers(patient: Patient) -> Iterator[Entry]:
    theirs = Response.objects.filter(Q(patient=patient) | Q(patient=None, likely=patient))
    for answer in theirs.select_related("file", "decided_by").defer("sealed_row", "file__raw"):
        doubt = [] if answer.patient_id else ["Probably this patient’s; a person decides."]
        decided = []
        if answer.decided_at:
            decided = [f"Decided {_moment(answer.decided_at)}{_by(answer.decided_by)}."]
        reasons = [reason["words"] for reason in answer.reasons if reason.get("words")]
        yield Entry(
            at=answer.completed_at or answer.file.taken_in_at,
            sort="Form answer",
            title="; ".join(_said(kind, said) for kind, said in answer.decisions.items()) or "Online form",
            badge=answer.get_outcome_display(),
            tone="warn" if answer.outcome == Response.Outcome.REVIEW and not answer.decided_at else "",
            details=[*doubt, *decided, *reasons, *filter(None, [answer.decision_note])],
        )


def _said(kind: str, said) -> str:
    return f"{ConsentEvent.Kind(kind).label if kind in ConsentEvent.Kind.values else kind}: {said}"


def _decisions(patient: Patient) -> Iterator[Entry]:
    lines = ConsentEvent.objects.of_patient(patient).select_related(
        "patient", "recorded_by", "superseded_by", "contradicts"
    )
    for line in lines:
        facts = (
            (line.obtained_by, f"Spoke with the patient: {line.obtained_by}."),
            (line.witness, f"Witness: {line.witness}."),
            (line.given_by, f"Decided by {line.given_by} ({line.authority})."),
            (line.recorded_by, f"Recorded {_moment(line.recorded_at)}{_by(line.recorded_by)}."),
            (line.note, line.note),
            (line.patient_id != patient.pk, f"Recorded under chart {line.patient.mrn}, now merged into this one."),
            (line.contradicts, "Contradicts an earlier answer: ask the patient and record what counts."),
            (hasattr(line, "superseded_by"), "Replaced by a later line."),
        )
        yield Entry(
            at=line.occurred_at,
            sort="Decision",
            title=f"{line.get_kind_display()} – {line.get_method_display().lower()}",
            badge="Contradiction" if line.contradicts_id else line.get_decision_display(),
            tone="bad" if line.contradicts_id else DECISION_TONES[line.decision],
            details=[words for stands, words in facts if stands],
        )


def _attempts(patient: Patient) -> Iterator[Entry]:
    for attempt in patient.attempts.select_related("by"):
        again = [f"Try again on {attempt.next_on:%m/%d/%Y}."] if attempt.next_on else []
        yield Entry(
            at=attempt.at,
            sort=attempt.get_channel_display(),
            title=f"{attempt.get_outcome_display()}{_by(attempt.by)}",
            details=[*filter(None, [attempt.note]), *again],
        )


def _disclosures(patient: Patient) -> Iterator[Entry]:
    for row in accounting(patient):
        yield Entry(
            at=row.at,
            sort="Disclosure",
            title=f"{row.get_purpose_display()}{_by(row.by)}",
            badge=row.to,
            details=[row.what],
        )


def _letters(patient: Patient) -> Iterator[Entry]:
    """From being made on; the postmark says when a letter went."""
    for letter in patient.letters.select_related("batch", "batch__wording", "batch__posted_by", "address"):
        batch = letter.batch
        yield Entry(
            at=posted_moment(batch.posted_on, batch.frozen["time_zone"]) if batch.posted_on else batch.made_at,
            sort=batch.get_kind_display(),
            title=f"{letter.reference}, {batch.wording.get_language_display()}{_by(batch.posted_by)}",
            badge="Came back" if letter.returned_at else batch.State(batch.state).label,
            tone="bad" if letter.returned_at else "good" if batch.posted_on else "",
            details=[f"To {', '.join(letter.address.lines())}.", *_of_the_post(letter)],
        )


def _of_the_post(letter: Letter) -> Iterator[str]:
    if letter.batch.posted_on:
        certified = f", certified {letter.batch.certified}" if letter.batch.certified else ""
        yield f"Postmark {letter.batch.posted_on:%m/%d/%Y}{certified}."
    if letter.returned_at:
        yield f"Came back, written down {_moment(letter.returned_at)}: {letter.get_returned_reason_display()}."


def _imports(patient: Patient) -> Iterator[Entry]:
    rows = patient.import_rows.filter(applied=True).select_related("batch", "batch__closed_by", "batch__undone_by")
    for row in rows.defer("batch__raw", "batch__columns", "batch__notes"):
        if row.outcome == ImportRow.Outcome.VANISHED:
            title, changes = "Set aside: the list no longer named the patient", []
        else:
            title = "Came with" if row.outcome == ImportRow.Outcome.NEW else "Changed by"
            title = f"{title} the {row.batch.get_kind_display()}, row {row.row}"
            changes = [
                f"{label(name)}: {value(name, old) or 'empty'} → {value(name, new)}"
                for name, (old, new) in row.changes.items()
            ]
        at = row.batch.closed_at or row.batch.uploaded_at
        yield Entry(at, "Import", title + _by(row.batch.closed_by), details=changes)
        if row.batch.undone_at:
            title = f"The {row.batch.get_kind_display()} was undone{_by(row.batch.undone_by)}"
            yield Entry(row.batch.undone_at, "Import", title, details=["What it changed here is as before."])


def _matches(patient: Patient) -> Iterator[Entry]:
    titles = {
        Match.Verdict.AUTOMATIC: "Found by the program",
        Match.Verdict.REVIEW: "May be this patient; waits for review",
        Match.Verdict.ACCEPTED: "Accepted",
        Match.Verdict.REJECTED: "Rejected: it is somebody else",
    }
    for match in patient.matches.select_related("contact", "decided_by"):
        yield Entry(
            at=match.decided_at or match.found_at,
            sort="Spruce contact",
            title=titles[match.verdict] + _by(match.decided_by),
            badge=match.get_verdict_display(),
            tone={Match.Verdict.REVIEW: "warn", Match.Verdict.REJECTED: ""}.get(match.verdict, "good"),
            details=[match.contact.display_name or str(match.contact)],
        )


def _stops(numbers: list[str]) -> Iterator[Entry]:
    for stop in Suppression.objects.filter(phone__in=numbers).select_related("set_by", "lifted_by"):
        lifted = []
        if stop.lifted_at:
            lifted = [f"Lifted {_moment(stop.lifted_at)}{_by(stop.lifted_by)}: {stop.lifted_because}"]
        yield Entry(
            at=stop.effective_at,
            sort="Do not text",
            title=f"{stop.get_reason_display()}: {display(stop.phone)}{_by(stop.set_by)}",
            badge="Lifted" if stop.lifted_at else "In force",
            tone="" if stop.lifted_at else "bad",
            details=lifted,
        )


def _by(person) -> str:
    return f" by {person}" if person else ""


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "m/d/Y, g:i A")  # strftime cannot say this on Windows
