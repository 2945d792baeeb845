from consent.admin import apcm, desk, disclosures, invitations, ledger, letters, responses, wordings

__all__ = ["apcm", "desk", "disclosures", "invitations", "ledger", "letters", "responses", "wordings"]
