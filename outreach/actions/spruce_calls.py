"""A call that the patient sees coming from the practice's number: Spruce's outbound proxy call."""

import secrets

from django.core.exceptions import ValidationError

from explorer.lib.audit import record
from explorer.lib.models import Practice
from outreach.actions.sending import choose_line
from outreach.models import LineState
from outreach.spruce import Spruce
from patients.models import Patient
from patients.phones import BadPhone, read_phone


def prepare_call(spruce: Spruce, *, patient: Patient, number: str, by) -> str:
    """The number to dial from the desk's phone, so that the patient is called by the practice. E.164.

    It rings nobody: a person dials it. Raises ValidationError and SpruceError. Only ids go to the log.
    """
    practice = Practice.current()
    try:
        desk = read_phone(practice.spruce_calls_from).e164
    except BadPhone:
        raise ValidationError("Write the desk’s phone into the practice profile first, as 205-555-0101.") from None
    line = LineState.objects.values_list("line_id", flat=True).get(pk=1) or choose_line(spruce).id
    proxy = spruce.start_call(line, desk, number, f"call {patient.pk} {secrets.token_hex(8)}".replace(" ", "-"))
    record([(patient, "access", {"call": [None, "prepared through Spruce"]})], by=by)
    return proxy
