"""How many will have answered by the deadline: a curve learnt from the answers so far, and a band around it. Pure.

The chance to answer on each day since the first contact is a rate per day and person. Before anything is seen,
many shapes are held possible (PRIORS): quick and slow ones, heavy tails, with and without a bump after each
reminder, quiet weekends. What was seen weighs them, and each day's rate is then moved towards that day's own
events over exposure (gamma smoothing of the empirical rate). Nobody says anything about days he has not lived:
who was asked four days ago is not counted on day 10. A day that nobody has reached yet keeps the rate of the shapes
that fit so far, with their spread and a drift on top.

The future is drawn DRAWS times from there: a shape, the rates, how far each wave differs from the others, and who
of those still silent answers. The band holds eight of ten draws. The seed is fixed: equal facts, equal figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import ceil, exp, floor, lgamma, log, log1p, sqrt
from random import Random
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
ENOUGH, OLD_ENOUGH = 30, 3  # so many contacts, so many days old, before there is a forecast
PARTICLES, REPEATS = 160, 4  # shapes kept, and futures drawn from each
MOVES = (0.6, 0.25)  # how far a shape steps along the difference of two others
LONGEST = 150  # days since the first contact; later days are like the last
SEED = 20261207
BAND = (0.1, 0.5, 0.9)
DRIFT = 0.6  # standard deviation, in logarithms, of what no shape foresees on days not seen yet
RECENT, STEADY = 6, 8.0  # the last days that the days to come take after, and so many events' worth of the shape
WAVES_DIFFER = 0.2  # likewise between groups first asked on different days
REMINDERS_DIFFER = 0.35  # likewise between the reminders of one campaign

NO_NEXT = 1.0

# (trait, middle and standard deviation of its logarithm) before anything is seen
TRAITS = (
    ("first", log(0.3), 1.3),  # answers a person, all days together
    ("first scale", log(5.0), 1.3),  # days
    ("first power", log(0.9), 0.35),  # below 1: quick at first, then a long tail
    ("next", log(0.25), 1.2),  # a reminder's burst, of the first one's
    ("next scale", log(1.5), 0.8),
    ("fading", log(0.8), 0.25),  # each reminder's, of the one before
    ("trickle", log(0.0002), 2.0),  # answers a person and day
    ("weekend", log(0.85), 0.35),
    ("any next", 0.0, 1.0),  # below NO_NEXT reminders move nobody
    ("uneven", log(0.2), 0.5),  # how far a day's rate may lie off the shape, as a coefficient of variation
)
CALL_PRIOR = (2.0, 8.0)  # decisions and other ends of ten calls, before any call was made
TRIES = 3  # calls to one patient
GIVEN_PRIOR = (3.0, 1.0)


@dataclass(frozen=True, slots=True)
class Person:
    """`asked_at`: first text, letter or call, planned ones too; None: nobody has asked, and no text is planned.

    `answered_at` None: silent so far. `consented` belongs to an answer. `can_call`: there is a number to call.
    """

    asked_at: datetime | None
    answered_at: datetime | None = None
    consented: bool = False
    can_call: bool = True


@dataclass(frozen=True, slots=True)
class Band:
    """Shares of all people in percent: eight of ten futures lie between `low` and `high`."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class CurveDay:
    """By the end of this day since the first contact. `share` in percent is what was seen (product-limit estimate),
    None where fewer than ENOUGH have come so far; the band is for everybody once they have come so far."""

    day: int
    at_risk: int
    answered: int
    share: float | None
    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """`answered` and `consented` are None while there is too little to say, see `possible_from`, or nothing left.

    `calls_a_day`: from tomorrow to the deadline, so that the middle of the band reaches `goal` percent; 0 when it
    is reached without, None when calls alone cannot reach it.
    """

    deadline: date
    goal: int
    people: int
    asked: int
    answered_now: int
    consented_now: int
    answered: Band | None = None
    consented: Band | None = None
    calls_a_day: int | None = None
    possible_from: date | None = None
    curve: tuple[CurveDay, ...] = ()

    @property
    def over(self) -> bool:
        return self.answered is None and self.possible_from is None and bool(self.curve)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls made so far and how many ended in a decision; `days`: working days from tomorrow to the deadline."""

    made: int = 0
    decided: int = 0
    days: int = 0


@dataclass(slots=True)
class _Wave:
    """People first asked on one day. `lived`: whole days since; `part`: of the day that runs. Negative: planned."""

    weekday: int
    lived: int
    part: float
    until: float  # days from the first contact to the deadline
    people: int = 0
    silent: int = 0
    events: Counter = None

    def at_risk(self) -> list[int]:
        """At the beginning of each whole day lived."""
        left, found = self.people, []
        for day in range(min(self.lived, LONGEST)):
            found.append(left)
            left -= self.events[day]
        return found


@dataclass(slots=True)
class _Seen:
    """By day since the first contact: who was still silent, events, and person-days on weekdays and at weekends."""

    at_risk: list[int]
    events: list[int]
    weekdays: list[float]
    weekends: list[float]

    @property
    def days(self) -> int:
        """The last day anybody has lived, and one."""
        return len(self.events)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Weekday rates by day; `weekend` multiplies them on Saturdays and Sundays."""

    rates: list[float]
    weekend: float
    uneven: float


