"""Long documents on paper: facts, tables and exact words that flow over the pages.

Lines are broken here, word by word, and put down one by one: twenty times as fast as `multi_cell`, which matters
where there is a document for each of a thousand patients. Lengths are in millimetres, sizes in points.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from unicodedata import category

from explorer.lib.pdf import FACES, FAMILY, LINE, MARGIN, Paper, unprintable

POINT = 0.3528  # millimetres
SIZE = 9.0
LABEL = 46.0  # width of the names of facts
GAP = 3.0
KEPT_TOGETHER = 6  # lines
GREY, BLACK, RULE = 90, 0, 200
UNSAFE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # invisible, reordering or undefined signs


class Record(Paper):
    """`head` stands at the top of each page, `foot` at the bottom beside "Page n of m"."""

    def __init__(self, *, title: str, made_at: datetime, head: str, foot: str, letters: str):
        self.head = visible(head)
        super().__init__(title=visible(title), made_at=made_at, foot=visible(foot), letters=visible(letters))
        self.set_auto_page_break(auto=False)
        self.set_margins(MARGIN, MARGIN + 4)
        self._widths: dict[tuple[str, str], float] = {}
        self.add_page()

    def header(self) -> None:
        self.set_font(FAMILY, size=8)
        self.set_text_color(GREY)
        self.text(self.l_margin, 13, self.head)
        self._line(15)
        self.set_text_color(BLACK)
        self.set_y(self.t_margin)

    def footer(self) -> None:
        self.set_font(FAMILY, size=8)
        self.set_text_color(GREY)
        self._line(self.h - 15)
        self.text(self.l_margin, self.h - 11, self.foot)
        self.set_xy(self.l_margin, self.h - 14)
        self.cell(0, 4, f"Page {self.page_no()} of {{nb}}", align="R")
        self.set_text_color(BLACK)

    def chapter(self, text: str) -> None:
        self._room(26)
        self.set_y(self.y + 4)
        self._lines(self._wrapped(text, self.epw, "B", 13), self.l_margin, "B", 13)
        self._line(self.y + 0.5)
        self.set_y(self.y + 2)

    def topic(self, text: str) -> None:
        """A heading within a chapter."""
        self._room(18)
        self.set_y(self.y + 2)
        self._lines(self._wrapped(text, self.epw, "B", 10), self.l_margin, "B", 10)
        self.set_y(self.y + 0.5)

    def say(self, text: str, *, quiet: bool = False, size: float = SIZE) -> None:
        self.set_text_color(GREY if quiet else BLACK)
        self._lines(self._wrapped(text, self.epw, "", size), self.l_margin, "", size)
        self.set_text_color(BLACK)
        self.set_y(self.y + 1)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Names on the left, values on the right."""
        for name, value in facts:
            names = self._wrapped(name, LABEL - GAP, "", SIZE)
            values = self._wrapped(value, self.epw - LABEL, "", SIZE)
            self._beside([(names, self.l_margin, "", GREY), (values, self.l_margin + LABEL, "", BLACK)])
        self.set_y(self.y + 1)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], shares: Sequence[float]) -> None:
        """Cells wrap; a row may go over pages, and the headings are repeated on each. `shares` of the width."""
        whole = self.epw / sum(shares)
        widths = [share * whole for share in shares]
        lefts = [self.l_margin + sum(widths[:place]) for place in range(len(widths))]

        def cells(values: Sequence[str], style: str) -> list[tuple[list[str], float, str, int]]:
            return [
                (self._wrapped(value, width - GAP, style, 8), left, style, BLACK)
                for value, width, left in zip(values, widths, lefts, strict=True)
            ]

        def top() -> None:
            self._beside(cells(headings, "B"), size=8)
            self._line(self.y)
            self.set_y(self.y + 0.8)

        self._room(14)
        top()
        for row in rows:
            self._beside(cells(row, ""), size=8, top=top)
            self._line(self.y + 0.2)
            self.set_y(self.y + 0.8)
        self.set_y(self.y + 1.5)

    def words(self, text: str) -> None:
        """Exact words, set apart by a line at their left."""
        height = SIZE * LINE * POINT
        for line in self._wrapped(text, self.epw - 6, "", SIZE):
            self._room(height)
            self.set_draw_color(RULE)
            self.line(self.l_margin + 1.5, self.y, self.l_margin + 1.5, self.y + height)
            self._put(line, self.l_margin + 5, "", SIZE)
            self.set_y(self.y + height)
        self.set_y(self.y + 1.5)

    def picture(self, content, title: str) -> None:
        """A picture on a page of its own, as large as it can be. Raises what PIL raises for a bad one."""
        self.add_page()
        self.topic(title)
        self.image(
            content, x=self.l_margin, y=self.y + 1, w=self.epw, h=self._bottom - self.y - 2, keep_aspect_ratio=True
        )

    def attach(self, content: bytes, name: str, made_at: datetime) -> None:
        self.embed_file(
            bytes=content or b" ", basename=name, creation_date=made_at, modification_date=made_at, compress=True
        )

    @property
    def _bottom(self) -> float:
        return self.h - MARGIN

    def _room(self, height: float) -> None:
        if self.y + height > self._bottom:
            self.add_page()

    def _line(self, y: float) -> None:
        self.set_draw_color(RULE)
        self.line(self.l_margin, y, self.w - self.r_margin, y)

    def _put(self, text: str, x: float, style: str, size: float) -> None:
        """One line at the height where the paper stands."""
        if text:
            self.set_font(FAMILY, style, size)
            self.text(x, self.y + size * POINT * 1.05, text)

    def _lines(self, lines: list[str], x: float, style: str, size: float) -> None:
        height = size * LINE * POINT
        for line in lines:
            self._room(height)
            self._put(line, x, style, size)
            self.set_y(self.y + height)

    def _beside(self, columns: list[tuple[list[str], float, str, int]], size: float = SIZE, top=None) -> None:
        """Columns of lines side by side, each (lines, left edge, style, grey)."""
        height = size * LINE * POINT
        longest = max((len(lines) for lines, *_ in columns), default=0)
        if longest <= KEPT_TOGETHER and self.y + longest * height > self._bottom:
            self.add_page()
            if top:
                top()
        for place in range(longest):
            if self.y + height > self._bottom:
                self.add_page()
                if top:
                    top()
            for lines, left, style, grey in columns:
                if place < len(lines):
                    self.set_text_color(grey)
                    self._put(lines[place], left, style, size)
            self.set_y(self.y + height)
        self.set_text_color(BLACK)

    def _wrapped(self, text: str, width: float, style: str, size: float) -> list[str]:
        """Lines no wider than `width`; a word that is wider is cut, as hashes and ids are."""
        most = width / (size * POINT / 1000)
        lines: list[str] = []
        for paragraph in visible(text).split("\n"):
            line, used = "", 0.0
            for word in paragraph.split(" "):
                long = self._width(word, style)
                blank = self._width(" ", style) if line else 0.0
                if used + blank + long <= most:
                    line, used = (f"{line} {word}" if line else word), used + blank + long
                    continue
                if line:
                    lines.append(line)
                while long > most:
                    fits = self._fitting(word, style, most)
                    lines.append(word[:fits])
                    word = word[fits:]
                    long = self._width(word, style)
                line, used = word, long
            lines.append(line)
        return lines

    def _fitting(self, word: str, style: str, most: float) -> int:
        used = 0.0
        for place, sign in enumerate(word):
            used += self._width(sign, style)
            if used > most:
                return max(place, 1)
        return len(word)

    def _width(self, word: str, style: str) -> float:
        """In thousandths of the font's size."""
        key = (word, style)
        if key not in self._widths:
            widths = self.fonts[f"{FAMILY.lower()}{style}"].cw
            self._widths[key] = sum(widths[ord(sign)] for sign in word)
        return self._widths[key]


def visible(text: str) -> str:
    """The text as the font can show it: signs without a shape, and those that hide or turn others, as ⟨U+202E⟩."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    hidden = [sign for sign in set(text) if sign != "\n" and _is_hidden(sign)]
    return text.translate({ord(sign): f"⟨U+{ord(sign):04X}⟩" for sign in hidden}) if hidden else text


@cache
def _is_hidden(sign: str) -> bool:
    return category(sign) in UNSAFE or bool(unprintable(sign, FACES[""]))
