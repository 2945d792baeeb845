"""What the audit log keeps of which model: one table, filled in once at the start.

django-auditlog writes a row for each `save()`; acts that write in bulk write their rows themselves
(explorer/lib/audit.py). A model with patient data stands in exactly one of the two tables below.
"""

from auditlog.context import auditlog_value
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.core.signals import request_finished
from django.db.models.signals import pre_save
from django.utils import translation

from consent.models import (
    AddressVersion,
    ApcmMonth,
    ConsentEvent,
    DeskForm,
    Disclosure,
    Document,
    FormMapping,
    Invitation,
    InvitationPatient,
    Letter,
    LetterBatch,
    Response,
    ResponseFile,
    Wording,
)
from explorer.lib import clock
from explorer.lib.models import Backup, Drill, Job, Practice, Restore
from explorer.models import EvidencePacket, ListAct, Report, SavedList, SignOff, User
from outreach.models import (
    Agreement,
    Approval,
    Attempt,
    CallClaim,
    Campaign,
    CampaignPatient,
    CampaignStep,
    Circumstance,
    Contact,
    ContactPhone,
    Conversation,
    GoDecision,
    InterruptedText,
    Interruption,
    LineState,
    Match,
    Message,
    MessagePatient,
    NumberCheck,
    PhoneTest,
    Reply,
    SavedAnswer,
    ScheduledWithdrawal,
    Suppression,
    TextTemplate,
    Wave,
)
from patients.models import (
    ApcmEnrolment,
    CareFact,
    ColumnMapping,
    DuplicatePair,
    ImportBatch,
    ImportRow,
    Note,
    NoteVersion,
    Patient,
    PatientMerge,
    Phone,
    Practitioner,
    StaffTask,
)

LEFT_OUT: dict[type, tuple[str, ...]] = {
    Patient: ("search_name", "version", "changed_at"),
    Phone: (),
    ApcmEnrolment: ("version", "changed_at"),
    Practitioner: (),
    CareFact: ("note",),
    Note: ("removed_because",),
    NoteVersion: ("text",),
    StaffTask: ("title", "details", "outcome"),
    DuplicatePair: ("reasons",),
    PatientMerge: ("before", "moved", "stayed", "ledgers"),
    ImportBatch: ("raw", "headings", "columns", "notes"),
    ColumnMapping: (),
    Contact: ("synced_at",),
    Match: ("reasons", "needed"),
    Campaign: (),
    CampaignStep: (),
    TextTemplate: (),
    Wave: (),
    Approval: (),
    PhoneTest: (),
    Agreement: (),
    GoDecision: ("parts", "criteria"),
    Suppression: ("words",),
    NumberCheck: ("because",),
    SavedAnswer: (),
    Attempt: ("note", "despite", "form"),
    Circumstance: ("told_by", "ended_because"),
    Reply: ("text",),
    Invitation: ("code",),
    Response: ("sealed_row", "row_hash", "identity", "reasons", "candidates"),
    ResponseFile: ("raw", "headings", "columns", "date_style"),
    FormMapping: (),
    ConsentEvent: ("note",),
    ApcmMonth: (),
    Disclosure: (),
    DeskForm: ("shown", "answers", "signature", "used_at", "because"),
    Document: ("sealed_content", "filename"),
    Wording: ("text",),
    AddressVersion: ("street", "street2", "city", "state", "zip"),
    LetterBatch: ("frozen",),
    Letter: ("name",),
    Practice: (),
    Backup: (),
    Job: ("ids", "name", "attempt", "total", "done", "touched_at"),
    User: ("password", "last_login", "guided"),
    Report: ("figures", "sealed_pdf"),
    SignOff: ("words",),
    SavedList: (),
    ListAct: (),
    EvidencePacket: ("patients", "header", "sealed_key", "attempt", "done", "touched_at"),
}
"""Models audited at each save, and their fields that the log does not repeat."""

NOT_AUDITED: dict[type, str] = {
    Interruption: "Written by the sender about itself and never changed; who has seen it stands in the row.",
    InterruptedText: "Written once with its interruption.",
    Message: "Is itself the ledger of texts, saved three times by the sender; what a person decides about "
    "one is recorded by that act.",
    MessagePatient: "Written with its text, taken back with an undone launch, never changed otherwise.",
    CampaignPatient: "Written with the campaign's launch, taken back with it, never changed otherwise.",
    InvitationPatient: "Written once with its invitation, whose own row is recorded.",
    ImportRow: "A proposal; what was applied is recorded at the patient, what was chosen by the act.",
    ContactPhone: "Overwritten by each sync together with its contact, whose own row is recorded.",
    ScheduledWithdrawal: "Is itself the record of what was withdrawn in Spruce, and never changed once ended.",
    Conversation: "How far Spruce has been read; nothing about a patient.",
    Drill: "Is itself the record, written once by the program.",
    Restore: "Is itself the record, written once; recorded by that act.",
    CallClaim: "Who is calling whom for some minutes; the call itself is recorded.",
    LineState: "What Spruce says of its limits; nothing about a patient.",
}
"""Models that signals do not audit, and why that loses nothing."""


def register() -> None:
    for model, left_out in LEFT_OUT.items():
        fields = [field.name for field in model._meta.concrete_fields if field.name not in left_out]
        auditlog.register(model, include_fields=fields)
    pre_save.connect(write_our_way, sender=LogEntry, dispatch_uid="audit rows in our way")
    request_finished.connect(forget_the_person, dispatch_uid="no person after the request")


@translation.override("en")
def write_our_way(sender, instance: LogEntry, **kwargs) -> None:
    """Objects by their id instead of a patient's name, our clock's time, and always the person.

    auditlog tells requests apart by the clock: of two that begin in the same tick one loses its person
    (reference: tried.md), so the person is read here from the request's own context.
    """
    if not instance._state.adding:
        return
    instance.timestamp = clock.now()
    if instance.object_id is not None:
        name = instance.content_type.model_class()._meta.verbose_name
        instance.object_repr = f"{name} {instance.object_id}"
    if instance.actor is None:
        instance.actor = _person_of_the_request()


def _person_of_the_request() -> User | None:
    person = auditlog_value.get({}).get("actor")
    return person if isinstance(person, User) else None


def forget_the_person(sender, **kwargs) -> None:
    """auditlog leaves the request's person in the thread; what runs there later is not that person's."""
    auditlog_value.set({"signal_duid": None})
