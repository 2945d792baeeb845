"""The synthetic practice goes in as a user's files would: read, reviewed, applied, synced and matched."""

from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from consent.actions.wordings import bring_defaults
from explorer.demo.answers import FORM_SAMPLE_URL
from explorer.demo.files import write_apcm_workbook, write_patient_list
from explorer.demo.form import NEW_PRACTICE, OLD_PRACTICE
from explorer.demo.medicare import seed_medicare
from explorer.demo.seeding import seed_spruce
from explorer.demo.sign_ins import make_people
from explorer.demo.trial import run_trial
from explorer.lib import clock
from explorer.lib.statistics import keep_statistics
from explorer.lib.tables import UPLOAD
from outreach.actions.contacts import match_contacts, sync_contacts
from outreach.spruce import configured
from patients import actions
from patients.models import Patient
from patients.practice import change_practice


def load_practice() -> bool:
    """Once; returns whether there was anything to do."""
    make_people()
    bring_defaults()
    if Patient.objects.exists():
        return False
    change_practice(_profile(), by=None)
    files = settings.HOME / "demo"
    files.mkdir(exist_ok=True)
    write_patient_list(files / "patient list.xlsx")
    _import(files / "patient list.xlsx", actions.review_patients)
    write_apcm_workbook(files / "APCM patients.xlsx")
    _import(files / "APCM patients.xlsx", actions.review_apcm)
    seed_medicare()
    state = settings.HOME / "simulator" / "spruce.sqlite3"
    if not state.exists():
        seed_spruce(state)
    sync_contacts(configured())
    match_contacts()
    run_trial()
    keep_statistics()
    return True


def _profile() -> dict:
    moves_on = clock.now().date() + timedelta(days=45)
    return {
        "name": NEW_PRACTICE,
        "doctor": "Dr. Green",
        "phone": "205-555-0100",
        "old_practice": OLD_PRACTICE,
        "new_practice": NEW_PRACTICE,
        "transition_date": date(moves_on.year, moves_on.month, 1),
        "texting_basis": "provided_to_provider",
        "form_sample_url": FORM_SAMPLE_URL,
    }


def _import(path: Path, review) -> None:
    content = path.read_bytes()
    batch = actions.stage(review(content, path.name, limits=UPLOAD), content=content, by=None)
    actions.apply(batch, by=None)
