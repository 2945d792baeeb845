from allauth.account.models import EmailAddress
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Group
from django_q.models import Failure, OrmQ, Schedule, Success

from explorer import patient_page  # noqa: F401 - registers the patient with what every app knows
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin
from explorer.models import User

for model in (EmailAddress, Group, Failure, OrmQ, Schedule, Success):
    admin.site.unregister(model)
admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class LogEntryAdmin(PracticeAdmin):
    list_display = ["timestamp", "actor", "action", "content_type", "object_id"]


@admin.register(Practice)
class PracticeProfileAdmin(PracticeAdmin):
    list_display = ["name", "phone", "transition_date"]


@admin.register(User)
class UserAdmin(PracticeAdmin):
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
