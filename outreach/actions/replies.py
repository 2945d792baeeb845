"""Reading Spruce: replies once, STOP at once, confirmations by request id."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from consent.ledger import record_texting_stop
from explorer.lib import clock
from outreach.classify import classify
from outreach.models import Conversation, LineState, Match, Message, Reply, Suppression
from outreach.spruce import Conversation as SpruceConversation
from outreach.spruce import Item, Spruce
from patients.models import Patient, Phone

OVERLAP = timedelta(minutes=10)  # Spruce's lists are eventually consistent
FIRST_LOOK_BACK = timedelta(days=2)
SKEW = timedelta(minutes=5)
SETTLES_AFTER = timedelta(seconds=30)
SAME_MOMENT = timedelta(seconds=3)
SUPPRESSING = {
    Reply.Kind.OPT_OUT: Suppression.Reason.STOP,
    Reply.Kind.WRONG_NUMBER: Suppression.Reason.WRONG_NUMBER,
    Reply.Kind.DECEASED: Suppression.Reason.DECEASED,
}


@dataclass
class Polled:
    items: int = 0
    new_replies: int = 0
    opt_outs: int = 0
    confirmed: int = 0

    def as_counter(self) -> Counter:
        return Counter({"confirmed": self.confirmed})


def poll(spruce: Spruce, *, in_a_hurry: bool = False) -> Polled:
    """Read what happened since the last poll. Raises SpruceError; then the poll does not count as good.

    Windows overlap, every item is stored once by its id, and a conversation is read once more a little
    later, since Spruce's lists are eventually consistent. In a hurry, between two batches, conversations
    whose newest message is the text we have just sent wait: nobody on that number is texted today anyway.
    """
    started = clock.now()
    state = LineState.objects.get(pk=1)
    since = spruce.since((state.read_until or _oldest_open(started)) - OVERLAP)
    ahead = spruce.ahead or timedelta()
    ours = _just_sent(started) if in_a_hurry else {}
    polled = Polled()
    for conversation in spruce.conversations(active_since=since):
        known = _known(conversation)
        if _needs_reading(known, conversation.last_message_at, started, ours.get(known.phone), ahead):
            _read(spruce, known, conversation.last_message_at, since, polled)
    LineState.objects.filter(pk=1).update(polled_at=clock.now(), read_until=started)
    return polled


def _oldest_open(now: datetime) -> datetime:
    """How far the first poll looks back: to the oldest text still open, at least two days."""
    oldest = Message.objects.open().exclude(first_attempt_at=None).order_by("first_attempt_at").first()
    return min(now - FIRST_LOOK_BACK, oldest.first_attempt_at if oldest else now)


def _just_sent(now: datetime) -> dict[str, datetime]:
    recent = Message.objects.filter(accepted_at__gt=now - SETTLES_AFTER, state=Message.State.ACCEPTED)
    return dict(recent.order_by("accepted_at").values_list("phone", "accepted_at"))


def _known(conversation: SpruceConversation) -> Conversation:
    phone = conversation.participants[0] if conversation.participants else ""
    return Conversation.objects.get_or_create(spruce_id=conversation.id, defaults={"phone": phone})[0]


def _needs_reading(known: Conversation, newest, now: datetime, sent_at, ahead: timedelta) -> bool:
    if newest and known.read_until and newest <= known.read_until:
        return not known.settled and now - known.read_at >= SETTLES_AFTER
    return not (sent_at and newest and abs(newest - sent_at - ahead) <= SAME_MOMENT)


def _read(spruce: Spruce, known: Conversation, newest: datetime | None, since: datetime | None, polled: Polled) -> None:
    start = min(since, known.read_until - OVERLAP) if since and known.read_until else since
    seen = None
    for item in spruce.items(known.spruce_id, since=start):
        polled.items += 1
        seen = max(seen or item.created_at, item.created_at)
        _take_in(item, known.phone, polled)
    complete = seen is not None and (newest is None or seen >= newest)
    again = known.read_until is not None and newest is not None and newest <= known.read_until
    old = newest is not None and clock.now() - (newest - (spruce.ahead or timedelta())) >= SETTLES_AFTER
    Conversation.objects.filter(pk=known.pk).update(
        read_at=clock.now(),
        read_until=seen if complete else known.read_until,
        settled=complete and (again or old),
    )


def _take_in(item: Item, phone: str, polled: Polled) -> None:
    if item.is_note:
        return
    if item.direction == "inbound" and phone:
        _store_reply(item, phone, polled)
    elif item.direction == "outbound" and item.request_id:
        polled.confirmed += confirm(item)


def confirm(item: Item) -> int:
    """Mark the text with this item's request id as confirmed; 0 when it is none of ours or known already."""
    return Message.objects.filter(state=Message.State.ACCEPTED, request_id=item.request_id).update(
        state=Message.State.CONFIRMED,
        confirmed_at=clock.now(),
        item_id=item.id,
        conversation_id=item.conversation_id,
        reason="",
    )


