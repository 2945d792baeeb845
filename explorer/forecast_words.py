"""The forecast in sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from explorer.forecasting import ENOUGH, OLD_ENOUGH, Forecast


def sentence(found: Forecast) -> str:
    """ "On 12/31/2026, 61 % will have answered (55 to 67 %). 70 % needs 22 calls a day from tomorrow." """
    day = f"{found.deadline:%m/%d/%Y}"
    if found.answered is None:
        if found.curve:
            now = 100 * found.answered_now // found.people if found.people else 0
            return _("The deadline, %(day)s, has passed: %(share)s %% have answered.") % {"day": day, "share": now}
        return _too_early(found)
    band = found.answered
    low, mid, high = (round(share) for share in (band.low, band.mid, band.high))
    if low == high:
        told = _("On %(day)s, %(mid)s %% of the patients will have answered.") % {"day": day, "mid": mid}
    else:
        told = _("On %(day)s, %(mid)s %% of the patients will have answered (%(low)s to %(high)s %%).") % {
            "day": day, "mid": mid, "low": low, "high": high,
        }  # fmt: skip
    return f"{told} {calls_needed(found)}"


def calls_needed(found: Forecast) -> str:
    """For the goal, with the middle of the band."""
    if found.calls_a_day is None:
        return _("Calls alone cannot bring it to %(goal)s %%: write letters to those who cannot be called.") % {
            "goal": found.goal
        }
    if found.calls_a_day == 0:
        return _("The goal of %(goal)s %% is within reach without more calls.") % {"goal": found.goal}
    return ngettext(
        "%(goal)s %% needs %(calls)s call a day from tomorrow.",
        "%(goal)s %% needs %(calls)s calls a day from tomorrow.",
        found.calls_a_day,
    ) % {"goal": found.goal, "calls": found.calls_a_day}


def _too_early(found: Forecast) -> str:
    wanted = {"number": ENOUGH, "days": OLD_ENOUGH}
    if found.possible_from is None:
        return _("There is a forecast once about %(number)s first texts are %(days)s days old.") % wanted
    return _("There is a forecast from %(day)s on, once about %(number)s first texts are %(days)s days old.") % {
        **wanted, "day": f"{found.possible_from:%m/%d/%Y}",
    }  # fmt: skip
