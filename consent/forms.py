"""What staff write down of one conversation or one signed paper."""

from django import forms
from django.core.exceptions import ValidationError

from consent.ledger import about
from consent.models import ConsentEvent, Wording
from consent.proof import IDENTIFIERS, SPOKEN
from consent.scans import BadScan, Scan, read_scan
from consent.wordings.disclosures import APCM_DISCLOSURES
from explorer.lib import clock
from patients.models import Practitioner
from patients.phones import display as shown

Authority, Decision, Kind, Method = (
    ConsentEvent.Authority, ConsentEvent.Decision, ConsentEvent.Kind, ConsentEvent.Method,
)  # fmt: skip
WAYS = [(Method.PHONE, "By phone"), (Method.IN_PERSON, "In person"), (Method.PAPER, "On a signed paper")]
SAID = {"yes": Decision.GIVEN, "no": Decision.DECLINED}
UNDECIDED = {"think": "Wants to think", "info": "Wants more information"}
ANSWERS = [("yes", "Yes"), ("no", "No"), *UNDECIDED.items(), ("", "Not asked")]
ON_PAPER = (Wording.Kind.LETTER, Wording.Kind.ONLINE_FORM, Wording.Kind.RECORDS, Wording.Kind.APCM,
            Wording.Kind.NOTICE, Wording.Kind.TEXTING)  # fmt: skip

# To be approved by counsel.
QUESTIONS = {
    Kind.RECORDS: "May your medical records move to the new practice?",
    Kind.APCM: "Do you want to go on with APCM, the monthly care program, at the new practice?",
    Kind.NOTICE: "May we tell the old practice what you decided about APCM?",
    Kind.TEXTING: "May we text you?",
}


class MomentField(forms.SplitDateTimeField):
    """A day and a time in the practice's zone."""

    widget = forms.SplitDateTimeWidget(
        date_attrs={"type": "date", "aria-label": "Day"},
        time_attrs={"type": "time", "aria-label": "Time"},
        date_format="%Y-%m-%d",
        time_format="%H:%M",
    )


