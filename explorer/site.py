from allauth.account.decorators import secure_admin_login
from unfold.sites import UnfoldAdminSite


class PracticeSite(UnfoldAdminSite):
    site_title = "Patient Explorer"
    enable_nav_sidebar = True
    final_catch_all_view = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login = secure_admin_login(self.login)