@transaction.atomic
def _store_reply(item: Item, phone: str, polled: Polled) -> None:
    judged = classify(item.text)
    reply, new = Reply.objects.get_or_create(
        item_id=item.id,
        defaults={
            "conversation_id": item.conversation_id,
            "phone": phone,
            "text": item.text,
            "received_at": item.created_at,
            "kind": judged.kind if judged.kind in Reply.Kind.values else Reply.Kind.OTHER,
            "patient": _only_patient(phone),
        },
    )
    if not new:
        return
    polled.new_replies += 1
    if judged.immediate_stop or reply.kind in SUPPRESSING:
        _suppress(reply)
        polled.opt_outs += reply.kind == Reply.Kind.OPT_OUT
    if reply.kind == Reply.Kind.OPT_OUT and not judged.ask_person and not judged.emergency:
        Reply.objects.filter(pk=reply.pk).update(state=Reply.State.CLOSED, closed_at=clock.now())


def patients_of(phone: str):
    """Everyone whose number it is, by the list or by a matched contact."""
    by_contact = Patient.objects.filter(matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone)
    by_list = Patient.objects.filter(phones__e164=phone)
    by_merged = Patient.charts.filter(
        merged_into__isnull=False, matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone
    )
    found = Q(pk__in=by_contact.values("pk")) | Q(pk__in=by_list.values("pk"))
    return Patient.objects.filter(found | Q(pk__in=by_merged.values("merged_into")))


def _only_patient(phone: str) -> Patient | None:
    """The patient a reply comes from; None where several share the number: no machine decides that."""
    found = list(patients_of(phone)[:2])
    return found[0] if len(found) == 1 else None


def _suppress(reply: Reply) -> None:
    reason = SUPPRESSING.get(reply.kind, Suppression.Reason.STOP)
    numbers = {reply.phone}
    if reason == Suppression.Reason.STOP:
        people = patients_of(reply.phone)
        numbers |= set(Phone.objects.filter(patient__in=people).values_list("e164", flat=True))
        numbers |= set(
            Match.objects.linked()
            .filter(Q(patient__in=people) | Q(patient__merged_into__in=people))
            .exclude(contact__phones=None)
            .values_list("contact__phones__e164", flat=True)
        )
        if reply.patient:
            record_texting_stop(patient=reply.patient, occurred_at=reply.received_at)
    suppress(numbers, reason=reason, since=reply.received_at, reply=reply)


def suppress(numbers: set[str], *, reason: str, since: datetime, reply: Reply | None = None, by=None) -> None:
    """No text goes to these numbers from this moment on; waiting ones are withdrawn."""
    for number in sorted(numbers):
        Suppression.objects.get_or_create(
            phone=number,
            reason=reason,
            lifted_at=None,
            defaults={"since": since, "reply": reply, "set_by": by},
        )
    Message.objects.filter(phone__in=numbers, state=Message.State.PLANNED, kind=Message.Kind.CAMPAIGN).update(
        state=Message.State.SKIPPED, reason=dict(Suppression.Reason.choices)[reason]
    )


def is_stopped(phone: str) -> bool:
    return Suppression.objects.in_force().filter(phone=phone).exists()


@transaction.atomic
def lift(suppression: Suppression, *, by, because: str) -> None:
    """A person records that the number may be texted again, with the reason."""
    suppression = Suppression.objects.select_for_update().get(pk=suppression.pk, lifted_at=None)
    suppression.lifted_at, suppression.lifted_by, suppression.lifted_because = clock.now(), by, because[:200]
    suppression.save()


def close(reply: Reply, *, by) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.CLOSED, clock.now(), by
    reply.save(update_fields=["state", "closed_at", "closed_by"])


def reopen(reply: Reply, *, by) -> None:
    """Back among those that need an answer, for one that was closed by mistake."""
    reply.state, reply.closed_at, reply.closed_by = Reply.State.NEEDS_ANSWER, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])


@transaction.atomic
def attribute(reply: Reply, *, patient: Patient, by) -> None:
    """A person says which of the patients on a number has written. Raises ValidationError.

    A STOP has stopped the numbers already; from now on the patient's ledger says so too.
    """
    if not patients_of(reply.phone).filter(pk=patient.pk).exists():
        raise ValidationError("This number is not one of that patient's. Add it to the patient first.")
    reply = Reply.objects.select_for_update().get(pk=reply.pk)
    if reply.patient_id == patient.pk:
        return
    reply.patient = patient
    reply.save(update_fields=["patient"])
    if reply.kind == Reply.Kind.OPT_OUT:
        record_texting_stop(patient=patient, occurred_at=reply.received_at)


def mark_answered(reply: Reply) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.WAITING, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])


def find_in_spruce(spruce: Spruce, message: Message) -> bool:
    """Look for a text whose outcome is unknown in its conversation; True when it is there."""
    since = spruce.since(message.first_attempt_at - SKEW)
    for conversation in spruce.conversations(active_since=since):
        if message.phone not in conversation.participants:
            continue
        for item in spruce.items(conversation.id, since=since):
            if item.direction == "outbound" and item.text == message.text and not _is_anothers(item, message):
                _found(message, item)
                return True
    return False


def _is_anothers(item: Item, message: Message) -> bool:
    return Message.objects.exclude(pk=message.pk).filter(item_id=item.id).exists()


def _found(message: Message, item: Item) -> None:
    message.state, message.item_id, message.request_id = Message.State.CONFIRMED, item.id, item.request_id
    message.conversation_id = item.conversation_id
    message.accepted_at = message.accepted_at or message.first_attempt_at
    message.confirmed_at, message.reason = clock.now(), "Found in Spruce."
    message.save()
