"""Telling the old practice who agreed to that, and the account of it (45 CFR 164.528; domain 3.8)."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localtime

from consent.ledger import newest_line
from consent.models import ConsentEvent, Disclosure, current_decision
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from explorer.lib.months import first_of, last_of, month_before
from patients.models import Patient

HEADINGS = ["Chart", "Last name", "First name", "Date of birth", "Agreed on", "Last month of APCM with you"]
LEFT_OUT = {
    "told": "Told of already",
    "apcm": "Agreed to the notice, but no valid yes to APCM here",
    "conflict": "Answers about the notice contradict",
    "deceased": "Deceased",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """`patients` to be told of; `left_out`: {reason of LEFT_OUT: patients who agreed and are not listed}."""

    patients: list[Patient]
    left_out: dict[str, list[Patient]] = field(default_factory=dict)


def to_be_told(*, everybody: bool = False) -> Listing:
    """Those who agreed to the notice and whose yes stands; without `everybody` only those not told of before."""
    own = Q(patient=OuterRef("pk")) | Q(patient__merged_into=OuterRef("pk"))
    told = Disclosure.objects.filter(own, purpose=Disclosure.Purpose.NOTICE)
    asked = Patient.objects.annotate(
        notice_said=current_decision("notice"), apcm_said=current_decision("apcm"), told=Exists(told)
    ).filter(notice_said__in=("given", "conflict"))
    listing = Listing([], {reason: [] for reason in LEFT_OUT})
    for patient in asked.order_by("last_name", "first_name", "mrn"):
        reason = _left_out(patient, everybody)
        (listing.left_out[reason] if reason else listing.patients).append(patient)
    return listing


def _left_out(patient, everybody: bool) -> str:
    reasons = {
        "conflict": patient.notice_said == "conflict",
        "deceased": patient.deceased,
        "apcm": patient.apcm_said != "given",
        "told": patient.told and not everybody,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


@transaction.atomic
def tell_old_practice(*, everybody: bool = False, by) -> list[Disclosure]:
    """Record the list as told, one row a patient, all of the same moment. Raises ValidationError."""
    practice = Practice.objects.select_for_update().get(pk=1)
    if not practice.old_practice:
        raise ValidationError("Write the old practice’s name into the practice profile first.")
    listing = to_be_told(everybody=everybody)
    if not listing.patients:
        raise ValidationError("Nobody is to be told of now.")
    now = clock.now()
    if Disclosure.objects.filter(purpose=Disclosure.Purpose.NOTICE, at=now).exists():
        raise ValidationError("The list was made this very moment. Look at it again.")
    rows = Disclosure.objects.bulk_create(
        [
            Disclosure(
                patient=patient, purpose=Disclosure.Purpose.NOTICE, to=practice.old_practice, at=now, by=by,
                what=f"Name, birth date, chart number; that APCM goes on at {practice.new_practice or practice.name}.",
                consent=newest_line(patient, ConsentEvent.Kind.NOTICE),
            )
            for patient in listing.patients
        ],
        batch_size=200,
    )  # fmt: skip
    record([(row, "create", {"patient_id": [None, row.patient_id], "to": [None, row.to]}) for row in rows], by=by)
    return rows


def told_rows(at: datetime, practice: Practice) -> list[list]:
    """The list of that moment with its headings, as it goes to the old practice."""
    rows = Disclosure.objects.filter(purpose=Disclosure.Purpose.NOTICE, at=at).select_related("patient", "consent")
    zone = ZoneInfo(practice.time_zone)
    until = last_of(month_before(practice.transition_date)) if practice.transition_date else None
    return [
        HEADINGS,
        *(
            [
                row.patient.mrn, row.patient.last_name, row.patient.first_name, row.patient.date_of_birth,
                row.consent and localtime(row.consent.occurred_at, zone).date(), until and f"{first_of(until):%Y-%m}",
            ]
            for row in rows.order_by("patient__last_name", "patient__first_name", "patient__mrn")
        ),
    ]  # fmt: skip


def accounting(patient: Patient):
    """Every disclosure of the patient's chart and of charts merged into it, the newest first."""
    absorbed = Patient.charts.filter(merged_into=patient)
    mine = Disclosure.objects.filter(Q(patient=patient) | Q(patient__in=absorbed.values("pk")))
    return mine.select_related("by", "consent")
