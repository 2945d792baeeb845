"""The first page: where everybody stands, how the outreach goes, what is to be done today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import OrmQ

from explorer import digest, figure_sheets, figures, forecast_words, snapshot, work
from explorer.charts import curve_chart, funnel_chart
from explorer.figure_sheets import KINDS, SHEETS, Facts
from explorer.lib import clock
from explorer.lib.models import Backup, Practice, TextingBasis
from explorer.lib.pages import page
from explorer.watching import note
from explorer.work import Tile
from outreach import go
from outreach.gate import POLL_GOOD_FOR
from outreach.models import Campaign, LineState, Match, Message
from outreach.notices import notices
from patients.actions import record_export
from patients.models import Patient

TOLD_FOR = timedelta(days=1)  # a restart of the worker or the web server
BACKUP_GOOD_FOR = timedelta(days=1)


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
            path("home/forecast/", self.site.admin_view(self.forecast), name="home_forecast"),
            path("home/figures/<str:name>.<str:kind>", self.site.admin_view(self.download), name="home_figures"),
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

    @page("home/forecast/", look="patients.view_patient")
    def forecast(self, request):
        """The inside of the forecast's card. A large practice waits for the worker, which makes it anew."""
        now, made = clock.now(), snapshot.outlook(clock.now())
        if not snapshot.is_fresh(made, now) and not snapshot.is_large():
            made = snapshot.make_outlook(request.practice, now)
        answer = render(request, "explorer/home/forecast_inside.html", outlook(made, now))
        return _once(answer) if made else answer

    @page("home/figures/<str:name>.<str:kind>", look="patients.view_patient")
    def download(self, request, name: str, kind: str):
        """One table of the page as a file. It names no patient."""
        if name not in SHEETS or kind not in KINDS:
            raise Http404
        practice, now = request.practice, clock.now()
        counted = snapshot.current(practice, now)
        if counted is None:
            raise Http404(_("The figures are being counted. Try again in a minute."))
        made = snapshot.outlook(now)
        if name in ("curve", "forecast") and made is None and not snapshot.is_large():
            made = snapshot.make_outlook(practice, now)
        title, rows_of = SHEETS[name]
        rows = rows_of(Facts(counted, made))
        at = made.at if name in ("curve", "forecast") and made else counted.at
        record_export(of=Patient, count=len(rows) - 1, what=f"figures of the first page, {name}", by=request.user)
        content = figure_sheets.written(title, rows, kind, f"{localtime(at):%m/%d/%Y %I:%M %p}")
        answer = HttpResponse(content, content_type=KINDS[kind])
        answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
        return answer


def _once(answer):
    """The page need not ask again."""
    answer["X-Done"] = "1"
    return answer


def fill(request, context: dict) -> dict:
    """For the theme: what templates/admin/index.html shows."""
    practice, now = request.practice, clock.now()
    line = LineState.objects.get(pk=1)
    steps = first_steps(practice, line)
    shown = {"title": _("Home"), "steps": steps, "health": health(practice, line, now), **notices(line)}
    if not all(step.done for step in steps):
        shown["next_step"] = next(step for step in steps if not step.done)
    if steps[1].done:
        shown |= {"has_patients": True, "today": today(request)} | counted(practice, now)
    return context | shown


def today(request) -> dict:
    """`waiting`: heaps of work, the most urgent first; `clear`: kinds of work of which nothing waits."""
    tiles = work.tiles(request)
    return {
        "tiles": tiles,
        "waiting": [tile for tile in tiles if tile.count != 0],
        "clear": [tile for tile in tiles if tile.count == 0],
    }


def counted(practice: Practice, now: datetime) -> dict:
    """The figures and the forecast, with the moment of each; `standings` is missing until they are counted."""
    found, made = snapshot.current(practice, now), snapshot.outlook(now)
    shown = {"outlook_fresh": snapshot.is_fresh(made, now), **outlook(made, now)}
    if found is None:
        return shown
    return shown | {
        "as_of": None if found.live else found.at,
        "standings": found.standings,
        "funnel": found.funnel,
        "funnel_chart": funnel_chart(found.funnel[0]),
        "funnel_rows": [
            (label, [getattr(row, stage) for row in found.funnel]) for stage, label in figures.STAGES.items()
        ],
        "texts": found.texts,
        "rates": found.rates,
        "apcm": found.apcm,
    }


def outlook(made: snapshot.Outlook | None, now: datetime) -> dict:
    """What templates/explorer/home/forecast_inside.html shows."""
    if made is None or "all" not in made.cohorts:
        return {"outlook": made}
    everybody = made.cohorts["all"]
    return {
        "outlook": made,
        "forecast": everybody,
        "sentence": forecast_words.sentence(everybody),
        "cohorts": [(figures.COHORTS[cohort], found) for cohort, found in made.cohorts.items()],
        "curve": curve_chart(everybody.curve),
    }


