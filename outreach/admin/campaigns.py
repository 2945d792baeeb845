from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from outreach.models import Campaign, TextTemplate


@admin.register(Campaign)
class CampaignAdmin(PracticeAdmin):
    list_display = ["name", "state"]


@admin.register(TextTemplate)
class TextTemplateAdmin(PracticeAdmin):
    list_display = ["day", "body"]
