"""A campaign from the draft to the last reminder."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from unfold.decorators import display

from explorer.lib import clock, jobs
from explorer.lib.pages import PracticeAdmin, page
from outreach import gate, planning, waves
from outreach.actions import campaigns, launching, reminders
from outreach.admin import campaign_facts as facts
from outreach.admin import readiness
from outreach.admin.campaign_forms import LaunchForm, NewCampaignForm, StepForm
from outreach.admin.campaign_plan import RUN, UNDO, PlanPages, plan_facts, undo_facts
from outreach.models import Campaign, CampaignStep, Message
from outreach.notices import notices
from outreach.progress import SENDER
from patients.models import Patient

State = Campaign.State
PAGE = 50
AT_ONCE = 300  # texts; more are planned by the worker, with a bar
LAUNCH = "outreach.tasks.launch_campaign"


def to_campaign(campaign: Campaign, place: str = ""):
    return redirect(_url(campaign) + place)


def _url(campaign: Campaign) -> str:
    return reverse("admin:outreach_campaign_change", args=[campaign.pk])


@admin.register(Campaign)
class CampaignAdmin(readiness.ReadinessPages, PlanPages, PracticeAdmin):
    list_display = ["name", "standing", "cohort", "texts", "launched"]
    list_before_template = "outreach/campaign_tools.html"

    def get_queryset(self, request):
        states = Message.State.values
        counts = {f"n_{state}": Count("messages", filter=Q(messages__state=state)) for state in states}
        return super().get_queryset(request).annotate(**counts)

    @display(description="State", ordering="state")
    def standing(self, campaign):
        return facts.badge(campaign.get_state_display(), campaign.state)

    @display(description="Texts")
    def texts(self, campaign):
        counts = [(getattr(campaign, f"n_{state}"), label.lower()) for state, label in Message.State.choices]
        return ", ".join(f"{count} {label}" for count, label in counts if count) or "none yet"

    @display(description="Launched", ordering="launched_at", empty_value="not yet")
    def launched(self, campaign):
        return campaign.launched_at and f"{localtime(campaign.launched_at):%m/%d/%Y %I:%M %p}"

    def changelist_view(self, request, extra_context=None):
        context = {"practice": request.practice, "any_campaign": Campaign.objects.exists(), **notices()}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        campaign = self.get_object(request, object_id)
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):
            raise PermissionDenied
        show = self._draft if campaign.state == State.DRAFT else self._launched
        return show(request, campaign)

    @page("new/", look="outreach.add_campaign", act="outreach.add_campaign")
    def new(self, request):
        form = NewCampaignForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                campaign = campaigns.create(**form.cleaned_data, by=request.user)
            except ValidationError as problem:
                form.add_error(None, problem)
            else:
                return to_campaign(campaign)
        return self.show(request, "outreach/campaign_new.html", "New campaign", form=form)

    def _draft(self, request, campaign: Campaign):
        practice = request.practice
        plan, previews = planning.plan(campaign, practice), facts.previews_of(campaign, practice)
        return self.show(
            request, "outreach/campaign_draft.html", campaign.name,
            campaign=campaign, steps=facts.steps_to_edit(campaign, previews),
            sample=facts.sample(plan, previews),
            may_override=_may_override(request), **readiness.section(campaign, practice, plan),
            **plan_facts(campaign, plan, practice),
            **facts.numbers(plan, previews),
        )  # fmt: skip

    def _launched(self, request, campaign: Campaign):
        return self.show(
            request, "outreach/campaign_launched.html", campaign.name,
            **facts.progress_facts(campaign, request.practice),
            badge=facts.badge(campaign.get_state_display(), campaign.state),
            reasons=facts.reasons_at_launch(campaign), **readiness.at_launch(campaign),
            **undo_facts(campaign), **notices(),
        )  # fmt: skip

    @page("<int:pk>/progress/<slug:seen>/", look="outreach.view_campaign")
    def progress(self, request, pk: int, seen: str):
        """The moving part of the page; ends when the state is no longer the one its buttons were made for."""
        campaign = get_object_or_404(Campaign, pk=pk)
        changed = campaign.state != seen
        context = {**facts.progress_facts(campaign, request.practice), "changed": changed}
        answer = render(request, "outreach/campaign_progress.html", context)
        if changed or campaign.state in (State.FINISHED, State.CANCELLED):
            answer["X-Done"] = "1"
        return answer

    @page("step/<int:pk>/", look="outreach.change_campaign", act="outreach.change_campaign")
    def step(self, request, pk: int):
        step = get_object_or_404(CampaignStep.objects.select_related("campaign"), pk=pk)
        form = StepForm(request.POST or None, initial={"body": step.body})
        if request.method == "POST" and form.is_valid():
            try:
                campaigns.rewrite(step, body=form.cleaned_data["body"], by=request.user)
            except ValidationError as problem:
                form.add_error("body", problem)
            else:
                messages.success(request, f"{step}: the text is saved.")
                return to_campaign(step.campaign, f"#step-{step.pk}")
        previews = facts.previews_of(step.campaign, request.practice)
        return self.show(
            request, "outreach/campaign_step.html", f"{step.campaign}: {step}", step=step, form=form,
            preview=next((each for each in previews if each.step == step), None),
            reached=step.messages.reached().count(),
        )  # fmt: skip

    @page("<int:pk>/left-out/<slug:code>/", look="outreach.view_campaign")
    def left_out(self, request, pk: int, code: str):
        campaign = get_object_or_404(Campaign, pk=pk)
        if code not in gate.WORDS:
            raise Http404
        patients = Patient.objects.filter(pk__in=facts.left_out(campaign, code, request.practice))
        ordered = patients.order_by("last_name", "first_name", "pk")
        found = Paginator(ordered, PAGE).get_page(request.GET.get("page"))
        return self.show(
            request, "outreach/campaign_left_out.html", f"{campaign}: left out",
            campaign=campaign, words=gate.WORDS[code], found=found,
        )  # fmt: skip

    @page("<int:pk>/launch/", look=RUN, act=RUN)
    def launch(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        if request.method == "POST":
            return self._launch(request, campaign)
        if campaign.state != State.DRAFT:
            return to_campaign(campaign)
        practice = request.practice
        plan, previews = planning.plan(campaign, practice), facts.previews_of(campaign, practice)
        agreed = waves.go_now(waves.shares(plan.texts, campaign, practice, clock.now()))
        return self.show(
            request, "outreach/campaign_launch.html", f"Launch {campaign}?",
            campaign=campaign, practice=practice, previews=previews, may_override=_may_override(request),
            **readiness.section(campaign, practice, plan), **facts.numbers(plan, previews),
            agreed=agreed, resting=len(plan.texts) - agreed, **plan_facts(campaign, plan, practice),
        )  # fmt: skip

    def _launch(self, request, campaign: Campaign):
        form = LaunchForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"Nothing was sent. {form.problem()}")
            return redirect("admin:outreach_campaign_launch", campaign.pk)
        override = form.cleaned_data["override"] if _may_override(request) else ""
        expected = form.cleaned_data["texts"]
        if expected > AT_ONCE and campaign.state == State.DRAFT:
            asked = {"campaign": campaign.pk, "expected": expected, "override": override}
            title = _("Launching a campaign")
            return redirect(jobs.begin(LAUNCH, title=title, by=request.user, url=_url(campaign), **asked))
        try:
            count = launching.launch(campaign, by=request.user, override=override, expected=expected, grace=UNDO)
        except launching.CannotLaunch as problem:
            messages.error(request, str(problem))
            return redirect("admin:outreach_campaign_launch", campaign.pk)
        async_task(SENDER)
        messages.success(request, f"Launched: {facts.texts(count)} will go out within the texting hours.")
        return to_campaign(campaign)

    @page("<int:pk>/pause/", look="", act=RUN)
    def pause(self, request, pk: int):
        """At once, without asking: nothing is lost by a pause."""
        campaign = get_object_or_404(Campaign, pk=pk)
        campaigns.pause(campaign, by=request.user)
        return to_campaign(campaign)

    @page("<int:pk>/resume/", look=RUN, act=RUN)
    def resume(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        if campaign.waves.waiting_for_a_go().exists():
            return redirect("admin:outreach_campaign_pilot", campaign.pk)
        if request.method == "POST":
            campaigns.resume(campaign, by=request.user)
            async_task(SENDER)
            return to_campaign(campaign)
        waiting = campaign.messages.filter(state=Message.State.PLANNED, hold="").count()
        return self._confirm(
            request, f"Resume {campaign}?", to=_url(campaign), button="Resume",
            sentences=[f"{facts.texts(waiting)} will go out within the texting hours, and reminders follow.",
                       f"It stands still because: {campaign.why}" if campaign.why else ""],
        )  # fmt: skip

    @page("<int:pk>/cancel/", look=RUN, act=RUN)
    def cancel(self, request, pk: int):
        campaign = get_object_or_404(Campaign, pk=pk)
        if request.method == "POST":
            count = campaigns.cancel(campaign, by=request.user)
            messages.success(request, f"{campaign} is cancelled; {facts.texts(count)} will not be sent.")
            return to_campaign(campaign)
        waiting = campaign.messages.filter(state=Message.State.PLANNED).count()
        return self._confirm(
            request, f"Cancel {campaign}?", to=_url(campaign), button="Cancel the campaign", danger=True,
            sentences=[f"{facts.texts(waiting)} will never be sent, and no reminder follows.",
                       "Texts that Spruce already has cannot be called back. This cannot be undone."],
        )  # fmt: skip

    @page("<int:pk>/held/", look="outreach.view_campaign", act=RUN)
    def held(self, request, pk: int):
        """Texts that are more than a day late wait here for one decision."""
        campaign = get_object_or_404(Campaign, pk=pk)
        if request.method == "POST":
            return self._decide_held(request, campaign)
        late = campaign.messages.late().select_related("step").prefetch_related("patients").order_by("due_at", "pk")
        return self.show(
            request, "outreach/campaign_held.html", f"{campaign}: late texts", campaign=campaign,
            late=[(message, message.phone[-4:]) for message in late],
        )  # fmt: skip

    def _decide_held(self, request, campaign: Campaign):
        ids = [int(pk) for pk in request.POST.getlist("message") if pk.isdecimal()]
        send = request.POST.get("act") == "send"
        count = reminders.decide_held(campaign, message_ids=ids, send=send, by=request.user)
        if send:
            async_task(SENDER)
        outcome = "will be sent" if send else "will not be sent"
        messages.success(request, f"{facts.texts(count, 'late text')} {outcome}.")
        return redirect("admin:outreach_campaign_held", campaign.pk)

    @page("stop/", look="", act=RUN)
    def stop(self, request):
        """The red button: at once, without asking."""
        campaigns.stop_all(by=request.user)
        messages.warning(request, "Texting is stopped. No campaign sends anything until you allow it again.")
        return redirect("admin:outreach_campaign_changelist")

    @page("allow/", look=RUN, act=RUN)
    def allow(self, request):
        if request.method == "POST":
            campaigns.allow_again(by=request.user)
            async_task(SENDER)
            return redirect("admin:outreach_campaign_changelist")
        waiting = Message.objects.filter(state=Message.State.PLANNED, hold="", campaign__state=State.RUNNING).count()
        return self._confirm(
            request, "Allow texting again?", button="Allow texting again",
            to=reverse("admin:outreach_campaign_changelist"),
            sentences=[f"{facts.texts(waiting)} of running campaigns will go out within the texting hours."],
        )  # fmt: skip

    def _confirm(self, request, title: str, *, sentences: list[str], button: str, to: str, danger=False):
        return self.show(
            request, "outreach/campaign_confirm.html", title,
            sentences=list(filter(None, sentences)), button=button, to=to, danger=danger,
        )  # fmt: skip


def _may_override(request) -> bool:
    return request.user.has_perm("outreach.override_campaign")
