"""Training mode: what comes in by itself as days pass, the diary, the guide, the voice, a fresh start."""

import ast
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from consent.invitations import invite
from consent.models import Letter, LetterBatch, Response
from explorer.demo import afresh, days, guide, voice
from explorer.demo.answers import answer_plan
from explorer.demo.people import practice as synthetic_practice
from explorer.lib import clock, http, jobs
from explorer.lib.commands import Refused
from explorer.lib.models import Job
from explorer.models import User
from outreach import spruce
from outreach.models import Attempt, Campaign, CampaignStep, Reply
from patients.models import ImportBatch
from tests import makers
from tests.conftest import ROLES
from tests.explorer.records import confirmed_text

PAGE, BAR = reverse("admin:demo"), reverse("admin:demo_guide")
ZONE = "America/Chicago"
AT = datetime(2026, 12, 7, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch, settings):
    monkeypatch.setattr(clock, "_jump_file", tmp_path / "clock")
    monkeypatch.setattr(clock, "_jump", (0.0, timedelta()))
    settings.HOME = tmp_path


def person_who_answers_at_once():
    return next(
        each for each in synthetic_practice().people
        if (plan := answer_plan(each)).step == 0 and not plan.mistake and not plan.habit
        and plan.delay_hours < 20 and not plan.second_answer_hours
    )  # fmt: skip


@pytest.fixture
def texted():
    """One of the demo's people, texted two days ago."""
    person = person_who_answers_at_once()
    patient = makers.patient(
        mrn=person.mrn, first=person.given, last=person.family, phone=person.phone, date_of_birth=person.birth_date
    )
    campaign = Campaign.objects.create(name="Pilot", state="running", launched_at=clock.now() - timedelta(days=2))
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="{link}")
    code = invite({person.phone: [patient.pk]}, by=None)[person.phone]
    confirmed_text(patient, campaign, step, at=clock.now() - timedelta(days=2), invitation=code)
    return patient


def test_answers_come_in_by_themselves_once_and_only_where_that_is_wished(texted, user):
    assert not days.answers_come_in()
    nurse = user("staff")
    assert days.take_in_answers(nurse) == 1
    assert days.take_in_answers(nurse) == 0
    assert Response.objects.get().completed_at < clock.now()


@pytest.mark.parametrize("role", ROLES)
def test_the_care_team_switches_how_answers_come_in(role, signed_in):
    client = signed_in(role)
    answer = client.post(reverse("admin:demo_answers"), {"answers": "on"})
    assert (answer.status_code == 403) == (role == "read_only")
    assert days.answers_come_in() == (role != "read_only")
    client.post(reverse("admin:demo_answers"), {"answers": "off"})
    assert not days.answers_come_in()


def test_a_day_brings_answers_and_then_the_sender_looks(texted, signed_in, monkeypatch):
    monkeypatch.setattr("outreach.spruce.configured", lambda: None)
    monkeypatch.setenv("SPRUCE_API_URL", "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("SPRUCE_API_TOKEN", "x")
    days.let_answers_come_in(True)
    client = signed_in("staff")
    client.post(reverse("admin:demo_jump"), {"days": "1"})
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.outcome) == (
        "done",
        "What came in: 1 answered the form. What is due goes out within a minute.",
    )
    assert "1 answered the form" in client.get(PAGE).text


def test_some_letters_come_back_always_the_same_and_once(user, monkeypatch):
    monkeypatch.setattr(days, "COMES_BACK", 1.0)
    people = [makers.patient(mrn=str(n), address="1 Oak St", city="Hoover", state="AL", zip="35216") for n in (1, 2)]
    batch = makers.letters(people)
    nurse = user("staff")
    LetterBatch.objects.filter(pk=batch.pk).update(
        printed_at=AT, sha256="0" * 64, posted_on=date(2026, 1, 5), posted_by=nurse
    )
    assert days.return_letters(nurse) == batch.letters.count() > 0
    assert days.return_letters(nurse) == 0
    assert not Letter.objects.filter(returned_at=None).exists()


def test_the_diary_tells_each_day_from_the_rows(texted, user):
    for number, kind in enumerate(("opt_out", "question", "question")):
        ids = {"item_id": f"ti_{number}", "conversation_id": "t", "phone": "+12055550123"}
        Reply.objects.create(received_at=AT, kind=kind, **ids)
    Attempt.objects.create(patient=texted, channel="call", outcome="no_answer", at=AT, by=user("staff"))
    told = {day.on: day.events for day in days.diary(ZONE)}
    assert told[date(2026, 12, 7)] == ["1 call by staff", "1 STOP", "2 asked a question"]


