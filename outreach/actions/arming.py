"""A database that was restored, copied or whose clock ran back sends nothing until a person has compared it with
Spruce (design 4.7): texts that it does not know of may have gone out.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.home import home
from explorer.lib.models import Practice
from explorer.lib.place import here
from outreach import line, planning, wording
from outreach.actions import polling
from outreach.actions.claiming import message_key
from outreach.flight import Flight
from outreach.models import Campaign, LineState, Message, MessagePatient
from outreach.spruce import Conversation, Item, Spruce

State = Message.State
MAY_RUN_BACK = timedelta(minutes=5)
MAY_RUN_BACK_WHEN_SET = timedelta(hours=6)  # a set clock starts again with each process
LOOK_BACK = timedelta(days=1)
COPIED = "The data folder was copied, or moved to another PC or place."
OLDER = "The database is older than what this PC has sent, as after a restore."
RAN_BACK = "This PC's clock ran back by {}."


class Disarmed(Exception):
    """Texting is locked; the text says why and what to do."""


def check(right: line.Right) -> None:
    """Lock texting when this is not the place, or not the time, that it was. Raises Disarmed, line.Elsewhere."""
    line.keep(right)
    state = LineState.objects.get(pk=1)
    if state.disarmed_at is None and (why := _why_not(state, right)):
        disarm(why)
        state.refresh_from_db()
    if state.disarmed_at is not None:
        raise Disarmed(f"Texting is locked: {state.disarmed_why} Compare with Spruce, then unlock it.")
    LineState.objects.filter(pk=1).update(place=here(), seen_at=clock.now())
    _mark(right.fence)


def _why_not(state: LineState, right: line.Right) -> str:
    if state.place not in ("", here()) and connection.vendor == "sqlite":
        return COPIED
    if connection.vendor == "sqlite" and _marked() >= right.fence:
        return OLDER
    back = state.seen_at - clock.now() if state.seen_at else timedelta()
    if back > (MAY_RUN_BACK_WHEN_SET if clock.is_set() else MAY_RUN_BACK):
        return RAN_BACK.format(_in_words(back))
    return ""


def _in_words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours >= 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"


def _mark_file():
    return home() / "sender"


def _marked() -> int:
    """The newest right to send that this data folder has seen, kept beside the database."""
    try:
        return int(_mark_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _mark(fence: int) -> None:
    new = _mark_file().with_suffix(".new")
    new.write_text(str(fence), encoding="ascii")
    new.replace(_mark_file())


def disarm(why: str) -> None:
    """Nothing is sent from this database until a person unlocks it."""
    LineState.objects.filter(pk=1, disarmed_at=None).update(
        disarmed_at=clock.now(), disarmed_why=why[:200], reconciled_at=None, reconciled=""
    )


def reconcile(spruce: Spruce) -> str:
    """Compare the ledger with what Spruce shows; a sentence of what was found. Raises SpruceError, Elsewhere.

    Texts of ours that the ledger does not know of are entered as confirmed, so that they are not sent again;
    replies are read as well, so that no STOP is missed.
    """
    with line.hold() as right, Flight(spruce) as flight:
        line.keep_pace(spruce, patient=True, right=right)
        LineState.objects.filter(pk=1).update(read_until=_since())
        polling.poll(spruce, flight=flight)
        entered = sum(_enter(*each) for each in _unknown_texts(spruce, flight))
        found = f"{entered} text{'' if entered == 1 else 's'} found in Spruce that the ledger did not know of."
        LineState.objects.filter(pk=1).update(reconciled_at=clock.now(), reconciled=found)
        return found


def _since() -> datetime:
    """From a day before the last sign of life, or from the oldest open campaign's launch."""
    state = LineState.objects.get(pk=1)
    known = filter(None, (state.polled_at, state.seen_at))
    oldest = Campaign.objects.filter(state__in=(Campaign.State.RUNNING, Campaign.State.PAUSED))
    launched = filter(None, oldest.values_list("launched_at", flat=True))
    return min((*known, *launched, clock.now())) - LOOK_BACK


