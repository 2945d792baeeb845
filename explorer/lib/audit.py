"""Audit rows for writes in bulk, which django-auditlog's signals cannot see (tried.md, Audit rows)."""

from collections.abc import Iterable

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from explorer.lib import clock


def record(entries: Iterable[tuple[Model, str, dict]], *, by=None) -> None:
    """One audit row for each (object, "create" | "update" | "delete", {field: [old, new]}); in one statement.

    The object's own text is not stored: an audit row names the object by its id.
    """
    actions = {name: getattr(LogEntry.Action, name.upper()) for name in ("create", "update", "delete")}
    now = clock.now()
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                content_type=ContentType.objects.get_for_model(instance),
                object_pk=str(instance.pk),
                object_id=instance.pk,
                object_repr=f"{instance._meta.verbose_name} {instance.pk}"[:200],
                action=actions[action],
                changes=changes,
                actor=by,
                timestamp=now,
            )
            for instance, action, changes in entries
        ],
        batch_size=500,
    )
