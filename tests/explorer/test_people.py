"""Accounts: an administrator makes and closes them; nobody is deleted; one administrator always stays."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from explorer.models import User
from explorer.people import PersonForm

LIST, ADD = reverse("admin:explorer_user_changelist"), reverse("admin:explorer_user_add")
PASSWORD = "correct horse battery"


def typed(**fields) -> dict:
    return {"username": "noor", "first_name": "Noor", "last_name": "Nurse", "email": "", "role": "staff",
            "is_active": "on", **fields}  # fmt: skip


def page_of(person: User) -> str:
    return reverse("admin:explorer_user_change", args=[person.pk])


def test_an_administrator_adds_a_person_who_then_signs_in(signed_in, client):
    signed_in("administrator").post(ADD, typed(password_once=PASSWORD))
    person = User.objects.get(username="noor")
    assert (person.role, person.is_staff, person.is_superuser) == ("staff", True, False)
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "This field is required"),
        ({"password_once": "short"}, "at least 12 characters"),
        ({"password_once": "noor.nurse.noor", "username": "noor.nurse.noor"}, "too similar to the username"),
        ({"password_once": PASSWORD, "username": "Test-Administrator"}, "Somebody has this name already"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_added(fields, sentence, signed_in):
    page = signed_in("administrator").post(ADD, typed(**fields))
    assert sentence in page.content.decode()
    assert User.objects.count() == 1


def test_a_forgotten_password_is_set_anew_and_ends_the_old_sessions(signed_in, user, client):
    person = user("staff")
    answer = signed_in("administrator").post(page_of(person), typed(password_once=PASSWORD))
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    entry = LogEntry.objects.filter(changes__has_key="password").latest("pk")
    assert entry.changes == {"password": ["", "set anew"]}
    assert entry.actor.username == "test-administrator"


def test_saving_without_a_new_password_keeps_the_old_one(signed_in, user):
    person = user("staff")
    signed_in("administrator").post(page_of(person), typed(role="provider", password_once=""))
    person.refresh_from_db()
    assert person.role == "provider"
    assert person.check_password("a long test password")


def test_the_hash_of_a_password_is_never_shown(signed_in, user):
    person = user("staff")
    client = signed_in("administrator")
    for address in (LIST, page_of(person), reverse("admin:auditlog_logentry_changelist")):
        page = client.get(address).content.decode()
        assert person.password not in page
    assert not any(person.password in str(entry.changes) for entry in LogEntry.objects.all())


@pytest.mark.parametrize("fields", [{"role": "staff"}, {"role": "administrator", "is_active": ""}])
def test_nobody_takes_the_role_or_the_account_from_the_own_self(fields, signed_in, user):
    User.objects.create_user("second", password=PASSWORD, role="administrator")
    client = signed_in("administrator")
    me = User.objects.get(username="test-administrator")
    page = client.post(page_of(me), typed(username=me.username, **fields)).content.decode()
    assert "You cannot take the administrator’s role" in page.replace("&#x27;", "’").replace("'", "’")
    me.refresh_from_db()
    assert (me.role, me.is_active) == ("administrator", True)


def test_the_last_administrator_cannot_be_closed(user):
    me, last = user("staff"), user("administrator")
    form = PersonForm(typed(username=last.username, is_active="", role="administrator"), instance=last)
    form.me = me
    assert not form.is_valid()
    assert "last administrator" in str(form.errors)


def test_another_administrator_can_be_closed(signed_in, user):
    other = User.objects.create_user("second", password=PASSWORD, role="administrator")
    closed = typed(username="second", role="administrator", is_active="")
    signed_in("administrator").post(page_of(other), closed)
    other.refresh_from_db()
    assert not other.is_active


@pytest.mark.parametrize("role", ["provider", "staff", "read_only"])
def test_the_others_neither_see_nor_change_people(role, signed_in):
    client = signed_in(role)
    mine = page_of(User.objects.get(username=f"test-{role}"))
    answers = [client.get(LIST), client.get(ADD), client.post(ADD, typed(password_once=PASSWORD)),
               client.get(mine), client.post(mine, typed(role="administrator"))]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * 5
    assert User.objects.get(username=f"test-{role}").role == role