def first_steps(practice: Practice, line: LineState) -> list[Step]:
    """In the order in which a fresh practice goes."""
    profile = reverse("admin:floor_practice_change", args=[1])
    named = bool(practice.phone and practice.texting_basis != TextingBasis.UNKNOWN)
    return [
        Step(
            _("Fill in the practice profile"),
            _("Name, phone, texting hours, and why the numbers on your list may be texted."),
            profile,
            named,
        ),
        Step(
            _("Import the patient list"),
            _("Upload the Excel list; you see every change before anything is stored."),
            reverse("admin:patients_importbatch_changelist"),
            Patient.objects.exists(),
        ),
        Step(
            _("Read the Spruce contacts and match them"),
            _("So that each text goes to the right person; unclear pairs wait for you."),
            reverse("admin:outreach_match_changelist"),
            line.contacts_synced_at is not None and Match.objects.exists(),
        ),
        Step(
            _("Paste the form’s link"),
            _("The sample link of your Microsoft form; every patient gets a personal one made from it."),
            f"{profile}#form",
            bool(practice.form_sample_url),
        ),
        Step(
            _("Start the first campaign"),
            _("Begin with a pilot of 50; it stops by itself. You see each text before it goes out."),
            reverse("admin:outreach_campaign_changelist"),
            Campaign.objects.exclude(launched_at=None).exclude(limit__lte=go.TRIAL).exists(),
        ),
    ]


def health(practice: Practice, line: LineState, now: datetime) -> list[Sign]:
    return [
        _mode(),
        _texting(practice, line, now),
        _queue(now),
        _replies(line, now),
        _contacts(line),
        _backup(now),
        _background(),
    ]


def _mode() -> Sign:
    if settings.MODE == "live":
        return Sign(_("Mode"), _("Live: texts go to real patients"), "info")
    return Sign(_("Mode"), _("Demo: nothing leaves this PC"), "info")


def _texting(practice: Practice, line: LineState, now: datetime) -> Sign:
    title = _("Texting")
    if line.disarmed_at:
        return Sign(title, _("Locked until an administrator has compared this PC with Spruce"), "bad")
    if practice.texting_stopped_at:
        since, who = _when(practice.texting_stopped_at), practice.texting_stopped_by
        if who:
            told = _("Stopped for the whole practice since %(since)s by %(who)s") % {"since": since, "who": who}
            return Sign(title, told, "bad")
        return Sign(title, _("Stopped for the whole practice since %(since)s") % {"since": since}, "bad")
    if line.sender and line.sender_until and line.sender_until > now:
        return Sign(title, _("Allowed; texts are being sent now"), "good")
    return Sign(title, _("Allowed; nothing is being sent at this moment"), "good")


def _queue(now: datetime) -> Sign:
    texts, jobs = Message.objects.sendable(now).count(), OrmQ.objects.count()
    if not texts and not jobs:
        return Sign(_("Queue"), _("Empty: nothing is due"), "good")
    due = ngettext("%(count)s text is due now", "%(count)s texts are due now", texts) % {"count": f"{texts:,}"}
    waits = ngettext("%(count)s job waits", "%(count)s jobs wait", jobs) % {"count": f"{jobs:,}"}
    return Sign(_("Queue"), f"{due}; {waits}", "info")


def _replies(line: LineState, now: datetime) -> Sign:
    if line.polled_at is None:
        return Sign(_("Replies"), _("Never read yet. They are read before the first text goes out"), "warn")
    when = {"when": _when(line.polled_at)}
    if now - line.polled_at > POLL_GOOD_FOR:
        told = _("Last read on %(when)s. No text goes out until they are read again") % when
        return Sign(_("Replies"), told, "warn")
    return Sign(_("Replies"), _("Last read on %(when)s") % when, "good")


def _contacts(line: LineState) -> Sign:
    if line.contacts_synced_at is None:
        return Sign(_("Spruce contacts"), _("Never read yet"), "warn")
    return Sign(_("Spruce contacts"), _("Last read on %(when)s") % {"when": _when(line.contacts_synced_at)}, "good")


def _backup(now: datetime) -> Sign:
    newest = Backup.objects.values_list("made_at", flat=True).first()
    if newest is None:
        return Sign(_("Backup"), _("None yet. Make one today"), "warn")
    when = {"when": _when(newest)}
    if now - newest > BACKUP_GOOD_FOR:
        return Sign(_("Backup"), _("The newest is of %(when)s. Make one today") % when, "warn")
    return Sign(_("Backup"), _("Made on %(when)s") % when, "good")


def _background() -> Sign:
    title, watch = _("Background work"), note.read()
    if not watch.children:
        return Sign(title, _("Not running. Close the program and start it again"), "bad")
    if not watch.is_well("worker"):
        return Sign(title, _("It is being started"), "warn")
    restart = watch.last_restart()
    if restart is None or clock.without_jump() - restart[0] > TOLD_FOR:
        return Sign(title, _("Running"), "good")
    moment, why = restart
    return Sign(title, _("Running. On %(when)s %(why)s") % {"when": _when(moment), "why": why}, "good")


def _when(moment: datetime) -> str:
    return date_format(localtime(moment), "m/d/Y, g:i A")
