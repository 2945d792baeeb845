"""The reply inbox and the do-not-text list, through HTTP."""

from datetime import UTC, timedelta

import pytest
from django.urls import reverse
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from consent.models import ConsentEvent
from explorer.lib import clock
from outreach.actions import replies
from outreach.models import Campaign, CampaignStep, Message, Reply, SavedAnswer, Suppression
from patients.models import Patient, Phone

NUMBER = "+12055550123"
INBOX = reverse("admin:outreach_reply_changelist")
STOPS = reverse("admin:outreach_suppression_changelist")


@pytest.fixture
def patient():
    return new_patient("1001", "Ada", "Testwood")


def new_patient(mrn: str, first: str, last: str, number: str = NUMBER) -> Patient:
    patient = Patient.objects.create(mrn=mrn, first_name=first, last_name=last)
    Phone.objects.create(patient=patient, e164=number)
    return patient


def reply_of(patient: Patient | None, text="Hello", kind="question", number=NUMBER, **more) -> Reply:
    known = {"conversation_id": "talk-1", "phone": number, "received_at": clock.now(), "patient": patient}
    return Reply.objects.create(item_id=f"item-{Reply.objects.count()}", text=text, kind=kind, **known | more)


def page_of(reply: Reply, name: str = "change") -> str:
    return reverse(f"admin:outreach_reply_{name}", args=[reply.pk])


def test_the_inbox_shows_what_needs_an_answer_first(signed_in, patient):
    reply_of(patient, "Where do I sign?")
    reply_of(patient, "Old talk", state="closed", closed_at=clock.now())
    page = signed_in("read_only").get(INBOX).content.decode()
    assert "Where do I sign?" in page
    assert "Old talk" not in page
    assert "Needs an answer (1)" in page
    assert "Closed (1)" in page


def test_an_empty_inbox_says_so(signed_in):
    assert "No reply needs an answer" in signed_in("staff").get(INBOX).content.decode()


def test_emergency_words_stand_on_top(signed_in, patient):
    reply_of(patient, "chest pain", "emergency", urgent=True)
    reply_of(patient, "who is this", received_at=clock.now() - timedelta(hours=5))
    page = signed_in("staff").get(INBOX).content.decode()
    assert page.index("chest pain") < page.index("who is this")


def test_who_has_waited_longest_comes_first_after_the_emergencies(signed_in, patient):
    for hours, text in enumerate(["Youngest?", "Middle?", "Oldest?"]):
        reply_of(patient, text, received_at=clock.now() - timedelta(hours=hours))
    reply_of(patient, "STOP, chest pain", "opt_out", urgent=True)
    page = signed_in("staff").get(INBOX).content.decode()
    places = [page.index(words) for words in ("STOP, chest pain", "Oldest?", "Middle?", "Youngest?")]
    assert places == sorted(places)
    assert "Emergency words" in page


def test_closed_replies_stand_newest_first(signed_in, patient):
    for hours, text in enumerate(["new", "old"]):
        at = clock.now() - timedelta(hours=hours)
        reply_of(patient, f"{text} talk", state="closed", closed_at=at, received_at=at)
    page = signed_in("staff").get(f"{INBOX}?state=closed").content.decode()
    assert page.index("new talk") < page.index("old talk")


def test_the_words_of_a_reply_are_never_markup(signed_in, patient):
    reply = reply_of(patient, "<b>hi</b><script>x</script>")
    client = signed_in("staff")
    for url in (INBOX, page_of(reply)):
        page = client.get(url).content.decode()
        assert "&lt;b&gt;hi&lt;/b&gt;" in page
        assert "<script>x" not in page


def test_the_inbox_asks_few_queries(signed_in, patient, django_assert_max_num_queries):
    for _ in range(30):
        reply_of(patient)
    client = signed_in("staff")
    with django_assert_max_num_queries(20):
        client.get(INBOX)


