from auditlog.context import auditlog_value
from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from consent import desk
from explorer.lib.models import Practice
from explorer.watching.signs import ALIVE_URL


class NeverStored:
    """Pages with patients are not kept by the browser: the back button shows nothing after sign-out."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class PracticeTimeZone:
    """Times are stored in UTC and shown in the practice's zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.practice = Practice.current()
        with timezone.override(request.practice.time_zone):
            return self.get_response(request)


class PersonsLanguage:
    """Pages speak the person's language; before signing in the one last chosen on this PC."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with translation.override(_language(request)):
            return self.get_response(request)


def _language(request) -> str:
    remembered = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    chosen = getattr(request.user, "language", remembered)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class PersonEndsWithRequest:
    """auditlog leaves the person of a request in its thread; the next one's rows must not bear that name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        before = auditlog_value.set({})
        try:
            return self.get_response(request)
        finally:
            auditlog_value.reset(before)


class OnlyTheDeskForm:
    """While a patient has the PC, every address of the program leads to the patient's form and to nothing else.

    Files of the look (whitenoise) are served before this. Who is not signed in any more meets the sign-in.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not desk.is_on(request) or request.path == ALIVE_URL:
            return self.get_response(request)
        if not request.user.is_authenticated:
            request.session.flush()
            return self.get_response(request)
        if request.path.startswith(reverse("desk")):
            return self.get_response(request)
        return redirect("desk")