def forecast(
    people: Iterable[Person],
    *,
    now: datetime,
    deadline: datetime,
    zone: str,
    reminders: Sequence[int] = (3, 7, 14),
    calls: Calls | None = None,
    goal: int = 70,
) -> Forecast:
    """The share of all these people who will have answered by `deadline`, an aware moment, and consented.

    `reminders`: days after the first text on which silent people are texted again.
    """
    people, place = list(people), ZoneInfo(zone)
    waves = _waves(people, now, deadline, place)
    told = Forecast(
        # a deadline is the end of a day, that is the first moment of the next
        deadline=(deadline - timedelta(seconds=1)).astimezone(place).date(),
        goal=goal,
        people=len(people),
        asked=sum(wave.people for wave in waves if wave.lived >= 0),
        answered_now=sum(person.answered_at is not None for person in people),
        consented_now=sum(person.answered_at is not None and person.consented for person in people),
    )
    seen = _seen(waves)
    if sum(wave.people for wave in waves if wave.lived >= OLD_ENOUGH) < ENOUGH:
        return replace(told, possible_from=_possible_from(people, place))
    random = Random(SEED)
    longest = min(max(seen.days, *(ceil(wave.until) for wave in waves)), LONGEST)
    marks = sorted(set(reminders))
    shapes = [_shape(traits, marks, longest) for traits in _posterior(seen, marks, random)] * REPEATS
    draws = [(shape.weekend, _rates(shape, seen, random)) for shape in shapes]
    curve = _curve(seen, waves, draws)
    if deadline <= now:
        return replace(told, curve=curve)
    answered, consented = [], []
    for weekend, rates in draws:
        more = _more_answers(waves, rates, weekend, random)
        answered.append(told.answered_now + more)
        consented.append(told.consented_now + _binomial(more, _chance_of_yes(told, random), random))
    middle = _quantile(sorted(answered), 0.5)
    return replace(
        told,
        answered=_band(answered, len(people)),
        consented=_band(consented, len(people)),
        calls_a_day=_calls_a_day(people, told, middle, calls or Calls()),
        curve=curve,
    )


def _waves(people: Iterable[Person], now: datetime, deadline: datetime, place: ZoneInfo) -> list[_Wave]:
    """Answers before the first contact, at the desk, belong to no wave."""
    groups: dict[tuple[date, int], list[Person]] = defaultdict(list)
    for person in people:
        if person.asked_at is None or (person.answered_at and person.answered_at < person.asked_at):
            continue
        groups[person.asked_at.astimezone(place).date(), floor((now - person.asked_at) / DAY)].append(person)
    waves = []
    for (day, lived), members in groups.items():
        ages = [(now - person.asked_at) / DAY for person in members]
        wave = _Wave(
            weekday=day.weekday(),
            lived=lived,
            part=sum(ages) / len(ages) - lived,
            until=sum((deadline - person.asked_at) / DAY for person in members) / len(members),
            people=len(members),
            silent=sum(person.answered_at is None for person in members),
            events=Counter(
                floor((person.answered_at - person.asked_at) / DAY) for person in members if person.answered_at
            ),
        )
        waves.append(wave)
    return waves


