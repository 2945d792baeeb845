"""The plan of a campaign: its pilot and waves, the try without sending, the go for the rest, the undo."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_q.tasks import async_task

from explorer.lib import clock
from explorer.lib.pages import page
from outreach import calendar, gate, pilot, planning, wording
from outreach.actions import campaigns, launching, letting_go, waves
from outreach.admin.campaign_forms import ForecastForm, LaunchForm, PilotForm, SpreadForm, WaveForms
from outreach.forecast import Forecast, forecast
from outreach.models import Campaign, LineState, Wave
from outreach.plan_days import planned_waves, setting, warnings
from outreach.progress import SENDER

State = Campaign.State
UNDO = timedelta(seconds=10)
RUN = "outreach.run_campaign"
MOST_DAYS = waves.MOST_WAVES


def plan_rows(campaign: Campaign, plan: planning.Plan, practice) -> list[tuple[str, str, int, tuple[date, ...]]]:
    """(name, when it starts, texts, days of its reminders) of each share of the first texts."""
    rules = setting(campaign, practice)
    days_given = {str(wave): wave.starts_on for wave in campaign.waves.all()}
    rows = []
    for wave in planned_waves(campaign, plan, practice):
        course = calendar.course(wave, rules)
        dated = days_given.get(wave.name)
        when = calendar.words(course.actual[0]) if dated else _undated(wave.name)
        rows.append((wave.name, when, wave.size, course.actual[1:] if dated else ()))
    return rows


def _undated(name: str) -> str:
    return "when you let it go" if name == "The rest" else "at the launch"


def plan_facts(campaign: Campaign, plan: planning.Plan, practice) -> dict:
    """What a draft's page and its plan's page show of the days."""
    return {
        "plan_rows": plan_rows(campaign, plan, practice),
        "reminder_days": ", ".join(str(step.day) for step in campaign.steps.all() if step.day),
        "has_pilot": campaign.waves.filter(number=Wave.PILOT).exists(),
        "warnings": warnings(campaign, plan, practice, LineState.objects.get(pk=1)),
    }


class PlanPages:
    """Pages of CampaignAdmin about the plan; a campaign that has begun shows what can no longer change."""

    @page("<int:pk>/plan/", look="outreach.change_campaign", act="outreach.change_campaign")
    def plan(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        forms = _Forms(request, campaign)
        if request.method == "POST" and forms.are_valid():
            try:
                waves.set_waves(campaign, **forms.values(), by=request.user)
            except ValidationError as problem:
                forms.refuse(problem)
            else:
                messages.success(request, "The plan is saved.")
                return redirect("admin:outreach_campaign_plan", campaign.pk)
        practice = request.practice
        return self.show(
            request, "outreach/campaign_plan.html", f"{campaign}: plan", campaign=campaign, fixed=forms.fixed,
            pilot_form=forms.pilot, wave_forms=forms.waves, spread=forms.spread, problems=forms.problems,
            **(plan_facts(campaign, planning.plan(campaign, practice), practice) if forms.is_draft else {}),
        )  # fmt: skip

    @page("<int:pk>/forecast/", look="outreach.view_campaign")
    def forecast(self, request, pk: int):
        """The whole campaign tried out; nothing is written."""
        campaign = get_object_or_404(Campaign, pk=pk, state=State.DRAFT)
        form = ForecastForm(request.GET or None)
        answers = form.cleaned_data["answers"] if form.is_valid() else ForecastForm.base_fields["answers"].initial
        found, problem = None, ""
        try:
            found = forecast(campaign, request.practice, clock.now(), answers=answers)
        except (planning.NoLink, wording.BadTemplate) as stands_against:
            problem = str(stands_against)
        return self.show(
            request, "outreach/campaign_forecast.html", f"{campaign}: tried without sending",
            campaign=campaign, form=form if form.is_bound else ForecastForm(initial={"answers": answers}),
            has_pilot=campaign.waves.filter(number=Wave.PILOT).exists(), found=found, problem=problem,
            answers=answers, **(_forecast_facts(found) if found else {}),
        )  # fmt: skip

    @page("<int:pk>/pilot/", look="outreach.view_campaign", act=RUN)
    def pilot(self, request, pk: int):
        """What the pilot brought, and the go for the rest."""
        campaign = get_object_or_404(Campaign, pk=pk, waves__number=Wave.PILOT, launched_at__isnull=False)
        if request.method == "POST":
            return self._let_go(request, campaign)
        result = pilot.pilot_result(campaign)
        late_by = letting_go.days_late(campaign, request.practice)
        rest = [wave for wave in campaign.waves.all() if wave.number]
        return self.show(
            request, "outreach/campaign_pilot.html", f"{campaign}: pilot", campaign=campaign, result=result,
            shares=pilot.shares(result), waits=campaign.waves.waiting_for_a_go().exists(),
            rest=[(str(wave), calendar.words(wave.starts_on + late_by), wave.messages.count()) for wave in rest],
            declined=result.decisions["declined"] + result.decisions["revoked"], moved=late_by.days,
            answered_percent=pilot.percent(result.answered, result.patients),
        )  # fmt: skip

    def _let_go(self, request, campaign: Campaign):
        form = LaunchForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Nothing was sent. Type the number of texts that stands above the field.")
            return redirect("admin:outreach_campaign_pilot", campaign.pk)
        try:
            expected = form.cleaned_data["texts"]
            letting_go.let_rest_go(campaign, by=request.user, expected=expected, grace=UNDO)
        except launching.CannotLaunch as problem:
            messages.error(request, str(problem))
            return redirect("admin:outreach_campaign_pilot", campaign.pk)
        async_task(SENDER)
        return redirect(reverse("admin:outreach_campaign_change", args=[campaign.pk]))

    @page("<int:pk>/undo/", look="", act=RUN)
    def undo(self, request, pk: int):
        """Takes the launch or the go back; where it is too late, the campaign is paused at least."""
        campaign = get_object_or_404(Campaign, pk=pk)
        try:
            letting_go.undo(campaign, by=request.user)
        except letting_go.TooLate as problem:
            campaigns.pause(campaign, by=request.user)
            messages.error(request, f"{problem} The campaign is paused instead; what is left waits.")
        else:
            messages.success(request, "Undone. Nothing was sent.")
        return redirect(reverse("admin:outreach_campaign_change", args=[campaign.pk]))


def undo_facts(campaign: Campaign) -> dict:
    """Whether the last go can be taken back, and for how many seconds nothing is sent."""
    now = clock.now()
    if not letting_go.can_undo(campaign, now):
        return {"may_undo": False}
    left = max((campaign.undo_until - now).total_seconds(), 0)
    is_launch = not campaign.waves.filter(let_go_at__isnull=False).exists()
    return {"may_undo": True, "seconds": round(left), "is_launch": is_launch}


def _forecast_facts(found: Forecast) -> dict:
    most = max((count for _, count in found.days), default=1)
    return {
        "by_day": found.days,
        "most": most,
        "skipped": [(gate.WORDS[code], count) for code, count in found.skipped.most_common()],
        "reasons": found.plan.reasons(),
        "special_letters": found.encodings["UCS-2"],
    }


class _Forms:
    """The forms of the plan page: either the waves as typed, or so many texts a day from a day on."""

    def __init__(self, request, campaign: Campaign):
        self.campaign, self.practice = campaign, request.practice
        self.is_draft = campaign.state == State.DRAFT
        self.fixed = [] if self.is_draft else waves.begun(campaign, clock.now())
        self.spreads = request.POST.get("act") == "spread"
        typed, spread = (None, request.POST) if self.spreads else (request.POST or None, None)
        self.pilot = PilotForm(typed if self.is_draft else None, initial=self._pilot_now())
        self.waves = WaveForms(typed, initial=self._waves_now(), prefix="wave")
        self.spread = SpreadForm(spread, initial={"first_on": self.practice.today() + timedelta(days=1)})
        self.problems: list[str] = []

    def _pilot_now(self) -> dict:
        wave = self.campaign.waves.filter(number=Wave.PILOT).first()
        return {"pilot": wave.size, "pilot_on": wave.starts_on} if wave else {}

    def _waves_now(self) -> list[dict]:
        fixed = {wave.pk for wave in self.fixed}
        return [
            {"starts_on": wave.starts_on, "size": wave.size}
            for wave in self.campaign.waves.filter(number__gt=Wave.PILOT)
            if wave.pk not in fixed
        ]

    def are_valid(self) -> bool:
        if self.spreads:
            return self.spread.is_valid()
        return self.waves.is_valid() and (not self.is_draft or self.pilot.is_valid())

    def values(self) -> dict:
        if self.spreads:
            return {**self._pilot_now(), "dated": self._spread()}
        return {**(self.pilot.cleaned_data if self.is_draft else {}), "dated": self.waves.dated()}

    def _spread(self) -> list[tuple[date, int]]:
        """The texts that are left, so many on each texting day."""
        rules = setting(self.campaign, self.practice)
        day, left, dated = self.spread.cleaned_data["first_on"], self._left(), []
        waves.check_day(day)
        while left > 0 and len(dated) <= MOST_DAYS:
            day = calendar.next_open(day, rules)
            size = min(self.spread.cleaned_data["a_day"], left)
            dated.append((day, size))
            day, left = day + timedelta(days=1), left - size
        return dated

    def _left(self) -> int:
        if not self.is_draft:
            return len(waves.not_begun(self.campaign, self.fixed))
        return len(planning.plan(self.campaign, self.practice).texts) - (self._pilot_now().get("pilot") or 0)

    def refuse(self, problem: ValidationError) -> None:
        self.problems = problem.messages
