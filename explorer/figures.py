"""The figures of the first page and of the reports: each is defined once, here, as a plain function."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Min, OuterRef, Q, Sum

from consent.models import ConsentEvent, current_decision
from outreach.models import Message, MessagePatient
from outreach.standings import LABELS, counts
from patients.models import Patient

RECORDS_GOALS = {7: 30, 14: 50}  # percent who have answered by that day
FINAL_GOAL, FINAL_AFTER = 70, 21  # a week after the last reminder, on day 14
APCM_GOAL = 80


@dataclass(frozen=True, slots=True)
class Standing:
    """How many patients stand so. `start` and `share` are parts of a hundred, for the bar."""

    code: str
    label: str
    count: int
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class Standings:
    """`total` is the sum of the rows; `patients` was counted apart from it."""

    rows: list[Standing]
    total: int
    patients: int

    @property
    def adds_up(self) -> bool:
        return self.total == self.patients


@dataclass(frozen=True, slots=True)
class Texts:
    """Campaign texts that Spruce has taken, and the numbers they went to."""

    sent: int
    confirmed: int
    segments: int
    failed: int
    uncertain: int
    numbers: int
    numbers_answered: int

    @property
    def percent_answered(self) -> int | None:
        return percent(self.numbers_answered, self.numbers)


@dataclass(frozen=True, slots=True)
class FirstText:
    """When a patient was first texted, and the time of the first answer about the records."""

    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Of `asked` patients `answered` have; nobody can be counted before `possible_from`."""

    label: str
    goal: int
    asked: int
    answered: int
    possible_from: date | None = None

    @property
    def percent(self) -> int | None:
        return percent(self.answered, self.asked)

    @property
    def reached(self) -> bool:
        return self.percent is not None and self.percent >= self.goal


@dataclass(frozen=True, slots=True)
class Elections:
    """What the patients with active APCM said about it; `open` has no answer yet, or a contradiction."""

    enrolled: int
    given: int
    declined: int
    open: int
    goal: int = APCM_GOAL

    @property
    def percent(self) -> int | None:
        return percent(self.given, self.enrolled)

    @property
    def reached(self) -> bool:
        return self.percent is not None and self.percent >= self.goal


def percent(part: int, whole: int) -> int | None:
    """Rounded down, so that a goal never looks reached before it is; None of nothing."""
    return 100 * part // whole if whole else None


def standings() -> Standings:
    found = counts()
    total = found["total"]
    rows, start = [], 0.0
    for code, label in LABELS.items():
        share = 100 * found[code] / total if total else 0.0
        rows.append(Standing(code, label, found[code], start, share))
        start += share
    return Standings(rows, total, Patient.objects.count())


def texts() -> Texts:
    campaign = Message.objects.filter(kind=Message.Kind.CAMPAIGN)
    states = campaign.by_state()
    reached = campaign.reached()
    confirmed = reached.filter(state=Message.State.CONFIRMED)
    sums = reached.aggregate(
        segments=Sum("segments"),
        numbers=Count("phone", distinct=True, filter=Q(state=Message.State.CONFIRMED)),
    )
    said = ConsentEvent.objects.effective().filter(
        Q(patient__messages=OuterRef("pk")) | Q(patient__merged_into__messages=OuterRef("pk")), kind="records"
    )
    return Texts(
        sent=sum(states[state] for state in Message.REACHED),
        confirmed=states[Message.State.CONFIRMED],
        segments=sums["segments"] or 0,
        failed=states[Message.State.FAILED],
        uncertain=states[Message.State.UNCERTAIN],
        numbers=sums["numbers"],
        numbers_answered=confirmed.filter(Exists(said)).aggregate(n=Count("phone", distinct=True))["n"],
    )


def first_texts() -> list[FirstText]:
    """One for each patient on whose number a campaign's text was confirmed."""
    answered = dict(_said_about_records().annotate(first=Min("occurred_at")))
    return [FirstText(at, answered.get(patient)) for patient, at in _first_texted() if at]


def silent_patients(*, since: int, now: datetime):
    """Of those whom `rate(since=...)` counts as asked the ones without an answer until now, as a queryset."""
    texted = _first_texted().filter(first__lte=now - timedelta(days=since))
    answered = _said_about_records().values("owner")
    return Patient.objects.filter(pk__in=texted.values("patient")).exclude(pk__in=answered)


def _first_texted():
    """(patient, `first`: when a campaign's text to the patient's number was first taken by Spruce)."""
    confirmed = MessagePatient.objects.filter(
        message__state=Message.State.CONFIRMED, message__kind=Message.Kind.CAMPAIGN
    )
    return confirmed.order_by().values_list("patient").annotate(first=Min("message__accepted_at"))


def _said_about_records():
    """(owner) of the standing lines of the records ledger."""
    return ConsentEvent.objects.effective().filter(kind="records").with_owner().order_by().values_list("owner")


def response_rates(texted: list[FirstText], now: datetime, zone: str) -> list[Rate]:
    """By day 7 and 14 since the first text, and at last: against the goals."""
    rates = [
        rate(texted, f"By day {days}", goal, now=now, zone=zone, since=days, within=days)
        for days, goal in RECORDS_GOALS.items()
    ]
    return [*rates, rate(texted, "Final", FINAL_GOAL, now=now, zone=zone, since=FINAL_AFTER)]


def rate(
    texted: Iterable[FirstText],
    label: str,
    goal: int,
    *,
    now: datetime,
    zone: str,
    since: int,
    within: int | None = None,
) -> Rate:
    """Of the patients first texted at least `since` days ago, those who answered within so many days of it.

    An answer is a line of the records ledger, given or declined: a form in review or a reply is none.
    Days are of 24 hours. Without `within` every answer until now counts.
    """
    texted = list(texted)
    asked = [text for text in texted if now - text.at >= timedelta(days=since)]
    answered = [text for text in asked if _answered(text, within)]
    first = min((text.at for text in texted), default=None)
    possible_from = (first + timedelta(days=since)).astimezone(ZoneInfo(zone)).date() if first else None
    return Rate(label, goal, len(asked), len(answered), possible_from)


def _answered(text: FirstText, within: int | None) -> bool:
    if text.answered_at is None:
        return False
    return within is None or text.answered_at - text.at <= timedelta(days=within)


def elections() -> Elections:
    asked = Patient.objects.with_apcm().annotate(said=current_decision("apcm")).order_by()
    found = dict(asked.values_list("said").annotate(Count("pk")))
    enrolled, given = sum(found.values()), found.get("given", 0)
    declined = found.get("declined", 0) + found.get("revoked", 0)
    return Elections(enrolled, given, declined, enrolled - given - declined)
