"""Nobody is texted at the wrong hour, on a Sunday or on a holiday, wherever the phone may be."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.hours import (
    DEFAULT_WINDOW,
    RULES,
    UNKNOWN_ZONES,
    Window,
    allowed,
    beyond_the_rules,
    holidays_on,
    opening_after,
    rules_on,
    state_code,
    zones_for,
    zones_of,
)

NO_DATABASE = True

CENTRAL, EAST, PACIFIC = "America/Chicago", "America/New_York", "America/Los_Angeles"
EVERY_DAY = Window(time(9), time(20), frozenset(range(8)))


def at(text: str, zone: str = CENTRAL) -> datetime:
    """A local time such as "2026-12-07 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def judge(text: str, zone: str = CENTRAL, **more):
    return allowed(at(text, zone), **({"zones": (zone,), "state": "AL"} | more))


@pytest.mark.parametrize(
    ("local", "reason", "opens"),
    [
        ("2026-12-07 09:00", "open", "2026-12-07 09:00"),
        ("2026-12-07 19:59:59.999999", "open", "2026-12-07 19:59:59.999999"),
        ("2026-12-07 08:59:59.999999", "too_early", "2026-12-07 09:00"),
        ("2026-12-07 20:00", "too_late", "2026-12-08 09:00"),
        ("2026-12-05 21:00", "too_late", "2026-12-07 09:00"),  # Saturday night waits for Monday
        ("2026-12-06 12:00", "sunday", "2026-12-07 09:00"),
        # daylight-saving days are Sundays: the hour that is missing or doubled must not move Monday's opening
        ("2026-03-07 20:30", "too_late", "2026-03-09 09:00"),
        ("2026-03-08 03:00", "sunday", "2026-03-09 09:00"),
        ("2026-11-01 01:30", "sunday", "2026-11-02 09:00"),
        ("2026-10-31 19:59", "open", "2026-10-31 19:59"),
        # leap days
        ("2028-02-29 12:00", "open", "2028-02-29 12:00"),
        ("2028-02-28 21:00", "too_late", "2028-02-29 09:00"),
        ("2028-02-29 21:00", "too_late", "2028-03-01 09:00"),
        # Christmas on a Friday, then on a Saturday with its observed Friday
        ("2026-12-24 12:00", "open", "2026-12-24 12:00"),
        ("2026-12-24 20:00", "too_late", "2026-12-26 09:00"),
        ("2026-12-25 12:00", "holiday", "2026-12-26 09:00"),
        ("2027-12-24 12:00", "holiday", "2027-12-27 09:00"),
        ("2027-12-25 12:00", "holiday", "2027-12-27 09:00"),
        # New Year, over the turn of the year
        ("2026-12-31 20:00", "too_late", "2027-01-02 09:00"),
        ("2027-12-30 23:00", "too_late", "2028-01-03 09:00"),
        # Juneteenth on a Friday, then on a Saturday, observed the day before
        ("2026-06-19 10:00", "holiday", "2026-06-20 09:00"),
        ("2027-06-18 10:00", "holiday", "2027-06-21 09:00"),
        ("2027-06-19 10:00", "holiday", "2027-06-21 09:00"),
        # Independence Day on a Sunday, observed the day after
        ("2027-07-05 10:00", "holiday", "2027-07-06 09:00"),
        # Alabama's own
        ("2026-04-27 10:00", "holiday", "2026-04-28 09:00"),
        ("2026-06-01 10:00", "holiday", "2026-06-02 09:00"),
    ],
)
def test_the_hour_the_day_and_the_next_opening(local, reason, opens):
    verdict = judge(local)
    assert (verdict.ok, verdict.reason_code) == (reason == "open", reason)
    assert verdict.next_opening == at(opens)


def test_a_refusal_says_why_in_words():
    assert judge("2026-12-25 12:00").words == "No texts go out on Christmas Day."
    assert judge("2026-12-06 12:00").words == "No texts go out on a Sunday."
    assert judge("2026-12-07 07:00").words == "Texts start at 09:00 Chicago time."
    assert judge("2026-12-07 22:00").words == "Texts end at 20:00 Chicago time."


