"""Rows of the APCM workbook that only a person can decide."""

import pytest
from django.urls import reverse

from explorer.lib.tables import SHELL
from patients import actions
from patients.models import ApcmEnrolment, ImportBatch
from tests import makers

HEADINGS = ["MRN", "Patient Name", "G0556", "G0557", "G0558"]


@pytest.fixture(autouse=True)
def patient(practice):
    return makers.patient(first="William", last="Smith", preferred_name="Bill")


def read(*rows, headings=HEADINGS):
    content = makers.workbook([headings, *rows])
    return actions.review_apcm(content, "apcm.xlsx", limits=SHELL, apart=False), content


def staged(*rows) -> ImportBatch:
    review, content = read(*rows)
    return actions.stage(review, content=content, by=None)


def url(batch: ImportBatch, act: str) -> str:
    return reverse(f"admin:patients_importbatch_{act}", args=[batch.pk])


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("Smith, William", "new"),
        ("SMITH, W", "new"),
        ("Smith, Bill", "new"),
        ("Smith, Ada", "new"),
        ("Jones, William", "new"),
        ("William Smith", "new"),
        ("William, Smith", "new"),
        ("", "new"),
        ("Jones, Ada", "conflict"),
    ],
)
def test_a_row_with_another_first_and_last_name_is_a_conflict(name, outcome):
    review, _ = read(["1001", name, "I10", "", ""])
    assert review.proposals[0].outcome == outcome
    problems = [problem["problem"] for problem in review.proposals[0].problems]
    assert any("First and last name both differ" in problem for problem in problems) == (outcome == "conflict")


def test_somebody_else_is_enrolled_only_when_a_person_takes_the_lists_side(signed_in):
    batch = staged(["1001", "Jones, Ada", "I10", "", ""])
    row = batch.rows.get()
    client = signed_in("staff")
    page = client.get(url(batch, "review")).text
    assert "First and last name both differ" in page
    assert "Jones, Ada" in page
    assert "Smith, William</a>" in page
    client.post(url(batch, "confirm"))
    assert not ApcmEnrolment.objects.exists()
    batch = staged(["1001", "Jones, Ada", "I10", "", ""])
    row = batch.rows.get()
    client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "list"})
    client.post(url(batch, "confirm"))
    assert ApcmEnrolment.objects.get().level == 1


def test_of_two_filled_levels_a_person_chooses_one(signed_in):
    batch = staged(["1001", "Smith, William", "I10", "E11.9", ""])
    row = batch.rows.get()
    assert row.outcome == "conflict"
    client = signed_in("staff")
    page = client.get(url(batch, "review")).text
    assert "Level 1 (G0556): I10" in page
    assert "Take the list’s" not in page
    client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "3"})
    client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "list"})
    assert not batch.rows.filter(take=True).exists(), "no such level was offered"
    client.post(url(batch, "review"), {"show": "conflict", f"take-{row.pk}": "2"})
    client.post(url(batch, "confirm"))
    enrolment = ApcmEnrolment.objects.get()
    assert (enrolment.level, enrolment.icd10) == (2, "E11.9")
    again, _ = read(["1001", "Smith, William", "I10", "E11.9", ""])
    assert again.proposals[0].outcome == "unchanged", "what a person decided is not asked again"


def test_of_an_enrolled_patient_only_the_chosen_level_changes_and_can_be_undone():
    enrolled = staged(["1001", "Smith, William", "I10", "", ""])
    actions.apply(enrolled, by=None)
    batch = staged(["1001", "Smith, William", "", "E11.9", "Z99"])
    row = batch.rows.get()
    actions.choose(batch, {row.pk: 3}, by=None)
    actions.choose(batch, {row.pk: 2}, by=None)
    actions.apply(batch, by=None)
    assert ApcmEnrolment.objects.get().level == 2
    actions.undo(batch, by=None)
    enrolment = ApcmEnrolment.objects.get()
    assert (enrolment.level, enrolment.icd10) == (1, "I10")


def test_two_filled_levels_that_nobody_decided_change_nothing():
    batch = staged(["1001", "Smith, William", "I10", "E11.9", ""])
    assert actions.apply(batch, by=None) == 0
    assert not ApcmEnrolment.objects.exists()
