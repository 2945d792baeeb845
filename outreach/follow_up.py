"""Who is left: the patients whose answer is still missing, and what is to be done next. Computed from the rows."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consent.models import AddressVersion, Letter, Response, current_decision, some_charts_merged
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.prepared import Question
from outreach import call_rules, gate, hours
from outreach.call_rules import Tried
from outreach.models import Attempt, Campaign, CampaignStep, ContactPhone, Match, Message, MessagePatient, Suppression
from outreach.standings import LABELS, depends_on, folded, with_standing_by
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Phone

Outcome = Attempt.Outcome
WHY = LABELS | {"apcm_open": gettext_noop("APCM not answered")}
STEPS = {
    "due": gettext_noop("Call back today"),
    "record": gettext_noop("Record the decision"),
    "address": gettext_noop("Find the right address"),
    "post": gettext_noop("A letter is on its way"),
    "inform": gettext_noop("Call: wants more information"),
    "call": gettext_noop("Call now"),
    "review": gettext_noop("Decide the form answer"),
    "text": gettext_noop("A text is still to come"),
    "invite": gettext_noop("Send the first text"),
    "rest": gettext_noop("Called recently"),
    "letter": gettext_noop("Letter instead of calls"),
    "later": gettext_noop("Call back later"),
}
TO_CALL = ("due", "record", "inform", "address", "call")
LETTER_TAKES = timedelta(days=14)  # to arrive, be read and be answered, before somebody calls
FACTS = (
    "pk", "last_name", "first_name", "date_of_birth", "records", "answer_in_review", "stopped", "was_reminded",
    "was_invited", "can_be_texted",
)  # fmt: skip
ATTEMPTS = ("patient_id", "channel", "outcome", "at", "by_id", "next_on")


@dataclass(slots=True)
class Left:
    """A patient who is left. `why` is of WHY, `step` of STEPS; `tries` counts posted letters too.

    `needs_letter`: cannot be texted, stopped the texts, asked for a letter or is not to be called any more, and
    has none. `tried` are the attempts by phone.
    """

    pk: int
    last_name: str
    first_name: str
    standing: str
    records: str | None
    in_review: bool
    stopped: bool
    can_be_texted: bool
    apcm_level: int | None = None
    has_apcm: bool = False
    apcm_open: bool = False
    tried: list[Tried] = field(default_factory=list)
    tries: int = 0
    last_at: datetime | None = None
    last_outcome: str = ""
    last_by: int | None = None
    next_on: date | None = None
    posted_on: date | None = None
    letter_back_at: datetime | None = None
    has_letter: bool = False
    why: str = ""
    step: str = ""
    needs_letter: bool = False

    @property
    def unanswered(self) -> bool:
        return self.records is None


def waiting(
    today: date, only: Collection[int] | None = None, practice: Practice | None = None, attempts: list | None = None
) -> list[Left]:
    """Patients without an answer about the records, with an open APCM question, or with a contradiction.

    Those to call come first, call-backs that are due before all; then APCM, then whom we tried least; those who
    are called back on a later day last. `only` these patients, where given; `attempts` is what `attempts_of` said,
    where that was asked before.
    """
    practice = practice or Practice.current()
    found = _asked(practice, only)
    _add_apcm(found, only)
    left = {pk: each for pk, each in found.items() if each.records in (None, "conflict") or each.apcm_open}
    _add_attempts(left, attempts_of(only) if attempts is None else attempts)
    _add_letters(left, only)
    _decide(left, today, only, practice)
    return sorted(left.values(), key=_in_order)


def call_backs(day: date, practice: Practice | None = None) -> list[int]:
    """Patients whom staff promised to call by that day and who are still left, as ids."""
    promised = set(Attempt.objects.filter(next_on__lte=day).values_list("patient", flat=True))
    return [each.pk for each in waiting(day, promised, practice) if each.step == "due"] if promised else []


def _in_order(each: Left) -> tuple:
    group = 0 if each.step == "due" else 1 if each.step in TO_CALL else 3 if each.step == "later" else 2
    return group, not each.has_apcm, each.tries, each.last_name, each.first_name, each.pk


def _asked(practice: Practice, only) -> dict[int, Left]:
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    found = {}
    key = depends_on(practice)
    rows = _everybody(key).ask() if only is None else _facts(Patient.objects.filter(pk__in=only), key)
    for pk, last, first, born, records, in_review, stopped, reminded, invited, textable in rows:
        standing = folded(
            records=records, in_review=in_review, excluded=born is not None and born > adult, stopped=stopped,
            reminded=reminded, invited=invited, textable=textable,
        )  # fmt: skip
        found[pk] = Left(pk, last, first, standing, records, in_review, stopped, textable)
    return found


def _facts(patients, key: tuple):
    asked = patients.filter(deceased=False, held="", left_list_at=None)
    return with_standing_by(asked, key).order_by().values_list(*FACTS)


@lru_cache(maxsize=8)
def _everybody(key: tuple) -> Question:
    return Question(_facts(Patient.objects.all(), key))


@cache
def _enrolled(some_merged: bool) -> Question:
    return Question(_said_of_apcm(Patient.objects.all(), some_merged))


def _said_of_apcm(patients, some_merged: bool):
    enrolled = patients.filter(apcm__status="active")
    answered = enrolled.annotate(answer=current_decision("apcm", some_merged=some_merged))
    return answered.order_by().values_list("pk", "apcm__level", "answer")


def _add_apcm(found: dict[int, Left], only) -> None:
    merged = some_charts_merged()
    rows = _enrolled(merged).ask() if only is None else _said_of_apcm(Patient.objects.filter(pk__in=only), merged)
    for pk, level, answer in rows:
        if each := found.get(pk):
            each.has_apcm, each.apcm_level, each.apcm_open = True, level, answer in (None, "conflict")
            conflict = answer == "conflict"
            each.why = "conflict" if conflict else "apcm_open" if each.apcm_open else ""
    for each in found.values():
        each.why = each.standing if each.records in (None, "conflict") else each.why


def _of(rows, only, patient: str = "patient"):
    return (rows if only is None else rows.filter(**{f"{patient}__in": only})).order_by()


def attempts_of(only: Collection[int] | None = None) -> list[tuple]:
    """ATTEMPTS of these patients, or of all, the oldest first."""
    return list(_of(Attempt.objects.all(), only).order_by("at", "pk").values_list(*ATTEMPTS))


def _add_attempts(left: dict[int, Left], attempts: list[tuple]) -> None:
    for pk, channel, outcome, at, by, next_on in attempts:
        if each := left.get(pk):
            each.tries += 1
            each.last_at, each.last_outcome, each.last_by, each.next_on = at, outcome, by, next_on
            if channel == Attempt.Channel.CALL or outcome in call_rules.ABOUT_CALLS:
                each.tried.append(Tried(at, outcome))


def _add_letters(left: dict[int, Left], only) -> None:
    letters = Letter.objects.filter(batch__kind="letter", batch__cancelled_at=None)
    posted = _of(letters.posted(), only).order_by("batch__posted_on", "pk")
    for pk, day, back in posted.values_list("patient_id", "batch__posted_on", "returned_at"):
        if each := left.get(pk):
            each.tries += 1
            each.posted_on, each.letter_back_at = day, back
    for pk in _of(letters.standing().filter(returned_at=None), only).values_list("patient_id", flat=True):
        if pk in left:
            left[pk].has_letter = True


def _decide(left: dict[int, Left], today: date, only, practice: Practice) -> None:
    """The next step of each, and whether a letter is due."""
    asks = set()
    if any(each.in_review for each in left.values()):
        wants = Response.objects.in_review().wants_information()
        asks = set(_of(wants, only, "likely").values_list("likely", flat=True))
    bad_address = set(_of(AddressVersion.objects.waiting(), only).values_list("patient", flat=True))
    to_come, with_number = _texts_to_come(only), _with_a_number(only)
    now, between = clock.now(), timedelta(hours=practice.hours_between_calls)
    for pk, each in left.items():
        no_calls = call_rules.said_no_calls(each.tried)
        too_many = call_rules.in_vain(each.tried) >= practice.calls_at_most
        calls = call_rules.rang(each.tried)
        if not no_calls and each.next_on:
            each.step = "later" if each.next_on > today else "due"
        elif each.unanswered and each.last_outcome == Outcome.ANSWERED:
            each.step = "record"
        elif each.unanswered and each.in_review and pk not in asks:
            each.step = "review"
        elif each.unanswered and pk not in asks and pk in to_come and not each.stopped:
            each.step = "text"
        elif each.standing == "not_invited" and pk not in asks:
            each.step = "invite"
        elif each.posted_on and not each.letter_back_at and each.posted_on > today - LETTER_TAKES and pk not in asks:
            each.step = "post"
        elif no_calls or too_many or pk not in with_number:
            each.step = "letter"
        elif calls and now - calls[-1] < between:
            each.step = "rest"
        elif each.unanswered and pk in asks:
            each.step = "inform"
        else:
            each.step = "address" if pk in bad_address else "call"
        no_texts = each.stopped or not each.can_be_texted or each.last_outcome == Outcome.WANTS_LETTER
        each.needs_letter = each.unanswered and not each.has_letter and (no_texts or no_calls or too_many)


def _with_a_number(only) -> set[int]:
    """Patients who have any number, by the list or by a matched contact."""
    listed = _of(Phone.objects.filter(retired_at=None), only).values_list("patient_id", flat=True)
    linked = _of(Match.objects.linked().exclude(contact__phones=None), only).values_list("patient_id", flat=True)
    return {*listed, *linked}


def _texts_to_come(only) -> set[int]:
    """A text is on its way, or a running campaign has a reminder that the patient's number has not had.

    A number has had it, too, when the row was skipped or was about another patient on it.
    """
    steps = CampaignStep.objects.filter(campaign__state=Campaign.State.RUNNING).order_by()
    days = {pk: (campaign, day) for pk, campaign, day in steps.values_list("pk", "campaign_id", "day")}
    if not days:
        return set()
    texts = _of(MessagePatient.objects.filter(message__step__in=days), only)
    found, firsts = set(), []
    for pk, phone, step, state in texts.values_list("patient_id", "message__phone", "message__step", "message__state"):
        campaign, day = days[step]
        if state in Message.OPEN:
            found.add(pk)
        elif day == 0 and state == Message.State.CONFIRMED:
            firsts.append((pk, campaign, phone))
    return found | _with_a_step_left(firsts, days, only)


def _with_a_step_left(firsts: list[tuple[int, int, str]], days: dict[int, tuple[int, int]], only) -> set[int]:
    """Of (patient, campaign, number) whose first text arrived: the patients whose number lacks a reminder."""
    rows = Message.objects.filter(step__in=[step for step, (_, day) in days.items() if day > 0]).order_by()
    rows = rows if only is None else rows.filter(phone__in={phone for _, _, phone in firsts})
    had = Counter((days[step][0], phone) for step, phone in rows.values_list("step_id", "phone"))
    reminders = Counter(campaign for campaign, day in days.values() if day > 0)
    return {pk for pk, campaign, phone in firsts if had[campaign, phone] < reminders[campaign]}


def texts_of(patients: Iterable[int]) -> dict[int, int]:
    """How many campaign texts each of these patients got."""
    links = MessagePatient.objects.filter(patient__in=list(patients)).order_by()
    links = list(links.values_list("message_id", "patient_id"))  # first, or the database begins with all texts
    got = Message.objects.filter(
        pk__in={text for text, _ in links}, state=Message.State.CONFIRMED, kind=Message.Kind.CAMPAIGN
    )
    arrived = set(got.order_by().values_list("pk", flat=True))
    return dict(Counter(patient for text, patient in links if text in arrived))


def last_try(each: Left, zone: str = "") -> tuple[date, str] | None:
    """When somebody last tried to reach the patient otherwise than by text, and how it went."""
    where = ZoneInfo(zone or Practice.current().time_zone)
    tried = [(each.last_at.astimezone(where).date(), Outcome(each.last_outcome).label)] if each.last_at else []
    if each.posted_on:
        back = each.letter_back_at
        letter = (back.astimezone(where).date(), "Letter came back") if back else (each.posted_on, "Letter posted")
        tried.append(letter)
    return max(tried, key=lambda one: one[0], default=None)


@dataclass(frozen=True, slots=True)
class Number:
    """A number to call. `warning`: what is known against it, in words."""

    e164: str
    kind: str
    warning: str = ""

    @property
    def is_bad(self) -> bool:
        """Somebody said that it is not the patient's."""
        return self.warning == WARNINGS[Suppression.Reason.WRONG_NUMBER]


