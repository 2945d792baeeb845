"""Reading Spruce: replies once, confirmations by request id, and texts whose outcome is unknown.

Windows overlap and every item counts once by its id, since Spruce's lists are eventually consistent. While
texts go out, the poll before each batch looks back only over the last of them, with long looks in between, or
beside the sending where no limit asks for a pace.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.db import transaction

from explorer.lib import clock
from outreach import line
from outreach.actions import replies, withdrawing
from outreach.flight import Flight
from outreach.models import Conversation, LineState, Message, Reply
from outreach.spruce import Conversation as SpruceConversation
from outreach.spruce import Item, Spruce

OVERLAP = timedelta(minutes=10)
OF_OURS_IN_A_LOOK = 100  # our own newest texts fill no more than so many of a page of 200
LONG_LOOK_EVERY = (timedelta(seconds=5), timedelta(seconds=30))  # at least, at most
LONG_LOOK_COSTS = 30  # its length may be one part in so many of the time
FIRST_LOOK_BACK = timedelta(days=2)
SKEW = timedelta(minutes=5)
SETTLES_AFTER = timedelta(seconds=30)
OUR_OWN = (timedelta(seconds=-3), timedelta(seconds=1))  # around our acceptance; Spruce tells whole seconds only
MOST_LAG = timedelta(seconds=15)  # a text that Spruce posts later than that may as well be an answer
EXPLAINED_FOR = timedelta(minutes=15)  # so long a conversation may wait whose newest message is our own text
PERHAPS_FOR = timedelta(seconds=40)  # and so long one whose newest message may as well be an answer
LISTED_FOR = timedelta(hours=2)  # so far back an unconfirmed text is still listed
TOGETHER = 20  # conversations whose items are stored in one commit
ASKED_AT_ONCE = 500


@dataclass
class Polled:
    items: int = 0
    new_replies: int = 0
    opt_outs: int = 0
    confirmed: int = 0
    lag: timedelta = timedelta()
    whole: bool = True  # nothing that was listed is left to read

    def as_counter(self) -> Counter:
        return Counter({"confirmed": self.confirmed})


@dataclass
class Look:
    """One listing of the conversations that were active since then; `since` None: of all."""

    started: datetime
    since: datetime | None
    long: bool
    found: list[SpruceConversation] | None = None
    ahead_of_time: Future | None = None


@dataclass
class Reader:
    """How far one run of the sender has read, so that most of its looks can be short."""

    long_at: datetime | None = None
    long_took: timedelta = timedelta()
    short_from: datetime | None = None
    sent_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=OF_OURS_IN_A_LOOK))
    next: Look | None = None
    beside: Look | None = None
    lag: timedelta = timedelta()  # how long after taking a text Spruce posts it, as far as seen

    def look(self, now: datetime, *, in_a_hurry: bool) -> Look:
        """Where the next listing begins; without hurry, at the oldest text that is not confirmed."""
        least, most = LONG_LOOK_EVERY
        due = self.long_at is None or now - self.long_at >= min(max(least, LONG_LOOK_COSTS * self.long_took), most)
        full = len(self.sent_at) == OF_OURS_IN_A_LOOK
        if (due and self.beside is None) or not full or self.sent_at[0] < now - OVERLAP:
            return Look(now, _long_ago(now, in_a_hurry=in_a_hurry), long=True)
        return Look(now, min(self.short_from, self.sent_at[0]), long=False)

    def done(self, look: Look) -> None:
        self.short_from = look.started
        if look.long:
            self.long_at, self.long_took = look.started, clock.now() - look.started


def _long_ago(now: datetime, *, in_a_hurry: bool) -> datetime:
    read_until = LineState.objects.values_list("read_until", flat=True).get(pk=1) or _oldest_open(now)
    if in_a_hurry:
        return read_until - OVERLAP
    unconfirmed = Message.objects.filter(state=Message.State.ACCEPTED, accepted_at__gt=now - LISTED_FOR)
    oldest = unconfirmed.order_by("accepted_at").values_list("accepted_at", flat=True).first()
    return min(read_until, oldest or read_until) - OVERLAP


def _oldest_open(now: datetime) -> datetime:
    """How far the first poll looks back: to the oldest text still open, at least two days."""
    oldest = Message.objects.open().exclude(first_attempt_at=None).order_by("first_attempt_at").first()
    return min(now - FIRST_LOOK_BACK, oldest.first_attempt_at if oldest else now)


def look_ahead(spruce: Spruce, reader: Reader, flight: Flight) -> None:
    """Begin the next listing while the last texts of a batch are still under way."""
    look = reader.look(clock.now(), in_a_hurry=True)
    look.since = spruce.since(look.since)
    look.ahead_of_time = flight.submit(_list_when_all_left, flight, spruce.admitted(), look.since)
    reader.next = look


def _list_when_all_left(flight: Flight, spruce: Spruce, since: datetime | None) -> list[SpruceConversation]:
    """A STOP that this listing shows must find no text to its number that has yet to leave."""
    flight.wait_until_all_left()
    return _list(spruce, since)


def _look_beside(spruce: Spruce, reader: Reader, flight: Flight | None) -> Look | None:
    """The long look that went on beside the sending, when it has ended; then the next begins."""
    ended = reader.beside
    if not may_fly(spruce, flight):
        reader.beside = None
        return None
    if ended and not ended.ahead_of_time.done():
        return None
    reader.beside = Look(clock.now(), spruce.since(_long_ago(clock.now(), in_a_hurry=True)), long=True)
    reader.beside.ahead_of_time = flight.submit(_list, spruce.admitted(), reader.beside.since)
    if ended:
        ended.found = ended.ahead_of_time.result()
    return ended


def poll(
    spruce: Spruce, *, in_a_hurry: bool = False, reader: Reader | None = None, flight: Flight | None = None
) -> Polled:
    """Read what happened since the last poll. Raises SpruceError; then the poll does not count as good.

    Conversations whose newest message is the text that we have just sent come last and leave staff their share
    of a limit; in a hurry, between two batches, they wait: nobody on that number is texted today anyway.
    """
    reader = reader or Reader()
    look, polled = _listed(spruce, reader, in_a_hurry), Polled()
    if in_a_hurry and (beside := _look_beside(spruce, reader, flight)):
        urgent, _ = _parted(beside, spruce.ahead or timedelta(), reader.lag, wait=True)
        _read(spruce, urgent, beside, flight, polled)
        LineState.objects.filter(pk=1).update(read_until=beside.started)
    urgent, ours = _parted(look, spruce.ahead or timedelta(), reader.lag, wait=in_a_hurry)
    _read(spruce, urgent, look, flight, polled)
    changed = {"polled_at": clock.now()} | ({"read_until": look.started} if look.long else {})
    LineState.objects.filter(pk=1).update(**changed)
    reader.done(look)
    try:
        _read(_sparing(spruce), ours, look, flight, polled)
    except line.Waiting:
        polled.whole = False
    reader.lag = min(max(reader.lag, polled.lag), MOST_LAG)
    withdrawing.after_a_poll(spruce)
    return polled


def _parted(look: Look, ahead: timedelta, lag: timedelta, *, wait: bool) -> tuple[list, list]:
    """Conversations that may hold news, and those that our own unconfirmed texts explain."""
    unconfirmed = Message.objects.filter(state=Message.State.ACCEPTED).order_by("accepted_at")
    sent = dict(unconfirmed.values_list("phone", "accepted_at"))
    urgent, ours = [], []
    for each in look.found:
        at = sent.get(next(iter(each.participants), ""))
        after = each.last_message_at - at - ahead if at and each.last_message_at else None
        if after is None or not OUR_OWN[0] <= after <= OUR_OWN[1] + lag:
            urgent.append(each)
            continue
        waits_for = EXPLAINED_FOR if after <= OUR_OWN[1] else PERHAPS_FOR
        if not (wait and at > look.started - waits_for):
            ours.append(each)
    return urgent, ours


def _sparing(spruce: Spruce) -> Spruce:
    """The same client, for reads that can wait."""
    if spruce.pace is None:
        return spruce
    return replace(spruce, pace=partial(spruce.pace, texts=True, patient=False))


def _listed(spruce: Spruce, reader: Reader, in_a_hurry: bool) -> Look:
    look, reader.next = reader.next, None
    if look is not None:
        look.found = look.ahead_of_time.result()
        return look
    look = reader.look(clock.now(), in_a_hurry=in_a_hurry)
    look.since = spruce.since(look.since)
    look.found = _list(spruce, look.since)
    return look


def _list(spruce: Spruce, since: datetime | None) -> list[SpruceConversation]:
    return list(spruce.conversations(active_since=since))


def _known(active: list[SpruceConversation]) -> dict[str, Conversation]:
    """Our rows of these conversations, by Spruce's id; missing ones are made."""
    missing = {each.id: next(iter(each.participants), "") for each in active}
    known: dict[str, Conversation] = {}
    for ids in _chunks(list(missing), ASKED_AT_ONCE):
        known |= Conversation.objects.in_bulk(ids, field_name="spruce_id")
    new = [Conversation(spruce_id=id, phone=phone) for id, phone in missing.items() if id not in known]
    if new:
        Conversation.objects.bulk_create(new, batch_size=200, ignore_conflicts=True)
        for rows in _chunks(new, ASKED_AT_ONCE):
            known |= Conversation.objects.in_bulk([row.spruce_id for row in rows], field_name="spruce_id")
    for id, row in known.items():
        if missing[id] and row.phone != missing[id]:
            row.phone, row.read_until, row.settled = missing[id], None, False
            row.save(update_fields=["phone", "read_until", "settled"])
    return known


