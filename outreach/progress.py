"""What a campaign is doing now, read from its rows: how far, how fast, and why it waits."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django_q.models import Task

from explorer.lib.models import Practice
from outreach import hours
from outreach.actions.sending import BATCH
from outreach.models import Campaign, CampaignStep, LineState, Message, Wave
from outreach.pace import STAFF_SHARE

State = Message.State
SENDER = "outreach.tasks.send_due"
PACE_OVER = timedelta(minutes=2)
CALLS_PER_TEXT = 2  # one hands it over, one reads its confirmation


@dataclass
class StepProgress:
    step: CampaignStep
    counts: Counter = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def open(self) -> int:
        return sum(self.counts[state] for state in Message.OPEN)

    @property
    def troubled(self) -> int:
        return self.counts[State.FAILED] + self.counts[State.UNCERTAIN]

    @property
    def batches(self) -> int:
        return ceil(self.total / BATCH)

    @property
    def batch(self) -> int:
        """The batch that goes out now, counted from 1."""
        return min((self.total - self.counts[State.PLANNED]) // BATCH + 1, self.batches)


@dataclass
class WaveProgress:
    """First texts of one wave; `wave` is None for those of no wave."""

    wave: Wave | None
    counts: Counter = field(default_factory=Counter)
    resting: int = 0
    late: int = 0

    @property
    def name(self) -> str:
        return str(self.wave or "The rest")

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def planned(self) -> int:
        return self.counts[State.PLANNED]

    @property
    def through(self) -> int:
        return self.total - sum(self.counts[state] for state in Message.OPEN)

    @property
    def has_begun(self) -> bool:
        return self.planned < self.total


@dataclass
class Progress:
    """`through` texts need nothing more; `waiting` says why nothing moves, empty while it does.

    `held` texts are late and need a person, `resting` ones wait for the go after the pilot.
    """

    steps: list[StepProgress]
    waves: list[WaveProgress] = field(default_factory=list)
    held: int = 0
    resting: int = 0
    per_minute: int | None = None
    waiting: str = ""
    until: datetime | None = None
    minutes_left: int | None = None

    @property
    def counts(self) -> Counter:
        return sum((each.counts for each in self.steps), Counter())

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def through(self) -> int:
        return self.total - sum(each.open for each in self.steps)

    @property
    def sent(self) -> int:
        return sum(self.counts[state] for state in Message.REACHED)

    @property
    def left(self) -> int:
        return self.counts[State.PLANNED]

    @property
    def wave(self) -> WaveProgress | None:
        """The wave that is going out."""
        return next((each for each in self.waves if each.has_begun and each.planned), None)

    @property
    def percent(self) -> int:
        return 100 * self.through // self.total if self.total else 0

    @property
    def current(self) -> StepProgress | None:
        """The step whose texts are going out."""
        return next((each for each in self.steps if each.open), None)


def progress(campaign: Campaign, practice: Practice, now: datetime) -> Progress:
    found = Progress(_steps(campaign), _waves(campaign))
    planned = campaign.messages.filter(state=State.PLANNED)
    kept = dict(planned.exclude(hold="").order_by().values_list("hold").annotate(Count("pk")))
    found.resting = kept.pop(Message.RESTING, 0)
    found.held = sum(kept.values())
    why, found.until = _waiting(campaign, practice, found, now)
    found.waiting = f"{why.rstrip('.')}." if why else ""
    if not found.waiting:
        found.per_minute, found.minutes_left = _pace(campaign, campaign.messages.sendable(now).count(), now)
    return found


def _waves(campaign: Campaign) -> list[WaveProgress]:
    """Empty for a campaign without waves."""
    waves = {wave.pk: WaveProgress(wave) for wave in campaign.waves.all()}
    if not waves:
        return []
    rows = campaign.messages.filter(step__day=0).order_by().values_list("wave", "state", "hold").annotate(Count("pk"))
    for pk, state, hold, count in rows:
        wave = waves.setdefault(pk, WaveProgress(None))
        wave.counts[state] += count
        if state == State.PLANNED and hold:
            wave.resting += count if hold == Message.RESTING else 0
            wave.late += count if hold != Message.RESTING else 0
    return [wave for wave in waves.values() if wave.total]


def _steps(campaign: Campaign) -> list[StepProgress]:
    counts: dict[int, Counter] = defaultdict(Counter)
    rows = campaign.messages.order_by().values_list("step", "state").annotate(Count("pk"))
    for step_id, state, count in rows:
        counts[step_id][state] = count
    return [StepProgress(step, counts[step.pk]) for step in campaign.steps.all()]


def _waiting(campaign, practice, found: Progress, now: datetime) -> tuple[str, datetime | None]:
    if campaign.state == Campaign.State.PAUSED:
        return campaign.why or "The campaign is paused.", None
    if campaign.state != Campaign.State.RUNNING:
        return "", None
    if practice.texting_stopped_at:
        return "Texting is stopped for the whole practice.", None
    if campaign.undo_until and campaign.undo_until > now:
        return "Nothing is sent for the first ten seconds, so that you can undo.", None
    if found.left - found.held - found.resting:
        return _planned_texts_wait(campaign, now)
    unconfirmed = found.counts[State.ACCEPTED] + found.counts[State.SENDING]
    if unconfirmed:
        return f"Waiting for Spruce to confirm {unconfirmed} of them.", None
    day = next_reminder(campaign, found.steps, practice)
    if day is None:
        return "", None
    return f"All texts so far are through. The next reminder is due on {day:%m/%d/%Y}.", None


def _planned_texts_wait(campaign: Campaign, now: datetime) -> tuple[str, datetime | None]:
    """Nothing to send now: the sender's own words on the rows it turned back, or the next day. Else its last run."""
    if not campaign.messages.sendable(now).exists():
        return _until_the_next(campaign, now)
    if LineState.objects.filter(pk=1, sender_until__gt=now).exclude(sender="").exists():
        return "", None
    last = Task.objects.filter(func=SENDER).order_by("-stopped").first()
    if last and not last.success:
        return "The sender ended with an error. It tries again; if this stays, tell your administrator.", None
    return (last and last.result) or "The sender begins within a minute.", None


