"""The frame around every page: where one is, kind errors, empty lists, keys."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from explorer import errors, shortcuts
from explorer.empty import EMPTY
from explorer.models import User
from explorer.trail import place
from tests.explorer.test_roles import _named_patterns


@pytest.mark.parametrize(
    ("url_name", "more", "expected"),
    [
        ("index", {"title": "Home"}, ("", "Home", True, "Home")),
        ("consent_consentevent_changelist", {"model": "consent_consentevent"},
         ("Decide", "Decisions", True, "Decisions")),
        ("consent_response_upload", {"model": "consent_response", "title": "Take in answers"},
         ("Decide", "Form answers", False, "Take in answers")),
        ("outreach_attempt_record", {"model": "outreach_attempt", "title": "Call"},
         ("Decide", "Who is left", False, "Call")),
        ("my_settings", {"title": "My settings"}, ("", "", False, "My settings")),
    ],
)  # fmt: skip
def test_a_page_says_where_it_stands_in_the_sidebars_words(url_name, more, expected):
    where = place(url_name, **more)
    assert (where.group, where.section, where.here, where.title) == expected


PAGES = ("/admin/", "/admin/consent/consentevent/", "/admin/patients/patient/", "/admin/my-settings/")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_heading_and_a_way_past_the_menu(address, signed_in):
    page = signed_in("staff").get(address).content.decode()
    assert len(re.findall("<h1", page)) == 1
    assert page.index('href="#content"') < page.index("<nav")
    assert len(re.findall("<main", page)) == 1


def test_the_dialog_shows_every_shortcut_of_the_table(signed_in):
    page = signed_in("staff").get("/admin/").content.decode()
    dialog = page[page.index('<dialog id="shortcuts"') : page.index("</dialog>")]
    known = set(_named_patterns()) | {""}
    shown = [each for group in shortcuts.SHORTCUTS.values() for each in group if each.url in known]
    assert len(shown) > 8
    assert not [each.words for each in shown if each.words not in dialog]
    assert "data-off" not in dialog


def test_each_person_switches_keys_and_language(signed_in):
    client = signed_in("read_only")
    client.post(reverse("admin:my_settings"), {"language": "es"})
    person = User.objects.get()
    assert (person.language, person.shortcuts) == ("es", False)
    page = client.get("/admin/").content.decode()
    assert '<html lang="es"' in page
    assert re.search(r'<dialog id="shortcuts"[^>]*data-off', page)
    assert "Pacientes" in page


def test_the_sign_in_speaks_the_language_last_chosen_on_this_pc(signed_in):
    client = signed_in("staff")
    client.post(reverse("admin:my_settings"), {"language": "es", "shortcuts": "on"})
    client.post(reverse("account_logout"))
    assert "Iniciar sesión" in client.get(reverse("account_login")).content.decode()


def test_a_page_that_is_not_for_the_role_says_so_kindly(signed_in):
    answer = signed_in("staff").get(reverse("admin:explorer_user_changelist"))
    assert answer.status_code == 403
    assert "Ask your administrator" in answer.content.decode()
    assert "<nav" in answer.content.decode()


@pytest.mark.parametrize("inside", [True, False])
def test_an_address_that_leads_nowhere_says_so_kindly(inside, signed_in, client):
    if inside:
        client = signed_in("staff")
    answer = client.get("/admin/nothing/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_form_from_an_old_page_says_what_to_do(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user("staff"), backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(reverse("admin:my_settings"), {"language": "es"})
    assert answer.status_code == 403
    assert "Nothing was saved" in answer.content.decode()


def test_a_fault_is_told_without_asking_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = errors.server_error(RequestFactory().get("/admin/"))
    assert answer.status_code == 500
    assert "tell your administrator" in answer.content.decode()


def test_each_empty_list_says_where_to_begin(signed_in):
    wrong = [url for _, _, url in EMPTY.values() if url not in _named_patterns()]
    assert not wrong
    page = signed_in("staff").get(reverse("admin:outreach_campaign_changelist")).content.decode()
    assert "Make the first campaign" in page
