from consent.admin import invitations, ledger, responses, wordings

__all__ = ["invitations", "ledger", "responses", "wordings"]
