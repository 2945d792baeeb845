"""The final status report: where everybody stands, in sums; the list of patients is a workbook of its own."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from consent.models import Disclosure
from explorer import day_figures, figures, final_figures
from explorer.lib.models import Practice
from explorer.reports import saying
from explorer.reports.day import counted
from explorer.reports.sheet import Part, Sheet
from explorer.reports.week import funnel_part, standings_part
from outreach.models import Attempt
from outreach.standings import LABELS

COLUMNS = (
    "Chart", "Last name", "First name", "Date of birth", "Standing", "Records", "APCM", "Notice", "Texting",
    "Why there is no decision", "Texts confirmed", "Calls", "Letters posted", "A letter came back",
)  # fmt: skip


def final_report(practice: Practice, now: datetime) -> Sheet:
    zone = practice.time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    ever = day_figures.span(final_figures.FIRST_DAY, today, zone)
    found = figures.census(practice)
    standings, apcm = figures.standings(found), figures.elections()
    calls, told = day_figures.calls(ever).by_outcome, final_figures.disclosures()
    parts = (
        standings_part(standings),
        funnel_part(figures.funnel(found)),
        _apcm(apcm),
        _texts(figures.texts()),
        _why_open(practice),
        counted("calls", _("Calls by outcome"), _("Outcome"), dict(Attempt.Outcome.choices), calls),
        _letters(day_figures.letters(ever)),
        counted("disclosures", _("Told to others"), _("Purpose"), dict(Disclosure.Purpose.choices), told),
    )
    return Sheet(
        "final",
        _("Final status report"),
        practice.name,
        f"Made on {saying.moment(now, zone)}.",
        _lead(standings),
        parts,
    )


def _lead(standings: figures.Standings) -> tuple[str, ...]:
    counts = {row.code: row.count for row in standings.rows}
    decided = sum(counts[code] for code in ("given", "declined", "revoked"))
    return (
        f"{decided:,} of {saying.count(standings.patients, 'patient')} have decided about their records "
        f"({saying.share(decided, standings.patients)}): {counts['given']:,} yes, {counts['declined']:,} no, "
        f"{counts['revoked']:,} taken back.",
        "The proof behind each decision is in the evidence packets: Practice, Evidence, New packet of many patients.",
    )


def _apcm(found: figures.Elections) -> Part:
    rows = [
        (_("Stay with the new practice"), found.given),
        (_("Do not"), found.declined),
        (_("No answer yet"), found.open),
    ]
    total = (_("Enrolled in APCM"), found.enrolled)
    return Part.of("apcm", _("APCM elections"), (_("Election"), _("Patients")), rows, total=total)


def _texts(found: figures.Texts) -> Part:
    rows = [
        (_("Handed to Spruce"), found.sent),
        (_("Confirmed"), found.confirmed),
        (_("Failed"), found.failed),
        (_("Uncertain"), found.uncertain),
        (_("Text parts"), found.segments),
        (_("Numbers texted"), found.numbers),
        (_("Numbers with an answer"), found.numbers_answered),
    ]
    return Part.of("texts", _("Texts of all campaigns"), (_("Texts"), _("Number")), rows)


def _why_open(practice: Practice) -> Part:
    found = final_figures.why_open(practice)
    rows = [(final_figures.REASONS[code], count) for code, count in found.most_common()]
    total = (_("Without a decision"), found.total())
    return Part.of(
        "why_open", _("Who has not decided, and why"), (_("Why"), _("Patients")), rows, total=total, wide=True
    )


def _letters(found: day_figures.Letters) -> Part:
    rows = [(_("Posted"), found.posted), (_("Came back"), found.returned), (_("Mailed by hand"), found.by_hand)]
    return Part.of("letters", _("Letters"), (_("Letters"), _("Number")), rows)


def patient_rows(practice: Practice) -> Iterator[list]:
    """The heading, then one row for each patient in the order of the list; a date stays a date."""
    yield list(COLUMNS)
    reasons = final_figures.reasons_of_patients(practice)
    fields = (
        "pk", "mrn", "last_name", "first_name", "date_of_birth", "standing", "records_ledger", "apcm_ledger",
        "notice_ledger", "texting_state", "confirmed", "called", "posted", "letter_back",
    )  # fmt: skip
    rows = final_figures.status_of_patients(practice).values_list(*fields)
    for pk, mrn, last, first, born, standing, *ledgers, texts, calls, letters, back in rows.iterator():
        why = final_figures.REASONS[reasons[pk]] if pk in reasons else ""
        yield [mrn, last, first, born, LABELS[standing], *ledgers, why, texts, calls, letters, "yes" if back else ""]
