from django import forms

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach.models import Agreement

US_DATE = "%m/%d/%Y"
DATES = [US_DATE, "%Y-%m-%d"]


def day(label: str, help_text: str = "", required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        input_formats=DATES,
        widget=forms.DateInput(format=US_DATE, attrs={"class": "pe-short", "placeholder": "01/31/2027"}),
        error_messages={"invalid": "Write the date as 01/31/2027."},
    )


class AgreementForm(forms.Form):
    kind = forms.ChoiceField(label="What", choices=Agreement.Kind.choices)
    reference = forms.CharField(max_length=120, help_text="Its number, or where the paper is kept.")
    signed_on = day("Signed or registered on")
    expires_on = day("Good until", "Leave empty when it has no end.", required=False)

    def clean(self):
        cleaned = super().clean()
        signed, expires = cleaned.get("signed_on"), cleaned.get("expires_on")
        if signed and signed > Practice.current().today():
            self.add_error("signed_on", "This day lies ahead. Record it once it is signed.")
        if signed and expires and expires < signed:
            self.add_error("expires_on", "It cannot end before it begins.")
        return cleaned


class BackupForm(forms.Form):
    made_at = forms.SplitDateTimeField(
        label="Made on, at",
        input_date_formats=DATES,
        input_time_formats=["%I:%M %p", "%I:%M%p", "%H:%M"],
        widget=forms.SplitDateTimeWidget(
            date_format=US_DATE,
            time_format="%I:%M %p",
            date_attrs={"class": "pe-short", "aria-label": "Date", "placeholder": "01/31/2027"},
            time_attrs={"class": "pe-short", "aria-label": "Time", "placeholder": "8:30 AM"},
        ),
        error_messages={
            "invalid_date": "Write the date as 01/31/2027.", "invalid_time": "Write the time as 8:30 AM.",
        },
    )  # fmt: skip
    outside = forms.CharField(
        label="What kind of copy, and where it is",
        max_length=300,
        min_length=15,
        help_text="As: image of the whole disk with BitLocker, on the drive in the safe, checked by opening it.",
    )

    def clean_made_at(self):
        made_at = self.cleaned_data["made_at"]
        if made_at > clock.now():
            raise forms.ValidationError("This time lies ahead. Type when the backup was made.")
        return made_at
