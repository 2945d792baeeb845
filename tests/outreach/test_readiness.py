"""What makes a campaign ready, what voids it again, and what a launch keeps of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from consent.models import Response
from explorer.lib import clock
from explorer.lib.models import Backup, Practice
from explorer.models import User
from outreach import go, go_facts, planning
from outreach.actions import campaigns, launching, polling, readiness, sending
from outreach.models import (
    Agreement,
    Approval,
    Campaign,
    CampaignStep,
    GoDecision,
    LineState,
    Message,
    PhoneTest,
    Reply,
    Suppression,
    TextTemplate,
)
from outreach.simulator import SEND, Limits, Trouble, Troubles, serve
from outreach.spruce import Spruce
from tests import makers
from tests.conftest import FORM_SAMPLE_URL
from tests.outreach import made

PHONE = "(303) 555-0142"
E164 = "+13035550142"
GOOD = "{practice}: our office is moving: {link} Call {phone}. Reply STOP to opt out."


def criteria(campaign: Campaign) -> dict[str, str]:
    return {each.id: each.state for each in go_facts.criteria(campaign, Practice.current())}


def red(campaign: Campaign) -> set[str]:
    return {id for id, state in criteria(campaign).items() if state == "red"}


def state_of(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).state


def many_reachable(count: int = go.TRIAL + 1) -> None:
    for number in range(count):
        made.reachable("Ann", f"Miller{number}")


# the launch


def test_a_draft_with_nothing_proven_is_red_all_over_and_cannot_be_launched():
    many_reachable()
    campaign = made.draft()
    assert red(campaign) == {
        "words", "own_phone", "form_link", "five_patients", "monitoring", "backup", "baa_spruce", "tendlc",
    }  # fmt: skip
    with pytest.raises(launching.CannotLaunch, match="No backup is on record"):
        launching.launch(campaign, by=None)
    assert (state_of(campaign), Message.objects.count(), GoDecision.objects.count()) == ("draft", 0, 0)


def test_a_ready_draft_is_launched_and_what_was_green_is_kept(user):
    many_reachable()
    campaign = made.draft()
    makers.ready(campaign, whole_ways=5)
    nurse = user("staff")
    assert launching.launch(campaign, by=nurse) == 6
    decision = GoDecision.objects.get()
    assert (decision.campaign, decision.made_by, decision.launched, decision.override) == (campaign, nurse, True, "")
    assert {row["id"]: row["state"] for row in decision.criteria}["five_patients"] == "green"
    assert decision.red == []
    assert decision.fingerprint == go_facts.fingerprint(decision.parts)
    assert Campaign.objects.get(pk=campaign.pk).override == ""


def test_one_changed_character_in_a_text_and_the_launch_is_refused(user):
    made.reachable()
    campaign = made.ready_draft()
    assert red(campaign) == set()
    step = campaign.steps.get(day=7)
    campaigns.rewrite(step, body=step.body.replace("our office", "our 0ffice"), by=user("staff"))
    assert red(campaign) == {"words", "own_phone"}
    with pytest.raises(launching.CannotLaunch, match="Not approved in these words: Day 7"):
        launching.launch(campaign, by=None)
    campaigns.rewrite(step, body=TextTemplate.objects.get(day=7).body, by=user("provider"))
    assert red(campaign) == set(), "the old words are still proven"


@pytest.mark.parametrize(
    ("change", "voided"),
    [
        ({"phone": "205-555-0101"}, {"own_phone", "five_patients"}),
        ({"name": "Home Team Medicine"}, {"own_phone", "five_patients"}),
        (
            {"form_sample_url": FORM_SAMPLE_URL.replace("r3f0c8a51d7e9", "r4f0c8a51d7e9")},
            {"own_phone", "five_patients", "form_link"},
        ),
        ({"texting_basis": "unknown"}, {"phones"}),
        ({"texting_start": "10:00"}, set()),
    ],
)
def test_what_stands_in_a_text_voids_its_proofs(change, voided):
    many_reachable()
    campaign = made.draft()
    makers.ready(campaign, whole_ways=5)
    assert red(campaign) == set()
    Practice.objects.update(**change)
    assert red(campaign) >= voided
    assert ("own_phone" in red(campaign)) == ("own_phone" in voided)


def test_another_line_voids_the_tests():
    made.reachable()
    campaign = made.ready_draft()
    LineState.objects.update(line_id="line_2")
    assert red(campaign) == {"own_phone", "form_link"}


def test_the_trial_needs_no_trial():
    made.reachable()
    campaign = made.ready_draft()
    assert criteria(campaign)["five_patients"] == "amber"
    assert launching.launch(campaign, by=None) == 1


def test_the_sixth_text_makes_a_trial_a_campaign_that_needs_one():
    many_reachable(go.TRIAL)
    campaign = made.ready_draft()
    assert red(campaign) == set()
    made.reachable("Late", "Comer")
    with pytest.raises(launching.CannotLaunch, match="0 patients got these words"):
        launching.launch(campaign, by=None)


def test_the_shell_overrides_with_any_reason_and_what_was_red_is_kept():
    made.reachable()
    campaign = made.draft()
    launching.launch(campaign, by=None, override=" why not ")
    decision = GoDecision.objects.get()
    assert (decision.override, decision.made_by) == ("why not", None)
    assert {"words", "own_phone", "backup"} <= {row["id"] for row in decision.red}
    assert Campaign.objects.get().override == "why not"


@pytest.mark.parametrize(
    ("role", "reason", "expected"),
    [
        ("administrator", "Fifteen letters", "running"),
        ("administrator", "Fourteen let.", "draft"),
        ("administrator", "      .        ", "draft"),
        ("provider", "A very good reason indeed.", "draft"),
        ("staff", "A very good reason indeed.", "draft"),
    ],
)
def test_a_person_overrides_with_the_right_and_a_reason_of_some_length(role, reason, expected, user):
    made.reachable()
    campaign = made.draft()
    person = user(role)
    if expected == "draft":
        with pytest.raises(launching.CannotLaunch):
            launching.launch(campaign, by=person, override=reason)
    else:
        launching.launch(campaign, by=person, override=reason)
    assert state_of(campaign) == expected


def test_an_override_where_nothing_is_red_is_none():
    made.reachable()
    campaign = made.ready_draft()
    launching.launch(campaign, by=None, override="Just in case.")
    assert (GoDecision.objects.get().override, Campaign.objects.get(pk=campaign.pk).override) == ("", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"texting_stopped_at": "2026-01-01T00:00Z"}, "Texting is stopped"),
        ({"form_sample_url": ""}, "sample link cannot be used"),
    ],
)
def test_what_is_impossible_is_never_overridden(change, words, user):
    made.reachable()
    campaign = made.ready_draft()
    Practice.objects.update(**change)
    for person in (None, user("administrator")):
        with pytest.raises(launching.CannotLaunch, match=words):
            launching.launch(campaign, by=person, override="A very good reason indeed.")
    assert state_of(campaign) == "draft"


def test_without_anybody_to_text_an_override_is_refused():
    campaign = made.ready_draft()
    with pytest.raises(launching.CannotLaunch, match="nobody to text"):
        launching.launch(campaign, by=None, override="A very good reason indeed.")


def test_a_campaign_has_one_launch_on_record():
    made.reachable()
    campaign = made.launched()
    with pytest.raises(IntegrityError), transaction.atomic():
        GoDecision.objects.create(campaign=campaign, launched=True, fingerprint="0")


def test_a_go_of_a_person_tells_what_has_changed_since(user):
    made.reachable()
    campaign = made.ready_draft()
    decision = readiness.say_go(campaign, by=user("staff"))
    assert decision.parts == go_facts.parts(campaign, Practice.current())
    CampaignStep.objects.filter(campaign=campaign, day=0).update(body=GOOD)
    Campaign.objects.update(limit=7)
    now = go_facts.parts(Campaign.objects.get(), Practice.current())
    assert {part for part in now if now[part] != decision.parts[part]} == {"the words", "who is asked"}
    assert go_facts.fingerprint(now) != decision.fingerprint


# words


def test_nobody_approves_their_own_words(user):
    doctor, other = user("provider"), user("administrator")
    step = made.draft().steps.get(day=0)
    campaigns.rewrite(step, body=GOOD, by=doctor)
    with pytest.raises(ValidationError, match="somebody else must approve"):
        readiness.approve(step, seen=go.words_hash(GOOD), by=doctor)
    readiness.approve(step, seen=go.words_hash(GOOD), by=other)
    assert go_facts.approval_for(step, go_facts.approvals_of([GOOD])).approved_by == other


def test_whoever_approved_words_and_then_writes_them_needs_somebody_else(user):
    doctor, other = user("provider"), user("administrator")
    campaign = made.draft()
    first, second = campaign.steps.get(day=0), campaign.steps.get(day=3)
    campaigns.rewrite(first, body=GOOD, by=other)
    readiness.approve(first, seen=go.words_hash(GOOD), by=doctor)
    campaigns.rewrite(second, body=GOOD, by=doctor)
    approvals = go_facts.approvals_of([GOOD])
    assert go_facts.approval_for(first, approvals)
    assert go_facts.approval_for(second, approvals) is None


def test_the_only_one_who_may_approves_alone_and_it_is_recorded_so(user):
    doctor = user("provider")
    user("staff")
    step = made.draft().steps.get(day=0)
    campaigns.rewrite(step, body=GOOD, by=doctor)
    approval = readiness.approve(step, seen=go.words_hash(GOOD), by=doctor)
    assert approval.alone
    assert go_facts.approval_for(step, go_facts.approvals_of([GOOD])) == approval
    user("administrator")
    assert go_facts.approval_for(step, go_facts.approvals_of([GOOD])) is None, "now somebody else may read it"


def test_words_changed_while_somebody_read_them_are_not_approved(user):
    step = made.draft().steps.get(day=0)
    seen = go.words_hash(step.body)
    campaigns.rewrite(step, body=GOOD, by=None)
    with pytest.raises(ValidationError, match="changed meanwhile"):
        readiness.approve(step, seen=seen, by=user("provider"))


def test_words_with_an_error_are_not_approved(user):
    step = made.draft().steps.get(day=0)
    campaigns.rewrite(step, body="FINAL notice {link}", by=None)
    with pytest.raises(ValidationError, match="Take out"):
        readiness.approve(step, seen=go.words_hash("FINAL notice {link}"), by=user("provider"))


def test_a_copied_template_keeps_its_approval_and_its_author(user):
    doctor, admin = user("provider"), user("administrator")
    template = TextTemplate.objects.get(day=0)
    TextTemplate.objects.filter(pk=template.pk).update(body=GOOD, author=doctor)
    template.refresh_from_db()
    readiness.approve(template, seen=go.words_hash(GOOD), by=admin)
    step = made.draft().steps.get(day=0)
    assert (step.body, step.author) == (GOOD, doctor)
    assert go_facts.approval_for(step, go_facts.approvals_of([step.body])).approved_by == admin


def test_saving_the_same_words_changes_no_author(user):
    step = made.draft().steps.get(day=0)
    campaigns.rewrite(step, body=f" {step.body} ", by=user("staff"))
    assert CampaignStep.objects.get(pk=step.pk).author is None


def test_the_database_refuses_an_authors_approval_that_is_not_marked(user):
    doctor = user("provider")
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(text_hash="0", body="Hello", author=doctor, approved_by=doctor)


# the own phone


@pytest.fixture
def spruce(tmp_path, monday, impatient):
    with serve(tmp_path / "spruce.sqlite3", limits=Limits(), troubles=Troubles(seed=1)) as running:
        yield running


def send(running) -> None:
    sending.send_due(Spruce(running.url, running.token, timeout=(2, 1)), until_idle=True)


def test_the_exact_words_go_to_the_staff_phone_and_count_once_their_owner_says_so(spruce, user):
    made.reachable()
    campaign, nurse = made.draft(days=(0, 3)), user("staff")
    tests = readiness.send_tests(campaign, phone=PHONE, by=nurse)
    assert len(tests) == 2
    send(spruce)
    wanted = {preview.text for preview in planning.preview(campaign, Practice.current())}
    assert {text.text for text in spruce.texts(E164)} == wanted
    assert set(Message.objects.values_list("kind", "state", "campaign")) == {("test", "confirmed", None)}
    assert "own_phone" in red(campaign), "that it went out does not say that it arrived"
    assert readiness.answer_tests(test_ids=[test.pk for test in tests], arrived=True, by=nurse) == 2
    assert not {"own_phone", "form_link"} & red(campaign)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "500_after", "429", "cut_json"])
def test_a_test_text_too_goes_out_exactly_once(kind, spruce, user):
    spruce.troubles.add(Trouble(kind, path=SEND, nth=1))
    readiness.send_tests(made.draft(days=(0, 3)), phone=PHONE, by=user("staff"))
    send(spruce)
    assert sorted(Message.objects.values_list("state", flat=True)) == ["confirmed"] * 2
    assert len({text.text for text in spruce.texts()}) == len(spruce.texts(E164)) == 2


def test_a_stop_from_the_test_phone_is_evidence_and_ends_the_tests(spruce, user):
    campaign, nurse = made.draft(days=(0,)), user("staff")
    readiness.send_tests(campaign, phone=PHONE, by=nurse)
    send(spruce)
    assert criteria(campaign)["stop_read"] == "amber"
    spruce.receive(E164, "STOP")
    polling.poll(Spruce(spruce.url, spruce.token))
    assert criteria(campaign)["stop_read"] == "green"
    assert Suppression.objects.get().phone == E164
    with pytest.raises(ValidationError, match="answered STOP"):
        readiness.send_tests(campaign, phone=PHONE, by=nurse)


def test_an_older_stop_is_no_evidence(user):
    campaign = made.draft(days=(0,))
    Reply.objects.create(
        item_id="1", conversation_id="c", phone=E164, kind="opt_out", received_at=clock.now() - timedelta(days=1)
    )
    makers.phone_test("Hello", user("staff"))
    assert criteria(campaign)["stop_read"] == "amber"


def test_while_texting_is_stopped_no_test_goes_out(spruce, user):
    readiness.send_tests(made.draft(days=(0,)), phone=PHONE, by=user("staff"))
    campaigns.stop_all(by=None)
    sending.send_due(Spruce(spruce.url, spruce.token))
    assert (Message.objects.get().state, spruce.texts()) == ("planned", [])


def test_tests_count_for_no_patient_and_no_campaign(spruce, user):
    person = made.reachable()
    campaign, nurse = made.draft(days=(0,)), user("staff")
    tests = readiness.send_tests(campaign, phone=PHONE, by=nurse)
    send(spruce)
    readiness.answer_tests(test_ids=[tests[0].pk], arrived=True, by=nurse)
    launching.launch(campaign, by=None, override="A test.")
    send(spruce)
    assert campaign.messages.count() == 1
    assert person.messages.count() == 1
    assert len(spruce.texts(E164)) == 1


@pytest.mark.parametrize("number", ["+12055550123", "205-555-0124", "800-555-0199", "12", "", "+44 20 7946 0018"])
def test_a_patients_number_and_what_is_no_cell_phone_are_refused(number, user):
    makers.patient(phone="+12055550123")
    makers.contact(phone="+12055550124")
    with pytest.raises(ValidationError):
        readiness.send_tests(made.draft(), phone=number, by=user("staff"))
    assert not Message.objects.exists()


def test_two_clicks_send_once_and_what_is_proven_is_not_sent_again(user):
    campaign, nurse = made.draft(), user("staff")
    first = readiness.send_tests(campaign, phone=PHONE, by=nurse)
    assert (len(first), readiness.send_tests(campaign, phone=PHONE, by=nurse)) == (4, [])
    makers.ready(campaign)
    assert readiness.send_tests(campaign, phone="303-555-0143", by=nurse) == []


def test_a_test_that_went_wrong_may_be_sent_again_and_the_newest_counts(user):
    made.reachable()
    campaign, nurse = made.ready_draft(), user("staff")
    text = planning.preview(campaign, Practice.current())[0].text
    makers.phone_test(text, nurse, result="wrong")
    assert red(campaign) == {"own_phone"}
    assert len(readiness.send_tests(campaign, phone=PHONE, by=nurse)) == 1


def test_a_phone_gets_only_so_many_tests_a_day(user):
    campaign, nurse = made.draft(), user("staff")
    for number in range(readiness.TESTS_A_DAY - 3):
        makers.phone_test(f"Words {number}", nurse, result="wrong")
    with pytest.raises(ValidationError, match="test texts for today"):
        readiness.send_tests(campaign, phone=PHONE, by=nurse)


def test_words_with_an_error_go_to_no_phone(user):
    campaign = made.draft()
    campaigns.rewrite(campaign.steps.get(day=0), body="Your diabetes: {link}", by=None)
    with pytest.raises(ValidationError, match="diabetes"):
        readiness.send_tests(campaign, phone=PHONE, by=user("staff"))


def test_only_the_owner_answers_only_what_went_out_and_only_once(user):
    nurse, doctor = user("staff"), user("provider")
    out, still = (
        makers.phone_test("One", nurse, result=""),
        makers.phone_test("Two", nurse, result="", state="accepted"),
    )
    ids = [out.pk, still.pk]
    assert readiness.answer_tests(test_ids=ids, arrived=True, by=doctor) == 0
    assert readiness.answer_tests(test_ids=ids, arrived=True, by=nurse) == 1
    assert readiness.answer_tests(test_ids=ids, arrived=False, by=nurse) == 0
    assert dict(PhoneTest.objects.values_list("pk", "result")) == {out.pk: "arrived", still.pk: ""}


# the whole way


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"identity": {"code": "missing"}}, {}),
        ({"completed_at": "2020-01-01T00:00Z"}, {}),
        ({"outcome": "review"}, {}),
        ({}, {"text": "Home Team Medical: other words."}),
        ({}, {"state": "uncertain", "confirmed_at": None}),
    ],
)
def test_only_a_journey_without_a_gap_counts(response, message):
    many_reachable()
    campaign = made.draft()
    makers.ready(campaign, whole_ways=5)
    assert criteria(campaign)["five_patients"] == "green"
    Response.objects.filter(patient__mrn="W0").update(**response)
    Message.objects.filter(patients__mrn="W0").update(**message)
    assert criteria(campaign)["five_patients"] == "red"


def test_a_patient_counts_once_however_many_answers_came():
    many_reachable()
    campaign = made.draft()
    makers.ready(campaign, whole_ways=4)
    again = Response.objects.filter(patient__mrn="W0").get()
    event = again.consent_events.get()
    again.pk, again.row, again.content_hash = None, 3, "f" * 64
    again.save()
    event.pk, event.response = None, again
    event.save()
    assert criteria(campaign)["five_patients"] == "red"


def test_answers_by_the_present_link_prove_it_without_a_phone():
    many_reachable()
    campaign = made.draft()
    makers.ready(campaign, whole_ways=1)
    PhoneTest.objects.all().delete()
    assert criteria(campaign)["form_link"] == "green"


# papers and backups


def test_the_newest_line_of_an_agreement_counts(user):
    admin, today = user("administrator"), Practice.current().today()
    campaign = made.draft()
    old = {"signed_on": today - timedelta(days=400), "expires_on": today - timedelta(days=30)}
    readiness.record_agreement(kind="baa_spruce", reference="Binder 3", **old, by=admin)
    assert criteria(campaign)["baa_spruce"] == "red"
    readiness.record_agreement(kind="baa_spruce", reference="Binder 4", signed_on=today, expires_on=None, by=admin)
    assert criteria(campaign)["baa_spruce"] == "green"
    assert Agreement.objects.count() == 2
    assert criteria(campaign)["tendlc"] == "red"


def test_an_outside_backup_is_vouched_for_and_not_from_the_future(user):
    admin, campaign = user("administrator"), made.draft()
    with pytest.raises(ValidationError, match="cannot lie ahead"):
        readiness.record_outside_backup(made_at=clock.now() + timedelta(hours=1), outside="An image", by=admin)
    readiness.record_outside_backup(made_at=clock.now() - timedelta(hours=25), outside="An image", by=admin)
    assert criteria(campaign)["backup"] == "red"
    readiness.record_outside_backup(made_at=clock.now(), outside="An image", by=admin)
    assert criteria(campaign)["backup"] == "green"
    with pytest.raises(IntegrityError), transaction.atomic():
        Backup.objects.create(made_at=clock.now(), outside="Nobody says so")


def test_a_person_who_is_no_longer_there_approves_for_nobody(user):
    doctor, admin = user("provider"), user("administrator")
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert go_facts.is_alone()
    User.objects.filter(pk=doctor.pk).update(role="staff")
    assert go_facts.is_alone()
