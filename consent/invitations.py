"""Personal codes: made, taken over from elsewhere, covering the patients of a phone."""

from datetime import timedelta

from django.db import transaction

from consent.codes import new_code
from consent.models import Invitation, InvitationPatient
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice


@transaction.atomic
def invite(patients_by_phone: dict[str, list[int]], *, by) -> dict[str, Invitation]:
    """The live invitation of each phone, made where there is none, covering at least these patients."""
    now = clock.now()
    live = Invitation.objects.live(now).filter(phone__in=list(patients_by_phone)).order_by("-pk")
    invitations = {invitation.phone: invitation for invitation in live}
    missing = [phone for phone in patients_by_phone if phone not in invitations]
    made = [_new(phone, now) for phone in missing]
    Invitation.objects.bulk_create(made, batch_size=200)
    invitations |= {invitation.phone: invitation for invitation in made}
    record([(invitation, "create", {"phone": [None, invitation.phone]}) for invitation in made], by=by)
    _cover({invitations[phone]: pks for phone, pks in patients_by_phone.items()})
    return {phone: invitations[phone] for phone in patients_by_phone}


@transaction.atomic
def invite_without_phone(patient_ids: list[int], *, by) -> int:
    """A code for a letter or the desk, for each of these patients without any live one; returns how many."""
    now = clock.now()
    covered = set(
        InvitationPatient.objects.filter(
            patient__in=patient_ids, invitation__revoked_at=None, invitation__expires_at__gt=now
        ).values_list("patient", flat=True)
    )
    missing = [pk for pk in patient_ids if pk not in covered]
    made = [_new("", now) for _ in missing]
    Invitation.objects.bulk_create(made, batch_size=200)
    _cover({invitation: [pk] for invitation, pk in zip(made, missing, strict=True)})
    record([(invitation, "create", {"phone": [None, ""]}) for invitation in made], by=by)
    return len(made)


def _new(phone: str, now) -> Invitation:
    days = Practice.current().code_days
    return Invitation(code=new_code(), phone=phone, created_at=now, expires_at=now + timedelta(days=days))


def _cover(patients: dict[Invitation, list[int]]) -> None:
    InvitationPatient.objects.bulk_create(
        [
            InvitationPatient(invitation=invitation, patient_id=pk)
            for invitation, pks in patients.items()
            for pk in pks
        ],
        batch_size=500,
        ignore_conflicts=True,
    )
