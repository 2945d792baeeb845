"""Pages for what goes wrong: what happened and what to do. No detail of the fault is ever shown."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from consent import desk


def forbidden(request, exception=None) -> HttpResponse:
    return _kind_page(
        request, 403, _("This page is not for your role"),
        _("Your account may not open this or do this. Nothing was changed."),
        _("Ask your administrator if you need it for your work."),
    )  # fmt: skip


def not_found(request, exception=None) -> HttpResponse:
    return _kind_page(
        request, 404, _("There is nothing here"),
        _("The address is wrong, or what stood here is gone."),
        _("Go back, or begin again from Home."),
    )  # fmt: skip


def csrf_failure(request, reason="") -> HttpResponse:
    """The form was not sent from a page of this session. Nothing is looked up: the session may be another's."""
    return _plain_page(
        request, 403, _("This page was open too long"),
        _("Since it was opened, somebody has signed in or out in this browser. Nothing was saved."),
        _("Open the page again and type it once more."),
    )  # fmt: skip


def server_error(request) -> HttpResponse:
    """Asks the database nothing: it may be what failed."""
    return _plain_page(
        request, 500, _("Something went wrong"),
        _("It is not your fault. What you sent may not have been saved."),
        _("Look whether it was saved before you try again. If it happens twice, tell your administrator the time."),
    )  # fmt: skip


def _kind_page(request, status: int, title: str, what: str, cure: str) -> HttpResponse:
    inside = request.user.is_authenticated and not desk.is_on(request)
    if not inside:
        return _plain_page(request, status, title, what, cure)
    context = {"title": title, "what": what, "cure": cure}
    return render(request, "explorer/frame/error.html", {**admin.site.each_context(request), **context}, status=status)


def _plain_page(request, status: int, title: str, what: str, cure: str) -> HttpResponse:
    page = render_to_string("explorer/frame/plain.html", {"title": title, "what": what, "cure": cure})
    return HttpResponse(page, status=status)
