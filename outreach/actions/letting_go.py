"""The pilot's stop, the go for the rest, and taking a go back while nothing has been sent."""

from datetime import datetime, timedelta

from django.db import transaction

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import waves
from outreach.actions.launching import CannotLaunch
from outreach.models import Campaign, Message, Wave

State = Campaign.State


class TooLate(Exception):
    """The go cannot be taken back any more; the text says why and what to do."""


def stop_after_pilots(now: datetime) -> None:
    """A campaign whose pilot is through stops by itself, if there is anybody left to text."""
    open_ones = Message.objects.open().filter(wave__number=Wave.PILOT)
    through = Wave.objects.filter(
        number=Wave.PILOT, through_at=None, campaign__state=State.RUNNING, messages__isnull=False
    ).exclude(pk__in=open_ones.values("wave"))
    for pilot in through.distinct():
        _stop(pilot, now)


@transaction.atomic
def _stop(pilot: Wave, now: datetime) -> None:
    campaign = Campaign.objects.select_for_update().get(pk=pilot.campaign_id)
    if campaign.state != State.RUNNING or not campaign.messages.resting().exists():
        return
    pilot.through_at = now
    pilot.save(update_fields=["through_at"])
    _pause_for_the_pilot(campaign, pilot)


def _pause_for_the_pilot(campaign: Campaign, pilot: Wave) -> None:
    sent = pilot.messages.count()
    campaign.state, campaign.undo_until = State.PAUSED, None
    campaign.why = f"The pilot of {sent} is through. Look at its answers, then let the rest go."
    campaign.save(update_fields=["state", "why", "undo_until"])


@transaction.atomic
def let_rest_go(campaign: Campaign, *, by, expected: int | None = None, grace: timedelta = timedelta()) -> int:
    """After the pilot: the texts that rested go on their days; returns how many. Raises CannotLaunch.

    Where the first of their days has passed, all move on by as much, so that they are spread as planned and
    not sent in a burst. Nothing is sent before `grace` is over.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    pilot = campaign.waves.waiting_for_a_go().first()
    if campaign.state != State.PAUSED or pilot is None:
        raise CannotLaunch("No pilot of this campaign waits for a go.")
    count = campaign.messages.resting().count()
    if expected is not None and expected != count:
        raise CannotLaunch(f"Nothing was sent: the number of texts is now {count}, not {expected}.")
    now, practice = clock.now(), Practice.current()
    _move_past_days(campaign, practice)
    for wave in [None, *campaign.waves.exclude(pk=pilot.pk)]:
        share = campaign.messages.resting().filter(wave=wave)
        share.update(hold="", due_at=waves.due_at(wave, practice, now))
    pilot.let_go_at, pilot.let_go_by = now, by
    pilot.save(update_fields=["let_go_at", "let_go_by"])
    campaign.state, campaign.why, campaign.watched_from = State.RUNNING, "", now
    campaign.undo_until = wait_for_undo(campaign, now, grace)
    campaign.save(update_fields=["state", "why", "watched_from", "undo_until"])
    return count


def days_late(campaign: Campaign, practice: Practice) -> timedelta:
    """By how much the days of the texts that rest must move so that the first is today or later."""
    first = campaign.waves.filter(number__gt=Wave.PILOT, messages__hold=Message.RESTING).first()
    return max(practice.today() - first.starts_on, timedelta()) if first else timedelta()


def _move_past_days(campaign: Campaign, practice: Practice) -> None:
    late_by = days_late(campaign, practice)
    for wave in campaign.waves.filter(number__gt=Wave.PILOT) if late_by else ():
        wave.starts_on += late_by
        wave.save(update_fields=["starts_on"])


def wait_for_undo(campaign: Campaign, now: datetime, grace: timedelta) -> datetime | None:
    """Keep every planned text back until the time for second thoughts is over; returns when that is."""
    if not grace:
        return None
    planned = campaign.messages.filter(state=Message.State.PLANNED, hold="")
    planned.exclude(not_before__gt=now + grace).update(not_before=now + grace)
    return now + grace


@transaction.atomic
def undo(campaign: Campaign, *, by) -> None:
    """Take the last go back, as if it had not been. Raises TooLate.

    A launch becomes a draft again: its texts are removed, the personal codes stay good. After the pilot's go
    the rest rests again.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not can_undo(campaign, clock.now()):
        raise TooLate("It was too late to undo: texts may be on their way.")
    pilot = campaign.waves.filter(let_go_at__isnull=False).first()
    (_back_to_draft if pilot is None else _back_to_pilot)(campaign, pilot)


def can_undo(campaign: Campaign, now: datetime) -> bool:
    """Only while no text of this go was claimed and none can be in the hands of a sender."""
    if campaign.state not in (State.RUNNING, State.PAUSED) or campaign.undo_until is None:
        return False
    pilot = campaign.waves.filter(let_go_at__isnull=False).first()
    rows, since = campaign.messages.all(), pilot.let_go_at if pilot else campaign.launched_at
    rest = rows.filter(step__day=0).exclude(wave=pilot) if pilot else rows
    claimed = rest.filter(first_attempt_at__isnull=False) | rows.filter(claimed_at__gte=since)
    return not (claimed.exists() or rows.sendable(now).exists())


def _back_to_draft(campaign: Campaign, pilot: None) -> None:
    campaign.messages.all().delete()
    campaign.go_decisions.filter(launched=True, undone_at=None).update(undone_at=clock.now())
    if campaign.cohort == Campaign.Cohort.CHOSEN:
        campaign.members.update(left_out="")
    else:
        campaign.members.all().delete()
    campaign.state, campaign.why, campaign.override = State.DRAFT, "", ""
    campaign.launched_at = campaign.launched_by = campaign.watched_from = campaign.undo_until = None
    campaign.save()


def _back_to_pilot(campaign: Campaign, pilot: Wave) -> None:
    rest = campaign.messages.filter(state=Message.State.PLANNED, step__day=0).exclude(wave=pilot)
    rest.update(hold=Message.RESTING, not_before=None, reason="")
    pilot.let_go_at = pilot.let_go_by = None
    pilot.save(update_fields=["let_go_at", "let_go_by"])
    _pause_for_the_pilot(campaign, pilot)
