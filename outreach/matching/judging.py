"""Which evidence may decide alone, which needs a person, and which is none.

The score alone never decides. A match is automatic when the names agree and something that belongs to one person
alone agrees with them, when nothing contradicts, when the score is high and when no other pairing comes near.
"""

from outreach.matching.comparing import Comparison

AUTOMATIC_SCORE = 5.0
AUTOMATIC_MARGIN = 6.0
REVIEW_SCORE = -6.0
RIVAL_MARGIN = 3.0
RIVAL_WINDOW = 6.0

FULL_GIVEN = frozenset({"same", "nickname", "swapped"})
NEAR_GIVEN = frozenset({"part", "typo", "middle", "initial"})
FULL_FAMILY = frozenset({"same", "part", "swapped"})
NEAR_FAMILY = frozenset({"typo", "middle"})
PERSONAL = frozenset({"own", "household"})


def is_reached(found: Comparison) -> bool:
    """A phone or an e-mail address in common."""
    return found.phone in PERSONAL or found.phone == "facility" or found.email in PERSONAL


def names_agree(found: Comparison) -> bool:
    return found.given in FULL_GIVEN and found.family in FULL_FAMILY


def contradiction(found: Comparison) -> str:
    """Why this pair may not be matched without a person, whatever the score; empty when nothing speaks against it."""
    if found.generation == "differs":
        return "a person must tell the generations (Jr, Sr) apart"
    if found.given == "differs":
        return "the given names are another person's: a person must decide"
    if found.birth in ("differs", "close", "decade"):
        return "the birth dates must agree: correct the wrong one"
    if found.birth != "same":
        return _contradiction_without_birth(found)
    return ""


def _contradiction_without_birth(found: Comparison) -> str:
    if found.for_another:
        return "the contact seems to be kept for a relative: a birth date that agrees"
    if found.middle == "differs":
        return "the middle names differ: a birth date that agrees"
    if found.generation in ("contact only", "unsure"):
        return "Jr, Sr or III on the patient as on the contact, or a birth date that agrees"
    return ""


def lacking(found: Comparison) -> str:
    """What a pair without contradictions still lacks to be decisive; empty when it lacks nothing."""
    if found.birth == "same":
        return _lacking_with_birth(found)
    if found.birth in ("slip", "swapped"):
        if found.given == "same" and found.family in FULL_FAMILY and found.phone in PERSONAL:
            return ""
        return "the same birth date: correct the wrong one"
    if names_agree(found):
        return "" if is_reached(found) else "a birth date on both records, or a phone number or e-mail in common"
    if found.given in FULL_GIVEN and found.family in NEAR_FAMILY and (found.phone in PERSONAL or found.email == "own"):
        return ""
    if found.given == "typo" and found.family == "same" and "own" in (found.phone, found.email):
        return ""
    return "a birth date that agrees"


def _lacking_with_birth(found: Comparison) -> str:
    if names_agree(found):
        return ""
    if found.given in FULL_GIVEN and (found.family in NEAR_FAMILY or is_reached(found)):
        return ""
    if found.given in NEAR_GIVEN and found.family in FULL_FAMILY:
        return ""
    if found.given in NEAR_GIVEN and found.family in NEAR_FAMILY and is_reached(found):
        return ""
    return "a name, phone number or e-mail that agrees as well"


def is_decisive(found: Comparison) -> bool:
    return found.score >= AUTOMATIC_SCORE and not contradiction(found) and not lacking(found)


def is_plausible(found: Comparison) -> bool:
    """Worth a person's look if nothing better turns up for the patient or the contact."""
    if found.generation == "differs" and found.birth != "same":
        return False
    reached = found.phone in PERSONAL or found.email in PERSONAL
    if found.birth in ("differs", "close"):
        return names_agree(found) and reached
    if found.birth == "same":
        return found.score >= REVIEW_SCORE or (reached and found.given != "differs")
    return found.score >= REVIEW_SCORE or reached
