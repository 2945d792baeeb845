from django.contrib import admin

from consent.models import Invitation
from explorer.lib.pages import PracticeAdmin


@admin.register(Invitation)
class InvitationAdmin(PracticeAdmin):
    list_display = ["__str__"]
