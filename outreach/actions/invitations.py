"""Codes for a whole cohort: one per number that can be texted, one per patient without such a number."""

from django.db import transaction

from consent.invitations import invite, invite_without_phone
from consent.models import InvitationPatient
from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import facts
from outreach.models import Campaign
from outreach.planning import cohort as cohort_of
from patients.ages import youngest_adult_born_on


@transaction.atomic
def create_missing(*, cohort: str, by) -> int:
    """Make the codes that are missing in this cohort; returns how many."""
    practice = Practice.current()
    adult = youngest_adult_born_on(state=practice.state, today=practice.today())
    patients = cohort_of(Campaign(cohort=cohort)).filter(deceased=False, left_list_at=None, held="")
    patients = patients.exclude(date_of_birth__gt=adult)  # a minor's guardian is asked in person
    numbers = facts.reachabilities(patients, practice)
    covered = set(
        InvitationPatient.objects.filter(
            invitation__revoked_at=None, invitation__expires_at__gt=clock.now(), invitation__origin="ours"
        ).values_list("patient", flat=True)
    )
    by_phone: dict[str, list[int]] = {}
    for pk, reach in numbers.items():
        if reach.number and pk not in covered:
            by_phone.setdefault(reach.number, []).append(pk)
    without = [pk for pk, reach in numbers.items() if not reach.number]
    return len(invite(by_phone, by=by)) + invite_without_phone(without, by=by)
