"""How the data came and changed, what staff wrote down, and who looked."""

from collections.abc import Iterator

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from explorer.timeline.entry import Entry, by
from outreach.models import Match
from patients.admin.showing import label, value
from patients.models import ImportRow, Note, NoteVersion, Patient, PatientMerge
from patients.phones import display

Action = LogEntry.Action
OF_THE_PROGRAM = ("version", "search_name", "changed_at", "corrected", "merged_into", "merged_at")


def imports(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = patient.import_rows.filter(applied=True).select_related("batch", "batch__closed_by", "batch__undone_by")
    rows = rows.defer("batch__raw", "batch__columns", "batch__notes").order_by("-batch__closed_at", "-pk")
    for row in rows[:limit]:
        if row.outcome == ImportRow.Outcome.VANISHED:
            title, changes = "Set aside: the list no longer named the patient", []
        else:
            title = "Came with" if row.outcome == ImportRow.Outcome.NEW else "Changed by"
            title = f"{title} the {row.batch.get_kind_display()}, row {row.row}"
            changes = [
                f"{label(name)}: {value(name, old) or 'empty'} → {value(name, new)}"
                for name, (old, new) in row.changes.items()
            ]
        at = row.batch.closed_at or row.batch.uploaded_at
        yield Entry(at, "Import", title + by(row.batch.closed_by), details=changes, row=row.batch)
        if row.batch.undone_at:
            title = f"The {row.batch.get_kind_display()} was undone{by(row.batch.undone_by)}"
            yield Entry(row.batch.undone_at, "Import", title, details=["What it changed here is as before."])


def matches(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    titles = {
        Match.Verdict.AUTOMATIC: "Found by the program",
        Match.Verdict.REVIEW: "May be this patient; waits for review",
        Match.Verdict.ACCEPTED: "Accepted",
        Match.Verdict.REJECTED: "Rejected: it is somebody else",
    }
    for match in patient.matches.select_related("contact", "decided_by")[:limit]:
        yield Entry(
            at=match.decided_at or match.found_at,
            sort="Spruce contact",
            title=titles[match.verdict] + by(match.decided_by),
            badge=match.get_verdict_display(),
            tone={Match.Verdict.REVIEW: "warn", Match.Verdict.REJECTED: ""}.get(match.verdict, "good"),
            details=[match.contact.display_name or str(match.contact)],
            row=match,
        )


def corrections(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    """What people changed by hand, as the audit log has it; what lists changed stands under their import."""
    imported = [row.changes for row in patient.import_rows.filter(applied=True, outcome="changed").only("changes")]
    for entry in _audit(patient, Action.UPDATE).exclude(actor=None)[:limit]:
        changes = {name: pair for name, pair in (entry.changes or {}).items() if name not in OF_THE_PROGRAM}
        if changes and entry.changes not in imported:
            yield Entry(
                at=entry.timestamp,
                sort="Correction",
                title=f"Changed{by(entry.actor)}",
                details=[
                    f"{_name(name)}: {_was(name, old)} → {_was(name, new)}" for name, (old, new) in changes.items()
                ],
            )
    for phone in patient.phones.all():
        if phone.source == phone.Source.STAFF:
            given = [f"Given by {phone.given_by}."] if phone.given_by else []
            yield Entry(phone.added_at, "Correction", f"Number {display(phone.e164)} added", details=given)
        if phone.retired_at:
            yield Entry(phone.retired_at, "Correction", f"Number {display(phone.e164)} is no longer theirs")


def _name(name: str) -> str:
    return Patient._meta.get_field(name).verbose_name.capitalize() if name in ("held", "deceased") else label(name)


def _was(name: str, stored) -> str:
    return value(name, stored) if stored not in (None, "", "None") else "empty"


def _audit(patient: Patient, action: int):
    kind = ContentType.objects.get_for_model(Patient)
    entries = LogEntry.objects.filter(content_type=kind, object_id=patient.pk, action=action)
    return entries.select_related("actor").order_by("-timestamp", "-pk")


def merges(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = PatientMerge.objects.filter(kept=patient).select_related("absorbed", "by", "undone_by")
    for merge in rows.defer("before", "moved", "stayed", "ledgers")[:limit]:
        yield Entry(merge.at, "Merge", f"Chart {merge.absorbed.mrn} was merged into this one{by(merge.by)}")
        if merge.undone_at:
            title = f"The merge with chart {merge.absorbed.mrn} was undone{by(merge.undone_by)}"
            yield Entry(merge.undone_at, "Merge", title)


def notes(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    versions = NoteVersion.objects.filter(note__patient=patient).select_related("note", "by").order_by("-at", "-pk")
    for version in versions[:limit]:
        what = "written" if version.number == 1 else f"changed (version {version.number})"
        yield Entry(
            at=version.at,
            sort="Note",
            title=f"{version.get_kind_display()}: {what}{by(version.by)}",
            badge="Taken away" if version.note.removed_at else "",
            words=version.text,
            row=version.note,
        )
    removed = Note.objects.filter(patient=patient, removed_at__isnull=False).select_related("removed_by")
    for note in removed.order_by("-removed_at")[:limit]:
        title = f"A note was taken away{by(note.removed_by)}"
        yield Entry(note.removed_at, "Note", title, details=[note.removed_because], row=note)


def tasks(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = patient.staff_tasks.select_related("made_by", "done_by", "for_user").order_by("-made_at", "-pk")
    for task in rows[:limit]:
        due = [f"Due {task.due_on:%m/%d/%Y}."] if task.due_on else []
        to_whom = [f"For {task.for_user}."] if task.for_user else []
        yield Entry(
            at=task.made_at,
            sort="Task",
            title=f"{task.title}{by(task.made_by)}",
            badge="Done" if task.done_at else "Open",
            tone="good" if task.done_at else "info",
            details=[*due, *to_whom, *filter(None, [task.details])],
            row=task,
        )
        if task.done_at:
            yield Entry(
                task.done_at, "Task", f"Done{by(task.done_by)}: {task.title}", details=[*filter(None, [task.outcome])]
            )


def views(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    """Who opened the patient's page, and when."""
    for entry in _audit(patient, Action.ACCESS)[:limit]:
        taken = [str(new) for _old, new in (entry.changes or {}).values()]  # an export says what
        sort = "Exported" if taken else "Looked"
        yield Entry(entry.timestamp, sort, str(entry.actor or "The program"), details=taken)
