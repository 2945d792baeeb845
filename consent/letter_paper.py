"""Letters on paper: pure, from plain facts to one PDF. Lengths are in millimetres from the sheet's upper left corner.

The sheet is folded at two marks, its upper part outside. That part is nearly as high as the envelope, so that the
address cannot slide out of the window; what must stay private stands where no window ever is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import segno

from explorer.lib.pdf import LINE, POINT, Paper, wrapped

INCH = 25.4
SHEET_WIDTH, SHEET_HEIGHT = 8.5 * INCH, 11 * INCH
ENVELOPE_WIDTH, ENVELOPE_HEIGHT = 9.5 * INCH, 4.125 * INCH  # #10
FOLDS = (4.0 * INCH, 7.5 * INCH)
CLEAR = INCH / 8  # USPS Publication 25, 3-9 (2): around the address, wherever the sheet slides


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


def window(*, left: float, bottom: float, width: float, height: float) -> Box:
    """As makers of envelopes give it: inches from the left and the lower edge of a #10 envelope."""
    return Box(left * INCH, ENVELOPE_HEIGHT - (bottom + height) * INCH, width * INCH, height * INCH)


# The trade's usual windows. Single: 1 1/8 by 4 1/2, 7/8 from the left, 1/2 from the bottom. Double: the lower one
# 7/8 by 4 1/2, 1/2 from the left, 3/4 from the bottom; the upper one 3/4 by 4 1/2, 1/2 and 2 3/8.
ADDRESS_WINDOW = {
    "single": window(left=0.875, bottom=0.5, width=4.5, height=1.125),
    "double": window(left=0.5, bottom=0.75, width=4.5, height=0.875),
}
SENDER_WINDOW = {"double": window(left=0.5, bottom=2.375, width=4.5, height=0.75)}


def on_the_sheet(opening: Box) -> Box:
    """The part of the sheet that shows through the window wherever the sheet lies in the envelope."""
    slack_across, slack_down = ENVELOPE_WIDTH - SHEET_WIDTH, ENVELOPE_HEIGHT - FOLDS[0]
    return Box(opening.left, opening.top, opening.width - slack_across, opening.height - slack_down)


def ever_seen(opening: Box) -> Box:
    """The part of the sheet that may show through the window at all."""
    slack_across, slack_down = ENVELOPE_WIDTH - SHEET_WIDTH, ENVELOPE_HEIGHT - FOLDS[0]
    left, top = opening.left - slack_across, opening.top - slack_down
    return Box(left, top, opening.right - left, opening.bottom - top)


def address_area(envelope: str) -> Box:
    safe = on_the_sheet(ADDRESS_WINDOW[envelope])
    return Box(safe.left + CLEAR, safe.top + CLEAR, safe.width - 2 * CLEAR, safe.height - 2 * CLEAR)


MARGIN = 25.4
BODY = 11  # points, of all that a patient reads as text
DATE_AT = 98  # below whatever a window may show
FIRST_LINE, NEXT_LINE, LAST_LINE = 112, 26, SHEET_HEIGHT - 22
ADDRESS_SIZES = (11, 10.5, 10, 9.5, 9, 8.5, 8)  # points; smaller ones no machine reads
ADDRESS_LINE = 1.12
REFERENCE_ROOM = 17  # at the right end of the address, for the letter's number
CODE = Box(139, 18, SHEET_WIDTH - 139 - MARGIN, 74)
PICTURE = 36  # the QR code with its quiet zone
QUIET = 4  # modules (ISO 18004)
LONGEST_LINK = 300  # characters; a longer one makes a picture that old phones do not read

