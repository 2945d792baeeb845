"""Which first texts go on which day: set before the launch, moved until a wave has begun, held when late."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import days, gate, waves
from outreach.models import Campaign, Message, Wave

State = Campaign.State
LATE = "Its wave is more than a day late."
MOST_WAVES = 60


@transaction.atomic
def set_waves(
    campaign: Campaign,
    *,
    pilot: int | None = None,
    pilot_on: date | None = None,
    dated: list[tuple[date, int]] = (),
    by,
) -> None:
    """The pilot's size and day, and (day, number of texts) of each wave. Raises ValidationError.

    After the launch the pilot stays as it was, and so does every wave that has begun; `dated` then replaces the
    others, and their texts are dealt out anew.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    _check(dated, pilot_on)
    if campaign.state == State.DRAFT:
        campaign.waves.all().delete()
        if pilot:
            _add(campaign, Wave.PILOT, pilot, pilot_on)
        _add_dated(campaign, dated, after=Wave.PILOT)
    elif campaign.state in (State.RUNNING, State.PAUSED):
        _deal_anew(campaign, dated)
    else:
        raise ValidationError("This campaign is over; its waves stay as they were.")


def _check(dated: list[tuple[date, int]], pilot_on: date | None) -> None:
    starts = [day for day, _ in dated]
    for day in [*starts, *filter(None, [pilot_on])]:
        check_day(day)
    if len(dated) > MOST_WAVES:
        raise ValidationError(f"A campaign has at most {MOST_WAVES} waves.")
    if sorted(set(starts)) != starts:
        raise ValidationError("Give each wave a day of its own, the earliest first.")


def check_day(day: date) -> None:
    """Raises ValidationError for a slip of the pen such as the year 9999."""
    if not timedelta(days=-730) < day - Practice.current().today() < timedelta(days=730):
        raise ValidationError(f"{day:%m/%d/%Y} is too far away. Give a day within the next two years.")


def _add_dated(campaign: Campaign, dated: list[tuple[date, int]], *, after: int) -> list[Wave]:
    return [_add(campaign, number, size, day) for number, (day, size) in enumerate(dated, after + 1)]


def _add(campaign: Campaign, number: int, size: int, day: date | None) -> Wave:
    wave = Wave(campaign=campaign, number=number, size=size, starts_on=day)
    wave.full_clean(exclude=["campaign"])
    wave.save()
    return wave


def _deal_anew(campaign: Campaign, dated: list[tuple[date, int]]) -> None:
    practice, now = Practice.current(), clock.now()
    fixed = begun(campaign, now)
    last_begun = max((wave.starts_on for wave in fixed if wave.starts_on), default=None)
    rows = not_begun(campaign, fixed)
    rests = campaign.messages.resting().exists()
    if not rows:
        raise ValidationError("Every first text has gone out or is going out; there is nothing left to move.")
    if not dated and not rests:
        raise ValidationError(f"Give the {len(rows)} texts that are left a day.")
    if dated and (dated[0][0] < practice.today() or (last_begun and dated[0][0] <= last_begun)):
        raise ValidationError("Texts that are left can only go today or later, and after the waves that have begun.")
    old = campaign.waves.exclude(pk__in=[wave.pk for wave in fixed])
    Message.objects.filter(wave__in=old).update(wave=None)
    old.delete()
    new = _add_dated(campaign, dated, after=max((wave.number for wave in fixed), default=Wave.PILOT))
    hold = Message.RESTING if rests else ""
    for wave, share in waves.deal(rows, new):
        still = Message.objects.filter(pk__in=share, state=Message.State.PLANNED)
        due_at = waves.due_at(wave, practice, now)
        still.update(wave=wave, due_at=due_at, hold=hold, reason="", not_before=campaign.undo_until)


def begun(campaign: Campaign, now: datetime) -> list[Wave]:
    """The waves that stay as they are: the pilot, and those of which a text may be on its way."""
    rows = campaign.messages.filter(wave__isnull=False)
    moved = rows.exclude(state=Message.State.PLANNED, first_attempt_at=None) | rows.sendable(now)
    pks = set(moved.values_list("wave", flat=True))
    return [wave for wave in campaign.waves.all() if wave.number == Wave.PILOT or wave.pk in pks]


def not_begun(campaign: Campaign, fixed: list[Wave]) -> list[int]:
    """First texts of the other waves, and those of no wave that still rest, in their order."""
    rows = campaign.messages.select_for_update().filter(state=Message.State.PLANNED, first_attempt_at=None, step__day=0)
    others = rows.filter(wave__isnull=False).exclude(wave__in=fixed) | rows.filter(wave=None, hold=Message.RESTING)
    return sorted(others.values_list("pk", flat=True))


def hold_late_waves(now: datetime) -> int:
    """Texts of a wave whose day has passed by more than a day wait for a person; returns how many.

    A wave that goes on for days, as by Spruce's daily limit, is late only when it lay still for a whole
    texting day. What a person has let go or resumed since is not late.
    """
    overdue = Message.objects.sendable(now).filter(
        wave__starts_on__isnull=False, campaign__state=State.RUNNING, due_at__lt=now - gate.DAY, settled_by=None
    )
    late = Wave.objects.filter(pk__in=overdue.values("wave")).select_related("campaign")
    practice = Practice.current() if late else None
    return sum(_hold(wave, practice, now) for wave in late)


def _hold(wave: Wave, practice: Practice, now: datetime) -> int:
    moved = [wave.campaign.watched_from or now, days.opening_on(wave.starts_on, practice)]
    if last := wave.messages.aggregate(last=Max("first_attempt_at"))["last"]:
        next_day = last.astimezone(ZoneInfo(practice.time_zone)).date() + timedelta(days=1)
        moved.append(days.opening_on(next_day, practice))
    if now - max(moved) <= gate.DAY:
        return 0
    return wave.messages.sendable(now).filter(settled_by=None).update(hold=LATE)
