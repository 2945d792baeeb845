from patients import actions
from patients.importing import ImportCommand


class Command(ImportCommand):
    help = "Reads the APCM workbook and shows what it would change; --apply stores it."
    review = staticmethod(actions.review_apcm)

    def more(self, review) -> dict:
        unknown = sum(
            proposal.patient_id is None and proposal.outcome == "rejected" and bool(proposal.mrn)
            for proposal in review.proposals
        )
        return {"unknown_patients": unknown}
