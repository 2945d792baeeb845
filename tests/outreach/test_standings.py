"""Where patients stand: one for each, adding up, and the same in SQL as for one patient."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from consent.ledger import record_event
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import facts, standings
from outreach.actions import campaigns, launching
from outreach.actions.contacts import accept
from outreach.models import Attempt, ContactPhone, Match, Message, Suppression
from patients.models import Patient, Phone
from tests.makers import contact, patient

BASES = st.sampled_from(["provided_to_provider", "unknown"])
NUMBERS = [f"+1205555010{n}" for n in range(4)]
PHONES = st.lists(
    st.tuples(
        st.sampled_from(NUMBERS), st.sampled_from(["cell", "home", "other"]),
        st.sampled_from(["fixed", "mobile", "fixed_or_mobile"]), BASES, st.booleans(),
    ),
    max_size=2, unique_by=lambda phone: phone[0],
)  # fmt: skip
VERDICTS = st.sampled_from(["", *Match.Verdict])
PEOPLE = st.lists(
    st.tuples(PHONES, st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True), VERDICTS),
    min_size=1, max_size=7,
)  # fmt: skip


def _make(number: int, phones, contact_phones, verdict) -> None:
    made = patient(mrn=str(number), phone="")
    for e164, label, kind, basis, retired in phones:
        Phone.objects.create(
            patient=made, e164=e164, label=label, kind=kind, basis=basis,
            retired_at=clock.now() if retired else None,
        )  # fmt: skip
    if verdict:
        other = contact(spruce_id=f"entity_{number}", phone="")
        ContactPhone.objects.bulk_create(ContactPhone(contact=other, e164=e164) for e164 in contact_phones)
        decided = verdict in ("accepted", "rejected")
        Match.objects.create(patient=made, contact=other, verdict=verdict, decided_at=clock.now() if decided else None)


class OneQuestionTwoWays(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(people=PEOPLE, basis=BASES, unmatched=st.booleans())
    def test_sql_and_python_agree_on_who_can_be_texted(self, people, basis, unmatched):
        practice, _ = Practice.objects.update_or_create(
            pk=1, defaults={"mode": "demo", "texting_basis": basis, "text_unmatched": unmatched}
        )
        for number, person in enumerate(people):
            _make(number, *person)
        everyone = Patient.objects.all()
        asked_of_sql = dict(everyone.annotate(can=standings.can_be_texted(practice)).values_list("pk", "can"))
        one_by_one = {pk: bool(reach.number) for pk, reach in facts.reachabilities(everyone, practice).items()}
        assert asked_of_sql == one_by_one
        counted = standings.counts()
        assert counted.pop("total") == len(people) == sum(counted.values())


FROZEN = {"key": "k", "text": "t", "line_id": "l", "first_attempt_at": clock.now(), "accepted_at": clock.now()}


def _standing(of: Patient) -> str:
    return standings.with_standing(Patient.objects.filter(pk=of.pk)).get().standing


def test_a_matched_patient_with_a_number_is_not_invited_yet(user):
    made = patient()
    assert _standing(made) == "cannot_be_reached"
    accept(patient=made, contact=contact(), by=user("staff"))
    assert _standing(made) == "not_invited"


def test_a_matched_contacts_number_that_is_not_on_the_list_counts(user):
    made = patient(phone="")
    accept(patient=made, contact=contact(), by=user("staff"))
    assert _standing(made) == "not_invited"


def test_stop_on_any_number_of_the_patient_counts_for_all():
    made = patient()
    Phone.objects.create(patient=made, e164="+12055550199", label="home")
    Suppression.objects.create(phone="+12055550199", reason="stop")
    assert _standing(made) == "opted_out"


def test_a_mailed_letter_is_an_invitation():
    made = patient()
    Attempt.objects.create(patient=made, channel="letter", outcome="mailed")
    assert _standing(made) == "invited"


@pytest.mark.parametrize(("field", "value"), [("deceased", True), ("held", "asked us"), ("left_list_at", clock.now())])
def test_who_is_not_to_be_contacted_is_excluded(field, value):
    assert _standing(patient(**{field: value})) == "excluded"


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ([("given", 0)], "given"),
        ([("declined", 0)], "declined"),
        ([("given", 0), ("declined", 2)], "conflict"),
        ([("given", 0), ("declined", 30)], "revoked"),
        ([("declined", 0), ("given", 30)], "conflict"),
        ([("given", 0), ("given", 30)], "given"),
    ],
)
def test_the_records_ledger_decides_over_everything_else(said, standing, user):
    made = patient()
    begun = clock.now() - timedelta(days=10)
    for decision, hours in said:
        record_event(
            patient=made, kind="records", decision=decision, method="paper",
            occurred_at=begun + timedelta(hours=hours), by=user("staff") if hours == 0 else None,
        )  # fmt: skip
    assert _standing(made) == standing


def test_the_ledgers_tell_a_stop_as_a_revocation_of_texting():
    made = patient()
    Suppression.objects.create(phone="+12055550123", reason="stop")
    assert standings.with_ledgers(Patient.objects.filter(pk=made.pk)).get().texting_state == "revoked"


@pytest.mark.parametrize("reason", ["wrong_number", "deceased"])
def test_a_text_to_a_number_of_somebody_else_was_no_invitation(reason, user, monday):
    made = patient()
    accept(patient=made, contact=contact(), by=user("staff"))
    launching.launch(campaigns.create(name="Move", cohort="matched", days=(0, 3), by=None), by=None, override="A test.")
    Message.objects.update(state="confirmed", confirmed_at=monday(), **FROZEN)
    assert _standing(made) == "invited"
    Suppression.objects.create(phone="+12055550123", reason=reason)
    assert _standing(made) == "cannot_be_reached"


def test_a_minor_is_excluded(monday):
    assert _standing(patient(date_of_birth=monday().date() - timedelta(days=18 * 365))) == "excluded"
