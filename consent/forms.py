"""What staff read to a patient and write down of a decision."""

from django import forms
from django.core.exceptions import ValidationError

from consent.models import ConsentEvent
from consent.wordings.disclosures import APCM_DISCLOSURES
from explorer.lib import clock

Decision, Kind, Method = ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method
VERBAL = (Method.PHONE, Method.IN_PERSON)
WAYS = [(Method.PHONE, "By phone"), (Method.IN_PERSON, "In person"), (Method.PAPER, "On a signed paper")]
SAID = {"yes": Decision.GIVEN, "no": Decision.DECLINED}
IDENTIFIERS = [
    ("full name", "Full name"),
    ("date of birth", "Date of birth"),
    ("address", "Address"),
    ("phone number", "Phone number on file"),
]

# To be approved by counsel.
QUESTIONS = {
    Kind.RECORDS: "May your medical records move to the new practice?",
    Kind.APCM: "Do you want to go on with APCM, the monthly care program, at the new practice?",
    Kind.NOTICE: "May we tell the old practice what you decided about APCM?",
    Kind.TEXTING: "May we text you?",
}


class DecisionForm(forms.Form):
    """What one patient decided in one conversation or on one paper."""

    records = forms.ChoiceField(label=QUESTIONS[Kind.RECORDS])
    apcm = forms.ChoiceField(label=QUESTIONS[Kind.APCM])
    notice = forms.ChoiceField(label=QUESTIONS[Kind.NOTICE])
    texting = forms.ChoiceField(
        label=QUESTIONS[Kind.TEXTING],
        help_text="A yes does not take a number off the do-not-text list: a leader does that there.",
    )
    disclosures = forms.MultipleChoiceField(
        label="Read to the patient before the answer about APCM",
        choices=APCM_DISCLOSURES.items(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Needed when the patient says yes to APCM by phone or in person.",
    )
    method = forms.ChoiceField(label="How did the patient answer?", choices=WAYS, widget=forms.RadioSelect)
    occurred_at = forms.SplitDateTimeField(
        label="When did the patient say so?",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        help_text="The time of the conversation or the signature, not of this entry.",
    )
    identifiers = forms.MultipleChoiceField(
        label="How did you make sure who it is?",
        choices=IDENTIFIERS,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick at least two that you asked for and that were right.",
        error_messages={"required": "Tick at least two: without them the answer is not proven."},
    )
    obtained_by = forms.CharField(label="Who spoke with the patient?", max_length=120)
    witness = forms.CharField(
        label="Witness",
        max_length=120,
        required=False,
        help_text="A second person of the practice who heard it. Needed by phone and in person.",
    )
    given_by = forms.CharField(
        label="Given by somebody else",
        max_length=160,
        required=False,
        help_text="Leave empty when the patient decided alone.",
    )
    authority = forms.CharField(
        label="Why may that person decide?",
        max_length=160,
        required=False,
        help_text="As: power of attorney seen on 12/08/2026, guardian, parent of a minor.",
    )
    note = forms.CharField(label="Note", max_length=160, required=False)

    def __init__(self, *args, enrolled: bool, **kwargs):
        super().__init__(*args, **kwargs)
        for kind in Kind.values:
            self.fields[kind].choices = [("yes", "Yes"), ("no", "No"), ("", "Not asked")]
            self.fields[kind].widget = forms.RadioSelect(choices=self.fields[kind].choices)
            self.fields[kind].required = False
        if not enrolled:
            del self.fields["apcm"], self.fields["disclosures"]

    def clean_occurred_at(self):
        if self.cleaned_data["occurred_at"] > clock.now():
            raise ValidationError("This lies in the future.")
        return self.cleaned_data["occurred_at"]

    def clean_identifiers(self):
        if len(self.cleaned_data["identifiers"]) < 2:
            raise ValidationError("Tick at least two: one alone does not prove who it is.")
        return self.cleaned_data["identifiers"]

    def clean(self):
        if not self.errors and not self.decisions:
            raise ValidationError("Nothing is answered yet: choose yes or no for at least one question.")
        if self.is_verbal and not self.cleaned_data.get("witness"):
            self.add_error("witness", "Name the witness: a spoken answer needs one.")
        if self.is_verbal and self.cleaned_data.get("witness") == self.cleaned_data.get("obtained_by"):
            self.add_error("witness", "The witness must be somebody else than the one who spoke.")
        if bool(self.cleaned_data.get("given_by")) != bool(self.cleaned_data.get("authority")):
            self.add_error("authority", "Name both the person who decided and why that person may.")
        if self.is_verbal and self.cleaned_data.get("apcm") == "yes" and not self.all_disclosed:
            self.add_error("disclosures", "Read all four to the patient first: the yes counts only then.")
        return self.cleaned_data

    @property
    def is_verbal(self) -> bool:
        return self.cleaned_data.get("method") in VERBAL

    @property
    def all_disclosed(self) -> bool:
        return len(self.cleaned_data.get("disclosures", ())) == len(APCM_DISCLOSURES)

    @property
    def decisions(self) -> dict[str, str]:
        """kind: given or declined, for the questions that were answered."""
        answers = {kind: self.cleaned_data.get(kind) for kind in Kind.values}
        return {kind: SAID[answer] for kind, answer in answers.items() if answer in SAID}

    @property
    def told(self) -> dict:
        """The rest of what `ledger.draft_event` asks for."""
        names = ("method", "occurred_at", "obtained_by", "witness", "given_by", "authority")
        return {name: self.cleaned_data[name] for name in names} | {"note": self.remarks}

    @property
    def remarks(self) -> str:
        checked = f"Identity checked by {' and '.join(self.cleaned_data['identifiers'])}."
        read = "The four APCM disclosures were read." if self.all_disclosed else ""
        return " ".join(filter(None, (checked, read, self.cleaned_data["note"])))
