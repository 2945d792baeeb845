"""Which consent a month rests on, and what stands against it (domain 1.2, 1.4, V3, V4, V10 to V14). Pure."""

from datetime import date

from consent.apcm.cases import Block, Case, House, Said, first_service
from explorer.lib.months import last_of

DISCLOSURES = {
    "available": "that the service is available",
    "one_practitioner": "that only one practitioner is paid for it in a month",
    "stop": "that the patient may stop at the end of any month",
    "cost": "that cost sharing may apply",
}
GIVEN, TEXT = "given", "text"
DECIDE = "Decide the form answer."
NOTHING = "Nothing to bill. A new yes would change it."


def standing_consent(case: Case, month: date, house: House) -> Said | None:
    """The newest whole yes that names a practitioner of ours, said before the month ends and before any service."""
    whole = [said for said in case.said if said.decision == GIVEN and not _flaw(said, case, month, house)]
    return max(whole, key=_order, default=None)


def _order(said: Said) -> tuple:
    return said.at, said.practitioner or 0, said.pk


def _flaw(said: Said, case: Case, month: date, house: House) -> Block | None:
    """Why a yes does not count for the month; the gravest first."""
    again = "Ask the patient again and record it."
    if not said.checked:
        return Block("V12", "The form’s yes is not tied to this patient with proof.", DECIDE, "answers")
    if said.method == TEXT:
        return Block("V12", "A yes by text is no consent: nothing was read to the patient.",
                     "Call, read the four statements, and record the answer.", "consent")  # fmt: skip
    if said.on > house.today or (case.born and said.on < case.born):
        return Block("V10", "The consent’s day lies in the future or before the birth.", again, "consent")
    if said.worded_from and said.on < said.worded_from:
        return Block("V10", "The consent is dated before its wording was in use.", again, "consent")
    if said.given_by and not said.authority:
        return Block("V11", "Somebody else agreed, and nobody wrote down why that person may.", again, "consent")
    if untold := [words for key, words in DISCLOSURES.items() if key not in said.disclosed]:
        return Block("V3", f"The patient was not told {', nor '.join(untold)}.",
                     "Call, read the four statements, and record the answer.", "consent")  # fmt: skip
    biller = house.billers.get(said.practitioner)
    if biller is None or not (biller.is_ours and biller.bills):
        return Block("V3", "The consent names no practitioner who bills APCM at this practice.", again, "consent")
    if said.on > last_of(month):
        return Block("V3", f"The consent of {said.on:%m/%d/%Y} came after the month.", "Bill from its month on.", "")
    if (service := first_service(case, month)) and said.on > service:
        return Block("V3", f"The first service, on {service:%m/%d/%Y}, came before the consent of {said.on:%m/%d/%Y}.",
                     "Bill from the next month on, or correct the day of the service.", "service")  # fmt: skip
    return None


def missing(case: Case, month: date, house: House) -> list[Block]:
    """Of the newest yes what it lacks; else who said no, or nothing at all."""
    if yes := [said for said in case.said if said.decision == GIVEN]:
        return [_flaw(max(yes, key=_order), case, month, house)]
    if case.yes_in_review:
        return [Block("V12", "A form’s yes waits for a person.", DECIDE, "answers")]
    if case.said:
        return [Block("V3", "The patient did not agree to APCM here.", NOTHING, "")]
    return [Block("V13", "The patient has not answered: silence is no consent.", "Call and ask.", "consent")]


def contradiction(case: Case) -> list[Block]:
    if not case.contradicted:
        return []
    return [Block("V3", "The answers about APCM contradict each other.", "Ask the patient and record what counts.",
                  "consent")]  # fmt: skip


def stop_after(case: Case, consent: Said) -> Said | None:
    """The first no after the consent."""
    return min(
        (said for said in case.said if said.decision != GIVEN and said.at >= consent.at), key=_order, default=None
    )


def stopped(case: Case, consent: Said, month: date) -> list[Block]:
    """A stop takes effect when its month ends: that month may still be billed (domain 1.4)."""
    stop = stop_after(case, consent)
    if stop is None:
        return []
    if stop.effective_on and stop.effective_on != last_of(stop.effective_on):
        return [Block("V14", f"A stop takes effect at a month’s end, not on {stop.effective_on:%m/%d/%Y}.",
                      "Record the stop again with a reason.", "consent")]  # fmt: skip
    last = stop.effective_on or last_of(stop.on)
    if last >= month:
        return []
    return [Block("V4", f"The patient stopped; the last month is {last:%m/%Y}.",
                  NOTHING, "")]  # fmt: skip
