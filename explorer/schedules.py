"""What the worker does by itself. A schedule only says "look now" (design 2.3)."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

EVERY_MINUTE = {
    "send what is due": "outreach.tasks.send_due",
    "read replies": "outreach.tasks.poll_replies",
    "build evidence packets": "explorer.evidence.tasks.build_due",
    "count the figures": "explorer.snapshot.refresh",
}
EVERY_QUARTER = {
    "back up": "explorer.backups.tasks.back_up",
    "keep the statistics": "explorer.lib.statistics.keep_statistics",
}
EVERY_DAY = {
    "try a restore": "explorer.backups.tasks.drill",
    "forget the files of old imports": "patients.tasks.forget_raw_files",
    "forget the files of old form answers": "consent.tasks.forget_raw_files",
    "remove old evidence packets": "explorer.evidence.tasks.remove_old",
    "judge the open form answers anew": "consent.tasks.retry_open_answers",
}


def set_schedules() -> None:
    each_minute = {"schedule_type": Schedule.MINUTES, "minutes": 1}
    each_quarter = {"schedule_type": Schedule.MINUTES, "minutes": 15}
    each_day = {"schedule_type": Schedule.DAILY}
    for names, rhythm in ((EVERY_MINUTE, each_minute), (EVERY_QUARTER, each_quarter), (EVERY_DAY, each_day)):
        for name, task in names.items():
            Schedule.objects.update_or_create(name=name, defaults={"func": task, "repeats": -1, **rhythm})
    Schedule.objects.exclude(name__in=[*EVERY_MINUTE, *EVERY_QUARTER, *EVERY_DAY]).delete()


def take_up_again() -> None:
    """What the former cluster had taken and not finished is taken anew at once, not when q2 gives it up in an hour.

    Only for a worker that knows itself alone. Every task may run twice (design 2.3).
    """
    kept = timedelta(seconds=settings.Q_CLUSTER["retry"])
    OrmQ.objects.filter(lock__gt=Now()).update(lock=F("lock") - kept)


def look_now() -> None:
    """Ask the worker for its look of each minute out of turn. What is due then, the rows decide."""
    with suppress(DatabaseError):  # the next minute comes anyway
        for task in EVERY_MINUTE.values():
            async_task(task)
