"""The demo's own page: its clock, files, sign-ins and the first campaign step by step. Live there is none."""

import functools
from collections.abc import Callable
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db.models import Min
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django_q.tasks import async_task

from explorer.demo.files import write_apcm_workbook, write_bad_examples, write_newer_list, write_patient_list
from explorer.demo.forms import write_export
from explorer.demo.sign_ins import sign_ins
from explorer.demo.trial import record_nightly_backup
from explorer.lib import clock
from explorer.lib.home import DEMO
from explorer.lib.pages import page
from outreach.models import Message
from outreach.progress import SENDER

SEE, ACT = "patients.view_patient", "patients.change_patient"
REMINDER_DAYS = (3, 7, 14)
MORNING = 10  # o'clock
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FILES: dict[str, tuple[str, Callable[[BytesIO], object]]] = {
    "patients.xlsx": ("The patient list: 1,384 invented patients", write_patient_list),
    "patients-a-week-later.xlsx": (
        "The same list a week later: corrections, new and vanished patients",
        write_newer_list,
    ),
    "apcm.xlsx": ("The APCM workbook", write_apcm_workbook),
    "forms-answers-today.xlsx": (
        "The Forms export of today: what the invented patients have answered so far",
        lambda file: write_export(file, clock.now()),
    ),
}
BAD_FILES = {
    "picture.xlsx": "A picture renamed to .xlsx",
    "empty.xlsx": "An empty file",
    "no-headings.xlsx": "No headings",
    "title-above.xlsx": "A title above the headings",
    "two-sheets.xlsx": "Two sheets",
    "spanish-headings.xlsx": "Spanish headings",
    "merged-cells.xlsx": "Merged cells",
}


def only_in_the_demo(view):
    @functools.wraps(view)
    def shown(self, request, *args, **kwargs):
        if settings.MODE != DEMO:
            raise Http404
        return view(self, request, *args, **kwargs)

    return shown


class DemoPages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        pages = {"demo": self.show, "demo_jump": self.jump, "demo_file": self.file}
        return [path(view.page_route, self.site.admin_view(view), name=name) for name, view in pages.items()]

    @page("demo/", look=SEE)
    @only_in_the_demo
    def show(self, request):
        context = {
            "title": "Demo",
            "jumps": jumps(clock.now(), request.practice.time_zone),
            "files": {name: words for name, (words, _) in FILES.items()},
            "bad_files": BAD_FILES,
            "people": sign_ins(),
            "may_act": request.user.has_perm(ACT),
        }
        return TemplateResponse(request, "explorer/demo.html", {**self.site.each_context(request), **context})

    @page("demo/jump/", look="", act=ACT)
    @only_in_the_demo
    def jump(self, request):
        """At once: the clock goes ahead, and what is due by then goes out."""
        ahead = {str(days): by for days, by in jumps(clock.now(), request.practice.time_zone) if by}
        by = ahead.get(request.POST.get("days", ""))
        if by is None:
            messages.error(request, "That day has passed already. The demo's clock only goes ahead.")
        elif Message.objects.filter(state__in=(Message.State.SENDING, Message.State.ACCEPTED)).exists():
            messages.error(request, "Texts are going out just now. Wait until all are confirmed, then jump.")
        else:
            clock.jump(by)
            record_nightly_backup()
            async_task(SENDER)
            messages.success(request, "The clock has jumped ahead. What is due goes out within a minute.")
        return redirect("admin:demo")

    @page("demo/files/<str:name>", look=SEE)
    @only_in_the_demo
    def file(self, request, name: str):
        answer = HttpResponse(_content(name), content_type=EXCEL)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def jumps(now: datetime, zone: str) -> list[tuple[int, timedelta | None]]:
    """(day, how far ahead): tomorrow as day 1, then the reminders' days of the newest campaign.

    They count from its first text; None where that day has passed or nothing has been sent.
    """
    first = _first_text_at()
    days = [(day, _until(first, day, now, ZoneInfo(zone))) for day in REMINDER_DAYS]
    return [(1, timedelta(days=1)), *days]


def _first_text_at() -> datetime | None:
    sent = Message.objects.filter(state=Message.State.CONFIRMED, step__day=0).exclude(campaign__state="finished")
    newest = sent.order_by("-campaign__launched_at").values("campaign")[:1]
    return sent.filter(campaign=newest).aggregate(first=Min("accepted_at"))["first"]


def _until(first: datetime | None, day: int, now: datetime, zone: ZoneInfo) -> timedelta | None:
    """The morning of that day: within everybody's texting hours."""
    if first is None:
        return None
    morning = datetime.combine(first.astimezone(zone).date() + timedelta(days=day), time(MORNING), zone)
    return morning - now if morning > now else None


def _content(name: str) -> bytes:
    """Raises Http404 for a name that is not offered."""
    if name in FILES:
        file = BytesIO()
        FILES[name][1](file)
        return file.getvalue()
    if name in BAD_FILES:
        with TemporaryDirectory() as folder:
            write_bad_examples(Path(folder))
            return (Path(folder) / name).read_bytes()
    raise Http404
