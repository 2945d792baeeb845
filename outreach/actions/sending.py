"""Handing texts to Spruce, each exactly once (design 4): claim, commit, call, commit.

The claim is durable before the socket opens; what happened after that is either known from Spruce's
answer, or looked up in Spruce's conversations, or asked of a person. Nothing here runs in a request.
"""

import hashlib
import hmac
import os
import time
from collections import Counter
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.keys import key_for
from explorer.lib.models import Practice
from outreach import facts, gate, line, planning, segments, wording
from outreach.actions import campaigns, polling, reminders, replies
from outreach.actions.handing_over import Report, hand_over
from outreach.actions.recovering import recover
from outreach.models import Campaign, LineState, Message, MessagePatient
from outreach.spruce import Refused, Spruce, SpruceError

State = Message.State
BATCH = 50
SETTLED_WITHIN = timedelta(minutes=2)  # a run waits no longer for what became of a text
TROUBLES = 10  # rounds without Spruce before a run gives up
PAUSE_AFTER_TROUBLE = timedelta(seconds=5)


def send_due(spruce: Spruce, *, most: int | None = None, until_idle: bool = False) -> Report:
    """Send what is due now, at most `most` texts. Raises line.Elsewhere.

    `until_idle`: go on, waiting where Spruce asks for patience, until nothing can be sent now and every
    accepted text is confirmed or given up. Trouble with Spruce ends the run and stands in the report.
    """
    report = Report()
    with line.lease():
        line.pace(spruce, patient=until_idle)
        begins = True
        while _round(spruce, report, most, begins=begins):
            begins = False
            line.keep()
        while until_idle and report.counts["troubles"] < TROUBLES and _something_may_change(report):
            time.sleep(min(1.0, _seconds_until(report.until)))
            line.keep()
            while _round(spruce, report, most):
                line.keep()
        line.remember_limits(spruce.limits)
    _finish_report(report)
    return report


def _round(spruce: Spruce, report: Report, most: int | None, *, begins: bool = False) -> bool:
    """One batch; True when another should follow at once."""
    report.waiting_for, report.until = "", None
    before = report.counts["touched"]
    try:
        _batch(spruce, report, most, begins)
    except line.Waiting as waiting:
        report.waiting_for, report.until = str(waiting), waiting.until
    except SpruceError as problem:
        report.counts["troubles"] += 1
        report.waiting_for, report.until = str(problem), clock.now() + PAUSE_AFTER_TROUBLE
    else:
        report.counts["troubles"] = 0
    touched = report.counts["touched"] - before
    return touched > 0 and not report.waiting_for and (most is None or report.counts["attempted"] < most)


def _batch(spruce: Spruce, report: Report, most: int | None, begins: bool) -> None:
    """Replies first, then what is unknown, then staff's answers, then up to 50 texts (design 4.5, 4.6)."""
    _choose_line(spruce)
    now = clock.now()
    report.counts += polling.poll(spruce, in_a_hurry=bool(_due(now))).as_counter()
    reminders.plan_reminders(now)
    recover(spruce, report, at_once=begins)
    _send_answers(spruce, report)
    room = BATCH if most is None else min(BATCH, most - report.counts["attempted"])
    for pk in _due(now)[: max(room, 0)]:
        if not _send_one(spruce, pk, report):
            break
    campaigns.pause_those_in_trouble()
    campaigns.finish_those_done(clock.now())


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
    """Claim, call, record. False when the batch should end."""
    report.counts["touched"] += 1
    message = claim(pk, report)
    if message is None:
        return not report.waiting_for
    return hand_over(spruce, message, report)


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
    known = facts.number_facts([message], practice, now)[message.pk]
    refusals = gate.number_refusals(known)
    if refusals:
        _turn_back(message, refusals, report, now, hours=known.hours.words)
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


def _turn_back(message: Message, refusals: list[gate.Refusal], report: Report, now: datetime, *, hours: str) -> None:
    lasting = [refusal for refusal in refusals if not refusal.waits]
    message.text = ""
    if lasting:
        message.state, message.reason = State.SKIPPED, lasting[0].words
        report.counts["skipped"] += 1
    else:
        first = refusals[0]
        message.reason = hours[:200] if first.code == "hours" else first.words
        message.not_before = first.until or now + timedelta(minutes=1)
        report.waiting_for, report.until = "", None
        if first.code in ("stopped", "not_running", "poll_old"):
            report.waiting_for = first.words
    message.save(update_fields=["text", "state", "reason", "not_before"])


def _send_answers(spruce: Spruce, report: Report) -> None:
    """Staff's answers and confirmed stops go first; they wait for no texting hours, a person is talking."""
    if Practice.current().texting_stopped_at:
        return
    waiting = Message.objects.filter(state=State.PLANNED).exclude(kind=Message.Kind.CAMPAIGN)
    waiting = waiting.exclude(not_before__gt=clock.now())
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        message = _claim_answer(pk)
        if message is None:
            continue
        if not hand_over(spruce, message, report):
            break


@transaction.atomic
def _claim_answer(pk: int) -> Message | None:
    message = Message.objects.select_for_update().get(pk=pk)
    if message.state != State.PLANNED:
        return None
    if against := replies.stands_against(message):
        message.state, message.reason = State.SKIPPED, against
        message.save(update_fields=["state", "reason"])
        return None
    now = clock.now()
    message.line_id = LineState.objects.values_list("line_id", flat=True).get(pk=1)
    message.key = message.key or message_key(message)
    message.state, message.attempts = State.SENDING, message.attempts + 1
    message.claimed_at, message.first_attempt_at = now, message.first_attempt_at or now
    message.save()
    return message


@transaction.atomic
def answer_text(*, reply, text: str, by) -> Message:
    """Queue a staff member's answer in the reply's conversation; the reply waits. Raises ValidationError."""
    if replies.is_stopped(reply.phone):
        raise ValidationError(gate.WORDS["suppressed"])
    if found := wording.health_words(text):
        raise ValidationError([finding.sentence for finding in found])
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


def _something_may_change(report: Report) -> bool:
    """Whether waiting a moment is worth while: not for tomorrow's texting hours."""
    soon = clock.now() + timedelta(minutes=10)
    if report.until and report.until > soon:
        return False
    fresh = clock.now() - SETTLED_WITHIN
    unsettled = Q(state=State.SENDING, claimed_at__gt=fresh) | Q(state=State.ACCEPTED, accepted_at__gt=fresh)
    if Message.objects.filter(unsettled).exists():
        return True
    waiting = Message.objects.filter(state=State.PLANNED, hold="", due_at__lte=soon)
    running = waiting.filter(campaign__state=Campaign.State.RUNNING) | waiting.filter(kind=Message.Kind.ANSWER)
    return running.exclude(not_before__gt=soon).exists()


def _seconds_until(moment: datetime | None) -> float:
    return 1.0 if moment is None else max(0.1, (moment - clock.now()).total_seconds())


def _finish_report(report: Report) -> None:
    """What is left, and why; the reason of the most. A text that simply had no turn yet waits for nothing."""
    waiting = Message.objects.filter(state=State.PLANNED, campaign__state=Campaign.State.RUNNING)
    report.remaining = waiting.count()
    if report.remaining and not report.waiting_for:
        reasons = Counter(hold or reason for hold, reason in waiting.values_list("hold", "reason"))
        report.waiting_for = reasons.most_common(1)[0][0]


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
