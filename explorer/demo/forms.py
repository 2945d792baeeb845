"""The simulated patients' answers so far, as the Microsoft Forms export staff would download."""

from datetime import datetime
from pathlib import Path

from consent.codes import show
from consent.models import Invitation
from explorer.demo.answers import IssuedInvitation, write_forms_export
from outreach.models import Message


def write_export(path: Path, now: datetime) -> int:
    """Write the export of everything answered by `now`; returns the number of answers."""
    return write_forms_export(path, list(issued()), now)


def issued():
    confirmed = Message.objects.filter(state=Message.State.CONFIRMED, kind=Message.Kind.CAMPAIGN)
    times: dict[int, list[datetime]] = {}
    for invitation, at in confirmed.order_by("confirmed_at").values_list("invitation_id", "accepted_at"):
        times.setdefault(invitation, []).append(at)
    for invitation in Invitation.objects.filter(pk__in=times).order_by("pk").prefetch_related("patients"):
        first, *reminders = times[invitation.pk]
        mrns = [patient.mrn for patient in invitation.patients.all()]
        yield IssuedInvitation(show(invitation.code), mrns, first, reminders)
