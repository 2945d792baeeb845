"""The next text of a patient, judged by the gate as the sender will judge it."""

from copy import copy
from datetime import datetime

from django.utils.translation import gettext as _

from outreach import days, facts, gate, planning
from outreach.models import Campaign, CampaignStep, Message, MessagePatient
from outreach.why.known import Known
from outreach.why.trace import Next, Reason
from patients.models import Patient

State = Message.State
OPEN_CAMPAIGNS = (Campaign.State.RUNNING, Campaign.State.PAUSED)


def next_text(known: Known) -> Next | None:
    """What is on its way, else the next reminder that the gate would let through; else the one it stops."""
    for text in known.texts:
        if text.state in Message.OPEN and text.campaign.state in OPEN_CAMPAIGNS:
            return _on_its_way(text, known)
    blocked = None
    for text, step, at in _reminders(known):
        against = judged(_reminder(text, step, at), known, at=max(at, known.now), asked=_asked(text))
        if all(reason.waits for reason in against):
            words = _("The day-%(day)s reminder of “%(campaign)s”.") % {"day": step.day, "campaign": text.campaign}
            return Next("text", words, _when(at, against), text.campaign, against)
        blocked = blocked or _blocked(text, step, at, against)
    return blocked


def _on_its_way(text: Message, known: Known) -> Next:
    what = _("The first text") if text.step.day == 0 else _("The day-%(day)s reminder") % {"day": text.step.day}
    words = _("%(what)s of “%(campaign)s”.") % {"what": what, "campaign": text.campaign}
    if text.state != State.PLANNED:
        return Next("text", _("%(what)s is on its way: Spruce has it.") % {"what": words.rstrip(".")}, row=text)
    at = max(filter(None, (text.due_at, text.not_before)))
    against = judged(text, known, at=max(at, known.now))
    return Next("text", words, _when(at, against), text, against)


def _when(at: datetime, against: tuple[Reason, ...]) -> datetime:
    return max([at, *(reason.until for reason in against if reason.until)])


def _blocked(text: Message, step: CampaignStep, at: datetime, against: tuple[Reason, ...]) -> Next:
    words = _("A call: the day-%(day)s reminder of “%(campaign)s” will not go out.") % {
        "day": step.day, "campaign": text.campaign,
    }  # fmt: skip
    return Next("call", words, None, text.campaign, tuple(reason for reason in against if not reason.waits))


def judged(
    text: Message, known_or_practice, *, at: datetime, asked: dict[int, list[int]] | None = None
) -> tuple[Reason, ...]:
    """The gate's answer about this text at that moment; that replies are not read yet then counts only now."""
    practice = getattr(known_or_practice, "practice", known_or_practice)
    now = getattr(known_or_practice, "now", at)
    text = copy(text)  # what is only judged is not shown as fixed
    if not text.key:
        text.text = planning.words_of(text, planning.Links(practice))
    found = facts.number_facts([text], practice, at, asked)[text.pk]
    refusals = [each for each in gate.number_refusals(found) if not (at > now and each.code == "poll_old")]
    return tuple(
        Reason.of(refusal, words=_(found.hours.words) if refusal.code == "hours" else "") for refusal in refusals
    )


def _reminders(known: Known):
    """(first text, step, when it is due) of reminders that have no row yet, the next one first."""
    found = []
    for text in known.texts:
        if text.state == State.CONFIRMED and text.step.day == 0 and text.campaign.state in OPEN_CAMPAIGNS:
            had = Message.objects.filter(campaign=text.campaign_id, phone=text.phone).values("step")
            steps = list(text.campaign.steps.filter(day__gt=0).exclude(pk__in=had))
            homes = (
                list(Patient.objects.filter(messages=text).order_by("pk").values_list("zip", "state")) if steps else []
            )
            for step in steps:
                at = days.reminder_at(
                    text.accepted_at, step.day, phone=text.phone, zips=[home[0] for home in homes],
                    states=[home[1] for home in homes], practice=known.practice,
                )  # fmt: skip
                if at:
                    found.append((text, step, at))
    return sorted(found, key=lambda each: each[2])


def _asked(text: Message) -> dict[int, list[int]]:
    links = MessagePatient.objects.filter(message=text).order_by("pk")
    return {0: list(links.values_list("patient_id", flat=True))}


def _reminder(text: Message, step: CampaignStep, at: datetime) -> Message:
    """As it will be made, with the key 0: it has no row yet."""
    return Message(pk=0, campaign=text.campaign, step=step, phone=text.phone, invitation=text.invitation, due_at=at)
