"""Plain builders of patients, contacts, matches and texts. Numbers are 205-555-…."""

from datetime import date, timedelta
from itertools import count

from explorer.lib import clock
from explorer.lib.models import TextingBasis
from outreach.actions import campaigns, launching
from outreach.models import Campaign, CampaignStep, Contact, ContactPhone, Match, Message
from patients.models import Patient, Phone
from tests import makers

_next = count(1000)


def patient(first="Ann", last="Miller", *, phone: str = "", born=date(1950, 3, 14), **values) -> Patient:
    number = next(_next)
    made = Patient(mrn=f"M{number}", first_name=first, last_name=last, date_of_birth=born, **values)
    made.search_name = made.searchable()
    made.save()
    Phone.objects.create(
        patient=made,
        e164=phone or f"+1205555{number}",
        kind=Phone.Kind.MOBILE,
        label=Phone.Label.CELL,
        basis=TextingBasis.PROVIDED_TO_PROVIDER,
    )
    return made


def contact(given="Ann", family="Miller", *, phone: str = "", born=None) -> Contact:
    number = next(_next)
    made = Contact.objects.create(
        spruce_id=f"entity_{number}",
        display_name=f"{given} {family}",
        given_name=given,
        family_name=family,
        date_of_birth=born,
        category="patient",
    )
    ContactPhone.objects.create(contact=made, e164=phone or f"+1205555{number}")
    return made


def match(patient: Patient, contact: Contact, verdict="review", score=8.0, **values) -> Match:
    if verdict in ("accepted", "rejected"):
        values = {"decided_at": clock.now(), **values}
    reasons = [{"field": "family", "verdict": "same", "weight": 7.5, "words": "same last name"}]
    return Match.objects.create(
        patient=patient, contact=contact, verdict=verdict, score=score, reasons=reasons, **values
    )


def in_review(first="Ann", last="Miller") -> Match:
    person = patient(first, last)
    return match(person, contact(first, last), needed="a birth date that agrees")


def reachable(first="Ann", last="Miller", *, phone: str = "") -> Patient:
    """A patient whose matched contact has the patient's number."""
    person = patient(first, last, phone=phone)
    match(person, contact(first, last, phone=person.phones.get().e164), "automatic")
    return person


def draft(name="Pilot", cohort="all", **values) -> Campaign:
    return campaigns.create(name=name, cohort=cohort, by=None, **values)


def ready_draft(name="Pilot", cohort="all", **values) -> Campaign:
    campaign = draft(name, cohort, **values)
    makers.ready(campaign)
    return campaign


def launched(name="Pilot") -> Campaign:
    campaign = draft(name)
    launching.launch(campaign, by=None, override="A test.")
    return Campaign.objects.get(pk=campaign.pk)


def attempted(message: Message, state: str, **values) -> Message:
    """The row as it is after the claim."""
    now = clock.now()
    facts = {
        "state": state, "text": "Home Team Medical: our office is moving.", "segments": 1,
        "line_id": "line_1", "key": f"key-{message.pk}", "attempts": 1,
        "first_attempt_at": now, "claimed_at": now,
    }  # fmt: skip
    if state in ("accepted", "confirmed"):
        facts |= {"request_id": f"request-{message.pk}", "accepted_at": now}
    if state == "confirmed":
        facts |= {"confirmed_at": now}
    Message.objects.filter(pk=message.pk).update(**facts | values)
    return Message.objects.get(pk=message.pk)


def late_reminder(campaign: Campaign) -> Message:
    first = campaign.messages.filter(step__day=0).first()
    return Message.objects.create(
        campaign=campaign,
        step=CampaignStep.objects.get(campaign=campaign, day=3),
        phone=first.phone,
        invitation=first.invitation,
        due_at=clock.now() - timedelta(days=2),
        hold="This reminder is more than a day late.",
    )
