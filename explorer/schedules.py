"""What the worker does by itself. A schedule only says "look now" (design 2.3)."""

from datetime import timedelta

from django_q.models import Schedule
from django_q.status import Stat

from explorer.lib import clock

STUCK_AFTER = timedelta(minutes=3)  # each minute's schedule must have moved on by then

EVERY_MINUTE = {
    "send what is due": "outreach.tasks.send_due",
    "read replies": "outreach.tasks.poll_replies",
}
EVERY_DAY = {
    "forget the files of old imports": "patients.tasks.forget_raw_files",
    "forget the files of old form answers": "consent.tasks.forget_raw_files",
}


def set_schedules() -> None:
    each_minute = {"schedule_type": Schedule.MINUTES, "minutes": 1}
    each_day = {"schedule_type": Schedule.DAILY}
    for names, rhythm in ((EVERY_MINUTE, each_minute), (EVERY_DAY, each_day)):
        for name, task in names.items():
            Schedule.objects.update_or_create(name=name, defaults={"func": task, "repeats": -1, **rhythm})
    Schedule.objects.exclude(name__in=[*EVERY_MINUTE, *EVERY_DAY]).delete()


def worker_alive() -> bool:
    """By the cluster's heartbeat, good for three seconds only; on a busy PC by its moving the schedules on."""
    on_time = Schedule.objects.filter(name__in=EVERY_MINUTE, next_run__gt=clock.without_jump() - STUCK_AFTER)
    return bool(Stat.get_all()) or on_time.exists()
