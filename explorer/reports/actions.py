"""Keeping a report, closing a day, signing."""

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation

from explorer import day_figures
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.models import Report, SignOff
from explorer.reports import saying
from explorer.reports.campaign import campaign_report
from explorer.reports.day import close_out, daily
from explorer.reports.final import final_report
from explorer.reports.paper import on_paper
from explorer.reports.proof import audit_head
from explorer.reports.sheet import Sheet, digest
from explorer.reports.week import weekly
from outreach.models import Campaign
from patients.actions import record_export

Kind = Report.Kind
LOOK_BACK = timedelta(days=30)
OF_A_DAY: dict[str, Callable[..., Sheet]] = {Kind.DAY: daily, Kind.CLOSE_OUT: close_out}
LOOKED = "I have looked at what is still open."


class Changed(ValidationError):
    """What is still open is no longer what the person has seen."""


def make(
    kind: str,
    *,
    day: date | None = None,
    campaign: Campaign | None = None,
    waiting: dict[str, int] | None = None,
) -> Sheet:
    """From the facts of now; nothing is stored. `waiting` is `work.all_counts()`, where it is known.

    Raises ValidationError for a day that is still to come.
    """
    practice, now = Practice.current(), clock.now()
    with translation.override("en"):  # a record, like exports and the audit log; pages translate its labels
        if kind == Kind.CAMPAIGN:
            return campaign_report(campaign, practice, now)
        if kind == Kind.FINAL:
            return final_report(practice, now)
        if kind == Kind.WEEK:
            return weekly(day, practice, now)
        return OF_A_DAY[kind](day, practice, now, waiting)


def pdf_of(sheet: Sheet, *, signed: list[str] = ()) -> tuple[bytes, int]:
    """(the PDF, its pages), with the proof at its end."""
    head = audit_head()
    proof = [f"SHA-256 of these figures: {sheet.sha256()}", *([f"Audit log up to: {head}"] if head else [])]
    return on_paper(sheet, practice=Practice.current().name, made_at=clock.now(), signed=signed, proof=proof)


@transaction.atomic
def keep(kind: str, *, by, day: date | None = None, campaign: Campaign | None = None) -> Report:
    """The report as it is now, for good; not a close-out. Raises ValidationError."""
    practice, now = Practice.current(), clock.now()
    _check_clock(practice.time_zone)
    sheet = make(kind, day=day, campaign=campaign)
    about = {
        Kind.FINAL: now.astimezone(ZoneInfo(practice.time_zone)).date(),
        Kind.WEEK: day and saying.monday_of(day),
        Kind.CAMPAIGN: None,
    }
    return _stored(sheet, by=by, day=about.get(kind, day), campaign=campaign)


def seen_open(sheet: Sheet) -> str:
    """What a close-out lists as still open, as a digest: who signs has looked at this."""
    return digest({"open": [list(row) for row in sheet.part("open").rows]})


def close_day(
    *, day: date, by, words: str = "", because: str = "", replaces: int | None = None, seen: str = ""
) -> Report:
    """The close-out of a day with its first signature. A day that is closed is closed again only with a reason.

    `replaces` is the close-out that the person saw standing, if any: when another stands by now, nothing is done.
    `seen` is `seen_open` of what the person looked at, where that was a page. Raises ValidationError; Changed.
    """
    practice = Practice.current()
    try:
        with transaction.atomic():
            _check_clock(practice.time_zone)
            before = standing_close_out(day)
            if (before and before.pk) != replaces:
                raise ValidationError(_closed_already(before, practice.time_zone))
            if before and not because.strip():
                raise ValidationError("Say why the day is closed again.")
            sheet = make(Kind.CLOSE_OUT, day=day)
            if seen and seen != seen_open(sheet):
                raise Changed("What is still open has changed since you opened the page. Look again, then sign.")
            signed = [f"Closed by {by} on {saying.moment(clock.now(), practice.time_zone)}. {words or LOOKED}"]
            if before:
                signed.append(f"It takes the place of close-out {before.pk}: {because.strip()}")
            report = _stored(
                sheet, by=by, day=day, signed=signed, supersedes=before, because=because.strip() if before else ""
            )
            sign(report, by=by, words=words or LOOKED)
    except IntegrityError:
        raise ValidationError(_closed_already(standing_close_out(day), practice.time_zone)) from None
    return report


def _closed_already(report: Report | None, zone: str) -> str:
    if report is None:
        return "The close-out you saw is gone. Open the page anew."
    return f"{report.made_by} closed this day on {saying.moment(report.made_at, zone)}. Look at that one first."


def standing_close_out(day: date) -> Report | None:
    return Report.objects.close_outs().standing().listed().filter(day=day).first()


def sign(report: Report, *, by, words: str = "") -> SignOff:
    """Raises ValidationError for one who has signed it, and for a close-out that another has replaced."""
    if Report.objects.filter(supersedes=report).exists():
        raise ValidationError("A later close-out has taken its place. Sign that one.")
    try:
        with transaction.atomic():
            return SignOff.objects.create(report=report, person=by, words=words.strip())
    except IntegrityError:
        raise ValidationError("You have signed this report already.") from None


def _check_clock(zone: str) -> None:
    """Raises ValidationError when the clock was set back behind what is kept already."""
    newest = Report.objects.aggregate(newest=Max("made_at"))["newest"]
    if newest and newest > clock.now():
        raise ValidationError(
            f"This PC's clock is behind the newest report, of {saying.moment(newest, zone)}. Set the clock first."
        )


def _stored(sheet: Sheet, *, by, signed: list[str] = (), **about) -> Report:
    pdf, pages = pdf_of(sheet, signed=signed)
    report = Report.of(
        pdf,
        kind=sheet.kind,
        made_by=by,
        figures=sheet.plain(),
        figures_sha256=sheet.sha256(),
        pages=pages,
        **about,
    )
    report.save()
    return report


def record_taken(sheet: Sheet, *, ending: str, by) -> None:
    """One line of the audit log for a report that leaves the program."""
    record_export(of=Report, count=len(sheet.parts), what=f"{sheet.title}, {ending}", by=by)


def missing(practice: Practice, today: date) -> list[date]:
    """Working days before today without a close-out, the newest first: of thirty days, since the first launch."""
    begun = Campaign.objects.exclude(launched_at=None).order_by("launched_at").values_list("launched_at", flat=True)
    first = begun.first()
    if first is None:
        return []
    zone = practice.time_zone
    start = max(first.astimezone(ZoneInfo(zone)).date(), today - LOOK_BACK)
    if start >= today:
        return []
    days = day_figures.span(start, today - timedelta(days=1), zone)
    closed = set(Report.objects.close_outs().filter(day__range=(start, today)).values_list("day", flat=True))
    return [day for day in day_figures.working_days(days, practice) if day not in closed]
