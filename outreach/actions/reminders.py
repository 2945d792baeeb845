"""Reminders: questions asked at their time, and late ones that wait for a person."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import days, facts, gate
from outreach.actions import replies
from outreach.actions.launching import plan_messages
from outreach.actions.waves import hold_late_waves
from outreach.models import Attempt, Campaign, CampaignStep, Message, MessagePatient
from outreach.planning import PlannedText
from patients.models import Patient

State = Message.State
LATE = "This reminder is more than a day late."
LET_GO_FOR = timedelta(days=3)  # a person's word lasts over a week-end and its holiday
LIMITS = (gate.WORDS["day_limit"], gate.WORDS["week_limit"])


def plan_reminders(now: datetime) -> int:
    """Ask of every running campaign whose reminder is due now and plan those texts; returns how many.

    A reminder is a question asked at its time: who was texted first so many days ago and has no answer?
    It waits while an earlier step of the number is open, and until a go can no longer be taken back. Whether it may
    go out is for the gate alone to say, so that a row tells why somebody got none. One that comes too late, or that
    waits too long, is held, and so are waves that are late.
    """
    practice = Practice.current()
    hold_late_waves(now)
    _hold_late_ones(now)
    return sum(
        _plan_step(campaign, step, practice, now)
        for campaign in Campaign.objects.running().exclude(undo_until__gt=now)
        for step in campaign.steps.filter(day__gt=0)
    )


def reminders_due(until: datetime) -> int:
    """How many numbers are to get a reminder by then that has no row yet, as far as the facts of now tell."""
    practice = Practice.current()
    steps = CampaignStep.objects.filter(campaign__state=Campaign.State.RUNNING, day__gt=0).select_related("campaign")
    found = (_due(_to_remind(step.campaign, step, until), step, practice, until) for step in steps)
    return sum(len(_still_to_ask(due, practice)) for due in found)


def _hold_late_ones(now: datetime) -> None:
    """Planned on its day, then the PC was off: as late as one that was never planned.

    Not those that a person let go, nor those that had their texts of the day or week and wait for the next.
    """
    late = now - gate.DAY
    waiting = Message.objects.filter(campaign__state=Campaign.State.RUNNING, state=State.PLANNED, hold="")
    waiting = waiting.filter(step__day__gt=0, due_at__lt=late).exclude(settled_at__gte=now - LET_GO_FOR)
    waiting.exclude(reason__in=LIMITS, not_before__gte=late).update(hold=LATE)


class Due(NamedTuple):
    """A reminder whose time `at` has come, and whom it may be about."""

    phone: str
    at: datetime
    patients: list[int]


@transaction.atomic
def _plan_step(campaign: Campaign, step: CampaignStep, practice: Practice, now: datetime) -> int:
    open_before = campaign.messages.open().filter(step__day__lt=step.day)
    firsts = _to_remind(campaign, step, now).exclude(phone__in=open_before.values("phone"))
    due = _still_to_ask(_due(firsts, step, practice, now), practice)
    for (at, hold), group in _grouped(due, now):
        plan_messages(campaign, step, group, due_at=at, hold=hold, by=None)
    return len(due)


def _to_remind(campaign: Campaign, step: CampaignStep, now: datetime):
    """The first texts whose reminder of this day may be due and has no row yet."""
    asked = campaign.messages.filter(step=step)
    firsts = campaign.messages.filter(step__day=0, state=State.CONFIRMED)
    firsts = firsts.filter(accepted_at__lte=now - timedelta(days=step.day - 1))
    return firsts.exclude(phone__in=asked.values("phone"))


def _due(firsts, step: CampaignStep, practice: Practice, now: datetime) -> list[Due]:
    """By these first texts, at the first opening of the day where each phone is."""
    links = MessagePatient.objects.filter(message__in=firsts).order_by("message__phone", "patient")
    columns = ("message__phone", "message__accepted_at", "patient_id", "patient__zip", "patient__state")
    due = []
    for (phone, first_at), rows in groupby(links.values_list(*columns), key=itemgetter(0, 1)):
        _, _, patients, zips, states = zip(*rows, strict=True)
        at = days.reminder_at(first_at, step.day, phone=phone, zips=zips, states=states, practice=practice)
        if at and at <= now:
            due.append(Due(phone, at, list(patients)))
    return due


def _still_to_ask(due: list[Due], practice: Practice) -> list[Due]:
    """Whom each reminder is about: not those whom staff has just spoken with, unless that is all of them.

    Then the row is made all the same, for the gate to skip it with the reason.
    """
    if not due:
        return []
    people = facts.patient_facts(Patient.objects.filter(pk__in={pk for each in due for pk in each.patients}))
    calls = Attempt.objects.last_spoken(people, since=min(each.at for each in due) - gate.CALL_COUNTS_FOR)
    today, found = practice.today(), []
    for phone, at, patients in due:
        left = [pk for pk in patients if not gate.patient_refusals(people[pk], state=practice.state, today=today)]
        not_called = [pk for pk in left if pk not in calls or calls[pk] < at - gate.CALL_COUNTS_FOR]
        if left:
            found.append(Due(phone, at, not_called or left))
    return found


def _grouped(due: list[Due], now: datetime) -> list[tuple[tuple[datetime, str], list[PlannedText]]]:
    """By their time, and by what a person must decide first."""
    groups: dict[tuple[datetime, str], list[PlannedText]] = defaultdict(list)
    deaths = replies.numbers_with_a_death() if due else set()
    for phone, at, patients in due:
        late = LATE if now - at > gate.DAY else ""
        groups[at, replies.HELD_FOR_A_DEATH if phone in deaths else late].append(PlannedText(phone, patients))
    return sorted(groups.items(), key=itemgetter(0))


def release(message: Message, *, by) -> None:
    """A person lets a late text go after all."""
    planned = Message.objects.filter(pk=message.pk, state=State.PLANNED)
    planned.update(hold="", settled_by=by, settled_at=clock.now())


def drop(message: Message, *, by) -> None:
    """A person decides that a late text is not sent."""
    Message.objects.filter(pk=message.pk, state=State.PLANNED).update(
        state=State.SKIPPED,
        reason="Staff decided not to send it.",
        settled_by=by,
        settled_at=clock.now(),
    )


@transaction.atomic
def decide_held(campaign: Campaign, *, message_ids: list[int], send: bool, by) -> int:
    """One decision about late texts: they go out after all, or never. Returns how many still waited.

    It also settles the later steps of the same numbers that were missed meanwhile, so that nobody is asked
    once more about each of them, and no patient gets two reminders in a row.
    """
    held = list(campaign.messages.late().filter(pk__in=message_ids))
    for message in held:
        (release if send else drop)(message, by=by)
    change = {"hold": ["late", ""]} if send else {"state": ["planned", "skipped"]}
    record([(message, "update", change) for message in held], by=by)
    for step in campaign.steps.filter(day__gt=0):
        _settle_missed(campaign, step, [message for message in held if message.step.day < step.day], send, by)
    return len(held)


def _settle_missed(campaign: Campaign, step: CampaignStep, decided: list[Message], sent: bool, by) -> None:
    """Skip this step where it is late too; where an earlier one goes out now, also where it is merely due."""
    now, about = clock.now(), {message.phone: [] for message in decided}
    for phone, pk in MessagePatient.objects.filter(message__in=decided).values_list("message__phone", "patient_id"):
        about[phone].append(pk)
    firsts = _to_remind(campaign, step, now).filter(phone__in=about)
    due = _due(firsts, step, Practice.current(), now)
    missed = [each._replace(patients=about[each.phone]) for each in due if sent or now - each.at > gate.DAY]
    for (at, _), group in _grouped(missed, now):
        plan_messages(campaign, step, group, due_at=at, hold="", by=by)
    rows = campaign.messages.filter(step=step, phone__in=[each.phone for each in missed])
    record([(row, "create", {"state": [None, "skipped"]}) for row in rows], by=by)
    reason = "Decided together with the late reminder before it."
    rows.update(state=State.SKIPPED, reason=reason, settled_by=by, settled_at=now)
