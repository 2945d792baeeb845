from allauth.account.adapter import DefaultAccountAdapter


class StaffAccounts(DefaultAccountAdapter):
    """An administrator makes the accounts; nobody signs up."""

    def is_open_for_signup(self, request) -> bool:
        return False
