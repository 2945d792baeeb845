"""What must be right on this PC, each with the cure for what is not. `doctor` shows it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection

from consent.form_link import BadSample, read_sample
from consent.models import Wording
from explorer.lib import clock
from explorer.lib.models import Backup, Drill, Practice, TextingBasis
from explorer.models import User
from explorer.watching import note
from outreach.models import LineState
from outreach.spruce import BadToken, NotConfigured, Spruce, SpruceError, configured

LEAST_DISK = 1_000_000_000
CLOCKS_MAY_DIFFER = timedelta(minutes=2)
REPLIES_READ_WITHIN = timedelta(minutes=10)
BACKED_UP_WITHIN, TRIED_WITHIN = timedelta(days=1), timedelta(days=8)


@dataclass(frozen=True)
class Check:
    id: str
    ok: bool
    message: str
    cure: str = ""


def run_checks() -> list[Check]:
    return [check for examine in EXAMINATIONS for check in examine()]


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= (3, 11), f"Python {version}.", "Install Python 3.11 or newer.")


def _data_folder() -> Iterator[Check]:
    free = shutil.disk_usage(settings.HOME).free
    yield Check(
        "disk",
        free > LEAST_DISK,
        f"{free // 1_000_000:,} MB free where the data lies.",
        "Make room on this disk.",
    )
    if os.name != "nt":
        key = settings.HOME / "key"
        private = not key.exists() or stat.S_IMODE(key.stat().st_mode) == 0o600
        yield Check(
            "key_file", private, "The key file is for its owner alone." if private else "Others can read the key file.",
            f"Run: chmod 600 '{key}'",
        )  # fmt: skip


def _database() -> Iterator[Check]:
    with connection.cursor() as cursor:
        cipher = cursor.execute("PRAGMA cipher_version").fetchone()
        sound = cursor.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        durable = cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
    yield Check("encrypted", bool(cipher), "The database is encrypted.", "Install sqlcipher3 again.")
    yield Check("database", sound, "The database is sound.", "Stop the program and restore the newest backup.")
    yield Check(
        "durable",
        durable,
        "Every confirmed change is on the disk.",
        "Start the program with its own settings.",
    )


def _people() -> Iterator[Check]:
    found = User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True).exists()
    yield Check(
        "administrator", found, "There is an administrator." if found else "There is no administrator.",
        "python3 manage.py person add NAME --role administrator",
    )  # fmt: skip


def _practice() -> Iterator[Check]:
    practice = Practice.current()
    named = bool(practice.phone) and practice.name != Practice._meta.get_field("name").default
    yield Check("profile", named, "Name and phone of the practice.", "Fill in the practice profile.")
    known = practice.texting_basis != TextingBasis.UNKNOWN
    yield Check(
        "texting_basis",
        known,
        "Why the numbers may be texted.",
        "Record the basis to text in the practice profile.",
    )
    try:
        read_sample(practice.form_sample_url)
        yield Check("form_link", True, "The form's sample link can be used.")
    except BadSample as problem:
        yield Check("form_link", False, str(problem), "Paste the prefilled sample link into the practice profile.")
    stopped = practice.texting_stopped_at is not None
    yield Check(
        "texting", not stopped, "Texting is stopped." if stopped else "Texting is allowed.",
        "Campaigns → Allow texting again.",
    )  # fmt: skip


def _spruce() -> Iterator[Check]:
    try:
        spruce = configured()
        phone_lines = [line for line in spruce.lines() if line.channel == "phone"]
    except NotConfigured as problem:
        yield Check("spruce", False, str(problem), "Set SPRUCE_API_TOKEN and start again.")
        return
    except BadToken:
        yield Check(
            "spruce",
            False,
            "Spruce does not accept the token.",
            "Copy the token from Spruce's settings again.",
        )
        return
    except SpruceError as problem:
        yield Check("spruce", False, f"Spruce cannot be used: {problem}", "Check the network, then try again.")
        return
    yield Check(
        "spruce",
        bool(phone_lines),
        f"{len(phone_lines)} phone lines in Spruce.",
        "Ask Spruce for a phone line.",
    )
    yield _clocks(spruce)


def _clocks(spruce: Spruce) -> Check:
    apart = abs(spruce.ahead or timedelta())
    fine = clock.is_set() or settings.MODE == "demo" or apart <= CLOCKS_MAY_DIFFER
    return Check(
        "clock",
        fine,
        f"This PC's clock and Spruce's differ by {apart.total_seconds():.0f} s.",
        "Switch on 'Set time automatically' in Windows.",
    )


def _background() -> Iterator[Check]:
    watch = note.read()
    alive = watch.is_well("worker")
    yield Check(
        "worker", alive, "The background worker runs." if alive else "The background worker does not run.",
        "python3 manage.py start",
    )  # fmt: skip
    yield _watched(watch)
    polled = LineState.objects.values_list("polled_at", flat=True).get(pk=1)
    fresh = polled is not None and clock.now() - polled <= REPLIES_READ_WITHIN
    told = f"Replies were read at {polled:%m/%d/%Y %H:%M} UTC." if polled else "Replies were never read."
    yield Check("replies", fresh, told, "python3 manage.py poll_replies")


def _watched(watch: note.Note) -> Check:
    if not watch.children:
        return Check("watched", False, "Nobody watches the web server and the worker.", "python3 manage.py start")
    well = watch.is_well("web") and watch.is_well("worker")
    told = "Web server and worker are watched and alive." if well else "Web server or worker is being started."
    if restart := watch.last_restart():
        moment, why = restart
        told += f" Restarts on record: {len(watch.restarts)}; on {moment:%m/%d/%Y %H:%M} UTC {why}."
    return Check("watched", well, told, "Wait a minute. If it stays so, close the program and start it again.")


def _wordings() -> Iterator[Check]:
    """Of each kind, one that counsel approved; the demo's are nobody's to approve."""
    approved = Wording.objects.good_on(Practice.current().today()).filter(language="en").exclude(approved_on=None)
    kinds = set(approved.values_list("kind", flat=True))
    waiting = [kind.label for kind in Wording.Kind if kind not in kinds]
    told = f"Not yet approved by counsel: {'; '.join(waiting)}." if waiting else "Counsel approved every wording."
    yield Check(
        "wordings", not waiting or settings.MODE == "demo", told,
        "Practice → Wordings: show them to counsel, then record the approval.",
    )  # fmt: skip


def _backups() -> Iterator[Check]:
    now, newest, drill = clock.now(), Backup.objects.first(), Drill.objects.first()
    fresh = newest is not None and now - newest.made_at <= BACKED_UP_WITHIN
    told = f"The newest backup is of {newest.made_at:%m/%d/%Y %H:%M} UTC." if newest else "There is no backup yet."
    yield Check("backup", fresh, told, "python3 manage.py backup")
    tried = drill is not None and now - drill.at <= TRIED_WITHIN
    said = "No restore was tried yet."
    if drill:
        said = f"A restore was tried on {drill.at:%m/%d/%Y}: {drill.what or 'all was there.'}"
    yield Check("restore_drill", tried and drill.ok, said, "Practice → Backups → Try a restore now.")


EXAMINATIONS: tuple[Callable[[], Iterator[Check]], ...] = (
    _python, _data_folder, _database, _people, _practice, _wordings, _spruce, _background, _backups,
)  # fmt: skip
