"""Which sources have nothing to tell of a patient: one question, put together once, spares a dozen others."""

from functools import cache

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from consent.models import DeskForm, Disclosure, Letter
from outreach.models import Attempt, MessagePatient
from outreach.standing_of import ANYBODY
from patients.models import ImportRow, Note, Patient, PatientMerge, StaffTask


def silent_sources(pk: int) -> set[str]:
    """Names of the sources without a row; of those not asked about nothing is said."""
    sql, params = _question()
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk if param == ANYBODY else param for param in params])
        row = cursor.fetchone()
    return {name for name, stands in zip(_rows(), row or (), strict=False) if not stands}


def _rows() -> dict[str, Exists]:
    mine = {"patient": OuterRef("pk")}
    any_chart = Q(**mine) | Q(patient__merged_into=OuterRef("pk"))
    return {
        "texts": Exists(MessagePatient.objects.filter(**mine)),
        "attempts": Exists(Attempt.objects.filter(**mine)),
        "letters": Exists(Letter.objects.filter(**mine)),
        "desk_forms": Exists(DeskForm.objects.filter(any_chart)),
        "disclosures": Exists(Disclosure.objects.filter(any_chart)),
        "notes": Exists(Note.objects.filter(**mine)),
        "tasks": Exists(StaffTask.objects.filter(**mine)),
        "imports": Exists(ImportRow.objects.filter(**mine, applied=True)),
        "merges": Exists(PatientMerge.objects.filter(kept=OuterRef("pk"))),
    }


@cache
def _question() -> tuple[str, tuple]:
    asked = Patient.charts.filter(pk=ANYBODY).order_by()
    return asked.values_list(*_rows().values()).query.sql_with_params()
