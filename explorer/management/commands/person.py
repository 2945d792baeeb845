import getpass
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from explorer.lib.commands import PracticeCommand, Refused
from explorer.models import User


class Command(PracticeCommand):
    help = "Adds a person, or gives one a new password. The password is asked for, or read from stdin."

    def add_arguments(self, parser) -> None:
        parser.add_argument("act", choices=["add", "password"])
        parser.add_argument("username")
        parser.add_argument("--role", choices=User.Role.values, default=User.Role.STAFF)

    def work(self, *, act: str, username: str, role: str, **options) -> dict:
        known = User.objects.filter(username__iexact=username).first()
        if act == "add" and known:
            raise Refused(f"{username} exists already. Use `person password {username}` for a new password.")
        if act == "password" and not known:
            raise Refused(f"There is no {username}. Use `person add {username}`.")
        user = known or User(username=username, role=role, is_staff=True)
        password = _ask()
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages)) from None
        user.save()
        return {"username": user.username, "role": user.role}


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password (12 characters or more): ")
    if getpass.getpass("Again: ") != password:
        raise Refused("The two passwords differ. Try again.")
    return password