def test_the_moment_may_be_given_in_any_zone_but_must_have_one():
    assert allowed(datetime(2026, 12, 7, 15, 0, tzinfo=UTC), zones=(CENTRAL,)).ok
    assert not allowed(datetime(2026, 12, 7, 14, 59, tzinfo=UTC), zones=(CENTRAL,)).ok
    with pytest.raises(ValueError, match="time zone"):
        allowed(datetime(2026, 12, 7, 15, 0), zones=(CENTRAL,))


@pytest.mark.parametrize(
    ("eastern", "ok", "opens"),
    [
        ("2026-12-07 11:59", False, "2026-12-07 12:00"),
        ("2026-12-07 12:00", True, "2026-12-07 12:00"),
        ("2026-12-07 19:59", True, "2026-12-07 19:59"),
        ("2026-12-07 20:00", False, "2026-12-08 12:00"),
        ("2026-12-05 21:00", False, "2026-12-07 12:00"),
    ],
)
def test_a_phone_of_unknown_place_waits_until_both_coasts_are_open(eastern, ok, opens):
    for zones in (UNKNOWN_ZONES, ()):
        verdict = judge(eastern, EAST, zones=zones)
        assert (verdict.ok, verdict.next_opening) == (ok, at(opens, EAST))


def test_zones_whose_hours_never_meet_have_no_opening():
    verdict = allowed(
        at("2026-12-07 10:00"), zones=("Pacific/Auckland", EAST), window=Window(time(9), time(12)), state="AL"
    )
    assert (verdict.ok, verdict.next_opening) == (False, None)


def test_sundays_and_holidays_open_only_when_the_window_names_them():
    assert judge("2026-12-06 12:00", window=EVERY_DAY).ok
    assert judge("2026-12-25 12:00", window=EVERY_DAY).ok
    with_sunday = Window(days=frozenset(range(7)))
    assert judge("2026-12-06 12:00", window=with_sunday).ok
    assert judge("2026-12-25 12:00", window=with_sunday).reason_code == "holiday"
    assert judge("2026-12-10 12:00", window=Window(days=frozenset({0, 1}))).reason_code == "closed_day"
    mondays = Window(days=frozenset({0}))
    assert judge("2026-12-10 12:00", window=mondays).next_opening == at("2026-12-14 09:00")


@pytest.mark.parametrize(
    ("state", "local", "ok"),
    [
        ("", "2026-12-07 20:59", True),
        ("", "2026-12-07 21:00", False),
        ("", "2026-12-07 07:59", False),
        ("AL", "2026-12-07 20:00", False),
        ("al", "2026-12-07 20:00", False),
        ("AL", "2026-12-07 08:00", True),
        ("CT", "2026-12-07 08:30", False),
        ("TX", "2026-12-06 11:59", False),
        ("TX", "2026-12-06 12:00", True),
        ("TX", "2026-12-07 20:59", True),
        ("GA", "2026-12-07 20:59", True),
    ],
)
def test_a_window_wider_than_the_law_is_cut_to_the_law(state, local, ok):
    wide = Window(time(0), time(23, 59), frozenset(range(7)))
    assert judge(local, state=state, window=wide).ok is ok


def test_a_window_outside_the_law_never_opens():
    night = judge("2026-12-07 05:00", window=Window(time(4), time(7)))
    assert (night.ok, night.reason_code, night.next_opening) == (False, "closed_day", None)


def test_a_rule_counts_from_its_day_on():
    assert [rule.state for rule in rules_on(date(2025, 8, 31), "TX")] == [""]
    assert [rule.state for rule in rules_on(date(2025, 9, 1), "TX")] == ["", "TX"]
    assert [rule.state for rule in rules_on(date(2026, 1, 1), "ZZ")] == [""]
    assert all(rule.source for rule in RULES)


