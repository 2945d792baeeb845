"""A patient has died, moved away or is in hospital: the household's texts wait for a person, and staff are told."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach.actions import replies
from outreach.call_queue import households
from outreach.models import Circumstance, Message
from outreach.reach import FACILITY_FROM
from patients.actions import add_task, correct, finish_task, record_fact, withdraw_fact
from patients.models import CareFact, Patient, StaffTask

Kind = Circumstance.Kind
HOLDS = {
    Kind.DECEASED: "Somebody in the household has died: a person decides first.",
    Kind.HOSPITAL: "Somebody in the household is in hospital: a person decides first.",
    Kind.MOVED: "Somebody in the household has moved away: a person decides first.",
}
"""Stands on the texts, and on the others of the household as the reason not to contact them."""
TASKS = {
    Kind.DECEASED: "Write to the family; tell the doctor and the billing",
    Kind.HOSPITAL: "Ask whether the patient is home again",
    Kind.MOVED: "Find the new address and number",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a circumstance would keep silent: the others of the household, and how many texts wait."""

    mates: list[Patient]
    texts: int


def reach(patient: Patient) -> Reach:
    home = _home(patient)
    mates = Patient.objects.filter(pk__in=home).exclude(pk=patient.pk)
    return Reach(list(mates), _texts(patient, home).count())


@transaction.atomic
def report_circumstance(
    *, patient: Patient, kind: str, by, on: date | None = None, look_again_on: date | None = None, told_by: str = ""
) -> tuple[Circumstance, bool]:
    """The circumstance, and whether it is new: told twice it is one. Raises ValidationError.

    Another one that is open, as a hospital stay before a death, ends with it. Nothing is deleted: texts are held.
    """
    home = _home(patient)
    people = {each.pk: each for each in Patient.objects.select_for_update().filter(pk__in=home).order_by("pk")}
    patient = people[patient.pk]
    if before := Circumstance.objects.select_for_update().open().filter(patient=patient).first():
        if before.kind == kind:
            return before, False
        contact_again(circumstance=before, because=f"Followed by: {Kind(kind).label.lower()}.", by=by)
        people = {each.pk: each for each in Patient.objects.filter(pk__in=home)}
        patient = people[patient.pk]
    told = Circumstance(
        patient=patient, kind=kind, on=on, look_again_on=look_again_on, told_by=told_by.strip(), reported_by=by
    )
    told.full_clean()
    _mark(patient, told, by)
    told.silenced = [pk for pk, each in people.items() if _silence(each, told, by)]
    told.texts_held = _hold(patient, home, told, by)
    told.save()
    add_task(
        title=TASKS[kind], kind=kind, patient=patient, by=by, key=_key(told),
        due_on=look_again_on or Practice.current().today(),
    )  # fmt: skip
    return told, True


@transaction.atomic
def contact_again(*, circumstance: Circumstance, because: str, by) -> None:
    """The household may be contacted again: what the circumstance held goes on, by the usual rules.

    Raises ValidationError. Where another circumstance of the household is open, that one goes on holding it.
    """
    if not because.strip():
        raise ValidationError("Say why they may be contacted again.")
    circumstance = Circumstance.objects.select_for_update().get(pk=circumstance.pk)
    if circumstance.ended_at:
        return
    patient = circumstance.patient
    home = _home(patient)
    circumstance.ended_at, circumstance.ended_by, circumstance.ended_because = clock.now(), by, because.strip()[:200]
    circumstance.save()
    if circumstance.kind == Kind.DECEASED:
        _alive(patient, because.strip(), by)
    others = _others(circumstance, {*home, *circumstance.silenced})
    _unsilence(circumstance, others, by)
    _let_go(circumstance, home, list(dict.fromkeys(others.values())), by)
    if task := StaffTask.objects.open().filter(key=_key(circumstance)).first():
        finish_task(task, by=by, outcome=because)


def family_letter(patient: Patient, practice: Practice) -> str:
    """A draft to the family, to be copied, read over and signed. It says nothing of the patient's health."""
    signed = practice.doctor or practice.name
    return (
        f"To the family of {patient.full_name}\n\n"
        f"We were very sorry to hear of the death of {patient.full_name}. All of us at {practice.name} are thinking "
        "of you.\n\n"
        "You need do nothing. We have stopped all messages from us. If you would like a copy of the records, or have "
        f"a question about papers or a bill, please call us at {practice.phone or 'our office'} whenever it suits "
        "you; we will take the time.\n\n"
        f"With our heartfelt sympathy,\n\n{signed}\n{practice.name if practice.doctor else ''}"
    ).strip()


def _home(patient: Patient) -> set[int]:
    """The patient and everybody who shares a number, by the list or by a matched contact; not a whole care home."""
    home = {patient.pk, *households([patient.pk])[patient.pk]}
    for number in replies.numbers_of(Patient.objects.filter(pk=patient.pk)):
        sharers = set(replies.patients_of(number).values_list("pk", flat=True)[:FACILITY_FROM])
        home |= sharers if len(sharers) < FACILITY_FROM else set()
    return home


