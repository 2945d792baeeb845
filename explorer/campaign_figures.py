"""The figures of one campaign, for its report: each is defined once, here."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Max, Min, Sum

from consent.models import ConsentEvent
from explorer.lib.models import Practice
from outreach import gate
from outreach.models import Campaign, CampaignStep, Message, MessagePatient, Suppression

State = Message.State
NOT_SENT = (State.SKIPPED, State.FAILED, State.UNCERTAIN, State.CANCELLED)
A_DAY = re.compile(r" on \d{2}/\d{2}/\d{4}")


@dataclass(slots=True)
class StepFigures:
    """One step: its rows by state, and what followed after its confirmed texts and before the next one.

    `patients` are those on whose number this step was confirmed; `answers` the first answers about the records,
    `stops` and `wrong_numbers` the numbers, for which this was the last text of any campaign before it.
    """

    step: CampaignStep
    states: Counter = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None
    segments: int = 0
    patients: int = 0
    answers: int = 0
    stops: int = 0
    wrong_numbers: int = 0

    @property
    def planned(self) -> int:
        return self.states.total()

    @property
    def open(self) -> int:
        return sum(self.states[state] for state in Message.OPEN)


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """planned = confirmed + skipped + failed + uncertain + cancelled + open, for each step and in sum.

    `left_out` are patients without a text, by the gate's code; `not_sent` texts by (state, reason).
    """

    campaign: Campaign
    steps: list[StepFigures]
    covered: int
    left_out: Counter
    not_sent: Counter
    price: Decimal | None

    @property
    def states(self) -> Counter:
        return sum((step.states for step in self.steps), Counter())

    @property
    def planned(self) -> int:
        """Counted by rows, apart from the states."""
        return sum(step.planned for step in self.steps)

    @property
    def segments(self) -> int:
        return sum(step.segments for step in self.steps)

    @property
    def cost(self) -> Decimal | None:
        return None if self.price is None else (self.price * self.segments).quantize(Decimal("0.01"))


def campaign(of: Campaign, practice: Practice) -> CampaignFigures:
    steps = {step.pk: StepFigures(step) for step in of.steps.all()}
    for pk, state, count in of.messages.order_by().values_list("step", "state").annotate(Count("pk")):
        steps[pk].states[state] = count
    reached = of.messages.reached().order_by().values_list("step")
    for pk, first, last, segments in reached.annotate(
        Min("first_attempt_at"), Max("first_attempt_at"), Sum("segments")
    ):
        steps[pk].first_at, steps[pk].last_at, steps[pk].segments = first, last, segments
    _count_answers(of, steps)
    _count_stops(of, steps)
    left_out = of.members.exclude(left_out="").order_by().values_list("left_out").annotate(Count("pk"))
    covered = of.members.filter(left_out="").count()
    return CampaignFigures(
        of, list(steps.values()), covered, Counter(dict(left_out)), _not_sent(of), practice.segment_price
    )


def _not_sent(of: Campaign) -> Counter:
    """A reason that names a day counts with its like."""
    found = Counter()
    rows = of.messages.filter(state__in=NOT_SENT).order_by().values_list("state", "reason").annotate(Count("pk"))
    for state, reason, count in rows:
        found[state, A_DAY.sub("", reason) or "No reason is recorded."] += count
    return found


def _count_answers(of: Campaign, steps: dict[int, StepFigures]) -> None:
    texted: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    members = set(of.members.filter(left_out="").values_list("patient_id", flat=True))
    links = MessagePatient.objects.filter(message__kind=Message.Kind.CAMPAIGN, message__state=State.CONFIRMED)
    links = links.order_by()  # compared with the members here: the database would walk all texts for each of them
    for patient, at, step in links.values_list("patient", "message__accepted_at", "message__step"):
        if patient not in members:
            continue
        texted[patient].append((at, step))
        if step in steps:
            steps[step].patients += 1
    lines = ConsentEvent.objects.effective().filter(kind="records").with_owner().order_by()
    for patient, at in lines.values_list("owner").annotate(Min("occurred_at")):
        step = _last_before(at, texted.get(patient, []))
        if step in steps:
            steps[step].answers += 1


def _count_stops(of: Campaign, steps: dict[int, StepFigures]) -> None:
    texted: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    rows = Message.objects.reached().filter(kind=Message.Kind.CAMPAIGN, phone__in=of.messages.values("phone"))
    for phone, at, step in rows.order_by().values_list("phone", "first_attempt_at", "step"):
        texted[phone].append((at, step))
    Reason = Suppression.Reason
    names = {Reason.STOP: "stops", Reason.WRONG_NUMBER: "wrong_numbers"}
    told = Suppression.objects.filter(reason__in=names).order_by().values_list("phone", "reason")
    for phone, reason, at in told.annotate(Min("since")):
        step = _last_before(at, texted.get(phone, []))
        if step in steps:
            setattr(steps[step], names[reason], getattr(steps[step], names[reason]) + 1)


def _last_before(moment: datetime, texted: list[tuple[datetime, int]]) -> int | None:
    """The step of the last text at or before the moment."""
    return max((text for text in texted if text[0] and text[0] <= moment), default=(None, None))[1]


def left_out_words(code: str) -> str:
    return gate.WORDS.get(code, code)


def newest_first():
    """Campaigns that have been launched."""
    return Campaign.objects.exclude(launched_at=None).order_by(F("launched_at").desc(), "-pk")
