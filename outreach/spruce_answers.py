"""What Spruce answers: its errors, and its records read into small dataclasses.

Only what the published OpenAPI document promises is needed; unknown fields are ignored, unknown words kept.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import phonenumbers

from explorer.lib import clock, http

IS_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE  # and not only within its own area
EARLIEST_BIRTH = date(1880, 1, 1)
EARLIEST, LATEST = 2000, 9000  # years of a moment; some servers write the year 1 for "never"
LIMIT_HEADERS = ("limit", "remaining", "daily-limit", "daily-remaining")


class SpruceError(Exception):
    """Base of everything that can go wrong with Spruce; texts hold no number and no name."""


class NotConfigured(SpruceError):
    """Spruce's address or token is missing or not allowed in this mode."""


class NotSent(SpruceError):
    """The request never left this machine."""


class Refused(SpruceError):
    """Spruce said no, for certain: nothing was sent. `type` is Spruce's own word for the reason."""

    def __init__(self, status: int, type: str = "", message: str = "") -> None:
        super().__init__(message or f"Spruce refused the request ({status} {type or 'without a reason'}).")
        self.status, self.type = status, type


class BadToken(Refused):
    """The token is wrong, missing or disabled."""


class KeySeen(SpruceError):
    """422: Spruce has seen this idempotency key on this path; the text was probably taken before."""


class Busy(SpruceError):
    """429 or 503. After 429 nothing was taken; after 503 (`definite` is False) that is not known."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"Spruce is busy ({status}).")
        self.status, self.retry_after, self.definite = status, retry_after, status == 429


class OutcomeUnknown(SpruceError):
    """Spruce may or may not have acted: no answer in time, a cut connection, a 5xx."""


class Nonsense(OutcomeUnknown):
    """Spruce answered with something that its own contract does not allow."""


@dataclass(frozen=True)
class RateLimits:
    """The newest limits of the organisation. None: this dimension is not limited."""

    limit: int | None = None
    remaining: int | None = None
    daily_limit: int | None = None
    daily_remaining: int | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """An address the practice sends from; `number` is E.164 where the channel is phone or fax."""

    id: str
    number: str
    channel: str
    label: str


@dataclass(frozen=True)
class SpruceContact:
    id: str
    display_name: str
    given: str = ""
    middle: str = ""
    family: str = ""
    date_of_birth: date | None = None
    category: str = "unknown"
    phones: tuple[tuple[str, str], ...] = ()
    emails: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Conversation:
    """`participants` are the E.164 numbers outside the practice; `contact_ids` those Spruce ties to it."""

    id: str
    last_message_at: datetime | None
    participants: tuple[str, ...]
    line_id: str
    channel: str
    contact_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One entry of a conversation. `direction`: inbound, outbound or none. `request_id` is "" for none."""

    id: str
    conversation_id: str
    created_at: datetime
    direction: str
    text: str
    request_id: str
    is_note: bool
    event: str = ""


@dataclass(frozen=True)
class ScheduledText:
    id: str
    conversation_id: str
    send_at: datetime
    text: str
    is_note: bool = False  # among staff: no patient gets it


def rate_limits(answer: http.Response) -> RateLimits | None:
    """The limits an answer tells of, or None where it is not Spruce's own but a gateway's.

    In Spruce's answers an absent header means that this dimension is not limited.
    """
    read = [_whole(answer.headers.get(f"s-ratelimit-{name}")) for name in LIMIT_HEADERS]
    if not answer.headers.get("s-request-id") and all(value is None for value in read):
        return None
    return RateLimits(*read, at=clock.now())


def refusal(answer: http.Response, resource: str, *, keyed: bool) -> SpruceError:
    status, type = answer.status, _error_type(answer)
    if status in (401, 403):
        return BadToken(status, type, f"Spruce refused the token ({status}). Check it in Spruce's settings.")
    if status == 422 and keyed:
        return KeySeen(f"Spruce has seen this key before ({resource}).")
    if status in (429, 503):
        return Busy(status, _retry_after(answer.headers.get("retry-after")))
    if status >= 500 or status in (408, 425):
        return OutcomeUnknown(f"Spruce answered {resource} with {status}.")
    return Refused(status, type)


def _error_type(answer: http.Response) -> str:
    """Spruce's word for an error, as far as it is a word: it goes into messages and logs."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    type = as_text(body.get("type")) if isinstance(body, dict) else ""
    return type.upper() if re.fullmatch(r"[A-Za-z_ -]{1,40}", type) else ""


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number or an HTTP date."""
    if value is None:
        return None
    if re.fullmatch(r"\d{1,6}(\.\d+)?", value.strip(), re.ASCII):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - clock.now()).total_seconds())


