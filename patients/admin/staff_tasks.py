"""Tasks for people: what is late, due today, later, and done; each is taken, put off, given on and finished here."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lib.pages import PracticeAdmin, page
from patients import actions
from patients.models import Patient, StaffTask

LOOK, DO = "patients.view_stafftask", "patients.do_stafftask"
PER_PAGE = 25
TABS = {
    "late": gettext_lazy("Late"),
    "today": gettext_lazy("Due today"),
    "later": gettext_lazy("Later"),
    "done": gettext_lazy("Done"),
}
EMPTY = {
    "late": gettext_lazy("Nothing is late."),
    "today": gettext_lazy("Nothing is due today."),
    "later": gettext_lazy("Nothing is planned for a later day."),
    "done": gettext_lazy("Nothing has been finished yet."),
}
PUT_OFF = {"1": gettext_lazy("Tomorrow"), "3": gettext_lazy("In 3 days"), "7": gettext_lazy("Next week")}


def those_who_do():
    """Everybody who may take a task."""
    return get_user_model().objects.filter(is_active=True).exclude(role="read_only")


class TaskForm(forms.ModelForm):
    class Meta:
        model = StaffTask
        fields = ["title", "kind", "details", "due_on", "for_user"]
        labels = {
            "title": gettext_lazy("What is to be done"),
            "kind": gettext_lazy("Kind"),
            "details": gettext_lazy("More about it"),
            "due_on": gettext_lazy("Due on"),
            "for_user": gettext_lazy("Who does it"),
        }
        help_texts = {"for_user": gettext_lazy("Empty: whoever is free."), "due_on": gettext_lazy("Empty: at once.")}
        widgets = {
            "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "details": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["for_user"].queryset = those_who_do()
        self.fields["for_user"].empty_label = _("Whoever is free")


class ChangeForm(TaskForm):
    class Meta(TaskForm.Meta):
        fields = ["title", "details", "due_on", "for_user"]


@admin.register(StaffTask)
class StaffTaskAdmin(PracticeAdmin):
    @page("", look=LOOK)
    def tasks(self, request):
        today, everybody = request.practice.today(), request.GET.get("of") == "all"
        mine = StaffTask.objects.all() if everybody else StaffTask.objects.of(request.user)
        counts = _counts(mine, today)
        tab = request.GET.get("show")
        tab = tab if tab in TABS else "late" if counts["late"] else "today"
        listed = Paginator(_of_tab(mine, tab, today), PER_PAGE).get_page(request.GET.get("p"))
        of = "all" if everybody else "mine"
        return self.show(
            request,
            "patients/tasks/list.html",
            _("Tasks"),
            tabs=[(code, words, counts[code]) for code, words in TABS.items()],
            tab=tab,
            of=of,
            everybody=everybody,
            empty=EMPTY[tab],
            listed=listed,
            keep=(keep := urlencode({"show": tab, "of": of})),
            here=f"{reverse('admin:patients_stafftask_changelist')}?{keep}",
            today=today,
            put_off_days=PUT_OFF.items(),
            people=list(those_who_do()),
            may_do=request.user.has_perm(DO),
        )

    @page("new/", look=DO, act=DO)
    def new(self, request):
        """?patient=ID: about a patient."""
        patient = _patient(request.POST.get("patient") or request.GET.get("patient"))
        form = TaskForm(request.POST or None, initial={"due_on": request.practice.today()})
        if request.method == "POST" and form.is_valid():
            actions.add_task(**form.cleaned_data, patient=patient, by=request.user)
            messages.success(request, _("The task is made."))
            return redirect(_onward(request))
        return self.show(
            request,
            "patients/tasks/form.html",
            _("New task"),
            form=form,
            patient=patient,
            next=request.GET.get("next", request.POST.get("next", "")),
        )

    @page("<int:staff_task_id>/change/", look=LOOK, act=DO)
    def read(self, request, staff_task_id: int):
        """One task with all that can be done with it. POST changes what it says."""
        task = get_object_or_404(_with_people(), pk=staff_task_id)
        form = ChangeForm(request.POST or None, instance=task)
        if request.method == "POST" and task.done_at:
            messages.warning(request, _("This task is done already. Open it again to change it."))
            return redirect("admin:patients_stafftask_read", task.pk)
        if request.method == "POST" and form.is_valid():
            actions.change_task(task, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("admin:patients_stafftask_read", task.pk)
        return self.show(
            request,
            "patients/tasks/task.html",
            task.title,
            task=task,
            form=form,
            may_do=request.user.has_perm(DO),
            here=reverse("admin:patients_stafftask_read", args=[task.pk]),
            put_off_days=PUT_OFF.items(),
            people=list(those_who_do()),
        )

    @page("<int:staff_task_id>/finish/", look=DO, act=DO)
    def finish(self, request, staff_task_id: int):
        """With a word about what came of it, or without."""
        task = get_object_or_404(StaffTask, pk=staff_task_id)
        if request.method == "POST":
            if actions.finish_task(task, outcome=request.POST.get("outcome", ""), by=request.user):
                messages.success(request, _("Done: %(task)s") % {"task": task.title})
            else:
                messages.warning(request, _("Somebody finished this task already."))
        return redirect(_onward(request))

    @page("<int:staff_task_id>/put-off/", look=DO, act=DO)
    def put_off(self, request, staff_task_id: int):
        task = get_object_or_404(StaffTask, pk=staff_task_id)
        days = request.POST.get("days", "")
        if request.method == "POST" and days in PUT_OFF:
            due = request.practice.today() + timedelta(days=int(days))
            self._change(request, task, due_on=due, said=_("Put off until %(day)s.") % {"day": f"{due:%m/%d/%Y}"})
        return redirect(_onward(request))

    @page("<int:staff_task_id>/give/", look=DO, act=DO)
    def give(self, request, staff_task_id: int):
        """To somebody, or to whoever is free."""
        task = get_object_or_404(StaffTask, pk=staff_task_id)
        if request.method == "POST":
            wanted = request.POST.get("person", "")
            person = those_who_do().filter(pk=wanted).first() if wanted.isdecimal() else None
            said = _("Given to %(person)s.") % {"person": person} if person else _("Whoever is free does it.")
            self._change(request, task, for_user=person, said=said)
        return redirect(_onward(request))

    def _change(self, request, task: StaffTask, *, said: str, **fields) -> None:
        if task.done_at:
            messages.warning(request, _("Somebody finished this task already."))
            return
        actions.change_task(task, **{"due_on": task.due_on, "for_user": task.for_user, **fields})
        messages.success(request, said)

    @page("<int:staff_task_id>/open-again/", look=DO, act=DO)
    def open_again(self, request, staff_task_id: int):
        task = get_object_or_404(StaffTask, pk=staff_task_id)
        if request.method == "POST":
            try:
                actions.reopen_task(task)
                messages.success(request, _("The task is open again."))
            except ValidationError as problem:
                messages.error(request, problem.messages[0])
        return redirect(_onward(request))


def _counts(tasks, today: date) -> dict[str, int]:
    """Of each tab, in one question."""
    is_open = Q(done_at=None)
    return tasks.order_by().aggregate(
        late=Count("pk", filter=is_open & Q(due_on__lt=today)),
        today=Count("pk", filter=is_open & (Q(due_on=today) | Q(due_on=None))),
        later=Count("pk", filter=is_open & Q(due_on__gt=today)),
        done=Count("pk", filter=~is_open),
    )


def _of_tab(tasks, tab: str, today: date):
    tasks = tasks.select_related("patient", "for_user", "made_by", "done_by")
    if tab == "done":
        return tasks.exclude(done_at=None).order_by("-done_at", "-pk")
    due = {"late": Q(due_on__lt=today), "today": Q(due_on=today) | Q(due_on=None), "later": Q(due_on__gt=today)}[tab]
    return tasks.open().filter(due).order_by(F("due_on").asc(nulls_last=True), "pk")


def _with_people():
    return StaffTask.objects.select_related("patient", "for_user", "made_by", "done_by")


def _patient(pk: str | None) -> Patient | None:
    return get_object_or_404(Patient, pk=pk) if pk and pk.isdecimal() and len(pk) < 16 else None


def _onward(request) -> str:
    """Where the person came from: a page of ours, else the list as it was."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("admin:patients_stafftask_changelist")
