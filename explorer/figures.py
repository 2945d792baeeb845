"""The figures of the first page and of the reports: each is defined once, here, as a plain function."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Exists, Min, OuterRef, Q, Sum, Value, When
from django.utils.translation import gettext_noop as _

from consent.letters import posted_moment
from consent.models import ConsentEvent, Letter, current_decision, some_charts_merged
from explorer import forecasting
from explorer.lib.models import Practice
from explorer.lib.prepared import Question
from outreach.hours import holidays_on
from outreach.models import Attempt, Campaign, CampaignStep, ContactPhone, Match, Message, MessagePatient
from outreach.standings import ANSWERED, LABELS, depends_on, with_standing_by
from patients.ages import youngest_adult_born_on
from patients.models import ApcmEnrolment, Patient, Phone

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


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the patients of a cohort have come. Each stage contains the next, so that the numbers only fall.

    eligible: on the list, alive, not held, of age: may be asked at all;
    invited: of these, a campaign text was handed to Spruce or a letter posted or mailed;
    confirmed: of these, Spruce confirmed a text to a number that is theirs, or a letter did not come back;
    answered: the records ledger has an effective line; consented: it says "given".
    Who has answered was asked, be it at the desk or on the phone, and counts in each stage before.
    """

    code: str
    label: str
    eligible: int
    invited: int
    confirmed: int
    answered: int
    consented: int


def percent(part: int, whole: int) -> int | None:
    """Rounded down, so that a goal never looks reached before it is; None of nothing."""
    return 100 * part // whole if whole else None


def census(practice: Practice) -> Counter:
    """How many patients are alike in (standing, arrived, taken, with APCM, eligible); asked once.

    A standing of ANSWERED is the records ledger's own word.
    """
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    rows = _alike(depends_on(practice), adult).ask()
    return Counter({tuple(group): count for *group, count in rows})


@lru_cache(maxsize=8)
def _alike(key: tuple, adult: date) -> Question:
    people = with_standing_by(Patient.objects.all(), key).annotate(
        taken=_was_handed_over(),
        with_apcm=Exists(ApcmEnrolment.objects.filter(patient=OuterRef("pk"), status="active")),
        eligible=Case(When(_may_be_asked(adult), then=Value(True)), default=Value(False)),
    )
    alike = people.order_by().values_list("standing", "was_invited", "taken", "with_apcm", "eligible")
    return Question(alike.annotate(Count("pk")))


def standings(found: Counter | None = None) -> Standings:
    """`found` is a census, where there is one already."""
    found = census(Practice.current()) if found is None else found
    counted = Counter()
    for (standing, *_rest), count in found.items():
        counted[standing] += count
    total = sum(counted.values())
    rows, start = [], 0.0
    for code, label in LABELS.items():
        share = 100 * counted[code] / total if total else 0.0
        rows.append(Standing(code, label, counted[code], start, share))
        start += share
    return Standings(rows, total, Patient.objects.count())


COHORTS = {"all": _("All patients"), "apcm": _("With APCM"), "non_apcm": _("Without APCM")}
STAGES = {
    "eligible": _("May be asked"),
    "invited": _("Invited"),
    "confirmed": _("Invitation confirmed"),
    "answered": _("Answered"),
    "consented": _("Consented"),
}


def eligible(practice: Practice) -> Q:
    """Who may be asked at all: on the list, alive, not held, of age. An unknown birth date is an adult's."""
    return _may_be_asked(youngest_adult_born_on(state=practice.state, today=practice.today()))


def _may_be_asked(adult: date) -> Q:
    of_age = Q(date_of_birth=None) | Q(date_of_birth__lte=adult)
    return of_age & Q(deceased=False, held="", left_list_at=None)


def funnel(found: Counter | None = None) -> list[Funnel]:
    """One row for each of COHORTS; the second and third add up to the first. `found`: a census."""
    alike = census(Practice.current()) if found is None else found
    come_to = Counter()
    for (standing, arrived, taken, with_apcm, may_be_asked), count in alike.items():
        if not may_be_asked:
            continue
        come, answered = ["eligible"], standing in ANSWERED
        come += ["invited"] if taken or arrived or answered else []
        come += ["confirmed"] if arrived or answered else []
        come += ["answered"] if answered else []
        come += ["consented"] if standing == "given" else []
        for cohort in ("all", "apcm" if with_apcm else "non_apcm"):
            come_to.update({(cohort, stage): count for stage in come})
    return [Funnel(code, label, **{stage: come_to[code, stage] for stage in STAGES}) for code, label in COHORTS.items()]


