from datetime import date

import pytest

from patients.dates import BadDate, day_first_in, read_birth_date, read_date

NO_DATABASE = True

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "1950-01-02", "1950/1/2", "1/2/1950", "01-02-1950", "1.2.1950", "1 / 2 / 1950", "1/2/50", "01.02.50",
        "2-Jan-1950", "2-Jan-50", "02JAN1950", "Jan 2, 1950", "Jan. 2 1950", "January 2 1950",
        "January 2nd, 1950",
        "2 January 1950", "Monday, January 2, 1950", "1950-01-02 00:00:00", "1950-01-02T00:00:00Z",
        "1/2/1950 12:00:00 AM", "1/2/1950 0:00", "18265", "18265.0", "18265.5", "19500102", "01021950",
        "1021950",
        "2 de enero de 1950", "2. Januar 1950", " 1/2/1950 ",
    ],
)  # fmt: skip
def test_every_usual_way_to_write_a_date_of_birth_is_read(text):
    assert read_birth_date(text, today=TODAY) == date(1950, 1, 2)


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("11/24/26", date(2026, 11, 24)),
        ("11/25/26", date(1926, 11, 25)),
        ("1/2/27", date(1927, 1, 2)),
        ("2/29/00", date(2000, 2, 29)),
        ("3. März 1950", date(1950, 3, 3)),
    ],
)
def test_two_digit_years_never_give_a_birth_in_the_future(text, born):
    assert read_birth_date(text, today=TODAY) == born


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("11/25/2026", "in the future"),
        ("1/1/1900", "more than 120 years"),
        ("2/30/1950", "no such day"),
        ("13/1/1950", "no month 13"),
        ("1950", "only a year"),
        ("", "empty"),
        ("unknown", "no date"),
        ("0", "no date"),
        ("60", "no date"),
        ("60001", "no date"),
        ("2055551234", "no date"),
        ("Foo 2, 1950", "name of the month"),
        ("1/2/1950 1/3/1950", "no date"),
        ("9" * 100_000, "no date"),
    ],
)
def test_what_is_no_date_of_birth_says_why_in_a_sentence_without_the_cell(text, says):
    with pytest.raises(BadDate, match=says) as refused:
        read_birth_date(text, today=TODAY)
    assert not text or text not in str(refused.value)


def test_excel_serials_count_the_leap_day_that_never_was():
    assert (read_date("1"), read_date("59"), read_date("61")) == (
        date(1900, 1, 1),
        date(1900, 2, 28),
        date(1900, 3, 1),
    )
    assert read_date("46350") == date(2026, 11, 24)


def test_a_two_digit_year_of_a_visit_is_a_recent_one():
    assert read_date("1/2/26") == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("column", "day_first"),
    [
        (["1/2/1950", "25/12/1950", ""], True),
        (["1/2/1950", "12/25/1950"], False),
        (["25/12/1950", "12/25/1950"], False),
        (["25.12.50 00:00"], True),
        (["1950-12-25", "25-Dec-1950"], False),
        ([], False),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_the_whole_column(column, day_first):
    assert day_first_in(column) is day_first


def test_a_day_first_column_is_read_day_first():
    assert read_birth_date("3/4/1950", today=TODAY, day_first=True) == date(1950, 4, 3)
    assert read_birth_date("03041950", today=TODAY, day_first=True) == date(1950, 4, 3)
    with pytest.raises(BadDate):
        read_birth_date("4/13/1950", today=TODAY, day_first=True)
