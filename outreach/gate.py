"""May this text go to this number now? The one gate (design 2.8; domain rules S1 to S15). Pure.

It is asked when planning, when previewing, and again inside the transaction that claims the message.
What is not known counts against sending.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop as _

from outreach.hours import Verdict
from patients.ages import is_minor

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
TEXTS_A_DAY, TEXTS_A_WEEK = 1, 3
POLL_GOOD_FOR = timedelta(minutes=10)
CALL_COUNTS_FOR = timedelta(days=3)  # so long before its time a call by staff replaces a reminder

WORDS = {
    "deceased": _("The patient is recorded as deceased."),
    "held": _("Staff asked not to contact this patient."),
    "minor": _("The patient is a minor; a guardian must be asked in person."),
    "left_list": _("The newest list no longer names this patient."),
    "answered": _("The patient has already answered."),
    "in_review": _("An answer of this patient waits for review."),
    "opted_out": _("The patient asked to stop texts."),
    "no_match": _("No Spruce contact is matched to this patient."),
    "match_in_review": _("The match with a Spruce contact waits for review."),
    "no_phone": _("There is no phone number."),
    "not_textable": _("The number is a land line or toll-free."),
    "facility": _("The number is shared by many patients, as of a care home."),
    "number_of_another": _("In Spruce the number belongs to somebody else, so it may have changed hands."),
    "no_basis": _("It is not recorded why this number may be texted."),
    "already_asked": _("Another campaign that is still open asks this patient."),
    "beyond_limit": _("The campaign's limit is reached."),
    "spoken": _("Somebody answered by text; a person calls instead of a reminder."),
    "called": _("Staff spoke with them; that replaces the reminder."),
    "suppressed": _("The number is on the do-not-text list."),
    "nobody_left": _("Nobody on this number is still to be asked."),
    "stopped": _("Texting is stopped for the whole practice."),
    "disarmed": _("Texting is locked until a person has compared this PC with Spruce."),
    "not_running": _("The campaign is not running."),
    "hours": _("It is outside the texting hours."),
    "day_limit": _("The number got a text in the last 24 hours."),
    "week_limit": _("The number got three texts in the last seven days."),
    "campaign_limit": _("The number has all the texts this campaign allows."),
    "poll_old": _("Replies have not been read recently, so a STOP could be missed."),
    "held_for_person": _("A person must decide about this late text."),
    "code_expired": _("The personal code is no longer good."),
    "empty_text": _("The text has an open placeholder or is empty."),
}
WAITS = frozenset(
    {"stopped", "disarmed", "not_running", "hours", "day_limit", "week_limit", "poll_old", "held_for_person"}
)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    id: int
    deceased: bool = False
    held: bool = False
    left_list: bool = False
    date_of_birth: date | None = None
    answered: bool = False
    in_review: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class NumberFacts:
    now: datetime
    patients: tuple[PatientFacts, ...]
    state: str
    suppressed: bool
    hours: Verdict
    texting_stopped: bool
    campaign_running: bool
    disarmed: bool = False
    texts_at: tuple[datetime, ...] = ()
    texts_of_campaign: int = 0
    texts_per_campaign: int = 4
    polled_at: datetime | None = None
    hold: str = ""
    spoken: bool = False
    code_expires_at: datetime | None = None
    text_complete: bool = True
    patients_texted_at: dict[int, tuple[datetime, ...]] = field(default_factory=dict)
    today: date | None = None  # where the practice is; else the day of `now`
    spoken_with: dict[int, datetime] = field(default_factory=dict)  # of a reminder: calls that replace it, by patient


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to send. `waits`: it may go away by itself; else the message is skipped for good."""

    code: str
    until: datetime | None = None
    on: date | None = None

    @property
    def words(self) -> str:
        return f"Staff spoke with them on {self.on:%m/%d/%Y}." if self.on else WORDS[self.code]

    @property
    def waits(self) -> bool:
        return self.code in WAITS


def patient_refusals(patient: PatientFacts, *, state: str, today: date) -> list[str]:
    """Codes why this patient is not to be texted by any number; empty when nothing stands against it."""
    found = {
        "deceased": patient.deceased,
        "held": patient.held,
        "left_list": patient.left_list,
        "minor": is_minor(patient.date_of_birth, state=state, today=today),
        "opted_out": patient.opted_out,
        "answered": patient.answered,
        "in_review": patient.in_review,
    }
    return [code for code, stands in found.items() if stands]


def number_refusals(facts: NumberFacts) -> list[Refusal]:
    """Everything that stands against sending now, the lasting reasons first."""
    left = _still_to_ask(facts)
    lasting = {
        "suppressed": facts.suppressed,
        "spoken": facts.spoken,
        "nobody_left": not left,
        "campaign_limit": facts.texts_of_campaign >= facts.texts_per_campaign,
        "code_expired": facts.code_expires_at is None or facts.code_expires_at <= facts.now,
        "empty_text": not facts.text_complete,
    }
    refusals = [Refusal(code) for code, stands in lasting.items() if stands]
    if left and left <= facts.spoken_with.keys():
        refusals.append(Refusal("called", on=max(facts.spoken_with[pk] for pk in left).date()))
    if facts.hold:
        refusals.append(Refusal("held_for_person"))
    if facts.texting_stopped:
        refusals.append(Refusal("stopped"))
    if facts.disarmed:
        refusals.append(Refusal("disarmed"))
    if not facts.campaign_running:
        refusals.append(Refusal("not_running"))
    if facts.polled_at is None or not timedelta() <= facts.now - facts.polled_at <= POLL_GOOD_FOR:
        refusals.append(Refusal("poll_old"))
    if not facts.hours.ok:
        refusals.append(Refusal("hours", facts.hours.next_opening))
    return refusals + list(_too_many(facts))


def _still_to_ask(facts: NumberFacts) -> set[int]:
    today = facts.today or facts.now.date()
    return {each.id for each in facts.patients if not patient_refusals(each, state=facts.state, today=today)}


def _too_many(facts: NumberFacts) -> Iterable[Refusal]:
    """At most one text a day and three a week, per number and per patient (S5).

    A day is 24 hours and a week seven times that. Since the texting hours of a day are fewer, this also keeps
    two texts out of one calendar day, and four out of one calendar week, wherever the phone is.
    """
    for times in (facts.texts_at, *facts.patients_texted_at.values()):
        recent = sorted(at for at in times if facts.now - at < WEEK)
        if recent and facts.now - recent[-1] < DAY:
            yield Refusal("day_limit", recent[-1] + DAY)
        if len(recent) >= TEXTS_A_WEEK:
            yield Refusal("week_limit", recent[-TEXTS_A_WEEK] + WEEK)
