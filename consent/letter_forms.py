"""What staff fill in to make letters, to post them and to write down that one came back."""

from django import forms

from consent.models import Letter, LetterBatch, Wording

US_DATE = "%m/%d/%Y"


class LettersForm(forms.Form):
    wording = forms.ModelChoiceField(
        label="Which letter?",
        queryset=Wording.objects.none(),
        empty_label=None,
        error_messages={"required": "Choose a letter.", "invalid_choice": "This wording is not in force any more."},
    )
    enclosed = forms.ModelChoiceField(
        label="Enclosed form",
        queryset=Wording.objects.none(),
        required=False,
        empty_label="None",
        help_text="An authorization to sign and mail back. The transition notice needs one.",
    )
    envelope = forms.ChoiceField(
        label="Which envelope?",
        choices=LetterBatch.Envelope,
        help_text="Fold at the two marks, the address outside. Try one before you print them all.",
    )
    again = forms.BooleanField(
        label="Also write again to those who have such a letter already",
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["wording"].queryset = letter_wordings()
        self.fields["enclosed"].queryset = Wording.objects.in_force().filter(kind=Wording.Kind.RECORDS)

    @property
    def looked_at(self) -> str:
        """What the preview was made of; a valid form only."""
        told = self.cleaned_data
        form = told["enclosed"].pk if told["enclosed"] else ""
        return f"{told['wording'].pk} {form} {told['envelope']} {told['again']}"

    @property
    def told(self) -> dict:
        """The arguments of `letters.make_batch`, but for whom and by whom."""
        return {"kind": self.cleaned_data["wording"].kind, **self.cleaned_data}


def letter_wordings():
    return Wording.objects.in_force().filter(kind__in=LetterBatch.Kind.values)


def usual_letter(kind: str) -> dict:
    """What the form starts with; empty where there is no wording for letters yet."""
    wording = Wording.objects.newest(kind) or letter_wordings().first()
    if wording is None:
        return {}
    form = Wording.objects.newest(Wording.Kind.RECORDS, wording.language)
    encloses = form and kind == LetterBatch.Kind.TRANSITION
    return {
        "wording": wording.pk,
        "enclosed": form.pk if encloses else "",
        "envelope": LetterBatch.Envelope.SINGLE,
    }


class PostedForm(forms.Form):
    posted_on = forms.DateField(
        label="Postmark",
        help_text="The day on which the post office took the letters.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Write down the day of the postmark.", "invalid": "Write the day as 12/07/2026."},
        input_formats=["%Y-%m-%d", US_DATE],
    )
    certified = forms.CharField(
        label="Certified mail number", required=False, max_length=40, help_text="Only when they went by certified mail."
    )


class ReturnedForm(forms.Form):
    reason = forms.ChoiceField(
        label="What does the post office say?",
        choices=Letter.Reason,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what stands on the envelope."},
    )