def test_a_reply_shows_its_conversation_in_order(signed_in, patient):
    now = clock.now()
    campaign = Campaign.objects.create(name="Move", state="running", launched_at=now)
    step = CampaignStep.objects.create(campaign=campaign, day=0, body="-")
    Message.objects.create(
        campaign=campaign, step=step, phone=NUMBER, state="confirmed", text="We are moving.", key="k",
        line_id="line", first_attempt_at=now - timedelta(hours=3), confirmed_at=now,
    )  # fmt: skip
    reply_of(patient, "First question", received_at=now - timedelta(hours=2))
    last = reply_of(patient, "Second question", received_at=now - timedelta(hours=1))
    page = signed_in("staff").get(page_of(last)).content.decode()
    places = [page.index(words) for words in ("We are moving.", "First question", "Second question")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("yes", "A text is never a consent"),
        ("decline", "A text is never a decision"),
        ("emergency", "911"),
        ("deceased", "Check gently"),
    ],
)
def test_a_reply_is_explained(signed_in, patient, kind, says):
    page = signed_in("staff").get(page_of(reply_of(patient, "…", kind))).content.decode()
    assert says in page


def test_a_yes_leads_to_a_call_and_writes_no_consent(signed_in, patient):
    page = signed_in("staff").get(page_of(reply_of(patient, "Yes", "yes"))).content.decode()
    assert reverse("admin:outreach_attempt_record", args=[patient.pk]) in page
    assert not ConsentEvent.objects.exists()


