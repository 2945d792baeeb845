"""The practice profile: changed by administrators through one act, seen by everybody."""

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from explorer.lib.models import Practice
from patients.models import Phone
from tests import makers
from tests.conftest import FORM_SAMPLE_URL

PAGE = reverse("admin:floor_practice_change", args=[1])


def typed(**fields) -> dict:
    return {
        "name": "Home Team Medical", "doctor": "Dr. Green", "phone": "205-555-0100", "state": "AL",
        "time_zone": "America/Chicago", "transition_date": "01/31/2027",
        "old_practice": "", "new_practice": "",
        "texting_start": "9:00 AM", "texting_end": "8:00 PM", "texting_days": ["mon", "tue"],
        "texts_per_campaign": "4", "texting_basis": "provided_to_provider",
        "call_start": "9:00 AM", "call_end": "7:00 PM", "calls_at_most": "6", "hours_between_calls": "24",
        "spruce_calls_from": "",
        "form_sample_url": FORM_SAMPLE_URL, "code_days": "60", "keep_raw_days": "30", **fields,
    }  # fmt: skip


def test_an_administrator_changes_the_profile(signed_in):
    assert signed_in("administrator").post(PAGE, typed(state="ga", texting_end="17:30")).status_code == 302
    practice = Practice.current()
    assert (practice.doctor, practice.state, practice.texting_days) == ("Dr. Green", "GA", "mon,tue")
    assert f"{practice.transition_date} {practice.texting_end}" == "2027-01-31 17:30:00"


def test_a_change_is_in_the_audit_log_once_with_the_person(signed_in):
    signed_in("administrator").post(PAGE, typed(doctor="Dr. Brown"))
    of_practice = ContentType.objects.get_for_model(Practice)
    entry = LogEntry.objects.get(content_type=of_practice, actor__username="test-administrator")
    assert entry.changes["doctor"] == ["", "Dr. Brown"]


def test_saving_without_a_change_leaves_no_trace(signed_in, practice):
    client = signed_in("administrator")
    client.post(PAGE, typed())
    before = LogEntry.objects.count()
    client.post(PAGE, typed())
    assert LogEntry.objects.count() == before


def test_a_basis_that_becomes_known_is_recorded_on_the_lists_numbers(signed_in, practice):
    Practice.objects.update(texting_basis="unknown")
    makers.patient(basis="unknown")
    signed_in("administrator").post(PAGE, typed(texting_basis="own_form"))
    assert Phone.objects.get().basis == "own_form"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"form_sample_url": "https://example.com/form"}, "type TOKEN123"),
        ({"form_sample_url": FORM_SAMPLE_URL.partition("&")[0]}, "type TOKEN123"),
        ({"texting_start": "9:00 PM", "texting_end": "8:00 PM"}, "must start before they end"),
        ({"texting_start": "morning"}, "Write the time as 9:00 AM"),
        ({"texting_days": []}, "Tick at least one day"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"state": "XX"}, "two letters"),
        ({"phone": "12"}, "12"),
        ({"transition_date": "31/12/2026"}, "Write the date as 01/31/2027"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(fields, sentence, signed_in):
    answer = signed_in("administrator").post(PAGE, typed(**fields))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Practice.current().doctor == ""


def test_hours_wider_than_the_law_are_warned_of(signed_in):
    client = signed_in("administrator")
    client.post(PAGE, typed(texting_start="7:00 AM", texting_days=["mon", "sun"]))
    page = client.get(PAGE).content.decode()
    assert "Texts go out from 08:00 to 20:00 only" in page
    assert "Leave Sunday out" in page


def test_the_page_shows_what_a_patients_link_looks_like(signed_in, practice):
    client = signed_in("staff")
    assert "=00000000000000000" in client.get(PAGE).content.decode()
    Practice.objects.update(form_sample_url="")
    assert "There is none yet" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("role", ["provider", "staff", "read_only"])
def test_the_others_see_the_profile_and_cannot_change_it(role, signed_in):
    client = signed_in(role)
    page = client.get(PAGE).content.decode()
    assert "Monday, Tuesday" in page
    assert 'name="_save"' not in page
    assert client.post(PAGE, typed()).status_code == 403
    assert Practice.current().doctor == ""


def test_the_list_of_one_leads_to_the_profile(signed_in):
    answer = signed_in("read_only").get(reverse("admin:floor_practice_changelist"))
    assert answer["Location"] == PAGE


def test_there_is_never_a_second_practice(signed_in):
    assert signed_in("administrator").get(reverse("admin:floor_practice_add")).status_code == 403
