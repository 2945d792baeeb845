"""Notes about a patient: written, changed with the former words kept, pinned, taken away with a reason."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lib.pages import PracticeAdmin, page
from patients import actions
from patients.models import Note, NoteVersion, Patient

LOOK, WRITE = "patients.view_note", "patients.write_note"


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("New note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write what your colleagues need to know.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("About"), choices=NoteVersion.Kind.choices, required=False)
    pinned = forms.BooleanField(label=gettext_lazy("Pin to the top"), required=False)

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or NoteVersion.Kind.GENERAL


class EditForm(NoteForm):
    """`seen` is the version that the person has read: a later one means that somebody else was faster."""

    pinned = None
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["text"].label = gettext_lazy("The note")


def notes_of(patient: Patient) -> list[Note]:
    """Those that stand, the pinned ones first, each with its newest words."""
    notes = list(
        patient.notes.standing().with_words().order_by(F("pinned_at").desc(nulls_last=True), "-said_at", "-pk")
    )
    for note in notes:
        note.about = NoteVersion.Kind(note.kind).label
    return notes


def _back(note_or_patient: int):
    return redirect(reverse("admin:patients_patient_change", args=[note_or_patient]) + "#notes")


@admin.register(Note)
class NoteAdmin(PracticeAdmin):
    list_display = ["patient", "about", "words", "written_at", "pinned_at"]

    def get_queryset(self, request):
        return (
            super().get_queryset(request).standing().with_words().select_related("patient").order_by("-said_at", "-pk")
        )

    @admin.display(description="About")
    def about(self, note) -> str:
        return NoteVersion.Kind(note.kind).label

    @admin.display(description="Note")
    def words(self, note) -> str:
        return note.text[:120]

    @admin.display(description="Written")
    def written_at(self, note):
        return note.said_at

    @page("write/<int:patient_id>/", look="", act=WRITE)
    def write(self, request, patient_id: int):
        patient = get_object_or_404(Patient, pk=patient_id)
        form = NoteForm(request.POST)
        if form.is_valid():
            actions.write_note(patient=patient, by=request.user, **form.cleaned_data)
            messages.success(request, _("The note is written."))
        else:
            messages.error(request, " ".join(words for each in form.errors.values() for words in each))
        return _back(patient.pk)

    @page("<int:note_id>/change/", look=LOOK, act=WRITE)
    def edit(self, request, note_id: int):
        """The note with all its versions, and the form for new words."""
        note = get_object_or_404(Note.objects.with_words().select_related("patient", "removed_by"), pk=note_id)
        form = EditForm(request.POST or None, initial={"text": note.text, "kind": note.kind, "seen": note.number})
        if request.method == "POST" and form.is_valid() and self._edited(request, note, form):
            return _back(note.patient_id)
        return self.show(
            request, "patients/note.html", _("Note about %(patient)s") % {"patient": note.patient.full_name},
            note=note, form=form, versions=note.versions.select_related("by").order_by("-number"),
            may_write=request.user.has_perm(WRITE) and note.removed_at is None,
        )  # fmt: skip

    def _edited(self, request, note: Note, form: EditForm) -> bool:
        try:
            changed = actions.edit_note(note, by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
            return False
        messages.success(request, _("The note is changed.") if changed else _("Nothing was changed."))
        return True

    @page("<int:note_id>/pin/", look="", act=WRITE)
    def pin(self, request, note_id: int):
        note = get_object_or_404(Note.objects.standing(), pk=note_id)
        if request.POST.get("pin") == "no":
            actions.unpin_note(note)
        else:
            actions.pin_note(note, by=request.user)
        return _back(note.patient_id)

    @page("<int:note_id>/remove/", look="", act=WRITE)
    def remove(self, request, note_id: int):
        note = get_object_or_404(Note, pk=note_id)
        try:
            actions.remove_note(note, because=request.POST.get("because", ""), by=request.user)
        except ValidationError as problem:
            messages.error(request, problem.messages[0])
            return redirect("admin:patients_note_change", note.pk)
        messages.success(request, _("The note is taken away. Its words stay on record."))
        return _back(note.patient_id)
