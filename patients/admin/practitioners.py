"""Who treats and bills: whom a consent to APCM may name."""

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from explorer.lib.pages import PracticeAdmin
from patients.models import Practitioner

SAME = ("npi", "side")  # what a consent on record relies on


class PractitionerForm(forms.ModelForm):
    npi = forms.CharField(
        label="NPI", max_length=20, help_text="Ten digits, as 1234567893.", widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = Practitioner
        fields = ["name", "npi", "side", "bills_apcm", "enrolled_from", "left_on"]

    def clean_npi(self) -> str:
        """As it stands on paper, with blanks or hyphens."""
        return "".join(sign for sign in self.cleaned_data["npi"] if sign not in " -\xa0")

    def clean(self):
        cleaned = super().clean()
        begun, ended = cleaned.get("enrolled_from"), cleaned.get("left_on")
        if begun and ended and ended < begun:
            self.add_error("left_on", "This lies before the enrolment: look at both days again.")
        return cleaned


@admin.register(Practitioner)
class PractitionerAdmin(PracticeAdmin):
    list_before_template = "patients/practitioners_top.html"
    list_display = ["name", "npi", "side", "bills", "enrolled_from", "left_on"]
    form = PractitionerForm

    def has_add_permission(self, request, *args) -> bool:
        return request.user.has_perm("patients.add_practitioner")

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("patients.change_practitioner")

    def get_readonly_fields(self, request, obj=None):
        return SAME if obj else ()

    @display(description="APCM", label={"Bills APCM": "success"})
    def bills(self, practitioner) -> str:
        return "Bills APCM" if practitioner.bills_apcm else "–"
