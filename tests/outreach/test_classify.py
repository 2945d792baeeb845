"""Replies are read in one order, and an opt-out is never missed."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.classify import classify

NO_DATABASE = True

with Path(__file__).with_name("reply_vectors.csv").open(encoding="utf-8", newline="") as sheet:
    VECTORS = list(csv.DictReader(sheet))

PLAIN_STOPS = Path(__file__).with_name("plain_stops.txt").read_text(encoding="utf-8").splitlines()
HARMLESS = Path(__file__).with_name("harmless_replies.txt").read_text(encoding="utf-8").splitlines()
FIXED_BY_THE_DOMAIN = {
    "STOP": "opt_out", "stop.": "opt_out", "Stop all": "opt_out", "STOPALL": "opt_out", "S T O P": "opt_out",
    '"Stop"': "opt_out", "Please quit texting me": "opt_out", "unsubscribe": "opt_out", "opt-out": "opt_out",
    "OPT OUT": "opt_out", "cancel": "opt_out", "end": "opt_out", "revoke": "opt_out", "no more texts": "opt_out",
    "take me off your list": "opt_out", "dont text": "opt_out", "alto": "opt_out", "parar": "opt_out",
    "pare": "opt_out", "👍😀": "other", "don't stop caring for me": "opt_out", "Can I stop by Friday?": "opt_out",
    "yes": "yes", "Y": "yes", "ok": "yes", "no": "decline", "no thanks": "decline", "wrong number": "wrong_number",
    "he passed away": "deceased", "HELP": "help", "S\u200bT\u200bO\u200bP": "opt_out", "ＳＴＯＰ": "opt_out",
    "yes stop texting me": "opt_out", "no that's ok": "decline",
}  # fmt: skip

PER_SE_WORDS = [
    "stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe", "stopall", "stop all",
    "alto", "parar", "pare", "basta", "cancelar", "arret", "arrêt",
]  # fmt: skip
WRAPPINGS = [
    "{}", " {} ", "{}.", "{}!", "{}!!!", "{}?", "{},", "...{}...", '"{}"', "“{}”", "‘{}’", "'{}'", "«{}»",
    "({})", "[{}]", "*{}*", "_{}_", "#{}", "-{}-", "/{}", "\n{}\n", "\r\n{}\r\n", "\t{}", "\u00a0{}\u00a0",
    "\ufeff{}", "{} 😡", "🙏{}🙏", "please {}", "Please, {}!", "pls {} thx", "{} please", "{} thank you",
    "{}. Thanks.", "ok {}", "yes {}", "no, {}", "hi, {}", "{} now", "{} {}", "{}\n{}", "{} texting me",
    "{}\n\nSent from my iPhone", "por favor {}", "{} gracias", "hey... {}!!1", "{}:)", "1 {}", "{} 555",
    "i said {}", "{} y'all",
]  # fmt: skip


def fullwidth(word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


SPELLINGS = [
    str.lower,
    str.upper,
    str.title,
    str.swapcase,
    fullwidth,
    lambda word: "".join(c.upper() if n % 2 else c for n, c in enumerate(word)),
    lambda word: " ".join(word.replace(" ", "")),
    lambda word: ".".join(word.replace(" ", "")).upper(),
    lambda word: "-".join(word.replace(" ", "")),
    lambda word: "\n".join(word.replace(" ", "")),
    lambda word: "\u200b".join(word),
    lambda word: "\u2060".join(word.upper()),
    lambda word: "\u00ad".join(word),
    lambda word: word + word[-1] * 3,
    lambda word: word[0] * 3 + word[1:],
    lambda word: "".join(c * 2 for c in word),
    lambda word: "".join(c + "\u0336" for c in word),
    lambda word: word.replace("o", "0").replace("e", "3").replace("i", "1"),
    lambda word: word.replace("o", "о").replace("a", "а").replace("e", "е").replace("p", "р"),  # Cyrillic
    lambda word: word.replace(" ", "-"),
]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: ascii(row["text"][:40]))
def test_a_reply_is_understood(row):
    found = classify(row["text"])
    expected = (row["kind"], row["stop"] == "1", row["ask"] == "1")
    assert (found.kind, found.immediate_stop, found.ask_person) == expected, found.matched


@pytest.mark.parametrize(("text", "kind"), FIXED_BY_THE_DOMAIN.items(), ids=ascii)
def test_the_domains_own_examples_are_among_the_vectors(text, kind):
    assert [row["kind"] for row in VECTORS if row["text"] == text] == [kind]


@pytest.mark.parametrize("text", PLAIN_STOPS, ids=ascii)
def test_a_stop_in_plain_words_stops_at_once(text):
    found = classify(text)
    assert (found.kind, found.immediate_stop) == ("opt_out", True)


@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_who_wants_our_texts_keeps_them(text):
    found = classify(text)
    assert (found.immediate_stop, found.ask_person) == (False, True)


def test_the_vectors_cover_every_kind():
    kinds = Counter(row["kind"] for row in VECTORS)
    assert sum(kinds.values()) - len(FIXED_BY_THE_DOMAIN) >= 900
    assert all(count >= 20 for kind, count in kinds.items() if kind != "empty")
    assert len(kinds) == 10


@pytest.mark.parametrize("word", PER_SE_WORDS)
def test_an_opt_out_word_is_seen_in_every_spelling(word):
    texts = {wrap.replace("{}", spell(word)) for wrap in WRAPPINGS for spell in SPELLINGS}
    missed = [text for text in texts if not classify(text).immediate_stop]
    assert len(texts) > 800
    assert missed == []


@pytest.mark.parametrize("word", [word for word in PER_SE_WORDS if not word.startswith("cancel")])
@pytest.mark.parametrize("text", ["{}", "Please {}!", "“{}”", "{} texting me", "ok {}, thanks"])
def test_a_plain_opt_out_word_needs_no_person(word, text):
    found = classify(text.replace("{}", word))
    assert (found.kind, found.immediate_stop, found.ask_person) == ("opt_out", True, False)


anything = st.text(alphabet=st.characters(exclude_characters='"“”„‟″«»「」'), max_size=60)


@settings(max_examples=600, deadline=None)
@given(anything, st.sampled_from(["stop", "STOP", "Quit", "unsubscribe", "CANCEL", "revoke"]), anything)
def test_no_words_around_an_opt_out_word_hide_it(before, word, after):
    found = classify(f"{before}\n{word}\n{after}")
    assert found.immediate_stop
    assert found.kind in ("opt_out", "emergency")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_one_of_the_kinds_and_only_clear_cases_need_nobody(text):
    found = classify(text)
    assert found.kind in {row["kind"] for row in VECTORS}
    assert found.ask_person or found.matched in ("stop word", "help word", "reaction")


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200d", "\ufeff\n", "\u0301", "\u2800"])
def test_a_text_that_shows_nothing_is_empty(text):
    assert classify(text).kind == "empty"


@pytest.mark.parametrize(
    ("text", "kind", "stop"),
    [
        ("STOP I have chest pain", "opt_out", True),
        ("please take me off your list, I'm calling 911", "opt_out", True),
        ("wrong number, he had a stroke", "wrong_number", True),
        ("I can't breathe", "emergency", False),
        ("I want to end my life", "emergency", True),
        ("I stop breathing at night", "emergency", True),
    ],
)
def test_words_of_an_emergency_reach_staff_whatever_else_is_said(text, kind, stop):
    found = classify(text)
    assert (found.kind, found.immediate_stop, found.ask_person, found.emergency) == (kind, stop, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "When can I get my records from your office",
        "please don't send my records to them",
        "No, I texted you yesterday",
        "no hablo ingles",
        "I passed on the info to my wife",
        "my phone died last night",
        "the link is dead",
        "how did you get this number",
        "nobody called me",
        "I don't have insurance anymore",
        "I don't know any of this",
        "she said not to worry, it's not her fault",
        "my friend comes on the weekend",
        "I stopped by yesterday",
        "My attorney has my POA",
        "I have cancer",
        "cancer",
        "Step 2 of the form",
    ],
)
def test_harmless_words_silence_nobody(text):
    assert not classify(text).immediate_stop


@pytest.mark.parametrize(
    "text",
    [
        'Liked "Our office is moving. Reply STOP to opt out." STOP',
        'Loved “Our office is moving.” please "stop"',
        'Liked “Our office is moving. Reply STOP to opt out.” reply STOP "now"',
        "👍 to “Stop texting me”",
        'I liked it. "Reply STOP to opt out." so: STOP',
    ],
)
def test_a_reaction_hides_no_opt_out_of_the_persons_own(text):
    found = classify(text)
    assert (found.kind, found.immediate_stop, found.ask_person) == ("opt_out", True, True)


def test_the_rule_is_named_and_the_text_is_not_repeated():
    found = classify("Please remove Patricia Example 205-555-0100 from your list, I do not want texts")
    assert "Patricia" not in found.matched
    assert "555" not in found.matched


HOSTILE = [
    "a ", "s ", "stop", "no ", "don't ", "take me ", "get a ", "my mom ", "end my ", 'liked "',
    "reply ", "1a", "removed a ", "not want ", "wrong ", "chest ",
    "text ", "no me ", "take a ", "borr", "please ", "not ", "remove ", "my request ", "keep getting ", "aaaa",
    "\u0301", "\ufdfa", "😀", "(", "\x00", "\n", "x",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_a_hostile_text_of_100_kilobytes_is_read_like_any_other(piece):
    """Every pattern is linear: a quadratic one would need minutes here."""
    text = piece * (100_000 // len(piece))
    assert classify(text + " unsubscribe").immediate_stop
    assert classify(text + "?").kind in ("question", "opt_out", "empty", "other")


@pytest.mark.parametrize("piece", ["not ", "text ", "a", "s ", "\ufdfa", 'liked "'], ids=ascii)
def test_a_text_of_a_megabyte_is_read_like_any_other(piece):
    assert classify(piece * (1_000_000 // len(piece)) + " unsubscribe").immediate_stop


@pytest.mark.parametrize("padding", ["x " * 60_000, "\ufdfa" * 60_000, "no " * 60_000])
def test_an_opt_out_is_found_at_either_end_and_in_the_middle_of_a_very_long_text(padding):
    assert classify(f"STOP {padding}").immediate_stop
    assert classify(f"{padding} STOP").immediate_stop
    assert classify(f"{padding} STOP {padding}").immediate_stop
