"""Notes about a patient: written, put in other words, pinned, taken away. No word of theirs is ever lost."""

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from patients.models import Note, NoteVersion, Patient


@transaction.atomic
def write_note(*, patient: Patient, text: str, by, kind: str = NoteVersion.Kind.GENERAL, pinned: bool = False) -> Note:
    """Raises ValidationError for a note that says nothing, or too much."""
    version = NoteVersion(number=1, kind=kind, text=text.strip(), by=by)
    version.full_clean(exclude=("note",))
    pin = {"pinned_at": clock.now(), "pinned_by": by} if pinned else {}
    version.note = Note.objects.create(patient=patient, **pin)
    version.save()
    return version.note


@transaction.atomic
def edit_note(note: Note, *, text: str, kind: str, seen: int, by) -> NoteVersion | None:
    """A new version; None when nothing differs. `seen` is the number of the version that the person has read.

    Raises ValidationError when somebody else was faster.
    """
    note = Note.objects.select_for_update().get(pk=note.pk)
    newest = note.versions.latest("number")
    if note.removed_at:
        raise ValidationError("This note has been taken away. Write a new one.")
    if newest.number != seen:
        raise ValidationError("Somebody changed this note while you were writing. Look at it, then change it again.")
    if (newest.text, newest.kind) == (text.strip(), kind):
        return None
    version = NoteVersion(note=note, number=seen + 1, kind=kind, text=text.strip(), by=by)
    version.full_clean()
    version.save()
    return version


def pin_note(note: Note, *, by) -> None:
    if note.pinned_at is None:
        note.pinned_at, note.pinned_by = clock.now(), by
        note.save(update_fields=["pinned_at", "pinned_by"])


def unpin_note(note: Note) -> None:
    note.pinned_at = note.pinned_by = None
    note.save(update_fields=["pinned_at", "pinned_by"])


def remove_note(note: Note, *, because: str, by) -> None:
    """Not shown any more; its words are kept. Raises ValidationError without a reason."""
    if not because.strip():
        raise ValidationError({"because": "Say in a few words why the note is taken away."})
    if note.removed_at:
        return
    note.removed_at, note.removed_by, note.removed_because = clock.now(), by, because.strip()[:200]
    note.save(update_fields=["removed_at", "removed_by", "removed_because"])
