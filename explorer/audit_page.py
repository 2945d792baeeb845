"""The audit log: who did what to which record, and when. Nobody changes it."""

from datetime import date, datetime, time, timedelta

from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext_noop as noop
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str
from unfold.views import ChangeList

from explorer.audited import LEFT_OUT
from explorer.lib.pages import PracticeAdmin
from explorer.models import User
from patients.models import Patient

admin.site.unregister(LogEntry)

Action = LogEntry.Action
WORDS = {Action.CREATE: "Added", Action.UPDATE: "Changed", Action.DELETE: "Removed", Action.ACCESS: "Viewed"}
SHOWN_FIELDS = 6
NOTHING = ("", "None", None)


class DaysFilter(RangeDateFilter):
    """Whole days of the practice's zone, the last one included."""

    def queryset(self, request, entries):
        given = (self.used_parameters.get(f"timestamp_{end}", "") for end in ("from", "to"))
        first, last = map(parse_date_str, given)
        if first:
            entries = entries.filter(timestamp__gte=_midnight(first))
        return entries.filter(timestamp__lt=_midnight(last + timedelta(days=1))) if last else entries


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time()))


class PersonFilter(admin.SimpleListFilter):
    title, parameter_name = "person", "person"

    def lookups(self, request, model_admin):
        return [(str(user.pk), str(user)) for user in User.objects.order_by("username")]

    def queryset(self, request, entries):
        return entries.filter(actor=self.value()) if (self.value() or "").isdecimal() else entries


class ModelFilter(admin.SimpleListFilter):
    title, parameter_name = "record", "record"

    def lookups(self, request, model_admin):
        return [(model._meta.label_lower, model._meta.verbose_name.capitalize()) for model in LEFT_OUT]

    def queryset(self, request, entries):
        models = {model._meta.label_lower: model for model in LEFT_OUT}
        if self.value() not in models:
            return entries
        return entries.filter(content_type=ContentType.objects.get_for_model(models[self.value()]))


class AuditList(ChangeList):
    """Finds the patient of every entry of the page: one query for each model that is on it."""

    def get_results(self, request) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        patients = patients_of(self.result_list)
        for entry in self.result_list:
            entry.patient_id = patients.get((entry.content_type_id, entry.object_id))


def patients_of(entries: list[LogEntry]) -> dict[tuple[int, int], int]:
    """{(content type, object): patient} for the entries whose record belongs to one patient."""
    found = {}
    for content_type in {entry.content_type for entry in entries}:
        ids = {entry.object_id for entry in entries if entry.content_type == content_type and entry.object_id}
        model = content_type.model_class()
        if model is Patient:
            found |= {(content_type.pk, pk): pk for pk in ids}
        elif model and any(field.name == "patient" for field in model._meta.concrete_fields):
            rows = model.objects.filter(pk__in=ids, patient__isnull=False).values_list("pk", "patient")
            found |= {(content_type.pk, pk): patient for pk, patient in rows}
    return found


@admin.register(LogEntry)
class LogEntryAdmin(PracticeAdmin):
    list_title = noop("Audit log")
    list_display = ["when", "who", "what_was_done", "record", "changed_fields", "patient"]
    list_display_links = ["when"]
    list_filter = [("timestamp", DaysFilter), PersonFilter, ModelFilter]
    list_filter_submit = True
    list_select_related = ["actor", "content_type"]
    ordering = ["-timestamp", "-pk"]

    def get_changelist(self, request, **kwargs):
        return AuditList

    @admin.display(description="When", ordering="timestamp")
    def when(self, entry) -> str:
        return f"{localtime(entry.timestamp):%m/%d/%Y %I:%M:%S %p}"

    @admin.display(description="Who")
    def who(self, entry) -> str:
        return str(entry.actor) if entry.actor else "The program"

    @admin.display(description="Did what")
    def what_was_done(self, entry) -> str:
        return "Exported" if "exported" in (entry.changes or {}) else WORDS[entry.action]

    @admin.display(description="Record")
    def record(self, entry) -> str:
        model = entry.content_type.model_class()
        name = model._meta.verbose_name.capitalize() if model else entry.content_type.model
        return f"{name} {entry.object_id or ''}".strip()

    @admin.display(description="Fields")
    def changed_fields(self, entry) -> str:
        names = [field_label(entry, name) for name in entry.changes or {}]
        more = f" and {len(names) - SHOWN_FIELDS} more" if len(names) > SHOWN_FIELDS else ""
        return ", ".join(names[:SHOWN_FIELDS]) + more

    @admin.display(description="Patient")
    def patient(self, entry) -> str:
        if not entry.patient_id:
            return "–"
        url = reverse("admin:patients_patient_change", args=[entry.patient_id])
        return format_html('<a class="pe-tool" href="{}">Patient {}</a>', url, entry.patient_id)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        entry.patient_id = patients_of([entry]).get((entry.content_type_id, entry.object_id))
        changes = (entry.changes or {}).items()
        return self.show(
            request, "explorer/audit_entry.html", f"{self.what_was_done(entry)}: {self.record(entry)}",
            entry=entry, when=self.when(entry), who=self.who(entry), url=url_of(entry),
            changes=[(field_label(entry, name), *shown(change)) for name, change in changes],
        )  # fmt: skip


def field_label(entry: LogEntry, name: str) -> str:
    model = entry.content_type.model_class()
    known = {field.name: field.verbose_name for field in model._meta.concrete_fields} if model else {}
    return str(known.get(name, name.replace("_", " ")))


def shown(change) -> tuple[str, str]:
    """The old and the new value; an entry of another shape is shown whole as the new one."""
    old, new = change if isinstance(change, (list, tuple)) and len(change) == 2 else ("", change)
    return tuple("empty" if value in NOTHING else str(value) for value in (old, new))


def url_of(entry: LogEntry) -> str:
    """The page of the record itself; empty where it has none."""
    meta = entry.content_type
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model}_change", args=[entry.object_id])
    except NoReverseMatch:
        return ""
