from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.utils.timezone import localtime
from unfold.sites import UnfoldAdminSite

from explorer.lib import clock


class PracticeSite(UnfoldAdminSite):
    """The admin as the product: sign-in by allauth, the mode on every page."""

    site_title = "Patient Explorer"
    final_catch_all_view = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login = secure_admin_login(self.login)

    def each_context(self, request) -> dict:
        return super().each_context(request) | {
            "mode": settings.MODE,
            "demo_day": localtime(clock.now()) if settings.MODE == "demo" else None,
        }
