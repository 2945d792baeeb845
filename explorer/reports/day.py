"""The sheet of one day: its summary, and the evening close-out made of the same tables."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from consent.models import ConsentEvent, Response
from explorer import day_figures, work
from explorer.dashboard import health
from explorer.day_figures import Span
from explorer.lib.models import Backup, Practice
from explorer.reports import saying
from explorer.reports.sheet import Part, Sheet
from outreach.models import Attempt, LineState, Reply, Suppression
from patients.models import ImportBatch

NUMBER = _("Number")
OPEN = {
    "replies": _("Replies to answer"),
    "numbers": _("Numbers to check"),
    "answers": _("Form answers to review"),
    "alerts": _("Answers with another patient’s code"),
    "matches": _("Contact matches to review"),
    "duplicates": _("Possible duplicates"),
    "addresses": _("Addresses to correct"),
    "imports": _("Imports to review"),
    "desk": _("Desk forms in doubt"),
    "uncertain": _("Texts nobody can be sure of"),
    "notices": _("Interruptions nobody has looked at"),
    "late": _("Late texts held"),
    "overdue": _("Tasks overdue"),
}
"""What waits for a person, by the names of `work.all_counts`."""


def daily(day: date, practice: Practice, now: datetime, waiting: dict[str, int] | None = None) -> Sheet:
    """`waiting` is `work.all_counts()`, where it is known. Raises ValidationError for a day still to come."""
    _check(day, practice, now)
    tasks = _tasks(day, practice)
    parts = [*_done(day, practice), _open_now(waiting, tasks), *_ahead(day, practice, now, tasks)]
    return _sheet("day", _("Daily summary"), day, practice, now, parts)


def close_out(day: date, practice: Practice, now: datetime, waiting: dict[str, int] | None = None) -> Sheet:
    """What is still open stands first. Raises ValidationError for a day that is still to come."""
    _check(day, practice, now)
    tasks = _tasks(day, practice)
    parts = [_open_now(waiting, tasks), *_done(day, practice), *_ahead(day, practice, now, tasks)]
    return _sheet("close_out", _("Evening close-out"), day, practice, now, parts)


def _check(day: date, practice: Practice, now: datetime) -> None:
    """Raises ValidationError."""
    saying.check_day(day, now.astimezone(ZoneInfo(practice.time_zone)).date())


def _sheet(kind: str, title: str, day: date, practice: Practice, now: datetime, parts: list[Part]) -> Sheet:
    zone = practice.time_zone
    named = {part.key: part for part in parts}
    tried, answered = named["texts"].total[1], named["decisions"].total[-1]
    replied = named["replies"].total[1]
    calls, waiting = named["calls"].total[1], named["open"].total[1]
    lead = (
        f"{saying.count(tried, 'text')} handed to Spruce, {saying.count(replied, 'reply', 'replies')} in, "
        f"{saying.count(calls, 'call')} made, {saying.count(answered, 'decision')} written down.",
        f"{saying.count(waiting, 'thing')} still {'waits' if waiting == 1 else 'wait'} for a person."
        if waiting
        else "Nothing waits for a person.",
    )
    return Sheet(kind, title, saying.weekday(day), saying.as_of(day, now, zone), lead, tuple(parts))


def counted(key: str, title: str, heading: str, labels: dict[str, str], found: Counter, **more) -> Part:
    """One row for each label that was counted, and their sum."""
    rows = [(label, found[code]) for code, label in labels.items() if found[code]]
    return Part.of(key, title, (heading, NUMBER), rows, total=(_("All"), found.total()), **more)


def _done(day: date, practice: Practice) -> list[Part]:
    days = day_figures.span(day, day, practice.time_zone)
    calls = day_figures.calls(days)
    people = dict.fromkeys(sorted(calls.by_person))
    return [
        texts(days),
        decisions(days),
        _replies(days),
        counted(
            "stops", _("Numbers no longer texted"), _("Why"), dict(Suppression.Reason.choices), day_figures.stops(days)
        ),
        _answers(days),
        counted("calls", _("Calls by outcome"), _("Outcome"), dict(Attempt.Outcome.choices), calls.by_outcome),
        counted("calls_by", _("Calls by person"), _("Person"), {name: name for name in people}, calls.by_person),
        _letters(days),
        _imports(days),
    ]


def texts(days: Span) -> Part:
    headings = (
        _("Texts"),
        _("Handed over"),
        _("Confirmed"),
        _("Under way"),
        _("Uncertain"),
        _("Failed"),
        _("Withdrawn"),
    )
    found = day_figures.texts(days)
    rows = [
        (row.label, row.tried, row.confirmed, row.under_way, row.uncertain, row.failed, row.withdrawn) for row in found
    ]
    sums = tuple(sum(row[place] for row in rows) for place in range(1, len(headings)))
    shown = [row for row in rows if row[1] or row is rows[0]]
    words = "" if sums[0] == sum(sums[1:]) else "These do not add up: tell your administrator."
    return Part.of("texts", _("Texts"), headings, shown, total=(_("All"), *sums), words=words, wide=True)


def decisions(days: Span) -> Part:
    found, said = day_figures.decisions(days), ConsentEvent.Decision
    rows = [
        (label, *(found[kind, decision] for decision in said.values), sum(found[kind, each] for each in said.values))
        for kind, label in ConsentEvent.Kind.choices
    ]
    total = tuple(sum(row[place] for row in rows) for place in range(1, 5))
    headings = (_("Decisions"), *said.labels, _("All"))
    shown = [row for row in rows if row[-1]]
    return Part.of("decisions", _("Decisions written down"), headings, shown, total=(_("All"), *total), wide=True)


def _replies(days: Span) -> Part:
    found, waiting = day_figures.replies(days), Reply.objects.needs_answer().count()
    words = f"{found.closed:,} closed in that time; {waiting:,} still to answer now."
    labels = dict(Reply.Kind.choices)
    return counted("replies", _("Replies that came in"), _("Read as"), labels, found.by_kind, words=words)


def _answers(days: Span) -> Part:
    found, waiting = day_figures.answers(days), Response.objects.in_review().count()
    words = f"{found.decided:,} decided by a person in that time; {waiting:,} still to review now."
    labels = dict(Response.Outcome.choices)
    return counted("answers", _("Form answers taken in"), _("Outcome"), labels, found.by_outcome, words=words)


def _letters(days: Span) -> Part:
    found = day_figures.letters(days)
    rows = [(_("Posted"), found.posted), (_("Came back"), found.returned), (_("Mailed by hand"), found.by_hand)]
    return Part.of("letters", _("Letters"), (_("Letters"), NUMBER), rows)


def _imports(days: Span) -> Part:
    found = day_figures.imports(days)
    kinds, states = dict(ImportBatch.Kind.choices), dict(ImportBatch.State.choices)
    rows = [(f"{kinds[kind]}: {states[state].lower()}", n) for (kind, state), n in sorted(found.lists.items())]
    rows += [(_("Forms exports taken in"), found.forms)]
    return Part.of("imports", _("Files"), (_("File"), NUMBER), rows)


def _tasks(day: date, practice: Practice) -> day_figures.Tasks:
    return day_figures.tasks(day_figures.span(day, day, practice.time_zone))


def _open_now(waiting: dict[str, int] | None, tasks: day_figures.Tasks) -> Part:
    found = Counter(waiting or work.all_counts()) | Counter(late=work.late_texts(), overdue=tasks.overdue)
    kept = Counter({name: found[name] for name in OPEN})
    return counted("open", _("Still open now"), _("Waits for a person"), OPEN, kept)


def _ahead(day: date, practice: Practice, now: datetime, done: day_figures.Tasks) -> list[Part]:
    """What only the present can tell is told of today alone."""
    zone = practice.time_zone
    days = day_figures.span(day, day, zone)
    rows = [(_("Made"), done.made), (_("Done"), done.done), (_("Open now"), done.open)]
    found = [Part.of("tasks", _("Tasks"), (_("Tasks"), NUMBER), rows)]
    if day != now.astimezone(ZoneInfo(zone)).date():
        return [
            *found,
            Part.of("backups", _("Backups"), (_("Backups"), NUMBER), [(_("Made"), day_figures.backups(days))]),
        ]
    line = LineState.objects.get(pk=1)
    return [
        *found,
        _tomorrow(day + timedelta(days=1), practice),
        _system(days, line, zone),
        _health(practice, line, now),
    ]


def _tomorrow(day: date, practice: Practice) -> Part:
    plan = day_figures.plan(day, practice)
    rows = [
        (_("Texts planned"), plan.texts),
        (_("Reminders that come due"), plan.reminders),
        (_("Call-backs"), plan.call_backs),
        (_("Tasks"), plan.tasks),
    ]
    return Part.of("tomorrow", f"Due by {saying.weekday(day)}", (_("What"), NUMBER), rows)


def _system(days: Span, line: LineState, zone: str) -> Part:
    newest = Backup.objects.first()
    left = "not told yet" if line.daily_remaining is None else f"{line.daily_remaining:,} of {line.daily_limit or 0:,}"
    rows = [
        (_("Backups made"), day_figures.backups(days)),
        (_("Newest backup"), saying.moment(newest and newest.made_at, zone)),
        (_("Calls to Spruce left today"), left),
        (_("Calls a minute"), "not told yet" if line.limit is None else line.limit),
    ]
    return Part.of("backups", _("Backup and limits"), (_("What"), _("Now")), rows)


def _health(practice: Practice, line: LineState, now: datetime) -> Part:
    with timezone.override(practice.time_zone):
        rows = [(sign.title, str(sign.words)) for sign in health(practice, line, now)]
    return Part.of("health", _("Health"), (_("Part"), _("State")), rows)
