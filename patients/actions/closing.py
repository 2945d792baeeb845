"""An import that is closed stays closed: what every act on a batch asks first."""

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from patients.models import ImportBatch


def close(batch: ImportBatch, state: str, by) -> None:
    """Does nothing when somebody else closed it meanwhile."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().defer("raw").get(pk=batch.pk)
        if locked.state != ImportBatch.State.PROPOSED:
            return
        locked.state, locked.closed_at, locked.closed_by = state, clock.now(), by
        locked.save(update_fields=["state", "closed_at", "closed_by"])
    batch.refresh_from_db(fields=["state", "closed_at", "closed_by"])


def refuse_closed(batch: ImportBatch) -> None:
    """Locks the batch until the transaction ends. Raises ValidationError when it is no longer open."""
    waiting = ImportBatch.objects.select_for_update().filter(state=ImportBatch.State.PROPOSED)
    if not waiting.filter(pk=batch.pk).exists():
        raise ValidationError("This import is closed; import the list again to change more.")
