import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from explorer.lib import clock, commands
from explorer.lib.home import home
from explorer.lib.models import Practice
from explorer.lib.sealing import unseal
from explorer.models import User
from outreach.actions import landing, recovering, sending

ROLES = ("administrator", "provider", "staff", "read_only")


def _file(suffix: str = "") -> Path:
    return Path(f"{connection.settings_dict['NAME']}{suffix}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Keeps a copy of the fresh database, with what the migrations put there."""
    with django_db_blocker.unblock():
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(_file(), _file(".fresh"))


def pytest_collection_modifyitems(items):
    for item in items:
        if not getattr(item.module, "NO_DATABASE", False) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """A test with real commits ends by emptying the database; the fresh copy takes its place."""
    marker = item.get_closest_marker("django_db")
    commits = marker and marker.kwargs.get("transaction")
    if commits:
        unseal()
    yield
    if commits and nextitem:
        fresh_database()


def fresh_database() -> None:
    """The database as the migrations left it, for tests with real commits."""
    connection.close()
    for suffix in ("-wal", "-shm"):
        _file(suffix).unlink(missing_ok=True)
    shutil.copy(_file(".fresh"), _file())
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def practice(request):
    """Every test has a practice that may text, in Alabama, but those of a module that says NO_DATABASE."""
    if getattr(request.module, "NO_DATABASE", False):
        yield None
        return
    yield usual_practice()
    timezone.deactivate()


def usual_practice() -> Practice:
    """That no text has gone out from yet."""
    (home() / "sender").unlink(missing_ok=True)
    defaults = {
        "mode": "demo",
        "name": "Home Team Medical",
        "phone": "205-555-0100",
        "texting_basis": "provided_to_provider",
        "form_sample_url": FORM_SAMPLE_URL,
    }
    return Practice.objects.update_or_create(pk=1, defaults=defaults)[0]


FORM_SAMPLE_URL = (
    "https://forms.office.com/Pages/ResponsePage.aspx?id=Qm9ndXNUZW5hbnRJZE5vU3VjaEZvcm1FeGlzdHNBbnl3aGVyZQ"
    "&r3f0c8a51d7e94b26a8d15c7be0f4629d=TOKEN123"
)


@pytest.fixture
def user(db):
    """user("staff") makes an account of that role."""

    def make(role: str) -> User:
        return User.objects.create_user(f"test-{role}", password="a long test password", role=role)

    return make


@pytest.fixture
def signed_in(client, user):
    """signed_in("staff") is a client that is signed in with that role."""

    def sign_in(role: str):
        client.force_login(user(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def impatient(monkeypatch):
    """The sender's pauses, shortened: what it does is the same."""
    monkeypatch.setattr(landing, "LOOK_AGAIN_AFTER", timedelta(seconds=0.2))
    monkeypatch.setattr(landing, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(recovering, "DOUBTED_FOR", timedelta(0))
    monkeypatch.setattr(sending, "PAUSE_AFTER_TROUBLE", timedelta(seconds=0.2))


@pytest.fixture
def at(monkeypatch, settings):
    """at(moment) sets the clock, a local time of the practice, also for commands run in this process."""
    (settings.HOME / "prepared").write_text(commands._migrations_fingerprint(), encoding="ascii")

    def set_to(moment: datetime) -> None:
        monkeypatch.setenv(clock.VARIABLE, moment.replace(tzinfo=ZoneInfo("America/Chicago")).isoformat())
        clock._start.cache_clear()

    yield set_to
    monkeypatch.undo()
    clock._start.cache_clear()


@pytest.fixture
def monday(monkeypatch):
    """Monday, 7 December 2026, 10:00 in Alabama: within the texting hours. monday(days) jumps on from there."""
    start = datetime(2026, 12, 7, 10, tzinfo=ZoneInfo("America/Chicago"))

    def at(days: float = 0) -> datetime:
        moment = start + timedelta(days=days)
        monkeypatch.setenv(clock.VARIABLE, moment.isoformat())
        clock._start.cache_clear()
        return moment

    at()
    yield at
    monkeypatch.undo()
    clock._start.cache_clear()
