"""One answer as it was typed into the form, with the slips people make."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from explorer.demo import form
from explorer.demo.person import Person
from explorer.demo.plans import NO_CODE, WRONG_BIRTH_DATE, WRONG_CODE, Plan

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CONTRARY = {"yes": "no", "no": "yes", "more": "yes"}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """`completed_at` is aware, in the practice's zone; `code` is what the link carried."""

    person: Person
    plan: Plan
    code: str
    completed_at: datetime
    second: bool = False


def typed_cells(answer: Answer, seed: int) -> list[str | date | datetime | None]:
    """Start time, completion time, Email, Name, then one cell per question."""
    person, plan = answer.person, answer.plan
    rng = Random(f"{seed}:{person.mrn}:typed:{answer.second}")
    completed_at = answer.completed_at.replace(tzinfo=None, microsecond=0)
    started_at = completed_at - timedelta(seconds=rng.randrange(80, 600))
    signed_on = completed_at.date()
    mistake = "" if answer.second else plan.mistake
    birth_date = _wrong_day(person.birth_date, signed_on, rng) if mistake == WRONG_BIRTH_DATE else person.birth_date
    once_more = birth_date if rng.random() < 0.5 else person.birth_date
    return [
        started_at,
        completed_at,
        "anonymous",
        None,
        _code(answer.code, mistake, rng),
        birth_date,
        form.RECORDS_OPTIONS[plan.records != answer.second],
        *_apcm(person, plan, answer.second, rng),
        _name(person, rng),
        _date_in_words(once_more, rng),
        signed_on,
        form.SIGNED,
    ]


def _code(shown: str, mistake: str, rng: Random) -> str | None:
    """Nearly always what the link filled in; some clear it and type it from the message or the letter."""
    if mistake == NO_CODE:
        return None
    if mistake == WRONG_CODE:
        return _one_symbol_off(shown, rng)
    if rng.random() < 0.88 or shown != shown.upper():
        return shown
    bare = "".join(filter(str.isalnum, shown))
    alike = shown.replace("0", "O").replace("1", "l")
    return rng.choice((shown.lower(), bare, shown.replace("-", " "), alike, shown + " "))


def _one_symbol_off(shown: str, rng: Random) -> str:
    place = rng.choice([place for place, symbol in enumerate(shown) if symbol.isalnum()])
    others = CROCKFORD.replace(shown[place].upper(), "")
    return shown[:place] + rng.choice(others) + shown[place + 1 :]


def _wrong_day(born: date, signed_on: date, rng: Random) -> date:
    """Today's year or the whole day of today, month and day changed about, or a year beside the right one."""
    neighbour = born.replace(year=born.year + rng.choice((-1, 1)), day=min(born.day, 28))
    this_year = born.replace(year=signed_on.year, day=min(born.day, 28))
    swapped = born.replace(month=born.day, day=born.month) if born.day <= 12 else neighbour
    return rng.choice((signed_on, this_year, swapped if swapped != born else neighbour, neighbour))


def _apcm(person: Person, plan: Plan, contrary: bool, rng: Random) -> tuple[str | None, str | None]:
    """APCM and the notice to the old practice; the second is asked only after a yes to the first."""
    if person.apcm != "active":
        return (form.NOT_ENROLLED if rng.random() < 0.85 else None), None
    choice = CONTRARY[plan.apcm] if contrary else plan.apcm
    return form.APCM_OPTIONS[choice], form.NOTIFY_OPTIONS[plan.notify] if choice == "yes" else None


def _name(person: Person, rng: Random) -> str:
    plain = f"{person.given} {person.family}"
    roll = rng.random()
    if roll < 0.45:
        return plain
    if roll < 0.65:
        return person.full_name
    if roll < 0.75:
        return plain.lower()
    if roll < 0.83:
        return plain.upper()
    if roll < 0.93:
        return f"{person.called or person.given} {person.family} {person.suffix}".strip()
    if roll < 0.98:
        return f"{person.given} {person.middle[:1]}. {person.family}" if person.middle else plain + " "
    return f"{plain} (signed by daughter)"


def _date_in_words(day: date, rng: Random) -> str:
    forms = (
        f"{day:%m/%d/%Y}",
        f"{day.month}/{day.day}/{day.year}",
        f"{day.month}-{day.day}-{day.year}",
        f"{day:%m/%d/%y}",
        f"{day:%m%d%Y}",
        f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    )
    return rng.choices(forms, (55, 20, 8, 8, 4, 5))[0]
