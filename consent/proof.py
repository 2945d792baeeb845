"""What a line of the ledger must rest on before it is written. Every way into the ledgers asks here.

Each rule takes the line, not stored yet, and gives (field, sentence) for what is wrong.
"""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from consent.models import ConsentEvent, Wording
from consent.wordings.disclosures import APCM_DISCLOSURES, all_made
from explorer.lib.models import Practice
from patients.ages import is_minor
from patients.models import Practitioner

Authority, Decision, Kind, Method = (
    ConsentEvent.Authority, ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method,
)  # fmt: skip
SPOKEN = (Method.PHONE, Method.IN_PERSON)
CLOCKS_DIFFER = timedelta(minutes=5)
IDENTIFIERS = {
    "full name": "Full name",
    "date of birth": "Date of birth",
    "address": "Address",
    "phone number": "Phone number on file",
}
CARRY_EVERY_KIND = (Wording.Kind.SCRIPT, Wording.Kind.ONLINE_FORM, Wording.Kind.LETTER)

Problems = Iterator[tuple[str, str]]


def check(event: ConsentEvent, *, practice: Practice, now: datetime) -> None:
    """Raises ValidationError with every problem of the line by its field."""
    said_on = day_in(event.occurred_at, practice.time_zone)
    found: dict[str, list[str]] = {}
    for problems in (
        _moment(event, said_on, now), _who_decides(event, said_on, practice.state), _apcm(event, said_on),
        _wording(event, said_on), _language(event), _identity(event), _witness(event), _scan(event),
        _effective(event, practice),
    ):  # fmt: skip
        for field, sentence in problems:
            found.setdefault(field, []).append(sentence)
    if found:
        raise ValidationError(found)


def day_in(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def effective_day(kind: str, said_at: datetime, zone: str) -> date:
    """The last day before a revocation counts: of APCM the end of the month in which it was said (rule V14)."""
    said_on = day_in(said_at, zone)
    if kind != Kind.APCM:
        return said_on
    return said_on.replace(day=calendar.monthrange(said_on.year, said_on.month)[1])


def _moment(event: ConsentEvent, said_on: date, now: datetime) -> Problems:
    """Rule V10."""
    if event.occurred_at > now + CLOCKS_DIFFER:
        yield "occurred_at", "This lies in the future."
    born = event.patient.date_of_birth
    if born and said_on < born:
        yield "occurred_at", "This lies before the patient's birth."


def _who_decides(event: ConsentEvent, said_on: date, state: str) -> Problems:
    """Rule V11; a minor's own yes does not count."""
    minor = is_minor(event.patient.date_of_birth, state=state, today=said_on)
    if event.given_by and not event.authority_kind:
        yield "authority_kind", "Choose why that person may decide for the patient."
    if event.given_by and not event.authority.strip():
        yield "authority", "Write down what shows that authority, as: document seen on 12/08/2026."
    if not event.given_by and (event.authority or event.authority_kind or event.relation):
        yield "given_by", "Name the person who decided for the patient."
    if event.authority_kind == Authority.PARENT and not minor:
        yield "authority_kind", "The patient was of age that day: a parent decides for a minor only."
    if minor and not event.given_by and event.decision == Decision.GIVEN:
        yield "given_by", "The patient is a minor: name the parent or guardian who decides, and the authority."
    if event.method == Method.TEXT and event.decision == Decision.GIVEN:
        yield "method", "A yes by text is never a consent: call the patient and record that answer."


def _apcm(event: ConsentEvent, said_on: date) -> Problems:
    """Rule V3: a yes that staff record has all four disclosures and names who bills."""
    named = event.on_behalf_of
    if named and not (named.bills_apcm and named.side == Practitioner.Side.NEW):
        yield "on_behalf_of", "This practitioner does not bill APCM at the new practice: choose one who does."
    if named and named.left_on and named.left_on < said_on:
        yield "on_behalf_of", "This practitioner had left by that day: choose another one."
    if event.kind != Kind.APCM or event.decision != Decision.GIVEN or event.method == Method.FORM:
        return
    if not all_made(event.disclosures):
        missing = len([name for name in APCM_DISCLOSURES if event.disclosures.get(name) is not True])
        yield "disclosures", f"A yes to APCM needs all four disclosures; {missing} of them not ticked."
    if named is None and Practitioner.objects.who_bill_apcm().exists():
        yield "on_behalf_of", "A yes to APCM names the practitioner who will bill it: choose one."
    elif named is None:
        yield (
            "on_behalf_of",
            ("Nobody is set up to bill APCM: an administrator adds the practitioner under Practice, Practitioners."),
        )


def _wording(event: ConsentEvent, said_on: date) -> Problems:
    """Rule V10: nobody can have read or heard a text before it existed."""
    wording = event.wording
    if wording is None:
        return
    if said_on < wording.valid_from:
        yield "wording", f"This wording is valid from {wording.valid_from:%m/%d/%Y} on: choose the one of that day."
    if event.method in SPOKEN and wording.retired_at and wording.retired_at < event.occurred_at:
        yield "wording", "This wording was withdrawn before that conversation: choose the one of that day."
    if wording.kind not in (*CARRY_EVERY_KIND, event.kind):
        yield "wording", "This wording is about something else: choose one about this question."


def _language(event: ConsentEvent) -> Problems:
    if event.wording and event.language not in ("", event.wording.language) and not event.interpreter:
        yield "interpreter", "The wording is in another language: name the interpreter, or choose that language's."


def _identity(event: ConsentEvent) -> Problems:
    if event.identity_checks and len(set(event.identity_checks)) < 2:
        yield "identity_checks", "Tick at least two identifiers that were asked for and right."
    if event.number_called and not (event.number_called[:1] == "+" and event.number_called[1:].isdecimal()):
        yield "number_called", "Write the number as +12055550123."


def _witness(event: ConsentEvent) -> Problems:
    witness, spoke = (" ".join(name.split()).casefold() for name in (event.witness, event.obtained_by))
    if witness and witness == spoke:
        yield "witness", "The witness must be somebody else than the one who spoke."


def _scan(event: ConsentEvent) -> Problems:
    scan, patient = event.document, event.patient
    if scan and patient.pk not in (scan.patient_id, scan.patient.merged_into_id):
        yield "document", "This scan belongs to another patient: attach this patient's own."


def _effective(event: ConsentEvent, practice: Practice) -> Problems:
    if event.decision != Decision.REVOKED:
        return
    due = effective_day(event.kind, event.occurred_at, practice.time_zone)
    if event.effective_on != due:
        yield "effective_on", f"A revocation said that day counts from the end of {due:%m/%d/%Y} on."
