"""The figures of a day or a week, for the reports: each is defined once, here, as in explorer/figures.py.

A span is whole days of the practice's calendar. Counts by name keep the order in which they are shown.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

from consent.models import ConsentEvent, Letter, Response, ResponseFile
from explorer.lib.models import Backup, Practice
from explorer.models import User
from outreach.actions.reminders import reminders_due
from outreach.follow_up import call_backs
from outreach.hours import holidays_on
from outreach.models import Attempt, Campaign, Message, Reply, Suppression
from patients.models import ImportBatch, StaffTask

UNDER_WAY = (Message.State.SENDING, Message.State.ACCEPTED)
WORKDAYS = 5  # Monday to Friday


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both included; `end` is the first moment after it."""

    first: date
    last: date
    start: datetime
    end: datetime


def span(first: date, last: date, zone: str) -> Span:
    """Raises OverflowError at the ends of the calendar."""
    start, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, last + timedelta(days=1)))
    return Span(first, last, start, end)


def _within(name: str, days: Span) -> Q:
    return Q(**{f"{name}__gte": days.start, f"{name}__lt": days.end})


def _counted(rows, field: str) -> Counter:
    return Counter(dict(rows.order_by().values_list(field).annotate(Count("pk"))))


@dataclass(frozen=True, slots=True)
class TextsOfDays:
    """Texts of one kind that were first handed to Spruce in these days, by what has become of them since.

    tried = confirmed + under way + uncertain + failed + withdrawn, where withdrawn are those found not to have
    gone out after all: skipped, cancelled or to be tried again.
    """

    kind: str
    label: str
    confirmed: int
    under_way: int
    uncertain: int
    failed: int
    withdrawn: int

    @property
    def tried(self) -> int:
        return self.confirmed + self.under_way + self.uncertain + self.failed + self.withdrawn


def texts(days: Span) -> list[TextsOfDays]:
    """One row for each kind of text; `tried` may be 0."""
    rows = Message.objects.filter(_within("first_attempt_at", days)).order_by()
    found = Counter({tuple(key): count for *key, count in rows.values_list("kind", "state").annotate(Count("pk"))})
    State = Message.State
    return [
        TextsOfDays(
            kind,
            label,
            found[kind, State.CONFIRMED],
            sum(found[kind, state] for state in UNDER_WAY),
            found[kind, State.UNCERTAIN],
            found[kind, State.FAILED],
            sum(found[kind, state] for state in (State.PLANNED, State.SKIPPED, State.CANCELLED)),
        )
        for kind, label in Message.Kind.choices
    ]


@dataclass(frozen=True, slots=True)
class Replies:
    """`by_kind` of those that came in, their sum `came_in`; `closed` in these days, whenever they came."""

    by_kind: Counter
    closed: int

    @property
    def came_in(self) -> int:
        return self.by_kind.total()


def replies(days: Span) -> Replies:
    came = Reply.objects.filter(_within("received_at", days))
    return Replies(_counted(came, "kind"), Reply.objects.filter(_within("closed_at", days)).count())


def stops(days: Span) -> Counter:
    """Numbers that the program stopped texting, by the reason of the suppression."""
    return _counted(Suppression.objects.filter(_within("effective_at", days)), "reason")


@dataclass(frozen=True, slots=True)
class Answers:
    """Rows of the Forms exports taken in, by what the program made of them, and how many a person decided."""

    by_outcome: Counter
    decided: int

    @property
    def taken_in(self) -> int:
        return self.by_outcome.total()


def answers(days: Span) -> Answers:
    """What needed review when it was taken in counts there, also after somebody has decided it."""
    taken = Response.objects.filter(_within("file__taken_in_at", days))
    review = Q(outcome=Response.Outcome.REVIEW) | Q(decided_at__isnull=False)
    by_outcome = _counted(taken.exclude(review), "outcome")
    by_outcome[Response.Outcome.REVIEW.value] = taken.filter(review).count()
    return Answers(by_outcome, Response.objects.filter(_within("decided_at", days)).count())


def decisions(days: Span) -> Counter:
    """{(ledger, decision): lines} written in these days that nobody has corrected since."""
    lines = ConsentEvent.objects.effective().filter(_within("recorded_at", days)).order_by()
    return Counter({tuple(key): count for *key, count in lines.values_list("kind", "decision").annotate(Count("pk"))})


