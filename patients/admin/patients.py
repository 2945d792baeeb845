from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from patients.models import Patient


@admin.register(Patient)
class PatientAdmin(PracticeAdmin):
    list_display = ["sort_name", "mrn", "date_of_birth"]