def test_a_practice_is_told_where_its_window_is_wider_than_the_law():
    today = date(2026, 12, 7)
    assert beyond_the_rules(DEFAULT_WINDOW, "AL", today) == []
    assert len(beyond_the_rules(EVERY_DAY, "AL", today)) == 2
    assert beyond_the_rules(Window(time(8), time(21)), "FL", today) == [
        "Texts go out from 08:00 to 20:00 only (Fla. Stat. 501.616)."
    ]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [(time(20), time(9), {0}), (time(9), time(9), {0}), (time(9), time(20), set()), (time(9), time(20), {8})],
)
def test_an_impossible_window_is_refused(start, end, days):
    with pytest.raises(ValueError, match="The texting"):
        Window(start, end, frozenset(days))


@pytest.mark.parametrize(
    ("day", "state", "name"),
    [
        (date(2026, 12, 25), "AL", "Christmas Day"),
        (date(2026, 6, 1), "AL", "Jefferson Davis Birthday"),
        (date(2026, 6, 1), "GA", None),
        (date(2026, 10, 12), "FL", "Columbus Day"),  # not kept by Florida, but federal
        (date(2026, 2, 16), "", "Washington's Birthday"),
        (date(2026, 2, 16), "ZZ", "Washington's Birthday"),
        (date(2026, 12, 24), "AL", None),
        (date(2027, 12, 31), "al", "New Year's Day (observed)"),
    ],
)
def test_federal_and_state_holidays_are_known_by_name(day, state, name):
    assert holidays_on(day, state) == name


@pytest.mark.parametrize(
    ("zip_code", "phone", "zones"),
    [
        ("35203", "+12125550100", (CENTRAL,)),  # the address counts before the area code
        ("35203-1234", "", (CENTRAL,)),
        (" 352031234 ", "", (CENTRAL,)),
        ("36830", "", (CENTRAL,)),
        ("36867", "", (CENTRAL, EAST)),  # Phenix City
        ("32401", "", (CENTRAL, EAST)),
        ("32501", "", (CENTRAL,)),
        ("32301", "", (EAST,)),
        ("37402", "", (EAST,)),
        ("37203", "", (CENTRAL,)),
        ("83814", "", (PACIFIC,)),
        ("83702", "", ("America/Boise",)),
        ("79901", "", ("America/Denver",)),
        ("85001", "", ("America/Phoenix",)),
        ("99501", "", ("America/Anchorage",)),
        ("96813", "", ("Pacific/Honolulu",)),
        ("96799", "", ("Pacific/Pago_Pago",)),
        ("00901", "", ("America/Puerto_Rico",)),
        ("09012", "+12055550100", (CENTRAL,)),  # a military address says nothing
        ("", "+12055550100", (CENTRAL,)),
        ("123", "+14155550123", (PACIFIC,)),
        ("", "+18505550100", (CENTRAL, EAST)),
        ("", "+14235550100", (CENTRAL, EAST)),
        ("", "+12195550100", (CENTRAL,)),
        ("", "+16895550100", (EAST,)),
        ("", "+18085550100", ("Pacific/Honolulu",)),
        ("", "+18005550100", UNKNOWN_ZONES),  # toll-free
        ("", "+15555550100", UNKNOWN_ZONES),
        ("", "205-555-0100", UNKNOWN_ZONES),
        ("ABCDE", "", UNKNOWN_ZONES),
        (None, None, UNKNOWN_ZONES),
    ],
)
def test_the_zone_comes_from_the_zip_then_from_the_area_code(zip_code, phone, zones):
    assert zones_for(zip_code, phone) == zones


def test_every_zip_and_area_code_leads_to_zones_this_machine_knows():
    prefixes = {zone for n in range(1000) for zone in zones_for(f"{n:03}01", "")}
    area_codes = {zone for n in range(200, 1000) for zone in zones_for("", f"+1{n}5550100")}
    assert prefixes | area_codes <= available_timezones()
    assert len(prefixes) > 10


