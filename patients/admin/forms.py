"""Correcting a patient and the phones by hand."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import INPUT_CLASSES

from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import name_fields
from patients.actions import PATIENT_FIELDS
from patients.models import Patient, Phone
from patients.phones import BadPhone, display, read_phone

EDITED = tuple(name for name in PATIENT_FIELDS if name != "listed_name")
US_DATE = "%m/%d/%Y"
EARLIEST = date(1900, 1, 1)


class PatientForm(forms.ModelForm):
    """`version` is that of the opened page: a later one means that somebody else saved meanwhile."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Patient
        fields = ("mrn", *EDITED, "held")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
        for name in {"date_of_birth", "last_visit"} & self.fields.keys():
            self.fields[name].input_formats = [US_DATE, "%Y-%m-%d"]
            self.fields[name].widget = forms.DateInput(
                format=US_DATE, attrs={"class": " ".join(INPUT_CLASSES), "placeholder": "03/25/1948"}
            )
            self.fields[name].error_messages["invalid"] = "Write the date as 03/25/1948."

    def clean_mrn(self) -> str:
        mrn = self.cleaned_data["mrn"].strip()
        same = Patient.charts.filter(mrn__iexact=mrn).exclude(pk=self.instance.pk)
        if into := same.exclude(merged_into=None).select_related("merged_into").first():
            raise ValidationError(f"This chart was merged into chart {into.merged_into.mrn}. Use that one.")
        if same.exists():
            raise ValidationError("Another patient has this chart number. Search for it first.")
        return mrn

    def clean_date_of_birth(self) -> date | None:
        return self._past(self.cleaned_data["date_of_birth"])

    def clean_last_visit(self) -> date | None:
        return self._past(self.cleaned_data["last_visit"])

    def _past(self, day: date | None) -> date | None:
        if day and not EARLIEST <= day <= Practice.current().today():
            raise ValidationError("This day lies in the future or before 1900: check the year.")
        return day

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk:
            self._refuse_lost_update(cleaned.get("version"))
        return cleaned

    def _refuse_lost_update(self, seen: int | None) -> None:
        stored = Patient.objects.select_for_update().get(pk=self.instance.pk)
        if seen == stored.version:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = stored.version  # the second save is meant
        differing = [name for name in self.changed_data if name in EDITED]
        theirs = [f"{self.fields[name].label}: {_words(stored, name)}" for name in differing]
        raise ValidationError(
            "Somebody else changed this patient since you opened it. "
            + (f"Stored now – {'; '.join(theirs)}. " if theirs else "")
            + "Your entries are still below: check them and save again to put them in place of theirs."
        )

    @property
    def typed(self) -> list[str]:
        return [name for name in self.changed_data if name != "version"]


def _words(patient: Patient, name: str) -> str:
    value = getattr(patient, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:{US_DATE}}"
    return getattr(patient, f"get_{name}_display", lambda: value)() or "empty"


class PhoneForm(forms.ModelForm):
    """A number is typed as people write it. A wrong one is retired, so that its texts stay explained."""

    retired = forms.BooleanField(label="No longer theirs", required=False)

    class Meta:
        model = Phone
        fields = ("e164", "label", "basis", "given_by")
        labels = {"e164": "Number"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["given_by"].help_text = ""
        self.fields["given_by"].widget.attrs["placeholder"] = "patient, spouse …"
        number = self.fields["e164"]
        number.help_text, number.max_length, number.validators = "", None, []
        number.widget.attrs |= {"maxlength": 40, "placeholder": "205-555-0123"}
        name_fields(self)
        if self.instance.pk:
            number.disabled = True
            self.initial["e164"] = display(self.instance.e164)
            self.initial["retired"] = self.instance.retired_at is not None

    def clean_e164(self) -> str:
        if self.instance.pk:
            return self.instance.e164
        try:
            phone = read_phone(self.cleaned_data["e164"])
        except BadPhone as problem:
            raise ValidationError(str(problem)) from None
        known = Phone.objects.filter(patient=self.instance.patient_id, e164=phone.e164)
        if self.instance.patient_id and known.exists():
            raise ValidationError("The patient already has this number; change it in its own line.")
        self.instance.kind, self.instance.extension = phone.kind, phone.extension
        return phone.e164

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("retired"):
            self.instance.retired_at = None
        elif self.instance.retired_at is None:
            self.instance.retired_at = clock.now()
        return cleaned
