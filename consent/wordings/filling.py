"""The places in a wording that the practice profile fills in: {practice}, {doctor} and so on."""

import re
from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.formats import date_format

PLACES: dict[str, str] = {
    "practice": "the practice’s name",
    "doctor": "the physician who moves",
    "phone": "the number that patients call",
    "old_practice": "the old practice",
    "new_practice": "the new practice",
    "transition_date": "the first day at the new practice",
    "new_address": "the address of the new practice",
    "patient": "the patient’s name",
    "date": "the date of the letter",
    "code": "the patient’s personal code",
    "link": "the patient’s personal link",
}
"""What each place stands for. The profile knows the first six; a letter all."""

DATES = {"en": "F j, Y", "es": r"j \d\e F \d\e Y"}
_PLACE = re.compile(r"\{([^{}]*)\}")


def places_in(text: str) -> tuple[str, ...]:
    """The names between braces, each once, in order, known or not."""
    return tuple(dict.fromkeys(_PLACE.findall(text)))


def check_places(text: str) -> None:
    """Raises ValidationError for a place that nobody can fill, and for a brace that belongs to none."""
    if "{" in (rest := _PLACE.sub("", text)) or "}" in rest:
        raise ValidationError("A brace stands alone: write places as {practice} or {phone}.")
    if unknown := [name for name in places_in(text) if name not in PLACES]:
        raise ValidationError(f"{_listed(unknown)} cannot be filled in: use only {_listed(PLACES)}.")


def fill(text: str, facts: Mapping[str, object], language: str) -> str:
    """The text with every place filled in, once: braces inside a value stay as they are.

    Dates are written out in English and Spanish, else as 2027-01-31. Raises ValidationError naming what is missing.
    """
    words = {name: _words(value, language) for name, value in facts.items()}
    if missing := [name for name in places_in(text) if not words.get(name)]:
        raise ValidationError(f"This wording still lacks {_named(missing)}: fill it in, in the practice profile first.")
    return _PLACE.sub(lambda place: words[place[1]], text)


def profile_facts(practice) -> dict[str, object]:
    """What the practice profile (explorer.lib.models.Practice) has to say."""
    return {
        "practice": practice.name,
        "doctor": practice.doctor,
        "phone": practice.phone,
        "old_practice": practice.old_practice,
        "new_practice": practice.new_practice or practice.name,
        "transition_date": practice.transition_date,
    }


def _words(value: object, language: str) -> str:
    if not isinstance(value, date):
        return str(value or "").strip()
    if language not in DATES:
        return value.isoformat()
    with translation.override(language):
        return date_format(value, DATES[language])


def _named(names: list[str]) -> str:
    return " and ".join(f"{PLACES.get(name, 'an unknown place')} ({{{name}}})" for name in names)


def _listed(names) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
