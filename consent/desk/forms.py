"""What staff fill in before they hand the PC over, and what the patient fills in."""

from django import forms
from django.core.exceptions import ValidationError

from consent.desk.words import WORDS
from consent.forms import IDENTIFIERS
from consent.models import ConsentEvent, DeskForm, Wording
from patients.models import Practitioner

Kind = ConsentEvent.Kind
ANSWERS = ("yes", "no", "later")


class HandOverForm(forms.Form):
    identity_checks = forms.MultipleChoiceField(
        label="How did you make sure who it is?",
        choices=list(dict(IDENTIFIERS).items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick at least two that you asked for and that were right.",
        error_messages={"required": "Tick at least two: without them the answer is not proven."},
    )
    kinds = forms.MultipleChoiceField(
        label="What will be asked?",
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one question."},
    )
    language = forms.ChoiceField(
        label="In which language?",
        choices=[(code, Wording.Language(code).label) for code in WORDS],
        widget=forms.RadioSelect,
    )
    on_behalf_of = forms.ModelChoiceField(
        label="Who will provide APCM?", queryset=Practitioner.objects.none(), required=False, empty_label="Nobody yet"
    )
    given_by = forms.CharField(
        label="Representative",
        max_length=160,
        required=False,
        help_text="Full name of who answers for the patient. Leave empty when the patient answers.",
    )
    authority_kind = forms.ChoiceField(
        label="Why may that person decide?",
        choices=[("", "The patient answers"), *ConsentEvent.Authority.choices],
        required=False,
    )
    authority = forms.CharField(
        label="What shows that?", max_length=160, required=False, help_text="As: document seen on 12/08/2026."
    )

    def __init__(self, *args, enrolled: bool, today, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        if enrolled:
            bill = Practitioner.objects.filter(bills_apcm=True, side=Practitioner.Side.NEW)
            bill = bill.exclude(left_on__lt=today)
            self.fields["on_behalf_of"].queryset = bill
            if bill.count() == 1:
                self.fields["on_behalf_of"].initial = bill.get()
        else:
            del self.fields["on_behalf_of"]
            self.fields["kinds"].choices = [choice for choice in Kind.choices if choice[0] != Kind.APCM]

    def clean_identity_checks(self):
        if len(self.cleaned_data["identity_checks"]) < 2:
            raise ValidationError("Tick at least two: one alone does not prove who it is.")
        return self.cleaned_data["identity_checks"]

    def clean(self):
        named = [bool(self.cleaned_data.get(name)) for name in ("given_by", "authority_kind", "authority")]
        if any(named) and not all(named):
            self.add_error("given_by", "For a representative fill in all three: the name, why, and what shows it.")
        return self.cleaned_data


class AnswersForm(forms.Form):
    """The questions that this desk form shows, in its language."""

    def __init__(self, *args, desk_form: DeskForm, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.desk_form, self.words = desk_form, WORDS[desk_form.language]
        for kind, shown in desk_form.shown.items():
            self.fields[kind] = forms.ChoiceField(
                label=shown["title"],
                choices=[(said, self.words[said]) for said in ANSWERS],
                widget=forms.RadioSelect,
                error_messages={"required": self.words["choose"], "invalid_choice": self.words["choose"]},
            )
        if Kind.APCM in desk_form.shown:
            self.fields["read"] = forms.BooleanField(label=self.words["read"], required=False)
        self.fields["signature"] = forms.CharField(
            label=self.words["name"],
            max_length=120,
            required=False,
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
        self.fields["signed"] = forms.BooleanField(label=self.words["signed"], required=False)

    def clean(self):
        told = self.cleaned_data
        if told.get(Kind.APCM) == "yes" and not told.get("read"):
            self.add_error("read", self.words["read_missing"])
        if any(told.get(kind) in ("yes", "no") for kind in self.desk_form.shown):
            if not told.get("signature"):
                self.add_error("signature", self.words["name_missing"])
            if not told.get("signed"):
                self.add_error("signed", self.words["sign_missing"])
        return told

    @property
    def answers(self) -> dict[str, str]:
        return {kind: self.cleaned_data[kind] for kind in self.desk_form.shown}
