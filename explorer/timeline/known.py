"""How the data came and changed, what staff wrote down, and who looked."""

from collections.abc import Iterator

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

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
            title, changes = _("Set aside: the list no longer named the patient"), []
        else:
            new = row.outcome == ImportRow.Outcome.NEW
            words = _("Came with the %(list)s, row %(row)s") if new else _("Changed by the %(list)s, row %(row)s")
            title = words % {"list": _(row.batch.get_kind_display()), "row": row.row}
            changes = [
                f"{label(name)}: {value(name, old) or _('empty')} → {value(name, new)}"
                for name, (old, new) in row.changes.items()
            ]
        at = row.batch.closed_at or row.batch.uploaded_at
        yield Entry(at, _("Import"), title + by(row.batch.closed_by), details=changes, row=row.batch)
        if row.batch.undone_at:
            undone = {"list": _(row.batch.get_kind_display()), "by": by(row.batch.undone_by)}
            title = _("The %(list)s was undone%(by)s") % undone
            yield Entry(row.batch.undone_at, _("Import"), title, details=[_("What it changed here is as before.")])


def matches(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    titles = {
        Match.Verdict.AUTOMATIC: _("Found by the program"),
        Match.Verdict.REVIEW: _("May be this patient; waits for review"),
        Match.Verdict.ACCEPTED: _("Accepted"),
        Match.Verdict.REJECTED: _("Rejected: it is somebody else"),
    }
    for match in patient.matches.select_related("contact", "decided_by")[:limit]:
        yield Entry(
            at=match.decided_at or match.found_at,
            sort=_("Spruce contact"),
            title=titles[match.verdict] + by(match.decided_by),
            badge=_(match.get_verdict_display()),
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
                sort=_("Correction"),
                title=f"{_('Changed')}{by(entry.actor)}",
                details=[
                    f"{_name(name)}: {_was(name, old)} → {_was(name, new)}" for name, (old, new) in changes.items()
                ],
            )
    for phone in patient.phones.all():
        if phone.source == phone.Source.STAFF:
            given = [_("Given by %(who)s.") % {"who": phone.given_by}] if phone.given_by else []
            yield Entry(
                phone.added_at,
                _("Correction"),
                _("Number %(number)s added") % {"number": display(phone.e164)},
                details=given,
            )
        if phone.retired_at:
            title = _("Number %(number)s is no longer theirs") % {"number": display(phone.e164)}
            yield Entry(phone.retired_at, _("Correction"), title)


def _name(name: str) -> str:
    return Patient._meta.get_field(name).verbose_name.capitalize() if name in ("held", "deceased") else label(name)


def _was(name: str, stored) -> str:
    return value(name, stored) if stored not in (None, "", "None") else _("empty")


def _audit(patient: Patient, action: int):
    kind = ContentType.objects.get_for_model(Patient)
    entries = LogEntry.objects.filter(content_type=kind, object_id=patient.pk, action=action)
    return entries.select_related("actor").order_by("-timestamp", "-pk")


def merges(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = PatientMerge.objects.filter(kept=patient).select_related("absorbed", "by", "undone_by")
    for merge in rows.defer("before", "moved", "stayed", "ledgers")[:limit]:
        title = _("Chart %(mrn)s was merged into this one%(by)s") % {"mrn": merge.absorbed.mrn, "by": by(merge.by)}
        yield Entry(merge.at, _("Merge"), title)
        if merge.undone_at:
            undone = {"mrn": merge.absorbed.mrn, "by": by(merge.undone_by)}
            title = _("The merge with chart %(mrn)s was undone%(by)s") % undone
            yield Entry(merge.undone_at, _("Merge"), title)


def notes(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    versions = NoteVersion.objects.filter(note__patient=patient).select_related("note", "by").order_by("-at", "-pk")
    for version in versions[:limit]:
        again = _("changed (version %(number)s)") % {"number": version.number}
        what = _("written") if version.number == 1 else again
        yield Entry(
            at=version.at,
            sort=_("Note"),
            title=f"{_(version.get_kind_display())}: {what}{by(version.by)}",
            badge=_("Taken away") if version.note.removed_at else "",
            words=version.text,
            row=version.note,
        )
    removed = Note.objects.filter(patient=patient, removed_at__isnull=False).select_related("removed_by")
    for note in removed.order_by("-removed_at")[:limit]:
        title = f"{_('A note was taken away')}{by(note.removed_by)}"
        yield Entry(note.removed_at, _("Note"), title, details=[note.removed_because], row=note)


def tasks(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    rows = patient.staff_tasks.select_related("made_by", "done_by", "for_user").order_by("-made_at", "-pk")
    for task in rows[:limit]:
        due = [_("Due %(day)s.") % {"day": f"{task.due_on:%m/%d/%Y}"}] if task.due_on else []
        to_whom = [_("For %(who)s.") % {"who": task.for_user}] if task.for_user else []
        yield Entry(
            at=task.made_at,
            sort=_("Task"),
            title=f"{task.title}{by(task.made_by)}",
            badge=_("Done") if task.done_at else _("Open"),
            tone="good" if task.done_at else "info",
            details=[*due, *to_whom, *filter(None, [task.details])],
            row=task,
        )
        if task.done_at:
            yield Entry(
                task.done_at,
                _("Task"),
                f"{_('Done')}{by(task.done_by)}: {task.title}",
                details=[*filter(None, [task.outcome])],
            )


def views(patient: Patient, numbers: list[str], limit: int | None) -> Iterator[Entry]:
    """Who opened the patient's page, and when."""
    for entry in _audit(patient, Action.ACCESS)[:limit]:
        taken = [str(new) for old, new in (entry.changes or {}).values()]  # an export says what
        sort = _("Exported") if taken else _("Looked")
        yield Entry(entry.timestamp, sort, str(entry.actor or _("The program")), details=taken)
