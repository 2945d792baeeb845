"""The answers that staff can choose in the inbox."""

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from explorer.lib import clock
from explorer.lib.pages import PracticeAdmin
from outreach import segments, wording
from outreach.models import SavedAnswer


class SavedAnswerForm(forms.ModelForm):
    in_use = forms.BooleanField(required=False, initial=True, label="Staff can choose it")

    class Meta:
        model = SavedAnswer
        fields = ["title", "text", "place"]
        widgets = {"text": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["in_use"] = self.instance.retired_at is None

    def clean_text(self) -> str:
        """Plain letters, so that a text costs one part where it can, and nothing about anybody's health."""
        text = segments.to_gsm(self.cleaned_data["text"].replace("\r\n", "\n").strip())
        if found := wording.health_words(text):
            raise forms.ValidationError([finding.sentence for finding in found])
        if wording.fields_in(text):
            raise forms.ValidationError("Take out the braces: a saved answer goes out as it stands.")
        return text

    def clean(self):
        cleaned = super().clean()
        kept = self.instance.retired_at or clock.now()
        self.instance.retired_at = None if cleaned.get("in_use") else kept
        return cleaned


@admin.register(SavedAnswer)
class SavedAnswerAdmin(PracticeAdmin):
    list_display = ["title", "text", "place", "standing"]
    form = SavedAnswerForm
    fields = ["title", "text", "place", "in_use"]

    def has_add_permission(self, request, *args) -> bool:
        return request.user.has_perm("outreach.add_savedanswer")

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("outreach.change_savedanswer")

    def get_fields(self, request, obj=None):
        may_write = self.has_change_permission(request, obj) or self.has_add_permission(request)
        return self.fields if may_write else ["title", "text", "place", "standing"]

    def get_readonly_fields(self, request, obj=None):
        return [] if self.has_change_permission(request, obj) else ["standing"]

    @display(description="State", label={"In use": "success"})
    def standing(self, answer):
        return "In use" if answer.retired_at is None else "Not in use"
