"""The people who sign in. An administrator adds them and closes their accounts; nobody is ever deleted."""

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_noop as noop
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from explorer.lib.audit import record
from explorer.lib.pages import PracticeAdmin
from explorer.models import User

Role = User.Role


@transaction.atomic
def save_person(person: User, *, password: str, by) -> None:
    """Store an account; a password only where one was typed. Who holds a session must sign in again then."""
    if password:
        person.set_password(password)
    person.save()
    if password:
        record([(person, "update", {"password": ["", "set anew"]})], by=by)


class PersonForm(forms.ModelForm):
    password_once = forms.CharField(
        label="New password",
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role", "is_active")
        labels = {"is_active": "May sign in"}
        help_texts = {
            "username": "What the person types to sign in, as nurse.noor.",
            "is_active": "Untick when somebody leaves: signed out at once, and the history stays.",
        }

    me: User  # set by the admin class

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.new = self.instance.pk is None
        if "password_once" in self.fields:
            self.fields["password_once"].required = self.new
            self.fields["password_once"].label = "First password" if self.new else "New password"

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Somebody has this name already. Choose another.")
        return username

    def clean(self):
        cleaned = super().clean()
        if not self.new and "role" in cleaned and "is_active" in cleaned:
            self._refuse_losing_the_last_administrator(cleaned)
        if cleaned.get("password_once"):
            self._check_password(cleaned)
        return cleaned

    def _refuse_losing_the_last_administrator(self, cleaned: dict) -> None:
        stays = cleaned["role"] == Role.ADMINISTRATOR and cleaned["is_active"]
        if stays:
            return
        if self.instance.pk == self.me.pk:
            raise ValidationError(
                "You cannot take the administrator's role from yourself or close your own account. "
                "Ask another administrator."
            )
        others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=self.instance.pk)
        if not others.exists():
            raise ValidationError("This is the last administrator. Give the role to somebody else first.")

    def _check_password(self, cleaned: dict) -> None:
        names = {name: cleaned.get(name, "") for name in ("username", "first_name", "last_name", "email")}
        try:
            validate_password(cleaned["password_once"], User(**names))
        except ValidationError as problem:
            self.add_error("password_once", problem)


@admin.register(User)
class UserAdmin(PracticeAdmin):
    list_title = noop("People")
    list_display = ["username", "full_name", "shown_role", "shown_active", "last_login"]
    list_display_links = ["username"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "first_name", "last_name"]
    ordering = ["-is_active", "username"]
    form = PersonForm

    def has_add_permission(self, request, *args) -> bool:
        return request.user.has_perm("explorer.add_user")

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("explorer.change_user")

    @admin.display(description="Name", ordering="last_name")
    def full_name(self, person) -> str:
        return person.get_full_name() or "–"

    @display(
        description="Role",
        ordering="role",
        label={Role.ADMINISTRATOR.label: "danger", Role.PROVIDER.label: "info", Role.STAFF.label: "success"},
    )
    def shown_role(self, person) -> str:
        return person.get_role_display()

    @display(description="Account", ordering="is_active", label={"open": "success", "closed": "warning"})
    def shown_active(self, person) -> str:
        return "open" if person.is_active else "closed"

    def get_fieldsets(self, request, obj=None):
        mine = obj is not None and obj.pk == request.user.pk
        password = [] if mine else ["password_once"]
        return [
            (None, {"fields": ["username", ("first_name", "last_name"), "email"]}),
            ("What this person may do", {"fields": ["role", "is_active"]}),
            *([("Password", {"fields": password})] if password else []),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.me = request.user
        return form

    def save_model(self, request, person, form, change) -> None:
        save_person(person, password=form.cleaned_data.get("password_once", ""), by=request.user)
