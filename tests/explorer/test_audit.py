"""The audit log: every model with patient data, by id, with the person, and out of the sender's way."""

import contextvars
from unittest.mock import patch

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from explorer.audited import LEFT_OUT, NOT_AUDITED
from explorer.lib import clock
from outreach.models import Message
from patients.models import Patient
from tests import makers
from tests.explorer.records import one_of_each

OURS = ("patients", "consent", "outreach", "onenote_sync", "explorer", "floor")
LOG = reverse("admin:auditlog_logentry_changelist")


def of(record):
    """The entries about a record, oldest first."""
    return LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(record), object_id=record.pk
    ).order_by("pk")


def models_with_a_way_to_a_patient() -> set[type]:
    found = {Patient}
    while True:
        more = {
            model
            for model in apps.get_models()
            for field in model._meta.get_fields()
            if (field.many_to_one or field.one_to_one or field.many_to_many) and not field.auto_created
            and field.related_model in found
        } - found  # fmt: skip
        if not more:
            return found
        found |= more


def test_every_model_of_ours_and_every_one_about_a_patient_is_audited_or_explained():
    ours = {model for model in apps.get_models() if model._meta.app_label in OURS}
    missing = (ours | models_with_a_way_to_a_patient()) - set(LEFT_OUT) - set(NOT_AUDITED)
    assert not missing, f"neither audited nor explained: {sorted(model.__name__ for model in missing)}"
    assert not set(LEFT_OUT) & set(NOT_AUDITED)
    assert set(auditlog.get_models()) == set(LEFT_OUT)


def test_what_is_left_out_are_fields_that_exist():
    for model, names in LEFT_OUT.items():
        assert set(names) <= {field.name for field in model._meta.concrete_fields}, model


def test_an_entry_names_the_record_by_its_id_never_by_its_name():
    patient = makers.patient(first="Penelope", last="Quartermaine")
    patient.city = "Birmingham"
    patient.save()
    created, changed = of(patient)
    assert created.object_repr == changed.object_repr == f"patient {patient.pk}"
    assert changed.changes == {"city": ["", "Birmingham"]}


def test_an_entry_has_our_clocks_time(monkeypatch):
    monkeypatch.setenv(clock.VARIABLE, "2026-12-07T10:00:00-06:00")
    clock._start.cache_clear()
    try:
        entry = of(makers.patient()).latest("pk")
    finally:
        clock._start.cache_clear()
    assert f"{entry.timestamp:%Y-%m}" == "2026-12"


def test_texts_on_their_way_leave_no_entries():
    """Signals cost two milliseconds a save, and a text is saved three times (reference: tried.md)."""
    message = Message.objects.get(pk=one_of_each()[Message])
    before = LogEntry.objects.count()
    message.reason = "Spruce is busy."
    message.save()
    assert LogEntry.objects.count() == before


def test_secrets_and_codes_are_not_repeated_in_the_log():
    one_of_each()
    kept = {name for entry in LogEntry.objects.all() for name in entry.changes or {}}
    assert not kept & {"password", "last_login", "code", "raw", "text"}


def test_the_person_is_named_although_the_clock_stands_still(signed_in, django_user_model):
    """auditlog tells requests apart by the clock, and Windows' clock ticks every 16 milliseconds."""
    people = [django_user_model.objects.create_user(f"p{number}", role="staff") for number in range(2)]
    first, second = (_Request(person) for person in people)
    with patch("auditlog.context.time.time", return_value=1.0):
        for step in (first.begin, second.begin, second.work, second.end, first.work, first.end):
            step()
    assert [of(request.patient).latest("pk").actor for request in (first, second)] == people


class _Request:
    """Two of these interleave as two threads of the web server do, each in a context of its own."""

    def __init__(self, person):
        self.context, self.person = contextvars.copy_context(), person

    def begin(self):
        self.actor = set_actor(self.person)
        self.context.run(self.actor.__enter__)

    def work(self):
        self.patient = self.context.run(makers.patient, mrn=self.person.username, phone="")

    def end(self):
        self.context.run(self.actor.__exit__, None, None, None)


def test_what_runs_after_a_request_is_not_laid_to_its_person(signed_in):
    signed_in("staff").get("/admin/")
    assert of(makers.patient()).latest("pk").actor is None


def test_the_log_shows_who_did_what_with_a_link_to_the_patient(signed_in):
    client = signed_in("provider")
    patient = makers.patient()
    page = client.get(LOG).content.decode()
    assert f"Patient {patient.pk}" in page
    assert reverse("admin:patients_patient_change", args=[patient.pk]) in page
    assert f"Phone {patient.phones.get().pk}" in page
    assert "Smith" not in page


def test_an_entry_opens_with_old_and_new_values(signed_in):
    patient = makers.patient()
    patient.city = "Birmingham"
    patient.save()
    page = signed_in("provider").get(reverse("admin:auditlog_logentry_change", args=[of(patient).last().pk]))
    assert "<td>city</td><td>empty</td>" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("record=patients.patient", {"patient"}),
        ("record=patients.phone", {"phone"}),
        ("timestamp_from=2999-01-01", set()),
        ("record=nonsense", {"patient", "phone", "user", "practice"}),
    ],
)
def test_the_log_is_filtered_by_day_and_record(query, found, signed_in):
    makers.patient()
    entries = signed_in("administrator").get(f"{LOG}?{query}").context["cl"].result_list
    assert {entry.content_type.model for entry in entries} == found


def test_the_log_is_filtered_by_person(signed_in, user):
    client = signed_in("administrator")
    client.post(reverse("admin:explorer_user_add"), {
        "username": "noor", "role": "staff", "is_active": "on", "password_once": "correct horse battery",
    })  # fmt: skip
    me = user("staff").pk - 2
    entries = client.get(f"{LOG}?person={me}").context["cl"].result_list
    assert {entry.actor_id for entry in entries} == {me}


def test_the_log_asks_few_questions(signed_in, django_assert_max_num_queries):
    one_of_each()
    client = signed_in("administrator")
    with django_assert_max_num_queries(30):
        client.get(LOG)
