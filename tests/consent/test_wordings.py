"""Wordings: versions, what is in force, approval, and that a text somebody has met never changes."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import reverse

from consent import ledger
from consent.actions import wordings as acts
from consent.models import Wording
from consent.wordings import current, render
from consent.wordings.changes import changes
from consent.wordings.filling import profile_facts
from explorer.checks import run_checks
from explorer.lib import clock
from explorer.models import User
from tests import makers

TODAY = date(2026, 12, 7)


@pytest.fixture(autouse=True)
def today(monday):
    return monday


def approved(wording, by, on=TODAY) -> Wording:
    return acts.approve(wording, seen=wording.sha256, counsel="Jane Doe, Esq.", on=on, by=by)


def page(name: str, wording, *more) -> str:
    return reverse(f"admin:consent_wording_{name}", args=[wording.pk, *more])


def test_the_approved_one_is_in_force_before_a_newer_that_is_not(user):
    old, newer = makers.consent_wording(version=1), makers.consent_wording(version=2)
    assert current("apcm") == newer
    approved(old, user("administrator"))
    assert current("apcm") == old


def test_of_approved_ones_the_highest_version_counts_even_if_approved_earlier(user):
    by = user("administrator")
    old, newer = makers.consent_wording(version=1), makers.consent_wording(version=2)
    approved(newer, by, on=TODAY - timedelta(days=3))
    approved(old, by, on=TODAY)
    assert current("apcm") == newer


def test_one_that_is_retired_or_begins_later_is_not_in_force(user):
    now = makers.consent_wording(version=1)
    makers.consent_wording(version=2, valid_from=TODAY + timedelta(days=1))
    assert current("apcm") == now
    acts.retire(now, by=user("administrator"))
    assert current("apcm") is None
    assert current("apcm", "es") is None


def test_places_are_filled_from_the_profile_and_a_missing_one_is_named(practice):
    practice.doctor, practice.transition_date = "Dr. {phone}", date(2027, 2, 1)
    english = makers.consent_wording(text="{doctor} moves on {transition_date}, {doctor}.")
    spanish = makers.consent_wording(text="{doctor} se muda el {transition_date}.", language="es")
    korean = makers.consent_wording(text="{transition_date}", language="ko")
    facts = profile_facts(practice)
    assert render(english, **facts) == "Dr. {phone} moves on February 1, 2027, Dr. {phone}."
    assert render(spanish, **facts) == "Dr. {phone} se muda el 1 de febrero de 2027."
    assert render(korean, **facts) == "2027-02-01"
    with pytest.raises(ValidationError, match=r"the old practice \(\{old_practice\}\)"):
        render(makers.consent_wording(version=2, text="From {old_practice}"), **facts)


def test_defaults_come_once_and_never_replace_anything():
    mine = makers.consent_wording("records", text="My own words")
    brought = acts.bring_defaults()
    assert len(brought) == 15
    assert not any(each.approved_on for each in brought)
    assert acts.bring_defaults() == []
    assert Wording.objects.get(kind="records", language="en") == mine
    acts.retire(mine, by=None)
    assert acts.bring_defaults() == []


def test_using_one_twice_keeps_the_first_time_and_seals_it(today):
    wording = makers.consent_wording()
    first = acts.use(wording).used_at
    today(1)
    assert acts.use(wording).used_at == first == acts.use(Wording.objects.get()).used_at
    with pytest.raises(ValidationError, match="write a new version"):
        acts.rewrite(wording, seen=wording.sha256, title="x", text="y", valid_from=TODAY, by=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Wording.objects.filter(pk=wording.pk).update(text="other words")


def test_a_version_that_nobody_met_may_be_edited_unless_somebody_else_did_so_meanwhile():
    wording = makers.consent_wording()
    told = {"title": "T", "valid_from": TODAY, "by": None}
    changed = acts.rewrite(wording, seen=wording.sha256, text="new words", **told)
    assert changed.sha256 != wording.sha256 == wording.digest()
    with pytest.raises(ValidationError, match="Somebody else"):
        acts.rewrite(wording, seen=wording.sha256, text="mine", **told)


def test_two_people_do_not_save_the_same_version():
    told = {"kind": "apcm", "language": "en", "title": "T", "valid_from": TODAY, "by": None}
    acts.write_version(number=1, text="one", **told)
    for taken_or_too_high in (1, 3):
        with pytest.raises(ValidationError, match="somebody else"):
            acts.write_version(number=taken_or_too_high, text="two", **told)
    assert Wording.objects.get().text == "one"


@pytest.mark.parametrize("text", ["{docter} writes", "a { alone", "{}", "{patient.mrn}"])
def test_a_place_that_nobody_can_fill_is_refused(text):
    with pytest.raises(ValidationError):
        acts.write_version(kind="apcm", language="en", number=1, title="T", text=text, valid_from=TODAY, by=None)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"on": TODAY + timedelta(days=1)}, "lies ahead"),
        ({"counsel": "  "}, "Name the counsel"),
        ({"seen": "0" * 64}, "Somebody else has changed"),
    ],
)
def test_an_approval_is_refused(changed, because, user):
    wording = makers.consent_wording()
    told = {"seen": wording.sha256, "counsel": "Jane Doe", "on": TODAY, "by": user("administrator")} | changed
    with pytest.raises(ValidationError, match=because):
        acts.approve(wording, **told)
    wording.refresh_from_db()
    assert wording.approved_on is None


def test_an_approval_is_recorded_once(user):
    by = user("administrator")
    wording = approved(makers.consent_wording(), by)
    assert (wording.approved_by, wording.approval_recorded_by) == ("Jane Doe, Esq.", by)
    with pytest.raises(ValidationError, match="approved already"):
        approved(wording, by)


def test_changes_are_shown_word_by_word():
    parts = changes("You may stop at any time.", "You may stop at once.")
    assert "".join(part.text for part in parts if part.how != "new") == "You may stop at any time."
    assert "".join(part.text for part in parts if part.how != "old") == "You may stop at once."
    assert [part.text for part in parts if part.how == "new"] == ["once."]


def test_the_list_shows_each_version_with_its_state(signed_in, user):
    makers.consent_wording(language="vi")
    acts.bring_defaults()
    client = signed_in("read_only")
    listed = reverse("admin:consent_wording_changelist")
    answer = client.get(listed).content.decode()
    assert answer.count("To be approved by counsel") >= 17
    assert "not read" in answer
    assert (
        client.get(reverse("admin:consent_wording_changelist"), {"state": "approved"}).context["cl"].result_count == 0
    )


def test_the_page_of_a_version_shows_text_hash_elements_use_and_what_changed(signed_in, user):
    one = makers.consent_wording(version=1, text="Cost sharing may apply.")
    two = acts.use(makers.consent_wording(version=2, text="Cost sharing <may> not apply."))
    ledger.record_event(
        patient=makers.patient(), kind="apcm", decision="declined", method="phone", occurred_at=clock.now(), by=None,
        wording=two,
    )  # fmt: skip
    shown = signed_in("read_only").get(page("change", two))
    text = shown.content.decode()
    assert two.sha256 in text
    assert "Cost sharing &lt;may&gt; not apply." in text
    assert {finding.element.code for finding in shown.context["findings"] if finding.state == "missing"} == {
        "available", "one_practitioner", "stop", "cost", "practitioner",
    }  # fmt: skip
    assert "89 FR 97880-81" in text
    assert shown.context["decisions"] == 1
    assert "What changed since version 1" in text
    assert "cannot be edited" in text
    assert page("edit", two) not in text
    assert "newer version" in signed_in("provider").get(page("change", one)).content.decode()


def test_a_new_version_is_written_checked_and_saved(signed_in):
    base = acts.use(makers.consent_wording(text="Old words {practice}"))
    client = signed_in("provider")
    typed = {"language": "en", "title": "APCM", "text": "Only one doctor a month.\r\n", "valid_from": "12/08/2026"}
    checked = client.post(page("next", base), typed | {"check": "1"})
    assert checked.context["number"] == 2
    assert Wording.objects.count() == 1
    assert "missing" in checked.content.decode()
    saved = client.post(page("next", base), typed | {"save": "1", "number": "2"})
    made = Wording.objects.get(version=2)
    assert saved["Location"] == page("change", made)
    assert (made.text, made.valid_from, made.created_by.username) == (
        "Only one doctor a month.", date(2026, 12, 8), "test-provider",
    )  # fmt: skip
    again = client.post(page("next", base), typed | {"save": "1", "number": "2"})
    assert "saved by somebody else meanwhile" in again.content.decode()
    assert client.post(page("next", base), typed | {"save": "1", "number": "x"}).status_code == 200
    assert Wording.objects.count() == 2


def test_a_version_in_another_language_begins_with_one(signed_in):
    base = makers.consent_wording(version=4)
    typed = {"language": "vi", "title": "APCM", "text": "Chương trình", "valid_from": "12/07/2026"}
    client = signed_in("administrator")
    checked = client.post(page("next", base), typed | {"check": "1"})
    assert checked.context["number"] == 1
    assert "reads English and Spanish only" in checked.content.decode()
    client.post(page("next", base), typed | {"save": "1", "number": "1"})
    assert Wording.objects.get(language="vi").version == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": "{docter}"}, "cannot be filled in"),
        ({"valid_from": "soon"}, "Write the date as"),
        ({"text": "x" * 40_001}, "40000"),
        ({"language": "tlh"}, "valid choice"),
    ],
)
def test_a_bad_new_version_is_told_what_is_wrong(typed, sentence, signed_in):
    base = makers.consent_wording()
    good = {"language": "en", "title": "T", "text": "Words", "valid_from": "12/08/2026", "save": "1", "number": "2"}
    assert sentence in signed_in("administrator").post(page("next", base), good | typed).content.decode()
    assert Wording.objects.count() == 1


def test_an_unused_version_is_edited_and_a_used_one_is_not(signed_in):
    wording = makers.consent_wording()
    client = signed_in("provider")
    typed = {"title": "T", "text": "Better words", "valid_from": "12/08/2026", "seen": wording.sha256}
    assert client.post(page("edit", wording), typed | {"check": "1"}).context["number"] == 1
    client.post(page("edit", wording), typed | {"save": "1"})
    wording.refresh_from_db()
    assert (wording.text, wording.sha256) == ("Better words", wording.digest())
    assert "Somebody else" in client.post(page("edit", wording), typed | {"save": "1"}).content.decode()
    acts.use(wording)
    assert client.get(page("edit", wording))["Location"] == page("change", wording)
    client.post(page("edit", wording), typed | {"seen": wording.sha256, "text": "Forged", "save": "1"})
    wording.refresh_from_db()
    assert wording.text == "Better words"


def test_an_approval_is_recorded_by_an_administrator_only(signed_in, client):
    wording = makers.consent_wording()
    typed = {"counsel": "Jane Doe, Esq.", "on": "12/07/2026", "seen": wording.sha256, "exactly": "on"}
    assert signed_in("provider").post(page("approve", wording), typed).status_code == 403
    client.logout()
    admin = signed_in("administrator")
    assert "misses 5 elements" in admin.get(page("approve", wording)).content.decode()
    assert "lies ahead" in admin.post(page("approve", wording), typed | {"on": "12/08/2026"}).content.decode()
    assert "exactly this text" in admin.post(page("approve", wording), typed | {"exactly": ""}).content.decode()
    assert Wording.objects.get().approved_on is None
    admin.post(page("approve", wording), typed)
    wording.refresh_from_db()
    assert (wording.approved_on, wording.approved_by) == (TODAY, "Jane Doe, Esq.")
    assert wording.approval_recorded_by.username == "test-administrator"
    assert "on 12/07/2026 by Jane Doe, Esq." in admin.get(page("change", wording)).content.decode()


def test_retiring_takes_a_press_and_says_what_is_left(signed_in):
    wording = makers.consent_wording()
    client = signed_in("administrator")
    assert "no other version" in client.get(page("retire", wording)).content.decode()
    assert Wording.objects.in_force().exists()
    client.post(page("retire", wording))
    assert not Wording.objects.in_force().exists()
    assert "Retired" in client.get(page("change", wording)).content.decode()


def test_the_doctor_names_the_kinds_that_counsel_has_not_approved(settings):
    def examined():
        return next(check for check in run_checks() if check.id == "wordings")

    for each in acts.bring_defaults():
        if each.kind != "letter":
            approved(each, _counsel())
    assert examined().ok
    assert examined().message == "Not yet approved by counsel: Consent letter."
    settings.MODE = "live"
    assert not examined().ok
    assert "record the approval" in examined().cure
    approved(current("letter"), _counsel())
    assert examined().ok


def _counsel() -> User:
    return User.objects.get_or_create(username="recorder", defaults={"role": "administrator"})[0]