def _about(patient: Patient, home: set[int]) -> Q:
    """Texts to a number of the patient, and those about anybody of the household."""
    return Q(patients__in=home) | Q(phone__in=_own_numbers(patient))


def _own_numbers(patient: Patient) -> set[str]:
    numbers = replies.numbers_of(Patient.objects.filter(pk=patient.pk))
    return {number for number in numbers if replies.patients_of(number).count() < FACILITY_FROM}


def _texts(patient: Patient, home: set[int]):
    planned = Message.objects.filter(_about(patient, home), state=Message.State.PLANNED, kind=Message.Kind.CAMPAIGN)
    return planned.distinct()


def _hold(patient: Patient, home: set[int], told: Circumstance, by) -> int:
    """Texts that wait for a person already keep their own reason; an answer by staff goes back to staff."""
    rows = list(_texts(patient, home).filter(hold=""))
    planned = Message.objects.filter(pk__in=[row.pk for row in rows], state=Message.State.PLANNED, hold="")
    planned.update(hold=HOLDS[told.kind])
    record([(row, "update", {"hold": ["", "held"]}) for row in rows], by=by)
    answers = Message.objects.filter(_about(patient, home), state=Message.State.PLANNED, kind=Message.Kind.ANSWER)
    for answer in answers.distinct():
        Message.objects.filter(pk=answer.pk).update(state=Message.State.SKIPPED, reason=HOLDS[told.kind])
        replies.ask_again(answer.phone)
    return len(rows)


def _mark(patient: Patient, told: Circumstance, by) -> None:
    """A death on the patient's record, with its day where that is known."""
    if told.kind != Kind.DECEASED:
        return
    if told.on:
        record_fact(
            patient=patient, kind=CareFact.Kind.DECEASED, on=told.on, today=Practice.current().today(), by=by,
            source=CareFact.Source.TOLD,
        )  # fmt: skip
        patient.refresh_from_db()
    if not patient.deceased:
        patient.deceased = True
        correct(patient, fields=["deceased"], by=by)


def _alive(patient: Patient, because: str, by) -> None:
    today = Practice.current().today()
    for fact in CareFact.objects.effective().of_patient(patient).filter(kind=CareFact.Kind.DECEASED):
        withdraw_fact(fact=fact, because=because[:300], today=today, by=by)
    if patient.deceased:
        patient.deceased = False
        correct(patient, fields=["deceased"], by=by)


def _silence(person: Patient, told: Circumstance, by) -> bool:
    """Whether this person is kept silent by it, and was not before."""
    if person.deceased or person.held:
        return False
    person.held = held_words(told) if person.pk == told.patient_id else HOLDS[told.kind]
    correct(person, fields=["held"], by=by)
    return True


def _others(ended: Circumstance, pks: set[int]) -> dict[int, Circumstance]:
    """Of these patients those whom another open circumstance of their own household keeps silent, and which."""
    still = Circumstance.objects.open().exclude(pk=ended.pk).select_related("patient")
    found, known = {}, {}
    for person in Patient.objects.filter(pk__in=pks):
        if other := still.filter(patient__in=_home(person)).first():
            found[person.pk] = known.setdefault(other.pk, other)
    return found


def _unsilence(ended: Circumstance, others: dict[int, Circumstance], by) -> None:
    """Whom another circumstance keeps silent is kept so by that one from now on."""
    theirs = (held_words(ended), HOLDS[ended.kind])
    for person in Patient.objects.select_for_update().filter(pk__in=ended.silenced, held__in=theirs):
        other = others.get(person.pk)
        if other:
            other.silenced = sorted({*other.silenced, person.pk})
            other.save(update_fields=["silenced"])
        mine = other and other.patient_id == person.pk
        person.held = "" if other is None else held_words(other) if mine else HOLDS[other.kind]
        correct(person, fields=["held"], by=by)


def _let_go(ended: Circumstance, home: set[int], others: list[Circumstance], by) -> None:
    """The texts that it held, but for those that another circumstance holds from now on."""
    about = Message.objects.filter(state=Message.State.PLANNED)
    held = about.filter(_about(ended.patient, home), hold=HOLDS[ended.kind]).distinct()
    free = {row.pk: row for row in held}
    for other in others:
        theirs = about.filter(_about(other.patient, _home(other.patient)), pk__in=list(free)).values_list(
            "pk", flat=True
        )
        stay = [pk for pk in set(theirs) if free.pop(pk)]
        about.filter(pk__in=stay).update(hold=HOLDS[other.kind])
    about.filter(pk__in=list(free)).update(hold="")
    record([(row, "update", {"hold": ["held", ""]}) for row in free.values()], by=by)


def held_words(told: Circumstance) -> str:
    """What stands on the patient as the reason not to contact them."""
    label = Kind(told.kind).label
    return f"{label}: look again on {told.look_again_on:%m/%d/%Y}." if told.look_again_on else f"{label}."


def _key(told: Circumstance) -> str:
    return f"circumstance {told.kind} {told.patient_id}"
