"""Which evidence may decide alone, which needs a person, and which is none.

The score alone never decides. A match is automatic when the names agree, and a birth date, a phone or an
e-mail with them, when nothing contradicts, when the score is high and when no other pairing comes near.
"""

from outreach.matching.comparing import Comparison

# In bits: 5 is odds of 32 to 1, on top of the evidence that `lacking` asks for.
AUTOMATIC_SCORE = 5.0
AUTOMATIC_MARGIN = 6.0  # what the whole group would lose without this pair
REVIEW_SCORE = -6.0
RIVAL_MARGIN = 3.0  # by which a pair must lead every other pair of its patient or contact
RIVAL_WINDOW = 6.0  # a contact is shown to the patients within this of its best

FULL_GIVEN = frozenset({"same", "nickname", "swapped"})
NEAR_GIVEN = frozenset({"part", "typo", "middle", "initial"})
FULL_FAMILY = frozenset({"same", "part", "swapped"})
NEAR_FAMILY = frozenset({"typo", "middle"})
PERSONAL = frozenset({"own", "household"})


def is_reached(found: Comparison) -> bool:
    """A phone, be it a facility's, or an e-mail address in common."""
    return found.phone in PERSONAL | {"facility"} or found.email in PERSONAL


def names_agree(found: Comparison) -> bool:
    return found.given in FULL_GIVEN and found.family in FULL_FAMILY


def contradiction(found: Comparison) -> str:
    """What a person must settle before this pair may be matched, whatever its score; empty when nothing."""
    if found.generation == "differs":
        return "a person must tell the generations (Jr, Sr) apart"
    if found.given in ("differs", "alike"):
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
    reached = found.phone in PERSONAL or found.email == "own"
    nearly = (found.given in FULL_GIVEN and found.family in NEAR_FAMILY) or (
        found.given == "typo" and found.family == "same"
    )
    if nearly and reached:
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


def could_be(found: Comparison) -> bool:
    """Name and phone or e-mail fit and nothing speaks against: of two such patients, as father and son on one
    number, only the birth date or the Jr after the name tells who it is."""
    return (
        names_agree(found)
        and is_reached(found)
        and found.birth not in ("differs", "close", "decade")
        and "differs" not in (found.middle, found.generation)
    )


def is_another_in_the_house(other: Comparison, *, beside: Comparison) -> bool:
    """Husband or wife on the phone and e-mail address of both: however much the two share, with another first
    name it is no rival of a pair whose names agree."""
    return other.given == "differs" and names_agree(beside)


def is_told_apart(found: Comparison) -> bool:
    return found.birth == "same" or found.generation == "same"


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


def tells_of_new_owner(found: Comparison) -> bool:
    """The patient's phone with another's name and another's birth date: the number has changed hands."""
    return (
        found.phone in PERSONAL
        and found.given == "differs"
        and found.family == "differs"
        and found.birth in ("differs", "close", "decade")
    )
