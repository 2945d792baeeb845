"""Paper: PDFs in US Letter with a font of our own inside, the same bytes for the same content.

Lengths are in millimetres from the upper left corner.
"""

import logging
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import SubsetMap

FONTS = Path(__file__).parent / "fonts"
FACES = {"": FONTS / "DejaVuSansCondensed.ttf", "B": FONTS / "DejaVuSansCondensed-Bold.ttf"}
LATIN_FACES = {"": FONTS / "DejaVuSansCondensedLatin.ttf", "B": FONTS / "DejaVuSansCondensedLatin-Bold.ttf"}
"""The same shapes for Latin letters, Vietnamese ones included, and nothing else: a tenth of the time to embed."""
FAMILY = "DejaVu"
MARGIN = 20
LINE = 1.4  # line height by font size
POINT = 25.4 / 72  # in millimetres

logging.getLogger("fontTools").setLevel(logging.ERROR)  # its notes on subsetting would name the letters used


class Paper(FPDF):
    """`made_at` stands in the file's properties; `foot` is printed at the bottom of each page with its number.

    `letters`, where given, are all that will be printed: where the small font has them, it is the one.
    """

    def __init__(self, *, title: str, made_at: datetime, foot: str = "", letters: str | None = None):
        super().__init__(orientation="portrait", unit="mm", format="letter")
        small = letters is not None and not unprintable(letters, LATIN_FACES[""])
        for style, path in (LATIN_FACES if small else FACES).items():
            self.add_font(FAMILY, style, path)
        self.foot = foot
        self.set_title(title)
        self.set_creator("Patient Explorer")
        self.set_creation_date(made_at)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.set_font(FAMILY, size=10)

    def footer(self) -> None:
        if not self.foot:
            return
        self.set_y(-14)
        self.set_font(FAMILY, size=8)
        self.cell(0, 5, self.foot)
        self.set_x(self.l_margin)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    def heading(self, text: str, size: float = 13) -> None:
        self.ln(2)
        self.set_font(FAMILY, "B", size)
        self.multi_cell(0, size * LINE * POINT, text, new_x="LMARGIN", new_y="NEXT")
        self.set_font(FAMILY, size=10)

    def paragraph(self, text: str, size: float = 10) -> None:
        self.set_font(FAMILY, size=size)
        self.multi_cell(0, size * LINE * POINT, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1.5)

    def put(self, x: float, y: float, text: str, *, size: float, style: str = "", align: str = "L") -> None:
        """One line of text; `y` is its base line, `x` its left end, its middle ("C") or its right end ("R")."""
        if align != "L":
            x -= width_of(text, size=size, style=style) / (2 if align == "C" else 1)
        self.set_font(FAMILY, style, size)
        self.text(x, y, text)

    def squares(self, rows, x: float, y: float, side: float) -> None:
        """A picture of black and white modules, as of a QR code: one rectangle for each run of black ones."""
        rows = [list(row) for row in rows]
        unit = side / len(rows) / POINT
        marks = [f"{start} {place} {length} 1 re" for place, row in enumerate(rows) for start, length in _runs(row)]
        top = (self.h - y) / POINT
        self._out(f"q {unit:.5f} 0 0 {-unit:.5f} {x / POINT:.3f} {top:.3f} cm {' '.join(marks)} f Q")

    def bytes(self) -> bytes:
        content = bytes(self.output())
        for remembered in (SubsetMap.pick, SubsetMap.get_glyph):
            remembered.cache_clear()  # fpdf2 would keep the font of every paper for ever
        return content


def unprintable(text: str, face: Path = FACES[""]) -> str:
    """The letters that cannot be set, each once; empty: all can be printed.

    The font has no shape for them, as in Korean or Chinese, or they run from right to left, as in Arabic or Hebrew.
    """
    return "".join(sign for sign in dict.fromkeys(text) if _cannot_be_set(sign, face))


@lru_cache(maxsize=4096)  # names and addresses are made of the same few letters
def _cannot_be_set(sign: str, face: Path) -> bool:
    if not sign.isprintable():
        return False
    return ord(sign) not in _shapes(face) or unicodedata.bidirectional(sign) in ("R", "AL", "AN")


def width_of(text: str, *, size: float, style: str = "") -> float:
    """Of one line, in millimetres."""
    return sum(map(_widths(style).__getitem__, map(ord, text))) * size * POINT / 1000


@lru_cache(maxsize=256)  # the paragraphs that many letters share
def wrapped(text: str, width: float, *, size: float, style: str = "") -> tuple[str, ...]:
    """The text in lines of at most this width; a word that is longer than a line is broken. Never empty."""
    words = text.split()
    whole = " ".join(words)
    if width_of(whole, size=size, style=style) <= width:
        return (whole,)
    lines, line = [], ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if width_of(joined, size=size, style=style) > width:
            *before, joined = _broken(word, width, size, style)
            lines += [line, *before] if line else before
        line = joined
    return (*lines, line)


def _broken(word: str, width: float, size: float, style: str) -> list[str]:
    pieces, piece = [], ""
    for sign in word:
        if piece and width_of(piece + sign, size=size, style=style) > width:
            pieces.append(piece)
            piece = ""
        piece += sign
    return [*pieces, piece]


def _runs(row: list) -> Iterator[tuple[int, int]]:
    """(where it starts, how long it is) of each run of black modules."""
    place = 0
    for black, run in groupby(row, key=bool):
        length = len(list(run))
        if black:
            yield place, length
        place += length


class Widths(dict):
    """By code; of a character without a shape that of the sign in its place."""

    def __init__(self, widths: dict[int, float], missing: float) -> None:
        super().__init__(widths)
        self.missing = missing

    def __missing__(self, code: int) -> float:
        return self.missing


@cache
def _widths(style: str) -> Widths:
    """The width of a character in thousandths of the font's size."""
    font = TTFont(FACES[style])
    scale, shapes, metrics = 1000 / font["head"].unitsPerEm, font.getBestCmap(), font["hmtx"]
    missing = metrics[".notdef"][0] * scale
    return Widths({code: metrics[name][0] * scale for code, name in shapes.items()}, missing)


@cache
def _shapes(face: Path) -> frozenset[int]:
    with TTFont(face) as font:
        return frozenset(font.getBestCmap())
