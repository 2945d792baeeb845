"""The power-cut report: what was under way when sending ended without a goodbye, and what became of it."""

from django.db import transaction

from explorer.lib import clock
from outreach import line
from outreach.models import Campaign, InterruptedText, Interruption, Message

State = Message.State


@transaction.atomic
def note(right: line.Right) -> Interruption | None:
    """Called by the next sender before it does anything else; None when the last one ended well."""
    if right.unclean_since is None:
        return None
    running = Message.objects.filter(campaign__state=Campaign.State.RUNNING)
    under_way = list(Message.objects.filter(state=State.SENDING))
    if not under_way and not running.filter(state=State.PLANNED).exists():
        return None
    found = Interruption.objects.create(
        last_seen_at=right.unclean_since,
        confirmed=running.filter(state__in=(State.CONFIRMED, State.ACCEPTED)).count(),
        waiting=running.filter(state=State.PLANNED).count(),
    )
    InterruptedText.objects.bulk_create(
        [InterruptedText(interruption=found, message=message, attempts=message.attempts) for message in under_way]
    )
    return found


@transaction.atomic
def mark_seen(interruption: Interruption, *, by) -> None:
    Interruption.objects.filter(pk=interruption.pk, seen_at=None).update(seen_at=clock.now(), seen_by=by)
