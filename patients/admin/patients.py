"""The list of patients and the form that corrects one.

The roof registers the class, with what the other apps know of a patient (explorer/patient_page.py).
"""

from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_list import result_headers
from django.db.models import Prefetch, prefetch_related_objects
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy
from import_export.admin import ExportMixin
from import_export.forms import SelectableFieldsExportForm
from unfold.admin import TabularInline
from unfold.views import ChangeList

from explorer.lib.pages import PracticeAdmin, page
from patients import actions
from patients.admin.forms import PatientForm, PhoneForm
from patients.admin.showing import label
from patients.models import Patient, Phone
from patients.phones import display
from patients.resources import PatientResource, SafeCsv, SafeExcel, shown_apcm

CHANGE = "patients.change_patient"
SHOWN_PHONES = 2
ASKED_ONCE = 5000  # patients whose ids fit into one question to the database


class ApcmFilter(admin.SimpleListFilter):
    title, parameter_name = "APCM", "apcm"

    def lookups(self, request, model_admin):
        return [("yes", "Enrolled"), ("no", "Not enrolled")]

    def queryset(self, request, patients):
        narrow = {"yes": patients.with_apcm, "no": patients.without_apcm}.get(self.value())
        return narrow() if narrow else patients


class LeftListFilter(admin.SimpleListFilter):
    title, parameter_name = "newest list", "listed"

    def lookups(self, request, model_admin):
        return [("yes", "On the list"), ("no", "No longer on the list")]

    def queryset(self, request, patients):
        if self.value() == "yes":
            return patients.on_the_list()
        return patients.exclude(left_list_at=None) if self.value() == "no" else patients


class PatientChangeList(ChangeList):
    """The page's rows, each with what its small template shows (templates/patients/rows.html)."""

    def get_results(self, request) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count  # so that no "show all" is offered
        self.result_list = list(self.result_list)
        current = Phone.objects.filter(retired_at=None).order_by("label", "e164")
        prefetch_related_objects(self.result_list, Prefetch("phones", current, to_attr="current_phones"))
        for patient in self.result_list:
            patient.shown_phones = [display(phone.e164) for phone in patient.current_phones[:SHOWN_PHONES]]
            patient.shown_apcm = shown_apcm(patient)
            patient.url = f"{patient.pk}/change/"

    def get_ordering(self, request, queryset) -> list[str]:
        """By name means by the whole name, along the index."""
        ordering = super().get_ordering(request, queryset)
        sign = ordering[0].removesuffix("last_name") if str(ordering[0]).endswith("last_name") else None
        return ordering if sign is None else [f"{sign}{name}" for name in ("last_name", "first_name", "mrn")]

    def headings(self) -> list[dict]:
        """Without the first, the tick box."""
        return [heading for heading in result_headers(self) if "action-toggle" not in str(heading["text"])]


class ExportForm(SelectableFieldsExportForm):
    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.fields["format"].initial = "0"

    def _get_field_label(self, resource, field_name: str) -> str:
        return resource.fields[field_name].column_name


class PhoneInline(TabularInline):
    model = Phone
    form = PhoneForm
    fields = ["e164", "label", "basis", "given_by", "added", "retired"]
    readonly_fields = ["added"]
    extra = 1
    can_delete = False
    hide_title = True
    verbose_name_plural = "Phones (tick “no longer theirs” instead of changing a wrong number)"

    @admin.display(description="Since")
    def added(self, phone) -> str:
        return f"{localtime(phone.added_at):%m/%d/%Y}" if phone.pk else ""


