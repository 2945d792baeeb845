"""What is typed on the call screen."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outreach import follow_up, hours
from outreach.models import Attempt
from patients.phones import display as shown

Outcome = Attempt.Outcome
KEYS = {
    Outcome.NO_ANSWER: "1",
    Outcome.VOICEMAIL: "2",
    Outcome.ANSWERED: "3",
    Outcome.THINKING: "4",
    Outcome.CALL_BACK: "5",
    Outcome.WANTS_LETTER: "6",
    Outcome.WRONG_NUMBER: "7",
    Outcome.NOT_IN_SERVICE: "8",
    Outcome.DO_NOT_CALL: "9",
}
"""The key of each outcome, in the order in which the buttons stand."""
WITHOUT_KEY = (Outcome.MAILED, Outcome.RETURNED, Outcome.OTHER)
ON_A_NUMBER = (Outcome.WRONG_NUMBER, Outcome.NOT_IN_SERVICE)
FOR_ALL = (Outcome.NO_ANSWER, Outcome.VOICEMAIL)  # nobody spoke: the call was for everybody on the number
AGAIN_AFTER = {Outcome.CALL_BACK: 1, Outcome.THINKING: 3}  # days, where nobody has chosen one


def again_on(outcome: str, today: date, state: str) -> date | None:
    """The day to try again where none is chosen: so many days on, and then neither a Sunday nor a holiday."""
    if outcome not in AGAIN_AFTER:
        return None
    day = today + timedelta(days=AGAIN_AFTER[outcome])
    while day.weekday() == hours.SUNDAY or hours.holidays_on(day, state):
        day += timedelta(days=1)
    return day


class AttemptForm(forms.ModelForm):
    outcome = forms.ChoiceField(choices=[(each.value, each.label) for each in (*KEYS, *WITHOUT_KEY)])
    number = forms.ChoiceField(label=gettext_lazy("I called"), required=False, widget=forms.RadioSelect)
    despite = forms.CharField(
        label=gettext_lazy("Call all the same because"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("As: the patient asked for a call in the evening. It is kept with the call."),
    )
    also = forms.TypedMultipleChoiceField(
        label=gettext_lazy("This call was for them too"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("“No answer” and “voicemail” are written down for everybody ticked."),
    )

    class Meta:
        model = Attempt
        fields = ["channel", "next_on", "note"]
        labels = {"channel": gettext_lazy("How did you try?"), "next_on": gettext_lazy("Try again on"),
                  "note": gettext_lazy("Note")}  # fmt: skip
        help_texts = {
            "next_on": gettext_lazy("Empty: a call-back is tomorrow, who wants to think is called in three days."),
            "note": gettext_lazy("No more than the next caller needs."),
        }
        widgets = {
            "next_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, numbers: list[follow_up.Number], household, practice, against=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.practice, self.against = practice, against
        self.fields["channel"].required = False
        self.fields["number"].choices = [(each.e164, shown(each.e164)) for each in numbers]
        self.fields["number"].initial = next((each.e164 for each in numbers if not each.is_bad), "")
        self.fields["also"].choices = household
        self.fields["also"].initial = [pk for pk, _name in household]

    def clean(self):
        cleaned, today = self.cleaned_data, self.practice.today()
        outcome, next_on = cleaned.get("outcome"), cleaned.get("next_on")
        cleaned["channel"] = cleaned.get("channel") or Attempt.Channel.CALL
        if next_on and next_on < today:
            self.add_error("next_on", _("This day is over: choose today or later."))
        if not next_on and "next_on" not in self.errors:
            cleaned["next_on"] = again_on(outcome, today, self.practice.state)
        if outcome in ON_A_NUMBER and not cleaned.get("number"):
            self.add_error("number", _("Choose which number it was."))
        rang = cleaned["channel"] == Attempt.Channel.CALL and outcome in Attempt.DIALLED
        if self.against and rang and not cleaned.get("despite", "").strip():
            self.add_error("despite", _("Say why you called all the same, or skip this patient."))
        return cleaned
