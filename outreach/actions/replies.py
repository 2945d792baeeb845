"""Replies that came in: stored once, STOP at once, and what staff do with them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from consent.ledger import record_texting_stop
from explorer.lib import clock
from outreach.classify import classify
from outreach.models import Match, Message, Reply, Suppression
from outreach.spruce import Item
from patients.models import Patient, Phone

SUPPRESSING = {
    Reply.Kind.OPT_OUT: Suppression.Reason.STOP,
    Reply.Kind.WRONG_NUMBER: Suppression.Reason.WRONG_NUMBER,
    Reply.Kind.DECEASED: Suppression.Reason.DECEASED,
}


@transaction.atomic
def store(item: Item, phone: str) -> Reply | None:
    """Keep what came in and act on it; None when it was stored before."""
    judged = classify(item.text)
    reply, new = Reply.objects.get_or_create(
        item_id=item.id,
        defaults={
            "conversation_id": item.conversation_id,
            "phone": phone,
            "text": item.text,
            "received_at": item.created_at,
            "kind": judged.kind if judged.kind in Reply.Kind.values else Reply.Kind.OTHER,
            "patient": _only_patient(phone),
        },
    )
    if not new:
        return None
    if judged.immediate_stop or reply.kind in SUPPRESSING:
        _suppress(reply)
    if reply.kind == Reply.Kind.OPT_OUT and not judged.ask_person and not judged.emergency:
        Reply.objects.filter(pk=reply.pk).update(state=Reply.State.CLOSED, closed_at=clock.now())
    return reply


def patients_of(phone: str):
    """Everyone whose number it is, by the list or by a matched contact."""
    by_contact = Patient.objects.filter(matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone)
    by_list = Patient.objects.filter(phones__e164=phone)
    by_merged = Patient.charts.filter(
        merged_into__isnull=False, matches__verdict__in=Match.LINKED, matches__contact__phones__e164=phone
    )
    found = Q(pk__in=by_contact.values("pk")) | Q(pk__in=by_list.values("pk"))
    return Patient.objects.filter(found | Q(pk__in=by_merged.values("merged_into")))


def _only_patient(phone: str) -> Patient | None:
    """The patient a reply comes from; None where several share the number: no machine decides that."""
    found = list(patients_of(phone)[:2])
    return found[0] if len(found) == 1 else None


def _suppress(reply: Reply) -> None:
    reason = SUPPRESSING.get(reply.kind, Suppression.Reason.STOP)
    numbers = {reply.phone}
    if reason == Suppression.Reason.STOP:
        people = patients_of(reply.phone)
        numbers |= set(Phone.objects.filter(patient__in=people).values_list("e164", flat=True))
        numbers |= set(
            Match.objects.linked()
            .filter(Q(patient__in=people) | Q(patient__merged_into__in=people))
            .exclude(contact__phones=None)
            .values_list("contact__phones__e164", flat=True)
        )
        if reply.patient:
            record_texting_stop(patient=reply.patient, occurred_at=reply.received_at)
    suppress(numbers, reason=reason, since=reply.received_at, reply=reply)


def suppress(numbers: set[str], *, reason: str, since: datetime, reply: Reply | None = None, by=None) -> None:
    """No text goes to these numbers from this moment on; waiting ones are withdrawn."""
    for number in sorted(numbers):
        Suppression.objects.get_or_create(
            phone=number,
            reason=reason,
            lifted_at=None,
            defaults={"since": since, "reply": reply, "set_by": by},
        )
    Message.objects.filter(phone__in=numbers, state=Message.State.PLANNED, kind=Message.Kind.CAMPAIGN).update(
        state=Message.State.SKIPPED, reason=dict(Suppression.Reason.choices)[reason]
    )


def is_stopped(phone: str) -> bool:
    return Suppression.objects.in_force().filter(phone=phone).exists()


@transaction.atomic
def lift(suppression: Suppression, *, by, because: str) -> None:
    """A person records that the number may be texted again, with the reason."""
    suppression = Suppression.objects.select_for_update().get(pk=suppression.pk, lifted_at=None)
    suppression.lifted_at, suppression.lifted_by, suppression.lifted_because = clock.now(), by, because[:200]
    suppression.save()


def close(reply: Reply, *, by) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.CLOSED, clock.now(), by
    reply.save(update_fields=["state", "closed_at", "closed_by"])


def reopen(reply: Reply, *, by) -> None:
    """Back among those that need an answer, for one that was closed by mistake."""
    reply.state, reply.closed_at, reply.closed_by = Reply.State.NEEDS_ANSWER, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])


@transaction.atomic
def attribute(reply: Reply, *, patient: Patient, by) -> None:
    """A person says which of the patients on a number has written. Raises ValidationError.

    A STOP has stopped the numbers already; from now on the patient's ledger says so too.
    """
    if not patients_of(reply.phone).filter(pk=patient.pk).exists():
        raise ValidationError("This number is not one of that patient's. Add it to the patient first.")
    reply = Reply.objects.select_for_update().get(pk=reply.pk)
    if reply.patient_id == patient.pk:
        return
    reply.patient = patient
    reply.save(update_fields=["patient"])
    if reply.kind == Reply.Kind.OPT_OUT:
        record_texting_stop(patient=patient, occurred_at=reply.received_at)


def mark_answered(reply: Reply) -> None:
    reply.state, reply.closed_at, reply.closed_by = Reply.State.WAITING, None, None
    reply.save(update_fields=["state", "closed_at", "closed_by"])
