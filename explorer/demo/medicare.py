"""What the invented practice knows for APCM: its practitioners, and payers, conditions and visits of the enrolled."""

import random
from datetime import timedelta

from explorer.lib.bulk import insert
from explorer.lib.models import Practice
from patients.models import CareFact, Patient, Practitioner

MOVES, STAYS = "1234567893", "1245319599"
COLUMNS = ("patient_id", "kind", "on", "answer", "number", "codes", "npi", "person", "source")
SEED = 5


def seed_medicare() -> None:
    """Once. Four of five have everything on record; the others show what is missing."""
    if CareFact.objects.exists():
        return
    practice = Practice.current()
    doctor = f"Alma {practice.doctor.removeprefix('Dr. ')}, MD"
    people = (
        (doctor, MOVES, "new", True, practice.transition_date),
        (doctor, MOVES, "old", False, None),
        ("Robin Hale, NP", STAYS, "old", False, None),
    )
    for name, npi, side, bills, since in people:
        fields = {"name": name, "bills_apcm": bills, "enrolled_from": since}
        Practitioner.objects.get_or_create(npi=npi, side=side, defaults=fields)
    insert(CareFact, COLUMNS, _facts(random.Random(SEED), practice.today(), doctor))


def _facts(chance: random.Random, today, doctor: str):
    enrolled = Patient.objects.with_apcm().order_by("pk").values_list("pk", "last_visit", "apcm__icd10", "apcm__level")
    for pk, last_visit, icd10, level in enrolled:
        codes = icd10.replace(",", " ").split()
        if chance.random() < 0.9:
            payer = "advantage" if chance.random() < 0.05 else "part_b"
            yield pk, "payer", today - timedelta(days=chance.randrange(5, 60)), payer, None, "", "", "", "hets"
        if level and chance.random() < 0.9:
            attested = today - timedelta(days=chance.randrange(10, 430))
            yield pk, "conditions", attested, "", len(codes), " ".join(codes), "", doctor, "chart"
        if last_visit and chance.random() < 0.95:
            seen_by = STAYS if chance.random() < 0.08 else MOVES
            yield pk, "visit", last_visit, "", None, "", seen_by, "", "chart"
