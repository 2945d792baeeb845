"""Who calls whom: claims on patients, so that two people never call the same household at once."""

from django.db import transaction

from explorer.lib import clock
from outreach.call_queue import households
from outreach.models import CallClaim
from patients.models import Patient


@transaction.atomic
def claim_call(*, patient: Patient, by) -> CallClaim:
    """The claim that stands: this person's, or the one of whoever is calling the household already.

    Claimed again by the same person it is extended.
    """
    now = clock.now()
    home = sorted({patient.pk, *households([patient.pk])[patient.pk]})
    list(Patient.objects.select_for_update().filter(pk__in=home).order_by("pk").values_list("pk"))
    standing = CallClaim.objects.in_force(now).filter(patient__in=home).select_related("by")
    if other := standing.exclude(by=by).order_by("until", "pk").first():
        return other
    claim = CallClaim.objects.filter(patient=patient).first() or CallClaim(patient=patient)
    goes_on = claim.by_id == by.pk and claim.pk and claim.since <= now < claim.until
    claim.since, claim.until, claim.by = claim.since if goes_on else now, now + CallClaim.LASTS, by
    claim.save()
    return claim


def release_call(*, patient: Patient, by) -> None:
    """Nobody is calling this patient any more; another person's claim stays."""
    now = clock.now()
    CallClaim.objects.in_force(now).filter(patient=patient, by=by).update(until=now)
