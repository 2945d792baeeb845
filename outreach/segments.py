"""How many parts a text takes and what it is encoded in: 3GPP TS 23.038, with the limits of 23.040."""

import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

_GSM_EQUIVALENTS = str.maketrans(
    dict.fromkeys("‘’‚‛′´`ʼ＇", "'")
    | dict.fromkeys("“”„‟″«»＂", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\t\u00a0\u1680\u202f\u3000", " ")
    | dict.fromkeys(map(chr, range(0x2000, 0x200B)), " ")  # the widths of space, em to hair
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
    | dict.fromkeys("•·", "-")
    | {"…": "...", "‹": "<", "›": ">", "\u2028": "\n", "\u2029": "\n"}
)


class Segments(NamedTuple):
    """`units` are septets (GSM-7) or UTF-16 code units (UCS-2); `offending` names what forces UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    offending: str


def measure(text: str) -> Segments:
    """An empty text has no part: it cannot be sent."""
    offending = "".join(dict.fromkeys(c for c in text if c not in BASIC and c not in EXTENSION))
    if offending:
        costs = [2 if ord(c) > 0xFFFF else 1 for c in text]
        return Segments("UCS-2", sum(costs), _parts(costs, UCS2_SINGLE, UCS2_PART), offending)
    costs = [2 if c in EXTENSION else 1 for c in text]
    return Segments("GSM-7", sum(costs), _parts(costs, GSM_SINGLE, GSM_PART), "")


def _parts(costs: list[int], single: int, part: int) -> int:
    if sum(costs) <= single:
        return 1 if costs else 0
    return _packed(costs, part)


def _packed(costs: Iterable[int], part: int) -> int:
    """A character that costs two units moves to the next part rather than being split."""
    parts, used = 1, 0
    for cost in costs:
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    return parts


def to_gsm(text: str) -> str:
    """Typographic quotes, dashes, ellipses and spaces made plain, accents composed; all else stays."""
    return unicodedata.normalize("NFC", text).translate(_GSM_EQUIVALENTS)
