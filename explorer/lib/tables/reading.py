"""A file's bytes become sheets of text."""

import csv
import datetime
import hashlib
import io
import re
from collections import Counter

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError
from python_calamine import SheetTypeEnum as SheetType
from python_calamine import SheetVisibleEnum as Visible

from explorer.lib.tables.safety import check_ole, check_size, check_zip, damaged, kind_of, locked
from explorer.lib.tables.workbook import Limits, Sheet, UnreadableTable, Workbook, shown_name

DELIMITERS = ",;\t|"
_EXCEL_TEXT = re.compile(r'="([^"]*)"')  # how many exports keep Excel from making a number of a text
_GUARDED = re.compile(r"'[=+\-@\t\r]")  # how write_csv keeps Excel from making a formula of a text


def read_workbook(content: bytes, filename: str, limits: Limits) -> Workbook:
    """All sheets of an .xlsx, .xls, .ods, .csv or pasted table, read in this process.

    Every cell is a text: whole numbers without ".0", dates as YYYY-MM-DD. Raises UnreadableTable.
    Files of unknown origin belong into read_workbook_apart, which also holds the time and memory limits.
    """
    check_size(content, filename, limits)
    kind = kind_of(content, filename)
    if kind == "text":
        sheets = [_text_sheet(content, filename, limits)]
    elif kind == "ole":
        check_ole(content, filename, limits)
        sheets = _excel_sheets(content, filename, limits)
    else:
        check_zip(content, filename, limits)
        sheets = _excel_sheets(content, filename, limits)
    return Workbook(hashlib.sha256(content).hexdigest(), sheets)


def _excel_sheets(content: bytes, filename: str, limits: Limits) -> list[Sheet]:
    name = shown_name(filename)
    try:
        return _parsed(content, name, limits)
    except PasswordError:
        raise UnreadableTable(locked(name)) from None
    except (CalamineError, ValueError, OverflowError, OSError, LookupError, TypeError):
        raise UnreadableTable(damaged(name)) from None
    except BaseException as error:
        # The parser is written in Rust; its panics derive from BaseException and cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableTable(damaged(name)) from None


def _parsed(content: bytes, name: str, limits: Limits) -> list[Sheet]:
    sheets, cells = [], 0
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for position, about in enumerate(workbook.sheets_metadata):
            if about.typ != SheetType.WorkSheet:
                continue
            source = workbook.get_sheet_by_index(position)
            cells += source.height * source.width
            if cells > limits.max_cells:
                raise UnreadableTable(_too_many_cells(name, limits))
            sheets.append(_sheet(source, hidden=about.visible != Visible.Visible))
    if not sheets:
        raise UnreadableTable(f"{name} has no worksheet: choose the file that holds the list.")
    return sheets


def _sheet(source: CalamineSheet, *, hidden: bool) -> Sheet:
    first_row, first_column = source.start or (0, 0)
    margin = [""] * first_column
    rows = [margin + [cell_text(value) for value in row] for row in source.to_python()]
    merged = [_range_name(*corners) for corners in source.merged_cell_ranges or ()]
    return Sheet(source.name, hidden, rows, first_row + 1, merged)


def _too_many_cells(name: str, limits: Limits) -> str:
    return f"{name} has more than the {limits.max_cells:,} cells allowed: split the list or remove sheets."


def cell_text(value: object) -> str:
    """What a person reads in the cell; Excel itself shows no more than 15 digits of a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    if isinstance(value, datetime.datetime):
        return str(value.replace(microsecond=0)).removesuffix(" 00:00:00")
    return "" if value is None else str(value)


def _range_name(start: tuple[int, int], end: tuple[int, int]) -> str:
    return ":".join(f"{_column_letters(column)}{row + 1}" for row, column in (start, end))


def _column_letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _text_sheet(content: bytes, filename: str, limits: Limits) -> Sheet:
    name = shown_name(filename)
    text = _decoded(content, name)
    delimiter, text = _delimiter_line(text)
    rows = _records(text, delimiter or _delimiter(text), name, limits)
    blank_above = next((i for i, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if blank_above is None:
        raise UnreadableTable(f"{name} holds no text at all: export the list again and choose the new file.")
    return Sheet(name, False, rows[blank_above:], blank_above + 1)


def _decoded(content: bytes, name: str) -> str:
    encodings = _encodings(content)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(not (c.isprintable() or c.isspace()) for c in text[:20_000])
        if "\x00" not in text and odd <= len(text[:20_000]) // 200:
            return text.removeprefix("\ufeff")
    raise UnreadableTable(
        f"{name} is neither a workbook nor a text table: "
        "choose the list as an Excel workbook (.xlsx, .xls), .ods or .csv file."
    )


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return ("utf-32",)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    start = content[:2000]
    if start.count(b"\x00") > len(start) // 4:
        return ("utf-16-le", "utf-16-be") if start[1:2] == b"\x00" else ("utf-16-be", "utf-16-le")
    return ("utf-8-sig", "cp1252")


def _delimiter_line(text: str) -> tuple[str, str]:
    """Excel's own first line "sep=;", which is no row of the table."""
    found = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    return (found[1], text[found.end() :]) if found else ("", text)


def _delimiter(text: str) -> str:
    """The one that cuts the first 50 lines most often into the same number of columns."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    sample = io.StringIO("".join(text[:100_000].splitlines(keepends=True)[:50]), newline="")
    try:
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if len(row) > 1)
    except csv.Error:
        return (0, 0)
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (rows * min(width, 4), width)


def _records(text: str, delimiter: str, name: str, limits: Limits) -> list[list[str]]:
    lines = io.StringIO(text, newline="")
    try:
        return _rows(csv.reader(lines, delimiter=delimiter, strict=True), name, limits)
    except csv.Error as error:
        if "end of data" in str(error):
            raise UnreadableTable(_open_quote(name, "a line near the end")) from None
    lines.seek(0)
    try:  # such as: "Pat" Smith
        return _rows(csv.reader(lines, delimiter=delimiter), name, limits)
    except csv.Error:
        raise UnreadableTable(damaged(name)) from None


def _rows(reader, name: str, limits: Limits) -> list[list[str]]:
    rows, cells, line, width = [], 0, 0, 3
    for row in reader:
        if reader.line_num > line + 1 and _swallowed_rows(row, width, reader.dialect.delimiter):
            raise UnreadableTable(_open_quote(name, f"line {line + 1}"))
        line, width, cells = reader.line_num, max(width, len(row)), cells + len(row)
        if cells > limits.max_cells:
            raise UnreadableTable(_too_many_cells(name, limits))
        rows.append([_unwrapped(cell) for cell in row])
    return rows


def _swallowed_rows(row: list[str], width: int, delimiter: str) -> bool:
    """A cell whose later lines look like whole rows: its quotation mark was never meant to open one."""
    later_lines = (line for cell in row for line in cell.splitlines()[1:])
    return any(line.count(delimiter) >= width - 1 for line in later_lines)


def _open_quote(name: str, place: str) -> str:
    return f'{name} has a quotation mark (") in {place} that is never closed: mend it in Excel.'


def _unwrapped(cell: str) -> str:
    if cell[:1] == "=" and (wrapped := _EXCEL_TEXT.fullmatch(cell)):
        return wrapped[1]
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell
