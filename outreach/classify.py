"""What a reply by text means: ordered rules over plain words. No opt-out may be missed.

An opt-out word suppresses wherever it stands, even in "Can I stop by Friday?"; then a person is asked, too.
"""

import re
from typing import Literal, NamedTuple

from outreach.reading.kinds import (
    AGREES,
    CONDITION,
    DECEASED,
    DECLINE,
    DEVICE_DIED,
    EMERGENCY,
    END_OF_LIFE,
    HELP,
    HELP_WANTED,
    NO,
    POLITE,
    QUESTION,
    SMALL_WORDS,
    WRONG_NUMBER,
    YES,
)
from outreach.reading.opt_outs import FOREIGN_STOP, STOP_SIGNS, opt_out_rule
from outreach.reading.reactions import PHONES_OWN_ANSWER, REACTION, answer_in
from outreach.reading.words import PLAINLY_OPT_OUT, made_plain, words_of

LONGEST = 40_000  # characters; the longest joined SMS holds fewer

Kind = Literal[
    "opt_out", "wrong_number", "deceased", "help", "emergency", "decline", "question", "yes", "other", "empty"
]


class Classification(NamedTuple):
    """`matched` names the rule, never the text; `emergency` words may stand in a reply of any kind."""

    kind: Kind
    immediate_stop: bool
    ask_person: bool
    matched: str
    emergency: bool = False


def classify(text: str) -> Classification:
    """The kind of a reply; one longer than any SMS is judged by its ends and the opt-out words between."""
    if len(text) > LONGEST:
        between = " ".join(PLAINLY_OPT_OUT.findall(text[LONGEST // 2 : -LONGEST // 2])[:10])
        text = f"{text[: LONGEST // 2]} {between} {text[-LONGEST // 2 :]}"
    plain = made_plain(text)
    plain = PHONES_OWN_ANSWER.sub(" ", plain)
    if reaction := REACTION.match(plain):
        return _by_reaction(reaction)
    words = words_of(plain)
    return _by_words(words, plain) if words else _without_words(plain)


def _by_reaction(reaction: re.Match[str]) -> Classification:
    """A quotation of our own text is nobody's answer; what the person wrote after it is."""
    said = answer_in(reaction)
    if words := words_of(said):
        return _by_words(words, said)._replace(ask_person=True)
    if reaction["verb"].startswith("questioned"):
        return Classification("question", False, True, "reaction")
    return Classification("other", False, reaction["verb"].startswith("disliked"), "reaction")


def _without_words(said: str) -> Classification:
    if not said.strip():
        return Classification("empty", False, True, "empty")  # a picture may have come without words
    if STOP_SIGNS & set(said):
        return Classification("opt_out", True, True, "stop sign")
    if FOREIGN_STOP.search(said):
        return Classification("opt_out", True, True, "stop in another language")
    if "?" in said:
        return Classification("question", False, True, "question mark")
    return Classification("other", False, True, "no words")


def _by_words(words: list[str], said: str) -> Classification:
    line = " ".join(words)
    emergency = bool(EMERGENCY.search(line))
    beside = END_OF_LIFE.sub(" ", line) if emergency else line
    if rule := opt_out_rule(beside.split(), said):
        return Classification("opt_out", True, emergency or rule != "stop word", rule, emergency)
    if WRONG_NUMBER.search(line):
        return Classification("wrong_number", True, True, "wrong number", emergency)
    if DECEASED.search(DEVICE_DIED.sub(" ", line)):
        return Classification("deceased", True, True, "deceased", emergency)
    if HELP & set(words) and set(words) <= HELP | POLITE:
        return Classification("help", False, False, "help word")
    if emergency:
        return Classification("emergency", beside != line, True, "emergency words", True)
    kind, name = _answer(words, line, said)
    return Classification(kind, False, True, name)


def _answer(words: list[str], line: str, said: str) -> tuple[Kind, str]:
    asked = "?" in said
    if HELP_WANTED.search(line):
        return "help", "help in a sentence"
    if DECLINE.search(line):
        return "decline", "declines"
    if not asked and NO & set(words) and set(words) <= NO | POLITE | SMALL_WORDS:
        return "decline", "no"
    if asked or QUESTION.search(line):
        return "question", "question"
    if words[0] in YES or AGREES.search(line):
        return ("question", "yes with a condition") if CONDITION.search(line) else ("yes", "yes")
    if set(words) <= YES | POLITE | SMALL_WORDS and YES & set(words):
        return "yes", "yes"
    return "other", "no rule"
