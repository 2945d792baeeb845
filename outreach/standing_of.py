"""Where one patient stands: the question of `outreach.standings`, put together once instead of at every page.

Django needs a hundred times as long to put that question together as the database to answer it.
"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from consent.models import some_charts_merged
from explorer.lib.models import Practice
from outreach.models import ContactPhone, Match
from outreach.standings import facility_numbers, with_ledgers, with_standing
from patients.models import Patient, Phone

ANYBODY = -900_000_001  # stands in the question where the patient's key is put


class Stands(NamedTuple):
    """`standing` is one of LABELS; each ledger is given, declined, revoked, conflict or none.

    The last three are what the gate asks of a patient's answers (`outreach.facts`).
    """

    standing: str
    records: str
    apcm: str
    notice: str
    texting: str
    answered: bool
    in_review: bool
    opted_out: bool


COLUMNS = ("standing", "records_ledger", "apcm_ledger", "notice_ledger", "texting_state")
FOR_THE_GATE = ("records", "answer_in_review", "stopped")


def standing_of(pk: int, practice: Practice, *, facilities: Collection[str] | None = None) -> Stands:
    """`facilities`: those among the patient's numbers, where they are known already. Raises Patient.DoesNotExist."""
    if facilities is None:
        facilities = facility_numbers(among=_numbers_of(pk))
    sql, params = _question(
        practice.state,
        practice.texting_basis,
        practice.text_unmatched,
        practice.time_zone,
        practice.today(),
        some_charts_merged(),
        tuple(sorted(facilities)),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk if param == ANYBODY else param for param in params])
        row = cursor.fetchone()
    if row is None:
        raise Patient.DoesNotExist
    *stands, records, in_review, stopped = row
    return Stands(*stands, records is not None, bool(in_review), bool(stopped))


def _numbers_of(pk: int) -> Collection[str]:
    listed = Phone.objects.filter(patient=pk, retired_at=None).order_by().values_list("e164")
    contacts = Match.objects.linked().filter(patient=pk).values("contact")
    return [e164 for (e164,) in listed.union(ContactPhone.objects.filter(contact__in=contacts).values_list("e164"))]


@lru_cache(maxsize=32)
def _question(
    state: str,
    basis: str,
    text_unmatched: bool,
    time_zone: str,
    today: date,
    some_merged: bool,
    facilities: tuple[str, ...],
) -> tuple[str, tuple]:
    """SQL and its parameters; all that it depends on, the day and whether charts were merged too, is asked for."""
    practice = Practice(state=state, texting_basis=basis, text_unmatched=text_unmatched, time_zone=time_zone)
    patients = with_standing(Patient.objects.filter(pk=ANYBODY), practice, facilities=facilities)
    return with_ledgers(patients).order_by().values_list(*COLUMNS, *FOR_THE_GATE).query.sql_with_params()
