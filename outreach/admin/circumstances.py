"""The page "Something has happened": died, in hospital, moved away; and the way back."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lib.models import Practice
from explorer.lib.pages import page
from outreach.actions.circumstances import contact_again, family_letter, reach, report_circumstance
from outreach.models import Circumstance
from patients.models import Patient

RIGHT = "outreach.record_attempt"
HOSPITAL_FOR = timedelta(days=14)
DAY = {"type": "date"}


class CircumstanceForm(forms.ModelForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("What has happened?"), choices=Circumstance.Kind.choices, widget=forms.RadioSelect
    )

    class Meta:
        model = Circumstance
        fields = ["kind", "on", "look_again_on", "told_by"]
        labels = {
            "on": gettext_lazy("On which day"),
            "look_again_on": gettext_lazy("Look again on"),
            "told_by": gettext_lazy("Who said so"),
        }
        help_texts = {
            "on": gettext_lazy("Empty: not known."),
            "look_again_on": gettext_lazy("Needed for a hospital stay: a task comes up on that day."),
            "told_by": gettext_lazy("As: her daughter, by phone."),
        }
        widgets = {name: forms.DateInput(attrs=DAY, format="%Y-%m-%d") for name in ("on", "look_again_on")}

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self):
        cleaned = super().clean()
        day, again = cleaned.get("on"), cleaned.get("look_again_on")
        if day and day > self.today:
            self.add_error("on", _("This lies in the future."))
        if cleaned.get("kind") == Circumstance.Kind.HOSPITAL and not again:
            self.add_error("look_again_on", _("Choose the day on which somebody looks again."))
        if again and again < self.today:
            self.add_error("look_again_on", _("This day is over: choose today or later."))
        return cleaned


class CircumstancePages:
    @page("circumstance/<int:patient_id>/", look=RIGHT, act=RIGHT)
    def circumstance(self, request, patient_id: int):
        """Says whom it keeps silent, then holds their texts; while it is open, the way to contact them again."""
        practice = Practice.current()
        patient = get_object_or_404(Patient, pk=patient_id)
        open_now = Circumstance.objects.open().filter(patient=patient).select_related("reported_by").first()
        if request.method == "POST" and open_now and "again" in request.POST:
            return self._contact_again(request, open_now)
        kind = request.GET.get("kind", "")
        form = CircumstanceForm(
            request.POST if request.method == "POST" else None, label_suffix="", today=practice.today(),
            initial={"kind": kind, "look_again_on": practice.today() + HOSPITAL_FOR if kind == "hospital" else None},
        )  # fmt: skip
        if request.method == "POST" and form.is_valid() and _reported(request, patient, form):
            return redirect("admin:outreach_attempt_circumstance", patient.pk)
        return self.show(
            request, "outreach/circumstance.html", _("Something has happened"),
            patient=patient, form=form, told=open_now, reach=reach(patient),
            silenced=Patient.objects.filter(pk__in=open_now.silenced).exclude(pk=patient.pk) if open_now else (),
            letter=family_letter(patient, practice) if open_now and open_now.kind == "deceased" else "",
        )  # fmt: skip

    def _contact_again(self, request, told: Circumstance):
        try:
            contact_again(circumstance=told, because=request.POST.get("because", ""), by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("admin:outreach_attempt_circumstance", told.patient_id)
        messages.success(request, _("They may be contacted again. What was held goes on by the usual rules."))
        return redirect("admin:patients_patient_change", told.patient_id)


def _reported(request, patient: Patient, form: CircumstanceForm) -> bool:
    try:
        told, new = report_circumstance(patient=patient, by=request.user, **form.cleaned_data)
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return False
    if new:
        words = _("Held: {n} texts of the household wait for a person, and a task tells the others.")
        messages.success(request, words.format(n=told.texts_held))
    return True
