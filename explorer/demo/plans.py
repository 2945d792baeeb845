"""What each invented patient will do once texted: decided by chance, but the same on every machine."""

from dataclasses import dataclass
from functools import cache
from random import Random

from explorer.demo.people import SEED, practice
from explorer.demo.person import Person

STEP_DAYS = (0, 3, 7, 14)
LAST_HOUR = 21 * 24

# Of the telephone numbers.
STOP, WRONG_NUMBER, QUESTION, YES = "stop", "wrong number", "question", "yes"
HABITS = ((STOP, 0.03), (WRONG_NUMBER, 0.02), (QUESTION, 0.04), (YES, 0.01))

# Of the patients who neither stop the texts nor have lost the number: 0.55 × 0.95 = 52 % answer the form.
ANSWER = 0.55
STEP_SHARES = (46, 25, 17, 12)
RECORDS_YES = 0.93
APCM_CHOICES = (("yes", 84), ("no", 10), ("more", 6))
NOTIFY_YES = 0.9
CHANGES_MIND = 0.012

# Of the answers.
WRONG_CODE, NO_CODE = "wrong code", "no code"
WRONG_BIRTH_DATE, PARTNERS_LINK = "wrong birth date", "partner's link"
MISTAKES = ((WRONG_CODE, 2.5), (NO_CODE, 1), (WRONG_BIRTH_DATE, 3), (PARTNERS_LINK, 3), ("", 90.5))


@dataclass(frozen=True, slots=True)
class Plan:
    """A patient's part; `step` is the text that moves them: 0 the first, 1 to 3 the reminders."""

    habit: str  # of the number: one of HABITS, or ""
    step: int | None  # None: never answers the form
    delay_hours: float  # from that text to the answer
    records: bool
    apcm: str  # yes, no, more (wants to know more)
    notify: bool
    mistake: str  # one of MISTAKES, or ""
    second_answer_hours: float | None  # after the first one, and saying the contrary

    @property
    def answers_after_hours(self) -> float | None:
        """From the first text, if the reminders go out on days 3, 7 and 14."""
        return None if self.step is None else STEP_DAYS[self.step] * 24 + self.delay_hours

    @property
    def sends_stop(self) -> bool:
        return self.habit == STOP

    @property
    def wrong_number(self) -> bool:
        return self.habit == WRONG_NUMBER

    @property
    def asks(self) -> bool:
        return self.habit == QUESTION

    @property
    def says_yes_by_text(self) -> bool:
        return self.habit == YES

    @property
    def silent(self) -> bool:
        return self.step is None and not self.habit


def answer_plan(person: Person, seed: int = SEED) -> Plan:
    habit = habit_of(person.phone, seed) if person.phone else ""
    rng = Random(f"{seed}:{person.mrn}:plan")
    answers = rng.random() < ANSWER and habit not in (STOP, WRONG_NUMBER)
    step = rng.choices(range(len(STEP_DAYS)), STEP_SHARES)[0]
    return Plan(
        habit=habit,
        step=step if answers else None,
        delay_hours=_delay(step, rng),
        records=rng.random() < RECORDS_YES,
        apcm=_pick(APCM_CHOICES, rng),
        notify=rng.random() < NOTIFY_YES,
        mistake=_pick(MISTAKES, rng),
        second_answer_hours=rng.uniform(6, 120) if rng.random() < CHANGES_MIND else None,
    )


def habit_of(e164: str, seed: int = SEED) -> str:
    """What whoever holds this telephone does with texts; "" for most."""
    roll = Random(f"{seed}:{e164}:habit").random()
    for habit, share in HABITS:
        if roll < share:
            return habit
        roll -= share
    return ""


@cache
def people_by_phone() -> dict[str, list[Person]]:
    """The demo's patients by each number they can be texted at."""
    found: dict[str, list[Person]] = {}
    for person in practice().people:
        for number in {person.home_phone, person.cell_phone} - {""}:
            found.setdefault(number, []).append(person)
    return found


def _delay(step: int, rng: Random) -> float:
    """Minutes for the quick ones, then ever fewer, and all within three weeks of the first text."""
    hours = 0.25 + rng.expovariate(1 / 3 if rng.random() < 0.6 else 1 / 40)
    return min(hours, LAST_HOUR - STEP_DAYS[step] * 24 - rng.uniform(1, 24))


def _pick(choices: tuple[tuple[str, float], ...], rng: Random) -> str:
    return rng.choices([choice for choice, _ in choices], [weight for _, weight in choices])[0]
