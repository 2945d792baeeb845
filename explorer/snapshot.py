"""The figures of the first page. A large practice is counted by the worker each minute, never while a page waits.

Up to LIVE_UP_TO patients everything but the forecast is counted as the page is made. Above that, and for the
forecast always, the newest count is kept with its moment, and whoever shows it says that moment.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.cache import cache

from explorer import figures
from explorer.forecasting import Band, CurveDay, Forecast
from explorer.lib import clock
from explorer.lib.models import Practice
from patients.models import Patient

LIVE_UP_TO = 5_000
GOOD_FOR = timedelta(minutes=5)  # a forecast, before it is made anew
SHOWN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All figures of one moment. `live`: counted for this very page."""

    at: datetime
    live: bool
    standings: figures.Standings
    funnel: list[figures.Funnel]
    texts: figures.Texts
    rates: list[figures.Rate]
    apcm: figures.Elections


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of each cohort, made at that moment."""

    at: datetime
    cohorts: dict[str, Forecast]


def _key(*kinds: type) -> str:
    """Another release with other fields finds nothing, rather than what it cannot read."""
    shape = ",".join(f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind))
    return f"{kinds[0].__name__}-{sha256(shape.encode()).hexdigest()[:16]}"


FIGURES = _key(
    Snapshot, figures.Standings, figures.Standing, figures.Funnel, figures.Texts, figures.Rate, figures.Elections
)
OUTLOOK = _key(Outlook, Forecast, Band, CurveDay)


def is_large() -> bool:
    return Patient.objects.count() > LIVE_UP_TO


def count(practice: Practice, now: datetime, *, live: bool) -> Snapshot:
    answered, found = figures.first_answers(), figures.census(practice)
    rates = figures.response_rates(figures.first_texts(answered), now, practice.time_zone)
    return Snapshot(
        now, live, figures.standings(found), figures.funnel(found), figures.texts(answered), rates, figures.elections()
    )


def current(practice: Practice, now: datetime) -> Snapshot | None:
    """None: a large practice that the worker has not counted yet."""
    return _kept(FIGURES, now) if is_large() else count(practice, now, live=True)


def outlook(now: datetime) -> Outlook | None:
    """The newest that was made, however old it is within a day."""
    return _kept(OUTLOOK, now)


def is_fresh(kept: Snapshot | Outlook | None, now: datetime, good_for: timedelta = GOOD_FOR) -> bool:
    return kept is not None and now - kept.at < good_for


def make_outlook(practice: Practice, now: datetime) -> Outlook:
    made = Outlook(now, figures.forecast(practice, now))
    cache.set(OUTLOOK, made, None)
    return made


def refresh() -> None:
    """The worker's look of each minute. Twice does no harm."""
    practice, now = Practice.current(), clock.now()
    if is_large():
        cache.set(FIGURES, count(practice, now, live=False), None)
    if not is_fresh(outlook(now), now):
        make_outlook(practice, now)


def _kept(key: str, now: datetime):
    """Nothing from the future: the clock was set back. Nothing from days ago: the worker stood still."""
    kept = cache.get(key)
    return kept if kept is not None and timedelta(0) <= now - kept.at <= SHOWN_FOR else None
