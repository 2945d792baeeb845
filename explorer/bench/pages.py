"""What every page costs: queries, size, time by the clock and of the processor, on a busy practice of any size.

Asked through Django's test client in this process: the whole stack of middleware, without the socket.
"""

import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from explorer.bench import busy
from explorer.lib.models import Practice
from explorer.lists import LISTS
from explorer.models import User
from explorer.wsgi import settle
from outreach.models import Campaign
from patients.models import Patient

VISITS = 12
SLOW_SECONDS = 1.5  # a page that takes longer is asked fewer times
PREFIXES = (
    "patients", "consent", "outreach", "explorer", "floor", "auditlog", "home", "demo", "index", "search", "job",
    "at_work", "reports", "my_settings", "help", "password_change",
)  # fmt: skip
PART_OF_MODEL = {
    "patient_id": "patients.Patient", "contact_pk": "outreach.Contact", "invitation_id": "consent.Invitation",
    "batch_id": "consent.LetterBatch", "letter_id": "consent.Letter", "reply_id": "outreach.Reply",
    "response_id": "consent.Response", "suppression_id": "outreach.Suppression", "desk_form_id": "consent.DeskForm",
    "wording_id": "consent.Wording", "event_id": "consent.ConsentEvent", "document_id": "consent.Document",
    "fact_id": "patients.CareFact", "note_id": "patients.Note", "staff_task_id": "patients.StaffTask",
}  # fmt: skip
WORDS = {
    "kind": "payer", "seen": "running", "code": "answered", "name": "patients.xlsx", "task_id": "0" * 32,
    "report_kind": "day", "ending": "pdf", "act": "task",
}  # fmt: skip
WORDS_OF_PAGE = {("help_page", "name"): "quick-start"}
MODEL_OF_PAGE = {"job": "floor.Job", "job_live": "floor.Job"}
ABOUT_A_PATIENT = {"outreach_match_decide", "outreach_match_review"}
LEFT_OUT = {"demo_file", "logout", "login", "jsi18n", "help_picture"}
ASKED = {
    "patient list, found by name": "admin:patients_patient_changelist ?q=smith",
    "patient list, found by number": "admin:patients_patient_changelist ?q=100123",
    "patient list, found by chart": "admin:patients_patient_changelist ?q=1001",
    "patient list, found by phone": "admin:patients_patient_changelist ?q=2052000123",
    "patient list, with APCM": "admin:patients_patient_changelist ?apcm=yes",
    "patient list, page 2": "admin:patients_patient_changelist ?p=2",
    "search everywhere": "admin:search ?s=smith",
    "patient list, one standing": "admin:patients_patient_changelist ?standing=reminded",
    "patient list, page 20": "admin:patients_patient_changelist ?p=20",
    "texts, uncertain": "admin:outreach_message_changelist ?state__exact=uncertain",
    "texts, confirmed": "admin:outreach_message_changelist ?state__exact=confirmed",
    "texts, page 20": "admin:outreach_message_changelist ?p=20",
    "decisions, found by name": "admin:consent_consentevent_changelist ?q=smith",
    "replies, all": "admin:outreach_reply_changelist ?all=1",
    "audit log, page 20": "admin:auditlog_logentry_changelist ?p=20",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """`name` is the page's URL name; KB of 1,000 bytes; `cpu` is the processor's part of an average visit in ms."""

    name: str
    status: int
    queries: int
    kb: float
    p50: float
    p95: float
    cpu: float


def measure(patients: int, *, only: str = "", visits: int = VISITS) -> dict:
    """{"patients": n, "pages": [Cost as a dict, the slowest first]}; builds the practice where there is none."""
    if not Patient.objects.exists():
        started = time.perf_counter()
        busy.build(patients)
        sys.stderr.write(f"built {patients} patients in {time.perf_counter() - started:.0f} s\n")
    client = Client(SERVER_NAME="127.0.0.1")
    client.raise_request_exception = False
    settle()
    user = User.objects.get(username="bench")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    costs = [cost(client, name, address, visits) for name, address in addresses() if only in name]
    costs.sort(key=lambda each: each.p95, reverse=True)
    return {
        "patients": Patient.objects.count(),
        "pages": [{name: getattr(each, name) for name in Cost.__slots__} for each in costs],
    }


def cost(client: Client, name: str, address: str, visits: int) -> Cost:
    started = time.perf_counter()
    answer = client.get(address)
    first = time.perf_counter() - started
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    asked = len(queries)  # the next visit empties the log
    times, before = [], time.process_time()
    for _ in range(visits if first < SLOW_SECONDS else 2):
        started = time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - started) * 1000)
    cpu = (time.process_time() - before) * 1000 / len(times)
    times.sort()
    content = b"".join(answer) if answer.streaming else answer.content
    return Cost(
        name, answer.status_code, asked, round(len(content) / 1000, 1), round(statistics.median(times), 1),
        round(times[max(0, int(len(times) * 0.95) - 1)], 1), round(cpu, 1),
    )  # fmt: skip


