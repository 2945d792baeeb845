from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from outreach.models import Message


@admin.register(Message)
class MessageAdmin(PracticeAdmin):
    list_display = ["__str__", "state"]
