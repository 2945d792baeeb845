"""Plain builders for tests."""

import io
from collections.abc import Iterable
from datetime import date, timedelta

from consent.invitations import invite
from consent.letters import make_batch
from consent.models import ConsentEvent, LetterBatch, Response, ResponseFile, Wording
from consent.wordings.disclosures import APCM_DISCLOSURES
from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from explorer.lib.tables import UPLOAD, write_xlsx
from explorer.models import User
from outreach import go, planning, wording
from outreach.models import (
    Agreement,
    Approval,
    Campaign,
    CampaignStep,
    Contact,
    ContactPhone,
    LineState,
    Message,
    MessagePatient,
    PhoneTest,
)
from patients import actions
from patients.models import Patient, Phone, Practitioner

HEADINGS = [
    "MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Last Date of Service", "Email", "Home Phone",
    "Cell Phone",
]  # fmt: skip


def workbook(rows: Iterable[list], sheet: str = "Patients") -> bytes:
    """An .xlsx file with these rows, the first being the heading."""
    stream = io.BytesIO()
    write_xlsx(stream, {sheet: rows})
    return stream.getvalue()


def line(mrn="1001", name="SMITH, JOHN A", dob=date(1950, 1, 2), home="", cell="(205) 555-0123", **other) -> list:
    """One row of a patient list under HEADINGS."""
    row = dict.fromkeys(HEADINGS, "") | {
        "MRN": mrn, "DOB": dob, "Patient Name": name, "Home Phone": home, "Cell Phone": cell, "City": "Birmingham",
        "State": "AL", "Zip": "35205",
    }  # fmt: skip
    return list((row | other).values())


def review(rows: list[list], headings=HEADINGS, before: list[list] = ()):
    content = workbook([*before, headings, *rows])
    return actions.review_patients(content, "list.xlsx", limits=UPLOAD, apart=False), content


def take_in(rows: list[list], headings=HEADINGS, before: list[list] = ()):
    """Import a list as a user would, and return what was found."""
    found, content = review(rows, headings, before)
    actions.apply(actions.stage(found, content=content, by=None), by=None)
    return found


def patient(mrn="1001", first="John", last="Smith", phone="+12055550123", basis="provided_to_provider", **fields):
    made = Patient(mrn=mrn, first_name=first, last_name=last, **{"date_of_birth": date(1950, 1, 2), **fields})
    made.search_name = made.searchable()
    made.save()
    if phone:
        Phone.objects.create(patient=made, e164=phone, label="cell", kind="fixed_or_mobile", basis=basis)
    return made


NPI = "1234567893"


def practitioner(name="Ann Lee, MD", npi=NPI, side="new", **fields) -> Practitioner:
    """Who bills APCM at the new practice."""
    fields = {"name": name, "bills_apcm": True} | fields
    return Practitioner.objects.get_or_create(npi=npi, side=side, defaults=fields)[0]


def apcm_proof() -> dict:
    """What a yes to APCM that staff record needs beside the rest."""
    return {"disclosures": dict.fromkeys(APCM_DISCLOSURES, True), "on_behalf_of": practitioner()}


def consent_wording(kind="apcm", version=1, text="What {practice} asks.", language="en", **fields) -> Wording:
    told = {"title": "A wording", "valid_from": date(2026, 1, 1)} | fields
    return Wording.objects.create(kind=kind, version=version, language=language, text=text, **told)


HOME = {"address": "12 Oak Street", "city": "Birmingham", "state": "AL", "zip": "35205"}


def letter_wording(
    kind="letter", language="en", text="Dear {patient},\n\n{practice} moves. Call {phone}.", **fields
) -> Wording:
    told = {
        "version": 1 + Wording.objects.filter(kind=kind).count(),
        "valid_from": date(2026, 1, 1),
        "title": "Records",
    }
    return Wording.objects.create(kind=kind, language=language, text=text, **told | fields)


