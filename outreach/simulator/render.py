"""The simulator's rows in the shapes of Spruce's OpenAPI document."""

import json
from datetime import UTC, datetime
from sqlite3 import Row

from outreach.simulator.state import State

ORGANIZATION = "entity_0D4QABCC06000"
API = "https://api.sprucehealth.com"
APP = f"https://app.sprucehealth.com/org/{ORGANIZATION}"
PRACTICE = "Example Family Practice"
# An organisation would do as well, but the document's `oneOf` cannot tell it from a team.
OWNER = {
    "id": "entity_0D4QABCC06001",
    "displayName": "Front Desk",
    "isAdmin": False,
    "isSuspended": False,
    "type": "teammate",
    "object": "teammate",
}


def moment(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(number: str) -> str:
    """A number as people write it."""
    if number.startswith("+1") and len(number) == 12:
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def endpoint(id: str, channel: str, value: str, label: str, *, internal: bool) -> dict:
    return {
        "id": id,
        "channel": channel,
        "displayValue": shown(value),
        "rawValue": value,
        "isInternal": internal,
        "label": label,
        "object": "endpoint",
    }


def line(row: Row) -> dict:
    own = endpoint(row["id"], row["channel"], row["value"], row["label"], internal=True)
    return {"endpoint": own, "owner": OWNER, "object": "internalEndpoint"}


def tag(row: Row) -> dict:
    return {"id": row["id"], "value": row["value"], "object": "tag"}


def display_name(fields: dict) -> str:
    names = [fields.get(name, "") for name in ("given", "middle", "family")]
    phones = [number for number, _ in fields.get("phones", ())]
    return " ".join(filter(None, names)) or fields.get("company") or next(iter(phones), "Unknown")


def contact(state: State, row: Row) -> dict:
    fields, id = json.loads(row["fields"]), row["id"]
    named = {
        "givenName": fields.get("given"),
        "middleName": fields.get("middle"),
        "familyName": fields.get("family"),
        "companyName": fields.get("company"),
        "dateOfBirth": fields.get("date_of_birth"),
    }
    return {name: value for name, value in named.items() if value} | {
        "id": id,
        "displayName": display_name(fields),
        "category": fields.get("category", "patient"),
        "gender": fields.get("gender", "unknown"),
        "phoneNumbers": _phones(row["position"], fields),
        "emailAddresses": _emails(row["position"], fields),
        "tags": [tag(state.one("SELECT * FROM tags WHERE id = ?", each)) for each in fields["tags"]],
        "created": fields.get("created", "2024-01-15T08:30:00Z"),
        "appURL": f"{APP}/contact/{id}",
        "apiURL": f"{API}/contact/{id}",
        "hasAccount": False,
        "hasPendingInvite": False,
        "canDelete": True,
        "canEdit": True,
        "customFields": [],
        "customContactFields": [],
        "organizationContactFields": [],
        "integrationLinks": [],
        "internalMemberIds": [],
        "object": "contact",
    }


def _phones(position: int, fields: dict) -> list[dict]:
    return [
        {
            "id": f"entityContact_{position:X}P{n}",
            "value": number,
            "displayValue": shown(number),
            **({"label": label} if label else {}),
        }
        for n, (number, label) in enumerate(fields.get("phones", ()))
    ]


def _emails(position: int, fields: dict) -> list[dict]:
    return [
        {"id": f"entityContact_{position:X}E{n}", "value": address}
        for n, address in enumerate(fields.get("emails", ()))
    ]


def conversation(state: State, row: Row) -> dict:
    """`row` holds the conversation and, as `last`, the time of its newest visible item."""
    own = state.one("SELECT * FROM lines WHERE id = ?", row["line_id"])
    known = state.all(
        "SELECT c.* FROM contact_phones p JOIN contacts c ON c.id = p.contact_id WHERE p.number = ?"
        " ORDER BY c.position",
        row["number"],
    )
    name = display_name(json.loads(known[0]["fields"])) if known else shown(row["number"])
    other = endpoint(row["number"].lstrip("+"), own["channel"], row["number"], "", internal=False)
    participant = {"displayName": name, "endpoint": other}
    if known:
        participant["contact"] = known[0]["id"]
    return {
        "id": row["id"],
        "type": own["channel"],
        "title": name,
        "archived": False,
        "isReadOnly": False,
        "tags": [],
        "createdAt": moment(row["created_at"]),
        "lastMessageAt": moment(row["last"]),
        "internalEndpoint": endpoint(own["id"], own["channel"], own["value"], own["label"], internal=True),
        "externalParticipants": [participant],
        "associatedContactIds": [each["id"] for each in known],
        "internalMemberIds": [ORGANIZATION],
        "appURL": f"{APP}/thread/{row['id']}",
        "apiURL": f"{API}/conversations/{row['id']}",
        "object": "conversation",
    }


def item_id(position: int) -> str:
    return f"ti_{position:013X}"


def item(row: Row) -> dict:
    """An inbound SMS has no author id: the sender is the conversation's participant."""
    id = item_id(row["position"])
    inbound = row["direction"] == "inbound"
    author = {"displayName": "Patient"} if inbound else {"displayName": PRACTICE, "id": ORGANIZATION}
    return {
        "id": id,
        "conversationId": row["conversation_id"],
        "direction": row["direction"],
        "text": row["text"],
        "author": author,
        "isInternalNote": bool(row["is_note"]),
        "requestId": row["request_id"],
        "createdAt": moment(row["created_at"]),
        "modifiedAt": moment(row["created_at"]),
        "attachments": [],
        "buttons": [],
        "pages": [],
        "canDelete": False,
        "appURL": f"{APP}/thread/{row['conversation_id']}/message/{id}",
        "apiURL": f"{API}/conversationItems/{id}",
        "object": "conversationItem",
    }


def scheduled(row: Row) -> dict:
    sent = {"sentConversationItemId": item_id(row["item"])} if row["item"] else {}
    return sent | {
        "id": f"scm_{row['position']:013X}",
        "conversationId": row["conversation_id"],
        "createdAt": moment(row["created_at"]),
        "modifiedAt": moment(row["created_at"]),
        "scheduledToSendAt": moment(row["send_at"]),
        "isInternalNote": False,
        "sendAsInternalMemberId": ORGANIZATION,
        "message": {"text": row["text"], "attachments": [], "pagedInternalMemberIds": []},
        "object": "scheduledMessage",
    }
