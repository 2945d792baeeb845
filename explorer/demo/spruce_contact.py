"""One Spruce contact in the shape of the vendor's published schema `contact`."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from explorer.demo.desk import Desk

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ORGANIZATION = "entity_0D4QABCC06000"
TAGS = ("Annual wellness due", "APCM", "Prefers calls", "Needs portal invite")


@dataclass(slots=True)
class Draft:
    """What somebody typed into Spruce; `phones` are numbers in E.164 with a label, which may be empty."""

    given: str = ""
    middle: str = ""
    family: str = ""
    company: str = ""
    gender: str = "unknown"
    category: str = "unknown"
    birth_date: date | None = None
    phones: list[tuple[str, str]] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)


def in_vendors_shape(draft: Draft, desk: Desk) -> dict:
    """All the fields that are required, the odd `customFields` too; of the others, those that are filled."""
    contact_id = "entity_" + _key(desk)
    has_account = draft.category == "patient" and desk.chance(0.3)
    filled = {
        "givenName": draft.given,
        "middleName": draft.middle,
        "familyName": draft.family,
        "companyName": draft.company,
        "dateOfBirth": draft.birth_date.isoformat() if draft.birth_date else "",
    }
    return {
        "object": "contact",
        "id": contact_id,
        "displayName": _display_name(draft),
        **{name: value for name, value in filled.items() if value},
        "gender": draft.gender,
        "category": draft.category,
        "created": _created(desk),
        "phoneNumbers": [_phone(number, label, desk) for number, label in draft.phones],
        "emailAddresses": [_email(address, desk) for address in draft.emails],
        "tags": _tags(draft, desk),
        "hasAccount": has_account,
        "hasPendingInvite": draft.category == "patient" and not has_account and desk.chance(0.05),
        "canDelete": True,
        "canEdit": True,
        "customFields": [],
        "customContactFields": [],
        "organizationContactFields": [],
        "integrationLinks": [],
        "internalMemberIds": [],
        "apiURL": f"https://api.sprucehealth.com/v1/contacts/{contact_id}",
        "appURL": f"https://app.sprucehealth.com/org/{ORGANIZATION}/contact/{contact_id}",
    }


def _key(desk: Desk) -> str:
    return "".join(desk.rng.choices(SYMBOLS, k=13))


def _display_name(draft: Draft) -> str:
    name = " ".join(filter(None, (draft.given, draft.middle, draft.family)))
    return name or draft.company or (_readable(draft.phones[0][0]) if draft.phones else draft.emails[0])


def _readable(e164: str) -> str:
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"


def _phone(number: str, label: str, desk: Desk) -> dict:
    phone = {"id": "entityContact_" + _key(desk), "value": number, "displayValue": _readable(number)}
    return phone | {"label": label} if label else phone


def _email(address: str, desk: Desk) -> dict:
    return {"id": "entityContact_" + _key(desk), "value": address, "label": "Home"}


def _created(desk: Desk) -> str:
    day = desk.today - timedelta(days=desk.rng.randrange(20, 2_100))
    return f"{day.isoformat()}T{desk.rng.randrange(13, 23)}:{desk.rng.randrange(60):02d}:00Z"


def _tags(draft: Draft, desk: Desk) -> list[dict]:
    if draft.category != "patient" or not desk.chance(0.15):
        return []
    number = desk.rng.randrange(len(TAGS))
    return [{"object": "tag", "id": f"tag_0E5QDGJC0300{number}", "value": TAGS[number]}]
