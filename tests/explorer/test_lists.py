"""The lists that staff ask for, and those they save."""

import re
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from consent.ledger import record_event
from explorer import figures, lists, saved_lists
from explorer.lib import clock
from explorer.lists import LISTS
from explorer.models import SavedList
from outreach import number_checks
from outreach.models import Attempt, Campaign, CampaignStep, Match, Suppression
from outreach.standings import LABELS, counts
from patients import actions
from patients.models import ApcmEnrolment, Patient, Phone
from tests import makers
from tests.conftest import ROLES
from tests.explorer.records import confirmed_text, one_of_each

LIST = reverse("admin:patients_patient_changelist")
COUNTS = reverse("admin:patients_patient_list_counts")
SAVE = reverse("admin:patients_patient_save_list")


def mrns(page) -> list[str]:
    return [row.mrn for row in page.context["cl"].result_list]


def on(code: str, practice) -> set[str]:
    return set(LISTS[code].patients(practice).values_list("mrn", flat=True))


def someone(mrn: str, **fields) -> Patient:
    return makers.patient(mrn=mrn, **{"phone": f"+1205555{int(mrn):04}", **fields})


def texted(patient: Patient, days_ago: float) -> None:
    campaign, _ = Campaign.objects.get_or_create(
        name="Pilot", defaults={"state": "finished", "launched_at": clock.now()}
    )
    step, _ = CampaignStep.objects.get_or_create(campaign=campaign, day=0, defaults={"body": "{link}"})
    phone = patient.phones.get().e164
    confirmed_text(patient, campaign, step, at=clock.now() - timedelta(days=days_ago), phone=phone)


def said(patient: Patient, decision: str, *, kind="records", days_ago: float = 0) -> None:
    proof = makers.apcm_proof() if kind == "apcm" and decision == "given" else {}
    at = clock.now() - timedelta(days=days_ago)
    record_event(patient=patient, kind=kind, decision=decision, method="phone", occurred_at=at, by=None, **proof)


def test_every_list_opens_within_seven_columns_and_few_queries(signed_in, django_assert_max_num_queries):
    one_of_each()
    client = signed_in("read_only")
    client.get(LIST)
    for code, named in LISTS.items():
        assert len(named.columns) <= 4, "with name, chart number and birth date there are at most seven"
        with django_assert_max_num_queries(32):
            page = client.get(LIST, {"list": code})
        assert page.status_code == 200
        assert named.words in page.text.replace("&#x27;", "'")


def test_a_list_asks_no_more_for_more_patients(signed_in, django_assert_max_num_queries):
    for number in range(1, 31):
        texted(someone(str(number)), 8)
    client = signed_in("staff")
    with django_assert_max_num_queries(32):
        page = client.get(LIST, {"list": "day_7"})
    assert page.context["cl"].result_count == 30
    assert len(page.content) < 120_000


def test_the_silent_are_those_whom_the_figures_count_as_asked_without_an_answer(practice, monday):
    for mrn, days in (("1", 6), ("2", 8), ("3", 13), ("4", 15), ("5", 20), ("6", 30)):
        texted(someone(mrn), days)
    said(Patient.objects.get(mrn="2"), "given", days_ago=1)
    said(Patient.objects.get(mrn="5"), "declined", days_ago=18)
    someone("7")
    for code, days in (("day_7", 7), ("day_14", 14)):
        rate = figures.rate(figures.first_texts(), "", 0, now=clock.now(), zone=practice.time_zone, since=days)
        assert LISTS[code].patients(practice).count() == rate.asked - rate.answered
    assert on("day_7", practice) == {"3", "4", "6"}
    assert on("day_14", practice) == {"4", "6"}


def test_lists_of_a_standing_hold_what_the_standings_count(practice):
    one_of_each()
    for mrn, decision in (("31", "declined"), ("32", "given")):
        said(someone(mrn), decision)
    counted = counts()
    for named in LISTS.values():
        if named.standing:
            assert named.patients(practice).count() == counted[named.standing], named.code
    assert {"given", "declined", "revoked", "conflict", "in_review", "not_invited"} == {
        named.standing for named in LISTS.values() if named.standing
    } & set(LABELS)


