"""Acts on lists and patients: read and propose, stage for review, apply, undo; correct by hand; forget files."""

from patients.actions.applying import apply, planned_counts
from patients.actions.care import record_fact, withdraw_fact
from patients.actions.care_sheet import apply_facts, review_facts
from patients.actions.correcting import correct, correct_phones, let_list_decide
from patients.actions.exporting import record_export
from patients.actions.forgetting import forget_raw_files
from patients.actions.many import add_tasks, contact_again, hold, write_notes
from patients.actions.notes import edit_note, pin_note, remove_note, unpin_note, write_note
from patients.actions.reviewing import REVIEWS, ColumnsNeeded, Review, review_apcm, review_patients
from patients.actions.staff_tasks import add_task, change_task, finish_task, reopen_task
from patients.actions.staging import (
    applied_before,
    can_take,
    choose,
    choose_all_vanished,
    discard,
    levels_to_choose,
    outcome_counts,
    remap,
    stage,
)
from patients.actions.stored import APCM_FIELDS, LABELS, PATIENT_FIELDS
from patients.actions.undoing import can_be_undone, obstacles, undo, what_undoing_does

__all__ = [
    "APCM_FIELDS",
    "LABELS",
    "PATIENT_FIELDS",
    "REVIEWS",
    "ColumnsNeeded",
    "Review",
    "add_task",
    "add_tasks",
    "applied_before",
    "apply",
    "apply_facts",
    "can_be_undone",
    "can_take",
    "change_task",
    "choose",
    "choose_all_vanished",
    "contact_again",
    "correct",
    "correct_phones",
    "discard",
    "edit_note",
    "finish_task",
    "forget_raw_files",
    "hold",
    "let_list_decide",
    "levels_to_choose",
    "obstacles",
    "outcome_counts",
    "pin_note",
    "planned_counts",
    "record_export",
    "record_fact",
    "remap",
    "remove_note",
    "reopen_task",
    "review_apcm",
    "review_facts",
    "review_patients",
    "stage",
    "undo",
    "unpin_note",
    "what_undoing_does",
    "withdraw_fact",
    "write_note",
    "write_notes",
]
