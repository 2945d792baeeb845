from django.contrib import admin

from consent.models import Response
from explorer.lib.pages import PracticeAdmin


@admin.register(Response)
class ResponseAdmin(PracticeAdmin):
    list_display = ["__str__"]