def test_the_diary_and_the_steps_take_few_queries(signed_in, django_assert_max_num_queries):
    client = signed_in("staff")
    with django_assert_max_num_queries(50):
        client.get(PAGE)
    with django_assert_max_num_queries(19):
        client.get(BAR)


# the guide


def test_the_bar_names_the_next_step_and_a_step_is_done_by_its_facts(signed_in, user):
    client = signed_in("staff")
    assert "Take in a newer patient list" in client.get(BAR).text
    makers.take_in([makers.line()])
    ImportBatch.objects.update(uploaded_by=user("provider"))
    steps = guide.steps()
    assert [step.is_done for step in steps[:3]] == [True, True, False]
    assert "Read the contacts from Spruce" in client.get(BAR).text


@pytest.mark.parametrize("role", ROLES)
def test_each_person_leaves_the_guide_and_takes_it_up_again(role, signed_in):
    client = signed_in(role)
    assert BAR in client.get(PAGE).text
    assert "Leave the guide" in client.post(reverse("admin:demo_guided"), {"guided": "on"}, follow=True).text
    page = client.post(reverse("admin:demo_guided"), {"guided": "off"}, follow=True).text
    assert BAR not in page
    assert "Take up the guide" in page


def test_live_there_is_no_guide_no_voice_and_no_fresh_start(signed_in, settings):
    settings.MODE, client = "live", signed_in("administrator")
    addresses = [BAR, reverse("admin:demo_afresh"), reverse("admin:demo_voice", args=[makers.patient().pk])]
    assert {client.get(address).status_code for address in addresses} == {404}
    assert BAR not in client.get("/admin/").text
    with pytest.raises(Refused):
        afresh.start_afresh()


# the voice


def test_a_patient_says_on_the_phone_what_their_plan_says(signed_in):
    person = person_who_answers_at_once()
    patient = makers.patient(mrn=person.mrn)
    said = {each.hint for day in range(20) if (each := voice.voice_of(patient, day))}
    assert len(said) == 2, "some days nobody picks up"
    page = signed_in("staff").get(reverse("admin:demo_voice", args=[patient.pk])).text
    assert "what this patient would say" in page
    assert voice.voice_of(makers.patient(mrn="nobody-of-the-demo"), 1) is None


# a fresh start


def test_a_fresh_practice_takes_the_typed_word_and_can_be_taken_back(signed_in):
    client, address = signed_in("staff"), reverse("admin:demo_afresh")
    client.post(address, {"word": "yes"})
    assert not afresh.is_wanted()
    client.post(address, {"word": "Fresh"})
    assert afresh.is_wanted()
    assert "afresh at the next start" in client.get(PAGE).text
    client.post(address, {"keep": "yes"})
    assert not afresh.is_wanted()


# one clock, and nothing leaves


def test_a_sign_in_has_the_demos_time(client, user):
    clock.jump(timedelta(days=9))
    user("staff")
    client.login(username="test-staff", password="a long test password")
    assert User.objects.get().last_login > clock.now() - timedelta(minutes=1)


@pytest.mark.parametrize("address", ["https://api.sprucehealth.com/v1", "http://192.0.2.1/v1", "https://example.com"])
@pytest.mark.parametrize("loopback", ["", "1"])
def test_a_demo_reaches_no_outside_host_whatever_the_environment_says(address, loopback, monkeypatch):
    monkeypatch.setenv("PATIENT_EXPLORER_MODE", "demo")
    monkeypatch.setenv("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES", loopback)
    monkeypatch.setenv("SPRUCE_API_URL", address)
    monkeypatch.setenv("SPRUCE_API_TOKEN", "a token")
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(spruce.NotConfigured):
        spruce.configured()
    with pytest.raises(spruce.NotSent, match="never to the world"):
        next(iter(spruce.Spruce(address, "a token").contacts()))


def test_no_other_module_opens_a_connection():
    """What goes through explorer/lib/http.py is refused in the demo; so nothing may go another way."""
    doors = {"requests", "urllib.request", "http.client", "httpx", "aiohttp", "smtplib", "ftplib", "anthropic", "msal"}
    root = Path(http.__file__).resolve().parents[2]
    wrong = [
        f"{path.relative_to(root)} imports {name}"
        for app in ("explorer", "patients", "consent", "outreach", "onenote_sync")
        for path in (root / app).rglob("*.py")
        if path.relative_to(root).as_posix() != "explorer/lib/http.py" and "bench" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _imported(node) & doors
    ]
    assert wrong == ["explorer/watching/signs.py imports http.client"]  # asks its own page on 127.0.0.1


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module} if isinstance(node, ast.ImportFrom) and node.module else set()
