"""What each outcome of a call means for its row (design 4.2).

Definitely not sent: back to planned, or failed. Unknown: the row stays "sending" until it is recovered. Rows
are changed only while they are still the ones that were handed over.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import uniform

from django.db import transaction

from explorer.lib import bulk, clock
from outreach.actions import campaigns
from outreach.flight import Landed, NeverStarted
from outreach.models import Message
from outreach.spruce import BadToken, Busy, NotSent, Refused

State = Message.State
LOOK_AGAIN_AFTER = timedelta(seconds=5)
IN_A_ROW = 3
FIRST_PAUSE, LONGEST_PAUSE = 5, 600  # seconds; it doubles with each trouble in a row
JITTER = 0.25  # of a pause, so that two who were told to wait do not come back together


@dataclass
class Report:
    """What one run did. `waiting_for` is empty when nothing is left to do; `ends`: no further text for now."""

    counts: Counter = field(default_factory=Counter)
    remaining: int = 0
    waiting_for: str = ""
    until: datetime | None = None
    ends: bool = False

    def as_facts(self) -> dict:
        names = ("accepted", "confirmed", "failed", "uncertain", "skipped")
        return {name: self.counts[name] for name in names} | {
            "remaining": self.remaining,
            "waiting_for": self.waiting_for,
        }

    def wait(self, why: str, until: datetime | None = None) -> None:
        """The later of two reasons to wait counts."""
        if not self.until or (until and until > self.until):
            self.waiting_for, self.until = why, until
        self.ends = True


@transaction.atomic
def land(all: Iterable[Landed], report: Report) -> None:
    """Record what came of calls, each by itself, in one durable commit."""
    accepted, now = [], clock.now()
    for each in all:
        report.counts["attempted"] += 1
        if each.problem is None:
            accepted.append((State.ACCEPTED, each.request_id[:120], now, *_as_handed_over(each)))
            _went_well(report)
        else:
            _OUTCOMES[_kind_of(each)](each, report)
    bulk.update(Message, ("state", "request_id", "accepted_at"), accepted, where=("id", "state", "attempts"))


def _kind_of(landed: Landed) -> str:
    problem = landed.problem
    if landed.again:
        return "unknown"  # what became of the first try is not told by the second
    if isinstance(problem, Busy):
        return "busy" if problem.definite else "unwell"
    for error, kind in ((BadToken, "bad_token"), (NotSent, "not_sent"), (NeverStarted, "never_started")):
        if isinstance(problem, error):
            return kind
    return "refused" if isinstance(problem, Refused) else "unknown"


def _as_handed_over(landed: Landed) -> tuple:
    return landed.message.pk, State.SENDING, landed.message.attempts


def _went_well(report: Report) -> None:
    report.counts["accepted"] += 1
    for kind in ("unknown", "refused", "trouble"):
        report.counts[f"{kind} in a row"] = 0


def _not_sent(landed: Landed, report: Report) -> None:
    _back_to_planned(landed, report, "Spruce could not be reached.")


def _never_started(landed: Landed, report: Report) -> None:
    _back_to_planned(landed, report, "This PC was held up; the text was not sent yet.", 1)


def _busy(landed: Landed, report: Report) -> None:
    _back_to_planned(landed, report, "Spruce is busy.", landed.problem.retry_after)


def _bad_token(landed: Landed, report: Report) -> None:
    _back_to_planned(landed, report, "Spruce does not accept the token.")
    _pause(landed, report, "Spruce does not accept the token. Set SPRUCE_API_TOKEN, then resume.")


def _back_to_planned(landed: Landed, report: Report, why: str, seconds: float | None = None) -> None:
    """It was certainly not taken: words and key stay for the next try, which counts as the first."""
    until = _pause_until(report, seconds)
    _change(landed, state=State.PLANNED, reason=why, not_before=until, first_attempt_at=None)
    report.wait(why, until)


def _pause_until(report: Report, seconds: float | None) -> datetime:
    """As long as Spruce asks for, or twice as long with each trouble in a row."""
    pause = seconds or FIRST_PAUSE * 2 ** min(report.counts["trouble in a row"], 10)
    report.counts["trouble in a row"] += 1
    return clock.now() + timedelta(seconds=min(pause, LONGEST_PAUSE) * (1 + uniform(0, JITTER)))


def _unwell(landed: Landed, report: Report) -> None:
    """503: perhaps taken, and certainly a reason to leave Spruce in peace for a while."""
    _unknown(landed, report)
    report.wait("Spruce is busy.", _pause_until(report, landed.problem.retry_after))


def _unknown(landed: Landed, report: Report) -> None:
    """Three in a row: Spruce is not well; no further text is put at risk before these are looked up."""
    look_at = clock.now() + LOOK_AGAIN_AFTER
    _change(landed, reason="Spruce's answer did not arrive; looking for the text there.", not_before=look_at)
    report.counts["unknown in a row"] += 1
    if report.counts["unknown in a row"] >= IN_A_ROW:
        report.counts["unknown in a row"] = 0
        report.wait("Spruce does not answer as it should.", look_at)


def _refused(landed: Landed, report: Report) -> None:
    """Three refusals in a row pause the campaign: something is wrong that a person should see (design 4.7)."""
    refusal = landed.problem
    why = f"Spruce refused it: {refusal.type or 'no reason given'} ({refusal.status})."
    _change(landed, state=State.FAILED, reason=why[:200])
    report.counts["failed"] += 1
    report.counts["refused in a row"] += 1
    if report.counts["refused in a row"] >= IN_A_ROW:
        report.counts["refused in a row"] = 0
        _pause(landed, report, "Paused by itself: Spruce refused three texts in a row.")


def _pause(landed: Landed, report: Report, why: str) -> None:
    if landed.message.campaign_id:
        campaigns.pause(landed.message.campaign, by=None, why=why)
    report.wait(why)
    report.waiting_for = why


def _change(landed: Landed, **values) -> None:
    pk, state, attempts = _as_handed_over(landed)
    Message.objects.filter(pk=pk, state=state, attempts=attempts).update(**values)


_OUTCOMES = {
    "not_sent": _not_sent,
    "never_started": _never_started,
    "busy": _busy,
    "bad_token": _bad_token,
    "unwell": _unwell,
    "refused": _refused,
    "unknown": _unknown,
}
