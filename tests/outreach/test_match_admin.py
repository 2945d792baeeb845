import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from explorer.lib import clock
from explorer.lib.models import Job
from outreach.models import Match
from tests.conftest import ROLES
from tests.outreach import made

LIST = "/admin/outreach/match/"
TEAM = ("administrator", "provider", "staff")


def review_url(patient) -> str:
    return reverse("admin:outreach_match_review", args=[patient.pk])


def decide(client, match, act: str, *, seen: str = "review", follow=True):
    url = reverse("admin:outreach_match_decide", args=[match.patient_id, match.contact_id])
    return client.post(url, {"act": act, "seen": seen}, follow=follow)


@pytest.mark.parametrize("show", ["review", "automatic", "accepted", "rejected", "none", "changed"])
@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_every_list(show, role, signed_in):
    page = signed_in(role).get(f"{LIST}?show={show}")
    assert page.status_code == 200


def test_an_unknown_list_does_not_exist(signed_in):
    assert signed_in("staff").get(f"{LIST}?show=nonsense").status_code == 404


def test_patients_are_listed_where_their_match_stands(signed_in):
    made.in_review("Rita", "Open")
    made.reachable("Otto", "Sure")
    made.match(made.patient("Nora", "Wrong"), made.contact(), "rejected")
    client = signed_in("staff")
    shown = {
        show: [patient.last_name for patient in client.get(f"{LIST}?show={show}").context["found"]]
        for show in ("review", "automatic", "rejected", "none")
    }
    assert shown == {"review": ["Open"], "automatic": ["Sure"], "rejected": ["Wrong"], "none": ["Wrong"]}


def test_a_patient_who_left_the_list_is_not_missed_among_those_without_contact(signed_in):
    made.patient("Gone", "Away", left_list_at=clock.now())
    assert not signed_in("staff").get(f"{LIST}?show=none").context["found"].object_list


def test_the_list_can_be_searched(signed_in):
    made.in_review("Rita", "Open")
    made.in_review("Carl", "Other")
    found = signed_in("staff").get(f"{LIST}?q=oth").context["found"]
    assert [patient.last_name for patient in found] == ["Other"]


def test_a_long_list_takes_few_queries(signed_in, django_assert_max_num_queries):
    for _ in range(30):
        made.in_review()
    client = signed_in("staff")
    with django_assert_max_num_queries(22):
        client.get(LIST)


def test_the_review_shows_both_sides_and_what_differs(signed_in):
    match = made.in_review("Katherine", "Miller")
    match.contact.given_name = match.contact.display_name = "Kathryn"
    match.contact.save()
    page = signed_in("staff").get(review_url(match.patient))
    marked = page.content.decode().count('<mark class="pe-differs">')
    rows = {row.label: row.verdict for row in page.context["pairs"][0]["rows"]}
    assert rows == {"Name": "partly", "Birth date": "missing", "Phones": "differs", "E-mail": "missing"}
    assert marked == 4  # two first names, two numbers
    assert "Same last name" in page.content.decode()
    assert "a birth date that agrees" in page.content.decode()


def test_a_review_takes_few_queries(signed_in, django_assert_max_num_queries):
    match = made.in_review()
    for _ in range(4):
        made.match(match.patient, made.contact(), score=3.0)
    client = signed_in("staff")
    with django_assert_max_num_queries(23):
        client.get(review_url(match.patient))


def test_who_else_may_have_the_contact_is_said(signed_in):
    match = made.in_review()
    made.match(made.patient("Beth", "Rival"), match.contact, "automatic")
    page = signed_in("staff").get(review_url(match.patient)).content.decode()
    assert "Beth Rival" in page
    assert "no longer theirs" in page


def test_the_keys_belong_to_the_first_candidate_only(signed_in):
    match = made.in_review()
    made.match(match.patient, made.contact(), score=3.0)
    made.in_review("Next", "Zander")
    page = signed_in("staff").get(review_url(match.patient)).content.decode()
    assert [page.count(f'data-key="{key}"') for key in "arn"] == [1, 1, 1]


def test_accepting_records_who_and_moves_on_to_the_next(signed_in):
    first, second = made.in_review("Ann", "Adams"), made.in_review("Bea", "Brown")
    page = decide(signed_in("staff"), first, "accept")
    first.refresh_from_db()
    assert (first.verdict, first.decided_by.username) == ("accepted", "test-staff")
    assert page.redirect_chain[-1][0] == review_url(second.patient)


def test_the_next_one_is_the_next_of_the_list_also_after_skipping(signed_in):
    skipped, decided, last = (made.in_review("Ann", name) for name in ("Adams", "Brown", "Clark"))
    page = decide(signed_in("staff"), decided, "accept")
    assert page.redirect_chain[-1][0] == review_url(last.patient)
    page = decide(page.client, last, "reject")
    assert page.redirect_chain[-1][0] == review_url(skipped.patient)


