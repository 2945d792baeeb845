"""Audit rows for writes in bulk, which django-auditlog's signals cannot see (tried.md, Audit rows)."""

from collections.abc import Iterable

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import translation

from explorer.lib import bulk, clock

COLUMNS = ("content_type_id", "object_pk", "object_id", "object_repr", "action", "changes", "actor_id", "timestamp")


@translation.override("en")
def record(entries: Iterable[tuple[Model, str, dict]], *, by=None) -> None:
    """One audit row for each (object, act, {field: [old, new]}); in one statement.

    The act is "create", "update", "delete" or "access". The object's own text is not stored: an audit row names
    the object by its id.
    """
    actions = {name: getattr(LogEntry.Action, name.upper()) for name in ("create", "update", "delete", "access")}
    now = clock.now()
    types: dict[type, tuple[int, str]] = {}
    rows = []
    for instance, action, changes in entries:
        model = type(instance)
        if model not in types:
            types[model] = ContentType.objects.get_for_model(model).pk, model._meta.verbose_name
        type_pk, name = types[model]
        text = f"{name} {instance.pk}"[:200]
        rows.append((type_pk, str(instance.pk), instance.pk, text, actions[action], changes, by and by.pk, now))
    bulk.insert(LogEntry, COLUMNS, rows)
