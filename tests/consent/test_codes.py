"""Codes survive what people do to them, and never turn into somebody else's."""

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.codes import LENGTH, SYMBOLS, CodeBook, clean_foreign, is_valid, new_code, read, repairs, show

NO_DATABASE = True

FOREIGN = "aB3dE5fG7hJ9kL1m"
own_codes = st.builds(new_code)


@pytest.fixture(scope="module")
def code():
    return new_code()


def test_new_codes_are_valid_distinct_and_use_every_symbol():
    codes = [new_code() for _ in range(5_000)]
    assert len(set(codes)) == 5_000
    assert all(is_valid(code) for code in codes)
    counts = Counter("".join(code[:-1] for code in codes))
    assert set(counts) == set(SYMBOLS)
    assert max(counts.values()) < 1.25 * min(counts.values())


def test_a_code_is_shown_in_groups_of_four():
    assert show("ABCDEFGHJKMNPQRST") == "ABCD-EFGH-JKMN-PQRS-T"


def test_every_wrong_symbol_is_noticed_and_the_right_one_is_among_the_repairs():
    for code in (new_code() for _ in range(20)):
        for place in range(LENGTH):
            for symbol in set(SYMBOLS) - {code[place]}:
                wrong = code[:place] + symbol + code[place + 1 :]
                assert not is_valid(wrong)
                assert code in read(wrong).repaired


