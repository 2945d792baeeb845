"""The short form that makes a task about a patient."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from patients.models import StaffTask


class TaskForm(forms.Form):
    title = forms.CharField(label=_("What is to be done"), max_length=120)
    due_on = forms.DateField(
        label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Choose a day from the calendar.")},
    )  # fmt: skip
    for_user = forms.ModelChoiceField(
        label=_("Who does it"), required=False, queryset=None, empty_label=_("Whoever is free")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=StaffTask.Kind.choices, initial=StaffTask.Kind.GENERAL, required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["for_user"].queryset = get_user_model().objects.filter(is_active=True).order_by("username")

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or StaffTask.Kind.GENERAL
