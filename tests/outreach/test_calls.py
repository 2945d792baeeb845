"""The queue of calls: its order, its rules, who calls whom, and the call screen."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach import call_queue, call_rules, call_score, follow_up
from outreach.actions.attempts import record_attempt
from outreach.actions.calls import claim_call, release_call
from outreach.call_score import Call
from outreach.models import Attempt, CallClaim
from outreach.simulator import serve
from patients.models import ApcmEnrolment, Patient
from patients.practice import change_practice
from tests import makers

CENTRAL = ZoneInfo("America/Chicago")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 12, 7, 10, tzinfo=CENTRAL)
LIST = reverse("admin:outreach_attempt_follow_up")
NEXT = reverse("admin:outreach_attempt_next")


@pytest.fixture(autouse=True)
def in_calling_hours(monday):
    """Monday at ten."""


def person(mrn: str, last="Testwood", phone="", apcm=0) -> Patient:
    made = makers.patient(mrn=mrn, last=last, phone=phone or f"+1205555{int(mrn):04}", zip="35205")
    if apcm:
        ApcmEnrolment.objects.create(patient=made, level=apcm)
    return made


def tried(patient: Patient, outcome="no_answer", ago=3 * DAY, **more) -> Attempt:
    return record_attempt(
        patient=patient, channel="call", outcome=outcome, at=clock.now() - ago, **{"by": None, **more}
    )


def screen(patient: Patient) -> str:
    return reverse("admin:outreach_attempt_record", args=[patient.pk])


def press(client, patient: Patient, outcome: str, **more):
    return client.post(screen(patient), {"outcome": outcome, "and_next": "1", **more})


def order() -> list[str]:
    return [each.left.last_name for each in call_queue.queue(Practice.current()) if each.score]


def step(patient: Patient) -> str:
    [left] = follow_up.waiting(Practice.current().today(), [patient.pk])
    return left.step


# ---- the score


def score(**facts):
    usual = {"patient": 1, "records_open": True, "apcm_open": False, "level": None, "in_vain": 0, "days_left": None}
    return call_score.score(**usual | facts | {"now": facts.get("now", MONDAY), "hours": facts.get("hours", EMPTY)})


EMPTY = call_score.learn([])


def test_a_score_is_value_times_chance_and_says_what_both_are_made_of():
    found = score(apcm_open=True, level=2, days_left=9, in_vain=1)
    assert found.value == sum(points for _, points in found.parts) == 20 + 35 + 12
    assert found.points == round(67 * 0.30 * 0.85)
    for words in ("answer missing +20", "APCM level 2 +35", "9 days left +12", "reach 30%", "1 try in vain"):
        assert words in found.words


def test_what_is_worth_more_and_what_less():
    assert score(apcm_open=True, level=3).points > score(apcm_open=True, level=1).points > score().points
    assert score(days_left=3).points > score(days_left=40).points >= score(days_left=300).points
    assert score(in_vain=0).chance > score(in_vain=1).chance > score(in_vain=5).chance > 0


def test_the_best_hour_is_learnt_from_past_calls():
    evening = MONDAY.replace(hour=17)
    calls = [Call(n, evening - 7 * DAY, True) for n in range(20)] + [
        Call(n, MONDAY - 7 * DAY, False) for n in range(20)
    ]
    hours = call_score.learn(calls)
    assert score(now=evening, hours=hours).chance > 0.5 > 0.3 > score(hours=hours).chance
    assert hours.at(2, 17) > hours.at(2, 9)  # what the hour teaches counts on other days too


def test_a_patient_may_have_an_hour_of_their_own():
    calls = [Call(7, MONDAY - n * DAY, True) for n in (7, 14, 21)] + [
        Call(n, MONDAY - 7 * DAY, False) for n in range(30)
    ]
    hours = call_score.learn(calls)
    assert score(patient=7, hours=hours).chance > 2 * score(patient=8, hours=hours).chance


def test_one_call_does_not_turn_the_rates_upside_down():
    hours = call_score.learn([Call(1, MONDAY, True)])
    assert 0.3 < hours.at(0, 9) < 0.45


# ---- the queue


def test_call_backs_that_are_due_come_first_then_the_highest_score():
    tried(person("1", "Due"), "call_back", next_on=Practice.current().today())
    person("2", "Plain"), person("3", "Apcm", apcm=1), person("4", "Level", apcm=3)
    tried(person("5", "Invain"))
    tried(person("6", "Later"), "call_back", next_on=Practice.current().today() + DAY)
    assert order() == ["Due", "Level", "Apcm", "Plain", "Invain"]
    assert order() == order()


def test_who_was_called_most_often_gets_a_letter_instead():
    change_practice({"calls_at_most": 2}, by=None)
    patient = person("1")
    tried(patient), tried(patient, ago=5 * DAY)
    [left] = follow_up.waiting(Practice.current().today())
    assert (left.step, left.needs_letter) == ("letter", True)
    assert order() == []


def test_being_reached_starts_the_count_anew():
    patient = person("1")
    for days in range(10, 4, -1):
        tried(patient, ago=days * DAY)
    assert step(patient) == "letter"
    tried(patient, "thinking", ago=3 * DAY)
    assert step(patient) == "call"


@pytest.mark.parametrize(("ago", "expected"), [(23 * HOUR, "rest"), (25 * HOUR, "call")])
def test_a_patient_is_left_in_peace_between_two_calls(ago, expected):
    patient = person("1")
    tried(patient, ago=ago)
    assert step(patient) == expected


def test_who_asked_not_to_be_called_is_called_again_only_after_asking_for_a_call(signed_in):
    patient, client = person("1", apcm=3), signed_in("staff")
    tried(patient, "do_not_call")
    assert step(patient) == "letter"
    assert call_queue.next_to_call(Practice.current()) is None
    assert "asked not to be called" in client.get(screen(patient)).content.decode()
    press(client, patient, "no_answer")
    assert Attempt.objects.count() == 1
    tried(patient, "call_back", ago=HOUR, next_on=Practice.current().today())
    assert step(patient) == "due"


# ---- the rules on the screen


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        (7, 8, "too early"), (7, 19, "too late"), (6, 12, "Sunday"), (25, 12, "holiday"), (7, 9, ""), (7, 18, ""),
    ],
)  # fmt: skip
def test_the_hours_are_those_where_the_patient_lives(day, hour, words, at, signed_in):
    at(datetime(2026, 12, day, hour, 30))
    page = signed_in("staff").get(screen(person("1"))).content.decode()
    assert (words or "Call all the same") in page if words else "Call all the same" not in page


def test_a_call_against_a_rule_needs_a_reason_and_keeps_it(signed_in):
    patient, client = person("1"), signed_in("staff")
    tried(patient, ago=HOUR)
    page = press(client, patient, "no_answer").content.decode()
    assert "Say why you called all the same" in page
    press(client, patient, "voicemail", despite="Her daughter asked for it.")
    assert Attempt.objects.get(outcome="voicemail").despite == "Her daughter asked for it."


def test_a_letter_needs_no_reason(signed_in):
    patient = person("1")
    tried(patient, ago=HOUR)
    press(signed_in("staff"), patient, "mailed", channel="letter")
    assert Attempt.objects.filter(channel="letter").exists()


def test_a_call_that_began_in_time_may_be_written_down_later(signed_in, at):
    patient, client = person("1"), signed_in("staff")
    at(datetime(2026, 12, 7, 18, 55))
    client.get(screen(patient))
    at(datetime(2026, 12, 7, 19, 5))
    press(client, patient, "no_answer")
    assert Attempt.objects.get().despite == ""


@pytest.mark.parametrize(
    "values", [{"call_start": "19:00", "call_end": "09:00"}, {"calls_at_most": 0}, {"hours_between_calls": -1}]
)
def test_rules_that_cannot_be_are_refused(values):
    with pytest.raises(ValidationError):
        change_practice(values, by=None)


# ---- one screen


def test_one_press_records_and_goes_on_to_the_next(signed_in):
    first, following = person("1", "A"), person("2", "B")
    client = signed_in("staff")
    assert press(client, first, "no_answer", number="+12055550001").url == screen(following)
    attempt = Attempt.objects.get()
    assert (attempt.patient, attempt.outcome, attempt.number) == (first, "no_answer", "+12055550001")


def test_a_key_pressed_twice_is_one_call(signed_in):
    patient, client = person("1"), signed_in("staff")
    for _ in range(2):
        press(client, patient, "no_answer", form_id="a" * 16, despite="Twice.")
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    ("outcome", "day"), [("call_back", "2026-12-08"), ("thinking", "2026-12-10"), ("no_answer", "None")]
)
def test_a_day_to_try_again_is_chosen_where_nobody_chose_one(signed_in, outcome, day):
    press(signed_in("staff"), person("1"), outcome)
    assert str(Attempt.objects.get().next_on) == day


def test_the_day_to_try_again_is_no_sunday_or_holiday(signed_in, monday):
    monday(17)  # Christmas Eve
    press(signed_in("staff"), person("1"), "call_back")
    assert f"{Attempt.objects.get().next_on:%m/%d}" == "12/26"


def test_one_call_serves_the_household(signed_in):
    one, other = person("1", "A", "+12055550177"), person("2", "B", "+12055550177")
    client = signed_in("staff")
    assert "one call serves all" in client.get(screen(one)).content.decode()
    press(client, one, "no_answer", also=[other.pk])
    assert {attempt.patient for attempt in Attempt.objects.all()} == {one, other}


def test_what_one_of_a_household_says_is_not_said_for_the_others(signed_in):
    one, other = person("1", "A", "+12055550177"), person("2", "B", "+12055550177")
    press(signed_in("staff"), one, "thinking", also=[other.pk])
    assert Attempt.objects.get().patient == one


def test_strangers_cannot_be_ticked(signed_in):
    one, stranger = person("1", "A"), person("2", "B")
    press(signed_in("staff"), one, "no_answer", also=[stranger.pk])
    assert not Attempt.objects.filter(patient=stranger).exists()


def test_after_a_wrong_number_the_other_number_is_tried(signed_in):
    patient = person("1")
    patient.phones.create(e164="+12055550188", label="home")
    person("2")
    sent = press(signed_in("staff"), patient, "wrong_number", number="+12055550001")
    assert sent.url == screen(patient)


def test_the_decision_leads_through_the_ledger_to_the_next_patient(signed_in):
    sent = press(signed_in("staff"), person("1"), "answered")
    assert sent.url.endswith("?next=" + NEXT.replace("/", "%2F"))


def test_skipped_patients_do_not_come_back_the_same_day(signed_in):
    people = [person(str(n), f"Name{n}") for n in range(1, 4)]
    client, seen = signed_in("staff"), []
    for _ in range(3):
        url = client.get(NEXT).url
        seen.append(url)
        client.post(url, {"skip": "1"})
    assert seen == [screen(patient) for patient in people]
    assert client.get(NEXT).url == LIST


def test_the_voicemail_names_nobody_and_no_matter(signed_in):
    Practice.objects.update(doctor="Dr. Reed", new_practice="Elm Clinic")
    page = signed_in("staff").get(screen(person("1", "Verysecret"))).content.decode()
    read = page.split('id="voicemail"')[1].split("</section>")[0].split("pe-quiet")[0]
    assert "Home Team Medical" in read
    for secret in ("Verysecret", "John", "Reed", "Elm", "records"):
        assert secret not in read


def test_the_approved_script_is_read_and_no_other(signed_in, user):
    wording = makers.consent_wording("script", text="Hello from {practice}, unapproved.")
    client, patient = signed_in("staff"), person("1")
    assert "unapproved" not in client.get(screen(patient)).content.decode()
    type(wording).objects.filter(pk=wording.pk).update(
        approved_on=Practice.current().today(), approved_by="Counsel", approval_recorded_by=user("administrator")
    )
    assert "Hello from Home Team Medical, unapproved." in client.get(screen(patient)).content.decode()


def test_the_call_screen_asks_few_queries(signed_in, django_assert_max_num_queries):
    patient, client = person("1", apcm=2), signed_in("staff")
    for days in range(2, 8):
        tried(patient, ago=days * DAY)
    for n in range(2, 40):
        person(str(n))
    client.get(screen(patient))
    with django_assert_max_num_queries(70):
        client.get(screen(patient))


# ---- who calls whom


def test_two_people_never_call_the_same_household(user):
    one, other = person("1", "A", "+12055550177"), person("2", "B", "+12055550177")
    nora, kim = user("staff"), user("provider")
    assert claim_call(patient=one, by=nora).by == nora
    assert claim_call(patient=one, by=kim).by == nora
    assert claim_call(patient=other, by=kim).by == nora
    release_call(patient=one, by=nora)
    assert claim_call(patient=other, by=kim).by == kim


def test_the_others_see_who_is_calling_and_are_led_on(signed_in, user):
    patient, free = person("1", "A"), person("2", "B")
    nora = user("provider")
    claim_call(patient=patient, by=nora)
    client = signed_in("staff")
    assert "test-provider is calling" in client.get(LIST).content.decode()
    page = client.get(screen(patient)).content.decode()
    assert "test-provider is calling this household" in page
    assert 'data-key="1"' not in page
    assert client.get(NEXT).url == screen(free)


def test_the_claim_of_who_went_home_runs_out(user, monday):
    patient, nora, kim = person("1"), user("staff"), user("provider")
    claim_call(patient=patient, by=nora)
    monday(14 / 24 / 60)
    assert claim_call(patient=patient, by=kim).by == nora
    monday(16 / 24 / 60)
    assert claim_call(patient=patient, by=kim).by == kim
    assert CallClaim.objects.count() == 1


def test_who_works_on_the_page_keeps_the_claim(signed_in, user, monday):
    patient, client = person("1"), signed_in("staff")
    client.get(screen(patient))
    monday(10 / 24 / 60)
    client.post(reverse("admin:outreach_attempt_stay", args=[patient.pk]))
    monday(20 / 24 / 60)
    assert claim_call(patient=patient, by=user("provider")).by.username == "test-staff"


def test_a_clock_that_was_set_back_keeps_nobody_out(user, monday):
    patient, nora, kim = person("1"), user("staff"), user("provider")
    monday(2)
    claim_call(patient=patient, by=nora)
    monday(0)
    assert claim_call(patient=patient, by=kim).by == kim


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_a_household_at_once_one_calls(user):
    home = [person(str(n), phone="+12055550177") for n in (1, 2)]
    people = [user(role) for role in ("staff", "provider", "administrator")]
    start, winners = Barrier(6), []

    def open_page(patient, by):
        start.wait()
        winners.append(claim_call(patient=patient, by=by).by_id)
        connection.close()

    threads = [Thread(target=open_page, args=(patient, by)) for patient in home for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 6
    assert len(set(winners)) == 1
    assert len(set(CallClaim.objects.values_list("by", flat=True))) == 1


def test_the_queue_is_dealt_to_those_who_work_today_and_nobody_is_left_out(signed_in, user):
    for n in range(1, 31):
        person(str(n))
    client, kim = signed_in("staff"), user("provider")
    tried(person("99"), ago=HOUR, by=kim)
    client.get(screen(Patient.objects.get(mrn="1")))
    queued = [each for each in call_queue.queue(Practice.current()) if each.score]
    callers = call_queue.callers_today(Practice.current())
    call_queue.deal(queued, [each.pk for each in callers])
    owners = [each.owner for each in queued]
    assert {owners.count(caller.pk) > 5 for caller in callers} == {True}
    assert len(callers) == 2
    page = client.get(LIST, {"whose": "mine"})
    mine = sum(owner == page.wsgi_request.user.pk for owner in owners)
    assert f"Everybody ({mine})" in page.content.decode()


def test_a_household_is_one_persons_and_a_promise_is_kept_by_who_gave_it(user):
    nora, kim = user("staff"), user("provider")
    for n in (1, 2):
        person(str(n), phone="+12055550177")
    tried(person("3"), "call_back", next_on=Practice.current().today(), by=kim)
    queued = call_queue.queue(Practice.current())
    call_queue.deal(queued, [nora.pk, kim.pk])
    owner = {each.left.pk: each.owner for each in queued}
    home = Patient.objects.filter(phones__e164="+12055550177")
    assert len({owner[patient.pk] for patient in home}) == 1
    assert owner[Patient.objects.get(mrn="3").pk] == kim.pk


# ---- through Spruce


def test_spruce_is_offered_only_where_the_desks_phone_is_known(signed_in):
    patient, client = person("1"), signed_in("staff")
    assert "Call through Spruce" not in client.get(screen(patient)).content.decode()
    change_practice({"spruce_calls_from": "205-555-0101"}, by=None)
    assert "Call through Spruce" in client.get(screen(patient)).content.decode()


def test_spruce_tells_which_number_to_dial_and_rings_nobody(signed_in, tmp_path, monkeypatch):
    change_practice({"spruce_calls_from": "205-555-0101"}, by=None)
    patient, client = person("1"), signed_in("staff")
    with serve(tmp_path / "spruce.sqlite3") as running:
        monkeypatch.setenv("SPRUCE_API_URL", running.url)
        monkeypatch.setenv("SPRUCE_API_TOKEN", running.token)
        sent = {"number": "+12055550001"}
        page = client.post(reverse("admin:outreach_attempt_through_spruce", args=[patient.pk]), sent, follow=True)
    assert "Dial (205) 555-0199 from the desk’s phone" in page.content.decode()
    assert LogEntry.objects.filter(object_pk=patient.pk, changes__call=[None, "prepared through Spruce"]).exists()


@pytest.mark.parametrize(
    ("outcome", "number", "words"),
    [("do_not_call", "+12055550001", "asked not to be called"), ("no_answer", "+13035550100", "Choose one of")],
)
def test_spruce_calls_neither_who_refuses_nor_strangers(outcome, number, words, signed_in):
    change_practice({"spruce_calls_from": "205-555-0101"}, by=None)
    patient, client = person("1"), signed_in("staff")
    tried(patient, outcome)
    sent = {"number": number}
    page = client.post(reverse("admin:outreach_attempt_through_spruce", args=[patient.pk]), sent, follow=True)
    assert words in page.content.decode()
    assert not LogEntry.objects.filter(changes__has_key="call").exists()


# ---- the sheet of paper


def test_a_call_sheet_is_a_pdf_and_recorded_as_an_export(signed_in):
    for n in range(1, 12):
        person(str(n), apcm=2)
    client = signed_in("staff")
    paper = client.post(reverse("admin:outreach_attempt_sheet"), {"count": 10, "whose": ""})
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert LogEntry.objects.filter(object_repr="export", changes__exported=[None, "10 rows: call sheet"]).exists()


def test_an_empty_queue_makes_no_sheet(signed_in):
    page = signed_in("staff").post(reverse("admin:outreach_attempt_sheet"), {"count": 10}).content.decode()
    assert "Nobody is left" in page


def test_who_reads_only_neither_calls_nor_prints(signed_in):
    client, patient = signed_in("read_only"), person("1")
    for name, args in (("record", [patient.pk]), ("next", []), ("sheet", []), ("circumstance", [patient.pk]),
                       ("through_spruce", [patient.pk])):  # fmt: skip
        assert client.get(reverse(f"admin:outreach_attempt_{name}", args=args)).status_code == 403
    assert not CallClaim.objects.exists()


def test_how_calls_are_ordered_is_explained(signed_in):
    tried(person("1"), "thinking", ago=3 * DAY)
    page = signed_in("read_only").get(reverse("admin:outreach_attempt_order")).content.decode()
    assert "Learnt from 1 call" in page
    assert "From 9:00 AM to 7:00 PM" in page


def test_rules_are_pure():
    told = [call_rules.Tried(MONDAY - DAY, "do_not_call"), call_rules.Tried(MONDAY, "no_answer")]
    codes = [each.code for each in call_rules.objections(told, now=MONDAY, at_most=1, between=DAY, verdict=None)]
    assert codes == ["no_calls", "most", "too_soon"]


def test_another_outcome_from_a_page_sent_already_is_refused_and_not_lost(signed_in):
    """Back in the browser, and another button: the second wish must not vanish with a word of success."""
    ann = person("101")
    client = signed_in("staff")
    press(client, ann, "no_answer", form_id="abc")
    answer = press(client, ann, "do_not_call", form_id="abc", despite="She called back.")
    assert answer.status_code == 200
    assert "was sent already" in answer.content.decode()
    press(client, ann, "no_answer", form_id="abc", despite="She called back.")
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["no_answer"]
