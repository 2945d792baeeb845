"""Storing a scan, and noting who looked at one."""

import hashlib

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import Document
from consent.scans import Scan
from explorer.lib import clock
from patients.models import Patient


@transaction.atomic
def attach_scan(scan: Scan, *, patient: Patient, by) -> Document:
    """The signed paper of this patient, encrypted; the same file again is the same document.

    Raises ValidationError when the very same file is another patient's.
    """
    sha256 = hashlib.sha256(scan.content).hexdigest()
    kind = Document.Kind.PAPER_FORM
    there = Document.objects.filter(sha256=sha256, kind=kind).select_related("patient").first()
    if there is None:
        document = Document.of(
            scan.content, patient=patient, kind=kind, filename=scan.filename, media_type=scan.media_type, added_by=by
        )
        document.save()
        return document
    if patient.pk not in (there.patient_id, there.patient.merged_into_id):
        raise ValidationError({"document": "This very file is attached to another patient: choose this patient's own."})
    return there


def record_look(document: Document, *, by) -> None:
    """One line of the audit log: who opened the scan. Without it the scan is not shown."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Document),
        object_pk=str(document.pk),
        object_id=document.pk,
        object_repr=f"document {document.pk}",
        action=LogEntry.Action.ACCESS,
        changes={"opened": [None, "scan"]},
        actor=by,
        timestamp=clock.now(),
    )
