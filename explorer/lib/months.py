"""Calendar months, each named by its first day."""

from datetime import date, timedelta

from django.db import models


def first_of(day: date) -> date:
    return day.replace(day=1)


def last_of(day: date) -> date:
    return month_after(day) - timedelta(days=1)


def month_after(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_before(day: date) -> date:
    return first_of(first_of(day) - timedelta(days=1))


def years_after(day: date, years: int) -> date:
    """The same day so many years later; for 29 February in a common year the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last one where it has fewer days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = last_of(date(year, month + 1, 1)).day
    return date(year, month + 1, min(day.day, last))


class MonthField(models.DateField):
    """A month, stored as its first day, so that two days of one month are equal to a unique constraint."""

    def to_python(self, value):
        day = super().to_python(value)
        return day and first_of(day)

    def get_prep_value(self, value):
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance, add):
        month = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, month)
        return month
