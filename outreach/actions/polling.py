"""Reading Spruce: replies once, confirmations by request id, and texts whose outcome is unknown."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from explorer.lib import clock
from outreach.actions import replies, withdrawing
from outreach.models import Conversation, LineState, Message, Reply
from outreach.spruce import Conversation as SpruceConversation
from outreach.spruce import Item, Spruce

OVERLAP = timedelta(minutes=10)  # Spruce's lists are eventually consistent
FIRST_LOOK_BACK = timedelta(days=2)
SKEW = timedelta(minutes=5)
SETTLES_AFTER = timedelta(seconds=30)
SAME_MOMENT = timedelta(seconds=3)


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
    withdrawing.after_a_poll(spruce)
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
        reply = replies.store(item, phone)
        polled.new_replies += reply is not None
        polled.opt_outs += reply is not None and reply.kind == Reply.Kind.OPT_OUT
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
