from patients.models.apcm import ApcmEnrolment, Practitioner
from patients.models.care import CareFact
from patients.models.duplicates import DuplicatePair, PatientMerge
from patients.models.imports import ColumnMapping, ImportBatch, ImportRow
from patients.models.notes import Note, NoteVersion
from patients.models.people import Patient, Phone
from patients.models.staff_tasks import StaffTask

__all__ = [
    "ApcmEnrolment",
    "CareFact",
    "ColumnMapping",
    "DuplicatePair",
    "ImportBatch",
    "ImportRow",
    "Note",
    "NoteVersion",
    "Patient",
    "PatientMerge",
    "Phone",
    "Practitioner",
    "StaffTask",
]
