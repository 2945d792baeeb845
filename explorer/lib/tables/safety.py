"""What can be known about a file before a parser touches it (ASVS 5.2.1-5.2.3).

A workbook is a zip of XML parts. Every part is unpacked here once, in pieces, against its declared size and
checksum and through expat, so that the parser meets no bomb, no entity, no broken XML (on which it can hang)
and no sheet larger than the limits.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from explorer.lib.tables import oldexcel
from explorer.lib.tables.workbook import MB, Limits, UnreadableTable, shown_name

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
MAX_PARTS = 500
SMALL_PART = 1 * MB  # a part that unpacks to less is no bomb, whatever its ratio
PIECE = 1 * MB
LONGEST_TEXT = 4 * MB  # between two tags; a cell holds at most 32,767 characters

_OTHER_FILES = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"RIFF", "a picture or a recording"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
    (b"\x00\x01\x00\x00Standard", "an Access database"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7z)"),
    (b"Rar!", "a packed file (RAR)"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"PK\x07\x08", "a part of a split zip file"),
)
_WEB_PAGES = re.compile(rb"\s*(<!doctype|<html|<table|<\?xml|<head|<meta|mime-version:)", re.IGNORECASE)
_SAVE_AS = "open it in Excel and save it as .xlsx (File > Save As > Excel Workbook)"
_CHOOSE_LIST = "choose the list as an Excel workbook (.xlsx, .xls), .ods or .csv file"

# Bounded and possessive repeats keep hostile markup from costing more than its length.
_FILLED_CELL = re.compile(  # a blank one ends with "/>"
    rb"""<(?:\w{1,20}:)?c(?=[\s>])"""
    rb"""(?:[^<>]{0,300}?\sr\s{0,9}=\s{0,9}["']([A-Za-z]{1,3})([0-9]{1,7})["'])?+[^<>]{0,300}+(?<!/)>"""
)
_ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s>/]")
_ROW_AT = re.compile(rb"""<(?:\w{1,20}:)?row\s[^<>]{0,300}?\br\s{0,9}=\s{0,9}["']([0-9]{1,7})["']""")
_ODS_TAG = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)((?:\s[^<>]{0,999}?)?)(/?)>")
_ODS_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["']([0-9]{1,9})["']""")


def check_size(content: bytes, filename: str, limits: Limits) -> None:
    name = shown_name(filename)
    if not content:
        raise UnreadableTable(f"{name} is empty (0 bytes): export the list again and choose the new file.")
    if len(content) > limits.max_bytes:
        raise UnreadableTable(
            f"{name} has {len(content) / MB:.1f} MB, more than the {limits.max_bytes // MB} MB allowed: "
            "remove sheets, pictures and columns that are not needed, or split the list."
        )


def kind_of(content: bytes, filename: str) -> str:
    """ "zip", "ole" or "text", by the first bytes and never by the name."""
    name = shown_name(filename)
    for magic, what in _OTHER_FILES:
        if content.startswith(magic):
            raise UnreadableTable(f"{name} is {what}, not a table: {_CHOOSE_LIST}.")
    if content.startswith(OLE):
        return "ole"
    if content.startswith(ZIP):
        return "zip"
    if content[:4] in (b"\x09\x08\x08\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00"):
        raise UnreadableTable(f"{name} was written by a very old Excel: {_SAVE_AS}.")
    if _WEB_PAGES.match(content[:200].removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableTable(f"{name} is a web page or XML file with the name of a table: {_SAVE_AS}.")
    return "text"


def check_ole(content: bytes, filename: str, limits: Limits) -> None:
    """An .xls, or one of the other things Office keeps in the same container."""
    name = shown_name(filename)
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableTable(locked(name))
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise UnreadableTable(f"{name} is an Office file but holds no Excel sheet: {_CHOOSE_LIST}.")
    try:
        if oldexcel.is_locked(content):
            raise UnreadableTable(locked(name))
        for rows, columns in oldexcel.used_areas(content, limits):
            _check_area(name, rows, columns, limits)
    except oldexcel.Damaged:
        raise UnreadableTable(damaged(name)) from None


def check_zip(content: bytes, filename: str, limits: Limits) -> None:
    """Raises UnreadableTable unless this is a workbook whose every part keeps the limits."""
    name = shown_name(filename)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts, comment = archive.infolist(), archive.comment
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError, LookupError):
        raise UnreadableTable(damaged(name)) from None
    _check_is_workbook(name, [part.filename for part in parts])
    if comment:
        raise UnreadableTable(damaged(name))
    _check_parts(name, parts, limits)
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels", ".vml")):
            _check_part(name, content, part, limits)


def damaged(name: str) -> str:
    return (
        f"{name} is damaged or was not copied completely: open it in Excel and save it again, or export the list anew."
    )


def locked(name: str) -> str:
    return (
        f"{name} is protected by a password: open it in Excel, remove the password "
        "(File > Info > Protect Workbook) and save it again."
    )


def _check_is_workbook(name: str, names: list[str]) -> None:
    lower = [n.lower() for n in names]
    if any(n.endswith(("vbaproject.bin", "macrosheets/sheet1.xml")) for n in lower):
        raise UnreadableTable(f"{name} contains macros, which are not accepted: {_SAVE_AS}.")
    if any(n.endswith("workbook.bin") for n in lower):
        raise UnreadableTable(f"{name} is a binary workbook (.xlsb): {_SAVE_AS}.")
    if any(n.startswith("word/") for n in lower):
        raise UnreadableTable(f"{name} is a Word document, not a table: {_CHOOSE_LIST}.")
    if any(n.startswith("ppt/") for n in lower):
        raise UnreadableTable(f"{name} is a PowerPoint file, not a table: {_CHOOSE_LIST}.")
    if not any(n.endswith("workbook.xml") or n == "content.xml" for n in lower):
        raise UnreadableTable(f"{name} is a zip file without an Excel workbook in it: unpack it first.")
    if len(set(lower)) < len(lower):
        raise UnreadableTable(damaged(name))
    if len(names) > MAX_PARTS:
        raise UnreadableTable(f"{name} has {len(names)} parts, more than {MAX_PARTS}: {_SAVE_AS}.")


def _check_parts(name: str, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_memory_mb * MB:
        raise UnreadableTable(
            f"{name} unpacks to {unpacked // MB} MB, more than the {limits.max_memory_mb} MB allowed: "
            "delete empty rows, formatting and sheets that are not needed."
        )
    for part in parts:
        if part.flag_bits & 0x1:
            raise UnreadableTable(locked(name))
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableTable(damaged(name))
        if part.file_size > SMALL_PART and part.file_size > limits.max_ratio * part.compress_size:
            raise UnreadableTable(
                f"{name} is packed more than {limits.max_ratio} times smaller than it is, as a bomb is: "
                "delete empty rows and formatting below the list and save it again."
            )


def _check_part(name: str, content: bytes, part: zipfile.ZipInfo, limits: Limits) -> None:
    if "worksheets/" in part.filename.lower():
        size = _SheetSize(name, limits)
    elif part.filename.lower() == "content.xml":
        size = _OdsSize(name, limits)
    else:
        size = None
    pieces = _well_formed(name, _unpacked(name, content, part))
    for markup in _whole_tags(pieces, name):
        if size:
            size.add(markup)


def _unpacked(name: str, content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part in pieces; it must have the declared size and checksum, no more and no less."""
    header = content[part.header_offset : part.header_offset + 30]
    if len(header) < 30 or not header.startswith(ZIP):
        raise UnreadableTable(damaged(name))
    start = part.header_offset + 30 + int.from_bytes(header[26:28], "little")
    start += int.from_bytes(header[28:30], "little")
    packed = content[start : start + part.compress_size]
    size = checksum = 0
    try:
        for piece in _inflate(packed) if part.compress_type == zipfile.ZIP_DEFLATED else (packed,):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if size > part.file_size:
                break
            yield piece
    except zlib.error:
        raise UnreadableTable(damaged(name)) from None
    if size != part.file_size or checksum != part.CRC:
        raise UnreadableTable(damaged(name))


def _well_formed(name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    def refuse_dtd(*_declaration):
        raise UnreadableTable(
            f"{name} defines entities of its own, as harmful files do and Excel never does: {_SAVE_AS}."
        )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_dtd
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            yield piece
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):  # the latter two for encodings it does not know
        raise UnreadableTable(damaged(name)) from None


def _inflate(packed: bytes) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    while packed and not inflater.eof:
        yield inflater.decompress(packed, PIECE)
        packed = inflater.unconsumed_tail
    yield inflater.flush()


def _whole_tags(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The same bytes cut before a "<", so that no tag is torn in two. UTF-16's zero bytes are dropped."""
    rest = b""
    for piece in pieces:
        rest += piece.replace(b"\x00", b"") if b"\x00" in piece else piece
        cut = rest.rfind(b"<")
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_TEXT:
            raise UnreadableTable(damaged(name))
    yield rest


class _SheetSize:
    """The used area of a worksheet, by its cells with a content; refuses it once it is too large.

    Cells may leave out their place ("r"): then they are counted along the row.
    """

    def __init__(self, name: str, limits: Limits):
        self.name, self.limits = name, limits
        self.rows = self.last_row = self.last_column = self.column = 0

    def add(self, markup: bytes) -> None:
        places = _FILLED_CELL.findall(markup)
        columns = {letters for letters, _ in places}
        self.last_column = max([self.last_column, *map(_column_number, columns)])
        self.last_row = max([self.last_row, *(int(row) for _, row in places if row)])
        if b"" in columns:
            self._add_placeless(markup)
        self.check()

    def _add_placeless(self, markup: bytes) -> None:
        first, *others = _ROW.split(markup)
        self.column += len(_FILLED_CELL.findall(first))
        self.last_column = max(self.last_column, self.column)
        for row in others:
            self.column = len(_FILLED_CELL.findall(row))
            self.last_column = max(self.last_column, self.column)
        self.rows += len(others)
        named = max((int(row) for row in _ROW_AT.findall(markup)), default=0)
        self.last_row = max(self.last_row, self.rows, named)

    def check(self) -> None:
        _check_area(self.name, self.last_row, self.last_column, self.limits)


class _OdsSize:
    """The used area of each table of an .ods file, where one tag may stand for a million rows."""

    def __init__(self, name: str, limits: Limits):
        self.name, self.limits = name, limits
        self.start_table()

    def start_table(self) -> None:
        self.row = self.repeat = self.column = self.last_row = self.last_column = 0

    def add(self, markup: bytes) -> None:
        for kind, attributes, closed in _ODS_TAG.findall(markup):
            repeated = _ODS_REPEATED.search(attributes)
            times = int(repeated[1]) if repeated else 1
            if kind == b"table":
                self.start_table()
            elif kind == b"table-row":
                self.row, self.repeat, self.column = self.row + self.repeat, times, 0
            else:
                self.column += times
                if not closed or b"value" in attributes:
                    self.last_row = max(self.last_row, self.row + self.repeat)
                    self.last_column = max(self.last_column, self.column)
        _check_area(self.name, self.last_row, self.last_column, self.limits)


def _check_area(name: str, rows: int, columns: int, limits: Limits) -> None:
    if rows * columns > limits.max_cells:
        raise UnreadableTable(
            f"{name} has a sheet of {rows:,} rows and {columns:,} columns, more than the "
            f"{limits.max_cells:,} cells allowed: delete the rows and columns that do not belong to the list."
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
