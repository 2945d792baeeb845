"""The claim: durable before the socket opens (design 4.1). Words, line and key are frozen here for ever."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from explorer.lib import bulk, clock
from explorer.lib.keys import key_for
from explorer.lib.models import Practice
from outreach import facts, gate, line, planning, segments
from outreach.actions import replies
from outreach.models import LineState, Message

State = Message.State
FROZEN = (
    "text", "segments", "line_id", "key", "state", "attempts", "claimed_at", "first_attempt_at", "reason", "not_before",
)  # fmt: skip
OF_ALL = ("stopped", "disarmed", "not_running", "poll_old")  # reasons that hold back every text alike


@dataclass
class Claimed:
    """Texts to hand over now; how many were left out for good; and why all must wait, if they must."""

    messages: list[Message] = field(default_factory=list)
    skipped: int = 0
    waiting_for: str = ""


@transaction.atomic
def claim(pks: list[int], right: line.Right) -> Claimed:
    """Ask the gate again and claim what it lets through. Raises line.Elsewhere.

    Of two texts that touch the same number or patient only the first is judged: the gate must see it first.
    """
    line.keep(right)
    rows = Message.objects.select_for_update(of=("self",)).select_related("campaign", "step", "invitation")
    rows = list(rows.filter(pk__in=pks, state=State.PLANNED).order_by("due_at", "pk"))
    asked = facts.asked_by(rows)
    rows = _apart(rows, asked)
    practice, now = Practice.current(), clock.now()
    links = planning.Links(practice)
    for message in rows:
        message.text = planning.words_of(message, links)
    known = facts.number_facts(rows, practice, now, asked)
    line_id = LineState.objects.values_list("line_id", flat=True).get(pk=1)
    claimed = Claimed()
    for message in rows:
        refusals = gate.number_refusals(known[message.pk])
        if refusals:
            _turn_back(message, refusals, claimed, now, hours=known[message.pk].hours.words)
        else:
            claimed.messages.append(_frozen(message, line_id, now))
    _write(claimed.messages)
    return claimed


def _apart(rows: list[Message], asked: dict[int, list[int]]) -> list[Message]:
    seen, chosen = set(), []
    for message in rows:
        touched = {message.phone, *asked[message.pk]}
        if not touched & seen:
            chosen.append(message)
        seen |= touched
    return chosen


def _frozen(message: Message, line_id: str, now: datetime) -> Message:
    message.segments = message.segments or segments.measure(message.text).parts
    message.line_id = message.line_id or line_id
    message.key = message.key or message_key(message)
    message.state, message.attempts = State.SENDING, message.attempts + 1
    message.claimed_at, message.first_attempt_at = now, message.first_attempt_at or now
    message.reason, message.not_before = "", None
    return message


def _write(messages: list[Message]) -> None:
    bulk.update(Message, FROZEN, [[*(getattr(each, name) for name in FROZEN), each.pk] for each in messages])


def message_key(message: Message) -> str:
    """The same for ever for a row, on every PC that holds this installation's master key."""
    row = f"{message.pk}|{message.campaign_id}|{message.step_id}|{message.phone}|{message.planned_at.isoformat()}"
    return hmac.new(key_for("idempotency"), row.encode(), hashlib.sha256).hexdigest()


def _turn_back(message: Message, refusals: list[gate.Refusal], claimed: Claimed, now: datetime, *, hours: str) -> None:
    lasting = [refusal for refusal in refusals if not refusal.waits]
    changed = {} if message.key else {"text": ""}
    if lasting:
        claimed.skipped += 1
        changed |= {"state": State.SKIPPED, "reason": lasting[0].words}
    else:
        first = refusals[0]
        words = hours[:200] if first.code == "hours" else first.words
        changed |= {"reason": words, "not_before": first.until or now + timedelta(minutes=1)}
        if first.code in OF_ALL:
            claimed.waiting_for = first.words
    Message.objects.filter(pk=message.pk).update(**changed)


def answers_waiting(now: datetime) -> list[int]:
    """What staff have written and is still to be sent."""
    waiting = Message.objects.exclude(kind=Message.Kind.CAMPAIGN).filter(state=State.PLANNED)
    return list(waiting.exclude(not_before__gt=now).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def claim_answer(pk: int, right: line.Right) -> Message | None:
    """Staff's answers and confirmed stops wait for no texting hours: a person is talking. The red button holds."""
    line.keep(right)
    message = Message.objects.select_for_update().get(pk=pk)
    state = LineState.objects.get(pk=1)
    if message.state != State.PLANNED or state.disarmed_at or Practice.current().texting_stopped_at:
        return None
    if against := replies.stands_against(message):
        Message.objects.filter(pk=pk).update(state=State.SKIPPED, reason=against[:200])
        return None
    _write([_frozen(message, state.line_id, clock.now())])
    return message
