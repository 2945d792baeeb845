from django.contrib import admin

from consent.models import ConsentEvent
from explorer.lib.pages import PracticeAdmin


@admin.register(ConsentEvent)
class ConsentEventAdmin(PracticeAdmin):
    list_display = ["__str__"]
