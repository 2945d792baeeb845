"""Rows in = new + changed + unchanged + conflicts + rejected + duplicates, on every sheet."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from explorer.lib.tables import SHELL
from patients import actions
from patients.proposing import counts
from tests import makers

MRNS = st.sampled_from(["1001", "1002", "1003", "01001", " 1001 ", "", "x" * 50])
NAMES = st.sampled_from(["Smith, Ada", "SMITH, ADA", "Jones, Eve", "Smith", "", "?", "de la Cruz, Mary Ann"])
BIRTHS = st.sampled_from(["03/25/1948", "1948-03-25", "11/02/2951", "", "soon"])
PHONES = st.sampled_from(["205-555-0123", "(205) 555-0124", "911", "", "call Ada"])
ROWS = st.lists(st.tuples(MRNS, NAMES, BIRTHS, PHONES), min_size=1, max_size=12)
APCM_ROWS = st.lists(
    st.tuples(MRNS, NAMES, st.sampled_from(["", "I10"]), st.sampled_from(["", "E11.9"])), min_size=1, max_size=12
)
PARTS = ("new", "changed", "unchanged", "conflicts", "rejected", "duplicates")


def obeys(review, rows) -> bool:
    """Blank rows and repeated headings are named in the notes; all others are counted once."""
    found = counts(review.proposals)
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    return found["rows"] == sum(found[part] for part in PARTS) == filled


class CountLaw(TestCase):
    @pytest.fixture(autouse=True)
    def _practice(self, practice):
        pass

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(first=ROWS, second=ROWS)
    def test_no_row_of_a_patient_list_is_lost(self, first, second):
        for rows in (first, second, second):
            content = makers.workbook([["MRN", "Patient Name", "DOB", "Cell Phone"], *map(list, rows)])
            if not any(any(cell.strip() for cell in row) for row in rows):
                continue
            review = actions.review_patients(content, "list.xlsx", limits=SHELL, apart=False)
            assert obeys(review, rows)
            batch = actions.stage(review, content=content, by=None)
            planned = sum(actions.planned_counts(batch).values())
            assert actions.apply(batch, by=None) == planned

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=APCM_ROWS)
    def test_no_row_of_an_apcm_workbook_is_lost(self, rows):
        if not any(any(cell.strip() for cell in row) for row in rows):
            return
        makers.patient(first="Ada", last="Smith")
        content = makers.workbook([["MRN", "Patient Name", "G0556", "G0557"], *map(list, rows)])
        assert obeys(actions.review_apcm(content, "apcm.xlsx", limits=SHELL, apart=False), rows)
