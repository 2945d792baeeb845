from consent.admin import apcm, disclosures, invitations, ledger, responses, wordings

__all__ = ["apcm", "disclosures", "invitations", "ledger", "responses", "wordings"]
