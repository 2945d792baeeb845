"""The figures of the first page as tables: shown beside the charts, and the same rows downloaded."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO, StringIO

from django.utils.translation import gettext_noop as _

from explorer.figures import STAGES
from explorer.lib.tables.writing import write_csv, write_xlsx
from explorer.snapshot import Outlook, Snapshot

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": EXCEL}
Rows = list[list]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sheet may be made of; `outlook` is None before there is a forecast."""

    figures: Snapshot
    outlook: Outlook | None


def standings(facts: Facts) -> Rows:
    found = facts.figures.standings
    rows = [[row.label, row.count, round(row.share, 1)] for row in found.rows]
    return [["Standing", "Patients", "Percent"], *rows, ["All patients", found.total, 100.0 if found.total else 0.0]]


def funnel(facts: Facts) -> Rows:
    rows = [[row.label, *(getattr(row, stage) for stage in STAGES)] for row in facts.figures.funnel]
    return [["Cohort", *STAGES.values()], *rows]


def curve(facts: Facts) -> Rows:
    """Of all patients, by day since the first contact; percent."""
    heading = ["Day", "Silent before it", "Answered on it", "Answered so far %", "Low %", "Middle %", "High %"]
    found = facts.outlook.cohorts.get("all") if facts.outlook else None
    rows = [
        [
            day.day,
            day.at_risk,
            day.answered,
            None if day.share is None else round(day.share, 1),
            *(round(value, 1) for value in (day.low, day.mid, day.high)),
        ]
        for day in (found.curve if found else ())
    ]
    return [heading, *rows]


def forecast(facts: Facts) -> Rows:
    heading = [
        "Cohort", "Patients", "Asked", "Answered", "Consented", "On", "Answered low %", "Answered middle %",
        "Answered high %", "Consented low %", "Consented middle %", "Consented high %", "Calls a day for the goal",
    ]  # fmt: skip
    labels = {row.code: row.label for row in facts.figures.funnel}
    rows = []
    for cohort, found in facts.outlook.cohorts.items() if facts.outlook else ():
        bands = [found.answered, found.consented] if found.answered else [None, None]
        percents = [
            round(getattr(band, part), 1) if band else None for band in bands for part in ("low", "mid", "high")
        ]
        counts = [found.people, found.asked, found.answered_now, found.consented_now]
        rows.append([labels[cohort], *counts, found.deadline, *percents, found.calls_a_day])
    return [heading, *rows]


def apcm(facts: Facts) -> Rows:
    found = facts.figures.apcm
    rows = [["Yes", found.given], ["No", found.declined], ["Not answered yet", found.open]]
    return [["APCM", "Patients"], *rows, ["Enrolled patients", found.enrolled]]


def answers(facts: Facts) -> Rows:
    """The response rates against their goals."""
    rows = [[rate.label, rate.answered, rate.asked, rate.percent, rate.goal] for rate in facts.figures.rates]
    return [["Since the first text", "Answered", "Texted", "Percent", "Goal %"], *rows]


SHEETS: dict[str, tuple[str, Callable[[Facts], Rows]]] = {
    "standings": (_("Where all patients stand"), standings),
    "funnel": (_("From the list to the consent"), funnel),
    "curve": (_("Answers by day since the first contact"), curve),
    "forecast": (_("Forecast for the deadline"), forecast),
    "answers": (_("Answers since the first text"), answers),
    "apcm": (_("APCM: stay with us?"), apcm),
}


def written(title: str, rows: Rows, kind: str, as_of: str) -> bytes:
    """As a file of one of KINDS, under the moment at which the figures were counted."""
    rows = [*rows, [], [f"As of {as_of}"]]
    if kind == "xlsx":
        file = BytesIO()
        write_xlsx(file, {title: rows})
        return file.getvalue()
    text = StringIO(newline="")
    write_csv(text, rows)
    return text.getvalue().encode("utf-8-sig")
