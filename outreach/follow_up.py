"""Who is left: the patients whose answer is still missing, and what is to be done next. A query."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime

from consent.letters import posted_moment
from consent.models import AddressVersion, Letter, Response, current_decision
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import gate, hours
from outreach.models import Attempt, Campaign, CampaignStep, ContactPhone, Match, Message, Reply, Suppression
from outreach.standings import LABELS, with_standing
from patients.models import ApcmEnrolment, Patient, Phone

Outcome = Attempt.Outcome
WHY = LABELS | {"apcm_open": "APCM not answered"}
STEPS = {
    "due": "Call back today",
    "record": "Record the decision",
    "address": "Find the right address",
    "post": "A letter is on its way",
    "inform": "Call: wants more information",
    "call": "Call now",
    "review": "Decide the form answer",
    "text": "A text is still to come",
    "invite": "Send the first text",
    "later": "Call back later",
}
TO_CALL = ("due", "record", "inform", "address", "call")
LETTER_TAKES = timedelta(days=14)  # to arrive, be read and be answered, before somebody calls


def waiting(today: date):
    """Patients without an answer about the records, with an open APCM question, or with a contradiction.

    Annotates `why` (of WHY), `step` (of STEPS), `apcm_level`, `texts`, `tries` (posted letters among them),
    `last_at`, `last_outcome`, `next_on` and of consent letters `posted_on`, `letter_back_at` and
    `needs_letter`: cannot be texted, stopped the texts or asked for a letter, and has none. Call-backs that are
    due come first, then APCM, then whom we tried least.
    """
    asked = with_standing(Patient.objects.filter(deceased=False, held="", left_list_at=None)).annotate(
        apcm_answer=current_decision("apcm"),
        has_apcm=Exists(ApcmEnrolment.objects.filter(patient=OuterRef("pk"), status="active")),
    )
    apcm_open = Q(has_apcm=True) & (Q(apcm_answer=None) | Q(apcm_answer="conflict"))
    left = asked.filter(Q(records=None) | Q(records="conflict") | apcm_open)
    due_first = Case(When(next_on__lte=today, then=0), When(next_on=None, then=1), default=2)
    return _with_steps(_with_efforts(left), today).order_by(
        due_first,
        "-has_apcm",
        "tries",
        "last_name",
        "first_name",
        "pk",
    )


def _with_efforts(patients):
    last = Attempt.objects.filter(patient=OuterRef("pk")).order_by("-at", "-pk")
    letters = Letter.objects.filter(batch__kind="letter", batch__cancelled_at=None)
    mine = letters.filter(patient=OuterRef("pk"))
    newest = mine.posted().order_by("-batch__posted_on", "-pk")
    level = ApcmEnrolment.objects.filter(patient=OuterRef("pk"), status="active").values("level")
    return patients.annotate(
        why=Case(
            When(Q(records="conflict") | Q(records=None), then=F("standing")),
            When(apcm_answer="conflict", then=Value("conflict")),
            default=Value("apcm_open"),
        ),
        apcm_level=Subquery(level[:1]),
        texts=_number_of(Message.patients.through.objects.filter(
            message__state=Message.State.CONFIRMED, message__kind=Message.Kind.CAMPAIGN)),
        tries=_number_of(Attempt.objects.all()) + _number_of(letters.posted()),
        posted_on=Subquery(newest.values("batch__posted_on")[:1]),
        letter_back_at=Subquery(newest.values("returned_at")[:1]),
        has_letter=Exists(mine.standing().filter(returned_at=None)),
        address_is_bad=Exists(AddressVersion.objects.waiting().filter(patient=OuterRef("pk"))),
        last_at=Subquery(last.values("at")[:1]),
        last_outcome=Subquery(last.values("outcome")[:1]),
        next_on=Subquery(last.values("next_on")[:1]),
    )  # fmt: skip


def _number_of(rows):
    """How many of these rows belong to the patient of the outer query."""
    mine = rows.filter(patient=OuterRef("pk")).order_by().values("patient").annotate(n=Count("pk"))
    return Coalesce(Subquery(mine.values("n")), 0)


def _with_steps(patients, today: date):
    unanswered = Q(records=None)
    no_texts = Q(stopped=True) | Q(can_be_texted=False) | Q(last_outcome=Outcome.WANTS_LETTER)
    asks = Response.objects.in_review().wants_information().filter(likely=OuterRef("pk"))
    not_invited = unanswered & Q(stopped=False, was_invited=False, can_be_texted=True)
    return patients.annotate(
        step=Case(
            When(next_on__gt=today, then=Value("later")),
            When(next_on__lte=today, then=Value("due")),
            When(unanswered & Q(last_outcome=Outcome.ANSWERED), then=Value("record")),
            When(unanswered & Q(Exists(asks)), then=Value("inform")),
            When(unanswered & Q(answer_in_review=True), then=Value("review")),
            When(unanswered & _text_to_come(), then=Value("text")),
            When(not_invited, then=Value("invite")),
            When(address_is_bad=True, then=Value("address")),
            When(posted_on__gt=today - LETTER_TAKES, letter_back_at=None, then=Value("post")),
            default=Value("call"),
        ),
        needs_letter=Case(When(no_texts & unanswered, has_letter=False, then=Value(True)), default=Value(False)),
    )


def last_try(patient: Patient) -> tuple[date, str] | None:
    """When somebody last tried to reach a patient of `waiting` otherwise than by text, and how it went."""
    tried = [(localtime(patient.last_at).date(), Outcome(patient.last_outcome).label)] if patient.last_at else []
    if patient.posted_on:
        back = patient.letter_back_at
        tried.append((localtime(back).date(), "Letter came back") if back else (patient.posted_on, "Letter posted"))
    return max(tried, key=lambda each: each[0], default=None)


def _text_to_come():
    """A text is on its way, or a running campaign has a reminder that the patient's number has not had.

    A number has had it, too, when the row was skipped or was about another patient on it.
    """
    texts = Message.patients.through.objects.filter(
        patient=OuterRef("pk"), message__campaign__state=Campaign.State.RUNNING
    )
    had = Message.objects.filter(
        campaign=OuterRef("campaign"), step=OuterRef("pk"), phone=OuterRef(OuterRef("message__phone"))
    )  # the campaign is named so that the one index of all three answers
    still = CampaignStep.objects.filter(~Exists(had), campaign=OuterRef("message__campaign"), day__gt=0)
    first = texts.filter(message__step__day=0, message__state=Message.State.CONFIRMED)
    on_its_way = texts.filter(message__state__in=Message.OPEN)
    return (Exists(on_its_way) | Exists(first.filter(Exists(still)))) & Q(stopped=False)


def next_to_call(today: date, *, after: int) -> int | None:
    """The first of the list whom nobody has tried today; not the patient just called."""
    midnight = datetime.combine(today, datetime.min.time(), ZoneInfo(Practice.current().time_zone))
    fresh = waiting(today).filter(Q(last_at=None) | Q(last_at__lt=midnight), step__in=TO_CALL)
    return fresh.exclude(pk=after).values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Number:
    """A number to call. `warning`: what is known against it, in words."""

    e164: str
    kind: str
    warning: str = ""


WARNINGS = {
    Suppression.Reason.STOP: "No texts: asked to stop. Calling is fine unless they asked for no calls.",
    Suppression.Reason.WRONG_NUMBER: "Said to be a wrong number: do not call it.",
    Suppression.Reason.DECEASED: "Somebody wrote that the patient has died: ask gently, or check first.",
    Suppression.Reason.STAFF: "No texts: set by staff. Calling is fine unless they asked for no calls.",
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


def next_steps(patients: list[Patient], zone: str) -> dict[int, str]:
    """What is to be done next and when, in words, for patients of `waiting`."""
    reminders = _next_reminders([patient.pk for patient in patients if patient.step == "text"], zone)
    words = {}
    for patient in patients:
        words[patient.pk] = STEPS[patient.step]
        if patient.step in ("due", "later"):
            words[patient.pk] = f"Call back on {patient.next_on:%m/%d/%Y}"
        elif patient.step == "post":
            words[patient.pk] = f"Wait for the letter until {patient.posted_on + LETTER_TAKES:%m/%d/%Y}"
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


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was said or tried. `kind`: text, letter, reply or attempt."""

    at: datetime
    kind: str
    title: str
    words: str = ""


