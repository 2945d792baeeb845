"""What was said and tried with one patient, in the order of time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from consent.letters import posted_moment
from explorer.lib.models import Practice
from outreach.models import Attempt, Message, Reply
from patients.models import Patient


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was said or tried. `kind`: text, letter, reply or attempt."""

    at: datetime
    kind: str
    title: str
    words: str = ""


def history(patient: Patient, numbers: Iterable[str]) -> list[Event]:
    """Texts and letters to the patient, replies from the patient's numbers, what staff tried; the newest first."""
    texts = patient.messages.reached().order_by("-first_attempt_at")[:100]
    replies = Reply.objects.filter(Q(patient=patient) | Q(patient=None, phone__in=list(numbers)))
    attempts = patient.attempts.select_related("by")
    events = [
        *(Event(text.first_attempt_at, "text", _text_title(text), text.text) for text in texts),
        *(Event(reply.received_at, "reply", _reply_title(reply), reply.text) for reply in replies[:100]),
        *_letters(patient),
        *(Event(attempt.at, "attempt", _attempt_title(attempt), attempt.note) for attempt in attempts[:100]),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _letters(patient: Patient) -> Iterator[Event]:
    zone = Practice.current().time_zone
    for letter in patient.letters.posted().select_related("batch")[:100]:
        yield Event(posted_moment(letter.batch.posted_on, zone), "letter", f"{letter.batch.get_kind_display()} posted")
        if letter.returned_at:
            title = f"{letter.batch.get_kind_display()} came back: {letter.get_returned_reason_display()}"
            yield Event(letter.returned_at, "letter", title)


def _text_title(message: Message) -> str:
    what = "Text" if message.kind == Message.Kind.CAMPAIGN else message.get_kind_display()
    confirmed = message.state == Message.State.CONFIRMED
    return what if confirmed else f"{what} ({message.get_state_display().lower()})"


def _reply_title(reply: Reply) -> str:
    return "Reply" if reply.patient_id else "Reply from a shared number: it may be somebody else’s"


def _attempt_title(attempt: Attempt) -> str:
    by = f", {attempt.by}" if attempt.by else ""
    return f"{attempt.get_channel_display()}: {attempt.get_outcome_display()}{by}"
