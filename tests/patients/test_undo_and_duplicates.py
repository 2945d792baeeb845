"""Undoing an import where charts of it were thought to be one patient."""

import pytest
from django.core.exceptions import ValidationError

from patients import actions, merging
from patients.models import DuplicatePair, ImportBatch, Patient
from tests.makers import line, take_in


@pytest.fixture
def two_charts():
    take_in([line("1001", "SMITH, JOHN A"), line("1002", "SMITH, JOHN A")])
    return ImportBatch.objects.get(), DuplicatePair.objects.get()


def test_what_the_program_only_supposed_goes_with_the_import(two_charts):
    batch, _ = two_charts
    actions.undo(batch, by=None)
    assert not Patient.charts.exists()
    assert not DuplicatePair.objects.exists()


def test_what_a_person_decided_stands_in_the_way(two_charts):
    batch, pair = two_charts
    merging.say_different(pair, by=None)
    with pytest.raises(ValidationError, match="possible duplicate"):
        actions.undo(batch, by=None)
    assert Patient.charts.count() == 2
