"""A campaign tried without sending: the real planning, the real gate, every text rendered, nothing written.

What cannot be known is assumed and said: how many answer before a reminder, and that somebody lets the rest
go on the texting day after the pilot.
"""

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import gcd
from zoneinfo import ZoneInfo

from consent.invitations import live_invitations
from explorer.lib.models import Practice
from outreach import calendar, days, facts, gate, hours, planning, segments, waves, wording
from outreach.models import Campaign, CampaignStep, LineState, Message
from outreach.plan_days import warnings
from outreach.progress import duration, minutes_needed, texts_a_day
from patients.models import Patient

ANSWERS = 50  # percent that answer by day 14; surveys of text outreach in healthcare report 52 and 53
CURVE = ((0, 0.0), (3, 0.5), (7, 0.75), (14, 1.0))  # the part of those answers that is in by a day
MANY = 3  # texts; numbers that get more are counted
TRIES = 12  # times a text is put off before the forecast gives it up
GOLDEN = 0.6180339887


@dataclass
class StepForecast:
    """`planned` texts of one step; `texts` of them pass the gate, with `segments` in all."""

    step: CampaignStep
    planned: int = 0
    texts: int = 0
    segments: int = 0
    encodings: Counter = field(default_factory=Counter)
    skipped: Counter = field(default_factory=Counter)
    days: Counter = field(default_factory=Counter)

    @property
    def first_on(self) -> date | None:
        return min(self.days, default=None)

    @property
    def last_on(self) -> date | None:
        return max(self.days, default=None)


@dataclass
class Forecast:
    answers: int
    steps: list[StepForecast]
    plan: planning.Plan
    price: Decimal | None
    price_on: date | None
    pace: str = ""
    minutes: int | None = None
    touches: Counter = field(default_factory=Counter)
    warnings: list[calendar.Warning] = field(default_factory=list)

    @property
    def texts(self) -> int:
        return sum(step.texts for step in self.steps)

    @property
    def segments(self) -> int:
        return sum(step.segments for step in self.steps)

    @property
    def encodings(self) -> Counter:
        return sum((step.encodings for step in self.steps), Counter())

    @property
    def cost(self) -> Decimal | None:
        return None if self.price is None else (self.price * self.segments).quantize(Decimal("0.01"))

    @property
    def days(self) -> list[tuple[date, int]]:
        return sorted(sum((step.days for step in self.steps), Counter()).items())

    @property
    def skipped(self) -> Counter:
        return sum((step.skipped for step in self.steps), Counter())

    @property
    def more_than_many(self) -> int:
        return sum(numbers for texts, numbers in self.touches.items() if texts > MANY)


def answered_by(day: int, answers: int) -> float:
    """The assumed share of numbers with an answer so many days after their first text."""
    for (before, low), (after, high) in pairwise(CURVE):
        if day <= after:
            return answers / 100 * (low + (high - low) * (day - before) / (after - before))
    return answers / 100


def even_lots(count: int) -> list[float]:
    """0, 1/n, 2/n … each once, neighbours far apart: any share of them is spread evenly over the list."""
    stride = max(round(count * GOLDEN), 1)
    while gcd(stride, count) > 1:
        stride += 1
    return [index * stride % count / count for index in range(count)]


def forecast(campaign: Campaign, practice: Practice, now: datetime, *, answers: int = ANSWERS) -> Forecast:
    """Raises planning.NoLink, and wording.BadTemplate for words that cannot be filled in."""
    plan = planning.plan(campaign, practice)
    line = LineState.objects.get(pk=1)
    found = Forecast(
        answers,
        [StepForecast(step) for step in campaign.steps.all()],
        plan,
        practice.segment_price,
        practice.segment_price_on,
        warnings=warnings(campaign, plan, practice, line),
    )
    if found.steps:
        _Run(found, campaign, practice, now, texts_a_day(line, practice)).go()
    found.pace, found.minutes = duration(found.texts, line), minutes_needed(found.texts, line)
    return found


@dataclass
class _Number:
    """One number on its way through the steps."""

    index: int
    phone: str
    patients: tuple[gate.PatientFacts, ...]
    zones: tuple[str, ...]
    states: tuple[str, ...]
    code: str
    expires_at: datetime
    texts_at: list[datetime]
    patients_texted_at: dict[int, list[datetime]]
    texts: int = 0
    first_at: datetime | None = None


