"""Storing a review for a person to look at, and the person's choices in it. No patient changes here."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_noop

from explorer.lib import clock, jobs
from explorer.lib.audit import record
from explorer.lib.bulk import insert
from explorer.lib.keys import encrypt
from patients.actions.closing import close, refuse_closed
from patients.actions.reviewing import Review, review_again
from patients.models import ApcmEnrolment, ColumnMapping, ImportBatch, ImportRow
from patients.proposing import Proposal

Outcome = ImportRow.Outcome
STORING = gettext_noop("Writing down what it would change")


@transaction.atomic
def stage(review: Review, *, content: bytes, by, step=jobs.unseen) -> ImportBatch:
    """Store a review so that a person can look at it. Nothing about a patient changes."""
    batch = ImportBatch.objects.create(
        kind=review.kind,
        filename=review.filename[:200],
        sha256=review.sha256,
        sheet=review.sheet[:200],
        headings=review.headings,
        columns=review.columns,
        notes=review.notes,
        raw=encrypt(content, "imports"),
        uploaded_by=by,
    )
    _store_rows(batch, step.through(review.proposals, STORING))
    _remember_columns(review, by)
    return batch


def remap(batch: ImportBatch, *, columns: dict[str, str], by) -> None:
    """Read the stored file again with the columns a person chose, and put its proposals in place of the batch's.

    `columns` is {field: heading}; an empty heading leaves the field out. It is remembered for the next list
    with the same headings. Raises UnreadableTable when the list cannot be used so, ValidationError when the
    import is closed or begun.
    """
    review = review_again(batch, columns)
    with transaction.atomic():
        refuse_closed(batch)
        if batch.rows.filter(applied=True).exists():
            raise ValidationError("This import is applied in part: finish or discard it, and import the list again.")
        batch.rows.all().delete()
        _store_rows(batch, review.proposals)
        before, batch.columns = batch.columns, review.columns
        batch.headings, batch.notes = review.headings, review.notes
        batch.save(update_fields=["headings", "columns", "notes"])
        _remember_columns(review, by)
        record([(batch, "update", {"columns": [before, batch.columns]})], by=by)


def applied_before(*, kind: str, sha256: str, than: ImportBatch | None = None) -> ImportBatch | None:
    """The last import of the very same file that was applied and not undone, other than this one."""
    same = ImportBatch.objects.filter(kind=kind, sha256=sha256, state=ImportBatch.State.APPLIED).defer("raw")
    return same.exclude(pk=than.pk if than else None).order_by("-closed_at").first()


def discard(batch: ImportBatch, *, by) -> None:
    close(batch, ImportBatch.State.DISCARDED, by)


def can_take(row: ImportRow) -> bool:
    """Whether the list's side can be taken; not where the list contradicts itself about a known patient."""
    if row.outcome == Outcome.CONFLICT:
        return bool(row.changes) or row.patient_version is None or "levels" in row.values
    return row.outcome == Outcome.VANISHED


def levels_to_choose(row: ImportRow) -> dict[int, str]:
    """{level: ICD-10 codes} where a row of the APCM workbook fills more than one level column."""
    if row.outcome != Outcome.CONFLICT:
        return {}
    return {int(level): codes for level, codes in row.values.get("levels", {}).items()}


@transaction.atomic
def choose(batch: ImportBatch, picks: Mapping[int, bool | int], *, by) -> None:
    """A person's side in conflicts and for vanished patients: {row id: take the list's side}.

    Where the workbook fills several level columns the list's side is one of the levels: {row id: 2}.
    Raises ValidationError when the import is closed, or two rows for one chart number are taken.
    """
    refuse_closed(batch)
    before = {row.pk: row.take for row in batch.rows.filter(pk__in=picks)}
    rows = [row for row in batch.rows.filter(pk__in=picks) if can_take(row) and _choose(row, picks[row.pk])]
    ImportRow.objects.bulk_update(rows, ["take", "values", "changes"], batch_size=100)
    _refuse_taking_two(batch)
    record([(row, "update", {"take": [before[row.pk], _taken(row)]}) for row in rows], by=by)


def _choose(row: ImportRow, pick: bool | int) -> bool:
    """Whether this changes the row."""
    levels = levels_to_choose(row)
    if not levels or pick is False:
        changed, row.take = row.take != bool(pick), bool(pick)
        return changed
    if pick is True or pick not in levels:
        return False  # which level was not said
    ours = ApcmEnrolment.objects.filter(patient=row.patient_id).values("level", "icd10").first()
    row.values |= {"level": pick, "icd10": levels[pick]}
    if ours:
        row.changes |= {name: [ours[name] or "", row.values[name]] for name in ours if ours[name] != row.values[name]}
    row.take = True
    return True


def _taken(row: ImportRow) -> bool | int:
    return row.values["level"] if row.take and levels_to_choose(row) else row.take


@transaction.atomic
def choose_all_vanished(batch: ImportBatch, *, set_aside: bool, by, number: str | None = None) -> None:
    """Whether everybody whom the list no longer names is set aside.

    `number` is what a person typed: how many they are. Raises ValidationError when it is not so, or when closed.
    """
    refuse_closed(batch)
    vanished = batch.rows.filter(outcome=Outcome.VANISHED)
    if number is not None and number != str(vanished.count()):
        raise ValidationError("Nobody was set aside: type how many patients it concerns, as it stands beside the box.")
    changed = vanished.update(take=set_aside)
    record([(batch, "update", {"vanished set aside": [None, changed if set_aside else 0]})], by=by)


def outcome_counts(batch: ImportBatch) -> dict[str, int]:
    found = dict(batch.rows.order_by().values_list("outcome").annotate(Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in Outcome.values}


def _store_rows(batch: ImportBatch, proposals: Iterable[Proposal]) -> None:
    insert(
        ImportRow,
        ("batch_id", "row", "outcome", "mrn", "patient_id", "patient_version", "values", "changes", "problems"),
        (
            (
                batch.pk,
                each.row,
                each.outcome,
                each.mrn[:80],
                each.patient_id,
                each.version,
                each.values,
                each.changes,
                each.problems,
            )
            for each in proposals
        ),
    )


def _remember_columns(review: Review, by) -> None:
    if not review.chosen:
        return
    for signature in review.signatures:
        mapping, _ = ColumnMapping.objects.select_for_update().get_or_create(kind=review.kind, signature=signature)
        mapping.columns = mapping.columns | review.chosen
        mapping.confirmed_at, mapping.confirmed_by = clock.now(), by
        mapping.save()


def _refuse_taking_two(batch: ImportBatch) -> None:
    taken = batch.rows.filter(take=True, outcome=Outcome.CONFLICT).order_by("row").values_list("mrn", "row")
    rows: dict[str, list[int]] = {}
    for mrn, row in taken:
        rows.setdefault(mrn, []).append(row)
    for same in rows.values():
        if len(same) > 1:
            numbers = " and ".join(map(str, same))
            raise ValidationError(f"Rows {numbers} have the same chart number: take only one of them.")
