"""Which request is answered by what."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from outreach.simulator.contract import Request
from outreach.simulator.organization import Answer, Organization

Handler = Callable[[Organization, Request], Answer]

# Method, the contract's path, what answers it, and the query parameters it knows.
ROUTES: tuple[tuple[str, str, Handler, str], ...] = (
    ("GET", "/internalendpoints", Organization.internal_endpoints, ""),
    ("POST", "/internalendpoints/{internalEndpointId}/conversations", Organization.send, ""),
    ("POST", "/internalendpoints/{internalEndpointId}/calls", Organization.call, ""),
    ("GET", "/contacts", Organization.contacts, "pageSize paginationToken"),
    ("POST", "/contacts/search", Organization.search_contacts, "pageSize paginationToken"),
    ("GET", "/contacts/tags", Organization.contact_tags, "pageSize paginationToken"),
    ("POST", "/contacts/tags", Organization.create_contact_tag, ""),
    ("GET", "/contacts/{contactId}", Organization.contact, ""),
    ("PATCH", "/contacts/{contactId}", Organization.change_contact, ""),
    ("GET", "/contacts/{contactId}/conversations", Organization.contact_conversations, ""),
    ("GET", "/conversations", Organization.conversations, "pageSize paginationToken orderBy startFrom"),
    ("GET", "/conversations/{conversationId}", Organization.conversation, ""),
    (
        "GET",
        "/conversations/{conversationId}/items",
        Organization.conversation_items,
        "pageSize paginationToken order startFrom",
    ),
    ("POST", "/conversations/{conversationId}/messages", Organization.reply, ""),
    ("GET", "/conversationItems/{conversationItemId}", Organization.conversation_item, ""),
    ("GET", "/scheduledmessages", Organization.scheduled_messages, "paginationToken"),
    ("DELETE", "/scheduledmessages/{scheduledMessageId}", Organization.delete_scheduled, ""),
)


@dataclass(frozen=True)
class Route:
    """Where a path leads. `handler` is None where the contract has no such path."""

    template: str = ""
    ids: tuple[str, ...] = ()
    handler: Handler | None = None
    parameters: frozenset[str] = frozenset()


def route(method: str, path: str) -> Route:
    """The first entry of the table that fits; fixed words stand before ids there."""
    for each, template, handler, parameters in ROUTES:
        match = re.fullmatch("/v1" + re.sub(r"\{\w+\}", "([^/]+)", template), path)
        if each == method and match:
            ids = tuple(unquote(id) for id in match.groups())
            return Route(template, ids, handler, frozenset(parameters.split()))
    return Route()
