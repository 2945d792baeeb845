"""What the APCM pages show of verdicts. Pure display, with the address of each cure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse
from django.utils.http import urlencode

from consent.apcm.cases import ABOUT, Block, Verdict
from explorer.lib.months import first_of, month_after
from patients.models import ApcmEnrolment, Patient

STATES = {"ready": "Ready", "blocked": "Blocked", "exported": "Handed over"}
BADGES = {"ready": "good", "blocked": "bad", "exported": "info"}
WARNINGS = {
    "qmb": "QMB not checked in the month", "payer": "Payer check older than the month",
    "conditions": "Conditions attested over a year ago", "visit": "Last visit 30 months ago or more",
    "balance": "QMB with a balance", "level": "Workbook and facts differ", "note": "Biller’s note",
}  # fmt: skip
REPORTS = {
    "visits": "Missing initiating visits",
    "expiring": "Expiring evidence",
    "conflicts": "Months in conflict",
    "changed": "Changed since handed over",
}
EXPIRING = ("qmb", "payer", "conditions", "visit")


@dataclass
class Shown:
    patient: Patient
    verdict: Verdict
    state: str = ""
    badge: str = ""
    level: str = ""
    blocks: list[tuple[Block, str]] = field(default_factory=list)  # with the cure's address
    warnings: list[tuple[str, str]] = field(default_factory=list)


def shown(patient: Patient, verdict: Verdict) -> Shown:
    return Shown(
        patient=patient,
        verdict=verdict,
        state=STATES[verdict.state],
        badge=BADGES[verdict.state],
        level=level_name(verdict.claimed.level if verdict.claimed else verdict.level.counts),
        blocks=[(block, door(block.door, patient.pk, verdict.month)) for block in verdict.blocks],
        warnings=[(each.words, door(each.door, patient.pk, verdict.month)) for each in verdict.warnings],
    )


def level_name(level: int | None) -> str:
    return ApcmEnrolment.Level(level).label if level else "Level not known"


def door(name: str, patient_id: int, month: date) -> str:
    """The page where the cure is done; empty where there is none."""
    about = f"?{urlencode({'month': f'{month:%Y-%m}'})}"
    pages = {
        "": "",
        "consent": ("consent_consentevent_record", [patient_id], ""),
        "answers": ("consent_response_changelist", [], ""),
        "profile": ("floor_practice_change", [1], ""),
        "facts": ("consent_apcmmonth_patient", [patient_id], about),
        "months": ("consent_apcmmonth_patient", [patient_id], about),
    }
    if name == "":
        return ""
    page, args, query = pages.get(name, ("consent_apcmmonth_add_fact", [patient_id, name], about))
    return reverse(f"admin:{page}", args=args) + query


def months_to_choose(start: date | None, today: date, chosen: date) -> list[tuple[str, str]]:
    """From the first month at the new practice to the coming one, the newest first."""
    first = first_of(start or today)
    months, month = [], min(first, first_of(today))
    while month <= max(month_after(today), first):
        months.append(month)
        month = month_after(month)
    if chosen not in months:
        months.append(chosen)
    return [(f"{each:%Y-%m}", f"{each:%B %Y}") for each in sorted(months, reverse=True)]


def reasons(found: list[Verdict]) -> list[tuple[str, str, int]]:
    """(code, words, patients) of every block and warning that occurs."""
    rows = []
    blocked = Counter(code for verdict in found for code in {block.code for block in verdict.blocks})
    warned = Counter(code for verdict in found for code in {each.code for each in verdict.warnings})
    for code, words in ABOUT.items():
        if count := blocked[code]:
            rows.append((code, f"{code.upper() if code[0] == 'V' else ''} {words}".strip(), count))
    for code, words in WARNINGS.items():
        if count := warned[code]:
            rows.append((f"warn-{code}", f"Warning: {words}", count))
    return rows


def fits(verdict: Verdict, reason: str) -> bool:
    if reason.startswith("warn-"):
        return any(each.code == reason.removeprefix("warn-") for each in verdict.warnings)
    return not reason or any(block.code == reason for block in verdict.blocks)


def report_lines(report: str, verdict: Verdict) -> list[Block]:
    """What a report says of one patient; nothing where the patient is not on it."""
    if report == "visits":
        return [block for block in verdict.blocks if block.code == "V7"]
    if report == "conflicts":
        return [block for block in verdict.blocks if block.code in ("V5", "V9")]
    if report == "changed":
        return [
            Block("", words, "Void the month with a reason, or tell the biller.", "months") for words in verdict.changed
        ]
    return [Block(each.code, each.words, "Record it anew.", each.door) for each in verdict.warnings
            if each.code in EXPIRING]  # fmt: skip
