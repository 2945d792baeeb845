"""Work in progress: the list, one piece of work with its moving bar, and the sign of it on every page."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from explorer.lib import jobs
from explorer.lib.models import Job
from explorer.lib.pages import page

SEE, ACT = "floor.view_job", "floor.change_job"
LISTED = 50
TONES = {Job.State.DONE: "good", Job.State.RUNNING: "info", Job.State.FAILED: "bad"}


class JobPages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        pages = {
            "jobs": self.listed,
            "at_work": self.at_work,
            "job": self.show,
            "job_live": self.live,
            "job_stop": self.stop,
            "job_again": self.again,
        }
        return [path(view.page_route, self.site.admin_view(view), name=name) for name, view in pages.items()]

    @page("work/", look=SEE)
    def listed(self, request):
        found = Job.objects.select_related("asked_by").order_by("-pk")[:LISTED]
        context = {"title": _("Work in progress"), "listed": [_shown(request, job) for job in found]}
        return self._answer(request, "practice/jobs.html", context)

    @page("work/now/", look=SEE)
    def at_work(self, request):
        """The sign in every page's frame; fetched again and again."""
        found = [_shown(request, job) for job in Job.objects.at_work()[:LISTED]]
        return TemplateResponse(request, "practice/at_work.html", {"at_work": found})

    @page("work/<int:pk>/", look=SEE)
    def show(self, request, pk: int):
        shown = _shown(request, _job(pk))
        return self._answer(request, "practice/job.html", {"title": shown["job"].title, **shown})

    @page("work/<int:pk>/live/", look=SEE)
    def live(self, request, pk: int):
        """The moving part of the page before. Whoever asked for the work is led on to its result."""
        job = _job(pk)
        headers = {} if job.is_open else {"X-Done": "1", "X-Go": job.get_absolute_url()}
        if job.state == Job.State.DONE and job.url and job.asked_by == request.user:
            messages.success(request, job.outcome)
            headers["X-Go"] = job.url
        return TemplateResponse(request, "practice/job_now.html", _shown(request, job), headers=headers)

    @page("work/<int:pk>/stop/", look="", act=ACT)
    def stop(self, request, pk: int):
        job = _job(pk)
        _refuse_without_right(request, job)
        jobs.ask_to_stop(job, by=request.user)
        return redirect(job)

    @page("work/<int:pk>/again/", look="", act=ACT)
    def again(self, request, pk: int):
        job = _job(pk)
        if not jobs.may_start_again(job, request.user):
            raise PermissionDenied
        if not jobs.start_again(job, by=request.user):
            messages.warning(request, _("It is at work or done already; nothing was started again."))
        return redirect(job)

    def _answer(self, request, template: str, context: dict) -> TemplateResponse:
        return TemplateResponse(request, template, {**self.site.each_context(request), **context})


def _job(pk: int) -> Job:
    return get_object_or_404(Job.objects.select_related("asked_by", "stop_asked_by"), pk=pk)


def _refuse_without_right(request, job: Job) -> None:
    if not request.user.has_perm(jobs.right_of(job)):
        raise PermissionDenied


def _shown(request, job: Job) -> dict:
    progress = jobs.progress(job)
    ended_badly = job.state in (Job.State.FAILED, Job.State.CANCELLED) or progress.is_dead
    may_act = request.user.has_perm(ACT) and request.user.has_perm(jobs.right_of(job))
    return {
        "job": job,
        "progress": progress,
        "unit": jobs.unit_of(job),
        "tone": "bad" if progress.is_dead else TONES.get(job.state, "warn"),
        "may_stop": may_act and job.is_open and not progress.is_dead and progress.may_still_stop,
        "may_start_again": may_act and ended_badly and jobs.may_start_again(job, request.user),
    }
