from django.contrib import admin

from explorer.lib.pages import PracticeAdmin
from patients.models import ImportBatch


@admin.register(ImportBatch)
class ImportBatchAdmin(PracticeAdmin):
    list_display = ["kind", "filename", "state", "uploaded_at"]
