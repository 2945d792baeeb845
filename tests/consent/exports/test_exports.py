"""Exports with known truth, in several languages and kinds of file. EXPORT_SEEDS=20 runs many more."""

import os
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from explorer.lib import clock, commands
from tests.consent.exports import forms
from tests.consent.exports.files import KINDS
from tests.consent.exports.trial import Found, kinds_of, run

SEEDS = int(os.environ.get("EXPORT_SEEDS", "0"))


@pytest.fixture
def at(monkeypatch, settings):
    """at(moment) sets the clock, a local time of the practice."""
    (settings.HOME / "prepared").write_text(commands._migrations_fingerprint(), encoding="ascii")

    def set_to(moment):
        monkeypatch.setenv(clock.VARIABLE, moment.replace(tzinfo=ZoneInfo("America/Chicago")).isoformat())
        clock._start.cache_clear()

    yield set_to
    monkeypatch.undo()
    clock._start.cache_clear()


def trial(seed, form, kind, folder, at, **options) -> Found:
    with transaction.atomic():
        found = run(seed, form, kind, folder, at, **options)
        transaction.set_rollback(True)
    return found


@pytest.mark.skipif(not SEEDS, reason="set EXPORT_SEEDS")
def test_many_exports(tmp_path, at):
    total = Found()
    for seed in range(SEEDS):
        for place, form in enumerate(getattr(forms, os.environ.get("EXPORT_FORMS", "FORMS"))):
            kind = KINDS[(seed + place) % len(KINDS)]
            if form.language == "ja" and kind == "cp1252":
                kind = "xlsx"
            found = trial(seed, form, kind, tmp_path, at)
            print(seed, form.name, kind, found.told())
            for name in ("applied_wrongly", "lost", "needless", "off", "not_first", "standings_wrong", "law_broken"):
                notes = getattr(found, name)
                if notes and name != "standings_wrong":
                    print("   ", name, kinds_of(notes) if name != "law_broken" else notes)
                for note in notes[: int(os.environ.get("EXPORT_SHOW", "1"))]:
                    print("       ", note)
            total.add(found)
    print("TOTAL", total.told())