def _seen(waves: Iterable[_Wave]) -> _Seen:
    days = max((min(wave.lived, LONGEST) for wave in waves), default=0)
    seen = _Seen(*([0] * max(days, 0) for _ in range(4)))
    for wave in waves:
        for day, left in enumerate(wave.at_risk()):
            heap = seen.weekends if (wave.weekday + day) % 7 >= 5 else seen.weekdays
            heap[day] += _person_days(left, wave.events[day])
            seen.at_risk[day] += left
            seen.events[day] += wave.events[day]
    return seen


def _person_days(left: int, events: int) -> float:
    """Lived by `left` silent people on a day on which so many answer at an even rate."""
    if not events:
        return left
    return events / -log1p(-events / (left + 0.5))


def _possible_from(people: Iterable[Person], place: ZoneInfo) -> date | None:
    """The day on which ENOUGH first contacts, planned ones too, are OLD_ENOUGH."""
    asked = sorted(person.asked_at for person in people if person.asked_at)
    if len(asked) < ENOUGH:
        return None
    return (asked[ENOUGH - 1] + OLD_ENOUGH * DAY).astimezone(place).date()


def _shape(traits: Sequence[float], reminders: Sequence[int], days: int) -> _Shape:
    """A first burst after the contact, one after each reminder, and a trickle. `traits` are standard normal."""
    value = {name: exp(middle + spread * trait) for (name, middle, spread), trait in zip(TRAITS, traits, strict=False)}
    first = _burst(value["first scale"], min(value["first power"], 2.0), days)
    again = _burst(value["next scale"], 0.9, days)
    rates = [value["first"] * part + value["trickle"] for part in first]
    size = value["first"] * value["next"] if value["any next"] > NO_NEXT else 0.0
    for reminder, own in zip(reminders, traits[len(TRAITS) :], strict=True):
        bump = size * exp(REMINDERS_DIFFER * own)
        for day in range(reminder, days):
            rates[day] += bump * again[day - reminder]
        size *= min(value["fading"], 1.2)
    return _Shape(rates, value["weekend"], min(value["uneven"], 0.8))


def _burst(scale: float, power: float, days: int) -> list[float]:
    """The part of a burst that falls on each day (Weibull)."""
    left = [exp(-((day / scale) ** power)) for day in range(days + 1)]
    return [earlier - later for earlier, later in pairwise(left)]


def _posterior(seen: _Seen, reminders: Sequence[int], random: Random) -> list[list[float]]:
    """Traits of PARTICLES shapes that explain what was seen.

    They begin as the prior and are led there in steps (sequential Monte Carlo): what was seen counts a little
    more in each, unlikely shapes make room for likely ones, and each then tries a move of its own.
    """
    width = len(TRAITS) + len(reminders)
    particles = [[random.gauss(0, 1) for _ in range(width)] for _ in range(PARTICLES)]
    likely = [_likely(_shape(traits, reminders, seen.days), seen) for traits in particles]
    counts = 0.0
    while counts < 1:
        step = _step(likely, 1 - counts)
        counts += step
        weights = [exp(step * (each - max(likely))) for each in likely]
        chosen = _resampled(weights, random)
        particles, likely = [particles[place] for place in chosen], [likely[place] for place in chosen]
        for reach in MOVES if counts < 1 else MOVES * 2:
            _move(particles, likely, counts, reach, seen, reminders, random)
    return particles


def _step(likely: Sequence[float], most: float) -> float:
    """By how much more what was seen may count, so that half of the particles stay in play."""
    best = max(likely)

    def in_play(step: float) -> float:
        weights = [exp(step * (each - best)) for each in likely]
        return sum(weights) ** 2 / sum(each * each for each in weights)

    step = most
    while in_play(step) < len(likely) / 2 and step > 1e-4:
        step *= 0.7
    return step