@dataclass(frozen=True, slots=True)
class Calls:
    """Phone calls; each of the two counts sums up to `made`. A person is the name of a staff member."""

    by_outcome: Counter
    by_person: Counter

    @property
    def made(self) -> int:
        return self.by_outcome.total()


def calls(days: Span) -> Calls:
    rows = Attempt.objects.filter(_within("at", days), channel=Attempt.Channel.CALL)
    made = _counted(rows, "by")
    names = {person.pk: str(person) for person in User.objects.filter(pk__in=filter(None, made))}
    people = Counter()
    for pk, count in made.items():
        people[names.get(pk, "Nobody named")] += count
    return Calls(_counted(rows, "outcome"), people)


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters by postmark, those that somebody found to have come back, and those staff mailed by hand."""

    posted: int
    returned: int
    by_hand: int


def letters(days: Span) -> Letters:
    return Letters(
        Letter.objects.filter(batch__posted_on__range=(days.first, days.last)).count(),
        Letter.objects.filter(_within("returned_at", days)).count(),
        Attempt.objects.filter(_within("at", days), outcome=Attempt.Outcome.MAILED).count(),
    )


@dataclass(frozen=True, slots=True)
class Imports:
    """Files: lists applied, discarded or undone, by their kind and state now, and Forms exports taken in."""

    lists: Counter
    forms: int


def imports(days: Span) -> Imports:
    closed = ImportBatch.objects.filter(_within("closed_at", days)).order_by()
    lists = {tuple(key): count for *key, count in closed.values_list("kind", "state").annotate(Count("pk"))}
    return Imports(Counter(lists), ResponseFile.objects.filter(_within("taken_in_at", days)).count())


@dataclass(frozen=True, slots=True)
class Tasks:
    """`open` and `overdue` are as of now, `overdue` those due before the day after the span."""

    made: int
    done: int
    open: int
    overdue: int


def tasks(days: Span) -> Tasks:
    open_ones = StaffTask.objects.open()
    return Tasks(
        StaffTask.objects.filter(_within("made_at", days)).count(),
        StaffTask.objects.filter(_within("done_at", days)).count(),
        open_ones.count(),
        open_ones.filter(due_on__lte=days.last).count(),
    )


def backups(days: Span) -> int:
    return Backup.objects.filter(_within("made_at", days)).count()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a day has to come, as the facts of now tell."""

    texts: int
    reminders: int
    call_backs: int
    tasks: int


def plan(day: date, practice: Practice) -> Plan:
    """texts: planned rows that are due by that day's end and wait for nobody; reminders: numbers whose reminder is
    due by then and has no row yet; call-backs as in the queue of calls."""
    end = span(day, day, practice.time_zone).end
    due = Message.objects.filter(state=Message.State.PLANNED, hold="", due_at__lt=end)
    due = due.filter(Q(campaign=None) | Q(campaign__state=Campaign.State.RUNNING))
    return Plan(due.count(), reminders_due(end), len(call_backs(day, practice)), StaffTask.objects.due(day).count())


def days_with_work(days: Span, zone: str) -> set[date]:
    """Days on which a text was handed to Spruce, a call or letter recorded, or a decision written."""
    place = ZoneInfo(zone)
    found: set[date] = set()
    for model, field in ((Message, "first_attempt_at"), (Attempt, "at"), (ConsentEvent, "recorded_at")):
        rows = model.objects.filter(_within(field, days)).order_by()
        found.update(rows.annotate(on=TruncDate(F(field), tzinfo=place)).values_list("on", flat=True).distinct())
    return found


def working_days(days: Span, practice: Practice) -> list[date]:
    """Monday to Friday without holidays, and any other day on which there was work; the newest first."""
    worked = days_with_work(days, practice.time_zone)
    return [day for day in _newest_first(days) if day in worked or _is_workday(day, practice.state)]


def _is_workday(day: date, state: str) -> bool:
    return day.weekday() < WORKDAYS and not holidays_on(day, state)


def _newest_first(days: Span) -> Iterable[date]:
    return (days.last - timedelta(days=back) for back in range((days.last - days.first).days + 1))
