from patients.models.apcm import ApcmEnrolment, Practitioner
from patients.models.care import CareFact
from patients.models.duplicates import DuplicatePair, PatientMerge
from patients.models.imports import ColumnMapping, ImportBatch, ImportRow
from patients.models.people import Patient, Phone

__all__ = [
    "ApcmEnrolment",
    "CareFact",
    "ColumnMapping",
    "DuplicatePair",
    "ImportBatch",
    "ImportRow",
    "Patient",
    "PatientMerge",
    "Phone",
    "Practitioner",
]
