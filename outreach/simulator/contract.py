"""A request to the simulated Spruce, held strictly to the OpenAPI document: what is not in it is refused."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
NAMED = re.compile(r"\{\w+\}")


class Problem(Exception):
    """An answer in Spruce's form for errors."""

    def __init__(self, status: int, type: str, message: str) -> None:
        super().__init__(message)
        self.status, self.type, self.message = status, type, message

    def body(self) -> dict:
        return {"statusCode": self.status, "type": self.type, "message": self.message}


def bad(message: str) -> Problem:
    return Problem(400, "BAD_PARAMETER", message)


def missing(what: str) -> Problem:
    return Problem(404, "NOT_FOUND", f"{what} not found")


@dataclass(frozen=True)
class Request:
    """`now` in milliseconds; `path` as it was asked for, which is what an idempotency key belongs to."""

    method: str
    path: str
    ids: tuple[str, ...]
    query: dict[str, str]
    body: Any
    key: str
    now: int
    late: int = 0

    def page_size(self, most: int) -> int:
        text = self.query.get("pageSize", str(most))
        if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= most:
            raise bad(f"pageSize must be between 1 and {most}")
        return int(text)

    def word(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.query.get(name, default)
        if value not in allowed:
            raise bad(f"{name} must be one of {', '.join(allowed)}")
        return value

    def start_from(self) -> int:
        """`startFrom` in milliseconds, 0 without one."""
        return milliseconds(self.query["startFrom"], "startFrom") if "startFrom" in self.query else 0

    def position(self, kind: str, default: list) -> list:
        """Where the last page ended, from `paginationToken`."""
        token = self.query.get("paginationToken")
        return default if token is None else _opened(token, kind)


def milliseconds(text: Any, name: str) -> int:
    """An RFC 3339 time with its zone."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise bad(f"{name} must be an RFC 3339 date-time") from None
    if at.tzinfo is None or "T" not in text:
        raise bad(f"{name} must be an RFC 3339 date-time")
    return int(at.timestamp() * 1000)


def page_token(kind: str, position: list) -> str:
    return base64.urlsafe_b64encode(json.dumps([kind, *position]).encode()).decode().rstrip("=")


def _opened(token: str, kind: str) -> list:
    try:
        named, *position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError):
        named, position = None, []
    if named != kind:
        raise bad("paginationToken is not valid")
    return position


def fields_of(body: Any, allowed: set[str], needed: set[str], where: str) -> dict:
    """A JSON object that holds all of `needed` and nothing beyond `allowed`."""
    if not isinstance(body, dict):
        raise bad(f"{where} must be an object")
    if unknown := set(body) - allowed:
        raise bad(f"{where} has unknown fields: {', '.join(sorted(unknown))}")
    if lacking := needed - {name for name, value in body.items() if value is not None}:
        raise bad(f"{where} lacks {', '.join(sorted(lacking))}")
    return body


def message_text(message: Any) -> str:
    """The words of a message to be posted."""
    allowed = {"attachments", "author", "body", "internal", "stayArchived"}
    elements = fields_of(message, allowed, {"body"}, "message")["body"]
    if not isinstance(elements, list) or not elements:
        raise bad("message.body must hold at least one element")
    text = "".join(_element(each) for each in elements)
    if not text.strip():
        raise bad("message.body must hold some text")
    return text


def _element(element: Any) -> str:
    fields = fields_of(element, {"type", "value"}, {"type", "value"}, "message.body element")
    if fields["type"] not in ("text", "page") or not isinstance(fields["value"], str):
        raise bad("message.body element must be a text or a page")
    return fields["value"]


def phone(value: Any, name: str) -> str:
    if not isinstance(value, str) or not E164.fullmatch(value):
        raise bad(f"{name} must be a phone number in E.164 format")
    return value
