"""The proof of stops: every figure comes from the rows, and nothing can be made up or hidden."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import stop_proof
from outreach.actions import polling, replies, sending
from outreach.models import Message, Reply, ScheduledWithdrawal, Suppression
from outreach.simulator import Limits, Troubles, serve
from outreach.spruce import Spruce
from patients.models import Phone
from tests.makers import patient
from tests.outreach import made
from tests.outreach.test_stops import schedule

NUMBER, OTHER = "+12055550123", "+12055550199"
PAGE = reverse("admin:outreach_suppression_proof")
FILE = reverse("admin:outreach_suppression_proof_file")
SAID = datetime(2026, 12, 7, 16, tzinfo=UTC)  # a Monday, 10:00 in Alabama


def proofs() -> list[stop_proof.Proof]:
    return stop_proof.proofs(Practice.current())


def stop(number=NUMBER, reason="stop", said=SAID, took=timedelta(seconds=40), **told) -> Suppression:
    made_one = replies.suppress({number}, reason=reason, since=said, **told)[0]
    Suppression.objects.filter(pk=made_one.pk).update(effective_at=said + took)
    made_one.refresh_from_db()
    return made_one


def reply(text="STOP", number=NUMBER) -> Reply:
    return Reply.objects.create(
        item_id=f"ti_{Reply.objects.count()}", conversation_id="t", phone=number, text=text, received_at=SAID,
        seen_at=SAID + timedelta(seconds=39),
    )  # fmt: skip


def sent(number=NUMBER, at=SAID + timedelta(hours=1), state="confirmed", kind="answer", **values) -> Message:
    text = Message.objects.create(kind=kind, phone=number, **values)
    return made.attempted(text, state, first_attempt_at=at)


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


def test_a_stop_through_the_wire_is_proven_from_end_to_end(spruce, monday):
    Practice.objects.update(confirm_stops=True)
    asked = made.reachable(phone=NUMBER)
    Phone.objects.create(patient=asked, e164=OTHER, label="home")
    campaign = made.launched()
    schedule(spruce, OTHER)
    spruce.receive(NUMBER, "Stop")
    client = Spruce(spruce.url, spruce.token, timeout=(2, 1))
    sending.send_due(client, until_idle=True)
    (proof,) = proofs()
    assert (proof.channel, proof.words, proof.numbers) == ("Text reply", "Stop", (NUMBER, OTHER))
    assert (proof.texts_withdrawn, proof.scheduled_withdrawn, proof.schedule) == (1, 1, "")
    assert (proof.confirmation, proof.sent_after, proof.business_days, proof.in_time) == ("Once", 0, 0, True)
    assert proof.said_at <= proof.seen_at <= proof.effective_at
    assert campaign.messages.get().state == "skipped"
    assert [text.number for text in spruce.texts()].count(NUMBER) == 1


def test_a_text_after_a_stop_is_shown_and_not_hidden():
    """It cannot happen; were it to, the proof must say so."""
    stop()
    sent()
    assert [proof.sent_after for proof in proofs()] == [1]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ({"at": SAID + timedelta(seconds=39)}, 0),
        ({"at": SAID + timedelta(seconds=41)}, 1),
        ({"state": "sending"}, 1),
        ({"state": "uncertain"}, 1),
        ({"state": "failed"}, 0),
        ({"number": OTHER}, 0),
    ],
)
def test_which_texts_count_as_sent_after_a_stop(text, counts):
    stop()
    sent(**text)
    assert proofs()[0].sent_after == counts


def test_the_confirmation_is_no_text_after_the_stop():
    sent(kind="confirm", confirms=stop())
    assert (proofs()[0].sent_after, proofs()[0].confirmation) == (0, "Once")


def test_a_text_that_was_never_sent_confirms_nothing():
    Message.objects.create(kind="confirm", phone=NUMBER, confirms=stop(), state="skipped")
    assert proofs()[0].confirmation == "Never"


def test_texts_after_they_were_allowed_again_are_no_fault(user):
    lifted = stop()
    replies.lift(lifted, by=user("provider"), because="She asked again.")
    sent(at=clock.now() + timedelta(minutes=1))
    (proof,) = proofs()
    assert proof.sent_after == 0
    assert [(each.number, each.by, each.because) for each in proof.lifted] == [
        (NUMBER, "test-provider", "She asked again.")
    ]


def test_one_line_for_each_time_somebody_asked():
    one = reply()
    for number in (NUMBER, OTHER):
        stop(number, reply=one)
    stop("+12055550177", channel="letter", words="No texts.", reason="staff")
    found = {proof.channel: proof for proof in proofs()}
    assert {channel: len(proof.numbers) for channel, proof in found.items()} == {
        "Text reply": 2,
        "By letter or form": 1,
    }
    assert found["By letter or form"].words == "No texts."


@pytest.mark.parametrize("sharers", [1, 2])
def test_what_one_owner_told_staff_is_one_line_for_all_the_numbers(sharers, user):
    for n in range(sharers):
        owner = patient(mrn=str(n), phone=NUMBER)
        Phone.objects.create(patient=owner, e164=OTHER, label="home")
    replies.stop_as_told(NUMBER, channel="phone", since=SAID, words="Please no texts", by=user("staff"))
    (proof,) = proofs()
    assert (proof.channel, proof.words, proof.numbers) == ("By phone", "Please no texts", (NUMBER, OTHER))
    assert proof.recorded_by == "test-staff"
    assert replies.stop_as_recorded() == 0


def test_wrong_numbers_and_deaths_are_no_stops():
    stop(reason="wrong_number")
    stop(OTHER, reason="deceased")
    assert proofs() == []


def test_spruces_clock_ahead_of_ours_makes_no_negative_time():
    stop(took=timedelta(seconds=-3))
    assert proofs()[0].took == timedelta()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("claimed", "being withdrawn"), ("refused", "1 to delete by hand in Spruce"), ("gone", ""), ("withdrawn", "")],
)
def test_what_is_still_to_do_in_spruce_is_told(outcome, words):
    found = stop()
    Suppression.objects.update(scheduled_looked_at=clock.now())
    ended = None if outcome == "claimed" else clock.now()
    ScheduledWithdrawal.objects.create(
        scheduled_id="scm_1", suppression=found, send_at=SAID, outcome=outcome, ended_at=ended
    )
    assert (proofs()[0].schedule, proofs()[0].scheduled_withdrawn) == (words, int(outcome == "withdrawn"))


def test_a_schedule_that_nobody_could_look_up_is_told():
    stop()
    assert proofs()[0].schedule == "not looked up yet"


@pytest.mark.parametrize(
    ("said", "effective", "days"),
    [
        (date(2026, 12, 7), date(2026, 12, 7), 0),
        (date(2026, 12, 7), date(2026, 12, 8), 1),
        (date(2026, 12, 4), date(2026, 12, 7), 1),  # over a weekend
        (date(2026, 12, 24), date(2026, 12, 28), 1),  # over Christmas
        (date(2026, 12, 7), date(2026, 12, 21), 10),
        (date(2026, 12, 7), date(2026, 12, 5), 0),
        (date(2026, 12, 31), date(2027, 1, 4), 1),
    ],
)
def test_business_days_leave_out_weekends_and_holidays(said, effective, days):
    assert stop_proof.business_days(said, effective, "AL") == days


def test_a_stop_honoured_too_late_is_counted(signed_in):
    stop(took=timedelta(days=16))
    assert proofs()[0].in_time is False
    assert "<b>1</b>later than 10 business days" in signed_in("staff").get(PAGE).content.decode()


def test_the_page_shows_a_plain_nought(signed_in):
    stop(reply=reply("<i>Stop</i>"))
    page = signed_in("read_only").get(PAGE).content.decode()
    assert "<b>0</b>texts sent after a stop" in page
    assert "&lt;i&gt;Stop&lt;/i&gt;" in page
    assert "A text went out after a stop" not in page


def test_the_page_warns_when_it_is_not_nought(signed_in):
    stop()
    sent()
    assert "A text went out after a stop" in signed_in("staff").get(PAGE).content.decode()


def test_before_anybody_asked_the_page_says_so(signed_in):
    assert "Nobody has asked to stop so far." in signed_in("staff").get(PAGE).content.decode()


def test_the_list_of_numbers_leads_to_the_proof(signed_in):
    assert PAGE in signed_in("staff").get(reverse("admin:outreach_suppression_changelist")).content.decode()


def test_few_questions_to_the_database_however_many_have_asked(signed_in, django_assert_max_num_queries):
    for n in range(40):
        stop(f"+1205555{n:04}", reply=reply(number=f"+1205555{n:04}"))
    client = signed_in("staff")
    with django_assert_max_num_queries(16):
        assert "Page 1 of 2" in client.get(PAGE).content.decode()


def exported(client) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(FILE).content.decode("utf-8-sig"))))


def test_the_file_holds_every_figure_and_no_formula(signed_in):
    stop(reply=reply('=HYPERLINK("http://example.com") stop'))
    (heading, row) = exported(signed_in("provider"))
    found = dict(zip(heading, row, strict=True))
    assert found["words"] == '\'=HYPERLINK("http://example.com") stop'
    assert (found["texts_sent_after"], found["seconds_to_effect"], found["numbers"]) == ("0", "40", NUMBER)
    assert (found["said_at"], found["effective_at"]) == ("2026-12-07T10:00:00-06:00", "2026-12-07T10:00:40-06:00")
    assert (found["confirmation"], found["business_days"], found["business_days_allowed"]) == ("None", "0", "10")


def test_an_export_is_in_the_audit_log(signed_in):
    stop()
    exported(signed_in("provider"))
    entry = LogEntry.objects.latest("pk")
    assert entry.changes == {"exported": [None, "1 rows: the proof of stops"]}
    assert entry.actor.username == "test-provider"


@pytest.mark.parametrize(
    ("role", "file"), [("administrator", 200), ("provider", 200), ("staff", 403), ("read_only", 403)]
)
def test_everybody_may_look_and_leaders_may_export(signed_in, role, file):
    stop()
    client = signed_in(role)
    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE).status_code == 403
    assert client.get(FILE).status_code == file
    assert (FILE in client.get(PAGE).content.decode()) == (file == 200)


def test_polling_twice_changes_no_line(spruce):
    spruce.receive(NUMBER, "STOP")
    patient(phone=NUMBER)
    client = Spruce(spruce.url, spruce.token, timeout=(2, 1))
    polling.poll(client)
    before = proofs()
    polling.poll(client)
    assert proofs() == before
