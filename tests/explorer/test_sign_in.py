"""Signing in and out: allauth alone, in force before the admin."""

import pytest
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from explorer.models import User

PASSWORD = "a long test password"


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def sign_in(client, name="test-staff", password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": name, "password": password, **more})


def test_the_admin_leads_to_the_sign_in_and_back(client, user):
    user("staff")
    answer = client.get("/admin/patients/patient/")
    assert answer.status_code == 302
    answer = client.get(answer["Location"], follow=True)
    address, _ = answer.redirect_chain[-1]
    assert address == "/accounts/login/?next=%2Fadmin%2Fpatients%2Fpatient%2F"
    assert sign_in(client, next="/admin/patients/patient/")["Location"] == "/admin/patients/patient/"


def test_the_admins_own_login_form_takes_no_password(client, user):
    user("administrator")
    client.post("/admin/login/", {"username": "test-administrator", "password": PASSWORD})
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(("name", "password"), [("test-staff", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_get_the_same_sentence(name, password, client, user):
    user("staff")
    page = sign_in(client, name, password)
    assert page.status_code == 200
    assert "This name and password do not fit together. Try again." in page.content.decode()


def test_the_sign_in_leads_to_no_other_site(client, user):
    user("staff")
    assert sign_in(client, next="https://example.com/")["Location"] == "/admin/"


def test_the_sign_in_page_names_the_mode_and_offers_no_sign_up(client):
    page = client.get(reverse("account_login")).content.decode()
    assert "DEMO" in page
    assert reverse("account_signup") not in page


def test_nobody_signs_up(client):
    form = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD}
    for answer in (client.get(reverse("account_signup")), client.post(reverse("account_signup"), form)):
        assert "Accounts are made by your administrator" in answer.content.decode()
    assert not User.objects.filter(username="mallory").exists()


@pytest.mark.parametrize("name", ["account_email", "account_reset_password", "account_set_password"])
def test_pages_that_would_send_mail_are_not_there(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("address", ["admin:logout", "account_logout"])
def test_signing_out_takes_a_press_and_then_holds(address, signed_in):
    client = signed_in("staff")
    assert "Sign out on this PC?" in client.get(reverse(address)).content.decode()
    assert client.get("/admin/").status_code == 200
    client.post(reverse(address))
    assert client.get("/admin/").status_code == 302


def test_the_admins_password_link_leads_to_our_page(signed_in):
    answer = signed_in("staff").get("/admin/password_change/", follow=True)
    assert answer.redirect_chain[-1][0] == reverse("account_change_password")
    assert "Change password" in answer.content.decode()


def test_a_person_changes_the_own_password_and_stays_signed_in(client, user):
    person = user("read_only")
    sign_in(client, person.username)
    new = "another long passphrase"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), form)["Location"] == "/admin/"
    person.refresh_from_db()
    assert person.check_password(new)
    assert client.get("/admin/").status_code == 200


def test_a_short_password_is_refused_with_the_reason(signed_in, user):
    form = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    page = signed_in("staff").post(reverse("account_change_password"), form).content.decode()
    assert "at least 12 characters" in page


def test_a_closed_account_loses_its_session_at_the_next_page(signed_in):
    client = signed_in("staff")
    assert client.get("/admin/").status_code == 200
    User.objects.filter(username="test-staff").update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_a_closed_account_does_not_sign_in(client, user):
    person = user("staff")
    User.objects.filter(pk=person.pk).update(is_active=False)
    sign_in(client)
    assert client.get("/admin/").status_code == 302


def test_nobody_is_superuser(user):
    people = [user(role) for role in User.Role.values]
    assert not any(person.is_superuser for person in people)
    with pytest.raises(Exception, match="nobody_is_superuser"):
        User.objects.create_superuser("root", password=PASSWORD)
