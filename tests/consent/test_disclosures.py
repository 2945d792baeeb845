"""Telling the old practice of those who agreed to it, and the account of that."""

import io
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from openpyxl import load_workbook

from consent import disclosing
from consent.models import Disclosure
from explorer.lib.models import Practice
from patients import merging
from tests import makers
from tests.consent import apcm_made as made


@pytest.fixture(autouse=True)
def january(monday):
    monday(44)
    made.move_to_the_new_practice()


def agreed(mrn: str, *, apcm="given", **fields):
    person = makers.patient(mrn, phone="", last=f"Smith{mrn}", **fields)
    made.said(person, apcm)
    made.said(person, kind="notice")
    return person


def listed(**how) -> list[str]:
    return [patient.mrn for patient in disclosing.to_be_told(**how).patients]


def left_out() -> dict[str, list[str]]:
    found = disclosing.to_be_told().left_out
    return {reason: [patient.mrn for patient in people] for reason, people in found.items() if people}


def url(name: str, *args) -> str:
    return reverse(f"admin:consent_disclosure_{name}", args=args)


def test_only_those_who_agreed_and_whose_yes_stands_are_listed():
    agreed("1")
    silent = makers.patient("2", phone="")
    made.said(silent)
    agreed("3", apcm="declined")
    agreed("4", deceased=True)
    contradicted = agreed("5")
    made.said(contradicted, "declined", kind="notice", contradicts=contradicted.consent_events.get(kind="notice"))
    assert listed() == ["1"]
    assert left_out() == {"apcm": ["3"], "deceased": ["4"], "conflict": ["5"]}


def test_a_patient_is_told_of_once_and_later_lists_hold_the_later_ones(monday):
    agreed("1")
    disclosing.tell_old_practice(by=None)
    agreed("2")
    monday(45)
    assert listed() == ["2"]
    assert listed(everybody=True) == ["1", "2"]
    [row] = disclosing.tell_old_practice(by=None)
    assert (row.patient.mrn, row.to, row.consent.kind) == ("2", "Old Practice", "notice")
    with pytest.raises(ValidationError, match="Nobody"):
        disclosing.tell_old_practice(by=None)


def test_who_takes_the_yes_back_is_never_listed_again():
    person = agreed("1")
    made.said(person, "revoked", kind="notice", on=date(2027, 1, 10))
    assert listed() == []
    assert listed(everybody=True) == []


def test_a_merged_chart_that_was_told_of_counts_for_the_patient():
    kept, absorbed = makers.patient("1", phone=""), agreed("2")
    disclosing.tell_old_practice(by=None)
    merging.merge(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=None)
    assert listed() == []
    assert left_out() == {"told": ["1"]}
    assert disclosing.accounting(kept).count() == 1


def test_without_the_old_practices_name_no_list_is_made():
    agreed("1")
    Practice.objects.update(old_practice="")
    with pytest.raises(ValidationError, match="old practice"):
        disclosing.tell_old_practice(by=None)
    assert not Disclosure.objects.exists()


def test_a_disclosure_is_never_changed_nor_deleted():
    agreed("1")
    disclosing.tell_old_practice(by=None)
    for statement in ("UPDATE consent_disclosure SET \"to\" = 'nobody'", "DELETE FROM consent_disclosure"):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_list_is_previewed_confirmed_recorded_and_can_be_had_again(signed_in):
    person = agreed("1")
    client = signed_in("provider")
    assert "Smith1" in client.get(url("changelist")).content.decode()
    client.get(url("tell"))
    assert not Disclosure.objects.exists()
    answer = client.post(url("tell"))
    assert "attachment" in answer["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[0] == tuple(disclosing.HEADINGS)
    assert (rows[1][0], rows[1][5]) == ("1", "2026-12")
    [row] = Disclosure.objects.all()
    again = client.get(url("again", row.pk))
    assert len(list(load_workbook(io.BytesIO(again.content)).active.iter_rows())) == 2
    assert Disclosure.objects.count() == 1
    assert "Old Practice" in client.get(url("accounting"), {"q": "Smith1"}).content.decode()
    assert "Nothing was disclosed" in client.get(url("accounting"), {"q": "Nobody"}).content.decode()
    assert "Old Practice" in client.get(url("account_file", person.pk)).content.decode("utf-8-sig")
    roof = client.get(reverse("admin:patients_patient_change", args=[person.pk])).content.decode()
    assert "Notice to the old practice, as the patient agreed by" in roof


@pytest.mark.parametrize("role", ["staff", "read_only"])
def test_only_leaders_make_the_list(role, signed_in):
    agreed("1")
    assert signed_in(role).post(url("tell")).status_code == 403
    assert not Disclosure.objects.exists()
