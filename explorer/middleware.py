from auditlog.context import auditlog_value
from django.utils import timezone

from explorer.lib.models import Practice


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