def _unknown_texts(spruce: Spruce, flight: Flight) -> list[tuple[list[Campaign], str, Item]]:
    """Outbound items in Spruce to numbers of open campaigns that no row of the ledger stands for."""
    open_ones = Campaign.objects.filter(state__in=(Campaign.State.RUNNING, Campaign.State.PAUSED))
    by_phone: dict[str, list[Campaign]] = defaultdict(list)
    for message in Message.objects.filter(campaign__in=open_ones, step__day=0).select_related("campaign"):
        by_phone[message.phone].append(message.campaign)
    since = spruce.since(_since())
    theirs: list[Conversation] = [
        each for each in spruce.conversations(active_since=since) if by_phone.keys() & set(each.participants)
    ]
    starts = [(each.id, since) for each in theirs]
    return [
        (by_phone[phone], phone, item)
        for conversation, items in zip(theirs, polling.items_of(spruce, starts, flight), strict=True)
        for phone in conversation.participants
        if phone in by_phone
        for item in items
        if item.direction == "outbound" and not _known(item)
    ]


def _known(item: Item) -> bool:
    rows = Message.objects.filter(item_id=item.id)
    return (rows | Message.objects.filter(request_id=item.request_id)).exists() if item.request_id else rows.exists()


def _enter(campaigns: list[Campaign], phone: str, item: Item) -> bool:
    """Put a text that Spruce shows into the ledger, where it is one of ours."""
    return any(_enter_in(campaign, phone, item) for campaign in campaigns)


@transaction.atomic
def _enter_in(campaign: Campaign, phone: str, item: Item) -> bool:
    rows = Message.objects.filter(campaign=campaign, phone=phone).select_related("step", "invitation")
    first = rows.get(step__day=0)
    step = _step_of(item, campaign, first)
    if step is None:
        return False
    message, new = Message.objects.get_or_create(
        campaign=campaign, step=step, phone=phone, defaults={"invitation": first.invitation}
    )
    if not new and message.state not in (State.PLANNED, State.SENDING):
        return False
    _fill(message, item)
    if new:
        patients = [MessagePatient(message=message, patient=patient) for patient in first.patients.all()]
        MessagePatient.objects.bulk_create(patients)
    return True


def _step_of(item: Item, campaign: Campaign, first: Message):
    """By its words; where they were changed since, a text with the number's code is the first that is missing."""
    links, steps = planning.Links(Practice.current()), list(campaign.steps.all())
    for step in steps:
        if _words(step, links, first) == item.text.split():
            return step
    if first.invitation.code not in item.text.replace("-", ""):
        return None
    there = set(campaign.messages.filter(phone=first.phone).reached().values_list("step", flat=True))
    return next((step for step in steps if step.pk not in there), None)


def _words(step, links: planning.Links, first: Message) -> list[str]:
    try:
        return wording.render(step.body, links.values(first.invitation.code)).split()
    except (wording.BadTemplate, planning.NoLink):
        return []


def _fill(message: Message, item: Item) -> None:
    message.state, message.text = State.CONFIRMED, item.text
    message.key = message.key or message_key(message)
    message.line_id = message.line_id or LineState.objects.values_list("line_id", flat=True).get(pk=1) or "unknown"
    message.first_attempt_at = message.first_attempt_at or item.created_at
    message.accepted_at, message.confirmed_at = message.accepted_at or item.created_at, clock.now()
    message.item_id, message.request_id = item.id, item.request_id[:120]
    message.conversation_id = item.conversation_id
    message.reason, message.hold, message.not_before = "Found in Spruce.", "", None
    message.save()


@transaction.atomic
def arm(*, by) -> None:
    """A person unlocks texting on this PC after the comparison. Raises ValidationError."""
    state = LineState.objects.select_for_update().get(pk=1)
    if state.disarmed_at is None:
        return
    if state.reconciled_at is None or state.reconciled_at < state.disarmed_at:
        raise ValidationError("Compare with Spruce first: texts may have gone out that this PC does not know of.")
    why = state.disarmed_why
    state.disarmed_at, state.disarmed_why, state.place, state.seen_at = None, "", here(), clock.now()
    state.save()
    _mark(state.fence)
    record([(state, "update", {"disarmed_why": [why, ""]})], by=by)
