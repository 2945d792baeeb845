"""From the .xlsx to the list of calls, as a nurse would do it, through HTTP; Spruce simulated at the wire."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from consent.models import ConsentEvent, Response
from explorer.demo.answers import write_forms_export
from explorer.demo.files import write_apcm_workbook, write_patient_list
from explorer.demo.forms import issued
from explorer.demo.people import practice as synthetic_practice
from explorer.demo.seeding import seed_spruce
from explorer.lib import jobs
from outreach import standings, tasks
from outreach.models import Attempt, Campaign, Match, Message, Reply
from outreach.simulator import Limits, serve
from patients.models import ApcmEnrolment, ImportBatch, Patient


@pytest.fixture
def people():
    return synthetic_practice(patients=90)


@pytest.fixture
def spruce(tmp_path, people, monday, monkeypatch):
    state = tmp_path / "spruce.sqlite3"
    seed_spruce(state, people)
    with serve(state, limits=Limits()) as running:
        monkeypatch.setenv("SPRUCE_API_URL", running.url)
        monkeypatch.setenv("SPRUCE_API_TOKEN", running.token)
        yield running


def upload(client, address: str, field: str, name: str, content: bytes, **more):
    file = SimpleUploadedFile(name, content)
    return client.post(address, {field: file, **more}, follow=True)


def imported(client, kind: str, content: bytes) -> ImportBatch:
    """Upload, look at the review, confirm."""
    address = reverse("admin:patients_importbatch_import")
    page = client.get(f"{address}?list={kind}")
    chosen = page.context["form"]["resource"].value()
    review = upload(client, address, "import_file", f"{kind}.xlsx", content, resource=chosen, format="0")
    batch = ImportBatch.objects.latest("pk")
    assert review.redirect_chain[-1][0] == reverse("admin:patients_importbatch_review", args=[batch.pk])
    assert batch.state == "proposed"
    done = client.post(reverse("admin:patients_importbatch_confirm", args=[batch.pk]), follow=True)
    assert done.status_code == 200
    batch.refresh_from_db()
    assert batch.state == "applied"
    return batch


def answers_so_far(now) -> bytes:
    export = io.BytesIO()
    write_forms_export(export, list(issued()), now)
    return export.getvalue()


def take_in_answers(client, now) -> None:
    """Upload the export, look it over, take it in; a longer export adds only what is new."""
    address = reverse("admin:consent_response_upload")
    checked = upload(client, address, "file", "answers.xlsx", answers_so_far(now))
    assert client.post(checked.redirect_chain[-1][0], follow=True).status_code == 200


def test_the_whole_journey(signed_in, user, spruce, people, monday, tmp_path):
    nurse = signed_in("staff")
    write_patient_list(tmp_path / "list.xlsx", people)
    write_apcm_workbook(tmp_path / "apcm.xlsx", people)
    imported(nurse, "patients", (tmp_path / "list.xlsx").read_bytes())
    imported(nurse, "apcm", (tmp_path / "apcm.xlsx").read_bytes())
    assert Patient.objects.count() == 90
    assert ApcmEnrolment.objects.exists()

    nurse.post(reverse("admin:outreach_match_read_contacts"))
    tasks.sync_contacts(jobs.Step())
    nurse.post(reverse("admin:outreach_match_match_again"))
    tasks.match_contacts(jobs.Step())
    doubtful = Match.objects.in_review().first()
    decided = nurse.post(
        reverse("admin:outreach_match_decide", args=[doubtful.patient_id, doubtful.contact_id]),
        {"act": "reject", "seen": "review"},
    )
    assert decided.status_code == 302
    doubtful.refresh_from_db()
    assert doubtful.verdict == "rejected"

    made = nurse.post(
        reverse("admin:outreach_campaign_new"),
        {"name": "Move", "cohort": "matched", "days": "0, 3"},
        follow=True,
    )
    campaign = Campaign.objects.get()
    assert made.status_code == 200
    launch = reverse("admin:outreach_campaign_launch", args=[campaign.pk])
    texts = nurse.get(launch).context["texts"]
    assert texts > 40
    nurse.post(launch, {"texts": texts - 1})
    campaign.refresh_from_db()
    assert campaign.state == "draft", "the typed number must be right"
    nurse.post(launch, {"texts": texts})
    campaign.refresh_from_db()
    assert campaign.state == "draft", "nothing is proven yet"
    administrator = Client()
    administrator.force_login(user("administrator"), backend="allauth.account.auth_backends.AuthenticationBackend")
    administrator.post(launch, {"texts": texts, "override": "A journey through the tests only."})
    campaign.refresh_from_db()
    assert (campaign.state, OrmQ.objects.count() > 0) == ("running", True)

    tasks.send_due()
    monday(1 / 24)
    tasks.send_due()
    assert Message.objects.filter(state="confirmed").count() == texts == len(spruce.texts())
    progress = nurse.get(reverse("admin:outreach_campaign_change", args=[campaign.pk]))
    assert f"{texts}" in progress.content.decode()

    number = spruce.texts()[0].number
    spruce.receive(number, "STOP")
    spruce.receive(spruce.texts()[1].number, "Will the new office take my insurance?")
    tasks.poll_replies()
    assert nurse.get(reverse("admin:outreach_reply_changelist")).status_code == 200
    question = Reply.objects.needs_answer().get()
    nurse.post(reverse("admin:outreach_reply_answer", args=[question.pk]), {"text": "Please call us: 205-555-0100."})

    take_in_answers(nurse, monday(3))
    early = Response.objects.filter(outcome="applied").count()
    assert ConsentEvent.objects.filter(kind="records").count() == early > 0

    before = len(spruce.texts())
    monday(3.1)
    tasks.send_due()
    reminded = {text.number for text in spruce.texts()[before:]}
    assert 0 < len(reminded) < texts
    assert number not in reminded
    answered = Message.objects.filter(patients__consent_events__kind="records")
    alone = {message.phone for message in answered if message.patients.count() == 1}
    assert not reminded & alone, "who has answered is not reminded"
    tasks.poll_replies()

    now = monday(12)
    take_in_answers(nurse, now)
    late = Response.objects.filter(outcome="applied").count()
    assert ConsentEvent.objects.filter(kind="records").count() == late > early

    left = nurse.get(reverse("admin:outreach_attempt_follow_up"))
    assert left.status_code == 200
    somebody = Patient.objects.exclude(consent_events__kind="records").order_by("pk").first()
    call = reverse("admin:outreach_attempt_record", args=[somebody.pk])
    nurse.post(call, {"channel": "call", "outcome": "no_answer", "note": "", "next_on": ""})
    assert Attempt.objects.get().by.username == "test-staff"
    record = reverse("admin:consent_consentevent_record", args=[somebody.pk])
    spoken = {
        "records": "yes", "apcm": "", "notice": "", "texting": "", "method": "phone",
        "occurred_at_0": now.date().isoformat(), "occurred_at_1": "09:30",
        "identifiers": ["full name", "date of birth"], "obtained_by": "Noor Nurse", "witness": "Robin Reader",
    }  # fmt: skip
    nurse.post(record, spoken)
    nurse.post(record, spoken | {"confirmed": "1"})
    line = ConsentEvent.objects.get(patient=somebody, kind="records")
    assert (line.decision, line.method, line.witness) == ("given", "phone", "Robin Reader")

    counts = standings.counts()
    assert counts["total"] == 90 == sum(value for name, value in counts.items() if name != "total")
    home = nurse.get("/admin/").content.decode()
    assert "90" in home
