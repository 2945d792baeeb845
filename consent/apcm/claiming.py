"""Handing months to the biller, and what the biller says of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from consent.apcm.asking import enrolled, verdicts
from consent.apcm.cases import Verdict
from consent.models import ApcmMonth, ConsentEvent
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from explorer.lib.months import first_of
from patients.models import CareFact

HEADINGS = [
    "Chart", "Last name", "First name", "Date of birth", "Month", "Code", "Practitioner", "NPI", "ICD-10",
    "QMB", "Consent on", "Consent by", "Insurance id", "Handed over on", "Warnings", "Changed since",
]  # fmt: skip
FORM_WORDS = dict(ConsentEvent.Method.choices)
MEANWHILE = "Somebody else handed this month over meanwhile. Look at the list again."


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`rows` begin with the headings; `new` of them are months not handed over before."""

    rows: list[list]
    new: int
    again: int


@transaction.atomic
def hand_over(month: date, *, again: bool = False, by) -> HandedOver:
    """Give the months that are ready to the biller; `again` adds those handed over before.

    A month is written once: a second call finds nothing new. Raises ValidationError.
    """
    month = first_of(month)
    practice = Practice.objects.select_for_update().get(pk=1)
    if month > practice.today():
        raise ValidationError("This month has not begun. Choose an earlier one.")
    asked = enrolled(month).order_by("last_name", "first_name", "mrn")
    found = verdicts(asked, month, practice)
    ready = {pk: verdict for pk, verdict in found.items() if verdict.state == "ready"}
    before = {pk: verdict for pk, verdict in found.items() if verdict.state == "exported"} if again else {}
    made = _write(ready, month, by)
    rows = list(_rows(asked, {**before, **ready}, month, made, ZoneInfo(practice.time_zone)))
    return HandedOver([HEADINGS, *rows], len(ready), len(before))


def _write(ready: dict[int, Verdict], month: date, by) -> dict[int, ApcmMonth]:
    now = clock.now()
    months = [
        ApcmMonth(
            patient_id=pk, month=month, practitioner_id=verdict.biller.pk, level=verdict.level.counts,
            consent_id=verdict.consent.pk, exported_at=now, exported_by=by,
        )
        for pk, verdict in ready.items()
    ]  # fmt: skip
    try:
        with transaction.atomic():
            made = ApcmMonth.objects.bulk_create(months, batch_size=200)
    except IntegrityError:
        raise ValidationError(MEANWHILE) from None
    names = ("patient_id", "practitioner_id", "level", "consent_id")
    record(
        [
            (row, "create", {"month": [None, f"{month}"], **{name: [None, getattr(row, name)] for name in names}})
            for row in made
        ],
        by=by,
    )
    return {row.patient_id: row for row in made}


def _rows(patients, chosen: dict[int, Verdict], month: date, made: dict[int, ApcmMonth], zone) -> Iterator[list]:
    """In the order of `patients`."""
    live = ApcmMonth.objects.live().filter(month=month).with_owner().select_related("practitioner", "consent")
    months = {row.owner: row for row in live}
    codes = _icd10()
    shown = ("pk", "mrn", "last_name", "first_name", "date_of_birth", "insurer_id", "apcm__icd10")
    for pk, mrn, last, first, born, insurer_id, listed in patients.values_list(*shown):
        if pk not in chosen:
            continue
        row, verdict = months[pk], chosen[pk]
        qmb = "yes: never bill the patient" if verdict.level.qmb == "yes" else verdict.level.qmb
        yield [
            mrn, last, first, born, f"{month:%Y-%m}", row.code, row.practitioner.name, row.practitioner.npi,
            codes.get(pk) or listed or "", qmb, _day(row.consent.occurred_at, zone), FORM_WORDS[row.consent.method],
            insurer_id, _day(row.exported_at, zone), " ".join(warned.words for warned in verdict.warnings),
            "" if pk in made else " ".join(verdict.changed),
        ]  # fmt: skip


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _icd10() -> dict[int, str]:
    """{patient: the codes of the newest attestation}"""
    attested = CareFact.objects.effective().filter(kind=CareFact.Kind.CONDITIONS).with_owner()
    return dict(attested.order_by("on", "pk").values_list("owner", "codes"))


@transaction.atomic
def mark_billed(months: list[int], *, on: date, by) -> int:
    """The biller has made these claims. Months that are void or told of already stay as they are."""
    if on > Practice.current().today():
        raise ValidationError({"on": "This lies in the future."})
    rows = list(ApcmMonth.objects.select_for_update().live().filter(pk__in=months, billed_on=None))
    ApcmMonth.objects.filter(pk__in=[row.pk for row in rows]).update(billed_on=on, billed_by=by)
    record([(row, "update", {"billed_on": [None, f"{on}"]}) for row in rows], by=by)
    return len(rows)


@transaction.atomic
def void_month(row: ApcmMonth, *, because: str, by) -> None:
    """The month was not or will not be claimed; it may be handed over anew. Raises ValidationError."""
    stored = ApcmMonth.objects.select_for_update().live().filter(pk=row.pk).first()
    if stored is None:
        raise ValidationError("This month is void already.")
    if not because.strip():
        raise ValidationError({"because": "Say why."})
    stored.voided_at, stored.voided_by, stored.voided_because = clock.now(), by, because.strip()[:300]
    stored.save(update_fields=["voided_at", "voided_by", "voided_because"])
