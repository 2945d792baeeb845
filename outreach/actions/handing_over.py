"""The call itself, and what each outcome means for the row (design 4.2).

Definitely not sent: back to planned, or failed. Unknown: the row stays "sending" until it is recovered.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from explorer.lib import clock
from outreach import line
from outreach.actions import campaigns
from outreach.models import Message
from outreach.spruce import BadToken, Busy, KeySeen, NotSent, OutcomeUnknown, Refused, Spruce

State = Message.State
LOOK_AGAIN_AFTER = timedelta(seconds=5)
IN_A_ROW = 3
FIRST_PAUSE, LONGEST_PAUSE = 5, 600  # seconds; it doubles with each try


@dataclass
class Report:
    """What one run did. `waiting_for` is empty when nothing is left to do."""

    counts: Counter = field(default_factory=Counter)
    remaining: int = 0
    waiting_for: str = ""
    until: datetime | None = None

    def as_facts(self) -> dict:
        names = ("accepted", "confirmed", "failed", "uncertain", "skipped")
        return {name: self.counts[name] for name in names} | {
            "remaining": self.remaining,
            "waiting_for": self.waiting_for,
        }


def hand_over(spruce: Spruce, message: Message, report: Report) -> bool:
    """Send a claimed text and record what came of it. False when the batch should end here."""
    report.counts["attempted"] += 1
    try:
        request_id = _send(spruce, message)
    except line.Waiting:
        _back_to_planned(message, report, "Spruce's rate limit", 0.1)
        raise
    except NotSent:
        return _back_to_planned(message, report, "Spruce could not be reached.")
    except BadToken:
        _back_to_planned(message, report, "Spruce does not accept the token.")
        return _pause(message, report, "Spruce does not accept the token. Set SPRUCE_API_TOKEN, then resume.")
    except Busy as busy:
        if busy.definite:
            return _back_to_planned(message, report, "Spruce is busy.", busy.retry_after)
        return _unknown(message, report)
    except KeySeen:
        return _unknown(message, report)
    except OutcomeUnknown:
        return _unknown(message, report)
    except Refused as refusal:
        return _failed(message, refusal, report)
    return _accepted(message, request_id, report)


def _send(spruce: Spruce, message: Message) -> str:
    if message.kind == Message.Kind.ANSWER:
        return spruce.reply_in(message.conversation_id, message.text, message.key)
    return spruce.send_text(message.line_id, message.phone, message.text, message.key)


def _accepted(message: Message, request_id: str, report: Report) -> bool:
    message.state, message.request_id, message.accepted_at = State.ACCEPTED, request_id[:120], clock.now()
    message.save(update_fields=["state", "request_id", "accepted_at"])
    report.counts["accepted"] += 1
    report.counts["unknown in a row"] = report.counts["refused in a row"] = 0
    return True


def _back_to_planned(message: Message, report: Report, why: str, seconds: float | None = None) -> bool:
    """Nothing left this PC. A key that was never shown to Spruce stays good for the next try."""
    wait = timedelta(seconds=min(seconds or FIRST_PAUSE * 2 ** min(message.attempts, 6), LONGEST_PAUSE))
    message.state, message.reason, message.not_before = State.PLANNED, why, clock.now() + wait
    message.save(update_fields=["state", "reason", "not_before"])
    report.waiting_for, report.until = why, message.not_before
    return False


def _unknown(message: Message, report: Report) -> bool:
    """Three in a row: Spruce is not well; no further text is put at risk before these are looked up."""
    message.reason = "Spruce's answer did not arrive; looking for the text there."
    message.not_before = clock.now() + LOOK_AGAIN_AFTER
    message.save(update_fields=["reason", "not_before"])
    report.counts["unknown in a row"] += 1
    if report.counts["unknown in a row"] < IN_A_ROW:
        return True
    report.counts["unknown in a row"] = 0
    report.waiting_for, report.until = "Spruce does not answer as it should.", message.not_before
    return False


def _failed(message: Message, refusal: Refused, report: Report) -> bool:
    """Three refusals in a row pause the campaign: something is wrong that a person should see (design 4.7)."""
    message.state = State.FAILED
    message.reason = f"Spruce refused it: {refusal.type or 'no reason given'} ({refusal.status})."[:200]
    message.save(update_fields=["state", "reason"])
    report.counts["failed"] += 1
    report.counts["refused in a row"] += 1
    if report.counts["refused in a row"] < IN_A_ROW:
        return True
    report.counts["refused in a row"] = 0
    return _pause(message, report, "Paused by itself: Spruce refused three texts in a row.")


def _pause(message: Message, report: Report, why: str) -> bool:
    if message.campaign_id:
        campaigns.pause(message.campaign, by=None, why=why)
    report.waiting_for = why
    return False
