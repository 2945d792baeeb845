from django import forms
from django.core.exceptions import ValidationError

from explorer.evidence import actions
from explorer.lib import travel
from explorer.models import EvidencePacket

Choice = EvidencePacket.Choice


class WhoForm(forms.Form):
    """Of whom; `ids` after `is_valid`."""

    choice = forms.ChoiceField(label="Of whom", choices=Choice, widget=forms.RadioSelect, initial=Choice.ALL)
    chart_numbers = forms.CharField(
        label="Chart numbers", required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Only for a sample: pasted from a claims list, each on a line of its own.",
    )  # fmt: skip

    ids: list[int] = []

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("choice"):
            self.ids = actions.chosen(cleaned["choice"], cleaned.get("chart_numbers", ""))
        return cleaned


class LockForm(forms.Form):
    """How the file is locked for the road; `cleaned_data["passphrase"]` is None for a plain ZIP."""

    passphrase = forms.CharField(
        label="Passphrase", required=False, strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=f"At least {travel.SHORTEST} letters. Tell it by phone, not with the file; nobody can find it again.",
    )  # fmt: skip
    again = forms.CharField(
        label="The passphrase once more", required=False, strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    plain = forms.BooleanField(
        label="Without a passphrase: the file stays on an encrypted drive of ours", required=False
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        passphrase = cleaned.get("passphrase", "")
        if cleaned.get("plain"):
            if passphrase:
                raise ValidationError("Either type a passphrase or tick the box, not both.")
            return cleaned | {"passphrase": None}
        if len(passphrase) < travel.SHORTEST:
            raise ValidationError(f"Type a passphrase of at least {travel.SHORTEST} letters, or tick the box.")
        if passphrase != cleaned.get("again"):
            raise ValidationError("The two passphrases differ. Type them again.")
        return cleaned
