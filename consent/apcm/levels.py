"""The level of a patient in a month, and who pays (domain 1.1, V1, V2). Pure."""

from datetime import date

from consent.apcm.cases import Block, Case, Level, newest, newest_fact


def level(conditions: int | None, qmb: str) -> int | None:
    """By conditions and QMB (domain 1.1). With QMB unknown never 3; None where the conditions are not known."""
    if conditions is None:
        return None
    if conditions < 2:
        return 1
    return 3 if qmb == "yes" else 2


def level_of(case: Case, month: date) -> Level:
    """A person's word counts first, then conditions and QMB, then the workbook's column.

    The workbook's level 3 stands while nobody has checked QMB for the month: it is held, not lowered unseen.
    """
    qmb = newest(case.of_kind("qmb", month), lambda fact: fact.answer) or "unknown"
    count = newest(case.of_kind("conditions"), lambda fact: fact.number)
    set_by = newest_fact(case.of_kind("level"), lambda fact: fact.number)
    derived = level(count, qmb)
    if set_by:
        counts = set_by.number
    elif derived == 2 and qmb == "unknown" and case.workbook_level == 3:
        counts = 3
    else:
        counts = derived or case.workbook_level
    because = set_by.note if set_by else ""
    return Level(counts, case.workbook_level, derived, set_by.number if set_by else None, because, count, qmb)


def blocks(shown: Level, month: date) -> list[Block]:
    found = []
    if shown.counts is None:
        found.append(Block("V2", "The level is not known: no conditions are on record.",
                           "Record how many chronic conditions are attested.", "conditions"))  # fmt: skip
    elif shown.counts > 1 and (shown.conditions is None or shown.conditions < 2):
        known = "none are attested" if shown.conditions is None else f"{shown.conditions} attested"
        found.append(Block("V2", f"Level {shown.counts} needs two chronic conditions; {known}.",
                           "Record the attested conditions.", "conditions"))  # fmt: skip
    if shown.counts == 3 and shown.qmb != "yes":
        known = "is recorded as no" if shown.qmb == "no" else "is not checked"
        found.append(Block("V1", f"Level 3 needs QMB verified for {month:%m/%Y}; it {known}.",
                           "Check QMB for this month and record it.", "qmb"))  # fmt: skip
    return found


def payer_blocks(case: Case) -> list[Block]:
    payer = newest_fact(case.of_kind("payer"), lambda fact: fact.answer)
    known = payer.answer if payer else "unknown"
    if known == "part_b" or (known == "advantage" and payer.source == "plan"):
        return []
    words, cure = {
        "advantage": ("Medicare Advantage: the plan decides.", "Ask the plan, and record the payer with what it said."),
        "other": ("Not Original Medicare: APCM is a Medicare service.", "Check the payer, or leave the patient out."),
        "unknown": ("Nobody has checked who pays.", "Check the payer and record it."),
    }[known]
    return [Block("payer", words, cure, "payer")]