def _resampled(weights: Sequence[float], random: Random) -> list[int]:
    """Systematic: equally spaced from one random start."""
    spacing, chosen, reached, place = sum(weights) / len(weights), [], weights[0], 0
    wanted = spacing * random.random()
    for _ in weights:
        while reached < wanted and place < len(weights) - 1:
            place += 1
            reached += weights[place]
        chosen.append(place)
        wanted += spacing
    return chosen


def _move(particles, likely, counts: float, reach: float, seen: _Seen, reminders, random: Random) -> None:
    """One step of Metropolis for each, along the difference of two others."""
    for place, traits in enumerate(particles):
        one, other = random.sample(particles, 2)
        tried = [
            trait + reach * (a - b) + random.gauss(0, 0.05) for trait, a, b in zip(traits, one, other, strict=True)
        ]
        found = _likely(_shape(tried, reminders, seen.days), seen)
        better = counts * (found - likely[place]) + sum(x * x - y * y for x, y in zip(traits, tried, strict=True)) / 2
        if better >= 0 or random.random() < exp(better):
            particles[place], likely[place] = tried, found


def _likely(shape: _Shape, seen: _Seen) -> float:
    """The logarithm of the chance of what was seen: negative binomial counts, one for each day."""
    even, found = 1 / shape.uneven**2, 0.0
    base = lgamma(even)
    for rate, count, weekdays, weekends in zip(shape.rates, seen.events, seen.weekdays, seen.weekends, strict=True):
        mean = (rate + 1e-9) * (weekdays + shape.weekend * weekends)
        if mean > 0:
            found += lgamma(even + count) - base - even * log1p(mean / even) + count * log(mean / (even + mean))
    return found


def _rates(shape: _Shape, seen: _Seen, random: Random) -> list[float]:
    """One draw of the weekday rate of each day. A seen day leans on its own events; a day not seen yet follows the
    shape as the last days did, and drifts off it."""
    even, drift, rates, unseen = 1 / shape.uneven**2, random.gauss(0, DRIFT), [], 0
    exposure = [
        weekdays + shape.weekend * weekends for weekdays, weekends in zip(seen.weekdays, seen.weekends, strict=True)
    ]
    means = [rate + 1e-9 for rate in shape.rates]
    frontier = next((day for day, lived in enumerate(exposure) if lived * means[day] < 1), seen.days)
    recent = range(max(frontier - RECENT, 0), frontier)
    expected, events = sum(means[day] * exposure[day] for day in recent), sum(seen.events[day] for day in recent)
    lately = random.gammavariate(STEADY + events, 1 / (STEADY + expected))
    for day, mean in enumerate(means):
        if day >= frontier:
            unseen += 1
            mean *= lately * exp(drift * min(1.0, unseen / 7))
        count, lived = (seen.events[day], exposure[day]) if day < seen.days else (0, 0.0)
        rates.append(random.gammavariate(even + count, 1 / (even / mean + lived)))
    return rates


def _more_answers(waves: Iterable[_Wave], rates: list[float], weekend: float, random: Random) -> int:
    """Of those still silent, planned ones too, in one draw of the future."""
    summed = {weekday: _summed(rates, weekend, weekday) for weekday in {wave.weekday for wave in waves}}
    even, more = 1 / WAVES_DIFFER**2, 0
    for wave in waves:
        if not wave.silent:
            continue
        total = summed[wave.weekday]
        lived = _until(total, wave.lived + _gone(wave)) if wave.lived >= 0 else 0.0
        ahead = _until(total, wave.until) - lived
        if ahead <= 0:
            continue
        events = wave.people - wave.silent
        differs = random.gammavariate(even + events, 1 / (even + (wave.silent + events / 2) * lived))
        more += _binomial(wave.silent, 1 - exp(-ahead * differs), random)
    return more


