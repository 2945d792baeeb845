"""Changing the practice profile, and what follows from it for the numbers on the list."""

from django.db import transaction

from explorer.lib.audit import record
from explorer.lib.models import Practice, TextingBasis
from patients.models import Phone


@transaction.atomic
def change_practice(values: dict, *, by) -> Practice:
    """Set fields of the profile. Raises ValidationError.

    The save itself is audited. A basis to text that becomes known is recorded on every number of a list
    whose basis was unknown.
    """
    practice = Practice.objects.select_for_update().get(pk=1)
    for name, value in values.items():
        setattr(practice, name, value)
    practice.full_clean()
    practice.save()
    if values.get("texting_basis", TextingBasis.UNKNOWN) != TextingBasis.UNKNOWN:
        record_basis(practice.texting_basis, by=by)
    return practice


def record_basis(basis: str, *, by) -> None:
    unknown = Phone.objects.filter(source=Phone.Source.LIST, basis=TextingBasis.UNKNOWN)
    phones = list(unknown)
    unknown.update(basis=basis)
    record([(phone, "update", {"basis": [TextingBasis.UNKNOWN.value, basis]}) for phone in phones], by=by)
