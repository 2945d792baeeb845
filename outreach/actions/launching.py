"""From a draft to a running campaign."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from consent.invitations import invite
from explorer.lib import clock, jobs
from explorer.lib.models import Practice
from outreach import go, go_facts, planning, waves
from outreach.actions import readiness
from outreach.models import Campaign, CampaignPatient, Message, MessagePatient

State = Campaign.State
SHORTEST_REASON = 15
CHUNK = 200
PLANNING = gettext_noop("Planning the texts")


class CannotLaunch(Exception):
    """Something stands against the launch; the text says what and what to do."""


def impossible(campaign: Campaign, practice: Practice) -> list[str]:
    """What no override passes, in sentences."""
    if campaign.state != State.DRAFT:
        return ["This campaign was launched before."]
    found = []
    if not campaign.steps.filter(day=0).exists():
        found.append("The campaign has no first text (day 0).")
    if practice.texting_stopped_at:
        found.append("Texting is stopped for the whole practice. Allow it again on the list of campaigns.")
    try:
        planning.merge_values(practice, planning.SAMPLE_CODE)
    except planning.NoLink as problem:
        found.append(str(problem))
    return found


def obstacles(campaign: Campaign, practice: Practice, criteria: list[go.Criterion] | None = None) -> list[str]:
    """What stands against a launch, in sentences; empty when it may go. Every red criterion does."""
    if found := impossible(campaign, practice):
        return found
    criteria = go_facts.criteria(campaign, practice) if criteria is None else criteria
    return [f"{criterion.title}: {criterion.sentence}" for criterion in go.reds(criteria)]


@transaction.atomic
def launch(
    campaign: Campaign,
    *,
    by,
    override: str = "",
    expected: int | None = None,
    grace: timedelta = timedelta(),
    step=jobs.unseen,
) -> int:
    """Plan the first texts and let the sender begin; returns how many go without another go. Raises CannotLaunch.

    An override passes red criteria, never what is impossible; it is kept with all criteria as they stood.
    `by` is None for the shell. `expected` is the number of texts a person agreed to; any other is refused.
    Nothing is sent before `grace` is over.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    practice = Practice.current()
    if against := impossible(campaign, practice):
        raise CannotLaunch(" ".join(against))
    plan = planning.plan(campaign, practice)
    if not plan.texts:
        raise CannotLaunch("There is nobody to text. Look at the reasons for leaving patients out.")
    criteria = go_facts.criteria(campaign, practice, plan)
    against = obstacles(campaign, practice, criteria)
    override = override.strip()[:300] if against else ""
    if against:
        _check_override(override, against, by)
    now = clock.now()
    shares = waves.shares(plan.texts, campaign, practice, now)
    agreed = waves.go_now(shares)
    if expected is not None and expected != agreed:
        raise CannotLaunch(f"Nothing was sent: the number of texts is now {agreed}, not {expected}.")
    _refuse_past_days(shares, practice)
    readiness.remember(campaign, practice, criteria, by=by, launched=True, override=override)
    _remember_members(campaign, plan)
    first, not_before = campaign.steps.get(day=0), now + grace if grace else None
    step.begin(len(plan.texts), PLANNING)
    for share in shares:
        plan_messages(
            campaign, first, share.texts, due_at=share.due_at, hold=share.hold, by=by,
            wave=share.wave, not_before=None if share.hold else not_before, told=step,
        )  # fmt: skip
    campaign.state, campaign.launched_at, campaign.launched_by = State.RUNNING, now, by
    campaign.override, campaign.why, campaign.watched_from = override, "", now
    campaign.undo_until = not_before
    campaign.save()
    return agreed


def _refuse_past_days(shares: list[waves.Share], practice: Practice) -> None:
    """What rests behind a pilot may be dated too early: it moves on when it is let go."""
    for share in shares:
        day = share.wave and share.wave.starts_on
        if day and day < practice.today() and not share.hold:
            raise CannotLaunch(f"{share.wave} is dated {day:%m/%d/%Y}, which has passed. Give it a new day.")


def _check_override(reason: str, against: list[str], by) -> None:
    """A reason of some length by somebody who may. Whoever has the shell of this PC needs no right."""
    if not reason or (by and not by.has_perm("outreach.override_campaign")):
        raise CannotLaunch(" ".join(against))
    if by and len(reason) < SHORTEST_REASON:
        raise CannotLaunch(f"Write the reason in at least {SHORTEST_REASON} characters. {' '.join(against)}")


def _remember_members(campaign: Campaign, plan: planning.Plan) -> None:
    """Everyone the campaign was about, so that it can be told later why somebody got no text."""
    CampaignPatient.objects.filter(campaign=campaign).delete()
    texted = {pk: "" for text in plan.texts for pk in text.patient_ids}
    CampaignPatient.objects.bulk_create(
        [
            CampaignPatient(campaign=campaign, patient_id=pk, left_out=code)
            for pk, code in sorted((texted | plan.left_out).items())
        ],
        batch_size=500,
    )


def plan_messages(
    campaign,
    step,
    texts: list[planning.PlannedText],
    *,
    due_at: datetime,
    hold: str,
    by,
    wave=None,
    not_before: datetime | None = None,
    told=jobs.unseen,
) -> None:
    row = {"campaign": campaign, "step": step, "wave": wave, "due_at": due_at, "hold": hold}
    row |= {"not_before": not_before, "planned_by": by}
    for start in range(0, len(texts), CHUNK):
        some = texts[start : start + CHUNK]
        _plan_some(some, row, by)
        told.went(len(some))


def _plan_some(texts: list[planning.PlannedText], row: dict, by) -> None:
    invitations = invite({text.phone: text.patient_ids for text in texts}, by=by)
    messages = [Message(phone=text.phone, invitation=invitations[text.phone], **row) for text in texts]
    Message.objects.bulk_create(messages)
    MessagePatient.objects.bulk_create(
        [
            MessagePatient(message=message, patient_id=pk)
            for message, text in zip(messages, texts, strict=True)
            for pk in text.patient_ids
        ],
    )
