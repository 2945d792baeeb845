"""Handing texts to Spruce, each exactly once (design 4): claim, commit, call, commit.

The claim is durable before the socket opens; what happened after that is either known from Spruce's
answer, or looked up in Spruce's conversations, or asked of a person. Nothing here runs in a request.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import gate, line, pace, segments, wording
from outreach.actions import arming, campaigns, interruptions, polling, recovering, reminders, replies
from outreach.actions.claiming import answers_waiting, claim, claim_answer
from outreach.actions.landing import Report, land
from outreach.flight import Flight, hand_over
from outreach.models import Campaign, LineState, Message, MessagePatient
from outreach.spruce import Refused, Spruce, SpruceError

State = Message.State
BATCH = 50
CHUNK = 8  # texts claimed in one commit, where there is room for so many
SETTLED_WITHIN = timedelta(minutes=2)  # a run waits no longer for what became of a text
REMINDERS_EVERY = timedelta(minutes=1)
TROUBLES = 10  # rounds without Spruce before a run gives up
PAUSE_AFTER_TROUBLE = timedelta(seconds=5)


@dataclass
class Run:
    """One run of the sender."""

    spruce: Spruce
    right: line.Right
    flight: Flight
    most: int | None
    patient: bool
    report: Report = field(default_factory=Report)
    reader: polling.Reader = field(default_factory=polling.Reader)
    reminded_at: datetime | None = None
    all_read: bool = False

    def room(self) -> int:
        """How many texts the next batch may hold."""
        return BATCH if self.most is None else min(BATCH, self.most - self.report.counts["attempted"])


def send_due(
    spruce: Spruce, *, most: int | None = None, until_idle: bool = False, for_at_most: timedelta = timedelta.max
) -> Report:
    """Send what is due now, at most `most` texts. Raises line.Elsewhere, arming.Disarmed.

    `until_idle`: go on, waiting where Spruce asks for patience, until nothing can be sent now and every
    accepted text is confirmed or given up. Trouble with Spruce ends the run and stands in the report; so does the
    end of `for_at_most`, between two batches.
    """
    began = time.monotonic()
    with line.hold() as right, Flight(spruce, keep=lambda: line.keep_if_long_ago(right)) as flight:
        arming.check(right)
        interruptions.note(right)
        line.keep_pace(spruce, patient=until_idle, right=right)
        run = Run(spruce, right, flight, most, until_idle)
        begins = True
        while True:
            again = _round(run, begins=begins)
            begins = False
            if time.monotonic() - began > for_at_most.total_seconds():
                break
            if again:
                continue
            line.keep(right)
            if not until_idle or run.report.counts["troubles"] >= TROUBLES or not _something_may_change(run):
                break
            _rest(run)
    _finish_report(run.report)
    return run.report


def _round(run: Run, *, begins: bool) -> bool:
    """One batch; True when another should follow at once."""
    report = run.report
    report.waiting_for, report.until, report.ends = "", None, False
    before = report.counts["touched"]
    try:
        _batch(run, begins)
    except line.Waiting as waiting:
        report.wait(str(waiting), waiting.until)
    except SpruceError as problem:
        report.counts["troubles"] += 1
        report.wait(str(problem), clock.now() + PAUSE_AFTER_TROUBLE)
    else:
        report.counts["troubles"] = 0
    return report.counts["touched"] > before and not report.waiting_for and run.room() > 0


def _batch(run: Run, begins: bool) -> None:
    """Replies first, then what is unknown, then staff's answers, then up to 50 texts (design 4.5, 4.6)."""
    _choose_line(run.spruce)
    now, report = clock.now(), run.report
    hurry = bool(_due(1))
    polled = polling.poll(run.spruce, in_a_hurry=hurry, reader=run.reader, flight=run.flight)
    report.counts += polled.as_counter()
    run.all_read = not hurry and polled.whole
    recovering.recover(run.spruce, run.right, report, run.flight, at_once=begins)
    if run.reminded_at is None or now - run.reminded_at >= REMINDERS_EVERY:
        reminders.plan_reminders(now)
        run.reminded_at = now
    _send_answers(run)
    try:
        _send_texts(run)
        if not report.ends and polling.may_fly(run.spruce, run.flight) and _due(1):
            polling.look_ahead(run.spruce, run.reader, run.flight)
    finally:
        while len(run.flight):
            _land(run, at_least_one=True)
    line.remember_limits(run.spruce.limits)
    campaigns.pause_those_in_trouble()
    if not _due(1):
        campaigns.finish_those_done(clock.now())


