"""A sheet on US Letter. A close-out and a week fit on one page: their tables stand in two columns."""

from collections.abc import Sequence
from datetime import datetime

from explorer.lib.flowing import GREY, POINT, RULE, Record
from explorer.lib.pdf import FAMILY, MARGIN
from explorer.reports.sheet import Cell, Part, Sheet

SIZES = (8.5, 7.8, 7.1, 6.6)  # points: what is to fit on one page is tried smaller
SMALL = 7.5
BETWEEN = 8.0  # millimetres between two columns
PAD = 0.6
TIGHT = 1.27  # line height by font size
ONE_PAGE = ("close_out", "week", "day")


class ReportPaper(Record):
    """Wide tables first, across the page; then the others in two columns, each filled from its top."""

    def __init__(self, *, size: float, **told):
        self.size = size
        self.column: int | None = None
        self.columns_top = 0.0
        super().__init__(**told)

    def add_page(self, *args, **kwargs) -> None:
        """What does not fit into the left column goes on in the right one, then on the next page."""
        if self.column == 0:
            self._to_column(1)
            return
        begun = self.column is not None
        self._whole_width()
        super().add_page(*args, **kwargs)
        if begun:
            self.columns_top = self.y
            self._to_column(0)

    def drop(self) -> None:
        """It is not printed; its fonts are let go."""
        for font in self.fonts.values():
            font.close()

    def in_columns(self) -> None:
        self.columns_top = self.y
        self._to_column(0)

    def across(self) -> None:
        """Back to the whole width, below what stands on this page."""
        self._whole_width()

    def _to_column(self, number: int) -> None:
        width = (self.w - 2 * MARGIN - BETWEEN) / 2
        left = MARGIN + number * (width + BETWEEN)
        self.column = number
        self.l_margin, self.r_margin = left, self.w - left - width
        self.set_xy(left, self.columns_top)

    def _whole_width(self) -> None:
        self.column = None
        self.l_margin = self.r_margin = MARGIN

    def line_of(self, text: str, style: str, size: float) -> None:
        self._lines(self._wrapped(text, self.epw, style, size), self.l_margin, style, size)

    def part(self, part: Part) -> None:
        """A title, the table with numbers at the right, its words. At least its first rows stay together.

        A table of names and numbers needs no headings on paper.
        """
        if part.is_empty and not part.wide and not part.words:
            self.line_of(f"{part.title}: none", "", self.size + 0.5)
            return
        named = part.wide or len(part.headings) > 2
        rows = [row for row in (part.headings if named else (), *part.rows, part.total) if row]
        self._room(min(len(rows), 4) * 4.6 + 8)
        self.set_y(self.y + 1.5)
        self.line_of(part.title, "B", self.size + 1)
        widths = self._widths_of(rows) if part.rows or part.total else []
        if widths and named:
            self._row(part.headings, widths, style="B", grey=GREY, numbers=part.numeric)
        for row in part.rows:
            self._row(row, widths, numbers=part.numeric)
        if part.total:
            self._row(part.total, widths, style="B", numbers=part.numeric)
        if part.words:
            self.set_y(self.y + 0.6)
            self.say(part.words, quiet=True, size=SMALL)
        self.set_y(self.y + 1)

    def _widths_of(self, rows: list[tuple[Cell, ...]]) -> list[float]:
        """Columns by their longest cell; where that is too much, the long ones give way."""
        needed = [max(self._long(shown(row[place])) for row in rows) + 3 for place in range(len(rows[0]))]
        spare = self.epw - sum(needed)
        if spare >= 0:
            return [needed[0] + spare, *needed[1:]]
        fair = self.epw / len(needed)
        kept = sum(need for need in needed if need <= fair)
        over = sum(need for need in needed if need > fair)
        return [need if need <= fair else (self.epw - kept) * need / over for need in needed]

    def _long(self, text: str) -> float:
        return max(
            (sum(self._width(word, "B") for word in line.split(" ")) + 330 * line.count(" ")) * self.size * POINT / 1000
            for line in text.split("\n")
        )

    def _row(self, cells, widths: list[float], *, numbers: list[bool], style: str = "", grey: int = 0) -> None:
        lines = [
            self._wrapped(shown(cell), width - 1.5, style, self.size) for cell, width in zip(cells, widths, strict=True)
        ]
        height = self.size * TIGHT * POINT
        needed = max(map(len, lines)) * height + PAD
        self._room(needed)
        top, left = self.y, self.l_margin
        self.set_text_color(grey)
        for cell, width, is_number in zip(lines, widths, numbers, strict=True):
            for place, line in enumerate(cell):
                self.set_y(top + place * height)
                at = left + width - 1.5 - self._width_of_line(line, style) if is_number else left
                self._put(line, at, style, self.size)
            left += width
        self.set_text_color(0)
        self.set_y(top + needed)
        self.set_draw_color(RULE)
        self.line(self.l_margin, self.y - PAD / 2, self.l_margin + self.epw, self.y - PAD / 2)

    def _width_of_line(self, line: str, style: str) -> float:
        return self._width(line, style) * self.size * POINT / 1000

    def signatures(self, lines: list[str]) -> None:
        """Who signed, and room for a second name by hand."""
        self._room(len(lines) * 5 + 15)
        self.set_y(self.y + 1)
        for line in lines:
            self.line_of(line, "B", 9)
        self.set_y(self.y + 7)
        self.set_draw_color(GREY)
        for left, words in ((MARGIN, "Second signature"), (MARGIN + 100, "Date")):
            self.line(left, self.y, left + 76, self.y)
            self.set_font(FAMILY, size=SMALL)
            self.text(left, self.y + 3.5, words)
        self.set_y(self.y + 5)


