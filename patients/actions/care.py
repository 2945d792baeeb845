"""Recording what APCM billing rests on. A fact is never changed: a wrong one is withdrawn with a reason."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib.months import first_of
from patients.actions.correcting import correct
from patients.models import CareFact, Patient

Kind = CareFact.Kind
SAME = ("kind", "on", "month", "answer", "number", "codes", "npi", "person", "source", "note")
ICD10 = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")
PROCEDURE = re.compile(r"[A-Z]?\d{4,5}[A-Z]?")
MOST_CONDITIONS = 40
TELLING = {Kind.QMB: "answer", Kind.PAYER: "answer", Kind.CONDITIONS: "number", Kind.LEVEL: "number"}


@transaction.atomic
def record_fact(*, patient: Patient, kind: str, on: date, today: date, by, **values) -> tuple[CareFact, bool]:
    """The fact, and whether it is new: the same one recorded twice is one. Raises ValidationError.

    `values`: month, answer, number, codes, npi, person, source, note, as the kind needs them.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    fact = draft_fact(patient=patient, kind=kind, on=on, today=today, by=by, **values)
    if known := find_same(fact):
        return known, False
    fact.save()
    if kind == Kind.DECEASED and not patient.deceased:
        patient.deceased = True
        correct(patient, fields=["deceased"], by=by)
    return fact, True


def draft_fact(*, patient: Patient, kind: str, on: date, today: date, by, **values) -> CareFact:
    """Checked and not stored. Raises ValidationError by field."""
    values["codes"] = read_codes(values.get("codes", ""), kind)
    if kind == Kind.CONDITIONS and values.get("number") is None and values["codes"]:
        values["number"] = len(values["codes"].split())
    fact = CareFact(patient=patient, kind=kind, on=on, recorded_by=by, **values)
    _check(fact, today)
    fact.clean_fields(exclude=("patient", "recorded_by", "withdraws"))
    return fact


def _check(fact: CareFact, today: date) -> None:
    wrong = {}
    if not fact.source:
        wrong["source"] = "Say where it comes from."
    if fact.kind == Kind.QMB and fact.answer not in ("yes", "no"):
        wrong["answer"] = "Say yes or no."
    if fact.kind == Kind.PAYER and fact.answer not in CareFact.Payer.values:
        wrong["answer"] = "Say who pays."
    if fact.kind == Kind.LEVEL and fact.number not in (1, 2, 3):
        wrong["number"] = "Choose level 1, 2 or 3."
    if fact.on > today:
        wrong["on"] = "This lies in the future."
    if fact.patient.date_of_birth and fact.on < fact.patient.date_of_birth:
        wrong["on"] = "This lies before the patient’s birth."
    if fact.kind in CareFact.OF_A_MONTH and not fact.month:
        wrong["month"] = "Say which month it is about."
    if fact.kind == Kind.SERVICE and fact.month and first_of(fact.on) != first_of(fact.month):
        wrong["on"] = "The day must lie in the month."
    if fact.kind == Kind.CONDITIONS and (fact.number is None or fact.number > MOST_CONDITIONS):
        wrong["number"] = f"Say how many conditions there are, 0 to {MOST_CONDITIONS}."
    if fact.kind == Kind.CONDITIONS and fact.codes and fact.number < len(fact.codes.split()):
        wrong["number"] = "There are more codes than conditions; look at both again."
    if fact.kind == Kind.CONDITIONS and not fact.person:
        wrong["person"] = "Say who attests the conditions."
    if fact.kind in (Kind.INITIATING, Kind.CODE) and not fact.codes:
        wrong["codes"] = "Write the code."
    if fact.kind in (Kind.INITIATING, Kind.PRIOR) and not fact.npi:
        wrong["npi"] = "Write the NPI of who saw the patient."
    if fact.kind in (Kind.LEVEL, Kind.NOTE) and not fact.note.strip():
        wrong["note"] = "Say why." if fact.kind == Kind.LEVEL else "Write the note."
    if wrong:
        raise ValidationError(wrong)


def read_codes(text: str, kind: str) -> str:
    """Codes in capitals with one blank between, each once, in their order. Raises ValidationError."""
    codes = list(dict.fromkeys(code for code in re.split(r"[\s,;|]+", (text or "").upper()) if code))
    shape, name = (ICD10, "an ICD-10 code, as E11.9") if kind == Kind.CONDITIONS else (PROCEDURE, "a code, as 99490")
    if any(not shape.fullmatch(code) for code in codes):
        raise ValidationError({"codes": f"One of these is not {name}."})
    return " ".join(sorted(codes))


def find_same(fact: CareFact) -> CareFact | None:
    """The effective fact that says the same."""
    theirs = CareFact.objects.effective().of_patient(fact.patient).filter(kind=fact.kind, on=fact.on)
    return next((known for known in theirs if same(known, fact)), None)


def same(one: CareFact, other: CareFact) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAME)


def contradicts(one: CareFact, other: CareFact) -> bool:
    """Of the same day, kind and month, and saying something else: together they say nothing."""
    if (one.kind, one.on, one.month) != (other.kind, other.on, other.month) or one.kind not in TELLING:
        return False
    return getattr(one, TELLING[one.kind]) != getattr(other, TELLING[one.kind])


@transaction.atomic
def withdraw_fact(*, fact: CareFact, because: str, today: date, by) -> CareFact:
    """A row that says why the fact no longer counts. Raises ValidationError."""
    Patient.charts.select_for_update().get(pk=fact.patient_id)
    if not because.strip():
        raise ValidationError({"note": "Say why it no longer counts."})
    if fact.kind == Kind.WITHDRAWN or CareFact.objects.filter(withdraws=fact).exists():
        raise ValidationError("This is withdrawn already. Look at the patient again.")
    return CareFact.objects.create(
        patient_id=fact.patient_id, kind=Kind.WITHDRAWN, on=today, withdraws=fact, note=because.strip(), recorded_by=by
    )
