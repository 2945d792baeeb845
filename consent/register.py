"""Patients, codes and earlier answers as the judge needs them, read from the database."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from consent.judging import Earlier, Issued, Person, Register
from consent.models import ConsentEvent, Invitation, InvitationPatient, Response
from explorer.lib.models import Practice
from patients.models import Patient, Phone

Outcome, Decision = Response.Outcome, ConsentEvent.Decision


def register(practice: Practice, *, without: Iterable[int] = ()) -> Register:
    """`without`: ids of answers that are judged anew and must not speak for or against themselves."""
    return Register(_persons(), _issued(practice), _earlier(practice, set(without)))


def persons_of(patient_ids: Iterable[int]) -> dict[int, Person]:
    return {person.id: person for person in _persons(Patient.objects.filter(pk__in=list(patient_ids)))}


def _persons(patients=None) -> Iterable[Person]:
    patients = Patient.objects.all() if patients is None else patients
    households = dict(Phone.objects.filter(retired_at=None).order_by("-e164").values_list("patient_id", "e164"))
    columns = (
        "pk",
        "mrn",
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "preferred_name",
        "date_of_birth",
    )
    for pk, mrn, first, middle, last, suffix, preferred, born in patients.order_by("pk").values_list(*columns):
        yield Person(
            id=pk,
            mrn=mrn,
            first=first,
            middle=middle,
            last=last,
            suffix=suffix,
            preferred=preferred,
            born=born,
            household=households.get(pk),
        )


def _issued(practice: Practice) -> Iterable[Issued]:
    covered: dict[int, list[int]] = {}
    for invitation, patient in InvitationPatient.objects.order_by("pk").values_list("invitation_id", "patient_id"):
        covered.setdefault(invitation, []).append(patient)
    for pk, code, created, expires, revoked in Invitation.objects.order_by("pk").values_list(
        "pk", "code", "created_at", "expires_at", "revoked_at"
    ):
        yield Issued(
            code=code,
            patient_ids=tuple(covered.get(pk, ())),
            issued_at=local(created, practice),
            expires_at=local(expires, practice),
            revoked=revoked is not None,
            revoked_at=local(revoked, practice),
        )


def _earlier(practice: Practice, without: set[int]) -> Iterable[Earlier]:
    """Answers taken in before, then what other channels brought into the ledgers."""
    columns = (
        "pk",
        "patient_id",
        "likely_id",
        "completed_at",
        "decisions",
        "content_hash",
        "row_hash",
        "response_id",
        "outcome",
        "identity",
    )
    for (
        pk,
        patient,
        likely,
        completed,
        decisions,
        content,
        row,
        response_id,
        outcome,
        identity,
    ) in Response.objects.order_by("pk").values_list(*columns):
        if pk in without:
            continue
        yield Earlier(
            patient_id=patient or likely,
            completed_at=local(completed, practice),
            decisions=decisions,
            content_hash=content,
            row_hash=row,
            response_id=response_id,
            effective=outcome == Outcome.APPLIED,
            proven=outcome != Outcome.REJECTED and (outcome == Outcome.APPLIED or bool(identity.get("proven"))),
        )
    spoken = ConsentEvent.objects.effective().filter(response=None).with_owner().order_by("pk")
    for patient, kind, decision, occurred in spoken.values_list("owner", "kind", "decision", "occurred_at"):
        said = "yes" if decision == Decision.GIVEN else "no"
        yield Earlier(patient_id=patient, completed_at=local(occurred, practice), decisions={kind: said})


def local(moment: datetime | None, practice: Practice) -> datetime | None:
    return moment.astimezone(ZoneInfo(practice.time_zone)).replace(tzinfo=None) if moment else None


def aware(moment: datetime | None, practice: Practice) -> datetime | None:
    return moment.replace(tzinfo=ZoneInfo(practice.time_zone)) if moment else None
