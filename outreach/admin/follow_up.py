from django.contrib import admin

from explorer.lib.pages import PracticeAdmin, page
from outreach.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(PracticeAdmin):
    list_display = ["__str__"]

    @page("who-is-left/", look="outreach.view_attempt")
    def follow_up(self, request):
        return self.show(request, "outreach/follow_up.html", "Who is left")
