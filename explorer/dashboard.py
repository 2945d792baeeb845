"""The first page: where everybody stands, how the outreach goes, what is to be done today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import localtime

from explorer import digest, figures, work
from explorer.lib import clock
from explorer.lib.models import Practice, TextingBasis
from explorer.lib.pages import page
from explorer.watching import note
from explorer.work import Tile
from outreach import go
from outreach.gate import POLL_GOOD_FOR
from outreach.models import Campaign, LineState, Match
from outreach.notices import notices
from patients.models import Patient

TOLD_FOR = timedelta(days=1)  # a restart of the worker or the web server


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that must be well. `tone` is good, warn, bad or info."""

    title: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first five steps of a practice; `done` is read from the facts."""

    title: str
    words: str
    url: str
    done: bool


class HomePages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        return [
            path("home/calls-due/", self.site.admin_view(self.calls_due), name="home_calls_due"),
            path("home/digest/", self.site.admin_view(self.digest), name="home_digest"),
            path("home/apcm-ready/", self.site.admin_view(self.apcm_ready), name="home_apcm_ready"),
        ]

    @page("home/calls-due/", look="outreach.view_attempt")
    def calls_due(self, request):
        """The inside of one tile, fetched once the page is there."""
        tile = Tile("Calls due", work.calls_due(request.practice.today()), "")
        return _once(render(request, "explorer/tile.html", {"tile": tile}))

    @page("home/digest/", look="patients.view_stafftask")
    def digest(self, request):
        """What the day holds for this person, fetched likewise."""
        lines = digest.lines(request.user, request.practice)
        return _once(render(request, "explorer/home/digest.html", {"digest": lines}))

    @page("home/apcm-ready/", look="consent.view_apcmmonth")
    def apcm_ready(self, request):
        """One line of the card about APCM, fetched likewise."""
        month, count = work.apcm_ready(request.practice)
        return _once(render(request, "explorer/apcm_ready.html", {"month": month, "count": count}))


def _once(answer):
    """The page need not ask again."""
    answer["X-Done"] = "1"
    return answer


def fill(request, context: dict) -> dict:
    """For the theme: what templates/admin/index.html shows."""
    practice, now = request.practice, clock.now()
    line = LineState.objects.get(pk=1)
    steps = first_steps(practice, line)
    shown = {"title": "Home", "steps": steps, "health": health(practice, line, now), **notices(line)}
    if not all(step.done for step in steps):
        shown["next_step"] = next(step for step in steps if not step.done)
    if steps[1].done:
        shown |= _figures(practice, now) | {"tiles": work.tiles(request)}
    return context | shown


def _figures(practice: Practice, now: datetime) -> dict:
    return {
        "standings": figures.standings(),
        "texts": figures.texts(),
        "rates": figures.response_rates(figures.first_texts(), now, practice.time_zone),
        "apcm": figures.elections(),
    }


def first_steps(practice: Practice, line: LineState) -> list[Step]:
    """In the order in which a fresh practice goes."""
    profile = reverse("admin:floor_practice_change", args=[1])
    named = bool(practice.phone and practice.texting_basis != TextingBasis.UNKNOWN)
    return [
        Step(
            "Fill in the practice profile",
            "Name, phone, texting hours, and why the numbers on your list may be texted.",
            profile,
            named,
        ),
        Step(
            "Import the patient list",
            "Upload the Excel list; you see every change before anything is stored.",
            reverse("admin:patients_importbatch_changelist"),
            Patient.objects.exists(),
        ),
        Step(
            "Read the Spruce contacts and match them",
            "So that each text goes to the right person; unclear pairs wait for you.",
            reverse("admin:outreach_match_changelist"),
            line.contacts_synced_at is not None and Match.objects.exists(),
        ),
        Step(
            "Paste the form’s link",
            "The sample link of your Microsoft form; every patient gets a personal one made from it.",
            f"{profile}#form",
            bool(practice.form_sample_url),
        ),
        Step(
            "Start the first campaign",
            "Begin with a pilot of 50; it stops by itself. You see each text before it goes out.",
            reverse("admin:outreach_campaign_changelist"),
            Campaign.objects.exclude(launched_at=None).exclude(limit__lte=go.TRIAL).exists(),
        ),
    ]


def health(practice: Practice, line: LineState, now: datetime) -> list[Sign]:
    return [_mode(), _texting(practice, line, now), _replies(line, now), _contacts(line), _background()]


def _mode() -> Sign:
    if settings.MODE == "live":
        return Sign("Mode", "Live: texts go to real patients", "info")
    return Sign("Mode", "Demo: nothing leaves this PC", "info")


def _texting(practice: Practice, line: LineState, now: datetime) -> Sign:
    if line.disarmed_at:
        return Sign("Texting", "Locked until an administrator has compared this PC with Spruce", "bad")
    if practice.texting_stopped_at:
        since = _when(practice.texting_stopped_at)
        who = practice.texting_stopped_by
        return Sign("Texting", f"Stopped for the whole practice since {since}{f' by {who}' if who else ''}", "bad")
    if line.sender and line.sender_until and line.sender_until > now:
        return Sign("Texting", "Allowed; texts are being sent now", "good")
    return Sign("Texting", "Allowed; nothing is being sent at this moment", "good")


def _replies(line: LineState, now: datetime) -> Sign:
    if line.polled_at is None:
        return Sign("Replies", "Never read yet. They are read before the first text goes out", "warn")
    read = f"Last read on {_when(line.polled_at)}"
    if now - line.polled_at > POLL_GOOD_FOR:
        return Sign("Replies", f"{read}. No text goes out until they are read again", "warn")
    return Sign("Replies", read, "good")


def _contacts(line: LineState) -> Sign:
    if line.contacts_synced_at is None:
        return Sign("Spruce contacts", "Never read yet", "warn")
    return Sign("Spruce contacts", f"Last read on {_when(line.contacts_synced_at)}", "good")


def _background() -> Sign:
    watch = note.read()
    if not watch.children:
        return Sign("Background work", "Not running. Close the program and start it again", "bad")
    if not watch.is_well("worker"):
        return Sign("Background work", "It is being started", "warn")
    restart = watch.last_restart()
    if restart is None or clock.without_jump() - restart[0] > TOLD_FOR:
        return Sign("Background work", "Running", "good")
    moment, why = restart
    return Sign("Background work", f"Running. On {_when(moment)} {why}", "good")


def _when(moment: datetime) -> str:
    return f"{localtime(moment):%m/%d/%Y at %I:%M %p}"
