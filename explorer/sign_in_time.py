"""When somebody signed in last, by our own clock: Django's own note of it takes the machine's."""

from django.contrib.auth.signals import user_logged_in

from explorer.lib import clock

OF_DJANGO = "update_last_login"


def register() -> None:
    user_logged_in.disconnect(dispatch_uid=OF_DJANGO)
    user_logged_in.connect(note, dispatch_uid="signed in by our clock")


def note(sender, user, **kwargs) -> None:
    user.last_login = clock.now()
    user.save(update_fields=["last_login"])
