"""The proof that every stop was honoured: a line for each time somebody asked, computed from the rows alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from explorer.lib.models import Practice
from outreach.hours import holidays_on
from outreach.models import Message, ScheduledWithdrawal, Suppression

ALLOWED_DAYS = 10  # business days; 47 CFR 64.1200(a)(10)
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
State, Outcome = Message.State, ScheduledWithdrawal.Outcome
COLUMNS = (
    "channel", "words", "said_at", "seen_at", "effective_at", "seconds_to_effect", "business_days",
    "business_days_allowed", "numbers", "texts_withdrawn", "spruce_scheduled_withdrawn", "spruce_scheduled_open",
    "confirmation", "texts_sent_after", "recorded_by", "lifted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lifted:
    number: str
    at: datetime
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One time somebody asked, for all numbers that it stopped. `sent_after` must be 0.

    `schedule`: what is still to be done in Spruce's own schedule, in words; "" when nothing is.
    """

    channel: str
    words: str
    said_at: datetime
    seen_at: datetime
    effective_at: datetime
    numbers: tuple[str, ...]
    texts_withdrawn: int
    scheduled_withdrawn: int
    schedule: str
    confirmation: str
    sent_after: int
    business_days: int
    recorded_by: str
    lifted: tuple[Lifted, ...]
    reply_id: int | None

    @property
    def took(self) -> timedelta:
        """Never below zero: Spruce's clock may be ahead of ours."""
        return max(self.effective_at - self.said_at, timedelta())

    @property
    def in_time(self) -> bool:
        return self.business_days <= ALLOWED_DAYS


def proofs(practice: Practice) -> list[Proof]:
    """The newest first."""
    groups: dict[tuple, list[Suppression]] = defaultdict(list)
    for stop in _stops():
        groups[_occasion(stop)].append(stop)
    found = [_proof(stops, practice) for stops in groups.values()]
    return sorted(found, key=lambda proof: proof.effective_at, reverse=True)


def _stops():
    """Each with `sent_after`: texts first handed over while the stop was in force, its confirmation aside."""
    later = (
        Message.objects.reached()
        .exclude(kind=Message.Kind.CONFIRM)
        .filter(
            phone=OuterRef("phone"),
            first_attempt_at__gt=OuterRef("effective_at"),
            first_attempt_at__lt=Coalesce(OuterRef("lifted_at"), Value(FOR_EVER)),
        )
        .order_by()
        .values("phone")
        .annotate(n=Count("pk"))
    )
    stops = Suppression.objects.revocations().annotate(sent_after=Coalesce(Subquery(later.values("n")), 0))
    related = ("reply", "confirmation", "set_by", "lifted_by")
    return stops.select_related(*related).prefetch_related("scheduled").order_by("pk")


def _occasion(stop: Suppression) -> tuple:
    """Numbers that were stopped by the same words at the same time."""
    if stop.reply_id or stop.decision_id:
        return stop.reason, stop.reply_id, stop.decision_id
    return stop.reason, stop.channel, stop.words, stop.since, stop.set_by_id


def _proof(stops: list[Suppression], practice: Practice) -> Proof:
    first = stops[0]
    said, effective = min(stop.since for stop in stops), max(stop.effective_at for stop in stops)
    scheduled = [each for stop in stops for each in stop.scheduled.all()]
    return Proof(
        channel=first.get_channel_display(),
        words=first.reply.text if first.reply else first.words,
        said_at=said,
        seen_at=first.reply.seen_at if first.reply else first.effective_at,
        effective_at=effective,
        numbers=tuple(stop.phone for stop in stops),
        texts_withdrawn=sum(stop.texts_withdrawn for stop in stops),
        scheduled_withdrawn=sum(each.outcome == Outcome.WITHDRAWN for each in scheduled),
        schedule=_schedule(stops, scheduled),
        confirmation=next(filter(None, map(_confirmation, stops)), "None"),
        sent_after=sum(stop.sent_after for stop in stops),
        business_days=business_days(*_days(said, effective, practice), practice.state),
        recorded_by=str(first.set_by) if first.set_by else "",
        lifted=tuple(_lifted(stops)),
        reply_id=first.reply_id,
    )


def _days(said: datetime, effective: datetime, practice: Practice) -> Iterator[date]:
    zone = ZoneInfo(practice.time_zone)
    return (moment.astimezone(zone).date() for moment in (said, effective))


def _schedule(stops: list[Suppression], scheduled: list[ScheduledWithdrawal]) -> str:
    refused = sum(each.outcome == Outcome.REFUSED for each in scheduled)
    if refused:
        return f"{refused} to delete by hand in Spruce"
    if any(each.outcome == Outcome.CLAIMED for each in scheduled):
        return "being withdrawn"
    waiting = any(stop.scheduled_looked_at is None and stop.lifted_at is None for stop in stops)
    return "not looked up yet" if waiting else ""


def _confirmation(stop: Suppression) -> str:
    text = getattr(stop, "confirmation", None)
    if text is None:
        return ""
    words = {
        State.ACCEPTED: "Once", State.CONFIRMED: "Once", State.PLANNED: "Waits", State.SENDING: "On its way",
        State.UNCERTAIN: "Perhaps once: look in Spruce",
    }  # fmt: skip
    return words.get(text.state, "Never")


def _lifted(stops: list[Suppression]) -> Iterator[Lifted]:
    for stop in stops:
        if stop.lifted_at:
            yield Lifted(stop.phone, stop.lifted_at, str(stop.lifted_by), stop.lifted_because)


def business_days(said: date, effective: date, state: str) -> int:
    """Working days after the day it was said, up to and with the day it took effect."""
    days = (said + timedelta(days=n) for n in range(1, (effective - said).days + 1))
    return sum(day.weekday() < 5 and not holidays_on(day, state) for day in days)


def table(found: Iterable[Proof], practice: Practice) -> Iterator[list]:
    """Headings, then a row for each proof; times in the practice's zone with their offset."""
    zone = ZoneInfo(practice.time_zone)

    def at(moment: datetime) -> str:
        return moment.astimezone(zone).isoformat(timespec="seconds")

    yield list(COLUMNS)
    for proof in found:
        lifted = [f"{each.number} on {at(each.at)} by {each.by}: {each.because}" for each in proof.lifted]
        yield [
            proof.channel, proof.words, at(proof.said_at), at(proof.seen_at), at(proof.effective_at),
            round(proof.took.total_seconds()), proof.business_days, ALLOWED_DAYS, " | ".join(proof.numbers),
            proof.texts_withdrawn, proof.scheduled_withdrawn, proof.schedule, proof.confirmation, proof.sent_after,
            proof.recorded_by, " | ".join(lifted),
        ]  # fmt: skip
