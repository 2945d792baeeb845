"""Spruce's contacts into our tables, and the matcher's findings into matches."""

import time
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from explorer.lib import clock, jobs
from explorer.lib.audit import record
from outreach import matching
from outreach.models import Contact, ContactPhone, LineState, Match
from outreach.spruce import Spruce, SpruceContact
from patients.models import Patient, Phone

CHUNK = 1000
READING = gettext_noop("Reading the contacts from Spruce")
COMPARING = gettext_noop("Comparing contacts with patients")
STORING = gettext_noop("Writing down what was found")
COLUMNS = (
    "display_name",
    "given_name",
    "middle_name",
    "family_name",
    "date_of_birth",
    "category",
    "emails",
    "tags",
)


@dataclass
class Synced:
    contacts: int
    new: int
    changed: int
    gone: int


def sync_contacts(spruce: Spruce, *, step=jobs.unseen) -> Synced:
    """Replace our picture of Spruce's contacts. Raises SpruceError before anything is stored.

    The whole list is read first: a listing that breaks off changes nothing (earlier system 13.6).
    A contact that is gone is marked, never deleted, since matches and decisions rest on it.
    """
    step.begin(Contact.objects.present().count(), READING)
    fetched = {}
    for contact in spruce.contacts():
        fetched[contact.id] = contact
        step.total = max(step.total, len(fetched))
        step.went()
    step.finish_in_peace()
    known = {contact.spruce_id: contact for contact in Contact.objects.prefetch_related("phones")}
    new = [contact for id, contact in fetched.items() if id not in known]
    changed = [(known[id], contact) for id, contact in fetched.items() if id in known and _differs(known[id], contact)]
    gone = [contact for id, contact in known.items() if id not in fetched and contact.gone_at is None]
    step.begin(len(new) + len(changed), STORING)
    for act, contacts in ((_create, new), (_update, changed)):
        for start in range(0, len(contacts), CHUNK):
            act(contacts[start : start + CHUNK])
            step.went(len(contacts[start : start + CHUNK]))
    with transaction.atomic():
        Contact.objects.filter(pk__in=[contact.pk for contact in gone]).update(gone_at=clock.now())
        record([(contact, "update", {"gone_at": [None, str(clock.now())]}) for contact in gone])
        LineState.objects.update(contacts_synced_at=clock.now())
    return Synced(len(fetched), len(new), len(changed), len(gone))


def _columns(contact: SpruceContact) -> dict:
    return {
        "display_name": contact.display_name[:200],
        "given_name": contact.given[:120],
        "middle_name": contact.middle[:120],
        "family_name": contact.family[:120],
        "date_of_birth": contact.date_of_birth,
        "category": contact.category[:24],
        "emails": list(contact.emails),
        "tags": [list(tag) for tag in contact.tags],
    }


def _differs(stored: Contact, contact: SpruceContact) -> bool:
    same = all(getattr(stored, name) == value for name, value in _columns(contact).items())
    phones = {phone.e164 for phone in stored.phones.all()}
    return not same or stored.gone_at is not None or phones != {e164 for e164, _ in contact.phones}


@transaction.atomic
def _create(contacts: list[SpruceContact]) -> None:
    stored = [Contact(spruce_id=contact.id, **_columns(contact)) for contact in contacts]
    Contact.objects.bulk_create(stored, batch_size=200)
    _store_phones(zip(stored, contacts, strict=True))
    record([(contact, "create", {"spruce_id": [None, contact.spruce_id]}) for contact in stored])


@transaction.atomic
def _update(pairs: list[tuple[Contact, SpruceContact]]) -> None:
    entries = []
    for stored, contact in pairs:
        columns = _columns(contact) | {"gone_at": None, "synced_at": clock.now()}
        before = {name: getattr(stored, name) for name in columns}
        for name, value in columns.items():
            setattr(stored, name, value)
        changes = {name: [str(before[name]), str(value)] for name, value in columns.items() if before[name] != value}
        entries.append((stored, "update", changes))
    Contact.objects.bulk_update([stored for stored, _ in pairs], [*COLUMNS, "gone_at", "synced_at"], batch_size=100)
    ContactPhone.objects.filter(contact__in=[stored for stored, _ in pairs]).delete()
    _store_phones(pairs)
    record(entries)


def _store_phones(pairs) -> None:
    phones = [
        ContactPhone(contact=stored, e164=e164, label=label[:40])
        for stored, contact in pairs
        for e164, label in dict(contact.phones).items()
    ]
    ContactPhone.objects.bulk_create(phones, batch_size=500)


@dataclass
class Matched:
    patients: int
    matched: int
    review: int
    none: int
    seconds: float
    decisions: list[matching.Decision]


def match_contacts(*, step=jobs.unseen) -> Matched:
    """Run the matcher over everybody and store what it finds. What a person decided stays as it is."""
    started = time.perf_counter()
    settled = list(Match.objects.settled().values_list("patient_id", "contact_id", "verdict"))
    facts = [(patient, contact, verdict == Match.Verdict.ACCEPTED) for patient, contact, verdict in settled]
    patients, contacts = _patient_records(), _contact_records()
    step.begin(len(contacts), COMPARING)
    decisions = matching.match(patients, contacts, facts, went=step.to)
    step.begin(0, STORING)
    step.finish_in_peace()
    _store(decisions)
    bands = [decision.band for decision in decisions]
    return Matched(
        len(decisions),
        bands.count("matched"),
        bands.count("review"),
        bands.count("none"),
        round(time.perf_counter() - started, 3),
        decisions,
    )