def test_apcm_lists_hold_what_the_elections_count(practice):
    moved, open_, refused, plain = (someone(str(number)) for number in range(1, 5))
    for patient in (moved, open_, refused):
        ApcmEnrolment.objects.create(patient=patient)
        said(patient, "given")
    said(moved, "given", kind="apcm")
    said(refused, "declined", kind="apcm")
    said(plain, "given")
    assert on("apcm_not_moved", practice) == {"2", "3"}
    assert on("apcm_open", practice) == {"2"}
    assert LISTS["apcm_open"].patients(practice).count() == figures.elections().open


def test_each_question_finds_its_patients_alone(practice, monday):
    plain = someone("1")
    someone("2", deceased=True)
    someone("3", held="In hospital")
    someone("4", date_of_birth=date(2015, 5, 1))
    Patient.objects.filter(pk=someone("5").pk).update(left_list_at=clock.now())
    someone("6", phone="")
    Phone.objects.filter(patient=someone("7")).update(retired_at=clock.now())
    wrong, matched, waits, called = (someone(str(number)) for number in (8, 9, 10, 11))
    Suppression.objects.create(phone=wrong.phones.get().e164, reason="wrong_number")
    Suppression.objects.create(phone=someone("12").phones.get().e164, reason="stop")
    Match.objects.create(patient=matched, contact=makers.contact("e1", phone="+12055550999"), verdict="automatic")
    Match.objects.create(patient=waits, contact=makers.contact("e2", phone="+12055550998"), verdict="review")
    Attempt.objects.create(patient=called, outcome="call_back", next_on=practice.today())
    later = someone("13")
    Attempt.objects.create(patient=later, outcome="call_back", next_on=practice.today() + timedelta(days=1))
    actions.add_task(title="Ask the daughter", patient=plain, by=None)
    expected = {
        "deceased": {"2"}, "held": {"3"}, "minors": {"4"}, "left": {"5"}, "no_phone": {"6", "7"},
        "wrong_numbers": {"8"}, "stopped": {"12"}, "match_review": {"10"}, "call_backs": {"11"}, "tasks": {"1"},
        "unmatched": {"1", "4", "6", "7", "8", "11", "12", "13"},
    }  # fmt: skip
    assert {code: on(code, practice) for code in expected} == expected
    assert len(on("wrong_numbers", practice)) == len(number_checks.open_checks())


def test_who_cannot_be_texted_is_listed_until_a_letter_is_made(practice):
    one, two = someone("1", phone="", **makers.HOME), someone("2", phone="", **makers.HOME)
    makers.letters([one])
    assert on("needs_letter", practice) == {two.mrn}


def test_the_columns_tell_what_matters(signed_in, practice, monday):
    patient = someone("8")
    texted(patient, 8)
    ApcmEnrolment.objects.create(patient=patient, level=2)
    Attempt.objects.create(patient=patient, outcome="voicemail", at=clock.now())
    client = signed_in("staff")
    silent = client.get(LIST, {"list": "day_7"}).text
    for words in ("First text", "11/29/2026", "1 text, 1 call or letter", "Left a voicemail", "Level 2"):
        assert words in silent
    Suppression.objects.create(phone=patient.phones.get().e164, reason="wrong_number")
    wrong = client.get(LIST, {"list": "wrong_numbers"}).text
    assert "(205) 555-0008" in wrong
    assert "Wrong number, 12/07/2026" in wrong


def test_a_list_goes_together_with_filters_and_search_and_an_unknown_one_shows_all(signed_in):
    someone("1", held="Away")
    someone("2", held="Away", last="Brown")
    someone("3")
    client = signed_in("staff")
    assert mrns(client.get(LIST, {"list": "held", "q": "brown"})) == ["2"]
    assert mrns(client.get(LIST, {"list": "held", "apcm": "yes"})) == []
    assert len(mrns(client.get(LIST, {"list": "nonsense"}))) == 3
    assert "Nobody is on this list now." in client.get(LIST, {"list": "deceased"}).text


@pytest.mark.parametrize("role", ROLES)
def test_the_counts_come_after_the_page_and_agree_with_the_lists(signed_in, practice, role):
    one_of_each()
    someone("90", held="Away")
    client = signed_in(role)
    assert COUNTS in client.get(LIST).text
    shown = client.get(COUNTS)
    found = re.findall(r'\?list=(\w+)".*?<span class="pe-tally.*?">(\d+)<', shown.text)
    assert {code: int(count) for code, count in found} == lists.counts(practice)
    assert lists.counts(practice) == {code: named.patients(practice).count() for code, named in LISTS.items()}


