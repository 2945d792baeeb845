"""What keeps a copy, a restored database or a clock that ran back from sending, and the power-cut report."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from explorer.lib import clock
from explorer.lib.home import home
from outreach import line
from outreach.actions import arming, interruptions, launching, sending
from outreach.models import Campaign, Interruption, LineState, Message
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce
from tests.outreach import made


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


@pytest.fixture
def campaign(monday) -> Campaign:
    for _ in range(3):
        made.reachable()
    campaign = made.draft(cohort="matched", days=(0, 3))
    launching.launch(campaign, by=None, override="to test the locks")
    return campaign


def client(running) -> Spruce:
    return Spruce(running.url, running.token, timeout=(2, 1))


def send(running, **options) -> sending.Report:
    return sending.send_due(client(running), **options)


def locked() -> str:
    return LineState.objects.get(pk=1).disarmed_why


def test_a_copy_of_the_data_folder_sends_nothing(spruce, campaign):
    send(spruce, most=1)
    LineState.objects.update(place="another PC or folder")
    with pytest.raises(arming.Disarmed, match="copied"):
        send(spruce)
    assert len(spruce.texts()) == 1
    assert "copied" in locked()


def test_a_database_older_than_what_this_pc_sent_sends_nothing(spruce, campaign):
    fence = LineState.objects.get(pk=1).fence
    send(spruce, most=1)
    send(spruce, most=1)
    LineState.objects.update(fence=fence)
    with pytest.raises(arming.Disarmed, match="older"):
        send(spruce)
    assert len(spruce.texts()) == 2


def test_a_clock_that_ran_back_stops_sending(spruce, campaign, monday):
    send(spruce, most=1)
    monday(-3)
    with pytest.raises(arming.Disarmed, match="ran back by 3 days"):
        send(spruce)


def test_a_set_clock_that_begins_again_with_each_process_is_no_such_thing(spruce, campaign, monday):
    send(spruce, most=1)
    monday(-1 / 24)
    Message.objects.update(due_at=clock.now())
    send(spruce, most=1)
    assert len(spruce.texts()) == 2


def test_while_locked_even_a_claim_under_way_is_refused(spruce, campaign, monday):
    """The lock is one of the gate's own questions."""
    arming.disarm("Somebody restored a backup.")
    LineState.objects.update(polled_at=clock.now())
    with line.hold() as right:
        claimed = sending.claim(list(Message.objects.values_list("pk", flat=True)), right)
    assert (claimed.messages, claimed.waiting_for) == ([], "Texting is locked until a person has compared this PC with Spruce.")  # fmt: skip # noqa: E501


def test_unlocking_takes_a_comparison_first(spruce, campaign, user):
    arming.disarm("Somebody restored a backup.")
    with pytest.raises(ValidationError, match="Compare with Spruce first"):
        arming.arm(by=user("administrator"))
    assert locked()


def test_texts_the_restored_database_does_not_know_of_are_not_sent_again(spruce, campaign, user, monday):
    """As after the restore of a backup that was made right after the launch."""
    send(spruce, until_idle=True)
    sent_before = len(spruce.texts())
    monday(3)
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == sent_before + 3
    reminders = Message.objects.filter(step__day=3)
    for each in reminders:
        each.patients.clear()
    reminders.delete()
    forgotten = {
        "state": "planned", "key": "", "text": "", "line_id": "", "request_id": "", "item_id": "", "attempts": 0,
        "accepted_at": None, "confirmed_at": None, "first_attempt_at": None, "claimed_at": None,
    }  # fmt: skip
    Message.objects.update(**forgotten)
    arming.disarm(arming.OLDER)
    found = arming.reconcile(client(spruce))
    assert found.startswith("6 texts found in Spruce")
    arming.arm(by=user("administrator"))
    send(spruce, until_idle=True)
    assert len(spruce.texts()) == sent_before + 3
    assert set(Message.objects.values_list("state", flat=True)) == {"confirmed"}
    assert Message.objects.filter(step__day=3).count() == 3
    assert all(message.patients.exists() for message in Message.objects.all())