class DecisionForm(forms.Form):
    """The steps of the page "Record a decision", from top to bottom. `told` is what the ledger asks for."""

    method = forms.ChoiceField(label="How do you speak with the patient?", choices=WAYS, widget=forms.RadioSelect)
    number_called = forms.ChoiceField(label="Number called", required=False)
    who = forms.ChoiceField(
        label="Who decides?",
        choices=[("patient", "The patient"), ("representative", "Somebody who may decide for the patient")],
        widget=forms.RadioSelect,
        required=False,
        initial="patient",
    )
    given_by = forms.CharField(label="Name of that person", max_length=160, required=False)
    relation = forms.CharField(
        label="What is that person to the patient?", max_length=60, required=False, help_text="As: daughter, husband."
    )
    authority_kind = forms.ChoiceField(
        label="Why may that person decide?", choices=[("", "Choose"), *Authority.choices], required=False
    )
    authority = forms.CharField(
        label="What shows it?",
        max_length=160,
        required=False,
        help_text="As: document seen on 12/08/2026 and copied into the chart.",
    )
    identifiers = forms.MultipleChoiceField(
        label="How did you make sure who it is?",
        choices=IDENTIFIERS.items(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick at least two of the patient’s that you asked for and that were right. Never read them out.",
        error_messages={"required": "Tick at least two: without them the answer is not proven."},
    )
    language = forms.ChoiceField(
        label="Language of the conversation", choices=Wording.Language.choices, required=False, initial="en"
    )
    interpreter = forms.CharField(
        label="Interpreter", max_length=120, required=False, help_text="Name, or the service and its number."
    )
    script = forms.ModelChoiceField(
        Wording.objects.filter(kind=Wording.Kind.SCRIPT), label="The words that are read", required=False
    )
    paper = forms.ModelChoiceField(
        Wording.objects.filter(kind__in=ON_PAPER).order_by("kind", "language", "-version"),
        label="Which text did the patient sign?",
        required=False,
        empty_label="Not one of the stored texts",
    )
    records = forms.ChoiceField(label=QUESTIONS[Kind.RECORDS])
    disclosures = forms.MultipleChoiceField(
        label="Before the question about APCM, read these four and tick each one as you read it",
        choices=APCM_DISCLOSURES.items(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="A yes counts only when all four were read, or stand on the signed paper.",
    )
    on_behalf_of = forms.ModelChoiceField(
        Practitioner.objects.none(), label="Practitioner who will bill APCM, as named to the patient", required=False
    )
    apcm = forms.ChoiceField(label=QUESTIONS[Kind.APCM])
    notice = forms.ChoiceField(label=QUESTIONS[Kind.NOTICE])
    texting = forms.ChoiceField(
        label=QUESTIONS[Kind.TEXTING],
        help_text="A yes takes no number off the do-not-text list: an administrator or a provider does that there.",
    )
    note = forms.CharField(
        label="Questions the patient asked, and what you answered",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    occurred_at = MomentField(
        label="When did the patient say so?",
        help_text="The time of the conversation, or the date beside the signature; not of this entry.",
    )
    scan = forms.FileField(
        label="Scan of the signed paper",
        required=False,
        help_text="PDF, JPG, PNG or TIFF, at most 10 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"}),
    )
    obtained_by = forms.CharField(label="Who spoke with the patient?", max_length=120)
    witness = forms.CharField(
        label="Witness",
        max_length=120,
        required=False,
        help_text="A second person of the practice who heard it. Needed by phone and in person.",
    )

    def __init__(self, *args, enrolled: bool, phones: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        for kind in Kind.values:
            self.fields[kind].choices = ANSWERS
            self.fields[kind].widget = forms.RadioSelect(choices=ANSWERS)
            self.fields[kind].required = False
        numbers = [(number, shown(number)) for number in phones]
        self.fields["number_called"].choices = [("", "Not one of these, or the patient called us"), *numbers]
        self.fields["on_behalf_of"].queryset = billing = Practitioner.objects.who_bill_apcm()
        self.initial.setdefault("on_behalf_of", billing[0].pk if len(billing) == 1 else None)
        if not enrolled:
            del self.fields["apcm"], self.fields["disclosures"], self.fields["on_behalf_of"]

    def clean_occurred_at(self):
        if self.cleaned_data["occurred_at"] > clock.now():
            raise ValidationError("This lies in the future.")
        return self.cleaned_data["occurred_at"]

    def clean_identifiers(self):
        if len(self.cleaned_data["identifiers"]) < 2:
            raise ValidationError("Tick at least two: one alone does not prove who it is.")
        return self.cleaned_data["identifiers"]

    def clean_scan(self) -> Scan | None:
        file = self.cleaned_data["scan"]
        if not file:
            return None
        try:
            return read_scan(file.read(), file.name)
        except BadScan as problem:
            raise ValidationError(str(problem)) from None

    def clean(self):
        if not self.errors and not self.decisions and not self.undecided:
            raise ValidationError("Nothing is answered yet: choose yes or no for at least one question.")
        if self.is_spoken and not self.cleaned_data.get("witness"):
            self.add_error("witness", "Name the witness: a spoken answer needs one.")
        if self.is_spoken and self.cleaned_data.get("witness") == self.cleaned_data.get("obtained_by"):
            self.add_error("witness", "The witness must be somebody else than the one who spoke.")
        if self.by_representative:
            self._clean_representative()
        text = self.cleaned_data.get("paper") if self.is_paper else None
        if text and self.decisions and not any(about(text, kind) for kind in self.decisions):
            self.add_error("paper", "This text asks none of the questions that are answered: choose another one.")
        return self.cleaned_data

    def _clean_representative(self) -> None:
        needed = {
            "given_by": "Name the person who decides for the patient.",
            "relation": "Write down what that person is to the patient.",
            "authority_kind": "Choose why that person may decide.",
            "authority": "Write down what shows that authority.",
        }
        for name, sentence in needed.items():
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, sentence)

    @property
    def is_spoken(self) -> bool:
        return self.cleaned_data.get("method") in SPOKEN

    @property
    def is_paper(self) -> bool:
        return self.cleaned_data.get("method") == Method.PAPER

    @property
    def by_representative(self) -> bool:
        """Also where only the details tell: nothing that was typed is dropped without a word."""
        names = ("given_by", "relation", "authority_kind", "authority")
        return self.cleaned_data.get("who") == "representative" or any(self.cleaned_data.get(name) for name in names)

    @property
    def answers(self) -> dict[str, str]:
        return {kind: self.cleaned_data.get(kind, "") for kind in Kind.values}

    @property
    def decisions(self) -> dict[str, str]:
        """kind: given or declined, for the questions that were answered."""
        return {kind: SAID[answer] for kind, answer in self.answers.items() if answer in SAID}

    @property
    def undecided(self) -> dict[str, str]:
        """kind: think or info. Writes no line; the patient stays on the list of calls."""
        return {kind: answer for kind, answer in self.answers.items() if answer in UNDECIDED}

    @property
    def told(self) -> dict:
        """The rest of what `ledger.draft_event` asks for, but the scan."""
        cleaned = self.cleaned_data
        names = ("method", "occurred_at", "obtained_by", "witness", "given_by", "relation", "authority_kind",
                 "authority", "interpreter", "language", "note")  # fmt: skip
        read = cleaned.get("disclosures", [])
        return {name: cleaned.get(name, "") for name in names} | {
            "identity_checks": cleaned["identifiers"],
            "disclosures": {name: name in read for name in APCM_DISCLOSURES} if cleaned.get("apcm") else {},
            "on_behalf_of": cleaned.get("on_behalf_of"),
            "wording": cleaned.get("paper" if self.is_paper else "script"),
            "number_called": cleaned.get("number_called", "") if cleaned["method"] == Method.PHONE else "",
        }