def test_a_list_longer_than_the_database_is_asked_at_once_is_still_whole(signed_in, practice, monkeypatch):
    monkeypatch.setattr(lists, "ASKED_ONCE", 2)
    for number in range(1, 5):
        someone(str(number), held="Away")
    client = signed_in("staff")
    assert len(mrns(client.get(LIST, {"list": "held"}))) == 4
    assert "2+" in client.get(COUNTS).text


def test_the_export_of_a_list_holds_the_list(signed_in):
    someone("1", held="Away")
    someone("2")
    url = f"{reverse('admin:patients_patient_export')}?list=held"
    chosen = {"format": "1", "resource": "0", "standingresource_mrn": "on"}
    assert signed_in("provider").post(url, chosen).content.decode("utf-8-sig").split() == ['"MRN"', '"1"']
    entry = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).latest("pk")
    assert entry.changes["exported"][1] == "1 rows: patients with mrn, of list=held"


# Lists that people save


def test_a_saved_list_keeps_filters_and_never_a_word_of_a_search(signed_in):
    client = signed_in("staff")
    answer = client.post(SAVE, {"name": "My week", "query": "list=day_7&apcm=yes&q=Smith&p=3&o=-1&e=1"})
    saved = SavedList.objects.get()
    assert saved.query == "list=day_7&apcm=yes&o=-1"
    assert answer.url == f"{LIST}?{saved.query}"
    assert f'href="?{saved.query.replace("&", "&amp;")}"' in client.get(LIST).text


@pytest.mark.parametrize("query", ["", "q=Smith", "list=nonsense", "standing=x&o=1", "mrn__startswith=1"])
def test_what_is_no_filter_of_the_list_cannot_be_saved(signed_in, query):
    page = signed_in("staff").post(SAVE, {"name": "Mine", "query": query}, follow=True)
    assert "Choose a list or a filter first" in page.text
    assert not SavedList.objects.exists()


def test_a_person_has_a_name_once_in_any_case_and_another_may_use_it(user):
    staff, doctor = user("staff"), user("provider")
    saved_lists.save_list(name="Calls", query="list=call_backs", by=staff)
    with pytest.raises(ValidationError, match="of this name already"):
        saved_lists.save_list(name=" calls ", query="list=held", by=staff)
    saved_lists.save_list(name="Calls", query="list=held", by=doctor)
    with pytest.raises(ValidationError):
        saved_lists.save_list(name="  ", query="list=held", by=doctor)
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedList.objects.create(name="CALLS", query="list=held", made_by=staff)


def test_others_see_a_list_once_it_is_shared_and_only_its_maker_changes_it(signed_in, user):
    saved = saved_lists.save_list(name="Old name", query="list=held", by=user("provider"))
    client = signed_in("staff")
    change = reverse("admin:patients_patient_change_list", args=[saved.pk])
    remove = reverse("admin:patients_patient_remove_list", args=[saved.pk])
    manage = reverse("admin:patients_patient_saved_lists")
    assert "Old name" not in client.get(manage).text
    assert client.post(change, {"name": "Mine now"}).status_code == 404
    saved_lists.change_list(saved, name="Shared name", shared=True, by=saved.made_by)
    assert "Shared name" in client.get(manage).text
    for refused in (client.post(change, {"name": "Mine now"}, follow=True), client.post(remove, follow=True)):
        assert "Only test-provider changes this list." in refused.text
    saved.refresh_from_db()
    assert (saved.name, saved.shared) == ("Shared name", True)
    client.force_login(saved.made_by, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post(change, {"name": "Newer name"})
    saved.refresh_from_db()
    assert (saved.name, saved.shared) == ("Newer name", False)
    client.post(remove)
    assert not SavedList.objects.exists()


def test_an_administrator_clears_away_what_somebody_shared(signed_in, user):
    saved = saved_lists.save_list(name="Shared", query="list=held", shared=True, by=user("staff"))
    signed_in("administrator").post(reverse("admin:patients_patient_remove_list", args=[saved.pk]))
    assert not SavedList.objects.exists()


def test_a_read_only_user_saves_nothing(signed_in):
    assert signed_in("read_only").post(SAVE, {"name": "Mine", "query": "list=held"}).status_code == 403
