"""Texts whose outcome is unknown: looked up in Spruce, tried again with the same key, or asked of a person."""

from datetime import timedelta

from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import facts, gate
from outreach.actions import polling
from outreach.actions.handing_over import Report, hand_over
from outreach.models import Message
from outreach.spruce import Spruce

State = Message.State
KEY_GOOD_FOR = timedelta(hours=23)
GIVEN_UP_AFTER = timedelta(hours=1)
LOOKS = 6


def recover(spruce: Spruce, report: Report, *, at_once: bool = False) -> None:
    """Find out what became of texts whose answer never came (design 4.3), or whose item never showed.

    We hold the lease, so a row that says "sending" belongs to a call that has ended. It is looked for in
    Spruce's conversations first; not there and its key still good: gate again, the same key again.
    `at_once`: a run that begins does not wait for the pauses of the one before.
    """
    now = clock.now()
    unknown = Message.objects.filter(state=State.SENDING)
    if not at_once:
        unknown = unknown.exclude(not_before__gt=now)
    for message in unknown.select_related("campaign", "step", "invitation").order_by("pk"):
        if polling.find_in_spruce(spruce, message):
            report.counts["confirmed"] += 1
        elif now - message.first_attempt_at > KEY_GOOD_FOR:
            _give_up(message, report, "It was not found in Spruce, and its key is too old to try again.")
        elif message.attempts > LOOKS:
            _give_up(message, report, "Spruce has seen its key, but the text was not found there.")
        else:
            _try_again(spruce, message, report)
    for message in Message.objects.filter(state=State.ACCEPTED, accepted_at__lt=now - GIVEN_UP_AFTER):
        _give_up(message, report, "Spruce took it, but it never showed in the conversation.")


def _try_again(spruce: Spruce, message: Message, report: Report) -> None:
    if message.kind == Message.Kind.CAMPAIGN and not _still_wanted(message, report):
        return
    Message.objects.filter(pk=message.pk).update(attempts=message.attempts + 1)
    message.attempts += 1
    hand_over(spruce, message, report)


def _still_wanted(message: Message, report: Report) -> bool:
    practice = Practice.current()
    known = facts.number_facts([message], practice, clock.now())[message.pk]
    refusals = [r for r in gate.number_refusals(known) if r.code not in ("day_limit", "week_limit", "campaign_limit")]
    if not refusals:
        return True
    if any(not refusal.waits for refusal in refusals):
        _give_up(message, report, f"It may have gone out; not tried again: {refusals[0].words}")
    else:
        Message.objects.filter(pk=message.pk).update(not_before=clock.now() + timedelta(minutes=1))
    return False


def _give_up(message: Message, report: Report, why: str) -> None:
    message.state, message.reason = State.UNCERTAIN, why[:200]
    message.save(update_fields=["state", "reason"])
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
