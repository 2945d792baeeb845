"""Writing rows into workbooks with the formats that the real files have."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table

Row = Sequence[str | int | float | date | datetime | None]


def write_workbook(path: Path, sheets: dict[str, Iterable[Row]]) -> None:
    """One sheet per name, in order; dates become real Excel dates shown in the US form."""
    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append([_dated(sheet, value) if isinstance(value, date) else value for value in row])
    workbook.save(path)


def write_form_workbook(path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """As Microsoft Forms downloads it: Sheet1 with Table1, which exists once there is a row."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Sheet1"
    for row in [headings, *rows]:
        sheet.append(list(row))
    for cell in (cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.is_date):
        cell.number_format = "m/d/yy h:mm:ss" if isinstance(cell.value, datetime) else "m/d/yyyy"
    if rows:
        corner = f"{get_column_letter(len(headings))}{len(rows) + 1}"
        sheet.add_table(Table(name="Table1", displayName="Table1", ref=f"A1:{corner}"))
    workbook.save(path)


def _dated(sheet, day: date) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, day)
    cell.number_format = "mm/dd/yyyy"
    return cell