WARNINGS = {
    Suppression.Reason.STOP: gettext_noop("No texts: asked to stop. Calling is fine unless they asked for no calls."),
    Suppression.Reason.WRONG_NUMBER: gettext_noop("Said to be a wrong number: do not call it."),
    Suppression.Reason.DECEASED: gettext_noop("Somebody wrote that the patient has died: ask gently, or check first."),
    Suppression.Reason.STAFF: gettext_noop("No texts: set by staff. Calling is fine unless they asked for no calls."),
}


def numbers_of(patients: Iterable[int]) -> dict[int, list[Number]]:
    """The numbers of the list first, then those that only the matched contact has."""
    patients = list(patients)
    found: dict[int, dict[str, str]] = defaultdict(dict)
    listed = Phone.objects.filter(patient__in=patients, retired_at=None)
    for pk, e164, label in listed.order_by("label", "pk").values_list("patient_id", "e164", "label"):
        found[pk].setdefault(e164, Phone.Label(label).label)
    matched = ContactPhone.objects.filter(
        contact__matches__patient__in=patients, contact__matches__verdict__in=Match.LINKED
    )
    for pk, e164 in matched.order_by("pk").values_list("contact__matches__patient", "e164"):
        found[pk].setdefault(e164, "From Spruce")
    against = _warnings({e164 for own in found.values() for e164 in own})
    return {pk: [Number(e164, kind, against.get(e164, "")) for e164, kind in found[pk].items()] for pk in patients}