def test_every_swap_of_neighbours_is_noticed_and_repaired():
    for code in (new_code() for _ in range(200)):
        for place in range(LENGTH - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            if swapped != code:
                assert not is_valid(swapped)
                assert repairs(swapped, {code}) == [code]


@given(own_codes, st.integers(0, LENGTH - 1))
def test_a_missing_symbol_is_repaired(code, place):
    assert repairs(code[:place] + code[place + 1 :], {code}) == [code]


@given(own_codes, st.integers(0, LENGTH), st.sampled_from(SYMBOLS))
def test_an_extra_symbol_is_repaired(code, place, symbol):
    longer = code[:place] + symbol + code[place:]
    assert code in [read(longer).code, *repairs(longer, {code})]


@given(own_codes, st.integers(0, LENGTH - 1), st.sampled_from("U"))
def test_a_letter_outside_the_alphabet_is_repaired(code, place, letter):
    assert repairs(code[:place] + letter + code[place + 1 :], {code}) == [code]


WRAPPINGS = [
    "{code}",
    "  {code}\n",
    "{shown}",
    "{lower}",
    "{spaced}",
    '"{shown}"',
    "'{code}",
    '="{code}"',
    "code: {shown}",
    "Code : {spaced}.",
    "My code is {shown}, thank you",
    "<b>{code}</b>",
    "{shown}\u200b",
    "\u00a0{shown}\u00a0",
    "{dashed}",
    "https://forms.office.com/Pages/ResponsePage.aspx?id=Ab-9_Zz01&r0123456789abcdef0123456789abcdef={code}",
    "https://example.com/?token={code}",
    "https://example.com/form#{shown}",
    "https://example.com/?r0123456789abcdef0123456789abcdef=%22{code}%22&x=1",
    "\U0001f44d {shown} \U0001f44d",
    "{slipped}",
    "{wide}",
    "{apart}",
]


def variants(code):
    return {
        "code": code,
        "shown": show(code),
        "lower": show(code).lower(),
        "spaced": show(code).replace("-", " "),
        "dashed": show(code).replace("-", " \u2013 "),
        "slipped": code.replace("0", "o").replace("1", "l"),
        "wide": "".join(chr(ord(symbol) + 0xFEE0) for symbol in code),
        "apart": " ".join(code),
    }


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_wrappings_around_a_code_do_no_harm(wrapping):
    for code in [*(new_code() for _ in range(20)), "0101010101010101"[:15] + "01"]:
        if is_valid(code):
            typed = wrapping.format(**variants(code))
            assert read(typed).code == code
            assert CodeBook([code, new_code()]).find(typed).code == code


def test_a_code_with_zeros_and_ones_is_read_from_letters_that_look_alike():
    code = next(code for code in iter(new_code, None) if "0" in code and "1" in code)
    for one in "iIlL":
        for zero in "oO":
            assert read(code.replace("1", one).replace("0", zero)).code == code


@pytest.mark.parametrize("text", ["", "   ", "-", "n/a", "I don't know", "\u200b", "<p></p>", "No tengo"])
def test_nothing_typed_is_a_missing_code(text):
    found = CodeBook([new_code()]).find(text)
    assert (found.code, found.how) == (None, "missing")


@pytest.mark.parametrize("text", ["hello", "123", "ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z", "=1+1", "x" * 10_000, "ab1 " * 2_500])
def test_anything_else_is_an_unknown_code(text):
    found = CodeBook([new_code(), FOREIGN]).find(text)
    assert (found.code, found.how) == (None, "unknown")


@pytest.mark.parametrize(
    "typed",
    [
        FOREIGN,
        f" {FOREIGN} ",
        f'"{FOREIGN}"',
        f"{FOREIGN[:4]}-{FOREIGN[4:8]}-{FOREIGN[8:12]}-{FOREIGN[12:]}",
        " ".join(FOREIGN),
        f"https://forms.office.com/r/abc?token={FOREIGN}",
        f"token: {FOREIGN}",
        f"my token is {FOREIGN} ok",
        f"({FOREIGN})",
        f"{FOREIGN}.0",
    ],
)
def test_a_foreign_code_is_found_through_its_wrappings(typed):
    found = CodeBook([FOREIGN, new_code()]).find(typed)
    assert (found.code, found.how) == (FOREIGN, "exact")


def test_cleaning_keeps_the_case_of_a_foreign_code():
    assert clean_foreign(f' "{FOREIGN[:8]} {FOREIGN[8:]}". ') == FOREIGN
    assert clean_foreign("abc") == "abc"


@pytest.mark.parametrize("typed", [FOREIGN.lower(), FOREIGN.upper(), FOREIGN.replace("1", "l")])
def test_a_slip_of_case_or_of_look_alikes_is_repaired_where_only_one_code_fits(typed):
    found = CodeBook([FOREIGN, "Zz9yX8wV7uT6sR5q"]).find(typed)
    assert (found.code, found.how) == (FOREIGN, "repaired")


def test_a_slip_that_fits_two_foreign_codes_is_left_to_a_person():
    twin = FOREIGN.swapcase()
    book = CodeBook([FOREIGN, twin])
    assert book.find(FOREIGN).code == FOREIGN
    assert book.find(twin).code == twin
    found = book.find(FOREIGN.lower())
    assert (found.code, found.how) == (None, "unknown")
    assert set(found.candidates) == {FOREIGN, twin}


def test_another_wrong_symbol_in_a_foreign_code_is_not_repaired():
    found = CodeBook([FOREIGN]).find("Q" + FOREIGN[1:])
    assert (found.code, found.how) == (None, "unknown")


def test_a_mistyped_own_code_that_fits_two_known_codes_is_left_to_a_person():
    typed = "0" * 16 + "7"
    known = read(typed).repaired[:2]
    found = CodeBook(known).find(typed)
    assert found.code is None
    assert set(found.candidates) == set(known)


def test_two_codes_in_one_field_are_left_to_a_person(code):
    found = CodeBook([code, FOREIGN]).find(f"{code} or {FOREIGN}")
    assert (found.code, found.how) == (None, "unknown")
    assert set(found.candidates) == {code, FOREIGN}


@given(st.text(max_size=300))
def test_no_text_ever_breaks_the_reader(text):
    assert CodeBook([FOREIGN]).find(text).code in (None, FOREIGN)
    assert read(text).code is None or is_valid(read(text).code)
    clean_foreign(text)


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=10, max_size=40))
def test_any_ten_to_forty_letters_and_digits_are_found_exactly(foreign):
    assert CodeBook([foreign]).find(f" {foreign} ").how == "exact"
