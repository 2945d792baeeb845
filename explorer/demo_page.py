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
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from explorer.demo import afresh, days, guide, voice
from explorer.demo.files import write_apcm_workbook, write_bad_examples, write_newer_list, write_patient_list
from explorer.demo.forms import write_export
from explorer.demo.sign_ins import sign_ins
from explorer.lib import clock, jobs
from explorer.lib.home import DEMO
from explorer.lib.pages import page
from outreach.models import Message
from patients.models import Patient

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
        pages = {
            "demo": self.show,
            "demo_jump": self.jump,
            "demo_file": self.file,
            "demo_guide": self.guide,
            "demo_guided": self.guided,
            "demo_answers": self.answers,
            "demo_afresh": self.afresh,
            "demo_voice": self.voice,
        }
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
            "steps": guide.steps(),
            "diary": days.diary(request.practice.time_zone),
            "answers_come_in": days.answers_come_in(),
            "afresh_wanted": afresh.is_wanted(),
        }
        return TemplateResponse(request, "explorer/demo.html", {**self.site.each_context(request), **context})

    @page("demo/jump/", look="", act=ACT)
    @only_in_the_demo
    def jump(self, request):
        """At once: the clock goes ahead, and what is due by then goes out."""
        ahead = {str(days): by for days, by in jumps(clock.now(), request.practice.time_zone) if by}
        by = ahead.get(request.POST.get("days", ""))
        if by is None:
            messages.error(request, _("That day has passed already. The demo's clock only goes ahead."))
        elif Message.objects.filter(state__in=(Message.State.SENDING, Message.State.ACCEPTED)).exists():
            messages.error(request, _("Texts are going out just now. Wait until all are confirmed, then jump."))
        else:
            clock.jump(by)
            title, url = _("Letting the days pass"), reverse("admin:demo")
            jobs.begin(days.PASS_TIME, title=title, by=request.user, url=url)
            messages.success(
                request, _("The clock has jumped ahead. What comes in and what is due follows within a minute.")
            )
        return redirect("admin:demo")

    @page("demo/guide/", look=SEE)
    @only_in_the_demo
    def guide(self, request):
        """The slim bar on every page, fetched once a page."""
        found = guide.steps()
        context = {"step": guide.next_step(found), "count": len(found), "done": sum(step.is_done for step in found)}
        return TemplateResponse(request, "explorer/demo_guide.html", context, headers={"X-Done": "1"})

    @page("demo/guided/", look="", act=SEE)
    @only_in_the_demo
    def guided(self, request):
        """Leave the guide or take it up again, each person for themselves."""
        request.user.guided = request.POST.get("guided") == "on"
        request.user.save(update_fields=["guided"])
        return redirect("admin:demo")

    @page("demo/answers/", look="", act=ACT)
    @only_in_the_demo
    def answers(self, request):
        on = request.POST.get("answers") == "on"
        days.let_answers_come_in(on)
        if on:
            messages.success(request, _("From now on the form’s answers come in by themselves as days pass."))
        return redirect("admin:demo")

    @page("demo/afresh/", look=ACT, act=ACT)
    @only_in_the_demo
    def afresh(self, request):
        """A fresh practice at the next start, once the word is typed; or not after all."""
        if request.method == "POST":
            wanted = request.POST.get("word", "").strip().lower() == afresh.WORD
            if "keep" in request.POST or wanted:
                afresh.want(wanted)
                return redirect("admin:demo")
            messages.error(request, _("Type the word as it stands there, or go back."))
        context = {"title": _("A fresh practice?"), "word": afresh.WORD}
        return TemplateResponse(request, "explorer/demo_afresh.html", {**self.site.each_context(request), **context})

    @page("demo/voice/<int:patient_id>/", look=SEE)
    @only_in_the_demo
    def voice(self, request, patient_id: int):
        """What this patient would say on the phone, for the screen of calls."""
        patient = get_object_or_404(Patient, pk=patient_id)
        context = {"voice": voice.voice_of(patient, request.practice.today())}
        return TemplateResponse(request, "explorer/demo_voice.html", context, headers={"X-Done": "1"})

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
