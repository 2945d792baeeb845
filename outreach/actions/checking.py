"""Closing the question about a number that is wrong, or whose owner is said to have died."""

from django.core.exceptions import ValidationError
from django.db import transaction

from outreach.models import NumberCheck, Suppression
from outreach.number_checks import ASKED_OF_A_PERSON
from patients.models import Patient


@transaction.atomic
def close_check(stop: Suppression, *, patient: Patient, because: str, by) -> NumberCheck:
    """A person says why nothing more is to be done. Raises ValidationError. Closing twice keeps the first reason."""
    because = because.strip()
    if not because:
        raise ValidationError("Write down why this is closed.")
    if stop.reason not in ASKED_OF_A_PERSON:
        raise ValidationError("About this number there is nothing to find out.")
    told = {"because": because[:200], "closed_by": by}
    return NumberCheck.objects.get_or_create(suppression=stop, patient=patient, defaults=told)[0]
