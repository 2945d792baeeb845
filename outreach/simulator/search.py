"""Searching contacts, as far as it is simulated: free text, name, phone and category."""

import json
from collections.abc import Callable
from typing import Any

from outreach.simulator.contract import bad, fields_of

# The contract's name of a contact's field, and the name the state keeps it under.
CHANGEABLE = {
    "givenName": "given",
    "middleName": "middle",
    "familyName": "family",
    "companyName": "company",
    "dateOfBirth": "date_of_birth",
    "category": "category",
    "gender": "gender",
}


def matcher(body: Any) -> Callable[[dict], bool]:
    """The test of a contact's fields that a search asks for."""
    wanted = fields_of(body, {"freeText", "structured"}, set(), "search")
    if len(wanted) != 1:
        raise bad("exactly one of freeText and structured must be specified")
    if "freeText" in wanted:
        words = str(wanted["freeText"]).casefold().split()
        return lambda fields: all(word in json.dumps(fields).casefold() for word in words)
    structured = fields_of(
        wanted["structured"], {"nameFilter", "phoneNumberFilter", "categoryFilter"}, set(), "structured"
    )
    tests = [_filter(name, each) for name, filters in structured.items() for each in filters]
    return lambda fields: all(test(fields) for test in tests)


def _filter(name: str, filter: dict) -> Callable[[dict], bool]:
    values, one = {
        "nameFilter": ("names", _has_name),
        "phoneNumberFilter": ("values", _has_phone),
        "categoryFilter": ("categories", lambda fields, value: fields.get("category", "patient") == value),
    }[name]
    wanted = fields_of(filter, {values, "match"}, {values, "match"}, name)
    if wanted["match"] not in ("all", "any", "none"):
        raise bad("match must be all, any or none")
    combine = {"all": all, "any": any, "none": lambda hits: not any(hits)}[wanted["match"]]
    return lambda fields: combine(one(fields, value) for value in wanted[values])


def _has_name(fields: dict, value: dict) -> bool:
    return all(
        fields.get(CHANGEABLE[part], "").casefold() == text.casefold()
        for part, text in fields_of(value, {"givenName", "familyName"}, set(), "name").items()
    )


def _has_phone(fields: dict, value: str) -> bool:
    return any(number == value for number, _ in fields.get("phones", ()))
