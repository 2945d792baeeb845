"""Numbers that a person must look after: not the patient's, or the patient is said to have died. A query."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.models.functions import Coalesce

from outreach.models import ContactPhone, Match, NumberCheck, Suppression
from patients.models import Patient, Phone

Reason = Suppression.Reason
ASKED_OF_A_PERSON = (Reason.WRONG_NUMBER, Reason.DECEASED)


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """`sharers`: how many patients have the number; which of them was meant, no machine knows."""

    stop: Suppression
    patient: Patient
    sharers: int


def open_checks() -> list[OpenCheck]:
    """Deaths first, then the oldest. A wrong number is done once the patient has another one; a death once a
    patient on the number is recorded as deceased; either when a person closes it, or allows texts again."""
    stops = list(Suppression.objects.in_force().filter(reason__in=ASKED_OF_A_PERSON).select_related("reply"))
    if not stops:
        return []
    owners = _owners({stop.phone for stop in stops})
    people = Patient.objects.in_bulk({pk for pks in owners.values() for pk in pks})
    numbers = _numbers(people, without=set(owners) | {stop.phone for stop in stops})
    closed = set(NumberCheck.objects.filter(suppression__in=stops).values_list("suppression", "patient"))
    found = []
    for stop in stops:
        sharers = [people[pk] for pk in owners[stop.phone] if pk in people]
        for patient in [] if _a_death_is_recorded(stop, sharers) else sharers:
            done = patient.deceased or (stop.reason == Reason.WRONG_NUMBER and numbers[patient.pk])
            if not done and (stop.pk, patient.pk) not in closed:
                found.append(OpenCheck(stop, patient, len(sharers)))
    return sorted(found, key=lambda check: (check.stop.reason != Reason.DECEASED, check.stop.since, check.patient.pk))


def count_open_checks() -> int:
    """As many as `open_checks` finds, counted by the database: every page shows it."""
    with connection.cursor() as cursor:
        cursor.execute(*_counting())
        return cursor.fetchone()[0]


@cache
def _counting() -> tuple[str, list]:
    """SQL and parameters. SQLite takes what CROSS JOIN joins in the order in which it stands here."""
    tables = {"phones": Phone, "stops": Suppression, "patients": Patient, "closed": NumberCheck, "matches": Match,
              "contact_phones": ContactPhone}  # fmt: skip
    sql = """
        WITH stop AS (
            SELECT id, phone, reason FROM {stops} WHERE lifted_at IS NULL AND reason IN (%s, %s)
        ), owned AS (
            SELECT stop.id AS stop_id, stop.reason, listed.patient_id AS owner
              FROM stop CROSS JOIN {phones} listed WHERE listed.e164 = stop.phone
            UNION
            SELECT stop.id, stop.reason, COALESCE(chart.merged_into_id, chart.id)
              FROM stop CROSS JOIN {contact_phones} theirs CROSS JOIN {matches} linked CROSS JOIN {patients} chart
             WHERE theirs.e164 = stop.phone AND linked.contact_id = theirs.contact_id
               AND linked.verdict IN (%s, %s) AND chart.id = linked.patient_id
        ), sharer AS (
            SELECT owned.stop_id, owned.reason, owned.owner, person.deceased
              FROM owned CROSS JOIN {patients} person
             WHERE person.id = owned.owner AND person.merged_into_id IS NULL
        )
        SELECT COUNT(*) FROM sharer
         WHERE NOT deceased
           AND NOT EXISTS (SELECT 1 FROM {closed} done
                            WHERE done.suppression_id = sharer.stop_id AND done.patient_id = sharer.owner)
           AND CASE WHEN reason = %s THEN
                    NOT EXISTS (SELECT 1 FROM sharer dead WHERE dead.stop_id = sharer.stop_id AND dead.deceased)
               ELSE
                    NOT EXISTS (SELECT 1 FROM {phones} listed
                                 WHERE listed.patient_id = sharer.owner AND listed.retired_at IS NULL
                                   AND listed.e164 NOT IN (SELECT phone FROM stop))
                    AND NOT EXISTS (SELECT 1 FROM {matches} linked CROSS JOIN {contact_phones} theirs
                                     WHERE theirs.contact_id = linked.contact_id AND linked.verdict IN (%s, %s)
                                       AND linked.patient_id IN
                                           (SELECT sharer.owner UNION ALL
                                            SELECT id FROM {patients} WHERE merged_into_id = sharer.owner)
                                       AND theirs.e164 NOT IN (SELECT phone FROM stop))
               END
    """.format(**{name: model._meta.db_table for name, model in tables.items()})  # noqa: S608 - names of tables
    return sql, [*ASKED_OF_A_PERSON, *Match.LINKED, Reason.DECEASED, *Match.LINKED]


def _a_death_is_recorded(stop: Suppression, sharers: list[Patient]) -> bool:
    return stop.reason == Reason.DECEASED and any(patient.deceased for patient in sharers)


def _owners(numbers: set[str]) -> dict[str, set[int]]:
    """Everyone whose number it is or was, by the list or by a matched contact."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, pk in Phone.objects.filter(e164__in=numbers).values_list("e164", "patient"):
        found[number].add(pk)
    for number, pk in _matched().filter(e164__in=numbers).values_list("e164", "owner"):
        found[number].add(pk)
    return found


def _matched():
    """The numbers of matched contacts, each with its `owner`."""
    linked = ContactPhone.objects.filter(contact__matches__verdict__in=Match.LINKED)
    return linked.annotate(owner=Coalesce("contact__matches__patient__merged_into", "contact__matches__patient"))


def _numbers(people: Iterable[int], *, without: set[str]) -> dict[int, set[str]]:
    """The other numbers of each patient that are still theirs."""
    found: dict[int, set[str]] = defaultdict(set)
    listed = Phone.objects.filter(patient__in=people, retired_at=None).exclude(e164__in=without)
    for pk, number in listed.values_list("patient", "e164"):
        found[pk].add(number)
    matched = _matched().filter(owner__in=people).exclude(e164__in=without)
    for pk, number in matched.values_list("owner", "e164"):
        found[pk].add(number)
    return found
