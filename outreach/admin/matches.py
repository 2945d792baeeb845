from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from outreach.models import Match


@admin.register(Match)
class MatchAdmin(PracticeAdmin):
    list_display = ["__str__", "verdict"]
