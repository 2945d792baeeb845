"""Spruce's records, in the shapes of its published document."""

from datetime import UTC, datetime

HOME = "https://api.sprucehealth.com"
SCREEN = "https://app.sprucehealth.com/org/entity_BENCH"
ORGANIZATION = {
    "id": "entity_BENCHDESK",
    "displayName": "Desk",
    "isAdmin": False,
    "isSuspended": False,
    "type": "teammate",
    "object": "teammate",
}
LINES = (
    ("line_fax", "fax", "+12055550101", "Fax"),
    ("line_phone", "phone", "+12055550102", "Main line"),
    ("line_phone_2", "phone", "+12055550103", "Second line"),
    ("line_secure", "secure", "https://spruce.care/bench", "Spruce link"),
)


def moment(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def error(status: int, type: str, message: str) -> dict:
    return {"statusCode": status, "type": type, "message": message}


def endpoint(id: str, channel: str, value: str, *, internal: bool, label: str = "") -> dict:
    return {
        "id": id,
        "channel": channel,
        "displayValue": value,
        "rawValue": value,
        "isInternal": internal,
        "object": "endpoint",
        **({"label": label} if label else {}),
    }


def line(row: tuple) -> dict:
    id, channel, value, label = row
    own = endpoint(id, channel, value, internal=True, label=label)
    return {"endpoint": own, "owner": ORGANIZATION, "object": "internalEndpoint"}


def contact(row: dict) -> dict:
    """`row`: id, given, family, born (YYYY-MM-DD or ""), phone."""
    born = {"dateOfBirth": row["born"]} if row["born"] else {}
    return born | {
        "id": row["id"],
        "displayName": f"{row['given']} {row['family']}",
        "givenName": row["given"],
        "familyName": row["family"],
        "category": "patient",
        "gender": "unknown",
        "phoneNumbers": [
            {"id": f"{row['id']}_p", "value": row["phone"], "displayValue": row["phone"], "label": "Mobile"}
        ],
        "emailAddresses": [],
        "tags": [],
        "created": "2024-01-15T08:30:00Z",
        "appURL": f"{SCREEN}/contact/{row['id']}",
        "apiURL": f"{HOME}/contact/{row['id']}",
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


def conversation(id: str, number: str, contacts: list[dict], created: float, last: float) -> dict:
    participant = {
        "displayName": number,
        "endpoint": endpoint(f"endpoint_{number[1:]}", "phone", number, internal=False),
        **({"contact": contacts[0]["id"]} if contacts else {}),
    }
    own = next(row for row in LINES if row[1] == "phone")
    return {
        "id": id,
        "type": "phone",
        "title": number,
        "archived": False,
        "isReadOnly": False,
        "tags": [],
        "createdAt": moment(created),
        "lastMessageAt": moment(last),
        "internalEndpoint": endpoint(own[0], own[1], own[2], internal=True, label=own[3]),
        "externalParticipants": [participant],
        "associatedContactIds": [row["id"] for row in contacts],
        "internalMemberIds": [],
        "appURL": f"{SCREEN}/thread/{id}",
        "apiURL": f"{HOME}/conversations/{id}",
        "object": "conversation",
    }


def item(id: str, conversation_id: str, direction: str, text: str, request_id: str, created: float) -> dict:
    return {
        "id": id,
        "conversationId": conversation_id,
        "direction": direction,
        "text": text,
        "author": {"displayName": "Patient" if direction == "inbound" else "Desk"},
        "isInternalNote": False,
        "requestId": request_id,
        "createdAt": moment(created),
        "modifiedAt": moment(created),
        "attachments": [],
        "buttons": [],
        "pages": [],
        "canDelete": False,
        "appURL": f"{SCREEN}/thread/{conversation_id}/message/{id}",
        "apiURL": f"{HOME}/conversationItems/{id}",
        "object": "conversationItem",
    }


def scheduled(id: str, conversation_id: str, text: str, created: float, send_at: float) -> dict:
    return {
        "id": id,
        "conversationId": conversation_id,
        "createdAt": moment(created),
        "modifiedAt": moment(created),
        "scheduledToSendAt": moment(send_at),
        "isInternalNote": False,
        "sendAsInternalMemberId": ORGANIZATION["id"],
        "message": {"text": text, "attachments": [], "pagedInternalMemberIds": []},
        "object": "scheduledMessage",
    }
