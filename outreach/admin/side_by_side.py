"""A patient and a Spruce contact side by side, with what differs marked word by word."""

from dataclasses import dataclass

from outreach.models import Contact
from patients.models import Patient
from patients.names import fold
from patients.phones import display

Words = list[tuple[str, bool]]  # a word, and whether the other side has it too


@dataclass
class Row:
    label: str
    ours: Words
    theirs: Words
    stacked: bool = False  # one word a line, as phone numbers

    @property
    def verdict(self) -> str:
        """same, partly, differs, or missing where one side says nothing."""
        if not self.ours or not self.theirs:
            return "missing"
        agree = [same for _, same in (*self.ours, *self.theirs)]
        if all(agree):
            return "same"
        return "partly" if any(agree) else "differs"

    @property
    def tone(self) -> str:
        return {"same": "good", "partly": "warn", "differs": "bad", "missing": ""}[self.verdict]

    @property
    def words(self) -> str:
        return "not on both" if self.verdict == "missing" else self.verdict


def compare(patient: Patient, contact: Contact) -> list[Row]:
    ours, theirs = _names(patient, contact)
    phones = sorted(phone.e164 for phone in patient.phones.all() if phone.retired_at is None)
    their_phones = sorted(phone.e164 for phone in contact.phones.all())
    return [
        _row("Name", ours, theirs, fold),
        _row("Birth date", _birth(patient.date_of_birth), _birth(contact.date_of_birth)),
        _row("Phones", phones, their_phones, shown=display, stacked=True),
        _row("E-mail", list(filter(None, [patient.email])), contact.emails, str.casefold, stacked=True),
    ]


def _row(label: str, ours: list[str], theirs: list[str], key=str, shown=str, stacked=False) -> Row:
    left, right = {key(word) for word in ours}, {key(word) for word in theirs}
    return Row(
        label,
        [(shown(word), key(word) in right) for word in ours],
        [(shown(word), key(word) in left) for word in theirs],
        stacked,
    )


def _names(patient: Patient, contact: Contact) -> tuple[list[str], list[str]]:
    preferred = [f"({patient.preferred_name})"] if patient.preferred_name else []
    by_fields = " ".join(filter(None, (contact.given_name, contact.middle_name, contact.family_name)))
    words = by_fields.split()
    known = {fold(word) for word in words}
    shown = [word for word in contact.display_name.split() if fold(word) not in known]
    return [*patient.full_name.split(), *preferred], [*words, *shown]


def _birth(born) -> list[str]:
    """Month, day and year by themselves, so that the one that differs stands out."""
    return [f"{born:%b}", f"{born:%d}", f"{born:%Y}"] if born else []
