"""What people type about a wording."""

from django import forms
from django.core.exceptions import ValidationError

from consent.models import Wording
from consent.wordings.filling import check_places
from explorer.lib.models import Practice

US_DATE = "%m/%d/%Y"
LONGEST = 40_000


def day(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        input_formats=[US_DATE, "%Y-%m-%d"],
        widget=forms.DateInput(format=US_DATE, attrs={"class": "pe-short", "placeholder": "01/31/2027"}),
        error_messages={"invalid": "Write the date as 01/31/2027."},
    )


class WordingForm(forms.Form):
    language = forms.ChoiceField(choices=Wording.Language.choices)
    title = forms.CharField(max_length=120, help_text="The heading that the patient sees.")
    text = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"class": "pe-body pe-wording", "rows": 26}),
        help_text="Exactly what the patient reads or hears. An empty line begins a new paragraph.",
    )
    valid_from = day("Good from", "No decision before this day can rest on it.")

    def __init__(self, *args, fixed_language: bool = False, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if fixed_language:
            del self.fields["language"]

    def clean_text(self) -> str:
        text = "\n".join(line.rstrip() for line in self.cleaned_data["text"].splitlines()).strip()
        if "\0" in text:
            raise ValidationError("The text holds a character that cannot be printed: type it anew.")
        check_places(text)
        return text


class ApprovalForm(forms.Form):
    counsel = forms.CharField(label="Counsel who approved it", max_length=120, help_text="As: Jane Doe, Esq.")
    on = day("Approved on", "The day of the approval, not of this entry.")
    note = forms.CharField(
        label="Note",
        max_length=300,
        required=False,
        help_text="As: by e-mail, filed in binder 3.",
    )
    exactly = forms.BooleanField(
        label="Counsel has read exactly this text.",
        error_messages={"required": "Tick this only if counsel has read exactly this text."},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    def clean_on(self):
        if self.cleaned_data["on"] > Practice.current().today():
            raise ValidationError("This day lies ahead. Record the approval once it is given.")
        return self.cleaned_data["on"]
