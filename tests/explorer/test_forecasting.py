"""The forecast: what it counts, when it keeps silent, and whether its band holds the truth."""

from datetime import UTC, datetime, timedelta

import pytest

from explorer import forecast_words
from explorer.bench import forecasts
from explorer.forecasting import Band, Calls, Person, forecast

NO_DATABASE = True
NOW = datetime(2026, 12, 10, 18, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = "America/Chicago"


def group(count: int, asked: float, answered: float | None = None, **more) -> list[Person]:
    """So many people, first asked and answered so many days ago."""
    return [Person(NOW - asked * DAY, None if answered is None else NOW - answered * DAY, **more)] * count


def by_deadline(people, days=21.0, **more):
    return forecast(people, now=NOW, deadline=NOW + days * DAY, zone=ZONE, **more)


def test_there_is_none_before_thirty_contacts_are_three_days_old():
    found = by_deadline(group(29, 4) + group(500, 2.9))
    assert found.answered is None
    assert f"{found.possible_from:%m/%d/%Y}" == "12/10/2026"
    assert "about 30 first texts are 3 days old" in forecast_words.sentence(found)


def test_planned_texts_tell_from_when_on_there_is_a_forecast():
    found = by_deadline(group(10, 1) + group(40, -2))
    assert f"{found.possible_from:%m/%d/%Y}" == "12/15/2026"
    assert by_deadline([Person(None)] * 100).possible_from is None


def test_the_band_lies_between_what_is_in_and_everybody():
    people = group(200, 10, 8) + group(300, 10) + group(50, -1) + [Person(None)] * 50
    found = by_deadline(people)
    now = 100 * 200 / 600
    assert now <= found.answered.low <= found.answered.mid <= found.answered.high <= 100
    assert (found.people, found.asked, found.answered_now) == (600, 500, 200)


def test_equal_facts_give_equal_figures():
    people = group(100, 9, 7, consented=True) + group(200, 9)
    assert by_deadline(people) == by_deadline(people)


def test_whoever_was_asked_four_days_ago_says_nothing_about_day_ten():
    found = by_deadline(group(60, 4.5, 2) + group(100, 4.5))
    assert [day.at_risk for day in found.curve][:6] == [160, 160, 160, 100, 0, 0]
    assert found.curve[3].share is not None
    assert found.curve[4].share is None


def test_an_answer_before_the_first_contact_is_an_answer_and_no_response():
    found = by_deadline(group(20, 5, 9) + group(100, 5))
    assert found.answered_now == 20
    assert sum(day.answered for day in found.curve) == 0


def test_few_yes_among_the_answers_keep_the_consents_low():
    people = group(150, 12, 10, consented=True) + group(150, 12, 9) + group(100, 12)
    found = by_deadline(people)
    assert found.consented.high < 0.7 * found.answered.high


def test_calls_needed_are_learnt_from_how_calls_end():
    people = group(200, 20, 18) + group(200, 20)
    good = by_deadline(people, calls=Calls(made=100, decided=50, days=15)).calls_a_day
    poor = by_deadline(people, calls=Calls(made=100, decided=20, days=15)).calls_a_day
    assert 0 < good < poor
    assert by_deadline(group(90, 20, 18) + group(10, 20)).calls_a_day == 0


def test_without_numbers_or_working_days_calls_cannot_do_it():
    silent = group(200, 20, 18) + group(200, 20, can_call=False)
    assert by_deadline(silent, calls=Calls(days=15)).calls_a_day is None
    found = by_deadline(group(200, 20, 18) + group(200, 20), calls=Calls(days=0))
    assert found.calls_a_day is None
    assert "write letters" in forecast_words.sentence(found)


def test_after_the_deadline_only_the_outcome_is_told():
    found = by_deadline(group(50, 20, 10) + group(50, 20), days=-1)
    assert found.answered is None
    assert "has passed: 50 %" in forecast_words.sentence(found)


def test_the_sentence_has_the_band_and_the_calls():
    found = by_deadline(group(200, 20, 18) + group(200, 20), calls=Calls(days=15))
    told = forecast_words.sentence(found)
    assert told.startswith("On 12/31/2026, ")
    assert f"70 % needs {found.calls_a_day} calls a day from tomorrow." in told
    assert isinstance(found.answered, Band)


def test_the_band_holds_the_truth_in_a_handful_of_campaigns():
    tried = list(forecasts.trials(2, seed=5, families={"bumps": forecasts.bumps, "slow": forecasts.slow}, moments=1))
    assert sum(trial.held for trial in tried) >= len(tried) - 2


@pytest.mark.long
def test_the_band_holds_the_truth_in_70_to_90_percent_of_campaigns():
    told = forecasts.summary(list(forecasts.trials(30, seed=11)))
    assert 70 <= told["all: percent held"] <= 90
    assert min(told[f"{family}: percent held"] for family in forecasts.FAMILIES) >= 55
