"""The week for the physician: one page in plain words, beside the week before."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_noop as _

from consent.models import Wording
from explorer import day_figures, figures, forecast_words, snapshot, work
from explorer.day_figures import Span
from explorer.lib.models import Practice
from explorer.reports import saying
from explorer.reports.sheet import Part, Sheet
from outreach.models import Message, Suppression, Wave
from outreach.number_checks import open_checks

YES = _("Records: yes")


def weekly(day: date, practice: Practice, now: datetime) -> Sheet:
    """Of the week, Monday to Sunday, that the day is in. Raises ValidationError for one that is still to come."""
    zone = practice.time_zone
    first = saying.monday_of(day)
    saying.check_day(first, now.astimezone(ZoneInfo(zone)).date())
    last = first + timedelta(days=6)
    this = day_figures.span(first, last, zone)
    before = day_figures.span(first - timedelta(days=7), first - timedelta(days=1), zone)
    trend, found = _trend(this, before), figures.census(practice)
    standings, funnel = figures.standings(found), figures.funnel(found)
    parts = (_needed(standings, practice), trend, standings_part(standings), funnel_part(funnel))
    title = f"{saying.on(first)} to {saying.on(last)}"
    return Sheet(
        "week",
        _("Week for the physician"),
        title,
        saying.as_of(last, now, zone),
        _lead(practice, now, trend, funnel[0]),
        parts,
    )


def _happened(days: Span) -> dict[str, int]:
    decisions = day_figures.decisions(days)
    return {
        _("Texts handed to Spruce"): sum(row.tried for row in day_figures.texts(days)),
        _("Replies"): day_figures.replies(days).came_in,
        _("Form answers"): day_figures.answers(days).taken_in,
        _("Calls"): day_figures.calls(days).made,
        _("Letters posted"): day_figures.letters(days).posted,
        YES: decisions["records", "given"],
        _("Records: no or taken back"): decisions["records", "declined"] + decisions["records", "revoked"],
        _("APCM: yes"): decisions["apcm", "given"],
        _("APCM: no or taken back"): decisions["apcm", "declined"] + decisions["apcm", "revoked"],
        _("Asked to stop texts"): day_figures.stops(days)[Suppression.Reason.STOP],
    }


def _lead(practice: Practice, now: datetime, trend: Part, everybody: figures.Funnel) -> tuple[str, ...]:
    apcm = figures.elections()
    said = [
        f"{everybody.answered:,} of {saying.count(everybody.eligible, 'patient')} who may be asked have answered "
        f"({saying.share(everybody.answered, everybody.eligible)}); {everybody.consented:,} said yes to the move of "
        "their records."
    ]
    now_yes, then_yes = next(row[1:3] for row in trend.rows if row[0] == YES)
    said.append(f"This week {now_yes:,} said yes, the week before {then_yes:,}.")
    if apcm.enrolled:
        said.append(
            f"Of {saying.count(apcm.enrolled, 'patient')} with APCM {apcm.given:,} stay with you "
            f"({saying.share(apcm.given, apcm.enrolled)}; the goal is {apcm.goal} %), {apcm.open:,} have not answered."
        )
    if outlook := forecast_sentence(practice, now):
        said.append(outlook)
    return tuple(said)


def forecast_sentence(practice: Practice, now: datetime) -> str:
    """Of all patients, by the newest forecast of the day; empty where none can be made."""
    kept = snapshot.outlook(now)
    found = (kept.cohorts if kept else figures.forecast(practice, now)).get("all")
    return forecast_words.sentence(found) if found else ""


def _trend(this: Span, before: Span) -> Part:
    old = _happened(before)
    rows = [(label, new, old[label], _change(new - old[label])) for label, new in _happened(this).items()]
    headings = (_("What"), _("This week"), _("Week before"), _("Change"))
    return Part.of("trend", _("What happened"), headings, rows, wide=True)


def _change(by: int) -> str:
    return f"{'up' if by > 0 else 'down'} {abs(by):,}" if by else "same"


def _needed(standings: figures.Standings, practice: Practice) -> Part:
    """What only the physician, or somebody the physician names, can decide."""
    contradicting = next(row.count for row in standings.rows if row.code == "conflict")
    deaths = len({check.patient.pk for check in open_checks() if check.stop.reason == Suppression.Reason.DECEASED})
    rows = [
        (_("Patients whose answers contradict"), contradicting),
        (_("Patients said to have died"), deaths),
        (_("Pilots that wait for a go"), Wave.objects.waiting_for_a_go().count()),
        (_("Late texts: send or drop"), work.late_texts()),
        (_("Texts nobody can be sure of"), Message.objects.filter(state=Message.State.UNCERTAIN).count()),
        (_("Wordings without counsel’s approval"), _unapproved(practice)),
    ]
    rows = [row for row in rows if row[1]]
    words = "" if rows else "Nothing waits for your decision."
    return Part.of("needed", _("What needs your decision"), (_("Decision"), _("Number")), rows, words=words, wide=True)


def _unapproved(practice: Practice) -> int:
    """Kinds of wording in use that counsel has not approved; the demo's are nobody's to approve."""
    if settings.MODE == "demo":
        return 0
    good = Wording.objects.good_on(practice.today()).filter(language="en").exclude(approved_on=None)
    return len(set(Wording.Kind.values) - set(good.values_list("kind", flat=True)))


def standings_part(found: figures.Standings) -> Part:
    rows = [(row.label, row.count, saying.share(row.count, found.total)) for row in found.rows]
    words = (
        f"Adds up to the {saying.count(found.patients, 'patient')} on the list."
        if found.adds_up
        else f"{found.total:,} counted, {found.patients:,} patients: tell your administrator."
    )
    headings = (_("Standing"), _("Patients"), _("Of all"))
    total = (_("All patients"), found.total, saying.share(found.total, found.total))
    return Part.of("standings", _("Where all patients stand"), headings, rows, total=total, words=words)


def funnel_part(rows: list[figures.Funnel]) -> Part:
    """A column for each cohort, a row for each stage."""
    headings = (_("Come as far as"), *(row.label for row in rows))
    stages = [(label, *(getattr(row, stage) for row in rows)) for stage, label in figures.STAGES.items()]
    return Part.of("funnel", _("How far they have come"), headings, stages)
