from patients import actions
from patients.importing import ImportCommand


class Command(ImportCommand):
    help = "Reads a patient list (.xlsx, .xls, .csv) and shows what it would change; --apply stores it."
    review = staticmethod(actions.review_patients)
