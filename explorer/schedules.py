"""What the worker does by itself. A schedule only says "look now" (design 2.3)."""

from django_q.models import Schedule

EVERY_MINUTE = {
    "send what is due": "outreach.tasks.send_due",
    "read replies": "outreach.tasks.poll_replies",
}


def set_schedules() -> None:
    for name, task in EVERY_MINUTE.items():
        Schedule.objects.update_or_create(
            name=name, defaults={"func": task, "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
        )
    Schedule.objects.exclude(name__in=EVERY_MINUTE).delete()
