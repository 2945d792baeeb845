"""What was said and sent: texts, replies, stops, calls, letters."""

from collections.abc import Iterator

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

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
            (_("Handed to Spruce"), text.accepted_at),
            (_("Confirmed"), text.confirmed_at),
            (_("Settled"), text.settled_at),
        )
        details = [
            _("To %(whom)s.") % {"whom": display(text.phone)},
            *(f"{what} {moment(at)}." for what, at in times if at),
        ]
        if text.state == State.PLANNED:
            details.append(_("Due %(day)s.") % {"day": moment(text.not_before or text.due_at)})
        yield Entry(
            at=text.accepted_at or text.first_attempt_at or text.settled_at or text.due_at,
            sort=_("Text"),
            title=title,
            badge=_(text.get_state_display()),
            tone=TONES.get(text.state, ""),
            words=text.text,
            details=[*details, *filter(None, (text.reason, text.hold))],
            row=text,
        )


def _title(text: Message) -> str:
    if text.campaign:
        return f"{text.campaign}: {text.step}"
    return f"{_('Answer')}{by(text.planned_by)}" if text.kind == Message.Kind.ANSWER else _(text.get_kind_display())


def replies(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    theirs = Reply.objects.filter(Q(patient=patient) | Q(patient=None, phone__in=numbers))
    for reply in theirs.select_related("closed_by")[:limit]:
        shared = [] if reply.patient_id else [_("Several patients share the number; nobody was chosen yet.")]
        closed = (
            [_("Closed %(when)s%(by)s.") % {"when": moment(reply.closed_at), "by": by(reply.closed_by)}]
            if reply.closed_at
            else []
        )
        yield Entry(
            at=reply.received_at,
            sort=_("Reply"),
            title=_("From %(who)s") % {"who": display(reply.phone)},
            badge=f"{_(reply.get_kind_display())} · {_(reply.get_state_display())}",
            tone="warn" if reply.state == Reply.State.NEEDS_ANSWER else "",
            words=reply.text,
            details=[*shared, *closed],
            row=reply,
        )


def attempts(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    for attempt in patient.attempts.select_related("by")[:limit]:
        again = [_("Try again on %(day)s.") % {"day": f"{attempt.next_on:%m/%d/%Y}"}] if attempt.next_on else []
        yield Entry(
            at=attempt.at,
            sort=_(attempt.get_channel_display()),
            title=f"{_(attempt.get_outcome_display())}{by(attempt.by)}",
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
            sort=_(batch.get_kind_display()),
            title=f"{letter.reference}, {_(batch.wording.get_language_display())}{by(batch.posted_by)}",
            badge=_("Came back") if letter.returned_at else _(batch.State(batch.state).label),
            tone="bad" if letter.returned_at else "good" if batch.posted_on else "",
            row=batch,
            details=[_("To %(whom)s.") % {"whom": ", ".join(letter.address.lines())}, *_of_the_post(letter)],
        )


def _of_the_post(letter: Letter) -> Iterator[str]:
    if letter.batch.posted_on:
        certified = _(", certified %(number)s") % {"number": letter.batch.certified} if letter.batch.certified else ""
        yield f"{_('Postmark')} {letter.batch.posted_on:%m/%d/%Y}{certified}."
    if letter.returned_at:
        why = _(letter.get_returned_reason_display())
        yield _("Came back, written down %(when)s: %(why)s.") % {"when": moment(letter.returned_at), "why": why}


def stops(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = Suppression.objects.filter(phone__in=numbers).select_related("set_by", "lifted_by", "reply")
    for stop in rows[:limit]:
        lifted = []
        if stop.lifted_at:
            lifted = [f"{_('Lifted')} {moment(stop.lifted_at)}{by(stop.lifted_by)}: {stop.lifted_because}"]
        yield Entry(
            at=stop.effective_at,
            sort=_("Do not text"),
            title=f"{_(stop.get_reason_display())}: {display(stop.phone)}{by(stop.set_by)}",
            badge=_("Lifted") if stop.lifted_at else _("In force"),
            tone="" if stop.lifted_at else "bad",
            details=lifted,
            row=stop.reply,
        )
