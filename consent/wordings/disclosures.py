"""The four disclosures that CMS asks for before a patient agrees to APCM (domain rule V3; 89 FR 97880-81).

To be approved by counsel. The default wordings of the APCM consent and of the phone script say the same.
"""

IN_LANGUAGE: dict[str, dict[str, str]] = {
    "en": {
        "available": "The service is available to you, and you may say yes or no.",
        "one_practitioner": "Only one practitioner can provide it and be paid for it in a calendar month.",
        "stop": "You may stop at any time. It then ends at the end of that calendar month.",
        "cost": "Cost sharing may apply: a share of the cost may be billed to you.",
    },
    "es": {
        "available": "El servicio está a su disposición, y usted puede decir sí o no.",
        "one_practitioner": "Solo un profesional puede prestarlo y cobrarlo en un mes calendario.",
        "stop": "Puede dejarlo en cualquier momento. Termina entonces al final de ese mes calendario.",
        "cost": "Es posible que se apliquen costos compartidos: se le puede cobrar una parte del costo.",
    },
}
APCM_DISCLOSURES = IN_LANGUAGE["en"]


def all_made(disclosures: dict[str, bool]) -> bool:
    """Whether each of the four was read or shown; `disclosures` as a ledger line keeps them."""
    return all(disclosures.get(name) is True for name in APCM_DISCLOSURES)