WORDS = {
    "en": ("Your personal code", "Good until"),
    "es": ("Su código personal", "Válido hasta el"),
}
TO_SIGN = {
    "en": ("Name in print", "Date of birth", "Signature", "Date", "If somebody else signs: name, and why they may"),
    "es": (
        "Nombre en letra de imprenta", "Fecha de nacimiento", "Firma", "Fecha",
        "Si firma otra persona: su nombre y por qué puede hacerlo",
    ),
}  # fmt: skip
SIGNING, SECOND_COLUMN = 35, 138  # the height of the lines to sign on; where the second column begins
MONTHS = {
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """What one letter says. `code` is grouped for people; `code`, `link` and `good_until` are empty without a code.

    `form` is the text of the enclosed form, which begins on a page of its own and ends with room to sign.
    """

    reference: str
    name: str
    address: tuple[str, ...]
    text: str
    form: str = ""
    code: str = ""
    link: str = ""
    good_until: str = ""


@dataclass(frozen=True)
class Style:
    """What all letters of a batch have in common. `sender` has up to four lines."""

    envelope: str
    language: str
    title: str
    date: str
    sender: tuple[str, ...]
    form_title: str = ""


def long_date(day, language: str) -> str:
    """December 7, 2026, or 7 de diciembre de 2026."""
    if language in MONTHS:
        return f"{day.day} de {MONTHS[language][day.month - 1]} de {day.year}"
    return f"{day:%B} {day.day}, {day.year}"


def print_letters(sheets: Iterable[Sheet], style: Style, *, title: str, made_at: datetime) -> bytes:
    """One PDF, the letters in the order given, each with its own page numbers. Raises DoesNotFit."""
    paper = Paper(title=title, made_at=made_at)
    paper.set_auto_page_break(False)
    mask = None
    for sheet in sheets:
        picture = qr_code(sheet.link, mask) if sheet.link else None
        mask = picture.mask if picture else mask
        _letter(paper, sheet, style, picture)
    return paper.bytes()


def qr_code(link: str, mask: int | None = None) -> segno.QRCode:
    """Level M. Choosing the best mask takes most of the time, and links that differ in their code alone share it."""
    return segno.make(link, error="m", micro=False, boost_error=False, mask=mask)


class DoesNotFit(ValueError):
    """An address that no type size brings into the window."""


def fits(name: str, address: Iterable[str], envelope: str) -> bool:
    try:
        _fitted(name, address, address_area(envelope))
    except DoesNotFit:
        return False
    return True


def _letter(paper: Paper, sheet: Sheet, style: Style, picture: segno.QRCode | None) -> None:
    pages = list(_pages(style.title, sheet.text, first=FIRST_LINE))
    pages += _form(sheet, style) if sheet.form else []
    for number, lines in enumerate(pages, 1):
        paper.add_page()
        if number == 1:
            _first_page(paper, sheet, style, picture)
        for left, y, size, face, line in lines:
            paper.put(left, y, line, size=size, style=face)
        foot = SHEET_HEIGHT - 12
        paper.put(MARGIN, foot, sheet.reference, size=8)
        paper.put(SHEET_WIDTH - MARGIN, foot, f"{number} / {len(pages)}", size=8, align="R")


def _first_page(paper: Paper, sheet: Sheet, style: Style, picture: segno.QRCode | None) -> None:
    for mark in FOLDS:
        paper.set_line_width(0.2)
        paper.line(4, mark, 8, mark)
    _sender(paper, style)
    _address(paper, sheet, address_area(style.envelope))
    paper.put(MARGIN, DATE_AT, style.date, size=BODY)
    if sheet.code:
        _code(paper, sheet, picture, WORDS.get(style.language, WORDS["en"]))


def _sender(paper: Paper, style: Style) -> None:
    if style.envelope in SENDER_WINDOW:
        area = on_the_sheet(SENDER_WINDOW[style.envelope])
        left, top = area.left + CLEAR, area.top
    else:
        left, top = address_area(style.envelope).left, 18
    for place, line in enumerate(style.sender):
        face, size = ("B", 10) if place == 0 else ("", 9)
        paper.put(left, top + 3.2 + place * 3.9, line, size=size, style=face)


def _address(paper: Paper, sheet: Sheet, area: Box) -> None:
    size, lines = _fitted(sheet.name, sheet.address, area)
    step = size * POINT * ADDRESS_LINE
    for place, line in enumerate(lines):
        paper.put(area.left, area.top + size * POINT * 0.8 + place * step, line, size=size)
    paper.put(area.right, area.top + 2.2, sheet.reference, size=7, align="R")


def _fitted(name: str, address: Iterable[str], area: Box) -> tuple[float, list[str]]:
    """The largest type size and the lines in which name and address fit. Raises DoesNotFit."""
    for size in ADDRESS_SIZES:
        lines = [line for whole in (name, *address) for line in wrapped(whole, area.width - REFERENCE_ROOM, size=size)]
        if len(lines) * size * POINT * ADDRESS_LINE <= area.height + 0.01:
            return size, lines
    raise DoesNotFit("The address is too long for the window.")


def _code(paper: Paper, sheet: Sheet, picture: segno.QRCode | None, words: tuple[str, str]) -> None:
    middle = CODE.left + CODE.width / 2
    paper.set_line_width(0.3)
    paper.rect(CODE.left, CODE.top, CODE.width, CODE.height)
    paper.put(middle, CODE.top + 6, words[0], size=10, style="B", align="C")
    top = CODE.top + 8
    if picture:
        paper.squares(picture.matrix_iter(border=QUIET), middle - PICTURE / 2, top, PICTURE)
        top += PICTURE
    rows, size = _rows(sheet.code)
    for place, row in enumerate(rows, 1):
        paper.put(middle, top + place * size * POINT * 1.25, row, size=size, style="B", align="C")
    if sheet.good_until:
        paper.put(middle, CODE.bottom - 2.5, f"{words[1]} {sheet.good_until}", size=8, align="C")


def _rows(code: str) -> tuple[list[str], float]:
    """A code in rows of groups and their type size; a last symbol does not stand alone."""
    groups = code.split("-")
    per_row, size = (2, 16) if len(groups) <= 5 else (3, 11)
    rows = ["-".join(groups[start : start + per_row]) for start in range(0, len(groups), per_row)]
    if len(rows) > 1 and len(rows[-1]) == 1:
        rows[-2:] = [f"{rows[-2]}-{rows[-1]}"]
    return rows, size


Line = tuple[float, float, float, str, str]  # left end, base line, size in points, face, words


def _form(sheet: Sheet, style: Style) -> list[list[Line]]:
    """The pages of the enclosed form, then lines for name and birth date, and to sign on where it has none itself.

    Where its last page is full, they stand on one more.
    """
    pages = list(_pages(style.form_title, sheet.form, first=NEXT_LINE))
    y = pages[-1][-1][1] + 16
    if y + SIGNING > LAST_LINE:
        pages.append([])
        y = NEXT_LINE + 8
    name, birth, signature, day, other = TO_SIGN.get(style.language, TO_SIGN["en"])
    own_lines = "___" in sheet.form
    for first, second in ((name, birth),) if own_lines else ((name, birth), (signature, day), (other, "")):
        for left, rule, label in ((MARGIN, 62, first), (SECOND_COLUMN, 30, second)):
            pages[-1] += [(left, y, 10, "", "_" * rule), (left, y + 4.2, 8, "", label)]
        y += 15
    return pages


def _pages(title: str, text: str, *, first: float) -> Iterator[list[Line]]:
    page, y = [], first
    for size, face, line in _lines(title, text):
        step = size * POINT * LINE
        if y > LAST_LINE:
            yield page
            page, y = [], NEXT_LINE
        if line:
            page.append((MARGIN, y, size, face, line))
            y += step
        elif page:
            y += step * 0.55
    yield page


def _lines(title: str, text: str) -> Iterator[tuple[float, str, str]]:
    """(size in points, face, words); no words for the gap between paragraphs."""
    width = SHEET_WIDTH - 2 * MARGIN
    for line in wrapped(title, width, size=13, style="B"):
        yield 13, "B", line
    yield BODY, "", ""
    for paragraph in text.strip().splitlines():
        if not paragraph.strip():
            yield BODY, "", ""
            continue
        for line in wrapped(paragraph, width, size=BODY):
            yield BODY, "", line