def _chunks(of: Iterable, size: int) -> Iterator[list]:
    of = iter(of)
    while chunk := list(islice(of, size)):
        yield chunk


def _needs_reading(known: Conversation, newest: datetime | None, now: datetime) -> bool:
    if newest and known.read_until and newest <= known.read_until:
        return not known.settled and now - known.read_at >= SETTLES_AFTER
    return True


def _read(spruce: Spruce, active: list, look: Look, flight: Flight | None, polled: Polled) -> None:
    """Read conversations and store what is new in them, each by itself or a few together."""
    rows = _known(active)
    newest = [(rows[each.id], each.last_message_at) for each in active]
    todo = [(known, at) for known, at in newest if _needs_reading(known, at, look.started)]
    starts = [(known.spruce_id, _start(known, look.since)) for known, _ in todo]
    together = TOGETHER if may_fly(spruce, flight) else 1
    for chunk in _chunks(zip(todo, items_of(spruce, starts, flight), strict=True), together):
        with transaction.atomic():
            for (known, at), items in chunk:
                _take_in(known, at, items, spruce.ahead or timedelta(), polled)


def _start(known: Conversation, since: datetime | None) -> datetime | None:
    return min(since, known.read_until - OVERLAP) if since and known.read_until else since


def may_fly(spruce: Spruce, flight: Flight | None) -> bool:
    """Several reads at once, where no limit asks for a pace."""
    limits = spruce.limits
    return flight is not None and limits.at is not None and limits.limit is None and limits.daily_limit is None


