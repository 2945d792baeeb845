from allauth.account.adapter import DefaultAccountAdapter
from django.utils.translation import gettext_lazy as _


class StaffAccounts(DefaultAccountAdapter):
    """An administrator makes the accounts; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This name and password do not fit together. Try again."),
        "too_many_login_attempts": _("Too many tries. Wait five minutes, then try again."),
        "incorrect_password": _("This is not your password. Try again."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False
