from django import forms
from django.utils.translation import gettext_lazy as _

from explorer.models import SignOff


class SignForm(forms.ModelForm):
    class Meta:
        model = SignOff
        fields = ("words",)
        labels = {"words": _("Your words, if any")}
        help_texts = {"words": _("Anything the next reader should know. No patient’s name.")}
        widgets = {"words": forms.TextInput}


class CloseForm(SignForm):
    """`replaces` is the close-out that stood when the page was opened, `seen` what was open then."""

    because = forms.CharField(label=_("Why the day is closed again"), max_length=300, required=False)
    replaces = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, again: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["because"].required = again
        if not again:
            self.fields["because"].widget = forms.HiddenInput()


class DayForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