def _gone(wave: _Wave) -> float:
    """The part of the running day's chance that is over: most answers of the first day come at once."""
    return sqrt(wave.part) if wave.lived == 0 else wave.part


def _summed(rates: Sequence[float], weekend: float, weekday: int) -> list[float]:
    """The rates added up, for people first asked on that day of the week."""
    total = [0.0]
    for day, rate in enumerate(rates):
        total.append(total[-1] + (rate * weekend if (weekday + day) % 7 >= 5 else rate))
    return total


def _until(total: Sequence[float], days: float) -> float:
    if days <= 0:
        return 0.0
    whole = min(int(days), len(total) - 1)
    if whole == len(total) - 1:
        return total[whole] + (days - whole) * (total[whole] - total[whole - 1])
    return total[whole] + (days - whole) * (total[whole + 1] - total[whole])


def _binomial(count: int, chance: float, random: Random) -> int:
    chance = min(max(chance, 0.0), 1.0)
    spread = count * chance * (1 - chance)
    if spread > 25:
        return min(max(round(random.gauss(count * chance, sqrt(spread))), 0), count)
    if chance > 0.5:
        return count - _binomial(count, 1 - chance, random)
    if chance < 1e-12:
        return 0
    found, place = -1, 0  # the gaps between successes are geometric
    miss = log1p(-chance)
    while place <= count:
        found += 1
        place += 1 + int(log(1 - random.random()) / miss)
    return found


def _chance_of_yes(told: Forecast, random: Random) -> float:
    """Who answers late may differ from who answered at once: never surer than after a hundred answers."""
    weight = min(1.0, 100 / max(told.answered_now, 1))
    yes, no = told.consented_now, told.answered_now - told.consented_now
    return random.betavariate(GIVEN_PRIOR[0] + weight * yes, GIVEN_PRIOR[1] + weight * no)


def _band(counts: Iterable[int], people: int) -> Band:
    counts = sorted(counts)
    return Band(*(100 * _quantile(counts, part) / people for part in BAND))


def _quantile(counts: Sequence[float], part: float) -> float:
    return counts[min(int(part * len(counts)), len(counts) - 1)]


def _curve(seen: _Seen, waves: Iterable[_Wave], draws: Sequence[tuple[float, Sequence[float]]]) -> tuple[CurveDay, ...]:
    """Days not seen yet have two weekend days in seven."""
    silent, found = 1.0, []
    summed = [0.0] * len(draws)
    for day in range(len(draws[0][1])):
        at_risk = seen.at_risk[day] if day < seen.days else 0
        weekends = seen.weekends[day] / (seen.weekdays[day] + seen.weekends[day]) if at_risk else 2 / 7
        for place, (weekend, rates) in enumerate(draws):
            summed[place] += rates[day] * (1 + weekends * (weekend - 1))
        events = seen.events[day] if day < seen.days else 0
        reached = sum(wave.people for wave in waves if wave.lived > day)
        silent *= 1 - events / at_risk if at_risk else 1
        share = 100 * (1 - silent) if reached >= ENOUGH else None
        ordered = sorted(summed)
        low, mid, high = (100 * (1 - exp(-_quantile(ordered, part))) for part in BAND)
        found.append(CurveDay(day, at_risk, events, share, low, mid, high))
    return tuple(found)


def _calls_a_day(people: Iterable[Person], told: Forecast, middle: float, calls: Calls) -> int | None:
    """Each call is thought to go to somebody silent, who might have answered without it."""
    missing = ceil(told.goal * told.people / 100) - middle
    if missing <= 0:
        return 0
    silent = told.people - told.answered_now
    callable_ = sum(person.can_call and person.answered_at is None for person in people)
    anyway = (middle - told.answered_now) / silent if silent else 1.0
    decides = (CALL_PRIOR[0] + calls.decided) / (sum(CALL_PRIOR) + calls.made)
    gain = decides * (1 - anyway)
    if not calls.days or callable_ * (1 - anyway) * (1 - (1 - decides) ** TRIES) < missing:
        return None
    return ceil(missing / gain / calls.days)
