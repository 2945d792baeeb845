"""What a read file looks like, and how large it may be."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath

MB = 1024 * 1024
_BLANKS = re.compile(r"[\s\u00a0\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff\u00ad\x00-\x1f]+")


class UnreadableTable(Exception):
    """A file or sheet that cannot be used; str(error) is one sentence for the person who chose it."""


@dataclass(frozen=True)
class Limits:
    max_bytes: int
    max_ratio: int  # unpacked to packed size of each part of an .xlsx or .ods
    max_cells: int  # of all sheets, blank ones inside the used area included
    max_seconds: float
    max_memory_mb: int


UPLOAD = Limits(max_bytes=10 * MB, max_ratio=100, max_cells=500_000, max_seconds=60, max_memory_mb=300)
SHELL = Limits(max_bytes=200 * MB, max_ratio=100, max_cells=20_000_000, max_seconds=600, max_memory_mb=6000)


@dataclass
class Sheet:
    name: str
    hidden: bool
    rows: list[list[str]]  # from the first row that holds anything to the last
    first_row: int = 1  # the sheet's own number of rows[0]
    merged: list[str] = field(default_factory=list)  # such as "A5:A6"; only the first cell has the value


@dataclass
class Workbook:
    sha256: str
    sheets: list[Sheet]


def clean(text: str) -> str:
    """The text without blanks around it; no-break spaces, line breaks, invisible marks become one blank."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", text).strip()


def shown_name(filename: str) -> str:
    """The file's own name, fit to stand in a sentence."""
    name = PurePosixPath(PureWindowsPath(filename).name).name
    return clean("".join(c for c in name if c.isprintable()))[:80] or "The file"