def test_a_comparison_reads_a_stop_that_the_backup_did_not_know(spruce, campaign, user):
    send(spruce, most=1)
    number = Message.objects.filter(state="planned").order_by("pk").last().phone
    spruce.receive(number, "Please stop")
    arming.disarm(arming.COPIED)
    arming.reconcile(client(spruce))
    arming.arm(by=user("administrator"))
    send(spruce, until_idle=True)
    assert spruce.accepted()[number] == 0


def test_an_unclean_end_is_told_with_what_became_of_its_texts(spruce, campaign):
    spruce.troubles.add(Trouble("drop_after", path=SEND, nth=1))
    send(spruce, most=1)
    LineState.objects.update(sender="this-pc|1|1.0", sender_until=clock.now() - timedelta(seconds=1))
    send(spruce, until_idle=True)
    told = Interruption.objects.get()
    fates = told.fates()
    assert (told.confirmed, told.waiting, fates["under_way"]) == (0, 2, 1)
    assert (fates["found"], fates["sent"], fates["repeated"], fates["open"]) == (1, 0, 0, 0)


def test_a_text_that_had_not_left_is_told_as_sent_with_the_same_key(spruce, campaign):
    spruce.troubles.add(Trouble("drop_before", path=SEND, nth=1))
    send(spruce, most=1)
    LineState.objects.update(sender="this-pc|1|1.0", sender_until=clock.now() - timedelta(seconds=1))
    send(spruce, until_idle=True)
    fates = Interruption.objects.get().fates()
    assert (fates["found"], fates["sent"], fates["repeated"]) == (0, 1, 0)


def test_a_clean_end_is_not_told(spruce, campaign):
    send(spruce, most=1)
    send(spruce, until_idle=True)
    assert not Interruption.objects.exists()


def test_a_lost_right_ends_the_run_before_the_next_claim(spruce, campaign):
    with line.hold() as right:
        LineState.objects.update(fence=right.fence + 1, sender="woken-laptop|1|1.0")
        with pytest.raises(line.Elsewhere):
            sending.claim(list(Message.objects.values_list("pk", flat=True)), right)
    assert set(Message.objects.values_list("state", flat=True)) == {"planned"}


PAGE = reverse("admin:outreach_linestate_changelist")


@pytest.mark.parametrize(
    ("role", "status"), [("administrator", 302), ("provider", 403), ("staff", 403), ("read_only", 403)]
)
def test_only_administrators_compare_and_unlock(role, status, signed_in):
    arming.disarm(arming.COPIED)
    browser = signed_in(role)
    assert b"Texting is locked" in browser.get(PAGE).content
    assert browser.post(f"{PAGE}compare/").status_code == status
    assert browser.post(f"{PAGE}unlock/").status_code == status
    assert locked()


def test_an_administrator_unlocks_after_the_comparison(signed_in):
    arming.disarm(arming.COPIED)
    LineState.objects.update(reconciled_at=clock.now(), reconciled="0 texts found.")
    browser = signed_in("administrator")
    assert b"Texting is unlocked" in browser.post(f"{PAGE}unlock/", follow=True).content
    assert not locked()


def test_staff_mark_a_report_as_seen_and_readers_do_not(signed_in, client, spruce, campaign):
    told = Interruption.objects.create(last_seen_at=clock.now(), confirmed=30, waiting=19)
    url = f"{PAGE}seen/{told.pk}/"
    staff = signed_in("staff")
    home_page = staff.get(reverse("admin:index")).content.decode()
    assert "Sent twice: 0." in home_page
    staff.post(url)
    told.refresh_from_db()
    assert told.seen_by is not None
    assert "Sent twice" not in staff.get(reverse("admin:index")).content.decode()
    interruptions.mark_seen(told, by=told.seen_by)


def test_the_mark_beside_the_database_is_only_a_number(spruce, campaign):
    send(spruce, most=1)
    assert (home() / "sender").read_text() == str(LineState.objects.get(pk=1).fence)
