"""What the worker does by itself. A schedule only says "look now" (design 2.3)."""

from django_q.models import Schedule

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
