"""Forms exports are kept for some days only; their SHA-256 and the answers read of them stay."""

from datetime import timedelta

from django.db import transaction

from consent.models import ResponseFile
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.models import Practice


@transaction.atomic
def forget_raw_files() -> int:
    """Remove the stored Forms exports that are older than the practice keeps them; returns how many."""
    oldest = clock.now() - timedelta(days=Practice.current().keep_raw_days)
    expired = ResponseFile.objects.filter(taken_in_at__lt=oldest, raw__isnull=False)
    files = list(expired.only("pk"))
    expired.update(raw=None)
    record([(file, "update", {"stored file": ["kept", "removed"]}) for file in files])
    return len(files)