def on_paper(
    sheet: Sheet, *, practice: str, made_at: datetime, signed: Sequence[str] = (), proof: Sequence[str] = ()
) -> tuple[bytes, int]:
    """(the PDF, how many pages). `signed` are lines above the place for a second name; `proof` stand at the end."""
    for size in SIZES:
        paper = _written(sheet, size, practice, made_at, signed, proof)
        if paper.page_no() == 1 or sheet.kind not in ONE_PAGE or size == SIZES[-1]:
            break
        paper.drop()
    return paper.bytes(), paper.page_no()


def _written(sheet: Sheet, size: float, practice: str, made_at: datetime, signed, proof) -> ReportPaper:
    title = f"{sheet.title}: {sheet.about}"
    letters = "".join([practice, title, sheet.as_of, *sheet.lead, *signed, *proof, *_letters(sheet), LETTERS])
    paper = ReportPaper(size=size, title=title, made_at=made_at, head=practice, foot=title, letters=letters)
    paper.line_of(sheet.title, "B", 15)
    paper.line_of(sheet.about, "", 11)
    paper.say(sheet.as_of, quiet=True, size=size)
    for sentence in sheet.lead:
        paper.say(sentence, size=size + 1)
    for part in sheet.parts:
        if part.wide:
            paper.part(part)
    _columns(paper, [part for part in sheet.parts if not part.wide])
    if signed:
        paper.signatures(list(signed))
    for line in proof:
        paper.say(line, quiet=True, size=SMALL)
    return paper


LETTERS = "none: Second signature Date Page of 0123456789 ⟨U+ABCDEF⟩"


def _columns(paper: ReportPaper, parts: list[Part]) -> None:
    """The first to the left and the rest to the right, so that the longer column is as short as it can be."""
    if not parts:
        return
    lines = [_lines_of(part) for part in parts]
    split = min(range(1, len(parts) + 1), key=lambda place: max(sum(lines[:place]), sum(lines[place:])))
    paper.in_columns()
    lowest = 0.0
    for place, part in enumerate(parts):
        if place == split and paper.column == 0:
            lowest = paper.y
            paper.add_page()
        paper.part(part)
    lowest = max(lowest, paper.y)
    paper.across()
    paper.set_xy(paper.l_margin, lowest)


def _lines_of(part: Part) -> float:
    """About how high it stands, in lines of its rows."""
    if part.is_empty and not part.words:
        return 1
    return len(part.rows) + bool(part.total) + (3 if len(part.headings) > 2 else 2) + (1.5 if part.words else 0)


def _letters(sheet: Sheet) -> list[str]:
    return [
        text
        for part in sheet.parts
        for text in (
            part.title,
            part.words,
            *map(shown, (*part.headings, *part.total, *(cell for row in part.rows for cell in row))),
        )
    ]


def shown(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:,}"
