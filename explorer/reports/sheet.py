"""What a report says, before it is a page, a PDF or a workbook. Pure.

All three show the same sheet, and a kept report stores it, so no figure can differ between them.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

Cell = str | int


@dataclass(frozen=True, slots=True)
class Part:
    """One table. Cells are whole numbers or short texts; a text names no patient.

    `total` is the last row, set apart; `words` stand below. A `wide` part takes the whole width on paper.
    """

    key: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: tuple[Cell, ...] = ()
    words: str = ""
    wide: bool = False

    @classmethod
    def of(cls, key: str, title: str, headings: Iterable[str], rows: Iterable[Iterable[Cell]], **more) -> "Part":
        return cls(key, title, tuple(headings), tuple(map(tuple, rows)), **more)

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold nothing but numbers, and so stand at the right."""
        lines = [*self.rows, self.total] if self.total else self.rows
        places = range(len(self.headings))
        return [bool(lines) and all(is_number(line[place]) for line in lines) for place in places]

    @property
    def is_empty(self) -> bool:
        """It counted nothing."""
        return not any(isinstance(cell, int) and cell for row in (*self.rows, self.total) for cell in row) and all(
            isinstance(cell, int) for row in self.rows for cell in row[1:]
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """`as_of` says in words when the figures were read; `lead` are sentences that stand above the tables."""

    kind: str
    title: str
    about: str
    as_of: str
    lead: tuple[str, ...] = ()
    parts: tuple[Part, ...] = field(default=())

    def part(self, key: str) -> Part:
        """Raises KeyError."""
        return {part.key: part for part in self.parts}[key]

    def plain(self) -> dict:
        """As it is stored; `read` makes the sheet from it again."""
        parts = [
            {
                "key": part.key,
                "title": part.title,
                "headings": list(part.headings),
                "rows": [list(row) for row in part.rows],
                "total": list(part.total),
                "words": part.words,
                "wide": part.wide,
            }
            for part in self.parts
        ]
        head = {"kind": self.kind, "title": self.title, "about": self.about, "as_of": self.as_of}
        return {**head, "lead": list(self.lead), "parts": parts}

    def sha256(self) -> str:
        """Of the canonical form: UTF-8 JSON, keys sorted, no blanks between."""
        return digest(self.plain())


def is_number(cell: Cell) -> bool:
    """Also a share, a dash or nothing."""
    return isinstance(cell, int) or cell in ("", "–") or cell.endswith(" %")


def digest(plain: dict) -> str:
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read(plain: dict) -> Sheet:
    parts = tuple(
        Part.of(
            part["key"],
            part["title"],
            part["headings"],
            part["rows"],
            total=tuple(part["total"]),
            words=part["words"],
            wide=part["wide"],
        )
        for part in plain["parts"]
    )
    return Sheet(plain["kind"], plain["title"], plain["about"], plain["as_of"], tuple(plain["lead"]), parts)
