"""What Spruce does with each request. Handlers run in a transaction and return (status, body)."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from outreach.simulator import render
from outreach.simulator.behaviour import Behaviour
from outreach.simulator.contract import (
    Problem,
    Request,
    bad,
    fields_of,
    message_text,
    milliseconds,
    missing,
    page_token,
    phone,
)
from outreach.simulator.search import CHANGEABLE, matcher
from outreach.simulator.state import State

Answer = tuple[int, Any]
DESTINATIONS = {"smsOrEmailEndpoint", "secureEndpoint", "faxEndpoint"}
VISIBLE_CONVERSATIONS = """
    SELECT c.*, MAX(i.created_at) AS last FROM conversations c JOIN items i ON i.conversation_id = c.id
    WHERE i.visible_at <= ? GROUP BY c.id
"""
ONE_CONVERSATION = """
    SELECT c.*, COALESCE(MAX(i.created_at), c.created_at) AS last FROM conversations c
    LEFT JOIN items i ON i.conversation_id = c.id AND i.visible_at <= ? WHERE c.id = ? GROUP BY c.id
"""
CONVERSATIONS_OF = (
    f"SELECT * FROM ({VISIBLE_CONVERSATIONS}) WHERE number IN"  # noqa: S608
    " (SELECT number FROM contact_phones WHERE contact_id = ?) ORDER BY last"
)


@dataclass(frozen=True)
class Organization:
    """One organisation on Spruce. Delays in milliseconds: until a sent text is an item of its conversation,
    and until a list shows what there is.
    """

    state: State
    behaviour: Behaviour
    item_delay: int = 0
    list_delay: int = 0

    def internal_endpoints(self, request: Request) -> Answer:
        return 200, {"internalEndpoints": [render.line(row) for row in self.state.all("SELECT * FROM lines")]}

    def contacts(self, request: Request) -> Answer:
        size = request.page_size(500)
        (after,) = request.position("contacts", [0])
        total = self.state.one("SELECT COUNT(*) AS n FROM contacts")["n"]
        rows = self.state.all("SELECT * FROM contacts WHERE position > ? ORDER BY position LIMIT ?", after, size + 1)
        shown = [render.contact(self.state, row) for row in rows[:size]]
        return _page("contacts", shown, total, "contacts", [row["position"] for row in rows], size)

    def search_contacts(self, request: Request) -> Answer:
        size = request.page_size(500)
        (after,) = request.position("search", [0])
        matches = matcher(request.body)
        rows = self.state.all("SELECT * FROM contacts ORDER BY position")
        found = [row for row in rows if matches(json.loads(row["fields"]))]
        rest = [row for row in found if row["position"] > after]
        shown = [render.contact(self.state, row) for row in rest[:size]]
        positions = [row["position"] for row in rest]
        status, page = _page("contacts", shown, len(found), "search", positions, size)
        return status, page | {"totalCountRelation": "eq"}

    def contact(self, request: Request) -> Answer:
        return 200, render.contact(self.state, self._contact(request.ids[0]))

    def change_contact(self, request: Request) -> Answer:
        row = self._contact(request.ids[0])
        wanted = fields_of(request.body, {*CHANGEABLE, "tagIds"}, set(), "contact")
        fields = json.loads(row["fields"])
        fields |= {CHANGEABLE[name]: value for name, value in wanted.items() if name in CHANGEABLE and value}
        if wanted.get("tagIds") is not None:
            fields["tags"] = [self._known_tag(id) for id in wanted["tagIds"]]
        self.state.change_contact(row["id"], fields)
        return 200, render.contact(self.state, self._contact(row["id"]))

    def contact_conversations(self, request: Request) -> Answer:
        self._contact(request.ids[0])
        rows = self.state.all(CONVERSATIONS_OF, request.now, request.ids[0])
        return 200, {"conversations": [render.conversation(self.state, row) for row in rows]}

    def contact_tags(self, request: Request) -> Answer:
        size = request.page_size(500)
        (after,) = request.position("tags", [0])
        total = self.state.one("SELECT COUNT(*) AS n FROM tags")["n"]
        rows = self.state.all("SELECT * FROM tags WHERE position > ? ORDER BY position LIMIT ?", after, size + 1)
        shown = [render.tag(row) for row in rows[:size]]
        return _page("tags", shown, total, "tags", [row["position"] for row in rows], size)

    def create_contact_tag(self, request: Request) -> Answer:
        value = fields_of(request.body, {"value"}, {"value"}, "tag")["value"]
        if not isinstance(value, str) or not value.strip():
            raise bad("value must not be empty")
        id = self.state.tag_id(value)
        return 201, render.tag(self.state.one("SELECT * FROM tags WHERE id = ?", id))

    def conversations(self, request: Request) -> Answer:
        size = request.page_size(200)
        order = request.word("orderBy", ("created", "last_message"))
        if "startFrom" in request.query and "paginationToken" in request.query:
            raise bad("only one of startFrom or paginationToken can be provided")
        column = "last" if order == "last_message" else "created_at"
        since, after, id = request.position(order, [request.start_from(), -1, ""])
        listed = f"FROM ({VISIBLE_CONVERSATIONS}) WHERE {column} >= ?"
        total = self.state.one(f"SELECT COUNT(*) AS n {listed}", request.now, since)["n"]
        rows = self.state.all(
            f"SELECT * {listed} AND ({column}, id) > (?, ?) ORDER BY {column}, id LIMIT ?",
            *(request.now, since, after, id, size + 1),
        )
        shown = [render.conversation(self.state, row) for row in rows[:size]]
        positions = [(since, row[column], row["id"]) for row in rows]
        return _page("conversations", shown, total, order, positions, size)

    def conversation(self, request: Request) -> Answer:
        row = self.state.one(ONE_CONVERSATION, request.now, request.ids[0])
        if row is None:
            raise missing("Conversation")
        return 200, {"conversation": render.conversation(self.state, row)}

    def conversation_items(self, request: Request) -> Answer:
        size = request.page_size(200)
        order = request.word("order", ("newest_first", "oldest_first"), "newest_first")
        self._conversation(request.ids[0])
        up = order == "oldest_first"
        start = [request.start_from(), *((-1, -1) if up else (2**62, 2**62))]
        since, after, position = request.position(order, start)
        listed = "FROM items WHERE conversation_id = ? AND visible_at <= ? AND created_at >= ?"
        values = (request.ids[0], request.now, since)
        rows = self.state.all(
            f"SELECT * {listed} AND (created_at, position) {'>' if up else '<'} (?, ?)"
            f" ORDER BY created_at {'' if up else 'DESC'}, position {'' if up else 'DESC'} LIMIT ?",
            *(*values, after, position, size + 1),
        )
        total = self.state.one(f"SELECT COUNT(*) AS n {listed}", *values)["n"]
        positions = [(since, row["created_at"], row["position"]) for row in rows]
        shown = [render.item(row) for row in rows[:size]]
        return _page("conversationItems", shown, total, order, positions, size)

    def conversation_item(self, request: Request) -> Answer:
        row = self.state.one(
            "SELECT * FROM items WHERE printf('ti_%013X', position) = ? AND visible_at <= ?",
            *(request.ids[0], request.now),
        )
        if row is None:
            raise missing("Conversation item")
        return 200, {"conversationItem": render.item(row)}

    def send(self, request: Request) -> Answer:
        allowed = {"destination", "message", "sendAt"}
        body = fields_of(request.body, allowed, {"destination", "message"}, "body")
        line = self.state.one("SELECT * FROM lines WHERE id = ?", request.ids[0])
        if line is None:
            raise bad("Invalid internal endpoint ID")
        number = self._destination(body["destination"], line["channel"])
        text = message_text(body["message"])
        send_at = milliseconds(body["sendAt"], "sendAt") if body.get("sendAt") else None
        conversation_id = self.state.conversation_with(line["id"], number, request.now)
        return self._accept(request, conversation_id, line["id"], number, text, send_at)

    def reply(self, request: Request) -> Answer:
        text = message_text(request.body)
        row = self._conversation(request.ids[0], bad("Invalid conversation ID"))
        if request.body.get("internal"):
            request_id = _request_id()
            self.state.add_item(row["id"], "none", text, request_id, request.now, request.now, is_note=True)
            return 200, {"requestId": request_id}
        return self._accept(request, row["id"], row["line_id"], row["number"], text)

    def call(self, request: Request) -> Answer:
        needed = {"originatingNumber", "destinationNumber"}
        for name, value in fields_of(request.body, needed, needed, "body").items():
            phone(value, name)
        return 200, {"proxyNumber": "+12055550199", "requestId": _request_id()}

    def scheduled_messages(self, request: Request) -> Answer:
        size = 100
        (after,) = request.position("scheduled", [0])
        total = self.state.one("SELECT COUNT(*) AS n FROM scheduled")["n"]
        rows = self.state.all("SELECT * FROM scheduled WHERE position > ? ORDER BY position LIMIT ?", after, size + 1)
        shown = [render.scheduled(row) for row in rows[:size]]
        return _page("scheduledMessages", shown, total, "scheduled", [row["position"] for row in rows], size)

    def delete_scheduled(self, request: Request) -> Answer:
        found = self.state.one(
            "SELECT position FROM scheduled WHERE printf('scm_%013X', position) = ? AND item IS NULL",
            request.ids[0],
        )
        if found is None:
            raise missing("Scheduled message")
        self.state.do("DELETE FROM scheduled WHERE position = ?", found["position"])
        return 200, None

    def send_scheduled(self, now: int) -> None:
        """Let scheduled messages go out whose time has passed."""
        due = self.state.all("SELECT * FROM scheduled WHERE item IS NULL AND send_at <= ?", now)
        for row in due:
            number = self._conversation(row["conversation_id"])["number"]
            text, request_id, send_at = row["text"], row["request_id"], row["send_at"]
            item = self._deliver(row["conversation_id"], number, text, request_id, send_at)
            self.state.do("UPDATE scheduled SET item = ? WHERE position = ?", item, row["position"])

    def receive(self, number: str, text: str, at: int, line_id: str) -> str:
        """A patient texts the practice; the id of the item."""
        conversation_id = self.state.conversation_with(line_id, number, at)
        position = self.state.add_item(conversation_id, "inbound", text, "", at, at + self.list_delay)
        return render.item_id(position)

    def _accept(self, request, conversation_id, line_id, number, text, send_at=None) -> Answer:
        request_id = _request_id()
        self.state.do(
            "INSERT INTO texts VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            *(number, line_id, text, request.key, request_id, request.now),
        )
        if send_at is None:
            self._deliver(conversation_id, number, text, request_id, request.now + request.late)
        else:
            self.state.do(
                "INSERT INTO scheduled VALUES (NULL, ?, ?, ?, ?, ?, NULL)",
                *(conversation_id, text, request_id, request.now, send_at),
            )
        return 200, {"requestId": request_id}

    def _deliver(self, conversation_id: str, number: str, text: str, request_id: str, at: int) -> int:
        """The text becomes an item, and the patient decides what to answer and when."""
        sent = at + self.item_delay
        position = self.state.add_item(conversation_id, "outbound", text, request_id, sent, sent + self.list_delay)
        nth = self.state.one("SELECT COUNT(*) AS n FROM texts WHERE number = ?", number)["n"]
        for reply in self.behaviour(number, text, nth):
            back = sent + round(reply.after.total_seconds() * 1000)
            self.state.add_item(conversation_id, "inbound", reply.text, "", back, back + self.list_delay)
        return position

    def _destination(self, destination: Any, channel: str) -> str:
        """The one address of a destination, checked against the channel of the line."""
        given = fields_of(destination, DESTINATIONS, set(), "destination")
        if len(given) != 1:
            raise bad("exactly one of smsOrEmailEndpoint, secureEndpoint and faxEndpoint must be specified")
        ((kind, value),) = given.items()
        if kind == "secureEndpoint" and channel == "secure":
            allowed = {"contactId", "deliveryMethod", "subject"}
            return self._contact(fields_of(value, allowed, {"contactId"}, kind)["contactId"], 400)["id"]
        if (kind, channel) == ("smsOrEmailEndpoint", "email") and isinstance(value, str) and "@" in value:
            return value
        if (kind, channel) not in (("smsOrEmailEndpoint", "phone"), ("faxEndpoint", "fax")):
            raise bad("the destination does not suit the internal endpoint")
        return phone(value, kind)

    def _contact(self, id: Any, status: int = 404):
        row = self.state.one("SELECT * FROM contacts WHERE id = ?", str(id))
        if row is None:
            raise Problem(status, "NOT_FOUND" if status == 404 else "BAD_PARAMETER", "Invalid Contact ID")
        return row

    def _conversation(self, id: str, problem: Problem | None = None):
        row = self.state.one("SELECT * FROM conversations WHERE id = ?", id)
        if row is None:
            raise problem or bad("Invalid conversation ID")
        return row

    def _known_tag(self, id: Any) -> str:
        if not isinstance(id, str) or self.state.one("SELECT 1 FROM tags WHERE id = ?", id) is None:
            raise bad("Invalid tag ID")
        return id


def _page(name: str, shown: list, total: int, kind: str, positions: list, size: int) -> Answer:
    """One page of a list; `positions` has one more entry than the page when there are more pages."""
    page = {name: shown, "totalCount": total, "hasMore": len(positions) > size}
    if page["hasMore"]:
        last = positions[size - 1]
        page["paginationToken"] = page_token(kind, list(last) if isinstance(last, tuple) else [last])
    return 200, page


def _request_id() -> str:
    return f"asyncRequest_{secrets.token_hex(8).upper()}"