def test_people_who_share_a_phone_must_all_be_awake():
    assert zones_of(["35203", "35205"], "+12055550100") == (CENTRAL,)
    assert zones_of(["35203", "30301"], "+12055550100") == (CENTRAL, EAST)
    assert zones_of(["35203", ""], "+14155550123") == (CENTRAL, PACIFIC)
    assert zones_of([], "+14155550123") == (PACIFIC,)
    assert zones_of([], "") == UNKNOWN_ZONES


@pytest.mark.parametrize(
    ("written", "code"),
    [("AL", "AL"), (" al ", "AL"), ("Alabama", "AL"), ("NEW  YORK", "NY"), ("Ontario", ""), ("ZZ", ""), ("", "")],
)
def test_a_state_is_known_by_its_letters_and_by_its_name(written, code):
    assert state_code(written) == code


@pytest.mark.parametrize(
    ("local", "theirs", "reason"),
    [
        ("2026-02-17 10:00", (), "open"),
        ("2026-02-17 10:00", ("Louisiana",), "holiday"),  # Mardi Gras
        ("2026-04-27 10:00", ("GA",), "holiday"),  # the practice's own day counts all the same
        ("2026-11-27 10:00", ("AL", "FL"), "holiday"),  # the day after Thanksgiving, in Florida
        ("2026-11-27 10:00", ("nowhere", ""), "open"),
    ],
)
def test_the_holidays_of_the_recipients_state_count_too(local, theirs, reason):
    assert judge(local, theirs=theirs).reason_code == reason


@pytest.mark.parametrize(
    ("local", "theirs", "ok"),
    [("08:30", (), True), ("08:30", ("CT",), False), ("19:59", ("CT",), True), ("20:00", ("FL",), False)],
)
def test_the_hours_of_the_recipients_state_count_too(local, theirs, ok):
    wide = Window(time(8), time(21))
    assert judge(f"2026-12-07 {local}", state="GA", window=wide, theirs=theirs).ok is ok


# Steps 0, 3, 7 and 14 of campaigns over both changes of the clock, a leap day, the New Year and holidays.
@pytest.mark.parametrize(
    ("first", "zone", "third", "seventh", "fourteenth"),
    [
        # into standard time: Sunday, 1 November 2026
        ("2026-10-29 10:00", CENTRAL, "2026-11-02 09:00", "2026-11-05 09:00", "2026-11-12 09:00"),
        ("2026-10-30 19:59", EAST, "2026-11-02 09:00", "2026-11-06 09:00", "2026-11-13 09:00"),
        # into daylight-saving time: Sunday, 14 March 2027
        ("2027-03-11 15:00", CENTRAL, "2027-03-15 09:00", "2027-03-18 09:00", "2027-03-25 09:00"),
        (
            "2027-03-10 09:00",
            "America/Indiana/Indianapolis",
            "2027-03-13 09:00",
            "2027-03-17 09:00",
            "2027-03-24 09:00",
        ),
        # no change at all
        ("2027-03-11 15:00", "America/Phoenix", "2027-03-15 09:00", "2027-03-18 09:00", "2027-03-25 09:00"),
        ("2026-10-29 10:00", "Pacific/Honolulu", "2026-11-02 09:00", "2026-11-05 09:00", "2026-11-12 09:00"),
        # the leap day itself, and over it
        ("2028-02-26 12:00", CENTRAL, "2028-02-29 09:00", "2028-03-04 09:00", "2028-03-11 09:00"),
        ("2028-02-15 12:00", CENTRAL, "2028-02-18 09:00", "2028-02-22 09:00", "2028-02-29 09:00"),
        # day 14 of a text on 18 December is the New Year; day 7 is Christmas
        ("2026-12-18 12:00", CENTRAL, "2026-12-21 09:00", "2026-12-26 09:00", "2027-01-02 09:00"),
        # Thanksgiving
        ("2026-11-23 12:00", CENTRAL, "2026-11-27 09:00", "2026-11-30 09:00", "2026-12-07 09:00"),
    ],
)
def test_reminders_are_due_at_the_opening_of_their_day_where_the_phone_is(first, zone, third, seventh, fourteenth):
    due = [opening_after(at(first, zone), days, zones=(zone,), state="AL") for days in (3, 7, 14)]
    assert due == [at(third, zone), at(seventh, zone), at(fourteenth, zone)]


