"""The evidence in a nurse's words. Values are never quoted."""

from outreach.matching.comparing import FIELDS, Comparison
from outreach.matching.records import Reason

WORDS = {
    ("given", "same"): "same first name",
    ("given", "nickname"): "first name is a short or other form of the same name",
    ("given", "part"): "one of two first names agrees",
    ("given", "middle"): "middle name is used as first name",
    ("given", "typo"): "first names differ by a typing slip",
    ("given", "alike"): "first names look alike but are two names",
    ("given", "initial"): "first name is only an initial, which fits",
    ("given", "swapped"): "first and last name are exchanged",
    ("given", "differs"): "first names differ",
    ("family", "same"): "same last name",
    ("family", "part"): "one part of a double last name agrees",
    ("family", "middle"): "last name is the other's middle name, as after a marriage",
    ("family", "typo"): "last names differ by a typing slip",
    ("family", "swapped"): "last and first name are exchanged",
    ("family", "differs"): "last names differ",
    ("middle", "same"): "middle names fit",
    ("middle", "differs"): "middle names differ",
    ("generation", "same"): "same Jr, Sr or number after the name",
    ("generation", "differs"): "Jr, Sr or number after the name differ: father and son?",
    ("generation", "contact only"): "only the contact is called Jr, II or III",
    ("generation", "patient only"): "only the patient is called Jr, II or III",
    ("generation", "unsure"): "the patient is Jr, II or III and has a namesake; the contact does not say",
    ("birth", "same"): "same birth date",
    ("birth", "swapped"): "birth dates differ by day and month exchanged",
    ("birth", "slip"): "birth dates differ by one digit",
    ("birth", "decade"): "birth dates differ by one digit, but by ten years or more",
    ("birth", "close"): "birth dates differ in the year, the month or the day",
    ("birth", "differs"): "birth dates differ",
    ("birth", "missing"): "birth date is missing on one side",
    ("phone", "own"): "same phone number, which nobody else has",
    ("phone", "differs"): "no phone number in common",
    ("email", "own"): "same e-mail address, which nobody else has",
    ("email", "household"): "same e-mail address, which others share",
    ("email", "facility"): "same e-mail address, which many share",
    ("email", "differs"): "e-mail addresses differ",
}


def reasons(found: Comparison) -> tuple[Reason, ...]:
    verdicts = (getattr(found, field) for field in FIELDS)
    told = [
        Reason(field, verdict, weight, words)
        for field, verdict, weight in zip(FIELDS, verdicts, found.weights, strict=True)
        if (words := _words(found, field, verdict))
    ]
    if found.for_another:
        told.append(Reason("contact", "for another", 0.0, "the contact's name tells of a relative or of two people"))
    return tuple(told)


def _words(found: Comparison, field: str, verdict: str) -> str:
    if field == "phone" and verdict in ("household", "facility"):
        return _shared_phone(*found.sharers, verdict)
    return WORDS.get((field, verdict), "")


def _shared_phone(patients: int, contacts: int, verdict: str) -> str:
    holders = f"{patients} patients" if patients > 1 else f"{contacts} contacts"
    guess = ": a facility's number?" if verdict == "facility" else ""
    return f"same phone number, but it is shared by {holders}{guess}"
