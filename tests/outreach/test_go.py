"""Each criterion of go or no-go, judged from facts alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from outreach import go
from outreach.go import AgreementFacts, GoFacts, StepFacts

NO_DATABASE = True

NOW = datetime(2026, 12, 7, 16, tzinfo=UTC)
TODAY = date(2026, 12, 7)
STEP = StepFacts("First text", approved_by="Dana Doctor", test=go.ARRIVED)
BAA = AgreementFacts("BAA", "Binder 3", date(2026, 1, 2))
GOOD = GoFacts(
    now=NOW, today=TODAY, steps=(STEP, replace(STEP, name="Day 3")), link_tried_on_phone=True, stop_read=True,
    whole_ways=5, texts=40, basis="verbal", polled_at=NOW - timedelta(minutes=1),
    backup_at=NOW - timedelta(hours=2), backup="image of the disk", agreements={"baa_spruce": ("BAA", BAA)},
)  # fmt: skip


def state(id: str, **change) -> str:
    return next(each.state for each in go.judge(replace(GOOD, **change)) if each.id == id)


def sentence(id: str, **change) -> str:
    return next(each.sentence for each in go.judge(replace(GOOD, **change)) if each.id == id)


def test_with_everything_in_place_all_is_green():
    assert {each.state for each in go.judge(GOOD)} == {"green"}
    assert [each.cure for each in go.judge(GOOD) if each.cure] == []


def test_of_a_practice_that_has_done_nothing_nothing_is_green():
    bare = GoFacts(now=NOW, today=TODAY, steps=(), link_problem="No link.", agreements={"baa_spruce": ("BAA", None)})
    judged = go.judge(bare)
    assert {each.id for each in judged if each.state != "red"} == {"stop_read"}
    assert all(each.cure and each.place for each in judged), "each line says what to do next, and where"


@pytest.mark.parametrize("test", [go.NOT_TRIED, go.ON_ITS_WAY, go.NOT_SENT, go.UNANSWERED, go.WRONG])
def test_one_text_that_did_not_arrive_is_a_no_go(test):
    steps = (STEP, replace(STEP, name="Day 3", test=test))
    assert state("own_phone", steps=steps) == "red"
    assert "Day 3" in sentence("own_phone", steps=steps)
    assert "First text" not in sentence("own_phone", steps=steps)


def test_an_error_in_the_words_counts_even_when_they_are_approved():
    steps = (replace(STEP, errors=("Take out “final”.",)),)
    assert state("words", steps=steps) == "red"
    assert "Take out “final”." in sentence("words", steps=steps)


def test_of_many_errors_the_first_are_told_and_the_rest_counted():
    steps = (replace(STEP, errors=("One.", "Two.", "Three.", "Four.")),)
    assert sentence("words", steps=steps) == "First text: One. First text: Two. And 2 more."


def test_words_that_nobody_else_has_read_are_a_no_go():
    steps = (STEP, replace(STEP, name="Day 3", approved_by=""))
    assert (state("words", steps=steps), "Day 3" in sentence("words", steps=steps)) == ("red", True)


def test_an_author_who_approved_alone_is_named_as_such():
    assert "nobody else may" in sentence("words", steps=(replace(STEP, alone=True),))


@pytest.mark.parametrize(("ways", "texts", "expected"), [
    (5, 40, "green"), (4, 40, "red"), (0, 6, "red"), (0, 5, "amber"), (0, 1, "amber"), (0, 0, "red"), (7, 3, "green"),
])  # fmt: skip
def test_five_patients_must_have_gone_the_whole_way_but_for_the_trial_itself(ways, texts, expected):
    assert state("five_patients", whole_ways=ways, texts=texts) == expected


@pytest.mark.parametrize(("problem", "phone", "answers", "expected"), [
    ("It cannot be read.", True, 3, "red"), ("", False, 0, "red"), ("", True, 0, "green"), ("", False, 1, "green"),
])  # fmt: skip
def test_a_link_must_be_readable_and_tried(problem, phone, answers, expected):
    change = {"link_problem": problem, "link_tried_on_phone": phone, "answers_by_link": answers}
    assert state("form_link", **change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"basis": "unknown"}, "red"),
        ({"texts": 0}, "red"),
        ({"bad_numbers": 1}, "red"),
        ({"left_out": (("There is no phone number.", 12),)}, "green"),
    ],
)
def test_numbers_must_be_valid_and_have_a_basis(change, expected):
    assert state("phones", **change) == expected


def test_who_is_left_out_and_why_is_part_of_the_evidence():
    found = sentence("phones", left_out=(("There is no phone number.", 12), ("A land line.", 3)), bad_numbers=1)
    assert found == (
        "39 of 40 numbers (97 %) are valid and may be texted. "
        "Left out: 15 patients. There is no phone number (12); A land line (3)."
    )


@pytest.mark.parametrize(("age", "expected"), [
    (timedelta(minutes=10), "green"), (timedelta(minutes=10, seconds=1), "red"), (timedelta(seconds=-5), "red"),
])  # fmt: skip
def test_replies_must_have_been_read_in_the_last_ten_minutes(age, expected):
    assert state("monitoring", polled_at=NOW - age) == expected


@pytest.mark.parametrize(("age", "expected"), [
    (timedelta(hours=24), "green"), (timedelta(hours=24, seconds=1), "red"), (timedelta(seconds=-5), "red"),
])  # fmt: skip
def test_a_backup_is_good_for_a_day_and_none_from_the_future_counts(age, expected):
    assert state("backup", backup_at=NOW - age) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "red"),
        (replace(BAA, expires_on=TODAY), "green"),
        (replace(BAA, expires_on=TODAY - timedelta(days=1)), "red"),
        (replace(BAA, signed_on=TODAY + timedelta(days=1)), "red"),
    ],
)
def test_an_agreement_counts_from_its_first_to_its_last_day(found, expected):
    assert state("baa_spruce", agreements={"baa_spruce": ("BAA", found)}) == expected


def test_no_stop_from_a_test_phone_is_advice_only():
    assert state("stop_read", stop_read=False) == "amber"
    assert not go.reds(go.judge(replace(GOOD, stop_read=False)))
