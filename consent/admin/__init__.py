from consent.admin import invitations, ledger, responses

__all__ = ["invitations", "ledger", "responses"]
