"""The badge counts numbers to check by one question; it must be as many as the page lists."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from explorer.lib import clock
from outreach.models import ContactPhone, Match, NumberCheck, Suppression
from outreach.number_checks import count_open_checks, open_checks
from patients.models import Patient, Phone
from tests.makers import contact, patient

NUMBERS = [f"+1205555010{n}" for n in range(4)]
SOME = st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True)
PEOPLE = st.lists(
    st.tuples(SOME, SOME, st.sampled_from(["", *Match.Verdict]), st.booleans(), st.booleans(), st.booleans()),
    min_size=1, max_size=5,
)  # fmt: skip
STOPS = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(Suppression.Reason.values)), max_size=4, unique=True
)


class OneCountTwoWays(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(people=PEOPLE, stops=STOPS, closed=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=2))
    def test_the_badge_counts_what_the_page_lists(self, people, stops, closed):
        made = [self._made(number, *person) for number, person in enumerate(people)]
        set_ = [Suppression.objects.create(phone=phone, reason=reason) for phone, reason in stops]
        for stop, person in {(stop, person) for stop, person in closed if stop < len(set_) and person < len(made)}:
            NumberCheck.objects.create(suppression=set_[stop], patient=made[person], because="Closed.")
        assert count_open_checks() == len(open_checks())

    def _made(self, number, listed, of_contact, verdict, retired, deceased, merged) -> Patient:
        person = patient(mrn=str(number), phone="", deceased=deceased)
        for e164 in listed:
            Phone.objects.create(patient=person, e164=e164, retired_at=clock.now() if retired else None)
        if verdict:
            theirs = contact(spruce_id=f"entity_{number}", phone="")
            ContactPhone.objects.bulk_create(ContactPhone(contact=theirs, e164=e164) for e164 in of_contact)
            decided = clock.now() if verdict in ("accepted", "rejected") else None
            Match.objects.create(patient=person, contact=theirs, verdict=verdict, decided_at=decided)
        first = Patient.objects.order_by("pk").first()
        if merged and first != person:
            Patient.charts.filter(pk=person.pk).update(merged_into=first, merged_at=clock.now())
        return person
