"""What the invented patients do once texted: who answers, when, how wrongly, and what Forms makes of it."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from openpyxl import load_workbook

from explorer.demo.answers import (
    FORM_SAMPLE_URL,
    IssuedInvitation,
    answer_plan,
    replies_for,
    reply_to,
    write_forms_export,
)
from explorer.demo.plans import habit_of

NO_DATABASE = True

FIRST_TEXT = datetime(2026, 11, 10, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def invitations(synthetic):
    """One per telephone, all texted on one morning, all reminded."""
    households = defaultdict(list)
    for person in synthetic.people:
        if person.phone:
            households[person.phone].append(person.mrn)
    reminders = [FIRST_TEXT + timedelta(days=days) for days in (3, 7, 14)]
    return [
        IssuedInvitation(f"{number:04d}-WXYZ-7HK2-QRST-A", tuple(mrns), FIRST_TEXT, reminders)
        for number, mrns in enumerate(households.values())
    ]


@pytest.fixture(scope="module")
def final(tmp_path_factory, invitations):
    """Heading and rows after everybody has answered who ever will."""
    return _export(tmp_path_factory.mktemp("final"), invitations, 25)


def _export(folder, invitations, days):
    path = folder / "export.xlsx"
    count = write_forms_export(path, invitations, FIRST_TEXT + timedelta(days=days))
    heading, *rows = [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]
    assert len(rows) == count
    return heading, rows


def test_about_half_answer_and_the_rest_behave_as_people_do(synthetic):
    plans = [answer_plan(person) for person in synthetic.people]
    share = {
        "answer": sum(plan.answers_after_hours is not None for plan in plans),
        "stop": sum(plan.sends_stop for plan in plans),
        "wrong": sum(plan.wrong_number for plan in plans),
        "ask": sum(plan.asks for plan in plans),
        "yes": sum(plan.says_yes_by_text for plan in plans),
        "silent": sum(plan.silent for plan in plans),
    }
    expected = {"answer": 0.52, "stop": 0.03, "wrong": 0.02, "ask": 0.04, "yes": 0.01, "silent": 0.41}
    assert {what: count / len(plans) for what, count in share.items()} == pytest.approx(expected, abs=0.025)


def test_who_stops_or_has_lost_the_number_does_not_answer(synthetic):
    plans = [answer_plan(person) for person in synthetic.people]
    assert not [plan for plan in plans if (plan.sends_stop or plan.wrong_number) and plan.step is not None]


def test_answers_fade_from_day_to_day_and_rise_after_each_reminder(synthetic):
    hours = [answer_plan(person).answers_after_hours for person in synthetic.people]
    days = Counter(int(hour // 24) for hour in hours if hour is not None)
    assert max(days) <= 20
    assert days[0] > days[3] > days[7] > days[14] > 30
    for reminder in (3, 7, 14):
        assert days[reminder] > 2 * days[reminder - 1]


def test_a_number_replies_once_at_most_and_always_alike(synthetic):
    numbers = sorted({person.phone for person in synthetic.people if person.phone})
    replies = {number: replies_for(number) for number in numbers}
    assert replies == {number: replies_for(number) for number in numbers}
    assert {number for number, texts in replies.items() if texts} == {number for number in numbers if habit_of(number)}
    assert {len(texts) for texts in replies.values()} == {0, 1}
    assert all(0 < hours <= 16 * 24 and words for texts in replies.values() for hours, words in texts)


def test_a_reply_belongs_to_one_of_the_texts(synthetic):
    number = next(person.phone for person in synthetic.people if person.phone and habit_of(person.phone) == "stop")
    answered = [count for count in range(1, 10) if reply_to(number, [], count)]
    assert len(answered) == 1
    assert answered[0] <= 4


def test_numbers_outside_the_practice_have_habits_too():
    habits = Counter(habit_of(f"+1205555{line:04d}") for line in range(4_000))
    assert 60 < habits["stop"] < 180
    stranger = next(n for n in (f"+1305555{line:04d}" for line in range(4_000)) if habit_of(n) == "stop")
    assert len(replies_for(stranger)) == 1


def test_the_sample_link_is_a_prefilled_one_with_the_sentinel():
    pattern = r"https://forms\.office\.com/Pages/ResponsePage\.aspx\?id=[\w-]{80}&r[0-9a-f]{32}=TOKEN123"
    assert re.fullmatch(pattern, FORM_SAMPLE_URL)


def test_the_export_has_forms_own_columns_and_whole_questions(final):
    heading, rows = final
    assert heading[:5] == ["ID", "Start time", "Completion time", "Email", "Name"]
    assert len(heading) == len(set(heading)) == 14
    assert all(row[3] == "anonymous" and row[4] is None for row in rows)
    assert all(row[1] < row[2] for row in rows)
    records = Counter(row[7] for row in rows)
    assert len(records) == 2
    assert all(len(option) > 20 and option.startswith(("Yes, ", "No, ")) for option in records)
    assert all(row[13].endswith(";") for row in rows)


def test_later_exports_hold_the_same_rows_and_those_that_came_since(tmp_path, invitations):
    exports = [_export(tmp_path, invitations, days)[1] for days in (0.1, 1, 4, 4, 9, 25)]
    for earlier, later in pairwise(exports):
        assert later[: len(earlier)] == earlier
    assert 0 < len(exports[0]) < len(exports[1]) < len(exports[2]) < len(exports[4]) < len(exports[5])


def test_ids_rise_with_the_time_of_completion(final):
    _, rows = final
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)


def test_reminders_and_invitations_that_come_later_leave_earlier_rows_alone(tmp_path, invitations):
    first_half = [IssuedInvitation(one.code_shown, one.mrns, one.confirmed_at) for one in invitations[:600]]
    later = FIRST_TEXT + timedelta(days=2)
    second_half = [IssuedInvitation(one.code_shown, one.mrns, later) for one in invitations[600:]]
    _, before = _export(tmp_path, first_half, 2)
    _, after = _export(tmp_path, invitations[:600] + second_half, 12)
    assert after[: len(before)] == before


def test_nobody_answers_before_the_text_nor_at_night(final):
    _, rows = final
    first_text = datetime(2026, 11, 10, 10)  # FIRST_TEXT in Chicago
    assert all(row[1] > first_text and 7 <= row[2].hour < 22 for row in rows)


def test_without_reminders_only_those_moved_by_the_first_text_answer(tmp_path, final, invitations):
    unreminded = [IssuedInvitation(one.code_shown, one.mrns, one.confirmed_at) for one in invitations]
    _, rows = _export(tmp_path, unreminded, 25)
    _, reminded = final
    assert 0.3 < len(rows) / len(reminded) < 0.6


def test_no_invitation_no_answer(tmp_path):
    assert _export(tmp_path, [], 25)[1] == []


def test_people_mistype_codes_and_birth_dates_use_another_link_and_contradict_themselves(final, synthetic, invitations):
    _, rows = final
    people = {person.birth_date: person for person in synthetic.people}
    shown = {one.code_shown: one.mrns for one in invitations}
    own = {mrn: one.code_shown for one in invitations for mrn in one.mrns}
    codes = [row[5] for row in rows]
    assert sum(code in shown for code in codes) > 0.8 * len(rows)
    assert None in codes
    assert any(code and code not in shown and code.upper() in shown for code in codes)
    assert any(row[6].date() not in people for row in rows)
    names = Counter((row[10], row[6]) for row in rows)
    assert any(count == 2 for count in names.values())
    # whoever types their own name and birth date under a code that is somebody else's
    astray = [
        row
        for row in rows
        if row[5] in shown and row[6].date() in people
        if people[row[6].date()].family.casefold() in row[10].casefold()
        if own.get(people[row[6].date()].mrn) not in {None, row[5]}
    ]
    assert astray


def test_a_letter_code_of_another_system_keeps_its_case(tmp_path, synthetic):
    foreign = [IssuedInvitation("aB3dEf7hJk", (person.mrn,), FIRST_TEXT) for person in synthetic.people if person.phone]
    _, rows = _export(tmp_path, foreign, 25)
    assert sum(row[5] == "aB3dEf7hJk" for row in rows) > 0.9 * len(rows)


def test_only_apcm_patients_answer_the_apcm_questions(final, synthetic):
    _, rows = final
    enrolled = {person.birth_date for person in synthetic.people if person.apcm == "active"}
    exact = {person.birth_date: person.apcm for person in synthetic.people}
    answered = [row for row in rows if row[8] and not row[8].startswith("Not applicable")]
    assert answered
    assert all(row[6].date() in enrolled for row in answered if row[6].date() in exact)
    assert all(bool(row[9]) == row[8].startswith("Yes") for row in answered)
