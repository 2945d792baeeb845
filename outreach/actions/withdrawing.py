"""What else must stop after a STOP: messages that Spruce would send later by itself, and stops told to staff.

Runs after each poll, outside any transaction, and asks the rows what is left to do: a number that gets no
text and was not looked up in Spruce's schedule yet, a message that was claimed and whose deletion was not seen.
Running it twice, or beside itself, does no harm.
"""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q

from explorer.lib import clock
from outreach.actions.replies import stop_as_recorded
from outreach.models import Conversation, ScheduledWithdrawal, Suppression
from outreach.spruce import BadToken, Refused, ScheduledText, Spruce, SpruceError

Outcome = ScheduledWithdrawal.Outcome
LAG = timedelta(seconds=30)  # Spruce's lists are eventually consistent: look once more after that
log = logging.getLogger(__name__)


def after_a_poll(spruce: Spruce) -> None:
    """Trouble with Spruce ends it until the next poll: no text of ours depends on it."""
    stop_as_recorded()
    try:
        withdraw_scheduled(spruce)
    except SpruceError as problem:
        log.warning("Scheduled messages could not be withdrawn: %s", type(problem).__name__)


def withdraw_scheduled(spruce: Spruce) -> int:
    """Delete Spruce's scheduled messages to numbers that get no text; how many rows ended. Raises SpruceError."""
    started = clock.now()
    unseen = list(Suppression.objects.in_force().filter(_to_look_up(started)).values_list("pk", flat=True))
    if unseen:
        _claim_all(spruce)
    claimed = ScheduledWithdrawal.objects.filter(outcome=Outcome.CLAIMED)
    ended = sum(_delete(spruce, row) for row in claimed.order_by("pk"))
    Suppression.objects.filter(pk__in=unseen).update(scheduled_looked_at=started)
    return ended


def _to_look_up(now: datetime) -> Q:
    """At once, and once more when Spruce's list must show what was scheduled before the stop."""
    too_early = Q(scheduled_looked_at__lt=F("effective_at") + LAG, effective_at__lte=now - LAG)
    return Q(scheduled_looked_at=None) | too_early


def _claim_all(spruce: Spruce) -> None:
    scheduled = [each for each in spruce.scheduled() if not each.is_note]
    if not scheduled:
        return
    stops = {stop.phone: stop for stop in Suppression.objects.in_force().order_by("-pk")}
    numbers = {spruce_id: _number_in(spruce, spruce_id) for spruce_id in {each.conversation_id for each in scheduled}}
    for each in scheduled:
        if stop := stops.get(numbers[each.conversation_id]):
            _claim(each, stop)


def _claim(each: ScheduledText, stop: Suppression) -> None:
    """One that is listed although it could not be deleted, or was not found, is tried again."""
    row, new = ScheduledWithdrawal.objects.get_or_create(
        scheduled_id=each.id, defaults={"suppression": stop, "send_at": each.send_at}
    )
    if not new and row.outcome != Outcome.WITHDRAWN:
        ScheduledWithdrawal.objects.filter(pk=row.pk).update(outcome=Outcome.CLAIMED, ended_at=None)


def _number_in(spruce: Spruce, conversation_id: str) -> str:
    """Who is written to in a conversation, "" where Spruce does not know it; asked once and then remembered."""
    known = Conversation.objects.filter(spruce_id=conversation_id).first()
    if known:
        return known.phone
    try:
        numbers = spruce.conversation(conversation_id).participants
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return ""
    phone = numbers[0] if numbers else ""
    return Conversation.objects.get_or_create(spruce_id=conversation_id, defaults={"phone": phone})[0].phone


def _delete(spruce: Spruce, row: ScheduledWithdrawal) -> bool:
    try:
        spruce.delete_scheduled(row.scheduled_id)
        outcome = Outcome.WITHDRAWN
    except BadToken:
        raise
    except Refused as refusal:
        outcome = Outcome.GONE if refusal.status == 404 else Outcome.REFUSED
    ended = ScheduledWithdrawal.objects.filter(pk=row.pk)
    if outcome != Outcome.WITHDRAWN:
        ended = ended.filter(outcome=Outcome.CLAIMED)  # beside us, another may just have withdrawn it
    return ended.update(outcome=outcome, ended_at=clock.now()) > 0
