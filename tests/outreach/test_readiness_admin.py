"""Go or no-go on the pages: who sees what, who may act, and what each act leaves behind."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django_q.models import OrmQ

from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from outreach import go, planning
from outreach.actions import campaigns, readiness
from outreach.models import Agreement, Approval, Campaign, GoDecision, Message, PhoneTest, TextTemplate
from outreach.progress import SENDER
from tests import makers
from tests.conftest import ROLES
from tests.outreach import made

TEAM = ("administrator", "provider", "staff")
LEADERS = ("administrator", "provider")
GOOD = "{practice}: our office is moving: {link} Call {phone}. Reply STOP to opt out."


def url(name: str, *args) -> str:
    return reverse(f"admin:outreach_campaign_{name}", args=args)


def text_of(answer) -> str:
    return answer.content.decode()


def queued() -> list[str]:
    return [row.func() for row in OrmQ.objects.all()]


# the section


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_each_criterion_in_words_with_where_it_is_cured(role, signed_in):
    made.reachable()
    campaign = made.draft()
    page = text_of(signed_in(role).get(url("change", campaign.pk)))
    for id in ("words", "own_phone", "stop_read", "form_link", "five_patients", "phones", "monitoring", "backup",
               "baa_spruce", "tendlc"):  # fmt: skip
        assert f'id="go-{id}"' in page
    assert page.count(">No-go</span>") == 7
    assert page.count(">Advice</span>") == 2
    for place in (url("words", campaign.pk), url("phone_test", campaign.pk), f"{url('readiness')}#backup"):
        assert f'href="{place}"' in page


@pytest.mark.parametrize("role", TEAM)
def test_the_launch_is_dead_until_green(role, signed_in):
    made.reachable()
    campaign = made.draft()
    client = signed_in(role)
    assert ("Launch…</a>" in text_of(client.get(url("change", campaign.pk)))) == (role == "administrator")
    assert ("Launch now" in text_of(client.get(url("launch", campaign.pk)))) == (role == "administrator")
    client.post(url("launch", campaign.pk), {"texts": "1"})
    assert Campaign.objects.get().state == "draft"
    makers.ready(campaign)
    assert "Launch…</a>" in text_of(client.get(url("change", campaign.pk)))
    client.post(url("launch", campaign.pk), {"texts": "1"})
    assert Campaign.objects.get().state == "running"


def test_after_a_changed_character_the_page_refuses_the_launch(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    client = signed_in("staff")
    step = campaign.steps.get(day=0)
    client.post(url("step", step.pk), {"body": step.body.replace("moving.", "moving!")})
    page = client.post(url("launch", campaign.pk), {"texts": "1"}, follow=True)
    assert "Not approved in these words: First text" in text_of(page)
    assert Campaign.objects.get().state == "draft"


def test_what_is_impossible_leaves_no_launch_even_to_an_administrator(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    Practice.objects.update(texting_stopped_at=clock.now())
    client = signed_in("administrator")
    assert "Launch…</a>" not in text_of(client.get(url("change", campaign.pk)))
    page = text_of(client.get(url("launch", campaign.pk)))
    assert "Texting is stopped" in page
    assert "Launch now" not in page


def test_too_short_a_reason_launches_nothing_and_says_so(signed_in):
    made.reachable()
    campaign = made.draft()
    page = signed_in("administrator").post(
        url("launch", campaign.pk), {"texts": "1", "override": "Because."}, follow=True
    )
    assert "at least 15 characters" in text_of(page)
    assert Campaign.objects.get().state == "draft"


def test_a_launched_campaign_shows_what_stood_at_its_launch(signed_in):
    made.reachable()
    campaign = made.draft()
    client = signed_in("administrator")
    client.post(url("launch", campaign.pk), {"texts": "1", "override": "Counsel agreed to it."})
    page = text_of(client.get(url("change", campaign.pk)))
    assert "7 no-go, overridden" in page
    assert "Counsel agreed to it." in page
    assert "No backup is on record" in page


def test_a_go_is_noted_with_the_person_and_void_after_a_change(signed_in):
    made.reachable()
    campaign = made.ready_draft()
    client = signed_in("staff")
    assert "I looked at this: go" in text_of(client.get(url("change", campaign.pk)))
    client.post(url("say_go", campaign.pk))
    page = text_of(client.get(url("change", campaign.pk)))
    assert "test-staff said go" in page
    assert "no longer valid" not in page
    Campaign.objects.update(limit=3)
    assert "changed since: who is asked" in text_of(client.get(url("change", campaign.pk)))
    assert GoDecision.objects.get().made_by.username == "test-staff"


def test_a_launched_campaign_takes_no_further_go(signed_in):
    made.reachable()
    campaign = made.launched()
    assert signed_in("staff").post(url("say_go", campaign.pk)).status_code == 404


# who may


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("readiness", ("administrator",)),
        ("words", LEADERS),
        ("template_words", LEADERS),
        ("phone_test", TEAM),
        ("read_replies", TEAM),
        ("say_go", TEAM),
    ],
)
@pytest.mark.parametrize("role", ROLES)
def test_each_act_is_refused_to_those_without_the_right(name, who, role, signed_in):
    campaign = made.draft()
    args = [] if name in ("readiness", "template_words", "read_replies") else [campaign.pk]
    before = LogEntry.objects.count()
    answer = signed_in(role).post(url(name, *args))
    logged = LogEntry.objects.exclude(content_type__model="user").count()
    assert (answer.status_code == 403) == (role not in who)
    if role not in who:
        assert logged <= before


@pytest.mark.parametrize("name", ["readiness", "words", "template_words", "phone_test", "phone_test_now"])
@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_look(name, role, signed_in):
    args = [] if name in ("readiness", "template_words") else [made.draft().pk]
    assert signed_in(role).get(url(name, *args)).status_code == 200


# approving


def test_a_doctor_reads_all_texts_and_approves_them_at_once(signed_in):
    campaign = made.draft()
    client = signed_in("provider")
    page = client.get(url("words", campaign.pk))
    assert "approve all 4" in text_of(page)
    seen = [f"{each['words'].pk}-{each['hash']}" for each in page.context["waiting"]]
    done = client.post(url("words", campaign.pk), {"seen": seen}, follow=True)
    assert "Every text without an error is approved" in text_of(done)
    assert set(Approval.objects.values_list("approved_by__username", "alone")) == {("test-provider", False)}
    assert Approval.objects.count() == 4


def test_words_changed_meanwhile_and_nonsense_approve_nothing(signed_in):
    campaign = made.draft()
    step = campaign.steps.get(day=0)
    client = signed_in("provider")
    old = go.words_hash(step.body)
    campaigns.rewrite(step, body=GOOD, by=None)
    page = client.post(url("words", campaign.pk), {"seen": [f"{step.pk}-{old}", "nonsense", "-", "9-x"]}, follow=True)
    assert "changed meanwhile" in text_of(page)
    assert not Approval.objects.exists()


def test_an_author_is_told_that_somebody_else_must_approve(signed_in, user):
    campaign = made.draft()
    step = campaign.steps.get(day=0)
    user("administrator")
    client = signed_in("provider")
    client.post(url("step", step.pk), {"body": GOOD})
    page = client.get(url("words", campaign.pk))
    assert len(page.context["waiting"]) == 3
    assert "You wrote 1 of these texts" in text_of(page)
    answer = client.post(url("words", campaign.pk), {"seen": f"{step.pk}-{go.words_hash(GOOD)}"}, follow=True)
    assert "you wrote these words" in text_of(answer)
    assert not Approval.objects.exists()


def test_a_nurse_is_told_whom_to_ask(signed_in):
    page = text_of(signed_in("staff").get(url("words", made.draft().pk)))
    assert "Ask one of them to open this page" in page
    assert "approve all" not in page


def test_templates_are_approved_on_a_page_of_their_own_and_an_edit_names_its_author(signed_in, user):
    client = signed_in("provider")
    page = client.get(url("template_words"))
    client.post(url("template_words"), {"seen": [f"{e['words'].pk}-{e['hash']}" for e in page.context["waiting"]]})
    assert Approval.objects.count() == 4
    template = TextTemplate.objects.get(day=0)
    client.post(reverse("admin:outreach_texttemplate_change", args=[template.pk]), {"body": GOOD})
    template.refresh_from_db()
    assert (template.body, template.author.username) == (GOOD, "test-provider")
    user("administrator")
    assert "Not approved" in text_of(client.get(url("template_words")))


# the own phone


def test_a_nurse_sends_the_tests_to_her_phone_and_says_that_they_arrived(signed_in):
    made.reachable()
    campaign = made.draft()
    client = signed_in("staff")
    page = client.post(url("phone_test", campaign.pk), {"act": "send", "phone": "303-555-0142"}, follow=True)
    assert "4 test texts on the way" in text_of(page)
    assert "data-live" in text_of(page)
    assert queued() == [SENDER]
    moving = client.get(url("phone_test_now", campaign.pk))
    assert (moving.headers.get("X-Done"), "on their way" in text_of(moving)) == (None, True)
    for message in Message.objects.all():
        made.attempted(message, "confirmed", text=message.text)
    moving = client.get(url("phone_test_now", campaign.pk))
    assert (moving.headers.get("X-Done"), "Look at your phone" in text_of(moving)) == ("1", True)
    ids = [test.pk for test in moving.context["to_answer"]]
    done = client.post(url("phone_test", campaign.pk), {"act": "arrived", "test": ids}, follow=True)
    assert "All these texts arrived" in text_of(done)
    assert set(PhoneTest.objects.values_list("owner__username", "result")) == {("test-staff", "arrived")}


@pytest.mark.parametrize("phone", ["+12055550123", "911", "", "x" * 500, "<script>"])
def test_a_number_that_must_not_be_used_is_sent_back_with_the_reason(phone, signed_in):
    makers.patient(phone="+12055550123")
    page = signed_in("staff").post(url("phone_test", made.draft().pk), {"act": "send", "phone": phone})
    assert "pe-error" in text_of(page)
    assert "<script>" not in text_of(page).split("pe-error")[1]
    assert not Message.objects.exists()


@pytest.mark.parametrize("form", [{}, {"act": "nonsense"}, {"act": "arrived", "test": ["x", "-1", "99999"]}])
def test_nonsense_does_nothing(form, signed_in, user):
    test = makers.phone_test("Hello", user("provider"), result="")
    signed_in("staff").post(url("phone_test", made.draft().pk), form)
    test.refresh_from_db()
    assert test.result == ""


def test_nobody_answers_for_somebody_elses_phone(signed_in, user):
    campaign = made.draft(days=(0,))
    text = planning.preview(campaign, Practice.current())[0].text
    test = makers.phone_test(text, user("provider"), result="")
    client = signed_in("staff")
    assert "Look at your phone" not in text_of(client.get(url("phone_test", campaign.pk)))
    client.post(url("phone_test", campaign.pk), {"act": "arrived", "test": [test.pk]})
    test.refresh_from_db()
    assert test.result == ""


def test_a_test_is_shown_among_the_texts_like_every_text(signed_in, user):
    test = makers.phone_test("Hello", user("provider"))
    client = signed_in("staff")
    for address in (reverse("admin:outreach_message_change", args=[test.message_id]), "/admin/outreach/message/"):
        assert "Test to a staff phone" in text_of(client.get(address))


# agreements and backups


def test_an_administrator_records_an_agreement(signed_in):
    client = signed_in("administrator")
    form = {"what": "agreement", "kind": "tendlc", "reference": "C-555", "signed_on": "01/02/2026", "expires_on": ""}
    page = client.post(url("readiness"), form, follow=True)
    assert "Recorded." in text_of(page)
    made_row = Agreement.objects.get()
    assert (made_row.kind, made_row.reference, made_row.recorded_by.username) == (
        "tendlc", "C-555", "test-administrator",
    )  # fmt: skip
    assert "C-555, since 01/02/2026" in text_of(page)
    assert LogEntry.objects.filter(object_id=made_row.pk, actor__username="test-administrator").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"reference": " "}, "This field is required"),
        ({"signed_on": "2999-01-01"}, "This day lies ahead"),
        ({"signed_on": "yesterday"}, "Write the date as"),
        ({"expires_on": "01/01/2020"}, "cannot end before it begins"),
    ],
)
def test_an_agreement_with_something_wrong_is_sent_back(change, words, signed_in):
    form = {"what": "agreement", "kind": "tendlc", "reference": "C-555", "signed_on": "01/02/2026", "expires_on": ""}
    page = signed_in("administrator").post(url("readiness"), form | change)
    assert words in text_of(page)
    assert not Agreement.objects.exists()


def backup_form(age: timedelta = timedelta(hours=2, minutes=5), outside="Image of the disk, in the safe") -> dict:
    at = (clock.now() - age).astimezone(ZoneInfo("America/Chicago"))
    return {
        "what": "backup", "made_at_0": f"{at:%m/%d/%Y}", "made_at_1": f"{at:%I:%M %p}", "outside": outside,
    }  # fmt: skip


def test_an_administrator_records_an_outside_backup(signed_in):
    page = signed_in("administrator").post(url("readiness"), backup_form(), follow=True)
    assert "Made 2 hours ago: Image of the disk, in the safe." in text_of(page)
    backup = Backup.objects.get()
    assert (backup.recorded_by.username, backup.sha256) == ("test-administrator", "")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (backup_form(timedelta(hours=-5)), "This time lies ahead"),
        (backup_form(outside="short"), "at least 15 characters"),
        (backup_form() | {"made_at_0": "soon"}, "Write the date as"),
    ],
)
def test_a_backup_with_something_wrong_is_sent_back(form, words, signed_in):
    page = signed_in("administrator").post(url("readiness"), form)
    assert words in text_of(page)
    assert not Backup.objects.exists()


def test_a_post_without_a_form_records_nothing(signed_in):
    assert signed_in("administrator").post(url("readiness"), {}).status_code == 200
    assert not Backup.objects.exists()
    assert not Agreement.objects.exists()


def test_the_replies_are_read_when_somebody_asks(signed_in):
    signed_in("staff").post(url("read_replies"))
    assert queued() == ["outreach.tasks.poll_replies"]


def test_words_changed_after_the_launch_are_announced_until_somebody_else_has_read_them(signed_in, user):
    made.reachable()
    campaign = made.ready_draft()
    client = signed_in("staff")
    client.post(url("launch", campaign.pk), {"texts": "1"})
    assert "Changed since the launch" not in text_of(client.get(url("change", campaign.pk)))
    step = campaign.steps.get(day=3)
    client.post(url("step", step.pk), {"body": GOOD})
    assert "nobody else has read the new words yet: Day 3" in text_of(client.get(url("change", campaign.pk)))
    readiness.approve(step, seen=go.words_hash(GOOD), by=user("provider"))
    assert "Changed since the launch" not in text_of(client.get(url("change", campaign.pk)))


@pytest.mark.parametrize("role", ROLES)
def test_the_list_of_templates_says_who_approved_each(role, signed_in, user):
    template = TextTemplate.objects.get(day=0)
    approver = user("provider") if role != "provider" else user("administrator")
    readiness.approve(template, seen=go.words_hash(template.body), by=approver)
    page = text_of(signed_in(role).get(reverse("admin:outreach_texttemplate_changelist")))
    assert page.count("nobody yet") == 3
    assert str(approver) in page