def history(patient: Patient, numbers: Iterable[str]) -> list[Event]:
    """Texts and letters to the patient, replies from the patient's numbers, what staff tried; the newest first."""
    texts = patient.messages.reached().order_by("-first_attempt_at")[:100]
    replies = Reply.objects.filter(Q(patient=patient) | Q(patient=None, phone__in=list(numbers)))
    attempts = patient.attempts.select_related("by")
    events = [
        *(Event(text.first_attempt_at, "text", _text_title(text), text.text) for text in texts),
        *(Event(reply.received_at, "reply", _reply_title(reply), reply.text) for reply in replies[:100]),
        *_letters(patient),
        *(Event(attempt.at, "attempt", _attempt_title(attempt), attempt.note) for attempt in attempts[:100]),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _letters(patient: Patient) -> Iterator[Event]:
    zone = Practice.current().time_zone
    for letter in patient.letters.posted().select_related("batch")[:100]:
        yield Event(posted_moment(letter.batch.posted_on, zone), "letter", f"{letter.batch.get_kind_display()} posted")
        if letter.returned_at:
            title = f"{letter.batch.get_kind_display()} came back: {letter.get_returned_reason_display()}"
            yield Event(letter.returned_at, "letter", title)


def _text_title(message: Message) -> str:
    what = "Text" if message.kind == Message.Kind.CAMPAIGN else message.get_kind_display()
    confirmed = message.state == Message.State.CONFIRMED
    return what if confirmed else f"{what} ({message.get_state_display().lower()})"


def _reply_title(reply: Reply) -> str:
    return "Reply" if reply.patient_id else "Reply from a shared number: it may be somebody else’s"


def _attempt_title(attempt: Attempt) -> str:
    by = f", {attempt.by}" if attempt.by else ""
    return f"{attempt.get_channel_display()}: {attempt.get_outcome_display()}{by}"
