"""A campaign's life: create, rewrite, pause, resume, cancel, and its end."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach import hours, planning
from outreach.actions.letting_go import stop_after_pilots
from outreach.actions.waves import set_waves
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
    templates = {template.day: template for template in TextTemplate.objects.all()}
    reminder = templates.get(3) or templates[0]
    for day in sorted(set(days)):
        words = templates.get(day, reminder)
        CampaignStep.objects.create(campaign=campaign, day=day, body=words.body, author_id=words.author_id)
    CampaignPatient.objects.bulk_create(
        [CampaignPatient(campaign=campaign, patient=patient) for patient in patients], batch_size=500
    )
    if pilot or waves:
        set_waves(campaign, pilot=pilot, pilot_on=pilot_on, dated=list(waves), by=by)
    return campaign


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
    if step.body == before:
        return
    step.author = by
    CampaignStep.objects.filter(pk=step.pk).update(body=step.body, author=by)
    record([(step, "update", {"body": [before, step.body]})], by=by)


def _refuse_errors(body: str) -> None:
    try:
        errors = [each.sentence for each in planning.findings(body, Practice.current()) if each.level == "error"]
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
        counted = texts.aggregate(tried=Count("pk"), failed=Count("pk", filter=Q(state=Message.State.FAILED)))
        tried, failed = counted["tried"], counted["failed"]
        if tried < JUDGED_FROM:
            continue
        stops = Suppression.objects.filter(reason=Suppression.Reason.STOP, effective_at__gte=campaign.watched_from)
        stopped = texts.filter(phone__in=stops.values("phone")).count()
        if failed >= tried * MOST_FAILED:
            pause(campaign, by=None, why=f"Paused by itself: {failed} of {tried} texts failed.")
        elif stopped >= tried * MOST_STOPPED:
            pause(campaign, by=None, why=f"Paused by itself: {stopped} of {tried} people asked to stop.")


def finish_those_done(now: datetime) -> None:
    """A campaign is over when no text is open and no reminder can come any more."""
    for campaign in Campaign.objects.running().annotate(
        last_day=Max("steps__day"), newest=Max("messages__accepted_at", filter=Q(messages__step__day=0))
    ):
        over = campaign.newest is None or now > _last_reminder(campaign.newest, campaign.last_day) + timedelta(days=2)
        if (over or campaign.last_day == 0) and not campaign.messages.open().exists():
            Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING).update(state=State.FINISHED)


def _last_reminder(newest: datetime, last_day: int) -> datetime:
    """About when the last reminder is due; elsewhere it may be a day later, as on a holiday of another state."""
    practice = Practice.current()
    place = {"zones": (practice.time_zone,), "window": hours.window_of(practice), "state": practice.state}
    return hours.opening_after(newest, last_day, **place) or newest + timedelta(days=last_day)
