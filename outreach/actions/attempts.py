"""Calls, letters and the like: what staff did to reach a patient."""

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from outreach.actions.replies import suppress
from outreach.models import Attempt, Suppression
from patients.models import Patient

WRONG = (Attempt.Outcome.WRONG_NUMBER, Attempt.Outcome.NOT_IN_SERVICE)


@transaction.atomic
def record_attempt(
    *,
    patient: Patient,
    channel: str,
    outcome: str,
    by,
    note: str = "",
    next_on=None,
    at=None,
    number: str = "",
    despite: str = "",
    form: str = "",
) -> Attempt:
    """Raises ValidationError. A wrong number is not texted any more.

    `despite`: why somebody called although a rule spoke against it. `form` names the page it was typed on: what
    comes in twice from there is stored once.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    if form and (known := Attempt.objects.filter(form=form).first()):
        _refuse_another(known, patient, outcome, channel)
        return known
    attempt = Attempt(
        patient=patient,
        channel=channel,
        outcome=outcome,
        by=by,
        note=note,
        next_on=next_on,
        at=at or clock.now(),
        number=number,
        despite=despite.strip(),
        form=form,
    )
    if attempt.at > clock.now():
        raise ValidationError({"at": "This lies in the future."})
    attempt.full_clean()
    attempt.save()
    if outcome in WRONG and number:
        suppress({number}, reason=Suppression.Reason.WRONG_NUMBER, since=attempt.at, by=by)
    return attempt


def _refuse_another(known: Attempt, patient: Patient, outcome: str, channel: str) -> None:
    """Raises ValidationError where the page says something else now than what was stored of it."""
    if (known.patient_id, known.outcome, known.channel) != (patient.pk, outcome, channel):
        raise ValidationError(
            f"This page was sent already, as “{known.get_outcome_display()}”, and this was not noted. "
            "Open the patient’s call anew to write down another one."
        )
