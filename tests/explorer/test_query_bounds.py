"""No page asks the database more often because there are more rows, and none asks often."""

import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Suppression
from patients.models import StaffTask
from tests.explorer.records import one_of_each
from tests.explorer.test_roles import OTHER_RECORD, PAGES, _address, _named_patterns
from tests.outreach import made

BOUND = 32
BOUNDS = {
    "patients_patient_list_counts": 60,  # one question for each of the ready-made lists
    "patients_patient_change": 60, "outreach_campaign_change": 60, "outreach_attempt_record": 60, "index": 50,
    "outreach_attempt_follow_up": 45, "outreach_campaign_readiness": 50, "outreach_campaign_launch": 60,
    "consent_apcmmonth_changelist": 45, "outreach_campaign_plan": 50, "outreach_campaign_forecast": 50,
    "outreach_match_review": 40, "consent_response_review": 45, "explorer_evidencepacket_patient": 80,
}  # fmt: skip
"""Of the pages that put many things side by side."""
ROWS = 10
FIRST_TIME = re.compile("django_session|django_content_type|auditlog_logentry")


def _costs(client, addresses: dict[str, str]) -> dict[str, int]:
    found = {}
    for name, address in addresses.items():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        asked = len(queries)
        if answer.status_code == 200:
            found[name] = asked - sum(bool(FIRST_TIME.search(each["sql"])) for each in queries.captured_queries[:asked])
    return found


def _more(rows: range) -> None:
    """As many more of what lists show, each of its own patient."""
    for number in rows:
        phone = f"+1205555{200 + number:04}"
        person = made.patient(f"Ann{number}", "Miller", phone=phone)
        made.match(person, made.contact(f"Ann{number}", "Miller"), "automatic" if number % 2 else "review")
        StaffTask.objects.create(title="Find the new address", patient=person)
        Suppression.objects.create(phone=phone, reason="wrong_number")


@pytest.fixture
def pages(signed_in):
    records = one_of_each()
    client, addresses = signed_in("administrator"), {}
    client.raise_request_exception = False
    taken = set()
    for name in _named_patterns():
        if name in PAGES:
            address = _address(name, OTHER_RECORD.get(name, PAGES[name][2]), records)
            if address not in taken:
                taken.add(address)
                addresses[name] = address
    ContentType.objects.clear_cache()
    return client, addresses


@pytest.mark.long
def test_more_rows_are_no_more_questions(pages):
    client, addresses = pages
    _more(range(2))
    few = _costs(client, addresses)
    assert len(few) > 100
    _more(range(2, 2 + ROWS))
    many = _costs(client, addresses)
    grown = [f"{name}: {few[name]}, then {many[name]}" for name in few if many.get(name, 0) > few[name] + 4]
    too_many = [f"{name}: {asked}" for name, asked in many.items() if asked > BOUNDS.get(name, BOUND)]
    assert not grown, "\n".join(grown)
    assert not too_many, "\n".join(too_many)
