"""Whom to call next: the patients of "Who is left" by score, shared out between those who work today."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import call_rules, call_score, hours
from outreach.call_rules import Objection
from outreach.call_score import Call, Hours, Score
from outreach.follow_up import ATTEMPTS, TO_CALL, Left, attempts_of, waiting
from outreach.models import Attempt, CallClaim
from outreach.reach import FACILITY_FROM
from patients.models import Patient, Phone

LEARNT_FROM = 5_000  # the newest calls
RIGHT = "outreach.record_attempt"


@dataclass(slots=True)
class Queued:
    """One who is left, with the score of the present hour where a call is the next step."""

    left: Left
    score: Score | None = None
    owner: int | None = None

    @property
    def pk(self) -> int:
        return self.left.pk


def queue(practice: Practice, only: Collection[int] | None = None) -> list[Queued]:
    """As `waiting`, those to call by score: call-backs that are due first, then the highest score."""
    attempts = attempts_of() if only is None else None
    found = waiting(practice.today(), only, practice, attempts)
    if not found:
        return []
    learnt, now = learnt_hours(practice, attempts), clock.now().astimezone(ZoneInfo(practice.time_zone))
    queued = [Queued(each, score_of(each, practice, learnt, now) if each.step in TO_CALL else None) for each in found]
    calls = [each for each in queued if each.score]
    calls.sort(key=lambda each: (each.left.step != "due", -each.score.points, _name(each.left)))
    return [*calls, *(each for each in queued if not each.score)]


def _name(left: Left) -> tuple:
    return left.last_name, left.first_name, left.pk


def score_of(left: Left, practice: Practice, learnt: Hours, now: datetime) -> Score:
    return call_score.score(
        patient=left.pk,
        records_open=left.records in (None, "conflict"),
        apcm_open=left.apcm_open,
        level=left.apcm_level,
        in_vain=call_rules.in_vain(left.tried),
        days_left=call_score.days_to(practice.today(), practice.transition_date),
        now=now,
        hours=learnt,
    )


def learnt_hours(practice: Practice, attempts: list[tuple] | None = None) -> Hours:
    """What the newest calls teach about the hours of the week; `attempts` as `attempts_of` gives them."""
    zone, reached, dialled = ZoneInfo(practice.time_zone), set(Attempt.REACHED), set(Attempt.DIALLED)
    if attempts is None:
        calls = Attempt.objects.filter(channel=Attempt.Channel.CALL, outcome__in=Attempt.DIALLED)
        attempts = list(calls.order_by("-at", "-pk").values_list(*ATTEMPTS)[:LEARNT_FROM])
    return call_score.learn(
        Call(pk, at.astimezone(zone), outcome in reached)
        for pk, channel, outcome, at, _by, _on in attempts[-LEARNT_FROM:]
        if channel == Attempt.Channel.CALL and outcome in dialled
    )


def callers_today(practice: Practice) -> list:
    """Who works today, as the program can tell: signed in today, or called somebody today. By their id."""
    midnight = datetime.combine(practice.today(), datetime.min.time(), ZoneInfo(practice.time_zone))
    called = Attempt.objects.filter(at__gte=midnight, by__isnull=False).values("by")
    calling = CallClaim.objects.filter(since__gte=midnight).values("by")
    people = get_user_model().objects.filter(Q(last_login__gte=midnight) | Q(pk__in=called) | Q(pk__in=calling))
    return [person for person in people.filter(is_active=True).order_by("pk") if person.has_perm(RIGHT)]


def deal(queued: list[Queued], people: Collection[int]) -> None:
    """Give each call an `owner`. Who promised a call-back makes it; a household goes to one person.

    Each household goes to whom a hash of both says, so that the shares are about equal, and somebody who comes
    or goes changes no more than that person's share.
    """
    calls = [each for each in queued if each.score]
    homes = _homes({each.pk for each in calls})
    for each in calls:
        promised = each.left.last_by if each.left.step == "due" else None
        if promised in people:
            each.owner = promised
        elif people:
            home = homes.get(each.pk, str(each.pk))
            each.owner = max(people, key=lambda person: (crc32(f"{home}:{person}".encode()), person))


def _homes(patients: set[int]) -> dict[int, str]:
    """Of each patient the lowest of their numbers."""
    homes: dict[int, str] = {}
    rows = Phone.objects.filter(retired_at=None).order_by().values_list("patient_id", "e164")
    for pk, number in rows if len(patients) > 500 else rows.filter(patient__in=patients):
        if pk in patients:
            homes[pk] = min(number, homes.get(pk, number))
    return homes


def claims(now: datetime, of: Collection[int] | None = None) -> dict[int, CallClaim]:
    """{patient: who is calling them now}."""
    found = CallClaim.objects.in_force(now).select_related("by")
    found = found if of is None else found.filter(patient__in=of)
    return {claim.patient_id: claim for claim in found}


def next_to_call(
    practice: Practice, *, after: int | None = None, by=None, mine: bool = False, aside: Collection[int] = ()
) -> int | None:
    """The first of the queue whom nobody has tried today and nobody else is calling, within the calling hours.

    `aside`: patients whom this person has skipped today. `mine`: only of this person's share.
    """
    now = clock.now()
    midnight = datetime.combine(practice.today(), datetime.min.time(), ZoneInfo(practice.time_zone))
    queued = [each for each in queue(practice) if each.score]
    if mine and by:
        deal(queued, [person.pk for person in callers_today(practice)])
        queued = [each for each in queued if each.owner == by.pk]
    taken = taken_by_others(now, by)
    fresh = [
        each
        for each in queued
        if each.pk not in taken
        and each.pk not in aside
        and each.pk != after
        and (each.left.last_at is None or each.left.last_at < midnight or each.left.step == "due")
    ]
    for start in range(0, len(fresh), 20):
        pks = [each.pk for each in fresh[start : start + 20]]
        verdicts = calling_hours(pks, practice, now)
        if open_now := next((pk for pk in pks if verdicts[pk].ok), None):
            return open_now
    return fresh[0].pk if fresh else None


def taken_by_others(now: datetime, by) -> set[int]:
    """Patients whom somebody else is calling, with their households."""
    others = {pk for pk, claim in claims(now).items() if by is None or claim.by_id != by.pk}
    return others | {mate for mates in households(others).values() for mate in mates}


def households(patients: Collection[int]) -> dict[int, list[int]]:
    """Of each patient the others who have one of their numbers; a number of a home or an office makes none."""
    sharers: dict[str, set[int]] = defaultdict(set)
    own = Phone.objects.filter(patient__in=patients, retired_at=None)
    rows = Phone.objects.filter(e164__in=own.values("e164"), retired_at=None, patient__merged_into=None)
    for number, pk in rows.order_by().values_list("e164", "patient_id") if patients else ():
        sharers[number].add(pk)
    found: dict[int, set[int]] = {pk: set() for pk in patients}
    for people in sharers.values():
        for pk in people & found.keys() if len(people) < FACILITY_FROM else ():
            found[pk] |= people - {pk}
    return {pk: sorted(mates) for pk, mates in found.items()}


def calling_hours(patients: Iterable[int], practice: Practice, now: datetime) -> dict[int, hours.Verdict]:
    """Whether each may be called now, in every zone that the patient's ZIP or number may be in; where neither is
    known, in the practice's own."""
    patients, own = list(patients), (practice.time_zone,)
    numbers = dict(Phone.objects.filter(patient__in=patients, retired_at=None).values_list("patient_id", "e164"))
    window = hours.Window(practice.call_start, practice.call_end, frozenset(range(6)))
    homes = Patient.objects.filter(pk__in=patients).order_by().values_list("pk", "zip", "state")
    return {
        pk: hours.allowed(
            now,
            zones=hours.zones_of([zip_code], numbers.get(pk, "")) if zip_code or pk in numbers else own,
            window=window,
            state=practice.state,
            theirs=(state,),
        )
        for pk, zip_code, state in homes
    }


def objections(
    patient: Patient, practice: Practice, left: Left | None, tried, *, at: datetime | None = None
) -> list[Objection]:
    """What speaks against a call to this patient now, or at a moment, the gravest first."""
    now = at or clock.now()
    return call_rules.objections(
        tried,
        now=now,
        at_most=practice.calls_at_most,
        between=timedelta(hours=practice.hours_between_calls),
        verdict=calling_hours([patient.pk], practice, now).get(patient.pk),
        call_back_due=bool(left and left.step == "due"),
        start=f"{practice.call_start:%I:%M %p}".lstrip("0"),
        end=f"{practice.call_end:%I:%M %p}".lstrip("0"),
    )


def tried_by_phone(patient: Patient) -> list[call_rules.Tried]:
    about = Q(channel=Attempt.Channel.CALL) | Q(outcome__in=call_rules.ABOUT_CALLS)
    return [
        call_rules.Tried(at, outcome) for at, outcome in patient.attempts.filter(about).values_list("at", "outcome")
    ]