def _send_texts(run: Run) -> None:
    room = run.room()
    while room > 0 and not run.report.ends:
        _land(run, at_least_one=False)
        together = pace.at_once(run.spruce.limits) or room
        free = min(room, together, run.flight.free())
        if free < min(room, together, CHUNK) and len(run.flight):
            _land(run, at_least_one=True)
            continue
        due = _due(free)
        if not due:
            break
        try:
            _start(run, due)
        except line.Waiting:
            if not len(run.flight) and len(due) == 1:
                raise
            # perhaps only the calls under way, or so many at once, would be too many
            while len(run.flight):
                _land(run, at_least_one=True)
            due = due[:1]
            _start(run, due)
        room -= len(due)
        _send_answers(run)


def _start(run: Run, due: list[int]) -> None:
    """Wait for their turn, then claim and hand over at once: no row says "sending" for longer than its call."""
    line.admit(run.spruce.gauge, calls=len(due), texts=True, patient=run.patient, right=run.right)
    claimed = claim(due, run.right)
    line.give_back(len(due) - len(claimed.messages), run.spruce.limits)
    run.report.counts["touched"] += len(due)
    run.report.counts["skipped"] += claimed.skipped
    for message in claimed.messages:
        run.flight.start(message)
    if claimed.waiting_for:
        run.report.wait(claimed.waiting_for)


def _land(run: Run, *, at_least_one: bool) -> None:
    if len(run.flight) and (arrived := run.flight.landed(at_least_one=at_least_one)):
        land(arrived, run.report)
        run.reader.sent_at.extend(clock.now() for each in arrived if each.problem is None)


def _due(most: int) -> list[int]:
    """Planned texts of running campaigns whose time has come, oldest first."""
    now = clock.now()
    waiting = Message.objects.filter(
        kind=Message.Kind.CAMPAIGN,
        state=State.PLANNED,
        hold="",
        due_at__lte=now,
        campaign__state=Campaign.State.RUNNING,
    ).exclude(not_before__gt=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:most])


def _send_answers(run: Run) -> None:
    """Staff's answers go first, whatever waits."""
    for pk in answers_waiting(clock.now()):
        line.admit(run.spruce.gauge, patient=run.patient, right=run.right)
        message = claim_answer(pk, run.right)
        if message is None:
            line.give_back(1, run.spruce.limits)
            continue
        land([hand_over(run.spruce.admitted(), message)], run.report)
        if run.report.ends:
            break


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


def _something_may_change(run: Run) -> bool:
    """Whether waiting a moment is worth while: not for tomorrow's texting hours."""
    now = clock.now()
    soon = now + timedelta(minutes=10)
    if run.report.until and run.report.until > soon:
        return False
    fresh = now - SETTLED_WITHIN
    unsettled = Q(state=State.SENDING, claimed_at__gt=fresh) | Q(state=State.ACCEPTED, accepted_at__gt=fresh)
    if Message.objects.filter(unsettled).exists():
        return True
    if not run.all_read and Message.objects.filter(state=State.ACCEPTED).exists():
        return True
    if run.room() <= 0 or Practice.current().texting_stopped_at:
        return False
    waiting = Message.objects.filter(state=State.PLANNED, hold="", due_at__lte=soon)
    running = waiting.filter(campaign__state=Campaign.State.RUNNING) | waiting.exclude(kind=Message.Kind.CAMPAIGN)
    return running.exclude(not_before__gt=soon).exists()


def _rest(run: Run) -> None:
    """Until Spruce may be asked again, or a moment."""
    until = max(run.report.until or clock.now() + timedelta(seconds=1), clock.now() + timedelta(seconds=0.1))
    while (left := (until - clock.now()).total_seconds()) > 0:
        time.sleep(min(left, 1.0))
        line.keep(run.right)


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
