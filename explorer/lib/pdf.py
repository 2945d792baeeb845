"""Paper: PDFs in US Letter with a font of our own inside, the same bytes for the same content.

Lengths are in millimetres from the upper left corner.
"""

import logging
from datetime import datetime
from functools import cache
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
        self.multi_cell(0, size * LINE * 0.3528, text, new_x="LMARGIN", new_y="NEXT")
        self.set_font(FAMILY, size=10)

    def paragraph(self, text: str, size: float = 10) -> None:
        self.set_font(FAMILY, size=size)
        self.multi_cell(0, size * LINE * 0.3528, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1.5)

    def bytes(self) -> bytes:
        content = bytes(self.output())
        for remembered in (SubsetMap.pick, SubsetMap.get_glyph):
            remembered.cache_clear()  # fpdf2 would keep the font of every paper for ever
        return content


def unprintable(text: str, face: Path = FACES[""]) -> str:
    """The letters for which the font has no shape, each once, as in Korean or Chinese; empty: all can be printed."""
    shapes = _shapes(face)
    return "".join(sign for sign in dict.fromkeys(text) if sign.isprintable() and ord(sign) not in shapes)


@cache
def _shapes(face: Path) -> frozenset[int]:
    with TTFont(face) as font:
        return frozenset(font.getBestCmap())