def _was_handed_over():
    """To Spruce or to the post, whatever became of it."""
    text = Message.objects.reached().filter(pk=OuterRef("message"), kind=Message.Kind.CAMPAIGN)
    texts = MessagePatient.objects.filter(Exists(text), patient=OuterRef("pk"))
    mailed = Attempt.objects.filter(patient=OuterRef("pk"), channel="letter", outcome="mailed")
    return (
        Exists(texts)
        | Exists(mailed)
        | Exists(Letter.objects.posted().filter(patient=OuterRef("pk"), batch__kind="letter"))
    )


def texts(answered: dict[int, datetime] | None = None) -> Texts:
    """`answered`: `first_answers`, where it was asked already."""
    campaign = Message.objects.filter(kind=Message.Kind.CAMPAIGN)
    states = campaign.by_state()
    answered = first_answers() if answered is None else answered
    rows = MessagePatient.objects.filter(
        message__kind=Message.Kind.CAMPAIGN, message__state=Message.State.CONFIRMED
    ).order_by()
    numbers = rows.values_list("message__phone", "patient")  # compared here: asked of each number, the ledger is slow
    sums = campaign.reached().aggregate(
        segments=Sum("segments"),
        numbers=Count("phone", distinct=True, filter=Q(state=Message.State.CONFIRMED)),
    )
    return Texts(
        sent=sum(states[state] for state in Message.REACHED),
        confirmed=states[Message.State.CONFIRMED],
        segments=sums["segments"] or 0,
        failed=states[Message.State.FAILED],
        uncertain=states[Message.State.UNCERTAIN],
        numbers=sums["numbers"],
        numbers_answered=len({phone for phone, patient in numbers if patient in answered}),
    )


def first_texts(answered: dict[int, datetime] | None = None) -> list[FirstText]:
    """One for each patient on whose number a campaign's text was confirmed. `answered` as for `texts`."""
    answered = first_answers() if answered is None else answered
    return [FirstText(at, answered.get(patient)) for patient, at in _when_first_texted().ask() if at]


@cache
def _when_first_texted() -> Question:
    return Question(_first_texted())


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


def first_answers() -> dict[int, datetime]:
    """The first effective line of each patient's records ledger."""
    return dict(_first_said().ask())


@cache
def _first_said() -> Question:
    return Question(_said_about_records().annotate(first=Min("occurred_at")))


BY_DAY = {7: _("By day 7"), 14: _("By day 14")}


def response_rates(texted: list[FirstText], now: datetime, zone: str) -> list[Rate]:
    """By day 7 and 14 since the first text, and at last: against the goals."""
    rates = [
        rate(texted, BY_DAY[days], goal, now=now, zone=zone, since=days, within=days)
        for days, goal in RECORDS_GOALS.items()
    ]
    return [*rates, rate(texted, _("Final"), FINAL_GOAL, now=now, zone=zone, since=FINAL_AFTER)]


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
    found = dict(_said_of_apcm(some_charts_merged()).ask())
    enrolled, given = sum(found.values()), found.get("given", 0)
    declined = found.get("declined", 0) + found.get("revoked", 0)
    return Elections(enrolled, given, declined, enrolled - given - declined)


@cache
def _said_of_apcm(some_merged: bool) -> Question:
    asked = Patient.objects.with_apcm().annotate(said=current_decision("apcm", some_merged=some_merged)).order_by()
    return Question(asked.values_list("said").annotate(Count("pk")))


def forecast(practice: Practice, now: datetime) -> dict[str, forecasting.Forecast]:
    """{cohort of COHORTS: what it will have answered}, on the last day before the deadline ends.

    Everybody eligible counts, whether asked or not. The deadline is the day of the move, else three weeks
    after the last first text that is planned. A cohort without patients is left out.
    """
    asked = _people(practice, now)
    deadline = deadline_of(practice, now, [person.asked_at for _, person in asked])
    reminders = _reminders()
    calls = _calls(practice, deadline)
    found = {}
    for cohort in COHORTS:
        people = [person for with_apcm, person in asked if cohort == "all" or with_apcm == (cohort == "apcm")]
        if people:
            found[cohort] = forecasting.forecast(
                people,
                now=now,
                deadline=deadline,
                zone=practice.time_zone,
                reminders=reminders,
                calls=calls,
                goal=FINAL_GOAL,
            )
    return found


