"""A campaign's life: create, rewrite, pause, resume, cancel, and its end."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import planning, wording
from outreach.actions.letting_go import stop_after_pilots
from outreach.actions.waves import set_waves
from outreach.days import due_after
from outreach.models import Campaign, CampaignPatient, CampaignStep, Message, Suppression, TextTemplate

State = Campaign.State
JUDGED_FROM = 40  # texts; of fewer, one failure says nothing
MOST_FAILED, MOST_STOPPED = 0.05, 0.03


@transaction.atomic
def create(
    *,
    name: str,
    cohort: str,
    limit: int | None = None,
    days=(0, 3, 7, 14),
    patients=(),
    pilot: int | None = None,
    pilot_on: date | None = None,
    waves=(),
    by,
) -> Campaign:
    """A draft with a copy of the templates of these days. Raises ValidationError, LookupError for a day.

    `pilot` is how many texts go first, `waves` are (day, number of texts) of the others.
    """
    campaign = Campaign(name=name.strip(), cohort=cohort, limit=limit, created_by=by)
    campaign.full_clean()
    campaign.save()
    bodies = dict(TextTemplate.objects.values_list("day", "body"))
    reminder = bodies.get(3) or bodies[0]
    for day in sorted(set(days)):
        CampaignStep.objects.create(campaign=campaign, day=day, body=bodies.get(day, reminder))
    CampaignPatient.objects.bulk_create(
        [CampaignPatient(campaign=campaign, patient=patient) for patient in patients], batch_size=500
    )
    if pilot or waves:
        set_waves(campaign, pilot=pilot, pilot_on=pilot_on, dated=list(waves), by=by)
    return campaign


def findings(body: str, practice: Practice) -> list[wording.Finding]:
    """What is wrong with these words, judged on the text that would go out. Raises planning.NoLink."""
    values = planning.merge_values(practice, planning.SAMPLE_CODE)
    return wording.lint(body, practice_name=practice.name, sample_values=values)


@transaction.atomic
def rewrite(step: CampaignStep, *, body: str, by) -> None:
    """New words for the texts still to be sent. Raises ValidationError.

    A draft may hold words that are not ready, since they stand against its launch; a launched one may not.
    """
    campaign = Campaign.objects.select_for_update().get(pk=step.campaign_id)
    if campaign.state in (State.CANCELLED, State.FINISHED):
        raise ValidationError("This campaign is over; its words stay as they were.")
    if campaign.state != State.DRAFT:
        _refuse_errors(body)
    before, step.body = step.body, body.strip()
    CampaignStep.objects.filter(pk=step.pk).update(body=step.body)
    record([(step, "update", {"body": [before, step.body]})], by=by)


def _refuse_errors(body: str) -> None:
    try:
        errors = [each.sentence for each in findings(body, Practice.current()) if each.level == "error"]
    except planning.NoLink as problem:
        errors = [str(problem)]
    if errors:
        raise ValidationError(errors)


def stop_all(*, by) -> None:
    """No text of any campaign goes out from this moment on."""
    _set_stopped(clock.now(), by)


def allow_again(*, by) -> None:
    _set_stopped(None, by)


@transaction.atomic
def _set_stopped(at: datetime | None, by) -> None:
    practice = Practice.objects.select_for_update().get(pk=1)
    before = practice.texting_stopped_at
    if (before is None) == (at is None):
        return
    who = str(by or "a command")[:150] if at else ""
    Practice.objects.filter(pk=1).update(texting_stopped_at=at, texting_stopped_by=who)
    record([(practice, "update", {"texting_stopped_at": [str(before), str(at)]})], by=by)


@transaction.atomic
def pause(campaign: Campaign, *, by, why: str = "") -> None:
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state == State.RUNNING:
        campaign.state, campaign.why = State.PAUSED, (why or f"Paused by {by or 'a command'}.")[:200]
        campaign.save(update_fields=["state", "why"])


@transaction.atomic
def resume(campaign: Campaign, *, by) -> None:
    """Go on after a pause. What rests behind a pilot needs a go of its own (letting_go.let_rest_go)."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state == State.PAUSED and not campaign.waves.waiting_for_a_go().exists():
        campaign.state, campaign.why, campaign.watched_from = State.RUNNING, "", clock.now()
        campaign.save(update_fields=["state", "why", "watched_from"])


@transaction.atomic
def cancel(campaign: Campaign, *, by) -> int:
    """End the campaign; texts not yet handed over are cancelled. Returns how many."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state in (State.CANCELLED, State.FINISHED):
        return 0
    campaign.state, campaign.why = State.CANCELLED, f"Cancelled by {by or 'a command'}."[:200]
    campaign.save(update_fields=["state", "why"])
    waiting = campaign.messages.filter(state=Message.State.PLANNED)
    return waiting.update(state=Message.State.CANCELLED, reason="The campaign was cancelled.")


def pause_those_in_trouble() -> None:
    """Too many failures or stops since the launch, or since a person let it go on (design 4.7).

    A pilot that is through stops its campaign as well.
    """
    stop_after_pilots(clock.now())
    for campaign in Campaign.objects.running():
        texts = campaign.messages.filter(first_attempt_at__gte=campaign.watched_from)
        tried = texts.count()
        if tried < JUDGED_FROM:
            continue
        failed = texts.filter(state=Message.State.FAILED).count()
        stops = Suppression.objects.filter(reason=Suppression.Reason.STOP, effective_at__gte=campaign.watched_from)
        stopped = texts.filter(phone__in=stops.values("phone")).count()
        if failed >= tried * MOST_FAILED:
            pause(campaign, by=None, why=f"Paused by itself: {failed} of {tried} texts failed.")
        elif stopped >= tried * MOST_STOPPED:
            pause(campaign, by=None, why=f"Paused by itself: {stopped} of {tried} people asked to stop.")


def finish_those_done(now: datetime) -> None:
    """A campaign is over when no text is open and no reminder can come any more."""
    practice = Practice.current()
    for campaign in Campaign.objects.running().annotate(
        last_day=Max("steps__day"), newest=Max("messages__accepted_at", filter=Q(messages__step__day=0))
    ):
        if _over(campaign, practice, now) and not campaign.messages.open().exists():
            Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING).update(state=State.FINISHED)


def _over(campaign: Campaign, practice: Practice, now: datetime) -> bool:
    if campaign.newest is None or campaign.last_day == 0:
        return True
    return now > due_after(campaign.newest, campaign.last_day, practice) + timedelta(days=2)
