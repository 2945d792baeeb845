"""At most one text a day and three a week: asked of the gate alone, with plain facts."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from outreach.gate import NumberFacts, PatientFacts, number_refusals
from outreach.hours import Verdict, allowed

NO_DATABASE = True

CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 12, 8, 12, tzinfo=CHICAGO)
OPEN = Verdict(True, "open", "", NOON)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


SOMEBODY = (PatientFacts(1),)


def facts(now=NOON, patients=SOMEBODY, **more) -> NumberFacts:
    """Nothing stands against this text but what is given."""
    free = {"state": "AL", "suppressed": False, "hours": OPEN, "texting_stopped": False, "campaign_running": True}
    return NumberFacts(
        now=now, patients=patients, polled_at=now, code_expires_at=now + 60 * 24 * HOUR, **free | more
    )  # fmt: skip


def refused(now=NOON, **more) -> list[tuple[str, datetime | None]]:
    return [(each.code, each.until) for each in number_refusals(facts(now, **more))]


def ago(*times: timedelta) -> tuple[datetime, ...]:
    return tuple(NOON.astimezone(UTC) - each for each in times)


@pytest.mark.parametrize("whose", ["number", "patient"])
@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        ([], []),
        ([24 * HOUR], []),
        ([24 * HOUR - SECOND], ["day_limit"]),
        ([48 * HOUR, 96 * HOUR], []),
        ([24 * HOUR, 72 * HOUR, 168 * HOUR - SECOND], ["week_limit"]),
        ([24 * HOUR, 72 * HOUR, 168 * HOUR], []),
        ([HOUR, 72 * HOUR, 100 * HOUR], ["day_limit", "week_limit"]),
        ([24 * HOUR, 25 * HOUR, 26 * HOUR, 27 * HOUR], ["week_limit"]),
    ],
)
def test_one_text_a_day_and_three_a_week(whose, texts, codes):
    times = ago(*texts)
    known = {"texts_at": times} if whose == "number" else {"patients_texted_at": {1: times}}
    assert [code for code, _ in refused(**known)] == codes


def test_it_is_told_from_when_on_the_next_text_may_go_out():
    assert refused(texts_at=ago(HOUR)) == [("day_limit", NOON + 23 * HOUR)]
    assert refused(texts_at=ago(30 * HOUR, 50 * HOUR, 100 * HOUR)) == [("week_limit", NOON + 68 * HOUR)]


def test_a_text_to_one_of_two_patients_on_the_number_counts_for_both():
    both = (PatientFacts(1), PatientFacts(2))
    assert refused(patients=both, patients_texted_at={1: (), 2: ago(HOUR)}) == [("day_limit", NOON + 23 * HOUR)]


def test_the_reminder_at_the_opening_three_days_after_a_later_hour_is_in_time():
    first, third = datetime(2026, 12, 7, 16, tzinfo=UTC), datetime(2026, 12, 10, 9, tzinfo=CHICAGO)
    seventh = datetime(2026, 12, 14, 9, tzinfo=CHICAGO)
    assert refused(third, texts_at=(first,)) == []
    assert refused(seventh, texts_at=(first, third.astimezone(UTC))) == []


@pytest.mark.parametrize(("sent", "codes"), [(3, []), (4, ["campaign_limit"]), (5, ["campaign_limit"])])
def test_a_campaign_has_its_own_most(sent, codes):
    assert [code for code, _ in refused(texts_of_campaign=sent, texts_per_campaign=4)] == codes


ZONES = ["America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu"]


@pytest.mark.parametrize("zone", ZONES)
def test_neither_two_texts_on_a_calendar_day_nor_four_in_a_calendar_week(zone):
    """Tries to send at random moments of half a year with both changes of the clock, as often as it may."""
    chance, local = random.Random(zone), ZoneInfo(zone)
    now, sent = datetime(2026, 9, 1, tzinfo=UTC), []
    while now < datetime(2027, 4, 1, tzinfo=UTC):
        now += timedelta(minutes=chance.randrange(1, 400))
        verdict = allowed(now, zones=(zone,), state="AL")
        if not number_refusals(facts(now, hours=verdict, texts_at=tuple(sent[-5:]))):
            sent.append(now)
    days = [at.astimezone(local).date() for at in sent]
    assert len(days) == len(set(days)) > 60
    assert all(later - former >= 24 * HOUR for former, later in pairwise(sent))
    for first_weekday in (0, 6):  # weeks from Monday, and from Sunday
        weeks = [(day - timedelta(days=(day.weekday() - first_weekday) % 7)) for day in days]
        assert max(weeks.count(week) for week in weeks) <= 3


def test_nobody_comes_of_age_by_the_clock_of_another_continent():
    evening = datetime(2026, 12, 8, 1, tzinfo=UTC)  # still December 7 in Alabama
    almost_of_age = PatientFacts(1, date_of_birth=date(2007, 12, 8))
    assert refused(evening, patients=(almost_of_age,), today=date(2026, 12, 7)) == [("nobody_left", None)]
    assert refused(evening, patients=(almost_of_age,), today=date(2026, 12, 8)) == []


CALLED = datetime(2026, 12, 7, 15, tzinfo=CHICAGO)


def test_a_call_to_everybody_who_is_left_replaces_the_reminder_and_tells_the_day():
    answered, called, other = PatientFacts(1, answered=True), PatientFacts(2), PatientFacts(3)
    (refusal,) = number_refusals(facts(patients=(answered, called), spoken_with={2: CALLED}))
    assert (refusal.code, refusal.waits, refusal.words) == ("called", False, "Staff spoke with them on 12/07/2026.")
    assert refused(patients=(called, other), spoken_with={2: CALLED}) == []
    later = {2: CALLED, 3: CALLED + 24 * HOUR}
    (refusal,) = number_refusals(facts(patients=(called, other), spoken_with=later))
    assert refusal.words == "Staff spoke with them on 12/08/2026."
    assert refused(patients=(answered,), spoken_with={1: CALLED}) == [("nobody_left", None)]