def addresses() -> Iterator[tuple[str, str]]:
    """Every page of the admin that can be got, once, with records of the practice."""
    seen = set()
    for pattern in patterns():
        if pattern.name in LEFT_OUT or not pattern.name.startswith(PREFIXES):
            continue
        try:
            address = reverse(f"admin:{pattern.name}", kwargs=_parts(pattern))
        except NoReverseMatch:
            continue
        if address not in seen:
            seen.add(address)
            yield pattern.name, address
    for name, asked in ASKED.items():
        url, question = asked.split(" ")
        yield name, reverse(url) + question
    for code in LISTS:
        yield f"patient list, {code}", f"{reverse('admin:patients_patient_changelist')}?list={code}"
    today = Practice.current().today().isoformat()
    for kind, about in (("close_out", today), ("week", today), ("campaign", _middle(Campaign)), ("final", "now")):
        yield f"report, {kind}", reverse("admin:reports_live", args=[kind, about])
        yield f"report, {kind}, pdf", reverse("admin:reports_live_file", args=[kind, about, "pdf"])


def patterns() -> Iterator:
    for top in admin.site.get_urls():
        for pattern in top.url_patterns if hasattr(top, "url_patterns") else [top]:
            if pattern.name:
                yield pattern


def _parts(pattern) -> dict:
    return {part: _part(pattern.name, part) for part in pattern.pattern.converters}


def _part(name: str, part: str):
    if (name, part) in WORDS_OF_PAGE:
        return WORDS_OF_PAGE[name, part]
    if name in MODEL_OF_PAGE:
        return _middle(apps.get_model(MODEL_OF_PAGE[name]))
    if part in ("day", "about"):
        return Practice.current().today().isoformat()
    if part in WORDS:
        return WORDS[part]
    if part in PART_OF_MODEL:
        return _middle(apps.get_model(PART_OF_MODEL[part]))
    if part in ("pk", "object_id") and name in ABOUT_A_PATIENT:
        return _middle(Patient)
    found = re.match(r"([a-z]+)_([a-z]+)_", name)
    model = apps.all_models.get(found[1], {}).get(found[2]) if found else None
    return _middle(model) if model and part in ("pk", "object_id") else 1


def _middle(model: type) -> int:
    """A record that is neither the first nor the last."""
    keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
    return keys[len(keys[:1000]) // 2] if keys[:1] else 1


def told(found: dict) -> str:
    """For people: a table, the slowest page first."""
    lines = [f"{'page':44} {'':>4} {'queries':>7} {'KB':>7} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8}"]
    lines += [
        f"{each['name']:44} {each['status']:>4} {each['queries']:>7} {each['kb']:>7} {each['p50']:>8} "
        f"{each['p95']:>8} {each['cpu']:>8}"
        for each in found["pages"]
    ]
    return "\n".join([*lines, f"{found['patients']:,} patients, mode {settings.MODE}"])
