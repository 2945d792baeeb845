"""Whether a text has what its kind needs.

The check reads English and Spanish and goes by meaning: several ways to say a thing count, and a sentence that
says the opposite does not. It warns; whether a text is good is for counsel to say. Other languages it cannot read.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from consent.wordings.needs import APCM, COMPOUND, NEEDS, PRESSURE, UNREADABLE, Element
from consent.wordings.signs import LANGUAGES, Signs, signs

FOUND, MISSING, UNREAD = "found", "missing", "unread"
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
_SHORT = re.compile(r"\b(dra?|mrs?|ms|sra?|srta|st|no|inc|jr|vs|dept|e\.g|i\.e)\.(?= )")
_BULLET = re.compile(r"\n(?=\s*(?:[-•*☐□]|\d+[.)]|\([a-z0-9]\))\s)")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+")


@dataclass(frozen=True)
class Finding:
    """One element of a text: found, missing, or unread where the check does not know the language."""

    element: Element
    state: str


def check(kind: str, language: str, text: str) -> list[Finding]:
    """Every element that this kind needs, in the order of the table."""
    if language not in LANGUAGES:
        return [Finding(element, UNREAD) for element in NEEDS[kind]]
    sentences = _sentences(text)
    known = signs(language)
    return [Finding(element, FOUND if _says(known[element.code], sentences) else MISSING) for element in NEEDS[kind]]


def missing(kind: str, language: str, text: str) -> list[Element]:
    return [finding.element for finding in check(kind, language, text) if finding.state == MISSING]


@lru_cache(maxsize=16)  # asked of every answer of an export
def apcm_elements(kind: str, language: str, text: str) -> frozenset[str]:
    """The codes of the APCM elements that a text has: CMS's four disclosures and "practitioner"."""
    wanted = {element.code for element in APCM}
    findings = check(kind, language, text)
    return frozenset(each.element.code for each in findings if each.state == FOUND and each.element.code in wanted)


def warnings(kind: str, language: str, text: str) -> list[str]:
    """Words that press or promise, and two consents in one document; each as a sentence with its reason."""
    if language not in LANGUAGES:
        return [UNREADABLE]
    sentences = _sentences(text)
    known = signs(language)
    two_in_one = all(_says(known[what], sentences) for what in ("asks for records", "asks for apcm"))
    return [*_pressing(known, sentences), *([COMPOUND] if two_in_one and kind != "script" else [])]


def _pressing(known: dict[str, Signs], sentences: tuple[str, ...]) -> Iterator[str]:
    for code, because in PRESSURE.items():
        for (pattern,) in known[f"pressure: {code}"].says:
            if found := next(filter(None, map(pattern.search, sentences)), None):
                yield f"“{found[0]}”: {because}"


def _says(known: Signs, sentences: tuple[str, ...]) -> bool:
    honest = [sentence for sentence in sentences if not any(sign.search(sentence) for sign in known.unless)]
    return any(all(any(map(part.search, honest)) for part in sign) for sign in known.says)


def _sentences(text: str) -> tuple[str, ...]:
    """In lower case and without accents; a line that goes on in the next one is joined with it."""
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN).casefold().replace("\r\n", "\n"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    paragraphs = re.split(r"\n\s*\n", _BULLET.sub("\n\n", plain))
    joined = (_SHORT.sub(r"\1", " ".join(paragraph.split())) for paragraph in paragraphs)
    return tuple(sentence for each in joined for sentence in _SENTENCE_ENDS.split(each) if sentence)
