"""Whether a reply is an opt-out, and by which rule. When in doubt it is one."""

import re

from outreach.reading.phrases import PLAIN_LANGUAGE
from outreach.reading.words import (
    AROUND_STOP,
    CANCEL_WORDS,
    LONG_OPT_OUT_WORDS,
    OPT_OUT_WORDS,
    TEXT_WORDS,
    is_opt_out_word,
    made_plain,
    once,
    set_of,
)


def opt_out_rule(words: list[str], said: str) -> str:
    """The name of the first rule that makes a reply an opt-out, or ""."""
    opt_outs = [word for word in words if is_opt_out_word(word)]
    others = {word for word in words if not is_opt_out_word(word)}
    if opt_outs and others <= AROUND_STOP:
        only_cancel = all(once(word) in CANCEL_WORDS for word in opt_outs)
        return "cancel alone" if only_cancel and not others & TEXT_WORDS else "stop word"
    if "".join(word for word in words if word not in AROUND_STOP) in OPT_OUT_WORDS:
        return "stop word"
    line = " ".join(words)
    if named := next((name for name, pattern in PLAIN_LANGUAGE.items() if pattern.search(line)), ""):
        return named
    if opt_outs:
        return "stop word in a sentence"
    if STOP_SIGNS & set(said):
        return "stop sign"
    if FOREIGN_STOP.search(said):
        return "stop in another language"
    return "misspelled stop" if is_a_slip([word for word in words if word not in AROUND_STOP]) else ""


def is_a_slip(words: list[str]) -> bool:
    """One word, or two that belong together, one slip from an opt-out word: a letter more, less, other or swapped."""
    if len(words) == 2 and words[0].startswith("op"):
        words = ["".join(words)]
    return len(words) == 1 and once(words[0]) in _SLIPS


def _slips(word: str) -> set[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    return set(
        [a + b[1:] for a, b in cuts if b]
        + [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
        + [a + c + b[1:] for a, b in cuts if b for c in letters]
        + [a + c + b for a, b in cuts for c in letters]
    )


_WORDS_OF_THEIR_OWN = set_of("top step shop spot quiet quite quilt suit cancer cancel evoke")
_SLIPS = {once(slip) for word in LONG_OPT_OUT_WORDS for slip in _slips(word)}
_SLIPS -= _WORDS_OF_THEIR_OWN
STOP_SIGNS = frozenset("🛑⛔🚫📵")
FOREIGN_STOP = re.compile(
    made_plain("停止|退订|退訂|取消|やめて|그만|중지|수신거부|стоп|хватит|отпис|توقف|إيقاف|dừng lại|hủy đăng ký")
)
"""Stop in some other languages, as `made_plain` leaves it; a person reads whatever no rule understands."""
