"""The demo's people, one for each role. Their passwords are made from this installation's key."""

from dataclasses import dataclass

from explorer.lib.keys import key_for
from explorer.models import User

WORDS = (
    "amber", "brook", "cedar", "delta", "ember", "fern", "grove", "harbor", "iris", "juniper", "kestrel", "linden",
    "maple", "north", "olive", "pebble", "quarry", "river", "saddle", "timber", "umber", "valley", "willow", "yarrow",
)  # fmt: skip
PEOPLE = (
    ("admin", "Alex", "Admin", User.Role.ADMINISTRATOR),
    ("doctor", "Dana", "Doctor", User.Role.PROVIDER),
    ("nurse", "Noor", "Nurse", User.Role.STAFF),
    ("reader", "Robin", "Reader", User.Role.READ_ONLY),
)


@dataclass(frozen=True)
class SignIn:
    username: str
    role: str
    password: str


def sign_ins() -> list[SignIn]:
    return [SignIn(username, role.label, _password(username)) for username, _, _, role in PEOPLE]


def make_people() -> None:
    for username, first, last, role in PEOPLE:
        user, new = User.objects.get_or_create(
            username=username,
            defaults={"first_name": first, "last_name": last, "role": role, "is_staff": True},
        )
        if new:
            user.set_password(_password(username))
            user.save()


def _password(username: str) -> str:
    drawn = key_for(f"demo sign-in of {username}")
    return "-".join([*(WORDS[byte % len(WORDS)] for byte in drawn[:3]), str(100 + drawn[3])])
