"""Every list that goes out as a file: for leaders alone, safe in Excel, on record; and the slim lists themselves."""

import pytest
from auditlog.models import LogEntry
from django.contrib import admin
from django.urls import reverse

from consent.invitations import invite
from consent.models import ConsentEvent, Letter, LetterBatch
from explorer.lib import clock
from explorer.lib.tables import read_workbook
from explorer.lib.tables.workbook import SHELL
from outreach.models import Attempt, Campaign, CampaignStep, Message, Reply
from patients.admin.exporting import ExportPages
from tests import makers
from tests.conftest import ROLES
from tests.explorer.records import AT, confirmed_text, one_of_each

LISTS = [model for model, its in admin.site._registry.items() if isinstance(its, ExportPages)]


def url(model, name: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}")


def sheet(answer) -> list[list]:
    return read_workbook(answer.content, "list.xlsx", SHELL).sheets[0].rows


def test_the_lists_that_staff_ask_for_can_be_exported():
    assert {Message, Reply, Attempt, LetterBatch, ConsentEvent} <= set(LISTS)


@pytest.mark.parametrize("role", ROLES)
def test_only_leaders_export_and_only_they_see_the_link(signed_in, role):
    one_of_each()
    client, may = signed_in(role), role in ("administrator", "provider")
    for model in LISTS:
        export = url(model, "export")
        assert client.get(export).status_code == (200 if may else 403)
        assert client.post(export, {"format": "xlsx"}).status_code == (200 if may else 403)
        assert (export in client.get(url(model, "changelist")).text) == may, model


@pytest.mark.parametrize("model", LISTS)
def test_an_export_is_a_sheet_with_its_headings_and_one_line_in_the_audit_log(signed_in, model):
    one_of_each()
    client = signed_in("provider")
    shown = client.get(url(model, "export"))
    rows = sheet(client.post(url(model, "export"), {"format": "xlsx"}))
    model_admin = admin.site._registry[model]
    assert rows[0] == list(model_admin.export_columns)
    assert shown.context["count"] == len(rows) - 1 >= 1
    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk")
    assert entry.changes["exported"][1].startswith(f"{len(rows) - 1} rows: {model_admin.export_name}")
    assert (entry.actor.username, entry.object_repr) == ("test-provider", "export")


def test_no_cell_becomes_a_formula_and_times_are_the_practices(signed_in):
    patient = makers.patient(last="=1+1")
    Attempt.objects.create(patient=patient, outcome="other", at=AT, note='=HYPERLINK("http://example.com")')
    client = signed_in("provider")
    content = client.post(url(Attempt, "export"), {"format": "csv"}).content.decode("utf-8-sig")
    assert content.splitlines()[1].startswith('"2026-11-02 10:00:00","1001","\'=1+1, John"')
    assert '"\'=HYPERLINK(""http://example.com"")"' in content
    rows = sheet(client.post(url(Attempt, "export"), {"format": "xlsx"}))
    assert rows[1][2] == "=1+1, John"


def test_an_export_holds_what_is_filtered_and_the_log_names_the_filter_and_no_search(signed_in):
    patient = makers.patient()
    for outcome in ("voicemail", "no_answer"):
        Attempt.objects.create(patient=patient, outcome=outcome, at=AT)
    for decision in ("given", "declined"):
        ConsentEvent.objects.create(
            patient=patient, kind="records", decision=decision, method="phone", occurred_at=clock.now()
        )
    client = signed_in("provider")
    filtered = f"{url(Attempt, 'export')}?outcome__exact=voicemail"
    assert len(sheet(client.post(filtered, {"format": "xlsx"}))) == 2
    assert logged() == "1 rows: Calls and letters: outcome__exact=voicemail"
    searched = f"{url(ConsentEvent, 'export')}?q=smith&decision__exact=given"
    assert len(sheet(client.post(searched, {"format": "xlsx"}))) == 2
    assert logged() == "1 rows: Decisions: decision__exact=given, found by a search"
    assert client.get(f"{url(Attempt, 'export')}?nonsense__exact=1").url == url(Attempt, "changelist")


def logged() -> str:
    return LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk").changes["exported"][1]


def test_replies_go_out_by_their_tab_and_letters_one_by_one(signed_in):
    one_of_each()
    Reply.objects.create(item_id="x", conversation_id="x", phone="+12055550123", received_at=AT, state="closed")
    client = signed_in("provider")
    assert len(sheet(client.post(url(Reply, "export"), {"format": "xlsx"}))) == 2
    assert logged() == "1 rows: Replies: state=needs_answer"
    letter = Letter.objects.get()
    assert sheet(client.post(url(LetterBatch, "export"), {"format": "xlsx"}))[1][0] == letter.reference


def test_an_export_asks_no_more_for_more_rows(signed_in, django_assert_max_num_queries):
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=AT)
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="{link}")
    for number in range(30):
        someone = makers.patient(mrn=str(number), phone=f"+120555501{number:02}")
        confirmed_text(someone, campaign, step, at=AT, phone=f"+120555501{number:02}")
        Attempt.objects.create(patient=someone, outcome="no_answer", at=AT)
    client = signed_in("provider")
    for model in (Message, Attempt):
        with django_assert_max_num_queries(20):
            assert len(sheet(client.post(url(model, "export"), {"format": "xlsx"}))) == 31


# The lists themselves


@pytest.mark.parametrize("name", ["outreach_message", "consent_invitation", "outreach_attempt", "consent_consentevent"])
def test_a_full_page_of_a_list_stays_light(signed_in, name, django_assert_max_num_queries):
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=AT)
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="{link}")
    for number in range(30):
        phone = f"+120555501{number:02}"
        someone = makers.patient(mrn=str(number), phone=phone)
        confirmed_text(someone, campaign, step, at=AT, phone=phone)
        invite({phone: [someone.pk]}, by=None)
        Attempt.objects.create(patient=someone, outcome="no_answer", at=AT)
        ConsentEvent.objects.create(
            patient=someone, kind="records", decision="given", method="phone", occurred_at=clock.now()
        )
    client = signed_in("administrator")
    with django_assert_max_num_queries(30):
        page = client.get(reverse(f"admin:{name}_changelist"))
    assert page.text.count("<tr>") == 26
    assert len(page.content) < 120_000


NOUNS = {
    "patients_patient": "Patients",
    "outreach_message": "Texts",
    "consent_invitation": "Personal codes",
    "consent_consentevent": "Decisions",
    "outreach_suppression": "Numbers not to text",
    "explorer_user": "People",
    "auditlog_logentry": "Audit log",
}


def test_a_list_is_called_by_what_it_lists(signed_in):
    client = signed_in("administrator")
    titles = {name: client.get(reverse(f"admin:{name}_changelist")).context["title"] for name in NOUNS}
    assert titles == NOUNS
