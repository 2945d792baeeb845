"""The list of patients as the whole house sees it: with standings, filters and what may be done with many at once."""

from django.contrib import admin
from django.db.models import Exists, OuterRef

from explorer import saved_lists
from explorer.lists import ASKED_ONCE
from explorer.lists_page import HEADINGS, ListPages, NamedListFilter, chosen, fill_cells
from explorer.together_page import TogetherPages
from outreach.models import Match
from outreach.standings import LABELS, with_standing
from patients.admin.patients import PatientAdmin, PatientChangeList
from patients.models import Patient
from patients.resources import PatientResource, column

TONES = {
    "conflict": "bad", "given": "good", "declined": "warn", "revoked": "warn", "in_review": "info",
    "opted_out": "bad", "reminded": "info", "invited": "info", "cannot_be_reached": "warn",
}  # fmt: skip


class StandingFilter(admin.SimpleListFilter):
    title, parameter_name = "standing", "standing"

    def lookups(self, request, model_admin):
        return list(LABELS.items())

    def queryset(self, request, patients):
        """Where they are few enough, asked once for the count and the rows alike."""
        if self.value() not in LABELS:
            return patients
        standing = with_standing(patients, request.practice).filter(standing=self.value())
        found = list(standing.order_by().values_list("pk", flat=True)[: ASKED_ONCE + 1])
        return standing if len(found) > ASKED_ONCE else patients.filter(pk__in=found)


class MatchedFilter(admin.SimpleListFilter):
    title, parameter_name = "Spruce contact", "matched"

    def lookups(self, request, model_admin):
        return [("yes", "Matched"), ("no", "Not matched")]

    def queryset(self, request, patients):
        linked = Exists(Match.objects.linked().filter(patient=OuterRef("pk")))
        return {"yes": patients.filter(linked), "no": patients.filter(~linked)}.get(self.value(), patients)


class StandingChangeList(PatientChangeList):
    """Asks the standings of the page's rows alone; of all patients only where the filter needs them."""

    def __init__(self, request, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        self.filter_specs = [spec for spec in self.filter_specs if not isinstance(spec, NamedListFilter)]

    def get_results(self, request) -> None:
        super().get_results(request)
        if named := chosen(request):
            fill_cells(self.result_list, named, request.practice)
            return
        standings = self._standings(request)
        for patient in self.result_list:
            standing = standings[patient.pk]
            patient.shown_standing, patient.standing_tone = LABELS[standing], TONES.get(standing, "")

    def _standings(self, request) -> dict[int, str]:
        pks = [patient.pk for patient in self.result_list]
        filtered = request.GET.get(StandingFilter.parameter_name)
        if not pks or filtered in LABELS:
            return dict.fromkeys(pks, filtered)
        asked = with_standing(Patient.objects.filter(pk__in=pks), request.practice)
        return dict(asked.order_by().values_list("pk", "standing"))


class StandingResource(PatientResource):
    standing = column("Standing", lambda patient: LABELS[patient.standing])


class PatientListAdmin(ListPages, TogetherPages, PatientAdmin):
    list_before_template = "explorer/lists/panel.html"
    list_display = ["sort_name", "mrn", "date_of_birth", "phones", "shown_apcm", "standing", "last_visit"]
    list_filter = [NamedListFilter, StandingFilter, *PatientAdmin.list_filter, MatchedFilter]
    resource_classes = [StandingResource]

    @admin.display(description="Standing")
    def standing(self, patient) -> str:
        return patient.shown_standing

    def get_changelist(self, request, **kwargs):
        return StandingChangeList

    def get_list_display(self, request):
        if named := chosen(request):
            return ["sort_name", "mrn", "date_of_birth", *(HEADINGS[name] for name in named.columns)]
        return super().get_list_display(request)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {**self.list_panel(request), **(extra_context or {})})

    def get_export_queryset(self, request):
        patients = super().get_export_queryset(request)
        if "standing" in patients.query.annotations:  # by the filter
            return patients
        return with_standing(patients, request.practice)

    def exported_from(self, request) -> str:
        kept = saved_lists.kept(request.GET.urlencode())
        return (f", of {kept}" if kept else "") + (", found by a search" if request.GET.get("q") else "")

    def for_export(self, request, patients):
        """With everything that the columns of an export read."""
        patients = patients.select_related("apcm").prefetch_related("phones")
        return with_standing(patients, request.practice)

    def export_form(self, request, posted=None):
        return self.export_form_class(self.get_export_formats(), self.resource_classes, data=posted)
