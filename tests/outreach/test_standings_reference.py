"""The standings, put together for speed, beside the plain definition kept here: the same for everybody."""

from datetime import timedelta

from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from consent.ledger import record_event
from consent.models import ConsentEvent, Response, ResponseFile, current_decision
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import standings
from outreach.models import Attempt, Campaign, CampaignStep, ContactPhone, Match, Message, MessagePatient, Suppression
from patients.ages import youngest_adult_born_on
from patients.models import Patient, Phone
from tests.makers import contact, patient

NUMBERS = [f"+1205555010{n}" for n in range(3)]
TOLD = ("records", "answer_in_review", "stopped", "was_invited", "was_reminded", "can_be_texted", "standing")
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "listed": st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True),
            "of_contact": st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True),
            "verdict": st.sampled_from(["", *Match.Verdict]),
            "said": st.lists(
                st.tuples(
                    st.sampled_from(["records", "texting"]),
                    st.sampled_from(["given", "declined", "revoked"]),
                    st.integers(0, 72),
                ),
                max_size=2,
            ),
            "in_review": st.booleans(),
            "texts": st.lists(st.sampled_from([0, 3]), max_size=2, unique=True),
            "mailed": st.booleans(),
            "deceased": st.booleans(),
            "merged": st.booleans(),
        }
    ),
    min_size=1,
    max_size=4,
)
STOPS = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(Suppression.Reason.values)), max_size=2, unique=True
)


def plain(practice: Practice):
    """The definition as one would write it down: asked of each patient."""
    stops = Suppression.objects.in_force().filter(reason="stop").values("phone")
    own = Phone.objects.filter(patient=OuterRef("pk"), e164__in=stops)
    by_contact = ContactPhone.objects.filter(
        Q(contact__matches__patient=OuterRef("pk")) | Q(contact__matches__patient__merged_into=OuterRef("pk")),
        contact__matches__verdict__in=Match.LINKED,
        e164__in=stops,
    )
    no = ConsentEvent.objects.effective().of_patient(OuterRef("pk")).filter(kind="texting").exclude(decision="given")
    taken_back = no.exclude(Exists(standings.said_no_later()))
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    excluded = Q(deceased=True) | ~Q(held="") | Q(left_list_at__isnull=False) | Q(date_of_birth__gt=adult)
    confirmed = standings._confirmed()
    return Patient.objects.annotate(
        records=current_decision("records", some_merged=True),
        answer_in_review=Exists(Response.objects.in_review().filter(likely=OuterRef("pk"))),
        stopped=Exists(own) | Exists(by_contact) | Exists(taken_back),
        was_invited=standings.was_invited(),
        was_reminded=Exists(confirmed.filter(message__step__day__gt=0)),
        can_be_texted=standings.can_be_texted(practice),
    ).annotate(
        standing=Coalesce(
            F("records"),
            Case(
                When(answer_in_review=True, then=Value("in_review")),
                When(excluded, then=Value("excluded")),
                When(stopped=True, then=Value("opted_out")),
                When(was_reminded=True, then=Value("reminded")),
                When(was_invited=True, then=Value("invited")),
                When(can_be_texted=True, then=Value("not_invited")),
                default=Value("cannot_be_reached"),
            ),
        )
    )


class TwoDefinitions(TestCase):
    @settings(max_examples=8, deadline=None, phases=[Phase.generate])
    @given(people=PEOPLE, stops=STOPS, unmatched=st.booleans())
    def test_the_quick_standings_are_the_plain_ones(self, people, stops, unmatched):
        practice, _ = Practice.objects.update_or_create(
            pk=1, defaults={"mode": "demo", "texting_basis": "provided_to_provider", "text_unmatched": unmatched}
        )
        campaign = Campaign.objects.create(name="Move", state="running", launched_at=clock.now())
        steps = {day: CampaignStep.objects.create(campaign=campaign, day=day, body="{link}") for day in (0, 3)}
        for number, person in enumerate(people):
            _make(number, campaign, steps, person)
        for phone, reason in stops:
            Suppression.objects.create(phone=phone, reason=reason)
        expected = {row[0]: row[1:] for row in plain(practice).values_list("pk", *TOLD)}
        quick = standings.with_standing(Patient.objects.all(), practice)
        assert {row[0]: row[1:] for row in quick.values_list("pk", *TOLD)} == expected
        inside = Patient.charts.filter(pk__in=quick.filter(standing="given").values("pk"))  # under another alias
        given_ = {pk for pk, told in expected.items() if told[-1] == "given"}
        assert set(inside.values_list("pk", flat=True)) == given_
        counted = standings.counts()
        assert counted.pop("total") == len(expected) == sum(counted.values())


def _make(number: int, campaign, steps, person: dict) -> None:
    made = patient(mrn=str(number), phone="", deceased=person["deceased"])
    Phone.objects.bulk_create(
        Phone(patient=made, e164=e164, label="cell", kind="mobile", basis="provided_to_provider")
        for e164 in person["listed"]
    )
    if person["verdict"]:
        theirs = contact(spruce_id=f"entity_{number}", phone="")
        ContactPhone.objects.bulk_create(ContactPhone(contact=theirs, e164=e164) for e164 in person["of_contact"])
        decided = clock.now() if person["verdict"] in ("accepted", "rejected") else None
        Match.objects.create(patient=made, contact=theirs, verdict=person["verdict"], decided_at=decided)
    begun = clock.now() - timedelta(days=5)
    for kind, decision, hours in person["said"]:
        at = begun + timedelta(hours=hours)
        record_event(patient=made, kind=kind, decision=decision, method="paper", occurred_at=at, by=None)
    if person["in_review"]:
        file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="form")
        Response.objects.create(file=file, row=2, content_hash="1" * 64, outcome="review", likely=made)
    for day in person["texts"]:
        text = Message.objects.create(
            campaign=campaign, step=steps[day], phone=(person["listed"] or NUMBERS)[0][:-1] + f"{number}", text="t",
            state="confirmed", key=f"{number} {day}", line_id="l", first_attempt_at=begun, accepted_at=begun,
            confirmed_at=begun, request_id="r",
        )  # fmt: skip
        MessagePatient.objects.create(message=text, patient=made)
    if person["mailed"]:
        Attempt.objects.create(patient=made, channel="letter", outcome="mailed")
    first = Patient.objects.order_by("pk").first()
    if person["merged"] and first != made:
        Patient.charts.filter(pk=made.pk).update(merged_into=first, merged_at=clock.now())
