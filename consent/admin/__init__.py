from consent.admin import desk, invitations, ledger, responses, wordings

__all__ = ["desk", "invitations", "ledger", "responses", "wordings"]