def deadline_of(practice: Practice, now: datetime, asked: Iterable[datetime | None] = ()) -> datetime:
    """The end of that day, by the practice's clock."""
    zone = ZoneInfo(practice.time_zone)
    day = practice.transition_date
    if day is None:
        last = max(filter(None, asked), default=now)
        day = (last + timedelta(days=FINAL_AFTER)).astimezone(zone).date()
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _people(practice: Practice, now: datetime) -> list[tuple[bool, forecasting.Person]]:
    """(with APCM, person) of everybody eligible."""
    asked, answered, reachable = _first_contacts(practice, now), first_answers(), _with_a_number()
    yes = set(
        ConsentEvent.objects.effective()
        .filter(kind="records", decision="given")
        .with_owner()
        .values_list("owner", flat=True)
    )
    if yes:
        decided = Patient.objects.filter(pk__in=yes).annotate(records=current_decision("records"))
        yes = set(decided.filter(records="given").values_list("pk", flat=True))
    enrolled = set(ApcmEnrolment.objects.filter(status="active").values_list("patient_id", flat=True))
    found = Patient.objects.filter(eligible(practice)).order_by("pk").values_list("pk", flat=True)
    return [
        (pk in enrolled, forecasting.Person(asked.get(pk), answered.get(pk), pk in yes, pk in reachable))
        for pk in found
    ]


def _first_contacts(practice: Practice, now: datetime) -> dict[int, datetime]:
    """By text, letter, call or visit; planned texts of running campaigns at the time they are due."""
    texts = MessagePatient.objects.filter(message__kind=Message.Kind.CAMPAIGN).order_by().values_list("patient")
    sent = texts.filter(message__state=Message.State.CONFIRMED).annotate(Min("message__accepted_at"))
    planned = texts.filter(message__state=Message.State.PLANNED, message__campaign__state=Campaign.State.RUNNING)
    letters = Letter.objects.arrived().filter(batch__kind="letter").order_by().values_list("patient")
    posted = letters.annotate(Min("batch__posted_on"))
    tried = Attempt.objects.order_by().values_list("patient").annotate(Min("at"))
    found: dict[int, datetime] = {
        pk: max(at, now) for pk, at in planned.annotate(Min("message__due_at"))
    }  # what is not sent yet cannot have been heard
    for heap in (sent, ((pk, posted_moment(day, practice.time_zone)) for pk, day in posted), tried):
        for pk, at in heap:
            if at:
                found[pk] = min(found.get(pk, at), at)
    return found


def _with_a_number() -> set[int]:
    listed = Phone.objects.filter(retired_at=None).values_list("patient_id", flat=True)
    matched = ContactPhone.objects.filter(contact__matches__verdict__in=Match.LINKED)
    return {*listed, *matched.values_list("contact__matches__patient", flat=True)}


def _reminders() -> tuple[int, ...]:
    """The days of the campaigns that run or ran; before there is one, the usual ones."""
    steps = CampaignStep.objects.filter(day__gt=0, campaign__launched_at__isnull=False)
    return tuple(sorted(set(steps.values_list("day", flat=True)))) or (3, 7, 14)


def _calls(practice: Practice, deadline: datetime) -> forecasting.Calls:
    made = Attempt.objects.filter(channel=Attempt.Channel.CALL)
    last = (deadline - timedelta(seconds=1)).astimezone(ZoneInfo(practice.time_zone)).date()
    first = practice.today() + timedelta(days=1)
    ahead = (first + timedelta(days=day) for day in range(max((last - first).days + 1, 0)))
    return forecasting.Calls(
        made=made.count(),
        decided=made.filter(outcome=Attempt.Outcome.ANSWERED).count(),
        days=sum(day.weekday() < 5 and not holidays_on(day, practice.state) for day in ahead),
    )
