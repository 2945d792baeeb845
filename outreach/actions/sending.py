"""Handing texts to Spruce, each exactly once (design 4): claim, commit, call, commit.

The claim is durable before the socket opens; what happened after that is either known from Spruce's
answer, or looked up in Spruce's conversations, or asked of a person. Nothing here runs in a request.
"""

import hashlib
import hmac
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.keys import key_for
from explorer.lib.models import Practice
from outreach import facts, gate, line, planning, segments, wording
from outreach.actions import campaigns, replies
from outreach.models import Campaign, LineState, Message, MessagePatient
from outreach.spruce import (
    Busy,
    KeySeen,
    NotSent,
    OutcomeUnknown,
    Refused,
    Spruce,
    SpruceError,
)

State = Message.State
BATCH = 50
KEY_GOOD_FOR = timedelta(hours=23)
LOOK_AGAIN_AFTER = timedelta(seconds=5)
LOOKS = 6
ERRORS_IN_A_ROW = 3
CONFIRMED_WITHIN = timedelta(minutes=2)  # a run waits no longer for the item of an accepted text
GIVEN_UP_AFTER = timedelta(hours=1)
TROUBLES = 10  # rounds without Spruce before a run gives up
PAUSE_AFTER_TROUBLE = timedelta(seconds=5)


@dataclass
class Report:
    """What one run did. `waiting_for` is empty when nothing is left to do."""

    counts: Counter = field(default_factory=Counter)
    remaining: int = 0
    waiting_for: str = ""
    until: datetime | None = None

    def as_facts(self) -> dict:
        names = ("accepted", "confirmed", "failed", "uncertain", "skipped")
        return {name: self.counts[name] for name in names} | {
            "remaining": self.remaining,
            "waiting_for": self.waiting_for,
        }


def send_due(spruce: Spruce, *, most: int | None = None, until_idle: bool = False) -> Report:
    """Send what is due now, at most `most` texts. Raises line.Elsewhere.

    `until_idle`: go on, waiting where Spruce asks for patience, until nothing can be sent now and every
    accepted text is confirmed or given up. Trouble with Spruce ends the run and stands in the report.
    """
    report = Report()
    with line.lease():
        line.pace(spruce, patient=until_idle)
        while _round(spruce, report, most):
            line.keep()
        while until_idle and report.counts["troubles"] < TROUBLES and _something_may_change(report):
            time.sleep(min(1.0, _seconds_until(report.until)))
            line.keep()
            while _round(spruce, report, most):
                line.keep()
        line.remember_limits(spruce.limits)
    _finish_report(report)
    return report


def _round(spruce: Spruce, report: Report, most: int | None) -> bool:
    """One batch; True when another should follow at once."""
    report.waiting_for, report.until = "", None
    before = report.counts["attempted"]
    try:
        _batch(spruce, report, most)
    except line.Waiting as waiting:
        report.waiting_for, report.until = str(waiting), waiting.until
    except SpruceError as problem:
        report.counts["troubles"] += 1
        report.waiting_for, report.until = str(problem), clock.now() + PAUSE_AFTER_TROUBLE
    else:
        report.counts["troubles"] = 0
    sent = report.counts["attempted"] - before
    return sent > 0 and not report.waiting_for and (most is None or report.counts["attempted"] < most)


def _batch(spruce: Spruce, report: Report, most: int | None) -> None:
    """Replies first, then what is unknown, then staff's answers, then up to 50 texts (design 4.5, 4.6)."""
    _choose_line(spruce)
    now = clock.now()
    campaigns.plan_reminders(now)
    report.counts += replies.poll(spruce, in_a_hurry=bool(_due(now))).as_counter()
    recover(spruce, report)
    _send_answers(spruce, report)
    room = BATCH if most is None else min(BATCH, most - report.counts["attempted"])
    for pk in _due(now)[: max(room, 0)]:
        if not _send_one(spruce, pk, report):
            break
    campaigns.finish_those_done(clock.now())


def _choose_line(spruce: Spruce) -> None:
    """The line texts go out from; kept, since an idempotency key holds for its path only."""
    state = LineState.objects.get(pk=1)
    if state.line_id:
        return
    chosen = choose_line(spruce)
    LineState.objects.filter(pk=1, line_id="").update(line_id=chosen.id, line_number=chosen.number)


def choose_line(spruce: Spruce):
    """SPRUCE_LINE by number or id, else the first phone line. Raises Refused."""
    wanted = os.environ.get("SPRUCE_LINE", "").strip()
    lines = [each for each in spruce.lines() if each.channel == "phone"]
    for each in lines:
        if wanted in ("", each.id, each.number):
            return each
    raise Refused(404, "NO_LINE", "Spruce has no phone line to text from; check SPRUCE_LINE.")


