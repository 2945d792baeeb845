"""The desk forms: hand the PC over to a patient, and settle what could not be written by itself."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.decorators import display

from consent import desk
from consent.actions import desk as acts
from consent.desk.forms import HandOverForm
from consent.models import DeskForm, Wording
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from patients.models import ApcmEnrolment, Patient

STATES = {
    "Needs a person": "danger", "Answered": "success", "Written after a look": "success", "With the patient": "info",
}  # fmt: skip


@admin.register(DeskForm)
class DeskFormAdmin(PracticeAdmin):
    list_before_template = "consent/desk_top.html"
    list_display = ["opened", "who", "handed_over_by", "stands"]
    list_display_links = ["opened"]
    list_filter = ["state", "language"]
    list_filter_submit = True
    list_select_related = ["patient", "opened_by"]
    search_fields = ["patient__search_name", "patient__mrn"]
    search_help_text = "A patient’s name or chart number."

    @display(description="Handed over", ordering="opened_at")
    def opened(self, form):
        return date_format(localtime(form.opened_at), "m/d/Y, g:i A")

    @display(description="Patient", ordering="patient__last_name")
    def who(self, form):
        return form.patient.sort_name

    @display(description="By")
    def handed_over_by(self, form):
        return str(form.opened_by)

    @display(description="State", label=STATES, ordering="state")
    def stands(self, form):
        return form.get_state_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        form = self.get_object(request, object_id)
        if form is None:
            raise Http404
        if not self.has_view_permission(request, form):
            raise PermissionDenied
        return self.show(request, "consent/desk_detail.html", str(form), form=form)

    @page("hand/<int:patient_id>/", look="consent.record_consent", act="consent.record_consent")
    def hand(self, request, patient_id: int):
        """Staff have checked who it is; from the press on, the PC shows this patient's form and nothing else."""
        patient = get_object_or_404(Patient, pk=patient_id)
        enrolled = ApcmEnrolment.objects.filter(patient=patient, status="active").exists()
        today = Practice.current().today()
        initial = {"language": "en", "kinds": ["records", "apcm", "notice", "texting"]}
        form = HandOverForm(request.POST or None, enrolled=enrolled, today=today, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                handed = acts.hand_over(patient=patient, by=request.user, **form.cleaned_data)
            except ValidationError as problem:
                form.add_error(None, problem.messages)
            else:
                desk.begin(request, handed)
                return HttpResponseRedirect(reverse("desk"), headers={"Clear-Site-Data": '"cache"'})
        waiting = Wording.objects.good_on(today).filter(kind__in=initial["kinds"], approved_on=None)
        return self.show(
            request,
            "consent/desk_hand.html",
            "Let the patient answer here",
            patient=patient,
            form=form,
            unapproved=waiting.exists(),
        )

    @page("<int:desk_form_id>/settle/", look="consent.record_consent", act="consent.record_consent")
    def settle(self, request, desk_form_id: int):
        form = get_object_or_404(DeskForm.objects.select_related("patient"), pk=desk_form_id)
        if request.method == "POST":
            write = request.POST.get("decision") == "write"
            try:
                acts.settle(form, write=write, because=request.POST.get("because", ""), by=request.user)
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
            else:
                messages.success(request, "The answers are in the ledger." if write else "Nothing was written.")
                return redirect("admin:consent_deskform_change", form.pk)
        if form.state != DeskForm.State.DOUBT:
            return redirect("admin:consent_deskform_change", form.pk)
        return self.show(request, "consent/desk_settle.html", "Settle a desk form", form=form)