class PatientAdmin(ExportMixin, PracticeAdmin):
    list_display = ["sort_name", "mrn", "date_of_birth", "phones", "shown_apcm", "last_visit"]
    list_select_related = ["apcm"]
    list_filter = [ApcmFilter, LeftListFilter]
    search_fields = ["search_name"]  # shows the box; Patient.objects.search answers
    search_help_text = gettext_lazy("Name, chart number or end of a phone")
    import_export_change_list_template = "patients/list.html"
    change_form_before_template = "patients/form_top.html"
    change_form_outer_before_template = "patients/corrected.html"
    form = PatientForm
    inlines = [PhoneInline]
    resource_classes = [PatientResource]
    export_form_class = ExportForm
    export_template_name = "patients/export.html"
    export_formats = [SafeExcel, SafeCsv]
    fieldsets = [
        (None, {"fields": ["mrn", ("first_name", "middle_name"), ("last_name", "suffix"),
                           ("preferred_name", "sex"), ("date_of_birth", "last_visit")]}),
        ("Contact", {"fields": ["email", ("address", "address2"), ("city", "state", "zip")]}),
        ("Insurance", {"fields": [("insurer", "insurer_id")]}),
        ("Care", {"fields": [("deceased", "held")]}),
    ]  # fmt: skip

    def has_add_permission(self, request, *args) -> bool:
        return request.user.has_perm("patients.add_patient")

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm(CHANGE)

    def get_readonly_fields(self, request, obj=None):
        return ["mrn"] if obj else []

    @admin.display(description="Name", ordering="last_name")
    def sort_name(self, patient) -> str:
        return patient.sort_name

    @admin.display(description="Phones")
    def phones(self, patient) -> str:
        return ", ".join(patient.shown_phones)

    @admin.display(description="APCM")
    def shown_apcm(self, patient) -> str:
        return patient.shown_apcm

    def get_changelist(self, request, **kwargs):
        return PatientChangeList

    def get_search_results(self, request, queryset, search_term):
        """Who fits is asked first, of the index alone: in the order of names it would be asked row by row."""
        if not search_term.strip():
            return queryset, False
        fits = Patient.objects.search(search_term).order_by()
        found = list(fits.values_list("pk", flat=True)[: ASKED_ONCE + 1])
        return queryset.filter(pk__in=found if len(found) <= ASKED_ONCE else fits.values("pk")), False

    def get_export_queryset(self, request):
        return super().get_export_queryset(request).select_related("apcm").prefetch_related("phones")

    def get_export_data(self, file_format, request, queryset, **kwargs):
        columns = self.get_export_resource_fields_from_form(kwargs.get("export_form")) or ["all columns"]
        actions.record_export(
            of=Patient,
            count=queryset.count(),
            what=f"patients with {', '.join(columns)}{self.exported_from(request)}",
            by=request.user,
        )
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def exported_from(self, request) -> str:
        """Which list it was, for the record; without a word of a search."""
        return ""

    @page("<int:pk>/edit/", look=CHANGE, act=CHANGE)
    def edit(self, request, pk: int):
        return self.changeform_view(request, str(pk))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        corrected = obj.corrected if obj else []
        context["corrected"] = [(name, label(name)) for name in corrected]
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, patient, form, change) -> None:
        if form.typed or not change:
            actions.correct(patient, fields=form.typed, by=request.user)

    def save_formset(self, request, form, formset, change) -> None:
        phones = formset.save(commit=False)
        if phones:
            actions.correct_phones(form.instance, phones, by=request.user)
        formset.save_m2m()

    def response_add(self, request, patient, post_url_continue=None):
        messages.success(request, "The patient is added.")
        return redirect("admin:patients_patient_change", patient.pk)

    def response_change(self, request, patient):
        messages.success(request, "Saved.")
        return redirect("admin:patients_patient_change", patient.pk)

    @page("<int:pk>/let-list-decide/", look=CHANGE, act=CHANGE)
    def let_list_decide(self, request, pk: int):
        patient = get_object_or_404(Patient, pk=pk)
        if request.method == "POST":
            actions.let_list_decide(patient, fields=request.POST.getlist("field"), by=request.user)
            messages.success(request, "The next list may overwrite this again.")
        return redirect("admin:patients_patient_edit", pk)