def _due(now: datetime) -> list[int]:
    """Planned texts of running campaigns whose time has come, oldest first."""
    waiting = Message.objects.filter(
        kind=Message.Kind.CAMPAIGN,
        state=State.PLANNED,
        hold="",
        due_at__lte=now,
        campaign__state=Campaign.State.RUNNING,
    ).exclude(not_before__gt=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH])


def _send_one(spruce: Spruce, pk: int, report: Report) -> bool:
    """Claim, call, record. False when the round should end."""
    message = claim(pk, report)
    if message is None:
        return not report.waiting_for
    report.counts["attempted"] += 1
    return _call(spruce, message, report)


@transaction.atomic
def claim(pk: int, report: Report) -> Message | None:
    """Ask the gate again, freeze text, line and key, count the attempt. None: not now, or not at all."""
    message = (
        Message.objects.select_for_update(of=("self",)).select_related("campaign", "step", "invitation").get(pk=pk)
    )
    if message.state != State.PLANNED:
        return None
    practice, now = Practice.current(), clock.now()
    message.text = _text_for(message, practice)
    refusals = gate.number_refusals(facts.number_facts([message], practice, now)[message.pk])
    if refusals:
        _turn_back(message, refusals, report, now)
        return None
    message.segments = segments.measure(message.text).parts
    message.line_id = LineState.objects.values_list("line_id", flat=True).get(pk=1)
    message.key = message_key(message)
    message.state, message.attempts = State.SENDING, message.attempts + 1
    message.claimed_at, message.first_attempt_at = now, message.first_attempt_at or now
    message.reason, message.not_before = "", None
    message.save()
    return message


def _text_for(message: Message, practice: Practice) -> str:
    """The words as they are now; a text with an open placeholder comes back empty and is not sent."""
    if message.text and message.first_attempt_at:
        return message.text
    try:
        return wording.render(message.step.body, planning.merge_values(practice, message.invitation.code))
    except (wording.BadTemplate, planning.NoLink):
        return ""


def message_key(message: Message) -> str:
    """The same for ever for a row, on every PC that holds this installation's master key."""
    row = f"{message.pk}|{message.campaign_id}|{message.step_id}|{message.phone}|{message.planned_at.isoformat()}"
    return hmac.new(key_for("idempotency"), row.encode(), hashlib.sha256).hexdigest()


def _turn_back(message: Message, refusals: list[gate.Refusal], report: Report, now: datetime) -> None:
    lasting = [refusal for refusal in refusals if not refusal.waits]
    message.text = ""
    if lasting:
        message.state, message.reason = State.SKIPPED, lasting[0].words
        report.counts["skipped"] += 1
    else:
        first = refusals[0]
        message.reason = first.words
        message.not_before = first.until or now + timedelta(minutes=1)
        report.waiting_for, report.until = "", None
        if first.code in ("stopped", "not_running", "poll_old"):
            report.waiting_for = first.words
    message.save(update_fields=["text", "state", "reason", "not_before"])


def _call(spruce: Spruce, message: Message, report: Report) -> bool:
    try:
        request_id = _hand_over(spruce, message)
    except NotSent:
        _back_to_planned(message, report, "Spruce could not be reached.")
        return False
    except Busy as busy:
        if not busy.definite:
            _still_unknown(message)
            return _errors_end_the_round(message, report)
        _back_to_planned(message, report, "Spruce is busy.", busy.retry_after)
        return False
    except line.Waiting:
        _back_to_planned(message, report, "Spruce's rate limit", 0.1)
        raise
    except KeySeen:
        _still_unknown(message)
        return True
    except OutcomeUnknown:
        _still_unknown(message)
        return _errors_end_the_round(message, report)
    except Refused as refusal:
        _failed(message, refusal, report)
        return _errors_end_the_round(message, report)
    _accepted(message, request_id, report)
    return True


def _hand_over(spruce: Spruce, message: Message) -> str:
    if message.kind == Message.Kind.ANSWER:
        return spruce.reply_in(message.conversation_id, message.text, message.key)
    return spruce.send_text(message.line_id, message.phone, message.text, message.key)


def _accepted(message: Message, request_id: str, report: Report) -> None:
    message.state, message.request_id, message.accepted_at = State.ACCEPTED, request_id[:120], clock.now()
    message.save(update_fields=["state", "request_id", "accepted_at"])
    report.counts["accepted"] += 1
    report.counts["errors_in_a_row"] = 0


def _back_to_planned(message: Message, report: Report, why: str, seconds: float | None = None) -> None:
    """Nothing left this PC. A key that was never shown to Spruce stays good for the next try."""
    wait = timedelta(seconds=min(seconds or 5 * 2 ** min(message.attempts, 6), 600))
    message.state, message.reason, message.not_before = State.PLANNED, why, clock.now() + wait
    message.save(update_fields=["state", "reason", "not_before"])
    report.waiting_for, report.until = why, message.not_before


