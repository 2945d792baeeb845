"""The files themselves are kept for some days only; their SHA-256 and what was read of them stay."""

from datetime import timedelta

from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice
from patients.models import ImportBatch


@transaction.atomic
def forget_raw_files() -> int:
    """Remove the stored files of imports that are older than the practice keeps them; returns how many."""
    oldest = clock.now() - timedelta(days=Practice.current().keep_raw_days)
    expired = ImportBatch.objects.filter(uploaded_at__lt=oldest, raw__isnull=False)
    batches = list(expired.only("pk"))
    expired.update(raw=None)
    record([(batch, "update", {"stored file": ["kept", "removed"]}) for batch in batches])
    return len(batches)