def test_the_days_are_those_of_the_phones_own_calendar():
    hawaii, guam = "Pacific/Honolulu", "Pacific/Guam"
    evening_there = at("2026-12-07 19:30", hawaii)  # already Tuesday in Alabama
    assert opening_after(evening_there, 3, zones=(hawaii,), state="AL") == at("2026-12-10 09:00", hawaii)
    morning_there = at("2026-12-08 10:00", guam)  # still Monday in Alabama
    assert opening_after(morning_there, 3, zones=(guam,), state="AL") == at("2026-12-11 09:00", guam)


def test_a_reminder_of_an_unknown_place_is_due_when_the_west_coast_opens():
    assert opening_after(at("2026-12-07 13:00"), 3, zones=(), state="AL") == at("2026-12-10 09:00", PACIFIC)
    assert opening_after(at("2026-12-07 10:00"), 3, zones=(EAST,), window=Window(time(4), time(7)), state="AL") is None


us_zones = st.sampled_from(
    [EAST, CENTRAL, "America/Denver", "America/Phoenix", PACIFIC, "America/Anchorage", "Pacific/Honolulu"]
)
one_or_two_zones = st.lists(us_zones, min_size=1, max_size=2, unique=True).map(tuple)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))
near_the_change = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from([at("2026-03-08 12:00"), at("2026-11-01 12:00"), at("2028-02-29 12:00")]),
    st.integers(-3000, 3000),
)
windows = st.builds(
    lambda hours, days: Window(time(min(hours)), time(max(hours), 30), days),
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
    st.frozensets(st.integers(0, 7), min_size=1),
)


def inside(moment: datetime, zone: str, window: Window, state: str) -> bool:
    """The rule said again, from the local time alone."""
    local = moment.astimezone(ZoneInfo(zone))
    day, clock = local.date(), local.time()
    if local.weekday() not in window.days or (7 not in window.days and holidays_on(day, state)):
        return False
    legal = {"AL": (time(8), time(20)), "TX": (time(12 if local.weekday() == 6 else 9), time(21))}
    start, end = legal.get(state, (time(8), time(21)))
    return max(window.start, start) <= clock < min(window.end, end)


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(moments, near_the_change),
    one_or_two_zones,
    st.one_of(st.just(DEFAULT_WINDOW), windows),
    st.sampled_from(["", "AL", "TX"]),
)
def test_a_text_goes_out_exactly_when_every_zone_is_inside(moment, zones, window, state):
    moment = max(moment, datetime(2025, 9, 2, tzinfo=UTC))
    verdict = allowed(moment, zones=zones, window=window, state=state)
    assert verdict.ok is all(inside(moment, zone, window, state) for zone in zones)
    assert verdict.ok is (verdict.reason_code == "open")


@settings(max_examples=60, deadline=None)
@given(st.one_of(moments, near_the_change), one_or_two_zones)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment, zones):
    opening = allowed(moment, zones=zones, state="AL").next_opening
    assert all(inside(opening, zone, DEFAULT_WINDOW, "AL") for zone in zones)
    step = moment.astimezone(UTC)
    while step < opening:
        assert not all(inside(step, zone, DEFAULT_WINDOW, "AL") for zone in zones)
        step += timedelta(minutes=19)
    if opening > moment:
        just_before = opening - timedelta(microseconds=1)
        assert not all(inside(just_before, zone, DEFAULT_WINDOW, "AL") for zone in zones)
