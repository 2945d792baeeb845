"""The figures of the design's table, measured on a throw-away practice of any size."""

import io
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
from django.conf import settings
from django.test import Client
from django.urls import reverse

from consent import intake
from explorer.bench import matching
from explorer.demo.answers import write_forms_export
from explorer.demo.files import write_patient_list
from explorer.demo.form import FORM_SAMPLE_URL
from explorer.demo.forms import issued
from explorer.demo.opening import open_for_texting
from explorer.demo.people import practice as synthetic_practice
from explorer.demo.seeding import seed_spruce
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.tables import SHELL
from explorer.models import User
from explorer.wsgi import settle
from outreach.actions import campaigns, contacts, launching, sending
from outreach.forecast import forecast
from outreach.models import Message
from outreach.simulator import Limits, serve
from outreach.spruce import Spruce
from patients import actions
from patients.models import Patient
from patients.practice import change_practice

PAGES = {
    "patient list": "admin:patients_patient_changelist",
    "search": "admin:patients_patient_changelist ?q=smith",
    "home": "admin:index",
    "patient page": "admin:patients_patient_change",
    "who is left": "admin:outreach_attempt_follow_up",
    "call screen": "admin:outreach_attempt_record",
    "replies": "admin:outreach_reply_changelist",
    "form answers": "admin:consent_response_changelist",
    "tasks": "admin:patients_stafftask_changelist",
    "texts": "admin:outreach_message_changelist",
}
OF_A_PATIENT = ("patient page", "call screen")
VISITS = 60
MB = 1_000_000


def measure(patients: int) -> dict[str, float]:
    """Seconds, milliseconds and megabytes by name; the data folder must be a throw-away one."""
    people = synthetic_practice(patients=patients)
    sheet = settings.HOME / "list.xlsx"
    write_patient_list(sheet, people)
    found: dict[str, float] = {}
    _measure_import(sheet, found)
    state = settings.HOME / "simulator" / "spruce.sqlite3"
    seed_spruce(state, people)
    with serve(state, limits=Limits(), answer_seconds=0) as simulator:
        spruce = Spruce(simulator.url, simulator.token)
        contacts.sync_contacts(spruce)
        found["match seconds"] = contacts.match_contacts().seconds
        _measure_sending(spruce, found)
    _measure_answers(found)
    _measure_pages(found)
    quality = matching.measure(patients=min(patients, 1384), worlds=5)
    return found | {f"matching {name}": value for name, value in quality.items()}


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return round(time.perf_counter() - started, 3)


def _measure_import(sheet: Path, found: dict) -> None:
    content = sheet.read_bytes()
    before = psutil.Process().memory_info().rss

    def take_in() -> None:
        review = actions.review_patients(content, sheet.name, limits=SHELL)
        actions.apply(actions.stage(review, content=content, by=None), by=None)

    found["import seconds"] = _seconds(take_in)
    found["import megabytes"] = round((psutil.Process().memory_info().rss - before) / MB, 1)
    again = lambda: actions.review_patients(content, sheet.name, limits=SHELL)  # noqa: E731
    found["import again seconds"] = _seconds(again)


def _measure_sending(spruce: Spruce, found: dict) -> None:
    profile = {
        "name": "Home Team Medical", "phone": "205-555-0100", "form_sample_url": FORM_SAMPLE_URL,
        "texting_basis": "provided_to_provider",
    }  # fmt: skip
    change_practice(profile, by=None)
    open_for_texting()
    campaign = campaigns.create(name="Bench", cohort="matched", days=(0,), by=None)
    found["forecast seconds"] = _seconds(lambda: forecast(campaign, Practice.current(), clock.now()))
    found["texts planned"] = launching.launch(campaign, by=None, override="Only measured.")
    seconds = _seconds(lambda: sending.send_due(spruce, most=500))
    sent = Message.objects.reached().count()
    found["texts per second"] = round(sent / seconds, 1) if sent else 0


def _measure_answers(found: dict) -> None:
    Message.objects.filter(state=Message.State.ACCEPTED).update(state=Message.State.CONFIRMED, confirmed_at=clock.now())
    export = io.BytesIO()
    found["answers"] = write_forms_export(export, list(issued()), clock.now() + timedelta(days=30))
    content = export.getvalue()

    def take_in() -> None:
        intake.take_in(intake.review_export(content, "answers.xlsx", limits=SHELL), content=content, by=None)

    found["answers seconds"] = _seconds(take_in)


def _measure_pages(found: dict) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    user = User.objects.create_user("bench", role=User.Role.PROVIDER)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    found["patients"] = Patient.objects.count()
    settle()
    somebody = Patient.objects.order_by("pk")[found["patients"] // 2].pk
    for name, page in PAGES.items():
        url, _, question = page.partition(" ")
        address = reverse(url, args=[somebody] if name in OF_A_PATIENT else []) + question
        client.get(address)
        times = sorted(_seconds(lambda address=address: client.get(address)) for _ in range(VISITS))
        found[f"{name} p50 ms"] = round(times[VISITS // 2] * 1000, 1)
        found[f"{name} p95 ms"] = round(times[int(VISITS * 0.95) - 1] * 1000, 1)
        found[f"{name} KB"] = round(len(client.get(address).content) / 1000, 1)