def _patient_records() -> list[matching.PatientRecord]:
    phones: dict[int, list[str]] = {}
    for pk, e164 in Phone.objects.filter(retired_at=None).order_by("pk").values_list("patient_id", "e164"):
        phones.setdefault(pk, []).append(e164)
    columns = (
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "preferred_name",
        "date_of_birth",
        "email",
        "zip",
    )
    return [
        matching.PatientRecord(
            id=pk,
            first=first,
            middle=middle,
            last=last,
            suffix=suffix,
            preferred=preferred,
            date_of_birth=birth,
            phones=tuple(phones.get(pk, ())),
            email=email,
            zip=code,
        )
        for pk, first, middle, last, suffix, preferred, birth, email, code in Patient.objects.on_the_list()
        .order_by("pk")
        .values_list("pk", *columns)
    ]


def _contact_records() -> list[matching.ContactRecord]:
    phones: dict[int, list[str]] = {}
    for pk, e164 in ContactPhone.objects.order_by("pk").values_list("contact_id", "e164"):
        phones.setdefault(pk, []).append(e164)
    columns = (
        "given_name",
        "middle_name",
        "family_name",
        "display_name",
        "date_of_birth",
        "emails",
        "category",
    )
    return [
        matching.ContactRecord(
            id=pk,
            given=given,
            middle=middle,
            family=family,
            display=display,
            date_of_birth=birth,
            phones=tuple(phones.get(pk, ())),
            emails=tuple(emails),
            category=category,
        )
        for pk, given, middle, family, display, birth, emails, category in Contact.objects.present()
        .order_by("pk")
        .values_list("pk", *columns)
    ]


@transaction.atomic
def _store(decisions: list[matching.Decision]) -> None:
    """Only pairs that changed are written, so that a second run writes nothing.

    What people decided while the matcher ran is read here again and stands.
    """
    settled = set(Match.objects.settled().values_list("patient_id", "contact_id"))
    accepted = Match.objects.filter(verdict=Match.Verdict.ACCEPTED)
    taken = set(accepted.values_list("contact_id", flat=True))
    placed = set(accepted.values_list("patient_id", flat=True))
    wanted = {}
    for decision in decisions:
        for contact_id, verdict, score, reasons in _pairs(decision):
            free = decision.patient_id not in placed and contact_id not in taken
            if free and (decision.patient_id, contact_id) not in settled:
                words = [reason_facts(reason) for reason in reasons]
                wanted[decision.patient_id, contact_id] = (verdict, score, words, decision.needed[:300])
    stored = {(match.patient_id, match.contact_id): match for match in Match.objects.filter(verdict__in=Match.FOUND)}
    same = {pair for pair, match in stored.items() if wanted.get(pair) == _as_found(match)}
    outdated = [match for pair, match in stored.items() if pair not in same]
    record([(match, "update", {"verdict": [match.verdict, ""]}) for match in outdated])
    Match.objects.filter(pk__in=[match.pk for match in outdated]).delete()
    fresh = [
        Match(
            patient_id=patient,
            contact_id=contact,
            verdict=verdict,
            score=score,
            reasons=reasons,
            needed=needed,
        )
        for (patient, contact), (verdict, score, reasons, needed) in wanted.items()
        if (patient, contact) not in same
    ]
    Match.objects.bulk_create(fresh, batch_size=500)
    record([(match, "create", {"verdict": ["", match.verdict]}) for match in fresh])


def _pairs(decision: matching.Decision):
    if decision.band == "matched":
        yield decision.contact_id, Match.Verdict.AUTOMATIC, decision.score, decision.reasons
    elif decision.band == "review":
        for candidate in decision.candidates:
            yield candidate.contact_id, Match.Verdict.REVIEW, candidate.score, candidate.reasons


def reason_facts(reason: matching.Reason) -> dict:
    return {
        "field": reason.field,
        "verdict": reason.verdict,
        "weight": round(reason.weight, 2),
        "words": reason.words,
    }


def _as_found(match: Match) -> tuple:
    return match.verdict, match.score, match.reasons, match.needed


class Taken(Exception):
    """Another patient already has this contact, or this patient another contact."""


@transaction.atomic
def accept(*, patient: Patient, contact: Contact, by) -> Match:
    """A person says that this contact is this patient. Raises Taken when another person said otherwise.

    What a run had found for either of them gives way.
    """
    rivals = Match.objects.filter(verdict=Match.Verdict.ACCEPTED)
    if rivals.filter(contact=contact).exclude(patient=patient).exists():
        raise Taken("Staff accepted this contact for another patient. Reject that match first.")
    if rivals.filter(patient=patient).exclude(contact=contact).exists():
        raise Taken("Staff accepted another contact for this patient. Reject that match first.")
    found = Match.objects.filter(Q(patient=patient) | Q(contact=contact), verdict__in=Match.FOUND)
    rivals = found.exclude(patient=patient, contact=contact)
    overruled = rivals.filter(verdict=Match.Verdict.AUTOMATIC).count()
    rivals.delete()
    return _decide(patient, contact, Match.Verdict.ACCEPTED, by, overruled=overruled)


@transaction.atomic
def reject(*, patient: Patient, contact: Contact, by) -> Match:
    """A person says that this contact is not this patient; no run proposes the pair again."""
    return _decide(patient, contact, Match.Verdict.REJECTED, by)


def _decide(patient: Patient, contact: Contact, verdict: str, by, overruled: int = 0) -> Match:
    """What the program had said is kept beside the decision, so that people measure it."""
    pair = Match.objects.select_for_update().filter(patient=patient, contact=contact)
    match = pair.first() or Match(patient=patient, contact=contact, verdict="")
    if match.verdict in Match.FOUND:
        match.found_verdict, match.found_score = match.verdict, match.score
    match.overruled += overruled
    match.verdict, match.decided_at, match.decided_by = verdict, clock.now(), by
    match.save()
    return match