def letters(patients: Iterable[Patient], kind="letter", by=None, **more) -> LetterBatch:
    """A batch to these patients, made and neither printed nor posted."""
    told = {"kind": kind, "wording": None, "envelope": "single"} | more
    told["wording"] = told["wording"] or letter_wording(kind)
    return make_batch(patient_ids=[patient.pk for patient in patients], by=by, **told)


def contact(spruce_id="entity_1", given="John", family="Smith", phone="+12055550123", **fields):
    made = Contact.objects.create(
        spruce_id=spruce_id, given_name=given, family_name=family, display_name=f"{given} {family}".strip(),
        **{"category": "patient", "date_of_birth": date(1950, 1, 2), **fields},
    )  # fmt: skip
    if phone:
        ContactPhone.objects.create(contact=made, e164=phone, label="mobile")
    return made


def ready(campaign, *, whole_ways=0) -> None:
    """Everything that go or no-go asks for is there: this draft may be launched by whoever runs campaigns.

    `whole_ways`: so many new patients have got the first text's words and answered the form.
    """
    somebody, _ = User.objects.get_or_create(
        username="approver", defaults={"first_name": "Ada", "last_name": "Approver", "role": User.Role.PROVIDER}
    )
    now, today = clock.now(), Practice.current().today()
    for preview in planning.preview(campaign, Practice.current()):
        words = go.words_hash(preview.step.body)
        Approval.objects.get_or_create(text_hash=words, approved_by=somebody, defaults={"body": preview.step.body})
        phone_test(preview.text, somebody)
    for kind in Agreement.Kind.values:
        Agreement.objects.create(kind=kind, reference="Binder 3", signed_on=today)
    Backup.objects.create(made_at=now, file="backup.zip", sha256="0" * 64)
    LineState.objects.filter(pk=1).update(polled_at=now)
    for number in range(whole_ways):
        whole_way(campaign, number)


def phone_test(text: str, owner, result="arrived", state="confirmed", phone="+13035550142") -> PhoneTest:
    """The text went out to a staff phone, and its owner has said what came of it."""
    now = clock.now()
    message = Message.objects.create(
        kind="test", phone=phone, text=text, segments=1, state=state, planned_by=owner, line_id="line_1",
        key=f"test {Message.objects.count()}", first_attempt_at=now, accepted_at=now, request_id="r", confirmed_at=now,
    )  # fmt: skip
    return PhoneTest.objects.create(
        message=message, owner=owner, text_hash=go.words_hash(text), result=result, answered_at=now if result else None
    )


def whole_way(campaign, number: int) -> Response:
    """A new patient got the first text's words in an earlier campaign, answered the form, and is in the ledger."""
    person = patient(mrn=f"W{number}", first="Wanda", last=f"Way{number}", phone=f"+1303555{number:04d}")
    now = clock.now()
    trial, _ = Campaign.objects.get_or_create(name="Trial", defaults={"state": "finished", "launched_at": now})
    step, _ = CampaignStep.objects.get_or_create(campaign=trial, day=0, defaults={"body": "{practice}: {link}"})
    invitation = invite({person.phones.get().e164: [person.pk]}, by=None)[person.phones.get().e164]
    values = planning.merge_values(Practice.current(), invitation.code)
    message = Message.objects.create(
        campaign=trial, step=step, phone=invitation.phone, invitation=invitation, state="confirmed", segments=1,
        text=wording.render(campaign.steps.get(day=0).body, values), key=f"way {number}", line_id="line_1",
        first_attempt_at=now, accepted_at=now, confirmed_at=now, request_id=f"way {number}",
    )  # fmt: skip
    MessagePatient.objects.create(message=message, patient=person)
    file = ResponseFile.objects.create(filename="answers.xlsx", sha256="0" * 64, form="form")
    response = Response.objects.create(
        file=file, row=2, content_hash=f"{number:064d}", outcome="applied", patient=person,
        identity={"code": "right"}, decisions={"records": "yes"}, completed_at=now + timedelta(hours=1),
    )  # fmt: skip
    ConsentEvent.objects.create(
        patient=person, kind="records", decision="given", method="form", occurred_at=now, response=response
    )
    return response
