"""A fresh practice instead of the played-with one: asked for on the page, done before the demo opens again."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import connections

from explorer.lib.commands import Refused, prepare
from explorer.lib.home import DEMO

WORD = "fresh"
LEFT_BY_THE_PRACTICE = ("simulator", "demo", "jobs", "clock", "sender", "prepared", "demo-answers-come-in")


def is_wanted() -> bool:
    return _wish().exists()


def want(wanted: bool) -> None:
    if wanted:
        _wish().touch()
    else:
        _wish().unlink(missing_ok=True)


def start_afresh() -> None:
    """Forget everything that was played. Raises Refused outside the demo. The keys stay, so sign-ins are the same.

    The wish goes last: after a power cut in between it is done again.
    """
    if settings.MODE != DEMO:
        raise Refused("Only a demo can be made afresh.")
    connections.close_all()
    database = Path(settings.DATABASES["default"]["NAME"])
    left = [settings.HOME / name for name in LEFT_BY_THE_PRACTICE]
    for path in [*(Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm")), *left]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    prepare()
    want(False)


def _wish() -> Path:
    return settings.HOME / "start-afresh"
