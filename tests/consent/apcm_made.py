"""Plain builders of what APCM billing rests on."""

from datetime import UTC, date, datetime

from consent.apcm.consents import DISCLOSURES
from consent.models import ConsentEvent
from explorer.lib.models import Practice
from explorer.lib.months import last_of
from patients.models import ApcmEnrolment, CareFact, Patient, Practitioner
from tests import makers

JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
MOVES, STAYS, NEW = "1234567893", "1245319599", "1679576722"


def move_to_the_new_practice() -> None:
    Practice.objects.update(transition_date=JAN, old_practice="Old Practice", new_practice="Home Team Medical")


def practitioner(name="Ann Lee, MD", npi=MOVES, side="new", **more) -> Practitioner:
    fields = {"bills_apcm": side == "new", "enrolled_from": JAN if side == "new" else None, **more}
    return Practitioner.objects.get_or_create(npi=npi, side=side, defaults={"name": name, **fields})[0]


def enrolled(mrn="1001", level=2, **fields) -> Patient:
    person = makers.patient(mrn, **{"phone": "", "last": f"Smith{mrn}", **fields})
    ApcmEnrolment.objects.create(patient=person, level=level, icd10="E11.9, I10")
    return person


def said(patient, decision="given", on=date(2026, 12, 10), kind="apcm", **more) -> ConsentEvent:
    if kind == "apcm" and decision == "given":
        more = {"on_behalf_of": practitioner(), "disclosures": dict.fromkeys(DISCLOSURES, True), **more}
    if decision == "revoked":
        more = {"effective_on": last_of(on) if kind == "apcm" else on, **more}
    at = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
    return ConsentEvent.objects.create(
        patient=patient, kind=kind, decision=decision, method="phone", occurred_at=at, **more
    )


def fact(patient, kind, on=date(2027, 1, 5), **more) -> CareFact:
    return CareFact.objects.create(patient=patient, kind=kind, on=on, **{"source": "chart", **more})


def ready(mrn="1001", months=(JAN,), **more) -> Patient:
    """A patient with nothing that stands against billing these months at level 2."""
    person = enrolled(mrn, **more)
    said(person)
    fact(person, "payer", answer="part_b")
    fact(person, "conditions", on=date(2026, 12, 1), number=2, codes="E11.9 I10", person="Ann Lee, MD")
    fact(person, "visit", on=date(2026, 6, 1), npi=MOVES)
    for month in months:
        fact(person, "qmb", on=month.replace(day=5), month=month, answer="no")
    return person