class _Run:
    """The campaign played through in the order of time; the state of one forecast, thrown away with it."""

    def __init__(self, found: Forecast, campaign: Campaign, practice: Practice, now: datetime, most_a_day: int | None):
        self.found, self.campaign, self.practice, self.now = found, campaign, practice, now
        self.most_a_day, self.sent_on = most_a_day, Counter()
        self.window, self.zone = hours.window_of(practice), ZoneInfo(practice.time_zone)
        self.queue: list[tuple[datetime, int, int, int]] = []
        self.rendered: dict[tuple[int, str], tuple[str, segments.Segments]] = {}

    def go(self) -> None:
        for number, due_at in zip(self.numbers, self._first_moments(), strict=True):
            self._plan(number, 0, due_at)
        while self.queue:
            moment, index, place, tries = heapq.heappop(self.queue)
            self._ask(self.numbers[index], place, moment, tries)
        self.found.touches = Counter(number.texts for number in self.numbers if number.texts)

    @cached_property
    def lots(self) -> list[float]:
        """Where each number stands between 0 and 1: those below the assumed share have answered."""
        return even_lots(len(self.numbers))

    @cached_property
    def numbers(self) -> list[_Number]:
        texts = self.found.plan.texts
        owners = Patient.objects.filter(pk__in=[pk for text in texts for pk in text.patient_ids])
        people = facts.patient_facts(owners)
        homes = {pk: home for pk, *home in owners.values_list("pk", "zip", "state")}
        live = live_invitations((text.phone for text in texts), self.now)
        by_phone, by_patient = _recent_texts(self.now)
        fresh = self.now + timedelta(days=self.practice.code_days)
        return [
            _Number(
                index,
                text.phone,
                tuple(people[pk] for pk in text.patient_ids),
                hours.zones_of([homes[pk][0] for pk in text.patient_ids], text.phone),
                tuple(homes[pk][1] for pk in text.patient_ids),
                live[text.phone].code if text.phone in live else planning.SAMPLE_CODE,
                live[text.phone].expires_at if text.phone in live else fresh,
                list(by_phone[text.phone]),
                {pk: list(by_patient[pk]) for pk in text.patient_ids},
            )
            for index, text in enumerate(texts)
        ]

    def _first_moments(self) -> list[datetime]:
        """In the order of the plan. What rests behind a pilot goes from the texting day after it."""
        shares = waves.shares(self.found.plan.texts, self.campaign, self.practice, self.now)
        if len(shares) > 1 and shares[1].hold:
            after_pilot = self._day(max(shares[0].due_at, self.now)) + timedelta(days=1)
            go_on = self._day(days.opening_on(after_pilot, self.practice))
            late_by = max(go_on - self._day(shares[1].due_at), timedelta())
            for share in shares[1:]:
                share.due_at = days.opening_on(self._day(share.due_at) + late_by, self.practice)
        return [max(share.due_at, self.now) for share in shares for _ in share.texts]

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _plan(self, number: _Number, place: int, due_at: datetime) -> None:
        self.found.steps[place].planned += 1
        heapq.heappush(self.queue, (due_at, number.index, place, 0))

    def _ask(self, number: _Number, place: int, moment: datetime, tries: int) -> None:
        text, size = self._text(place, number.code)
        step = self.found.steps[place]
        refusals = gate.number_refusals(self._facts(number, text, moment))
        lasting = [refusal for refusal in refusals if not refusal.waits]
        later = max((refusal.until for refusal in refusals if refusal.until), default=None) or self._full(moment)
        if lasting or (later and tries >= TRIES):
            step.skipped[(lasting or refusals)[0].code] += 1
        elif later:
            heapq.heappush(self.queue, (later, number.index, place, tries + 1))
        else:
            self._send(number, place, moment, size)

    def _full(self, moment: datetime) -> datetime | None:
        """The next opening, where Spruce's limit lets no more texts through on that day."""
        if self.most_a_day is None or self.sent_on[self._day(moment)] < self.most_a_day:
            return None
        return days.opening_on(self._day(moment) + timedelta(days=1), self.practice)

    def _send(self, number: _Number, place: int, moment: datetime, size: segments.Segments) -> None:
        step, day = self.found.steps[place], self._day(moment)
        step.texts, step.segments = step.texts + 1, step.segments + size.parts
        step.encodings[size.encoding] += 1
        step.days[day] += 1
        self.sent_on[day] += 1
        number.texts, number.first_at = number.texts + 1, number.first_at or moment
        for times in (number.texts_at, *number.patients_texted_at.values()):
            times.append(moment)
        self._next_step(number, place + 1)

    def _next_step(self, number: _Number, place: int) -> None:
        """The reminder after this one, unless the number is among those that are assumed to have answered."""
        if place >= len(self.found.steps):
            return
        after = self.found.steps[place].step.day
        if self.lots[number.index] >= answered_by(after, self.found.answers):
            place_of = {"zones": number.zones, "theirs": number.states, "state": self.practice.state}
            due_at = hours.opening_after(number.first_at, after, window=self.window, **place_of)
            self._plan(number, place, due_at or number.first_at + timedelta(days=after))

    def _text(self, place: int, code: str) -> tuple[str, segments.Segments]:
        """Rendered and measured once for each code that differs."""
        if (place, code) not in self.rendered:
            values = planning.merge_values(self.practice, code)
            text = wording.render(self.found.steps[place].step.body, values)
            self.rendered[place, code] = text, segments.measure(text)
        return self.rendered[place, code]

    def _facts(self, number: _Number, text: str, moment: datetime) -> gate.NumberFacts:
        """As they will be if all goes well: the campaign runs, replies are read, nobody pressed the red button."""
        return gate.NumberFacts(
            now=moment,
            patients=number.patients,
            state=self.practice.state,
            suppressed=False,  # the plan has left them out
            hours=hours.allowed(
                moment, zones=number.zones, theirs=number.states, window=self.window, state=self.practice.state
            ),
            texting_stopped=False,
            campaign_running=True,
            texts_at=tuple(number.texts_at),
            texts_of_campaign=number.texts,
            texts_per_campaign=self.practice.texts_per_campaign,
            polled_at=moment,
            code_expires_at=number.expires_at,
            text_complete=not wording.fields_in(text) and bool(text.strip()),
            patients_texted_at={pk: tuple(times) for pk, times in number.patients_texted_at.items()},
        )


def _recent_texts(now: datetime) -> tuple[dict[str, list[datetime]], dict[int, list[datetime]]]:
    """When numbers and patients were texted in the last seven days, by any campaign."""
    by_phone, by_patient = defaultdict(dict), defaultdict(list)
    rows = Message.objects.reached().filter(kind=Message.Kind.CAMPAIGN, first_attempt_at__gt=now - gate.WEEK)
    for pk, phone, patient, at in rows.order_by().values_list("pk", "phone", "patients", "first_attempt_at"):
        by_phone[phone][pk] = at
        by_patient[patient].append(at)
    return defaultdict(list, {phone: list(texts.values()) for phone, texts in by_phone.items()}), by_patient
