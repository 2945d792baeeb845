from django import forms

from outreach.actions.launching import SHORTEST_REASON
from outreach.models import Campaign

COHORTS = [choice for choice in Campaign.Cohort.choices if choice[0] != Campaign.Cohort.CHOSEN]
LATEST = 365


class NewCampaignForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="As you will speak of it: “Pilot”, “APCM patients”.")
    cohort = forms.ChoiceField(label="Who", choices=COHORTS, initial=Campaign.Cohort.MATCHED)
    limit = forms.IntegerField(
        label="Pilot: no more than so many texts",
        min_value=1,
        required=False,
        help_text="Leave empty to text everybody. A pilot of 50 first is a good habit.",
    )
    days = forms.CharField(
        label="Reminders after days",
        initial="3, 7, 14",
        required=False,
        help_text="Counted from the first text. Only those without an answer are asked again.",
    )

    def clean_days(self) -> tuple[int, ...]:
        """The first text is day 0."""
        words = self.cleaned_data["days"].replace(",", " ").split()
        if not all(word.isdecimal() and 0 <= int(word) <= LATEST for word in words):
            raise forms.ValidationError("Write the days as numbers with commas between them, as 3, 7, 14.")
        return (0, *sorted({int(word) for word in words} - {0}))


class StepForm(forms.Form):
    body = forms.CharField(
        label="Text",
        widget=forms.Textarea(attrs={"rows": 4, "class": "pe-body"}),
        help_text="{practice} {doctor} {phone} {link} {code} are filled in for each number.",
    )


class LaunchForm(forms.Form):
    texts = forms.IntegerField(min_value=0)
    override = forms.CharField(max_length=300, min_length=SHORTEST_REASON, required=False)

    def problem(self) -> str:
        if "override" in self.errors:
            return f"Write the reason in at least {SHORTEST_REASON} characters, at most 300."
        return "Type the number of texts that stands above the field."
