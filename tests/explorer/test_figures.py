"""Each figure of the first page, by its definition."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from consent.models import ConsentEvent, LetterBatch
from explorer import figures, work
from explorer.figures import FirstText, percent, rate
from explorer.lib import clock
from outreach.models import Campaign, CampaignStep, LineState, Message, Suppression
from outreach.standings import LABELS
from patients.models import ApcmEnrolment
from tests import makers
from tests.explorer.records import confirmed_text

NOW = datetime(2026, 12, 1, 18, tzinfo=UTC)
ZONE = "America/Chicago"


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def by_day_7(*texts: FirstText) -> figures.Rate:
    return rate(texts, "By day 7", 30, now=NOW, zone=ZONE, since=7, within=7)


@pytest.mark.parametrize(
    ("texted", "answered", "counted"),
    [
        (7, None, (1, 0)),
        (7, 1, (1, 1)),
        (10, 3, (1, 1)),
        (10, 2.9, (1, 0)),  # after seven days and a little more
        (6.99, 5, (0, 0)),  # not old enough, although answered
        (20, 21, (1, 1)),  # decided at the desk before the text
    ],
)
def test_a_patient_counts_once_the_first_text_is_old_enough(texted, answered, counted):
    text = FirstText(days_ago(texted), days_ago(answered) if answered is not None else None)
    found = by_day_7(text)
    assert (found.asked, found.answered) == counted


def test_the_rate_leaves_out_those_texted_too_recently():
    found = by_day_7(
        FirstText(days_ago(9), days_ago(8)), FirstText(days_ago(9), None), FirstText(days_ago(1), days_ago(0))
    )
    assert (found.asked, found.answered, found.percent) == (2, 1, 50)
    assert found.reached


def test_before_there_is_a_rate_the_day_of_the_first_one_is_told():
    found = by_day_7(FirstText(days_ago(2), None))
    assert found.percent is None
    assert found.possible_from == date(2026, 12, 6)
    assert by_day_7().possible_from is None


def test_the_final_rate_counts_every_answer_until_now():
    found = rate([FirstText(days_ago(60), days_ago(1))], "Final", 70, now=NOW, zone=ZONE, since=21)
    assert (found.asked, found.answered) == (1, 1)


def test_a_goal_never_looks_reached_by_rounding():
    assert percent(2999, 10000) == 29
    assert percent(0, 0) is None


def campaign() -> tuple[Campaign, CampaignStep, CampaignStep]:
    pilot = Campaign.objects.create(name="Pilot", state="running", launched_at=days_ago(9))
    return pilot, *(CampaignStep.objects.create(campaign=pilot, day=day, body="{link}") for day in (0, 3))


def decision(patient, kind="records", decision="given", at=None, **more) -> ConsentEvent:
    return ConsentEvent.objects.create(
        patient=patient, kind=kind, decision=decision, method="phone", occurred_at=at or days_ago(1), **more
    )


def test_first_texts_are_the_earliest_confirmed_of_each_patient():
    pilot, first, third = campaign()
    patient, silent = makers.patient(), makers.patient(mrn="1002", phone="+12055550124")
    confirmed_text(patient, pilot, first, at=days_ago(9))
    confirmed_text(patient, pilot, third, at=days_ago(6))
    failed = confirmed_text(silent, pilot, first, at=days_ago(9), phone="+12055550124")
    Message.objects.filter(pk=failed.pk).update(state="failed")
    decision(patient, at=days_ago(5))
    decision(patient, kind="apcm", at=days_ago(8))
    assert figures.first_texts() == [FirstText(days_ago(9), days_ago(5))]


def test_an_answer_that_was_corrected_away_does_not_count_for_its_old_time():
    pilot, first, _ = campaign()
    patient = makers.patient()
    confirmed_text(patient, pilot, first, at=days_ago(9))
    wrong = decision(patient, at=days_ago(8))
    decision(patient, at=days_ago(1), supersedes=wrong, note="read the wrong line")
    assert figures.first_texts() == [FirstText(days_ago(9), days_ago(1))]


def test_texts_count_what_spruce_took_and_the_numbers_that_answered():
    pilot, first, third = campaign()
    patient, silent = makers.patient(), makers.patient(mrn="1002", phone="+12055550124")
    confirmed_text(patient, pilot, first, at=days_ago(9))
    confirmed_text(patient, pilot, third, at=days_ago(6))
    confirmed_text(silent, pilot, first, at=days_ago(9), phone="+12055550124")
    decision(patient)
    found = figures.texts()
    assert (found.sent, found.confirmed, found.segments) == (3, 3, 6)
    assert (found.numbers, found.numbers_answered, found.percent_answered) == (2, 1, 50)


def test_elections_count_active_apcm_patients_alone():
    said = {"1": "given", "2": "declined", "3": None, "4": "given"}
    for mrn, answer in said.items():
        patient = makers.patient(mrn=mrn, phone=f"+1205555012{mrn}")
        ApcmEnrolment.objects.create(patient=patient, status="removed" if mrn == "4" else "active")
        if answer:
            decision(patient, kind="apcm", decision=answer)
    found = figures.elections()
    assert (found.enrolled, found.given, found.declined, found.open) == (3, 1, 1, 1)
    assert found.percent == 33


def test_a_contradiction_about_apcm_is_open():
    patient = makers.patient()
    ApcmEnrolment.objects.create(patient=patient)
    yes = decision(patient, kind="apcm")
    decision(patient, kind="apcm", decision="declined", at=days_ago(0.5), contradicts=yes)
    assert figures.elections().open == 1


def test_each_stage_of_the_funnel_contains_the_next():
    pilot, first, _ = campaign()
    number = "+1205555012{}".format
    silent, wrong, yes, no, desk = (makers.patient(mrn=f"{n}", phone=number(n)) for n in range(5))
    for n, patient in enumerate((silent, wrong, yes, no)):
        confirmed_text(patient, pilot, first, at=days_ago(9), phone=number(n))
    Suppression.objects.create(phone=number(1), reason="wrong_number", effective_at=days_ago(8))
    decision(yes)
    decision(no, decision="declined")
    decision(desk)
    ApcmEnrolment.objects.create(patient=yes)
    makers.patient(mrn="held", phone="", held="asked by the family")
    makers.patient(mrn="minor", phone="", date_of_birth=date(2020, 1, 1))
    makers.patient(mrn="left", phone="", left_list_at=days_ago(3))
    makers.patient(mrn="untouched", phone="")
    everybody, apcm, others = figures.funnel()
    assert [getattr(everybody, stage) for stage in figures.STAGES] == [6, 5, 4, 3, 2]
    assert [getattr(apcm, stage) for stage in figures.STAGES] == [1, 1, 1, 1, 1]
    for stage in figures.STAGES:
        assert getattr(everybody, stage) == getattr(apcm, stage) + getattr(others, stage)


def test_a_letter_invites_until_it_comes_back():
    patient = makers.patient(phone="", **makers.HOME)
    batch = makers.letters([patient])
    assert figures.funnel()[0].invited == 0
    LetterBatch.objects.filter(pk=batch.pk).update(
        printed_at=days_ago(3), sha256="0" * 64, posted_on=date(2026, 11, 29)
    )
    assert (figures.funnel()[0].invited, figures.funnel()[0].confirmed) == (1, 1)
    batch.letters.update(returned_at=days_ago(1), returned_reason="moved")
    assert (figures.funnel()[0].invited, figures.funnel()[0].confirmed) == (1, 0)


def test_standings_add_up_and_fill_the_bar():
    makers.patient()
    decision(makers.patient(mrn="1002", phone="+12055550124"))
    makers.patient(mrn="1003", phone="", held="asked by the family")
    found = figures.standings()
    assert found.adds_up
    assert found.total == found.patients == 3 == sum(row.count for row in found.rows)
    assert [row.code for row in found.rows] == list(LABELS)
    assert sum(row.share for row in found.rows) == pytest.approx(100)


def test_the_home_page_links_each_standing_to_the_patients_who_stand_so(signed_in):
    makers.patient()
    page = signed_in("read_only").get("/admin/").content.decode()
    assert "adds up: 1<" in page
    for code in LABELS:
        assert f"{reverse('admin:patients_patient_changelist')}?standing={code}" in page


def test_the_list_behind_a_standing_has_as_many_patients_as_the_home_page_says(signed_in):
    for number in range(3):
        makers.patient(mrn=f"{number}", phone="")
    decision(makers.patient(mrn="9", phone=""))
    client = signed_in("staff")
    for row in figures.standings().rows:
        listed = client.get(reverse("admin:patients_patient_changelist"), {"standing": row.code})
        assert listed.context["cl"].result_count == row.count, row.code


def test_a_fresh_practice_is_led_through_five_steps(signed_in, practice):
    practice.form_sample_url = ""
    practice.save()
    answer = signed_in("administrator").get("/admin/")
    assert [step.done for step in answer.context["steps"]] == [True, False, False, False, False]
    assert "Next: import the patient list" in answer.content.decode()
    assert "standings" not in answer.context


def test_a_running_practice_is_not_shown_the_steps(signed_in):
    patient, contact = makers.patient(), makers.contact()
    patient.matches.create(contact=contact, verdict="automatic")
    LineState.objects.update(contacts_synced_at=NOW)
    campaign()
    answer = signed_in("staff").get("/admin/")
    assert "next_step" not in answer.context


def test_the_home_page_asks_few_questions(signed_in, django_assert_max_num_queries):
    pilot, first, _ = campaign()
    for number in range(30):
        patient = makers.patient(mrn=f"{number}", phone=f"+120555501{number:02}")
        confirmed_text(patient, pilot, first, at=days_ago(9), phone=f"+120555501{number:02}")
    client = signed_in("staff")
    with django_assert_max_num_queries(37):
        client.get("/admin/")


def test_calls_due_are_those_of_who_is_left(signed_in):
    makers.patient()
    answer = signed_in("staff").get(reverse("admin:home_calls_due"))
    assert answer["X-Done"] == "1"
    assert f"<b>{work.calls_due(clock.today(ZONE))}</b>" in answer.content.decode()
    assert work.calls_due(clock.today(ZONE)) == 1


def test_every_tile_leads_to_a_page_that_opens(signed_in):
    makers.patient()
    client = signed_in("staff")
    for tile in client.get("/admin/").context["today"]["tiles"]:
        assert client.get(tile.url).status_code == 200, tile.title
