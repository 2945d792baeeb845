"""Acts on wordings. A text that somebody has met, or counsel has approved, never changes again."""

from django.db import transaction

from consent.models import Wording
from explorer.lib import clock
from explorer.lib.audit import record


@transaction.atomic
def use(wording: Wording) -> Wording:
    """A patient meets this wording now: from here on it is sealed. Twice does no harm.

    Belongs inside the caller's transaction, so that the decision and the seal stand or fall together.
    """
    now = clock.now()
    if wording.used_at is None and Wording.objects.filter(pk=wording.pk, used_at=None).update(used_at=now):
        record([(wording, "update", {"used_at": ["None", now.isoformat()]})])
    wording.refresh_from_db(fields=["used_at"])
    return wording
