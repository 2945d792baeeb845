from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class StaffManager(UserManager):
    """Everybody with an account works in the admin; nobody is a superuser."""

    def create_user(self, username, email=None, password=None, **extra):
        return super().create_user(username, email, password, **{"is_staff": True, **extra})


class User(AbstractUser):
    """One account per person. Rights come from the role alone (explorer/roles.py)."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", "Administrator"
        PROVIDER = "provider", "Provider"
        STAFF = "staff", "Staff"
        READ_ONLY = "read_only", "Read only"

    role = models.CharField(max_length=16, choices=Role, default=Role.READ_ONLY)
    is_staff = models.BooleanField("may sign in", default=True)

    objects = StaffManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(models.functions.Lower("username"), name="username_unique_in_any_case"),
            models.CheckConstraint(name="nobody_is_superuser", condition=models.Q(is_superuser=False)),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username
