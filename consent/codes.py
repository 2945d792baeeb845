"""Invitation codes: making, showing and reading them, and finding the one a person meant.

Own codes are 16 Crockford base-32 symbols and one check symbol (the number modulo 37). Codes that the earlier
system issued are any 10 to 40 letters and digits whose case counts.
"""

import html
import re
import secrets
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 17
_VALUE = {symbol: value for value, symbol in enumerate(SYMBOLS)}
_INVERSES = [pow(32, -place, 37) for place in range(LENGTH)]
_SLIPS = str.maketrans("OIL", "011")
_MOST_PIECES = 200
_SHORTEST, _LONGEST = 10, 40
_NO_CODE = re.compile(
    r"na|none|no|nocode|nil|null|unknown|i?lost(it)?|i?(dont|donot)(know|remember)|i?donthave(it|one)|"
    r"forgot|notsure|cantfindit|ninguno|nolotengo|notengo|nose|noaplica|notapplicable"
)


@dataclass(frozen=True)
class CodeReading:
    """`code` where the check symbol agrees; otherwise `repaired` holds every code one slip away."""

    code: str | None
    exact: bool
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """`how` is exact, repaired, missing (nothing typed) or unknown; `candidates` when several codes fit."""

    code: str | None
    how: str
    candidates: tuple[str, ...] = ()


def new_code() -> str:
    """A random code of 80 bits; drawn again where its check symbol would not be a letter or a digit."""
    while True:
        body = "".join(secrets.choice(SYMBOLS) for _ in range(LENGTH - 1))
        check = _remainder(body)
        if check < len(SYMBOLS):
            return body + SYMBOLS[check]


def show(code: str) -> str:
    """The code in groups of four, as people read it aloud: ABCD-EFGH-JKMN-PQRS-T."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read(text: str) -> CodeReading:
    """An own code as typed, pasted or dictated; a whole link or sentence around it does no harm."""
    readings = [_canonical(window) for window in _windows(text)]
    for code in readings:
        if is_valid(code):
            return CodeReading(code, exact=True)
    near = dict.fromkeys(repair for reading in readings for repair in _one_slip_away(reading))
    return CodeReading(None, exact=False, repaired=tuple(near))


def repairs(text: str, known: Container[str]) -> list[str]:
    """The known codes that one wrong, swapped, missing or extra symbol separates from what was typed."""
    return [code for code in read(text).repaired if code in known]


def is_valid(code: str) -> bool:
    """True for a canonical own code: 17 symbols of the alphabet, the last one checking the others."""
    return (
        len(code) == LENGTH and all(symbol in _VALUE for symbol in code) and _remainder(code[:-1]) == _VALUE[code[-1]]
    )


def clean_foreign(text: str) -> str:
    """A code of the earlier system without blanks and wrappings, its case kept."""
    windows = list(_windows(text))
    return windows[0] if windows else re.sub(r"[^A-Za-z0-9]+", "", _plain(text))


class CodeBook:
    """All codes ever issued, own and foreign, found again from what people typed. Hash look-ups only."""

    def __init__(self, codes: Iterable[str]):
        self._codes = {re.sub(r"[^A-Za-z0-9]+", "", code): code for code in codes}
        self._alike: dict[str, list[str]] = {}
        for cleaned, code in self._codes.items():
            self._alike.setdefault(_canonical(cleaned), []).append(code)

    def find(self, text: str) -> Found:
        windows = list(_windows(text))
        for look_up in (self._same, self._alike_to, self._one_slip):
            codes = _each(look_up, windows)
            if len(codes) == 1:
                written_alike = look_up == self._alike_to and is_valid(codes[0])
                return Found(codes[0], "exact" if look_up == self._same or written_alike else "repaired")
            if codes:
                return Found(None, "unknown", tuple(codes))
        return Found(None, "missing" if _says_nothing(text) else "unknown")

    def _same(self, window: str) -> list[str]:
        code = self._codes.get(window)
        return [code] if code else []

    def _alike_to(self, window: str) -> list[str]:
        return self._alike.get(_canonical(window), [])

    def _one_slip(self, window: str) -> list[str]:
        return [self._codes[code] for code in _one_slip_away(_canonical(window)) if code in self._codes]


def _each(look_up: Callable[[str], list[str]], windows: list[str]) -> list[str]:
    return list(dict.fromkeys(code for window in windows for code in look_up(window)))


def _says_nothing(text: str) -> bool:
    letters = re.sub(r"[\W_]+", "", _plain(text)).lower()
    return not letters or _NO_CODE.fullmatch(letters) is not None


def _remainder(body: str) -> int:
    remainder = 0
    for symbol in body:
        remainder = (remainder * 32 + _VALUE[symbol]) % 37
    return remainder


def _canonical(text: str) -> str:
    return text.upper().translate(_SLIPS)


def _plain(text: str) -> str:
    """Without markup, percent signs, full-width forms and invisible characters."""
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return re.sub(r"<[^<>]*>", " ", text)


def _windows(text: str) -> Iterator[str]:
    """Every run of neighbouring pieces that could be a code, the longest first from each piece.

    Pieces are parted by blanks, dashes, dots and quotes, which may stand inside a code; the signs of a link
    never do, so nothing is joined across them. The last part of a link comes first: there the code is.
    """
    parts = re.split(r"[?&=#/:;,|]+", _plain(text))
    budget = _MOST_PIECES
    for part in reversed(parts):
        pieces = re.findall(r"[A-Za-z0-9]+", part)[:budget]
        budget -= len(pieces)
        yield from _runs(pieces)
        if budget <= 0:
            return


def _runs(pieces: list[str]) -> Iterator[str]:
    for start in range(len(pieces)):
        run, runs = "", []
        for piece in pieces[start:]:
            run += piece
            if len(run) > _LONGEST:
                break
            if len(run) >= _SHORTEST:
                runs.append(run)
        yield from reversed(runs)


def _one_slip_away(text: str) -> Iterator[str]:
    """Valid codes one substitution, adjacent swap, missing or extra symbol away. `text` is canonical.

    The check symbol leaves one possible symbol at each place, so there are a few dozen at most.
    """
    if len(text) == LENGTH:
        yield from _substituted(text)
        yield from _swapped(text)
    elif len(text) == LENGTH - 1:
        for place in range(LENGTH):
            yield from _filled(text[:place], text[place:])
    elif len(text) == LENGTH + 1:
        shortened = (text[:place] + text[place + 1 :] for place in range(LENGTH + 1))
        yield from dict.fromkeys(code for code in shortened if is_valid(code))


def _substituted(text: str) -> Iterator[str]:
    wrong = [place for place, symbol in enumerate(text) if symbol not in _VALUE]
    for place in wrong or range(LENGTH):
        if len(wrong) <= 1:
            yield from (code for code in _filled(text[:place], text[place + 1 :]) if code != text)


def _swapped(text: str) -> Iterator[str]:
    for place in range(LENGTH - 1):
        code = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if is_valid(code):
            yield code


def _filled(before: str, after: str) -> Iterator[str]:
    """`before` + the one symbol that makes the check agree + `after`."""
    if not all(symbol in _VALUE for symbol in before + after):
        return
    if after:
        gap = _VALUE[after[-1]] - _remainder(before + "0" + after[:-1])
        value = gap * _INVERSES[len(after) - 1] % 37
    else:
        value = _remainder(before)
    if value < len(SYMBOLS):
        yield before + SYMBOLS[value] + after
