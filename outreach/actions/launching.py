"""From a draft to a running campaign."""

from django.db import transaction

from consent.invitations import invite
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import planning
from outreach.models import Campaign, CampaignPatient, Message, MessagePatient

State = Campaign.State


class CannotLaunch(Exception):
    """Something stands against the launch; the text says what and what to do."""


def obstacles(campaign: Campaign, practice: Practice) -> list[str]:
    """What stands against a launch, in sentences; empty when it may go."""
    if campaign.state != State.DRAFT:
        return ["This campaign was launched before."]
    try:
        previews = planning.preview(campaign, practice)
    except planning.NoLink as problem:
        return [str(problem)]
    found = [f"{preview.step}: {error.sentence}" for preview in previews for error in preview.errors]
    if not previews or previews[0].step.day != 0:
        found.append("The campaign has no first text (day 0).")
    if practice.texting_stopped_at:
        found.append("Texting is stopped for the whole practice. Allow it again on the list of campaigns.")
    if practice.texting_basis == "unknown":
        found.append("Record in the practice profile why the numbers may be texted; unknown is never texted.")
    return found


@transaction.atomic
def launch(campaign: Campaign, *, by, override: str = "", expected: int | None = None) -> int:
    """Plan the first texts and let the sender begin; returns how many. Raises CannotLaunch.

    An override passes what the linter finds, never a missing link, and is recorded. `expected` is the number
    of texts a person agreed to; any other number is refused.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    practice = Practice.current()
    against = obstacles(campaign, practice)
    if against and (not override or campaign.state != State.DRAFT):
        raise CannotLaunch(" ".join(against))
    try:
        planning.merge_values(practice, planning.SAMPLE_CODE)
    except planning.NoLink as problem:
        raise CannotLaunch(str(problem)) from None
    plan = planning.plan(campaign, practice)
    if not plan.texts:
        raise CannotLaunch("There is nobody to text. Look at the reasons for leaving patients out.")
    if expected is not None and expected != len(plan.texts):
        raise CannotLaunch(f"Nothing was sent: the number of texts is now {len(plan.texts)}, not {expected}.")
    _remember_members(campaign, plan)
    now = clock.now()
    plan_messages(campaign, campaign.steps.get(day=0), plan.texts, due_at=now, hold="", by=by)
    campaign.state, campaign.launched_at, campaign.launched_by = State.RUNNING, now, by
    campaign.override, campaign.why, campaign.watched_from = override[:300], "", now
    campaign.save()
    return len(plan.texts)


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


def plan_messages(campaign, step, texts: list[planning.PlannedText], *, due_at, hold: str, by) -> None:
    invitations = invite({text.phone: text.patient_ids for text in texts}, by=by)
    messages = [
        Message(
            campaign=campaign,
            step=step,
            phone=text.phone,
            invitation=invitations[text.phone],
            due_at=due_at,
            hold=hold,
            planned_by=by,
        )
        for text in texts
    ]
    Message.objects.bulk_create(messages, batch_size=200)
    MessagePatient.objects.bulk_create(
        [
            MessagePatient(message=message, patient_id=pk)
            for message, text in zip(messages, texts, strict=True)
            for pk in text.patient_ids
        ],
        batch_size=500,
    )
