"""Letters that came back: found by their number, code or name, and their address put in doubt."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from consent import addresses
from consent.codes import CodeBook
from consent.models import Invitation, Letter
from explorer.lib import clock
from patients.models import Patient

_REFERENCE = re.compile(r"\s*L?\s*(\d{1,9})\s*-\s*(\d{1,9})\s*", re.IGNORECASE)
SHOWN = 20


def find_letters(text: str) -> list[Letter]:
    """The letters that may be the one in hand, the newest first: by L12-34, by code or link, by name or chart."""
    letters = Letter.objects.posted().select_related("batch", "patient", "address", "batch__wording")
    letters = letters.order_by("-batch__posted_on", "-pk")
    if not (text := text.strip()[:400]):
        return []
    if number := _REFERENCE.fullmatch(text):
        return list(letters.filter(batch=int(number[1]), number=int(number[2])))
    codes = Invitation.objects.filter(letters__isnull=False).distinct()
    if code := CodeBook(codes.values_list("code", flat=True)).find(text).code:
        return list(letters.filter(invitation__code=code))
    return list(letters.filter(patient__in=Patient.objects.search(text).values("pk"))[:SHOWN])


@transaction.atomic
def record_return(letter: Letter, *, reason: str, by) -> Letter:
    """The letter came back. Its address is in doubt unless the reason says otherwise. Raises ValidationError."""
    letter = Letter.objects.select_for_update().select_related("batch", "address").get(pk=letter.pk)
    if letter.batch.posted_on is None:
        raise ValidationError("This letter was not posted yet. Write down the postmark of its batch first.")
    if letter.returned_at:
        raise ValidationError("This letter is recorded as come back already.")
    letter.returned_at, letter.returned_reason, letter.returned_by = clock.now(), reason, by
    letter.full_clean(validate_unique=False)
    letter.save(update_fields=["returned_at", "returned_reason", "returned_by"])
    if reason not in Letter.ADDRESS_IS_GOOD:
        addresses.mark_bad(letter.address)
    return letter
