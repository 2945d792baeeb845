from allauth.account.decorators import secure_admin_login
from allauth.account.views import logout
from django.conf import settings
from django.shortcuts import redirect
from django.utils.timezone import localtime
from unfold.sites import UnfoldAdminSite

from explorer.dashboard import HomePages
from explorer.demo_page import DemoPages
from explorer.handbook import HelpPages
from explorer.job_page import JobPages
from explorer.lib import clock
from explorer.my_settings import MyPages
from explorer.reports.pages import ReportPages


class PracticeSite(UnfoldAdminSite):
    """The admin as the product: sign-in by allauth, the mode on every page."""

    site_title = "Patient Explorer"
    index_title = "Home"
    final_catch_all_view = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login = secure_admin_login(self.login)
        self.own_pages = [
            HomePages(self),
            DemoPages(self),
            JobPages(self),
            ReportPages(self),
            MyPages(self),
            HelpPages(self),
        ]

    def extra_urls(self) -> list:
        return [url for pages in self.own_pages for url in pages.urls()]

    def get_app_list(self, request, app_label=None) -> list:
        """Of one app only: the sidebar is our own, and Django's list of everything is shown nowhere."""
        return super().get_app_list(request, app_label) if app_label else []

    def logout(self, request, extra_context=None):
        return logout(request)

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def password_change_done(self, request, extra_context=None):
        return redirect("admin:index")

    def each_context(self, request) -> dict:
        return super().each_context(request) | {
            "mode": settings.MODE,
            "demo_day": localtime(clock.now()) if settings.MODE == "demo" else None,
        }
