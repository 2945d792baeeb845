"""allauth's pages in the admin's look. Only these: nobody signs up, and nothing is sent by e-mail."""

from allauth.account import views
from django.contrib import admin
from django.urls import path


class InOurFrame:
    """Colours, names and the mode come from the admin's site."""

    def render_to_response(self, context, **kwargs):
        return super().render_to_response({**admin.site.each_context(self.request), **context}, **kwargs)


class SignIn(InOurFrame, views.LoginView):
    pass


class SignOut(InOurFrame, views.LogoutView):
    pass


class SignUp(InOurFrame, views.SignupView):
    def closed(self):
        self.template_name = self.template_name_signup_closed
        return self.render_to_response({})


class Inactive(InOurFrame, views.AccountInactiveView):
    pass


class Reauthenticate(InOurFrame, views.ReauthenticateView):
    pass


class ChangePassword(InOurFrame, views.PasswordChangeView):
    success_url = "/admin/"


urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", SignOut.as_view(), name="account_logout"),
    path("signup/", SignUp.as_view(), name="account_signup"),
    path("inactive/", Inactive.as_view(), name="account_inactive"),
    path("reauthenticate/", Reauthenticate.as_view(), name="account_reauthenticate"),
    path("password/change/", ChangePassword.as_view(), name="account_change_password"),
]
