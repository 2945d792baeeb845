"""What each person chooses for the own account: the language and whether single keys act."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import override

from explorer.lib.pages import page
from explorer.models import User

OWN = "explorer.change_own_settings"


class MySettings(forms.ModelForm):
    class Meta:
        model = User
        fields = ("language", "shortcuts")
        widgets = {"language": forms.RadioSelect}


class MyPages:
    def __init__(self, site) -> None:
        self.site = site

    def urls(self) -> list:
        return [path("my-settings/", self.site.admin_view(self.my_settings), name="my_settings")]

    @page("my-settings/", look=OWN, act=OWN)
    def my_settings(self, request):
        person = User.objects.get(pk=request.user.pk)
        form = MySettings(request.POST or None, instance=person)
        if request.method == "POST" and form.is_valid():
            form.save()
            with override(person.language):
                messages.success(request, _("Your settings are kept."))
            answer = redirect("admin:my_settings")
            remember(answer, person.language)
            return answer
        context = {"title": _("My settings"), "form": form}
        return TemplateResponse(request, "explorer/my_settings.html", {**self.site.each_context(request), **context})


def remember(answer, language: str) -> None:
    """On this PC, for the page of signing in."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, samesite="Strict", httponly=True
    )
