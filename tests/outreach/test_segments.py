"""The number of parts is what the carrier bills and what the patient's phone joins together."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.segments import measure, to_gsm

NO_DATABASE = True

# The tables of 3GPP TS 23.038 6.2.1 by code point, so that this file shares no string with the program.
GSM_BASIC_POINTS = (
    {0x0A, 0x0D, 0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0xD8, 0xF8, 0xC5, 0xE5, 0x5F}
    | {0x394, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E}
    | {0xC6, 0xE6, 0xDF, 0xC9, 0xA4, 0xA1, 0xC4, 0xD6, 0xD1, 0xDC, 0xA7, 0xBF, 0xE4, 0xF6, 0xF1, 0xFC, 0xE0}
    | set(range(0x20, 0x5B))
    | set(range(0x61, 0x7B))
)
GSM_EXTENSION_POINTS = {0x0C, 0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E, 0x20AC}


def reference(text: str) -> tuple[str, int, int]:
    """One letter per unit, cut into parts, walking back where a cut would fall inside a character."""
    points = [ord(c) for c in text]
    if all(p in GSM_BASIC_POINTS or p in GSM_EXTENSION_POINTS for p in points):
        stream = "".join("Ee" if p in GSM_EXTENSION_POINTS else "." for p in points)
        encoding, single, part = "GSM-7", 160, 153
    else:
        stream = "".join("Ee" if p >= 0x10000 else "." for p in points)
        encoding, single, part = "UCS-2", 70, 67
    if len(stream) <= single:
        return encoding, len(stream), min(1, len(stream))
    parts, at = 0, 0
    while at < len(stream):
        cut = at + part
        if stream[cut : cut + 1] == "e":
            cut -= 1
        parts, at = parts + 1, cut
    return encoding, len(stream), parts


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 612, "GSM-7", 612, 4),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("ж" * 134, "UCS-2", 134, 2),
        ("ж" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("ж" * 66 + "😀" + "ж" * 66, "UCS-2", 134, 3),
        ("’" + "a" * 69, "UCS-2", 70, 1),
        ("’" + "a" * 70, "UCS-2", 71, 2),
        ("`", "UCS-2", 1, 1),
        ("Ç", "GSM-7", 1, 1),
        ("ç", "UCS-2", 1, 1),
        ("\t", "UCS-2", 1, 1),
        ("\u00a0", "UCS-2", 1, 1),
        ("\x1b", "UCS-2", 1, 1),
        ("\f", "GSM-7", 2, 1),
        ("^{}\\[~]|€", "GSM-7", 18, 1),
        ("ΔΦΓΛΩΠΨΣΘΞ_¤¡¿§\r\n", "GSM-7", 17, 1),
        ("\ud83d", "UCS-2", 1, 1),
    ],
)
def test_a_text_is_measured_as_the_standard_says(text, encoding, units, parts):
    assert measure(text)[:3] == (encoding, units, parts)
    assert reference(text) == (encoding, units, parts)


def test_every_character_of_the_bmp_is_put_in_the_right_alphabet():
    for point in range(0x10000):
        assert measure(chr(point))[:3] == reference(chr(point)), hex(point)


def test_the_characters_that_make_a_text_dearer_are_named_once_and_in_order():
    assert measure("It’s Dr. Green’s “office”").offending == "’“”"
    assert measure("It's {plain}").offending == ""


boundary_lengths = st.sampled_from([0, 1, 66, 67, 68, 70, 71, 134, 152, 153, 154, 160, 161, 305, 306, 307])
gsm_texts = st.text(alphabet=sorted(chr(p) for p in GSM_BASIC_POINTS | GSM_EXTENSION_POINTS), max_size=700)
mostly_letters = st.lists(st.sampled_from("aaaaaaaab€^{😀ж’"), max_size=700).map("".join)
near_a_boundary = st.builds(
    lambda before, letter, between, after: "a" * before + letter + between + letter * after,
    boundary_lengths,
    st.sampled_from("a€😀ж"),
    st.text(max_size=3),
    boundary_lengths,
)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.text(max_size=400), gsm_texts, mostly_letters, near_a_boundary))
def test_the_measure_agrees_with_an_independent_count(text):
    assert measure(text)[:3] == reference(text)


LETTERS = [
    [chr(point) for point in sorted(GSM_BASIC_POINTS)],  # one septet each
    [chr(point) for point in sorted(GSM_BASIC_POINTS)] + [chr(point) for point in GSM_EXTENSION_POINTS] * 4,
    [chr(point) for point in sorted(GSM_EXTENSION_POINTS)],  # two septets each
    list("abcdefgh ’–…çж\u00a0\t`中"),  # one UTF-16 unit each
    list("abc ж😀𝒳\U0010ffff"),  # surrogate pairs among single units
    list("😀🙏\U00010000"),  # nothing but pairs
    list("a\ud83d\ude00\ufffe€{"),  # halves of pairs, and what is no character
]
LIMITS = (67, 70, 67, 70, 67, 70, 134, 201, 153, 160, 306)


def random_text(chance: random.Random) -> str:
    """Mostly near a length at which a part ends, with the last letter before it often a dear one."""
    letters = chance.choice(LETTERS)
    length = chance.randrange(40) if chance.random() < 0.5 else chance.choice(LIMITS) + chance.randrange(-3, 4)
    if chance.random() < 0.5:
        return "".join(chance.choices(letters, k=length))
    plain, dear = letters[0] * max(length - 2, 0), chance.choice(letters)
    return plain + dear + letters[0] * chance.choice((0, 1, 2, length))


def test_100_000_texts_at_random_and_at_the_boundaries_are_measured_alike():
    chance, found = random.Random(23_038), Counter()
    for _ in range(100_000):
        text = random_text(chance)
        expected = reference(text)
        assert measure(text)[:3] == expected, ascii(text)
        found[expected[0]] += 1
        found["split"] += expected[2] > -(-expected[1] // {"GSM-7": 153, "UCS-2": 67}[expected[0]])
    assert found["GSM-7"] + found["UCS-2"] == 100_000
    assert min(found.values()) > 1_000, "each alphabet, and letters that would fall across the end of a part"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("It’s Dr. Green’s “office” — call…", "It's Dr. Green's \"office\" - call..."),
        ("205\u00a0555\u20110100", "205 555-0100"),
        ("«Hola»\u202f– ‹sí›", '"Hola" - <sí>'),
        ("se\u0301", "sé"),
        ("`code`\tnext\u200b line", "'code' next line"),
        ("ç 😀", "ç 😀"),
    ],
)
def test_typography_is_made_plain_and_nothing_else_is_touched(typed, plain):
    assert to_gsm(typed) == plain


@given(st.text(max_size=200))
def test_making_a_text_plain_twice_changes_nothing_more(text):
    assert to_gsm(to_gsm(text)) == to_gsm(text)


def test_a_plain_text_of_a_word_processor_fits_one_part_again():
    typed = "Home Team Medical — we’re moving… " * 4
    assert measure(typed)[::2] == ("UCS-2", 3)
    assert measure(to_gsm(typed))[::2] == ("GSM-7", 1)
