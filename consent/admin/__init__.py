from consent.admin import apcm, disclosures, invitations, ledger, letters, responses, wordings

__all__ = ["apcm", "disclosures", "invitations", "ledger", "letters", "responses", "wordings"]
