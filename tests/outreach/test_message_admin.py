import pytest
from django.urls import reverse

from explorer.lib import clock
from explorer.lib.models import Practice
from outreach.models import Message, Reply, TextTemplate
from tests.conftest import ROLES
from tests.outreach import made

LIST = "/admin/outreach/message/"
TEAM = ("administrator", "provider", "staff")
LEADERS = ("administrator", "provider")
GOOD = "{practice}: our office is moving: {link} Call {phone}. Reply STOP to opt out."


@pytest.fixture
def message():
    made.reachable("Ann", "Miller", phone="+12055550147")
    return made.launched().messages.get()


@pytest.fixture
def uncertain(message):
    return made.attempted(message, "uncertain", reason="It was not found in Spruce.")


def page_of(message) -> str:
    return reverse("admin:outreach_message_change", args=[message.pk])


def settle(client, message, went_out: str):
    url = reverse("admin:outreach_message_settle", args=[message.pk])
    return client.post(url, {"went_out": went_out}, follow=True)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_the_texts_with_the_last_four_digits_only(role, message, signed_in):
    page = signed_in(role).get(LIST).content.decode()
    assert "…0147" in page
    assert "5550147" not in page
    assert "Pilot: First text" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("state__exact=planned", True), ("state__exact=failed", False), ("q=0147", True), ("q=0148", False)],
)
def test_texts_are_found_by_state_and_by_the_end_of_the_number(query, found, message, signed_in):
    assert ("…0147" in signed_in("staff").get(f"{LIST}?{query}").content.decode()) == found


def test_texts_are_found_by_campaign(message, signed_in):
    other = made.draft("Other")
    client = signed_in("staff")
    for campaign, found in ((message.campaign, True), (other, False)):
        page = client.get(f"{LIST}?campaign__id__exact={campaign.pk}").content.decode()
        assert ("…0147" in page) == found


def test_a_long_list_takes_few_queries(signed_in, django_assert_max_num_queries):
    for _ in range(30):
        made.reachable()
    made.launched()
    client = signed_in("staff")
    with django_assert_max_num_queries(20):
        client.get(LIST)


@pytest.mark.parametrize("role", ROLES)
def test_one_text_shows_its_exact_words_and_everything_for_proof(role, message, signed_in):
    sent = made.attempted(message, "confirmed")
    page = signed_in(role).get(page_of(sent)).content.decode()
    for words in (sent.text, sent.key, sent.request_id, "Ann Miller", "(205) 555-0147", "Confirmed"):
        assert words in page, words


def test_a_text_that_was_not_sent_says_that_its_words_are_not_fixed(message, signed_in):
    assert "this one has not been" in signed_in("staff").get(page_of(message)).content.decode()


def test_texts_are_never_edited(message, signed_in):
    signed_in("administrator").post(page_of(message), {"state": "confirmed", "text": "Something else"})
    assert Message.objects.get(pk=message.pk).state == "planned"


def test_an_uncertain_text_shows_the_evidence(uncertain, signed_in):
    came = {"item_id": "item_1", "conversation_id": "c_1", "received_at": clock.now()}
    Reply.objects.create(phone=uncertain.phone, text="Who is this?", **came)
    page = signed_in("staff").get(page_of(uncertain)).content.decode()
    for words in ("Did this text go out?", "It was not found in Spruce.", "Who is this?", "(205) 555-0147"):
        assert words in page, words


@pytest.mark.parametrize(("answer", "state"), [("yes", "confirmed"), ("no", "failed")])
def test_a_person_settles_an_uncertain_text_in_one_click(answer, state, uncertain, signed_in):
    settle(signed_in("staff"), uncertain, answer)
    uncertain.refresh_from_db()
    assert (uncertain.state, uncertain.settled_by.username) == (state, "test-staff")


def test_a_text_is_settled_once(uncertain, signed_in):
    client = signed_in("staff")
    settle(client, uncertain, "yes")
    page = settle(client, uncertain, "no").content.decode()
    assert Message.objects.get(pk=uncertain.pk).state == "confirmed"
    assert "settled already" in page


@pytest.mark.parametrize("role", ROLES)
def test_only_the_care_team_settles(role, uncertain, signed_in):
    client = signed_in(role)
    assert ("It is in Spruce" in client.get(page_of(uncertain)).content.decode()) == (role in TEAM)
    assert settle(client, uncertain, "yes").status_code == (200 if role in TEAM else 403)
    assert Message.objects.get(pk=uncertain.pk).state == ("confirmed" if role in TEAM else "uncertain")


def test_an_answer_that_is_neither_yes_nor_no_settles_nothing(uncertain, signed_in):
    assert settle(signed_in("staff"), uncertain, "maybe").status_code == 404
    assert Message.objects.get(pk=uncertain.pk).state == "uncertain"


def template_page() -> str:
    return reverse("admin:outreach_texttemplate_change", args=[TextTemplate.objects.get(day=0).pk])


@pytest.mark.parametrize("role", ROLES)
def test_leaders_change_the_templates_and_everybody_reads_them(role, signed_in):
    client = signed_in(role)
    assert "Home Team Medical: our office is moving" in client.get(template_page()).content.decode()
    client.post(template_page(), {"body": GOOD})
    assert (TextTemplate.objects.get(day=0).body == GOOD) == (role in LEADERS)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{practice}: our office is moving: {link} Call {phone}.", "Add “Reply STOP to opt out.”"),
        (GOOD + " {name}", "a text names nobody"),
        (GOOD + " Act now!", "a text must not press anyone"),
        (GOOD + " {doctor}", "in the practice profile"),
        ("", "This field is required"),
    ],
)
def test_words_that_must_not_go_out_are_not_saved(body, words, signed_in):
    before = TextTemplate.objects.get(day=0).body
    page = signed_in("administrator").post(template_page(), {"body": body}).content.decode()
    assert words in page
    assert TextTemplate.objects.get(day=0).body == before


def test_a_warning_is_told_and_the_words_are_saved(signed_in):
    body = "{practice}: our office is moving: {link} Reply STOP to opt out."
    page = signed_in("administrator").post(template_page(), {"body": body}, follow=True).content.decode()
    assert "some people would rather call" in page
    assert TextTemplate.objects.get(day=0).body == body


def test_without_a_form_link_the_template_page_says_what_to_do(signed_in):
    Practice.objects.update(form_sample_url="")
    assert "sample link cannot be used" in signed_in("administrator").get(template_page()).content.decode()