def test_rejecting_one_of_two_candidates_stays_with_the_patient(signed_in):
    match = made.in_review()
    other = made.match(match.patient, made.contact(), score=3.0)
    page = decide(signed_in("staff"), match, "reject")
    assert page.redirect_chain[-1][0] == review_url(match.patient)
    assert Match.objects.get(pk=other.pk).verdict == "review"


def test_after_the_last_decision_the_list_says_that_nothing_is_left(signed_in):
    page = decide(signed_in("staff"), made.in_review(), "accept")
    assert page.redirect_chain[-1][0] == LIST
    assert "Nothing to decide" in page.content.decode()


def test_an_accepted_contact_is_proposed_to_nobody_else(signed_in):
    match = made.in_review()
    rival = made.match(made.patient("Beth", "Rival"), match.contact)
    decide(signed_in("staff"), match, "accept")
    assert not Match.objects.filter(pk=rival.pk).exists()


def test_a_decision_made_on_an_old_page_is_refused(signed_in):
    match = made.in_review()
    Match.objects.filter(pk=match.pk).update(verdict="rejected", decided_at=clock.now())
    page = decide(signed_in("staff"), match, "accept", seen="review")
    match.refresh_from_db()
    assert match.verdict == "rejected"
    assert "Somebody else decided" in page.content.decode()


def test_a_button_pressed_twice_decides_once_and_complains_to_nobody(signed_in):
    match = made.in_review()
    client = signed_in("staff")
    decide(client, match, "accept")
    page = decide(client, match, "accept", seen="review")
    assert "Somebody else" not in page.content.decode()
    assert Match.objects.get(pk=match.pk).verdict == "accepted"


def test_a_contact_that_staff_gave_to_another_patient_is_not_given_twice(signed_in):
    match = made.in_review()
    made.match(made.patient("Beth", "Rival"), match.contact, "accepted")
    page = decide(signed_in("staff"), match, "accept")
    match.refresh_from_db()
    assert match.verdict == "review"
    assert "Staff accepted this contact for another patient" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_people_who_accept_one_contact_at_once_get_one_match_and_one_sentence(user):
    person = user("staff")
    match = made.in_review()
    rival = made.match(made.patient("Beth", "Rival"), match.contact)
    answers = []

    def accept(pair):
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        answers.append(decide(client, pair, "accept"))
        connection.close()

    threads = [threading.Thread(target=accept, args=[pair]) for pair in (match, rival)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Match.objects.filter(contact=match.contact, verdict="accepted").count() == 1


def test_another_contact_is_found_by_name_and_by_number_and_accepted(signed_in):
    person = made.patient("Ann", "Miller")
    other = made.contact("Annette", "Muller", phone="+12055550199")
    client = signed_in("staff")
    for words in ("mull", "0199", "annette 555-0199"):
        found = client.get(review_url(person), {"q": words}).context["found"]
        assert [pair["contact"] for pair in found] == [other], words
    url = reverse("admin:outreach_match_decide", args=[person.pk, other.pk])
    client.post(url, {"act": "accept", "seen": ""})
    assert Match.objects.get().verdict == "accepted"


@pytest.mark.parametrize("role", ROLES)
def test_only_the_care_team_decides(role, signed_in):
    match = made.in_review()
    client = signed_in(role)
    page = client.get(review_url(match.patient)).content.decode()
    assert ("Accept" in page) == (role in TEAM)
    answer = decide(client, match, "accept", follow=False)
    assert answer.status_code == (302 if role in TEAM else 403)
    match.refresh_from_db()
    assert match.verdict == ("accepted" if role in TEAM else "review")


def test_looking_at_an_address_decides_nothing(signed_in):
    match = made.in_review()
    url = reverse("admin:outreach_match_decide", args=[match.patient_id, match.contact_id])
    assert signed_in("staff").get(url).status_code == 403
    assert Match.objects.get(pk=match.pk).verdict == "review"


@pytest.mark.parametrize(
    ("name", "work"),
    [("read_contacts", "outreach.tasks.sync_contacts"), ("match_again", "outreach.tasks.match_contacts")],
)
@pytest.mark.parametrize("role", ROLES)
def test_reading_and_matching_are_begun_in_the_background(name, work, role, signed_in):
    answer = signed_in(role).post(reverse(f"admin:outreach_match_{name}"))
    assert answer.status_code == (302 if role in TEAM else 403)
    assert list(Job.objects.values_list("task", flat=True)) == ([work] if role in TEAM else [])
    assert OrmQ.objects.count() == Job.objects.count()


def test_a_match_opens_as_the_review_of_its_patient(signed_in):
    match = made.in_review()
    answer = signed_in("staff").get(reverse("admin:outreach_match_change", args=[match.pk]))
    assert answer.url == review_url(match.patient)
