"""A sheet of paper for a round of calls: whom to call, and boxes to tick; entered afterwards on the call screen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from explorer.lib.models import Practice
from explorer.lib.pdf import MARGIN, Paper, width_of, wrapped

BOXES = (
    "No answer", "Voicemail", "Decided *", "Wants to think", "Call back on ______", "Wants a letter", "Wrong number",
    "Not in service", "No calls any more",
)  # fmt: skip
HEIGHT = 33.0  # of one entry, in millimetres
SIDE = 3.0  # of a box
FOOT = "Confidential: patients’ names and numbers. Enter it the same day, then shred it."


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient to call. `numbers` are (shown, what it is, warning)."""

    name: str
    born: date | None
    chart: str
    numbers: tuple[tuple[str, str, str], ...]
    about: str


def call_sheet(entries: Iterable[Entry], *, practice: Practice, who: str, day: date, made_at: datetime) -> bytes:
    """The PDF."""
    paper = Paper(title="Call sheet", made_at=made_at, foot=FOOT)
    paper.add_page()
    paper.heading(f"Call sheet of {day:%m/%d/%Y} for {who}")
    paper.paragraph(
        f"{practice.name}. Ask for full name and birth date before you say anything. Voicemail: “Hello, this is "
        f"{practice.name}. Please call us back at {practice.phone}.” Nothing more. * Decided: fill in the form with "
        "the words you read, who decided and the witness.",
        size=9,
    )
    y = paper.get_y() + 4
    for number, entry in enumerate(entries, 1):
        if y + HEIGHT > paper.h - MARGIN:
            paper.add_page()
            y = MARGIN + 4
        _entry(paper, y, number, entry)
        y += HEIGHT
    return paper.bytes()


def _entry(paper: Paper, y: float, number: int, entry: Entry) -> None:
    x, right = MARGIN, paper.w - MARGIN
    born = f"born {entry.born:%m/%d/%Y}" if entry.born else "birth date not known"
    name = wrapped(entry.name, 95, size=10.5, style="B")[0]
    paper.line(x, y - 4.5, right, y - 4.5)
    paper.put(x, y, f"{number}. {name}", size=10.5, style="B")
    paper.put(right, y, f"{born}, chart {entry.chart}", size=9, align="R")
    numbers = "; ".join(
        f"{shown} ({kind}{': ' + warning if warning else ''})" for shown, kind, warning in entry.numbers
    )
    paper.put(x, y + 5, wrapped(numbers or "No number is known.", right - x, size=9)[0], size=9)
    paper.put(x, y + 9.5, wrapped(entry.about, right - x, size=8)[0], size=8)
    _boxes(paper, y + 15, x, right)
    paper.put(x, y + 26, "Time ________   Number called ________________   Note", size=8)
    start = x + width_of("Time ________   Number called ________________   Note", size=8) + 2
    paper.line(start, y + 26.5, right - 22, y + 26.5)
    paper.rect(right - 18, y + 23.5, SIDE, SIDE)
    paper.put(right - 13.5, y + 26, "entered", size=8)


def _boxes(paper: Paper, y: float, x: float, right: float) -> None:
    at = x
    for words in BOXES:
        width = SIDE + 1.5 + width_of(words, size=8) + 4
        if at + width > right + 4:
            at, y = x, y + 5
        paper.rect(at, y - SIDE + 0.5, SIDE, SIDE)
        paper.put(at + SIDE + 1.5, y, words, size=8)
        at += width
