"""One record of each model that has pages, and what a page's address asks for."""

from datetime import UTC, datetime

from auditlog.models import LogEntry

from consent.invitations import invite
from consent.models import (
    ApcmMonth,
    ConsentEvent,
    DeskForm,
    Disclosure,
    Document,
    Invitation,
    Letter,
    LetterBatch,
    Response,
    ResponseFile,
    Wording,
)
from explorer.lib.models import Job, Practice
from explorer.models import EvidencePacket, Report, SavedList, User
from explorer.reports.actions import keep
from outreach.models import (
    Attempt,
    Campaign,
    CampaignStep,
    Contact,
    Match,
    Message,
    MessagePatient,
    NumberCheck,
    Reply,
    SavedAnswer,
    Suppression,
    TextTemplate,
)
from patients import actions
from patients.models import CareFact, DuplicatePair, Note, Patient, StaffTask
from tests import makers

AT = datetime(2026, 11, 2, 16, tzinfo=UTC)


def one_of_each() -> dict[type, int]:
    """{model: id} of a small practice in the middle of its first campaign."""
    patient = makers.patient()
    contact = makers.contact()
    match = Match.objects.create(patient=patient, contact=contact, verdict="review", score=3)
    invitation = invite({"+12055550123": [patient.pk]}, by=None)["+12055550123"]
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=AT)
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="{practice}: {link}")
    message = confirmed_text(patient, campaign, step, at=AT, invitation=invitation)
    reply = Reply.objects.create(
        item_id="ti_1", conversation_id="t_1", phone="+12055550123", received_at=AT, patient=patient
    )
    stop = Suppression.objects.create(phone="+12055550199", reason="staff")
    file = ResponseFile.objects.create(filename="answers.xlsx", sha256="0" * 64, form="form")
    response = Response.objects.create(
        file=file, row=2, content_hash="1" * 64, outcome="review", likely=patient, completed_at=AT
    )
    decision = ConsentEvent.objects.create(
        patient=makers.patient(mrn="1002", phone="+12055550124"),
        kind="records", decision="given", method="phone", occurred_at=AT,
    )  # fmt: skip
    paper = Document.of(b"%PDF-1.7", patient=patient, kind="paper_form", filename="a.pdf", media_type="application/pdf")
    paper.save()
    found, content = makers.review([makers.line(mrn="1003", cell="(205) 555-0125")])
    batch = actions.stage(found, content=content, by=None)
    attempt = Attempt.objects.create(patient=patient, outcome="no_answer", at=AT)
    template, _ = TextTemplate.objects.get_or_create(day=0, defaults={"body": "{practice}: {link}"})
    pair = DuplicatePair.objects.create(one=patient, other=decision.patient, score=80, reasons=["The same name."])
    check = NumberCheck.objects.create(suppression=stop, patient=patient, because="No phone.")
    batch_of_letters = makers.letters([makers.patient(mrn="1004", phone="", **makers.HOME)])
    saved = SavedAnswer.objects.first()
    who_bills, wording = makers.practitioner(), makers.consent_wording()
    fact = CareFact.objects.create(patient=patient, kind="payer", on=AT.date(), answer="part_b", source="card")
    month = ApcmMonth.objects.create(
        patient=patient, month=AT.date(), practitioner=who_bills, level=2, consent=decision
    )
    told = Disclosure.objects.create(patient=patient, purpose="notice", to="Old Practice", what="Name.")
    somebody = User.objects.create_user("somebody", password="a long test password", role="staff")
    desk = DeskForm.objects.create(
        patient=patient, opened_by=somebody, identity_checks=["full name", "address"], language="en", shown={},
        state="doubt", ended_at=AT, signature="Jo", doubt="The signed name does not fit.",
    )  # fmt: skip
    note = actions.write_note(patient=patient, text="Call after four.", by=somebody)
    task = actions.add_task(title="Find the new address", patient=patient, by=somebody)
    saved_list = SavedList.objects.create(name="Mine", query="list=held", made_by=somebody, shared=True)
    objects = [saved_list, note, task, paper, who_bills, pair, patient, contact, match, invitation, campaign, step,
               message, reply, stop, response, decision, batch, attempt, template, saved, check, wording, fact, month,
               told, batch_of_letters, batch_of_letters.letters.get(), desk]  # fmt: skip
    job = Job.objects.create(pk=1, task="patients.tasks.undo_import", title="Undoing an import", ids={"batch": 1})
    return {type(each): each.pk for each in objects} | {
        Job: job.pk,
        Practice: 1,
        User: somebody.pk,
        EvidencePacket: evidence_packet(patient).pk,
        Report: keep("day", day=Practice.current().today(), by=somebody).pk,
        LogEntry: LogEntry.objects.latest("pk").pk,
    }


def evidence_packet(patient) -> EvidencePacket:
    leader = User.objects.create_user("leader", password="a long test password", role="provider")
    return EvidencePacket.objects.create(
        choice="all", patients=[patient.pk], ids_digest="0" * 64, with_passphrase=True, requested_by=leader
    )


def confirmed_text(patient, campaign, step, *, at, invitation=None, phone="+12055550123") -> Message:
    message = Message.objects.create(
        campaign=campaign, step=step, phone=phone, invitation=invitation, state="confirmed", text="Hello",
        key=f"key {patient.pk} {step.pk}", line_id="line", segments=2, first_attempt_at=at, accepted_at=at,
        confirmed_at=at, request_id=f"r {patient.pk} {step.pk}",
    )  # fmt: skip
    MessagePatient.objects.create(message=message, patient=patient)
    return message


def address_parts(records: dict[type, int], model: type) -> dict[str, object]:
    """What our pages' addresses ask for by name; `pk` is the page's own record."""
    return {
        "pk": records.get(model, 1),
        "contact_pk": records[Contact],
        "patient_id": records[Patient],
        "invitation_id": records[Invitation],
        "batch_id": records[LetterBatch],
        "letter_id": records[Letter],
        "reply_id": records[Reply],
        "response_id": records[Response],
        "merge_id": 1,
        "suppression_id": records[Suppression],
        "desk_form_id": records[DeskForm],
        "wording_id": records[Wording],
        "event_id": records[ConsentEvent],
        "document_id": records[Document],
        "fact_id": records[CareFact],
        "saved_id": records[SavedList],
        "note_id": records[Note],
        "staff_task_id": records[StaffTask],
        "report_id": records[Report],
        "report_kind": "day",
        "about": "2026-11-02",
        "day": "2026-11-02",
        "ending": "pdf",
        "act": "hold",
        "kind": "payer",
        "seen": "running",
        "code": "answered",
        "task_id": "0" * 32,
        "name": "apcm.xlsx",
    }
