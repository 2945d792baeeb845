from patients import actions
from patients.importing import ImportCommand
from patients.models import ImportBatch


class Command(ImportCommand):
    help = "Reads a patient list (.xlsx, .xls, .csv) and shows what it would change; --apply stores it."
    review, kind = staticmethod(actions.review_patients), ImportBatch.Kind.PATIENTS
