"""Phone numbers of the North American plan: read, checked, shown. Never padded, never made international."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from patients.names import plain

LONGEST = 200  # characters of a cell with several numbers
_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
}
_PLACEHOLDERS = {"0123456789", "1234567890", "2345678901", "9876543210"}
_LABELS = {
    "cell": "cell cellular cel c mobile mob m movil celular handy",
    "home": "home hm h house landline casa privat",
    "work": "work wk w office o business bus trabajo",
    "": "phone ph p tel telephone number no primary main preferred pref other alt alternate and or",
}
_LABEL_OF = {word: label for label, words in _LABELS.items() for word in words.split()}
_NUMBER = re.compile(r"(?<![\d+])(?:\+?1[\s.\-]*)?(?:\(\d{3}\)|\d{3})[\s.\-/]*\d{3}[\s.\-]*\d{4}(?!\d|\.\d)")
_EXTENSION = re.compile(r"[\s,;(]*(?:extension|extn?\.?|x\.?|#|;ext=)\s*[:.#]?\s*(\d{1,7})\)?", re.IGNORECASE)
_FLOAT = re.compile(r"(1?\d{10})\.0+")
_EXPONENT = re.compile(r"(\d)\.(\d{9})[Ee]\+0?9")
_WRITTEN = re.compile(r"[\d\s().\-+/*_'`~]+")


@dataclass(frozen=True)
class Phone:
    e164: str
    extension: str = ""
    label: str = ""  # cell, home or work, where the cell itself says so

    @property
    def kind(self) -> str:
        """mobile, fixed, fixed_or_mobile, voip, toll_free or unknown; asked only where it counts, for it takes time."""
        return kind_of(self.e164)


class BadPhone(ValueError):
    """str(error) is one sentence for the person who reads the review; it does not repeat the number."""


def read_phone(text: str, region: str = "US") -> Phone:
    """The one number in the text. Raises BadPhone.

    Area and exchange code must begin with 2 to 9 as the plan wants; whether a number was ever assigned does
    not matter, since 555 numbers must work and the metadata are always late.
    """
    text = _tidy(text)
    if region not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        return _foreign(text, region)
    body, extension = _without_extension(text)
    words = re.findall(r"[^\W\d_]+", body)
    if not re.search(r"\d", body):
        raise BadPhone("There is no phone number.")
    label = _label(words)
    if words:
        body = re.sub(r"[^\W\d_]+|[:;,=]", " ", body)
    return Phone(_e164(body), extension, label)


def read_phones(text: str) -> list[Phone]:
    """All numbers of a cell such as "c: 205-555-1234 / h: 205-555-9876", each once. Raises BadPhone."""
    text = _tidy(text)
    if not text:
        return []
    places = list(_NUMBER.finditer(text))
    if len(places) < 2:
        return [read_phone(text)]
    starts = _starts(text, places)
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    phones: dict[str, Phone] = {}
    for piece in pieces:
        phone = read_phone(piece.strip(" \t/;,|&\n"))
        phones.setdefault(phone.e164, phone)
    return list(phones.values())


def display(e164: str) -> str:
    """ "+12055551234" as "(205) 555-1234"; anything else as it is."""
    if len(e164) == 12 and e164.startswith("+1"):
        return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
    return e164


def _tidy(text: str) -> str:
    text = plain(text) if not text.isascii() else text.strip()
    if len(text) > LONGEST:
        raise BadPhone("The text is too long for a phone number: enter each number by hand.")
    if found := _FLOAT.fullmatch(text):  # a number cell that went through a float
        return found[1]
    if found := _EXPONENT.fullmatch(text):
        return found[1] + found[2]
    return text


def _starts(text: str, places: list[re.Match]) -> list[int]:
    """Where each number's piece begins: with its label, unless the labels stand behind the numbers."""
    labels_behind = not re.search(r"[^\W\d_]", text[: places[0].start()]) and bool(
        re.search(r"[^\W\d_]\W*$", text[places[-1].end() :]) and not _EXTENSION.match(text, places[-1].end())
    )
    starts = [0]
    for before, place in pairwise(places):
        after = _EXTENSION.match(text, before.end())
        starts.append(place.start() if labels_behind else (after or before).end())
    return starts


def _without_extension(text: str) -> tuple[str, str]:
    place = _NUMBER.search(text)
    found = place and _EXTENSION.match(text, place.end())
    if not found:
        return text, ""
    return text[: found.start()] + " " + text[found.end() :], found[1]


def _label(words: list[str]) -> str:
    labels = [_LABEL_OF.get(word.lower()) for word in words]
    if None in labels:
        raise BadPhone("There are words beside the number: it may be somebody else's, enter it by hand.")
    return next(filter(None, labels), "")


def _e164(body: str) -> str:
    digits = re.sub(r"\D", "", body)
    _check_writing(body, digits)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    _check_length(digits)
    if len(set(digits)) == 1 or digits in _PLACEHOLDERS:
        raise BadPhone("This is a placeholder, not a phone number: ask the patient for the number.")
    if digits[0] in "01" or digits[1:3] == "11":
        raise BadPhone("No area code is like this one: check the first three digits.")
    if digits[3] in "01":
        raise BadPhone("No number goes on like this after its area code: check the fourth digit.")
    return f"+1{digits}"


def _check_writing(body: str, digits: str) -> None:
    if not _WRITTEN.fullmatch(body):
        raise BadPhone("There are signs in it that do not belong to a phone number: enter it by hand.")
    if "+" in body and not re.match(r"[\s(]*\+\s*1(?:\D*\d){10}\s*$", body):
        raise BadPhone("It begins with + but is no US number (+1 and 10 digits): enter it by hand.")


def _check_length(digits: str) -> None:
    count = len(digits)
    if count <= 6:
        raise BadPhone(f"It has only {count} digits: short and emergency numbers cannot be texted.")
    if count == 7:
        raise BadPhone("The area code is missing (7 digits): ask for it.")
    if count >= 20:
        raise BadPhone("There is more than one number in it: enter each one by itself.")
    if count != 10:
        raise BadPhone(f"A US phone number has 10 digits, this one has {count}: check it.")


def kind_of(e164: str) -> str:
    """As far as the numbering plan tells; in North America that is decided by area code and exchange."""
    return _kind(f"{e164[:8]}0100" if e164.startswith("+1") else e164)


@lru_cache(maxsize=8192)
def _kind(e164: str) -> str:
    us = e164.startswith("+1")
    number = PhoneNumber(country_code=1, national_number=int(e164[2:])) if us else phonenumbers.parse(e164)
    return _KINDS.get(phonenumbers.number_type(number), "unknown")


def _foreign(text: str, region: str) -> Phone:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise BadPhone("There is no phone number.") from None
    if not phonenumbers.is_valid_number_for_region(number, region):
        raise BadPhone("No number of that country is like this one: check it.")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(written, number.extension or "")
