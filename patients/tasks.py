from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from explorer.lib import jobs
from explorer.lib.tables import UPLOAD, UnreadableTable
from explorer.lib.waiting_files import drop, kept
from patients import actions
from patients.models import ImportBatch

IMPORT = "patients.import_patient"
TAKEN_BACK = gettext_noop("Stopped, and what was applied is taken back. Import the list again when you are ready.")


@jobs.work(right=IMPORT, unit="rows")
def read_list(step: jobs.Step, upload: str, kind: str) -> str:
    """Reads a file that a person uploaded and stores what it would change, for the review. No patient changes."""
    found = kept(upload, by=step.by)
    if found is None:
        raise jobs.CannotDo(_("The file is no longer at hand; it is kept for half an hour. Upload it again."))
    content, filename, beside = found
    try:
        review = actions.REVIEWS[kind](
            content, filename, limits=UPLOAD, sheet=beside["sheet"], columns=beside["columns"], step=step
        )
    except UnreadableTable as problem:
        step.url = f"{reverse('admin:patients_importbatch_import')}?upload={upload}"
        raise jobs.CannotDo(str(problem)) from None
    batch = actions.stage(review, content=content, by=step.by, step=step)
    drop(upload)
    step.url = reverse("admin:patients_importbatch_review", args=[batch.pk])
    return _("The list is read. Look at what it would change; no patient is changed yet.")


@jobs.work(right=IMPORT, unit="rows")
def apply_import(step: jobs.Step, batch: int) -> str:
    """Stopped in the middle it is taken back, so that no import is half done."""
    found = ImportBatch.objects.defer("raw").get(pk=batch)
    if found.state == ImportBatch.State.PROPOSED:
        try:
            actions.apply(found, by=step.by, step=step)
        except ImportBatch.DoesNotExist:
            raise jobs.CannotDo(_("This import was discarded meanwhile.")) from None
        except jobs.Stopped:
            _take_back(step, found)
    elif found.state != ImportBatch.State.APPLIED:  # a worker died while it took back what was stopped
        _take_back(step, found)
    rows = found.rows.filter(applied=True).count()
    words = ngettext("Done: %(rows)s row was applied.", "Done: %(rows)s rows were applied.", rows)
    return words % {"rows": f"{rows:,}"}


def _take_back(step: jobs.Step, batch: ImportBatch) -> None:
    """Raises Stopped, always."""
    step.finish_in_peace()
    if batch.state == ImportBatch.State.UNDONE:
        raise jobs.Stopped(TAKEN_BACK)
    if not batch.rows.filter(applied=True).exists():
        raise jobs.Stopped(_("Stopped. No patient was changed; the import still waits to be applied."))
    actions.discard(batch, by=step.by)
    try:
        actions.undo(batch, by=step.by, step=step)
    except ValidationError as problem:
        raise jobs.Stopped(
            _("Stopped in the middle, and what was applied could not be taken back: %(why)s")
            % {"why": " ".join(problem.messages)}
        ) from None
    raise jobs.Stopped(TAKEN_BACK)


@jobs.work(right=IMPORT, unit="rows")
def undo_import(step: jobs.Step, batch: int) -> str:
    """All of it or nothing: what stands against it is said, and nothing was undone then."""
    found = ImportBatch.objects.defer("raw").get(pk=batch)
    if found.state == ImportBatch.State.UNDONE:
        return _("This import is undone.")
    undone = actions.undo(found, by=step.by, step=step)
    return ngettext("Undone: %(rows)s row was taken back.", "Undone: %(rows)s rows were taken back.", undone) % {
        "rows": f"{undone:,}"
    }


def forget_raw_files() -> None:
    actions.forget_raw_files()