def items_of(spruce: Spruce, starts: list[tuple[str, datetime | None]], flight: Flight | None) -> Iterator[list[Item]]:
    """The items of conversations, each from its start on."""
    for chunk in _chunks(starts, TOGETHER):
        if may_fly(spruce, flight):
            client = spruce.admitted()
            yield from flight.map(lambda start, client=client: list(client.items(start[0], since=start[1])), chunk)
        else:
            yield from (list(spruce.items(id, since=since)) for id, since in chunk)


def _take_in(known: Conversation, newest: datetime | None, items: list[Item], ahead: timedelta, polled: Polled) -> None:
    for item in items:
        _take_in_one(item, known.phone, ahead, polled)
    polled.items += len(items)
    soon = clock.now() + ahead + SKEW  # an item dated later must not hide what comes until then
    seen = max((item.created_at for item in items if item.created_at <= soon), default=None)
    complete = seen is not None and (newest is None or seen >= newest)
    again = known.read_until is not None and newest is not None and newest <= known.read_until
    old = newest is not None and clock.now() - (newest - ahead) >= SETTLES_AFTER
    Conversation.objects.filter(pk=known.pk).update(
        read_at=clock.now(),
        read_until=seen if complete else known.read_until,
        settled=complete and (again or old),
    )


def _take_in_one(item: Item, phone: str, ahead: timedelta, polled: Polled) -> None:
    if item.is_note:
        return
    if item.direction == "inbound" and phone:
        reply = replies.store(item, phone)
        polled.new_replies += reply is not None
        polled.opt_outs += reply is not None and reply.kind == Reply.Kind.OPT_OUT
    elif item.direction == "outbound" and item.request_id:
        taken_at = confirm(item)
        if taken_at is not None:
            polled.confirmed += 1
            polled.lag = max(polled.lag, item.created_at - taken_at - ahead)


def confirm(item: Item) -> datetime | None:
    """Mark the text with this item's request id as confirmed; when Spruce took it. None: none of ours, or known."""
    waiting = Message.objects.filter(
        state__in=(Message.State.ACCEPTED, Message.State.UNCERTAIN), request_id=item.request_id
    )
    taken_at = waiting.values_list("accepted_at", flat=True).first()
    confirmed = waiting.update(
        state=Message.State.CONFIRMED,
        confirmed_at=clock.now(),
        item_id=item.id,
        conversation_id=item.conversation_id,
        reason="",
    )
    return (taken_at or item.created_at) if confirmed else None


def find_in_spruce(spruce: Spruce, messages: list[Message], flight: Flight | None) -> dict[int, list[Item]]:
    """Items that show each of these texts, by the row's key: the same words, out to the same number.

    What came in is taken in as well: a STOP that this look has read must stop the second try.
    """
    if not messages:
        return {}
    since = spruce.since(min(message.first_attempt_at for message in messages) - SKEW)
    by_phone: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_phone[message.phone].append(message)
    theirs = [each for each in _list(spruce, since) if by_phone.keys() & set(each.participants)]
    found: dict[int, list[Item]] = defaultdict(list)
    for conversation, items in zip(
        theirs, items_of(spruce, [(each.id, since) for each in theirs], flight), strict=True
    ):
        for item in items:
            if item.direction == "inbound" and not item.is_note:
                replies.store(item, conversation.participants[0])
        asked = [message for phone in conversation.participants for message in by_phone.get(phone, ())]
        for message in asked:
            found[message.pk] += [item for item in items if _shows(item, message, spruce.ahead)]
    return found


def _shows(item: Item, message: Message, ahead: timedelta | None) -> bool:
    if ahead is not None and item.created_at - ahead < message.first_attempt_at - SKEW:
        return False
    if item.direction != "outbound" or item.is_note:
        return False
    if message.request_id and item.request_id == message.request_id:
        return True
    same_words = item.text.split() == message.text.split()
    return same_words and not Message.objects.exclude(pk=message.pk).filter(item_id=item.id).exists()
