"""Which number a patient can be texted on, or why on none. Pure."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from explorer.lib.models import TextingBasis
from patients.models import Phone

FACILITY_FROM = 5  # a number of this many patients is a home's or an office's, not a household's
LABELS = ("cell", "other", "home", "work")
MOBILE_WORDS = ("mobile", "cell", "iphone", "main", "other", "")


@dataclass(frozen=True, slots=True)
class ListedPhone:
    e164: str
    label: str
    kind: str
    basis: str


@dataclass(frozen=True, slots=True)
class Reachability:
    """`number` is empty when the patient cannot be texted; `code` then says why."""

    number: str
    code: str = ""


def choose(
    listed: list[ListedPhone],
    contact_phones: list[tuple[str, str]] | None,
    *,
    in_review: bool,
    basis: str,
    text_unmatched: bool,
    patients_per_number: Counter,
    of_others: Collection[str] = (),
    suppressed: Collection[str] = (),
) -> Reachability:
    """The number that list and Spruce contact agree on comes first, then the contact's mobile one.

    `contact_phones` are (number, label) of the matched contact; None without a match. `of_others` are listed
    numbers that Spruce has under somebody else: without a match they are not texted.
    """
    if contact_phones is None and in_review:
        return Reachability("", "match_in_review")
    if contact_phones is None and not text_unmatched:
        return Reachability("", "no_match")
    candidates = _candidates(listed, contact_phones, basis)
    if not candidates:
        return Reachability("", "no_phone")
    for refusal, fits in (
        ("not_textable", lambda phone: phone.kind not in Phone.NOT_TEXTABLE),
        ("suppressed", lambda phone: phone.e164 not in suppressed),
        ("facility", lambda phone: patients_per_number[phone.e164] < FACILITY_FROM),
        ("number_of_another", lambda phone: contact_phones is not None or phone.e164 not in of_others),
        ("no_basis", lambda phone: phone.basis != TextingBasis.UNKNOWN),
    ):
        candidates = [phone for phone in candidates if fits(phone)]
        if not candidates:
            return Reachability("", refusal)
    return Reachability(candidates[0].e164)


def _candidates(listed, contact_phones, basis: str) -> list[ListedPhone]:
    by_label = sorted(listed, key=lambda phone: (LABELS.index(phone.label), phone.e164))
    if contact_phones is None:
        return [phone for phone in by_label if phone.label in ("cell", "other")]
    numbers = {e164 for e164, _ in contact_phones}
    agreed = [phone for phone in by_label if phone.e164 in numbers]
    known = {phone.e164 for phone in listed}
    theirs = [
        ListedPhone(e164, "other", Phone.Kind.UNKNOWN, basis)
        for e164, label in sorted(contact_phones, key=lambda phone: (_mobile_first(phone[1]), phone[0]))
        if e164 not in known
    ]
    return agreed + theirs


def _mobile_first(label: str) -> int:
    return MOBILE_WORDS.index(label.casefold()) if label.casefold() in MOBILE_WORDS else len(MOBILE_WORDS)
