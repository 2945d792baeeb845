"""May somebody call this patient now? The practice's own rules about calls (practice profile). Pure.

Unlike the gate of texts they bind people, who may go on with a reason; only for the dead and for those who are
held does the call screen offer none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from outreach.hours import Verdict
from outreach.models import Attempt

Outcome = Attempt.Outcome
ABOUT_CALLS = (Outcome.DO_NOT_CALL, Outcome.CALL_BACK)
CLOSED = {
    "too_early": gettext_lazy("It is too early where the patient lives: calls start at {start}."),
    "too_late": gettext_lazy("It is too late where the patient lives: calls end at {end}."),
    "sunday": gettext_lazy("It is Sunday where the patient lives: nobody is called."),
    "holiday": gettext_lazy("It is a holiday where the patient lives: nobody is called."),
    "closed_day": gettext_lazy("Nobody is called today where the patient lives."),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt by phone, or words about calls by whichever way."""

    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class Objection:
    """`code` is no_calls, most, too_soon or hours; `until` when it goes away by itself."""

    code: str
    words: str
    until: datetime | None = None


def said_no_calls(tried: Iterable[Tried]) -> bool:
    """Asked not to be called, and has not asked for a call since."""
    told = [each for each in tried if each.outcome in ABOUT_CALLS]
    return bool(told) and max(told, key=lambda each: each.at).outcome == Outcome.DO_NOT_CALL


def in_vain(tried: Iterable[Tried]) -> int:
    """Calls that rang since somebody was last reached."""
    count = 0
    for each in sorted(tried, key=lambda each: each.at, reverse=True):
        if each.outcome in Attempt.REACHED:
            break
        count += each.outcome in Attempt.DIALLED
    return count


def rang(tried: Iterable[Tried]) -> list[datetime]:
    """When the patient's phone rang, the oldest first."""
    return sorted(each.at for each in tried if each.outcome in Attempt.DIALLED)


def objections(
    tried: Iterable[Tried], *, now: datetime, at_most: int, between: timedelta, verdict: Verdict | None,
    call_back_due: bool = False, start: str = "", end: str = "",
) -> list[Objection]:  # fmt: skip
    """The gravest first. `verdict` is of the calling hours; without one the hours are not judged.

    A call-back that is due was promised: the spacing does not speak against it, the number of calls neither.
    """
    tried, found = list(tried), []
    if said_no_calls(tried):
        found.append(Objection("no_calls", _("The patient asked not to be called. Write a letter instead.")))
    calls = rang(tried)
    if in_vain(tried) >= at_most and not call_back_due:
        words = _("Called {n} times without reaching anybody; the most is {most}. Write a letter instead.")
        found.append(Objection("most", words.format(n=in_vain(tried), most=at_most)))
    if calls and now - calls[-1] < between and not call_back_due:
        hours = round(between.total_seconds() / 3600)
        words = ngettext(
            "Called less than {n} hour ago: leave the patient in peace.",
            "Called less than {n} hours ago: leave the patient in peace.",
            hours,
        )
        found.append(Objection("too_soon", words.format(n=hours), calls[-1] + between))
    if verdict and not verdict.ok:
        words = CLOSED.get(verdict.reason_code, CLOSED["closed_day"])
        words = str(words).format(start=start, end=end)
        found.append(Objection("hours", words, verdict.next_opening))
    return found
