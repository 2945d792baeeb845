"""Reminders: questions asked at their time, and late ones that wait for a person."""

from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import facts, gate, planning
from outreach.actions import replies
from outreach.actions.launching import plan_messages
from outreach.models import Campaign, CampaignStep, Message, MessagePatient, Reply
from patients.models import Patient

LATE = "This reminder is more than a day late."


def plan_reminders(now: datetime) -> int:
    """Ask of every running campaign whose reminder is due now and plan those texts; returns how many.

    A reminder is a question asked at its time: who was texted first so many days ago and has no answer?
    It waits while an earlier step of the number is open.
    """
    practice = Practice.current()
    return sum(
        _plan_step(campaign, step, practice, now)
        for campaign in Campaign.objects.running()
        for step in campaign.steps.filter(day__gt=0)
    )


@transaction.atomic
def _plan_step(campaign: Campaign, step: CampaignStep, practice: Practice, now: datetime) -> int:
    firsts = campaign.messages.filter(step__day=0, state=Message.State.CONFIRMED, accepted_at__isnull=False)
    begun = {
        phone: at for phone, at in firsts.values_list("phone", "accepted_at") if _due(at, step.day, practice) <= now
    }
    for phone in campaign.messages.filter(step=step).values_list("phone", flat=True):
        begun.pop(phone, None)
    answered_by_text = Reply.objects.filter(kind__in=(Reply.Kind.DECLINE, Reply.Kind.YES), phone__in=list(begun))
    for phone in answered_by_text.filter(received_at__gte=campaign.launched_at).values_list("phone", flat=True):
        begun.pop(phone, None)  # they have spoken; a person calls them
    for phone in campaign.messages.open().filter(step__day__lt=step.day).values_list("phone", flat=True):
        begun.pop(phone, None)
    texts = _still_to_ask(campaign, set(begun), practice)
    groups: dict[str, list[planning.PlannedText]] = defaultdict(list)
    deaths = replies.numbers_with_a_death()
    for text in texts:
        late = LATE if planning.late(_due(begun[text.phone], step.day, practice)) else ""
        groups[replies.HELD_FOR_A_DEATH if text.phone in deaths else late].append(text)
    for hold, group in groups.items():
        due_at = max(_due(begun[text.phone], step.day, practice) for text in group)
        plan_messages(campaign, step, group, due_at=due_at, hold=hold, by=None)
    return len(texts)


def _due(first_text_at: datetime, days: int, practice: Practice) -> datetime:
    """The opening of the texting hours, so many calendar days after the first text."""
    zone = ZoneInfo(practice.time_zone)
    day = first_text_at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, practice.texting_start, zone)


def _still_to_ask(campaign: Campaign, phones: set[str], practice: Practice) -> list[planning.PlannedText]:
    links = MessagePatient.objects.filter(
        message__campaign=campaign, message__step__day=0, message__phone__in=phones
    ).values_list("message__phone", "patient_id")
    by_phone: dict[str, list[int]] = {}
    for phone, pk in links:
        by_phone.setdefault(phone, []).append(pk)
    people = facts.patient_facts(Patient.objects.filter(pk__in={pk for pks in by_phone.values() for pk in pks}))
    texts = []
    for phone, pks in sorted(by_phone.items()):
        today = practice.today()
        due = [pk for pk in pks if not gate.patient_refusals(people[pk], state=practice.state, today=today)]
        if due:
            texts.append(planning.PlannedText(phone, sorted(due)))
    return texts


def release(message: Message, *, by) -> None:
    """A person lets a late text go after all."""
    Message.objects.filter(pk=message.pk, state=Message.State.PLANNED).update(hold="", settled_by=by)


def drop(message: Message, *, by) -> None:
    """A person decides that a late text is not sent."""
    Message.objects.filter(pk=message.pk, state=Message.State.PLANNED).update(
        state=Message.State.SKIPPED,
        reason="Staff decided not to send it.",
        settled_by=by,
        settled_at=clock.now(),
    )


@transaction.atomic
def decide_held(campaign: Campaign, *, message_ids: list[int], send: bool, by) -> int:
    """One decision about late texts: they go out after all, or never. Returns how many still waited."""
    held = list(campaign.messages.filter(pk__in=message_ids, state=Message.State.PLANNED).exclude(hold=""))
    for message in held:
        (release if send else drop)(message, by=by)
    change = {"hold": ["late", ""]} if send else {"state": ["planned", "skipped"]}
    record([(message, "update", change) for message in held], by=by)
    return len(held)
