"""Whether an initiating visit is needed (domain 1.3, V7). Pure."""

from datetime import date

from consent.apcm import reference
from consent.apcm.cases import Block, Case, Fact, House, Initiating, first_service
from explorer.lib.months import last_of, years_after

ESTABLISHED_YEARS = 3  # since a visit face to face
CARED_FOR_YEARS = 1  # since care management by this practice


def initiating_visit(case: Case, month: date, house: House) -> Initiating:
    """Domain 1.3: needed for a new patient only. Judged on the day of the first service, else at the month's end.

    Seen within three years counts to the very day three years later (29 February to the 28th), and only if a
    clinician of this practice saw the patient, told by the NPI.
    """
    day = first_service(case, month) or last_of(month)
    if done := [fact.on for fact in case.of_kind("initiating") if _starts(fact, house) and fact.on <= day]:
        return Initiating("done", f"Done on {max(done):%m/%d/%Y}.", max(done))
    visits = [fact for fact in case.of_kind("visit") if fact.on <= day]
    ours = [fact.on for fact in visits if fact.npi in house.npis]
    if ours and years_after(max(ours), ESTABLISHED_YEARS) >= day:
        return Initiating("not_needed", f"Seen by a clinician of ours on {max(ours):%m/%d/%Y}.", max(ours))
    cared = [fact.on for fact in case.of_kind("prior") if fact.npi in house.npis and fact.on <= day]
    cared += [last_of(row.month) for row in case.claimed if row.month < month]
    if cared and years_after(max(cared), CARED_FOR_YEARS) >= day:
        return Initiating("not_needed", f"Care management here until {max(cared):%m/%d/%Y}.", max(cared))
    if not visits or any(not fact.npi for fact in visits):
        return Initiating("unknown", "Nobody knows who saw the patient last.")
    if ours:
        return Initiating("required", f"Last seen on {max(ours):%m/%d/%Y}, more than three years ago.", max(ours))
    return Initiating("required", "Seen only by clinicians who are not at this practice.")


def _starts(fact: Fact, house: House) -> bool:
    return fact.npi in house.npis and bool(fact.codes & reference.families("initiating", fact.on).keys())


def blocks(visit: Initiating) -> list[Block]:
    if visit.state in ("done", "not_needed"):
        return []
    if visit.state == "unknown":
        return [
            Block("V7", visit.why, "Look in the chart, and record the last visit and who saw the patient.", "visit")
        ]
    return [Block("V7", f"A new patient needs an initiating visit. {visit.why}",
                  "Book the visit, and record it once it is done.", "initiating")]  # fmt: skip
