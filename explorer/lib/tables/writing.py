"""Exports that no spreadsheet program takes for formulas (ASVS 1.2.10)."""

import csv
import re
from collections.abc import Iterable, Mapping
from typing import IO, Any

_STARTS_FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\x00]")
_HARMLESS = re.compile(r"\+[1-9][0-9]{6,14}|[+-]?[0-9]+(?:[.,][0-9]+)?")  # an E.164 phone, a plain number
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_xlsx(target, sheets: Mapping[str, Iterable[Iterable[Any]]]) -> None:
    """Writes name → rows to a path or binary stream. Texts stay texts; numbers and dates keep their kind."""
    from openpyxl import Workbook  # only here: it doubles the start-up time of the reading child

    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(_NOT_IN_TITLE.sub(" ", name)[:31])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    workbook.save(target)


def _cell(sheet, value):
    if not isinstance(value, str):
        return value
    value = _NOT_IN_XML.sub("", value)
    if not value.startswith("#") and not _STARTS_FORMULA.match(value):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.number_format = "@"  # still a text after somebody has edited the cell
    return cell


def write_csv(target: IO[str], rows: Iterable[Iterable[Any]]) -> None:
    """Writes to a text stream opened with newline="" (and utf-8-sig, for Excel).

    An apostrophe goes before what could start a formula, except phones (+12055551234) and plain numbers.
    """
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow(["" if value is None else _guarded(str(value)) for value in row])


def _guarded(text: str) -> str:
    text = text.replace("\x00", "")
    if _STARTS_FORMULA.match(text) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text
