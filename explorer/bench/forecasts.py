"""The forecast tried on campaigns that never were: does the band of 80 % hold the truth in 70 to 90 % of them?

The campaigns are told person by person in continuous time, each family in its own way, and share nothing with the
shapes that the forecast holds possible. A family is a function of a random source that gives a campaign.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from explorer.forecasting import Person, forecast

ZONE = "America/Chicago"
START = datetime(2026, 11, 2, 10, tzinfo=ZoneInfo(ZONE))
NEVER = 1e9
REMINDERS = (3, 7, 14)


@dataclass(frozen=True, slots=True)
class Told:
    """A campaign in days since START: (asked, answered or NEVER) of each person, and the deadline."""

    people: list[tuple[float, float]]
    deadline: float


def campaign(random: Random, answers: Callable[[float], float], *, waves: int = 1, every: float = 1.0) -> Told:
    """`answers`: for somebody asked on a day, how many days later the answer comes."""
    size, weekday = random.randint(150, 1400), random.randrange(5)
    people = []
    for number in range(size):
        asked = weekday + every * (number * waves // size) + random.random() * 0.2
        people.append((asked, asked + answers(asked)))
    last = max(asked for asked, _ in people)
    return Told(people, last + random.choice((10, 18, 28, 45)) + random.random())


def _waves(random: Random) -> dict:
    return random.choice(({}, {}, {"waves": 3, "every": 1.0}, {"waves": 4, "every": 5.0}))


def fast(random: Random) -> Told:
    willing, mean = random.uniform(0.4, 0.8), random.uniform(0.5, 2.5)
    return campaign(
        random, lambda _: random.expovariate(1 / mean) if random.random() < willing else NEVER, **_waves(random)
    )


def slow(random: Random) -> Told:
    willing, mean = random.uniform(0.5, 0.9), random.uniform(8, 30)
    return campaign(
        random, lambda _: random.expovariate(1 / mean) if random.random() < willing else NEVER, **_waves(random)
    )


def heavy(random: Random) -> Told:
    middle, spread = random.uniform(1, 3.5), random.uniform(1.5, 2.8)
    return campaign(random, lambda _: random.lognormvariate(middle, spread), **_waves(random))


def few(random: Random) -> Told:
    willing, mean = random.uniform(0.03, 0.15), random.uniform(1, 10)
    return campaign(
        random, lambda _: random.expovariate(1 / mean) if random.random() < willing else NEVER, **_waves(random)
    )


def bumps(random: Random) -> Told:
    """Each text has its own chance with whoever is still silent; strong and weak reminders."""
    first, again = random.uniform(0.15, 0.4), random.uniform(0.05, 0.3)
    mean, tires = random.uniform(0.3, 2.0), random.uniform(0.6, 1.0)

    def answers(_: float) -> float:
        chance = first
        for day in (0, *REMINDERS):
            if random.random() < chance:
                return day + random.expovariate(1 / mean)
            chance = again if day == 0 else chance * tires
        return NEVER

    return campaign(random, answers, **_waves(random))


def weekends(random: Random) -> Told:
    """Whoever would answer at a weekend mostly waits until Monday, or for ever."""
    willing, mean = random.uniform(0.4, 0.8), random.uniform(2, 12)
    quiet = random.uniform(0.5, 0.9)

    def answers(asked: float) -> float:
        if random.random() > willing:
            return NEVER
        after = random.expovariate(1 / mean)
        while (asked + after) % 7 >= 5 and random.random() < quiet:
            after = 7 * ((asked + after) // 7 + 1) - asked + random.expovariate(2)
        return after

    return campaign(random, answers, **_waves(random))


def frail(random: Random) -> Told:
    """Everybody has a rate of his own: the eager go first."""
    shape, mean = random.uniform(0.2, 1.0), random.uniform(0.01, 0.15)

    def answers(_: float) -> float:
        return random.expovariate(max(random.gammavariate(shape, mean / shape), 1e-9))

    return campaign(random, answers, **_waves(random))


def uneven_waves(random: Random) -> Told:
    """Each wave is of another kind of patient: those enrolled first."""
    kinds = {}

    def answers(asked: float) -> float:
        wave = int(asked / 4)
        willing, mean = kinds.setdefault(wave, (random.uniform(0.35, 0.65), random.uniform(2, 6)))
        return random.expovariate(1 / mean) if random.random() < willing else NEVER

    return campaign(random, answers, waves=4, every=4.0)


def called(random: Random) -> Told:
    """From some day on, staff call a number of the silent each working day, each of them three times at most."""
    told = bumps(random)
    begin, a_day, decides = random.randint(5, 15), random.randint(5, 40), random.uniform(0.1, 0.35)
    answered, tries = [answer for _, answer in told.people], Counter()
    for day in range(begin, int(told.deadline)):
        if day % 7 >= 5:
            continue
        silent = [n for n, (asked, _) in enumerate(told.people) if asked + 2 < day < answered[n] and tries[n] < 3]
        for n in random.sample(silent, min(a_day, len(silent))):
            tries[n] += 1
            if random.random() < decides:
                answered[n] = day + 0.3 + random.random() * 0.4
    return Told([(asked, answered[n]) for n, (asked, _) in enumerate(told.people)], told.deadline)


def stormy(random: Random) -> Told:
    """Days differ by themselves: news, holidays, a good morning at the desk."""
    days = [random.lognormvariate(0, 0.4) for _ in range(200)]
    willing, rate = random.uniform(0.3, 0.8), random.uniform(0.05, 0.4)

    def answers(asked: float) -> float:
        if random.random() > willing:
            return NEVER
        left, day = random.expovariate(1), 0
        while day < 150:
            today = rate * days[int(asked + day)]
            if left < today:
                return day + left / today
            left, day = left - today, day + 1
        return NEVER

    return campaign(random, answers, **_waves(random))


FAMILIES: dict[str, Callable[[Random], Told]] = {
    family.__name__: family for family in (fast, slow, heavy, few, bumps, weekends, frail, uneven_waves, called, stormy)
}
MOMENTS = (3.2, 4.0, 6.5, 9.0, 13.0, 18.0, 25.0)  # days since the first text of the campaign


def persons(told: Told, now: float) -> list[Person]:
    """What is known at that moment: nothing of later answers."""
    return [
        Person(at(asked), at(answered) if answered <= now else None, consented=True) for asked, answered in told.people
    ]


def at(days: float) -> datetime:
    return START + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Trial:
    family: str
    moment: float
    low: float
    mid: float
    high: float
    truth: float

    @property
    def held(self) -> bool:
        return self.low - 1e-9 <= self.truth <= self.high + 1e-9


def trials(campaigns: int, *, seed: int = 1, families=None, moments: int = 2) -> Iterator[Trial]:
    """So many campaigns of each family, each forecast from so many moments before its deadline."""
    for name, family in (families or FAMILIES).items():
        random = Random(f"{seed} {name}")
        for _ in range(campaigns):
            told = family(random)
            first = min(asked for asked, _ in told.people)
            truth = 100 * sum(answered <= told.deadline for _, answered in told.people) / len(told.people)
            days = [first + day for day in MOMENTS if first + day < told.deadline - 1]
            for now in random.sample(days, min(moments, len(days))):
                found = forecast(
                    persons(told, now), now=at(now), deadline=at(told.deadline), zone=ZONE, reminders=REMINDERS
                )
                if found.answered:
                    band = found.answered
                    yield Trial(name, now - first, band.low, band.mid, band.high, truth)


def summary(tried: list[Trial]) -> dict[str, float]:
    """Percent held, over all, by family and by age of the campaign; the mean width of the band in points."""
    held: dict[str, list[bool]] = defaultdict(list)
    for trial in tried:
        for heap in ("all", trial.family, f"day {trial.moment:.0f}"):
            held[heap].append(trial.held)
    width = sum(trial.high - trial.low for trial in tried) / len(tried)
    return {f"{heap}: percent held": round(100 * sum(each) / len(each), 1) for heap, each in held.items()} | {
        "forecasts": len(tried),
        "mean width of the band, points": round(width, 1),
    }
