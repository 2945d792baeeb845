from patients import actions
from patients.importing import ImportCommand
from patients.models import ImportBatch


class Command(ImportCommand):
    help = "Reads the APCM workbook and shows what it would change; --apply stores it."
    review, kind = staticmethod(actions.review_apcm), ImportBatch.Kind.APCM

    def more(self, review) -> dict:
        unknown = sum(
            proposal.patient_id is None and proposal.outcome == "rejected" and bool(proposal.mrn)
            for proposal in review.proposals
        )
        return {"unknown_patients": unknown}
