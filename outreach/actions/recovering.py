"""Texts whose outcome is unknown: looked up in Spruce, tried again with the same key, or asked of a person."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import facts, gate, line
from outreach.actions import polling, replies
from outreach.actions.landing import Report, land
from outreach.flight import Flight, Landed, hand_over
from outreach.models import Campaign, Message
from outreach.spruce import Item, Spruce

State = Message.State
KEY_GOOD_FOR = timedelta(hours=23)
GIVEN_UP_AFTER = timedelta(hours=1)
LOOKS = 6
DOUBTED_FOR = timedelta(seconds=60)  # at least; Spruce's lists lag, and restarts look again at once
COUNTED_ITSELF = ("day_limit", "week_limit", "campaign_limit")  # the try itself counts there


def recover(spruce: Spruce, right: line.Right, report: Report, flight: Flight, *, at_once: bool = False) -> None:
    """Find out what became of texts whose answer never came (design 4.3), or whose item never showed.

    We hold the right to send and nothing is in flight, so a row that says "sending" belongs to a call that has
    ended. It is looked for in Spruce's conversations first; not there and its key still good: gate again, the
    same key again. `at_once`: a run that begins does not wait for the pauses of the one before.
    """
    unknown = _unknown(at_once)
    found = polling.find_in_spruce(spruce, unknown, flight)
    for message in unknown:
        if found.get(message.pk):
            _found(message, found[message.pk])
            report.counts["confirmed"] += 1
        elif why := _hopeless(message):
            give_up(message, report, why)
        else:
            _try_again(spruce, right, message, report)


def _unknown(at_once: bool) -> list[Message]:
    now = clock.now()
    never_shown = Q(state=State.ACCEPTED, accepted_at__lt=now - GIVEN_UP_AFTER)
    rows = Message.objects.filter(Q(state=State.SENDING) | never_shown)
    if not at_once:
        rows = rows.exclude(state=State.SENDING, not_before__gt=now)
    return list(rows.select_related("campaign", "step", "invitation").order_by("pk"))


def _found(message: Message, items: list[Item]) -> None:
    item = items[0]
    Message.objects.filter(pk=message.pk, state=message.state).update(
        state=State.CONFIRMED,
        item_id=item.id,
        request_id=item.request_id[:120],
        conversation_id=item.conversation_id,
        copies=len({each.id for each in items}),
        accepted_at=message.accepted_at or message.first_attempt_at,
        confirmed_at=clock.now(),
        reason="Found in Spruce.",
    )


def _hopeless(message: Message) -> str:
    if message.state == State.ACCEPTED:
        return "Spruce took it, but it never showed in the conversation."
    if clock.now() - message.first_attempt_at > KEY_GOOD_FOR:
        return "It was not found in Spruce, and its key is too old to try again."
    if message.attempts > LOOKS and clock.now() - message.first_attempt_at > DOUBTED_FOR:
        return "Spruce has seen its key, but the text was not found there."
    return ""


def _try_again(spruce: Spruce, right: line.Right, message: Message, report: Report) -> None:
    if spruce.pace:
        spruce.pace()  # its turn first: what is read while waiting for it must count
    if not _still_wanted(message, report):
        line.give_back(1, spruce.limits)
        return
    line.keep(right)
    message.attempts += 1
    Message.objects.filter(pk=message.pk).update(attempts=message.attempts)
    landed = hand_over(spruce.admitted(), message)
    land([Landed(message, landed.request_id, landed.problem, again=True)], report)


def _still_wanted(message: Message, report: Report) -> bool:
    if message.kind != Message.Kind.CAMPAIGN:
        against = replies.stands_against(message)
        if against:
            give_up(message, report, f"It may have gone out; not tried again: {against}")
        return not against
    message.campaign.refresh_from_db(fields=["state"])
    known = facts.number_facts([message], Practice.current(), clock.now())[message.pk]
    refusals = [refusal for refusal in gate.number_refusals(known) if refusal.code not in COUNTED_ITSELF]
    if not refusals:
        return True
    cancelled = message.campaign.state == Campaign.State.CANCELLED
    if cancelled or any(not refusal.waits for refusal in refusals):
        give_up(message, report, f"It may have gone out; not tried again: {refusals[0].words}")
    else:
        Message.objects.filter(pk=message.pk).update(not_before=clock.now() + timedelta(minutes=1))
    return False


def give_up(message: Message, report: Report, why: str) -> None:
    Message.objects.filter(pk=message.pk, state=message.state).update(state=State.UNCERTAIN, reason=why[:200])
    report.counts["uncertain"] += 1


@transaction.atomic
def settle(message: Message, *, went_out: bool, by) -> None:
    """A person looked in Spruce and says whether an uncertain text went out."""
    message = Message.objects.select_for_update().get(pk=message.pk, state=State.UNCERTAIN)
    now = clock.now()
    message.settled_at, message.settled_by = now, by
    if went_out:
        message.state = State.CONFIRMED
        message.accepted_at = message.accepted_at or message.first_attempt_at
        message.confirmed_at, message.reason = now, "Staff found it in Spruce."
    else:
        message.state, message.reason = State.FAILED, "Staff did not find it in Spruce."
    message.save()
    record([(message, "update", {"state": [State.UNCERTAIN.value, message.state]})], by=by)