def _warnings(numbers: set[str]) -> dict[str, str]:
    stops = Suppression.objects.in_force().filter(phone__in=numbers).order_by("-effective_at")
    reasons: dict[str, set[str]] = defaultdict(set)
    for phone, reason in stops.values_list("phone", "reason"):
        reasons[phone].add(reason)
    return {
        phone: next(words for reason, words in _gravest_first() if reason in found) for phone, found in reasons.items()
    }


def _gravest_first() -> list[tuple[str, str]]:
    order = (Suppression.Reason.DECEASED, Suppression.Reason.WRONG_NUMBER, Suppression.Reason.STOP,
             Suppression.Reason.STAFF)  # fmt: skip
    return [(reason, WARNINGS[reason]) for reason in order]


def next_steps(patients: list[Left], zone: str) -> dict[int, str]:
    """What is to be done next and when, in words, for patients of `waiting`."""
    to_text = [patient.pk for patient in patients if patient.step == "text"]
    reminders = _next_reminders(to_text, zone) if to_text else {}
    words = {}
    for patient in patients:
        words[patient.pk] = STEPS[patient.step]
        if patient.step in ("due", "later"):
            words[patient.pk] = _("Call back on %(day)s") % {"day": f"{patient.next_on:%m/%d/%Y}"}
        elif patient.step == "post":
            day = f"{patient.posted_on + LETTER_TAKES:%m/%d/%Y}"
            words[patient.pk] = _("Wait for the letter until %(day)s") % {"day": day}
        elif patient.pk in reminders:
            words[patient.pk] = reminders[patient.pk]
    return words


