"""The base of every admin class, and pages of our own inside the admin.

A page declares the right it takes to look and the right it takes to act; without them it answers 403.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

READING = ("GET", "HEAD")


def page(route: str, *, look: str, act: str = "") -> Callable:
    """Marks a method of an admin class as a page: `look` is the right for GET, `act` the one for POST.

    Without `act` the page only shows. The page's URL name is <app>_<model>_<method>.
    """

    def mark(view):
        @wraps(view)
        def guarded(self, request, *args, **kwargs):
            right = look if request.method in READING else act
            if not right or not request.user.has_perm(right):
                raise PermissionDenied
            return view(self, request, *args, **kwargs)

        guarded.page_route, guarded.page_look, guarded.page_act = route, look, act
        return guarded

    return mark


def name_fields(form) -> None:
    """Each field bears its label itself, where on screen the heading of its column says it."""
    for field in form.fields.values():
        field.widget.attrs.setdefault("aria-label", field.label or "")


def address_of(row: Model | None) -> str:
    """The page of a row in the admin; empty where it has none."""
    if row is None:
        return ""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


class PracticeAdmin(ModelAdmin):
    """Shows; neither adds, changes nor deletes unless a class says so. Nothing is ever deleted here."""

    list_per_page = 25
    show_full_result_count = False
    list_filter_submit = False
    compressed_fields = True
    list_fullwidth = False
    actions_selection_counter = True
    list_title = ""  # where the model's own name is not what the sidebar says

    def changelist_view(self, request, extra_context=None):
        """A list is called by what it lists."""
        title = _(self.list_title) if self.list_title else _(capfirst(str(self.opts.verbose_name_plural)))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path(
                view.page_route,
                self.admin_site.admin_view(view),
                name=f"{name}_{view.__name__}",
            )
            for view in self._pages()
        ]
        return [*pages, *super().get_urls()]

    def _pages(self):
        marked = [name for name in dir(type(self)) if hasattr(getattr(type(self), name), "page_route")]
        return [getattr(self, name) for name in marked]

    def show(self, request, template: str, title: str, **context) -> TemplateResponse:
        """One of our own templates inside the admin's frame."""
        frame = self.admin_site.each_context(request)
        return TemplateResponse(request, template, {**frame, "opts": self.opts, "title": title and _(title), **context})

    def has_add_permission(self, request, *args) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_actions(self, request):
        return {name: act for name, act in super().get_actions(request).items() if name != "delete_selected"}