def _whole(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\d{1,12}", value.strip(), re.ASCII) else None


def json_object(answer: http.Response, resource: str) -> dict:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Nonsense(f"Spruce answered {resource} with something that is not a JSON object.")
    return body


def entries_of(page: dict, name: str) -> list[dict]:
    entries = page.get(name)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Nonsense(f"Spruce's answer has no list of {name}.")
    return entries


def as_text(value: Any) -> str:
    """Strings, and whole numbers as text since the contract's own examples mix the two; else nothing.

    What a database cannot keep, half an emoji or a zero byte, is replaced.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")


def _dicts(value: Any) -> list[dict]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def line(entry: dict) -> Line:
    endpoint = _dict(entry.get("endpoint"))
    id, channel, raw = (as_text(endpoint.get(name)) for name in ("id", "channel", "rawValue"))
    if not id:
        raise Nonsense("Spruce lists a line without an id.")
    number = e164(raw) or "" if channel in ("phone", "fax") else raw
    return Line(id, number, channel, as_text(endpoint.get("label")) or as_text(endpoint.get("displayValue")))


def contact(entry: dict) -> tuple[SpruceContact, int]:
    """The contact and how many of its values could not be read and were left out."""
    phones = _dicts(entry.get("phoneNumbers"))
    emails = _dicts(entry.get("emailAddresses"))
    good = [(e164(as_text(phone.get("value"))), as_text(phone.get("label"))) for phone in phones]
    born, born_text = _birth(entry.get("dateOfBirth")), entry.get("dateOfBirth")
    read = SpruceContact(
        id=as_text(entry.get("id")),
        display_name=as_text(entry.get("displayName")),
        given=as_text(entry.get("givenName")),
        middle=as_text(entry.get("middleName")),
        family=as_text(entry.get("familyName")),
        date_of_birth=born,
        category=as_text(entry.get("category")).casefold() or "unknown",
        phones=tuple(dict.fromkeys((number, label) for number, label in good if number)),
        emails=tuple(filter(None, (as_text(each.get("value")) for each in emails))),
        tags=tuple((as_text(tag.get("id")), as_text(tag.get("value"))) for tag in _dicts(entry.get("tags"))),
    )
    return read, sum(number is None for number, _ in good) + (born is None and bool(born_text))


def _birth(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        born = date.fromisoformat(value)
    except ValueError:
        return None
    return born if born >= EARLIEST_BIRTH else None


@lru_cache(maxsize=20_000)
def e164(value: str) -> str | None:
    """A phone number as +12055550123, or None. Numbers with an extension are switchboards and left out."""
    bare = f"+{value}" if re.fullmatch(r"1\d{10}", value, re.ASCII) else value
    try:
        number = phonenumbers.parse(bare, "US")
    except phonenumbers.NumberParseException:
        return None
    if number.extension or phonenumbers.is_possible_number_with_reason(number) != IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def conversation(entry: dict) -> Conversation:
    participants = _dicts(entry.get("externalParticipants"))
    numbers = (e164(as_text(_dict(each.get("endpoint")).get("rawValue"))) for each in participants)
    line = _dict(entry.get("internalEndpoint"))
    contacts = [as_text(each.get("contact")) for each in participants]
    associated = entry.get("associatedContactIds")
    contacts += [as_text(id) for id in associated] if isinstance(associated, list) else []
    return Conversation(
        id=as_text(entry.get("id")),
        last_message_at=_moment(entry.get("lastMessageAt")),
        participants=tuple(dict.fromkeys(filter(None, numbers))),
        line_id=as_text(line.get("id")),
        channel=as_text(line.get("channel")) or as_text(entry.get("type")),
        contact_ids=tuple(dict.fromkeys(filter(None, contacts))),
    )


def item(entry: dict, conversation_id: str) -> Item:
    created_at = _moment(entry.get("createdAt"))
    if created_at is None:
        raise Nonsense("Spruce lists a conversation item without a time.")
    return Item(
        id=as_text(entry.get("id")),
        conversation_id=as_text(entry.get("conversationId")) or conversation_id,
        created_at=created_at,
        direction=as_text(entry.get("direction")) or "none",
        text=as_text(entry.get("text")),
        request_id=as_text(entry.get("requestId")),
        is_note=entry.get("isInternalNote") is True,
        event=as_text(_dict(entry.get("event")).get("type")),
    )


def scheduled_text(entry: dict) -> ScheduledText:
    send_at = _moment(entry.get("scheduledToSendAt"))
    if send_at is None:
        raise Nonsense("Spruce lists a scheduled message without a time.")
    text = as_text(_dict(entry.get("message")).get("text"))
    return ScheduledText(
        id=as_text(entry.get("id")),
        conversation_id=as_text(entry.get("conversationId")),
        send_at=send_at,
        text=text,
        is_note=entry.get("isInternalNote") is True,
    )


def _moment(value: Any) -> datetime | None:
    """An RFC 3339 time in UTC; fractions finer than a microsecond are cut off. None before Spruce was founded."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except (ValueError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo and EARLIEST < moment.year < LATEST else None
