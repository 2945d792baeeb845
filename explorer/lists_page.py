"""The named and saved lists above the list of patients: links, counts, and the pages that keep them."""

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer import lists, saved_lists
from explorer.lib.pages import page
from explorer.list_columns import COLUMNS
from explorer.lists import LISTS, NamedList
from explorer.models import SavedList

VIEW, SEE, KEEP = "patients.view_patient", "explorer.view_savedlist", "explorer.change_savedlist"


class NamedListFilter(admin.SimpleListFilter):
    """?list=CODE; shown above the list, not among the filters."""

    title, parameter_name = gettext_lazy("list"), "list"

    def lookups(self, request, model_admin):
        return [(code, named.title) for code, named in LISTS.items()]

    def queryset(self, request, patients):
        return lists.narrowed(patients, self.value(), request.practice)


def chosen(request) -> NamedList | None:
    return LISTS.get(request.GET.get(NamedListFilter.parameter_name, ""))


def heading(name: str):
    """A column of the list that cannot be sorted by; its words come from explorer/list_columns.py."""

    def column(patient) -> str:
        return patient.cells[name]

    column.__name__, column.short_description = name, COLUMNS[name].heading
    return column


HEADINGS = {name: heading(name) for name in COLUMNS}


def fill_cells(patients: list, named: NamedList, practice) -> None:
    """Each patient gets `cells`, the words of the list's columns in their order."""
    columns = [COLUMNS[name].cells(patients, practice) for name in named.columns] if patients else []
    for patient in patients:
        patient.cells = [cells.get(patient.pk, "") for cells in columns]


class ListPages:
    """For the admin class of patients."""

    def list_panel(self, request) -> dict:
        """What templates/explorer/lists/panel.html shows."""
        query = saved_lists.kept(request.GET.urlencode())
        plain = not (query or request.GET.get("q"))
        return {
            "named": chosen(request),
            "groups": _groups(),
            "lists_open": plain,
            "keep": query,
            "saved": saved_lists.seen_by(request.user),
            "may_keep": request.user.has_perm(KEEP),
        }

    @page("lists/", look=VIEW)
    def list_counts(self, request):
        """The inside of the panel, fetched once it is open."""
        context = {"groups": _groups(lists.counts(request.practice)), "most": lists.ASKED_ONCE}
        answer = TemplateResponse(request, "explorer/lists/links.html", context)
        answer["X-Done"] = "1"
        return answer

    @page("lists/save/", look=KEEP, act=KEEP)
    def save_list(self, request):
        query = saved_lists.kept(request.POST.get("query", ""))
        if request.method == "POST":
            try:
                saved_lists.save_list(
                    name=request.POST.get("name", ""), query=query, shared="shared" in request.POST, by=request.user
                )
                messages.success(request, _("Saved. It stands above the list of patients."))
            except ValidationError as problem:
                messages.error(request, problem.messages[0])
        return redirect(f"{reverse('admin:patients_patient_changelist')}?{query}".rstrip("?"))

    @page("lists/saved/", look=SEE)
    def saved_lists(self, request):
        saved = [
            {"list": each, "mine": saved_lists.may_change(each, request.user) and request.user.has_perm(KEEP)}
            for each in saved_lists.seen_by(request.user)
        ]
        return self.show(request, "explorer/lists/saved.html", _("Saved lists"), saved=saved)

    @page("lists/saved/<int:saved_id>/change/", look=KEEP, act=KEEP)
    def change_list(self, request, saved_id: int):
        saved = get_object_or_404(saved_lists.seen_by(request.user), pk=saved_id)
        if request.method == "POST" and _is_theirs(request, saved):
            try:
                shared = "shared" in request.POST
                saved_lists.change_list(saved, name=request.POST.get("name", ""), shared=shared, by=request.user)
                messages.success(request, _("Saved."))
            except ValidationError as problem:
                messages.error(request, problem.messages[0])
        return redirect("admin:patients_patient_saved_lists")

    @page("lists/saved/<int:saved_id>/remove/", look=KEEP, act=KEEP)
    def remove_list(self, request, saved_id: int):
        saved = get_object_or_404(saved_lists.seen_by(request.user), pk=saved_id)
        if request.method == "POST" and _is_theirs(request, saved):
            saved_lists.remove_list(saved, by=request.user)
            messages.success(request, _("The saved list is removed. No patient is touched by that."))
        return redirect("admin:patients_patient_saved_lists")


def _is_theirs(request, saved: SavedList) -> bool:
    may = saved_lists.may_change(saved, request.user)
    if not may:
        messages.error(request, _("Only %(person)s changes this list.") % {"person": saved.made_by})
    return may


def _groups(counts: dict[str, int] | None = None) -> list[tuple[str, list[tuple[NamedList, int | None]]]]:
    """(heading, [(list, count)]) in the order of the table."""
    counts = counts or {}
    return [
        (title, [(named, counts.get(named.code)) for named in LISTS.values() if named.group == group])
        for group, title in lists.GROUPS.items()
    ]
