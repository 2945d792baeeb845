from consent.admin import invitations, ledger, letters, responses

__all__ = ["invitations", "ledger", "letters", "responses"]
