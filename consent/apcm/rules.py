"""What stands against billing APCM for one patient in one month (domain 1.7, V1 to V14). Pure.

A verdict depends on the set of facts alone: what counts is when a thing was, never when it was written down. Facts of
the same day that contradict each other count as not known.
"""

from collections.abc import Iterable
from datetime import date

from consent.apcm import consents, levels, reference, visits
from consent.apcm.cases import (
    Biller,
    Block,
    Case,
    Claimed,
    House,
    Initiating,
    Level,
    Verdict,
    Warned,
    first_service,
    newest_fact,
)
from explorer.lib.months import first_of, last_of, months_after, years_after

VISIT_AGES_AFTER = 30  # months
ATTESTED_FOR = 12  # months


def examine(case: Case, month: date, house: House) -> Verdict:
    """`month` is its first day."""
    consent = consents.standing_consent(case, month, house)
    biller = house.billers.get(consent.practitioner) if consent else None
    shown = levels.level_of(case, month)
    visit = visits.initiating_visit(case, month, house)
    claimed = sorted((row for row in case.claimed if row.month == month), key=lambda row: (row.practitioner, row.level))
    blocks = [
        *levels.blocks(shown, month),
        *(consents.stopped(case, consent, month) if consent else consents.missing(case, month, house)),
        *consents.contradiction(case),
        *_of_others(case, claimed, biller, month),
        *_of_practice(case, biller, month, house),
        *visits.blocks(visit),
        *_of_death(case, month),
        *_of_codes(case, month),
        *levels.payer_blocks(case),
    ]
    return Verdict(
        month, shown, visit, consent, biller, claimed[0] if claimed else None, tuple(blocks),
        tuple(_warnings(case, shown, visit, month)),
    )  # fmt: skip


def may_claim(live: Iterable[Claimed], month: date, practitioner: int) -> bool:
    """Whether the month is still nobody's, or this practitioner's own and to be shown again (V5)."""
    return all(row.practitioner == practitioner for row in live if row.month == month)


def _of_others(case: Case, claimed: list[Claimed], biller: Biller | None, month: date) -> list[Block]:
    found = []
    if len(claimed) > 1:
        found.append(Block("V5", "Two charts of this patient have the month.", "Void one with a reason.", "months"))
    elif biller and not may_claim(claimed, month, biller.pk):
        found.append(Block("V5", "The month was handed over for another practitioner than the consent names.",
                           "Void it with a reason, or leave it as it is.", "months"))  # fmt: skip
    if case.of_kind("old_billed", month):
        found.append(Block("V5", f"Somebody else has billed APCM for {month:%m/%Y}.",
                           "Only one practitioner is paid. Clear it with the old practice, then withdraw the note.",
                           "facts"))  # fmt: skip
    return found


def _of_practice(case: Case, biller: Biller | None, month: date, house: House) -> list[Block]:
    if house.start is None:
        return [Block("V6", "The first day at the new practice is not known.", "Add it to the profile.", "profile")]
    if month < first_of(house.start):
        return [Block("V6", f"Before {house.start:%m/%Y} the old practice bills.", "Choose a later month.", "")]
    if biller is None:
        return []
    if biller.enrolled_from is None:
        return [Block("V6", f"The Medicare enrolment of {biller.name} is not recorded.",
                      "Fill it in under Practice, Practitioners.", "")]  # fmt: skip
    service = first_service(case, month)
    if biller.enrolled_from > (service or month):
        return [Block("V6", f"{biller.name} is enrolled from {biller.enrolled_from:%m/%d/%Y}, after the month began.",
                      "Record a first service after that day, or bill from the next month on.", "service")]  # fmt: skip
    if biller.left_on and biller.left_on < month:
        return [Block("V6", f"{biller.name} left the practice before the month.",
                      "Ask for a consent that names another practitioner.", "consent")]  # fmt: skip
    return []


def _of_codes(case: Case, month: date) -> list[Block]:
    """Domain 1.5, by the list that is valid in the month."""
    excluded = reference.families("excluded", last_of(month))
    noted = {code for fact in case.of_kind("code", month) for code in fact.codes} & excluded.keys()
    if not noted:
        return []
    named = ", ".join(f"{code} ({excluded[code]})" for code in sorted(noted))
    return [Block("V9", f"Noted for the same month: {named}.",
                  "The biller clears it, then the note is withdrawn.", "facts")]  # fmt: skip


def _of_death(case: Case, month: date) -> list[Block]:
    died = min((fact.on for fact in case.of_kind("deceased")), default=None)
    if died is None and case.deceased:
        return [Block("V8", "The patient died; the day is not known.", "Record the day of death.", "deceased")]
    if died and died < month:
        return [Block("V8", f"The patient died on {died:%m/%d/%Y}, before the month.", "Nothing to bill.", "")]
    return []


def _warnings(case: Case, shown: Level, visit: Initiating, month: date) -> list[Warned]:
    found = []
    qmb = newest_fact(case.of_kind("qmb", month), lambda fact: fact.answer)
    if shown.counts == 2 and qmb is None:
        found.append(Warned("qmb", f"QMB is not checked for {month:%m/%Y}.", "qmb"))
    elif qmb and qmb.on < month:
        found.append(Warned("qmb", f"QMB was checked on {qmb.on:%m/%d/%Y}, before the month.", "qmb"))
    payer = newest_fact(case.of_kind("payer"), lambda fact: fact.answer)
    if payer and payer.on < month:
        found.append(Warned("payer", f"The payer was checked on {payer.on:%m/%d/%Y}, before the month.", "payer"))
    attested = newest_fact(case.of_kind("conditions"), lambda fact: fact.number)
    if attested and months_after(attested.on, ATTESTED_FOR) < last_of(month):
        found.append(Warned("conditions", f"The conditions were attested on {attested.on:%m/%d/%Y}, over a year ago.",
                            "conditions"))  # fmt: skip
    if visit.state == "not_needed" and visit.last and months_after(visit.last, VISIT_AGES_AFTER) <= last_of(month):
        until = years_after(visit.last, visits.ESTABLISHED_YEARS)
        found.append(Warned("visit", f"The visit of {visit.last:%m/%d/%Y} counts until {until:%m/%d/%Y}.", "visit"))
    if qmb and qmb.answer == "yes" and case.of_kind("balance"):
        found.append(Warned("balance", "QMB and a balance on the account: a QMB is never billed.", "facts"))
    if shown.differs:
        words = f"The workbook says level {shown.workbook}, the facts say {shown.derived}."
        found.append(Warned("level", words, "level"))
    found += [Warned("note", fact.note, "facts") for fact in sorted(case.of_kind("note"), key=lambda fact: fact.note)]
    return found


def first_month(start: date | None, today: date) -> date:
    """The month a page opens with: this one, but not before the practice begins."""
    return max(first_of(today), first_of(start or today))