def test_an_answer_is_shown_before_it_is_queued(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    page = client.post(page_of(reply, "answer"), {"text": "We will call you."}).content.decode()
    assert "This text goes to (205) 555-0123" in page
    assert "1 part" in page
    assert not Message.objects.exists()


def test_a_checked_answer_is_queued_and_the_sender_is_woken(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    text = "We will call you.\r\nSoon."
    client.post(page_of(reply, "answer"), {"text": text, "checked": text})
    message = Message.objects.get()
    assert (message.kind, message.state, message.phone) == ("answer", "planned", NUMBER)
    assert message.text == "We will call you.\nSoon."
    assert list(message.patients.all()) == [patient]
    reply.refresh_from_db()
    assert reply.state == "waiting"
    woken = [SignedPackage.loads(row.payload)["func"] for row in OrmQ.objects.all()]
    assert woken == ["outreach.tasks.send_due"]


def test_an_answer_that_differs_from_what_was_checked_is_shown_again(signed_in, patient):
    client = signed_in("staff")
    page = client.post(page_of(reply_of(patient), "answer"), {"text": "New words", "checked": "Old words"})
    assert "This text goes to" in page.content.decode()
    assert not Message.objects.exists()


def test_a_saved_answer_is_shown_to_be_checked(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    saved = SavedAnswer.objects.get(title="We will call you")
    assert f'value="{saved.pk}"' in client.get(page_of(reply)).content.decode()
    page = client.post(page_of(reply, "answer"), {"saved": saved.pk}).content.decode()
    assert "We will call you on the next working day." in page
    assert not Message.objects.exists()


@pytest.mark.parametrize("chosen", ["", "0", "-1", "999999", "call", "1 OR 1"])
def test_a_saved_answer_that_is_none_is_no_answer(signed_in, patient, chosen):
    page = signed_in("staff").post(page_of(reply_of(patient), "answer"), {"saved": chosen}).content.decode()
    assert "This text goes to" not in page


def test_a_saved_answer_out_of_use_is_not_offered(signed_in, patient):
    SavedAnswer.objects.filter(title="Thank you").update(retired_at=clock.now())
    page = signed_in("staff").get(page_of(reply_of(patient))).content.decode()
    assert "Who is writing" in page
    assert ">Thank you<" not in page


ANSWERS = reverse("admin:outreach_savedanswer_changelist")
NEW_ANSWER = reverse("admin:outreach_savedanswer_add")


def typed(**values) -> dict:
    return {"title": "Where we are", "text": "We are on Main Street.", "place": 5, "in_use": "on"} | values


def test_leaders_write_saved_answers_in_plain_letters(signed_in):
    signed_in("provider").post(NEW_ANSWER, typed(text="We’re on Main Street.\r\nCome in."))
    answer = SavedAnswer.objects.get(title="Where we are")
    assert answer.text == "We're on Main Street.\nCome in."
    assert SavedAnswer.objects.in_use().first() == answer


@pytest.mark.parametrize(
    "text", ["Your lab results are in.", "About your diabetes", "Medicare pays for it", "Hello {doctor}", "", "x" * 321]
)
def test_a_saved_answer_about_health_or_with_braces_is_refused(signed_in, text):
    page = signed_in("provider").post(NEW_ANSWER, typed(text=text))
    assert "errorlist" in page.content.decode()
    assert not SavedAnswer.objects.filter(title="Where we are").exists()


def test_a_saved_answer_is_taken_out_of_use_and_never_deleted(signed_in):
    client, answer = signed_in("administrator"), SavedAnswer.objects.first()
    url = reverse("admin:outreach_savedanswer_change", args=[answer.pk])
    client.post(url, {"title": answer.title, "text": answer.text, "place": 1})
    answer.refresh_from_db()
    assert answer.retired_at
    assert client.post(reverse("admin:outreach_savedanswer_delete", args=[answer.pk])).status_code == 403


@pytest.mark.parametrize(
    ("role", "may"), [("administrator", True), ("provider", True), ("staff", False), ("read_only", False)]
)
def test_who_may_write_saved_answers(signed_in, role, may):
    client, answer = signed_in(role), SavedAnswer.objects.first()
    assert answer.text in client.get(ANSWERS).content.decode()
    client.post(NEW_ANSWER, typed())
    client.post(reverse("admin:outreach_savedanswer_change", args=[answer.pk]), typed(title="Changed"))
    assert SavedAnswer.objects.filter(title="Where we are").exists() == may
    assert SavedAnswer.objects.filter(title="Changed").exists() == may
    if not may:
        url = reverse("admin:outreach_savedanswer_change", args=[answer.pk])
        assert "In use" in client.get(url).content.decode()


@pytest.mark.parametrize("text", ["", "   ", "x" * 641])
def test_an_empty_or_overlong_answer_is_refused(signed_in, patient, text):
    signed_in("staff").post(page_of(reply_of(patient), "answer"), {"text": text, "checked": text})
    assert not Message.objects.exists()


def test_a_stopped_number_cannot_be_answered(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    replies.suppress({NUMBER}, reason="stop", since=clock.now())
    client.post(page_of(reply, "answer"), {"text": "Hello", "checked": "Hello"})
    assert not Message.objects.exists()
    page = client.get(page_of(reply)).content.decode()
    assert "cannot be answered by text. Phone instead." in page


def test_a_shared_number_offers_the_people_on_it(signed_in, patient):
    other = new_patient("1002", "Ben", "Testwood")
    new_patient("1003", "Cara", "Elsewhere", number="+12055550199")
    page = signed_in("staff").get(page_of(reply_of(None))).content.decode()
    assert f'value="{patient.pk}"' in page
    assert f'value="{other.pk}"' in page
    assert "Elsewhere" not in page


def test_staff_say_who_wrote(signed_in, patient):
    new_patient("1002", "Ben", "Testwood")
    reply = reply_of(None)
    signed_in("staff").post(page_of(reply, "choose"), {"patient": patient.pk})
    reply.refresh_from_db()
    assert reply.patient == patient


def test_somebody_without_the_number_cannot_have_written(signed_in, patient):
    stranger = new_patient("1003", "Cara", "Elsewhere", number="+12055550199")
    reply = reply_of(None)
    signed_in("staff").post(page_of(reply, "choose"), {"patient": stranger.pk})
    reply.refresh_from_db()
    assert reply.patient is None


def test_a_stop_is_written_to_the_ledger_once_it_is_known_whose_it_is(signed_in, patient):
    reply, client = reply_of(None, "STOP", "opt_out"), signed_in("staff")
    client.post(page_of(reply, "choose"), {"patient": patient.pk})
    client.post(page_of(reply, "choose"), {"patient": patient.pk})
    event = ConsentEvent.objects.get()
    assert (event.patient, event.kind, event.decision) == (patient, "texting", "revoked")


def test_a_stop_shows_what_was_stopped(signed_in, patient):
    reply = reply_of(patient, "STOP", "opt_out", state="closed", closed_at=clock.now())
    replies.suppress({NUMBER, "+12055550177"}, reason="stop", since=reply.received_at, reply=reply)
    page = signed_in("read_only").get(page_of(reply)).content.decode()
    assert "Texting is stopped" in page
    assert "(205) 555-0177" in page


def test_a_reply_is_closed_and_opened_again(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    client.post(page_of(reply, "close"))
    reply.refresh_from_db()
    assert reply.state == "closed"
    assert reply.closed_by.username == "test-staff"
    client.post(page_of(reply, "reopen"))
    reply.refresh_from_db()
    assert (reply.state, reply.closed_at) == ("needs_answer", None)


def test_staff_stop_a_number_from_its_reply_after_a_confirm_page(signed_in, patient):
    reply, client = reply_of(patient), signed_in("staff")
    assert "will get no more texts" in client.get(page_of(reply, "stop")).content.decode()
    assert not Suppression.objects.exists()
    client.post(page_of(reply, "stop"))
    stop = Suppression.objects.get()
    assert (stop.phone, stop.reason, stop.set_by.username) == (NUMBER, "staff", "test-staff")


def test_a_stop_that_staff_read_in_a_reply_counts_for_every_number(signed_in, patient):
    Phone.objects.create(patient=patient, e164="+12055550199", label="home")
    reply, client = reply_of(patient, "Enough of you people"), signed_in("staff")
    client.post(page_of(reply, "stop"), {"asked": "1"})
    stops = Suppression.objects.order_by("phone")
    assert [(stop.phone, stop.reason, stop.channel) for stop in stops] == [
        (NUMBER, "stop", "text"), ("+12055550199", "stop", "text")
    ]  # fmt: skip
    assert stops[0].reply == reply
    line = ConsentEvent.objects.get()
    assert (line.decision, line.method, line.recorded_by.username) == ("revoked", "text", "test-staff")


@pytest.mark.parametrize("name", ["answer", "choose", "close", "reopen", "stop"])
def test_those_who_only_read_cannot_act_on_a_reply(signed_in, patient, name):
    reply, client = reply_of(patient), signed_in("read_only")
    assert client.post(page_of(reply, name), {"text": "x", "checked": "x"}).status_code == 403
    assert page_of(reply, name) not in client.get(page_of(reply)).content.decode()


@pytest.mark.parametrize("role", ["administrator", "provider", "staff"])
def test_the_care_team_may_close(signed_in, patient, role):
    reply = reply_of(patient)
    signed_in(role).post(page_of(reply, "close"))
    reply.refresh_from_db()
    assert reply.state == "closed"


def test_replies_are_neither_made_nor_deleted_by_hand(signed_in, patient):
    reply, client = reply_of(patient), signed_in("administrator")
    assert client.get(reverse("admin:outreach_reply_add")).status_code == 403
    assert client.post(reverse("admin:outreach_reply_delete", args=[reply.pk])).status_code == 403


def test_the_stop_list_shows_number_reason_and_words(signed_in, patient):
    reply = reply_of(patient, "please stop", "opt_out")
    replies.suppress({NUMBER}, reason="stop", since=reply.received_at, reply=reply)
    page = signed_in("read_only").get(STOPS).content.decode()
    for words in ("(205) 555-0123", "Asked to stop", "please stop", "In force"):
        assert words in page


def test_the_stop_list_asks_few_queries(signed_in, django_assert_max_num_queries):
    replies.suppress({f"+1205555{n:04}" for n in range(30)}, reason="staff", since=clock.now())
    client = signed_in("administrator")
    with django_assert_max_num_queries(20):
        client.get(STOPS)


@pytest.mark.parametrize("typed", ["205-555-0123", "(205) 555 0123", "+1 205 555 0123"])
def test_staff_add_a_number_as_they_write_it(signed_in, typed):
    signed_in("staff").post(reverse("admin:outreach_suppression_add"), {"number": typed})
    assert Suppression.objects.get().phone == NUMBER


@pytest.mark.parametrize("typed", ["", "555-0123", "not a number", "205-555-01234"])
def test_what_is_no_number_is_not_added(signed_in, typed):
    page = signed_in("staff").post(reverse("admin:outreach_suppression_add"), {"number": typed})
    assert "errorlist" in page.content.decode()
    assert not Suppression.objects.exists()


def test_who_told_staff_to_stop_is_stopped_on_every_number(signed_in, patient):
    Phone.objects.create(patient=patient, e164="+12055550199", label="home")
    form = {"number": "205-555-0123", "channel": "phone", "said_at": "2026-01-05T09:30", "words": "No more texts"}
    signed_in("staff").post(reverse("admin:outreach_suppression_add"), form)
    stops = Suppression.objects.order_by("phone")
    assert [(stop.phone, stop.reason, stop.channel, stop.words) for stop in stops] == [
        (NUMBER, "stop", "phone", "No more texts"), ("+12055550199", "stop", "phone", "No more texts")
    ]  # fmt: skip
    assert f"{stops[0].since.astimezone(UTC):%Y-%m-%d %H:%M}" == "2026-01-05 15:30"  # 9:30 in Alabama


@pytest.mark.parametrize("wrong", [{"said_at": "2999-01-01T10:00"}, {"said_at": "soon"}, {"channel": "pigeon"}])
def test_nonsense_about_a_stop_is_refused(signed_in, wrong):
    page = signed_in("staff").post(reverse("admin:outreach_suppression_add"), {"number": "205-555-0123", **wrong})
    assert "errorlist" in page.content.decode()
    assert not Suppression.objects.exists()


def stop_of(number: str = NUMBER) -> Suppression:
    replies.suppress({number}, reason="stop", since=clock.now())
    return Suppression.objects.get()


def test_texts_are_allowed_again_only_with_a_reason(signed_in):
    stop, client = stop_of(), signed_in("provider")
    url = reverse("admin:outreach_suppression_lift", args=[stop.pk])
    client.post(url, {"because": " "})
    assert replies.is_stopped(NUMBER)
    client.post(url, {"because": "The patient called and asked for texts."})
    assert not replies.is_stopped(NUMBER)
    stop.refresh_from_db()
    assert stop.lifted_because == "The patient called and asked for texts."


def test_allowing_texts_twice_does_no_harm(signed_in):
    stop, client = stop_of(), signed_in("provider")
    url = reverse("admin:outreach_suppression_lift", args=[stop.pk])
    client.post(url, {"because": "Asked."})
    assert client.post(url, {"because": "Again."}).status_code == 302
    stop.refresh_from_db()
    assert stop.lifted_because == "Asked."


@pytest.mark.parametrize(
    ("role", "add", "lift"),
    [("administrator", 200, 200), ("provider", 200, 200), ("staff", 200, 403), ("read_only", 403, 403)],
)
def test_who_may_stop_a_number_and_who_may_allow_it_again(signed_in, role, add, lift):
    stop, client = stop_of(), signed_in(role)
    lifting = reverse("admin:outreach_suppression_lift", args=[stop.pk])
    assert client.get(reverse("admin:outreach_suppression_add")).status_code == add
    assert client.get(lifting).status_code == lift
    assert ("Allow texts again" in client.get(STOPS).content.decode()) == (lift == 200)
