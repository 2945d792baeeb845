"""Sheets in and out: a file becomes rows of text, rows become a file that no formula can hide in.

    workbook = read_workbook_apart(content, filename, UPLOAD)
    table = find_table(choose_sheet(workbook, knows), knows)

Row numbers are those the person sees in Excel: the first row of a sheet is row 1.
"""

from explorer.lib.tables.apart import read_workbook_apart
from explorer.lib.tables.files import write_table
from explorer.lib.tables.finding import SeveralSheets, Table, choose_sheet, find_table
from explorer.lib.tables.reading import read_workbook
from explorer.lib.tables.workbook import SHELL, UPLOAD, Limits, Sheet, UnreadableTable, Workbook, clean
from explorer.lib.tables.writing import write_csv, write_xlsx

__all__ = [
    "SHELL",
    "UPLOAD",
    "Limits",
    "SeveralSheets",
    "Sheet",
    "Table",
    "UnreadableTable",
    "Workbook",
    "choose_sheet",
    "clean",
    "find_table",
    "read_workbook",
    "read_workbook_apart",
    "write_csv",
    "write_table",
    "write_xlsx",
]
