from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from outreach.models import Reply, Suppression


@admin.register(Reply)
class ReplyAdmin(PracticeAdmin):
    list_display = ["__str__", "kind", "state"]


@admin.register(Suppression)
class SuppressionAdmin(PracticeAdmin):
    list_display = ["__str__", "reason"]
