from consent.admin import apcm, disclosures, invitations, ledger, responses

__all__ = ["apcm", "disclosures", "invitations", "ledger", "responses"]
