from django import forms

from explorer.lib.pages import name_fields
from outreach.actions.launching import SHORTEST_REASON
from outreach.forecast import ANSWERS
from outreach.models import Campaign

COHORTS = [choice for choice in Campaign.Cohort.choices if choice[0] != Campaign.Cohort.CHOSEN]
LATEST = 365
PILOT = 50
DATE = {"input_formats": ["%m/%d/%Y", "%Y-%m-%d"], "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class NewCampaignForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="As you will speak of it: “The move”, “APCM patients”.")
    cohort = forms.ChoiceField(label="Who", choices=COHORTS, initial=Campaign.Cohort.MATCHED)
    pilot = forms.IntegerField(
        label="Pilot: so many texts first",
        min_value=1,
        required=False,
        initial=PILOT,
        help_text="APCM patients come first. Then the campaign stops by itself, and you look at the answers before "
        "the rest goes. Leave empty to text all at once.",
    )
    limit = forms.IntegerField(
        label="No more than so many texts in all",
        min_value=1,
        required=False,
        help_text="Leave empty to text everybody.",
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


class PilotForm(forms.Form):
    pilot = forms.IntegerField(
        label="Pilot: texts",
        min_value=1,
        required=False,
        help_text="Sent first, APCM patients before others; then the campaign stops and waits for you. 50 is a good "
        "number. Empty: no pilot.",
    )
    pilot_on = forms.DateField(
        label="Pilot: day",
        required=False,
        help_text="Empty: at the launch. It goes out within the texting hours.",
        **DATE,
    )


class WaveForm(forms.Form):
    starts_on = forms.DateField(label="Day", required=False, **DATE)
    size = forms.IntegerField(label="Texts", min_value=1, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name_fields(self)

    def clean(self) -> dict:
        found = super().clean()
        if not self.errors and bool(found.get("starts_on")) != bool(found.get("size")):
            raise forms.ValidationError("Give both the day and the number of texts, or neither.")
        return found


class _WaveForms(forms.BaseFormSet):
    def dated(self) -> list[tuple]:
        """(day, texts) of each filled-in row, the earliest first."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("starts_on")]
        return sorted((row["starts_on"], row["size"]) for row in rows)


WaveForms = forms.formset_factory(WaveForm, formset=_WaveForms, extra=3, max_num=60, absolute_max=60)


class SpreadForm(forms.Form):
    first_on = forms.DateField(label="First day", **DATE)
    a_day = forms.IntegerField(label="Texts a day", min_value=1, initial=200)


class ForecastForm(forms.Form):
    answers = forms.IntegerField(label="Percent that answer by day 14", min_value=0, max_value=100, initial=ANSWERS)