def _until_the_next(campaign: Campaign, now: datetime) -> tuple[str, datetime | None]:
    planned = campaign.messages.filter(state=State.PLANNED, hold="")
    turned_back = planned.exclude(reason="").filter(not_before__gt=now).order_by("not_before").first()
    if turned_back:
        return turned_back.reason, turned_back.not_before
    first = planned.select_related("wave").order_by("due_at").first()
    if first and first.due_at > now:
        return f"{first.wave or 'The next text'} has its day still to come.", first.due_at
    return "", None


def next_reminder(campaign: Campaign, steps: list[StepProgress], practice: Practice) -> date | None:
    """The day on which the first patients are asked again; None when no reminder is left."""
    first = campaign.messages.filter(step__day=0).aggregate(first=Min("accepted_at"))["first"]
    days = [each.step.day for each in steps if each.step.day and not each.total]
    if not first or not days:
        return None
    place = {"zones": (practice.time_zone,), "window": hours.window_of(practice), "state": practice.state}
    opening = hours.opening_after(first, min(days), **place)
    return opening and opening.astimezone(ZoneInfo(practice.time_zone)).date()


def _pace(campaign: Campaign, due: int, now: datetime) -> tuple[int | None, int | None]:
    """Texts a minute over the last two minutes and the minutes left at that pace; None while not known."""
    recent = campaign.messages.filter(accepted_at__gt=now - PACE_OVER)
    pace = recent.aggregate(texts=Count("pk"), since=Min("accepted_at"))
    if pace["texts"] < 2:
        return None, None
    per_minute = pace["texts"] * 60 / max((now - pace["since"]).total_seconds(), 1)
    return max(round(per_minute), 1), ceil(due / per_minute) or None


def texts_a_day(line: LineState, practice: Practice) -> int | None:
    """How many texts Spruce's last known limits let through within a day's texting hours; None: not told yet."""
    if line.limit is None:
        return None
    hours = datetime.combine(date.min, practice.texting_end) - datetime.combine(date.min, practice.texting_start)
    calls = [for_us(line.limit) * hours.total_seconds() / 60]
    calls += [for_us(line.daily_limit)] if line.daily_limit else []
    return max(int(min(calls)) // CALLS_PER_TEXT, 1)


def duration(texts: int, line: LineState) -> str:
    """How long so many texts take, in words, by what Spruce last said of its limits."""
    if line.limit is None:
        return "Spruce sets the pace and has not told it yet"
    minutes = _periods(texts, line.limit)
    words = f"About {minutes} minute{'' if minutes == 1 else 's'} at {line.limit} calls a minute"
    days = _periods(texts, line.daily_limit) if line.daily_limit else 1
    return words if days <= 1 else f"{words}, spread over {days} days by the daily limit"


def minutes_needed(texts: int, line: LineState) -> int | None:
    """At the limit that Spruce last told; None: it sets the pace and has not told it."""
    return None if line.limit is None else _periods(texts, line.limit)


def _periods(texts: int, calls_allowed: int) -> int:
    """How many minutes or days so many texts take."""
    return ceil(texts * CALLS_PER_TEXT / for_us(calls_allowed))


def for_us(calls_allowed: int) -> int:
    """A tenth of the calls is left for staff."""
    return max(calls_allowed - calls_allowed // STAFF_SHARE, 1)
