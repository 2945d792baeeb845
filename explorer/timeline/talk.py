"""What was said and sent: texts, replies, stops, calls, letters."""

from collections.abc import Iterator

from django.db.models import Q
from django.db.models.functions import Coalesce

from consent.letters import posted_moment
from consent.models import Letter
from explorer.timeline.entry import Entry, by, moment
from outreach.models import Message, Reply, Suppression
from patients.models import Patient
from patients.phones import display

State = Message.State
TONES = {
    State.CONFIRMED: "good", State.ACCEPTED: "info", State.SENDING: "info", State.PLANNED: "info",
    State.FAILED: "bad", State.UNCERTAIN: "warn",
}  # fmt: skip


def texts(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    newest = Coalesce("accepted_at", "first_attempt_at", "settled_at", "due_at").desc()
    rows = patient.messages.select_related("campaign", "step", "planned_by").order_by(newest, "-pk")
    for text in rows[:limit]:
        title = _title(text)
        times = (
            ("Handed to Spruce", text.accepted_at),
            ("Confirmed", text.confirmed_at),
            ("Settled", text.settled_at),
        )
        details = [f"To {display(text.phone)}.", *(f"{what} {moment(at)}." for what, at in times if at)]
        if text.state == State.PLANNED:
            details.append(f"Due {moment(text.not_before or text.due_at)}.")
        yield Entry(
            at=text.accepted_at or text.first_attempt_at or text.settled_at or text.due_at,
            sort="Text",
            title=title,
            badge=text.get_state_display(),
            tone=TONES.get(text.state, ""),
            words=text.text,
            details=[*details, *filter(None, (text.reason, text.hold))],
            row=text,
        )


def _title(text: Message) -> str:
    if text.campaign:
        return f"{text.campaign}: {text.step}"
    return f"Answer{by(text.planned_by)}" if text.kind == Message.Kind.ANSWER else text.get_kind_display()


def replies(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    theirs = Reply.objects.filter(Q(patient=patient) | Q(patient=None, phone__in=numbers))
    for reply in theirs.select_related("closed_by")[:limit]:
        shared = [] if reply.patient_id else ["Several patients share the number; nobody was chosen yet."]
        closed = [f"Closed {moment(reply.closed_at)}{by(reply.closed_by)}."] if reply.closed_at else []
        yield Entry(
            at=reply.received_at,
            sort="Reply",
            title=f"From {display(reply.phone)}",
            badge=f"{reply.get_kind_display()} · {reply.get_state_display()}",
            tone="warn" if reply.state == Reply.State.NEEDS_ANSWER else "",
            words=reply.text,
            details=[*shared, *closed],
            row=reply,
        )


def attempts(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    for attempt in patient.attempts.select_related("by")[:limit]:
        again = [f"Try again on {attempt.next_on:%m/%d/%Y}."] if attempt.next_on else []
        yield Entry(
            at=attempt.at,
            sort=attempt.get_channel_display(),
            title=f"{attempt.get_outcome_display()}{by(attempt.by)}",
            details=[*filter(None, [attempt.note]), *again],
            row=attempt,
        )


def letters(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    """From being made on; the postmark says when a letter went."""
    rows = patient.letters.select_related("batch", "batch__wording", "batch__posted_by", "address")
    for letter in rows.order_by("-batch__made_at", "-pk")[:limit]:
        batch = letter.batch
        yield Entry(
            at=posted_moment(batch.posted_on, batch.frozen["time_zone"]) if batch.posted_on else batch.made_at,
            sort=batch.get_kind_display(),
            title=f"{letter.reference}, {batch.wording.get_language_display()}{by(batch.posted_by)}",
            badge="Came back" if letter.returned_at else batch.State(batch.state).label,
            tone="bad" if letter.returned_at else "good" if batch.posted_on else "",
            row=batch,
            details=[f"To {', '.join(letter.address.lines())}.", *_of_the_post(letter)],
        )


def _of_the_post(letter: Letter) -> Iterator[str]:
    if letter.batch.posted_on:
        certified = f", certified {letter.batch.certified}" if letter.batch.certified else ""
        yield f"Postmark {letter.batch.posted_on:%m/%d/%Y}{certified}."
    if letter.returned_at:
        yield f"Came back, written down {moment(letter.returned_at)}: {letter.get_returned_reason_display()}."


def stops(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = Suppression.objects.filter(phone__in=numbers).select_related("set_by", "lifted_by", "reply")
    for stop in rows[:limit]:
        lifted = []
        if stop.lifted_at:
            lifted = [f"Lifted {moment(stop.lifted_at)}{by(stop.lifted_by)}: {stop.lifted_because}"]
        yield Entry(
            at=stop.effective_at,
            sort="Do not text",
            title=f"{stop.get_reason_display()}: {display(stop.phone)}{by(stop.set_by)}",
            badge="Lifted" if stop.lifted_at else "In force",
            tone="" if stop.lifted_at else "bad",
            details=lifted,
            row=stop.reply,
        )