def _still_unknown(message: Message) -> None:
    message.reason = "Spruce's answer did not arrive; looking for the text there."
    message.not_before = clock.now() + LOOK_AGAIN_AFTER
    message.save(update_fields=["reason", "not_before"])


def _failed(message: Message, refusal: Refused, report: Report) -> None:
    message.state = State.FAILED
    message.reason = f"Spruce refused it: {refusal.type or 'no reason given'} ({refusal.status})."[:200]
    message.save(update_fields=["state", "reason"])
    report.counts["failed"] += 1


def _errors_end_the_round(message: Message, report: Report) -> bool:
    """Three errors in a row pause the campaign: something is wrong that a person should see."""
    report.counts["errors_in_a_row"] += 1
    if report.counts["errors_in_a_row"] < ERRORS_IN_A_ROW:
        return True
    if message.campaign_id:
        campaigns.pause(message.campaign, by=None, why="Paused by itself: three errors in a row.")
    report.counts["errors_in_a_row"] = 0
    report.waiting_for = "The campaign paused itself after three errors in a row."
    return False


def _send_answers(spruce: Spruce, report: Report) -> int:
    """Staff's answers go first; they wait for no texting hours, a person is talking."""
    sent = 0
    if Practice.current().texting_stopped_at:
        return sent
    waiting = Message.objects.filter(kind=Message.Kind.ANSWER, state=State.PLANNED).exclude(not_before__gt=clock.now())
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        message = _claim_answer(pk)
        if message is None:
            continue
        sent += 1
        if not _call(spruce, message, report):
            break
    return sent


@transaction.atomic
def _claim_answer(pk: int) -> Message | None:
    message = Message.objects.select_for_update().get(pk=pk)
    if message.state != State.PLANNED:
        return None
    if replies.is_stopped(message.phone):
        message.state, message.reason = State.SKIPPED, gate.WORDS["suppressed"]
        message.save(update_fields=["state", "reason"])
        return None
    now = clock.now()
    message.line_id = LineState.objects.values_list("line_id", flat=True).get(pk=1)
    message.key = message.key or message_key(message)
    message.state, message.attempts = State.SENDING, message.attempts + 1
    message.claimed_at, message.first_attempt_at = now, message.first_attempt_at or now
    message.save()
    return message


def recover(spruce: Spruce, report: Report) -> None:
    """Find out what became of texts whose answer never came (design 4.3), or whose item never showed.

    We hold the lease, so a row that says "sending" belongs to a call that has ended. It is looked for in
    Spruce's conversations first; not there and its key still good: gate again, the same key again.
    """
    now = clock.now()
    unknown = Message.objects.filter(state=State.SENDING).exclude(not_before__gt=now)
    for message in unknown.select_related("campaign", "step", "invitation").order_by("pk"):
        if replies.find_in_spruce(spruce, message):
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
    report.counts["attempted"] += 1
    _call(spruce, message, report)


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


def _something_may_change(report: Report) -> bool:
    """Whether waiting a moment is worth while: not for tomorrow's texting hours."""
    soon = clock.now() + timedelta(minutes=10)
    if report.until and report.until > soon:
        return False
    fresh = clock.now() - CONFIRMED_WITHIN
    unsettled = Message.objects.filter(state=State.SENDING) | Message.objects.filter(
        state=State.ACCEPTED, accepted_at__gt=fresh
    )
    if unsettled.exists():
        return True
    waiting = Message.objects.filter(state=State.PLANNED, hold="", due_at__lte=soon)
    running = waiting.filter(campaign__state=Campaign.State.RUNNING) | waiting.filter(kind=Message.Kind.ANSWER)
    return running.exclude(not_before__gt=soon).exists()


def _seconds_until(moment: datetime | None) -> float:
    return 1.0 if moment is None else max(0.1, (moment - clock.now()).total_seconds())


def _finish_report(report: Report) -> None:
    waiting = Message.objects.filter(state=State.PLANNED, campaign__state=Campaign.State.RUNNING)
    report.remaining = waiting.count()
    if report.remaining and not report.waiting_for:
        first = waiting.filter(hold="").exclude(reason="").order_by("not_before").first()
        held = waiting.exclude(hold="").first()
        report.waiting_for = first.reason if first else (held.hold if held else "")


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


@transaction.atomic
def answer_text(*, reply, text: str, by) -> Message:
    """Queue a staff member's answer in the reply's conversation; the reply waits. Raises ValidationError."""
    if replies.is_stopped(reply.phone):
        raise ValidationError(gate.WORDS["suppressed"])
    message = Message(
        kind=Message.Kind.ANSWER,
        phone=reply.phone,
        conversation_id=reply.conversation_id,
        text=text,
        segments=segments.measure(text).parts,
        planned_by=by,
    )
    message.save()
    if reply.patient_id:
        MessagePatient.objects.create(message=message, patient_id=reply.patient_id)
    replies.mark_answered(reply)
    record([(message, "create", {"kind": [None, "answer"]})], by=by)
    return message
