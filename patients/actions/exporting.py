"""Rows that leave the program."""

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from explorer.lib import clock


def record_export(*, of, count: int, what: str, by) -> None:
    """One line of the audit log for rows that left the program: how many of which model, and what."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(of),
        object_pk="",
        object_repr="export",
        action=LogEntry.Action.ACCESS,
        changes={"exported": [None, f"{count} rows: {what}"]},
        actor=by,
        timestamp=clock.now(),
    )
