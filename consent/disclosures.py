"""The four disclosures that CMS asks for before a patient agrees to APCM (89 FR 97880-81; domain 1.2)."""

# To be approved by counsel.
APCM_DISCLOSURES = {
    "available": "The service is available to you, and you may say yes or no.",
    "one_practitioner": "Only one practitioner can provide it and be paid for it in a calendar month.",
    "stop": "You may stop at any time. It then ends at the end of that calendar month.",
    "cost": "Cost sharing may apply: a share of the cost may be billed to you.",
}


def all_made(disclosures: dict[str, bool]) -> bool:
    """Whether each of the four was read or shown; `disclosures` as a ledger line keeps them."""
    return all(disclosures.get(name) is True for name in APCM_DISCLOSURES)
