"""One patient's standing is the list's."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import facts
from outreach.models import Attempt, Suppression
from outreach.standing_of import COLUMNS, standing_of
from outreach.standings import with_ledgers, with_standing
from outreach.why.known import Known
from patients.models import Patient
from tests.outreach.test_standings import BASES, NUMBERS, PEOPLE, _make


def _as_the_list_says(practice) -> dict[int, tuple]:
    rows = with_ledgers(with_standing(Patient.objects.all(), practice)).values_list("pk", *COLUMNS)
    return {pk: tuple(row) for pk, *row in rows}


class OneByOneAndAllAtOnce(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        people=PEOPLE,
        basis=BASES,
        unmatched=st.booleans(),
        stops=st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(Suppression.Reason.values)), max_size=2),
        mailed=st.integers(0, 7),
        unwell=st.sampled_from(["", "held", "deceased", "minor"]),
    )
    def test_they_agree(self, people, basis, unmatched, stops, mailed, unwell):
        practice, _ = Practice.objects.update_or_create(
            pk=1, defaults={"mode": "demo", "texting_basis": basis, "text_unmatched": unmatched}
        )
        for number, person in enumerate(people):
            _make(number, *person)
        for phone, reason in set(stops):
            Suppression.objects.create(phone=phone, reason=reason)
        for made in Patient.objects.filter(mrn=str(mailed)):
            Attempt.objects.create(patient=made, channel="letter", outcome="mailed")
        changes = {"held": {"held": "Hospital"}, "deceased": {"deceased": True},
                   "minor": {"date_of_birth": clock.now().date() - timedelta(days=3000)}}  # fmt: skip
        Patient.objects.filter(mrn="1").update(**changes.get(unwell, {"sex": ""}))
        everybody = Patient.objects.all()
        one_by_one = {person.pk: standing_of(person.pk, practice) for person in everybody}
        assert {pk: stands[: len(COLUMNS)] for pk, stands in one_by_one.items()} == _as_the_list_says(practice)
        known = {person.pk: Known(person, practice, clock.now()) for person in everybody}
        assert {pk: each.stands for pk, each in known.items()} == one_by_one
        assert {pk: each.facts for pk, each in known.items()} == facts.patient_facts(everybody)
        assert {pk: each.reach for pk, each in known.items()} == facts.reachabilities(everybody, practice)


def test_of_nobody_it_says_so(practice):
    with pytest.raises(Patient.DoesNotExist):
        standing_of(999, practice)