def _next_reminders(patients: list[int], zone: str) -> dict[int, str]:
    texts = Message.objects.filter(
        patients__in=patients, kind=Message.Kind.CAMPAIGN, campaign__state=Campaign.State.RUNNING
    )
    firsts: dict[int, tuple[int, str, datetime]] = {}
    words = {}
    columns = ("patients", "campaign_id", "phone", "step__day", "accepted_at", "state")
    for pk, campaign, phone, day, at, state in texts.order_by("planned_at").values_list(*columns):
        if state in Message.OPEN:
            words[pk] = f"The day-{day} reminder is on its way" if day else "The first text is on its way"
        elif day == 0 and at:
            firsts[pk] = campaign, phone, at
    left = _days_left({(campaign, phone) for campaign, phone, _ in firsts.values()})
    practice = Practice.current()
    place = {"zones": (zone,), "window": hours.window_of(practice), "state": practice.state}
    first = min((at for _, _, at in firsts.values()), default=clock.now())
    calls = Attempt.objects.last_spoken(firsts, since=first - gate.CALL_COUNTS_FOR)
    for pk, (campaign, phone, at) in firsts.items():
        if pk in words:
            continue
        for day in left[campaign, phone]:
            opening = hours.opening_after(at, day, **place)
            if opening and not (pk in calls and calls[pk] >= opening - gate.CALL_COUNTS_FOR):
                words[pk] = f"Day-{day} reminder pending, {opening.astimezone(ZoneInfo(zone)):%m/%d/%Y}"
                break
    return words


def _days_left(begun: set[tuple[int, str]]) -> dict[tuple[int, str], list[int]]:
    """The days of the reminders that each (campaign, number) has not had, the next one first."""
    campaigns, phones = {campaign for campaign, _ in begun}, {phone for _, phone in begun}
    texts = Message.objects.filter(campaign__in=campaigns, phone__in=phones).order_by()
    had = set(texts.values_list("campaign_id", "phone", "step__day"))
    steps = CampaignStep.objects.filter(campaign__in=campaigns).order_by("day").values_list("campaign_id", "day")
    days: dict[int, list[int]] = defaultdict(list)
    for campaign, day in steps:
        days[campaign].append(day)
    return {each: [day for day in days[each[0]] if (*each, day) not in had] for each in begun}
