"""Who is of age. The ages of majority are data; most states' is 18 (domain rule S3)."""

from datetime import date

ADULT_AT = {"AL": 19, "NE": 19, "MS": 21}


def is_minor(birth: date | None, *, state: str, today: date) -> bool:
    """Under the state's age of majority; an unknown birth date is treated as an adult's."""
    return birth is not None and birth > youngest_adult_born_on(state=state, today=today)


def youngest_adult_born_on(*, state: str, today: date) -> date:
    """Whoever was born later is a minor today."""
    year = max(1, today.year - ADULT_AT.get(state, 18))
    try:
        return today.replace(year=year)
    except ValueError:
        return date(year, 2, 28)  # 29 February in a year without one
