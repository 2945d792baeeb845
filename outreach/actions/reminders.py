"""Reminders: questions asked at their time, and late ones that wait for a person."""

from datetime import datetime

from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import facts, gate, planning
from outreach.actions.launching import plan_messages
from outreach.actions.waves import hold_late_waves
from outreach.days import due_after
from outreach.models import Campaign, CampaignStep, Message, MessagePatient, Reply
from patients.models import Patient


def plan_reminders(now: datetime) -> int:
    """Ask of every running campaign whose reminder is due now and plan those texts; returns how many.

    A reminder is a question asked at its time: who was texted first so many days ago and has no answer?
    It waits while an earlier step of the number is open, and until a go can no longer be taken back. Waves that
    are late are held here too, before the sender looks for what is due.
    """
    practice = Practice.current()
    hold_late_waves(now)
    return sum(
        _plan_step(campaign, step, practice, now)
        for campaign in Campaign.objects.running().exclude(undo_until__gt=now)
        for step in campaign.steps.filter(day__gt=0)
    )


@transaction.atomic
def _plan_step(campaign: Campaign, step: CampaignStep, practice: Practice, now: datetime) -> int:
    firsts = campaign.messages.filter(step__day=0, state=Message.State.CONFIRMED, accepted_at__isnull=False)
    begun = {
        phone: at
        for phone, at in firsts.values_list("phone", "accepted_at")
        if due_after(at, step.day, practice) <= now
    }
    for phone in campaign.messages.filter(step=step).values_list("phone", flat=True):
        begun.pop(phone, None)
    answered_by_text = Reply.objects.filter(kind__in=(Reply.Kind.DECLINE, Reply.Kind.YES), phone__in=list(begun))
    for phone in answered_by_text.filter(received_at__gte=campaign.launched_at).values_list("phone", flat=True):
        begun.pop(phone, None)  # they have spoken; a person calls them
    for phone in campaign.messages.open().filter(step__day__lt=step.day).values_list("phone", flat=True):
        begun.pop(phone, None)
    texts = _still_to_ask(campaign, set(begun), practice)
    on_time = [text for text in texts if not planning.late(due_after(begun[text.phone], step.day, practice))]
    late = [text for text in texts if text not in on_time]
    for group, hold in ((on_time, ""), (late, "This reminder is more than a day late.")):
        if group:
            due_at = max(due_after(begun[text.phone], step.day, practice) for text in group)
            plan_messages(campaign, step, group, due_at=due_at, hold=hold, by=None)
    return len(texts)


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
    held = list(campaign.messages.late().filter(pk__in=message_ids))
    for message in held:
        (release if send else drop)(message, by=by)
    change = {"hold": ["late", ""]} if send else {"state": ["planned", "skipped"]}
    record([(message, "update", change) for message in held], by=by)
    return len(held)
